"""The part of a provider's contract for signatures. A provider need not have this part.

Without it, this site runs these ceremonies itself. The challenge has Hanko's form with every provider, so that the
same verifier reads the evidence of all.
"""

import hashlib
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from ..exceptions import ProviderRejected, UnsupportedFeature
from ..protocol.base64url import base64url_decode, base64url_encode
from ..protocol.credentials import AuthenticationCredential
from ..protocol.descriptors import CredentialDescriptor
from ..protocol.relying_party import RelyingParty
from .options import REQUIRED, Options, check_options

NONCE_BYTES = 32


@dataclass(frozen=True, kw_only=True)
class Confirmation:
    """What a service says about a finished transaction: its token, and the JWK that verified the token.

    Both are empty if no service took part.
    """

    token: str = ""
    jwk: dict[str, Any] | None = None


class Transactions:
    """A provider whose service runs transactions overrides all methods but the start.

    `transaction_id` is a UUID as text. `text` is the canonical JSON text that the person signs.
    """

    def runs_transactions_of(self, user_handle: bytes) -> bool:
        """Can the service run transactions for the user with this handle?"""
        return False

    def start_transaction(
        self,
        *,
        relying_party: RelyingParty,
        user_handle: bytes,
        transaction_id: str,
        text: str,
        allow: Iterable[CredentialDescriptor],
    ) -> Options:
        """PublicKeyCredentialRequestOptionsJSON, whose challenge contains the hash of the id and of the text.

        The challenge of a service is computed again and not believed. Raises the same as `start_login`.
        """
        options = self._transaction_options(
            relying_party=relying_party, user_handle=user_handle, transaction_id=transaction_id, text=text
        )
        check_options(options, rp_id=options.get("rpId"), relying_party=relying_party, maker=type(self).__name__)
        if not is_challenge_of(options["challenge"], transaction_id=transaction_id, text=text):
            raise ProviderRejected("the challenge does not contain the hash of the transaction")
        options["allowCredentials"] = [credential.to_json() for credential in allow]
        return options | {"userVerification": REQUIRED}

    def finalize_transaction(
        self,
        *,
        relying_party: RelyingParty,
        credential: AuthenticationCredential,
        user_handle: bytes,
        transaction_id: str,
    ) -> Confirmation:
        """What the service confirms. This site has verified the signature itself before.

        Raises SignatureFailed, ProviderUnavailable, ProviderRejected.
        """
        return Confirmation()

    def _transaction_options(
        self, *, relying_party: RelyingParty, user_handle: bytes, transaction_id: str, text: str
    ) -> Options:
        """Request options. This site replaces their `allowCredentials`."""
        raise UnsupportedFeature(f"{type(self).__name__} runs no transactions")


def new_challenge(*, transaction_id: str, text: str) -> str:
    """32 random bytes and the hash of the transaction, in base64url."""
    return base64url_encode(secrets.token_bytes(NONCE_BYTES) + _hash(transaction_id, text))


def is_challenge_of(challenge: str, *, transaction_id: str, text: str) -> bool:
    """Does the challenge contain the hash of this transaction, and nothing but 32 more bytes?"""
    try:
        value = base64url_decode(challenge)
        return len(value) == NONCE_BYTES + 32 and value[NONCE_BYTES:] == _hash(transaction_id, text)
    except ValueError:  # no base64url, or a text that UTF-8 cannot write
        return False


def _hash(transaction_id: str, text: str) -> bytes:
    return hashlib.sha256(f"{transaction_id}{text}".encode()).digest()
