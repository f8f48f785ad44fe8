"""The authentication backend: from the token of a finalized login to the user."""

import logging

from asgiref.sync import sync_to_async
from django.conf import settings
from django.contrib.auth import load_backend
from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.base_user import AbstractBaseUser
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest
from django.views.decorators.debug import sensitive_variables

from .exceptions import LoginFailed, PasskeyError
from .login_attempt import LoginAttempt, current_attempt
from .models import Passkey
from .providers import find_provider, local_provider
from .relying_party import RelyingParty, get_relying_party
from .tokens import (
    LEEWAY,
    LOGIN_TYPE,
    Claims,
    InvalidToken,
    unverified_credential_id,
    unverified_header,
)

logger = logging.getLogger("passkeys_django")


class PasskeyBackend(ModelBackend):
    """Logs in from a token that this server got from a provider's finalize, never one that a browser sent.

    The one distinct keyword lets every other login pass by, and `passkey_` hides it in `user_login_failed`.
    """

    @sensitive_variables()
    def authenticate(  # type: ignore[override]
        self, request: HttpRequest | None, *, passkey_token: str
    ) -> AbstractBaseUser | None:
        """The user of the token's passkey, or None; why not, is logged.

        To `finalize_login` it is raised, as a PasskeyError: of None, Django's `authenticate()` would announce a
        failed login without saying whose.
        """
        attempt = current_attempt(request)
        try:
            return self._user_of(request, passkey_token, attempt)
        except PasskeyError as exc:
            if attempt is not None:
                raise
            logger.warning("Passkey login refused: %s", exc)
        return None

    @sensitive_variables()
    async def aauthenticate(  # type: ignore[override]
        self, request: HttpRequest | None, *, passkey_token: str
    ) -> AbstractBaseUser | None:
        """As `authenticate`."""
        return await sync_to_async(self.authenticate)(request, passkey_token=passkey_token)

    def _user_of(self, request: HttpRequest | None, token: str, attempt: LoginAttempt | None) -> AbstractBaseUser:
        relying_party = get_relying_party(request) if attempt is None else attempt.relying_party
        try:
            passkey, claims = _verify(token, relying_party, attempt)
        except InvalidToken as exc:
            raise LoginFailed(f"token refused: {exc}") from exc
        if not passkey.has_user_handle(claims.user_handle):
            raise LoginFailed("the token names another user handle")
        if attempt is not None and claims.issued_at < attempt.began_at - LEEWAY:
            raise LoginFailed("the token is older than its ceremony")
        if not self.user_can_authenticate(passkey.user):
            raise LoginFailed("the user may not log in")
        return passkey.user


def passkey_backend_path() -> str:
    """What AUTHENTICATION_BACKENDS calls PasskeyBackend, or the subclass of it that it lists.

    Raises ImproperlyConfigured if none is listed.
    """
    for path in settings.AUTHENTICATION_BACKENDS:
        if isinstance(load_backend(path), PasskeyBackend):
            return path
    raise ImproperlyConfigured("PasskeyBackend is not in AUTHENTICATION_BACKENDS.")


def _verify(token: str, relying_party: RelyingParty, attempt: LoginAttempt | None) -> tuple[Passkey, Claims]:
    """Embedded's tokens say so in their type; any other is the passkey's provider's. Never both are tried."""
    if unverified_header(token).get("typ") == LOGIN_TYPE:
        claims = local_provider().verify_token(token, relying_party=relying_party)
        return _passkey(claims.credential_id, attempt), claims
    passkey = _passkey(unverified_credential_id(token), attempt)
    provider = find_provider(passkey.provider)
    if provider is None:
        raise LoginFailed(f"the token's provider {passkey.provider!r} is not in PASSKEY_PROVIDERS")
    return passkey, provider.verify_token(token, relying_party=relying_party)


def _passkey(credential_id: str, attempt: LoginAttempt | None) -> Passkey:
    """The row that `finalize_login` has read already, if the token is about that one."""
    if attempt is not None and attempt.passkey.credential_id == credential_id:
        return attempt.passkey
    passkey = Passkey.objects.find(credential_id)
    if passkey is None:
        raise LoginFailed("the token is about an unknown passkey")
    return passkey
