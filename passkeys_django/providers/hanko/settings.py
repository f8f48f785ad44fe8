"""What the doctor says about the way in which a tenant of Hanko's asks for passkeys."""

from collections.abc import Iterator, Mapping
from typing import Any

from ...hanko import WebauthnConfiguration
from ..findings import Finding, Level

STRENGTHS = ("discouraged", "preferred", "required")
"""Of user verification, weakest first (WebAuthn L3, 5.8.6)."""


def judge_user_verification(theirs: object, *, ours: str) -> Finding:
    """The tenant's value, as login options name it, beside that of PASSKEY_USER_VERIFICATION."""
    name = "user verification"
    if theirs in STRENGTHS[STRENGTHS.index(ours) :]:
        return Finding(level=Level.OK, name=name, message=f"It is {theirs}.")
    return _warning(
        name,
        f"The tenant says {theirs}, PASSKEY_USER_VERIFICATION says {ours}. The tenant's value counts.",
        f"Set the tenant's user_verification to {ours}.",
    )


def judge_configuration(webauthn: WebauthnConfiguration) -> Iterator[Finding]:
    """The tenant's values, as the admin API shows them, beside what we ask browsers for."""
    return _judge(
        resident_key=webauthn.resident_key_requirement,
        attachment=webauthn.attachment,
        attestation=webauthn.attestation_preference,
    )


def judge_options(options: Mapping[str, Any]) -> Iterator[Finding]:
    """The same, as creation options name them."""
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
            f"The tenant says {resident_key}. We ask for discoverable passkeys all the same: no others log in.",
            "Set the tenant's resident_key_requirement to required, for whatever else uses the tenant.",
        )
    if attachment is not None:
        yield _warning(
            "attachment",
            f"The tenant lets people register {attachment} authenticators only.",
            "Leave the tenant's attachment unset, unless you mean it: people have phones and security keys too.",
        )
    if attestation != "none":
        yield _warning(
            "attestation",
            f"The tenant says {attestation}. We ask for none all the same: some browsers would ask people whether "
            "this site may see the make of their device.",
            "Set the tenant's attestation_preference to none, for whatever else uses the tenant.",
        )


def _warning(name: str, message: str, remedy: str) -> Finding:
    return Finding(level=Level.WARNING, name=name, message=message, remedy=remedy)
