"""What `manage.py passkeys_export` of another site of ours wrote: JSON lines, one passkey a line.

`docs/how-to/move-a-site.md` explains the members of a line. `maintenance/exporting.py` writes them.
"""

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, BinaryIO
from uuid import UUID

from ..models import PROVIDER_MAX_LENGTH, PasskeyKind, storable
from ..protocol.base64url import base64url_decode
from ..protocol.credentials import read_transports
from ..protocol.strict_json import parse_json
from ..protocol.unicode_text import has_lone_surrogates
from .foreign import Account, ForeignCredential, NotTaken, Reason

Reader = Callable[[Any], Any]
"""Checks the value of a member, and makes what we store of it. Raises ValueError."""
VERSION = 1
LINE_MAX_BYTES = 65_536
KEYS = {"username": "user", "pk": "user_id"}
"""How users can be matched, and the member of a line that says whose the passkey is."""
_COUNTER_MAX = 2**63 - 1
_HANDLE = re.compile(r"[A-Za-z0-9_-]{1,43}")


@dataclass(frozen=True, kw_only=True)
class ExportedPasskey(ForeignCredential):
    """A passkey of another site of ours. Unlike other packages, that site knew all of these facts."""

    kind: PasskeyKind
    provider: str
    use_count: int
    refused_at: datetime | None
    renamed_at: datetime | None

    @property
    def is_security_key(self) -> bool:
        return self.kind == PasskeyKind.SECURITY_KEY

    @property
    def facts(self) -> dict[str, Any]:
        names = ("kind", "provider", "use_count", "refused_at", "renamed_at", "user_verified", "discoverable")
        return {name: getattr(self, name) for name in names}


def credentials(file: BinaryIO, *, match: str) -> Iterator[ExportedPasskey | NotTaken]:
    """The passkeys of the file, read lazily. `match`: one of `KEYS`. A line that cannot be read is not taken."""
    for number, line in enumerate(_lines(file), start=1):
        if not line.strip():
            continue
        try:
            yield _passkey(line, KEYS[match])
        except ValueError as exc:
            yield NotTaken(user_key=None, reason=f"{Reason.UNREADABLE} ({exc})", place=f"line {number}")


def _lines(file: BinaryIO) -> Iterator[bytes]:
    """Lines of any length, but only the first LINE_MAX_BYTES and one more byte of a line."""
    while line := file.readline(LINE_MAX_BYTES + 1):
        rest = line
        while rest and not rest.endswith(b"\n"):
            rest = file.readline(LINE_MAX_BYTES)
        yield line


def _passkey(line: bytes, key_member: str) -> ExportedPasskey:
    """Raises ValueError, whose text is the same for all lines with the same damage."""
    row = _parsed(line)
    if row.get("version") != VERSION:
        raise ValueError("not of version 1 of the format")
    facts = _read(row, _PASSKEY)
    user_key = _read(row, {key_member: _user})[key_member]
    rp_id_hash = hashlib.sha256(facts.pop("rp_id").encode()).digest()
    return ExportedPasskey(user_key=user_key, rp_id_hash=rp_id_hash, **facts)


def _parsed(line: bytes) -> Mapping[str, Any]:
    if len(line) > LINE_MAX_BYTES:
        raise ValueError("too long")
    try:
        row = parse_json(line)
    except ValueError as exc:
        raise ValueError("no JSON") from exc
    if not isinstance(row, dict):
        raise ValueError("no JSON object")
    return row


def _read(row: Mapping[str, Any], readers: Mapping[str, Reader]) -> dict[str, Any]:
    """The members that the readers name, each read. Raises ValueError, which names the first bad member."""
    read = {}
    for name, reader in readers.items():
        try:
            read[name] = reader(row[name])
        except (KeyError, ValueError) as exc:
            raise ValueError(f"{name} is missing or wrong") from exc
    return read


def _of(kind: type, value: Any) -> Any:
    if type(value) is not kind:  # a bool is no int
        raise ValueError
    return value


def _or_none(reader: Reader, value: Any) -> Any:
    return None if value is None else reader(value)


def _text(value: Any, *, length: int = LINE_MAX_BYTES) -> str:
    """Raises ValueError also for a text that no database stores."""
    text: str = _of(str, value)
    if len(text) > length or "\x00" in text or has_lone_surrogates(text):
        raise ValueError
    return text


def _line(value: Any, *, length: int) -> str:
    text = _text(value, length=length)
    if not (text.isprintable() and text.strip() == text):
        raise ValueError
    return text


def _user(value: Any) -> str:
    """The user's name or key; empty if the user had no name."""
    return "" if value is None else _text(value)


def _handle(value: Any) -> str:
    if not _HANDLE.fullmatch(_of(str, value)):
        raise ValueError
    return str(value)


def _credential_id(value: Any) -> str:
    base64url_decode(_of(str, value))
    return str(value)


def _bytes(value: Any) -> bytes:
    return base64url_decode(_of(str, value))


def _count(value: Any) -> int:
    count: int = _of(int, value)
    if not 0 <= count <= _COUNTER_MAX:
        raise ValueError
    return count


def _moment(value: Any) -> datetime:
    moment = datetime.fromisoformat(_of(str, value))
    if moment.tzinfo is None:
        raise ValueError
    return storable(moment)


def _account(value: Any) -> Account:
    return Account(**_read(_of(dict, value), _ACCOUNT))


_bool = partial(_of, bool)
_moment_or_none = partial(_or_none, _moment)
_bool_or_none = partial(_or_none, _bool)
_ACCOUNT: Mapping[str, Reader] = {
    "handle": _handle,
    "strong_address": partial(_line, length=320),
    "recovered_at": _moment_or_none,
    "sessions_ended_at": _moment_or_none,
}
_PASSKEY: Mapping[str, Reader] = {
    "account": partial(_or_none, _account),
    "kind": lambda value: PasskeyKind(value),
    "name": _text,
    "credential_id": _credential_id,
    "public_key": _bytes,
    "user_handle": _bytes,
    "rp_id": partial(_line, length=253),
    "provider": partial(_line, length=PROVIDER_MAX_LENGTH),
    "aaguid": lambda value: UUID(_of(str, value)),
    "transports": lambda value: read_transports(_of(list, value)),
    "backup_eligible": _bool_or_none,
    "backup_state": _bool,
    "user_verified": _bool_or_none,
    "discoverable": _bool_or_none,
    "sign_count": _count,
    "use_count": _count,
    "created_at": _moment,
    "last_used_at": _moment_or_none,
    "refused_at": _moment_or_none,
    "renamed_at": _moment_or_none,
}
"""The members of a line, without those that say whose the passkey is."""
