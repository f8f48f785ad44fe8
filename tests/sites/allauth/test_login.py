"""People sign in at allauth's own page with a passkey: what holds for passwords there, holds for passkeys."""

import json
import re

import pytest
from allauth.account.models import EmailAddress
from allauth.account.signals import user_logged_in
from allauth.mfa.totp.internal import auth as totp
from allauth.usersessions.models import UserSession
from django.core import mail
from django.db import connection
from django.http import HttpResponse

from passkeys_django.contrib.allauth.adapter import AccountAdapter
from passkeys_django.models import Passkey
from passkeys_django.sessions import get_authentication
from tests.conftest import PASSWORD, Browser, listening, refusal
from tests.sessions.test_sessions import request_of

pytestmark = pytest.mark.django_db
LOGIN = "/accounts/login/"


class Picky(AccountAdapter):
    def pre_login(self, request, user, **kwargs):
        return HttpResponse("Not on a Sunday.")


class Broken(AccountAdapter):
    def post_login(self, request, user, **kwargs):
        return 1 / 0


class Adapter(AccountAdapter):
    def get_login_redirect_url(self, request):
        return "/welcome/"


def by_form(browser, *, path=LOGIN, **fields):
    """A passkey login as the script makes it on allauth's login page."""
    credential = browser.authenticator.get(browser.request_options())
    return browser.client.post(path, {"login": "", "passkey": json.dumps(credential), **fields})


def by_password(browser, user):
    return browser.client.post(LOGIN, {"login": user.get_username(), "password": PASSWORD})


def by_json(browser):
    """A passkey login on a page that has only the button."""
    response = browser.login()
    assert response.status_code == 200, response.content
    return response.json()["redirect_url"]


@pytest.fixture(params=["form", "json"])
def sign_in(request):
    """A function that signs in a browser, and returns where it is led to."""
    return by_json if request.param == "json" else lambda browser: by_form(browser)["Location"]


def test_a_passkey_signs_in_at_allauths_login_page(registered, user):
    with listening(user_logged_in) as logins:
        response = by_form(registered)

    assert (response.status_code, response["Location"]) == (302, "/")
    assert registered.user_id == str(user.pk)
    assert [login["user"] for login in logins] == [user]
    assert get_authentication(request_of(registered)).method == "passkey"


def test_a_refused_passkey_is_an_error_of_the_form(registered):
    credential = registered.authenticator.get(registered.request_options())
    credential["response"]["signature"] = "AAAA"

    page = registered.client.post(LOGIN, {"login": "", "passkey": json.dumps(credential)})

    assert page.status_code == 200
    assert page.context["form"].non_field_errors()
    assert registered.user_id is None


def test_a_password_signs_in_as_before(browser, user):
    assert by_password(browser, user)["Location"] == "/"

    assert browser.user_id == str(user.pk)
    assert get_authentication(request_of(browser)).method == "password"


def test_an_empty_form_is_refused_as_before(browser):
    errors = browser.client.post(LOGIN, {"login": "", "password": "", "passkey": ""}).context["form"].errors

    assert list(errors) == ["login", "password"]


def test_allauths_list_of_sessions_has_the_login(registered, user, sign_in):
    sign_in(registered)

    assert listed_keys(user) == [registered.client.session.session_key]


def listed_keys(user):
    return [session.session_key for session in UserSession.objects.purge_and_list(user)]


@pytest.mark.parametrize("confirm", ["passkey", "password", "allauth"])
def test_allauths_list_follows_a_confirmation(registered, user, confirm):
    by_form(registered)
    before = registered.client.session.session_key

    if confirm == "passkey":
        assert registered.login(start={"purpose": "confirm"}).status_code == 200
    elif confirm == "password":
        registered.client.post("/passkeys/confirm/", {"password": PASSWORD})
    else:
        registered.client.post("/accounts/reauthenticate/", {"password": PASSWORD})

    assert registered.client.session.session_key != before
    assert listed_keys(user) == [registered.client.session.session_key]


def test_the_adapter_says_where_to_go(registered, sign_in, settings):
    settings.ACCOUNT_ADAPTER = f"{__name__}.Adapter"

    assert sign_in(registered) == "/welcome/"


def test_what_the_adapter_forbids_is_forbidden_to_passkeys_too(registered, settings):
    settings.ACCOUNT_ADAPTER = f"{__name__}.Picky"

    assert by_form(registered).content == b"Not on a Sunday."
    assert refusal(registered.login()) == (403, "login_failed")

    assert registered.user_id is None


def test_a_code_may_be_required_after_a_passkey_too(registered, user, settings, sign_in):
    settings.ACCOUNT_LOGIN_BY_CODE_REQUIRED = True
    EmailAddress.objects.create(user=user, email="ada@example.com", verified=True, primary=True)

    page = sign_in(registered)
    assert registered.user_id is None
    code = re.search(r"^[A-Z0-9-]{4,}$", mail.outbox[-1].body, re.MULTILINE)[0]
    registered.client.post(page, {"code": code})

    assert registered.user_id == str(user.pk)
    authentication = get_authentication(request_of(registered))
    assert (authentication.method, authentication.user_verified) == ("passkey", True)
    assert authentication.passkey == str(Passkey.objects.get().pk)


@pytest.mark.django_db(transaction=True)
def test_atomic_requests_are_no_trouble(registered, user, sign_in, settings):
    """A login that fails after the passkey was verified leaves the passkey's use stored."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(connection.settings_dict, "ATOMIC_REQUESTS", True)
        assert sign_in(registered) == "/"
        assert registered.user_id == str(user.pk)
        registered.client.logout()
        credential = registered.authenticator.get(registered.request_options())
        form = {"login": "", "passkey": json.dumps(credential)}
        settings.ACCOUNT_ADAPTER = f"{__name__}.Broken"
        with pytest.raises(ZeroDivisionError):
            registered.client.post(LOGIN, form)
        settings.ACCOUNT_ADAPTER = f"{__name__}.Adapter"
        page = registered.client.post(LOGIN, form)

    assert page.context["form"].non_field_errors()
    assert registered.user_id is None


def test_next_is_kept(registered):
    assert by_form(registered, path=f"{LOGIN}?next=/wanted/", next="/wanted/")["Location"] == "/wanted/"
    registered.client.logout()
    assert registered.login(query="?next=/wanted/").json()["redirect_url"] == "/wanted/"


def test_an_unverified_address_must_be_verified_first(registered, user, settings, sign_in):
    settings.ACCOUNT_EMAIL_VERIFICATION = "mandatory"
    EmailAddress.objects.create(user=user, email="ada@example.com", primary=True)

    assert sign_in(registered) == "/accounts/confirm-email/"

    assert registered.user_id is None
    assert mail.outbox[-1].to == ["ada@example.com"]
    EmailAddress.objects.update(verified=True)
    assert sign_in(registered) == "/"
    assert registered.user_id == str(user.pk)


@pytest.mark.parametrize(("verified", "leads_to"), [(True, "/"), (False, "/accounts/2fa/authenticate/")])
def test_a_second_factor_is_asked_only_after_a_passkey_whose_device_did_not_ask(
    registered, user, settings, sign_in, verified, leads_to
):
    settings.PASSKEY_USER_VERIFICATION = "preferred"
    totp.TOTP.activate(user, totp.generate_totp_secret())
    registered.authenticator.user_verified = verified

    assert sign_in(registered) == leads_to

    assert registered.user_id == (str(user.pk) if verified else None)


@pytest.mark.parametrize(("remember", "ends_with_browser"), [("", True), ("on", False)])
def test_remember_me_holds(registered, remember, ends_with_browser):
    by_form(registered, remember=remember)

    assert registered.client.session.get_expire_at_browser_close() is ends_with_browser


def test_the_site_may_always_remember(registered, settings):
    settings.ACCOUNT_SESSION_REMEMBER = True

    by_form(registered)

    assert not registered.client.session.get_expire_at_browser_close()


def test_a_code_after_a_passkey_is_asked_as_the_docs_say(registered, user, settings, sign_in):
    settings.ACCOUNT_LOGIN_BY_CODE_REQUIRED = {"mfa"}
    EmailAddress.objects.create(user=user, email="ada@example.com", verified=True, primary=True)

    assert sign_in(registered) == "/accounts/login/code/confirm/"
    assert by_password(Browser(), user)["Location"] == "/"
