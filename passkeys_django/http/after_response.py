"""Work that must not make a response slower, because its time would tell something."""

import logging
from collections.abc import Callable

from django.http import HttpResponse

logger = logging.getLogger("passkeys_django")


def after_response(response: HttpResponse, work: Callable[[], object]) -> None:
    """Do this work when the server closes the response, after the browser has got all of it.

    Django would swallow an error there, so it is logged: only its type, because its text may name a person.
    """

    def closer() -> None:
        try:
            work()
        except Exception as exc:  # noqa: BLE001
            logger.error("Work after a response failed: %s", type(exc).__name__)

    response._resource_closers.append(closer)  # type: ignore[attr-defined]  # what Django does with uploaded files
