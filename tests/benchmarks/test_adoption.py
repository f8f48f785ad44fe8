"""What it costs to take over a tenant's credentials."""

import gc
import tracemalloc
from itertools import islice

import pytest
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from passkeys_django.maintenance import Adopted, adopt_credentials, user_finder
from passkeys_django.models import Passkey, RemovedPasskey, Tombstone
from passkeys_django.providers import get_provider
from passkeys_django.testing import cose

pytestmark = pytest.mark.django_db

PUBLIC_KEY = cose.generate(cose.ES256).public_key


@pytest.fixture
def settle(hanko_site, tenant):
    """A function: so many users, each with a credential at the tenant."""

    def settle(count):
        model = get_user_model()
        names = [f"user{number}" for number in range(count)]
        model.objects.bulk_create(model(**{model.USERNAME_FIELD: name}) for name in names)
        for name in names:
            hanko_site.add_credential(tenant, user_id=name, public_key=PUBLIC_KEY)

    return settle


def test_ten_thousand_credentials_in_one_command(settle, figure):
    settle(10_000)

    with CaptureQueriesContext(connection) as queries:
        call_command("passkeys_adopt", user_id_is="username", verbosity=0)

    per_thousand = len(queries) / 10
    figure("adoption: SQL statements a thousand, of 10,000", f"{per_thousand:g}", "at most 55")
    assert Passkey.objects.count() == 10_000
    assert per_thousand <= 55


def peak(count):
    """Bytes at the most that adopting so many takes, beyond what was there before."""
    Passkey.objects.all().delete()
    for removed in (RemovedPasskey, Tombstone):  # with these, nothing would be adopted again
        removed.objects.all().delete()
    provider = get_provider()
    outcomes = adopt_credentials(provider, provider.list_credentials(), find_users=user_finder("username"))
    gc.collect()
    tracemalloc.start()
    try:
        adopted = sum(isinstance(outcome, Adopted) for outcome in islice(outcomes, count))
        return adopted, tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_memory_grows_by_whom_to_tell_only(settle, figure):
    """A third of a kilobyte for each person."""
    settle(10_000)
    peak(1_000)  # imports, caches and compiled patterns

    small, large = peak(1_000), peak(10_000)

    assert (small[0], large[0]) == (1_000, 10_000)
    for_each = (large[1] - small[1]) / 9_000
    figure("adoption: bytes for each person to be told", f"{for_each:.0f}", "at most 400")
    assert for_each <= 400
