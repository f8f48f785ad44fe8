"""Waiting for what has no event to wait for: the state of another process, thread or file."""

import time
from collections.abc import Callable

PATIENCE = 60  # seconds; it costs nothing when things are fast


def wait_until(condition: Callable[[], object], what: str, *, seconds: float = PATIENCE) -> None:
    """Return as soon as the condition holds. Raises TimeoutError, which names `what` was waited for."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"Waited in vain until {what}.")
        time.sleep(0.02)  # This pause only saves CPU between two looks. Nothing is expected to happen within it.
