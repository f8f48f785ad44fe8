"""manage.py passkeys_prune: revoke passkeys that nobody has used for a long time, and delete old events."""

import re
from collections import Counter
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from ...conf import passkey_settings
from ...exceptions import PasskeyError
from ...lifecycle.lockout import users_locked_out
from ...maintenance.copies import Deletion, finish_removals
from ...maintenance.pruning import (
    Pruning,
    events_before,
    prune_enrolments,
    prune_events,
    prune_passkeys,
    unused_since,
)
from ...providers import providers_with_copies
from ...providers.base import BaseProvider
from ..console import AGAIN, may_go_on, one_line_errors

DAYS = {"": 1, "d": 1, "w": 7}
MAX_DAYS = 36_500


def period(text: str) -> timedelta:
    """The period in a text such as 365, 365d or 52w. Raises CommandError."""
    match = re.fullmatch(r"([0-9]{1,9})([dw]?)", text)
    days = int(match[1]) * DAYS[match[2]] if match else 0
    if not 1 <= days <= MAX_DAYS:
        raise CommandError(f"{text!r} is not a period such as 365d (days) or 52w (weeks).")
    return timedelta(days=days)


class Command(BaseCommand):
    help = (
        "Revoke the passkeys that were not used for a long time, here and at the providers that hold copies, and "
        "delete old events of the history. Try --dry-run first. The only passkey of a user without a password is "
        "never touched."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--unused-for",
            metavar="PERIOD",
            help="revoke passkeys last used (or created, if never used) longer ago than this: 365d, 52w, or days",
        )
        parser.add_argument(
            "--events",
            action="store_true",
            help="delete events that are older than PASSKEY_EVENT_RETENTION days",
        )
        parser.add_argument("--dry-run", action="store_true", help="change nothing, only say what would happen")
        parser.add_argument("--yes", action="store_true", help="do not ask, for scripts")

    def handle(self, *, unused_for: str | None, events: bool, dry_run: bool, yes: bool, **_options: Any) -> None:
        if unused_for is None and not events:
            raise CommandError("Say what to delete: --unused-for PERIOD, --events, or both.")
        age = None if unused_for is None else period(unused_for)
        with one_line_errors():
            if events:
                self._handle_events(passkey_settings.event_retention, dry_run=dry_run, yes=yes)
            if age is not None:
                self._handle_passkeys(age, dry_run=dry_run, yes=yes)

    def _handle_events(self, days: int | None, *, dry_run: bool, yes: bool) -> None:
        if days is None:
            self.stdout.write("Events are kept for ever: PASSKEY_EVENT_RETENTION is None.")
            return
        moment = timezone.now() - timedelta(days=min(days, MAX_DAYS))
        count = events_before(moment)
        self.stdout.write(f"Events older than {days} days: {count}")
        if dry_run:
            self.stdout.write(f"Would delete: {count}")
        elif count == 0 or may_go_on(self, f"Delete {count} events?", yes=yes):
            self.stdout.write(f"Deleted: {sum(prune_events(before=moment))}")
            self._prune_enrolments(moment)

    def _prune_enrolments(self, moment: datetime) -> None:
        if count := prune_enrolments(before=moment):
            self.stdout.write(f"Links for new passkeys, long expired: {count} deleted")

    def _handle_passkeys(self, age: timedelta, *, dry_run: bool, yes: bool) -> None:
        moment = timezone.now() - age
        keys = unused_since(moment)
        kept = users_locked_out(set(keys))
        self.stdout.write(f"Passkeys unused for {age.days} days: {len(keys)}")
        self.stdout.write(f"  kept, as the last one of a user without a password: {kept}")
        if dry_run:
            self.stdout.write(f"Would remove: {len(keys) - kept}")
        elif len(keys) == kept or may_go_on(self, f"Remove {len(keys) - kept} passkeys?", yes=yes):
            self._prune(keys, moment)
            self._finish_removals()

    def _prune(self, keys: list[UUID], moment: datetime) -> None:
        counts: Counter[Pruning] = Counter()
        try:
            for pruning in prune_passkeys(keys, unused_since=moment):
                counts[pruning] += 1
        finally:
            for pruning in Pruning:
                if counts[pruning] or pruning is Pruning.REMOVED:
                    self.stdout.write(f"{pruning.value.capitalize()}: {counts[pruning]}")

    def _finish_removals(self) -> None:
        """Delete copies at every provider, even if one is down. Raises CommandError if copies are left."""
        problems = [problem for provider in providers_with_copies() if (problem := self._finish(provider))]
        if problems:
            raise CommandError(f"Copies are left: {'; '.join(problems)}. {AGAIN}")

    def _finish(self, provider: BaseProvider) -> str:
        counts: Counter[Deletion] = Counter()
        try:
            for deletion in finish_removals(provider):
                counts[deletion] += 1
        except PasskeyError as exc:
            return " ".join(f"{provider.identity}: {exc}".split())
        finally:
            self.stdout.write(f"Copies deleted at {provider.identity}: {counts[Deletion.DONE]}")
        refused = counts[Deletion.REFUSED]
        return f"{provider.identity} refused {refused} deletions, the log says why" if refused else ""
