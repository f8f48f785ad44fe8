"""What the commands cost that go through all passkeys."""

import gc
import tracemalloc
from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from passkeys_django.maintenance.pruning import Pruned, prune_events, prune_passkeys
from passkeys_django.maintenance.sync.comparison import Comparison
from passkeys_django.models import Passkey, PasskeyEvent, credential_id_sha256
from tests.benchmarks.tenants import LONG_AGO, copy_of, id_of

pytestmark = pytest.mark.django_db
PEOPLE, FEW, MANY = 1_000, 1_000, 10_000


class Tenant:
    """Holds credentials that nobody knows here: as many as there are passkeys here."""

    identity = "hanko:many"

    def __init__(self, count):
        self.count, self.questions = count, 0

    def list_credentials(self, *, user_id=None):
        for number in range(self.count):
            yield copy_of(MANY + number)

    def has_credential(self, credential_id):
        self.questions += 1
        return False


def store(people, count, **fields):
    """So many passkeys, which people have in turn."""
    ids = [id_of(number) for number in range(count)]
    defaults = {"rp_id": "testserver", "user_handle": b"h" * 43, "public_key": b"key", "created_at": LONG_AGO}
    Passkey.objects.bulk_create(
        Passkey(
            user=people[number % len(people)],
            credential_id=credential_id,
            credential_id_sha256=credential_id_sha256(credential_id),
            **defaults | fields,
        )
        for number, credential_id in enumerate(ids)
    )


@pytest.fixture
def people(db):
    """They have a password, so that none of their passkeys is the last way in."""
    model = get_user_model()
    return model.objects.bulk_create(
        model(**{model.USERNAME_FIELD: f"user{number}", "password": "md5$salt$hash"}) for number in range(PEOPLE)
    )


def peak_of_a_comparison(people, count):
    """The most bytes that it takes, beyond what was there before. All differ: nothing is on both sides."""
    Passkey.objects.all()._raw_delete("default")
    store(people, count, provider=Tenant.identity)
    tenant = Tenant(count)
    gc.collect()
    tracemalloc.start()
    try:
        comparison = Comparison(tenant)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert (comparison.only_here, comparison.only_there, tenant.questions) == (count, count, 0)
    return peak


def test_a_comparison_needs_the_same_memory_for_any_number_of_passkeys(people, figure):
    peak_of_a_comparison(people, FEW)  # imports, caches and compiled patterns

    few, many = (peak_of_a_comparison(people, count) for count in (FEW, MANY))

    figure("passkeys_sync: memory for 10,000 differences beside 1,000", f"{many / few:.2f}", "at most 1.2")
    assert many / few <= 1.2


def test_statements_of_a_removal_of_many(people, figure):
    store(people, PEOPLE)
    with CaptureQueriesContext(connection) as queries:
        removed = list(prune_passkeys(unused_since=timezone.now()))

    figure("passkeys_prune --unused-for: SQL statements a thousand passkeys", str(len(queries)), "at most 200")
    assert removed == [Pruned(removed=200, kept=0)] * 5
    assert len(queries) <= 200


def test_statements_of_a_history_that_is_shortened(db, figure):
    def statements(count):
        PasskeyEvent.objects.bulk_create(
            PasskeyEvent(kind="used", at=LONG_AGO + timedelta(seconds=number)) for number in range(count)
        )
        with CaptureQueriesContext(connection) as queries:
            assert sum(prune_events(before=timezone.now())) == count
        return len(queries)

    statements(1)  # the weeks are counted
    a_thousand = statements(2_000) - statements(1_000)

    figure("passkeys_prune --events: SQL statements a thousand events", str(a_thousand), "at most 4")
    assert a_thousand <= 4
