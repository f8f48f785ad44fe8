"""manage.py passkeys_adopt: people who registered at the tenant before this app was there sign in at once."""

import functools
import io
import signal
import sys
import types
import uuid
from dataclasses import replace
from datetime import UTC, datetime

import pytest
import requests
from django.contrib.auth import get_user_model
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command
from django.db import IntegrityError, OperationalError, connection
from django.test.utils import CaptureQueriesContext

from passkeys_django.hanko import HankoClient
from passkeys_django.maintenance import (
    Adopted,
    Skipped,
    SkipReason,
    adopt_credentials,
    adoption,
    insertion,
    user_finder,
    users,
)
from passkeys_django.models import Passkey, RemovedPasskey, UserHandle
from passkeys_django.providers import get_provider
from passkeys_django.providers.base import ProviderCredential, UnreadableCredential
from passkeys_django.providers.hanko import HankoProvider
from passkeys_django.testing import cose
from tests.conftest import HANKO_URL, PASSWORD, Browser, make_passkey, make_user, refusal
from tests.security.test_parallel import at_once

pytestmark = pytest.mark.django_db

PUBLIC_KEY = cose.generate(cose.ES256).public_key
OWNERS = {}
"""What `owner` answers, by user id."""


def owner(user_id):
    return OWNERS.get(user_id)


def strict_owner(user_id):
    return get_user_model().objects.get(pk=OWNERS[user_id].pk)


@pytest.fixture(autouse=True)
def _nobody():
    OWNERS.clear()


@pytest.fixture
def client(tenant):
    return HankoClient(tenant_id=tenant.id, api_key=tenant.api_key, base_url=HANKO_URL)


@pytest.fixture
def at_tenant(hanko_site, client):
    """A function: a browser whose authenticator registered at the tenant, without this app."""

    def register(user_id, **authenticator):
        browser = Browser(**authenticator)
        options = client.start_registration(user_id=user_id, username="Ada")
        client.finalize_registration(credential=browser.authenticator.create(options))
        return browser

    return register


TAGGED_KEY = b"\xa6" + PUBLIC_KEY[1:] + b"\x61x\xd8\x23\x61("
"""With one more member: a regular expression, as general decoders of CBOR understand it."""


def listed(user_id="ada-1", **members):
    """A credential as a provider lists it."""
    given = {
        "id": uuid.uuid4().hex,
        "public_key": PUBLIC_KEY,
        "name": "Laptop",
        "aaguid": uuid.UUID(int=7),
        "transports": ("internal",),
        "backup_eligible": True,
        "backup_state": False,
        "created_at": datetime(2024, 1, 2, 3, 4, 5, 6, tzinfo=UTC),
        "last_used_at": datetime(2025, 1, 2, tzinfo=UTC),
        "is_second_factor": False,
    }
    return ProviderCredential(user_id=user_id, **given | members)


def adopt(*credentials, find_users=None, **options):
    find_users = find_users or user_finder(f"{__name__}.owner")
    return list(adopt_credentials(get_provider(), credentials, find_users=find_users, **options))


def reasons(outcomes):
    return [outcome.reason if isinstance(outcome, Skipped) else None for outcome in outcomes]


def command(user_id_is=f"{__name__}.owner", *, stdout=None, **options):
    stdout = stdout or io.StringIO()
    call_command("passkeys_adopt", user_id_is=user_id_is, stdout=stdout, **options)
    return stdout.getvalue()


# Signing in afterwards


def test_trap_1_a_user_id_of_16_bytes_is_reported_and_signs_in_here(tenant, hanko_site, client, user):
    """Hanko registers such a user, and refuses every login."""
    user_id = "ada@example.com!"
    headers = {"apiKey": tenant.api_key}
    begun = requests.post(
        f"{HANKO_URL}/{tenant.id}/registration/initialize",
        json={"user_id": user_id, "username": "Ada"},
        headers=headers,
        timeout=5,
    )
    browser = Browser()
    client.finalize_registration(credential=browser.authenticator.create(begun.json()))
    OWNERS[user_id] = user

    text = command()

    assert "Adopted 1, skipped 0.\n  1 adopted; the provider refuses logins under such a user id" in text
    assert f"verifies them: {user_id}" in text
    hanko_site.requests.clear()
    assert browser.login().status_code == 200
    assert browser.user_id == str(user.pk)
    assert {path.split("/")[-1] for _method, path in hanko_site.requests} == {"initialize"}


@pytest.mark.parametrize("user_id_is", ["pk", "username", "email"])
def test_who_registered_at_the_tenant_before_signs_in_at_once(at_tenant, user_id_is):
    user = make_user("ada") if get_user_model().USERNAME_FIELD == "email" else make_user(email="ada@example.com")
    ids = {"pk": str(user.pk), "username": user.get_username(), "email": "ADA@Example.com"}
    browser = at_tenant(ids[user_id_is])
    assert refusal(browser.login()) == (403, "login_failed")

    assert "Adopted 1, skipped 0." in command(user_id_is)

    assert browser.login().status_code == 200
    assert browser.user_id == str(user.pk)


def test_an_adopted_passkey_works_after_leaving_hanko(at_tenant, user, settings):
    OWNERS["ada-1"] = user
    browser = at_tenant("ada-1")
    command()
    del settings.PASSKEY_PROVIDERS

    assert browser.login().status_code == 200
    assert browser.user_id == str(user.pk)


@pytest.mark.parametrize("leave", [False, True])
def test_an_old_authenticator_with_the_raw_bytes_of_a_uuid_signs_in(at_tenant, user, settings, leave):
    user_id = uuid.uuid4()
    OWNERS[str(user_id)] = user
    browser = at_tenant(str(user_id))
    command()
    if leave:
        del settings.PASSKEY_PROVIDERS

    assert browser.login(user_handle=user_id.bytes).status_code == 200
    assert browser.user_id == str(user.pk)


@pytest.mark.parametrize("leave", [False, True])
def test_the_first_login_must_verify_the_user(hanko_site, tenant, at_tenant, user, settings, leave):
    tenant.configuration = replace(
        tenant.configuration, webauthn=replace(tenant.configuration.webauthn, user_verification="preferred")
    )
    settings.PASSKEY_USER_VERIFICATION = "preferred"
    OWNERS["ada-1"] = user
    browser = at_tenant("ada-1")
    command()
    if leave:
        del settings.PASSKEY_PROVIDERS
    assert Passkey.objects.get().user_verified is None

    assert refusal(browser.login(flags={"uv": False})) == (403, "login_failed")
    assert (Passkey.objects.get().user_verified, Passkey.objects.get().use_count) == (None, 0)

    assert browser.login().status_code == 200
    assert Passkey.objects.get().user_verified is True
    assert browser.login(flags={"uv": False}).status_code == 200


def test_the_row_holds_what_the_tenant_lists(hanko_site, tenant, user):
    OWNERS["ada-1"] = user
    credential = listed()

    (outcome,) = adopt(credential)

    passkey = Passkey.objects.get()
    assert isinstance(outcome, Adopted)
    assert (outcome.credential_id, outcome.user_id, outcome.passkey) == (credential.id, "ada-1", passkey)
    assert (passkey.user, passkey.provider) == (user, f"hanko:{tenant.id}")
    assert (passkey.rp_id, bytes(passkey.user_handle)) == ("testserver", b"ada-1")
    assert (bytes(passkey.public_key), passkey.sign_count) == (PUBLIC_KEY, 0)
    assert (passkey.aaguid, passkey.transports) == (uuid.UUID(int=7), ["internal"])
    assert (passkey.backup_eligible, passkey.backup_state, passkey.user_verified) == (True, False, None)
    assert (passkey.name, passkey.use_count) == ("Laptop", 0)
    assert (passkey.created_at, passkey.last_used_at) == (credential.created_at, credential.last_used_at)
    assert Passkey.objects.find(credential.id) == passkey


@pytest.mark.parametrize(
    ("there", "here"),
    [
        ("Laptop", "Laptop"),
        ("", "Passkey"),
        (" \t", "Passkey"),
        ("cred-AAAA", "Passkey"),
        ("a\x00b\nc", "abc"),
        ("n" * 101, "n" * 100),
    ],
)
def test_names_become_fit(hanko_site, user, there, here):
    OWNERS["ada-1"] = user

    adopt(listed(id="AAAA", name=there))

    assert Passkey.objects.get().name == here


def test_without_time_zones_times_are_local(hanko_site, user, settings):
    settings.USE_TZ, settings.TIME_ZONE = False, "Europe/Berlin"
    OWNERS["ada-1"] = user

    adopt(listed(last_used_at=None))

    passkey = Passkey.objects.get()
    assert (passkey.created_at, passkey.last_used_at) == (datetime(2024, 1, 2, 4, 4, 5, 6), None)


# User handles


def test_a_tenants_user_id_never_becomes_the_handle_of_new_passkeys(at_tenant, user, settings):
    """It may be a primary key, a name or an address (WebAuthn L3, 14.6.1)."""
    settings.PASSKEY_CONFIRM_METHOD = "any"  # nobody here can show the adopted passkey
    OWNERS["ada-1"] = user
    at_tenant("ada-1")
    command()
    assert not UserHandle.objects.exists()

    assert Browser().sign_in(user).register().status_code == 201

    handles = [bytes(passkey.user_handle) for passkey in Passkey.objects.of(user)]
    assert handles == [b"ada-1", UserHandle.objects.get().handle.encode()]


# What is skipped


def remember_removal(credential, **fields):
    names = {"provider": get_provider().identity, "user_handle": credential.user_id.encode()}
    RemovedPasskey.objects.remember(credential_id=credential.id, **names | fields)


def test_w1_what_cannot_be_adopted_is_skipped_with_the_reason(hanko_site, user, other_user):
    known, removed, of_another = listed(), listed(), listed()
    make_passkey(other_user, credential_id=known.id)
    remember_removal(removed)
    remember_removal(of_another, user_handle=b"somebody else")
    OWNERS.update({"ada-1": user, "two": [user, other_user], "ä" * 40: user})
    credentials = {
        listed("unknown"): SkipReason.NO_USER,
        listed("two"): SkipReason.SEVERAL_USERS,
        known: SkipReason.ALREADY_HERE,
        removed: SkipReason.REMOVED_HERE,
        of_another: None,
        listed(is_second_factor=True): SkipReason.SECOND_FACTOR,
        UnreadableCredential(id="x", reason="no date"): SkipReason.UNREADABLE_CREDENTIAL,
        listed("\ud800"): SkipReason.UNREADABLE_CREDENTIAL,
        listed(public_key=b"\xa0"): SkipReason.UNREADABLE_PUBLIC_KEY,
        listed(public_key=TAGGED_KEY): SkipReason.UNREADABLE_PUBLIC_KEY,
        listed(public_key=cose.generate(-35).public_key): SkipReason.UNREADABLE_PUBLIC_KEY,
        listed(public_key=cose.rsa_pair(public_exponent=3).public_key): SkipReason.UNREADABLE_PUBLIC_KEY,
        listed("ä" * 40): SkipReason.ID_TOO_LONG,
        listed(id="A" * 1366): SkipReason.ID_TOO_LONG,
        listed(): None,
    }

    outcomes = adopt(*credentials)

    assert reasons(outcomes) == list(credentials.values())
    assert [outcome.credential_id for outcome in outcomes] == [credential.id for credential in credentials]
    assert Passkey.objects.count() == 3


def test_a_removal_that_another_provider_is_to_do_is_no_obstacle(hanko_site, user):
    OWNERS["ada-1"] = user
    credential = listed()
    remember_removal(credential, provider="hanko:other")

    assert reasons(adopt(credential)) == [None]


def test_a_credential_that_is_listed_twice_is_adopted_once(hanko_site, user):
    OWNERS["ada-1"] = user
    credential = listed()

    assert reasons(adopt(credential, listed("unknown"), credential)) == [
        None,
        SkipReason.NO_USER,
        SkipReason.ALREADY_HERE,
    ]


def test_a_dry_run_changes_nothing(at_tenant, user):
    OWNERS["ada-1"] = user
    at_tenant("ada-1")

    assert "Would adopt 1, skipped 0." in command(dry_run=True)

    assert not Passkey.objects.exists()


# Whose is it?


@pytest.mark.parametrize("user_id", ["", "x", "٣", "007", " 1", "1_0", "-1", "9" * 40, "1\x00", "\ud800", "None"])
def test_garbage_is_nobodys_primary_key(user, user_id):
    if user_id == "-1" and get_user_model()._meta.pk.get_internal_type() == "UUIDField":
        pytest.skip("not garbage of this kind")
    assert user_finder("pk")(user_id) == []


def test_a_uuid_may_be_written_in_any_way(user):
    if not isinstance(user.pk, uuid.UUID):
        pytest.skip("keys of this user model are numbers")
    assert user_finder("pk")(user.pk.hex.upper()) == [user]


def test_the_key_of_a_model_that_inherits_its_table_is_the_parents(user):
    key, field = user.pk, get_user_model()._meta.pk
    child = types.SimpleNamespace(is_relation=True, target_field=field)

    assert users._value(child, str(key)) == key
    assert users._value(child, "garbage") is None


def test_a_user_name_counts_to_the_letter(user):
    name = user.get_username()
    assert user_finder("username").find([name, name.upper(), "x", "a\x00"]) == {
        name: [user],
        name.upper(): [],
        "x": [],
        "a\x00": [],
    }


def test_a_user_name_that_the_database_compares_loosely_is_not_taken(user, monkeypatch):
    monkeypatch.setattr(
        "passkeys_django.maintenance.users._users", lambda: types.SimpleNamespace(filter=lambda **_: [user])
    )

    assert user_finder("username")("somebody") == []


def with_email(name, email):
    if get_user_model().USERNAME_FIELD == "email":
        return get_user_model().objects.create(email=email)
    return get_user_model().objects.create_user(name, email, PASSWORD)


# MariaDB's usual collation takes the addresses of these tests for one.
needs_both_addresses = pytest.mark.skipif(
    connection.vendor == "mysql" and get_user_model().USERNAME_FIELD == "email",
    reason="the user model wants the address unique, and the database takes both for one",
)


@needs_both_addresses
def test_an_address_counts_in_any_case(db):
    user = with_email("ada", "Ada@example.com")
    umlaut = with_email("ä", "ÄDA@example.com")

    found = user_finder("email").find(["ada@EXAMPLE.com", "ÄDa@example.com", "äda@example.com", "x"])

    assert found == {"ada@EXAMPLE.com": [user], "ÄDa@example.com": [umlaut], "äda@example.com": [], "x": []}


def test_a_look_alike_of_an_address_is_another_one(db):
    """The Kelvin sign in small letters is a k: whoever had registered with it would have become somebody else."""
    with_email("kim", "kim@example.com")

    assert user_finder("email")("\N{KELVIN SIGN}im@example.com") == []


@needs_both_addresses
def test_an_address_that_two_users_have_is_nobodys(hanko_site, db):
    with_email("ada", "ada@example.com")
    with_email("grace", "ADA@example.com")

    assert reasons(adopt(listed("ada@example.com"), find_users=user_finder("email"))) == [SkipReason.SEVERAL_USERS]


@pytest.mark.parametrize("answer", [list, lambda users: get_user_model().objects.all(), lambda users: users[0]])
def test_a_function_may_give_a_user_or_many(user, answer):
    OWNERS["ada-1"] = answer([user])

    assert user_finder(f"{__name__}.owner")("ada-1") == [user]
    assert user_finder(f"{__name__}.owner")("somebody") == []


def test_a_function_may_find_nobody_by_an_exception(user):
    OWNERS["ada-1"] = user
    assert user_finder(f"{__name__}.strict_owner")("ada-1") == [user]
    user.delete()
    OWNERS["ada-1"].pk = uuid.uuid4() if user._meta.pk.get_internal_type() == "UUIDField" else 0

    assert user_finder(f"{__name__}.strict_owner")("ada-1") == []


# Killed, run again, run twice


class Killed(Exception):
    pass


def dying_after(credentials, count):
    yield from credentials[:count]
    raise Killed


@pytest.fixture
def small_batches(monkeypatch):
    monkeypatch.setattr(adoption, "BATCH_SIZE", 10)


def test_killed_half_way_and_run_again_it_adds_exactly_the_rest(hanko_site, user, small_batches):
    OWNERS["ada-1"] = user
    credentials = [listed() for _ in range(45)]
    find_users = user_finder(f"{__name__}.owner")

    with pytest.raises(Killed):
        list(adopt_credentials(get_provider(), dying_after(credentials, 25), find_users=find_users))
    assert Passkey.objects.count() == 20

    assert reasons(adopt(*credentials)) == [SkipReason.ALREADY_HERE] * 20 + [None] * 25
    assert set(Passkey.objects.values_list("credential_id", flat=True)) == {each.id for each in credentials}


def page_of(request):
    return int(request.parameter("page") or 1)


def test_a_tenant_that_fails_in_the_middle_is_an_error_and_what_was_adopted_stays(
    hanko_site, tenant, user, small_batches
):
    OWNERS["ada-1"] = user
    for _ in range(150):
        hanko_site.add_credential(tenant, user_id="ada-1", public_key=PUBLIC_KEY)
    hanko_site.faults.status = 503
    hanko_site.faults.only = lambda request: page_of(request) == 2
    stdout = io.StringIO()

    with pytest.raises(CommandError, match=r"503 .*\nWhat was adopted stays"):
        command(stdout=stdout)

    assert "Adopted 100, skipped 0." in stdout.getvalue()
    hanko_site.faults.clear()
    assert "Adopted 50, skipped 100." in command()
    assert Passkey.objects.count() == 150


def test_what_is_stored_meanwhile_is_skipped(hanko_site, user, other_user, monkeypatch):
    """Another adoption, or a registration, was faster between the look and the insert."""
    OWNERS["ada-1"] = user
    credentials = [listed(), listed()]
    store = insertion._insert

    def interfere(passkeys):
        if Passkey.objects.count() == 0:
            make_passkey(other_user, credential_id=credentials[0].id)
        store(passkeys)

    monkeypatch.setattr(insertion, "_insert", interfere)

    assert reasons(adopt(*credentials)) == [SkipReason.ALREADY_HERE, None]


def test_a_conflict_that_does_not_end_is_an_error(hanko_site, monkeypatch):
    calls = []

    def conflict(passkeys):
        calls.append(passkeys)
        raise IntegrityError

    monkeypatch.setattr(insertion, "_insert", conflict)

    with pytest.raises(IntegrityError):
        adopt(listed())
    assert len(calls) == insertion.ATTEMPTS


@pytest.mark.django_db(transaction=True)
def test_two_at_once_add_each_credential_once(hanko_site, user, small_batches):
    OWNERS["ada-1"] = user
    credentials = [listed() for _ in range(60)]

    first, second = at_once(
        functools.partial(adopt, *credentials), functools.partial(adopt, *reversed(credentials))
    )

    assert set(reasons(first) + reasons(second)) <= {None, SkipReason.ALREADY_HERE}
    assert reasons(first).count(None) + reasons(second).count(None) == 60
    assert Passkey.objects.count() == 60


# The tenant


def test_a_tenant_with_a_second_factor(at_tenant, hanko_site, tenant, user):
    OWNERS["ada-1"] = user
    at_tenant("ada-1")
    hanko_site.add_credential(tenant, user_id="ada-1", public_key=PUBLIC_KEY, is_mfa=True)

    assert "1 a second factor: ada-1" in command()

    assert Passkey.objects.count() == 1


def test_a_list_that_changes_between_pages(hanko_site, tenant, user):
    """One is registered, and one deleted, after the first page was read."""
    OWNERS["ada-1"] = user
    stored = [hanko_site.add_credential(tenant, user_id="ada-1", public_key=PUBLIC_KEY) for _ in range(150)]

    def change(request):
        if request.path.endswith("/credentials") and page_of(request) == 2 and stored:
            hanko_site.state.remove_credential(tenant, stored[-1])
            hanko_site.add_credential(tenant, user_id="ada-1", public_key=PUBLIC_KEY)
            stored.clear()

    hanko_site.faults.respond = change
    command()
    command()

    assert set(Passkey.objects.values_list("credential_id", flat=True)) >= set(tenant.credentials)


def test_a_thousand_credentials_cost_few_statements_and_calls(hanko_site, tenant):
    people = get_user_model().objects.bulk_create(
        get_user_model()(**{get_user_model().USERNAME_FIELD: f"user{number}"}) for number in range(1000)
    )
    for user in people:
        hanko_site.add_credential(tenant, user_id=user.get_username(), public_key=PUBLIC_KEY)

    with CaptureQueriesContext(connection) as queries:
        output = command("username")

    assert "500 credentials read\n1000 credentials read\nAdopted 1000, skipped 0." in output
    assert Passkey.objects.count() == 1000
    assert len(queries) <= 58
    assert sum(path.endswith("/credentials") for _method, path in hanko_site.requests) == 10


# The command


def test_the_summary_names_examples_of_each_reason(hanko_site, tenant):
    for number in range(25):
        hanko_site.add_credential(tenant, user_id=f"nobody-{number:02}", public_key=PUBLIC_KEY)
    hanko_site.add_credential(tenant, user_id="odd\n", public_key=b"\xa0")
    hanko_site.add_credential(tenant, user_id="", public_key=PUBLIC_KEY, credential_id="AAAA")

    lines = command().splitlines()

    assert lines[0] == "Adopted 0, skipped 27."
    assert lines[1].startswith("  25 no user has this user id: nobody-00, nobody-01, ")
    assert lines[1].endswith("nobody-19, ...")
    assert sorted(lines[2:]) == [
        "  1 unreadable credential: credential AAAA",
        "  1 unreadable public key: 'odd\\n'",
    ]


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_a_terminal_gets_a_progress_bar_if_tqdm_is_there(at_tenant, user, monkeypatch):
    OWNERS["ada-1"] = user
    at_tenant("ada-1")
    shown = []

    def tqdm(outcomes, **options):
        shown.append(options)
        return outcomes

    monkeypatch.setitem(sys.modules, "tqdm", types.SimpleNamespace(tqdm=tqdm))

    assert "Adopted 1," in command(stdout=Terminal())
    assert shown == [{"unit": " credentials", "file": sys.stderr}]


def test_a_terminal_without_tqdm_gets_lines(at_tenant, user, monkeypatch):
    OWNERS["ada-1"] = user
    at_tenant("ada-1")
    monkeypatch.setitem(sys.modules, "tqdm", None)

    assert "Adopted 1," in command(stdout=Terminal())


MISTAKES = {
    "no such provider": ({"provider": "other"}, {}, "no entry 'other'"),
    "embedded": ({}, {"PASSKEY_PROVIDERS": None}, "holds no credentials of its own"),
    "no RP ID": ({}, {"PASSKEY_RP_ID": None}, "Set PASSKEY_RP_ID"),
    "another RP ID": ({}, {"PASSKEY_RP_ID": "example.com"}, "works for 'testserver'"),
    "no such function": (
        {"user_id_is": "tests.nowhere"},
        {},
        "'tests.nowhere' is not pk, username or email, and cannot be imported",
    ),
    "no path": ({"user_id_is": "name"}, {}, "'name' is not pk, username or email, and cannot be imported"),
    "no function": ({"user_id_is": f"{__name__}.OWNERS"}, {}, "is not a function"),
}


@pytest.mark.parametrize(("options", "changed", "message"), MISTAKES.values(), ids=MISTAKES)
def test_mistakes_are_one_line(hanko_site, settings, options, changed, message):
    for name, value in changed.items():
        setattr(settings, name, value)

    with pytest.raises(CommandError, match=message) as caught:
        command(**options)

    assert "\n" not in str(caught.value)


FAULTS = {
    "down": {"drop": True},
    "HTML": {"garbage": True},
    "500": {"status": 500},
}


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_a_provider_that_fails_is_one_line(hanko_site, fault):
    for name, value in fault.items():
        setattr(hanko_site.faults, name, value)

    with pytest.raises(CommandError, match="Hanko: "):
        command()


def test_a_wrong_key_is_one_line_that_does_not_show_it(hanko_site, tenant, settings):
    settings.PASSKEY_PROVIDERS["default"]["OPTIONS"]["api_key"] = "wrong-and-secret"
    settings.PASSKEY_PROVIDERS = dict(settings.PASSKEY_PROVIDERS)

    with pytest.raises(CommandError, match="api key is invalid") as caught:
        command()

    assert "wrong-and-secret" not in str(caught.value)


def test_a_function_that_finds_no_function_is_told_at_once(db):
    with pytest.raises(ImproperlyConfigured):
        user_finder("no.such.function")


# Stopped


def stopping(monkeypatch, action):
    """After 25 credentials of a tenant, this happens."""
    read = HankoProvider.list_credentials

    def list_credentials(self):
        for number, credential in enumerate(read(self)):
            if number == 25:
                action()
            yield credential

    monkeypatch.setattr(HankoProvider, "list_credentials", list_credentials)


def fail(exception):
    raise exception


STOPS = {
    "Ctrl-C": (
        lambda: signal.raise_signal(signal.SIGINT),
        25,
        r"^Stopped\. What was done stays done\. Run .+ rest\.$",
    ),
    "a second Ctrl-C": (
        lambda: fail(KeyboardInterrupt()),
        20,
        r"^Stopped\. What was done stays done\. Run .+ rest\.$",
    ),
    "no database": (lambda: fail(OperationalError("gone")), 20, r"^The database failed: gone\. What .+ rest\.$"),
}


@pytest.mark.parametrize(("action", "stored", "message"), STOPS.values(), ids=STOPS)
def test_a_run_that_is_stopped_says_in_one_line_what_to_do(
    hanko_site, tenant, user, small_batches, monkeypatch, action, stored, message
):
    OWNERS["ada-1"] = user
    for _ in range(45):
        hanko_site.add_credential(tenant, user_id="ada-1", public_key=PUBLIC_KEY)
    stopping(monkeypatch, action)
    stdout = io.StringIO()

    with pytest.raises(CommandError, match=message):
        command(stdout=stdout)

    assert f"Adopted {stored}, skipped 0." in stdout.getvalue()
    assert Passkey.objects.count() == stored
