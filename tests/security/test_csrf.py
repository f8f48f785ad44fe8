"""D14: everything that changes something takes a token of this browser's, from a page of this site."""

import json
import re

import pytest
from django.test import Client

from passkeys_django.models import Passkey, PasskeyEvent
from tests.conftest import ORIGIN, Browser, make_passkey

pytestmark = pytest.mark.django_db
JSON = [
    "start-registration",
    "finalize-registration",
    "start-login",
    "finalize-login",
    "accepted-credentials",
    "start-signup",
    "finalize-signup",
]
FORMS = ["{}/rename/", "{}/remove/", "not-now"]
SITE_CSRF = "django.middleware.csrf.CsrfViewMiddleware"


@pytest.fixture(params=[True, False], ids=["with the site's middleware", "without"])
def victim(request, user, settings):
    """Somebody signed in, by https, in a browser that the check applies to."""
    if not request.param:
        settings.MIDDLEWARE = [path for path in settings.MIDDLEWARE if path != SITE_CSRF]
    browser = Browser(Client(enforce_csrf_checks=True, HTTP_REFERER=f"{ORIGIN}/passkeys/")).sign_in(user)
    make_passkey(user)
    return browser


def token_of(client):
    page = client.get("/passkeys/", secure=True).content.decode()
    return re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)[1]


def attack(url, browser, headers, accept="text/html"):
    """As a page elsewhere makes a browser post: a form, or a fetch with the cookies of the victim."""
    path = f"/passkeys/{url.format(Passkey.objects.get().pk)}"
    content_type = "application/json" if url in JSON else "application/x-www-form-urlencoded"
    body = json.dumps({"name": "Eve's"}) if url in JSON else "name=Eve%27s"
    return browser.client.post(
        path, body, content_type=content_type, secure=True, headers={"Accept": accept, **headers}
    )


ATTACKS = {
    "no token": {},
    "an empty token": {"X-CSRFToken": ""},
    "a made-up token": {"X-CSRFToken": "x" * 32},
    "a long token": {"X-CSRFToken": "x" * 64},
    "a token outside ASCII": {"X-CSRFToken": "\xfc" * 32},
    "the token of another browser": {"X-CSRFToken": "theirs"},
    "another origin": {"X-CSRFToken": "good", "Origin": "https://evil.example"},
    "a subdomain": {"X-CSRFToken": "good", "Origin": "https://evil.testserver"},
    "another scheme": {"X-CSRFToken": "good", "Origin": "http://testserver"},
    "another port": {"X-CSRFToken": "good", "Origin": "https://testserver:8443"},
    "an opaque origin": {"X-CSRFToken": "good", "Origin": "null"},
    "a malformed origin": {"X-CSRFToken": "good", "Origin": "https://["},
    "another referer": {"X-CSRFToken": "good", "Referer": "https://evil.example/"},
    "a referer by http": {"X-CSRFToken": "good", "Referer": "http://testserver/passkeys/"},
    "a malformed referer": {"X-CSRFToken": "good", "Referer": "https://["},
    "an empty referer": {"X-CSRFToken": "good", "Referer": ""},
}


@pytest.mark.parametrize("headers", ATTACKS.values(), ids=ATTACKS)
@pytest.mark.parametrize("url", [*JSON, *FORMS])
def test_d14_a_post_from_elsewhere_changes_nothing(victim, other_user, url, headers):
    other = Browser(Client()).sign_in(other_user).client
    tokens = {"good": token_of(victim.client), "theirs": token_of(other)}
    headers = {**headers, "X-CSRFToken": tokens.get(headers.get("X-CSRFToken"), headers.get("X-CSRFToken", ""))}
    before = victim.client.session.session_key, PasskeyEvent.objects.count()

    response = attack(url, victim, headers)

    assert response.status_code == 403
    if url in JSON:
        assert response.json()["code"] == "csrf_failed"
    assert Passkey.objects.get().name == "Laptop"
    assert (victim.client.session.session_key, PasskeyEvent.objects.count()) == before
    assert not any(name.startswith("passkey_") for name in response.cookies)


@pytest.mark.parametrize("url", [*JSON, *FORMS])
def test_d14_a_post_from_a_page_of_the_site_gets_through(victim, url):
    response = attack(url, victim, {"X-CSRFToken": token_of(victim.client), "Origin": ORIGIN})

    assert response.status_code != 403
    assert url not in FORMS or response.status_code == 302


@pytest.mark.parametrize("url", [*JSON, *FORMS])
def test_d14_no_other_method_gets_around_the_token(victim, url):
    path = f"/passkeys/{url.format(Passkey.objects.get().pk)}"
    for method in ("PUT", "PATCH", "DELETE", "OPTIONS"):
        headers = {"X-HTTP-Method-Override": "POST", "Accept": "application/json"}
        response = victim.client.generic(method, f"{path}?_method=POST&name=x", secure=True, headers=headers)
        assert response.status_code in (403, 405)
    assert Passkey.objects.get().name == "Laptop"


def test_d14_nobody_is_signed_in_by_somebody_elses_page(victim, other_user):
    """Login CSRF: the attacker's own good answer, posted by the victim's browser."""
    eve = Browser().sign_in(other_user)
    assert eve.register().status_code == 201
    eve.client.logout()
    credential = eve.authenticator.get(eve.request_options())
    person = victim.user_id

    for cookies in ({}, {name: morsel.value for name, morsel in eve.client.cookies.items() if morsel.value}):
        victim.client.cookies.load({name: value for name, value in cookies.items() if name.startswith("passkey_")})
        response = victim.client.post(
            "/passkeys/finalize-login", json.dumps(credential), content_type="text/plain", secure=True
        )
        assert response.status_code == 403

    assert victim.user_id == person
