"""docs/json.md: each example has the members of a real request or answer, with values of the same kind."""

import json
import re
from pathlib import Path

import pytest

from tests.conftest import Browser, moved_clock

PAGE = (Path(__file__).parents[2] / "docs" / "json.md").read_text(encoding="utf-8")
EXAMPLES = {
    title: json.loads(text)
    for title, text in re.findall(r'^```json title="([^"]+)"\n(.*?)^```$', PAGE, re.DOTALL | re.MULTILINE)
}
pytestmark = pytest.mark.django_db


def shape(value):
    """The members, and what kind of value each has."""
    if isinstance(value, dict):
        return {name: shape(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [shape(inner) for inner in value[:1]]
    return type(value).__name__


def is_shown(title, value):
    """Is this what the example looks like?"""
    assert shape(EXAMPLES[title]) == shape(value)


def is_exactly(title, response):
    """Is this the very answer?"""
    assert EXAMPLES[title] == response.json()


@pytest.fixture
def member(signed_in, settings):
    """Somebody signed in, with a passkey on another device."""
    settings.PASSKEY_CONFIRM_METHOD = "any"
    assert signed_in.register().status_code == 201
    signed_in.confirm().authenticator.credentials.clear()
    return signed_in


def test_a_registration_looks_like_this(member):
    options = member.creation_options()
    credential = member.authenticator.create(options)

    is_shown("start-registration: answer", options)
    is_shown("finalize-registration: request", credential)
    is_shown("finalize-registration: answer", member.post("finalize-registration", credential).json())


def test_a_login_looks_like_this(registered):
    options = registered.request_options()
    credential = registered.authenticator.get(options)

    is_shown("start-login: answer", options)
    is_shown("finalize-login: request", credential)
    is_exactly("finalize-login: answer", registered.post("finalize-login", credential, query="?next=/cart/"))


def test_the_list_looks_like_this(registered):
    registered.login()

    listed = registered.client.get("/passkeys/", headers={"Accept": "application/json"})

    is_shown("list: answer", listed.json())


def test_the_csrf_token_looks_like_this(client):
    is_shown("csrf-token: answer", client.get("/passkeys/csrf-token").json())


def test_what_comes_afterwards_looks_like_this(member, user):
    assert member.register().status_code == 201
    rename = f"{user.passkeys.get(use_count=0).pk}/rename/"
    renamed = member.post(rename, EXAMPLES["rename: request"], accept="application/json")
    confirmed = member.post("confirm/", EXAMPLES["confirm: request"], query="?next=/", accept="application/json")

    assert renamed.json()["name"] == EXAMPLES["rename: request"]["name"]
    is_shown("finalize-registration: answer", renamed.json())
    is_exactly("confirm: answer", confirmed)
    is_shown("accepted-credentials: answer", member.post("accepted-credentials").json())


def test_a_refusal_looks_like_this(registered):
    is_exactly("a refusal", registered.login(tamper_signature=True))


def test_a_refusal_of_an_unknown_passkey_looks_like_this(registered):
    user = {"id": "AAAA", "name": "x", "displayName": "x"}
    algorithms = [{"type": "public-key", "alg": -7}]
    rp = {"id": "testserver", "name": "x"}
    other = Browser(registered.client)
    other.authenticator.create(
        {"publicKey": {"rp": rp, "user": user, "challenge": "AAAA", "pubKeyCredParams": algorithms}}
    )

    is_exactly("a refusal of an unknown passkey", other.login())


def test_a_refusal_because_nobody_is_signed_in_looks_like_this(browser):
    is_exactly("a refusal because nobody is signed in", browser.post("start-registration"))


def test_a_refusal_for_want_of_a_recent_login_looks_like_this(user):
    with moved_clock(-301):
        browser = Browser().sign_in(user)

    is_exactly("a refusal for want of a recent login", browser.post("start-registration"))


def test_no_example_is_left_out():
    source = Path(__file__).read_text(encoding="utf-8")

    assert [title for title in EXAMPLES if source.count(f'"{title}"') == 0] == []
