"""`manage.py check` tells every mistake in the settings, each with an id and what to do."""

import re
from collections.abc import Iterator
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning
from django.core.exceptions import ImproperlyConfigured
from django.urls import NoReverseMatch, reverse
from django.utils.module_loading import import_string

from .backends import PasskeyBackend
from .base_template_check import check_base_template
from .conf import SINGLE_SETTINGS, ProviderConfig, passkey_settings
from .providers import make_provider, provider_class

BACKEND_MISSING = "passkeys_django.E001"
PROVIDER_UNUSABLE = "passkeys_django.E002"
OPTIONS_WRONG = "passkeys_django.E003"
RP_ID_MISSING = "passkeys_django.E004"
RP_ID_MALFORMED = "passkeys_django.E005"
ORIGIN_INSECURE = "passkeys_django.E006"
ORIGIN_MALFORMED = "passkeys_django.E007"
ORIGIN_OUTSIDE = "passkeys_django.E008"
URLS_MISSING = "passkeys_django.E009"
SETTING_MALFORMED = "passkeys_django.E010"
# E011 to E013 are the Hanko provider's own, E014 is base_template_check's.
HOST_WITHOUT_ORIGIN = "passkeys_django.W001"
IP_ADDRESS_IN_DEVELOPMENT = "passkeys_django.W002"
# W003 is limits_check's.

_DOMAIN = re.compile(r"(?=.{1,253}\Z)(?!-)[a-z0-9-]{1,63}(?<!-)(\.(?!-)[a-z0-9-]{1,63}(?<!-))*\Z")
_DEFAULT_PORTS = {"http": 80, "https": 443}


def check_settings(**_kwargs: Any) -> list[CheckMessage]:
    """Each setting has the right type."""
    mistakes = (_mistake(name) for name in SINGLE_SETTINGS)
    return [Error(mistake, hint="Correct this setting.", id=SETTING_MALFORMED) for mistake in mistakes if mistake]


def _mistake(name: str) -> str | None:
    try:
        getattr(passkey_settings, name)
    except ImproperlyConfigured as exc:
        return str(exc)
    return None


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
    except ImportError:  # Django tells, at the first login
        return False
    return isinstance(backend, type) and issubclass(backend, PasskeyBackend)


def check_providers(**_kwargs: Any) -> list[CheckMessage]:
    """PASSKEY_PROVIDERS can be made, and each provider is content with its OPTIONS."""
    try:
        configs = passkey_settings.providers
    except ImproperlyConfigured as exc:
        return [_unusable(str(exc))]
    missing = [] if "default" in configs else [_unusable('PASSKEY_PROVIDERS has no entry "default".')]
    return missing + [message for alias, config in configs.items() for message in _check_provider(alias, config)]


def _check_provider(alias: str, config: ProviderConfig) -> list[CheckMessage]:
    try:
        accepted = provider_class(alias, config)
    except ImproperlyConfigured as exc:
        return [_unusable(str(exc))]
    try:
        return make_provider(alias, config).check()
    except ImproperlyConfigured as exc:
        hint = f"OPTIONS are the keyword arguments of {accepted.__module__}.{accepted.__name__}."
        return [Error(str(exc), hint=hint, id=OPTIONS_WRONG)]


def _unusable(message: str) -> Error:
    hint = (
        "PROVIDER is the dotted path of a provider, such as 'passkeys_django.providers.hanko.HankoProvider'; "
        'the one called "default" begins ceremonies. Without PASSKEY_PROVIDERS the embedded provider does.'
    )
    return Error(message, hint=hint, id=PROVIDER_UNUSABLE)


def check_rp_id(**_kwargs: Any) -> list[CheckMessage]:
    """PASSKEY_RP_ID is a domain."""
    if _mistake("rp_id"):
        return []
    rp_id = passkey_settings.rp_id
    if rp_id is None:
        return [] if settings.DEBUG else [_rp_id_missing()]
    if _DOMAIN.match(rp_id) and not _is_ip_address(rp_id):
        return []
    return [
        Error(
            f"PASSKEY_RP_ID {rp_id!r} is not a domain.",
            hint="Write the bare domain in small letters, without scheme, port or path: 'example.com', or "
            "'localhost' in development. Browsers accept no IP addresses.",
            id=RP_ID_MALFORMED,
        )
    ]


def _rp_id_missing() -> Error:
    return Error(
        "PASSKEY_RP_ID is not set.",
        hint="Set PASSKEY_RP_ID to the domain that passkeys shall be bound to, such as 'example.com'. It cannot "
        "be changed later: browsers would not find the passkeys again.",
        id=RP_ID_MISSING,
    )


def check_origins(**_kwargs: Any) -> list[CheckMessage]:
    """Each of PASSKEY_ORIGINS is one that a browser sends from a page that may use the RP ID."""
    if _mistake("origins") or _mistake("rp_id"):
        return []
    return [message for origin in passkey_settings.origins for message in _check_origin(origin)]


def _check_origin(origin: str) -> Iterator[CheckMessage]:
    try:
        scheme, host, canonical = _origin_parts(origin)
    except ValueError:
        scheme, host, canonical = "https", "", "https://example.com"
    if scheme != "https" and not (scheme == "http" and _is_loopback(host)):
        yield Error(
            f"The origin {origin!r} in PASSKEY_ORIGINS is not https.",
            hint="Browsers offer passkeys on https pages, and on http://localhost in development.",
            id=ORIGIN_INSECURE,
        )
    elif origin != canonical:
        yield Error(
            f"The origin {origin!r} in PASSKEY_ORIGINS never equals what a browser sends.",
            hint=f"Write it without path, trailing slash or default port, in small letters, as in {canonical!r}.",
            id=ORIGIN_MALFORMED,
        )
    rp_id = passkey_settings.rp_id
    if rp_id is not None and not _is_under(host, rp_id):
        yield Error(
            f"The origin {origin!r} in PASSKEY_ORIGINS lies outside PASSKEY_RP_ID {rp_id!r}.",
            hint=f"A page may use passkeys of its own domain and those above: list {rp_id!r} and names under it.",
            id=ORIGIN_OUTSIDE,
        )


def _origin_parts(origin: str) -> tuple[str, str, str]:
    """Scheme, host, and the origin as browsers write it. Raises ValueError."""
    parts = urlsplit(origin)
    host = parts.hostname or ""
    port = "" if parts.port in (None, _DEFAULT_PORTS.get(parts.scheme)) else f":{parts.port}"
    name = f"[{host}]" if ":" in host else host
    return parts.scheme, host, f"{parts.scheme}://{name}{port}"


def check_hosts(**_kwargs: Any) -> list[CheckMessage]:
    """Every name of the site at which its passkeys could be used is listed."""
    rp_id = passkey_settings.rp_id if not _mistake("rp_id") and not _mistake("origins") else None
    if rp_id is None or (settings.DEBUG and not passkey_settings.origins):
        return []
    origins = passkey_settings.origins or (f"https://{rp_id}",)
    listed = {origin.partition("://")[2].partition(":")[0] for origin in origins}
    return [
        Warning(
            f"{host!r} is in ALLOWED_HOSTS, but passkeys are refused there: its origin is not in PASSKEY_ORIGINS.",
            hint=f"Add 'https://{host}' to PASSKEY_ORIGINS (and keep the others), or redirect that name.",
            id=HOST_WITHOUT_ORIGIN,
        )
        for host in settings.ALLOWED_HOSTS
        if _is_under(host.lower(), rp_id) and host.lower() not in listed
    ]


def check_ip_address(**_kwargs: Any) -> list[CheckMessage]:
    """Browsers refuse passkeys at 127.0.0.1."""
    if not settings.DEBUG or not any(_is_ip_address(host.strip("[]")) for host in settings.ALLOWED_HOSTS):
        return []
    return [
        Warning(
            "An IP address is in ALLOWED_HOSTS, and browsers refuse passkeys at IP addresses.",
            hint="In development open http://localhost:8000 instead of http://127.0.0.1:8000.",
            id=IP_ADDRESS_IN_DEVELOPMENT,
        )
    ]


def check_urls(**_kwargs: Any) -> list[CheckMessage]:
    """passkeys_django.urls is included."""
    try:
        reverse("passkeys:start-login")
    except AttributeError:  # something in urlpatterns is no path(): Django's own check says what (urls.E004)
        return []
    except NoReverseMatch:
        return [
            Error(
                "The URLs of passkeys_django are not included.",
                hint="Add path('passkeys/', include('passkeys_django.urls')) to the urlpatterns.",
                id=URLS_MISSING,
            )
        ]
    return []


def _is_under(host: str, domain: str) -> bool:
    return host == domain or (host.endswith(f".{domain}") and not host.startswith("."))


def _is_loopback(host: str) -> bool:
    is_name = host == "localhost" or host.endswith(".localhost")
    return is_name or (_is_ip_address(host) and ip_address(host).is_loopback)


def _is_ip_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


ALL = (
    check_settings,
    check_backend,
    check_providers,
    check_rp_id,
    check_origins,
    check_hosts,
    check_ip_address,
    check_urls,
    check_base_template,
)
