"""PASSKEY_POLICY beside allauth: its login takes passwords, and the middleware asks for the rest afterwards."""

import re

import pytest
from allauth.account.models import EmailAddress
from allauth.account.signals import user_logged_in
from allauth.mfa.totp.internal import auth as totp
from allauth.usersessions.models import UserSession
from django.core import mail
from django.core.checks import run_checks

from passkeys_django.check_ids import POLICY_BESIDE_OTHER_SECOND_STEP, POLICY_BYPASSED_BY_BACKEND
from passkeys_django.policy import own_strength
from passkeys_django.sessions import get_authentication
from tests.conftest import PASSWORD, Browser, listening, make_user, refusal
from tests.docs.how_to.pages import Page
from tests.sessions.test_sessions import request_of
from tests.sites.allauth.test_login import by_form, listed_keys
from tests.sites.owing import REFUSED, REQUIRED, SECOND_STEP, do_second_step, is_parked

pytestmark = pytest.mark.django_db
LOGIN = "/accounts/login/?next=/wanted/"
PAGE = "/passkeys/second-step/?next=%2Fwanted%2F"
AS_JSON = {"Accept": "application/json"}


def enter_password(browser, user, url=LOGIN, **headers):
    names = {"login": user.get_username(), "password": PASSWORD, "next": "/wanted/"}
    return browser.client.post(url, names, headers=headers)


def confirm_access(browser):
    """At allauth's own page, with the password."""
    url = "/accounts/reauthenticate/?next=/wanted/"
    return browser.client.post(url, {"password": PASSWORD, "next": "/wanted/"})


def methods_of(browser):
    return get_authentication(request_of(browser)).methods


@pytest.mark.parametrize("entries", [SECOND_STEP, REFUSED], ids=["second-step", "refused"])
def test_g5_allauths_login_with_a_password_leads_to_the_second_step_and_then_on(ada, user, policy, entries):
    policy(entries)

    with listening(user_logged_in) as logins:
        assert enter_password(ada, user)["Location"] == PAGE
    assert is_parked(ada.client)
    assert len(logins) == 1
    assert ada.client.get("/accounts/email/")["Location"].startswith("/passkeys/second-step/")

    with listening(user_logged_in) as logins:
        assert do_second_step(ada, PAGE)["Location"] == "/wanted/"

    assert logins == []
    assert ada.user_id == str(user.pk)
    assert methods_of(ada) == ("password", "passkey")
    assert ada.client.get("/accounts/email/").status_code == 200


def test_g5_allauths_json_of_the_login_form_says_what_is_due(ada, user, policy):
    policy(SECOND_STEP)

    response = enter_password(ada, user, **AS_JSON)

    assert refusal(response) == (403, "second_step_required")
    assert response.json()["url"].startswith("/passkeys/second-step/")


@pytest.mark.parametrize(("entries", "opens"), [(SECOND_STEP, True), (REQUIRED, False), (REFUSED, False)])
def test_g5_somebody_without_a_passkey_is_led_to_create_one(policy, entries, opens):
    policy(entries)
    grace = make_user("grace")
    browser = Browser()

    response = enter_password(browser, grace)

    assert response["Location"] == ("/wanted/" if opens else "/passkeys/required/?next=%2Fwanted%2F")
    assert (browser.user_id is not None) is opens


def test_who_creates_the_passkey_that_is_required_goes_on_signed_in_and_listed(policy):
    policy(REQUIRED)
    grace = make_user("grace")
    browser = Browser()
    page = enter_password(browser, grace)["Location"]
    assert b"Create a passkey to go on" in browser.client.get(page).content

    assert browser.register().status_code == 201

    assert browser.client.get("/accounts/email/").status_code == 200
    assert listed_keys(grace) == [browser.client.session.session_key]


def test_a_passkey_login_owes_nothing(ada, user, policy):
    for entries in (SECOND_STEP, REQUIRED, REFUSED):
        policy(entries)
        assert by_form(ada)["Location"] == "/"
        assert ada.client.get("/accounts/email/").status_code == 200
        ada.client.logout()


def test_allauths_list_of_sessions_follows_the_second_step(ada, user, policy):
    policy(SECOND_STEP)
    enter_password(ada, user)

    do_second_step(ada, PAGE)

    assert UserSession.objects.filter(user=user, session_key=ada.client.session.session_key).exists()
    assert listed_keys(user) == [ada.client.session.session_key]


def test_somebody_else_can_sign_in_with_their_code_while_a_session_waits(ada, user, policy, settings):
    """A second login in that browser goes through allauth's stages, which are not led to the first one's page."""
    policy(SECOND_STEP)
    enter_password(ada, user)
    grace = make_user("grace")
    secret = totp.generate_totp_secret()
    totp.TOTP.activate(grace, secret)

    stage = enter_password(ada, grace)["Location"]
    assert ada.client.get(stage).status_code == 200
    response = ada.client.post(stage, {"code": code_of(secret)})

    assert response["Location"] == "/wanted/"
    assert ada.user_id == str(grace.pk)


def test_a_code_by_mail_opens_no_second_login_over_a_waiting_one(ada, user, policy, settings):
    settings.ACCOUNT_LOGIN_BY_CODE_REQUIRED = True
    policy(SECOND_STEP)
    EmailAddress.objects.create(user=user, email="ada@example.com", verified=True, primary=True)

    stage = enter_password(ada, user)["Location"]
    code = re.search(r"^[A-Z0-9-]{4,}$", mail.outbox[-1].body, re.MULTILINE)[0]
    response = ada.client.post(stage, {"code": code})

    assert response["Location"] == PAGE
    assert do_second_step(ada, PAGE)["Location"] == "/wanted/"


def code_of(secret):
    return totp.format_hotp_value(totp.hotp_value(secret, next(totp.yield_hotp_counters_from_time())))


@pytest.fixture
def with_totp(user):
    secret = totp.generate_totp_secret()
    totp.TOTP.activate(user, secret)
    return secret


def test_with_a_totp_code_of_allauths_the_passkey_is_asked_for_too(ada, user, policy, with_totp):
    """Password, code, passkey: strict, but nobody ends there."""
    policy(SECOND_STEP)

    stage = enter_password(ada, user)["Location"]
    assert stage.startswith("/accounts/2fa/authenticate/")
    response = ada.client.post(stage, {"code": code_of(with_totp)})
    assert response["Location"] == PAGE

    assert do_second_step(ada, PAGE)["Location"] == "/wanted/"


@pytest.fixture
def told_by_allauth(settings, monkeypatch):
    """The how-to page's PASSKEY_LOGIN_METHOD."""
    Page("beside-django-allauth").install(monkeypatch, "shop/logins.py")
    settings.PASSKEY_LOGIN_METHOD = "shop.logins.login_method"


def test_with_the_function_of_the_page_a_totp_code_is_enough(ada, user, policy, with_totp, told_by_allauth):
    policy(SECOND_STEP)
    stage = enter_password(ada, user)["Location"]

    response = ada.client.post(stage, {"code": code_of(with_totp)})

    assert response["Location"] == "/wanted/"
    assert methods_of(ada) == ("other",)
    assert get_authentication(request_of(ada)).strength == 1


def test_g5_a_code_of_an_hour_ago_does_not_count_for_a_password_at_confirm_access(
    ada, user, policy, with_totp, told_by_allauth
):
    policy(SECOND_STEP)
    stage = enter_password(ada, user)["Location"]
    ada.client.post(stage, {"code": code_of(with_totp)})

    response = ada.client.post(
        "/accounts/reauthenticate/?next=/wanted/", {"password": PASSWORD, "next": "/wanted/"}
    )

    assert response["Location"] == PAGE


def test_g5_with_it_a_password_alone_still_owes_the_second_step(ada, user, policy, told_by_allauth):
    policy(SECOND_STEP)

    assert enter_password(ada, user)["Location"] == PAGE


def test_g5_a_code_of_an_earlier_login_does_not_count_for_a_later_password(
    ada, user, policy, with_totp, told_by_allauth
):
    policy(SECOND_STEP)
    stage = enter_password(ada, user)["Location"]
    ada.client.post(stage, {"code": code_of(with_totp)})
    totp.Authenticator.objects.all().delete()
    ada.client.logout()

    assert enter_password(ada, user)["Location"] == PAGE


@pytest.mark.parametrize(("is_told", "leads_to"), [(True, "/wanted/"), (False, PAGE)])
def test_a_social_login_is_what_the_site_says(ada, user, policy, request, is_told, leads_to):
    from allauth.socialaccount.models import SocialAccount

    if is_told:
        request.getfixturevalue("told_by_allauth")
    policy(SECOND_STEP)
    SocialAccount.objects.create(user=user, provider="dummy", uid="7")

    page = ada.client.post("/accounts/dummy/login/?next=/wanted/")["Location"]
    response = ada.client.post(page, {"id": "7"})

    assert response["Location"] == leads_to


def test_confirm_access_with_a_password_counts_as_strength_1_only(ada, user, policy, settings):
    """The account's own strength is 2: a password at allauth adds no passkey and removes none."""
    assert own_strength(user) == 2
    enter_password(ada, user)
    settings.PASSKEY_REAUTHENTICATION_AGE = 300

    assert ada.client.post("/accounts/reauthenticate/", {"password": PASSWORD}).status_code == 302

    assert methods_of(ada) == ("password",)
    assert refusal(ada.post("start-registration")) == (403, "reauthentication_required")


def test_g5_confirm_access_with_a_password_asks_for_the_second_step_too(ada, user, policy):
    policy(SECOND_STEP)
    enter_password(ada, user)
    do_second_step(ada, PAGE)
    assert methods_of(ada) == ("password", "passkey")

    response = ada.client.post(
        "/accounts/reauthenticate/?next=/wanted/", {"password": PASSWORD, "next": "/wanted/"}
    )

    assert response["Location"] == PAGE
    assert do_second_step(ada, PAGE)["Location"] == "/wanted/"
    assert listed_keys(user) == [ada.client.session.session_key]


def test_confirm_access_with_the_passkey_owes_nothing(ada, user, policy):
    policy(SECOND_STEP)
    enter_password(ada, user)
    do_second_step(ada, PAGE)

    assert ada.login(start={"purpose": "confirm"}).status_code == 200

    assert ada.client.get("/accounts/email/").status_code == 200


@pytest.mark.parametrize(
    ("entries", "id_"), [(REFUSED, POLICY_BYPASSED_BY_BACKEND), (SECOND_STEP, POLICY_BESIDE_OTHER_SECOND_STEP)]
)
def test_a_check_says_who_takes_passwords_and_who_asks_for_what(policy, entries, id_):
    policy(entries)

    assert id_ in [message.id for message in run_checks()]
