"""docs/how-to/protocol-of-your-own.md: its views, as they stand there, and the exchange of the guide for Solid.

The guide's front end itself is played by `tests/browser/test_solid_guide.py`.
"""

import json

import pytest
from django.test import Client

from passkeys_django.models import Passkey
from passkeys_django.testing import SoftwareAuthenticator
from tests.conftest import ORIGIN, Browser
from tests.docs.how_to.pages import Page

PAGE = Page("protocol-of-your-own")
START = {"start": True, "finish": False, "credential": None}
OPTIONS = {"register": "createOptions", "login": "loginOptions"}
ANSWER = {"register": "credential", "login": "options"}
"""The names in the guide's source, as of 2026: src/pages/Dashboard.tsx, src/pages/Login.tsx and src/index.ts."""
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def shop(settings, monkeypatch):
    settings.ROOT_URLCONF = PAGE.install(monkeypatch, "shop/passkeys.py", "shop/urls.py")


@pytest.fixture
def client(user):
    """Somebody's browser, which checks CSRF as browsers of real sites do."""
    return Browser(Client(enforce_csrf_checks=True)).sign_in(user).client


@pytest.fixture
def authenticator():
    return SoftwareAuthenticator(origin=ORIGIN)


def post(client, url, body, origin=ORIGIN):
    """What `fetch` sends: the guide adds no header but the Content-Type, and browsers add Origin."""
    body = body if isinstance(body, str) else json.dumps(body)
    headers = {} if origin is None else {"Origin": origin}
    return client.post(f"/passkeys/{url}", body, content_type="application/json", headers=headers)


def start(client, url):
    response = post(client, url, START)
    assert list(response.json()) == [OPTIONS[url]], response.content
    return response.json()[OPTIONS[url]]


def finish(client, url, credential):
    return post(client, url, {"start": False, "finish": True, ANSWER[url]: credential})


def register(client, authenticator):
    return finish(client, "register", authenticator.create(start(client, "register")))


def test_the_guides_exchange_registers_a_passkey_and_signs_in_with_it(client, authenticator, user):
    assert register(client, authenticator).status_code == 200
    assert Passkey.objects.of(user).count() == 1

    client.logout()
    assert finish(client, "login", authenticator.get(start(client, "login"))).status_code == 200
    assert client.session["_auth_user_id"] == str(user.pk)


@pytest.mark.parametrize("name", ["credential", "assertion"])
def test_a_login_under_another_name_than_the_guides_is_refused(client, authenticator, name):
    register(client, authenticator)
    client.logout()
    credential = authenticator.get(start(client, "login"))
    assert post(client, "login", {"start": False, "finish": True, name: credential}).status_code == 400


def test_an_answer_is_good_once(client, authenticator):
    register(client, authenticator)
    answer = authenticator.get(start(client, "login"))
    cookies = {name: morsel.value for name, morsel in client.cookies.items() if name.startswith("passkey_")}
    assert finish(client, "login", answer).status_code == 200
    for name, value in cookies.items():
        client.cookies[name] = value

    assert finish(client, "login", answer).json()["code"] == "ceremony_used"


@pytest.mark.parametrize("body", ["", "[]", "{", '{"finish": true}', '{"finish": true, "options": 7}'])
def test_nonsense_is_refused_with_a_message_and_no_error(body):
    refused = post(Client(), "login", body)
    assert refused.status_code == 400
    assert refused.json()["message"]


def test_nobody_registers_without_signing_in():
    refused = post(Client(), "register", START)
    assert (refused.status_code, refused.json()["message"]) == (401, "Please sign in first.")


@pytest.mark.parametrize("url", ["register", "login"])
@pytest.mark.parametrize(
    "origin", [None, "null", "https://evil.example", f"{ORIGIN}.evil.example", "http://testserver"]
)
def test_a_page_of_another_origin_is_refused_before_anything_happens(client, url, origin):
    for body in START, {"start": False, "finish": True, ANSWER[url]: {}}:
        refused = post(client, url, body, origin=origin)
        assert (refused.status_code, refused.json()["code"]) == (403, "csrf_failed")
        assert not any(name.startswith("passkey_") for name in refused.cookies)


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded"])
def test_a_form_of_whatever_page_is_refused(client, kind):
    refused = client.post("/passkeys/login", json.dumps(START), content_type=kind, headers={"Origin": ORIGIN})
    assert refused.status_code == 415


def test_the_table_has_the_names_that_the_views_use():
    for names in OPTIONS, ANSWER:
        for url, name in names.items():
            assert f'"{name}": …' in PAGE.text, url


def test_the_page_names_the_origin_of_the_guides_front_end():
    settings = {"INSTALLED_APPS": [], "MIDDLEWARE": []}
    exec(PAGE.block("settings.py"), settings)
    assert settings["CORS_ALLOWED_ORIGINS"] == settings["PASSKEY_ORIGINS"] == ["http://localhost:5173"]
