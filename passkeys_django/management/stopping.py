"""How a long command stops: Ctrl-C and SIGTERM let it finish its batch, and it says what to do next."""

import os
import signal
import sqlite3
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Any, TypeVar

from django.core.management.base import CommandError
from django.db import Error

from .console import AGAIN, in_one_line

SIGNALS = (signal.SIGINT, signal.SIGTERM)
STOPPING = "\nStopping: what was begun is finished, and people are told. Press Ctrl-C again to stop at once.\n"
Item = TypeVar("Item")


class Stopped(Exception):
    """The command was asked to stop, and what it has done so far is of no use. `stopping_well` ends it."""


class Stop:
    """Was the command asked to stop? `number` is the signal that asked; 0 if none did."""

    def __init__(self) -> None:
        self.number = 0

    def before(self, items: Iterable[Item]) -> Iterator[Item]:
        """The items, up to the moment at which the command is asked to stop."""
        for item in items:
            if self.number:
                return
            yield item

    def between(self, batches: Iterable[Item]) -> Iterator[Item]:
        """The batches, where reading one does its work: no batch begins after the command is asked to stop."""
        if self.number:
            return
        for batch in batches:
            yield batch
            if self.number:
                return

    def whole(self, items: Iterable[Item]) -> Iterator[Item]:
        """All items. Raises Stopped when the command is asked to stop, because a part of them would mislead."""
        for item in items:
            self._raise_if_asked()
            yield item
        self._raise_if_asked()

    def _raise_if_asked(self) -> None:
        if self.number:
            raise Stopped

    def ask(self, number: int, _frame: FrameType | None) -> None:
        """A signal handler. It writes without Python's buffers, which the signal may have interrupted."""
        self.number = number
        with suppress(OSError):  # in `… 2>&1 | tee log`, Ctrl-C has ended `tee`
            os.write(2, STOPPING.encode())


@contextmanager
def stopping_well() -> Iterator[Stop]:
    """End the command with one line, and no traceback, if it is stopped or loses its database.

    The first signal only asks to stop. The second one does what it would do without us. `CommandError.returncode`
    is what shells expect: 128 and the signal's number.
    """
    stop = Stop()
    try:
        with _asked_by_signals(stop):
            yield stop
    except Stopped:
        pass  # told below
    except KeyboardInterrupt as exc:
        raise _stopped(signal.SIGINT) from exc
    except Error as exc:
        raise CommandError(f"The database failed: {in_one_line(exc)} {AGAIN}") from exc
    except sqlite3.Error as exc:  # of `maintenance.on_disk`: Django's own errors are those above
        raise CommandError(f"Cannot write a temporary file: {in_one_line(exc)} {AGAIN}") from exc
    if stop.number:
        raise _stopped(stop.number)


def _stopped(number: int) -> CommandError:
    return CommandError(f"Stopped. {AGAIN}", returncode=128 + number)


@contextmanager
def _asked_by_signals(stop: Stop) -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread():  # only the main thread gets signals
        yield
        return
    before: dict[int, Any] = {number: signal.getsignal(number) for number in SIGNALS}

    def ask(number: int, frame: FrameType | None) -> None:
        _restore(before)
        stop.ask(number, frame)

    for number in SIGNALS:
        signal.signal(number, ask)
    try:
        yield
    finally:
        _restore(before)


def _restore(handlers: dict[int, Any]) -> None:
    for number, handler in handlers.items():
        signal.signal(number, handler)
