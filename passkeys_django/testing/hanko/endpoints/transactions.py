"""/transaction"""

import hashlib
import math
from decimal import Decimal
from typing import Any

from ...encoding import b64url
from ..state import TRANSACTION, Credential, Transaction, User
from ..wire import bodies
from ..wire.http import ApiError, Response, json_response, json_text
from ..wire.uuids import parse_uuid
from . import assertions
from .calls import Call, timestamp

INITIALIZE = bodies.Schema(
    name="InitTransactionDto",
    fields=(
        bodies.Field(name="user_id", required=True),
        bodies.Field(name="transaction_id", required=True, max=128),
        bodies.Field(name="transaction_data", type="any", required=True),
    ),
)


def initialize(call: Call) -> Response:
    """Store a transaction. Its challenge contains a hash of its id and data."""
    values = bodies.read(call.request, INITIALIZE)
    bodies.refuse_unstorable(values["user_id"], values["transaction_id"])
    if values["transaction_id"] in call.tenant.transactions:
        raise ApiError(409, "transaction already exists")
    user, allowed = _suitable(call, values["user_id"])
    call.audit(
        "webauthn_transaction_init_succeeded", user_id=user.user_id, transaction_id=values["transaction_id"]
    )
    transaction = _new_transaction(call, user, values["transaction_id"], values["transaction_data"])
    call.tenant.transactions[transaction.identifier] = transaction
    settings = call.tenant.configuration.webauthn
    call.remember(
        transaction.challenge,
        operation=TRANSACTION,
        user_id=user.user_id,
        user_verification=settings.user_verification,
        allowed=tuple(credential.id for credential in allowed),
        timeout=settings.effective_timeout,
        transaction=transaction,
    )
    return json_response(assertions.options(call, transaction.challenge, allowed=allowed))


def _suitable(call: Call, user_id: str) -> tuple[User, list[Credential]]:
    user = call.tenant.users.get(user_id)
    if user is None:
        raise ApiError(404, "unable to find user")
    credentials = user.credentials.values()
    if not credentials:
        raise ApiError(400, "user has no suitable credentials for this operation")
    allowed = [credential for credential in credentials if not credential.is_mfa]
    if not allowed:
        title = "failed to create webauthn assertion options for transaction: Found no credentials for user"
        raise ApiError(500, title)
    return user, allowed


def _new_transaction(call: Call, user: User, identifier: str, value: Any) -> Transaction:
    data = go_json(value)
    digest = hashlib.sha256((identifier + data).encode("utf-8", "replace")).digest()
    now = call.state.stored_now()
    return Transaction(
        id=call.state.ids("transaction"),
        user=user,
        identifier=identifier,
        data=data,
        challenge=b64url(call.state.challenges() + digest),
        created_at=now,
        updated_at=now,
    )


def finalize(call: Call) -> Response:
    """Like a login, but the user handle is required and must be the one of the start."""
    assertion = assertions.parse(call.request.body, title="unable to finish transaction")
    transaction = _find(call, assertion.client_data.challenge)
    challenge = call.tenant.challenges.get(assertion.client_data.challenge)
    if challenge is None:
        raise assertions.session_error()
    user = assertions.user_by_handle(call, assertion.user_handle)
    if user is not transaction.user:
        raise ApiError(401, assertions.FAULT_TITLE, "ID mismatch for User and Session")
    credential = assertions.verify(call, challenge, user, assertion)
    call.audit("webauthn_transaction_final_succeeded", user_id=user.user_id, transaction_id=transaction.identifier)
    assertions.succeed(call, assertion, credential)
    return json_response(call.token(user, credential, transaction_id=transaction.identifier))


def _find(call: Call, challenge: str) -> Transaction:
    for transaction in call.tenant.transactions.values():
        if transaction.challenge == challenge:
            return transaction
    raise assertions.session_error("no transaction found for this challenge")


def listing(call: Call) -> Response:
    """GET /transaction/{internal id of the user}"""
    if parse_uuid(call.arguments[0]) is None:
        raise ApiError(400, "invalid user id")
    internal_id = parse_uuid(call.arguments[0])
    rows = call.tenant.transactions.values()
    return json_response([wire(row) for row in rows if row.user.id == internal_id])


def wire(transaction: Transaction) -> dict[str, Any]:
    """The JSON of a transaction in listings. It does not say whether the user confirmed the transaction."""
    return {
        "id": transaction.id,
        "identifier": transaction.identifier,
        "data": transaction.data,
        "created_at": timestamp(transaction.created_at),
        "updated_at": timestamp(transaction.updated_at),
    }


def go_json(value: Any) -> str:
    """A JSON value as Go writes it after reading it: keys are sorted, and numbers are float64 in Go's notation."""
    if isinstance(value, dict):
        members = (f"{json_text(key)}:{go_json(value[key])}" for key in sorted(value))
        return "{" + ",".join(members) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(go_json, value)) + "]"
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return _go_number(float(value))
    return json_text(value)


def _go_number(number: float) -> str:
    """The number in Go's notation. An exponent, without leading zeros, stands only below 1e-6 and from 1e21 on.

    Whole numbers have no fraction.
    """
    if number and not 1e-6 <= math.fabs(number) < 1e21:
        mantissa, _, exponent = f"{number!r}".partition("e")
        return f"{mantissa}e{int(exponent):+d}"
    digits = f"{Decimal(repr(number)):f}"
    return digits.removesuffix(".0")
