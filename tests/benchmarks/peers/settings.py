"""Settings of one site: what `startproject` writes, and what the site that SITE names needs."""

import os
from pathlib import Path

from tests.benchmarks.peers.sites import SITES

SITE_NAME = os.environ["SITE"]
SITE = SITES[SITE_NAME]
SERVER = os.environ.get("PEERS_SERVER", "gunicorn")
SECRET_KEY = "benchmarks-only"
ALLOWED_HOSTS = ["testserver"]
ROOT_URLCONF = "tests.benchmarks.peers.urls"
LOGIN_REDIRECT_URL = "/"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # with a real one, nothing else would count
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.sessions",
    *SITE.apps,
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    *SITE.middleware,
]
AUTHENTICATION_BACKENDS = list(SITE.backends)
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


def _sqlite(name):
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": Path(os.environ["PEERS_FOLDER"]) / f"{name}.sqlite3",
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE",
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL",
        },
    }


_CONNECTIONS = {
    "gunicorn": {"CONN_MAX_AGE": None, "OPTIONS": {}},
    "uvicorn": {"CONN_MAX_AGE": 0, "OPTIONS": {}},
    "uvicorn_pool": {"CONN_MAX_AGE": 0, "OPTIONS": {"pool": {"min_size": 2, "max_size": 20}}},
}


def _postgresql(name):
    """A schema for each site, in the database that the suite uses."""
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": os.environ.get("PGDATABASE", "passkeys"),
        "USER": os.environ.get("PGUSER", "passkeys"),
        "PASSWORD": os.environ.get("PGPASSWORD", "passkeys"),
        "HOST": os.environ.get("PGHOST", "127.0.0.1"),
        "PORT": os.environ.get("PGPORT", "5432"),
        "OPTIONS": {"options": f"-c search_path=peers_{name}"} | _CONNECTIONS[SERVER]["OPTIONS"],
        "CONN_MAX_AGE": _CONNECTIONS[SERVER]["CONN_MAX_AGE"],
    }


_database = _postgresql if os.environ.get("TEST_DATABASE") == "postgresql" else _sqlite
DATABASES = {"default": _database(f"{SITE_NAME}_{SERVER}")}
if os.environ.get("GROWTH"):
    DATABASES["large"] = _database("large")
    DATABASE_ROUTERS = ["tests.benchmarks.peers.router.Router"]
for _name, _value in SITE.settings.items():
    globals()[_name] = _value
