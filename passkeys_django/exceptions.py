"""All exceptions, in one tree.

    PasskeyError                    code                        status
    ├── the browser's side
    │   ├── InvalidRequest          invalid_request             400
    │   │   ├── RequestTooLarge     invalid_request             413
    │   │   ├── NotJSON             invalid_request             415
    │   │   └── MethodNotAllowed    invalid_request             405
    │   ├── InvalidCredential       invalid_credential          400
    │   ├── CeremonyNotFound        ceremony_not_found          400
    │   ├── CeremonyExpired         ceremony_expired            400
    │   ├── CeremonyUsed            ceremony_used               409
    │   ├── UnknownPasskey          unknown_passkey             403
    │   ├── LoginFailed             login_failed                403
    │   ├── CSRFFailed              csrf_failed                 403
    │   ├── NotAuthenticated        not_authenticated           401
    │   ├── ReauthenticationRequired  reauthentication_required 403
    │   ├── ActingAsAnother         acting_as_another           403
    │   ├── SecondStepRequired      second_step_required        403
    │   ├── PasskeyRequired         passkey_required            403
    │   ├── EnrolmentInvalid        enrolment_invalid           403
    │   ├── EnrolmentNotYet         enrolment_not_yet           403
    │   ├── RecoveryFailed          recovery_failed             403
    │   ├── RecoveredRecently       recovered_recently          403
    │   ├── PasskeyExists           passkey_exists              409
    │   ├── PasskeyLimitReached     passkey_limit_reached       409
    │   ├── LastPasskey             last_passkey                409
    │   ├── InvalidStatement        invalid_statement           400
    │   ├── SignatureFailed         signature_failed            403
    │   ├── StatementChanged        statement_changed           409
    │   ├── AlreadySigned           already_signed              409
    │   ├── SigningFailed           signing_failed              500
    │   └── Throttled               throttled                   429
    ├── the provider's side
    │   ├── ProviderUnavailable     provider_unavailable        503
    │   └── ProviderRejected        provider_error              502
    └── UnsupportedFeature          invalid_request             400

Outside the tree on purpose: `django.core.exceptions.ImproperlyConfigured`, for settings that cannot work.

Three readers, three texts: `str(error)` is for the log, `code` and `user_message` are for the browser.
"""

import math
from typing import Any, ClassVar

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy


class PasskeyError(Exception):
    """The base class. `reason` goes to the log, and must not contain a secret, a token or a credential's body.

    `retry_after` is in seconds; `members` are added to the problem document (RFC 9457, section 3.2).
    """

    code: ClassVar[str] = "invalid_request"
    status: ClassVar[int] = 400
    user_message: str | Promise = _("Something is wrong with this request. Please try again.")
    retry_after: int | None = None

    def __init__(self, reason: str = "", *, user_message: str | Promise | None = None, **members: Any) -> None:
        super().__init__(reason or self.__class__.__name__)
        self.members = members
        if user_message is not None:
            self.user_message = user_message


class InvalidRequest(PasskeyError):
    """The request is not what this endpoint accepts."""


class RequestTooLarge(InvalidRequest):
    """The body is over 64 KiB."""

    status = 413


class NotJSON(InvalidRequest):
    """The body has another media type than application/json."""

    status = 415


class MethodNotAllowed(InvalidRequest):
    """The endpoint accepts only POST."""

    status = 405


class InvalidCredential(PasskeyError):
    """The credential is malformed or breaks a rule of registration (WebAuthn L3, 7.1)."""

    code = "invalid_credential"
    user_message = _("This passkey could not be used here. Please try again.")


class CeremonyNotFound(PasskeyError):
    """No valid cookie of this browser belongs to the challenge."""

    code = "ceremony_not_found"
    user_message = _("This took too long, or was not started here. Please try again.")  # browsers drop old cookies


class CeremonyExpired(PasskeyError):
    """The challenge is older than ten minutes, or stamped in the future."""

    code = "ceremony_expired"
    user_message = _("This took too long. Please try again.")


class CeremonyUsed(PasskeyError):
    """The challenge was answered before."""

    code = "ceremony_used"
    status = 409
    user_message = _("This attempt was already used. Please try again.")


class UnknownPasskey(PasskeyError):
    """Neither the site nor its provider knows this passkey.

    `members` holds `signal`: may the script tell the browser (WebAuthn L3, 5.1.10.2)? Then the browser forgets the
    passkey.
    """

    code = "unknown_passkey"
    status = 403
    user_message = _("This site does not know this passkey. Please choose another one or sign in another way.")


class LoginFailed(PasskeyError):
    """Every other reason to refuse a login. All of them share one text (WebAuthn L3, 14.6.2)."""

    code = "login_failed"
    status = 403
    user_message = _("Signing in with this passkey did not work. Please try again or sign in another way.")


class CSRFFailed(PasskeyError):
    """Django's CSRF check refused the request."""

    code = "csrf_failed"
    status = 403
    user_message = _("This page is out of date. Please reload it and try again.")


class NotAuthenticated(PasskeyError):
    """The endpoint is for people who are signed in. `members` holds `login_url`, if the site has a login page."""

    code = "not_authenticated"
    status = 401
    user_message = _("Please sign in first.")


class ReauthenticationRequired(PasskeyError):
    """The login is too old for this, or too weak.

    `members` holds `reauthentication_url`, and `methods`: the ways to confirm that are strong enough.
    """

    code = "reauthentication_required"
    status = 403
    user_message = _("Please confirm that it's you.")


class ActingAsAnother(PasskeyError):
    """Somebody acts as another user, and only that user may do this."""

    code = "acting_as_another"
    status = 403
    user_message = _(
        "You are acting as somebody else. Only they can change their passkeys or confirm that it's them. "
        "Go back to your own account first."
    )


class SecondStepRequired(PasskeyError):
    """The password was right, and the policy asks for a second step. `members` holds `url`, the page for it."""

    code = "second_step_required"
    status = 403
    user_message = _("One more step: use your passkey or your security key to go on.")


class PasskeyRequired(PasskeyError):
    """The policy asks for a passkey that the account does not have yet. `members` holds `url`, the page for it."""

    code = "passkey_required"
    status = 403
    user_message = _("This account needs a passkey. Please create one to go on.")


class EnrolmentInvalid(PasskeyError):
    """The link is unknown, used, cancelled or expired, or its user may not log in: one text for all of these."""

    code = "enrolment_invalid"
    status = 403
    user_message = _("This link does not work any more. Please ask for a new one, or sign in.")


class EnrolmentNotYet(PasskeyError):
    """The link works later. `members` holds `valid_from` (UTC, ISO 8601)."""

    code = "enrolment_not_yet"
    status = 403
    user_message = _("This link does not work yet. Please open it again later.")


class RecoveryFailed(PasskeyError):
    """Name, code and password do not fit together. Nobody learns which of them is wrong."""

    code = "recovery_failed"
    status = 403
    user_message = _("This did not work. Please check what you have entered, and try again.")


class RecoveredRecently(PasskeyError):
    """A passkey made by e-mail removes no older one and makes no codes yet. `members` holds `valid_from`."""

    code = "recovered_recently"
    status = 403
    user_message = _(
        "A new passkey was created by e-mail a short time ago. For safety, this is not possible yet. "
        "Please use an older passkey, or try again later."
    )


class PasskeyExists(PasskeyError):
    """A passkey with this credential id is stored already, for any user."""

    code = "passkey_exists"
    status = 409
    user_message = _("This passkey is registered already. Please choose another device or password manager.")


class PasskeyLimitReached(PasskeyError):
    """The user has the largest allowed number of passkeys."""

    code = "passkey_limit_reached"
    status = 409
    user_message = _("You have the largest possible number of passkeys. Please remove one first.")


class LastPasskey(PasskeyError):
    """Without this passkey, its user could not sign in any more."""

    code = "last_passkey"
    status = 409
    user_message = _("This is your only way to sign in. Please add another one first.")


class InvalidStatement(PasskeyError):
    """Nobody can sign these data: see `signatures.canonical` for what a statement may hold."""

    code = "invalid_statement"
    user_message = _("This text has characters that cannot be signed, such as control characters. Remove them.")


class SignatureFailed(PasskeyError):
    """Every reason to refuse the answer with which somebody wanted to sign. All of them share one text."""

    code = "signature_failed"
    status = 403
    user_message = _("Signing with this passkey did not work, and nothing was done. Please try again.")


class StatementChanged(PasskeyError):
    """What would be signed now is not what the person has seen.

    For a signed form, `members` holds `statement` and `publicKey`, with which a script shows the statement anew.
    """

    code = "statement_changed"
    status = 409
    user_message = _("The data have changed in the meantime. Please read them again before you sign.")


class AlreadySigned(PasskeyError):
    """The page, or the answer of the passkey, was signed before.

    `members` holds `signature`, the id of the first one, and `redirect_url`, where it led.
    """

    code = "already_signed"
    status = 409
    user_message = _("You have signed this already. Nothing was done a second time.")


class SigningFailed(PasskeyError):
    """The site could not do what was signed. Nothing was done, and no signature was stored."""

    code = "signing_failed"
    status = 500
    user_message = _("Something went wrong, and nothing was done. You can sign again.")


class Throttled(PasskeyError):
    """Too many attempts (PASSKEY_RATE_LIMITS)."""

    code = "throttled"
    status = 429
    user_message = _("Too many attempts. Please wait a moment and try again.")

    def __init__(self, reason: str = "", *, retry_after: int = 60) -> None:
        super().__init__(reason, user_message=_too_many_attempts(retry_after))
        self.retry_after = retry_after


def _too_many_attempts(seconds: int) -> str:
    """With the time: in seconds up to a minute and a half, in minutes up to an hour and a half, else in hours."""
    if seconds <= 90:
        return _TRY_AGAIN_IN_SECONDS % {"count": seconds}
    minutes = math.ceil(seconds / 60)
    if minutes <= 90:
        return _TRY_AGAIN_IN_MINUTES % {"count": minutes}
    return _TRY_AGAIN_IN_HOURS % {"count": math.ceil(minutes / 60)}


_TRY_AGAIN_IN_SECONDS = ngettext_lazy(
    "Too many attempts. Try again in %(count)d second.",
    "Too many attempts. Try again in %(count)d seconds.",
    number="count",
)
_TRY_AGAIN_IN_MINUTES = ngettext_lazy(
    "Too many attempts. Try again in %(count)d minute.",
    "Too many attempts. Try again in %(count)d minutes.",
    number="count",
)
_TRY_AGAIN_IN_HOURS = ngettext_lazy(
    "Too many attempts. Try again in %(count)d hour.",
    "Too many attempts. Try again in %(count)d hours.",
    number="count",
)


class ProviderUnavailable(PasskeyError):
    """The provider cannot be reached or is out of order: trying again later may help."""

    code = "provider_unavailable"
    status = 503
    user_message = _("Passkeys are not available at the moment. Please try again soon or sign in another way.")
    retry_after = 30


class ProviderRejected(PasskeyError):
    """The provider answered with something that we cannot use: wrong key, unknown tenant, no JSON."""

    code = "provider_error"
    status = 502
    user_message = _("The passkey service did not accept this. Please sign in another way.")


class UnsupportedFeature(PasskeyError):
    """The provider does not support this call. Check the provider's flags before calling."""

    user_message = _("This is not possible here. Please try another way.")
