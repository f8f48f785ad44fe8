"""The tables of other packages, made by hand: the packages are not installed here."""

import json
import os
import secrets

import pytest
from django.apps.registry import Apps
from django.contrib.auth import get_user_model
from django.db import connection, models
from django.db.migrations.recorder import MigrationRecorder

from passkeys_django.imports import django_allauth
from passkeys_django.protocol.authenticator_data import parse_attestation
from passkeys_django.protocol.base64url import base64url_decode, base64url_encode
from tests.conftest import Browser

collect_ignore = [] if os.environ.get("TEST_IMPORTS") else ["packages"]  # `make imports`


def _table(name, /, **columns):
    meta = type("Meta", (), {"apps": Apps(), "app_label": "foreign_tests", "db_table": name})
    return type(name, (models.Model,), {"__module__": __name__, "Meta": meta, **columns})


def _user_key(**options):
    key = get_user_model()._meta.pk
    return (models.UUIDField if isinstance(key, models.UUIDField) else models.IntegerField)(**options)


CREDENTIALS = _table(
    "django_otp_webauthn_webauthncredential",
    id=models.BigAutoField(primary_key=True),
    user_id=_user_key(),
    name=models.CharField(max_length=64),
    confirmed=models.BooleanField(default=True),
    credential_type=models.CharField(max_length=32, default="public-key"),
    credential_id=models.BinaryField(max_length=1023),
    public_key=models.BinaryField(max_length=1023),
    transports=models.JSONField(default=list),
    sign_count=models.PositiveIntegerField(default=0),
    backup_eligible=models.BooleanField(default=False),
    backup_state=models.BooleanField(default=False),
    created_at=models.DateTimeField(null=True),
    last_used_at=models.DateTimeField(null=True),
    aaguid=models.CharField(max_length=36),
    credential_id_sha256=models.CharField(max_length=64),
    discoverable=models.BooleanField(null=True),
)
ATTESTATIONS = _table(
    "django_otp_webauthn_webauthnattestation",
    id=models.BigAutoField(primary_key=True),
    credential_id=models.BigIntegerField(unique=True),
    fmt=models.CharField(max_length=255),
    data=models.BinaryField(),
    client_data_json=models.BinaryField(),
)
HANDLES = _table(
    "django_otp_webauthn_webauthnuserhandle",
    user_id=_user_key(primary_key=True),
    handle_hex=models.CharField(max_length=128, unique=True),
)
AUTHENTICATORS = _table(
    "mfa_authenticator",
    id=models.BigAutoField(primary_key=True),
    user_id=_user_key(),
    type=models.CharField(max_length=20),
    data=models.JSONField(),
    created_at=models.DateTimeField(),
    last_used_at=models.DateTimeField(null=True),
)
TABLES = (CREDENTIALS, ATTESTATIONS, HANDLES, AUTHENTICATORS)


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
