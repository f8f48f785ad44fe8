"""Recovery: how people get back in without their passkey. Each way ends in an enrolment, and not in a session.

A code needs the account's password too, where there is one. A link by e-mail has a delay, in which the owner can
cancel it: a mailbox and a password are one factor, because the password reset goes to the mailbox.
"""

from .by_code import recover_by_code
from .by_email import mail_link_to_known, mail_link_to_proven
from .codes import CODES, codes_left, end_weak_codes, make_codes

__all__ = [
    "CODES",
    "codes_left",
    "end_weak_codes",
    "mail_link_to_known",
    "mail_link_to_proven",
    "make_codes",
    "recover_by_code",
]
