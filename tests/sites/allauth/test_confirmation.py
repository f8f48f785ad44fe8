"""People confirm that it is them once: on allauth's pages or on ours, and both know it."""

import json
import re

import pytest
from allauth.account.models import EmailAddress
from allauth.account.signals import authentication_step_completed
from allauth.socialaccount.models import SocialAccount
from django.core import mail

from passkeys_django.sessions import is_recently_authenticated
from tests.conftest import PASSWORD, Browser, moved_clock, refusal
from tests.sessions.test_sessions import request_of

pytestmark = pytest.mark.django_db
ADD_ADDRESS = {"action_add": "", "email": "second@example.com"}


@pytest.fixture(autouse=True)
def _strict(settings):
    settings.ACCOUNT_REAUTHENTICATION_REQUIRED = True


@pytest.fixture
def an_hour_later(registered, user):
    """The browser of somebody with a passkey who signed in by password an hour ago."""
    with moved_clock(-3600):
        return registered.sign_in(user)


def config_of(page):
    return json.loads(re.search(r'id="passkeys-config"[^>]*>(.*?)</script>', page.content.decode())[1])


def confirm_at(browser, page):
    """What the script does when the button is pressed: it returns where to go."""
    query = config_of(page)["urls"]["finalizeLogin"].removeprefix("/passkeys/finalize-login")
    response = browser.login(start=config_of(page)["start"], query=query)
    assert response.status_code == 200, response.content
    return response.json()["redirect_url"]


def test_confirm_access_takes_a_passkey_and_goes_on_with_what_was_sent(an_hour_later, user):
    client = an_hour_later.client

    response = client.post("/accounts/email/", ADD_ADDRESS)
    assert response["Location"] == "/passkeys/reauthenticate/?next=%2Faccounts%2Femail%2F"
    page = client.get(response["Location"])
    back = confirm_at(an_hour_later, page)
    response = client.get(back)

    assert response["Location"] == "/accounts/email/"
    assert EmailAddress.objects.filter(user=user, email="second@example.com").exists()


def test_a_link_elsewhere_does_not_go_on_with_what_was_sent(an_hour_later):
    """Somebody is asked to confirm, gives up, and signs in with a passkey later."""
    path = an_hour_later.client.post("/accounts/email/", ADD_ADDRESS)["Location"]
    an_hour_later.client.get(path)
    assert an_hour_later.login(start={"purpose": "confirm"}).status_code == 200

    for link in (path, f"{path}&asked="):
        assert an_hour_later.client.get(link)["Location"] == "/accounts/email/"

    assert not EmailAddress.objects.filter(email="second@example.com").exists()


def test_confirm_access_offers_allauths_other_ways_too(an_hour_later):
    page = an_hour_later.client.get("/passkeys/reauthenticate/?next=/accounts/email/").content.decode()

    assert "<h1>Confirm Access</h1>" in " ".join(page.split()).replace("> ", ">").replace(" <", "<")
    assert 'href="/accounts/reauthenticate/?next=%2Faccounts%2Femail%2F"' in page.replace("&#x2F;", "/")


def test_who_has_just_signed_in_with_a_passkey_is_not_asked(registered, user):
    registered.login()

    registered.client.post("/accounts/email/", ADD_ADDRESS)

    assert EmailAddress.objects.filter(user=user, email="second@example.com").exists()


def test_a_passkey_an_hour_ago_does_not_count(registered):
    registered.login()

    with moved_clock(3600):
        response = registered.client.post("/accounts/email/", ADD_ADDRESS)

    assert response["Location"].startswith("/passkeys/reauthenticate/")


def test_without_a_passkey_allauths_own_page_comes_first(user):
    with moved_clock(-3600):
        browser = Browser().sign_in(user)

    response = browser.client.post("/accounts/email/", ADD_ADDRESS)

    assert response["Location"] == "/accounts/reauthenticate/?next=%2Faccounts%2Femail%2F"


def test_a_password_on_allauths_page_counts_here(user):
    """For somebody without a passkey. With one, a password has too little strength: see `test_policy.py`."""
    with moved_clock(-3600):
        browser = Browser().sign_in(user)
    assert refusal(browser.post("start-registration")) == (403, "reauthentication_required")

    browser.client.post("/accounts/reauthenticate/?next=/passkeys/", {"password": PASSWORD})

    assert browser.post("start-registration").status_code == 200


def test_a_wrong_password_on_allauths_page_does_not_count(an_hour_later):
    an_hour_later.client.post("/accounts/reauthenticate/?next=/passkeys/", {"password": "wrong"})

    assert refusal(an_hour_later.post("start-registration")) == (403, "reauthentication_required")


@pytest.fixture
def passwordless(user):
    """The browser of somebody who signed in an hour ago, at Google or so, and has neither password nor passkey."""
    with moved_clock(-3600):
        browser = Browser().sign_in(user)
    user.set_unusable_password()
    user.save()
    session = browser.client.session
    session["_auth_user_hash"] = user.get_session_auth_hash()
    session.save()
    SocialAccount.objects.create(user=user, provider="google", uid="1")
    return browser


def test_a_code_confirms_for_both(passwordless, user):
    EmailAddress.objects.create(user=user, email="ada@example.com", verified=True, primary=True)
    client = passwordless.client

    page = client.get("/passkeys/confirm/?next=/passkeys/").content.decode()
    (link,) = re.findall(r'href="([^"]*)"\s*>\s*Send me a sign-in code', page)
    page = client.post(link, {"recipient": "ada@example.com"})["Location"]
    code = re.search(r"^[A-Z0-9-]{4,}$", mail.outbox[-1].body, re.MULTILINE)[0]
    response = client.post(page, {"code": code})

    assert response["Location"] == "/passkeys/"
    assert passwordless.post("start-registration").status_code == 200


def test_who_cannot_confirm_in_any_way_signs_in_again(passwordless, user):
    client = passwordless.client
    response = client.post("/accounts/email/", ADD_ADDRESS)
    assert response["Location"] == "/passkeys/confirm/?next=%2Faccounts%2Femail%2F"
    page = client.get(response["Location"]).content.decode()
    (button,) = re.findall(r'name="(\w+)" class="[^"]*button-quiet', page)
    response = client.post(response["Location"], {button: ""})
    assert response["Location"] == "/accounts/login/?next=%2Faccounts%2Femail%2F"
    assert passwordless.user_id is None

    client.force_login(user, "allauth.account.auth_backends.AuthenticationBackend")
    client.post("/accounts/email/", ADD_ADDRESS)

    assert EmailAddress.objects.filter(user=user, email="second@example.com").exists()


def test_nobody_gets_past_confirm_access_without_an_answer(an_hour_later, user):
    an_hour_later.client.post("/accounts/email/", ADD_ADDRESS)
    for path in ("/passkeys/reauthenticate/?next=/accounts/email/", "/passkeys/"):
        assert an_hour_later.client.get(path).status_code == 200

    assert not EmailAddress.objects.filter(email="second@example.com").exists()


def test_strangers_are_led_to_the_login_page():
    response = Browser().client.get("/passkeys/reauthenticate/")

    assert response["Location"] == "/accounts/login/?next=/passkeys/reauthenticate/"


def test_a_step_that_confirms_nothing_does_not_count(an_hour_later, user):
    """allauth sends the signal also when, for example, somebody connects a social account."""
    request = request_of(an_hour_later)

    authentication_step_completed.send(sender=type(user), request=request, user=user, method="socialaccount")

    assert not is_recently_authenticated(request)
