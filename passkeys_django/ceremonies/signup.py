"""Signing up: an account and its first passkey, made together or not at all."""

import json
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from django.contrib.auth import load_backend
from django.contrib.auth.base_user import AbstractBaseUser
from django.core.exceptions import ImproperlyConfigured
from django.core.validators import RegexValidator
from django.db import IntegrityError
from django.http import HttpRequest
from django.utils.datastructures import MultiValueDict
from django.views.decorators.debug import sensitive_variables

from ..backends import may_log_in, passkey_backend_path
from ..conf import passkey_settings
from ..exceptions import CeremonyUsed, InvalidRequest, PasskeyExists, RequestTooLarge
from ..http import limits
from ..http.problems import invalid_form
from ..models import Lock, Passkey, UserHandle, account_address, display_name, new_user_handle, user_name
from ..protocol.credentials import RegistrationCredential, open_envelope, read_registration
from ..protocol.unicode_text import has_lone_surrogates
from ..providers import get_provider
from ..providers.base import UserEntity
from ..providers.failover import call_or_fall_back, is_down
from ..relying_party import get_relying_party
from ..sessions.opening import open_session
from ..sessions.proof import Proof, set_proof
from ..signals import passkey_registered
from ..signup.names import are_kept, names_of
from . import cookies
from .cookies import Ceremony, Purpose
from .naming import default_name
from .reporting import logged
from .storing import check_rules, finalize_and_store, insert

SignIn = Callable[[HttpRequest, AbstractBaseUser], object]
FORM_MAX_LENGTH = 1500
"""In characters of JSON: the submitted values travel in the ceremony cookie."""


@sensitive_variables()
@logged("Passkey sign-up start")
def start_signup(request: HttpRequest, filled_in: Mapping[str, Any]) -> dict[str, Any]:
    """`{"publicKey": PublicKeyCredentialCreationOptionsJSON}` for `navigator.credentials.create()`.

    `filled_in` holds the values for the form of PASSKEY_SIGNUP_FORM, by field name. Other members are ignored.
    The server stores nothing: all that `finalize_signup` needs travels in the ceremony cookie. Raises Throttled,
    InvalidRequest (`errors` are the form's), ProviderUnavailable, ProviderRejected.
    """
    limits.check("start-signup", request=request)
    values = _form_values(filled_in)
    if len(json.dumps(values)) > FORM_MAX_LENGTH:
        raise RequestTooLarge(f"the form's values have over {FORM_MAX_LENGTH} characters of JSON")
    form = _form(request, values)
    if not form.is_valid():
        raise invalid_form(form)
    relying_party, handle = get_relying_party(request), new_user_handle()
    # A provider may keep the data of unfinished sign-ups, so it gets an opaque id and not a person's name.
    nobody = UserEntity(handle=handle, name=handle, display_name=handle)
    provider, options = call_or_fall_back(
        get_provider(), lambda provider: provider.start_registration(relying_party=relying_party, user=nobody)
    )
    user = form.instance
    options["user"] |= {"name": user_name(user), "displayName": display_name(user)}
    cookies.begin(request, options, purpose=Purpose.SIGNUP, provider=provider.identity, handle=handle, form=values)
    return {"publicKey": options}


def _form_values(body: Mapping[str, Any]) -> dict[str, Any]:
    """The body's values for the form's fields: texts, lists of texts, true or false."""
    values = {name: body[name] for name in _form_class().base_fields if body.get(name) is not None}
    wrong = [name for name, value in values.items() if not _is_filled_in(value)]
    if wrong:
        raise InvalidRequest(f"neither text nor list of texts nor true or false: {', '.join(wrong)}")
    return values


def _is_filled_in(value: object) -> bool:
    if isinstance(value, bool):
        return True
    items = value if isinstance(value, list) else [value]
    return all(isinstance(item, str) and not has_lone_surrogates(item) for item in items)


def _form_class() -> Any:
    """The form class that PASSKEY_SIGNUP_FORM names. Without this setting, a site has no sign-up endpoints."""
    form_class = passkey_settings.signup_form
    if form_class is None:
        raise ImproperlyConfigured("PASSKEY_SIGNUP_FORM is not set: nobody can sign up.")
    return form_class


def _form(request: HttpRequest, values: dict[str, Any], *, is_final: bool = False) -> Any:
    """The site's sign-up form with these values."""
    filled_in = {name: value if isinstance(value, list) else [value] for name, value in values.items()}
    form = _form_class()(request, MultiValueDict(filled_in))
    form.is_final = is_final
    return form


@sensitive_variables()
@logged("Passkey sign-up")
def finalize_signup(request: HttpRequest, credential: object, *, sign_in: SignIn = open_session) -> Passkey:
    """Check the browser's credential completely, make the user and the passkey, and open the user's session.

    A user who may not log in yet gets no session. `sign_in(request, user)` opens the session in another way.

    Raises Throttled, InvalidCredential, CeremonyNotFound, CeremonyExpired, CeremonyUsed, PasskeyExists,
    InvalidRequest (`errors` are the form's, for example if somebody else took the name meanwhile),
    ProviderUnavailable or ProviderRejected.
    """
    limits.check("finalize-signup", request=request)
    backend = passkey_backend_path()
    envelope = open_envelope(credential)
    ceremony = cookies.take(request, envelope.client_data.challenge, Purpose.SIGNUP)
    registration = read_registration(envelope)  # strangers send CBOR, so limit and cookie are checked first
    relying_party = get_relying_party(request)
    check_rules(registration, ceremony, relying_party)
    storable = partial(_storable_form, request, ceremony, registration)
    storable()

    def store(passkey: Passkey, left_behind_at: str | None) -> None:
        try:
            _store(storable, passkey, ceremony, left_behind_at)
        except IntegrityError as exc:
            storable()
            raise InvalidRequest("a database constraint refused the rows of the account") from exc

    name = default_name(request, registration, ceremony)
    passkey = finalize_and_store(
        registration, ceremony, relying_party, user_handle=ceremony.handle, name=name, store=store
    )
    _sign_in(request, backend, passkey, registration, sign_in)
    passkey_registered.send(
        sender=Passkey, request=request, user=passkey.user, passkey=passkey, fallback=is_down(get_provider())
    )
    return passkey


def _storable_form(request: HttpRequest, ceremony: Ceremony, registration: RegistrationCredential) -> Any:
    """The valid form. Raises CeremonyUsed, PasskeyExists or InvalidRequest if it cannot become an account."""
    form = _form(request, ceremony.form, is_final=True)
    is_valid, is_known = form.is_valid(), Passkey.objects.is_known(registration.id)
    # This query comes last, but decides first: if this ceremony has just made its account, then the name is taken
    # and the passkey is known for that reason only.
    if UserHandle.objects.on_primary().filter(handle=ceremony.handle).exists():
        raise CeremonyUsed("the account was made before")
    if is_known:
        raise PasskeyExists("the credential id is stored already")
    if not is_valid:
        raise invalid_form(form)
    return form


def _store(storable: Callable[[], Any], passkey: Passkey, ceremony: Ceremony, left_behind_at: str | None) -> None:
    """Store all rows in one transaction. Sign-ups wait for one another, so the form sees all accounts before it.

    So if two sign-ups use the same name, the same link, or anything else that a site's form gives to one person
    only, one of the two succeeds.
    """
    with Lock.objects.held("signup"):
        passkey.user = _save(storable())
        address = account_address(passkey.user) if passkey.user_verified else ""  # as after a strong login
        UserHandle.objects.create(user=passkey.user, handle=ceremony.handle, strong_address=address)
        insert(passkey, left_behind_at=left_behind_at)


def _save(form: Any) -> Any:
    """Save the new user, whose name and address must be the ones that the form has checked."""
    checked = names_of(form.instance)
    user = form.save()
    if not are_kept(checked, names_of(user)):
        raise InvalidRequest(
            "save() of the form or the user changed the name or the address", user_message=RegexValidator.message
        )
    return user


def _sign_in(
    request: HttpRequest, backend: str, passkey: Passkey, registration: RegistrationCredential, sign_in: SignIn
) -> None:
    user: Any = passkey.user
    checks: Any = load_backend(backend)
    if not may_log_in(checks, user):  # for example, a site's form makes users whom staff must activate first
        return
    user.backend = backend
    set_proof(request, Proof(passkey=passkey, credential=registration))
    try:
        sign_in(request, user)
    finally:
        set_proof(request, None)
