"""Creating the passkey of an enrolment, and signing in with it."""

from collections.abc import Callable
from functools import partial
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_variables

from ..backends import passkey_backend_path
from ..ceremonies import registration
from ..ceremonies.cookies import Purpose
from ..ceremonies.reporting import logged
from ..exceptions import EnrolmentInvalid
from ..http import limits
from ..models import Enrolment
from ..sessions.admission import confirm_login_allowed
from ..sessions.opening import open_session
from ..sessions.proof import Proof, set_proof
from ..signals import enrolment_used
from .cookie import secret_in
from .rules import find, use

_OTHER_LINK = _("Another link was opened in this browser meanwhile. Please reload this page and look whose it is.")
SignIn = Callable[[HttpRequest, AbstractBaseUser], object]


@sensitive_variables()
@logged("Enrolment start")
def start_enrolment(request: HttpRequest, *, link: object = None) -> dict[str, Any]:
    """`{"publicKey": PublicKeyCredentialCreationOptionsJSON}`, for the account of the enrolment in the cookie.

    `link` is the `Enrolment.name` that the page has shown. Another site may have opened a link of its own in this
    browser meanwhile, so that people would create a passkey for an account that is not theirs.
    Raises Throttled, EnrolmentInvalid, EnrolmentNotYet, LoginFailed, PasskeyLimitReached, ProviderUnavailable,
    ProviderRejected.
    """
    limits.check("start-enrolment", request=request)
    enrolment = admitted(request)
    if link not in (None, enrolment.name):
        raise EnrolmentInvalid("another link was opened meanwhile", user_message=_OTHER_LINK)
    return registration.begin(request, enrolment.user, purpose=Purpose.ENROL)


@sensitive_variables()
@logged("Enrolment")
def finalize_enrolment(request: HttpRequest, credential: object, *, sign_in: SignIn = open_session) -> Enrolment:
    """Store the passkey, use the enrolment up, and sign in: whoever was signed in here before is replaced.

    Enrolment and passkey are written in one transaction, or not at all. Whether the user may log in is asked
    before. `sign_in(request, user)` opens the session in another way.

    Raises what `start_enrolment` raises, and InvalidCredential, CeremonyNotFound, CeremonyExpired, CeremonyUsed,
    PasskeyExists.
    """
    limits.check("finalize-enrolment", request=request)
    enrolment = admitted(request)
    user: Any = enrolment.user
    passkey, created = registration.complete(
        request, credential, user, Purpose.ENROL, also=partial(use, enrolment)
    )
    user.backend = passkey_backend_path()
    set_proof(request, Proof(passkey=passkey, credential=created, methods=("enrolment",)))
    try:
        sign_in(request, user)
        registration.announce(request, passkey)
        enrolment_used.send(sender=Enrolment, request=request, user=user, enrolment=enrolment)
    finally:
        set_proof(request, None)
    return enrolment


def admitted(request: HttpRequest) -> Enrolment:
    """The enrolment in the cookie, whose user may log in by the rule of the site's own login form.

    Raises EnrolmentInvalid, EnrolmentNotYet, or LoginFailed with the form's own message.
    """
    enrolment = find(secret_in(request))
    confirm_login_allowed(request, enrolment.user)
    return enrolment
