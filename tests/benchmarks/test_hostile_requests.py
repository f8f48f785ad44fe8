"""No request of 64 KiB takes more than 0.1 s of CPU, whatever JSON or text is in its body, headers or query."""

import importlib
import pkgutil
import re
from functools import partial
from itertools import product

import pytest
from django.core.validators import RegexValidator
from django.test import Client

import passkeys_django
from tests.benchmarks.costs import BODY, LIMIT, cpu, dumped, fitting
from tests.benchmarks.hostile_text import JSON, TEXTS, compressed_cookies, cookie_header
from tests.conftest import Browser
from tests.signup.test_signup import FIELD

pytestmark = pytest.mark.django_db

ENDPOINTS = [
    *("start-login", "finalize-login", "start-signup", "finalize-signup"),
    *("start-registration", "finalize-registration", "accepted-credentials", "not-now"),
    *("start-enrolment", "finalize-enrolment", "recover/", "second-step/"),
]


@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_w2_a_body_of_any_shape_is_cheap(endpoint, user, costs, figure):
    browser = Browser().sign_in(user)
    for name, shape in JSON.items():
        body = shape(BODY)
        costs.measure(name, lambda body=body: partial(browser.post, endpoint, body))

    costs.check(figure, f"{endpoint}, body")


@pytest.mark.parametrize("endpoint", ["start-signup", "not-now", "start-login", "start-registration"])
def test_w2_text_in_a_body_is_cheap(endpoint, user, costs, figure):
    browser = Browser().sign_in(user)
    for name, shape in TEXTS.items():
        text = fitting(shape, BODY - 500)
        body = (
            dumped({FIELD: text})
            if endpoint == "start-signup"
            else dumped({"purpose": text, "mediation": text[:9]})
        )
        costs.measure(name, lambda body=body: partial(browser.post, endpoint, body))

    costs.check(figure, f"{endpoint}, text")


@pytest.mark.parametrize("member", ["username", "code", "password", "token"])
def test_w2_text_of_somebody_who_wants_back_in_is_cheap(member, db, costs, figure):
    whole = {"username": "ada", "code": "0k3m-a7wz-1hh2-9qxe", "password": "x"}
    for name, shape in TEXTS.items():
        text = fitting(shape, BODY - 500)
        body = dumped({"by_email": True, "token": text} if member == "token" else whole | {member: text})
        costs.measure(name, lambda body=body: partial(Browser().post, "recover/", body))

    costs.check(figure, f"recover/, {member}")


NOBODYS = "00000000-0000-4000-8000-000000000000/"
"""The path of a passkey that is not there."""
HEADERS = {
    "Accept": BODY,
    "Referer": BODY,
    "Origin": BODY,
    "Content-Length": BODY,
    "X-Forwarded-For": BODY,
    "X-CSRFToken": BODY,
    "Content-Type": 8_000,  # Django reads it before any view, and servers take no longer header
}


@pytest.mark.parametrize("header", HEADERS)
@pytest.mark.parametrize("path", ["start-login", f"{NOBODYS}rename/", "confirm/"])
def test_w2_text_in_a_header_is_cheap(header, path, settings, costs, figure):
    settings.PASSKEY_TRUSTED_PROXIES = 2
    variable = header.upper().replace("-", "_")
    variable = variable if variable.startswith("CONTENT") else f"HTTP_{variable}"
    for name, shape in TEXTS.items():
        value = {variable: shape(HEADERS[header]).encode().decode("latin-1")}  # as servers hand it on
        costs.measure(name, lambda value=value: partial(post, path, **value))

    costs.check(figure, f"{path.removeprefix(NOBODYS)}, {header}")


def post(path, **variables):
    Client().post(f"/passkeys/{path}", "{}", content_type="application/json", **variables)


@pytest.mark.parametrize("path", ["start-login", "confirm/", "signup/"])
def test_w2_text_in_a_query_is_cheap(path, user, settings, costs, figure):
    settings.PASSKEY_SIGNUP_FORM = "passkeys_django.signup.ConfirmedSignupForm"
    client = Browser().sign_in(user).client
    method = client.post if path == "start-login" else client.get
    for name, shape in TEXTS.items():
        for member in ("next=", "token=", ""):
            query = {"QUERY_STRING": member + shape(BODY).encode().decode("latin-1")}
            costs.measure(f"{name} in {member}", lambda query=query: partial(method, f"/passkeys/{path}", **query))

    costs.check(figure, f"{path}, query")


def test_w2_text_in_an_address_to_sign_up_with_is_cheap(settings, costs, figure):
    settings.PASSKEY_SIGNUP_FORM = "passkeys_django.signup.ConfirmedSignupForm"
    form = "application/x-www-form-urlencoded"
    for name, shape in TEXTS.items():
        body = b"address=" + shape(BODY).encode()
        costs.measure(name, lambda body=body: partial(Client().post, "/passkeys/signup/", body, content_type=form))

    costs.check(figure, "signup/, address")


def test_w2_thousands_of_cookies_are_cheap(figure):
    for endpoint, shape in product(ENDPOINTS, (cookie_header, compressed_cookies)):
        cookies = shape(BODY)
        spent = cpu(lambda endpoint=endpoint, cookies=cookies: partial(post, endpoint, HTTP_COOKIE=cookies))
        figure(f"{endpoint}, {shape.__name__}", f"{spent * 1000:.1f} ms", "100 ms")
        assert spent <= LIMIT


def patterns():
    """Every compiled regular expression of the package, and those in its validators, by where it stands."""
    for info in pkgutil.walk_packages(passkeys_django.__path__, "passkeys_django."):
        if ".testing" in info.name or ".contrib" in info.name or info.name.endswith("__main__"):
            continue
        for name, value in vars(importlib.import_module(info.name)).items():
            if isinstance(value, RegexValidator):
                value = value.regex
            if isinstance(value, re.Pattern):
                yield value, f"{info.name}.{name}"


PATTERNS = {where: pattern for pattern, where in dict(patterns()).items()}
SEARCHED = ("_LONE_SURROGATES", "validate_printable")
"""The others are matched from the start of a text only."""


def test_every_regular_expression_is_tried():
    assert "passkeys_django.protocol.base64url._ALPHABET" in PATTERNS
    assert {where.rpartition(".")[2] for where in PATTERNS} >= {*SEARCHED}
    assert len(PATTERNS) >= 12


@pytest.mark.parametrize("where", PATTERNS)
def test_w2_every_regular_expression_is_cheap(where, costs, figure):
    pattern = PATTERNS[where]
    methods = [pattern.search] if where.rpartition(".")[2] in SEARCHED else [pattern.match, pattern.fullmatch]
    for name, shape in TEXTS.items():
        text = shape(BODY)
        for method in methods:
            costs.measure(f"{name}, {method.__name__}", lambda text=text, method=method: partial(method, text))

    costs.check(figure, where.removeprefix("passkeys_django."))
