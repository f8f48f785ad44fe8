"""The authentication backends: from the token of a finalized login to the user, and passwords under a policy."""

import logging
from typing import Any

from asgiref.sync import sync_to_async
from django.conf import settings
from django.contrib.auth import get_user_model, load_backend
from django.contrib.auth.backends import BaseBackend, ModelBackend
from django.contrib.auth.base_user import AbstractBaseUser
from django.core.exceptions import ImproperlyConfigured
from django.db.models import Manager, QuerySet
from django.http import HttpRequest
from django.views.decorators.debug import sensitive_variables

from .exceptions import LoginFailed
from .models import PasskeyKind
from .policy.passwords import is_password_enough, refuse_nobody
from .providers import find_provider, local_provider
from .providers.base import BaseProvider
from .providers.tokens import LEEWAY, LOGIN_TYPE, Claims, InvalidToken, unverified_header
from .sessions.proof import LoginAttempt, current_attempt

logger = logging.getLogger("passkeys_django")


class PasskeyBackend(ModelBackend):
    """Accepts the token that `finalize_login` has just got from a provider, and no other token.

    A token alone does not show whose browser asked for it, from which page, and whether somebody has used it
    before. Only the ceremony that this request finalizes shows this.

    Django calls this backend only for the keyword `passkey_token`, so it ignores all other logins. Because of
    `passkey_` in this name, Django hides the token in `user_login_failed`.
    """

    @sensitive_variables()
    def authenticate(  # type: ignore[override]
        self, request: HttpRequest | None, *, passkey_token: str
    ) -> AbstractBaseUser | None:
        """The user of the token's passkey, once for each login; None outside of `finalize_login`.

        A login that fails inside `finalize_login` raises LoginFailed, ProviderUnavailable or ProviderRejected: for
        None, Django would send `user_login_failed` without naming the user.
        """
        attempt = current_attempt(request)
        if attempt is None:
            logger.warning("Passkey login refused: a token is accepted only inside finalize_login()")
            return None
        return self._user_of(passkey_token, attempt)

    @sensitive_variables()
    async def aauthenticate(  # type: ignore[override]
        self, request: HttpRequest | None, *, passkey_token: str
    ) -> AbstractBaseUser | None:
        """The same as `authenticate`."""
        return await sync_to_async(self.authenticate)(request, passkey_token=passkey_token)

    def get_user(self, user_id: Any) -> AbstractBaseUser | None:  # type: ignore[override]  # any user model will do
        """The user of a session, which a rule of the site's other backends ends too, such as a ban."""
        user: Any = super().get_user(user_id)
        return user if user is not None and _one_lets_in(_rules_of_the_site(self), user) else None

    async def aget_user(self, user_id: Any) -> AbstractBaseUser | None:  # type: ignore[override]
        """The same as `get_user`."""
        user: Any = await super().aget_user(user_id)
        rules = _rules_of_the_site(self)  # mostly none: then no thread is needed
        return user if not rules or (user and await sync_to_async(_one_lets_in)(rules, user)) else None

    def _user_of(self, token: str, attempt: LoginAttempt) -> AbstractBaseUser:
        if attempt.is_answered:
            raise LoginFailed("this login has already used its token")
        if attempt.second_step_of is not None or attempt.passkey.kind != PasskeyKind.PASSKEY:
            raise LoginFailed("a second step and a security key log nobody in")
        check_token(token, attempt)
        user = attempt.passkey.user
        if not may_log_in(self, user):
            raise LoginFailed("the user may not log in")
        attempt.is_answered = True
        return user


class PolicyModelBackend(ModelBackend):
    """Django's ModelBackend under PASSKEY_POLICY. List it in the place of ModelBackend.

    It refuses the password of everybody to whom a password alone is not enough: where the policy refuses
    passwords, and where a second step or a passkey is due. Our login forms and the page "Confirm it's you" ask for
    the second step afterwards, so it lets such a password pass there. Basic authentication and views that issue
    tokens do not ask.
    """

    @sensitive_variables()
    def authenticate(  # type: ignore[override]
        self, request: HttpRequest | None, username: str | None = None, password: str | None = None, **kwargs: Any
    ) -> AbstractBaseUser | None:
        """The user, or None.

        An unknown name, a wrong password and a refused one cost the same: one hash, and the SQL statements of one
        account. What the site's own policy function does cannot be hidden.
        """
        model: Any = get_user_model()
        name = kwargs.get(model.USERNAME_FIELD) if username is None else username
        if name is None or password is None:
            return None
        try:
            user: Any = model._default_manager.get_by_natural_key(name)
        except model.DoesNotExist:
            model().set_password(password)
            refuse_nobody(name)
            return None
        is_right = user.check_password(password) and self.user_can_authenticate(user)
        return user if is_password_enough(request, user, is_right=is_right) else None

    @sensitive_variables()
    async def aauthenticate(  # type: ignore[override]
        self, request: HttpRequest | None, username: str | None = None, password: str | None = None, **kwargs: Any
    ) -> AbstractBaseUser | None:
        """The same as `authenticate`."""
        return await sync_to_async(self.authenticate)(request, username, password, **kwargs)


_TAKE_ALL_PASSWORDS = (ModelBackend.authenticate, PolicyModelBackend.authenticate)
_FINDS_ALL_USERS = (ModelBackend.get_user, PasskeyBackend.get_user)


def may_log_in(backend: ModelBackend, user: AbstractBaseUser) -> bool:
    """May this user log in, and will the requests after the login find them?

    If the site's other backends have rules, such as bans, one of these backends must let the user in, too.
    """
    return _lets_in(backend, user) and _one_lets_in(_rules_of_the_site(backend), user)


def _one_lets_in(rules: list[BaseBackend], user: AbstractBaseUser) -> bool:
    """Does one of these backends let the user in?"""
    return not rules or any(_lets_in(backend, user) for backend in rules)


def _rules_of_the_site(backend: BaseBackend) -> list[BaseBackend]:
    """The other backends by which people log in, if one of them has a rule of its own.

    A subclass of PasskeyBackend with a rule of its own decides alone. Backends that only count failures, such as
    the one of django-axes, have no rule and let nobody in.
    """
    if _has_own_rule(backend):
        return []
    others: list[BaseBackend] = [load_backend(path) for path in settings.AUTHENTICATION_BACKENDS]
    others = [each for each in others if isinstance(each, BaseBackend) and not isinstance(each, PasskeyBackend)]
    if not any(map(_has_own_rule, others)):
        return []
    return [each for each in others if _has_own_rule(each) or type(each).authenticate in _TAKE_ALL_PASSWORDS]


def _has_own_rule(backend: BaseBackend) -> bool:
    """Is `user_can_authenticate()` or `get_user()` neither Django's nor ours?"""
    own = {getattr(type(backend), name, None) for name in ("user_can_authenticate", "get_user")}
    return not own <= {ModelBackend.user_can_authenticate, BaseBackend.get_user, None, *_FINDS_ALL_USERS}


def _lets_in(backend: BaseBackend, user: AbstractBaseUser) -> bool:
    """`user_can_authenticate()`, and `get_user()`, which every later request calls.

    A site that deletes users softly hides them in `get_user()`, or in the default manager, which Django's own
    `get_user()` reads. `get_user()` costs a query for each login, so it is called only if it may hide somebody.
    """
    if isinstance(backend, ModelBackend) and not backend.user_can_authenticate(user):  # type: ignore[arg-type]
        return False
    return _finds_everybody(backend) or backend.get_user(user.pk) is not None


def _finds_everybody(backend: BaseBackend) -> bool:
    """Are `get_user()` and the manager's query Django's own? The site's manager class may only add methods."""
    manager: Any = get_user_model()._default_manager
    has_own_query = (
        type(manager).get_queryset is not Manager.get_queryset
        or type(manager).get is not Manager.get
        or manager._queryset_class is not QuerySet
    )
    return type(backend).get_user in _FINDS_ALL_USERS and not has_own_query


def passkey_backend_path() -> str:
    """The path of PasskeyBackend, or of a subclass, in AUTHENTICATION_BACKENDS.

    Raises ImproperlyConfigured if the setting lists neither.
    """
    for path in settings.AUTHENTICATION_BACKENDS:
        if isinstance(load_backend(path), PasskeyBackend):
            return path
    raise ImproperlyConfigured("PasskeyBackend is not in AUTHENTICATION_BACKENDS.")


def check_token(token: str, attempt: LoginAttempt) -> None:
    """Raise LoginFailed if this is not the provider's token of exactly this login."""
    try:
        claims = _verify(token, attempt)
    except InvalidToken as exc:
        raise LoginFailed(f"token refused: {exc}") from exc
    if not attempt.passkey.has_user_handle(claims.user_handle):
        raise LoginFailed("the token names another user handle")
    if claims.issued_at < attempt.began_at - LEEWAY:
        raise LoginFailed("the token is older than its ceremony")


def _verify(token: str, attempt: LoginAttempt) -> Claims:
    """The token's claims, which must be about the credential that the browser answered with.

    The token's type says whether the embedded provider made the token. If not, the passkey's provider must have
    made it. Only one of the two is asked to verify the token.
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
