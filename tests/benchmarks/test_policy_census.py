"""What `passkeys_policy` costs on a large site."""

import gc
import io
import tracemalloc

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from passkeys_django.models import Passkey
from passkeys_django.models.rows import credential_id_sha256
from passkeys_django.protocol.base64url import base64url_encode

pytestmark = pytest.mark.django_db
POLICY = {
    "superusers": {"passkey": "required", "password": "refused", "from": "2020-01-01"},
    "staff": {"passkey": "required", "password": "second-step"},
    "group:Finance": {"passkey": "required"},
    "group:Sales": {"password": "second-step"},
}


def by_function(user):
    return POLICY["staff"] if user.is_staff else {}


@pytest.fixture
def crowd(db):
    """A function: so many people more, half of them with a passkey."""
    Group.objects.bulk_create([Group(name="Finance"), Group(name="Sales")])

    def crowd(first, last):
        model = get_user_model()
        people = [
            model(**{model.USERNAME_FIELD: f"user{number}@example.com"}, password="x", is_staff=number % 10 == 0)
            for number in range(first, last)
        ]
        model.objects.bulk_create(people, batch_size=5_000)
        Passkey.objects.bulk_create((passkey_of(person) for person in people[::2]), batch_size=5_000)

    return crowd


def passkey_of(person):
    name = base64url_encode(f"credential {person.pk}".encode())
    return Passkey(
        user=person, name="Laptop", rp_id="testserver", credential_id=name, user_handle=b"h", public_key=b"k",
        credential_id_sha256=credential_id_sha256(name), discoverable=True, user_verified=True,
    )  # fmt: skip


def peak():
    """Bytes at the most that a census takes, beyond what was there before."""
    gc.collect()
    tracemalloc.start()
    try:
        call_command("passkeys_policy", json=True, stdout=io.StringIO())
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("policy", [POLICY, f"{__name__}.by_function"], ids=["dictionary", "function"])
def test_the_memory_of_a_census_does_not_grow_with_the_people(settings, crowd, figure, policy):
    settings.PASSKEY_POLICY = policy
    crowd(0, 4_000)
    peak()  # imports, caches and compiled patterns
    small = peak()
    crowd(4_000, 16_000)
    large = peak()

    kind = "function" if isinstance(policy, str) else "dictionary"
    figure(f"policy, {kind}: kilobytes for 4,000 and 16,000 people", f"{small >> 10}, {large >> 10}", "the same")
    assert large < small * 1.1


def test_a_census_of_100_000_people_needs_few_statements(settings, crowd, figure):
    settings.PASSKEY_POLICY = POLICY
    crowd(0, 100_000)

    with CaptureQueriesContext(connection) as queries:
        call_command("passkeys_policy", json=True, stdout=io.StringIO())

    figure("policy: SQL statements for 100,000 people", len(queries), "at most 10")
    assert len(queries) <= 10
