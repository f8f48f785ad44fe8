"""docs/how-to/protocol-of-your-own.md: its views, as they stand there."""

import json

import pytest
from django.test import Client

from passkeys_django.models import Passkey
from passkeys_django.testing import SoftwareAuthenticator
from tests.conftest import ORIGIN, Browser
from tests.docs.how_to.pages import Page

PAGE = Page("protocol-of-your-own")
START = {"start": True, "finish": False, "credential": None}
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def shop(settings, monkeypatch):
    settings.ROOT_URLCONF = PAGE.install(monkeypatch, "shop/passkeys.py", "shop/urls.py")


def post(client, url, body, **headers):
    body = body if isinstance(body, str) else json.dumps(body)
    return client.post(f"/api/passkeys/{url}", body, content_type="application/json", headers=headers)


def finish(client, url, credential):
    return post(client, url, {"start": False, "finish": True, "credential": credential})


def test_both_ceremonies_go_over_one_url_each(user):
    client, authenticator = Browser().sign_in(user).client, SoftwareAuthenticator(origin=ORIGIN)

    created = finish(client, "register", authenticator.create(post(client, "register", START).json()))
    assert created.json() == {"ok": True}
    assert Passkey.objects.of(user).count() == 1

    client.logout()
    signed_in = finish(client, "login", authenticator.get(post(client, "login", START).json()))
    assert signed_in.json() == {"ok": True}
    assert client.session["_auth_user_id"] == str(user.pk)


def test_an_answer_is_good_once(user):
    client, authenticator = Browser().sign_in(user).client, SoftwareAuthenticator(origin=ORIGIN)
    finish(client, "register", authenticator.create(post(client, "register", START).json()))
    answer = authenticator.get(post(client, "login", START).json())
    cookies = {name: morsel.value for name, morsel in client.cookies.items() if name.startswith("passkey_")}
    finish(client, "login", answer)
    for name, value in cookies.items():
        client.cookies[name] = value

    assert finish(client, "login", answer).json()["code"] == "ceremony_used"


@pytest.mark.parametrize("body", ["", "[]", "{", '{"finish": true}', '{"finish": true, "credential": 7}'])
def test_nonsense_is_refused_and_no_error(body):
    assert post(Client(), "login", body).status_code == 400


def test_nobody_registers_without_signing_in():
    assert post(Client(), "register", START).json()["code"] == "not_authenticated"


def test_a_token_against_csrf_is_needed():
    assert post(Client(enforce_csrf_checks=True), "login", START).status_code == 403
