"""The JSON that the client sends and receives. Dataclasses that calls return are defined next to those calls."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal, NotRequired, TypeAlias, TypedDict

JSONValue: TypeAlias = "str | int | float | bool | Sequence[JSONValue] | Mapping[str, JSONValue] | None"


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
    """Hanko never sends excludeCredentials, extensions or hints. `timeout` is in milliseconds."""

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
    """`allowCredentials` is there only after a start with a user id. `timeout` is in milliseconds."""

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
    """The result of `navigator.credentials.create()`, as its `toJSON()` returns it."""

    id: str
    rawId: str
    type: Literal["public-key"]
    response: AttestationResponse
    authenticatorAttachment: NotRequired[str | None]
    clientExtensionResults: NotRequired[dict[str, Any]]


class AuthenticationCredential(TypedDict):
    """The result of `navigator.credentials.get()`, as its `toJSON()` returns it."""

    id: str
    rawId: str
    type: Literal["public-key"]
    response: AssertionResponse
    authenticatorAttachment: NotRequired[str | None]
    clientExtensionResults: NotRequired[dict[str, Any]]


class JSONWebKey(TypedDict):
    """A public key of a tenant (RFC 7517); `n` and `e` are base64url."""

    kty: str
    kid: str
    n: str
    e: str
    use: NotRequired[str]
    alg: NotRequired[str]
