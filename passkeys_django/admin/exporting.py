"""The exports of both lists: what is selected, as CSV or as JSON lines."""

from collections.abc import AsyncIterator, Iterator
from typing import Any

from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIRequest
from django.db.models import QuerySet
from django.http import HttpRequest, StreamingHttpResponse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from ..maintenance.reports import CONTENT_TYPES, Report, report_on_events, report_on_passkeys


class PasskeyExports:
    """Actions for the list of passkeys."""

    def export_csv(self, request: HttpRequest, queryset: QuerySet[Any]) -> StreamingHttpResponse:
        return _sent(request, report_on_passkeys(queryset), "passkeys", "csv")

    def export_jsonl(self, request: HttpRequest, queryset: QuerySet[Any]) -> StreamingHttpResponse:
        return _sent(request, report_on_passkeys(queryset), "passkeys", "jsonl")


class EventExports:
    """Actions for the list of events."""

    def export_csv(self, request: HttpRequest, queryset: QuerySet[Any]) -> StreamingHttpResponse:
        return _sent(request, report_on_events(queryset), "passkey-events", "csv")

    def export_jsonl(self, request: HttpRequest, queryset: QuerySet[Any]) -> StreamingHttpResponse:
        return _sent(request, report_on_events(queryset), "passkey-events", "jsonl")


_LABELS: dict[str, Promise] = {
    "export_csv": gettext_lazy("Export selected rows as CSV"),
    "export_jsonl": gettext_lazy("Export selected rows as JSON lines"),
}
# What @admin.action does, but for `locations` of Django 6.1, with which django-simpleui cannot show the list.
for _exports in (PasskeyExports, EventExports):
    for _name, _label in _LABELS.items():
        _action: Any = getattr(_exports, _name)
        _action.short_description, _action.allowed_permissions = _label, ["view"]


def _sent(request: HttpRequest, report: Report, name: str, format: str) -> StreamingHttpResponse:
    lines = report.lines(format)
    content: Any = _asynchronous(lines) if isinstance(request, ASGIRequest) else lines
    response = StreamingHttpResponse(content, content_type=CONTENT_TYPES[format])
    response["Content-Disposition"] = f'attachment; filename="{name}-{timezone.now():%Y-%m-%d}.{format}"'
    return response


async def _asynchronous(lines: Iterator[str]) -> AsyncIterator[str]:
    """Under ASGI, Django would read all lines at once."""
    read: Any = sync_to_async(next)
    while (line := await read(lines, None)) is not None:
        yield line
