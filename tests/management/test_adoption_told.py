"""Passkeys that a command takes over are in the history, and their owners hear of them once."""

import tracemalloc
from dataclasses import replace
from functools import partial

import pytest
from django.contrib.auth import get_user_model
from django.core import mail
from django.core.management import CommandError
from django.db import DatabaseError
from django.test import override_settings

from passkeys_django.imports import ForeignCredential
from passkeys_django.maintenance import Adopted, adopt_credentials, announcing
from passkeys_django.maintenance.insertion import New
from passkeys_django.models import EventKind, Passkey, PasskeyEvent, UserHandle
from passkeys_django.protocol.base64url import base64url_encode
from passkeys_django.providers import get_provider
from passkeys_django.signals import passkeys_adopted
from passkeys_django.testing import cose
from tests.conftest import listening, make_user
from tests.management.test_passkeys_adopt import listed
from tests.support.tenant import Tenants, run

pytestmark = pytest.mark.django_db
KEY = cose.generate(cose.ES256).public_key
FOREIGN = []


def source():
    return iter(FOREIGN)


@pytest.fixture
def there(hanko_site, tenant):
    FOREIGN.clear()
    return Tenants(hanko_site, tenant)


@pytest.fixture
def people():
    """Two with addresses and one without, where the user model lets them."""
    if get_user_model().USERNAME_FIELD == "email":
        return [make_user(name) for name in ("ada", "bob")]
    return [*(make_user(name, email=f"{name}@example.com") for name in ("ada", "bob")), make_user("eve", email="")]


@pytest.fixture
def sent(django_capture_on_commit_callbacks):
    """A function: what a command sent by e-mail, once all is committed."""

    def run_and_commit(*args, **options):
        with django_capture_on_commit_callbacks(execute=True):
            run(*args, **options)
        return list(mail.outbox)

    return run_and_commit


@pytest.fixture
def committing(django_capture_on_commit_callbacks):
    """What happens in this block is committed at its end."""
    return partial(django_capture_on_commit_callbacks, execute=True)


def adopted(there, people, *, credentials=2):
    """Each has some at the tenant, in turns."""
    for number in range(credentials):
        for user in people:
            there.add(user.get_username(), name=f"Key {number}", public_key=KEY)
    return ("passkeys_adopt",), {"user_id_is": "username"}


def synced(there, people, *, credentials=2):
    for number in range(credentials):
        for user in people:
            there.add(UserHandle.objects.for_user(user).handle, name=f"Key {number}", public_key=KEY)
    return ("passkeys_sync",), {"adopt": True}


def imported(there, people, *, credentials=2):
    FOREIGN.extend(
        ForeignCredential(
            user_key=user.pk,
            user_handle=b"42",
            credential_id=base64url_encode(f"{user.get_username()} {number}".encode()),
            public_key=KEY,
            rp_id_hash=None,
            discoverable=True,
            user_verified=True,
            backup_eligible=True,
            backup_state=True,
            sign_count=0,
            aaguid=Passkey._meta.get_field("aaguid").default,
            transports=(),
            name=f"Key {number}",
            created_at=None,
            last_used_at=None,
        )
        for number in range(credentials)
        for user in people
    )
    return ("passkeys_import", f"{__name__}.source"), {"yes": True}


WAYS = pytest.mark.parametrize("prepare", [adopted, synced, imported])


@WAYS
def test_r18_each_person_is_told_once_for_a_run_of_what_was_taken_over(there, people, sent, prepare):
    command, options = prepare(there, people)

    mails = sent(*command, **options)

    assert sorted(message.to[0] for message in mails) == ["ada@example.com", "bob@example.com"]
    for message in mails:
        assert message.subject == "Test server: passkeys of yours were taken over"
        for body in (message.body, message.alternatives[0][0]):
            assert "were taken over from another system; they were not created now." in body
            assert "Key 0" in body
            assert "Key 1" in body
            assert "the site itself, automatically" in body
            assert "Look at your passkeys" in body
    mail.outbox.clear()
    assert sent(*command, **options) == []  # nothing is left to take over


@pytest.mark.parametrize(
    ("discoverable", "what"),
    [((False, False), "security keys"), ((False, True), "passkeys")],
    ids=["keys", "both"],
)
def test_the_mail_says_what_the_strongest_is_good_for(there, people, sent, discoverable, what):
    command, options = imported(there, people[:1])
    FOREIGN[:] = [replace(each, discoverable=found) for each, found in zip(FOREIGN, discoverable, strict=True)]

    (message,) = sent(*command, **options)

    alone = "Anybody who has one of them can sign in without your password."
    together = "They are good only together with your password."
    assert message.subject == f"Test server: {what} of yours were taken over"
    for body in (message.body, message.alternatives[0][0]):
        assert (alone in body, together in body) == (any(discoverable), not any(discoverable))
        assert body.count("Security key:") == discoverable.count(False)
        assert body.count("Passkey:") == discoverable.count(True)


@WAYS
def test_what_was_taken_over_is_in_the_history(there, people, sent, prepare):
    command, options = prepare(there, people)

    sent(*command, no_mail=True, **options)

    events = PasskeyEvent.objects.values_list("kind", "passkey", "user", "name", "actor", "address")
    assert set(events) == {
        (EventKind.ADOPTED, passkey.pk, passkey.user_id, passkey.name, None, None)
        for passkey in Passkey.objects.all()
    }
    assert len(events) == 2 * len(people)


@WAYS
def test_nobody_is_told_if_whoever_moves_the_site_does_so(there, people, sent, prepare):
    command, options = prepare(there, people)

    with listening(passkeys_adopted) as received:
        assert sent(*command, no_mail=True, **options) == []

    assert {signal["user"] for signal in received} == set(people)
    assert {signal["tell_owner"] for signal in received} == {False}


@WAYS
def test_a_dry_run_tells_nobody_and_writes_nothing(there, people, sent, prepare):
    command, options = prepare(there, people)

    with listening(passkeys_adopted) as received:
        assert sent(*command, **options | {"dry_run": True}) == []

    assert received == []
    assert not PasskeyEvent.objects.exists()


@pytest.mark.parametrize("setting", ["PASSKEY_NOTIFICATIONS", "PASSKEY_EVENTS"])
def test_the_settings_that_turn_mail_and_history_off_hold(there, people, sent, setting):
    command, options = adopted(there, people)

    with override_settings(**{setting: False}):
        mails = sent(*command, **options)

    assert bool(mails) is (setting != "PASSKEY_NOTIFICATIONS")
    assert PasskeyEvent.objects.exists() is (setting != "PASSKEY_EVENTS")


def test_who_was_adopted_before_a_run_broke_off_is_told(there, people, committing, monkeypatch):
    monkeypatch.setattr("passkeys_django.maintenance.adoption.BATCH_SIZE", 10)
    command, options = adopted(there, people[:1], credentials=150)
    there.fake.faults.only = lambda request: request.parameter("page") == "2"
    there.fake.faults.drop = True

    with committing(), pytest.raises(CommandError):
        run(*command, **options)

    (message,) = mail.outbox
    assert Passkey.objects.count() == 100
    assert message.body.count("Passkey: Key ") == 100


def test_whoever_stops_reading_the_outcomes_leaves_nobody_untold(hanko_site, people):
    credentials = [listed(), listed()]
    outcomes = adopt_credentials(get_provider(), credentials, find_users=lambda user_id: people[:1])

    with listening(passkeys_adopted) as received:
        assert isinstance(next(outcomes), Adopted)
        outcomes.close()

    assert [signal["user"] for signal in received] == people[:1]


def test_a_person_whose_passkeys_are_gone_again_is_not_told(hanko_site, people):
    outcomes = adopt_credentials(get_provider(), [listed()], find_users=lambda user_id: people[:1])

    with listening(passkeys_adopted) as received:
        next(outcomes)
        Passkey.objects.all().delete()
        assert list(outcomes) == []

    assert received == []


def test_a_history_that_cannot_be_written_stops_no_adoption(there, people, sent, monkeypatch, caplog):
    def refuse(*events):
        raise DatabaseError("no")

    monkeypatch.setattr(PasskeyEvent.objects, "record", refuse)
    command, options = adopted(there, people)

    sent(*command, **options)

    assert Passkey.objects.count() == 2 * len(people)
    assert "Cannot write the history (adopted)" in caplog.text


def test_memory_stays_flat_for_any_number_of_people(monkeypatch):
    told = []
    monkeypatch.setattr(announcing, "_announce", lambda people, keys, tell_owners: told.append(len(keys)))
    taken = (New(passkey=Passkey(user_id=number)) for number in range(3000))

    tracemalloc.start()
    try:
        for _outcome in announcing.announced(taken, tell_owners=True):
            pass
        _now, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert told == [500] * 6
    assert peak < 400_000  # bytes; a dictionary of them all takes twice as much
