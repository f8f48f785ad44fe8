"""manage.py passkeys_adopt: take over the credentials of an existing tenant."""

from collections.abc import Iterator
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import CommandError, CommandParser
from django.db import Error

from ...exceptions import PasskeyError
from ...maintenance import Adopted, Skipped, adopt_credentials, user_finder
from ...providers import get_provider
from ...providers.base import BaseProvider
from ...relying_party import get_relying_party
from ..console import PasskeyCommand
from ..stopping import Stop, stopping_well
from ..summary import Summary, add_no_mail, with_progress

Outcome = Adopted | Skipped


class Command(PasskeyCommand):
    help = (
        "Take over the credentials that a provider holds already, so that people who registered there before can "
        "sign in here at once. The command can be stopped and started again at any time."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--provider",
            default="default",
            metavar="ALIAS",
            help='an entry of PASSKEY_PROVIDERS (default: "default")',
        )
        parser.add_argument(
            "--user-id-is",
            required=True,
            metavar="pk|username|email|DOTTED.CALLABLE",
            help="what the provider's user ids are here; a function gets a user id and returns the user, or None",
        )
        parser.add_argument("--dry-run", action="store_true", help="only say what would be adopted")
        add_no_mail(parser)

    def handle(self, *, provider: str, user_id_is: str, dry_run: bool, no_mail: bool, **_options: Any) -> None:
        summary = Summary()
        with stopping_well() as stop:
            try:
                outcomes = _outcomes(provider, user_id_is, dry_run, not no_mail, stop)
                for outcome in with_progress(self, outcomes):
                    _count(summary, outcome)
            except (PasskeyError, ImproperlyConfigured) as exc:
                if not summary.taken + summary.skipped:
                    raise CommandError(str(exc)) from exc
                self._show(summary, dry_run)
                raise CommandError(f"{exc}\nWhat was adopted stays. Run the command again for the rest.") from exc
            except (KeyboardInterrupt, Error):
                self._show(summary, dry_run)
                raise
            self._show(summary, dry_run)

    def _show(self, summary: Summary, dry_run: bool) -> None:
        for line in summary.lines("Would adopt" if dry_run else "Adopted"):
            self.stdout.write(line)


def _count(summary: Summary, outcome: Outcome) -> None:
    if isinstance(outcome, Skipped):
        summary.skip(outcome.reason, outcome.user_id or f"credential {outcome.credential_id}")
        return
    summary.taken += 1
    if outcome.remark:
        summary.remark(outcome.remark, outcome.user_id)


def _outcomes(alias: str, user_id_is: str, dry_run: bool, tell_owners: bool, stop: Stop) -> Iterator[Outcome]:
    provider = _source(alias)
    return adopt_credentials(
        provider,
        stop.before(provider.list_credentials()),
        find_users=user_finder(user_id_is),
        dry_run=dry_run,
        tell_owners=tell_owners,
    )


def _source(alias: str) -> BaseProvider:
    """The provider. It is asked for its RP ID, too: passkeys of another RP ID would never work here."""
    provider = get_provider(alias)
    if not provider.keeps_copies:
        raise ImproperlyConfigured(f"{alias!r} of PASSKEY_PROVIDERS holds no credentials of its own.")
    provider.start_login(relying_party=get_relying_party(None))
    return provider
