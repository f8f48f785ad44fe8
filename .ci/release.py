"""Set the version: `python .ci/release.py 0.1.0`, then look at `git diff` and commit.

For a release, the entries under "Unreleased" in CHANGELOG.md get a heading: the version and today's date (UTC).
If setup.cfg names the repository, references at the end of the file make the headings links to the changes. For a
version between releases, such as 0.2.0.dev0, CHANGELOG.md stays as it is.
"""

import re
import sys
from datetime import UTC, date, datetime
from pathlib import Path

from pypi_readme import repository

ROOT = Path(__file__).parent.parent
VERSION = re.compile(r"\d+\.\d+\.\d+(?P<dev>\.dev\d+)?")
UNRELEASED = re.compile(r"^## \[?Unreleased]?\n+", re.MULTILINE)
HEADING = re.compile(r"^## \[(\d+\.\d+\.\d+)]", re.MULTILINE)
REFERENCE = re.compile(r"^\[[^]]+]: .*\n", re.MULTILINE)


def released(changelog: str, version: str, day: date, url: str) -> str:
    """The change log with this release. Raises ValueError if there is nothing unreleased."""
    head, entries = UNRELEASED.split(changelog, maxsplit=1)
    if not entries.startswith("### "):
        raise ValueError("CHANGELOG.md has nothing under Unreleased")
    text = f"{head}## [Unreleased]\n\n## [{version}] - {day}\n\n{entries}"
    return REFERENCE.sub("", text).rstrip() + "\n" + references(HEADING.findall(text), url)


def references(versions: list[str], url: str) -> str:
    """`versions`: newest first."""
    if not url:
        return ""
    newer = ["HEAD", *(f"v{version}" for version in versions)]
    lines = [
        f"[{name}]: {url}/compare/v{before}...{tag}"
        for name, tag, before in zip(["Unreleased", *versions], newer, versions, strict=False)
    ]
    return "\n".join(["", *lines, f"[{versions[-1]}]: {url}/releases/tag/v{versions[-1]}", ""])


def main(root: Path, version: str) -> None:
    """Raises ValueError if this is not a version, or if there is nothing to release."""
    if not (form := VERSION.fullmatch(version)):
        raise ValueError(f"{version} is not a version such as 1.2.3, or 1.2.3.dev0")
    changelog, module = root / "CHANGELOG.md", root / "passkeys_django" / "__init__.py"
    if not form["dev"]:
        url = repository((root / "setup.cfg").read_text(encoding="utf-8"))
        today = datetime.now(UTC).date()
        changelog.write_text(released(changelog.read_text("utf-8"), version, today, url), "utf-8")
    text = module.read_text(encoding="utf-8")
    module.write_text(re.sub(r'(?<=^__version__ = ").*(?="$)', version, text, flags=re.MULTILINE), "utf-8")


if __name__ == "__main__":
    try:
        main(ROOT, sys.argv[1])
    except ValueError as error:
        sys.exit(str(error))
