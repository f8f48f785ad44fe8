"""Transactions at Hanko: a person signs data with a passkey, and Hanko confirms this with a token."""

import json
from abc import abstractmethod
from contextlib import AbstractContextManager
from typing import Any

from ... import hanko
from ...exceptions import PasskeyError, ProviderRejected, SignatureFailed
from ...protocol.credentials import AuthenticationCredential
from ...protocol.relying_party import RelyingParty
from ..options import Options
from ..tokens import Claims, InvalidToken
from ..transactions import Confirmation, Transactions
from .keys import TenantKeys
from .wire import authentication_json, is_user_id


class HankoTransactions(Transactions):
    """The provider adds its client and the keys of its tokens, and turns Hanko's errors into ours."""

    _client: hanko.HankoClient
    _keys: TenantKeys

    @abstractmethod
    def _translated(
        self, refusal: type[PasskeyError] = ProviderRejected, *, has_input: bool = False
    ) -> AbstractContextManager[None]: ...

    @abstractmethod
    def _verified(self, token: str, relying_party: RelyingParty, transaction_id: str | None = None) -> Claims: ...

    def runs_transactions_of(self, user_handle: bytes) -> bool:
        return is_user_id(user_handle)

    def _transaction_options(
        self, *, relying_party: RelyingParty, user_handle: bytes, transaction_id: str, text: str
    ) -> Options:
        with self._translated(has_input=True):
            started = self._client.start_transaction(
                user_id=user_handle.decode(), transaction_id=transaction_id, transaction_data=json.loads(text)
            )
            return dict(started["publicKey"])

    def finalize_transaction(
        self,
        *,
        relying_party: RelyingParty,
        credential: AuthenticationCredential,
        user_handle: bytes,
        transaction_id: str,
    ) -> Confirmation:
        with self._translated(refusal=SignatureFailed, has_input=True):
            token = self._client.finalize_transaction(
                credential=authentication_json(credential, user_handle), user_id=user_handle.decode()
            )
        return Confirmation(
            token=token, jwk=self._checked_key(token, relying_party, credential, user_handle, transaction_id)
        )

    def _checked_key(
        self,
        token: str,
        relying_party: RelyingParty,
        credential: AuthenticationCredential,
        user_handle: bytes,
        transaction_id: str,
    ) -> dict[str, Any]:
        try:
            claims = self.verify_transaction_token(
                token, relying_party=relying_party, transaction_id=transaction_id
            )
            with self._translated():
                jwk = self._keys.jwk_of(token)
        except InvalidToken as exc:
            raise ProviderRejected(f"Hanko's token of the transaction: {exc}") from exc
        if claims.user_handle != user_handle or claims.credential_id != credential.id:
            raise ProviderRejected("Hanko's token is about another user or another passkey")
        return dict(jwk)

    def verify_transaction_token(self, token: str, *, relying_party: RelyingParty, transaction_id: str) -> Claims:
        """The claims of Hanko's token for this transaction: which user signed, and with which passkey.

        Compare the user handle with the handle of the user whom you asked to sign: the token does not say whom you
        asked, nor what was signed. The token lives for five minutes, and nothing stops a second use: accept each
        transaction only once. Raises InvalidToken, ProviderUnavailable, ProviderRejected, and ValueError for an
        empty `transaction_id`.
        """
        if not transaction_id:
            raise ValueError("transaction_id must not be empty")
        return self._verified(token, relying_party, transaction_id)
