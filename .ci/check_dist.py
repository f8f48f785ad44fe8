"""Does the wheel have all that a site needs, and the sdist all the rest? Is there anything else in them?

`check_dist.py DIRECTORY` looks at the one wheel and the one sdist there, built from the last commit.
"""

import re
import subprocess
import sys
import tarfile
from email import message_from_bytes
from pathlib import Path
from zipfile import ZipFile

NOT_IN_SDIST = {".gitignore"}
MADE_BY_SETUPTOOLS = re.compile(r"PKG-INFO|passkeys_django\.egg-info(/.*)?")
RELATIVE_LINK = re.compile(r"]\((?![a-z]+:|#)[^)\s]+\)")


def tracked() -> set[str]:
    """The files of the last commit."""
    listing = subprocess.run(
        ["git", "ls-tree", "-r", "--name-only", "HEAD"],  # noqa: S607
        cwd=Path(__file__).parent.parent,
        capture_output=True,
        text=True,
        check=True,
    )
    return set(listing.stdout.splitlines())


def check_wheel(path: Path) -> int:
    """How many files the wheel has."""
    wheel = ZipFile(path)
    names = wheel.namelist()
    missing = sorted({name for name in tracked() if name.startswith("passkeys_django/")} - set(names))
    foreign = sorted(name for name in names if name.split("/")[0].split("-")[0] != "passkeys_django")
    for kind in ("py.typed", "openapi.json", "static/", "templates/", "migrations/0001_initial.py"):
        assert any(name.startswith(f"passkeys_django/{kind}") for name in names), kind
    assert not missing, f"missing in the wheel: {missing}"
    assert not foreign, f"not wanted in the wheel: {foreign}"
    metadata = next(name for name in names if name.endswith(".dist-info/METADATA"))
    description = message_from_bytes(wheel.read(metadata)).get_payload()
    assert not (dead := RELATIVE_LINK.findall(description)), f"links that do not work on PyPI: {dead}"
    return len(names)


def check_sdist(path: Path) -> int:
    """How many files the sdist has."""
    with tarfile.open(path) as archive:
        names = {member.name.partition("/")[2] for member in archive if member.isfile()}
    wanted = tracked() - NOT_IN_SDIST
    foreign = sorted(name for name in names - wanted if not MADE_BY_SETUPTOOLS.fullmatch(name))
    missing = sorted(wanted - names)
    assert not missing, f"missing in the sdist (MANIFEST.in): {missing}"
    assert not foreign, f"not wanted in the sdist (MANIFEST.in): {foreign}"
    return len(names)


def main(directory: Path) -> None:
    for pattern, check in {"*.whl": check_wheel, "*.tar.gz": check_sdist}.items():
        (path,) = directory.glob(pattern)
        print(f"{path.name}: {check(path)} files, all of them wanted")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
