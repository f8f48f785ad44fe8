"""What is printed: tables for people, JSON for scripts."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, fields, is_dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from ..admin_api.tenant_secrets import Secret
from ..exceptions import printable

SHOWN = 4  # characters of a masked key


@dataclass(frozen=True)
class Outcome:
    """The result of a command. Secrets in `value` are masked unless `show_secrets` is true."""

    value: object
    text: str
    show_secrets: bool = False

    def as_json(self) -> str:
        """`value` as JSON, its dataclasses as objects."""
        return json.dumps(self._plain(self.value), indent=2)

    def _plain(self, value: Any) -> Any:
        if isinstance(value, Secret) and not self.show_secrets:
            value = masked(value)
        if is_dataclass(value):
            return {field.name: self._plain(getattr(value, field.name)) for field in fields(value)}
        if isinstance(value, (list, tuple)):
            return [self._plain(item) for item in value]
        if isinstance(value, dict):
            return {name: self._plain(item) for name, item in value.items()}
        return (
            value.isoformat() if isinstance(value, datetime) else str(value) if isinstance(value, UUID) else value
        )


def masked(secret: Secret) -> Secret:
    """The secret with only its first characters, enough to recognise it."""
    return replace(secret, secret=f"{secret.secret[:SHOWN]}...")


def table(head: Sequence[str] | None, rows: Sequence[Sequence[object]]) -> str:
    """The rows in aligned columns. Control characters are removed: names come from strangers."""
    lines = [list(head)] if head else []
    lines += [[printable(str(cell)) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines
    )
