"""People who registered with another package: its tables, with rows as it writes them."""

import json
import os
import secrets
import uuid
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from passkeys_django.imports import django_allauth, django_two_factor_auth
from passkeys_django.protocol import cbor
from passkeys_django.protocol.authenticator_data import parse_attestation
from passkeys_django.protocol.base64url import base64url_decode, base64url_encode
from tests.conftest import Browser
from tests.imports.tables import (
    ATTESTATIONS,
    AUTHENTICATORS,
    CREDENTIALS,
    HANDLES,
    MFA_AUTHENTICATORS,
    MFA_HANDLES,
    PASSKEYS,
    TABLES,
    USER_KEYS,
    WEBAUTHN_DEVICES,
)

collect_ignore = [] if os.environ.get("TEST_IMPORTS") else ["packages"]  # `make imports`


@pytest.fixture(scope="session")
def _foreign_tables(django_db_setup, django_db_blocker):
    """Outside of the tests' transactions: some databases commit whenever a table is made."""
    with django_db_blocker.unblock(), connection.schema_editor() as editor:
        for table in TABLES:
            editor.create_model(table)
    yield
    with django_db_blocker.unblock(), connection.schema_editor() as editor:
        for table in TABLES:
            editor.delete_model(table)


@pytest.fixture
def foreign_tables(_foreign_tables, db):
    """All there, and empty."""


@pytest.fixture
def migrated(foreign_tables):
    """A function: note that migrations of django-otp-webauthn were applied, by name and moment."""

    def note(**moments):
        recorder = MigrationRecorder(connection).Migration.objects
        for name, moment in moments.items():
            recorder.create(app="django_otp_webauthn", name=name, applied=moment)

    return note


def registration(browser, handle, **overrides):
    """What a browser answers to some other package's options for a user of this handle."""
    options = {
        "rp": {"id": overrides.get("rp_id", "testserver")},
        "user": {"id": base64url_encode(handle)},
        "challenge": base64url_encode(secrets.token_bytes(32)),
        "pubKeyCredParams": [{"type": "public-key", "alg": browser.authenticator.algorithm}],
        "extensions": {"credProps": True},
    }
    return browser.authenticator.create(options, **overrides)


@pytest.fixture
def at_otp_webauthn(foreign_tables):
    """A function: a browser whose authenticator registered with django-otp-webauthn, and the row of it."""

    def register(user, *, handle=None, attestation=True, authenticator=(), overrides=(), **columns):
        browser = Browser(**dict(authenticator))
        if handle is None:
            handle = secrets.token_bytes(64)
            stored = HANDLES.objects.get_or_create(user_id=user.pk, defaults={"handle_hex": handle.hex()})[0]
            handle = bytes.fromhex(stored.handle_hex)
        answer = registration(browser, handle, **dict(overrides))
        data = base64url_decode(answer["response"]["attestationObject"])
        said, aaguid, public_key = parse_attestation(data, credential_id=base64url_decode(answer["id"]))
        facts = {
            "name": "",
            "credential_id": base64url_decode(answer["id"]),
            "public_key": public_key,
            "transports": answer["response"]["transports"],
            "sign_count": said.sign_count,
            "backup_eligible": said.backup_eligible,
            "backup_state": said.backup_state,
            "aaguid": str(aaguid),
            "discoverable": True,
        }
        row = CREDENTIALS.objects.create(user_id=user.pk, **facts | columns)
        if attestation:
            ATTESTATIONS.objects.create(credential_id=row.pk, fmt="none", data=data, client_data_json=b"{}")
        return browser, row

    return register


@pytest.fixture
def at_allauth(foreign_tables):
    """A function: a browser whose authenticator registered with django-allauth, and the row of it."""

    def register(user, *, change=lambda data: None, authenticator=(), overrides=(), **columns):
        browser = Browser(**dict(authenticator))
        answer = registration(browser, django_allauth.user_handle(user.pk), **dict(overrides))
        data = json.loads(json.dumps({"name": "Master key", "credential": answer}))
        change(data)
        facts = {"type": "webauthn", "data": data, "created_at": "2024-09-01T12:00:00Z"}
        return browser, AUTHENTICATORS.objects.create(user_id=user.pk, **facts | columns)

    return register


MOMENT = datetime(2024, 9, 1, 12, tzinfo=UTC)
"""When all of them registered, unless a test says otherwise."""


def attested(answer):
    """The attested credential data in a browser's answer, and the signature counter."""
    data = cbor.decode(base64url_decode(answer["response"]["attestationObject"]))["authData"]
    return data[37:], int.from_bytes(data[33:37])


@pytest.fixture
def at_passkeys(foreign_tables):
    """A function: a browser whose authenticator registered with django-passkeys, and the row of it."""

    def register(user, *, authenticator=(), overrides=(), **columns):
        browser = Browser(**dict(authenticator))
        answer = registration(browser, user.get_username().encode(), **dict(overrides))
        token = base64url_encode(attested(answer)[0])
        facts = {"name": "Apple", "added_on": MOMENT, "credential_id": answer["id"], "token": token}
        return browser, PASSKEYS.objects.create(user_id=user.pk, **facts | columns)

    return register


@pytest.fixture
def at_mfa2(foreign_tables):
    """A function: a browser whose authenticator registered with django-mfa2, and the row of it."""

    def register(user, *, authenticator=(), overrides=(), **columns):
        browser = Browser(**dict(authenticator))
        answer = registration(browser, user.get_username().encode(), **dict(overrides))
        properties = {"device": base64url_encode(attested(answer)[0]), "type": "none"}
        facts = {"username": user.get_username(), "properties": properties, "user_handle": answer["id"]}
        facts |= {"added_on": getattr(user, "date_joined", MOMENT) + timedelta(days=1), "key_type": "FIDO2"}
        return browser, USER_KEYS.objects.create(**facts | columns)

    return register


@pytest.fixture
def at_mfa(foreign_tables):
    """A function: a browser whose authenticator registered with django-mfa, and the row of it."""

    def register(user, *, change=lambda data: None, authenticator=(), overrides=(), **columns):
        browser = Browser(**dict(authenticator))
        stored = MFA_HANDLES.objects.get_or_create(user_id=user.pk, defaults={"handle": uuid.uuid4()})[0]
        answer = registration(browser, str(stored.handle).encode(), **dict(overrides))
        raw, sign_count = attested(answer)
        data = {
            "credential_id": base64url_decode(answer["id"]).hex(),
            "credential_data": raw.hex(),
            "sign_count": sign_count,
            "resident": answer["clientExtensionResults"]["credProps"]["rk"],
            "transports": answer["response"]["transports"],
        }
        change(data)
        facts = {"type": "webauthn", "name": "Blue key", "data": data, "created_at": MOMENT}
        return browser, MFA_AUTHENTICATORS.objects.create(user_id=user.pk, **facts | columns)

    return register


@pytest.fixture
def at_two_factor(foreign_tables):
    """A function: a browser whose authenticator registered with django-two-factor-auth, and the row of it."""

    def register(user, *, authenticator=(), overrides=(), **columns):
        browser = Browser(**dict(authenticator))
        answer = registration(browser, django_two_factor_auth.user_handle(user.pk), **dict(overrides))
        raw, sign_count = attested(answer)
        public_key = base64url_encode(raw[18 + len(base64url_decode(answer["id"])) :])
        facts = {"name": "default", "created_at": MOMENT, "sign_count": sign_count}
        facts |= {"key_handle": answer["id"], "public_key": public_key}
        return browser, WEBAUTHN_DEVICES.objects.create(user_id=user.pk, **facts | columns)

    return register
