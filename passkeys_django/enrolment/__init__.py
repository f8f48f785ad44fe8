"""Enrolments: links that let their holder create one passkey for one account, once, for a while.

An invitation by staff, a recovery, "add another device" and a first superuser are all enrolments. The rows are
in `models/`, the pages in `views/`. All that ends an enrolment is checked when it is used: nothing runs when a
password or a passkey changes.
"""

from .ceremony import admitted, finalize_enrolment, start_enrolment
from .cookie import admit, secret_in
from .invitations import INVITATION_AGE, invite, may_invite
from .links import cancel_url, enrolment_url
from .rules import cancel, find, make_enrolment, open_enrolments, state_of

__all__ = [
    "INVITATION_AGE",
    "admit",
    "admitted",
    "cancel",
    "cancel_url",
    "enrolment_url",
    "finalize_enrolment",
    "find",
    "invite",
    "make_enrolment",
    "may_invite",
    "open_enrolments",
    "secret_in",
    "start_enrolment",
    "state_of",
]
