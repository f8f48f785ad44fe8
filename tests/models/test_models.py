"""What is stored, and the few queries that everything else uses."""

import uuid
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.test import override_settings
from django.utils import timezone

from passkeys_django.models import Passkey, RemovedPasskey, UserHandle, credential_id_sha256, new_user_handle
from passkeys_django.protocol.base64url import base64url_encode
from passkeys_django.protocol.descriptors import CredentialDescriptor
from tests.conftest import make_passkey

pytestmark = pytest.mark.django_db
UNKNOWN = base64url_encode(b"unknown")


class ReplicaRouter:
    """Reads go to a database that is not there: whoever reads where nothing is written gets an error."""

    def db_for_read(self, model, **hints):
        return "replica"

    def db_for_write(self, model, **hints):
        return "default"


# Handles


def test_a_new_handle_is_43_characters_of_32_random_bytes():
    handles = {new_user_handle() for _ in range(100)}

    assert len(handles) == 100
    assert {len(handle) for handle in handles} == {43}


def test_a_user_keeps_one_handle(user, other_user):
    handle = UserHandle.objects.for_user(user)

    assert UserHandle.objects.for_user(user) == handle
    assert UserHandle.objects.for_user(other_user).handle != handle.handle
    assert str(handle) == handle.handle


def test_c9_d24_a_handle_says_nothing_about_its_user(user):
    """Random: the same user gets another one when it is made again."""
    handle = UserHandle.objects.for_user(user)
    handle.delete()

    assert UserHandle.objects.for_user(user).handle != handle.handle


def test_claiming_a_handle_counts_and_stores_what_was_spent(user):
    handle = UserHandle.objects.for_user(user)

    assert UserHandle.objects.compare_and_set(handle, spent=[[1, "digest"]]) is True

    handle.refresh_from_db()
    assert (handle.use_count, handle.spent) == (1, [[1, "digest"]])


def test_claiming_a_handle_without_a_challenge_keeps_the_spent_ones(user):
    handle = UserHandle.objects.for_user(user)
    UserHandle.objects.compare_and_set(handle, spent=[[1, "digest"]])
    handle.refresh_from_db()

    assert UserHandle.objects.compare_and_set(handle) is True

    handle.refresh_from_db()
    assert (handle.use_count, handle.spent) == (2, [[1, "digest"]])


def test_of_two_who_read_the_same_handle_one_claims_it(user):
    first, second = UserHandle.objects.for_user(user), UserHandle.objects.for_user(user)

    assert UserHandle.objects.compare_and_set(first, spent=[[1, "first"]]) is True
    assert UserHandle.objects.compare_and_set(second, spent=[[2, "second"]]) is False

    first.refresh_from_db()
    assert first.spent == [[1, "first"]]


# Passkeys


def test_a_passkey_is_found_by_its_credential_id(user):
    passkey = make_passkey(user)
    make_passkey(user)

    assert Passkey.objects.find(passkey.credential_id) == passkey
    assert Passkey.objects.is_known(passkey.credential_id) is True


def test_an_unknown_passkey_is_not_found(user):
    make_passkey(user)

    assert Passkey.objects.find(UNKNOWN) is None
    assert Passkey.objects.is_known(UNKNOWN) is False


def test_finding_a_passkey_and_its_user_is_one_query(user, django_assert_num_queries):
    passkey = make_passkey(user)

    with django_assert_num_queries(1):
        assert Passkey.objects.find(passkey.credential_id).user == user


def test_d29_the_database_that_is_written_to_answers(user):
    passkey = make_passkey(user, provider="hanko:x")
    with override_settings(DATABASE_ROUTERS=[ReplicaRouter()]):
        assert Passkey.objects.find(passkey.credential_id) == passkey
        assert Passkey.objects.is_known(passkey.credential_id)
        assert list(Passkey.objects.of(user)) == [passkey]
        assert Passkey.objects.of(user).get().descriptor
        assert Passkey.objects.compare_and_set(passkey)
        Passkey.objects.mark_refused(passkey)
        assert UserHandle.objects.compare_and_set(UserHandle.objects.for_user(user))
        removed = RemovedPasskey.objects.remember(provider="hanko:x", **passkey.at_provider)
        named = RemovedPasskey.objects.named(provider="hanko:x", **passkey.at_provider)
        assert list(named) == [removed]


def test_a_users_passkeys_come_oldest_first(user, other_user):
    newer = make_passkey(user, created_at=datetime(2026, 2, 1, tzinfo=UTC))
    older = make_passkey(user, created_at=datetime(2026, 1, 1, tzinfo=UTC))
    make_passkey(other_user)

    assert list(Passkey.objects.of(user)) == [older, newer]


def test_descriptors_name_a_users_passkeys_with_their_transports(user, other_user):
    passkey = make_passkey(user, transports=["usb", "nfc"])
    make_passkey(other_user)

    descriptor = Passkey.objects.of(user).get().descriptor

    assert descriptor == CredentialDescriptor(id=passkey.credential_id, transports=("usb", "nfc"))
    assert descriptor.to_json() == {
        "type": "public-key",
        "id": passkey.credential_id,
        "transports": ["usb", "nfc"],
    }


def test_a_credential_id_is_unique_whoevers_it_is(user, other_user):
    passkey = make_passkey(user)

    with pytest.raises(IntegrityError), transaction.atomic():
        make_passkey(other_user, credential_id=passkey.credential_id, provider="hanko:x")


def test_the_longest_credential_id_is_stored_and_found(user):
    passkey = make_passkey(user, credential_id=base64url_encode(b"\xff" * 1023))

    passkey.full_clean()
    assert Passkey.objects.find(passkey.credential_id) == passkey


def test_the_digest_follows_the_credential_id(user):
    passkey = make_passkey(user)
    passkey.credential_id = UNKNOWN
    passkey.save()

    passkey.refresh_from_db()
    assert passkey.credential_id_sha256 == credential_id_sha256(UNKNOWN)


def test_a_use_is_counted_in_the_row_and_in_the_object(user):
    passkey = make_passkey(user)
    now = timezone.now()

    assert Passkey.objects.compare_and_set(passkey, last_used_at=now, sign_count=5, spent=[[1, "a"]]) is True

    stored = Passkey.objects.find(passkey.credential_id)
    for row in (passkey, stored):
        assert (row.use_count, row.last_used_at, row.sign_count, row.spent) == (1, now, 5, [[1, "a"]])


def test_of_two_who_read_the_same_passkey_one_uses_it(user):
    make_passkey(user)
    first, second = Passkey.objects.get(), Passkey.objects.get()

    assert Passkey.objects.compare_and_set(first, sign_count=1) is True
    assert Passkey.objects.compare_and_set(second, sign_count=2) is False

    assert (second.use_count, second.sign_count) == (0, 0)
    assert Passkey.objects.get().sign_count == 1


def test_a_passkey_that_was_deleted_meanwhile_is_not_used(user):
    passkey = make_passkey(user)
    Passkey.objects.all().delete()

    assert Passkey.objects.compare_and_set(passkey) is False
    assert not Passkey.objects.exists()


def test_a_refusal_is_marked_with_its_time(user):
    passkey = make_passkey(user)

    Passkey.objects.mark_refused(passkey)

    passkey.refresh_from_db()
    assert abs((timezone.now() - passkey.refused_at).total_seconds()) < 10


HANDLE = uuid.UUID("0b4d7c5e-7a43-4b8f-9d0c-2f5a1c6e8d90")


@pytest.mark.parametrize(
    ("stored", "presented", "same"),
    [
        (b"h" * 43, b"h" * 43, True),
        (b"h" * 43, b"h" * 42, False),
        (b"h" * 43, b"", False),
        (b"\xff\x00", b"\xff\x00", True),
        (str(HANDLE).encode(), HANDLE.bytes, True),
        (HANDLE.bytes, str(HANDLE).encode(), True),
        (HANDLE.bytes, HANDLE.bytes, True),
        (str(HANDLE).encode(), uuid.UUID(int=1).bytes, False),
        (str(HANDLE).upper().encode(), HANDLE.bytes, False),
        (HANDLE.hex.encode(), HANDLE.bytes, False),
        (f"{{{HANDLE}}}".encode(), HANDLE.bytes, False),
        (str(HANDLE).encode(), str(HANDLE).upper().encode(), False),
        (b"h" * 16, b"i" * 16, False),
        ("ü".encode(), b"h", False),
    ],
)
def test_a_uuid_as_user_handle_also_matches_its_raw_bytes(user, stored, presented, same):
    passkey = make_passkey(user, user_handle=stored)
    passkey.refresh_from_db()

    assert passkey.has_user_handle(presented) is same


def test_a_passkey_as_json(user):
    passkey = make_passkey(
        user,
        name="Laptop",
        aaguid=HANDLE,
        transports=["internal"],
        backup_eligible=True,
        backup_state=True,
        created_at=datetime(2026, 11, 21, 8, 30, 15, 123456, tzinfo=UTC),
        last_used_at=datetime(2026, 11, 21, 9, 30, tzinfo=ZoneInfo("Europe/Berlin")),
        use_count=7,
    )

    assert passkey.to_json() == {
        "id": str(passkey.pk),
        "kind": "passkey",
        "name": "Laptop",
        "manager": None,
        "credential_id": passkey.credential_id,
        "aaguid": str(HANDLE),
        "transports": ["internal"],
        "backup_eligible": True,
        "backup_state": True,
        "created_at": "2026-11-21T08:30:15.123456+00:00",
        "last_used_at": "2026-11-21T08:30:00+00:00",
        "use_count": 7,
    }


def test_a_passkey_that_was_never_used_says_so_in_json(user):
    shown = make_passkey(user, backup_eligible=None).to_json()

    assert shown["last_used_at"] is None
    assert shown["backup_eligible"] is None


@override_settings(USE_TZ=False, TIME_ZONE="Europe/Berlin")
def test_d31_without_time_zones_json_is_in_utc_all_the_same(user):
    passkey = Passkey(user=user, created_at=datetime(2026, 7, 1, 12, 0), last_used_at=datetime(2026, 1, 1, 12, 0))  # noqa: DTZ001, RUF100

    shown = passkey.to_json()

    assert shown["created_at"] == "2026-07-01T10:00:00+00:00"
    assert shown["last_used_at"] == "2026-01-01T11:00:00+00:00"


def test_a_passkey_is_called_by_its_name(user):
    assert str(make_passkey(user, name="Laptop")) == "Laptop"


@pytest.mark.parametrize("name", ["x" * 100, "Zoës 🦊-Schlüssel", "<b>", "a\u200db"])
def test_a_name_may_be_any_text_of_up_to_100_characters(user, name):
    make_passkey(user, name=name).full_clean()


@pytest.mark.parametrize(
    "name", ["", "x" * 101, "a\nb", "a\x00b", "\x7f", "\ud800", "a\tb", "\x1b[31m"], ids=ascii
)
def test_a_name_with_control_characters_or_of_the_wrong_length_is_refused(user, name):
    passkey = make_passkey(user)
    passkey.name = name

    with pytest.raises(ValidationError) as caught:
        passkey.full_clean()

    assert list(caught.value.message_dict) == ["name"]


def test_a_users_passkeys_and_handle_go_with_the_user(user):
    make_passkey(user)
    UserHandle.objects.for_user(user)

    user.delete()

    assert not Passkey.objects.exists()
    assert not UserHandle.objects.exists()


# Removals


def remembered(provider="hanko:a", credential_id=UNKNOWN, user_handle=b"somebody"):
    return RemovedPasskey.objects.remember(provider=provider, credential_id=credential_id, user_handle=user_handle)


def named(provider="hanko:a", credential_id=UNKNOWN, user_handle=b"somebody"):
    return set(
        RemovedPasskey.objects.named(provider=provider, credential_id=credential_id, user_handle=user_handle)
    )


def test_a_removal_is_remembered_once_for_each_provider_and_user():
    first = remembered()

    assert remembered() == first
    assert remembered(provider="hanko:b") != first
    assert remembered(user_handle=b"another") != first
    assert RemovedPasskey.objects.count() == 3
    assert str(first) == first.credential_id == UNKNOWN
    assert first.user_handle == b"somebody"


def test_a_pending_removal_is_named_by_provider_credential_and_user():
    removed = remembered()

    assert named() == {removed}
    assert named(provider="hanko:b") == named(user_handle=b"another") == set()
    assert named(credential_id=base64url_encode(b"other")) == set()


def test_a_pending_removal_is_named_by_either_spelling_of_a_uuid():
    value = uuid.uuid4()
    as_text, as_bytes = str(value).encode(), value.bytes
    removed = remembered(user_handle=as_text)

    assert named(user_handle=as_bytes) == {removed}
    assert RemovedPasskey.objects.pending(provider="hanko:a", user_handles={UNKNOWN: as_bytes}) == {UNKNOWN}
    assert RemovedPasskey.objects.pending(provider="hanko:a", user_handles={UNKNOWN: b"another"}) == set()
