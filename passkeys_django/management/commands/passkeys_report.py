"""manage.py passkeys_report: passkeys or the history as CSV or JSON lines, for compliance officers."""

from datetime import datetime
from typing import Any

from django.core.management.base import CommandParser
from django.db.models import QuerySet

from ...maintenance.reports import FORMATS, Report, report_on_events, report_on_passkeys
from ...models import Passkey, PasskeyEvent
from ..console import PasskeyCommand
from ..selecting import beginning, find_user

TABLES = ("passkeys", "events")


class Command(PasskeyCommand):
    help = (
        "Print all passkeys, or the history, as CSV or JSON lines: for a compliance officer, or for an archive. "
        "It has no keys and no secrets. In CSV, cells that a spreadsheet would run begin with an apostrophe."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("table", choices=TABLES, help="what to print")
        parser.add_argument("--format", choices=FORMATS, default=FORMATS[0], help="csv (default) or jsonl")
        parser.add_argument("--user", metavar="NAME", help="only of this user, by user name")
        parser.add_argument(
            "--since", metavar="DATE", help="only passkeys made, or events, from this day or moment on: 2026-12-31"
        )

    def handle(self, *, table: str, format: str, user: str | None, since: str | None, **_options: Any) -> None:
        report = self._report(table, user, None if since is None else beginning(since))
        for line in report.lines(format):
            self.stdout.write(line, ending="")

    def _report(self, table: str, user: str | None, since: datetime | None) -> Report:
        if table == "events":
            events = _chosen(PasskeyEvent.objects.on_primary().order_by("at", "pk"), "at", user, since)
            return report_on_events(events)
        return report_on_passkeys(_chosen(Passkey.objects.on_primary().order_by("pk"), "created_at", user, since))


def _chosen(rows: QuerySet[Any], field: str, user: str | None, since: datetime | None) -> QuerySet[Any]:
    if user is not None:
        rows = rows.filter(user=find_user(user))
    return rows if since is None else rows.filter(**{f"{field}__gte": since})
