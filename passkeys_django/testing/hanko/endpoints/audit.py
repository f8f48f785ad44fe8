"""/audit_logs, in the public API and in the admin API."""

import re
from datetime import datetime
from typing import Any

from ..state import AuditEntry
from ..wire.http import ApiError, Response, internal_error
from ..wire.pages import Page
from .calls import Call, timestamp

TITLE = "unable to list audit logs"


def listing(call: Call) -> Response:
    """GET /audit_logs: newest first."""
    request = call.request
    try:
        page = Page.of(request)
        start, end = (_time(request.parameter(name)) for name in ("start_time", "end_time"))
    except ValueError as error:
        raise ApiError(400, TITLE, str(error)) from error
    types = request.parameters("type")
    if any("'" in name for name in types):  # the server puts the text into its SQL without escaping
        raise internal_error()
    rows = [
        entry
        for entry in reversed(call.tenant.audit_log)
        if (start is None or entry.created_at > start)
        and (end is None or entry.created_at < end)
        and (not types or entry.type in types)
        and _matches(call, entry)
    ]
    return page.response(request, rows, lambda entry: wire(call, entry))


def _matches(call: Call, entry: AuditEntry) -> bool:
    request = call.request
    actor, source, either = (request.parameter(name) for name in ("actor_user_id", "meta_source_ip", "q"))
    return (
        (not actor or _like(actor, entry.actor_user_id))
        and (not source or _like(source, entry.source_ip))
        and (not either or _like(either, entry.source_ip) or _like(either, entry.actor_user_id))
    )


def _like(pattern: str, text: str | None) -> bool:
    """Match like SQL's LIKE, with the pattern anywhere in the text."""
    expression = re.escape(pattern).replace("%", ".*").replace("_", ".")
    return text is not None and re.search(expression, text, re.DOTALL) is not None


def _time(text: str) -> int | None:
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        layout = "2006-01-02T15:04:05Z07:00"
        raise ValueError(f'parsing time "{text}" as "{layout}": cannot parse "{text}" as "2006"') from error
    return round(moment.timestamp() * 1_000_000) * 1000


def wire(call: Call, entry: AuditEntry) -> dict[str, Any]:
    """The JSON of an entry. Without an actor, the member is absent; without a transaction, it is null."""
    actor = {} if entry.actor_user_id is None else {"actor_user_id": entry.actor_user_id}
    return {
        "id": entry.id,
        "type": entry.type,
        "meta_http_request_id": entry.request_id,
        "meta_source_ip": entry.source_ip,
        "meta_user_agent": entry.user_agent,
        **actor,
        "created_at": timestamp(entry.created_at),
        "updated_at": timestamp(entry.created_at),
        "tenant_id": call.tenant.id,
        "transaction_id": entry.transaction_id,
    }
