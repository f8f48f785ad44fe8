"""The session's user: how and when they authenticated, with which proof, and whether somebody else acts as them.

Code of ceremonies, views and template tags does not belong here, and must not be imported here.
"""

from .authentication import get_authentication, is_recently_authenticated, record_confirmation
from .ending import end_all_sessions, end_other_sessions
from .impersonation import acting_user, is_acting_as_another
from .opening import open_session
from .reauthentication import require_recent_authentication
from .record import Authentication

__all__ = [
    "Authentication",
    "acting_user",
    "end_all_sessions",
    "end_other_sessions",
    "get_authentication",
    "is_acting_as_another",
    "is_recently_authenticated",
    "open_session",
    "record_confirmation",
    "require_recent_authentication",
]
