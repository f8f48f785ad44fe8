"""The comparison of `make bench-peers` works, as far as it needs no other package."""

from contextlib import ExitStack

from tests.benchmarks.peers.__main__ import ratio, workers
from tests.benchmarks.peers.sites import OURS, PASSWORD


def test_the_compared_sites_sign_in_and_tell_what_it_took():
    with ExitStack() as stack:
        sites = workers(stack, "cpu", (OURS, PASSWORD, "hand_written"), "sqlite")
        assert sites[OURS].fact <= 7
        for site in sites.values():
            seconds = site.ask(3)
            assert len(seconds) == 3
            assert min(seconds) > 0


def test_a_ratio_is_that_of_the_rounds_side_by_side():
    assert ratio([1, 2, 3, 400, 5], [2, 4, 6, 800, 10]) == "0.50 [0.50 to 0.50]"
