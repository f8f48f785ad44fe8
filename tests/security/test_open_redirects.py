"""D16: nobody is led anywhere else, whatever `next` says."""

import json
import re
from urllib.parse import parse_qs

import pytest
from django.test import Client
from django.urls import include, path

from passkeys_django.login import PasskeyLoginView
from tests.conftest import PASSWORD, Browser, credentials_of
from tests.support.open_redirects import HOSTILE_NEXT

pytestmark = pytest.mark.django_db
hostile = pytest.mark.parametrize("url", HOSTILE_NEXT, ids=ascii)
LOGIN, NOT_NOW = "/accounts/login/", "/passkeys/not-now"

urlpatterns = [
    path("accounts/login/", PasskeyLoginView.as_view(), name="login"),
    path("passkeys/", include("passkeys_django.urls")),
]


@pytest.fixture(autouse=True)
def _site(settings):
    settings.ROOT_URLCONF = __name__
    settings.LOGIN_REDIRECT_URL = "/home/"


def test_d16_the_list_has_at_least_thirty_forms():
    assert len(set(HOSTILE_NEXT)) >= 30


@hostile
def test_d16_a_login_with_a_passkey_leads_nowhere_else(registered, url):
    credential = registered.authenticator.get(registered.request_options())

    response = registered.client.post(
        "/passkeys/finalize-login", credential, content_type="application/json", query_params={"next": url}
    )

    assert response.status_code == 200, response.content
    assert response.json() == {"redirect_url": "/home/"}


@hostile
def test_d16_not_now_leads_nowhere_else(signed_in, url):
    response = signed_in.client.post(NOT_NOW, {"next": url})

    assert (response.status_code, response["Location"]) == (302, "/home/")


@hostile
def test_d16_a_login_with_a_password_leads_nowhere_else(client, user, url):
    response = client.post(LOGIN, {**credentials_of(user), "next": url})

    assert (response.status_code, response["Location"]) == (302, "/home/")


@hostile
def test_d16_the_login_page_keeps_no_other_address(client, url):
    """The script's address carries it, escaped, to finalize-login, which checks it as above."""
    page = client.get(LOGIN, {"next": url}).content.decode()

    assert re.search(r'<input type="hidden" name="next" value="([^"]*)"', page)[1] == ""
    config = json.loads(re.search(r'<script id="passkeys-config"[^>]*>(.*?)</script>', page)[1])
    path, _, query = config["urls"]["finalizeLogin"].partition("?")
    assert path == "/passkeys/finalize-login"
    assert parse_qs(query, keep_blank_values=True) == ({"next": [url]} if url else {})


def test_d16_the_last_next_of_several_counts_and_is_checked(registered):
    both = [("/inside/", "//evil.example"), ("//evil.example", "/inside/")]

    urls = [registered.login(query=f"?next={first}&next={last}").json()["redirect_url"] for first, last in both]

    assert urls == ["/home/", "/inside/"]


def test_d16_a_next_in_the_body_is_ignored(registered):
    credential = registered.authenticator.get(registered.request_options())

    response = registered.post(
        "finalize-login", {**credential, "next": "/inside/", "redirect_url": "//evil.example"}
    )

    assert response.json() == {"redirect_url": "/home/"}


def test_d16_the_host_of_the_request_is_no_way_out(registered, settings):
    """The browser of a person sends the site's own host: what ALLOWED_HOSTS does not name is refused before."""
    other = Browser(Client(headers={"host": "evil.example"}))
    other.authenticator = registered.authenticator

    assert other.post("start-login").status_code == 400


def test_d17_a_person_who_is_signed_in_is_led_from_the_login_page_once(client, user):
    """Django's own option, on our login view; the page where it leads is not the login page again."""
    client.login(**{**credentials_of(user), "password": PASSWORD})
    redirecting = PasskeyLoginView.as_view(redirect_authenticated_user=True)
    urlpatterns.append(path("again/", redirecting))
    try:
        responses = [client.get("/again/", {"next": url}) for url in ("/inside/", "//evil.example", "")]
    finally:
        urlpatterns.pop()

    assert [response["Location"] for response in responses] == ["/inside/", "/home/", "/home/"]


def test_d17_a_login_that_was_asked_for_by_the_login_page_ends_there(registered):
    """No loop: the answer is an address for the script, and our login page asks nobody who is signed in."""
    assert registered.login(query=f"?next={LOGIN}").json() == {"redirect_url": LOGIN}
    assert registered.client.get(LOGIN).status_code == 200
