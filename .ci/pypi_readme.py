"""Make README.md fit for PyPI, where its relative links do not work: `pypi_readme.py FOLDER REVISION`.

If setup.cfg names the repository (`project_urls`, "Source"), links and pictures lead to the files of that revision
there. If not, links become their text, and pictures are left out. A page on PyPI also says that the package is
there: the part of README.md that tells how to install it before that is left out.
"""

import re
import sys
from configparser import ConfigParser
from pathlib import Path

NOT_YET_ON_PYPI = re.compile(r"<!-- install -->.*?<!-- end of install -->\n", re.DOTALL)
RELATIVE_LINK = re.compile(r"(!?)\[([^]]*)]\((?![a-z]+:|#)([^)\s]+)\)")


def repository(setup_cfg: str) -> str:
    """The repository's URL, without a slash at the end; empty if setup.cfg does not name the repository."""
    config = ConfigParser(interpolation=None)
    config.read_string(setup_cfg)
    found = re.search(r"^Source\s*=\s*(\S+)", config.get("metadata", "project_urls", fallback=""), re.MULTILINE)
    return found[1].rstrip("/") if found else ""


def for_pypi(text: str, url: str, revision: str) -> str:
    def rewritten(link: re.Match[str]) -> str:
        image, label, target = link.groups()
        if url:
            return f"{image}[{label}]({url}/{'raw' if image else 'blob'}/{revision}/{target})"
        return "" if image else label

    return RELATIVE_LINK.sub(rewritten, NOT_YET_ON_PYPI.sub("    pip install passkeys-django\n", text))


def main(folder: Path, revision: str) -> None:
    readme = folder / "README.md"
    url = repository((folder / "setup.cfg").read_text(encoding="utf-8"))
    readme.write_text(for_pypi(readme.read_text(encoding="utf-8"), url, revision), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
