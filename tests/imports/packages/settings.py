"""Settings of one site before and after it moved: SITE is the package that it has, or `ours`."""

import os
from pathlib import Path

SITE = os.environ["SITE"]
ORIGIN = os.environ["ORIGIN"]
AUTH_USER_MODEL = os.environ["TEST_USER_MODEL"]
WITH_EMAIL = AUTH_USER_MODEL == "accounts.EmailUser"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
SECRET_KEY = "tests-only"
ALLOWED_HOSTS = ["localhost"]
ROOT_URLCONF = "tests.imports.packages.urls"
LOGIN_REDIRECT_URL = "/"
STATIC_URL = "/static/"
USE_TZ = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": os.environ["DATABASE"]}}

APPS = {
    "ours": ["passkeys_django"],
    "django-otp-webauthn-0.4": ["django_otp", "django_otp_webauthn", "rest_framework"],
    "django-otp-webauthn": ["django_otp", "django_otp_webauthn"],
    "django-allauth": ["allauth", "allauth.account", "allauth.mfa"],
    "django-passkeys": ["passkeys"],
    "django-mfa2": ["mfa"],
    "django-mfa": ["django_mfa"],
    "django-two-factor-auth": [
        "django_otp",
        "django_otp.plugins.otp_static",
        "django_otp.plugins.otp_totp",
        "two_factor",
        "two_factor.plugins.webauthn",
    ],
}
BACKENDS = {
    "ours": "passkeys_django.backends.PasskeyBackend",
    "django-otp-webauthn-0.4": "django_otp_webauthn.backends.WebAuthnBackend",
    "django-otp-webauthn": "django_otp_webauthn.backends.WebAuthnBackend",
    "django-allauth": "allauth.account.auth_backends.AuthenticationBackend",
    "django-passkeys": "passkeys.backend.PasskeyModelBackend",
    "django-mfa": "django_mfa.backends.WebAuthnBackend",
}
EXTRA_MIDDLEWARE = {
    "ours": ["passkeys_django.middleware.PasskeyPolicyMiddleware"],
    "django-otp-webauthn-0.4": ["django_otp.middleware.OTPMiddleware"],
    "django-otp-webauthn": ["django_otp.middleware.OTPMiddleware"],
    "django-allauth": ["allauth.account.middleware.AccountMiddleware"],
    "django-mfa": ["django_mfa.middleware.MfaMiddleware"],
    "django-two-factor-auth": ["django_otp.middleware.OTPMiddleware"],
}
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.sessions",
    *(["tests.support.accounts"] if WITH_EMAIL else []),
    *APPS[SITE],
]
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    *EXTRA_MIDDLEWARE.get(SITE, []),
]
AUTHENTICATION_BACKENDS = ["django.contrib.auth.backends.ModelBackend", *filter(None, [BACKENDS.get(SITE)])]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "DIRS": [Path(__file__).parents[2] / "support" / "templates"],
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]

PASSKEY_RP_ID = "localhost"
PASSKEY_ORIGINS = [ORIGIN]
PASSKEY_POLICY = {"everybody": {"password": "second-step"}}

OTP_WEBAUTHN_RP_ID = "localhost"
OTP_WEBAUTHN_RP_NAME = "Test"
OTP_WEBAUTHN_ALLOWED_ORIGINS = [ORIGIN]

MFA_SUPPORTED_TYPES = os.environ["MFA_TYPES"].split()
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_ALLOW_UNVERIFIED_EMAIL = True
ACCOUNT_EMAIL_VERIFICATION = "none"
EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"

FIDO_SERVER_ID = MFA_FIDO2_RP_ID = TWO_FACTOR_WEBAUTHN_RP_ID = "localhost"
FIDO_SERVER_NAME = TWO_FACTOR_WEBAUTHN_RP_NAME = "Test"
MFA_LOGIN_CALLBACK = "tests.imports.packages.views.sign_in"

if WITH_EMAIL:
    ACCOUNT_USER_MODEL_USERNAME_FIELD = None
    ACCOUNT_LOGIN_METHODS = {"email"}
    ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
