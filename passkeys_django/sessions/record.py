"""The record that a session holds about the last login or confirmation of its user."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

PASSKEY, SECURITY_KEY, PASSWORD, ENROLMENT, OTHER = "passkey", "security-key", "password", "enrolment", "other"
WEAK, STRONG = 1, 2
"""How strong a login is: see `Authentication.strength`."""


@dataclass(frozen=True, kw_only=True)
class Authentication:
    """The last login or confirmation of a session. `at` is in seconds since the epoch.

    `methods` are "password", "passkey", "security-key", "enrolment" (a link with which the passkey was created)
    and "other" (see PASSKEY_LOGIN_METHOD). A login with a second step has two of them.

    `amr` are the same facts in the words of RFC 8176: "pwd" a password; "user" somebody was present; "swk" a key
    that can be copied, as synced passkeys can; "hwk" a key that is bound to a device; "mfa" more than one factor.

    `attachment` is where the passkey was, as the browser says: "platform" (this device), "cross-platform" (a phone
    or a security key), or None.
    """

    user: str
    methods: tuple[str, ...]
    at: float
    passkey: str | None = None
    user_verified: bool = False
    attachment: str | None = None
    amr: tuple[str, ...] = ()

    @property
    def method(self) -> str:
        """The first of `methods`."""
        return self.methods[0]

    @property
    def strength(self) -> int:
        """2 for a passkey with user verification, and for a password with a second step; else 1.

        Both factors belong to one login: methods of different logins are never in one record.
        """
        used = set(self.methods)
        has_second_step = PASSWORD in used and bool(used & {PASSKEY, SECURITY_KEY})
        return STRONG if has_second_step or (PASSKEY in used and self.user_verified) else WEAK

    def to_record(self) -> dict[str, Any]:
        """What the session stores. `method` is for an earlier version of this app."""
        return {**vars(self), "method": self.method, "methods": list(self.methods), "amr": list(self.amr)}


def read_record(record: Mapping[str, Any]) -> Authentication:
    """Read a record that another version of this app may have written: during a deployment, two run side by side.

    Members that this version does not know are ignored. Members that are missing, or have a type that this version
    does not write, get a safe value: without a time, for example, the login counts as long ago.
    """
    passkey, at = _passkey_key(record), record.get("at")
    return Authentication(
        user=record["user"],
        methods=_texts(record, "methods") or (_text(record, "method") or (PASSKEY if passkey else PASSWORD),),
        at=at if isinstance(at, int | float) else 0.0,
        passkey=passkey,
        user_verified=record.get("user_verified") is True,
        attachment=_text(record, "attachment"),
        amr=_texts(record, "amr"),
    )


def amr_of(methods: tuple[str, ...], *, synced: bool | None, is_strong: bool) -> tuple[str, ...]:
    """Authentication method references (RFC 8176, section 2). `synced`: can the key be copied? None: no key."""
    key = () if synced is None else ("user", "swk" if synced else "hwk")
    return (*(("pwd",) if PASSWORD in methods else ()), *key, *(("mfa",) if is_strong else ()))


def _texts(record: Mapping[str, Any], name: str) -> tuple[str, ...]:
    value = record.get(name)
    return tuple(item for item in value if isinstance(item, str)) if isinstance(value, list) else ()


def _text(record: Mapping[str, Any], name: str) -> str | None:
    value = record.get(name)
    return value if isinstance(value, str) else None


def _passkey_key(record: Mapping[str, Any]) -> str | None:
    text = _text(record, "passkey")
    try:
        return None if text is None else str(UUID(text))
    except ValueError:
        return None
