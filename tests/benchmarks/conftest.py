"""Figures are printed at the end of the run; only counts are asserted, because machines differ."""

import os

import pytest

ROUNDS = int(os.environ.get("BENCH_ROUNDS", "20"))
FIGURES = []


@pytest.fixture
def figure():
    """Note a figure, to be printed: what, measured, and what it is to be."""

    def note(what, measured, target):
        FIGURES.append(f"{what:<74} {measured:>12}   target {target}")

    return note


def pytest_terminal_summary(terminalreporter):
    if FIGURES:
        terminalreporter.section("figures")
        for line in FIGURES:
            terminalreporter.write_line(line)
