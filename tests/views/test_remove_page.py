"""The page that asks before a passkey is removed."""

import re
import uuid
from html import unescape
from uuid import UUID

import pytest
from django.test import Client
from django.urls import reverse

from passkeys_django.models import Passkey
from tests.conftest import PASSWORD, Browser, make_passkey, refusal

pytestmark = pytest.mark.django_db
GOOGLE = UUID("ea9b8d66-4d01-1d21-3ce4-b6b48cb575d4")


@pytest.fixture
def client(user):
    """A client in which `user` has just signed in."""
    return Browser().sign_in(user).client


@pytest.fixture
def passkey(user):
    return make_passkey(user)


def url_of(passkey):
    return reverse("passkeys:remove", args=[passkey.pk])


def login_page(passkey):
    return f"/accounts/login/?next=%2Fpasskeys%2F{passkey.pk}%2Fremove%2F"


def page_of(client, passkey):
    response = client.get(url_of(passkey))
    assert response.status_code == 200
    assert response["Cache-Control"] == "no-store"
    return unescape(response.content.decode())


def buttons(page):
    return re.findall(r"<button [^>]*>([^<]+)</button>", page)


def without_password(client, user):
    user.set_unusable_password()
    user.save()
    session = client.session
    session["_auth_user_hash"] = user.get_session_auth_hash()
    session.save()


def sign_in_long_ago(client):
    session = client.session
    session["_passkeys_authentication"] = {**session["_passkeys_authentication"], "at": 0}
    session.save()


def test_l7_asking_removes_nothing(client, passkey):
    for method in ("GET", "HEAD"):
        assert client.generic(method, url_of(passkey)).status_code == 200
    assert Passkey.objects.exists()


def test_l7_it_asks_with_one_button_and_a_way_back(client, passkey):
    page = page_of(client, passkey)

    assert "Remove “Laptop”?</h1>" in page
    assert buttons(page) == ["Remove"]
    assert f'<form method="post" action="{url_of(passkey)}"' in page
    assert re.search(r'<a [^>]*href="/passkeys/">Keep it</a>', page)


def test_its_button_removes(user, passkey):
    client = Browser(Client(enforce_csrf_checks=True)).sign_in(user).client
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page_of(client, passkey))[1]

    response = client.post(url_of(passkey), {"csrfmiddlewaretoken": token})

    assert response["Location"] == "/passkeys/"
    assert not Passkey.objects.exists()


def test_it_says_what_else_to_delete_and_where(client, user):
    passkey = make_passkey(user, name="Work", aaguid=GOOGLE)
    assert "A copy stays in Google Password Manager." in page_of(client, passkey)


def test_it_says_so_of_an_unknown_manager_too(client, passkey):
    assert "A copy stays in your password manager or on your device." in page_of(client, passkey)


def test_it_tells_that_it_is_the_passkey_of_this_login(registered):
    registered.login()
    assert "You are signed in with this passkey" in page_of(registered.client, Passkey.objects.get())


def test_l1_the_last_way_in_is_explained_and_has_no_button(client, user, passkey):
    without_password(client, user)

    page = page_of(client, passkey)

    assert "This is your only way to sign in." in page
    assert buttons(page) == []
    assert re.search(r'<a [^>]*href="/passkeys/">Back to your passkeys</a>', page)


def test_one_of_two_ways_in_can_go(client, user, passkey):
    without_password(client, user)
    make_passkey(user)

    assert buttons(page_of(client, passkey)) == ["Remove"]


def test_somebody_elses_passkey_is_not_found(client, other_user):
    assert client.get(url_of(make_passkey(other_user))).status_code == 404


def test_a_passkey_that_is_not_there_is_not_found(client):
    assert client.get(reverse("passkeys:remove", args=[uuid.uuid4()])).status_code == 404


def test_an_old_login_leads_to_the_confirm_page_and_from_there_back(client, user, passkey):
    sign_in_long_ago(client)

    response = client.get(url_of(passkey))

    confirm_page = login_page(passkey).replace("/accounts/login/", "/passkeys/confirm/")
    assert (response.status_code, response["Location"]) == (302, confirm_page)
    assert client.post(confirm_page, {"password": PASSWORD})["Location"] == url_of(passkey)
    assert buttons(page_of(client, passkey)) == ["Remove"]


@pytest.mark.parametrize("middleware", [[], ["django.contrib.auth.middleware.LoginRequiredMiddleware"]])
def test_whoever_is_not_signed_in_is_led_to_the_login_page_and_back(passkey, settings, middleware):
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, *middleware]

    response = Client().get(url_of(passkey))

    assert (response.status_code, response["Location"]) == (302, login_page(passkey))


def test_a_script_gets_problems_instead(client, passkey):
    sign_in_long_ago(client)
    accept = {"Accept": "application/json"}

    assert refusal(client.get(url_of(passkey), headers=accept)) == (403, "reauthentication_required")
    assert refusal(Client().get(url_of(passkey), headers=accept)) == (401, "not_authenticated")
