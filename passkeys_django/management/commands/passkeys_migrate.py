"""manage.py passkeys_migrate: change permanently which provider our rows name as the holder of a copy."""

from typing import Any

from django.core.management.base import CommandError, CommandParser

from ...maintenance.relabelling import (
    Batch,
    copy_keeper,
    count_by_provider,
    count_pending,
    identity_named,
    identity_or_embedded,
    relabel,
)
from ..console import PasskeyCommand, may_go_on, one_line_errors, printable
from ..stopping import Stop, stopping_well
from ..summary import with_bar, with_bar_of_batches

EXAMPLES = 20
NAMES = 'an entry of PASSKEY_PROVIDERS, "embedded" (this site only), or an identity such as hanko:TENANT-ID'


class Command(PasskeyCommand):
    help = (
        "Change permanently which provider holds the passkeys of FROM: another provider, or only this site. The "
        "command changes nothing at either provider, and works if FROM is gone. You do not need it to leave a "
        "provider: this site verifies the passkeys of a provider that is not in the settings."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("source", metavar="FROM", help=NAMES)
        parser.add_argument(
            "target", metavar="TO", help="as FROM; if TO can be asked, only passkeys that TO holds are relabelled"
        )
        parser.add_argument("--dry-run", action="store_true", help="change nothing, only say what would happen")
        parser.add_argument("--yes", action="store_true", help="do not ask, for scripts")

    def handle(self, *, source: str, target: str, dry_run: bool, yes: bool, **_options: Any) -> None:
        with one_line_errors():
            begin, end = identity_named(source), identity_named(target)
            if begin == end:
                raise CommandError(f"FROM and TO are both {identity_or_embedded(begin)}.")
            count = count_by_provider().get(begin, 0)
            if not count:
                self._say_where_passkeys_are(begin)
            elif dry_run or may_go_on(self, _question(count, begin, end), yes=yes):
                with stopping_well() as stop:
                    self._relabel(begin, end, dry_run, stop, count)

    def _say_where_passkeys_are(self, source: str) -> None:
        self.stdout.write(f"No passkeys of {identity_or_embedded(source)} here.")
        for identity, count in count_by_provider().items():
            self.stdout.write(f"  {identity_or_embedded(identity)}: {count}")

    def _relabel(self, source: str, target: str, dry_run: bool, stop: Stop, count: int) -> None:
        moved, left, examples = 0, 0, list[str]()
        if target and copy_keeper(target) is None:
            self.stdout.write(f"{target} cannot be asked what it holds: its passkeys are verified here.")
        batches = stop.between(
            relabel(
                source,
                target,
                dry_run=dry_run,
                watched=lambda listed: stop.whole(with_bar(listed, unit=" credentials")),
            )
        )
        try:
            for batch in with_bar_of_batches(batches, size=_size, unit=" passkeys", total=count):
                moved, left = moved + batch.moved, left + len(batch.left)
                examples += batch.left[: EXAMPLES - len(examples)]
        finally:
            self.stdout.write(f"{'Would relabel' if dry_run else 'Relabelled'}: {moved}")
        if left:
            self._show_left(left, examples, source, target)
        if pending := count_pending(source):
            self.stdout.write(f"Removals that {source} has not heard of yet, kept for passkeys_sync: {pending}")

    def _show_left(self, left: int, examples: list[str], source: str, target: str) -> None:
        self.stdout.write(
            self.style.WARNING(
                f"Left with {identity_or_embedded(source)}, since {target} does not hold them: {left}"
            )
        )
        for credential_id in examples:
            self.stdout.write(f"  {printable(credential_id)}")
        if left > EXAMPLES:
            self.stdout.write("  ...")


def _size(batch: Batch) -> int:
    return batch.moved + len(batch.left)


def _question(count: int, source: str, target: str) -> str:
    return (
        f"Turn {count} passkeys of {identity_or_embedded(source)} into passkeys of {identity_or_embedded(target)}?"
    )
