"""The configuration of a tenant, with the server's defaults.

The constructors check nothing, so that we can read whatever a server has stored. `to_wire()` raises ValueError for
values that a server would fail on, and for values that it would store although they never match.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args
from urllib.parse import urlsplit

from ..transport import guards
from ..transport.fields import Fields

UserVerification = Literal["required", "preferred", "discouraged"]
Attachment = Literal["platform", "cross-platform"]
AttestationPreference = Literal["none", "indirect", "direct", "enterprise"]
ResidentKeyRequirement = Literal["discouraged", "preferred", "required"]

DEFAULT_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, kw_only=True)
class RelyingParty:
    """The site. If you change `id`, all existing passkeys stop working.

    The server compares `origins` with the browser's origin as plain text: write scheme, host and port, without a
    slash at the end (trap 20).
    """

    id: str
    display_name: str
    origins: tuple[str, ...]
    icon: str | None = None

    def to_wire(self) -> dict[str, Any]:
        """The JSON for the admin API. Raises ValueError."""
        party: dict[str, Any] = {
            "id": guards.text("rp id", self.id),
            "display_name": guards.text("display_name", self.display_name),
            "origins": _origins("origins", self.origins),
        }
        if len(set(self.origins)) < len(self.origins):  # the server answers 500
            raise ValueError("origins must not name an origin twice")
        return party if self.icon is None else {**party, "icon": guards.text("icon", self.icon)}

    @classmethod
    def from_wire(cls, fields: Fields) -> "RelyingParty":
        """Raises ValueError for anything that is not a relying party."""
        return cls(
            id=fields.text("id"),
            display_name=fields.text("display_name", ""),
            origins=fields.texts("origins"),
            icon=fields.text("icon", "") or None,
        )


@dataclass(frozen=True, kw_only=True)
class Cors:
    """The origins whose pages may call the public API from the browser.

    `*` and `https://*.example.com` are allowed. With `allow_unsafe_wildcard`, cookies may be sent even for `*`.
    """

    allowed_origins: tuple[str, ...]
    allow_unsafe_wildcard: bool = False

    def to_wire(self) -> dict[str, Any]:
        """The JSON for the admin API, which requires both members. Raises ValueError."""
        allowed = _origins("allowed_origins", self.allowed_origins)
        return {"allowed_origins": allowed, "allow_unsafe_wildcard": self.allow_unsafe_wildcard}

    @classmethod
    def from_wire(cls, fields: Fields) -> "Cors":
        """An absent member is read as empty or False."""
        return cls(
            allowed_origins=fields.texts("allowed_origins"),
            allow_unsafe_wildcard=fields.flag("allow_unsafe_wildcard"),
        )


@dataclass(frozen=True, kw_only=True)
class WebauthnConfiguration:
    """How browsers are asked for passkeys.

    `timeout` is in milliseconds. If user verification is discouraged, the server uses 120,000 instead. With
    `attachment` None, any authenticator may register.
    """

    timeout: int = 60_000
    user_verification: UserVerification = "required"
    attachment: Attachment | None = None
    attestation_preference: AttestationPreference = "direct"
    resident_key_requirement: ResidentKeyRequirement = "required"

    def to_wire(self) -> dict[str, Any]:
        """The JSON for the admin API, which leaves nothing to the server's defaults. Raises ValueError."""
        return _ceremony_to_wire(self)

    @classmethod
    def from_wire(cls, fields: Fields) -> "WebauthnConfiguration":
        """Raises ValueError for unknown values."""
        return cls(**_ceremony_from_wire(fields))


@dataclass(frozen=True, kw_only=True)
class MfaConfiguration:
    """How browsers are asked for second factors, with the members of `WebauthnConfiguration`.

    `attachment` None means cross-platform: the server has no "any" here.
    """

    timeout: int = 60_000
    user_verification: UserVerification = "preferred"
    attachment: Attachment | None = "cross-platform"
    attestation_preference: AttestationPreference = "direct"
    resident_key_requirement: ResidentKeyRequirement = "discouraged"

    def to_wire(self) -> dict[str, Any]:
        """The JSON for the admin API, which leaves nothing to the server's defaults. Raises ValueError."""
        return _ceremony_to_wire(self)

    @classmethod
    def from_wire(cls, fields: Fields) -> "MfaConfiguration | None":
        """None for a tenant that was made before servers knew this part: its values are zeros.

        Raises ValueError for unknown values.
        """
        if not fields.values.get("timeout"):
            return None
        return cls(**_ceremony_from_wire(fields))


@dataclass(frozen=True, kw_only=True)
class Configuration:
    """The whole configuration of a tenant.

    With `cors` None, the origins of the relying party are allowed. With `mfa` None, the server fills in that part:
    the timeout of `webauthn`, and else the defaults of `MfaConfiguration`.
    """

    relying_party: RelyingParty
    webauthn: WebauthnConfiguration = WebauthnConfiguration()
    mfa: MfaConfiguration | None = None
    cors: Cors | None = None

    def to_wire(self) -> dict[str, Any]:
        """The JSON for the admin API. Raises ValueError."""
        party = self.relying_party.to_wire()
        cors = self.cors or Cors(allowed_origins=self.relying_party.origins)
        return {
            "cors": cors.to_wire(),
            "webauthn": {"relying_party": party, **self.webauthn.to_wire()},
            **({"mfa": self.mfa.to_wire()} if self.mfa else {}),
        }

    @classmethod
    def from_wire(cls, value: Any) -> "Configuration":
        """Raises ValueError for anything that is not a configuration."""
        fields = Fields.of("a configuration", value)
        webauthn = fields.fields("webauthn")
        return cls(
            relying_party=RelyingParty.from_wire(webauthn.fields("relying_party")),
            webauthn=WebauthnConfiguration.from_wire(webauthn),
            mfa=MfaConfiguration.from_wire(fields.fields("mfa")) if fields.values.get("mfa") else None,
            cors=Cors.from_wire(fields.fields("cors")),
        )


def _ceremony_to_wire(ceremony: WebauthnConfiguration | MfaConfiguration) -> dict[str, Any]:
    if ceremony.timeout < 1:
        raise ValueError("timeout must be positive, or nobody can finish a ceremony")
    return {
        "timeout": ceremony.timeout,
        "user_verification": ceremony.user_verification,
        **({"attachment": ceremony.attachment} if ceremony.attachment else {}),
        "attestation_preference": ceremony.attestation_preference,
        "resident_key_requirement": ceremony.resident_key_requirement,
    }


def _ceremony_from_wire(fields: Fields) -> dict[str, Any]:
    attachment = fields.one_of("attachment", get_args(Attachment)) if fields.values.get("attachment") else None
    return {
        "timeout": fields.whole("timeout"),
        "user_verification": fields.one_of("user_verification", get_args(UserVerification)),
        "attachment": attachment,
        "attestation_preference": fields.one_of("attestation_preference", get_args(AttestationPreference)),
        "resident_key_requirement": fields.one_of("resident_key_requirement", get_args(ResidentKeyRequirement)),
    }


def _origins(name: str, origins: Sequence[str]) -> list[str]:
    if isinstance(origins, str):
        raise ValueError(f"{name} must be a list of strings, not one string")
    return [_origin(name, origin) for origin in origins]


def _origin(name: str, origin: str) -> str:
    """Trap 20: refuse an origin that no browser sends. The server would store it, and it would never match."""
    guards.text(name, origin)
    if origin.endswith("/"):
        raise ValueError(f"{name} must not end in a slash, or they never match: write {origin.rstrip('/')!r}")
    if "://" not in origin and origin != "*" and not origin.startswith("android:"):
        raise ValueError(f"{name} must begin with a scheme, or they never match: write 'https://{origin}'")
    scheme, host = urlsplit(origin.lower())[:2]
    if scheme in DEFAULT_PORTS and origin.lower() != f"{scheme}://{host}":
        raise ValueError(f"{name} must be scheme, host and port, or they never match: {origin!r} contains more")
    if host.endswith(f":{DEFAULT_PORTS.get(scheme)}"):
        raise ValueError(f"{name} must not name the default port, which browsers leave out: {origin!r}")
    return origin
