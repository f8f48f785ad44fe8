"""Questions that only a doctor asks a server."""

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
"""Rows of the audit log among which to find one's own call. On a busy site others come in between."""


def server_time(base_url: str) -> datetime | None:
    """The clock of the server, or of the proxy before it, to the second; None if it does not say.

    Raises HankoTransportError, HankoAPIError.
    """
    reply = _transport(base_url).request("GET", "/")
    try:
        return parsedate_to_datetime(reply.headers.get("Date", ""))
    except ValueError:
        return None


def fresh_challenge_expired(client: HankoClient, *, user_id: str) -> bool:
    """Does the server take a challenge that it has just made for an old one (contract trap 20)?

    `user_id` is one with a passkey. The challenge is answered with an assertion that no server can accept, of a
    credential that does not exist and without a signature: a server looks at the age first and says so. Raises
    HankoTransportError, HankoAPIError, ValueError.
    """
    options = client.start_login(user_id=user_id)["publicKey"]
    try:
        client.finalize_login(credential=_worthless_assertion(options["challenge"]))
    except HankoRefused as exc:
        return exc.details == EXPIRED
    raise HankoProtocolError("the server accepted an assertion without a signature")


def audit_log_offset(client: HankoClient) -> timedelta | None:
    """How far the audit log is ahead of our clock. None if the log does not show the call that this makes.

    A server that does not run in UTC writes the time of its own zone and marks it as UTC (contract trap 20). The
    call is the start of a login, which leaves a challenge behind. Raises HankoTransportError, HankoAPIError.
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
