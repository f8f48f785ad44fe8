"""The tables of other packages, made by hand after their migrations: the packages are not installed here."""

from django.apps.registry import Apps
from django.contrib.auth import get_user_model
from django.db import models


def table(name, /, **columns):
    meta = type("Meta", (), {"apps": Apps(), "app_label": "foreign_tests", "db_table": name})
    return type(name, (models.Model,), {"__module__": __name__, "Meta": meta, **columns})


def user_key(**options):
    key = get_user_model()._meta.pk
    return (models.UUIDField if isinstance(key, models.UUIDField) else models.IntegerField)(**options)


CREDENTIALS = table(
    "django_otp_webauthn_webauthncredential",
    id=models.BigAutoField(primary_key=True),
    user_id=user_key(),
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
ATTESTATIONS = table(
    "django_otp_webauthn_webauthnattestation",
    id=models.BigAutoField(primary_key=True),
    credential_id=models.BigIntegerField(unique=True),
    fmt=models.CharField(max_length=255),
    data=models.BinaryField(),
    client_data_json=models.BinaryField(),
)
HANDLES = table(
    "django_otp_webauthn_webauthnuserhandle",
    user_id=user_key(primary_key=True),
    handle_hex=models.CharField(max_length=128, unique=True),
)
AUTHENTICATORS = table(
    "mfa_authenticator",
    id=models.BigAutoField(primary_key=True),
    user_id=user_key(),
    type=models.CharField(max_length=20),
    data=models.JSONField(),
    created_at=models.DateTimeField(),
    last_used_at=models.DateTimeField(null=True),
)
PASSKEYS = table(
    "passkeys_userpasskey",
    id=models.AutoField(primary_key=True),
    name=models.CharField(max_length=255),
    enabled=models.BooleanField(default=True),
    platform=models.CharField(max_length=255, default=""),
    added_on=models.DateTimeField(),
    last_used=models.DateTimeField(null=True),
    credential_id=models.CharField(max_length=255, unique=True),
    token=models.CharField(max_length=255),
    user_id=user_key(),
)
USER_KEYS = table(
    "mfa_user_keys",
    id=models.AutoField(primary_key=True),
    username=models.CharField(max_length=50),
    properties=models.JSONField(null=True),
    added_on=models.DateTimeField(),
    key_type=models.CharField(max_length=25, default="TOTP"),
    enabled=models.BooleanField(default=True),
    expires=models.DateTimeField(null=True),
    last_used=models.DateTimeField(null=True),
    owned_by_enterprise=models.BooleanField(null=True),
    user_handle=models.CharField(max_length=255, null=True),
)
MFA_AUTHENTICATORS = table(
    "django_mfa_authenticator",
    id=models.BigAutoField(primary_key=True),
    type=models.CharField(max_length=32),
    name=models.CharField(max_length=100, blank=True),
    data=models.JSONField(default=dict),
    created_at=models.DateTimeField(),
    last_used_at=models.DateTimeField(null=True),
    user_id=user_key(),
)
MFA_HANDLES = table(
    "django_mfa_mfauserhandle",
    id=models.BigAutoField(primary_key=True),
    handle=models.UUIDField(unique=True),
    user_id=user_key(unique=True),
)
WEBAUTHN_DEVICES = table(
    "two_factor_webauthn_webauthndevice",
    id=models.AutoField(primary_key=True),
    name=models.CharField(max_length=64),
    confirmed=models.BooleanField(default=True),
    throttling_failure_timestamp=models.DateTimeField(null=True, default=None),
    throttling_failure_count=models.PositiveIntegerField(default=0),
    created_at=models.DateTimeField(),
    last_used_at=models.DateTimeField(null=True),
    public_key=models.TextField(),
    key_handle=models.TextField(),
    sign_count=models.IntegerField(),
    user_id=user_key(),
)
TABLES = (
    CREDENTIALS,
    ATTESTATIONS,
    HANDLES,
    AUTHENTICATORS,
    PASSKEYS,
    USER_KEYS,
    MFA_AUTHENTICATORS,
    MFA_HANDLES,
    WEBAUTHN_DEVICES,
)
