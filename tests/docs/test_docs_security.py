"""docs/security.md: every rule is there, and has a test named after its row, or a reason for having none."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
LAST_ROWS = {"C": 16, "R": 20, "A": 16, "L": 7, "J": 17, "D": 32, "W": 6, "F": 8, "G": 7, "H": 3, "U": 3}
ROWS = [f"{letter}{number}" for letter, last in LAST_ROWS.items() for number in range(1, last + 1)]
TABLE = re.findall(r"^\| ([A-Z]\d+) \| (.+?) \|(?: (.+))? \|$", PAGE, re.MULTILINE)
REASONS = {row: reason for row, _rule, reason in TABLE}
_PREFIXES = re.compile(r"test_((?:[craljdfghwu][1-9]\d*_)+)")


def names_of_tests():
    """Of all test functions of the suite."""
    for path in (ROOT / "tests").rglob("test_*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_"):
                yield node.name


def rows_of(name):
    """The rows that a test's name begins with: test_c3_a8_… shows C3 and A8."""
    prefixes = _PREFIXES.match(name)
    return prefixes[1].rstrip("_").upper().split("_") if prefixes else []


SHOWN = {row: name for name in names_of_tests() for row in rows_of(name)}


def test_every_row_is_there_once_and_in_order():
    assert [row for row, _rule, _reason in TABLE] == ROWS


@pytest.mark.parametrize("row", ROWS)
def test_a_row_has_a_test_or_a_reason(row):
    assert REASONS[row] or row in SHOWN, f"{row}: no test_{row.lower()}_… and no reason"
    assert not (REASONS[row] and row in SHOWN), f"{row}: a reason for having no test, but {SHOWN.get(row)} is one"


def test_no_test_is_named_after_a_row_that_does_not_exist():
    assert {row: name for row, name in SHOWN.items() if row not in ROWS} == {}
