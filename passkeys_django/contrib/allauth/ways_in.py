"""How people sign in at allauth without passkey and password."""

from typing import Any

from allauth import app_settings as allauth_settings
from allauth.account import app_settings as account_settings
from allauth.account.internal.flows.reauthentication import get_reauthentication_code_recipients
from django.contrib.auth.base_user import AbstractBaseUser
from django.core.exceptions import ImproperlyConfigured, MultipleObjectsReturned, ObjectDoesNotExist


def has_way_in(user: AbstractBaseUser, **_kwargs: Any) -> bool:
    """Receiver of `seeking_way_in`: a social account, a code by e-mail or phone, or a passkey of allauth's."""
    return _has_social_account(user) or _gets_codes(user) or _has_passkey_of_allauth(user)


def _has_social_account(user: AbstractBaseUser) -> bool:
    if not allauth_settings.SOCIALACCOUNT_ENABLED:
        return False
    from allauth.socialaccount.models import SocialAccount

    return any(map(_is_configured, SocialAccount.objects.filter(user_id=user.pk)))


def _is_configured(account: Any) -> bool:
    """Does the site still have the provider of this account? Its row stays when the provider is taken away."""
    try:
        account.get_provider()
    except (ObjectDoesNotExist, MultipleObjectsReturned, ImproperlyConfigured):
        return False
    return True


def _gets_codes(user: AbstractBaseUser) -> bool:
    """Does the login page send codes, and has the user an address or a phone that is known to be theirs?"""
    if allauth_settings.SOCIALACCOUNT_ONLY:
        return False
    sends_codes = account_settings.LOGIN_BY_CODE_ENABLED or "password1" not in account_settings.SIGNUP_FIELDS
    return sends_codes and bool(get_reauthentication_code_recipients(user))


def _has_passkey_of_allauth(user: AbstractBaseUser) -> bool:
    if not allauth_settings.MFA_ENABLED:
        return False
    from allauth.mfa import app_settings as mfa_settings
    from allauth.mfa.models import Authenticator

    if not mfa_settings.PASSKEY_LOGIN_ENABLED:
        return False
    keys = Authenticator.objects.filter(user_id=user.pk, type=Authenticator.Type.WEBAUTHN)
    return any(key.wrap().is_passwordless for key in keys)
