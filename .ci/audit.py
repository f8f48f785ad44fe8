"""Has a library that the package needs, in the version installed here, a known vulnerability? pip-audit asks PyPI.

The exit code is 1 if one has. What PyPI does not tell, since it or its advisories cannot be reached from here, is
said in so many words: it is no error, as a mirror without advisories is none, but nothing was audited either.
"""

import json
import subprocess
import sys
from collections.abc import Iterator
from importlib import metadata
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

PACKAGE = "passkeys-django"


def needed(name: str, extras: frozenset[str] = frozenset()) -> Iterator[str]:
    """The names of what this distribution needs, directly and indirectly; some more than once."""
    for line in metadata.requires(name) or ():
        requirement = Requirement(line)
        wanted = {"", *extras}
        if requirement.marker is None or any(requirement.marker.evaluate({"extra": extra}) for extra in wanted):
            yield canonicalize_name(requirement.name)
            yield from needed(requirement.name, frozenset(requirement.extras))


def audited(names: set[str]) -> subprocess.CompletedProcess[str]:
    """pip-audit's report on these, as JSON. Raises PackageNotFoundError if there is no pip-audit here."""
    metadata.version("pip-audit")
    pins = "\n".join(f"{name}=={metadata.version(name)}" for name in sorted(names))
    command = [sys.executable, "-m", "pip_audit", "--requirement", "/dev/stdin", "--no-deps", "--disable-pip"]
    command += ["--format", "json", "--progress-spinner", "off"]
    return subprocess.run(command, input=pins, capture_output=True, text=True, check=False)  # noqa: S603  # ours


def verdict(report: dict[str, Any]) -> tuple[int, list[str]]:
    """The exit code, and what to say."""
    lines, vulnerable = [], False
    for dependency in report["dependencies"]:
        who = f"{dependency['name']} {dependency.get('version', '')}".strip()
        if reason := dependency.get("skip_reason"):
            lines.append(f"NOT AUDITED: {who}: {reason}")
        for found in dependency.get("vulns", ()):
            vulnerable = True
            lines.append(f"VULNERABLE: {who}: {found['id']}, mended in {', '.join(found['fix_versions']) or '-'}")
    return int(vulnerable), lines or [f"{len(report['dependencies'])} libraries audited, no known vulnerability"]


def main() -> int:
    names = set(needed(PACKAGE))
    done = audited(names)
    try:
        code, lines = verdict(json.loads(done.stdout))
    except ValueError:  # no report: pip-audit could not ask
        cause = (done.stderr.strip().splitlines() or ["no report"])[-1]
        code, lines = 0, [f"NOT AUDITED: {', '.join(sorted(names))}: {cause}"]
    print("\n".join(lines))
    return code


if __name__ == "__main__":
    sys.exit(main())
