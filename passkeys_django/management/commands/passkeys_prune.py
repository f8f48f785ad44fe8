"""manage.py passkeys_prune: revoke passkeys that nobody has used for a long time, and delete old events."""

import re
from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils import timezone

from ...conf import passkey_settings
from ...exceptions import PasskeyError
from ...maintenance.pruning import (
    Pruned,
    count_unused,
    events_before,
    prune_enrolments,
    prune_events,
    prune_passkeys,
)
from ...maintenance.relabelling import count_pending
from ...maintenance.sync.copies import Deletion, finish_removals
from ...providers import providers_with_copies
from ...providers.base import BaseProvider
from ..console import AGAIN, PasskeyCommand, may_go_on, one_line_errors
from ..stopping import Stop, stopping_well
from ..summary import add_no_mail, with_bar, with_bar_of_batches

DAYS = {"": 1, "d": 1, "w": 7}
MAX_DAYS = 36_500


def period(text: str) -> timedelta:
    """The period in a text such as 365, 365d or 52w. Raises CommandError."""
    match = re.fullmatch(r"([0-9]{1,9})([dw]?)", text)
    days = int(match[1]) * DAYS[match[2]] if match else 0
    if not 1 <= days <= MAX_DAYS:
        raise CommandError(f"{text!r} is not a period such as 365d (days) or 52w (weeks).")
    return timedelta(days=days)


class Command(PasskeyCommand):
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
        add_no_mail(parser, planned="removal")

    def handle(
        self, *, unused_for: str | None, events: bool, dry_run: bool, yes: bool, no_mail: bool, **_options: Any
    ) -> None:
        if unused_for is None and not events:
            raise CommandError("Say what to delete: --unused-for PERIOD, --events, or both.")
        age = None if unused_for is None else period(unused_for)
        with one_line_errors(), stopping_well() as stop:
            choice = _Choice(dry_run=dry_run, yes=yes, tell_owners=not no_mail, stop=stop)
            if events:
                self._handle_events(passkey_settings.event_retention, choice)
            if age is not None and not stop.number:
                self._handle_passkeys(age, choice)

    def _handle_events(self, days: int | None, choice: "_Choice") -> None:
        if days is None:
            self.stdout.write("Events are kept for ever: PASSKEY_EVENT_RETENTION is None.")
            return
        moment = timezone.now() - timedelta(days=min(days, MAX_DAYS))
        count = events_before(moment)
        self.stdout.write(f"Events older than {days} days: {count}")
        if choice.dry_run:
            self.stdout.write(f"Would delete: {count}")
        elif count == 0 or may_go_on(self, f"Delete {count} events?", yes=choice.yes):
            self._prune_events(moment, count, choice.stop)
            if not choice.stop.number:
                self._prune_enrolments(moment)

    def _prune_events(self, moment: datetime, count: int, stop: Stop) -> None:
        deleted = 0
        batches = stop.between(prune_events(before=moment))
        try:
            for batch in with_bar_of_batches(batches, size=int, total=count, unit=" events"):
                deleted += batch
        finally:
            self.stdout.write(f"Deleted: {deleted}")

    def _prune_enrolments(self, moment: datetime) -> None:
        if count := prune_enrolments(before=moment):
            self.stdout.write(f"Links for new passkeys, long expired: {count} deleted")

    def _handle_passkeys(self, age: timedelta, choice: "_Choice") -> None:
        moment = timezone.now() - age
        found = kept = 0
        counts = choice.stop.between(count_unused(moment))
        for count in with_bar_of_batches(counts, size=lambda count: count.found, unit=" unused passkeys"):
            found, kept = found + count.found, kept + count.kept
        if choice.stop.number:
            return
        self.stdout.write(f"Passkeys unused for {age.days} days: {found}")
        self.stdout.write(f"  kept, as the last one of a user without a password: {kept}")
        if choice.dry_run:
            self.stdout.write(f"Would remove: {found - kept}")
        elif found == kept or may_go_on(self, f"Remove {found - kept} passkeys?", yes=choice.yes):
            self._prune(moment, found, choice)
            if not choice.stop.number:
                self._finish_removals(choice.stop)

    def _prune(self, moment: datetime, found: int, choice: "_Choice") -> None:
        removed = kept = 0
        batches = choice.stop.between(prune_passkeys(unused_since=moment, tell_owners=choice.tell_owners))
        try:
            for batch in with_bar_of_batches(batches, size=_size, total=found, unit=" passkeys"):
                removed, kept = removed + batch.removed, kept + batch.kept
        finally:
            self.stdout.write(f"Removed: {removed}")
            if kept:
                self.stdout.write(f"Kept: its user has no password and no other passkey: {kept}")
        if (used := found - removed - kept) > 0 and not choice.stop.number:
            self.stdout.write(f"Left alone: used or removed meanwhile: {used}")

    def _finish_removals(self, stop: Stop) -> None:
        """Delete copies at every provider, even if one is down. Raises CommandError if copies are left."""
        providers = providers_with_copies()
        problems = [problem for provider in providers if (problem := self._finish(provider, stop))]
        if problems:
            raise CommandError(f"Copies are left: {'; '.join(problems)}. {AGAIN}")

    def _finish(self, provider: BaseProvider, stop: Stop) -> str:
        counts: Counter[Deletion] = Counter()
        deletions = stop.between(finish_removals(provider))
        total = count_pending(provider.identity)
        try:
            for deletion in with_bar(deletions, total=total, unit=f" copies at {provider.identity}"):
                counts[deletion] += 1
        except PasskeyError as exc:
            return " ".join(f"{provider.identity}: {exc}".split())
        finally:
            self.stdout.write(f"Copies deleted at {provider.identity}: {counts[Deletion.DONE]}")
        refused = counts[Deletion.REFUSED]
        return f"{provider.identity} refused {refused} deletions, the log says why" if refused else ""


@dataclass(frozen=True, kw_only=True)
class _Choice:
    """How the command does its work."""

    dry_run: bool
    yes: bool
    tell_owners: bool
    stop: Stop


def _size(batch: Pruned) -> int:
    return batch.removed + batch.kept
