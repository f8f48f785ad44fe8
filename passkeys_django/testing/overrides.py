"""What a test may falsify in an answer of the software authenticator."""

import uuid
from collections.abc import Mapping, Sequence
from typing import Any, TypedDict

from . import cose

FLAG_BITS = {"up": 0x01, "uv": 0x04, "be": 0x08, "bs": 0x10, "at": 0x40, "ed": 0x80}


class Overrides(TypedDict, total=False):
    """What a test may falsify. The signature is made afterwards, so it fits the falsified data."""

    origin: str
    challenge: str | bytes
    #: merged into the client data; None removes a member
    client_data: Mapping[str, Any]
    #: the rp id whose hash stands in the authenticator data
    rp_id: str
    #: any of `FLAG_BITS`; replaces what the authenticator would set
    flags: Mapping[str, bool]
    sign_count: int
    extensions: Mapping[str, Any]
    #: appended to the authenticator data
    trailing: bytes
    tamper_signature: bool


class CreateOverrides(Overrides, total=False):
    """`Overrides` for `create()`."""

    credential_id: bytes
    #: the key pair of the new credential, instead of a newly made one
    key: cose.KeyPair
    #: COSE bytes, instead of the real public key
    public_key: bytes
    aaguid: uuid.UUID
    #: None leaves the member out
    transports: Sequence[str] | None
    #: "none", "packed" (self attestation), or any other format together with `attestation_statement`
    fmt: str
    attestation_statement: Mapping[str, Any]


class GetOverrides(Overrides, total=False):
    """`Overrides` for `get()`."""

    #: None leaves the member out
    user_handle: bytes | None
    #: reported as `id` and `rawId`, instead of the credential's own id
    reported_id: bytes
    signature: bytes
