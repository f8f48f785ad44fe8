"""People sign up with a passkey (PASSKEY_SIGNUP_FORM), and allauth knows the new account."""

import re
from urllib.parse import parse_qs, urlsplit

import pytest
from allauth.account.models import EmailAddress
from allauth.account.signals import user_signed_up
from allauth.usersessions.models import UserSession
from django.contrib.auth import get_user_model
from django.core import mail

from passkeys_django.contrib.allauth.adapter import AccountAdapter
from passkeys_django.models import Passkey
from passkeys_django.sessions import get_authentication
from tests.conftest import listening
from tests.sessions.test_sessions import request_of

pytestmark = pytest.mark.django_db
HAS_USERNAME = get_user_model().USERNAME_FIELD == "username"
NAME = {"username": "ada"} if HAS_USERNAME else {}
FILLED_IN = {**NAME, "email": "ada@example.com"}


class Closed(AccountAdapter):
    def is_open_for_signup(self, request):
        return False


class Elsewhere(AccountAdapter):
    def get_signup_redirect_url(self, request):
        return "/welcome/"


@pytest.fixture(autouse=True)
def _signup(settings):
    settings.PASSKEY_SIGNUP_FORM = "tests.support.signup_forms.WithAddress"


def sign_up(browser, filled_in=FILLED_IN):
    options = browser.post("start-signup", filled_in).json()
    return browser.post("finalize-signup", browser.authenticator.create(options))


def test_an_account_made_with_a_passkey_is_one_of_allauths(browser, settings):
    settings.ACCOUNT_ADAPTER = f"{__name__}.Elsewhere"

    with listening(user_signed_up) as signed_up:
        response = sign_up(browser)

    user = get_user_model().objects.get()
    assert (response.status_code, response.json()) == (201, {"redirect_url": "/welcome/"})
    assert browser.user_id == str(user.pk)
    assert [signal["user"] for signal in signed_up] == [user]
    address = EmailAddress.objects.get()
    assert (address.user, address.email, address.primary, address.verified) == (
        user,
        "ada@example.com",
        True,
        False,
    )
    assert UserSession.objects.get().session_key == browser.client.session.session_key
    assert get_authentication(request_of(browser)).passkey == str(Passkey.objects.get().pk)


def test_its_address_must_be_verified_where_every_address_must(browser, settings):
    settings.ACCOUNT_EMAIL_VERIFICATION = "mandatory"

    assert sign_up(browser).json() == {"redirect_url": "/accounts/confirm-email/"}

    assert browser.user_id is None
    assert mail.outbox[-1].to == ["ada@example.com"]
    assert browser.login().json() == {"redirect_url": "/accounts/confirm-email/"}
    EmailAddress.objects.update(verified=True)
    assert browser.login().json() == {"redirect_url": "/"}


def test_a_link_by_e_mail_has_verified_it_already(browser, settings):
    settings.ACCOUNT_EMAIL_VERIFICATION = "mandatory"
    settings.PASSKEY_SIGNUP_FORM = "passkeys_django.signup.forms.ConfirmedSignupForm"
    browser.client.post("/passkeys/signup/", {"address": "ada@example.com"})
    link = re.search(r"https?://\S+token=\S+", mail.outbox[-1].body)[0]

    response = sign_up(browser, {**NAME, "token": parse_qs(urlsplit(link).query)["token"][0]})

    assert response.json() == {"redirect_url": "/"}
    assert browser.user_id == str(EmailAddress.objects.get(verified=True).user_id)


def test_who_may_not_log_in_yet_is_told_so(browser, settings):
    settings.AUTHENTICATION_BACKENDS = ["tests.support.signup_forms.CautiousBackend"]

    assert sign_up(browser).json() == {"redirect_url": "/accounts/inactive/"}

    assert browser.user_id is None


def test_a_closed_site_is_closed_for_passkeys_too(browser, settings):
    options = browser.post("start-signup", FILLED_IN).json()
    settings.ACCOUNT_ADAPTER = f"{__name__}.Closed"

    assert browser.client.get("/passkeys/signup/").status_code == 404
    assert browser.post("start-signup", FILLED_IN).status_code == 404
    assert browser.post("finalize-signup", browser.authenticator.create(options)).status_code == 404
    assert not get_user_model().objects.exists()


def test_allauths_sign_up_page_leads_to_ours(client):
    page = client.get("/accounts/signup/?next=/wanted/").content.decode()

    (link,) = re.findall(r'href="([^"]*)"\s*>\s*Sign up with a passkey', page)
    assert link == "/passkeys/signup/?next=%2Fwanted%2F"
    assert "<title>" in client.get(link).content.decode()


def test_it_does_not_without_the_setting(client, settings):
    settings.PASSKEY_SIGNUP_FORM = None

    assert "Sign up with a passkey" not in client.get("/accounts/signup/").content.decode()
