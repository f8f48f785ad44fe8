"""Does a library that the package needs, in the version installed here, have a known vulnerability?

pip-audit asks PyPI. The exit code is 1 if a library has such a vulnerability. For the oldest versions that
`setup.cfg` takes, vulnerabilities are only printed: people decide whether the package makes them reachable, and
raise the floor. If PyPI or its advisories cannot be reached from here, the script prints "NOT AUDITED". The exit
code stays 0 then, since a mirror may have no advisories.
"""

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from importlib import metadata
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

PACKAGE = "passkeys-django"


def needed(name: str, extras: frozenset[str] = frozenset()) -> Iterator[str]:
    """The names of the libraries that this distribution needs, also indirectly; some more than once."""
    for line in metadata.requires(name) or ():
        requirement = Requirement(line)
        wanted = {"", *extras}
        if requirement.marker is None or any(requirement.marker.evaluate({"extra": extra}) for extra in wanted):
            yield canonicalize_name(requirement.name)
            yield from needed(requirement.name, frozenset(requirement.extras))


def installed() -> dict[str, str]:
    """The version here of each library that the package needs."""
    return {name: metadata.version(name) for name in set(needed(PACKAGE))}


def floors() -> dict[str, str]:
    """The oldest version that the package takes of each library that it names."""
    requirements = [Requirement(line) for line in metadata.requires(PACKAGE) or () if "extra ==" not in line]
    return {
        canonicalize_name(requirement.name): bound.version
        for requirement in requirements
        for bound in requirement.specifier
        if bound.operator == ">="
    }


def audited(versions: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """pip-audit's report on these versions, as JSON. Raises PackageNotFoundError if pip-audit is not installed."""
    metadata.version("pip-audit")
    pins = "\n".join(f"{name}=={version}" for name, version in sorted(versions.items()))
    command = [sys.executable, "-m", "pip_audit", "--requirement", "/dev/stdin", "--no-deps", "--disable-pip"]
    command += ["--format", "json", "--progress-spinner", "off"]
    return subprocess.run(command, input=pins, capture_output=True, text=True, check=False)  # noqa: S603  # ours


def verdict(report: dict[str, Any]) -> tuple[int, list[str]]:
    """The exit code, and the lines to print."""
    lines, vulnerable = [], False
    for dependency in report["dependencies"]:
        who = f"{dependency['name']} {dependency.get('version', '')}".strip()
        if reason := dependency.get("skip_reason"):
            lines.append(f"NOT AUDITED: {who}: {reason}")
        for found in dependency.get("vulns", ()):
            vulnerable = True
            lines.append(f"VULNERABLE: {who}: {found['id']}, fixed in {', '.join(found['fix_versions']) or '-'}")
    return int(vulnerable), lines or [f"{len(report['dependencies'])} libraries audited, no known vulnerability"]


def examined(versions: Mapping[str, str]) -> tuple[int, list[str]]:
    """The exit code and the lines to print about these versions."""
    done = audited(versions)
    try:
        return verdict(json.loads(done.stdout))
    except ValueError:  # no report: pip-audit could not ask
        cause = (done.stderr.strip().splitlines() or ["no report"])[-1]
        return 0, [f"NOT AUDITED: {', '.join(sorted(versions))}: {cause}"]


def main() -> int:
    code, lines = examined(installed())
    _, of_floors = examined(floors())
    print("\n".join([*lines, *(f"Oldest versions: {line}" for line in of_floors)]))
    return code


if __name__ == "__main__":
    sys.exit(main())
