"""manage.py passkeys_import: take over the passkeys that another package or another site of ours stored."""

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, BinaryIO

from django.core.management.base import CommandError, CommandParser

from ...imports import PACKAGES, ForeignCredential, NotTaken, exported, find_source
from ...maintenance.importing import Outcome, import_credentials
from ...maintenance.users import FindKeys, keys_found_by, same_keys
from ...relying_party import get_relying_party
from ..console import PasskeyCommand, may_go_on, one_line_errors
from ..stopping import stopping_well
from ..summary import Summary, add_no_mail, with_progress


@dataclass(frozen=True, kw_only=True)
class _Source:
    """What is imported, and how its users are found."""

    name: str
    credentials: Iterable[ForeignCredential | NotTaken]
    find_keys: FindKeys


class Command(PasskeyCommand):
    help = (
        "Take over the passkeys that another package stored in this database, or that another site wrote with "
        "passkeys_export, so that people sign in with the passkeys they have. The package need not be installed "
        "any more, and its tables stay as they are. The command can be stopped and started again at any time."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        source = parser.add_mutually_exclusive_group(required=True)
        source.add_argument(
            "source",
            nargs="?",
            metavar="|".join([*PACKAGES, "DOTTED.CALLABLE"]),
            help=f"the package, or the path of your own function that returns {ForeignCredential.__name__}s",
        )
        source.add_argument("--file", metavar="FILE", help="a file of passkeys_export; - is standard input")
        parser.add_argument(
            "--match",
            choices=exported.KEYS,
            default="username",
            help="with --file: find the users here by the name they sign in with (default), or by primary key",
        )
        parser.add_argument("--dry-run", action="store_true", help="only say what would be imported")
        add_no_mail(parser)
        parser.add_argument("--yes", action="store_true", help="do not ask, for scripts")

    def handle(
        self,
        *,
        source: str | None,
        file: str | None,
        match: str,
        dry_run: bool,
        yes: bool,
        no_mail: bool,
        verbosity: int,
        **_options: Any,
    ) -> None:
        with one_line_errors(), _opened(source, file, match) as found, stopping_well() as stop:
            question = f"Import the passkeys of {found.name} as passkeys of {get_relying_party(None).id}?"
            if not dry_run and not may_go_on(self, question, yes=yes):
                return
            summary = Summary()
            outcomes = import_credentials(
                stop.before(found.credentials),
                find_keys=found.find_keys,
                dry_run=dry_run,
                tell_owners=not no_mail,
            )
            try:
                for outcome in with_progress(self, outcomes):
                    _count(summary, outcome)
            finally:
                for line in summary.lines("Would import" if dry_run else "Imported"):
                    self.stdout.write(line)


@contextmanager
def _opened(source: str | None, file: str | None, match: str) -> Iterator[_Source]:
    """Raises ImproperlyConfigured and CommandError."""
    if file is None:
        name = str(source)
        yield _Source(name=name, credentials=find_source(name)(), find_keys=same_keys)
        return
    with _read(file) as lines:
        credentials = exported.credentials(lines, match=match)
        yield _Source(name=file, credentials=credentials, find_keys=keys_found_by(match))


@contextmanager
def _read(path: str) -> Iterator[BinaryIO]:
    if path == "-":
        yield sys.stdin.buffer
        return
    try:
        with open(path, "rb") as file:
            yield file
    except BrokenPipeError:  # of standard output
        raise
    except OSError as exc:
        raise CommandError(f"Cannot read {path}: {exc.strerror}.") from exc


def _count(summary: Summary, outcome: Outcome) -> None:
    if isinstance(outcome, NotTaken):
        summary.skip(outcome.reason, outcome.place or f"user {outcome.user_key}")
        return
    summary.taken += 1
    for remark in outcome.remarks:
        summary.remark(remark, f"user {outcome.user_key}")
