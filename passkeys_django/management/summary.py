"""What commands that take over credentials print: progress, how many they took, and why not the others."""

import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

from django.core.management.base import BaseCommand, CommandParser

from .console import printable

EXAMPLES = 20
LINE_EVERY = 500  # credentials, a batch
Item = TypeVar("Item")


def add_no_mail(parser: CommandParser, *, planned: str = "move") -> None:
    """Add `--no-mail`. Without it, people are told by e-mail of what happens to passkeys of theirs."""
    parser.add_argument(
        "--no-mail",
        action="store_true",
        help=f"do not tell people by e-mail, for a planned {planned} that you announce yourself",
    )


class Summary:
    """Counts, and a few examples for each reason."""

    def __init__(self) -> None:
        self.taken = 0
        self.skipped = 0
        self._counts: Counter[str] = Counter()
        self._examples: dict[str, list[str]] = {}

    def skip(self, reason: str, example: str) -> None:
        """Count one more credential as skipped for this reason."""
        self.skipped += 1
        self.remark(reason, example)

    def remark(self, text: str, example: str) -> None:
        """Note a remark about one more credential, which is counted as taken or skipped already."""
        self._counts[text] += 1
        examples = self._examples.setdefault(text, [])
        if len(examples) < EXAMPLES and example not in examples:
            examples.append(example)

    def lines(self, done: str) -> Iterator[str]:
        """The lines to print. `done` is the word for credentials that were taken, such as "Adopted"."""
        yield f"{done} {self.taken}, skipped {self.skipped}."
        for reason, count in self._counts.most_common():
            shown = ", ".join(map(printable, self._examples[reason]))
            more = ", ..." if count > EXAMPLES else ""
            yield f"  {count} {reason}: {shown}{more}"


def with_progress(command: BaseCommand, outcomes: Iterable[Item]) -> Iterator[Item]:
    """Yield the outcomes. Shows a progress bar on a terminal; plain lines elsewhere, and without tqdm."""
    if command.stdout.isatty() and (bar := _bar()):
        yield from bar(outcomes, unit=" credentials", file=sys.stderr)
        return
    for number, outcome in enumerate(outcomes, start=1):
        yield outcome
        if number % LINE_EVERY == 0:
            command.stdout.write(f"{number} credentials read")


def with_bar(items: Iterable[Item], *, unit: str, total: int | None = None) -> Iterator[Item]:
    """Yield the items. Shows a progress bar, if the errors go to a terminal; standard output may be a file."""
    if sys.stderr.isatty() and (bar := _bar()):
        return iter(bar(items, total=total, unit=unit, file=sys.stderr))
    return iter(items)


def with_bar_of_batches(
    batches: Iterable[Item], *, size: Callable[[Item], int], unit: str, total: int | None = None
) -> Iterator[Item]:
    """Yield the batches, and move the bar of `with_bar` by the size of each. Without `total`, it only counts."""
    if not (sys.stderr.isatty() and (bar := _bar())):
        yield from batches
        return
    with bar(total=total, unit=unit, file=sys.stderr) as shown:
        for batch in batches:
            shown.update(size(batch))
            yield batch


def _bar() -> Any:
    try:
        from tqdm import tqdm
    except ImportError:
        return None
    return tqdm
