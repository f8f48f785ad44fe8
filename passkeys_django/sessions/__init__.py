"""Who is signed in, how and when, and who acts as somebody else; and the proof that a login rests on.

No ceremony, view or template may be known in here.
"""

from .authentication import Authentication, get_authentication, is_recently_authenticated
from .impersonation import acting_user, is_acting_as_another
from .reauthentication import require_recent_authentication

__all__ = [
    "Authentication",
    "acting_user",
    "get_authentication",
    "is_acting_as_another",
    "is_recently_authenticated",
    "require_recent_authentication",
]
