"""What must not be sent, because the server answers 500 to it, misunderstands it, or can never undo it.

Everything here raises ValueError and nothing has been sent then. Rules that the server itself reports properly are
left to it. Trap numbers are those of the wire contract.
"""

import base64
import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

USER_ID_MAX = 64  # bytes: browsers refuse more
NAME_MAX = 128  # code points, username and display name
STORED_MAX = 255  # code points, width of the server's columns
CREDENTIAL_ID_MAX = 191  # bytes
EXACT_MAX = 2**53  # the server reads numbers as float64

_ID = re.compile(r"[A-Za-z0-9_-]+")
_SURROGATE = re.compile("[\ud800-\udfff]")
_VISIBLE_ASCII = re.compile(r"[\x21-\x7e]+")
_MEMBERS = ("id", "rawId", "type", "authenticatorAttachment", "clientExtensionResults")


def text(name: str, value: str, *, limit: int = STORED_MAX) -> str:
    """Trap 18: blank text, U+0000, lone surrogates and over-long text (in code points)."""
    if not value.strip():
        raise ValueError(f"{name} must not be blank")
    if "\x00" in value or _SURROGATE.search(value):
        raise ValueError(f"{name} must not contain U+0000 or lone surrogates")
    if len(value) > limit:
        raise ValueError(f"{name} must not be longer than {limit} characters")
    return value


def user_id(value: str) -> str:
    """Trap 1: a user id of exactly 16 bytes can register and never log in. Over 64 bytes browsers refuse."""
    size = len(text("user_id", value).encode())
    if size == 16 or size > USER_ID_MAX:
        raise ValueError(f"user_id must not be exactly 16 bytes nor over {USER_ID_MAX}, this one has {size}")
    return value


def new_user(handle: str, *, username: str, display_name: str | None, icon: str | None) -> dict[str, str]:
    """The body of a registration's start; what was not given stays out, because an empty icon is refused."""
    names = {"username": username, "display_name": display_name}
    body = {name: text(name, value, limit=NAME_MAX) for name, value in names.items() if value is not None}
    if icon is not None:
        body["icon"] = text("icon", icon)
    return {"user_id": user_id(handle), **body}


def api_key(value: str | None) -> str:
    """A key fit for a header; blanks around it are dropped, as the server does. The message never shows it."""
    key = (value or "").strip()
    if not key:
        raise ValueError("this call needs an api_key")
    if not _VISIBLE_ASCII.fullmatch(key):
        raise ValueError("the api_key holds characters that no key has")
    return key


def credential_id(value: str) -> str:
    """An id that is safe as a path segment, unencoded."""
    if not _ID.fullmatch(value):
        raise ValueError("a credential id is base64url without padding")
    return value


def registration(credential: Mapping[str, Any]) -> dict[str, Any]:
    """Trap 4: a transport named twice, an id over 191 bytes. Only known members are sent on.

    The id that the server stores is the one in the attestation object: compare them before.
    """
    body = _known(credential, ("clientDataJSON", "attestationObject", "transports"))
    if body["response"].get("transports") is not None:
        body["response"]["transports"] = list(dict.fromkeys(body["response"]["transports"]))
    return body


def authentication(credential: Mapping[str, Any]) -> dict[str, Any]:
    """Trap 4: a user handle over 64 bytes, with U+0000, or not UTF-8 (16 raw bytes are the old form of a UUID)."""
    body = _known(credential, ("clientDataJSON", "authenticatorData", "signature", "userHandle"))
    handle = body["response"].get("userHandle")
    if handle is not None:
        _user_handle(handle)
    return body


def with_user_handle(body: dict[str, Any], user_id: str) -> dict[str, Any]:
    """The handle filled in, which browsers may omit if they were told which credentials to ask for."""
    if not body["response"].get("userHandle"):
        body["response"]["userHandle"] = base64.urlsafe_b64encode(user_id.encode()).decode().rstrip("=")
    return body


def json_value(name: str, value: Any) -> Any:
    """What the server would change silently before the user signs it: large integers and lone surrogates."""
    if isinstance(value, Mapping):
        return {json_value(name, key): json_value(name, inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [json_value(name, inner) for inner in value]
    if isinstance(value, str) and _SURROGATE.search(value):
        raise ValueError(f"{name} must not contain lone surrogates")
    if isinstance(value, int) and abs(value) > EXACT_MAX:
        raise ValueError(f"{name} must not contain integers beyond 2**53: they would lose digits")
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError(f"{name} must not contain infinities or NaN")
    return value


def uuid(name: str, value: UUID | str) -> str:
    """A UUID in the one notation that the server takes everywhere, safe as a path segment."""
    try:
        return str(UUID(str(value)))
    except ValueError:
        raise ValueError(f"{name} must be a UUID") from None


def moment(name: str, value: datetime) -> str:
    """RFC 3339 in UTC. A time without a zone would be anybody's guess."""
    if value.tzinfo is None:
        raise ValueError(f"{name} must be an aware datetime")
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _known(credential: Mapping[str, Any], members: tuple[str, ...]) -> dict[str, Any]:
    response = credential.get("response")
    if not isinstance(response, Mapping):
        raise ValueError("a credential without response")
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
    """base64url, padded or not. The message never shows the value."""
    try:
        return base64.b64decode(value.rstrip("=") + "=" * (-len(value.rstrip("=")) % 4), b"-_", validate=True)
    except ValueError:
        raise ValueError(f"{name} is not base64url") from None
