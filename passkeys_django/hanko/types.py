"""Shapes: TypedDicts for what travels, frozen dataclasses for what comes back."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal, NotRequired, TypedDict
from uuid import UUID


class RelyingPartyEntity(TypedDict):
    id: str
    name: str


class UserEntity(TypedDict):
    id: str
    name: str
    displayName: str
    icon: NotRequired[str]


class CredentialParameters(TypedDict):
    type: Literal["public-key"]
    alg: int


class CredentialDescriptor(TypedDict):
    type: Literal["public-key"]
    id: str


class AuthenticatorSelection(TypedDict):
    requireResidentKey: bool
    residentKey: str
    userVerification: str
    authenticatorAttachment: NotRequired[str]


class PublicKeyCreationOptions(TypedDict):
    """Hanko never sends excludeCredentials, extensions or hints. `timeout` in milliseconds."""

    rp: RelyingPartyEntity
    user: UserEntity
    challenge: str
    pubKeyCredParams: list[CredentialParameters]
    timeout: int
    authenticatorSelection: AuthenticatorSelection
    attestation: str


class CreationOptions(TypedDict):
    publicKey: PublicKeyCreationOptions


class PublicKeyRequestOptions(TypedDict):
    """`allowCredentials` only after a start with a user id. `timeout` in milliseconds."""

    challenge: str
    timeout: int
    rpId: str
    userVerification: str
    allowCredentials: NotRequired[list[CredentialDescriptor]]


class RequestOptions(TypedDict):
    publicKey: PublicKeyRequestOptions


class AttestationResponse(TypedDict):
    clientDataJSON: str
    attestationObject: str
    transports: NotRequired[list[str]]


class AssertionResponse(TypedDict):
    clientDataJSON: str
    authenticatorData: str
    signature: str
    userHandle: NotRequired[str | None]


class RegistrationCredential(TypedDict):
    """What `navigator.credentials.create()` made, as `toJSON()` gives it."""

    id: str
    rawId: str
    type: Literal["public-key"]
    response: AttestationResponse
    authenticatorAttachment: NotRequired[str | None]
    clientExtensionResults: NotRequired[dict[str, Any]]


class AuthenticationCredential(TypedDict):
    """What `navigator.credentials.get()` made, as `toJSON()` gives it."""

    id: str
    rawId: str
    type: Literal["public-key"]
    response: AssertionResponse
    authenticatorAttachment: NotRequired[str | None]
    clientExtensionResults: NotRequired[dict[str, Any]]


class JSONWebKey(TypedDict):
    """A public key of a tenant (RFC 7517); `n` and `e` as base64url."""

    kty: str
    kid: str
    n: str
    e: str
    use: NotRequired[str]
    alg: NotRequired[str]


@dataclass(frozen=True, kw_only=True)
class Credential:
    """A credential as Hanko keeps it.

    `id` and `public_key` (a COSE key) are base64url without padding. Hanko stores `transports` but never returns
    them (contract trap 11); `last_used_at` is set at registration. Times are in UTC.
    """

    id: str
    user_id: str | None
    name: str
    public_key: str
    aaguid: UUID | None
    attestation_type: str
    transports: tuple[str, ...]
    backup_eligible: bool
    backup_state: bool
    is_mfa: bool
    created_at: datetime | None
    last_used_at: datetime | None

    @classmethod
    def from_wire(cls, row: Any) -> "Credential":
        """Raises ValueError for anything that is not a credential; only id and public key must be there."""
        if not isinstance(row, dict):
            raise ValueError("a credential that is not an object")
        return cls(
            id=_text(row, "id"),
            user_id=_text(row, "user_id", "") or None,
            name=_text(row, "name", ""),
            public_key=_text(row, "public_key"),
            aaguid=_uuid(row.get("aaguid")),
            attestation_type=_text(row, "attestation_type", ""),
            transports=_texts(row.get("transports")),
            backup_eligible=row.get("backup_eligible") is True,
            backup_state=row.get("backup_state") is True,
            is_mfa=row.get("is_mfa") is True,
            created_at=_time(row, "created_at"),
            last_used_at=_time(row, "last_used_at"),
        )


def _text(row: Mapping[str, Any], name: str, default: str | None = None) -> str:
    value = row.get(name)
    if value is None and default is not None:
        return default
    if not isinstance(value, str) or (default is None and not value):
        raise ValueError(f"a credential without a usable {name}")
    return value


def _texts(value: Any) -> tuple[str, ...]:
    return tuple(item for item in value if isinstance(item, str)) if isinstance(value, list) else ()


def _uuid(value: Any) -> UUID | None:
    try:
        return UUID(value)
    except (ValueError, TypeError, AttributeError):
        return None


def _time(row: Mapping[str, Any], name: str) -> datetime | None:
    """RFC 3339 with 0 to 9 digits of a second, of which six are kept."""
    text = _text(row, name, "")
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text.upper())
        if moment.tzinfo is not None:
            return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise ValueError(f"a credential whose {name} is no RFC 3339 time")
