"""The public API of one tenant."""

from typing import cast

from ..exceptions import HankoError
from ..transport.http import Transport
from ..types import JSONWebKey
from .audit_logs import AuditLogs
from .ceremonies import Ceremonies
from .credentials import Credentials
from .second_factors import SecondFactors
from .transactions import Transactions


class HankoClient(Ceremonies, SecondFactors, Transactions, Credentials, AuditLogs):
    """Hanko's Passkey API (server 1.2 or newer), hosted or self-hosted. Threads may share a client.

    Only these calls need no `api_key`: `start_login` without a user, `finalize_login`, `finalize_registration`,
    `jwks` and `is_alive`. Time-outs are in seconds. A call ends after at most two attempts to connect and twice
    the read time-out. No request is sent twice.

    Every method may raise HankoTransportError and HankoAPIError (`exceptions.py` draws the tree). For an argument
    that the server would fail on, every method raises ValueError before anything is sent.
    """

    def __init__(
        self,
        *,
        tenant_id: str,
        api_key: str | None = None,
        base_url: str = "https://passkeys.hanko.io",
        connect_timeout: float = 3.05,
        read_timeout: float = 5.0,
    ) -> None:
        self.tenant_id = tenant_id
        self.base_url = base_url
        self._api_key = api_key
        self._transport = Transport(base_url=base_url, connect_timeout=connect_timeout, read_timeout=read_timeout)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(tenant_id={self.tenant_id!r}, base_url={self.base_url!r})"

    def jwks(self) -> list[JSONWebKey]:
        """GET /.well-known/jwks.json: all keys of the tenant, unchecked. `KeySet` keeps the usable keys."""
        reply = self._call("GET", "/.well-known/jwks.json")
        found = reply.json()
        keys = found.get("keys") if isinstance(found, dict) else None
        if not isinstance(keys, list) or not all(isinstance(key, dict) for key in keys):
            raise reply.unexpected("the key set has no list of keys")
        return cast(list[JSONWebKey], keys)

    def is_alive(self) -> bool:
        """GET / of the base URL: the status page, which also tests the server's database. Raises nothing."""
        try:
            self._transport.request("GET", "/")
        except HankoError:
            return False
        return True
