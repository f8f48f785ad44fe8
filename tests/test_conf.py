"""The settings: read when they are needed, typed, and never with a secret in a message."""

import operator

import pytest
from django.contrib.auth.forms import UserCreationForm
from django.core.exceptions import ImproperlyConfigured
from django.test import override_settings

from passkeys_django.conf import EMBEDDED, SINGLE_SETTINGS, ProviderConfig, Rate, passkey_settings

PER_MINUTE = {
    "start-login": Rate(count=60, period=60),
    "finalize-login": Rate(count=60, period=60),
    "start-registration": Rate(count=30, period=60),
    "finalize-registration": Rate(count=30, period=60),
    "failed-login": Rate(count=10, period=60),
    "rename": Rate(count=30, period=3600),
    "rename-mail": Rate(count=1, period=3600),
    "remove": Rate(count=30, period=3600),
    "confirm": Rate(count=10, period=60),
    "end-sessions": Rate(count=10, period=3600),
    "accepted-credentials": Rate(count=30, period=60),
    "start-signup": Rate(count=30, period=60),
    "finalize-signup": Rate(count=30, period=60),
    "signup-link": Rate(count=10, period=3600),
    "start-enrolment": Rate(count=30, period=60),
    "finalize-enrolment": Rate(count=30, period=60),
    "enrolment-mail": Rate(count=20, period=86400),
    "add-device": Rate(count=30, period=3600),
    "recovery-codes": Rate(count=10, period=3600),
    "recover": Rate(count=10, period=60),
    "failed-recovery": Rate(count=10, period=3600),
    "recovery-mail": Rate(count=3, period=86400),
    "second-step": Rate(count=30, period=60),
    "start-signature": Rate(count=30, period=60),
    "finalize-signature": Rate(count=30, period=60),
}

MALFORMED_RATES = [60, True, b"60/m", (60, "m"), "60", "", "60/", "/m", "60/w", "60/M", "60 / m", "60/m\n"]
MALFORMED_RATES += ["60/5m", "0/m", "-1/m", "1.5/m", "9999999999/m", "\u0666/m"]
DEFAULTS = {
    "rp_id": ("PASSKEY_RP_ID", None),
    "rp_name": ("PASSKEY_RP_NAME", None),
    "origins": ("PASSKEY_ORIGINS", ()),
    "related_origins": ("PASSKEY_RELATED_ORIGINS", ()),
    "local_fallback": ("PASSKEY_LOCAL_FALLBACK", False),
    "user_verification": ("PASSKEY_USER_VERIFICATION", "required"),
    "reauthentication_age": ("PASSKEY_REAUTHENTICATION_AGE", 300),
    "confirm_url": ("PASSKEY_CONFIRM_URL", None),
    "confirm_method": ("PASSKEY_CONFIRM_METHOD", "strongest"),
    "login_method": ("PASSKEY_LOGIN_METHOD", None),
    "second_step_verification": ("PASSKEY_SECOND_STEP_VERIFICATION", "discouraged"),
    "recovery_codes": ("PASSKEY_RECOVERY_CODES", True),
    "recovery_delay": ("PASSKEY_RECOVERY_DELAY", 86400),
    "recovery_by_email": ("PASSKEY_RECOVERY_BY_EMAIL", False),
    "other_way_in": ("PASSKEY_OTHER_WAY_IN", None),
    "policy_source": ("PASSKEY_POLICY", None),
    "base_template": ("PASSKEY_BASE_TEMPLATE", "passkeys_django/base.html"),
    "not_now_age": ("PASSKEY_NOT_NOW_AGE", 2_592_000),
    "conditional_create": ("PASSKEY_CONDITIONAL_CREATE", False),
    "immediate_get": ("PASSKEY_IMMEDIATE_GET", False),
    "signal_api": ("PASSKEY_SIGNAL_API", True),
    "signup_form": ("PASSKEY_SIGNUP_FORM", None),
    "notifications": ("PASSKEY_NOTIFICATIONS", True),
    "events": ("PASSKEY_EVENTS", True),
    "event_addresses": ("PASSKEY_EVENT_ADDRESSES", "truncated"),
    "event_retention": ("PASSKEY_EVENT_RETENTION", 365),
    "rate_limits": ("PASSKEY_RATE_LIMITS", PER_MINUTE),
    "trusted_proxies": ("PASSKEY_TRUSTED_PROXIES", 0),
    "providers": ("PASSKEY_PROVIDERS", {"default": ProviderConfig(path=EMBEDDED)}),
}


@pytest.mark.parametrize(("name", "setting", "default"), [(name, *value) for name, value in DEFAULTS.items()])
def test_every_setting_is_optional(settings, name, setting, default):
    if hasattr(settings, setting):
        delattr(settings, setting)

    assert getattr(passkey_settings, name) == default


@pytest.mark.parametrize(
    ("name", "setting", "value", "read"),
    [
        ("rp_id", "PASSKEY_RP_ID", "example.com", "example.com"),
        ("rp_id", "PASSKEY_RP_ID", "", None),
        ("rp_id", "PASSKEY_RP_ID", None, None),
        ("rp_name", "PASSKEY_RP_NAME", "Example", "Example"),
        ("rp_name", "PASSKEY_RP_NAME", "", None),
        (
            "origins",
            "PASSKEY_ORIGINS",
            ["https://a.example", "https://b.example"],
            ("https://a.example", "https://b.example"),
        ),
        ("origins", "PASSKEY_ORIGINS", ("https://a.example",), ("https://a.example",)),
        ("origins", "PASSKEY_ORIGINS", [], ()),
        ("origins", "PASSKEY_ORIGINS", None, ()),
        ("related_origins", "PASSKEY_RELATED_ORIGINS", ["https://b.example"], ("https://b.example",)),
        ("local_fallback", "PASSKEY_LOCAL_FALLBACK", True, True),
        ("user_verification", "PASSKEY_USER_VERIFICATION", "preferred", "preferred"),
        ("user_verification", "PASSKEY_USER_VERIFICATION", "discouraged", "discouraged"),
        ("reauthentication_age", "PASSKEY_REAUTHENTICATION_AGE", 0, 0),
        ("reauthentication_age", "PASSKEY_REAUTHENTICATION_AGE", 86400, 86400),
        ("other_way_in", "PASSKEY_OTHER_WAY_IN", "operator.not_", operator.not_),
        ("other_way_in", "PASSKEY_OTHER_WAY_IN", "", None),
        ("base_template", "PASSKEY_BASE_TEMPLATE", "base.html", "base.html"),
        ("base_template", "PASSKEY_BASE_TEMPLATE", None, "passkeys_django/base.html"),
        ("confirm_method", "PASSKEY_CONFIRM_METHOD", "any", "any"),
        ("login_method", "PASSKEY_LOGIN_METHOD", "operator.add", operator.add),
        ("login_method", "PASSKEY_LOGIN_METHOD", "", None),
        ("policy_source", "PASSKEY_POLICY", {"staff": {}}, {"staff": {}}),
        ("second_step_verification", "PASSKEY_SECOND_STEP_VERIFICATION", "required", "required"),
        ("recovery_codes", "PASSKEY_RECOVERY_CODES", False, False),
        ("recovery_delay", "PASSKEY_RECOVERY_DELAY", 0, 0),
        ("recovery_by_email", "PASSKEY_RECOVERY_BY_EMAIL", True, True),
        ("not_now_age", "PASSKEY_NOT_NOW_AGE", 0, 0),
        ("conditional_create", "PASSKEY_CONDITIONAL_CREATE", True, True),
        ("immediate_get", "PASSKEY_IMMEDIATE_GET", True, True),
        ("signal_api", "PASSKEY_SIGNAL_API", False, False),
        ("signup_form", "PASSKEY_SIGNUP_FORM", "django.contrib.auth.forms.UserCreationForm", UserCreationForm),
        ("notifications", "PASSKEY_NOTIFICATIONS", False, False),
        ("events", "PASSKEY_EVENTS", False, False),
        ("event_addresses", "PASSKEY_EVENT_ADDRESSES", "full", "full"),
        ("event_addresses", "PASSKEY_EVENT_ADDRESSES", None, None),
        ("event_retention", "PASSKEY_EVENT_RETENTION", 30, 30),
        ("event_retention", "PASSKEY_EVENT_RETENTION", None, None),
        ("rate_limits", "PASSKEY_RATE_LIMITS", None, {}),
        ("rate_limits", "PASSKEY_RATE_LIMITS", {}, PER_MINUTE),
        (
            "rate_limits",
            "PASSKEY_RATE_LIMITS",
            {"start-login": "7/s", "confirm": "20/h"},
            PER_MINUTE | {"start-login": Rate(count=7, period=1), "confirm": Rate(count=20, period=3600)},
        ),
        (
            "rate_limits",
            "PASSKEY_RATE_LIMITS",
            {"start-login": "999999999/d", **dict.fromkeys(PER_MINUTE.keys() - {"start-login"})},
            {"start-login": Rate(count=999_999_999, period=86400)},
        ),
        ("trusted_proxies", "PASSKEY_TRUSTED_PROXIES", 2, 2),
        ("providers", "PASSKEY_PROVIDERS", None, {"default": ProviderConfig(path=EMBEDDED)}),
        ("providers", "PASSKEY_PROVIDERS", {}, {}),
        (
            "providers",
            "PASSKEY_PROVIDERS",
            {"default": {"PROVIDER": "a.B"}, "old": {"PROVIDER": "c.D", "OPTIONS": {"x": 1}}},
            {"default": ProviderConfig(path="a.B"), "old": ProviderConfig(path="c.D", options={"x": 1})},
        ),
    ],
)
def test_a_setting_is_read_at_the_moment_of_need(name, setting, value, read):
    before = getattr(passkey_settings, name)

    with override_settings(**{setting: value}):
        assert getattr(passkey_settings, name) == read

    assert getattr(passkey_settings, name) == before


@pytest.mark.parametrize(
    ("name", "setting", "value"),
    [
        ("rp_id", "PASSKEY_RP_ID", ["example.com"]),
        ("rp_id", "PASSKEY_RP_ID", b"example.com"),
        ("rp_id", "PASSKEY_RP_ID", 5),
        ("rp_name", "PASSKEY_RP_NAME", {"en": "Example"}),
        ("origins", "PASSKEY_ORIGINS", "https://example.com"),
        ("origins", "PASSKEY_ORIGINS", b"https://example.com"),
        ("origins", "PASSKEY_ORIGINS", {"https://example.com": True}),
        ("origins", "PASSKEY_ORIGINS", ["https://example.com", None]),
        ("origins", "PASSKEY_ORIGINS", 5),
        ("related_origins", "PASSKEY_RELATED_ORIGINS", "https://b.example"),
        ("user_verification", "PASSKEY_USER_VERIFICATION", "Required"),
        ("user_verification", "PASSKEY_USER_VERIFICATION", True),
        ("user_verification", "PASSKEY_USER_VERIFICATION", None),
        ("user_verification", "PASSKEY_USER_VERIFICATION", ["required"]),
        ("reauthentication_age", "PASSKEY_REAUTHENTICATION_AGE", "300"),
        ("reauthentication_age", "PASSKEY_REAUTHENTICATION_AGE", -1),
        ("reauthentication_age", "PASSKEY_REAUTHENTICATION_AGE", 1.5),
        ("reauthentication_age", "PASSKEY_REAUTHENTICATION_AGE", True),
        ("reauthentication_age", "PASSKEY_REAUTHENTICATION_AGE", None),
        ("other_way_in", "PASSKEY_OTHER_WAY_IN", len),
        ("other_way_in", "PASSKEY_OTHER_WAY_IN", "nowhere.function"),
        ("other_way_in", "PASSKEY_OTHER_WAY_IN", "operator"),
        ("other_way_in", "PASSKEY_OTHER_WAY_IN", "operator.__doc__"),
        ("confirm_method", "PASSKEY_CONFIRM_METHOD", "passkey"),
        ("confirm_method", "PASSKEY_CONFIRM_METHOD", None),
        ("login_method", "PASSKEY_LOGIN_METHOD", len),
        ("login_method", "PASSKEY_LOGIN_METHOD", "nowhere.function"),
        ("second_step_verification", "PASSKEY_SECOND_STEP_VERIFICATION", "optional"),
        ("second_step_verification", "PASSKEY_SECOND_STEP_VERIFICATION", ["required"]),
        ("recovery_codes", "PASSKEY_RECOVERY_CODES", 10),
        ("recovery_delay", "PASSKEY_RECOVERY_DELAY", "1d"),
        ("recovery_by_email", "PASSKEY_RECOVERY_BY_EMAIL", None),
        ("base_template", "PASSKEY_BASE_TEMPLATE", ["base.html"]),
        ("not_now_age", "PASSKEY_NOT_NOW_AGE", "30d"),
        ("not_now_age", "PASSKEY_NOT_NOW_AGE", None),
        ("conditional_create", "PASSKEY_CONDITIONAL_CREATE", "True"),
        ("immediate_get", "PASSKEY_IMMEDIATE_GET", 1),
        ("signal_api", "PASSKEY_SIGNAL_API", 0),
        ("signup_form", "PASSKEY_SIGNUP_FORM", 7),
        ("signup_form", "PASSKEY_SIGNUP_FORM", "accounts.forms.Nowhere"),
        ("signup_form", "PASSKEY_SIGNUP_FORM", "django.forms.Form"),
        ("signup_form", "PASSKEY_SIGNUP_FORM", "json.dumps"),
        ("notifications", "PASSKEY_NOTIFICATIONS", None),
        ("events", "PASSKEY_EVENTS", "False"),
        ("event_addresses", "PASSKEY_EVENT_ADDRESSES", True),
        ("event_addresses", "PASSKEY_EVENT_ADDRESSES", ["full"]),
        ("event_retention", "PASSKEY_EVENT_RETENTION", -1),
        ("event_retention", "PASSKEY_EVENT_RETENTION", "365"),
        ("rate_limits", "PASSKEY_RATE_LIMITS", "60/m"),
        ("rate_limits", "PASSKEY_RATE_LIMITS", ["60/m"]),
        ("rate_limits", "PASSKEY_RATE_LIMITS", False),
        ("rate_limits", "PASSKEY_RATE_LIMITS", {"login": "60/m"}),
        ("rate_limits", "PASSKEY_RATE_LIMITS", {"start_login": "60/m"}),
        ("rate_limits", "PASSKEY_RATE_LIMITS", {None: "60/m"}),
        *(("rate_limits", "PASSKEY_RATE_LIMITS", {"start-login": rate}) for rate in MALFORMED_RATES),
        ("trusted_proxies", "PASSKEY_TRUSTED_PROXIES", "1"),
        ("trusted_proxies", "PASSKEY_TRUSTED_PROXIES", -1),
        ("trusted_proxies", "PASSKEY_TRUSTED_PROXIES", True),
        ("trusted_proxies", "PASSKEY_TRUSTED_PROXIES", None),
        ("trusted_proxies", "PASSKEY_TRUSTED_PROXIES", ["10.0.0.1"]),
        ("providers", "PASSKEY_PROVIDERS", ["a.B"]),
        ("providers", "PASSKEY_PROVIDERS", "a.B"),
        ("providers", "PASSKEY_PROVIDERS", {"default": "a.B"}),
        ("providers", "PASSKEY_PROVIDERS", {"default": None}),
        ("providers", "PASSKEY_PROVIDERS", {"default": {}}),
        ("providers", "PASSKEY_PROVIDERS", {"default": {"PROVIDER": None}}),
        ("confirm_url", "PASSKEY_CONFIRM_URL", 5),
        ("confirm_url", "PASSKEY_CONFIRM_URL", ["account", "confirm"]),
        ("providers", "PASSKEY_PROVIDERS", {"default": {"PROVIDER": "a.B", "OPTIONS": ["x"]}}),
        ("providers", "PASSKEY_PROVIDERS", {"default": {"PROVIDER": "a.B", "OPTIONS": None}}),
    ],
)
def test_a_setting_of_the_wrong_type_is_named(name, setting, value):
    with override_settings(**{setting: value}), pytest.raises(ImproperlyConfigured, match=setting):
        getattr(passkey_settings, name)


def test_options_stay_out_of_representations():
    assert "topsecret" not in repr(ProviderConfig(options={"api_key": "topsecret"}))


def test_a_malformed_provider_entry_is_named_without_its_options():
    entry = {"OPTIONS": {"api_key": "topsecret"}}

    with override_settings(PASSKEY_PROVIDERS={"mine": entry}), pytest.raises(ImproperlyConfigured) as caught:
        passkey_settings.providers  # noqa: B018  # a property that reads

    assert "'mine'" in str(caught.value)
    assert "topsecret" not in str(caught.value)


def test_every_setting_is_checked_here():
    assert {*DEFAULTS} == {*SINGLE_SETTINGS, "policy_source", "providers"}
