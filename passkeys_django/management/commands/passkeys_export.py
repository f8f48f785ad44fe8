"""manage.py passkeys_export: all passkeys as JSON lines, for another site to import."""

import os
import signal
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.db import Error

from ...maintenance.exporting import export_passkeys
from ...models import Passkey
from ..console import PasskeyCommand, in_one_line
from ..summary import with_bar

UNFINISHED = "The export is not complete. Run the command again."
Write = Callable[[str], Any]


class Command(PasskeyCommand):
    help = (
        "Write all passkeys as JSON lines. Another site can import them with passkeys_import --file, and people "
        "sign in there with the passkeys they have. Nobody can sign in with the lines alone, but they contain "
        "personal data."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--output", metavar="FILE", help="write this file (default: standard output)")
        parser.add_argument("--force", action="store_true", help="replace the file if it exists")

    def handle(self, *, output: str | None, force: bool, **_options: Any) -> None:
        if output is None:
            count = _export(lambda line: self.stdout.write(line, ending=""))
            self.stdout.flush()  # before it says that everything was exported
        else:
            with _replacing(Path(output), force) as write:
                count = _export(write)
        self.stderr.write(f"Exported {count}.", self.style.SUCCESS)


def _export(write: Write) -> int:
    """Raises CommandError if the export ended too early."""
    total, count = Passkey.objects.on_primary().count(), 0
    try:
        for line in with_bar(export_passkeys().lines("jsonl"), total=total, unit=" passkeys"):
            write(line)
            count += 1
    except KeyboardInterrupt as exc:
        raise CommandError(f"Stopped. {UNFINISHED}", returncode=128 + signal.SIGINT) from exc
    except Error as exc:
        raise CommandError(f"The database failed: {in_one_line(exc)} {UNFINISHED}") from exc
    except BrokenPipeError:  # nobody reads standard output any more
        raise
    except OSError as exc:  # no room is left
        raise CommandError(f"Cannot write: {exc.strerror}. {UNFINISHED}") from exc
    return count


@contextmanager
def _replacing(path: Path, force: bool) -> Iterator[Write]:
    """Write to a file beside the path, which takes its place only when it is complete.

    Only our own account can read the file. Raises CommandError.
    """
    if path.exists() and not force:
        raise CommandError(f"{path} exists. Add --force to replace the file.")
    try:
        with _beside(path) as name:
            with open(name, "w", encoding="utf-8", newline="\n") as file:
                yield file.write
                file.flush()
                os.fsync(file.fileno())
            os.replace(name, path)
    except OSError as exc:
        raise CommandError(f"Cannot write {path}: {exc.strerror}.") from exc


@contextmanager
def _beside(path: Path) -> Iterator[str]:
    """The name of a new file in the same folder. Whatever is there at the end is removed."""
    descriptor, name = tempfile.mkstemp(prefix=f"{path.name}.", suffix=".part", dir=path.parent)
    os.close(descriptor)
    try:
        yield name
    finally:
        Path(name).unlink(missing_ok=True)
