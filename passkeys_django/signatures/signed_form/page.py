"""What the page shows on which people read and sign. All of it is made from the text that they sign."""

from typing import Any

from django import forms

from ...conf import passkey_settings
from ...exceptions import PasskeyError
from ...frontend.script_config import SIGN
from ..start import Begun
from ..statement.statements import Row, read_statement, rows
from .submission import EDIT


def sign_context(
    form: forms.BaseForm, begun: Begun, *, sent_before: list[tuple[str, str]], error: PasskeyError | None
) -> dict[str, Any]:
    """For the template. `sent_before` are the fields that the page sends again."""
    return {
        "base_template": passkey_settings.base_template,
        "passkey_purpose": SIGN,
        "sign_options": begun.public_key,
        "rows": labelled_rows(form, begun.text),
        "statement": read_statement(begun.text),
        "statement_text": begun.text,
        "sent_before": sent_before,
        "error": error and error.user_message,
        "edit_name": EDIT,
    }


def labelled_rows(form: forms.BaseForm, text: str) -> list[tuple[str, Row]]:
    """The rows of the text, with labels, in the order of the form's fields. Rows without a field come last."""
    order = {name: number for number, name in enumerate(form.fields)}
    found = sorted((row for row in rows(text) if row.path), key=lambda row: order.get(row.path[0], len(order)))
    return [(str(form[row.path[0]].label) if row.path[0] in order else "", row) for row in found]
