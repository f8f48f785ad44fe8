"""What the script is told in the page's data block."""

from typing import Any

import pytest
from django.template import Context
from django.test import RequestFactory

from passkeys_django.ceremonies import cookies
from passkeys_django.conf import CEREMONY_MAX_AGE
from passkeys_django.forms import PasskeyAuthenticationForm
from passkeys_django.frontend.script_config import front_end_config, script_config

OUTCOMES = (
    "NotAllowedError",
    "InvalidStateError",
    "ConstraintError",
    "NotSupportedError",
    "SecurityError",
    "OperationError",
    "UnknownError",
)
STATES = (
    *("again", "cancel", "connecting", "created", "done", "generic", "network", "offline", "reload"),
    *("unsupported", "waiting"),
)
OCCASIONS = ("register:NotAllowedError", "immediate:NotAllowedError", "signup:NotAllowedError")
RECORDING = {"PROVIDER": "tests.providers.recording.RecordingProvider"}


def config(**context: Any) -> dict[str, Any]:
    return script_config(Context({"request": RequestFactory().get("/accounts/login/")} | context))


def finalize_url(**context: Any) -> str:
    return config(**context)["urls"]["finalizeLogin"]


def test_a_login_page_says_this_and_no_more() -> None:
    assert config().keys() == {"urls", "csrf", "challengeSeconds", "texts", "immediate"}


def test_urls_of_the_endpoints() -> None:
    assert config()["urls"] == {
        "startRegistration": "/passkeys/start-registration",
        "finalizeRegistration": "/passkeys/finalize-registration",
        "startLogin": "/passkeys/start-login",
        "finalizeLogin": "/passkeys/finalize-login",
        "acceptedCredentials": "/passkeys/accepted-credentials",
        "startSignup": "/passkeys/start-signup",
        "finalizeSignup": "/passkeys/finalize-signup",
        "script": "/static/passkeys_django/passkeys.js",
    }


def test_a_site_where_nobody_signs_up_has_no_urls_for_it(settings: Any) -> None:
    del settings.PASSKEY_SIGNUP_FORM
    assert not {"startSignup", "finalizeSignup"} & config()["urls"].keys()


def test_next_is_kept_when_somebody_signs_up() -> None:
    assert config(next="/b/")["urls"]["finalizeSignup"] == "/passkeys/finalize-signup?next=%2Fb%2F"


# Where to go after the login


def test_next_from_the_address() -> None:
    request = RequestFactory().get("/accounts/login/", {"next": "/a/?b=c&d=ü"})
    assert finalize_url(request=request) == "/passkeys/finalize-login?next=%2Fa%2F%3Fb%3Dc%26d%3D%C3%BC"


def test_next_survives_a_failed_password() -> None:
    request = RequestFactory().post("/accounts/login/", {"next": "/a/"})
    assert finalize_url(request=request) == "/passkeys/finalize-login?next=%2Fa%2F"


def test_next_from_the_context_comes_first() -> None:
    request = RequestFactory().get("/accounts/login/", {"next": "/a/"})
    assert finalize_url(request=request, next="/b/") == "/passkeys/finalize-login?next=%2Fb%2F"


def test_next_under_the_name_that_the_login_view_chose() -> None:
    request = RequestFactory().get("/accounts/login/", {"to": "/a/", "next": "/b/"})
    assert finalize_url(request=request, redirect_field_name="to") == "/passkeys/finalize-login?next=%2Fa%2F"


def test_next_that_the_tag_names_comes_before_all_others() -> None:
    request = RequestFactory().get("/accounts/login/", {"next": "/a/"})
    context = Context({"request": request, "next": "/b/", "form": PasskeyAuthenticationForm(request)})
    config = script_config(context, "/c/")
    assert config["urls"]["finalizeLogin"] == "/passkeys/finalize-login?next=%2Fc%2F"
    assert config["form"]["next"] == ["next", "/c/"]


def test_a_form_gets_it_under_the_name_that_the_login_view_chose() -> None:
    request = RequestFactory().get("/accounts/login/")
    context = Context({"form": PasskeyAuthenticationForm(request), "redirect_field_name": "to"})
    assert script_config(context, "/c/")["form"]["next"] == ["to", "/c/"]


def test_without_it_the_forms_own_field_counts() -> None:
    request = RequestFactory().get("/accounts/login/")
    assert "next" not in config(form=PasskeyAuthenticationForm(request))["form"]


@pytest.mark.django_db
@pytest.mark.parametrize(("password", "is_refused"), [("", True), ("wrong", False)])
def test_a_form_that_has_refused_a_passkey_says_so(password: str, is_refused: bool) -> None:
    request = RequestFactory().post("/accounts/login/")
    form = PasskeyAuthenticationForm(request, {"username": "", "password": password, "passkey": "{}"})
    assert not form.is_valid()
    assert config(form=form)["form"].get("refused", False) is is_refused


def test_something_else_called_next_is_ignored() -> None:
    assert finalize_url(next=object()) == "/passkeys/finalize-login"


# CSRF


def test_csrf_cookie_and_header() -> None:
    assert config()["csrf"] == {"header": "X-CSRFTOKEN", "cookie": "csrftoken"}


def test_d14_csrf_names_follow_the_settings(settings: Any) -> None:
    settings.CSRF_COOKIE_NAME = "__Host-csrf"
    settings.CSRF_HEADER_NAME = "HTTP_X_XSRF_TOKEN"
    assert config()["csrf"] == {"header": "X-XSRF-TOKEN", "cookie": "__Host-csrf"}


@pytest.mark.parametrize("setting", ["CSRF_USE_SESSIONS", "CSRF_COOKIE_HTTPONLY"])
def test_d14_no_csrf_cookie_where_scripts_cannot_read_it(settings: Any, setting: str) -> None:
    setattr(settings, setting, True)
    assert config()["csrf"]["cookie"] is None


# Texts


@pytest.mark.parametrize("name", [*OUTCOMES, *STATES, *OCCASIONS])
def test_every_outcome_has_a_text(name: str) -> None:
    assert config()["texts"][name]


def test_texts_are_translatable(monkeypatch: pytest.MonkeyPatch) -> None:
    plain = config()["texts"]
    monkeypatch.setattr("passkeys_django.frontend.script_config._", str.upper)
    assert config()["texts"] == {name: text.upper() for name, text in plain.items()}


def test_whoever_cancels_a_login_is_told_the_next_step() -> None:
    text = config()["texts"]["NotAllowedError"]
    assert "another device" in text
    assert "password" in text


def test_whoever_cancels_a_confirmation_is_not_told_to_sign_in() -> None:
    text = config(passkey_purpose="confirm")["texts"]["NotAllowedError"]
    assert "another device" in text
    assert "sign in" not in text


def test_whoever_cancels_a_second_step_is_told_to_touch_the_key() -> None:
    assert "security key" in config(passkey_purpose="second-step")["texts"]["NotAllowedError"]


def test_g6_the_start_of_a_second_step_names_its_token() -> None:
    assert config(passkey_purpose="second-step")["start"] == {"purpose": "second-step"}
    form = PasskeyAuthenticationForm(RequestFactory().get("/"))
    form.second_step = "signed"
    assert config(form=form)["start"] == {"purpose": "second-step", "token": "signed"}


def test_a_confirmation_posts_no_form() -> None:
    form = PasskeyAuthenticationForm(RequestFactory().get("/"))
    assert "form" not in config(passkey_purpose="confirm", form=form)
    assert "form" in config(form=form)


# Options


def test_the_script_knows_how_long_a_challenge_lives() -> None:
    assert config()["challengeSeconds"] == CEREMONY_MAX_AGE == cookies.CEREMONY_MAX_AGE == 600


@pytest.mark.parametrize("value", [True, False])
def test_immediate_follows_the_setting(settings: Any, value: bool) -> None:
    settings.PASSKEY_IMMEDIATE_GET = value
    assert config()["immediate"] is value


def test_what_the_browser_is_to_be_told_comes_from_the_view() -> None:
    signals = {"accepted": True, "userDetails": []}
    assert config(passkey_signals=signals)["signals"] == signals


# Front ends without our templates


def test_a_front_end_is_told_this_and_no_more(settings: Any) -> None:
    settings.CSRF_HEADER_NAME = "HTTP_X_XSRF_TOKEN"
    settings.PASSKEY_SIGNAL_API = False
    answer = front_end_config()
    assert answer.keys() == {"csrf", "challengeSeconds", "texts", "signalApi"}
    assert answer["csrf"] == {"header": "X-XSRF-TOKEN"}
    assert answer["challengeSeconds"] == CEREMONY_MAX_AGE
    assert answer["signalApi"] is False


def test_a_front_end_has_the_texts_of_every_page() -> None:
    texts = front_end_config()["texts"]
    assert config()["texts"].items() <= texts.items()
    for purpose, occasion in {"enrol": "enrol:", "second-step": "second-step:"}.items():
        wanted = config(passkey_purpose=purpose)["texts"]
        name = "enrol:NotAllowedError" if purpose == "enrol" else "NotAllowedError"
        assert texts[f"{occasion}NotAllowedError"] == wanted[name]


@pytest.mark.parametrize("occasion", ["confirm", "sign", "enrol", "register"])
def test_in_a_front_end_a_cancelled_prompt_is_told_to_have_changed_nothing(occasion: str) -> None:
    assert "Nothing was changed" in front_end_config()["texts"][f"{occasion}:NotAllowedError"]
