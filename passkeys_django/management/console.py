"""What the commands share: errors in one line, a quiet end, and questions before something is deleted."""

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError

from ..exceptions import PasskeyError

AGAIN = "What was done stays done. Run the command again for the rest."


class PasskeyCommand(BaseCommand):
    """Ends without a traceback if nobody reads its output any more, as in `… | head`, and if Ctrl-C stops it."""

    def execute(self, *args: Any, **options: Any) -> str | None:
        try:
            output = super().execute(*args, **options)
            self.stdout.flush()
        except BrokenPipeError:
            _forget_output()
            raise SystemExit(128 + signal.SIGPIPE) from None  # what shells expect
        except KeyboardInterrupt as exc:
            raise CommandError("Stopped.", returncode=128 + signal.SIGINT) from exc
        return output


def _forget_output() -> None:
    """Python writes what is left when the process ends, and would complain (see the docs of SIGPIPE in Python)."""
    with suppress(OSError, ValueError):  # standard output may be no file
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


@contextmanager
def one_line_errors() -> Iterator[None]:
    """Turn PasskeyError and ImproperlyConfigured into a CommandError, which has one line and no traceback."""
    try:
        yield
    except PasskeyError as exc:
        raise CommandError(f"{in_one_line(exc)} {AGAIN}") from exc
    except ImproperlyConfigured as exc:
        raise CommandError(in_one_line(exc)) from exc


def in_one_line(exc: Exception) -> str:
    text = " ".join(str(exc).split())
    return text if text.endswith(".") else f"{text}."


def is_interactive() -> bool:
    """Is there a person at a terminal to ask?"""
    return sys.stdin is not None and sys.stdin.isatty()


def may_go_on(command: BaseCommand, question: str, *, yes: bool) -> bool:
    """Ask the person at the terminal, unless `--yes` was given. Without a terminal, the command goes on."""
    return yes or not is_interactive() or asked(command, question)


def may_delete_there(command: BaseCommand, question: str, *, yes: bool) -> bool:
    """Ask before deleting passkeys that may be another site's, unless `--yes` was given.

    Raises CommandError if there is nobody to ask.
    """
    if yes:
        return True
    if not is_interactive():
        raise CommandError(f"Not done, since nobody can be asked here: {question} Add --yes to answer yes.")
    return asked(command, question)


def asked(command: BaseCommand, question: str) -> bool:
    """Ask the question. Any answer but "y" and "yes" means no."""
    try:
        answer = input(f"{question} [y/N] ")
    except EOFError:
        answer = ""
    agreed = answer.strip().lower() in ("y", "yes")
    if not agreed:
        command.stdout.write("Left as it is.")
    return agreed


def printable(text: str, length: int = 100) -> str:
    """A provider's text, shortened, and with control characters escaped: a terminal would obey them."""
    return (text if text.isprintable() else ascii(text))[:length]
