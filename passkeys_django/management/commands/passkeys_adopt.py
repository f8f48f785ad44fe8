"""manage.py passkeys_adopt: take over the credentials of an existing tenant."""

import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError, CommandParser

from passkeys_django.exceptions import PasskeyError
from passkeys_django.lifecycle import Adopted, Reason, Skipped, adopt_credentials, user_finder
from passkeys_django.providers import get_provider
from passkeys_django.providers.base import BaseProvider
from passkeys_django.relying_party import get_relying_party

EXAMPLES = 20
EXAMPLE_LENGTH = 100  # characters
LINE_EVERY = 500  # credentials, a batch
Outcome = Adopted | Skipped


class Command(BaseCommand):
    help = (
        "Take over the credentials that a provider holds already, so that people who registered before this site "
        "knew of them sign in at once. Can be stopped and started again at any time."
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
            help="what the provider's user ids are here; a function is given one and returns the user, or None",
        )
        parser.add_argument("--dry-run", action="store_true", help="only say what would be adopted")

    def handle(self, *, provider: str, user_id_is: str, dry_run: bool, **_options: Any) -> None:
        summary = _Summary()
        try:
            for outcome in self._with_progress(_outcomes(provider, user_id_is, dry_run)):
                summary.count(outcome)
        except (PasskeyError, ImproperlyConfigured) as exc:
            if summary.total:
                self._show(summary, dry_run)
                raise CommandError(f"{exc}\nWhat was adopted stays; run it again for the rest.") from exc
            raise CommandError(str(exc)) from exc
        self._show(summary, dry_run)

    def _show(self, summary: "_Summary", dry_run: bool) -> None:
        for line in summary.lines(dry_run):
            self.stdout.write(line)

    def _with_progress(self, outcomes: Iterable[Outcome]) -> Iterator[Outcome]:
        """A bar on a terminal, plain lines elsewhere and where tqdm is not installed."""
        if self.stdout.isatty() and (bar := _bar()):
            yield from bar(outcomes, unit=" credentials", file=sys.stderr)
            return
        for number, outcome in enumerate(outcomes, start=1):
            yield outcome
            if number % LINE_EVERY == 0:
                self.stdout.write(f"{number} credentials read")


def _outcomes(alias: str, user_id_is: str, dry_run: bool) -> Iterator[Outcome]:
    provider = _source(alias)
    credentials = provider.list_credentials()
    return adopt_credentials(provider, credentials, find_users=user_finder(user_id_is), dry_run=dry_run)


def _source(alias: str) -> BaseProvider:
    """The provider, which is asked for the RP ID too: passkeys of another one would never work here."""
    provider = get_provider(alias)
    if not provider.keeps_copies:
        raise ImproperlyConfigured(f"{alias!r} of PASSKEY_PROVIDERS holds no credentials of its own.")
    provider.start_login(relying_party=get_relying_party(None))
    return provider


def _bar() -> Any:
    try:
        from tqdm import tqdm
    except ImportError:
        return None
    return tqdm


class _Summary:
    """Counts, and a few user ids for each reason."""

    def __init__(self) -> None:
        self.adopted = 0
        self.skipped: Counter[Reason] = Counter()
        self.examples: dict[Reason, list[str]] = {}

    @property
    def total(self) -> int:
        return self.adopted + self.skipped.total()

    def count(self, outcome: Outcome) -> None:
        if isinstance(outcome, Adopted):
            self.adopted += 1
            return
        self.skipped[outcome.reason] += 1
        examples = self.examples.setdefault(outcome.reason, [])
        example = outcome.user_id or f"credential {outcome.credential_id}"
        if len(examples) < EXAMPLES and example not in examples:
            examples.append(example)

    def lines(self, dry_run: bool) -> Iterator[str]:
        yield f"{'Would adopt' if dry_run else 'Adopted'} {self.adopted}, skipped {self.skipped.total()}."
        for reason, count in self.skipped.most_common():
            shown = ", ".join(_printable(example) for example in self.examples[reason])
            more = ", ..." if count > EXAMPLES else ""
            yield f"  {count} {reason}: {shown}{more}"


def _printable(text: str) -> str:
    return (text if text.isprintable() else ascii(text))[:EXAMPLE_LENGTH]
