"""Calls that only `passkeys_doctor` makes, to find out how a server behaves."""

import base64
import json
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from itertools import islice

from .exceptions import HankoProtocolError, HankoRefused
from .public_api.client import HankoClient
from .transport.http import Transport
from .types import AuthenticationCredential

CONNECT_TIMEOUT, READ_TIMEOUT = 3.05, 5.0  # seconds
EXPIRED = "Session has Expired"
LOGGED_SINCE = 100
"""How many rows of the audit log we search for our own call. On a busy site, other calls come in between."""


def server_time(base_url: str) -> datetime | None:
    """The time of the server, or of a proxy in front of the server, to the second. None without a `Date` header.

    Raises HankoTransportError, HankoAPIError.
    """
    reply = _transport(base_url).request("GET", "/")
    try:
        return parsedate_to_datetime(reply.headers.get("Date", ""))
    except ValueError:
        return None


def fresh_challenge_expired(client: HankoClient, *, user_id: str) -> bool:
    """Does the server say that a challenge has expired which it has just made (contract trap 20)?

    `user_id`: a user with a passkey. We answer the challenge with an assertion that no server can accept: the
    credential does not exist, and there is no signature. A server checks the age of the challenge first and
    reports an expired one. Raises HankoTransportError, HankoAPIError, ValueError.
    """
    options = client.start_login(user_id=user_id)["publicKey"]
    try:
        client.finalize_login(credential=_worthless_assertion(options["challenge"]))
    except HankoRefused as exc:
        return exc.details == EXPIRED
    raise HankoProtocolError("the server accepted an assertion without a signature")


def audit_log_offset(client: HankoClient) -> timedelta | None:
    """How far the audit log is ahead of our clock. None if the log does not show the call that we make here.

    A server that does not run in UTC writes its local time and marks that time as UTC (contract trap 20). The call
    starts a login, so one unused challenge stays at the server. Raises HankoTransportError, HankoAPIError.
    """
    reply = client._call("POST", "/login/initialize", body={})
    now = datetime.now(UTC)
    rows = client.list_audit_logs(types=["webauthn_authentication_init_succeeded"], per_page=LOGGED_SINCE)
    own = (row for row in islice(rows, LOGGED_SINCE) if row.request_id == reply.request_id)
    return next((row.created_at - now for row in own), None)


def _transport(base_url: str) -> Transport:
    return Transport(base_url=base_url, connect_timeout=CONNECT_TIMEOUT, read_timeout=READ_TIMEOUT)


def _worthless_assertion(challenge: str) -> AuthenticationCredential:
    client_data = {"type": "webauthn.get", "challenge": challenge, "origin": "https://doctor.invalid"}
    nobodys = _encode(b"passkeys_doctor")
    return {
        "id": nobodys,
        "rawId": nobodys,
        "type": "public-key",
        "response": {
            "clientDataJSON": _encode(json.dumps(client_data).encode()),
            "authenticatorData": _encode(bytes(37)),
            "signature": _encode(b"none"),
        },
    }


def _encode(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()
