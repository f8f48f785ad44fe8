"""Sixteen people who do nothing but sign in."""

import os
import statistics
import time

from passkeys_django.ceremonies.single_use import MAX_ENTRIES
from tests.servers.people import Traffic
from tests.servers.promises import every_answered_login_holds, nothing_is_half_written
from tests.servers.sites import status
from tests.support.waiting import wait_until

CLIENTS = 16
SECONDS = int(os.environ.get("LOAD_SECONDS", "10"))
WARM_UP = CLIENTS * MAX_ENTRIES  # logins: until every passkey remembers as many challenges as it ever will


def test_sixteen_clients_meet_no_error_and_memory_stays_flat(site_with_redis, people, postgresql, figure):
    with Traffic(people(site_with_redis, CLIENTS), site_with_redis.servers) as traffic:
        wait_until(lambda: len(traffic.answered) >= WARM_UP, "everything is warm", seconds=120)
        began = time.monotonic()
        samples = memory_during(SECONDS, site_with_redis.servers)
        ended = time.monotonic()

    taken = [attempt.ended - attempt.began for attempt in traffic.answered if began < attempt.ended < ended]
    figure(f"logins a second, {CLIENTS} clients for {SECONDS} s", f"{len(taken) / (ended - began):.0f}")
    figure("a login's median and 99th percentile", f"{percentile(taken, 50)} / {percentile(taken, 99)}")
    assert traffic.failed == []
    every_answered_login_holds(postgresql, traffic)
    nothing_is_half_written(postgresql)
    for server, sizes in samples.items():
        second, last = (statistics.mean(tenth(sizes, number)) for number in (2, 10))
        figure(f"memory of {server.name}, last tenth / second tenth", f"{last / second:.3f}")
        assert last / second < 1.05


def memory_during(seconds, servers):
    """What the workers of each server hold in memory, ten times a second, in KiB."""
    workers = {server: server.workers() for server in servers}
    samples = {server: [] for server in servers}
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        for server in servers:
            samples[server].append(sum(status(worker, "VmRSS") for worker in workers[server]))
        time.sleep(0.1)  # This is how often memory is measured: time is the subject here.
    return samples


def tenth(values, number):
    size = len(values) // 10
    return values[(number - 1) * size : number * size]


def percentile(seconds, percent):
    return f"{statistics.quantiles(seconds, n=100)[percent - 1] * 1000:.0f} ms"
