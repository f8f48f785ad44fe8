"""The authentication backend: from the token of a finalized login to the user."""

import logging
from typing import Any

from asgiref.sync import sync_to_async
from django.conf import settings
from django.contrib.auth import get_user_model, load_backend
from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.base_user import AbstractBaseUser
from django.core.exceptions import ImproperlyConfigured
from django.db.models import Manager, QuerySet
from django.http import HttpRequest
from django.views.decorators.debug import sensitive_variables

from .exceptions import LoginFailed
from .providers import find_provider, local_provider
from .providers.base import BaseProvider
from .providers.tokens import LEEWAY, LOGIN_TYPE, Claims, InvalidToken, unverified_header
from .sessions.proof import LoginAttempt, current_attempt

logger = logging.getLogger("passkeys_django")


class PasskeyBackend(ModelBackend):
    """Logs in from the token that `finalize_login` has just got from a provider, and from no other.

    A token alone shows neither whose browser asked for it, nor from which page, nor whether somebody has used it
    before: only the ceremony that this request finalizes does.

    The one distinct keyword lets every other login pass by, and `passkey_` hides it in `user_login_failed`.
    """

    @sensitive_variables()
    def authenticate(  # type: ignore[override]
        self, request: HttpRequest | None, *, passkey_token: str
    ) -> AbstractBaseUser | None:
        """The user of the token's passkey, once for each login; None outside of `finalize_login`.

        Raises LoginFailed, ProviderUnavailable, ProviderRejected and not None for a login that fails: of None,
        Django's `authenticate()` would announce a failed login without saying whose.
        """
        attempt = current_attempt(request)
        if attempt is None:
            logger.warning("Passkey login refused: a token counts within finalize_login() only")
            return None
        return self._user_of(passkey_token, attempt)

    @sensitive_variables()
    async def aauthenticate(  # type: ignore[override]
        self, request: HttpRequest | None, *, passkey_token: str
    ) -> AbstractBaseUser | None:
        """As `authenticate`."""
        return await sync_to_async(self.authenticate)(request, passkey_token=passkey_token)

    def _user_of(self, token: str, attempt: LoginAttempt) -> AbstractBaseUser:
        if attempt.is_answered:
            raise LoginFailed("this login has had its token")
        passkey = attempt.passkey
        try:
            claims = _verify(token, attempt)
        except InvalidToken as exc:
            raise LoginFailed(f"token refused: {exc}") from exc
        if not passkey.has_user_handle(claims.user_handle):
            raise LoginFailed("the token names another user handle")
        if claims.issued_at < attempt.began_at - LEEWAY:
            raise LoginFailed("the token is older than its ceremony")
        if not may_log_in(self, passkey.user):
            raise LoginFailed("the user may not log in")
        attempt.is_answered = True
        return passkey.user


def may_log_in(backend: ModelBackend, user: AbstractBaseUser) -> bool:
    """Will the requests after the login see this user? They ask the backend's `get_user()`.

    A site that deletes users softly hides them there, or in the default manager, which Django's own `get_user()`
    reads. Both are asked only where they may hide somebody: a query for each login is the price of it.
    """
    if not backend.user_can_authenticate(user):  # type: ignore[arg-type]  # any user model will do
        return False
    return _finds_everybody(backend) or backend.get_user(user.pk) is not None


def _finds_everybody(backend: ModelBackend) -> bool:
    """Are `get_user()` and what it reads Django's own? The manager's class may be the site's, if it only adds."""
    manager: Any = get_user_model()._default_manager
    has_own_query = (
        type(manager).get_queryset is not Manager.get_queryset
        or type(manager).get is not Manager.get
        or manager._queryset_class is not QuerySet
    )
    return type(backend).get_user is ModelBackend.get_user and not has_own_query


def passkey_backend_path() -> str:
    """What AUTHENTICATION_BACKENDS calls PasskeyBackend, or the subclass of it that it lists.

    Raises ImproperlyConfigured if none is listed.
    """
    for path in settings.AUTHENTICATION_BACKENDS:
        if isinstance(load_backend(path), PasskeyBackend):
            return path
    raise ImproperlyConfigured("PasskeyBackend is not in AUTHENTICATION_BACKENDS.")


def _verify(token: str, attempt: LoginAttempt) -> Claims:
    """The claims, which must be about the very credential that the browser answered with.

    Embedded's tokens say so in their type; any other is the passkey's provider's. Never both are tried.
    """
    provider: BaseProvider | None = local_provider()
    if unverified_header(token).get("typ") != LOGIN_TYPE:
        provider = find_provider(attempt.passkey.provider)
    if provider is None:
        raise LoginFailed(f"the token's provider {attempt.passkey.provider!r} is not in PASSKEY_PROVIDERS")
    claims = provider.verify_token(token, relying_party=attempt.relying_party)
    if claims.credential_id != attempt.passkey.credential_id:
        raise LoginFailed("the token is about another passkey")
    return claims
