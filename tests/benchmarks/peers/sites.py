"""The sites that are compared: the same Django project, with one way in each."""

import os
from dataclasses import dataclass, field, replace
from typing import Any

RP_ID = "testserver"
ORIGIN = f"https://{RP_ID}"
PASSWORD_BACKEND = "django.contrib.auth.backends.ModelBackend"
OURS, OURS_REDIS, OTP_WEBAUTHN, PASSWORD = "passkeys_django", "passkeys_django_redis", "otp_webauthn", "password"


@dataclass(frozen=True, kw_only=True)
class Site:
    """`start` and `finalize` are the paths of a login's two requests; `urls` is included under `/site/`."""

    label: str
    start: str
    finalize: str
    urls: str = ""
    apps: tuple[str, ...] = ()
    middleware: tuple[str, ...] = ()
    backends: tuple[str, ...] = (PASSWORD_BACKEND,)
    settings: dict[str, Any] = field(default_factory=dict)


SITES = {
    OURS: Site(
        label="passkeys_django",
        start="/site/start-login",
        finalize="/site/finalize-login",
        urls="passkeys_django.urls",
        apps=("passkeys_django",),
        backends=(PASSWORD_BACKEND, "passkeys_django.backends.PasskeyBackend"),
        settings={
            "PASSKEY_RP_ID": RP_ID,
            "PASSKEY_ORIGINS": [ORIGIN],
            # Counted, but never reached.
            "PASSKEY_RATE_LIMITS": {"start-login": "1000000/m", "finalize-login": "1000000/m"},
        },
    ),
    OTP_WEBAUTHN: Site(
        label="django-otp-webauthn",
        start="/site/authentication/begin/",
        finalize="/site/authentication/complete/",
        urls="django_otp_webauthn.urls",
        apps=("django_otp", "django_otp_webauthn"),
        middleware=("django_otp.middleware.OTPMiddleware",),
        backends=(PASSWORD_BACKEND, "django_otp_webauthn.backends.WebAuthnBackend"),
        settings={
            "OTP_WEBAUTHN_RP_ID": RP_ID,
            "OTP_WEBAUTHN_RP_NAME": RP_ID,
            "OTP_WEBAUTHN_ALLOWED_ORIGINS": [ORIGIN],
        },
    ),
    "allauth": Site(
        label="django-allauth",
        start="/site/2fa/webauthn/login/",
        finalize="/site/2fa/webauthn/login/",
        urls="allauth.urls",
        apps=("allauth", "allauth.account", "allauth.mfa"),
        middleware=("allauth.account.middleware.AccountMiddleware",),
        backends=("allauth.account.auth_backends.AuthenticationBackend",),
        settings={
            "MFA_SUPPORTED_TYPES": ["webauthn"],
            "MFA_PASSKEY_LOGIN_ENABLED": True,
            "MFA_RATE_LIMITS": False,  # their default is ten logins a minute
            "ACCOUNT_EMAIL_VERIFICATION": "none",
        },
    ),
    PASSWORD: Site(
        label="Django's password login",
        start="/accounts/login/",
        finalize="/accounts/login/",
    ),
    "hand_written": Site(
        label="written by hand, raw SQL",
        start="/site/start",
        finalize="/site/finalize",
        urls="tests.benchmarks.peers.hand_written",
    ),
}
_REDIS = {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": os.environ.get("REDIS_URL", "")}
SITES[OURS_REDIS] = replace(
    SITES[OURS],
    label="passkeys_django with Redis",
    settings=SITES[OURS].settings | {"CACHES": {"default": _REDIS}},
)


def compared_sites():
    """The names of all sites. Without REDIS_URL, our site that counts in Redis is left out."""
    return [name for name in SITES if name != OURS_REDIS or "REDIS_URL" in os.environ]
