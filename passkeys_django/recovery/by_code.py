"""Recovery with a code: from user name, code and password to an enrolment."""

from datetime import timedelta
from typing import Any

from django.contrib.auth import get_user_model, load_backend
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX, check_password
from django.core.exceptions import ValidationError
from django.db import router, transaction
from django.http import HttpRequest
from django.views.decorators.debug import sensitive_variables

from ..backends import may_log_in, passkey_backend_path
from ..ceremonies.reporting import logged
from ..enrolment import make_enrolment
from ..exceptions import RecoveryFailed
from ..http import limits
from ..lifecycle.ways_in import keeps_password
from ..models import EnrolmentReason, RecoveryCode
from ..policy.strength import own_strength
from ..sessions.record import STRONG, WEAK
from ..signals import recovery_code_used
from .codes import digest_of

LINK_AGE = timedelta(minutes=10)
"""The browser that has sent the code goes straight on to create the passkey."""


@sensitive_variables()
@logged("Recovery by code")
def recover_by_code(request: HttpRequest, *, name: str, code: str, password: str) -> str:
    """Use up the code, and return the secret of an enrolment for the account.

    Each attempt costs the same: one query for the account, one for the code, and one password hash, whoever exists
    and whatever is right. Raises Throttled, and RecoveryFailed with one text for all reasons.

    Failures count for this address and this name together, never for a name alone: a stranger must not be able to
    stop the owner.
    """
    failures = limits.for_failures(request, name.casefold(), kind="failed-recovery")
    limits.enforce(limits.for_request("recover", request=request) + failures)
    user = _find_user(name)
    found = RecoveryCode.objects.match(user, digest_of(code))
    is_password_right = _is_password_right(user, password)
    if user is None or found is None or not is_password_right or not _may_use(found, user):
        limits.count_failure(request, name.casefold(), kind="failed-recovery")
        raise RecoveryFailed("name, code and password do not fit together, or the user may not log in")
    return _use(request, user, found)


def _find_user(name: str) -> AbstractBaseUser | None:
    """As Django's ModelBackend finds it. A name that the field cannot hold is nobody's."""
    model: Any = get_user_model()
    try:
        user: AbstractBaseUser = model._default_manager.get_by_natural_key(name)
    except (model.DoesNotExist, model.MultipleObjectsReturned, ValueError, ValidationError):
        return None
    return user


@sensitive_variables()
def _is_password_right(user: AbstractBaseUser | None, password: str) -> bool:
    """True also for an account without a password. One hash is computed in every case.

    A password is asked for even where the policy refuses it at login: a code alone must not be enough.

    A right password is not stored with a newer hash here, which would take longer than a wrong one.
    """
    account = get_user_model()() if user is None else user
    wanted = keeps_password(account)
    encoded = account.password if wanted and account.password else UNUSABLE_PASSWORD_PREFIX
    return check_password(password, encoded) or not wanted


def _may_use(code: RecoveryCode, user: AbstractBaseUser) -> bool:
    backend: Any = load_backend(passkey_backend_path())
    return may_log_in(backend, user) and (code.strength > WEAK or own_strength(user) < STRONG)


@sensitive_variables()
def _use(request: HttpRequest, user: AbstractBaseUser, code: RecoveryCode) -> str:
    """Delete the code and make the enrolment, both or neither."""
    with transaction.atomic(using=router.db_for_write(RecoveryCode)):
        if not RecoveryCode.objects.on_primary().filter(pk=code.pk).delete()[0]:
            raise RecoveryFailed("the code was used meanwhile")
        _enrolment, secret = make_enrolment(user, reason=EnrolmentReason.CODE, valid_for=LINK_AGE, request=request)
    recovery_code_used.send(sender=RecoveryCode, request=request, user=user)
    return secret
