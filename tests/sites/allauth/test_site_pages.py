"""Passkeys on allauth's pages, and our pages in allauth's layout."""

import json
import re

import pytest
from allauth.account.models import EmailAddress

from passkeys_django.models import Passkey
from tests.conftest import PASSWORD, Browser

pytestmark = pytest.mark.django_db


def text_of(page):
    assert page.status_code == 200, page
    return page.content.decode()


def title_of(page):
    return " ".join(re.search(r"<title>(.*?)</title>", text_of(page), re.DOTALL)[1].split())


def test_our_pages_have_a_title_and_allauths_menu(registered):
    registered.login()
    paths = {
        "/passkeys/": "Your passkeys",
        "/passkeys/confirm/": "Confirm it&#x27;s you",
        f"/passkeys/{Passkey.objects.get().pk}/remove/": "Remove a passkey",
        "/passkeys/reauthenticate/": "Confirm Access",
    }
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("passkeys_django.contrib.allauth.views.has_shown_passkey", lambda request: False)
        pages = {path: registered.client.get(path) for path in paths}

    assert {path: title_of(page).replace("'", "&#x27;") for path, page in pages.items()} == paths
    for page in pages.values():
        assert "/accounts/logout/" in text_of(page)
        assert "passkeys.css" in text_of(page)


def test_the_login_page_takes_passkeys_by_button_and_autofill(client):
    page = text_of(client.get("/accounts/login/?next=/wanted/"))

    (field,) = re.findall(r'<input[^>]* name="login"[^>]*>', page)
    assert re.search(r'autocomplete="[^"]*webauthn"', field)
    assert re.search(r'<input type="hidden" name="passkey"[^>]* data-passkey-credential', page)
    assert "data-passkey-login" in page
    assert "passkeys.css" in page
    config = json.loads(re.search(r'id="passkeys-config"[^>]*>(.*?)</script>', page)[1])
    assert config["form"] == {"field": "passkey", "beside": "login", "action": "/accounts/login/?next=/wanted/"}


@pytest.mark.parametrize("path", ["/accounts/email/", "/accounts/password/change/", "/accounts/2fa/"])
def test_the_account_pages_lead_to_the_passkeys(signed_in, path):
    assert 'href="/passkeys/"' in text_of(signed_in.client.get(path))


def test_the_page_of_people_without_a_password_leads_to_the_passkeys_too(registered, user):
    user.set_unusable_password()
    user.save()
    registered.login()

    assert 'href="/passkeys/"' in text_of(registered.client.get("/accounts/password/set/"))


def test_who_signs_up_may_create_a_passkey_at_once(settings, db):
    settings.ACCOUNT_SIGNUP_REDIRECT_URL = "/passkeys/"
    browser = Browser()
    form = {"email": "new@example.com", "password1": PASSWORD, "password2": PASSWORD}

    response = browser.client.post("/accounts/signup/", form)

    assert response["Location"] == "/passkeys/"
    assert "data-passkey-register" in text_of(browser.client.get("/passkeys/"))
    assert browser.register().status_code == 201
    browser.client.logout()
    assert browser.login().status_code == 200
    assert EmailAddress.objects.get().user_id == Passkey.objects.get().user_id


OURS = "passkeys_django.contrib.allauth.adapter.AccountAdapter"


@pytest.fixture
def social_only(settings):
    settings.SOCIALACCOUNT_ONLY = True
    settings.ROOT_URLCONF = "tests.sites.allauth.urls_social"


def test_where_people_sign_in_elsewhere_only_a_passkey_signs_in_too(registered, user, social_only):
    page = text_of(registered.client.get("/accounts/login/"))
    assert "data-passkey-login" in page
    assert 'name="login"' not in page

    assert registered.login().json() == {"redirect_url": "/"}

    assert registered.user_id == str(user.pk)


@pytest.mark.parametrize("path", ["/passkeys/", "/passkeys/confirm/", "/passkeys/reauthenticate/"])
@pytest.mark.parametrize("adapter", ["allauth.account.adapter.DefaultAccountAdapter", OURS])
def test_our_pages_need_no_page_of_allauths_for_passwords(signed_in, social_only, settings, path, adapter):
    settings.ACCOUNT_ADAPTER = adapter

    text_of(signed_in.client.get(path))
