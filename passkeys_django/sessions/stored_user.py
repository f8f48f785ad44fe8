"""A user whom a session or a token of ours names: found again, and only if the password is the same."""

from collections.abc import Iterator
from typing import Any

from django.contrib.auth import get_user_model, load_backend
from django.core.exceptions import ImproperlyConfigured, ValidationError


def find_stored_user(backend: str, key: str) -> Any:
    """The user with this primary key, as `get_user()` of this auth backend finds them. None if it does not."""
    try:
        return load_backend(backend).get_user(get_user_model()._meta.pk.to_python(key))
    except (ImportError, ImproperlyConfigured, ValidationError):
        return None


def auth_hashes(user: Any) -> Iterator[str]:
    """The session auth hash of the user, and those by the keys in SECRET_KEY_FALLBACKS, as Django accepts them."""
    yield user.get_session_auth_hash()
    yield from user.get_session_auth_fallback_hash()
