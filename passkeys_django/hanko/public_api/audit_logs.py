"""The audit log. The public API and the admin API both show it, in the same form."""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal, get_args
from uuid import UUID

from ..transport import guards, pages
from ..transport.calls import Params, TenantCalls
from ..transport.fields import Fields
from ..transport.http import Reply

#: What the server logs. The server rolls back rows whose type ends in `_failed`, together with the failed call.
AuditLogType = Literal[
    "webauthn_registration_init_succeeded",
    "webauthn_registration_final_succeeded",
    "webauthn_authentication_init_succeeded",
    "webauthn_authentication_final_succeeded",
    "webauthn_transaction_init_succeeded",
    "webauthn_transaction_final_succeeded",
    "mfa_registration_init_succeeded",
    "mfa_registration_final_succeeded",
    "mfa_authentication_init_succeeded",
    "mfa_authentication_final_succeeded",
    "webauthn_credential_updated",
    "webauthn_credential_deleted",
]
TYPES = frozenset(get_args(AuditLogType))
_TEXTS = {"actor_user_id": "actor_user_id", "source_ip": "meta_source_ip", "search": "q"}  # our name: the query's


@dataclass(frozen=True, kw_only=True)
class AuditLog:
    """A row of the audit log. Times are in UTC.

    Request id, address and user agent describe the caller of Hanko. If a site's server calls Hanko for the
    browser, they describe that server.
    """

    id: UUID
    type: str
    created_at: datetime
    updated_at: datetime
    tenant_id: UUID
    actor_user_id: str | None
    transaction_id: str | None
    error: str | None
    request_id: str
    source_ip: str
    user_agent: str

    @classmethod
    def from_wire(cls, row: Any) -> "AuditLog":
        """Raises ValueError for anything that is not a row of an audit log."""
        fields = Fields.of("an audit log row", row)
        return cls(
            id=fields.uuid("id"),
            type=fields.text("type"),
            created_at=fields.time("created_at"),
            updated_at=fields.time("updated_at"),
            tenant_id=fields.uuid("tenant_id"),
            actor_user_id=fields.text("actor_user_id", "") or None,
            transaction_id=fields.text("transaction_id", "") or None,
            error=fields.text("error", "") or None,
            request_id=fields.text("meta_http_request_id", ""),
            source_ip=fields.text("meta_source_ip", ""),
            user_agent=fields.text("meta_user_agent", ""),
        )


@dataclass(frozen=True, kw_only=True)
class AuditLogFilter:
    """Selects rows. `params()` raises ValueError for values that the server would misunderstand."""

    types: Collection[AuditLogType]
    start_time: datetime | None
    end_time: datetime | None
    actor_user_id: str | None
    source_ip: str | None
    search: str | None

    def params(self) -> dict[str, str | list[str]]:
        """The parameters of the query. `type` is repeated for each of several types."""
        texts = {name: getattr(self, name) for name in _TEXTS}
        times = {"start_time": self.start_time, "end_time": self.end_time}
        return {
            **({"type": [_known(name) for name in self.types]} if self.types else {}),
            **{name: guards.moment(name, value) for name, value in times.items() if value is not None},
            **{_TEXTS[name]: guards.text(name, value) for name, value in texts.items() if value is not None},
        }


def read(call: Callable[[Params], Reply], selected: AuditLogFilter, *, per_page: int) -> Iterator[AuditLog]:
    """Every row of every page. `call` sends the request.

    The server always lists the newest rows first, so each new row would shift the pages. For the second page and
    later ones we therefore set `end_time` just after the time of the first row.
    """
    params = {"per_page": str(pages.checked_size(per_page)), **selected.params()}

    def fetch(page: int, newest: AuditLog | None) -> Reply:
        until = {"end_time": _just_after(newest.created_at)} if newest else {}
        return call({**params, **until, "page": str(page)})

    return pages.rows(fetch, AuditLog.from_wire, per_page=per_page)


def _just_after(moment: datetime) -> str:
    return guards.moment("end_time", moment + timedelta(microseconds=1))


def _known(name: str) -> str:
    """Trap 8: only known names, because the server puts this text into its SQL without escaping."""
    if name not in TYPES:
        raise ValueError("types must be names of audit log types, see AuditLogType")
    return name


class AuditLogs(TenantCalls):
    """/audit_logs. Needs the API key."""

    def list_audit_logs(
        self,
        *,
        types: Collection[AuditLogType] = (),
        start_time: datetime | None = None,
        end_time: datetime | None = None,
        actor_user_id: str | None = None,
        source_ip: str | None = None,
        search: str | None = None,
        per_page: int = pages.PER_PAGE,
    ) -> Iterator[AuditLog]:
        """GET /audit_logs: newest first, page by page (trap 15), without rows newer than those of the first page.

        `types`: rows of any of these types; only known names (trap 8). Both times are aware datetimes and
        exclusive. `actor_user_id` and `source_ip` match a part of their column, `search` a part of either column;
        `%` and `_` are wildcards. Discoverable starts and changes of credentials have no actor. Refused calls are
        not logged. Raises HankoInvalidKey.
        """
        selected = AuditLogFilter(
            types=types,
            start_time=start_time,
            end_time=end_time,
            actor_user_id=actor_user_id,
            source_ip=source_ip,
            search=search,
        )
        return read(self._call_audit_logs, selected, per_page=per_page)

    def _call_audit_logs(self, params: Params) -> Reply:
        return self._call("GET", "/audit_logs", params=params, with_key=True)
