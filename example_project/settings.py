"""Settings of the example project: from the environment, else `.env`, else defaults for a developer's machine."""

from pathlib import Path

import django
import environ

from passkeys_django.environment import providers_from_environment

BASE_DIR = Path(__file__).resolve().parent.parent

env = environ.Env()
env.read_env(BASE_DIR / ".env")  # the environment has priority

DEBUG = env.bool("DJANGO_DEBUG", default=True)
# A fixed key, so that a restart signs nobody out; without DEBUG there is no default.
SECRET_KEY = env.str("DJANGO_SECRET_KEY", **({"default": "only-for-development"} if DEBUG else {}))
ALLOWED_HOSTS = env.list("DJANGO_ALLOWED_HOSTS", default=[])  # with DEBUG, Django accepts localhost

INSTALLED_APPS = [
    "passkeys_django.admin_config.PasskeyAdminConfig",  # for django.contrib.admin: staff use passkeys, too
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "passkeys_django",
    "example_project.transfers",  # a form that people sign with their passkey
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "passkeys_django.middleware.RemovedPasskeyMiddleware",  # people can end their other sessions
    "passkeys_django.middleware.PasskeyPolicyMiddleware",  # lets nobody pass who owes a second step
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "example_project.urls"
WSGI_APPLICATION = "example_project.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]

DATABASES = {"default": env.db_url("DATABASE_URL", default=f"sqlite:///{BASE_DIR / 'db.sqlite3'}")}
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # Writers wait for each other at their first statement. SQLite refuses at once a writer that has read before.
    DATABASES["default"]["OPTIONS"] = {"transaction_mode": "IMMEDIATE", "timeout": 20}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
# The console shows the e-mails that people would get.
if django.VERSION >= (6, 1):
    MAILERS = {"default": {"BACKEND": "django.core.mail.backends.console.EmailBackend"}}
else:
    EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"

AUTHENTICATION_BACKENDS = [
    "passkeys_django.backends.PolicyModelBackend",  # Django's ModelBackend under PASSKEY_POLICY
    "passkeys_django.backends.PasskeyBackend",
]
# Only one rule, so that it is easy to try things out. A real site needs the others, too.
AUTH_PASSWORD_VALIDATORS = [{"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"}]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "home"

LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_TZ = True
STATIC_URL = "static/"
STATICFILES_DIRS = [BASE_DIR / "example_project" / "static"]

PASSKEY_BASE_TEMPLATE = "base.html"
# Staff who have a passkey or a security key are asked for it after their password.
PASSKEY_POLICY = {
    "staff": {"password": "second-step"},
    "everybody": {"passkey": "optional", "password": "allowed"},
}
PASSKEY_SIGNUP_FORM = "passkeys_django.signup.PasskeySignupForm"
PASSKEY_RP_NAME = "Passkeys example"
# Without DEBUG, both are needed. With DEBUG, localhost is taken from the request.
PASSKEY_RP_ID = env.str("PASSKEY_RP_ID", default=None)
PASSKEY_ORIGINS = env.list("PASSKEY_ORIGINS", default=None)

# Hanko if the environment or `.env` names a tenant, else this site itself.
PASSKEY_PROVIDERS = providers_from_environment(allow_http=env.bool("PASSKEY_ALLOW_HTTP", default=False))
PASSKEY_LOCAL_FALLBACK = True
