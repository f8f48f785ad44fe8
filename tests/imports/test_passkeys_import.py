"""manage.py passkeys_import: what is the same for all packages."""

import functools
import io
import secrets
import uuid
from dataclasses import replace

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from passkeys_django.imports import ForeignCredential, Reason, django_allauth, foreign
from passkeys_django.lifecycle import batches, remove
from passkeys_django.maintenance import importing
from passkeys_django.maintenance.importing import AS_SECURITY_KEY, UNSURE, Imported, import_credentials
from passkeys_django.management import console
from passkeys_django.models import Passkey, PasskeyEvent, Tombstone, UserHandle
from passkeys_django.protocol.base64url import base64url_encode
from passkeys_django.testing import cose
from tests.conftest import make_passkey, make_user, refusal
from tests.security.test_parallel import at_once
from tests.support.tenant import run

pytestmark = pytest.mark.django_db

PUBLIC_KEY = cose.generate(cose.ES256).public_key
TAGGED_KEY = b"\xa6" + PUBLIC_KEY[1:] + b"\x61x\xd8\x23\x61("
"""With one more member: a regular expression, as general decoders of CBOR understand it."""
STORED = []
"""What `stored` gives."""


def stored():
    """A site's own source."""
    yield from STORED


SOURCE = f"{__name__}.stored"


@pytest.fixture(autouse=True)
def _nothing_stored():
    STORED.clear()


def foreign_credential(user, **members):
    given = {
        "user_handle": b"handle",
        "credential_id": base64url_encode(secrets.token_bytes(20)),
        "public_key": PUBLIC_KEY,
        "rp_id_hash": None,
        "discoverable": True,
        "user_verified": True,
        "backup_eligible": False,
        "backup_state": False,
        "sign_count": 0,
        "aaguid": uuid.UUID(int=0),
        "transports": (),
        "name": "Laptop",
        "created_at": None,
        "last_used_at": None,
    }
    return ForeignCredential(user_key=user.pk, **given | members)


def reasons(outcomes):
    return [None if isinstance(outcome, Imported) else outcome.reason for outcome in outcomes]


def imported(*credentials, **options):
    return reasons(import_credentials(credentials, **options))


def nobody():
    """A user who is gone."""
    user = make_user("gone")
    user.delete()
    user.pk = uuid.uuid4() if user._meta.pk.get_internal_type() == "UUIDField" else 10**6
    return user


# What is not taken


def test_w1_what_cannot_be_taken_stays_with_the_reason(user, other_user):
    known = foreign_credential(user)
    make_passkey(other_user, credential_id=known.credential_id)
    credentials = {
        foreign_credential(nobody()): Reason.NO_USER,
        known: Reason.ALREADY_HERE,
        foreign_credential(user, rp_id_hash=b"x" * 32): Reason.OTHER_RP_ID,
        foreign_credential(user, user_handle=b""): Reason.NO_USER_HANDLE,
        foreign_credential(user, user_handle=b"x" * 65): Reason.NO_USER_HANDLE,
        foreign_credential(user, credential_id=""): Reason.BAD_ID,
        foreign_credential(user, credential_id="A" * 1366): Reason.BAD_ID,
        foreign_credential(user, public_key=b"\xa0"): "unreadable public key",
        foreign_credential(user, public_key=TAGGED_KEY): "unreadable public key",
        foreign_credential(user, public_key=cose.generate(-36).public_key): (
            "unusable public key of algorithm '-36'"
        ),
        foreign_credential(user, public_key=cose.rsa_pair(public_exponent=3).public_key): (
            "unusable public key of algorithm '-257'"
        ),
        foreign_credential(user): None,
    }

    assert imported(*credentials) == list(credentials.values())
    assert Passkey.objects.count() == 2


@pytest.mark.parametrize("size", [1, 64])
def test_user_handles_stay_to_the_byte_and_are_nobody_elses(user, size):
    """They may be primary keys: passkeys to come get a handle of ours (WebAuthn L3, 14.6.1)."""
    handle = secrets.token_bytes(size)

    assert imported(foreign_credential(user, user_handle=handle)) == [None]

    assert bytes(Passkey.objects.get().user_handle) == handle
    assert not UserHandle.objects.exists()


def test_a_passkey_of_another_domain_stays(at_allauth, user):
    at_allauth(user, overrides={"rp_id": "www.testserver"})

    assert f"  1 {Reason.OTHER_RP_ID}: user {user.pk}\n" in run("passkeys_import", "django-allauth", yes=True)
    assert not Passkey.objects.exists()


@pytest.mark.parametrize(
    ("members", "remarks"),
    [
        ({"discoverable": True}, ()),
        ({"discoverable": False}, (AS_SECURITY_KEY,)),
        ({"discoverable": None}, (UNSURE,)),
        ({"discoverable": None, "backup_eligible": True}, ()),
        ({"discoverable": None, "remark": "old"}, ("old", UNSURE)),
    ],
)
def test_what_may_not_sign_in_is_remarked(user, members, remarks):
    (outcome,) = import_credentials([foreign_credential(user, **members)])

    assert outcome.remarks == remarks


def test_a_credential_that_is_stored_twice_is_imported_once(user):
    credential, unowned = foreign_credential(user), foreign_credential(nobody())

    assert imported(credential, unowned, unowned, credential) == [
        None,
        Reason.NO_USER,
        Reason.NO_USER,
        Reason.ALREADY_HERE,
    ]


def test_a_counter_that_goes_back_is_refused_after_the_import(at_otp_webauthn, user):
    device = {"counter": 7, "backup_eligible": False, "backup_state": False}
    browser, _row = at_otp_webauthn(user, authenticator=device)
    run("passkeys_import", "django-otp-webauthn", yes=True)

    assert refusal(browser.login(sign_count=6)) == (403, "login_failed")
    assert browser.login(sign_count=9).status_code == 200


def test_imported_passkeys_are_this_sites_whoever_makes_the_new_ones(at_otp_webauthn, user, hanko_site):
    browser, _row = at_otp_webauthn(user)
    run("passkeys_import", "django-otp-webauthn", yes=True)

    assert browser.login().status_code == 200
    assert Passkey.objects.get().provider == ""


# Killed, run again, run twice


class Killed(Exception):
    pass


def dying_after(credentials, count):
    yield from credentials[:count]
    raise Killed


def in_tens(monkeypatch):
    monkeypatch.setattr(importing, "in_batches", functools.partial(batches.in_batches, size=10))


def test_killed_half_way_and_run_again_it_adds_exactly_the_rest(user, monkeypatch):
    in_tens(monkeypatch)
    credentials = [foreign_credential(user) for _ in range(45)]

    with pytest.raises(Killed):
        list(import_credentials(dying_after(credentials, 25)))
    assert Passkey.objects.count() == 20

    assert imported(*credentials) == [Reason.ALREADY_HERE] * 20 + [None] * 25


def test_a_source_that_fails_says_what_was_done(user, monkeypatch):
    in_tens(monkeypatch)
    monkeypatch.setattr(f"{SOURCE}", lambda: dying_after([foreign_credential(user) for _ in range(25)], 25))
    stdout = io.StringIO()

    with pytest.raises(Killed):
        call_command("passkeys_import", SOURCE, stdout=stdout)

    assert stdout.getvalue() == "Imported 20, skipped 0.\n"


@pytest.mark.django_db(transaction=True)
def test_two_at_once_add_each_credential_once(user, monkeypatch):
    in_tens(monkeypatch)
    credentials = [foreign_credential(user) for _ in range(60)]

    first, second = at_once(
        functools.partial(imported, *credentials), functools.partial(imported, *reversed(credentials))
    )

    assert set(first + second) <= {None, Reason.ALREADY_HERE}
    assert (first + second).count(None) == Passkey.objects.count() == 60


def test_running_it_again_changes_nothing_that_is_here(user):
    credential = foreign_credential(user, sign_count=3)
    imported(credential)
    Passkey.objects.update(name="Renamed", sign_count=9)

    assert imported(replace(credential, name="Other", sign_count=4)) == [Reason.ALREADY_HERE]
    assert list(Passkey.objects.values_list("name", "sign_count")) == [("Renamed", 9)]


def test_f8_a_passkey_that_was_removed_since_is_not_brought_back(user):
    credential = foreign_credential(user)
    imported(credential)
    remove(Passkey.objects.get())

    assert imported(credential) == [Reason.REMOVED_HERE]
    PasskeyEvent.objects.all().delete()
    assert imported(credential) == [Reason.REMOVED_HERE]
    Tombstone.objects.lift(rp_id="testserver", credential_id=credential.credential_id)
    assert imported(credential) == [None]


def test_a_thousand_credentials_cost_few_statements(user):
    STORED.extend(foreign_credential(user) for _ in range(1000))

    with CaptureQueriesContext(connection) as queries:
        printed = run("passkeys_import", SOURCE, yes=True)

    assert "500 credentials read\n1000 credentials read\nImported 1000, skipped 0." in printed
    assert len(queries) <= 55


def test_tables_are_read_a_batch_at_a_time(user, at_allauth, monkeypatch):
    monkeypatch.setattr(foreign, "BATCH_SIZE", 2)
    browsers = [at_allauth(user)[0] for _ in range(5)]
    credentials = django_allauth.credentials()

    with CaptureQueriesContext(connection) as queries:
        next(credentials)
    assert len(queries) == 1
    ids = {credential.credential_id for credential in django_allauth.credentials()}

    assert ids == {id_ for browser in browsers for id_ in browser.authenticator.credentials}


# The command


def test_a_dry_run_changes_nothing(user):
    STORED.extend([foreign_credential(user), foreign_credential(nobody())])

    printed = run("passkeys_import", SOURCE, dry_run=True)

    assert printed.startswith("Would import 1, skipped 1.\n  1 no such user: user ")
    assert not Passkey.objects.exists()


@pytest.mark.parametrize(("answer", "count"), [("n", 0), ("y", 1)])
def test_on_a_terminal_it_asks(user, monkeypatch, answer, count):
    STORED.append(foreign_credential(user))
    asked = []
    monkeypatch.setattr(console, "is_interactive", lambda: True)
    monkeypatch.setattr("builtins.input", lambda question: asked.append(question) or answer)

    printed = run("passkeys_import", SOURCE)

    assert asked == [f"Import the passkeys of {SOURCE} as passkeys of testserver? [y/N] "]
    assert Passkey.objects.count() == count
    assert printed == ("Imported 1, skipped 0.\n" if count else "Left as it is.\n")


MISTAKES = {
    "no RP ID": (SOURCE, {"PASSKEY_RP_ID": None}, "Set PASSKEY_RP_ID"),
    "no such package": ("django-nowhere", {}, "is not one of django-otp-webauthn, .*, and cannot"),
    "no function": (f"{__name__}.STORED", {}, "is not a function"),
    "no table": (f"{__name__}.without_table", {}, "There is no table nowhere in the database"),
    "no column": (f"{__name__}.of_another_table", {}, "The table passkeys_django_passkey lacks type, data: run"),
}


def without_table():
    return django_allauth.credentials(table="nowhere")


def of_another_table():
    return django_allauth.credentials(table=Passkey._meta.db_table)


@pytest.mark.parametrize(("source", "changed", "message"), MISTAKES.values(), ids=MISTAKES)
def test_mistakes_are_one_line(settings, source, changed, message):
    for name, value in changed.items():
        setattr(settings, name, value)

    with pytest.raises(CommandError, match=message) as caught:
        run("passkeys_import", source, yes=True)

    assert "\n" not in str(caught.value)
