"""The only module that reads our settings: lazily, typed, uncached, so `override_settings` works at any moment."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar, cast

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.forms import ModelForm
from django.utils.functional import Promise
from django.utils.module_loading import import_string
from django.views.decorators.debug import sensitive_variables

from .environment import EMBEDDED

CEREMONY_MAX_AGE = 600
"""Seconds that a ceremony may take."""
DAY = 24 * 60 * 60
USER_VERIFICATION = ("required", "preferred", "discouraged")
CONFIRM_METHODS = ("strongest", "any")
EVENT_ADDRESSES = ("truncated", "full", None)
RATE_LIMITS = {
    "start-login": "60/m",
    "finalize-login": "60/m",
    "failed-login": "10/m",
    "start-registration": "30/m",
    "finalize-registration": "30/m",
    "rename": "30/h",
    "rename-mail": "1/h",
    "remove": "30/h",
    "confirm": "10/m",
    "end-sessions": "10/h",
    "accepted-credentials": "30/m",
    "start-signup": "30/m",
    "finalize-signup": "30/m",
    "signup-link": "10/h",
    "start-enrolment": "30/m",
    "finalize-enrolment": "30/m",
    "enrolment-mail": "20/d",
    "add-device": "30/h",
    "recovery-codes": "10/h",
    "recover": "10/m",
    "failed-recovery": "10/h",
    "recovery-mail": "3/d",
    "second-step": "30/m",
    "start-signature": "30/m",
    "finalize-signature": "30/m",
}
"""The defaults for PASSKEY_RATE_LIMITS, by endpoint or by the outcome of a request."""
_RATE = re.compile(r"([1-9][0-9]{0,8})/([smhd])")
Made = TypeVar("Made")
_PERIODS = {"s": 1, "m": 60, "h": 60 * 60, "d": DAY}


@dataclass(frozen=True, kw_only=True)
class ProviderConfig:
    """One entry of PASSKEY_PROVIDERS. OPTIONS hold secret keys, so `repr` leaves them out."""

    path: str = EMBEDDED
    options: Mapping[str, Any] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, kw_only=True)
class Rate:
    """At most `count` requests in `period` seconds."""

    count: int
    period: int


class MadeOfSetting(Generic[Made]):
    """A value made of a setting, and made again when the setting is another object (`override_settings`)."""

    def __init__(self, source: Callable[[], object], make: Callable[[], Made]) -> None:
        self._source, self._make = source, make
        self._made: tuple[object, Made] | None = None

    def __call__(self) -> Made:
        if self._made is None or self._made[0] is not self._source():
            self._made = self._make_again()
        return self._made[1]

    @sensitive_variables()
    def _make_again(self) -> tuple[object, Made]:
        source = self._source()
        return source, self._make()


class PasskeySettings:
    """One property for each setting. For a wrong value it raises ImproperlyConfigured with the setting's name."""

    @property
    def providers_source(self) -> object:
        """PASSKEY_PROVIDERS as it is. What was made from it must be made again when it is another object."""
        return getattr(settings, "PASSKEY_PROVIDERS", None)

    @property
    @sensitive_variables()
    def providers(self) -> dict[str, ProviderConfig]:
        """PASSKEY_PROVIDERS by alias; if unset, "default" is the embedded provider."""
        entries = self.providers_source
        if entries is None:
            return {"default": ProviderConfig()}
        if not isinstance(entries, Mapping):
            raise ImproperlyConfigured("PASSKEY_PROVIDERS must be a dictionary of providers by alias.")
        return {alias: _provider_config(alias, entry) for alias, entry in entries.items()}

    @property
    def local_fallback(self) -> bool:
        """PASSKEY_LOCAL_FALLBACK: do passkeys keep working while the provider is unreachable?"""
        return _boolean("PASSKEY_LOCAL_FALLBACK", False)

    @property
    def rp_id(self) -> str | None:
        """PASSKEY_RP_ID: the domain that passkeys are bound to."""
        return _optional_string("PASSKEY_RP_ID")

    @property
    def rp_name(self) -> str | None:
        """PASSKEY_RP_NAME: the name of the site that browsers show."""
        return _optional_string("PASSKEY_RP_NAME")

    @property
    def origins(self) -> tuple[str, ...]:
        """PASSKEY_ORIGINS: the origins from which passkeys may be used; empty if unset."""
        return _origins("PASSKEY_ORIGINS")

    @property
    def related_origins(self) -> tuple[str, ...]:
        """PASSKEY_RELATED_ORIGINS: pages outside the RP ID that may use its passkeys too (WebAuthn L3, 5.11)."""
        return _origins("PASSKEY_RELATED_ORIGINS")

    @property
    def user_verification(self) -> str:
        """PASSKEY_USER_VERIFICATION for the options of the embedded provider: "required" unless set."""
        return _user_verification("PASSKEY_USER_VERIFICATION", "required")

    @property
    @sensitive_variables()
    def demands_verification(self) -> bool:
        """Does every login certainly need user verification? Only the embedded provider follows our setting."""
        default = self.providers.get("default")
        return self.user_verification == "required" and default is not None and default.path == EMBEDDED

    @property
    def reauthentication_age(self) -> int:
        """PASSKEY_REAUTHENTICATION_AGE, in seconds: how old a login may be to add or remove passkeys."""
        return _number("PASSKEY_REAUTHENTICATION_AGE", 300, unit="seconds")

    @property
    def confirm_url(self) -> str | None:
        """PASSKEY_CONFIRM_URL: the site's own page "Confirm it's you": a URL, a path or a URL name, also lazy."""
        value = getattr(settings, "PASSKEY_CONFIRM_URL", None)
        if value is not None and not isinstance(value, str | Promise):
            raise ImproperlyConfigured("PASSKEY_CONFIRM_URL must be a URL, a path or the name of a URL.")
        return cast("str | None", value or None)

    @property
    def confirm_method(self) -> str:
        """PASSKEY_CONFIRM_METHOD: "strongest" (the account's own strength), or "any" (a password always does)."""
        value = getattr(settings, "PASSKEY_CONFIRM_METHOD", "strongest")
        if value not in CONFIRM_METHODS:
            raise ImproperlyConfigured('PASSKEY_CONFIRM_METHOD must be "strongest" or "any".')
        return str(value)

    @property
    def login_method(self) -> Callable[[Any, Any], str] | None:
        """PASSKEY_LOGIN_METHOD: the dotted path of a function that says how somebody has just logged in.

        The function gets the request and the user. It answers "password", or "other" for a login with factors of
        its own, such as single sign-on, after which no second step is due.
        """
        path = _optional_string("PASSKEY_LOGIN_METHOD")
        return None if path is None else function_at("PASSKEY_LOGIN_METHOD", path)

    @property
    def policy_source(self) -> object:
        """PASSKEY_POLICY as it is. `policy/` reads it."""
        return getattr(settings, "PASSKEY_POLICY", None)

    @property
    def second_step_verification(self) -> str:
        """PASSKEY_SECOND_STEP_VERIFICATION: the user verification that options for a second step ask for."""
        return _user_verification("PASSKEY_SECOND_STEP_VERIFICATION", "discouraged")

    @property
    def recovery_codes(self) -> bool:
        """PASSKEY_RECOVERY_CODES: can people make recovery codes?"""
        return _boolean("PASSKEY_RECOVERY_CODES", True)

    @property
    def recovery_delay(self) -> int:
        """PASSKEY_RECOVERY_DELAY, in seconds: how long the owner can cancel a recovery by e-mail."""
        return _number("PASSKEY_RECOVERY_DELAY", DAY, unit="seconds")

    @property
    def recovery_by_email(self) -> bool:
        """PASSKEY_RECOVERY_BY_EMAIL: may people who are not signed in ask for a link by e-mail?"""
        return _boolean("PASSKEY_RECOVERY_BY_EMAIL", False)

    @property
    def other_way_in(self) -> Callable[[Any], bool] | None:
        """PASSKEY_OTHER_WAY_IN: the dotted path of a function that says if a user can sign in another way."""
        path = _optional_string("PASSKEY_OTHER_WAY_IN")
        return None if path is None else function_at("PASSKEY_OTHER_WAY_IN", path)

    @property
    def base_template(self) -> str:
        """PASSKEY_BASE_TEMPLATE: the template that the pages extend."""
        return _optional_string("PASSKEY_BASE_TEMPLATE") or "passkeys_django/base.html"

    @property
    def not_now_age(self) -> int:
        """PASSKEY_NOT_NOW_AGE, in seconds: how long an offer to create a passkey is hidden after "Not now"."""
        return _number("PASSKEY_NOT_NOW_AGE", 30 * DAY, unit="seconds")

    @property
    def conditional_create(self) -> bool:
        """PASSKEY_CONDITIONAL_CREATE: may the browser create a passkey by itself after a password login?"""
        return _boolean("PASSKEY_CONDITIONAL_CREATE", False)

    @property
    def immediate_get(self) -> bool:
        """PASSKEY_IMMEDIATE_GET: does the login button first ask for passkeys of this device only?"""
        return _boolean("PASSKEY_IMMEDIATE_GET", False)

    @property
    def signal_api(self) -> bool:
        """PASSKEY_SIGNAL_API: may the script tell browsers about unknown or accepted passkeys, and names?"""
        return _boolean("PASSKEY_SIGNAL_API", True)

    @property
    def signup_form(self) -> type[Any] | None:
        """PASSKEY_SIGNUP_FORM: the dotted path of the sign-up form; if unset, nobody can sign up."""
        path = _optional_string("PASSKEY_SIGNUP_FORM")
        form = None if path is None else function_at("PASSKEY_SIGNUP_FORM", path)
        if form is not None and not (isinstance(form, type) and issubclass(form, ModelForm)):
            raise ImproperlyConfigured(f"PASSKEY_SIGNUP_FORM must name a ModelForm: {path!r} is not a ModelForm.")
        return form

    @property
    def notifications(self) -> bool:
        """PASSKEY_NOTIFICATIONS: are people told by e-mail what happens to their passkeys?"""
        return _boolean("PASSKEY_NOTIFICATIONS", True)

    @property
    def events(self) -> bool:
        """PASSKEY_EVENTS: are the events of passkeys stored as `PasskeyEvent`?"""
        return _boolean("PASSKEY_EVENTS", True)

    @property
    def event_addresses(self) -> str | None:
        """PASSKEY_EVENT_ADDRESSES: "truncated" (/24, /48), "full", or None for no addresses in the history."""
        value = getattr(settings, "PASSKEY_EVENT_ADDRESSES", "truncated")
        if value not in EVENT_ADDRESSES:
            raise ImproperlyConfigured('PASSKEY_EVENT_ADDRESSES must be "truncated", "full" or None.')
        return value

    @property
    def event_retention(self) -> int | None:
        """PASSKEY_EVENT_RETENTION, in days: `passkeys_prune --events` deletes older events; None: keep all."""
        if getattr(settings, "PASSKEY_EVENT_RETENTION", 365) is None:
            return None
        return _number("PASSKEY_EVENT_RETENTION", 365, unit="days")

    @property
    def rate_limits_source(self) -> object:
        """PASSKEY_RATE_LIMITS as it is. What was made from it must be made again when it is another object."""
        return getattr(settings, "PASSKEY_RATE_LIMITS", RATE_LIMITS)

    @property
    def rate_limits(self) -> dict[str, Rate]:
        """PASSKEY_RATE_LIMITS by endpoint, merged over the defaults, without the limits that are switched off."""
        limits = self.rate_limits_source
        if limits is None:
            return {}
        if not isinstance(limits, Mapping):
            raise ImproperlyConfigured("PASSKEY_RATE_LIMITS must be a dictionary of rates by endpoint, or None.")
        rates = {name: _rate(name, value) for name, value in {**RATE_LIMITS, **limits}.items()}
        return {name: rate for name, rate in rates.items() if rate is not None}

    @property
    def trusted_proxies_source(self) -> object:
        """PASSKEY_TRUSTED_PROXIES as it is; None if the site has not set it."""
        return getattr(settings, "PASSKEY_TRUSTED_PROXIES", None)

    @property
    def trusted_proxies(self) -> int:
        """PASSKEY_TRUSTED_PROXIES: how many reverse proxies append to X-Forwarded-For."""
        return _number("PASSKEY_TRUSTED_PROXIES", 0, unit="proxies")


def _provider_config(alias: object, entry: object) -> ProviderConfig:
    path = entry.get("PROVIDER") if isinstance(entry, Mapping) else None
    options = entry.get("OPTIONS", {}) if isinstance(entry, Mapping) else None
    if not isinstance(path, str) or not isinstance(options, Mapping):
        raise ImproperlyConfigured(
            f'PASSKEY_PROVIDERS[{alias!r}] must be {{"PROVIDER": "path.to.Provider", "OPTIONS": {{...}}}}.'
        )
    return ProviderConfig(path=path, options=options)


def _rate(name: object, value: object) -> Rate | None:
    if name not in RATE_LIMITS:
        raise ImproperlyConfigured(f"PASSKEY_RATE_LIMITS[{name!r}] is not one of {', '.join(RATE_LIMITS)}.")
    if value is None:
        return None
    match = _RATE.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise ImproperlyConfigured(f'PASSKEY_RATE_LIMITS[{name!r}] must be like "60/m" (s, m, h or d), or None.')
    return Rate(count=int(match[1]), period=_PERIODS[match[2]])


def _user_verification(name: str, default: str) -> str:
    value = getattr(settings, name, default)
    if value not in USER_VERIFICATION:
        raise ImproperlyConfigured(f"{name} must be one of {', '.join(USER_VERIFICATION)}.")
    return str(value)


def _boolean(name: str, default: bool) -> bool:
    value = getattr(settings, name, default)
    if not isinstance(value, bool):
        raise ImproperlyConfigured(f"{name} must be True or False.")
    return value


def _number(name: str, default: int, *, unit: str) -> int:
    value = getattr(settings, name, default)
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise ImproperlyConfigured(f"{name} must be a number of {unit}.")
    return value


def _optional_string(name: str) -> str | None:
    value = getattr(settings, name, None)
    if value is not None and not isinstance(value, str):
        raise ImproperlyConfigured(f"{name} must be a string.")
    return value or None


def _origins(name: str) -> tuple[str, ...]:
    origins = getattr(settings, name, None)
    if origins is None:
        return ()
    if (
        isinstance(origins, str)
        or not isinstance(origins, Sequence)
        or not all(isinstance(origin, str) for origin in origins)
    ):
        raise ImproperlyConfigured(f"{name} must be a list of origins.")
    return tuple(origins)


def function_at(name: str, path: str) -> Callable[..., Any]:
    """What the setting of this name names by its dotted path. Raises ImproperlyConfigured."""
    try:
        function = import_string(path)
    except ImportError as exc:
        raise ImproperlyConfigured(f"{name} must name a function: {exc}.") from exc
    if not callable(function):
        raise ImproperlyConfigured(f"{name} must name a function: {path!r} is not a function.")
    return cast(Callable[..., Any], function)


passkey_settings = PasskeySettings()
_DERIVED = ("providers", "demands_verification")
"""The properties that read several settings, or several values of one setting."""
SINGLE_SETTINGS = tuple(
    name
    for name, value in vars(PasskeySettings).items()
    if isinstance(value, property) and not name.endswith("_source") and name not in _DERIVED
)
"""The properties that read one setting each."""
SETTING_NAMES = frozenset(f"PASSKEY_{name.upper()}" for name in (*SINGLE_SETTINGS, "providers", "policy"))


def mistake_in(name: str) -> str | None:
    """What is wrong with the setting that this property reads, for `manage.py check`; None if nothing is."""
    try:
        getattr(passkey_settings, name)
    except ImproperlyConfigured as exc:
        return str(exc)
    return None
