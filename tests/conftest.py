"""What all tests share: people, browsers with authenticators, and the whole way through both ceremonies."""

import json
import os
import secrets
import time
from contextlib import contextmanager
from functools import partial

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.signals import user_logged_in, user_login_failed
from django.core.cache import cache
from django.db import connection
from django.dispatch import receiver
from django.test import Client, override_settings
from django.test.signals import setting_changed, storages_changed
from django.urls import set_script_prefix

from passkeys_django import signals
from passkeys_django.cache import ForgivingCache
from passkeys_django.cache import cache as passkeys_cache
from passkeys_django.models import Passkey
from passkeys_django.protocol.base64url import base64url_encode
from passkeys_django.providers import get_provider
from passkeys_django.testing import SoftwareAuthenticator
from passkeys_django.testing.hanko import FakeHanko, in_process
from tests.providers.recording import RECORDING
from tests.support.secrets_watch import watching

collect_ignore = [] if os.environ.get("TEST_SERVERS") else ["servers"]  # `make servers`
ORIGIN = "https://testserver"
PASSWORD = "correct horse battery staple"
HANKO_URL = "https://passkeys.example"


@pytest.fixture(scope="session", autouse=True)
def _database_features(django_db_setup, django_db_blocker):
    """Whether it has JSON fields: `check` asks this too, and a test without `db` may be the first to run it."""
    with django_db_blocker.unblock():
        assert connection.features.supports_json_field


@receiver(setting_changed)
def follow_the_script_name(*, setting, value, **kwargs):
    """URLs follow FORCE_SCRIPT_NAME at once. Django keeps its static URL, and the next test would have it."""
    if setting == "FORCE_SCRIPT_NAME":
        set_script_prefix(f"{value or ''}/")
        storages_changed(setting="STATIC_URL")


class Browser:
    """A browser with an authenticator, at the JSON endpoints."""

    def __init__(self, client=None, **authenticator):
        self.client = client or Client()
        self.authenticator = SoftwareAuthenticator(origin=ORIGIN, **authenticator)

    def post(self, name, body=None, *, query="", **headers):
        data = "" if body is None else body if isinstance(body, str | bytes) else json.dumps(body)
        return self.client.post(f"/passkeys/{name}{query}", data, content_type="application/json", headers=headers)

    def creation_options(self, body=None):
        """For tests that are not about strength: the user of this authenticator confirms with it if they must."""
        response = self.post("start-registration", body)
        if response.status_code == 403 and self._could_confirm(response):
            self.confirm()
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

    def confirm(self, **overrides):
        """Confirm with the newest passkey of the authenticator, as on the page "Confirm it's you"."""
        response = self.login(start={"purpose": "confirm"}, **overrides)
        assert response.status_code == 200, response.content
        return self

    def _could_confirm(self, response):
        return response.json()["code"] == "reauthentication_required" and self.authenticator.credentials

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


def untold(user):
    """A browser in which the user has signed in by password. No event tells it, so tests see only their own."""
    with override_settings(PASSKEY_EVENTS=False):
        return Browser().sign_in(user)


def credentials_of(user):
    return {"username": user.get_username(), "password": PASSWORD}


def make_user(name="ada", **fields):
    model = get_user_model()
    if model.USERNAME_FIELD == "email":
        name = f"{name}@example.com"
    return model.objects.create_user(name, password=PASSWORD, **fields)


def make_passkey(user, **fields):
    """A stored passkey, as if registered long ago."""
    defaults = {
        "name": "Laptop",
        "rp_id": "testserver",
        "user_handle": b"h" * 43,
        "credential_id": base64url_encode(secrets.token_bytes(20)),
        "public_key": b"key",
        "backup_eligible": True,
    }
    return Passkey.objects.create(user=user, **defaults | fields)


@contextmanager
def listening(signal):
    received = []

    def receiver(**kwargs):
        received.append(kwargs)

    signal.connect(receiver)
    try:
        yield received
    finally:
        signal.disconnect(receiver)


@pytest.fixture(scope="session", autouse=True)
def secrets_watch():
    """Notes every secret and reads every log record of the whole run."""
    with watching() as watch:
        yield watch
        assert watch.take_leaks() == []


@pytest.fixture(autouse=True)
def _no_secret_is_logged(secrets_watch):
    yield
    assert secrets_watch.take_leaks() == []
    assert secrets_watch.take_broken_lines() == []


@pytest.fixture(autouse=True)
def _fresh_cache():
    vars(passkeys_cache).update(vars(ForgivingCache()))  # a dead one of another test is not left alone here
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
def superuser(db):
    """A client in which somebody who may do everything in the admin is signed in, which no event tells."""
    return untold(make_user("root", is_staff=True, is_superuser=True)).client


@pytest.fixture
def recording_provider(settings):
    """The default provider: it writes down what is asked of its copies."""
    settings.PASSKEY_PROVIDERS = {"default": RECORDING}
    return get_provider()


@pytest.fixture
def browser():
    return Browser()


@pytest.fixture
def signed_in(user):
    """A browser in which `user` has just signed in by password, which no event tells."""
    return untold(user)


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


DOCUMENTED_CODES = {
    "invalid_request": {400, 405, 413, 415},
    "invalid_credential": {400},
    "ceremony_not_found": {400},
    "ceremony_expired": {400},
    "ceremony_used": {409},
    "unknown_passkey": {403},
    "login_failed": {403},
    "csrf_failed": {403},
    "not_authenticated": {401},
    "reauthentication_required": {403},
    "acting_as_another": {403},
    "second_step_required": {403},
    "passkey_required": {403},
    "enrolment_invalid": {403},
    "enrolment_not_yet": {403},
    "recovery_failed": {403},
    "recovered_recently": {403},
    "passkey_exists": {409},
    "passkey_limit_reached": {409},
    "last_passkey": {409},
    "invalid_statement": {400},
    "signature_failed": {403},
    "statement_changed": {409},
    "already_signed": {409},
    "signing_failed": {500},
    "throttled": {429},
    "provider_unavailable": {503},
    "provider_error": {502},
}


def refusal(response):
    """Status and code of a problem document."""
    assert response["Content-Type"] == "application/problem+json", response.content
    document = response.json()
    assert document["status"] == response.status_code
    assert response.status_code in DOCUMENTED_CODES[document["code"]]
    return response.status_code, document["code"]


def ceremony_cookies(client):
    """The ceremony cookies that a browser would send, as name and value."""
    return {
        name: morsel.value
        for name, morsel in client.cookies.items()
        if name.startswith("passkey_") and morsel.value and morsel["max-age"] != 0
    }


def put_cookies(client, cookies):
    """Give the client these cookies, in place of those it has under the same names."""
    for name, value in cookies.items():
        client.cookies.pop(name, None)
        client.cookies[name] = value


@contextmanager
def moved_clock(seconds):
    """What happens inside happens so many seconds from now, for our own clocks."""
    real = time.time
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("passkeys_django.ceremonies.cookies.time.time", lambda: real() + seconds)
        yield


class Recorder:
    """What was sent to each signal, as a list of keyword arguments by signal name."""

    SIGNALS = {
        "passkey_registered": signals.passkey_registered,
        "passkey_used": signals.passkey_used,
        "passkey_removed": signals.passkey_removed,
        "passkey_login_failed": signals.passkey_login_failed,
        "user_logged_in": user_logged_in,
        "user_login_failed": user_login_failed,
    }

    def __init__(self):
        self.sent = {name: [] for name in self.SIGNALS}
        self.receivers = {name: partial(self._record, name) for name in self.SIGNALS}

    def _record(self, name, **kwargs):
        self.sent[name].append(kwargs)

    def __getitem__(self, name):
        return self.sent[name]

    def clear(self):
        for sent in self.sent.values():
            sent.clear()


@pytest.fixture
def sent():
    """Every signal of ours and of django.contrib.auth that is sent during the test."""
    recorder = Recorder()
    for name, signal in recorder.SIGNALS.items():
        signal.connect(recorder.receivers[name])
    yield recorder
    for name, signal in recorder.SIGNALS.items():
        signal.disconnect(recorder.receivers[name])


@pytest.fixture
def refusals_logged(caplog):
    """A function that gives the messages in our log so far."""
    caplog.set_level("INFO", logger="passkeys_django")
    return lambda: [record.getMessage() for record in caplog.records if record.name == "passkeys_django"]


@pytest.fixture
def deactivate(monkeypatch):
    """A function that makes a user one who may not log in, whatever the user model."""

    def make_inactive(user):
        model = type(user)
        if any(field.name == "is_active" for field in model._meta.get_fields()):
            model.objects.filter(pk=user.pk).update(is_active=False)
        else:
            monkeypatch.setattr(model, "is_active", False)

    return make_inactive


@pytest.fixture
def meanwhile(monkeypatch):
    """A function: what it is given happens just before the next compare-and-set of this manager class."""

    def interfere(manager, action):
        original, pending = manager.compare_and_set, [action]

        def compare_and_set(self, row, **changes):
            if pending:
                pending.pop()()
            return original(self, row, **changes)

        monkeypatch.setattr(manager, "compare_and_set", compare_and_set)

    return interfere
