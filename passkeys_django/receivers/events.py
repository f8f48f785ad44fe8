"""Receivers of our signals that write the history."""

import logging
from collections.abc import Iterable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.signals import user_logged_in
from django.db import Error, connections, router, transaction
from django.http import HttpRequest
from django.utils import timezone

from .. import signals
from ..conf import passkey_settings
from ..exceptions import PasskeyError, UnknownPasskey
from ..http.client_address import client_address, truncated
from ..models import Enrolment, EventKind, Passkey, PasskeyEvent
from ..policy import Due, what_is_due
from ..sessions.authentication import has_just_authenticated, session_authentication
from ..sessions.impersonation import acting_user, request_user
from ..sessions.proof import current_proof
from ..sessions.record import OTHER, PASSWORD

CONFIRMATION, SECOND_STEP, AFTER_OFFER = "confirmation", "second-step", "offer"
"""Values of `code`. The first two stand in a `used` event: the passkey confirmed a session, or followed a
password. The third stands in a `registered` event: the person accepted our offer."""
_OFFERED = "_passkeys_offered"
logger = logging.getLogger("passkeys_django")


def record_registration(request: HttpRequest, passkey: Passkey, fallback: bool, **_kwargs: Any) -> None:
    """Receiver of `passkey_registered`."""
    code = AFTER_OFFER if _takes_offer(request, passkey) else ""
    _record(request, passkey, EventKind.REGISTERED, *([EventKind.FALLBACK_USED] if fallback else []), code=code)


def record_use(
    request: HttpRequest, passkey: Passkey, fallback: bool, backup_changed: bool, **_kwargs: Any
) -> None:
    """Receiver of `passkey_used`."""
    beside = {EventKind.FALLBACK_USED: fallback, EventKind.BACKUP_CHANGED: backup_changed}
    kinds = (kind for kind, happened in beside.items() if happened)
    _record(request, passkey, EventKind.USED, *kinds, code=_purpose_of_use(request))


def record_other_login(request: HttpRequest | None, user: AbstractBaseUser, **_kwargs: Any) -> None:
    """Receiver of Django's `user_logged_in`: a login by password, or in another way of the site's own.

    Nothing is written if a second step is due: the person is not signed in before that step, and `record_use`
    writes it. `record_authentication` must have run before, because its record in the session says the way.
    """
    if not passkey_settings.events or request is None or current_proof(request) is not None:
        return
    if not has_just_authenticated(request, user):
        return
    shown = session_authentication(request)
    if shown is None or shown.method not in (PASSWORD, OTHER):
        return
    if what_is_due(user, shown, request=request) is not Due.SECOND_STEP:
        record_of_account(request, user, EventKind.SIGNED_IN, code=shown.method)


def record_offer(request: HttpRequest, offer: str) -> None:
    """Write that a page offers a passkey to the person who is signed in. There is one row for each session."""
    user, session = request_user(request), getattr(request, "session", None)
    if passkey_settings.events and user is not None and session is not None and _OFFERED not in session:
        session[_OFFERED] = True
        record_of_account(request, user, EventKind.OFFERED, code=offer)


def record_refusal(request: HttpRequest, error: PasskeyError, passkey: Passkey | None, **_kwargs: Any) -> None:
    """Receiver of `passkey_login_failed`.

    Refusals that concern no credential are only logged: strangers must not be able to fill the table.
    """
    if passkey is not None or isinstance(error, UnknownPasskey):
        _record(request, passkey, EventKind.REFUSED, code=error.code)


def record_renaming(request: HttpRequest | None, passkey: Passkey, **_kwargs: Any) -> None:
    """Receiver of `passkey_renamed`. The old name is in the passkey's earlier events."""
    _record(request, passkey, EventKind.RENAMED)


def record_enrolment(
    request: HttpRequest | None, user: AbstractBaseUser, enrolment: Enrolment, **_kwargs: Any
) -> None:
    """Receiver of `enrolment_created`."""
    record_of_account(request, user, EventKind.ENROLMENT_CREATED, code=enrolment.reason)


def record_enrolment_use(
    request: HttpRequest | None, user: AbstractBaseUser, enrolment: Enrolment, **_kwargs: Any
) -> None:
    """Receiver of `enrolment_used`."""
    record_of_account(request, user, EventKind.ENROLMENT_USED, code=enrolment.reason)


def record_enrolment_cancellation(
    request: HttpRequest | None, user: AbstractBaseUser, enrolment: Enrolment, **_kwargs: Any
) -> None:
    """Receiver of `enrolment_cancelled`."""
    record_of_account(request, user, EventKind.ENROLMENT_CANCELLED, code=enrolment.reason)


def record_ended_sessions(request: HttpRequest | None, user: AbstractBaseUser, **_kwargs: Any) -> None:
    """Receiver of `sessions_ended`."""
    record_of_account(request, user, EventKind.SESSIONS_ENDED)


def record_removals(passkeys: Iterable[Passkey], request: HttpRequest | None = None) -> None:
    """Write that these passkeys were removed. Called in the transaction that deletes them, not by a signal.

    Nothing is written when a user is deleted together with their passkeys.
    """
    facts = [_facts(request, passkey) for passkey in passkeys]
    events = [PasskeyEvent(kind=EventKind.REMOVED, **each, **_actor(request, each["user_id"])) for each in facts]
    if events and passkey_settings.events:
        _store(events)


def record_adoption(passkeys: Iterable[Passkey]) -> None:
    """Write that these passkeys were taken over. Called in the transaction that stores them, not by a signal."""
    events = [PasskeyEvent(kind=EventKind.ADOPTED, **_facts(None, passkey)) for passkey in passkeys]
    if events and passkey_settings.events:
        _store(events)


RECEIVERS = (
    (user_logged_in, record_other_login),
    (signals.passkey_registered, record_registration),
    (signals.passkey_used, record_use),
    (signals.passkey_login_failed, record_refusal),
    (signals.passkey_renamed, record_renaming),
    (signals.enrolment_created, record_enrolment),
    (signals.enrolment_used, record_enrolment_use),
    (signals.enrolment_cancelled, record_enrolment_cancellation),
    (signals.sessions_ended, record_ended_sessions),
)


def _takes_offer(request: HttpRequest, passkey: Passkey) -> bool:
    """Is this the first passkey that this session creates after an offer? A security key was not offered."""
    session = getattr(request, "session", {})
    if passkey.is_security_key or not session.get(_OFFERED):
        return False
    session[_OFFERED] = False
    return True


def _purpose_of_use(request: HttpRequest) -> str:
    """Empty for a login with nothing but a passkey."""
    proof = current_proof(request)
    if proof is None or not (proof.confirms or PASSWORD in proof.methods):
        return ""
    return CONFIRMATION if proof.confirms else SECOND_STEP


def _record(request: HttpRequest | None, passkey: Passkey | None, *kinds: EventKind, code: str = "") -> None:
    """Write the events of one moment. If they cannot be written, the login still succeeds."""
    if not passkey_settings.events:
        return
    facts = _facts(request, passkey)
    if EventKind.USED not in kinds:  # a passkey is used by its owner, even in a browser where another is signed in
        facts |= _actor(request, facts.get("user_id"))
    _store([PasskeyEvent(kind=kind, code=code, **facts) for kind in kinds])


def record_of_account(
    request: HttpRequest | None, user: AbstractBaseUser, kind: EventKind, *, code: str = ""
) -> None:
    """Write an event that concerns an account and no single passkey."""
    if passkey_settings.events:
        facts = {**_facts(request, None), "user_id": user.pk, **_actor(request, user.pk)}
        _store([PasskeyEvent(kind=kind, code=code, **facts)])


def _store(events: list[PasskeyEvent]) -> None:
    try:
        with _savepoint():
            PasskeyEvent.objects.record(*events)
    except Error as exc:
        logger.error("Cannot write the history (%s): %s", events[0].kind, exc)


def _facts(request: HttpRequest | None, passkey: Passkey | None) -> dict[str, Any]:
    """What all events of one moment have in common."""
    facts: dict[str, Any] = {"at": timezone.now(), "address": _address(request)}
    if passkey is not None:
        facts |= {"user_id": passkey.user_id, "passkey": passkey.pk, "name": passkey.name}
    return facts


def _actor(request: HttpRequest | None, user_id: Any) -> dict[str, Any]:
    """The person who acts as another user."""
    actor = acting_user(request)
    return {} if actor is None or actor.pk == user_id else {"actor_id": actor.pk}


def _address(request: HttpRequest | None) -> str | None:
    wanted = passkey_settings.event_addresses
    address = client_address(request) if wanted else None
    return truncated(address) if address and wanted == "truncated" else address


def _savepoint() -> AbstractContextManager[None]:
    """A savepoint in an open transaction, so that an error here does not break that transaction."""
    using = router.db_for_write(PasskeyEvent)
    return transaction.atomic(using=using) if connections[using].in_atomic_block else nullcontext()
