"""Changes to a tenant. Each makes a whole new configuration, because the server replaces all of it at once."""

from argparse import Namespace
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, get_args

from ..admin_api.configuration import (
    Attachment,
    AttestationPreference,
    Configuration,
    MfaConfiguration,
    RelyingParty,
    ResidentKeyRequirement,
    UserVerification,
)
from . import sites

ANY = "any"
CHOICES: Mapping[str, tuple[str, ...]] = {
    "user_verification": get_args(UserVerification),
    "attachment": get_args(Attachment),
    "attestation_preference": get_args(AttestationPreference),
    "resident_key_requirement": get_args(ResidentKeyRequirement),
}
"""The allowed values for passkeys and for second factors. The keys are the names in the configuration."""


def changed(old: Configuration, options: Namespace) -> Configuration:
    """The old configuration with the changes in the options. Raises ValueError for origins that cannot work."""
    party = _changed_party(old.relying_party, options)
    webauthn: dict[str, Any] = {
        name: None if value == ANY else value for name, value in _given(options, "").items()
    }
    new = replace(old, relying_party=party, webauthn=replace(old.webauthn, **webauthn))
    if mfa := _given(options, "mfa_"):
        new = replace(new, mfa=replace(old.mfa or MfaConfiguration(timeout=old.webauthn.timeout), **mfa))
    if old.cors and set(old.cors.allowed_origins) == set(old.relying_party.origins):
        new = replace(new, cors=replace(old.cors, allowed_origins=party.origins))
    return new


def _given(options: Namespace, prefix: str) -> dict[str, Any]:
    values = {name: getattr(options, prefix + name) for name in CHOICES}
    return {name: value for name, value in values.items() if value is not None}


def _changed_party(old: RelyingParty, options: Namespace) -> RelyingParty:
    """The relying party with new origins: --origin replaces own origins, --related-origin the related ones."""
    if options.origin is None and options.related_origin is None:
        return old
    own, related = options.origin, options.related_origin
    if own is None:
        own = [origin for origin in old.origins if sites.is_own(origin, old.id)]
    if related is None:
        related = [origin for origin in old.origins if not sites.is_own(origin, old.id)]
    sites.check_origins(old.id, own, related=related)
    return replace(old, origins=(*own, *related))
