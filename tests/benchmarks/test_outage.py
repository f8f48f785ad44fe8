"""What an outage of Hanko costs, and what waiting for it costs others."""

import statistics
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from passkeys_django.hanko import HankoClient
from passkeys_django.testing.hanko import FakeHanko, serve
from tests.benchmarks.conftest import ROUNDS
from tests.benchmarks.test_embedded_login import passkey_login
from tests.conftest import ORIGIN, hanko_settings


@pytest.mark.django_db
def test_a_login_while_the_provider_is_dead(hanko_site, tenant, settings, registered, figure):
    """After the first failure it is as if the site had no provider, but for a look into the cache."""
    settings.PASSKEY_LOCAL_FALLBACK = True
    dead = hanko_settings(tenant)
    hanko_site.faults.drop = True

    def login(providers):
        settings.PASSKEY_PROVIDERS = providers
        return passkey_login(registered)

    login(dead)
    login(None)
    hanko_site.requests.clear()
    ratios = [login(dead) / login(None) for _ in range(ROUNDS)]
    figure("login with a dead provider / embedded login", f"{statistics.median(ratios):.2f}", "at most 1.2")
    assert hanko_site.requests == []


def test_a_hundred_calls_at_once_with_a_slow_upstream(figure):
    """Threads do not wait for one another: 100 calls of 200 ms on 10 threads take ten times 200 ms at best."""
    fake = FakeHanko()
    tenant = fake.create_tenant(rp_id="testserver", origins=[ORIGIN])
    with serve(fake) as server, ThreadPoolExecutor(10) as pool:
        client = HankoClient(tenant_id=tenant.id, base_url=server.url)
        list(pool.map(lambda _: client.start_login(), range(10)))  # connections are made
        fake.faults.delay = 0.2
        began = time.perf_counter()
        list(pool.map(lambda _: client.start_login(), range(100)))
        share = 10 * 0.2 / (time.perf_counter() - began)
        fake.faults.clear()
    figure("100 client calls in threads, upstream 200 ms: share of the ideal", f"{share:.0%}", "at least 90%")
