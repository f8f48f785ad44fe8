"""The history: each thing that happens to a passkey is written once, and never stands in anybody's way."""

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import AnonymousUser
from django.contrib.auth.signals import user_logged_in
from django.core.cache import cache
from django.db import OperationalError, connection, transaction
from django.test.utils import CaptureQueriesContext, override_settings

from passkeys_django import lifecycle
from passkeys_django.models import Passkey, PasskeyEvent, RemovedPasskey
from passkeys_django.receivers import events
from tests.conftest import Browser, make_passkey, make_user, refusal
from tests.models.test_models import ReplicaRouter

pytestmark = pytest.mark.django_db


@pytest.fixture(params=["embedded", "hanko"])
def provider(request):
    """Both providers, one after the other."""
    if request.param == "hanko":
        request.getfixturevalue("hanko_site")
    return request.param


@pytest.fixture
def staff_request(rf, other_user):
    request = rf.post("/admin/", REMOTE_ADDR="198.51.100.9")
    request.user = other_user
    return request


def kinds():
    """What happened, earliest first."""
    return list(PasskeyEvent.objects.order_by("pk").values_list("kind", flat=True))


def latest():
    return PasskeyEvent.objects.latest("pk")


def inserts(act):
    """How many statements wrote to the history."""
    with CaptureQueriesContext(connection) as queries:
        act()
    return sum(PasskeyEvent._meta.db_table in query["sql"] for query in queries)


# What is written


def test_a_registration_is_written(provider, signed_in, user):
    assert signed_in.register().status_code == 201

    event, passkey = PasskeyEvent.objects.get(), Passkey.objects.get()
    assert (event.kind, event.user, event.passkey, event.name) == ("registered", user, passkey.pk, passkey.name)
    assert (event.actor, event.code, event.address) == (None, "", "127.0.0.0")


def test_a_login_is_written(provider, registered, user):
    assert registered.login().status_code == 200

    event, passkey = latest(), Passkey.objects.get()
    assert kinds() == ["registered", "used"]
    assert (event.user, event.passkey, event.name, event.actor) == (user, passkey.pk, passkey.name, None)
    assert abs((event.at - passkey.last_used_at).total_seconds()) < 10


def test_a_refused_login_is_written_with_its_code(provider, registered, user):
    response = registered.login(tamper_signature=True)

    event = latest()
    assert (event.kind, event.code) == ("refused", refusal(response)[1])
    assert (event.user, event.passkey) == (user, Passkey.objects.get().pk)


def test_an_unknown_passkey_is_written_without_a_user(registered):
    Passkey.objects.all().delete()

    assert refusal(registered.login()) == (403, "unknown_passkey")

    event = latest()
    assert (event.kind, event.code) == ("refused", "unknown_passkey")
    assert (event.user, event.passkey, event.name, event.actor) == (None, None, "", None)


def test_a_passkey_that_only_the_provider_knows_is_not_written(hanko_site, registered):
    Passkey.objects.all().delete()
    RemovedPasskey.objects.all().delete()

    assert refusal(registered.login()) == (403, "login_failed")

    assert kinds() == ["registered"]


@pytest.mark.parametrize("body", [{}, {"id": "x"}, "{", []])
def test_what_is_no_credential_is_not_written(browser, body):
    assert browser.post("finalize-login", body).status_code == 400

    assert kinds() == []


def test_a_login_without_its_cookie_is_not_written(registered):
    credential = registered.authenticator.get(registered.request_options())
    PasskeyEvent.objects.all().delete()

    assert refusal(Browser().post("finalize-login", credential)) == (400, "ceremony_not_found")

    assert kinds() == []


def test_a_login_that_breaks_a_rule_before_its_passkey_is_found_is_not_written(registered):
    PasskeyEvent.objects.all().delete()

    assert refusal(registered.login(origin="https://evil.example")) == (403, "login_failed")

    assert kinds() == []


def test_renaming_is_written_with_the_new_name(signed_in, user):
    passkey = make_passkey(user, name="Laptop")

    signed_in.client.post(f"/passkeys/{passkey.pk}/rename/", {"name": "Phone"})

    event = PasskeyEvent.objects.get()
    assert (event.kind, event.user, event.name, event.actor) == ("renamed", user, "Phone", None)
    assert str(event) == "renamed: Phone"


def test_a_name_that_stays_is_no_event(user):
    lifecycle.rename(make_passkey(user, name="Laptop"), "Laptop")

    assert kinds() == []


def test_removing_is_written_and_outlives_the_passkey(signed_in, user):
    passkey = make_passkey(user)

    signed_in.client.post(f"/passkeys/{passkey.pk}/remove/")

    event = PasskeyEvent.objects.get()
    assert (event.kind, event.user, event.passkey, event.actor) == ("removed", user, passkey.pk, None)
    assert not Passkey.objects.exists()


# Logins without a passkey


def kinds_and_codes():
    return list(PasskeyEvent.objects.order_by("pk").values_list("kind", "code"))


def test_a_login_by_password_is_written_with_its_way(browser, user):
    browser.sign_in(user)

    event = PasskeyEvent.objects.get()
    assert (event.kind, event.code, event.user, event.passkey) == ("signed_in", "password", user, None)


def says_other(request, user):
    return "other"


def test_a_login_in_another_way_is_written_as_such(browser, user, settings):
    settings.PASSKEY_LOGIN_METHOD = "tests.receivers.test_events.says_other"

    browser.sign_in(user)

    assert kinds_and_codes() == [("signed_in", "other")]


def test_a_login_by_password_is_not_written_while_a_second_step_is_due(browser, user, settings):
    settings.PASSKEY_POLICY = {"everybody": {"password": "second-step"}}
    make_passkey(user, user_verified=True)

    browser.sign_in(user)

    assert kinds_and_codes() == []


def test_a_confirmation_is_no_login(registered):
    registered.login()
    registered.confirm()

    assert kinds_and_codes() == [("registered", ""), ("used", ""), ("used", "confirmation")]


def test_only_the_first_passkey_after_an_offer_takes_it(rf, user):
    request = rf.post("/")
    request.session = {"_passkeys_offered": True}
    for kind in ("security-key", "passkey", "passkey"):
        events.record_registration(request, make_passkey(user, kind=kind), fallback=False)

    assert kinds_and_codes() == [("registered", ""), ("registered", "offer"), ("registered", "")]


def test_a_login_by_password_is_written_in_one_insert(browser, user):
    assert inserts(lambda: browser.sign_in(user)) == 1


def test_f4_wrong_passwords_write_nothing(client, user):
    for name in (user.get_username(), "nobody-has-this-name"):
        client.post("/accounts/login/", {"username": name, "password": "wrong"})

    assert kinds_and_codes() == []


def test_nobody_signs_in_where_a_token_is_given_out(rf, user):
    user_logged_in.send(sender=type(user), request=rf.post("/token/"), user=user)
    user_logged_in.send(sender=type(user), request=None, user=user)

    assert kinds_and_codes() == []


def test_a_site_without_a_history_writes_no_logins(browser, user, settings):
    settings.PASSKEY_EVENTS = False

    browser.sign_in(user)

    assert kinds_and_codes() == []


# Who did it


def test_staff_are_named_where_they_act_for_others(staff_request, user, other_user):
    passkey = make_passkey(user)
    lifecycle.rename(passkey, "Phone", request=staff_request)
    lifecycle.revoke([passkey], request=staff_request)

    assert kinds() == ["renamed", "removed"]
    assert set(PasskeyEvent.objects.values_list("user", "actor", "address")) == {
        (user.pk, other_user.pk, "198.51.100.0")
    }


def test_staff_are_not_named_at_their_own_passkeys(staff_request, other_user):
    lifecycle.revoke([make_passkey(other_user)], request=staff_request)

    assert PasskeyEvent.objects.get().actor is None


def test_nobody_is_named_outside_of_a_request(user):
    lifecycle.revoke([make_passkey(user)])

    event = PasskeyEvent.objects.get()
    assert (event.actor, event.address) == (None, None)


def test_nobody_is_named_where_nobody_is_signed_in(rf, user):
    request = rf.post("/")
    lifecycle.revoke([make_passkey(user)], request=request)
    request.user = AnonymousUser()
    lifecycle.revoke([make_passkey(user)], request=request)

    assert [event.actor for event in PasskeyEvent.objects.all()] == [None, None]


def test_the_history_of_a_user_goes_with_the_user(registered, user, staff_request, other_user):
    lifecycle.rename(Passkey.objects.get(), "Phone", request=staff_request)

    other_user.delete()
    assert set(PasskeyEvent.objects.values_list("user", "actor")) == {(user.pk, None)}
    user.delete()
    assert kinds() == []


def test_removing_and_then_deleting_the_user_in_one_transaction_works(user):
    with transaction.atomic():
        lifecycle.revoke([make_passkey(user)])
        user.delete()

    assert not get_user_model().objects.exists()
    assert kinds() == []


# Where from


@pytest.mark.parametrize(
    ("wanted", "address"), [("truncated", "203.0.113.0"), ("full", "203.0.113.77"), (None, None)]
)
def test_the_setting_decides_how_much_of_an_address_is_kept(registered, settings, wanted, address):
    settings.PASSKEY_EVENT_ADDRESSES = wanted
    registered.client.defaults["REMOTE_ADDR"] = "203.0.113.77"

    registered.login()

    assert latest().address == address


def test_behind_a_proxy_the_address_is_the_clients(registered, settings):
    settings.PASSKEY_TRUSTED_PROXIES = 1
    registered.client.defaults["HTTP_X_FORWARDED_FOR"] = "6.6.6.6, 203.0.113.77"

    registered.login()

    assert latest().address == "203.0.113.0"


def test_behind_a_unix_socket_there_is_no_address(registered):
    registered.client.defaults["REMOTE_ADDR"] = ""

    assert registered.login().status_code == 200
    assert latest().address is None


# The fallback


@pytest.fixture
def at_hanko_that_is_down(hanko_site, settings, registered):
    """A browser with a passkey that Hanko holds, at a site with local fallback; Hanko has just gone down."""
    settings.PASSKEY_LOCAL_FALLBACK = True
    PasskeyEvent.objects.all().delete()
    hanko_site.faults.drop = True
    return registered


def test_a_login_without_its_provider_is_written_twice_in_one_insert(at_hanko_that_is_down, user):
    assert inserts(at_hanko_that_is_down.login) == 1

    used, fallback = PasskeyEvent.objects.order_by("pk")
    assert (used.kind, fallback.kind) == ("used", "fallback_used")
    assert (used.at, used.passkey, used.user) == (fallback.at, fallback.passkey, user)


def test_a_registration_without_its_provider_is_written_twice_in_one_insert(at_hanko_that_is_down, user, settings):
    settings.PASSKEY_CONFIRM_METHOD = "any"  # a confirmation would be written, too
    browser = Browser().sign_in(user)

    assert inserts(browser.register) == 1

    assert kinds() == ["signed_in", "registered", "fallback_used"]


def test_with_the_provider_up_again_nothing_is_said_of_a_fallback(at_hanko_that_is_down, hanko_site):
    at_hanko_that_is_down.login()
    hanko_site.faults.clear()
    cache.clear()

    at_hanko_that_is_down.login()

    assert kinds() == ["used", "fallback_used", "used"]


def test_the_embedded_provider_has_nothing_to_fall_back_from(registered, settings):
    settings.PASSKEY_LOCAL_FALLBACK = True

    registered.login()

    assert kinds() == ["registered", "used"]


# Off, and out of order


def test_one_setting_turns_the_history_off(signed_in, settings):
    settings.PASSKEY_EVENTS = False
    signed_in.register()
    signed_in.login()
    signed_in.login(tamper_signature=True)
    lifecycle.rename(Passkey.objects.get(), "Phone")
    lifecycle.revoke(Passkey.objects.all())

    assert kinds() == []


@pytest.fixture
def broken_history(monkeypatch):
    """The table is not there."""
    sql = "INSERT INTO gone VALUES (1)"
    monkeypatch.setattr("passkeys_django.models.event._INSERT._compiled", lambda using: sql)


@pytest.mark.usefixtures("broken_history")
def test_a_login_holds_where_the_history_cannot_be_written(refusals_logged, user):
    browser = Browser().sign_in(user)
    assert browser.register().status_code == 201
    browser.client.logout()

    assert browser.login().status_code == 200

    assert browser.user_id == str(user.pk)
    assert [line.split(":")[0] for line in refusals_logged()] == [
        "Cannot write the history (signed_in)",
        "Cannot write the history (registered)",
        "Cannot write the history (used)",
    ]


@pytest.mark.usefixtures("broken_history")
def test_a_transaction_goes_on_where_the_history_cannot_be_written(user):
    with transaction.atomic():
        lifecycle.revoke([make_passkey(user)])
        make_passkey(user, name="another")

    assert Passkey.objects.get().name == "another"


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("broken_history")
def test_nothing_is_rolled_back_with_a_history_that_cannot_be_written(refusals_logged):
    lifecycle.revoke([make_passkey(make_user())])

    assert len(refusals_logged()) == 1
    assert not Passkey.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_outside_of_a_transaction_no_savepoint_is_made():
    user = make_user()
    passkey = make_passkey(user)
    with CaptureQueriesContext(connection) as queries:
        lifecycle.rename(passkey, "Phone")

    assert [query["sql"].split()[0] for query in queries] == ["UPDATE", "INSERT"]


def test_an_error_that_is_not_the_databases_is_not_hidden(registered, monkeypatch):
    monkeypatch.setattr("passkeys_django.receivers.events.truncated", lambda address: 1 / 0)

    with pytest.raises(ZeroDivisionError):
        registered.login()


def test_d29_it_is_written_where_passkeys_are(user):
    passkey = make_passkey(user)
    with override_settings(DATABASE_ROUTERS=[ReplicaRouter()]):
        lifecycle.revoke([passkey])

    assert kinds() == ["removed"]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "remove", [lifecycle.remove, lambda passkey: lifecycle.revoke([passkey])], ids=["remove", "revoke"]
)
def test_a_removal_is_written_in_the_transaction_that_deletes_the_passkey(monkeypatch, remove):
    passkey = make_passkey(make_user())
    with monkeypatch.context() as patched:
        patched.setattr("passkeys_django.lifecycle.removal.record_removals", None)
        with pytest.raises(TypeError):
            remove(passkey)

    assert Passkey.objects.get() == passkey
    assert not PasskeyEvent.objects.exists()

    remove(passkey)

    assert kinds() == ["removed"]


def test_a_removal_whose_row_the_database_refuses_is_done_all_the_same(user, monkeypatch, caplog):
    def refuse(*events):
        raise OperationalError("disk full")

    monkeypatch.setattr(PasskeyEvent.objects, "record", refuse)
    lifecycle.revoke([make_passkey(user)])

    assert not Passkey.objects.exists()
    assert "Cannot write the history (removed): disk full" in caplog.text
