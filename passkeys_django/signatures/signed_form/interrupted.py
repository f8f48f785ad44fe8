"""What somebody has entered before they had a passkey is kept in the session, so that they find it again."""

from django.conf import settings
from django.http import HttpRequest, QueryDict

from .submission import Submission

_KEY = "_passkeys_interrupted_form"
MAX_BYTES, MAX_COOKIE_BYTES = 16 * 1024, 1024
"""How much is kept. A session in a cookie has little room: browsers drop cookies of more than 4 kB."""


def keep(request: HttpRequest, submission: Submission) -> None:
    """Keep the fields for the next visit of this page, if the session has room for them."""
    text = submission.data.urlencode()
    in_cookie = settings.SESSION_ENGINE.endswith("signed_cookies")
    if len(text) <= (MAX_COOKIE_BYTES if in_cookie else MAX_BYTES):
        request.session[_KEY] = {"path": request.path, "data": text}


def take(request: HttpRequest) -> QueryDict | None:
    """What was kept for this page, once; None if nothing was kept."""
    kept = request.session.get(_KEY)
    if not isinstance(kept, dict) or kept.get("path") != request.path:
        return None
    del request.session[_KEY]
    return QueryDict(kept["data"])
