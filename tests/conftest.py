"""What all tests share: people, browsers with authenticators, and the whole way through both ceremonies."""

import json

import pytest
from django.contrib.auth import get_user_model
from django.core.cache import cache
from django.test import Client

from passkeys_django.testing import SoftwareAuthenticator
from passkeys_django.testing.hanko import FakeHanko, in_process

ORIGIN = "https://testserver"
PASSWORD = "correct horse battery staple"
HANKO_URL = "https://passkeys.example"


class Browser:
    """A browser with an authenticator, at the JSON endpoints."""

    def __init__(self, client=None, **authenticator):
        self.client = client or Client()
        self.authenticator = SoftwareAuthenticator(origin=ORIGIN, **authenticator)

    def post(self, name, body=None, *, query="", **headers):
        data = "" if body is None else body if isinstance(body, str | bytes) else json.dumps(body)
        return self.client.post(f"/passkeys/{name}{query}", data, content_type="application/json", headers=headers)

    def creation_options(self, body=None):
        response = self.post("start-registration", body)
        assert response.status_code == 200, response.content
        return response.json()

    def request_options(self, body=None):
        response = self.post("start-login", body)
        assert response.status_code == 200, response.content
        return response.json()

    def register(self, *, start=None, **overrides):
        return self.post(
            "finalize-registration", self.authenticator.create(self.creation_options(start), **overrides)
        )

    def login(self, *, start=None, query="", **overrides):
        return self.post(
            "finalize-login", self.authenticator.get(self.request_options(start), **overrides), query=query
        )

    def sign_in(self, user):
        """Sign in by password, as a site's own login does."""
        self.client.logout()
        assert self.client.login(**credentials_of(user))
        return self

    def other_browser(self):
        """Another browser in front of the same authenticator: a synced passkey on a second device."""
        other = Browser()
        other.authenticator = self.authenticator
        return other

    @property
    def user_id(self):
        return self.client.session.get("_auth_user_id")


def credentials_of(user):
    return {"username": user.get_username(), "password": PASSWORD}


def make_user(name="ada", **fields):
    model = get_user_model()
    if model.USERNAME_FIELD == "email":
        name = f"{name}@example.com"
    return model.objects.create_user(name, password=PASSWORD, **fields)


@pytest.fixture(autouse=True)
def _fresh_cache():
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def user(db):
    return make_user()


@pytest.fixture
def other_user(db):
    return make_user("grace")


@pytest.fixture
def browser():
    return Browser()


@pytest.fixture
def signed_in(user):
    """A browser in which `user` has just signed in by password."""
    return Browser().sign_in(user)


@pytest.fixture
def registered(signed_in):
    """A browser whose authenticator holds a passkey of `user`; signed out."""
    response = signed_in.register()
    assert response.status_code == 201, response.content
    signed_in.client.logout()
    return signed_in


def hanko_settings(tenant, **options):
    """PASSKEY_PROVIDERS for a tenant of a fake Hanko."""
    return {
        "default": {
            "PROVIDER": "passkeys_django.providers.hanko.HankoProvider",
            "OPTIONS": {"tenant_id": tenant.id, "api_key": tenant.api_key, "base_url": HANKO_URL, **options},
        }
    }


@pytest.fixture
def fake_hanko():
    """A fake Hanko that answers at HANKO_URL; whatever it could not cope with fails the test."""
    fake = FakeHanko()
    with in_process(fake, HANKO_URL):
        yield fake
    assert fake.errors == []


@pytest.fixture
def tenant(fake_hanko):
    return fake_hanko.create_tenant(rp_id="testserver", origins=[ORIGIN])


@pytest.fixture
def hanko_site(fake_hanko, tenant, settings):
    """From now on the site's ceremonies run at the fake."""
    settings.PASSKEY_PROVIDERS = hanko_settings(tenant)
    return fake_hanko
