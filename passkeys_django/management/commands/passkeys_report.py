"""manage.py passkeys_report: passkeys or the history as CSV or JSON lines, for compliance officers."""

from datetime import date, datetime, time
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime

from ...maintenance.reports import FORMATS, Report, report_on_events, report_on_passkeys
from ...models import Passkey, PasskeyEvent

TABLES = ("passkeys", "events")


class Command(BaseCommand):
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
        report = self._report(table, user, None if since is None else moment(since))
        for line in report.lines(format):
            self.stdout.write(line, ending="")

    def _report(self, table: str, user: str | None, since: datetime | None) -> Report:
        if table == "events":
            events = _chosen(PasskeyEvent.objects.on_primary().order_by("at", "pk"), "at", user, since)
            return report_on_events(events)
        return report_on_passkeys(_chosen(Passkey.objects.on_primary().order_by("pk"), "created_at", user, since))


def _chosen(rows: QuerySet[Any], field: str, user: str | None, since: datetime | None) -> QuerySet[Any]:
    if user is not None:
        rows = rows.filter(user=_find_user(user))
    return rows if since is None else rows.filter(**{f"{field}__gte": since})


def _find_user(name: str) -> Any:
    """Raises CommandError."""
    model: Any = get_user_model()
    try:
        return model._base_manager.get(**{model.USERNAME_FIELD: name})
    except (model.DoesNotExist, ValueError):
        raise CommandError(f"There is no user {name!r}.") from None


def moment(text: str) -> datetime:
    """The moment, or the midnight with which the day begins, in the settings' time zone. Raises CommandError."""
    try:
        parsed: date | datetime | None = parse_date(text) or parse_datetime(text)
    except ValueError:
        parsed = None
    if parsed is None:
        raise CommandError(f"{text!r} is not a date such as 2026-12-31.")
    at = parsed if isinstance(parsed, datetime) else datetime.combine(parsed, time())
    if timezone.is_naive(at):
        at = timezone.make_aware(at, timezone.get_default_timezone())
    return at if timezone.is_aware(timezone.now()) else timezone.make_naive(at, timezone.get_default_timezone())
