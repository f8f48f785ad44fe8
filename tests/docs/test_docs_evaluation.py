"""docs/topics/evaluation.md: each check of Google's list is scored, and each test that is named exists."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/topics/evaluation.md").read_text("utf-8")
ROWS = re.findall(r"^\| ([A-Z]+\d+) \| ([^|]+) \| ([^|]+) \| ([^|]+) \|$", PAGE, re.MULTILINE)
PATTERNS = re.findall(
    r"^\| ([^|]+) \| (required|optional|security keys) \| ([^|]+) \| ([^|]+) \|$", PAGE, re.MULTILINE
)
SERIES = {"R": 33, "CC": 7, "A": 24, "M": 16, "RA": 3, "S": 4, "G": 5}


def test_the_91_checks_of_the_list_are_there_in_their_order():
    ids = [f"{letters}{number}" for letters, last in SERIES.items() for number in range(1, last + 1)]
    ids.remove("R10")
    assert [row[0] for row in ROWS] == ids
    assert len(ids) == 91


def test_the_14_patterns_are_there_and_counted():
    scores = [pattern[2] for pattern in PATTERNS]

    assert len(scores) == 14
    said = f"Of the 14 patterns, {scores.count('pass')} pass, and {scores.count('partly')} are met partly."
    assert said in PAGE
    assert scores.count("pass") + scores.count("partly") == 14


@pytest.mark.parametrize("row", ROWS + PATTERNS, ids=lambda row: row[0])
def test_whatever_passes_names_a_test_and_whatever_does_not_a_reason(row):
    score, evidence = row[2], row[3]
    assert score in ("pass", "partly", "other way", "not yet")
    assert "`tests/" in evidence or score != "pass"
    assert evidence.strip()


def test_the_summary_counts_right():
    scores = [row[2] for row in ROWS]
    assert f"**{scores.count('pass')} pass**, {scores.count('other way')} are met in another way" in PAGE
    open_ = ", ".join(row[0] for row in ROWS if row[2] == "not yet")
    rest = f"{scores.count('not yet')} are not met yet: {open_}." if open_ else "none is open."
    assert rest in PAGE


@pytest.mark.parametrize("named", sorted(set(re.findall(r"`(tests/[^`]+)`", PAGE))))
def test_every_test_that_is_named_exists(named):
    path, _colons, function = named.partition("::")
    assert (ROOT / path).exists()
    assert not function or f"def {function}(" in (ROOT / path).read_text("utf-8")
