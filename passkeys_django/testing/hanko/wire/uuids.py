"""UUIDs in paths."""

import uuid


def parse_uuid(text: str) -> str | None:
    """The UUID in the usual notation, or None if the text is not a UUID."""
    try:
        return str(uuid.UUID(text))
    except ValueError:
        return None
