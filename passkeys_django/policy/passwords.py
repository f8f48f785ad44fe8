"""What `PolicyModelBackend` asks: is the right password enough here? Nothing tells a stranger why it is not."""

from django.contrib.auth.base_user import AbstractBaseUser
from django.http import HttpRequest

from ..sessions.second_step import asks_second_step
from .account import Account, account_of, read_nobodys_facts
from .due import what_is_due
from .entries import is_set, policy_of


def is_password_enough(request: HttpRequest | None, user: AbstractBaseUser, *, is_right: bool) -> bool:
    """Does the password log this user in, or lead to the second step? `is_right`: is it the user's?

    Whatever the policy asks of this user, a False has run the same SQL statements: those of one account.
    """
    if not is_set():
        return is_right
    account = account_of(user, request)
    if _is_enough(request, user, account) and is_right:
        return True
    account.read()
    return False


def refuse_nobody(name: object) -> None:
    """For a name that nobody has, run the SQL statements that a wrong password of somebody costs."""
    if is_set():
        read_nobodys_facts(name)


def _is_enough(request: HttpRequest | None, user: AbstractBaseUser, account: Account) -> bool:
    """Our login forms and the page "Confirm it's you" ask for the second step afterwards; other code does not."""
    if asks_second_step(request):
        return not policy_of(user, account).refuses_passwords
    return what_is_due(user, None, account=account) is None
