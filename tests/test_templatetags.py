"""`{% load passkeys %}`: what it writes into a page."""

import json
import re
from typing import Any

import pytest
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.staticfiles import finders
from django.http import HttpRequest
from django.template import Context, RequestContext, Template
from django.test import RequestFactory
from django.urls import include, path

from passkeys_django.ceremonies import cookies
from passkeys_django.conf import CEREMONY_MAX_AGE
from passkeys_django.models import NAME_MAX_LENGTH, Passkey

urlpatterns = [path("passkeys/", include("passkeys_django.urls"))]
pytestmark = pytest.mark.urls(__name__)

LOGIN = "{% load passkeys %}{% passkey_login_button %}"
REGISTER = "{% load passkeys %}{% passkey_register_button %}"


def render(source: str = LOGIN, request: HttpRequest | None = None, **context: Any) -> str:
    request = request or RequestFactory().get("/accounts/login/")
    return Template(source).render(RequestContext(request, context))


def config(html: str) -> dict[str, Any]:
    block = re.search(r'<script id="passkeys-config" type="application/json">(.*?)</script>', html)
    assert block is not None
    return json.loads(block[1])


def finalize_url(**context: Any) -> str:
    return config(render(**context))["urls"]["finalizeLogin"]


def test_buttons_have_the_names_by_which_they_are_found() -> None:
    assert re.search(r"<button [^>]*data-passkey-login disabled>Sign in with a passkey</button>", render())
    assert re.search(
        r"<button [^>]*data-passkey-register=\"\" disabled>Create a passkey</button>", render(REGISTER)
    )


def test_live_regions_and_a_word_for_those_without_javascript() -> None:
    html = render()
    assert 'role="status" data-passkey-status></p>' in html
    assert 'role="alert" data-passkey-alert></p>' in html
    assert "<noscript>" in html


@pytest.mark.parametrize("source", [LOGIN, REGISTER])
def test_nothing_is_inline(source: str) -> None:
    html = render(source)
    scripts = re.findall(r"<script ([^>]*)>", html)
    assert scripts == [
        'id="passkeys-config" type="application/json"',
        'type="module" src="/static/passkeys_django/passkeys.js"',
    ]
    assert not re.search(r"<style|\sstyle=|\son\w+=", html)


def test_register_goes_where_the_page_says() -> None:
    html = render("{% load passkeys %}{% passkey_register_button next_url=url %}", url="/done/?a=1&b=2")
    assert 'data-passkey-register="/done/?a=1&amp;b=2"' in html


def test_urls_of_the_endpoints() -> None:
    assert config(render())["urls"] == {
        "startRegistration": "/passkeys/start-registration",
        "finalizeRegistration": "/passkeys/finalize-registration",
        "startLogin": "/passkeys/start-login",
        "finalizeLogin": "/passkeys/finalize-login",
        "acceptedCredentials": "/passkeys/accepted-credentials",
    }


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


def test_something_else_called_next_is_ignored() -> None:
    assert finalize_url(next=object()) == "/passkeys/finalize-login"


def test_a_page_cannot_break_out_of_the_data_block() -> None:
    html = render(request=RequestFactory().get("/", {"next": "</script><script>alert(1)</script>"}))
    assert "<script>alert" not in html


def test_works_without_a_request_in_the_context() -> None:
    html = Template(LOGIN).render(Context())
    assert config(html)["urls"]["finalizeLogin"] == "/passkeys/finalize-login"


def test_csrf_cookie_and_header() -> None:
    html = render()
    assert config(html)["csrf"] == {"header": "X-CSRFTOKEN", "cookie": "csrftoken"}
    assert 'name="csrfmiddlewaretoken"' in html


def test_csrf_names_follow_the_settings(settings: Any) -> None:
    settings.CSRF_COOKIE_NAME = "__Host-csrf"
    settings.CSRF_HEADER_NAME = "HTTP_X_XSRF_TOKEN"
    assert config(render())["csrf"] == {"header": "X-XSRF-TOKEN", "cookie": "__Host-csrf"}


@pytest.mark.parametrize("setting", ["CSRF_USE_SESSIONS", "CSRF_COOKIE_HTTPONLY"])
def test_no_csrf_cookie_where_scripts_cannot_read_it(settings: Any, setting: str) -> None:
    setattr(settings, setting, True)
    request = RequestFactory().get("/")
    request.session = {}
    assert config(render(request=request))["csrf"]["cookie"] is None


def test_rendering_a_tag_sets_the_csrf_cookie() -> None:
    request = RequestFactory().get("/")
    render(request=request)
    assert request.META["CSRF_COOKIE_NEEDS_UPDATE"]


def test_every_outcome_of_a_browser_has_a_text() -> None:
    names = {
        *("NotAllowedError", "InvalidStateError", "ConstraintError", "NotSupportedError", "SecurityError"),
        *("OperationError", "UnknownError", "generic", "network", "unsupported", "waiting"),
    }
    assert names <= config(render())["texts"].keys()


def test_texts_are_translatable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("passkeys_django.script_config._", str.upper)
    assert config(render())["texts"]["unsupported"] == "THIS BROWSER CAN'T USE PASSKEYS."


def test_the_script_knows_how_long_a_challenge_lives() -> None:
    assert config(render())["challengeSeconds"] == CEREMONY_MAX_AGE == cookies.CEREMONY_MAX_AGE == 600


def test_the_scripts_username_field_is_djangos() -> None:
    """The script makes this very value into "username webauthn"."""
    assert 'autocomplete="username"' in AuthenticationForm().as_p()


def test_the_name_field_takes_what_the_model_takes() -> None:
    html = render('{% include "passkeys_django/passkey_card.html" %}', passkey=Passkey(name="<Blue> laptop"))
    assert f'maxlength="{NAME_MAX_LENGTH}"' in html
    assert 'value="&lt;Blue&gt; laptop"' in html


def test_the_script_is_small() -> None:
    path = finders.find("passkeys_django/passkeys.js")
    with open(path, encoding="utf-8") as file:
        script = file.read()
    assert len(script.encode()) <= 20_000
    assert "eval(" not in script
    assert "toJSON" not in re.sub(r"/\*.*?\*/", "", script, flags=re.DOTALL)
