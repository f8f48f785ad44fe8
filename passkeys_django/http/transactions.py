"""ATOMIC_REQUESTS: a view's error rolls back what the view has stored. A used credential must stay used."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any, TypeVar

from django.core.exceptions import ImproperlyConfigured
from django.db import connections, transaction

View = TypeVar("View", bound=Callable[..., Any])


def non_atomic(view: View) -> View:
    """Exempt the view from ATOMIC_REQUESTS of each database: if the view fails, its challenge stays spent."""
    for alias in connections:
        view = transaction.non_atomic_requests(using=alias)(view)
    return view


@contextmanager
def atomic_request() -> Iterator[None]:
    """A transaction in each database with ATOMIC_REQUESTS, for the part of a `non_atomic` view that wants one."""
    with ExitStack() as stack:
        for alias in _atomic_databases():
            stack.enter_context(transaction.atomic(using=alias))
        yield


def refuse_inside_atomic_request() -> None:
    """Raises ImproperlyConfigured inside a transaction, on a site with ATOMIC_REQUESTS."""
    for alias in _atomic_databases():
        try:
            with transaction.atomic(using=alias, durable=True):
                pass
        except RuntimeError as exc:
            raise ImproperlyConfigured(
                "A passkey login inside a transaction of ATOMIC_REQUESTS could be used twice: an error would roll "
                "back that it was used. Use PasskeyLoginMixin for the login view, or decorate the view with "
                "django.db.transaction.non_atomic_requests."
            ) from exc


def _atomic_databases() -> list[str]:
    return [alias for alias in connections if connections.settings[alias]["ATOMIC_REQUESTS"]]
