"""No credential of 64 KiB takes more than 0.1 s of CPU, whatever CBOR, JSON or text is in it."""

import hashlib
from functools import partial

import cbor2
import pytest

from passkeys_django.models import Passkey
from passkeys_django.testing.encoding import b64url, unb64url
from tests.benchmarks.costs import dumped, fitting
from tests.benchmarks.hostile_cbor import CBOR, KEYS
from tests.benchmarks.hostile_text import JSON, TEXTS
from tests.conftest import Browser
from tests.signup.test_signup import Newcomer

pytestmark = pytest.mark.django_db

RAW = 47_000
"""Bytes that are 63 kB in base64, so that a credential around them fits into a body."""


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
