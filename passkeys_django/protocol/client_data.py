"""What the browser says about a ceremony, and its rules: type, origin, crossOrigin (WebAuthn L3, 5.8.1)."""

from codecs import BOM_UTF8
from collections.abc import Collection
from dataclasses import dataclass

from ..exceptions import InvalidCredential
from .strict_json import decoded, mapping, parse_json, text


@dataclass(frozen=True, kw_only=True, slots=True)
class ClientData:
    """What the browser says about the ceremony (WebAuthn L3, 5.8.1). The signature covers the hash of `raw`."""

    raw: bytes
    type: str
    challenge: str
    origin: str
    cross_origin: bool
    top_origin: str | None


def parse_client_data(raw: bytes) -> ClientData:
    """Skips a byte order mark before the JSON, as "UTF-8 decode" does (WebAuthn L3, 7.1 step 5, 7.2 step 8)."""
    try:
        members = mapping(parse_json(raw.removeprefix(BOM_UTF8)), "clientDataJSON")
    except ValueError as exc:
        raise InvalidCredential("clientDataJSON is not JSON") from exc
    decoded(text(members, "challenge"), "challenge")
    cross_origin, top_origin = members.get("crossOrigin", False), members.get("topOrigin")
    if not isinstance(cross_origin, bool) or not isinstance(top_origin, str | None):
        raise InvalidCredential("crossOrigin or topOrigin has the wrong type")
    return ClientData(
        raw=raw,
        type=text(members, "type"),
        challenge=text(members, "challenge"),
        origin=text(members, "origin"),
        cross_origin=cross_origin,
        top_origin=top_origin,
    )


def broken_rule(client: ClientData, *, expected_type: str, origins: Collection[str]) -> str | None:
    """The first rule of WebAuthn L3, 7.1 and 7.2 that the client data breaks, in words for the log, else None.

    The challenge (7.1 step 8, 7.2 step 11) is not among them: `ceremonies/cookies.py` finds the ceremony by the
    challenge, and refuses an unknown one.
    """
    rules = {
        # 7.1 step 7, 7.2 step 10: verify that C.type is webauthn.create (7.1) or webauthn.get (7.2).
        f"type {client.type[:100]!r}": client.type == expected_type,
        # 7.1 step 9, 7.2 step 12: verify that C.origin is an origin expected by the Relying Party.
        f"origin {client.origin[:100]!r}, accepted: {', '.join(origins)}": client.origin in origins,
        # 7.1 steps 10 and 11, 7.2 steps 13 and 14: if C.crossOrigin is true or C.topOrigin is present, verify that
        # the Relying Party expects an iframe that is not same-origin with its ancestors. We expect none.
        "crossOrigin": not client.cross_origin and client.top_origin is None,
    }
    return next((rule for rule, kept in rules.items() if not kept), None)
