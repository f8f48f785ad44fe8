"""`{% load passkeys %}`: what it writes into a page."""

import json
import re
from typing import Any

import pytest
from django.contrib.auth.forms import AuthenticationForm
from django.http import HttpRequest
from django.template import Context, RequestContext, Template
from django.test import RequestFactory
from django.urls import include, path

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


def test_buttons_have_the_names_by_which_they_are_found() -> None:
    login = r"<button [^>]*data-passkey-login disabled><span .*?</span>Sign in with a passkey</button>"
    assert re.search(login, render())
    register = r"<button [^>]*data-passkey-register=\"\" disabled><span .*?</span>Create a passkey</button>"
    assert re.search(register, render(REGISTER))


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


def test_login_goes_where_the_page_says() -> None:
    html = render("{% load passkeys %}{% passkey_login_button next_url=url %}", url="/done/")
    assert config(html)["urls"]["finalizeLogin"] == "/passkeys/finalize-login?next=%2Fdone%2F"


BESIDE = {
    "alone": ("{% passkey_login_button %}", {}, False),
    "a form": ("{% passkey_login_button %}", {"form": AuthenticationForm()}, True),
    "to confirm": (
        "{% passkey_login_button %}",
        {"form": AuthenticationForm(), "passkey_purpose": "confirm"},
        False,
    ),
    "a form of another name": ("{% passkey_login_button below_form=True %}", {}, True),
    "above the form": ("{% passkey_login_button below_form=False %}", {"form": AuthenticationForm()}, False),
}


@pytest.mark.parametrize("place", BESIDE)
def test_below_a_login_form_the_button_is_the_second_one_after_an_or(place: str) -> None:
    source, context, below = BESIDE[place]
    html = render("{% load passkeys %}" + source, **context)
    assert ('<p class="passkeys-or">or</p>' in html) == below
    assert ('class="passkeys-button passkeys-button-quiet" data-passkey-login' in html) == below


def test_where_the_policy_wants_passkeys_the_button_is_the_main_one_also_below_a_form(settings: Any) -> None:
    settings.PASSKEY_POLICY = {"everybody": {"password": "refused"}}
    html = render(form=AuthenticationForm())
    assert '<p class="passkeys-or">or</p>' in html
    assert 'class="passkeys-button" data-passkey-login' in html


@pytest.mark.parametrize("source", [LOGIN, REGISTER])
def test_the_tags_bring_their_look(source: str) -> None:
    assert '<link rel="stylesheet" href="/static/passkeys_django/passkeys_button.css">' in render(source)


def test_the_picture_is_nothing_for_screen_readers() -> None:
    assert re.search(r'<span class="passkeys-icon" aria-hidden="true"><svg [^>]*fill="currentColor"', render())


def test_cancel_looks_like_a_quiet_button() -> None:
    assert config(render())["cancelClass"] == "passkeys-button passkeys-button-quiet"


@pytest.mark.parametrize(
    ("source", "step"), [(LOGIN, "sign in with your password"), (REGISTER, "another browser")]
)
def test_u1_a_text_for_pages_whose_script_is_missing_names_a_next_step(source: str, step: str) -> None:
    html = render(source)
    assert step in re.search(r"<p [^>]*data-passkey-missing>(.*?)</p>", html)[1]
    assert '<link rel="stylesheet" href="/static/passkeys_django/missing.css">' in html


def test_u1_whoever_confirms_is_not_told_to_sign_in_instead() -> None:
    assert "another browser" in render(passkey_purpose="confirm")


def test_register_goes_where_the_page_says() -> None:
    html = render("{% load passkeys %}{% passkey_register_button next_url=url %}", url="/done/?a=1&b=2")
    assert 'data-passkey-register="/done/?a=1&amp;b=2"' in html


def test_a_page_cannot_break_out_of_the_data_block() -> None:
    html = render(request=RequestFactory().get("/", {"next": "</script><script>alert(1)</script>"}))
    assert "<script>alert" not in html


def test_the_next_page_gets_into_the_data_block() -> None:
    request = RequestFactory().get("/accounts/login/", {"next": "/a/?b=c&d=ü"})
    next_url = "/passkeys/finalize-login?next=%2Fa%2F%3Fb%3Dc%26d%3D%C3%BC"
    assert config(render(request=request))["urls"]["finalizeLogin"] == next_url


def test_works_without_a_request_in_the_context() -> None:
    html = Template(LOGIN).render(Context())
    assert config(html)["urls"]["finalizeLogin"] == "/passkeys/finalize-login"


def test_rendering_a_tag_sets_the_csrf_cookie() -> None:
    request = RequestFactory().get("/")
    render(request=request)
    assert request.META["CSRF_COOKIE_NEEDS_UPDATE"]


def test_the_scripts_username_field_is_djangos() -> None:
    """The script makes this very value into "username webauthn"."""
    assert 'autocomplete="username"' in AuthenticationForm().as_p()


def test_the_name_field_takes_what_the_model_takes() -> None:
    html = render('{% include "passkeys_django/passkey_card.html" %}', passkey=Passkey(name="<Blue> laptop"))
    assert f'maxlength="{NAME_MAX_LENGTH}"' in html
    assert 'value="&lt;Blue&gt; laptop"' in html
