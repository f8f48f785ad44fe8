"""The token (JWT) that every finalize returns, and the checks that the token must pass (RFC 8725)."""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import jwt
from django.conf import settings
from django.utils.crypto import salted_hmac

from ..protocol.base64url import base64url_decode

TOKEN_MAX_BYTES = 8 * 1024
LEEWAY = 30
"""Seconds by which the provider's clock may differ from ours."""
TOKEN_MAX_AGE = 600
"""Seconds: the longest time from `iat` to `exp`, and the oldest age of a token, whatever its `exp` says."""
EMBEDDED_TOKEN_AGE = 30
LOGIN_TYPE = "passkey-login+jwt"
REGISTRATION_TYPE = "passkey-registration+jwt"
_REQUIRED = ["sub", "cred", "aud", "iat", "exp"]


class InvalidToken(Exception):
    """We do not accept this token. The message names the broken rule and never contains the token."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Claims:
    """What a verified token says. `user_handle` is its `sub`; `issued_at` is in seconds since the epoch."""

    user_handle: bytes
    credential_id: str
    issued_at: int


def unverified_header(token: object) -> Mapping[str, Any]:
    """The token's header, which nobody has verified: use it only to choose the key. Raises InvalidToken."""
    if not isinstance(token, str) or len(token) > TOKEN_MAX_BYTES or token.count(".") != 2:
        raise InvalidToken("not a compact JWT of at most 8 kB")
    try:
        header = json.loads(base64url_decode(token.split(".")[0]))
    except (ValueError, RecursionError) as exc:
        raise InvalidToken("unreadable header") from exc
    if not isinstance(header, dict):
        raise InvalidToken("the header is not an object")
    return header


def verify(
    token: str,
    *,
    key: Any,
    algorithm: str,
    expected_audience: str,
    expected_type: str | None = None,
    expected_transaction: str | None = None,
) -> Claims:
    """The claims of a token that `key` signed with exactly this algorithm for exactly this relying party.

    Times may differ by `LEEWAY`. A token's lifetime and its age are each at most `TOKEN_MAX_AGE`. Hanko's
    transaction tokens have a `trans` claim: such a token cannot log in, and a login's token cannot confirm a
    transaction. Raises InvalidToken.
    """
    try:
        for part in str(token).split("."):
            base64url_decode(part)  # PyJWT forgives padding and stray characters (RFC 7515, section 2, does not)
        parts = jwt.decode_complete(
            token,
            key=key,
            algorithms=[algorithm],
            audience=expected_audience,
            leeway=LEEWAY,
            options={"require": _REQUIRED, "enforce_minimum_key_length": True},
        )
    except (jwt.PyJWTError, ValueError, TypeError, OverflowError, RecursionError) as exc:
        raise InvalidToken(f"{type(exc).__name__}: {exc}") from exc
    if expected_type is not None and parts["header"].get("typ") != expected_type:
        raise InvalidToken("wrong typ in the header")
    _check_transaction(parts["payload"], expected_transaction)
    return _claims(parts["payload"])


def _check_transaction(payload: Mapping[str, Any], expected: str | None) -> None:
    if expected is None and "trans" in payload:
        raise InvalidToken("the token of a transaction, not of a login")
    if expected is not None and payload.get("trans") != expected:
        raise InvalidToken("not the token of this transaction")


def _claims(payload: Mapping[str, Any]) -> Claims:
    if not isinstance(payload["sub"], str) or not isinstance(payload["cred"], str):
        raise InvalidToken("sub or cred is not a string")
    issued_at, expires_at = int(payload["iat"]), int(payload["exp"])
    if not 0 < expires_at - issued_at <= TOKEN_MAX_AGE:
        raise InvalidToken(f"a lifetime of {expires_at - issued_at} s")
    if issued_at < time.time() - TOKEN_MAX_AGE:
        raise InvalidToken("too old")
    return Claims(user_handle=_subject_bytes(payload["sub"]), credential_id=payload["cred"], issued_at=issued_at)


def _subject_bytes(subject: str) -> bytes:
    """The user handle (bytes) in `sub` (text). Bytes that are not UTF-8 stand in `sub` as lone surrogates."""
    try:
        return subject.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError as exc:
        raise InvalidToken("sub is not a user handle") from exc


def issue_embedded(*, token_type: str, user_handle: bytes, credential_id: str, audience: str) -> str:
    """The token of a ceremony that was finalized in this process. It lives 30 s and never leaves the server."""
    now = int(time.time())
    claims = {
        "sub": user_handle.decode("utf-8", "surrogateescape"),
        "cred": credential_id,
        "aud": audience,
        "iat": now,
        "exp": now + EMBEDDED_TOKEN_AGE,
    }
    key = _embedded_key(token_type, audience)
    return jwt.encode(claims, key, algorithm="HS256", headers={"typ": token_type})


def verify_embedded(token: str, *, token_type: str, audience: str) -> Claims:
    """The claims of a token from `issue_embedded`. Raises InvalidToken."""
    return verify(
        token,
        key=_embedded_key(token_type, audience),
        algorithm="HS256",
        expected_audience=audience,
        expected_type=token_type,
    )


def _embedded_key(token_type: str, audience: str) -> bytes:
    """A key derived from SECRET_KEY, different for each purpose and relying party."""
    return _derived(settings.SECRET_KEY, token_type, audience)


@lru_cache(maxsize=64)  # a login needs its key twice
def _derived(secret: str | bytes, token_type: str, audience: str) -> bytes:
    salt = f"passkeys_django.tokens.{token_type}"
    return salted_hmac(salt, audience, secret=secret, algorithm="sha256").digest()
