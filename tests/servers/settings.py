"""The example project as docs/production.md says to run it. The environment names its services."""

from example_project.settings import *  # noqa: F403
from example_project.settings import DATABASES, env

ALLOWED_HOSTS = ["example.com"]
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # signing up is not what is measured
PASSKEY_RP_ID = "example.com"
PASSKEY_ORIGINS = ["https://example.com"]
PASSKEY_RATE_LIMITS = env.json("RATE_LIMITS", default=None)  # all the traffic comes from one address

DATABASES["default"] |= {"CONN_MAX_AGE": env.int("CONN_MAX_AGE", default=0), "CONN_HEALTH_CHECKS": True}
DATABASES["default"] |= env.json("DATABASE_SETTINGS", default={})
if env.str("REDIS_URL", default=""):
    CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": env.str("REDIS_URL"),
            "OPTIONS": {"socket_connect_timeout": 0.5, "socket_timeout": 0.5},  # seconds
        }
    }

if env.str("PASSKEY_TENANT_ID", default=""):
    # Shorter than the defaults, so that there is more than one outage in a short test.
    from example_project.settings import PASSKEY_PROVIDERS

    PASSKEY_PROVIDERS["default"]["OPTIONS"] |= {
        "read_timeout": env.float("READ_TIMEOUT", default=0.5),
        "pause_after_failure": 1.0,
    }

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "%(levelname)s %(name)s %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "root": {"handlers": ["console"], "level": "WARNING"},
}
