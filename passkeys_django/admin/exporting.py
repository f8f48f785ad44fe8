"""The exports of the lists: what is selected, as CSV or as JSON lines."""

from collections.abc import AsyncIterator, Iterator
from typing import Any

from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIRequest
from django.db.models import QuerySet
from django.http import HttpRequest, StreamingHttpResponse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from ..maintenance.reports import CONTENT_TYPES, report_on_events, report_on_passkeys
from ..signatures.evidence.lines import evidence_lines


class PasskeyExports:
    """Actions for the list of passkeys."""

    def export_csv(self, request: HttpRequest, queryset: QuerySet[Any]) -> StreamingHttpResponse:
        return _sent(request, report_on_passkeys(queryset).lines("csv"), "passkeys", "csv")

    def export_jsonl(self, request: HttpRequest, queryset: QuerySet[Any]) -> StreamingHttpResponse:
        return _sent(request, report_on_passkeys(queryset).lines("jsonl"), "passkeys", "jsonl")


class EventExports:
    """Actions for the list of events."""

    def export_csv(self, request: HttpRequest, queryset: QuerySet[Any]) -> StreamingHttpResponse:
        return _sent(request, report_on_events(queryset).lines("csv"), "passkey-events", "csv")

    def export_jsonl(self, request: HttpRequest, queryset: QuerySet[Any]) -> StreamingHttpResponse:
        return _sent(request, report_on_events(queryset).lines("jsonl"), "passkey-events", "jsonl")


class SignatureExports:
    """The action for the list of signatures."""

    def export_jsonl(self, request: HttpRequest, queryset: QuerySet[Any]) -> StreamingHttpResponse:
        return _sent(request, evidence_lines(queryset), "passkey-signatures", "jsonl")


_LABELS: dict[str, Promise] = {
    "export_csv": gettext_lazy("Export selected rows as CSV"),
    "export_jsonl": gettext_lazy("Export selected rows as JSON lines"),
}
# What @admin.action does, but for `locations` of Django 6.1, with which django-simpleui cannot show the list.
for _exports in (PasskeyExports, EventExports, SignatureExports):
    for _name in _LABELS.keys() & vars(_exports).keys():
        _action: Any = vars(_exports)[_name]
        _action.short_description, _action.allowed_permissions = _LABELS[_name], ["view"]


def _sent(request: HttpRequest, lines: Iterator[str], name: str, format: str) -> StreamingHttpResponse:
    content: Any = _asynchronous(lines) if isinstance(request, ASGIRequest) else lines
    response = StreamingHttpResponse(content, content_type=CONTENT_TYPES[format])
    response["Content-Disposition"] = f'attachment; filename="{name}-{timezone.now():%Y-%m-%d}.{format}"'
    return response


async def _asynchronous(lines: Iterator[str]) -> AsyncIterator[str]:
    """Under ASGI, Django would read all lines at once."""
    read: Any = sync_to_async(next)
    while (line := await read(lines, None)) is not None:
        yield line
