"""The options that a provider hands out: what every provider's must keep, and what we change in a service's."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.core.exceptions import ImproperlyConfigured

from ..exceptions import ProviderRejected
from ..protocol.base64url import base64url_decode, base64url_encode
from ..protocol.descriptors import CredentialDescriptor
from ..protocol.public_keys import ALGORITHMS
from ..protocol.relying_party import RelyingParty
from .values import UserEntity

CHALLENGE_MIN_BYTES = 16  # WebAuthn L3, 13.4.3
Options = dict[str, Any]
REQUIRED, DISCOURAGED = "required", "discouraged"
PLATFORM = "platform"


def check_options(options: Options, *, rp_id: object, relying_party: RelyingParty, maker: str) -> None:
    """Raise ImproperlyConfigured for another RP ID, and ProviderRejected for a challenge that is none."""
    if rp_id != relying_party.id:
        raise ImproperlyConfigured(
            f"PASSKEY_RP_ID is {relying_party.id!r} but {maker} works for {rp_id!r}: set both to the same domain."
        )
    try:
        challenge = base64url_decode(options["challenge"])
    except (KeyError, TypeError, ValueError) as exc:
        raise ProviderRejected("the options have no base64url challenge") from exc
    if len(challenge) < CHALLENGE_MIN_BYTES:
        raise ProviderRejected(f"the challenge has only {len(challenge)} bytes")


def checked_creation(
    options: Options,
    *,
    relying_party: RelyingParty,
    user: UserEntity,
    exclude: Iterable[CredentialDescriptor],
    maker: str,
) -> Options:
    """The creation options with what we decide ourselves: excluded credentials, algorithms, no attestation."""
    check_options(options, rp_id=_member(options, "rp", "id"), relying_party=relying_party, maker=maker)
    if _member(options, "user", "id") != base64url_encode(user.handle.encode()):
        raise ProviderRejected("the creation options name another user")
    return options | {
        "excludeCredentials": [credential.to_json() for credential in exclude],
        "pubKeyCredParams": _narrowed(options.get("pubKeyCredParams")),
        "attestation": "none",
    }


def _member(options: Options, *path: str) -> object:
    value: object = options
    for name in path:
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def discoverable(selection: object) -> Options:
    """The authenticator selection (WebAuthn L3, 5.4.4), changed to ask for a discoverable credential.

    We ignore the service's setting, because only a discoverable credential can answer a login without a user name.
    """
    kept = selection if isinstance(selection, Mapping) else {}
    return {**kept, "residentKey": "required", "requireResidentKey": True}


def _narrowed(parameters: object) -> list[Options]:
    """The offered algorithms that we can verify without the provider, in our order."""
    entries = parameters if isinstance(parameters, list) else []
    offered = {entry.get("alg") for entry in entries if isinstance(entry, Mapping)}
    narrowed = [{"type": "public-key", "alg": alg} for alg in ALGORITHMS if alg in offered]
    if not narrowed:
        raise ProviderRejected("this site can verify none of the algorithms that the provider offers")
    return narrowed


def not_discoverable(selection: object, *, verification: str) -> Options:
    """The authenticator selection (WebAuthn L3, 5.4.4), changed to ask for a security key, on any authenticator.

    A discoverable credential would be offered at logins, which refuse security keys.
    """
    asked = selection.get("userVerification") if isinstance(selection, Mapping) else None
    return {
        "residentKey": DISCOURAGED,
        "requireResidentKey": False,
        "userVerification": stronger(asked, verification),
    }


def on_this_device(options: Options) -> Options:
    """The creation options, changed so that browsers ask for the device that they run on, and offer no other one.

    Newer browsers read the hint (WebAuthn L3, 5.8.8), older ones the attachment (5.4.5). Where the service lets
    people register other authenticators only, its setting stays. Nothing checks the new passkey for this.
    """
    selection = options.get("authenticatorSelection")
    kept = selection if isinstance(selection, Mapping) else {}
    if (kept.get("authenticatorAttachment") or PLATFORM) != PLATFORM:
        return options
    here = {**kept, "authenticatorAttachment": PLATFORM}
    return options | {"authenticatorSelection": here, "hints": ["client-device"]}


def stronger(theirs: object, ours: str) -> str:
    """The user verification to ask for. A service that requires it would refuse every answer without it."""
    return REQUIRED if theirs == REQUIRED else ours
