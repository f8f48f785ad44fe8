"""The comparison of `make bench-peers` works, as far as it needs no other package."""

from contextlib import ExitStack

from tests.benchmarks.peers.__main__ import loaded_sites, ratio, workers
from tests.benchmarks.peers.sites import OTP_WEBAUTHN, OURS, OURS_REDIS, PASSWORD, compared_sites


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


def test_without_redis_our_site_that_counts_there_is_left_out(monkeypatch):
    monkeypatch.delenv("REDIS_URL", raising=False)
    assert OURS_REDIS not in compared_sites()
    assert loaded_sites("uvicorn") == [OURS]

    monkeypatch.setenv("REDIS_URL", "redis://127.0.0.1")
    assert loaded_sites("gunicorn") == [OURS, OTP_WEBAUTHN, OURS_REDIS]
