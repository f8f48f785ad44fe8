"""PASSKEY_POLICY: who must have a passkey, what a password is still good for, and what a session still owes.

The rules for one account are here. Pages, ceremonies and forms do not belong here: they ask this room.
"""

from .account import Account, account_of, accounts_of
from .due import Due, announced, password_owes, what_is_due
from .entries import Entry, policy_of, wants_passkeys
from .strength import own_strength, registrant, require_own_strength

__all__ = [
    "Account",
    "Due",
    "Entry",
    "account_of",
    "accounts_of",
    "announced",
    "own_strength",
    "password_owes",
    "policy_of",
    "registrant",
    "require_own_strength",
    "wants_passkeys",
    "what_is_due",
]
