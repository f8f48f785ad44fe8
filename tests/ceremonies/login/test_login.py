"""Signing in with a passkey."""

import json
import time
import uuid

import pytest
from django.contrib.sessions.models import Session
from django.db.models import F
from django.test import Client
from django.utils import timezone

from passkeys_django.models import Passkey, PasskeyManager
from passkeys_django.sessions import get_authentication
from passkeys_django.testing import cose
from passkeys_django.testing.encoding import b64url, unb64url
from tests.conftest import Browser, ceremony_cookies, put_cookies, refusal

pytestmark = pytest.mark.django_db

CONFIRM = {"purpose": "confirm"}
HANKO = "hanko:4d4cd4d4-6b0b-4f0e-9f3c-0d6d5a1c2b3a"
LOGIN_FAILED = (403, "login_failed")
NO_REDIRECT = {"redirect_url": "/accounts/profile/"}


def row():
    """All columns of the only passkey."""
    return Passkey.objects.values().get()


def answer(browser, *, start=None, **overrides):
    """A credential for a new challenge, not sent yet."""
    return browser.authenticator.get(browser.request_options(start), **overrides)


def other_passkey(browser, owner):
    """Register a passkey of `owner` in the same authenticator; its credential id."""
    other = browser.other_browser().sign_in(owner)
    response = other.register()
    assert response.status_code == 201, response.content
    return response.json()["credential_id"]


# Success


def test_a_registered_passkey_signs_its_user_in(registered, user):
    response = registered.login()

    assert response.status_code == 200, response.content
    assert response.json() == NO_REDIRECT
    assert registered.user_id == str(user.pk)


@pytest.mark.parametrize("algorithm", [cose.ES256, cose.RS256, cose.EDDSA], ids=["ES256", "RS256", "EdDSA"])
def test_every_offered_algorithm_signs_in(user, algorithm):
    browser = Browser(algorithm=algorithm).sign_in(user)
    assert browser.register().status_code == 201
    browser.client.logout()

    assert browser.login().status_code == 200
    assert browser.user_id == str(user.pk)


def test_a7_a_login_stores_when_and_how_often_the_passkey_was_used(user):
    browser = Browser(counter=7).sign_in(user)
    assert browser.register().status_code == 201
    before = timezone.now()

    assert browser.login(flags={"bs": False}).status_code == 200

    passkey = Passkey.objects.get()
    assert before <= passkey.last_used_at <= timezone.now()
    assert passkey.use_count == 1
    assert passkey.sign_count == 8
    assert passkey.backup_state is False
    assert len(passkey.spent) == 1


def test_c14_a_login_tells_the_session_how_its_user_authenticated(registered, user):
    registered.login()

    authentication = authentication_of(registered)
    assert authentication.method == "passkey"
    assert authentication.passkey == str(Passkey.objects.get().pk)
    assert authentication.user == str(user.pk)
    assert authentication.user_verified


def authentication_of(browser):
    class Request:
        session = browser.client.session

    return get_authentication(Request)


def test_a_passkey_of_unknown_backup_eligibility_learns_it(registered):
    Passkey.objects.update(backup_eligible=None)

    assert registered.login().status_code == 200
    assert Passkey.objects.get().backup_eligible is True


def test_c15_a13_the_public_options_name_no_passkeys(registered):
    options = registered.request_options({"username": "ada"})["publicKey"]

    assert "allowCredentials" not in options
    assert options["rpId"] == "testserver"
    assert options["userVerification"] == "required"
    assert 300_000 <= options["timeout"] <= 600_000


def test_c1_every_challenge_is_new_and_long():
    challenges = {Browser().request_options()["publicKey"]["challenge"] for _ in range(1000)}

    assert len(challenges) == 1000
    assert all(len(unb64url(challenge)) >= 16 for challenge in challenges)


def test_a_start_costs_no_sql_and_no_session(browser, django_assert_num_queries):
    with django_assert_num_queries(0):
        browser.request_options()
    assert "sessionid" not in browser.client.cookies


# The session key


def test_a12_a_login_gives_a_new_session_key(registered):
    session = registered.client.session
    session["cart"] = 1
    session.save()
    before = session.session_key

    assert registered.login().status_code == 200

    assert registered.client.session.session_key != before
    assert registered.client.session["cart"] == 1
    assert not Session.objects.filter(pk=before).exists()


@pytest.mark.parametrize("start", [None, CONFIRM], ids=["login", "confirm"])
def test_a12_whoever_is_signed_in_already_gets_a_new_session_key(registered, start):
    assert registered.login().status_code == 200
    before = registered.client.session.session_key

    assert registered.login(start=start).status_code == 200

    assert registered.client.session.session_key != before
    assert not Session.objects.filter(pk=before).exists()


def test_a_login_as_somebody_else_leaves_nothing_of_the_old_session(registered, other_user, user):
    registered.sign_in(other_user)
    session = registered.client.session
    session["cart"] = 1
    session.save()

    assert registered.login().status_code == 200
    assert registered.user_id == str(user.pk)
    assert "cart" not in registered.client.session


# Confirming who one is


def test_whoever_is_signed_in_confirms_with_an_own_passkey(registered, user):
    registered.sign_in(user)
    options = registered.request_options(CONFIRM)

    response = registered.post("finalize-login", registered.authenticator.get(options))

    assert response.status_code == 200
    assert registered.user_id == str(user.pk)
    assert authentication_of(registered).method == "passkey"
    assert [entry["id"] for entry in options["publicKey"]["allowCredentials"]] == [row()["credential_id"]]


def test_c14_a_confirmation_needs_user_verification_whatever_the_setting(registered, user, settings):
    settings.PASSKEY_USER_VERIFICATION = "preferred"
    registered.sign_in(user)

    assert registered.request_options(CONFIRM)["publicKey"]["userVerification"] == "required"
    assert refusal(registered.login(start=CONFIRM, flags={"uv": False})) == LOGIN_FAILED


def test_a4_a_confirmation_may_lack_the_user_handle(registered, user):
    registered.sign_in(user)

    assert registered.login(start=CONFIRM, user_handle=None).status_code == 200


def test_a4_a_confirmation_with_another_handle_is_refused(registered, user):
    registered.sign_in(user)

    assert refusal(registered.login(start=CONFIRM, user_handle=b"somebody else")) == LOGIN_FAILED


def test_a3_a_confirmation_with_another_accounts_passkey_is_refused_and_never_switches(
    registered, user, other_user
):
    foreign = other_passkey(registered, other_user)
    registered.sign_in(user)
    session_key = registered.client.session.session_key

    response = registered.login(start=CONFIRM, credential_id=foreign)

    assert refusal(response) == LOGIN_FAILED
    assert registered.user_id == str(user.pk)
    assert registered.client.session.session_key == session_key
    assert authentication_of(registered).method == "password"


def test_nobody_confirms_without_being_signed_in(registered):
    assert refusal(registered.post("start-login", CONFIRM)) == (401, "not_authenticated")


def test_a_confirmation_is_not_finished_after_signing_out(registered, user):
    registered.sign_in(user)
    credential = answer(registered, start=CONFIRM)
    cookies = ceremony_cookies(registered.client)
    registered.client.logout()
    put_cookies(registered.client, cookies)

    assert refusal(registered.post("finalize-login", credential)) == (401, "not_authenticated")
    assert registered.user_id is None


def test_c5_a_confirmation_begun_by_another_user_of_this_browser_is_not_found(registered, user, other_user):
    foreign = other_passkey(registered, other_user)
    registered.sign_in(user)
    credential = answer(registered, start=CONFIRM, credential_id=foreign)
    cookies = ceremony_cookies(registered.client)
    registered.sign_in(other_user)
    put_cookies(registered.client, cookies)

    assert refusal(registered.post("finalize-login", credential)) == (400, "ceremony_not_found")
    assert authentication_of(registered).method == "password"


@pytest.mark.parametrize("purpose", ["register", "", "CONFIRM", None, 1, [], {}, ["confirm"]], ids=repr)
def test_an_unknown_purpose_is_an_invalid_request(registered, user, purpose):
    registered.sign_in(user)

    assert refusal(registered.post("start-login", {"purpose": purpose})) == (400, "invalid_request")


def test_a_guides_body_starts_a_login(browser):
    response = browser.post("start-login", {"start": True, "finish": False, "credential": None})

    assert response.status_code == 200


# Where a login leads


@pytest.mark.parametrize("url", ["/inside/", "/inside/?a=b#c", "https://testserver/inside/"])
def test_d16_next_leads_inside_the_site(registered, url):
    response = registered.client.post(
        "/passkeys/finalize-login",
        json.dumps(answer(registered)),
        content_type="application/json",
        query_params={"next": url},
    )

    assert response.json() == {"redirect_url": url}


def test_d16_next_leads_from_https_to_https_only(registered, settings):
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    browser = Browser(Client(headers={"x-forwarded-proto": "https", "host": "testserver"}))
    browser.authenticator = registered.authenticator

    assert browser.login(query="?next=http://testserver/x").json() == NO_REDIRECT
    assert browser.login(query="?next=https://testserver/x").json() == {"redirect_url": "https://testserver/x"}


def test_d16_without_next_a_login_leads_where_the_settings_say(registered, settings):
    settings.LOGIN_REDIRECT_URL = "passkeys:list"

    assert registered.login().json() == {"redirect_url": "/passkeys/"}


# The rules

BROKEN_RULES = {
    "type": ({"client_data": {"type": "webauthn.create"}}, "type 'webauthn.create'"),
    "origin with a port": ({"origin": "https://testserver:8443"}, "origin"),
    "origin with the default port": ({"origin": "https://testserver:443"}, "origin"),
    "origin of a subdomain": ({"origin": "https://www.testserver"}, "origin"),
    "origin without TLS": ({"origin": "http://testserver"}, "origin"),
    "origin in capitals": ({"origin": "https://TESTSERVER"}, "origin"),
    "origin with a slash": ({"origin": "https://testserver/"}, "origin"),
    "origin null": ({"origin": "null"}, "origin 'null'"),
    "empty origin": ({"origin": ""}, "origin ''"),
    "another origin": ({"origin": "https://evil.example"}, "origin 'https://evil.example'"),
    "an app's origin": ({"origin": "android:apk-key-hash:abc"}, "origin 'android:apk-key-hash:abc'"),
    "crossOrigin": ({"client_data": {"crossOrigin": True}}, "crossOrigin"),
    "topOrigin": ({"client_data": {"topOrigin": "https://evil.example"}}, "crossOrigin"),
    "topOrigin of this site": ({"client_data": {"topOrigin": "https://testserver"}}, "crossOrigin"),
    "another RP ID": ({"rp_id": "evil.example"}, "another RP ID"),
    "RP ID of a subdomain": ({"rp_id": "www.testserver"}, "another RP ID"),
    "user not present": ({"flags": {"up": False}}, "user not present"),
    "user not verified": ({"flags": {"uv": False}}, "user not verified"),
    "backed up but not eligible": ({"flags": {"be": False, "bs": True}}, "backed up but not eligible"),
    "no user handle": ({"user_handle": None}, "no user handle"),
    "another user handle": ({"user_handle": b"somebody else"}, "another user handle"),
    "signature over other bytes": ({"tamper_signature": True}, "wrong signature"),
    "a signature that is none": ({"signature": b"\x00"}, "wrong signature"),
    "an ECDSA signature of zeros": ({"signature": bytes.fromhex("3006020100020100")}, "wrong signature"),
}


@pytest.mark.parametrize(("overrides", "reason"), BROKEN_RULES.values(), ids=BROKEN_RULES)
def test_a_broken_rule_fails_the_login(registered, refusals_logged, sent, overrides, reason):
    stored = row()

    response = registered.login(**overrides)

    assert refusal(response) == LOGIN_FAILED
    assert row() == stored
    assert registered.user_id is None
    assert ceremony_cookies(registered.client) == {}
    [message] = refusals_logged()
    assert "login_failed" in message
    assert reason in message
    assert len(sent["passkey_login_failed"]) == len(sent["user_login_failed"]) == 1


@pytest.mark.parametrize("member", ["authenticatorData", "signature"])
def test_a5_one_bit_changed_fails_the_login(registered, member):
    credential = answer(registered)
    data = bytearray(unb64url(credential["response"][member]))
    data[-1] ^= 1
    credential["response"][member] = b64url(bytes(data))

    assert refusal(registered.post("finalize-login", credential)) == LOGIN_FAILED


@pytest.mark.parametrize("algorithm", [cose.ES256, cose.RS256, cose.EDDSA], ids=["ES256", "RS256", "EdDSA"])
def test_a5_a_signature_of_another_key_fails_the_login(user, algorithm):
    browser = Browser(algorithm=algorithm).sign_in(user)
    assert browser.register().status_code == 201
    foreign = cose.generate(cose.EDDSA if algorithm != cose.EDDSA else cose.ES256)
    Passkey.objects.update(public_key=foreign.public_key)

    assert refusal(browser.login()) == LOGIN_FAILED


@pytest.mark.parametrize("public_key", [b"", b"\x00", b"\xa0", b"\x04" + bytes(64)], ids=repr)
def test_an_unusable_stored_key_fails_the_login(registered, public_key):
    Passkey.objects.update(public_key=public_key)

    assert refusal(registered.login()) == LOGIN_FAILED


def test_c14_user_verification_is_not_needed_where_it_was_only_preferred(registered, settings):
    settings.PASSKEY_USER_VERIFICATION = "preferred"

    assert registered.login(flags={"uv": False}).status_code == 200
    assert authentication_of(registered).user_verified is False


def test_c14_user_verification_is_what_was_asked_at_the_start(registered, settings):
    credential = answer(registered, flags={"uv": False})
    settings.PASSKEY_USER_VERIFICATION = "preferred"

    assert refusal(registered.post("finalize-login", credential)) == LOGIN_FAILED


@pytest.fixture
def device_bound(user):
    """A browser with a security key that counts from 5; its passkey was stored with 5."""
    browser = Browser(counter=5, backup_eligible=False, backup_state=False).sign_in(user)
    assert browser.register().status_code == 201
    browser.client.logout()
    return browser


def test_a6_a_counter_that_goes_on_is_stored(device_bound):
    assert device_bound.login().status_code == 200
    assert Passkey.objects.get().sign_count == 6


@pytest.mark.parametrize("count", [0, 4, 5])
def test_a6_a_counter_that_goes_back_refuses_a_device_bound_passkey(device_bound, refusals_logged, count):
    assert refusal(device_bound.login(sign_count=count)) == LOGIN_FAILED

    assert Passkey.objects.get().sign_count == 5
    assert any("counter went back" in message for message in refusals_logged())


@pytest.mark.parametrize("count", [0, 4, 5])
def test_a6_a_device_bound_passkey_is_not_excused_by_saying_that_it_is_synced(device_bound, count):
    """A clone can say so too."""
    assert refusal(device_bound.login(sign_count=count, flags={"be": True, "bs": True})) == LOGIN_FAILED

    passkey = Passkey.objects.get()
    assert (passkey.sign_count, passkey.backup_eligible) == (5, False)


def test_a6_a_counter_that_goes_back_is_only_logged_for_a_synced_passkey(user, refusals_logged):
    browser = Browser(counter=5).sign_in(user)
    assert browser.register().status_code == 201

    assert browser.login(sign_count=3).status_code == 200

    assert Passkey.objects.get().sign_count == 5
    assert any("went back" in message for message in refusals_logged())


@pytest.mark.parametrize("stored_as_text", [True, False], ids=["stored as text", "stored raw"])
def test_a_uuid_handle_is_the_same_as_text_and_as_16_bytes(registered, user, stored_as_text):
    handle = uuid.uuid4()
    text, raw = str(handle).encode(), handle.bytes
    Passkey.objects.update(user_handle=text if stored_as_text else raw)

    assert registered.login(user_handle=raw if stored_as_text else text).status_code == 200
    assert registered.user_id == str(user.pk)


def test_sixteen_bytes_of_another_uuid_are_another_handle(registered):
    Passkey.objects.update(user_handle=str(uuid.uuid4()).encode())

    assert refusal(registered.login(user_handle=uuid.uuid4().bytes)) == LOGIN_FAILED


# Who may not


def test_a10_an_unknown_passkey_is_named_as_such(registered):
    Passkey.objects.all().delete()

    assert refusal(registered.login()) == (403, "unknown_passkey")
    assert registered.user_id is None
    assert ceremony_cookies(registered.client) == {}


def test_a10_a11_an_inactive_user_looks_like_a_wrong_signature(registered, user, deactivate):
    wrong_signature = registered.login(tamper_signature=True)
    deactivate(user)
    stored = row()

    inactive = registered.login()

    assert refusal(inactive) == LOGIN_FAILED
    assert inactive.content == wrong_signature.content
    assert row() == stored
    assert registered.user_id is None


def test_a10_every_failed_login_has_the_same_body(registered):
    bodies = {registered.login(**overrides).content for overrides, _reason in BROKEN_RULES.values()}

    assert len(bodies) == 1


def test_a_site_without_the_backend_in_its_settings_refuses(registered, settings, refusals_logged, sent):
    settings.AUTHENTICATION_BACKENDS = ["django.contrib.auth.backends.ModelBackend"]
    stored = row()

    assert refusal(registered.login()) == LOGIN_FAILED

    assert row() == stored
    assert len(refusals_logged()) == len(sent["user_login_failed"]) == len(sent["passkey_login_failed"]) == 1


# Malformed credentials


def test_r14_unsolicited_extensions_are_tolerated(registered):
    assert registered.login(extensions={"somethingNew": True}).status_code == 200


@pytest.mark.parametrize(
    "body", ["[]", "1", "null", '"x"', "{", "{]", b"\xff", "[" * 10_000, '{"id": 1, "id": 2}', '{"id": NaN}']
)
def test_a15_a_body_that_is_no_json_object_is_an_invalid_request(registered, body):
    assert refusal(registered.post("finalize-login", body)) == (400, "invalid_request")


def test_a15_an_empty_body_is_an_invalid_credential(browser):
    assert refusal(browser.post("finalize-login")) == (400, "invalid_credential")


# Cookies and single use


@pytest.mark.parametrize("overrides", [{}, {"tamper_signature": True}, {"origin": "https://evil.example"}])
def test_the_ceremony_cookie_is_deleted_whatever_happens(registered, overrides):
    response = registered.login(**overrides)

    [cookie] = [morsel for name, morsel in response.cookies.items() if name.startswith("passkey_")]
    assert cookie["max-age"] == 0
    assert cookie["path"] == "/"


def test_c3_a_replay_is_used(registered):
    credential = answer(registered)
    cookies = ceremony_cookies(registered.client)
    assert registered.post("finalize-login", credential).status_code == 200
    stored = row()

    put_cookies(registered.client, cookies)
    assert refusal(registered.post("finalize-login", credential)) == (409, "ceremony_used")
    assert row() == stored


def test_c3_a_replay_without_the_old_cookie_is_not_found(registered):
    credential = answer(registered)
    assert registered.post("finalize-login", credential).status_code == 200

    assert refusal(registered.post("finalize-login", credential)) == (400, "ceremony_not_found")


def test_a8_a_refused_attempt_spends_nothing(registered):
    options = registered.request_options()
    cookies = ceremony_cookies(registered.client)
    refused = registered.authenticator.get(options, tamper_signature=True)
    assert refusal(registered.post("finalize-login", refused)) == LOGIN_FAILED

    put_cookies(registered.client, cookies)
    assert registered.post("finalize-login", registered.authenticator.get(options)).status_code == 200


def test_a8_a11_a_user_who_may_not_log_in_spends_nothing(registered, user, monkeypatch):
    backend = "passkeys_django.backends.PasskeyBackend.user_can_authenticate"
    options = registered.request_options()
    cookies = ceremony_cookies(registered.client)
    with monkeypatch.context() as patch:
        patch.setattr(backend, lambda self, user: False)
        assert refusal(registered.post("finalize-login", registered.authenticator.get(options))) == LOGIN_FAILED

    put_cookies(registered.client, cookies)
    assert registered.post("finalize-login", registered.authenticator.get(options)).status_code == 200


def test_a_passkey_with_64_recent_uses_refuses_what_began_before_them(registered):
    early = answer(registered)
    cookies = ceremony_cookies(registered.client)
    for _ in range(64):
        assert registered.other_browser().login().status_code == 200

    put_cookies(registered.client, cookies)
    assert refusal(registered.post("finalize-login", early)) == (400, "ceremony_expired")
    assert registered.login().status_code == 200
    assert len(Passkey.objects.get().spent) == 64


def test_uses_of_eleven_minutes_ago_are_forgotten(registered):
    now = int(time.time() * 1_000_000)
    Passkey.objects.update(spent=[[now - 661_000_000, "old"], [now - 600_000_000, "recent"]])

    assert registered.login().status_code == 200

    assert [digest for _at, digest in Passkey.objects.get().spent][:-1] == ["recent"]


# What happens between reading the row and counting the use


def used(**changes):
    Passkey.objects.update(use_count=F("use_count") + 1, **changes)


def test_a_passkey_that_was_used_meanwhile_signs_in(registered, user, meanwhile):
    meanwhile(PasskeyManager, used)

    assert registered.login().status_code == 200
    assert Passkey.objects.get().use_count == 2
    assert registered.user_id == str(user.pk)


def test_c3_a_challenge_that_was_answered_meanwhile_is_used(registered, meanwhile):
    credential = answer(registered)
    [name] = ceremony_cookies(registered.client)
    now = int(time.time() * 1_000_000)
    meanwhile(PasskeyManager, lambda: used(spent=[[now, name.removeprefix("passkey_")]]))

    assert refusal(registered.post("finalize-login", credential)) == (409, "ceremony_used")
    assert registered.user_id is None


@pytest.mark.parametrize(
    "change",
    [
        lambda: Passkey.objects.all().delete(),
        lambda: used(refused_at=timezone.now()),
        lambda: used(user_handle=b"another"),
    ],
    ids=["removed", "refused", "another handle"],
)
def test_a8_every_check_on_the_row_is_repeated(registered, meanwhile, sent, refusals_logged, change):
    meanwhile(PasskeyManager, change)

    assert refusal(registered.login()) == LOGIN_FAILED

    assert registered.user_id is None
    assert len(sent["user_login_failed"]) == len(sent["passkey_login_failed"]) == len(refusals_logged()) == 1


def test_a6_a_counter_that_went_on_meanwhile_refuses_a_device_bound_passkey(device_bound, meanwhile):
    meanwhile(PasskeyManager, lambda: used(sign_count=6))

    assert refusal(device_bound.login()) == LOGIN_FAILED


def test_a_user_who_was_locked_out_meanwhile_is_refused(registered, user, meanwhile, deactivate):
    def lock_out():
        deactivate(user)
        used()

    meanwhile(PasskeyManager, lock_out)

    assert refusal(registered.login()) == LOGIN_FAILED
    assert registered.user_id is None


def test_a_passkey_that_went_to_another_user_meanwhile_is_refused(registered, other_user, meanwhile):
    meanwhile(PasskeyManager, lambda: used(user_id=other_user.pk))

    assert refusal(registered.login()) == LOGIN_FAILED
    assert registered.user_id is None


# Signals and log


def test_a_login_is_signalled_once(registered, user, sent):
    registered.login()

    [used] = sent["passkey_used"]
    assert used["sender"] is Passkey
    assert used["user"] == user
    assert used["passkey"] == Passkey.objects.get()
    assert used["request"].session.get("_auth_user_id") == str(user.pk)
    assert len(sent["user_logged_in"]) == 1
    assert sent["user_login_failed"] == sent["passkey_login_failed"] == []


def named(user):
    """What `user_login_failed` says of whose login failed, wherever its receivers look."""
    return {"username": user.get_username(), user.USERNAME_FIELD: user.get_username()}


def test_a_refusal_names_the_error_and_the_passkey_to_its_receivers(registered, user, sent):
    registered.login(tamper_signature=True)

    [failed] = sent["passkey_login_failed"]
    assert failed["sender"] is Passkey
    assert failed["error"].code == "login_failed"
    assert failed["passkey"] == Passkey.objects.get()
    assert failed["request"].path == "/passkeys/finalize-login"
    [django_failed] = sent["user_login_failed"]
    assert django_failed["credentials"] == named(user)
    assert django_failed["request"] is failed["request"]
    assert sent["passkey_used"] == sent["user_logged_in"] == []


def _deleted(browser):
    Passkey.objects.all().delete()
    return browser.login()


def _replayed(browser):
    credential = answer(browser)
    cookies = ceremony_cookies(browser.client)
    assert browser.other_browser().login().status_code == 200
    other = browser.other_browser()
    put_cookies(other.client, cookies)
    assert other.post("finalize-login", credential).status_code == 200
    return browser.post("finalize-login", credential)


REFUSALS = {
    "malformed": (lambda browser: browser.post("finalize-login", {}), "invalid_credential"),
    "no cookie": (lambda browser: browser.login(challenge=bytes(32)), "ceremony_not_found"),
    "rule": (lambda browser: browser.login(origin="https://evil.example"), "login_failed"),
    "handle": (lambda browser: browser.login(user_handle=b"x"), "login_failed"),
    "signature": (lambda browser: browser.login(tamper_signature=True), "login_failed"),
    "unknown passkey": (_deleted, "unknown_passkey"),
    "replay": (_replayed, "ceremony_used"),
}


@pytest.mark.parametrize(("attempt", "code"), REFUSALS.values(), ids=REFUSALS)
def test_a16_each_refusal_is_logged_and_signalled_once(registered, sent, refusals_logged, attempt, code):
    response = attempt(registered)

    assert refusal(response)[1] == code
    [message] = refusals_logged()
    assert f"({code})" in message
    assert [failed["error"].code for failed in sent["passkey_login_failed"]] == [code]
    assert len(sent["user_login_failed"]) == 1


def test_the_refusal_of_an_inactive_user_is_logged_and_signalled_once(
    registered, user, sent, refusals_logged, deactivate
):
    deactivate(user)

    registered.login()

    [message] = refusals_logged()
    assert "may not log in" in message
    assert len(sent["passkey_login_failed"]) == 1
    assert [failed["credentials"] for failed in sent["user_login_failed"]] == [named(user)]


def test_a16_the_log_names_no_credential_and_no_token(registered, user, caplog, deactivate):
    caplog.set_level("DEBUG")
    secrets = set()
    for overrides, _reason in BROKEN_RULES.values():
        credential = answer(registered, **overrides)
        secrets |= {credential["id"], *credential["response"].values()}
        registered.post("finalize-login", credential)
    deactivate(user)
    registered.login()

    log = "\n".join(record.getMessage() + str(record.exc_info) for record in caplog.records)
    secrets.discard("AA")  # the base64url of a zero byte
    assert "Passkey login refused" in log
    assert not any(secret in log for secret in secrets)
    assert "eyJ" not in log


def test_a_refused_start_is_logged_once(browser, refusals_logged):
    browser.post("start-login", {"purpose": "something"})

    [message] = refusals_logged()
    assert "(invalid_request)" in message


# Who verifies


def test_a_passkey_of_a_provider_that_is_gone_is_verified_with_its_stored_key(registered, user):
    Passkey.objects.update(provider=HANKO)

    assert registered.login().status_code == 200
    assert registered.user_id == str(user.pk)
    assert Passkey.objects.get().provider == HANKO


def test_a_passkey_of_a_provider_that_is_gone_needs_its_signature(registered):
    Passkey.objects.update(provider=HANKO)

    assert refusal(registered.login(tamper_signature=True)) == LOGIN_FAILED


def test_an_adopted_passkey_keeps_the_handle_that_its_authenticator_holds(registered, user):
    Passkey.objects.update(provider=HANKO, user_handle=b"handle-of-long-ago")

    assert registered.login(user_handle=b"handle-of-long-ago").status_code == 200
    assert registered.user_id == str(user.pk)


@pytest.mark.parametrize("provider", ["", HANKO])
def test_a_passkey_that_its_provider_removed_is_not_verified_here(registered, refusals_logged, provider):
    Passkey.objects.update(provider=provider, refused_at=timezone.now())
    stored = row()

    assert refusal(registered.login()) == LOGIN_FAILED

    assert row() == stored
    assert any("removed this passkey" in message for message in refusals_logged())


def test_a_passkey_whose_removal_was_cleared_signs_in_again(registered):
    Passkey.objects.update(provider=HANKO, refused_at=timezone.now())
    registered.login()
    Passkey.objects.update(refused_at=None)

    assert registered.login().status_code == 200
