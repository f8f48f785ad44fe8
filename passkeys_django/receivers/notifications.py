"""Receivers of our signals that tell people by e-mail what happened to their passkeys."""

from functools import partial
from typing import Any

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.db import router, transaction
from django.http import HttpRequest
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import get_language, gettext, gettext_lazy, override

from .. import signals
from ..conf import passkey_settings
from ..http import limits
from ..http.urls import reverse_or_none
from ..mail import failures_logged, send_mail
from ..models import Passkey, UserHandle, account_address
from ..policy.parking import parked
from ..protocol.aaguids import manager_name
from ..relying_party import pages_origin
from ..sessions.impersonation import acting_user, is_acting_as_another
from ..sessions.proof import current_proof
from ..sessions.record import ENROLMENT


def notify_of_registration(request: HttpRequest, user: AbstractBaseUser, passkey: Passkey, **_kwargs: Any) -> None:
    """Receiver of `passkey_registered`. The use of an enrolment has an e-mail of its own."""
    proof = current_proof(request)
    if proof is None or proof.methods != (ENROLMENT,):
        _notify("registered", request, user, passkey)


def notify_of_renaming(
    request: HttpRequest | None, user: AbstractBaseUser, passkey: Passkey, old_name: str, **_kwargs: Any
) -> None:
    """Receiver of `passkey_renamed`. Users are told of their own renames once an hour, of others each time.

    The limit protects strangers, since nobody has verified that the address belongs to the user. A missing e-mail
    does no harm, since a new name does not help anybody to sign in.
    """
    if acting_user(request) != user or limits.passes("rename-mail", user=user):
        _notify("renamed", request, user, passkey, old_name=old_name)


def notify_of_removal(
    request: HttpRequest | None, user: AbstractBaseUser, passkey: Passkey, tell_owner: bool = True, **_kwargs: Any
) -> None:
    """Receiver of `passkey_removed`."""
    if tell_owner:
        _notify("removed", request, user, passkey)


def notify_of_adoption(user: AbstractBaseUser, passkeys: list[Passkey], tell_owner: bool, **_kwargs: Any) -> None:
    """Receiver of `passkeys_adopted`."""
    if tell_owner:
        strongest = min(passkeys, key=lambda passkey: passkey.is_security_key)
        _notify("adopted", None, user, strongest, passkeys=passkeys)


def notify_of_ended_sessions(request: HttpRequest | None, user: AbstractBaseUser, **_kwargs: Any) -> None:
    """Receiver of `sessions_ended`. A thief who changed the address does not keep this from the owner."""
    for address in UserHandle.objects.addresses_for_notices(user):
        _notify("sessions_ended", request, user, None, address=address)


RECEIVERS = (
    (signals.passkey_registered, notify_of_registration),
    (signals.passkey_renamed, notify_of_renaming),
    (signals.passkey_removed, notify_of_removal),
    (signals.passkeys_adopted, notify_of_adoption),
    (signals.sessions_ended, notify_of_ended_sessions),
)


def _notify(
    kind: str,
    request: HttpRequest | None,
    user: AbstractBaseUser,
    passkey: Passkey | None,
    *,
    address: str | None = None,
    **more: Any,
) -> None:
    """Send the e-mail after the transaction is committed, and not at all if it is rolled back."""
    address = address or account_address(user)
    if not address or not passkey_settings.notifications:
        return
    actor = acting_user(request)
    send = partial(
        _send,
        kind,
        address,
        language=get_language() if actor == user else None,
        list_origin=pages_origin(request),
        user=user,
        passkey=passkey,
        site_name=passkey_settings.rp_name or (passkey.rp_id if passkey else _host(pages_origin(request))),
        name=passkey.name if passkey else "",
        at=timezone.now(),
        by=done_by(request, user),
        **more,
    )
    transaction.on_commit(send, using=router.db_for_write(Passkey))


_BY = {
    True: gettext_lazy("you"),
    False: gettext_lazy("an administrator of the site"),
    None: gettext_lazy("the site itself, automatically"),
}
"""The person who made the change. True: the passkey's user. False: another user. None: nobody was signed in."""


def site_name(origin: str | None) -> str:
    """What e-mails about an account call the site; empty if nothing says it."""
    return passkey_settings.rp_name or passkey_settings.rp_id or _host(origin)


def _host(origin: str | None) -> str:
    return (origin or "").partition("://")[2]


def done_by(request: HttpRequest | None, user: AbstractBaseUser) -> Promise:
    """The person who made the change to this user's account, as far as it is known."""
    actor = acting_user(request) or _parked_user(request)
    return _BY[actor == user if actor is not None or is_acting_as_another(request) else None]


def _parked_user(request: HttpRequest | None) -> AbstractBaseUser | None:
    """The person to whom a passkey is due, and who creates it before anybody is signed in."""
    waiting = parked(request) if request is not None and hasattr(request, "session") else None
    return None if waiting is None else waiting.user


def _send(kind: str, address: str, *, language: str | None, list_origin: str | None, **context: Any) -> None:
    """Send the e-mail. If this fails, the change stays made."""
    about = f"passkey {context['passkey'].pk}" if context["passkey"] else kind
    with failures_logged(f"the e-mail about {about}"), override(language or settings.LANGUAGE_CODE):
        context["manager"] = _manager(context["passkey"]) if context["passkey"] else ""
        context["list_url"] = list_url(list_origin)
        send_mail(kind, address, context, has_html=True)


def _manager(passkey: Passkey) -> str:
    """The passkey's manager; empty if unknown, or if the passkey's name says it already."""
    manager = manager_name(passkey.aaguid)
    return "" if manager in (passkey.name, gettext("Passkey")) else manager


def list_url(origin: str | None) -> str:
    """The page where people manage their passkeys; empty if its address is not known."""
    path = reverse_or_none("passkeys:list")
    return f"{origin}{path}" if origin and path else ""
