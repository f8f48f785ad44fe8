"""The admin API of a self-hosted server."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from ..exceptions import HankoError
from ..public_api import audit_logs
from ..public_api.audit_logs import AuditLog, AuditLogFilter, AuditLogType
from ..transport import pages, replies
from ..transport.calls import Params
from ..transport.fields import Fields
from ..transport.http import Reply, Transport
from .tenant_secrets import TenantSecrets
from .tenants import Tenants, path
from .users import Users


@dataclass(frozen=True, kw_only=True)
class Health:
    """What the server reports about itself. `ready` does not test the database: call `is_alive()` for that."""

    alive: bool
    ready: bool


class HankoAdminClient(Tenants, TenantSecrets, Users):
    """The admin API (server 1.2 or newer), which has a separate port. Threads may share a client.

    Hanko's hosted service does not offer the admin API. The API asks for no key, so anybody who can reach its port
    controls all tenants: bind the port to a private address. Time-outs are in seconds, as for `HankoClient`. No
    request is sent twice.

    Every method may raise HankoTransportError and HankoAPIError (`exceptions.py` draws the tree). For an argument
    that the server would fail on, every method raises ValueError before anything is sent.
    """

    def __init__(self, *, admin_url: str, connect_timeout: float = 3.05, read_timeout: float = 10.0) -> None:
        self.admin_url = admin_url
        self._transport = Transport(base_url=admin_url, connect_timeout=connect_timeout, read_timeout=read_timeout)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(admin_url={self.admin_url!r})"

    def is_alive(self) -> bool:
        """GET / of the admin URL: the status page, which also tests the server's database. Raises nothing."""
        try:
            self._call("GET", "/")
        except HankoError:
            return False
        return True

    def health(self) -> Health:
        """GET /health/alive and /health/ready."""
        return Health(alive=self._says("alive"), ready=self._says("ready"))

    def metrics(self) -> str:
        """GET /metrics: the server's memory, and its requests to the admin API, in the text format of Prometheus.

        Requests to the public API are not counted. Raises HankoNotFound if the server has no metrics: `serve all`
        has metrics, `serve admin` has not.
        """
        return replies.plain_text(self._call("GET", "/metrics"))

    def list_audit_logs(
        self,
        *,
        tenant_id: UUID | str,
        types: Collection[AuditLogType] = (),
        start_time: datetime | None = None,
        end_time: datetime | None = None,
        actor_user_id: str | None = None,
        source_ip: str | None = None,
        search: str | None = None,
        per_page: int = pages.PER_PAGE,
    ) -> Iterator[AuditLog]:
        """GET /tenants/{tenant}/audit_logs, like `HankoClient.list_audit_logs`. Raises HankoTenantNotFound."""
        selected = AuditLogFilter(
            types=types,
            start_time=start_time,
            end_time=end_time,
            actor_user_id=actor_user_id,
            source_ip=source_ip,
            search=search,
        )
        address = f"{path(tenant_id)}/audit_logs"

        def call(params: Params) -> Reply:
            return self._call("GET", address, params=params)

        return audit_logs.read(call, selected, per_page=per_page)

    def _says(self, what: str) -> bool:
        def read(value: Any) -> bool:
            return Fields.of("a health report", value).flag(what)

        return replies.record(self._call("GET", f"/health/{what}"), read)
