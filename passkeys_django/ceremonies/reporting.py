"""Each refusal is logged once, with its reason and without any secret."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from ..exceptions import PasskeyError

logger = logging.getLogger("passkeys_django")


@contextmanager
def logged(what: str) -> Iterator[None]:
    """Log a PasskeyError as a warning, and raise it again."""
    try:
        yield
    except PasskeyError as exc:
        logger.warning("%s refused (%s): %s", what, exc.code, exc)
        raise
