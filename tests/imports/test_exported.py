"""Passkeys that passkeys_export of one site wrote sign in at another site of ours, whose users have other keys."""

import io
import json

import pytest
from django.contrib.auth import get_user_model
from django.core.management import CommandError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from passkeys_django.imports import Reason, exported
from passkeys_django.lifecycle import remove
from passkeys_django.maintenance.handles import KnownHandles
from passkeys_django.maintenance.importing import OTHERS_HANDLE
from passkeys_django.models import Passkey, PasskeyKind, Tombstone, UserHandle, user_handle
from passkeys_django.protocol.base64url import base64url_decode, base64url_encode
from tests.conftest import Browser, make_passkey, make_user
from tests.imports.exporting import empty_the_database, import_lines, line
from tests.support import two_steps
from tests.support.tenant import Tenants, run

pytestmark = pytest.mark.django_db
HANDLE = "H" * 43


def natural_key(user):
    return json.loads(line(user))["user"]


def account(**members):
    return {"handle": HANDLE, "strong_address": "", "recovered_at": None, "sessions_ended_at": None} | members


@pytest.fixture
def move(tmp_path):
    """A function: the passkeys of all people are at a new site, where the same people have other primary keys."""

    def move(*names, match="username"):
        run("passkeys_export", output=str(tmp_path / "passkeys.jsonl"), stderr=io.StringIO())
        old = {natural_key(user): user.pk for user in get_user_model()._default_manager.all()}
        empty_the_database()
        people = [make_user(name) for name in names]
        assert all(old.get(natural_key(user)) != user.pk for user in people)
        printed = run("passkeys_import", file=str(tmp_path / "passkeys.jsonl"), match=match, yes=True)
        return printed, people

    return move


# From site to site


def test_people_sign_in_at_the_new_site_with_the_passkey_they_have(registered, move):
    printed, (ada,) = move("ada")

    assert printed == "Imported 1, skipped 0.\n"
    assert registered.other_browser().login().status_code == 200
    assert Passkey.objects.get().user == ada


def test_all_that_the_old_site_knew_is_known_at_the_new_one(registered, user, move):
    registered.login()
    Passkey.objects.update(
        name="My “phone”",
        provider="hanko:00000000-0000-4000-8000-000000000001",
        renamed_at=timezone.now(),
        transports=["internal", "hybrid"],
        sign_count=7,
    )
    UserHandle.objects.update(
        strong_address="ada@example.com", recovered_at=timezone.now(), sessions_ended_at=timezone.now()
    )
    others = {"id", "user", "spent"}
    facts = [field.attname for field in Passkey._meta.concrete_fields if field.name not in others]
    passkeys, handles = Passkey.objects.values(*facts), UserHandle.objects.values(*exported._ACCOUNT)
    before = list(passkeys), list(handles)

    move("ada")

    assert (list(passkeys.all()), list(handles.all())) == before
    assert before[0][0]["discoverable"] is True
    assert before[0][0]["use_count"] == 1


def test_passkeys_that_are_made_at_the_new_site_have_the_handle_of_the_old_ones(registered, move):
    """Otherwise the authenticator would show two accounts."""
    _printed, (ada,) = move("ada")
    browser = registered.other_browser().sign_in(ada)

    options = browser.creation_options()["publicKey"]

    (handle,) = {bytes(passkey.user_handle) for passkey in Passkey.objects.all()}
    assert base64url_decode(options["user"]["id"]) == handle
    assert [each["id"] for each in options["excludeCredentials"]] == [Passkey.objects.get().credential_id]


def test_somebody_with_two_user_handles_signs_in_with_each(hanko_site, tenant, user, move, settings):
    """One passkey was adopted from Hanko, where the site had called this person by another id."""
    made_here, adopted = Browser().sign_in(user), Browser()
    assert made_here.register().status_code == 201
    options = {
        "rp": {"id": "testserver"},
        "user": {"id": base64url_encode(b"id-at-hanko")},
        "challenge": base64url_encode(b"c" * 32),
        "pubKeyCredParams": [{"type": "public-key", "alg": -7}],
    }
    adopted.authenticator.create(options)
    (credential,) = adopted.authenticator.credentials.values()
    Tenants(hanko_site, tenant).add(
        "id-at-hanko", credential_id=credential.credential_id, public_key=credential.key.public_key
    )
    run("passkeys_adopt", user_id_is=f"{__name__}.the_only_user")
    settings.PASSKEY_PROVIDERS = None  # the new site is not at Hanko

    printed, (ada,) = move("ada")

    assert printed.startswith("Imported 2, skipped 0.\n")
    assert {bytes(passkey.user_handle) for passkey in Passkey.objects.all()} == {
        b"id-at-hanko",
        UserHandle.objects.for_user(ada).handle.encode(),
    }
    for browser in (adopted, made_here):
        assert browser.other_browser().login().status_code == 200


def the_only_user(user_id):
    return get_user_model()._default_manager.get()


def test_a_security_key_stays_a_second_step(user, move, settings):
    two_steps.use_site(settings)
    key = two_steps.with_key(user)

    _printed, (ada,) = move("ada")

    assert Passkey.objects.get().kind == PasskeyKind.SECURITY_KEY
    browser = key.other_browser()
    two_steps.log_in(browser, ada)
    assert browser.user_id == str(ada.pk)


def test_a_passkey_that_was_refused_at_its_provider_stays_refused(registered, move):
    Passkey.objects.update(refused_at=timezone.now())

    move("ada")

    assert Passkey.objects.get().refused_at is not None
    assert not Passkey.objects.all().usable().exists()


def test_users_can_be_matched_by_primary_key(user, other_user, tmp_path):
    lines = [line(user, user="of another name"), line(other_user, user=None)]

    assert import_lines(tmp_path / "file", *lines, match="pk") == "Imported 2, skipped 0.\n"
    assert set(Passkey.objects.values_list("user", flat=True)) == {user.pk, other_user.pk}


# What is not taken


def test_users_that_do_not_exist_are_named(user, tmp_path):
    lines = [line(user, user="nobody"), line(user), line(user, user=None), line(user, user="nobody either")]

    printed = import_lines(tmp_path / "file", *lines)

    assert printed == "Imported 1, skipped 3.\n  3 no such user: user nobody, user , user nobody either\n"


def test_what_cannot_be_taken_stays_with_the_reason(user, other_user, tmp_path):
    make_passkey(user, credential_id="AAAA")
    Tombstone.objects.put_up_all([("testserver", "BBBB")])
    UserHandle.objects.create(user=other_user, handle=HANDLE)
    lines = {
        line(user, credential_id="AAAA"): Reason.ALREADY_HERE,
        line(user, credential_id="BBBB"): Reason.REMOVED_HERE,
        line(user, rp_id="example.com"): Reason.OTHER_RP_ID,
        line(user, user_handle=""): Reason.NO_USER_HANDLE,
        line(user, credential_id=""): Reason.BAD_ID,
        line(user, public_key="oA"): "unreadable public key",
        line(user, account=account()): OTHERS_HANDLE,
    }

    printed = import_lines(tmp_path / "file", *lines)

    name = natural_key(user)
    assert sorted(printed.splitlines()) == sorted(
        ["Imported 0, skipped 7.", *(f"  1 {reason}: user {name}" for reason in lines.values())]
    )


def test_f8_a_passkey_that_was_removed_at_the_new_site_does_not_come_back(registered, move, tmp_path):
    move("ada")
    remove(Passkey.objects.get())

    printed = run("passkeys_import", file=str(tmp_path / "passkeys.jsonl"), yes=True)

    assert f"  1 {Reason.REMOVED_HERE}: user " in printed
    assert not Passkey.objects.exists()


DAMAGED = {
    "{": "no JSON",
    "[1]": "no JSON object",
    "\xff": "no JSON",
    '{"version": 2}': "not of version 1 of the format",
    "{}": "not of version 1 of the format",
    f'"{"x" * 70_000}"': "too long",
    f'"{"x" * 200_000}"': "too long",
}
WRONG = {
    "user": [5, "\x00", "\ud800", ["ada"]],
    "account": [5, {}, account(handle="ä"), account(strong_address=None), account(recovered_at="yesterday")],
    "kind": [None, "key", 5],
    "name": [None, 5, "\x00", "\ud800"],
    "credential_id": [None, "ä", "A", "AA==", 5],
    "public_key": [None, "+"],
    "user_handle": [None, 5],
    "rp_id": [None, "x" * 254, "a\nb"],
    "provider": [None, "x" * 256, "\x00", " "],
    "aaguid": [None, "x", 5],
    "transports": [None, "usb"],
    "backup_eligible": [1, "true"],
    "backup_state": [None, 1],
    "user_verified": ["true"],
    "discoverable": ["true"],
    "sign_count": [None, True, -1, 2**63, 1.5, "1"],
    "use_count": [None, -1],
    "created_at": [None, "2026-01-02", "2026-01-02T03:04:05", "x", 5],
    "last_used_at": ["x", 5],
    "refused_at": ["x"],
    "renamed_at": ["x"],
}


def test_every_member_has_wrong_values_here():
    assert set(WRONG) == {*exported._PASSKEY, "user"}


@pytest.mark.parametrize("name", WRONG)
def test_a_line_with_a_wrong_member_is_named_and_the_rest_goes_on(user, tmp_path, name):
    without = json.loads(line(user))
    del without[name]
    lines = [json.dumps(without), *(line(user, **{name: value}) for value in WRONG[name]), line(user)]

    printed = import_lines(tmp_path / "file", *lines)

    numbers = ", ".join(f"line {number}" for number in range(1, len(lines)))
    damaged = len(lines) - 1
    assert printed == (
        f"Imported 1, skipped {damaged}.\n  {damaged} unreadable ({name} is missing or wrong): {numbers}\n"
    )


@pytest.mark.parametrize(("damage", "reason"), DAMAGED.items(), ids=range(len(DAMAGED)))
def test_a_damaged_line_is_named_and_the_rest_goes_on(user, tmp_path, damage, reason):
    path = tmp_path / "file"
    path.write_bytes(f"{line(user)}\n\n{damage}\n{line(user)}".encode("latin-1"))

    printed = run("passkeys_import", file=str(path), yes=True)

    assert printed == f"Imported 2, skipped 1.\n  1 unreadable ({reason}): line 3\n"


@pytest.mark.parametrize("use_tz", [True, False])
@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00"])
def test_d31_moments_at_the_ends_of_the_calendar_are_stored(user, tmp_path, settings, moment, use_tz):
    settings.USE_TZ = use_tz
    dates = dict.fromkeys(("created_at", "last_used_at", "refused_at", "renamed_at"), moment)

    assert import_lines(tmp_path / "file", line(user, **dates)) == "Imported 1, skipped 0.\n"

    Passkey.objects.get()


# User handles


def test_a_user_handle_that_is_here_already_stays(user, tmp_path):
    here = UserHandle.objects.for_user(user).handle

    assert import_lines(tmp_path / "file", line(user, account=account())) == "Imported 1, skipped 0.\n"
    assert [row.handle for row in UserHandle.objects.all()] == [here]


def test_several_passkeys_of_one_person_bring_one_user_handle(user, tmp_path):
    lines = [line(user, account=account(strong_address="ada@example.com")) for _ in range(3)]

    assert import_lines(tmp_path / "file", *lines) == "Imported 3, skipped 0.\n"
    assert [row.strong_address for row in UserHandle.objects.all()] == ["ada@example.com"]


def test_the_same_handle_of_two_people_in_one_file_is_the_first_ones(user, other_user, tmp_path):
    lines = [line(each, account=account()) for each in (user, other_user)]

    assert f"Imported 1, skipped 1.\n  1 {OTHERS_HANDLE}: user " in import_lines(tmp_path / "file", *lines)
    assert UserHandle.objects.get().user == user


def test_a_user_handle_that_appears_meanwhile_stays(user, tmp_path, monkeypatch):
    """This person registers a passkey here between the look and the insert."""
    look = KnownHandles.__init__

    def interfere(self, accounts):
        look(self, accounts)
        if not UserHandle.objects.exists():
            UserHandle.objects.create(user=user, handle=user_handle.new_user_handle())

    monkeypatch.setattr(KnownHandles, "__init__", interfere)

    assert import_lines(tmp_path / "file", line(user, account=account())) == "Imported 1, skipped 0.\n"
    assert UserHandle.objects.get().handle != HANDLE


# The command


def test_a_dry_run_changes_nothing(user, tmp_path):
    lines = [line(user, account=account())]

    assert import_lines(tmp_path / "file", *lines, dry_run=True) == "Would import 1, skipped 0.\n"
    assert not Passkey.objects.exists()
    assert not UserHandle.objects.exists()


def test_a_file_that_cannot_be_read_is_one_line(db, tmp_path):
    with pytest.raises(CommandError, match=r"^Cannot read .+/nowhere: No such file or directory\.$"):
        run("passkeys_import", file=str(tmp_path / "nowhere"), yes=True)


@pytest.mark.parametrize("options", [{}, {"file": "x", "source": "django-allauth"}])
def test_a_package_or_a_file_is_named_and_not_both(options):
    source = options.pop("source", None)

    with pytest.raises(CommandError, match=r"one of the arguments|not allowed with"):
        run("passkeys_import", *filter(None, [source]), *(f"--file={each}" for each in options.values()))


def test_a_thousand_lines_cost_few_statements(user, tmp_path):
    lines = [line(user, account=account()) for _ in range(1000)]

    with CaptureQueriesContext(connection) as queries:
        printed = import_lines(tmp_path / "file", *lines)

    assert printed == "500 credentials read\n1000 credentials read\nImported 1000, skipped 0.\n"
    assert len(queries) <= 57
