"""`manage.py check` reports what is missing for passkeys at allauth. This module works without allauth."""

from typing import Any

from django.apps import apps
from django.core.checks import CheckMessage, Error, Warning
from django.core.exceptions import ImproperlyConfigured
from django.template import Engine, TemplateDoesNotExist, TemplateSyntaxError

from ...check_ids import (
    ALLAUTH_ADAPTER_WITHOUT_PASSKEYS,
    ALLAUTH_BYPASSED,
    ALLAUTH_FORM_WITHOUT_PASSKEYS,
    ALLAUTH_LAYOUT_WITHOUT_STYLE,
    ALLAUTH_LISTED_BEFORE,
    ALLAUTH_MISSING,
    ALLAUTH_SIGNUP_WITHOUT_ADDRESS,
)
from ...checks.base_template import fillable_blocks
from ...checks.beside_allauth import ROOM
from ...conf import mistake_in, passkey_settings
from ...frontend.css_classes import has_own_classes
from ...http.urls import match_of
from ...signup.forms import ADDRESS_FIELD, ConfirmedSignupForm
from ...views import endpoints

LAYOUT = "passkeys_django/base.html"
OVERRIDDEN = ("passkeys_django", "allauth", "allauth.account", "allauth.mfa")
"""The apps with templates that ours replace: Django takes the first of two templates with one name."""


def check_apps(**_kwargs: Any) -> list[CheckMessage]:
    """allauth is there, and this app comes first."""
    if not apps.is_installed("allauth.account"):
        return [
            Error(
                f"{ROOM} is in INSTALLED_APPS, but allauth.account is not.",
                hint=f"Add 'allauth' and 'allauth.account', or remove {ROOM!r}.",
                id=ALLAUTH_MISSING,
            )
        ]
    names = [config.name for config in apps.get_app_configs()]
    before = [name for name in names[: names.index(ROOM)] if name in OVERRIDDEN]
    return [_listed_before(before)] if before else []


def _listed_before(names: list[str]) -> CheckMessage:
    return Warning(
        f"{', '.join(names)} come before {ROOM} in INSTALLED_APPS, so allauth's login page has no passkeys, and "
        "the pages of passkeys look different from allauth's.",
        hint=f"Move {ROOM!r} above them.",
        id=ALLAUTH_LISTED_BEFORE,
    )


def check_urls(**_kwargs: Any) -> list[CheckMessage]:
    """A login by passkey goes through allauth, which verifies addresses and asks for the second factor."""
    match = match_of("passkeys:finalize-login")  # another check reports it if nothing has the name
    if match is None or match.func.__module__ != endpoints.__name__:
        return []
    return [
        Error(
            "A login by passkey passes by allauth: ACCOUNT_EMAIL_VERIFICATION, the second factor and the hooks of "
            "the adapter do not hold for it.",
            hint=f"In urls.py, write include('{ROOM}.urls') instead of include('passkeys_django.urls').",
            id=ALLAUTH_BYPASSED,
        )
    ]


def check_login_form(**_kwargs: Any) -> list[CheckMessage]:
    """The form of allauth's login page takes passkeys."""
    from allauth.account import app_settings
    from allauth.account.forms import LoginForm
    from allauth.utils import get_form_class

    from .forms import PasskeyFormMixin

    if issubclass(get_form_class(app_settings.FORMS, "login", LoginForm), PasskeyFormMixin):
        return []
    return [
        Warning(
            "The form of allauth's login page does not take passkeys: 'remember me' and the form's own rules do "
            "not hold for them.",
            hint=f"Set ACCOUNT_FORMS = {{'login': '{ROOM}.forms.LoginForm'}}. If the site has its own login form, "
            f"add {ROOM}.forms.PasskeyFormMixin to it.",
            id=ALLAUTH_FORM_WITHOUT_PASSKEYS,
        )
    ]


def check_adapter(**_kwargs: Any) -> list[CheckMessage]:
    """allauth's page "Confirm Access" takes passkeys."""
    from allauth.account.adapter import get_adapter

    from .adapter import PasskeyAdapterMixin

    if isinstance(get_adapter(), PasskeyAdapterMixin):
        return []
    return [
        Warning(
            "allauth asks people to confirm who they are, but takes no passkey for it. It answers 403 to people "
            "who have neither a password nor a verified address.",
            hint=f"Set ACCOUNT_ADAPTER = '{ROOM}.adapter.AccountAdapter'. If the site has its own adapter, add "
            f"{ROOM}.adapter.PasskeyAdapterMixin to it.",
            id=ALLAUTH_ADAPTER_WITHOUT_PASSKEYS,
        )
    ]


def check_signup(**_kwargs: Any) -> list[CheckMessage]:
    """People who sign up with a passkey give the address that allauth must verify."""
    from allauth.account import app_settings

    mandatory = app_settings.EMAIL_VERIFICATION == app_settings.EmailVerificationMethod.MANDATORY
    if not mandatory or mistake_in("signup_form") or _asks_for_address(passkey_settings.signup_form):
        return []
    return [
        Warning(
            "The form in PASSKEY_SIGNUP_FORM does not ask for an e-mail address, but ACCOUNT_EMAIL_VERIFICATION "
            "is 'mandatory': nobody can sign in with such an account.",
            hint=f"Add {ADDRESS_FIELD!r} to the fields of the form, or name passkeys_django.signup.forms."
            "ConfirmedSignupForm in PASSKEY_SIGNUP_FORM.",
            id=ALLAUTH_SIGNUP_WITHOUT_ADDRESS,
        )
    ]


def _asks_for_address(form_class: type[Any] | None) -> bool:
    """Without a form, nobody signs up here."""
    if form_class is None or issubclass(form_class, ConfirmedSignupForm):
        return True
    return ADDRESS_FIELD in form_class.base_fields


def check_layout(**_kwargs: Any) -> list[CheckMessage]:
    """The pages of passkeys have a style: our stylesheet in allauth's layout, or the site's own classes."""
    try:
        engine = Engine.get_default()
        has_style = has_own_classes(engine) or "extra_head" in fillable_blocks(engine.get_template(LAYOUT))
    except (ImproperlyConfigured, TemplateDoesNotExist, TemplateSyntaxError):  # another check reports it
        return []
    if has_style or passkey_settings.base_template != LAYOUT:
        return []
    return [
        Warning(
            "The pages of passkeys and the button on the login page have no style: allauth's layout has no "
            "block called extra_head, where their stylesheet would stand.",
            hint="Add {% block extra_head %}{% endblock %} to the <head> of allauth/layouts/base.html, or give "
            "the pages the classes of the site; docs/templates.md says how.",
            id=ALLAUTH_LAYOUT_WITHOUT_STYLE,
        )
    ]


BESIDE_ALLAUTH = (check_urls, check_login_form, check_adapter, check_signup, check_layout)
