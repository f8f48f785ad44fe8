"""Ceremonies in which the browser lies, and what has to become of that: a documented refusal and nothing else."""

import hashlib
import json

import cbor2
import pytest
from django.contrib.auth import get_user_model
from django.contrib.sessions.models import Session
from django.db import connection

from passkeys_django.models import Passkey, PasskeyEvent, RemovedPasskey, Tombstone, UserHandle
from passkeys_django.testing.encoding import b64url, cbor, unb64url
from tests.conftest import refusal

MODELS = (get_user_model(), Session, Passkey, UserHandle, RemovedPasskey, Tombstone)
TABLES = [connection.ops.quote_name(model._meta.db_table) for model in MODELS]
EVENTS = connection.ops.quote_name(PasskeyEvent._meta.db_table)


def _rows(cursor, query):
    cursor.execute(query)
    return sorted(cursor.fetchall(), key=repr)


class Attempt:
    """A ceremony in a browser that has been honest so far."""

    finalize = "finalize-login"
    start = None
    success = 200
    malformed = "invalid_credential"
    broken_rule = "login_failed"

    def __init__(self, browser, tenant, subtests):
        self.browser = browser
        self.tenant = tenant
        self.subtests = subtests

    def answer(self, **overrides):
        """A credential for a new challenge, not sent yet. `overrides` come under the signature."""
        return self.browser.authenticator.get(self.browser.request_options(self.start), **overrides)

    def forged(self, *, client_data=bytes, authenticator_data=bytes, **overrides):
        """A credential of which these functions changed the bytes, signed nevertheless."""
        credential = self.answer(**overrides)
        response = credential["response"]
        client = client_data(unb64url(response["clientDataJSON"]))
        data = authenticator_data(unb64url(response["authenticatorData"]))
        key = self.browser.authenticator.credentials[credential["id"]].key
        response["clientDataJSON"], response["authenticatorData"] = b64url(client), b64url(data)
        response["signature"] = b64url(key.sign(data + hashlib.sha256(client).digest()))
        return credential

    def send(self, credential):
        """As a browser: Django's test client goes on sending cookies that were deleted."""
        cookies = self.browser.client.cookies
        for name in [name for name, morsel in cookies.items() if morsel["max-age"] == 0]:
            del cookies[name]
        return self.browser.post(self.finalize, credential)

    def assert_refused(self, credential, code):
        """Refused with this code, and nothing is stored and no session opened."""
        before = self._everything()
        assert refusal(self.send(credential))[1] == code
        assert self._everything() == before

    def assert_each_refused(self, lies, code):
        """So is what each of these functions makes of a good credential, and the next, honest attempt succeeds."""
        for name, lie in lies.items():
            with self.subtests.test(name):
                self.assert_refused(lie(self.answer()), code)
        self.assert_accepted(self.answer())

    def assert_each_forgery_refused(self, lies, code):
        """As `assert_each_refused`, with the arguments of `forged`: the signature fits."""
        for name, lie in lies.items():
            with self.subtests.test(name):
                self.assert_refused(self.forged(**lie), code)
        self.assert_accepted(self.answer())

    def assert_accepted(self, credential):
        response = self.send(credential)
        assert response.status_code == self.success, response.content

    def _everything(self):
        """What a refusal leaves as it is: rows, the provider's copies, the session. The history holds refusals."""
        session = self.browser.client.cookies.get("sessionid")
        with connection.cursor() as cursor:  # thousands of attempts: the ORM would take half of the time
            rows = {table: _rows(cursor, f"SELECT * FROM {table}") for table in TABLES}  # noqa: S608
            history = _rows(cursor, f"SELECT COUNT(*) FROM {EVENTS} WHERE kind <> 'refused'")  # noqa: S608
        return {
            "rows": rows,
            "history": history,
            "copies": self.tenant and sorted(self.tenant.credentials),
            "session": session and session.value,
        }


class Login(Attempt):
    """By somebody who is not signed in."""


class Confirmation(Attempt):
    """By somebody who is signed in by password."""

    start = {"purpose": "confirm"}


class Registration(Attempt):
    """By somebody who is signed in by password and has no passkey yet."""

    finalize = "finalize-registration"
    success = 201
    broken_rule = "invalid_credential"

    def answer(self, **overrides):
        options = self.browser.creation_options(self.start)["publicKey"]
        options["excludeCredentials"] = []
        return self.browser.authenticator.create(options, **overrides)

    def forged(self, *, client_data=bytes, authenticator_data=bytes, attestation_object=bytes, **overrides):
        """Nothing is signed here."""
        credential = self.answer(**overrides)
        response = credential["response"]
        members = cbor2.loads(unb64url(response["attestationObject"]))
        members["authData"] = authenticator_data(members["authData"])
        response["attestationObject"] = b64url(attestation_object(cbor(members)))
        response["clientDataJSON"] = b64url(client_data(unb64url(response["clientDataJSON"])))
        return credential


def attempts(*names):
    """Only these of the `attempt` fixture's."""
    return pytest.mark.parametrize("attempt", names, indirect=True)


HERE = attempts("registration", "login")
"""For what is refused before anybody asks who verifies."""
LOGINS = attempts("login", "login at Hanko")
EVERY_LOGIN = attempts("login", "confirmation", "login at Hanko", "confirmation at Hanko")


def changed(credential, path, value):
    """The credential with one member replaced, or left out if the value is `...`."""
    *parents, name = path.split(".")
    target = credential
    for parent in parents:
        target = target[parent]
    if value is ...:
        del target[name]
    else:
        target[name] = value
    return credential


def member(name, value):
    """A function that replaces a member of a JSON object in UTF-8, or leaves it out if the value is `...`."""

    def edit(raw):
        return json.dumps(changed(json.loads(raw), name, value)).encode()

    return edit


def response(**members):
    """A function that replaces members of the response, or leaves them out where `...`."""

    def lie(credential):
        for name, value in members.items():
            changed(credential, f"response.{name}", value)
        return credential

    return lie


def client_data(edits):
    """Forgeries: edits of the bytes by name."""
    return {name: {"client_data": edit} for name, edit in edits.items()}


def objects(edits):
    """Forgeries: edits of the attestation object's bytes by name."""
    return {name: {"attestation_object": edit} for name, edit in edits.items()}
