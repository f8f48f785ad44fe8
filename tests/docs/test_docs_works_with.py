"""docs/works-with.md: every package has a row, every row a test and a page, and the version is one that was tried.

`make sites` runs this in the environment of each site, so that the versions of all packages are compared.
"""

import importlib.metadata
import re
from pathlib import Path
from typing import NamedTuple

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs/works-with.md"
ROW = re.compile(r"^\| \[([^]]+)\]\((https:[^)]+)\) \| ([\d.]+) \| [^|]+ \| `([^`]+)` \| (.*) \|$", re.MULTILINE)
REQUIREMENTS = sorted((ROOT / "tests/sites/requirements").glob("*.txt"))


class Row(NamedTuple):
    package: str
    url: str
    version: str
    test: str
    page: str


ROWS = [Row(*found) for found in ROW.findall(PAGE.read_text("utf-8"))]


def installed(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def is_series_of(tried: str, found: str) -> bool:
    """Is it the version that was tried, or a later one with the same first number (below 1.0: the first two)?"""
    old, new = Version(tried), Version(found)
    length = 2 if old.major == 0 else 1
    return old.release[:length] == new.release[:length] and new.release[: len(old.release)] >= old.release


def by_package(row: Row) -> str:
    return f"{row.package} {row.test}"


def test_every_row_of_the_table_is_read_here():
    lines = [line for line in PAGE.read_text("utf-8").splitlines() if line.startswith("| [")]
    assert len(lines) == len(ROWS) > 0


@pytest.mark.parametrize("row", ROWS, ids=by_package)
def test_a_row_names_a_test_and_a_page_that_exist(row):
    assert (ROOT / row.test).exists()
    [page] = re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", row.page)
    assert (PAGE.parent / page).is_file()


@pytest.mark.parametrize("path", REQUIREMENTS, ids=lambda path: path.stem)
def test_every_package_of_a_site_has_a_row_whose_test_is_that_sites(path):
    lines = path.read_text("utf-8").splitlines()
    packages = {Requirement(line).name for line in lines if line and not line.startswith("#")}
    missing = packages - {row.package for row in ROWS if row.test.startswith(f"tests/sites/{path.stem}")}
    assert not missing, f"docs/works-with.md has no row with a test in tests/sites/{path.stem} for {missing}"


@pytest.mark.parametrize("row", ROWS, ids=by_package)
def test_the_version_that_is_installed_here_is_of_the_series_that_was_tried(row):
    found = installed(row.package) if row.url.startswith("https://pypi.org/") else None
    assert found is None or is_series_of(row.version, found), (
        f"{row.package} {found} is installed, docs/works-with.md says {row.version}: does it all still work? "
        "Then write the new version into the row."
    )


@pytest.mark.parametrize(("tried", "found"), [("4.0", "4.1.2"), ("65", "65.18.0"), ("0.3", "0.3.14")])
def test_a_later_version_of_the_series_is_fine(tried, found):
    assert is_series_of(tried, found)


@pytest.mark.parametrize(("tried", "found"), [("4.1", "5.0"), ("0.3", "0.4"), ("4.1", "4.0")])
def test_a_new_series_and_an_older_version_are_not(tried, found):
    assert not is_series_of(tried, found)
