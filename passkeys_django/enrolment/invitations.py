"""Invitations: staff let somebody create a passkey, and gain nothing by it themselves."""

from datetime import timedelta

from django.contrib.auth.base_user import AbstractBaseUser
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from ..exceptions import InvalidRequest
from ..http import limits
from ..models import EnrolmentReason, UserHandle
from ..policy.rank import is_active_superuser, outranks
from ..policy.strength import require_own_strength
from ..relying_party import pages_origin
from .links import enrolment_url
from .mails import mail_link
from .rules import make_enrolment

INVITATION_AGE = timedelta(days=1)
"""A code that is sent by e-mail is valid for at most a day (NIST SP 800-63A-4, 3.8; SP 800-63B-4, 4.2.1.2)."""


def may_invite(actor: AbstractBaseUser, user: AbstractBaseUser) -> bool:
    """May this person let the user create a passkey? With it, one can sign in as that user.

    So nobody may invite themselves, and only superusers invite staff and superusers. Inactive users are not
    invited: their link would be refused.
    """
    has_perm = getattr(actor, "has_perm", None)
    if actor.pk == user.pk or not user.is_active or has_perm is None or not has_perm("passkeys_django.invite"):
        return False
    return outranks(actor, user)


def invite(request: HttpRequest, user: AbstractBaseUser) -> str | None:
    """Mail the user a link that enrols; for superusers, also return the link, which nobody can read later.

    The link is sent to the address of the user's last strong login, or to the account's address if there was none.
    Raises PermissionDenied (`may_invite`), NotAuthenticated, ActingAsAnother or ReauthenticationRequired (staff
    need the strength that their own account has), Throttled, and InvalidRequest if there is neither an address nor
    a superuser who could pass the link on.
    """
    actor = require_own_strength(request)
    if not may_invite(actor, user):
        raise PermissionDenied("not somebody whom this person may invite")
    limits.check("enrolment-mail", user=user)
    address, origin = UserHandle.objects.address_for_links(user), pages_origin(request)
    if origin is None or not (address or is_active_superuser(actor)):
        raise _nowhere_to_send()
    enrolment, secret = make_enrolment(
        user,
        reason=EnrolmentReason.INVITATION,
        valid_for=INVITATION_AGE,
        request=request,
        created_by=actor,
        mailed_to=address,
    )
    url = enrolment_url(origin, secret)
    if address:
        mail_link("invitation", enrolment, url, origin=origin)
    return url if is_active_superuser(actor) else None


def _nowhere_to_send() -> InvalidRequest:
    return InvalidRequest(
        "no address to send the link to",
        user_message=_(
            "This account has no e-mail address. Enter one first, or ask a superuser, who can pass the link on."
        ),
    )
