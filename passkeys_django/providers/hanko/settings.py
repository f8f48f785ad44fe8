"""Findings of `passkeys_doctor` about how a Hanko tenant asks for passkeys."""

from collections.abc import Iterator, Mapping
from typing import Any

from ...hanko import WebauthnConfiguration
from ..findings import Finding, Level

STRENGTHS = ("discouraged", "preferred", "required")
"""The values of user verification, weakest first (WebAuthn L3, 5.8.6)."""


def judge_user_verification(theirs: object, *, ours: str) -> Finding:
    """Compare the tenant's value, from login options (`theirs`), with PASSKEY_USER_VERIFICATION (`ours`)."""
    name = "user verification"
    if theirs in STRENGTHS[STRENGTHS.index(ours) :]:
        return Finding(level=Level.OK, name=name, message=f"It is {theirs}.")
    return _warning(
        name,
        f"The tenant says {theirs}, PASSKEY_USER_VERIFICATION says {ours}. The tenant's value counts.",
        f"Set the tenant's user_verification to {ours}.",
    )


def judge_configuration(webauthn: WebauthnConfiguration) -> Iterator[Finding]:
    """Compare the tenant's values, from the admin API, with what we ask browsers for."""
    return _judge(
        resident_key=webauthn.resident_key_requirement,
        attachment=webauthn.attachment,
        attestation=webauthn.attestation_preference,
    )


def judge_options(options: Mapping[str, Any]) -> Iterator[Finding]:
    """Compare the tenant's values, from creation options, with what we ask browsers for."""
    selection = options.get("authenticatorSelection", {})
    return _judge(
        resident_key=selection.get("residentKey"),
        attachment=selection.get("authenticatorAttachment"),
        attestation=options.get("attestation", "none"),
    )


def _judge(*, resident_key: object, attachment: object, attestation: object) -> Iterator[Finding]:
    if resident_key != "required":
        yield _warning(
            "resident key",
            f"The tenant says {resident_key}. We still ask for discoverable passkeys: no others can log in.",
            "Set the tenant's resident_key_requirement to required, for other sites or apps that use the tenant.",
        )
    if attachment is not None:
        yield _warning(
            "attachment",
            f"The tenant lets people register {attachment} authenticators only.",
            "Leave the tenant's attachment unset, unless you want this limit: people also use phones and security "
            "keys.",
        )
    if attestation != "none":
        yield _warning(
            "attestation",
            f"The tenant says {attestation}. We still ask for none: otherwise some browsers would ask "
            "people whether this site may see the make of their device.",
            "Set the tenant's attestation_preference to none, for other sites or apps that use the tenant.",
        )


def _warning(name: str, message: str, remedy: str) -> Finding:
    return Finding(level=Level.WARNING, name=name, message=message, remedy=remedy)
