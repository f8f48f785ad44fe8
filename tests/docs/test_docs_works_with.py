"""docs/works-with.md: every package has a row, every row a test and a page, and the version is one that was tried.

`make sites` compares the versions in the environment of each site.
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


def is_new_series(tried: str, found: str) -> bool:
    return Version(found).major > Version(tried).major


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
def test_every_package_of_a_site_has_a_row(path):
    lines = path.read_text("utf-8").splitlines()
    packages = {Requirement(line).name for line in lines if line and not line.startswith("#")}
    missing = packages - {row.package for row in ROWS}
    assert not missing, f"docs/works-with.md has no row for {missing}"


@pytest.mark.parametrize("row", ROWS, ids=by_package)
def test_no_package_has_begun_a_new_series_since_it_was_tried(row):
    found = installed(row.package) if row.url.startswith("https://pypi.org/") else None
    tried = max((other.version for other in ROWS if other.package == row.package), key=Version)
    assert found is None or not is_new_series(tried, found), (
        f"{row.package} {found} is installed, docs/works-with.md says {tried}: does it all still work? "
        "Then write the new version into the row."
    )


@pytest.mark.parametrize(
    ("tried", "found", "is_new"), [("4.1", "5.0", True), ("4.1", "4.2.1", False), ("65", "65.18.0", False)]
)
def test_a_series_is_new_if_its_first_number_is(tried, found, is_new):
    assert is_new_series(tried, found) is is_new
