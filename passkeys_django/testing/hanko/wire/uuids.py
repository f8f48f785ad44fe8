"""UUIDs in paths."""

import uuid


def parse_uuid(text: str) -> str | None:
    """In the usual notation, or None."""
    try:
        return str(uuid.UUID(text))
    except ValueError:
        return None
