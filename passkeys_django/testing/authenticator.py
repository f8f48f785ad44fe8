"""An authenticator and its browser, in software, with real keys and real signatures."""

import hashlib
import json
import secrets
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Unpack
from urllib.parse import urlsplit

from . import cose
from .encoding import b64url, cbor, unb64url
from .overrides import FLAG_BITS, CreateOverrides, GetOverrides, Overrides

#: Google Password Manager, whose passkeys look like the defaults below.
DEFAULT_AAGUID = uuid.UUID("ea9b8d66-4d01-1d21-3ce4-b6b48cb575d4")


class AuthenticatorError(Exception):
    """Stands for an exception that a browser throws instead of returning a credential."""


class CredentialExcluded(AuthenticatorError):
    """`create()` failed: `excludeCredentials` names a credential of this authenticator (InvalidStateError)."""


class NoSuitableCredential(AuthenticatorError):
    """`get()` failed: no credential matches the rp id and `allowCredentials` (NotAllowedError)."""


class NoSupportedAlgorithm(AuthenticatorError):
    """`create()` failed: this authenticator knows none of the offered algorithms (NotSupportedError)."""


@dataclass(frozen=True, kw_only=True)
class SoftwareCredential:
    """A credential that the authenticator stores."""

    credential_id: str
    rp_id: str
    user_handle: bytes
    #: Does a login without a user name find it? Else, only options that name it do.
    discoverable: bool = True
    key: cose.KeyPair = field(repr=False)

    @property
    def public_key(self) -> bytes:
        """The COSE key from the attested data."""
        return self.key.public_key


class SoftwareAuthenticator:
    """A WebAuthn authenticator and browser in software, with real keys and real signatures.

    `create()` and `get()` take the options that a server sent, and return what
    `PublicKeyCredential.toJSON()` returns. Arguments of the constructor choose the kind of device.
    `Overrides` falsify a single answer.

    Unlike most authenticators, this one stores several credentials for the same user handle and rp id.
    """

    def __init__(
        self,
        *,
        origin: str,
        algorithm: int = cose.ES256,
        aaguid: uuid.UUID = DEFAULT_AAGUID,
        user_verified: bool = True,
        backup_eligible: bool = True,
        backup_state: bool = True,
        counter: int | None = None,
        transports: Sequence[str] = ("internal", "hybrid"),
        attachment: str | None = "platform",
    ) -> None:
        """`counter`: the first value, which each answer increments. None: always 0, as synced passkeys do."""
        self.origin = origin
        self.algorithm = algorithm
        self.aaguid = aaguid
        self.user_verified = user_verified
        self.backup_eligible = backup_eligible
        self.backup_state = backup_state
        self.counter = counter
        self.transports = transports
        self.attachment = attachment
        #: by credential id, oldest first
        self.credentials: dict[str, SoftwareCredential] = {}

    def create(self, options: Mapping[str, Any], **overrides: Unpack[CreateOverrides]) -> dict[str, Any]:
        """Register like `navigator.credentials.create()`, and store the new credential.

        Raises CredentialExcluded and NoSupportedAlgorithm.
        """
        options = options.get("publicKey", options)
        self._refuse_excluded(options)
        credential = self._new_credential(options, overrides)
        client_data = self._client_data("webauthn.create", options, overrides)
        authenticator_data = self._authenticator_data(
            credential.rp_id, overrides, self._attested(credential, overrides)
        )
        attestation = _attestation_object(credential.key, authenticator_data, client_data, overrides)
        response: dict[str, Any] = {
            "clientDataJSON": b64url(client_data),
            "attestationObject": b64url(attestation),
        }
        transports = overrides.get("transports", self.transports)
        if transports is not None:
            response["transports"] = list(transports)
        self.credentials[credential.credential_id] = credential
        return self._public_key_credential(credential.credential_id, options, response)

    def get(
        self,
        options: Mapping[str, Any],
        *,
        credential_id: str | None = None,
        **overrides: Unpack[GetOverrides],
    ) -> dict[str, Any]:
        """Sign in like `navigator.credentials.get()`, with the newest credential that fits the options.

        A given `credential_id` is used even if the options do not allow that credential. Raises
        NoSuitableCredential.
        """
        options = options.get("publicKey", options)
        credential = self._find(options, credential_id)
        client_data = self._client_data("webauthn.get", options, overrides)
        authenticator_data = self._authenticator_data(credential.rp_id, overrides)
        signed = authenticator_data + hashlib.sha256(client_data).digest()
        signature = overrides.get("signature") or _signature(credential.key, signed, overrides)
        response = {
            "clientDataJSON": b64url(client_data),
            "authenticatorData": b64url(authenticator_data),
            "signature": b64url(signature),
        }
        user_handle = overrides.get("user_handle", credential.user_handle if credential.discoverable else None)
        if user_handle is not None:
            response["userHandle"] = b64url(user_handle)
        reported = overrides.get("reported_id")
        return self._public_key_credential(
            b64url(reported) if reported else credential.credential_id, options, response
        )

    def _refuse_excluded(self, options: Mapping[str, Any]) -> None:
        for descriptor in options.get("excludeCredentials", ()):
            if descriptor["id"] in self.credentials:
                raise CredentialExcluded(descriptor["id"])

    def _new_credential(self, options: Mapping[str, Any], overrides: CreateOverrides) -> SoftwareCredential:
        return SoftwareCredential(
            credential_id=b64url(overrides.get("credential_id") or secrets.token_bytes(20)),
            rp_id=options["rp"].get("id") or self._host(),
            user_handle=unb64url(options["user"]["id"]),
            discoverable=_wants_discoverable(options),
            key=overrides.get("key") or cose.generate(self._choose_algorithm(options)),
        )

    def _choose_algorithm(self, options: Mapping[str, Any]) -> int:
        offered = [parameters["alg"] for parameters in options["pubKeyCredParams"]]
        if self.algorithm in offered:
            return self.algorithm
        for algorithm in offered:
            if algorithm in cose.ALGORITHMS:
                return int(algorithm)
        raise NoSupportedAlgorithm(offered)

    def _find(self, options: Mapping[str, Any], credential_id: str | None) -> SoftwareCredential:
        if credential_id is not None:
            if credential_id not in self.credentials:
                raise NoSuitableCredential(credential_id)
            return self.credentials[credential_id]
        rp_id = options.get("rpId") or self._host()
        allowed = {descriptor["id"] for descriptor in options.get("allowCredentials") or ()}
        for credential in reversed(self.credentials.values()):
            is_found = credential.credential_id in allowed if allowed else credential.discoverable
            if credential.rp_id == rp_id and is_found:
                return credential
        raise NoSuitableCredential(rp_id)

    def _host(self) -> str:
        return urlsplit(self.origin).hostname or ""

    def _client_data(self, ceremony: str, options: Mapping[str, Any], overrides: Overrides) -> bytes:
        challenge = overrides.get("challenge", options["challenge"])
        members = {
            "type": ceremony,
            "challenge": b64url(challenge) if isinstance(challenge, bytes) else challenge,
            "origin": overrides.get("origin", self.origin),
            "crossOrigin": False,
            **overrides.get("client_data", {}),
        }
        present = {name: value for name, value in members.items() if value is not None}
        return json.dumps(present, separators=(",", ":"), ensure_ascii=False).encode()

    def _authenticator_data(self, rp_id: str, overrides: Overrides, attested: bytes = b"") -> bytes:
        extensions = overrides.get("extensions")
        parts = [
            hashlib.sha256(overrides.get("rp_id", rp_id).encode()).digest(),
            self._flags(overrides, attested=bool(attested), extensions=extensions is not None).to_bytes(1),
            self._next_count(overrides).to_bytes(4),
            attested,
            b"" if extensions is None else cbor(extensions),
            overrides.get("trailing", b""),
        ]
        return b"".join(parts)

    def _flags(self, overrides: Overrides, *, attested: bool, extensions: bool) -> int:
        flags = {
            "up": True,
            "uv": self.user_verified,
            "be": self.backup_eligible,
            "bs": self.backup_state,
            "at": attested,
            "ed": extensions,
            **overrides.get("flags", {}),
        }
        return sum(FLAG_BITS[name] for name, value in flags.items() if value)

    def _next_count(self, overrides: Overrides) -> int:
        if "sign_count" in overrides:
            return overrides["sign_count"]
        if self.counter is None:
            return 0
        self.counter += 1
        return self.counter - 1

    def _attested(self, credential: SoftwareCredential, overrides: CreateOverrides) -> bytes:
        raw_id = unb64url(credential.credential_id)
        public_key = overrides.get("public_key", credential.public_key)
        return overrides.get("aaguid", self.aaguid).bytes + len(raw_id).to_bytes(2) + raw_id + public_key

    def _public_key_credential(
        self, credential_id: str, options: Mapping[str, Any], response: dict[str, Any]
    ) -> dict[str, Any]:
        wants_properties = (options.get("extensions") or {}).get("credProps") and "attestationObject" in response
        properties = (
            {"credProps": {"rk": self.credentials[credential_id].discoverable}} if wants_properties else {}
        )
        return {
            "id": credential_id,
            "rawId": credential_id,
            "type": "public-key",
            "authenticatorAttachment": self.attachment,
            "clientExtensionResults": properties,
            "response": response,
        }


def _wants_discoverable(options: Mapping[str, Any]) -> bool:
    """As most security keys do: only what is wanted takes one of their few places."""
    selection = options.get("authenticatorSelection") or {}
    return bool(selection.get("residentKey", "required") != "discouraged")


def _attestation_object(
    key: cose.KeyPair, authenticator_data: bytes, client_data: bytes, overrides: CreateOverrides
) -> bytes:
    fmt = overrides.get("fmt", "none")
    statement: Mapping[str, Any] = {}
    if fmt == "packed":
        signed = authenticator_data + hashlib.sha256(client_data).digest()
        statement = {"alg": key.algorithm, "sig": _signature(key, signed, overrides)}
    statement = overrides.get("attestation_statement", statement)
    return cbor({"fmt": fmt, "attStmt": statement, "authData": authenticator_data})


def _signature(key: cose.KeyPair, data: bytes, overrides: Overrides) -> bytes:
    """The signature over `data`. A tampered one signs other data, so its form stays valid for any algorithm."""
    return key.sign(data + b"tampered" if overrides.get("tamper_signature") else data)
