"""A site with a signed form, and a person who signs."""

import json

import pytest

from passkeys_django.models import PasskeySignature
from passkeys_django.testing import sign
from tests.conftest import Browser, make_user

JSON = {"Accept": "application/json"}
DATA = {"to": "Grace", "amount": "12.50", "purpose": "Lunch", "note": "ours"}
URL = "/transfer/"


class Signer(Browser):
    """A browser in which somebody with a passkey is signed in, on the page with the signed form."""

    def start(self, data=DATA, **headers):
        return self.client.post(URL, data, headers={**JSON, **headers}, secure=True)

    def answer(self, options, **overrides):
        """The passkey's answer to the reply of `start`, as the form's field has it."""
        return json.dumps(self.authenticator.get(options, **overrides))

    def finish(self, answer, data=DATA, **headers):
        return self.client.post(URL, {**data, "passkey": answer}, headers={**JSON, **headers}, secure=True)

    def sign(self, data=DATA, **overrides):
        return sign(self.client, self.authenticator, URL, data, **overrides)

    def signed(self, data=DATA):
        """The stored signature."""
        response = self.sign(data)
        assert response.status_code == 201, response.content
        return PasskeySignature.objects.get(pk=response.json()["signature"])


def signer_of(user, **authenticator):
    signer = Signer(**authenticator).sign_in(user)
    assert signer.register().status_code == 201
    return signer


@pytest.fixture
def site(settings):
    settings.ROOT_URLCONF = "tests.signatures.site"


@pytest.fixture
def signer(site, user):
    return signer_of(user)


@pytest.fixture
def other_signer(site):
    return signer_of(make_user("grace"))
