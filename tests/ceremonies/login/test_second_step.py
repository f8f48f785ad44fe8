"""The second step after a password: a passkey or a security key of the person who has entered it."""

import json

import pytest
from django.test import RequestFactory

from passkeys_django.ceremonies import verify_second_step
from passkeys_django.models import Passkey, PasskeyEvent
from passkeys_django.sessions import get_authentication
from tests.conftest import Browser, make_passkey, moved_clock, refusal
from tests.support.two_steps import KEY, first_round, log_in, second_options, second_round, use_site, with_key

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _site(settings):
    use_site(settings)


def authentication_of(browser):
    request = RequestFactory().get("/")
    request.session = browser.client.session
    return get_authentication(request)


def step(browser, token, **overrides):
    credential = browser.authenticator.get(second_options(browser, token), **overrides)
    return second_round(browser, token, credential)


def test_a_security_key_after_the_password_signs_in(user):
    browser = with_key(user, user_verified=False)

    response = log_in(browser, user)

    assert response.status_code == 302, response.content
    assert browser.user_id == str(user.pk)
    assert authentication_of(browser).methods == ("password", "security-key")
    assert authentication_of(browser).strength == 2


def test_a_passkey_after_the_password_signs_in(registered, user):
    assert log_in(registered, user).status_code == 302
    assert authentication_of(registered).methods == ("password", "passkey")


def test_the_auth_backend_stays_that_of_the_password(user):
    browser = with_key(user)

    log_in(browser, user)

    assert browser.client.session["_auth_user_backend"] == "django.contrib.auth.backends.ModelBackend"


def test_the_use_is_counted_announced_and_written_down(user, sent):
    browser = with_key(user)

    log_in(browser, user)

    key = Passkey.objects.get()
    assert key.use_count == 1
    assert key.last_used_at is not None
    assert [each["passkey"].pk for each in sent["passkey_used"]] == [key.pk]
    event = PasskeyEvent.objects.get(kind="used")
    assert (event.passkey, event.code) == (key.pk, "second-step")


def test_the_options_allow_accepted_credentials_of_this_person_and_site_only(user, other_user):
    browser = with_key(user)
    key = Passkey.objects.get()
    passkey = make_passkey(user)
    make_passkey(user, rp_id="elsewhere.example")
    make_passkey(user, refused_at=passkey.created_at)
    make_passkey(other_user)

    options = second_options(browser, first_round(browser, user))["publicKey"]

    assert {each["id"] for each in options["allowCredentials"]} == {key.credential_id, passkey.credential_id}
    assert options["userVerification"] == "discouraged"


def test_user_verification_is_what_the_setting_says(user, settings):
    browser = with_key(user, user_verified=False)
    settings.PASSKEY_SECOND_STEP_VERIFICATION = "required"

    token = first_round(browser, user)

    assert second_options(browser, token)["publicKey"]["userVerification"] == "required"
    assert step(browser, token).status_code != 302
    assert browser.user_id is None
    assert step(browser, token, flags={"uv": True}).status_code == 302


def test_a_second_step_shows_neither_that_a_passkey_verifies_nor_that_a_login_finds_it(user, settings):
    """A policy that refuses passwords must not count on such a passkey."""
    browser = with_key(user, user_verified=False)
    Passkey.objects.update(kind="passkey", discoverable=None)
    settings.PASSKEY_USER_VERIFICATION = "preferred"  # else the policy does not count this passkey at all

    assert log_in(browser, user).status_code == 302

    settings.PASSKEY_USER_VERIFICATION = "required"

    row = Passkey.objects.get()
    assert (row.use_count, row.user_verified, row.discoverable) == (1, False, None)
    assert not Passkey.objects.of(user).usable(certainly=True).exists()
    assert not Passkey.objects.of(user).strong().exists()


def test_a_login_shows_both(registered, user):
    Passkey.objects.update(user_verified=None, discoverable=None)

    assert registered.login().status_code == 200

    assert Passkey.objects.of(user).usable(certainly=True).exists()


def test_an_adopted_passkey_is_good_as_a_second_step_without_verification(registered, user):
    Passkey.objects.update(user_verified=None)

    assert log_in(registered, user, flags={"uv": False}).status_code == 302
    assert Passkey.objects.get().user_verified is None


def test_the_handle_may_be_missing_but_not_wrong(user):
    browser = with_key(user)
    token = first_round(browser, user)

    assert step(browser, token, user_handle=b"somebody else").status_code != 302
    assert browser.user_id is None
    assert step(browser, token, user_handle=None).status_code == 302


def test_without_credentials_there_is_nothing_to_start(user):
    browser = with_key(user)
    token = first_round(browser, user)
    Passkey.objects.all().delete()

    response = browser.post("start-login", {"purpose": "second-step", "token": token})
    assert refusal(response) == (403, "login_failed")


@pytest.mark.parametrize(
    "token", ["", "x", "a:b:c", 1, True, [], {}, "\ud800", "x" * 3000], ids=lambda t: ascii(t)[:9]
)
def test_a_token_that_is_none_is_refused(browser, db, token):
    body = json.dumps({"purpose": "second-step", "token": token})
    assert browser.post("start-login", body).status_code in (400, 401)


def test_without_a_token_and_a_waiting_login_nobody_is_asked_for(browser, signed_in):
    for each in (browser, signed_in):
        assert refusal(each.post("start-login", {"purpose": "second-step"})) == (401, "not_authenticated")


def test_only_the_address_and_the_person_together_are_limited(user, other_user, settings):
    settings.PASSKEY_RATE_LIMITS = {"second-step": "3/h", "start-login": None}
    browser = with_key(user)
    token = first_round(browser, user)
    start = {"purpose": "second-step", "token": token}

    answers = [browser.post("start-login", start).status_code for _ in range(4)]

    assert answers == [200, 200, 200, 429]
    browser.client.defaults["REMOTE_ADDR"] = "192.0.2.77"
    assert browser.post("start-login", start).status_code == 200


def test_the_function_is_public_and_spends_the_answer(user, rf):
    browser = with_key(user)
    credential = browser.authenticator.get(second_options(browser, first_round(browser, user)))
    request = rf.post("/anywhere/")
    request.COOKIES = {name: morsel.value for name, morsel in browser.client.cookies.items()}

    login = verify_second_step(request, credential, user=user)

    assert login.user is user
    assert login.passkey == Passkey.objects.get()
    assert Passkey.objects.get().use_count == 1


def test_the_challenge_lives_as_long_as_every_other(user):
    browser = with_key(user)
    token = first_round(browser, user)
    credential = browser.authenticator.get(second_options(browser, token))

    with moved_clock(11 * 60):
        response = second_round(browser, token, credential)

    assert response.status_code != 302
    assert browser.user_id is None


def test_a_new_passkey_beside_a_key_keeps_the_key(user):
    browser = with_key(user)
    log_in(browser, user)

    assert Browser(client=browser.client).register(start={}).status_code in (201, 403)
    assert Passkey.objects.filter(**KEY).count() == 1
