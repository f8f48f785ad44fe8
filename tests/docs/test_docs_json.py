"""docs/json.md: each example has the members of a real request or answer, with values of the same kind."""

import json
import re
from datetime import timedelta
from pathlib import Path

import pytest

from passkeys_django.enrolment import make_enrolment
from tests.conftest import Browser, credentials_of, moved_clock

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


def test_what_a_front_end_asks_for_looks_like_this(client):
    answer = client.get("/passkeys/script-config").json()
    shown = EXAMPLES["script-config: answer"]["texts"]
    assert shown.items() <= answer["texts"].items()

    is_shown("script-config: answer", answer | {"texts": shown})


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


@pytest.fixture
def staff(user, settings):
    """Somebody with a security key, of whom a second step is asked; signed out."""
    browser = Browser().sign_in(user)
    assert browser.register(start={"kind": "security-key"}).status_code == 201
    browser.client.logout()
    settings.ROOT_URLCONF = "tests.second_step.urls"
    settings.PASSKEY_POLICY = {"everybody": {"password": "second-step"}}
    settings.AUTHENTICATION_BACKENDS = [
        "passkeys_django.backends.PolicyModelBackend",
        "passkeys_django.backends.PasskeyBackend",
    ]
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, "passkeys_django.middleware.PasskeyPolicyMiddleware"]
    fresh = Browser()  # with the new middleware
    fresh.authenticator = browser.authenticator
    return fresh


def test_a_second_step_looks_like_this(staff, user):
    due = staff.client.post("/login/", credentials_of(user), headers={"accept": "application/json"})
    token = due.json()["token"]
    start = EXAMPLES["start-login for a second step: request"]
    options = staff.post("start-login", start | {"token": token})

    example = EXAMPLES["a login form whose second step is due"]
    assert due.json() | {"token": example["token"]} == example
    assert example["token"] == start["token"]
    assert options.json()["publicKey"]["allowCredentials"]


def test_a_session_that_waits_looks_like_this(staff, user):
    staff.client.get(f"/logs-in/?user={user.pk}")

    is_exactly(
        "a session whose second step is due",
        staff.client.get("/passkeys/", headers={"accept": "application/json"}),
    )


def test_an_enrolment_looks_like_this(browser, user):
    is_exactly("a refusal of a link", browser.post("start-enrolment"))
    _enrolment, secret = make_enrolment(user, reason="invitation", valid_for=timedelta(days=1))
    browser.client.get(f"/passkeys/enrol/{secret}/")
    credential = browser.authenticator.create(browser.post("start-enrolment").json())

    is_exactly("finalize-enrolment: answer", browser.post("finalize-enrolment", credential, query="?next=/"))


def test_recovery_looks_like_this(signed_in, user):
    made = signed_in.post("recovery-codes/", accept="application/json")
    left = signed_in.client.get("/passkeys/recovery-codes/", headers={"accept": "application/json"})
    sent = {"username": user.get_username(), "code": made.json()["codes"][0]}
    recovered = signed_in.post("recover/", EXAMPLES["recover: request"] | sent, accept="application/json")

    is_shown("new recovery codes: answer", made.json())
    assert made.status_code == 201
    is_shown("recovery-codes: answer", left.json())
    is_exactly("recover: answer", recovered)


def test_recovery_by_email_looks_like_this(user):
    type(user).objects.update(**{user.get_email_field_name(): "ada@example.com"})
    browser = Browser().sign_in(user)

    answer = browser.post("recover/", EXAMPLES["recover by e-mail: request"], accept="application/json")

    is_shown("recover by e-mail: answer", answer.json())
    assert answer.status_code == 202


def test_no_example_is_left_out():
    source = Path(__file__).read_text(encoding="utf-8")

    assert [title for title in EXAMPLES if source.count(f'"{title}"') == 0] == []
