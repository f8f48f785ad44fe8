"""Sets variables in a `.env` file and leaves the rest of the file as it is."""

import os
import re
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, TypeAlias


@dataclass(frozen=True, kw_only=True)
class EnvFile:
    """A `.env` file that is open for reading and writing."""

    path: Path
    file: BinaryIO

    def update(self, values: Mapping[str, str]) -> None:
        """Replace the lines that set these variables, or add them at the end."""
        content = updated(self.file.read(), values)
        self.file.seek(0)
        self.file.write(content)
        self.file.truncate()


Opened: TypeAlias = AbstractContextManager[EnvFile]


@contextmanager
def opened(path: Path) -> Iterator[EnvFile]:
    """Open the file, or make a new one that only its owner can read. A new file is deleted if the block fails.

    An old file is changed in place, so that its owner, mode and links stay. Raises OSError.
    """
    is_new = not path.exists()
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        with open(descriptor, "r+b") as file:
            yield EnvFile(path=path, file=file)
    except BaseException:
        if is_new:
            path.unlink()
        raise


def updated(content: bytes, values: Mapping[str, str]) -> bytes:
    """The content with each of these variables set once. Line endings stay as they are."""
    lines = content.splitlines(keepends=True)
    ending = b"\r\n" if content.count(b"\r\n") else b"\n"
    if lines and not lines[-1].endswith((b"\n", b"\r")):
        lines[-1] += ending
    for name, value in values.items():
        lines = _with(lines, name.encode(), value.encode(), ending)
    return b"".join(lines)


def _with(lines: list[bytes], name: bytes, value: bytes, ending: bytes) -> list[bytes]:
    """The lines with the variable set where the first line set it. Later lines that set it are removed."""
    assignment = re.compile(rb"\s*(?:export\s+)?" + re.escape(name) + rb"\s*=")
    places = [index for index, line in enumerate(lines) if assignment.match(line)]
    if not places:
        return [*lines, name + b"=" + value + ending]
    first = assignment.match(lines[places[0]])
    export = b"export " if first and b"export" in first[0].split(name)[0] else b""
    kept = [line for index, line in enumerate(lines) if index not in places[1:]]
    kept[places[0]] = export + name + b"=" + value + ending
    return kept
