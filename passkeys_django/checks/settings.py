"""`manage.py check` reports every mistake in the settings, each with an id and a hint what to do."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning
from django.core.exceptions import ImproperlyConfigured
from django.shortcuts import resolve_url
from django.urls import NoReverseMatch, URLResolver, get_resolver, reverse
from django.utils.module_loading import import_string

from ..backends import PasskeyBackend
from ..check_ids import (
    BACKEND_MISSING,
    CONFIRM_URL_UNRESOLVED,
    IP_ADDRESS_IN_DEVELOPMENT,
    OPTIONS_WRONG,
    PROVIDER_UNUSABLE,
    RP_ID_MALFORMED,
    RP_ID_MISSING,
    SETTING_MALFORMED,
    URLS_MISSING,
    URLS_OUT_OF_REACH,
)
from ..conf import SINGLE_SETTINGS, ProviderConfig, mistake_in, passkey_settings
from ..protocol.domains import ascii_domain, is_domain, is_ip_address
from ..providers import get_provider, make_provider, provider_class
from . import policy, signed_forms
from .admin_login import check_admin_login_button, check_admin_sites
from .base_template import check_base_template, check_templates
from .beside_allauth import URLS_MODULES, check_allauth, urls_module
from .native_apps import check_android_apps
from .origins import check_hosts, check_localhost, check_origins, check_related_origins, check_well_known
from .setting_names import check_setting_names
from .url_order import check_url_order


def check_settings(**_kwargs: Any) -> list[CheckMessage]:
    """Each setting has the right type."""
    mistakes = (mistake_in(name) for name in SINGLE_SETTINGS)
    return [Error(mistake, hint="Correct this setting.", id=SETTING_MALFORMED) for mistake in mistakes if mistake]


def check_backend(**_kwargs: Any) -> list[CheckMessage]:
    """PasskeyBackend, or a subclass, is in AUTHENTICATION_BACKENDS."""
    if any(_is_passkey_backend(path) for path in settings.AUTHENTICATION_BACKENDS):
        return []
    return [
        Error(
            "No passkey can log in: PasskeyBackend is not in AUTHENTICATION_BACKENDS.",
            hint="Add 'passkeys_django.backends.PasskeyBackend' to AUTHENTICATION_BACKENDS, after the others.",
            id=BACKEND_MISSING,
        )
    ]


def _is_passkey_backend(path: str) -> bool:
    try:
        backend = import_string(path)
    except ImportError:  # Django reports this at the first login
        return False
    return isinstance(backend, type) and issubclass(backend, PasskeyBackend)


def check_providers(**_kwargs: Any) -> list[CheckMessage]:
    """The providers in PASSKEY_PROVIDERS can be made, and each provider accepts its OPTIONS."""
    try:
        configs = passkey_settings.providers
    except ImproperlyConfigured as exc:
        return [_unusable(str(exc))]
    missing = [] if "default" in configs else [_unusable('PASSKEY_PROVIDERS has no entry "default".')]
    return missing + [message for alias, config in configs.items() for message in _check_provider(alias, config)]


def _check_provider(alias: str, config: ProviderConfig) -> list[CheckMessage]:
    try:
        provider_class(alias, config)
    except ImproperlyConfigured as exc:
        return [_unusable(str(exc))]
    try:
        return make_provider(alias, config).check()
    except ImproperlyConfigured as exc:
        hint = f"OPTIONS are the keyword arguments of {config.path}."
        return [Error(str(exc), hint=hint, id=OPTIONS_WRONG)]


def warn_of_providers(**_kwargs: Any) -> list[CheckMessage]:
    """What providers report before a deployment; with `--deploy` only."""
    try:
        return [
            message for alias in passkey_settings.providers for message in get_provider(alias).check_deployment()
        ]
    except ImproperlyConfigured:  # the check above reports this
        return []


def _unusable(message: str) -> Error:
    hint = (
        "PROVIDER is the dotted path of a provider, such as 'passkeys_django.providers.hanko.HankoProvider'. "
        'The provider called "default" begins ceremonies. Without PASSKEY_PROVIDERS, the embedded provider does.'
    )
    return Error(message, hint=hint, id=PROVIDER_UNUSABLE)


def check_rp_id(**_kwargs: Any) -> list[CheckMessage]:
    """PASSKEY_RP_ID is a domain."""
    if mistake_in("rp_id"):
        return []
    rp_id = passkey_settings.rp_id
    if rp_id is None:
        return [] if settings.DEBUG else [_rp_id_missing()]
    if is_domain(rp_id):
        return []
    return [
        Error(
            f"PASSKEY_RP_ID {rp_id!r} is not a domain.",
            hint=_spelling(rp_id),
            id=RP_ID_MALFORMED,
        )
    ]


def _spelling(rp_id: str) -> str:
    encoded = ascii_domain(rp_id)
    if encoded != rp_id and is_domain(encoded):
        return f"Browsers write letters outside of ASCII in Punycode, and capitals in lower case: {encoded!r}."
    return (
        "Write the bare domain in lower case, without scheme, port or path: 'example.com', or 'localhost' in "
        "development. Browsers accept no IP addresses."
    )


def _rp_id_missing() -> Error:
    return Error(
        "PASSKEY_RP_ID is not set.",
        hint="Set PASSKEY_RP_ID to the domain that passkeys will be bound to, such as 'example.com'. Do not "
        "change it later: browsers would not find the passkeys again.",
        id=RP_ID_MISSING,
    )


def check_ip_address(**_kwargs: Any) -> list[CheckMessage]:
    """Browsers refuse passkeys at 127.0.0.1."""
    if not settings.DEBUG or not any(is_ip_address(host.strip("[]")) for host in settings.ALLOWED_HOSTS):
        return []
    return [
        Warning(
            "An IP address is in ALLOWED_HOSTS, and browsers refuse passkeys at IP addresses.",
            hint="In development open http://localhost:8000 instead of http://127.0.0.1:8000.",
            id=IP_ADDRESS_IN_DEVELOPMENT,
        )
    ]


def check_urls(**_kwargs: Any) -> list[CheckMessage]:
    """passkeys_django.urls is included where reverse() finds it."""
    try:
        reverse("passkeys:start-login")
    except AttributeError:  # an entry of urlpatterns is not a path(): Django's own check names it (urls.E004)
        return []
    except NoReverseMatch:
        return [_urls_out_of_reach() if _includes_ours(get_resolver()) else _urls_missing()]
    return []


def _includes_ours(resolver: URLResolver) -> bool:
    included = [pattern for pattern in resolver.url_patterns if isinstance(pattern, URLResolver)]
    modules = {getattr(each.urlconf_name, "__name__", None) for each in included}
    return not modules.isdisjoint(URLS_MODULES) or any(map(_includes_ours, included))


def check_confirm_url(**_kwargs: Any) -> list[CheckMessage]:
    """PASSKEY_CONFIRM_URL is a URL or a path, or a name that reverse() finds."""
    if mistake_in("confirm_url") or passkey_settings.confirm_url is None:
        return []
    try:
        resolve_url(passkey_settings.confirm_url)
    except AttributeError:  # an entry of urlpatterns is not a path(): Django's own check names it (urls.E004)
        return []
    except NoReverseMatch:
        return [_confirm_url_unresolved()]
    return []


def _confirm_url_unresolved() -> Error:
    return Error(
        "PASSKEY_CONFIRM_URL is neither a URL nor a path, and no URL has this name.",
        hint="Write the name of a URL without arguments, such as 'account_reauthenticate', a path or a URL. Leave "
        "the setting out to use the page of passkeys_django.",
        id=CONFIRM_URL_UNRESOLVED,
    )


def _urls_out_of_reach() -> Warning:
    return Warning(
        "passkeys_django.urls is included, but reverse('passkeys:start-login') does not find it: pages, template "
        "tags and e-mails of this app cannot link to one another. The JSON endpoints work.",
        hint="Include it without a namespace and without arguments in the path. In the project's own "
        f"urlpatterns, write path('passkeys/', include('{urls_module()}')). If the site has pages of its own, "
        "silence this check, and name the page where people confirm that it is them in PASSKEY_CONFIRM_URL.",
        id=URLS_OUT_OF_REACH,
    )


def _urls_missing() -> Error:
    return Error(
        "The URLs of passkeys_django are not included.",
        hint=f"Add path('passkeys/', include('{urls_module()}')) to the urlpatterns. If the site has views of "
        "its own, silence this check, and name the page where people confirm that it is them in "
        "PASSKEY_CONFIRM_URL.",
        id=URLS_MISSING,
    )


ALL = (
    check_settings,
    check_backend,
    check_providers,
    check_rp_id,
    check_origins,
    check_related_origins,
    check_well_known,
    check_android_apps,
    check_hosts,
    check_ip_address,
    check_localhost,
    check_urls,
    check_confirm_url,
    check_url_order,
    check_base_template,
    check_templates,
    check_setting_names,
    check_allauth,
    check_admin_sites,
    check_admin_login_button,
    *policy.ALL,
    *signed_forms.ALL,
)
