"""manage.py passkeys_import: take over the passkeys that another package stored in this database."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from ...imports import PACKAGES, ForeignCredential, NotTaken, find_source
from ...maintenance.importing import Outcome, import_credentials
from ...relying_party import get_relying_party
from ..console import may_go_on, one_line_errors
from ..summary import Summary, add_no_mail, with_progress


class Command(BaseCommand):
    help = (
        "Take over the passkeys that another package stored in this database, so that people sign in with the "
        "passkeys they have. The package need not be installed any more, and its tables stay as they are. The "
        "command can be stopped and started again at any time."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "source",
            metavar="|".join([*PACKAGES, "DOTTED.CALLABLE"]),
            help=f"the package, or the path of your own function that returns {ForeignCredential.__name__}s",
        )
        parser.add_argument("--dry-run", action="store_true", help="only say what would be imported")
        add_no_mail(parser)
        parser.add_argument("--yes", action="store_true", help="do not ask, for scripts")

    def handle(self, *, source: str, dry_run: bool, yes: bool, no_mail: bool, **_options: Any) -> None:
        with one_line_errors():
            credentials = find_source(source)()
            question = f"Import the passkeys of {source} as passkeys of {get_relying_party(None).id}?"
            if not dry_run and not may_go_on(self, question, yes=yes):
                return
            summary = Summary()
            try:
                outcomes = import_credentials(credentials, dry_run=dry_run, tell_owners=not no_mail)
                for outcome in with_progress(self, outcomes):
                    _count(summary, outcome)
            finally:
                for line in summary.lines("Would import" if dry_run else "Imported"):
                    self.stdout.write(line)


def _count(summary: Summary, outcome: Outcome) -> None:
    example = f"user {outcome.user_key}"
    if isinstance(outcome, NotTaken):
        summary.skip(outcome.reason, example)
        return
    summary.taken += 1
    for remark in outcome.remarks:
        summary.remark(remark, example)
