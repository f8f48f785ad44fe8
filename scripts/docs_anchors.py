"""A hook of MkDocs: each id of a system check in the table of the reference is an anchor."""

import re
from typing import Any

ROW = re.compile(r"^\| `(passkeys_django\w*\.[EW]\d{3})`", re.MULTILINE)


def anchor(check_id: str) -> str:
    """The anchor of `passkeys_django.E005` is `passkeys_django-e005`."""
    return check_id.replace(".", "-").lower()


def on_page_markdown(markdown: str, page: Any, **_kwargs: Any) -> str:
    if page.file.src_uri != "reference.md":
        return markdown
    return ROW.sub(lambda row: f'| <a id="{anchor(row[1])}"></a>`{row[1]}`', markdown)
