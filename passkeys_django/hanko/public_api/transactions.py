"""Transactions: a user confirms some data with a passkey. The challenge contains a hash of the data."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from ..transport import guards, replies
from ..transport.calls import TenantCalls
from ..transport.fields import Fields
from ..types import AuthenticationCredential, JSONValue, RequestOptions


@dataclass(frozen=True, kw_only=True)
class Transaction:
    """A transaction as Hanko stores it. Hanko does not say whether the user confirmed the transaction.

    `identifier` is the `transaction_id` of the start. `data` is JSON text, as Hanko wrote it anew. The second half
    of the challenge is the SHA-256 of `identifier` followed by `data`. Times are in UTC.
    """

    id: UUID
    identifier: str
    data: str
    created_at: datetime
    updated_at: datetime

    @classmethod
    def from_wire(cls, row: Any) -> "Transaction":
        """Raises ValueError for anything that is not a transaction."""
        fields = Fields.of("a transaction", row)
        return cls(
            id=fields.uuid("id"),
            identifier=fields.text("identifier"),
            data=fields.text("data", ""),
            created_at=fields.time("created_at"),
            updated_at=fields.time("updated_at"),
        )


class Transactions(TenantCalls):
    """/transaction. All three calls need the API key."""

    def start_transaction(
        self, *, user_id: str, transaction_id: str, transaction_data: JSONValue
    ) -> RequestOptions:
        """POST /transaction/initialize: request options that name the user's passkeys.

        `transaction_id`: at most 128 code points. From this call on, the id is used up in the tenant for ever,
        even if nobody finishes the transaction: a second try needs a new id (trap 17). `transaction_data`: any
        JSON value except None. Integers beyond 2**53 would lose digits and are refused.

        Raises HankoConflict for an id that exists, HankoNotFound for an unknown user, HankoInvalidRequest for a
        user without credentials, HankoUserWithoutCredentials for a user who has only second factors,
        HankoInvalidKey.
        """
        body = {
            "user_id": guards.user_id(user_id),
            "transaction_id": guards.text("transaction_id", transaction_id, limit=guards.NAME_MAX),
            "transaction_data": guards.json_value("transaction_data", transaction_data),
        }
        reply = self._call("POST", "/transaction/initialize", body=body, with_key=True)
        return cast(RequestOptions, replies.options_for_one(reply))

    def finalize_transaction(self, *, credential: AuthenticationCredential, user_id: str) -> str:
        """POST /transaction/finalize: the token, a JWT that the caller must verify. Its claim `trans` is the id.

        With Django, `HankoProvider.verify_transaction_token` verifies the token. `user_id` must be the one of the
        start. It replaces a missing user handle: Hanko needs a handle here, but authenticators may omit the handle
        if the options named credentials. Hanko refuses the handle of another user.

        Raises HankoRefused (400, 401, 422: the credential or its challenge was refused), HankoInvalidKey.
        """
        body = guards.with_user_handle(guards.authentication(credential), guards.user_id(user_id))
        reply = self._call("POST", "/transaction/finalize", body=body, with_key=True, finalize=True)
        return replies.token(reply)

    def list_transactions(self, *, internal_user_id: UUID) -> list[Transaction]:
        """GET /transaction/{internal user id}: all transactions of one user, without pages.

        `internal_user_id` is Hanko's own UUID of the user, not `user_id`. Only the admin API shows this UUID. For
        an unknown user the list is empty. Raises HankoInvalidKey.
        """
        path = f"/transaction/{guards.uuid('internal_user_id', internal_user_id)}"
        return replies.records(self._call("GET", path, with_key=True), Transaction.from_wire)
