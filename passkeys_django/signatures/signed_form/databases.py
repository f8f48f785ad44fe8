"""The evidence and what was signed must be in one database: no transaction covers two."""

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.db import connections, router

from ...models import PasskeySignature

_READING = re.compile(r"\s*(\(\s*)*(SELECT|SAVEPOINT|RELEASE|ROLLBACK|SET|SHOW|PRAGMA|EXPLAIN)\b", re.IGNORECASE)


@contextmanager
def one_database() -> Iterator[None]:
    """Refuse statements that write to another database than that of the signatures."""
    own = router.db_for_write(PasskeySignature)
    with ExitStack() as stack:
        for alias in connections:
            if alias != own:
                stack.enter_context(connections[alias].execute_wrapper(_refusing(alias, own)))
        yield


def _refusing(alias: str, own: str) -> Callable[..., Any]:
    def wrapper(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        if not _READING.match(sql):
            raise ImproperlyConfigured(
                f"form_signed() writes to the database {alias!r}, but the evidence is in {own!r}. No transaction "
                "covers both: route PasskeySignature to the database of the data, or write in "
                "transaction.on_commit()."
            )
        return execute(sql, params, many, context)

    return wrapper
