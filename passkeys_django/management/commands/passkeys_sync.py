"""manage.py passkeys_sync: compare our passkeys with a provider's, and repair the differences."""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any, TypeVar

from django.core.management.base import BaseCommand, CommandError, CommandParser

from ...maintenance.adoption import Skipped
from ...maintenance.sync.comparison import Comparison
from ...maintenance.sync.copies import (
    Deletion,
    delete_copies,
    finish_removals,
    finish_renames,
    pending_removals,
    pending_renames,
)
from ...maintenance.sync.listing import Fate
from ...maintenance.sync.repairs import (
    adopt,
    clear_refusals,
    count_locked_out,
    remove_missing,
    wait_for_registrations,
)
from ...providers import get_provider
from ...providers.base import BaseProvider
from ..console import PasskeyCommand, may_delete_there, may_go_on, one_line_errors, printable
from ..stopping import Stop, stopping_well
from ..summary import add_no_mail, with_bar, with_bar_of_batches

Item = TypeVar("Item")


class Command(PasskeyCommand):
    help = (
        "Compare the passkeys here with those that a provider such as Hanko holds. Without options the command "
        "finishes the removals and renames that the provider has not heard of yet, accepts passkeys again that "
        "the provider refused once but holds, and shows the differences. The options repair them: without an "
        "option, nobody loses a passkey."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "alias",
            nargs="?",
            default="default",
            help='an entry of PASSKEY_PROVIDERS (default: "default")',
        )
        parser.add_argument(
            "--adopt", action="store_true", help="store here what is only there, if the user of it is known here"
        )
        parser.add_argument(
            "--remove-orphans",
            action="store_true",
            help="delete AT THE PROVIDER the passkeys whose user is unknown here, including other sites' passkeys "
            "in the same tenant, and the copies of passkeys that only this site verifies",
        )
        parser.add_argument(
            "--remove-missing", action="store_true", help="delete HERE the passkeys that the provider lacks"
        )
        parser.add_argument(
            "--dry-run", action="store_true", help="change nothing anywhere, only say what would happen"
        )
        parser.add_argument("--yes", action="store_true", help="do not ask before deleting, for scripts")
        add_no_mail(parser)

    def handle(self, *, alias: str, **options: Any) -> None:
        with one_line_errors():
            provider = get_provider(alias)
            if not provider.keeps_copies:
                self.stdout.write(f"Nothing to compare: the passkeys of {alias!r} are held by this site only.")
                return
            with stopping_well() as stop:
                Synchronisation(self, provider, stop, **options).run()


class Synchronisation:
    """One run of the command."""

    def __init__(
        self,
        command: BaseCommand,
        provider: BaseProvider,
        stop: Stop,
        *,
        adopt: bool,
        remove_orphans: bool,
        remove_missing: bool,
        dry_run: bool,
        yes: bool,
        no_mail: bool,
        **_options: Any,
    ) -> None:
        self.tell_owners = not no_mail
        self.command, self.provider, self.stop = command, provider, stop
        self.adopt, self.remove_orphans, self.remove_missing = adopt, remove_orphans, remove_missing
        self.dry_run, self.yes = dry_run, yes
        self.refused = 0

    def run(self) -> None:
        """Raises CommandError if the provider refused a deletion, or if nobody can answer a question."""
        self._finish_removals()
        if not self.stop.number:
            self._finish_renames()
        if self.stop.number:
            return
        comparison = Comparison(self.provider, watched=self._whole_list)
        if self.stop.number:
            return
        self._show(comparison)
        self._accept_again(comparison)
        adopted = self._adopt(comparison) if self.adopt else 0
        if self.remove_orphans and not self.stop.number:
            self._remove_orphans(comparison, adopted)
        if self.remove_missing and not self.stop.number:
            self._remove_missing(comparison)
        if self.refused:
            raise CommandError(f"{self.provider.identity} refused {self.refused} deletions; the log says why.")

    def _whole_list(self, items: Iterable[Item]) -> Iterator[Item]:
        """A list that is cut off would make passkeys missing that the provider holds."""
        return self.stop.whole(with_bar(items, unit=" credentials"))

    def _until_stopped(self, items: Iterable[Item]) -> Iterator[Item]:
        return self.stop.before(with_bar(items, unit=" credentials"))

    def _say(self, text: str) -> None:
        self.command.stdout.write(text)

    def _finish_removals(self) -> None:
        if self.dry_run:
            self._say(f"Pending removals that would be finished: {pending_removals(self.provider).count()}")
        else:
            self._delete("Pending removals finished", finish_removals(self.provider))

    def _finish_renames(self) -> None:
        if not (pending := pending_renames(self.provider).count()):
            return
        if self.dry_run:
            self._say(f"Pending renames that would be finished: {pending}")
            return
        done = 0
        try:
            for is_done in with_bar(self.stop.between(finish_renames(self.provider)), unit=" renames"):
                done += is_done
        finally:
            self._say(f"Pending renames finished: {done} of {pending}")

    def _delete(self, what: str, deletions: Iterable[Deletion]) -> None:
        """Carry out deletions. Says how many were done, also if they break off."""
        counts: Counter[Deletion] = Counter()
        try:
            for deletion in with_bar(self.stop.between(deletions), unit=" deletions"):
                counts[deletion] += 1
        finally:
            self._say(f"{what}: {counts[Deletion.DONE]}")
            for deletion in (Deletion.IN_USE, Deletion.REFUSED):
                if counts[deletion]:
                    self._say(f"  {deletion.value}: {counts[deletion]}")
            self.refused += counts[Deletion.REFUSED]

    def _show(self, comparison: Comparison) -> None:
        style = self.command.style
        self._say(style.MIGRATE_HEADING(self.provider.identity))
        self._say(f"On both sides: {comparison.both}")
        self._say(f"Only here: {comparison.only_here}")
        self._say(f"Only there: {comparison.only_there}")
        for text, count in (
            ("of users unknown here", comparison.fates[Fate.ORPHAN]),
            (
                "passkeys here, but not as this provider's (see passkeys_migrate)",
                comparison.fates[Fate.HELD_OTHERWISE],
            ),
        ):
            if count:
                self._say(f"  {text}: {count}")
        self._say(f"Removed here, still there: {comparison.removed_here}")
        if comparison.second_factors:
            self._say(f"Second factors, left alone: {comparison.second_factors}")
        for copy in comparison.unreadable():
            self._say(style.WARNING(f"Unreadable, skipped: {printable(copy.id)}: {printable(copy.reason)}"))

    def _accept_again(self, comparison: Comparison) -> None:
        if not comparison.refused:
            return
        if self.dry_run:
            self._say(f"Refused once, would be accepted again: {comparison.refused}")
        else:
            self._say(f"Refused once, accepted again: {clear_refusals(comparison)}")

    def _adopt(self, comparison: Comparison) -> int:
        """Adopt, and return how many more credentials are here now. Says how many, also if it breaks off."""
        adopted = 0
        remarks: Counter[str] = Counter()
        outcomes = adopt(
            self.provider,
            comparison,
            dry_run=self.dry_run,
            tell_owners=self.tell_owners,
            watched=self._until_stopped,
        )
        try:
            for outcome in outcomes:
                if isinstance(outcome, Skipped):
                    remarks[f"skipped, {outcome.reason}"] += 1
                    continue
                adopted += 1
                remarks.update(filter(None, [outcome.remark]))
        finally:
            self._say(f"{'Would adopt' if self.dry_run else 'Adopted'}: {adopted}")
            for remark, count in remarks.most_common():
                self._say(f"  {remark}: {count}")
        return adopted

    def _remove_orphans(self, comparison: Comparison, adopted: int) -> None:
        strangers = comparison.fates[Fate.ORPHAN]
        what = f"{comparison.orphans} credentials at {self.provider.identity}"
        unknown = f"{strangers} of them of users unknown here"
        unknown += ", perhaps another site's" if strangers else ""
        if kept := comparison.only_there - comparison.orphans - adopted:
            self._say(f"Left alone there, of users known here (--adopt stores what is certainly theirs): {kept}")
        if not comparison.orphans:
            self._say(f"Nothing to delete at {self.provider.identity}")
        elif self.dry_run:
            self._say(f"Would delete {what}, {unknown}")
        elif may_delete_there(self.command, f"Delete {what}, {unknown}?", yes=self.yes):
            self._say(f"Deleting {what}, {unknown}")
            wait_for_registrations(comparison.list_orphans())
            self._delete("Deleted there", delete_copies(self.provider, comparison.list_orphans()))

    def _remove_missing(self, comparison: Comparison) -> None:
        if not comparison.only_here:
            self._say("Nothing to delete here")
            return
        what = f"{comparison.only_here} passkeys here that {self.provider.identity} does not hold"
        locked_out = f"{count_locked_out(comparison)} users will have no passkey and no password left"
        if self.dry_run:
            self._say(f"Would delete {what}; {locked_out}")
        elif may_go_on(self.command, f"Delete {what} ({locked_out})?", yes=self.yes):
            self._delete_here(comparison, locked_out)

    def _delete_here(self, comparison: Comparison, locked_out: str) -> None:
        deleted = 0
        batches = self.stop.between(remove_missing(self.provider, comparison, tell_owners=self.tell_owners))
        try:
            for batch in with_bar_of_batches(batches, size=len, unit=" passkeys", total=comparison.only_here):
                deleted += len(batch)
        finally:
            self._say(f"Deleted here: {deleted}; {locked_out}")
