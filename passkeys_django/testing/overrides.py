"""What a test may falsify in an answer of the software authenticator."""

import uuid
from collections.abc import Mapping, Sequence
from typing import Any, TypedDict

from . import cose

FLAG_BITS = {"up": 0x01, "uv": 0x04, "be": 0x08, "bs": 0x10, "at": 0x40, "ed": 0x80}


class Overrides(TypedDict, total=False):
    """What a test may falsify; signatures are made afterwards, so they fit what is said."""

    origin: str
    challenge: str | bytes
    #: merged into the client data; None removes a member
    client_data: Mapping[str, Any]
    #: the rp id whose hash goes into the authenticator data
    rp_id: str
    #: any of `FLAG_BITS`, over what the authenticator would have set
    flags: Mapping[str, bool]
    sign_count: int
    extensions: Mapping[str, Any]
    #: appended to the authenticator data
    trailing: bytes
    tamper_signature: bool


class CreateOverrides(Overrides, total=False):
    """`Overrides` of a creation."""

    credential_id: bytes
    #: the key pair of the new credential, in place of one that is made for it
    key: cose.KeyPair
    #: COSE, in place of the real public key
    public_key: bytes
    aaguid: uuid.UUID
    #: None leaves the member out
    transports: Sequence[str] | None
    #: "none", "packed" (self attestation) or anything else with `attestation_statement`
    fmt: str
    attestation_statement: Mapping[str, Any]


class GetOverrides(Overrides, total=False):
    """`Overrides` of an assertion."""

    #: None leaves the member out
    user_handle: bytes | None
    #: reported as `id` and `rawId` in place of the credential's own
    reported_id: bytes
    signature: bytes
