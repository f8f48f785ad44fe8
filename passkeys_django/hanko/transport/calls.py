"""Base classes for the parts of the two clients. Each part is a mix-in with the calls about one noun."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from . import guards
from .http import Reply, Transport

Params = Mapping[str, str | Sequence[str]]


class TenantCalls:
    """Calls to the public API of one tenant."""

    tenant_id: str
    _api_key: str | None
    _transport: Transport

    def _call(
        self,
        method: str,
        path: str,
        *,
        body: Mapping[str, Any] | None = None,
        params: Params | None = None,
        with_key: bool = False,
        finalize: bool = False,
    ) -> Reply:
        """Send one request. The API key is sent only `with_key`, to endpoints that need a key."""
        headers = {"apiKey": guards.api_key(self._api_key)} if with_key else None
        tenant = quote(self.tenant_id, safe=":")
        return self._transport.request(
            method, f"/{tenant}{path}", params=params, body=body, headers=headers, finalize=finalize
        )


class AdminCalls:
    """Calls to the admin API, which does not ask for a key."""

    _transport: Transport

    def _call(
        self,
        method: str,
        path: str,
        *,
        body: Mapping[str, Any] | None = None,
        params: Params | None = None,
        patience: float = 0.0,
    ) -> Reply:
        return self._transport.request(method, path, params=params, body=body, patience=patience)
