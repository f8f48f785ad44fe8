"""No request of 64 KiB takes more than 0.1 s of CPU, whatever is in it: CBOR, JSON, or text."""

import hashlib
import importlib
import json
import pkgutil
import re
import time
from functools import partial
from itertools import product

import cbor2
import pytest
from django.core.validators import RegexValidator
from django.test import Client

import passkeys_django
from passkeys_django.models import Passkey
from passkeys_django.testing.encoding import b64url, unb64url
from tests.conftest import Browser
from tests.test_signup import FIELD, Newcomer

from .hostile_shapes import CBOR, JSON, KEYS, TEXTS, compressed_cookies, cookie_header

pytestmark = pytest.mark.django_db

LIMIT = 0.1
"""Seconds of CPU."""
RAW = 47_000
"""Bytes that are 63 kB in base64, so that a credential around them fits into a body."""
BODY = 65_000


def cpu(act, attempts=3):
    """Seconds that a call took, the least of a few: a garbage collection is nobody's fault."""
    least = float("inf")
    for _ in range(attempts):
        call = act()
        began = time.process_time()
        call()
        least = min(least, time.process_time() - began)
        if least < LIMIT / 2:
            break
    return least


class Costs:
    """What each shape cost, in seconds."""

    def __init__(self):
        self.by_name = {}

    def measure(self, name, act):
        self.by_name[name] = cpu(act)

    def check(self, figure, what):
        assert len(self.by_name) >= 40
        worst = max(self.by_name, key=self.by_name.get)
        figure(
            f"{what}: worst of {len(self.by_name)} shapes ({worst})",
            f"{self.by_name[worst] * 1000:.1f} ms",
            "100 ms",
        )
        assert {name: spent for name, spent in self.by_name.items() if spent > LIMIT} == {}


@pytest.fixture
def costs():
    return Costs()


# Each ceremony, with its cookie, so that all of the credential is read


class Login:
    endpoint = "finalize-login"

    def __init__(self, user):
        self.browser = Browser().sign_in(user)
        assert self.browser.register().status_code == 201
        self.browser.client.logout()

    def credential(self, **overrides):
        return self.browser.authenticator.get(self.browser.request_options(), **overrides)

    def with_cbor(self, item):
        """A credential whose extensions hold this item, signed."""
        credential = self.credential()
        response = credential["response"]
        data = unb64url(response["authenticatorData"])
        data = data[:32] + bytes([data[32] | 0x80]) + data[33:] + b"\xa1\x61x" + item
        digest = hashlib.sha256(unb64url(response["clientDataJSON"])).digest()
        key = self.browser.authenticator.credentials[credential["id"]].key
        response |= {"authenticatorData": b64url(data), "signature": b64url(key.sign(data + digest))}
        return credential


class Registration:
    endpoint = "finalize-registration"

    def __init__(self, user):
        self.browser = Browser().sign_in(user)

    def credential(self, **overrides):
        Passkey.objects.all().delete()
        return self.browser.authenticator.create(self.browser.creation_options(), **overrides)

    def with_cbor(self, item):
        """A credential whose attestation statement holds this item."""
        credential = self.credential()
        data = cbor2.loads(unb64url(credential["response"]["attestationObject"]))["authData"]
        members = b"\xa3\x63fmt\x66packed\x67attStmt\xa1\x61x" + item + b"\x68authData" + cbor2.dumps(data)
        credential["response"]["attestationObject"] = b64url(members)
        return credential


class Signup(Registration):
    endpoint = "finalize-signup"

    def __init__(self, user):
        self.browser = Newcomer()
        self.count = 0

    def credential(self, **overrides):
        self.count += 1
        return self.browser.answer(f"name{self.count}", **overrides)


@pytest.fixture(params=[Login, Registration, Signup], ids=lambda kind: kind.endpoint)
def ceremony(request, user):
    return request.param(user)


def sending(ceremony, make):
    """What makes a credential, and gives the call that sends it."""

    def act():
        body = dumped(make())
        assert len(body.encode()) <= 65_536
        return partial(ceremony.browser.post, ceremony.endpoint, body)

    return act


def test_w2_cbor_of_any_shape_is_cheap(ceremony, costs, figure):
    for name, shape in CBOR.items():
        costs.measure(name, sending(ceremony, partial(ceremony.with_cbor, shape(RAW))))

    costs.check(figure, f"{ceremony.endpoint}, CBOR")


@pytest.mark.parametrize("kind", [Registration, Signup], ids=lambda kind: kind.endpoint)
def test_w2_a_public_key_of_any_shape_is_cheap(kind, user, costs, figure):
    ceremony = kind(user)
    for name, shape in (CBOR | KEYS).items():
        costs.measure(name, sending(ceremony, partial(ceremony.credential, public_key=shape(RAW))))

    costs.check(figure, f"{ceremony.endpoint}, public key")


def test_w2_client_data_of_any_shape_are_cheap(ceremony, costs, figure):
    def with_client_data(raw):
        credential = ceremony.credential()
        credential["response"]["clientDataJSON"] = b64url(raw)
        return credential

    for name, shape in JSON.items():
        costs.measure(name, sending(ceremony, partial(with_client_data, shape(RAW - 300).encode())))

    costs.check(figure, f"{ceremony.endpoint}, client data")


ENDPOINTS = [
    *("start-login", "finalize-login", "start-signup", "finalize-signup"),
    *("start-registration", "finalize-registration", "accepted-credentials", "not-now"),
]


@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_w2_a_body_of_any_shape_is_cheap(endpoint, user, costs, figure):
    browser = Browser().sign_in(user)
    for name, shape in JSON.items():
        body = shape(BODY)
        costs.measure(name, lambda body=body: partial(browser.post, endpoint, body))

    costs.check(figure, f"{endpoint}, body")


# Text for regular expressions, and for all else that reads text

PLACES = {
    "id": lambda credential, text: credential | {"id": text, "rawId": text},
    "client data": lambda credential, text: respond(credential, clientDataJSON=text),
    "challenge": lambda credential, text: respond(
        credential, clientDataJSON=b64url(dumped({"type": "x", "origin": "x", "challenge": text}).encode())
    ),
    "origin": lambda credential, text: respond(
        credential, clientDataJSON=b64url(dumped({"type": "x", "origin": text, "challenge": "AAAA"}).encode())
    ),
    "transports": lambda credential, text: respond(credential, transports=[text]),
    "user handle": lambda credential, text: respond(credential, userHandle=text),
    "signature": lambda credential, text: respond(credential, signature=text),
}


def dumped(value):
    """JSON in which text takes no more bytes than it must."""
    return json.dumps(value, ensure_ascii=False)


def fitting(shape, size):
    """The shape as a text that takes so many bytes in JSON, or a sixth of that if much of it is escaped."""
    text = shape(size)
    return text if len(dumped(text).encode()) <= size + 2 else shape(size // 6)


def respond(credential, **members):
    return credential | {"response": credential["response"] | members}


@pytest.mark.parametrize("place", PLACES)
def test_w2_text_in_a_credential_is_cheap(ceremony, place, costs, figure):
    put = PLACES[place]
    size = 20_000 if place in ("id", "challenge", "origin") else 60_000  # it is there twice, or in base64 too
    for name, shape in TEXTS.items():
        text = fitting(shape, size)
        costs.measure(name, sending(ceremony, lambda text=text: put(ceremony.credential(), text)))

    costs.check(figure, f"{ceremony.endpoint}, {place}")


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
@pytest.mark.parametrize("path", ["start-login", "00000000-0000-4000-8000-000000000000/rename/", "confirm/"])
def test_w2_text_in_a_header_is_cheap(header, path, settings, costs, figure):
    settings.PASSKEY_TRUSTED_PROXIES = 2
    variable = header.upper().replace("-", "_")
    variable = variable if variable.startswith("CONTENT") else f"HTTP_{variable}"
    for name, shape in TEXTS.items():
        value = {variable: shape(HEADERS[header]).encode().decode("latin-1")}  # as servers hand it on
        costs.measure(name, lambda value=value: partial(post, path, **value))

    costs.check(figure, f"{path[-10:]}, {header}")


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
        if ".testing" in info.name or info.name.endswith("__main__"):
            continue
        for name, value in vars(importlib.import_module(info.name)).items():
            if isinstance(value, RegexValidator):
                value = value.regex
            if isinstance(value, re.Pattern):
                yield value, f"{info.name}.{name}"


PATTERNS = {where: pattern for pattern, where in dict(patterns()).items()}
SEARCHED = {
    "passkeys_django.ceremonies.signup._SURROGATES",
    "passkeys_django.hanko.guards._SURROGATE",
    "passkeys_django.models.passkey.validate_printable",
}
"""The others are matched from the start of a text only."""


def test_every_regular_expression_is_tried():
    assert "passkeys_django.base64url._ALPHABET" in PATTERNS
    assert "passkeys_django.models.passkey.validate_printable" in PATTERNS
    assert len(PATTERNS) >= 12


@pytest.mark.parametrize("where", PATTERNS)
def test_w2_every_regular_expression_is_cheap(where, costs, figure):
    pattern = PATTERNS[where]
    methods = [pattern.search] if where in SEARCHED else [pattern.match, pattern.fullmatch]
    for name, shape in TEXTS.items():
        text = shape(BODY)
        for method in methods:
            costs.measure(f"{name}, {method.__name__}", lambda text=text, method=method: partial(method, text))

    costs.check(figure, where.removeprefix("passkeys_django."))
