"""Checks of arguments before a call: values to which the server answers 500, or which it misunderstands or can
never undo.

Every function raises ValueError, and then nothing has been sent. If the server reports a broken rule properly, we
do not check that rule here. Trap numbers are those of the wire contract.
"""

import base64
import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from ...protocol.unicode_text import has_lone_surrogates

USER_ID_MAX = 64  # bytes; browsers refuse longer ids
NAME_MAX = 128  # code points of a username or display name
STORED_MAX = 255  # code points; the width of the server's columns
CREDENTIAL_ID_MAX = 191  # bytes
EXACT_MAX = 2**53  # the server reads numbers as float64

_ID = re.compile(r"[A-Za-z0-9_-]+")
_VISIBLE_ASCII = re.compile(r"[\x21-\x7e]+")
_MEMBERS = ("id", "rawId", "type", "authenticatorAttachment", "clientExtensionResults")


def text(name: str, value: str, *, limit: int = STORED_MAX) -> str:
    """Trap 18: refuse blank text, U+0000, lone surrogates and text over `limit` code points."""
    if not value.strip():
        raise ValueError(f"{name} must not be blank")
    if "\x00" in value or has_lone_surrogates(value):
        raise ValueError(f"{name} must not contain U+0000 or lone surrogates")
    if len(value) > limit:
        raise ValueError(f"{name} must not be longer than {limit} characters")
    return value


def user_id(value: str) -> str:
    """Trap 1: a user id of exactly 16 bytes can register but never log in. Browsers refuse over 64 bytes."""
    size = len(text("user_id", value).encode())
    if size == 16 or size > USER_ID_MAX:
        raise ValueError(f"user_id must have neither exactly 16 bytes nor over {USER_ID_MAX}; this one has {size}")
    return value


def new_user(handle: str, *, username: str, display_name: str | None, icon: str | None) -> dict[str, str]:
    """The body that starts a registration, without members that are None: the server refuses an empty icon."""
    names = {"username": username, "display_name": display_name}
    body = {name: text(name, value, limit=NAME_MAX) for name, value in names.items() if value is not None}
    if icon is not None:
        body["icon"] = text("icon", icon)
    return {"user_id": user_id(handle), **body}


def api_key(value: str | None) -> str:
    """An API key that is safe in a header. Blanks around the key are removed, as the server does.

    The error message never shows the key.
    """
    key = (value or "").strip()
    if not key:
        raise ValueError("this call needs an api_key")
    if not _VISIBLE_ASCII.fullmatch(key):
        raise ValueError("the api_key contains characters that no API key has")
    return key


def credential_id(value: str) -> str:
    """A credential id that is safe as a path segment without encoding."""
    if not _ID.fullmatch(value):
        raise ValueError("a credential id is base64url without padding")
    return value


def registration(credential: Mapping[str, Any]) -> dict[str, Any]:
    """Trap 4: drop repeated transports, and refuse an id over 191 bytes. Only known members are sent.

    The server stores the id from the attestation object: the caller must compare that id with `id` before.
    """
    body = _known(credential, ("clientDataJSON", "attestationObject", "transports"))
    if body["response"].get("transports") is not None:
        body["response"]["transports"] = list(dict.fromkeys(body["response"]["transports"]))
    return body


def authentication(credential: Mapping[str, Any]) -> dict[str, Any]:
    """Trap 4: refuse a user handle that is over 64 bytes, contains U+0000 or is not UTF-8.

    Any 16 raw bytes are allowed: the old form of a UUID.
    """
    body = _known(credential, ("clientDataJSON", "authenticatorData", "signature", "userHandle"))
    handle = body["response"].get("userHandle")
    if handle is not None:
        _user_handle(handle)
    return body


def with_user_handle(body: dict[str, Any], user_id: str) -> dict[str, Any]:
    """The body with the user handle. Browsers may omit the handle if the options named the credentials."""
    if not body["response"].get("userHandle"):
        body["response"]["userHandle"] = base64.urlsafe_b64encode(user_id.encode()).decode().rstrip("=")
    return body


def json_value(name: str, value: Any) -> Any:
    """Refuse values that the server would change silently before the user signs them.

    These are integers beyond 2**53, lone surrogates, infinities and NaN.
    """
    if isinstance(value, Mapping):
        return {json_value(name, key): json_value(name, inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [json_value(name, inner) for inner in value]
    if isinstance(value, str) and has_lone_surrogates(value):
        raise ValueError(f"{name} must not contain lone surrogates")
    if isinstance(value, int) and abs(value) > EXACT_MAX:
        raise ValueError(f"{name} must not contain integers beyond 2**53: they would lose digits")
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError(f"{name} must not contain infinities or NaN")
    return value


def uuid(name: str, value: UUID | str) -> str:
    """A UUID in the notation that every endpoint accepts. The text is safe as a path segment."""
    try:
        return str(UUID(str(value)))
    except ValueError:
        raise ValueError(f"{name} must be a UUID") from None


def moment(name: str, value: datetime) -> str:
    """The time in RFC 3339, in UTC. A time without a zone is refused, because its meaning is not clear."""
    if value.tzinfo is None:
        raise ValueError(f"{name} must be an aware datetime")
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _known(credential: Mapping[str, Any], members: tuple[str, ...]) -> dict[str, Any]:
    response = credential.get("response")
    if not isinstance(response, Mapping):
        raise ValueError("the credential has no response")
    for name in ("id", "rawId"):
        value = credential.get(name)
        if not isinstance(value, str) or len(decode(name, value)) > CREDENTIAL_ID_MAX:
            raise ValueError(f"{name} must be base64url of at most {CREDENTIAL_ID_MAX} bytes")
    return {
        **{name: credential[name] for name in _MEMBERS if name in credential},
        "response": {name: response[name] for name in members if name in response},
    }


def _user_handle(value: str) -> None:
    handle = decode("userHandle", value)
    if len(handle) == 16:
        return
    if len(handle) > USER_ID_MAX or b"\x00" in handle or not _is_utf8(handle):
        raise ValueError(f"userHandle must be UTF-8 of at most {USER_ID_MAX} bytes")


def _is_utf8(value: bytes) -> bool:
    try:
        value.decode()
    except UnicodeDecodeError:
        return False
    return True


def decode(name: str, value: str) -> bytes:
    """Decode base64url, with or without padding. The error message never shows the value."""
    try:
        return base64.b64decode(value.rstrip("=") + "=" * (-len(value.rstrip("=")) % 4), b"-_", validate=True)
    except ValueError:
        raise ValueError(f"{name} is not base64url") from None
