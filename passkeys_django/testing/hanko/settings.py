"""A tenant's configuration: fills in defaults, and returns the wire format."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class CeremonySettings:
    """How browsers are asked for passkeys, or for second factors."""

    timeout: int
    user_verification: str
    attachment: str | None
    attestation_preference: str
    resident_key_requirement: str

    @property
    def effective_timeout(self) -> int:
        """Milliseconds. If user verification is discouraged, always two minutes, whatever was configured."""
        return 120_000 if self.user_verification == "discouraged" else self.timeout

    def wire(self) -> dict[str, Any]:
        """The JSON that the admin API shows."""
        return {
            "timeout": self.timeout,
            "user_verification": self.user_verification,
            **({"attachment": self.attachment} if self.attachment else {}),
            "attestation_preference": self.attestation_preference,
            "resident_key_requirement": self.resident_key_requirement,
        }


@dataclass(frozen=True, kw_only=True)
class Configuration:
    """Everything that `PUT /tenants/{id}/config` sets."""

    rp_id: str
    rp_name: str
    rp_icon: str | None
    origins: tuple[str, ...]
    cors_origins: tuple[str, ...]
    allow_unsafe_wildcard: bool
    webauthn: CeremonySettings
    mfa: CeremonySettings

    @classmethod
    def from_wire(cls, values: Mapping[str, Any]) -> "Configuration":
        """Make a configuration from a validated `config`, with the defaults filled in."""
        webauthn, party, cors = values["webauthn"], values["webauthn"]["relying_party"], values["cors"]
        return cls(
            rp_id=party["id"],
            rp_name=party["display_name"],
            rp_icon=party.get("icon"),
            origins=tuple(party["origins"]),
            cors_origins=tuple(cors["allowed_origins"]),
            allow_unsafe_wildcard=cors["allow_unsafe_wildcard"],
            webauthn=_ceremony(webauthn, user_verification="required", resident_key="required"),
            mfa=_ceremony(
                values.get("mfa", {}),
                timeout=webauthn["timeout"],
                user_verification="preferred",
                attachment="cross-platform",
                resident_key="discouraged",
            ),
        )

    def wire(self) -> dict[str, Any]:
        """The JSON that the admin API shows."""
        party: dict[str, Any] = {"id": self.rp_id, "display_name": self.rp_name, "origins": list(self.origins)}
        if self.rp_icon is not None:
            party["icon"] = self.rp_icon
        return {
            "cors": {
                "allowed_origins": list(self.cors_origins),
                "allow_unsafe_wildcard": self.allow_unsafe_wildcard,
            },
            "webauthn": {"relying_party": party, **self.webauthn.wire()},
            "mfa": self.mfa.wire(),
        }


def _ceremony(
    values: Mapping[str, Any],
    *,
    timeout: int = 0,
    user_verification: str,
    attachment: str | None = None,
    resident_key: str,
) -> CeremonySettings:
    return CeremonySettings(
        timeout=values.get("timeout", timeout),
        user_verification=values.get("user_verification", user_verification),
        attachment=values.get("attachment", attachment),
        attestation_preference=values.get("attestation_preference", "direct"),
        resident_key_requirement=values.get("resident_key_requirement", resident_key),
    )
