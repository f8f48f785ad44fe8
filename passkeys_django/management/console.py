"""What the commands share: errors in one line, and questions before something is deleted."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError

from ..exceptions import PasskeyError

AGAIN = "What was done stays done: run it again for the rest."


@contextmanager
def one_line_errors() -> Iterator[None]:
    """A provider that is away and settings that cannot work are no programming errors."""
    try:
        yield
    except PasskeyError as exc:
        raise CommandError(f"{_in_one_line(exc)} {AGAIN}") from exc
    except ImproperlyConfigured as exc:
        raise CommandError(_in_one_line(exc)) from exc


def _in_one_line(exc: Exception) -> str:
    text = " ".join(str(exc).split())
    return text if text.endswith(".") else f"{text}."


def is_interactive() -> bool:
    """Is there somebody to ask?"""
    return sys.stdin is not None and sys.stdin.isatty()


def may_go_on(command: BaseCommand, question: str, *, yes: bool) -> bool:
    """Ask whoever sits at a terminal, unless `--yes` was given; elsewhere what was ordered is done."""
    return yes or not is_interactive() or asked(command, question)


def may_delete_there(command: BaseCommand, question: str, *, yes: bool) -> bool:
    """Ask before deleting what may be another site's, unless `--yes` was given.

    Raises CommandError where there is nobody to ask.
    """
    if yes:
        return True
    if not is_interactive():
        raise CommandError(f"Not done, since nobody can be asked here: {question} Add --yes if so.")
    return asked(command, question)


def asked(command: BaseCommand, question: str) -> bool:
    """Ask; anything but "y" and "yes" is a no."""
    try:
        answer = input(f"{question} [y/N] ")
    except EOFError:
        answer = ""
    agreed = answer.strip().lower() in ("y", "yes")
    if not agreed:
        command.stdout.write("Left as it is.")
    return agreed


def printable(text: str, length: int = 100) -> str:
    """A provider's text, without what a terminal would take as orders."""
    return (text if text.isprintable() else ascii(text))[:length]
