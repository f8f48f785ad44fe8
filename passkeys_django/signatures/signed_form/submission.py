"""What somebody has sent to a signed form: the fields, and in the second round the passkey's answer."""

import hashlib
import json
from dataclasses import dataclass, field
from typing import Any

from django.http import HttpRequest, QueryDict

from ...exceptions import InvalidRequest
from ...http.request_body import read_json_object, read_json_text
from ..statement.form_data import FORM_ID

PASSKEY = "passkey"
"""The name of the hidden field with the passkey's answer, as JSON."""
EDIT = "signed_form_edit"
"""The name of the button that leads from the page of the second round back to the form."""
OUR_NAMES = frozenset((PASSKEY, FORM_ID, EDIT))
"""What no field of a site's own form may be called."""
_NOT_COMPARED = (PASSKEY, FORM_ID, "csrfmiddlewaretoken")


@dataclass(frozen=True, kw_only=True)
class Submission:
    """`credential` is None in the first round. `prefix` is the form's, as in Django's forms.

    `is_edit`: the person wants to see the form again, with what they have entered.
    """

    data: QueryDict
    prefix: str | None = None
    credential: dict[str, Any] | None = field(default=None, repr=False)
    is_edit: bool = False

    @property
    def form_id(self) -> str:
        return str(self.data.get(self._form_id_name, ""))[:64]

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """The fields that the page of the second round sends again."""
        left_out = {*_NOT_COMPARED, self._form_id_name}
        lists = self.data.lists()
        return [(name, str(value)) for name, values in lists if name not in left_out for value in values]

    @property
    def _form_id_name(self) -> str:
        return f"{self.prefix}-{FORM_ID}" if self.prefix else FORM_ID

    @property
    def digest(self) -> str:
        """A digest of all fields, those that are not signed as well."""
        return hashlib.sha256(json.dumps(sorted(self.pairs)).encode()).hexdigest()[:32]


def read_submission(request: HttpRequest, *, prefix: str | None = None) -> Submission:
    """The values of a form, or the members of a JSON object as a form would send them.

    Raises InvalidRequest, RequestTooLarge or NotJSON.
    """
    if request.content_type == "application/json":
        members = read_json_object(request)
        credential = members.pop(PASSKEY, None)
        if isinstance(credential, str):
            credential = read_json_text(credential)
        if credential is not None and not isinstance(credential, dict):
            raise InvalidRequest("passkey is not an object")
        return Submission(data=_as_form(members), prefix=prefix, credential=credential)
    if EDIT in request.POST:
        return Submission(data=request.POST, prefix=prefix, is_edit=True)
    text = request.POST.get(PASSKEY)
    return Submission(data=request.POST, prefix=prefix, credential=read_json_text(text) if text else None)


def _as_form(members: dict[str, Any]) -> QueryDict:
    data = QueryDict(mutable=True)
    for name, value in members.items():
        data.setlist(name, [_as_field(item) for item in (value if isinstance(value, list) else [value])])
    return data


def _as_field(value: Any) -> str:
    """The value as a browser sends it. Django reads "" and "False" as a box that is not ticked."""
    if value is None:
        return ""
    if isinstance(value, str | bool):
        return str(value)
    return json.dumps(value)
