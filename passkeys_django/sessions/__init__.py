"""Who is signed in, how and when: the record of a session, and the proof that a login rests on.

Nothing here may know a ceremony, a view or a template.
"""

from .authentication import Authentication, get_authentication, is_recently_authenticated, record_authentication

__all__ = ["Authentication", "get_authentication", "is_recently_authenticated", "record_authentication"]
