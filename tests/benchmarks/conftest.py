"""Figures are printed at the end of the run. Machines differ: asserted are counts, and what strangers can cost."""

import os

import pytest

from passkeys_django.conf import RATE_LIMITS
from tests.benchmarks.costs import Costs

ROUNDS = int(os.environ.get("BENCH_ROUNDS", "20"))
FIGURES = []


@pytest.fixture(autouse=True)
def _limits_that_nobody_meets(settings):
    """Counting belongs to what a login costs."""
    settings.PASSKEY_RATE_LIMITS = dict.fromkeys(RATE_LIMITS, "999999999/m")


@pytest.fixture(scope="session", autouse=True)
def secrets_watch():
    """Nobody watches while time is measured."""


@pytest.fixture(autouse=True)
def _no_secret_is_logged():
    """Not here."""


@pytest.fixture
def figure():
    """Note a figure, to be printed: what, measured, and what it is to be."""

    def note(what, measured, target):
        FIGURES.append(f"{what:<74} {measured:>12}   target {target}")

    return note


@pytest.fixture
def costs():
    """What different shapes of one thing cost."""
    return Costs()


def pytest_terminal_summary(terminalreporter):
    if FIGURES:
        terminalreporter.section("figures")
        for line in FIGURES:
            terminalreporter.write_line(line)
