"""F6: what users write into a page, as far as a sanitizer leaves it there, tells the script nothing."""

import html
import json

import pytest
from playwright.sync_api import Request, Route, expect

from tests.browser.visitor import Visitor

pytestmark = pytest.mark.browser
EVIL = "http://evil.example"
CEREMONIES = ("Registration", "Login", "Signup")
NAMES = [f"{step}{ceremony}" for step in ("start", "finalize") for ceremony in CEREMONIES]
CONFIG = {
    "urls": {name: f"{EVIL}/{name}" for name in [*NAMES, "acceptedCredentials", "script"]},
    "csrf": {"header": "X-Stolen", "cookie": "csrftoken"},
    "challengeSeconds": 600,
    "texts": {},
}
BLOCK = html.escape(json.dumps(CONFIG))
CONTENT = {
    "a division": f'<div id="passkeys-config">{BLOCK}</div>',
    "a template": f'<template id="passkeys-config">{BLOCK}</template>',
    "a text area": f'<textarea id="passkeys-config" hidden>{BLOCK}</textarea>',
    "named things": f'<form id="passkeys-config" name="x"><input name="textContent" value="{BLOCK}"></form>',
    "a base": f'<base href="{EVIL}/">',
}


def writes(visitor: Visitor, page: str, content: str) -> list[str]:
    """Others have written that into this page. Returns what goes to other origins, as it comes."""

    def add(route: Route) -> None:
        if route.request.method == "POST":
            route.continue_()
            return
        response = route.fetch()
        text = response.text()
        place = "</body>" if content.startswith("<base") else "<main"  # before it, a base moves the script too
        assert place in text
        body = text.replace(place, content + place, 1)
        route.fulfill(response=response, body=body)

    def remember(request: Request) -> None:
        if request.resource_type in ("fetch", "script", "document") and not request.url.startswith(visitor.origin):
            foreign.append(request.url)

    foreign: list[str] = []
    visitor.page.on("request", remember)
    visitor.page.route(f"**{page}", add)
    return foreign


@pytest.mark.parametrize("content", CONTENT.values(), ids=list(CONTENT))
def test_f6_the_script_goes_on_as_if_it_were_not_there(embedded_visitor: Visitor, content: str) -> None:
    embedded_visitor.signs_up()
    foreign = writes(embedded_visitor, "/passkeys/", content)
    embedded_visitor.creates_a_passkey()
    embedded_visitor.page.unroute_all()
    embedded_visitor.page.goto("/")
    embedded_visitor.signs_out()

    foreign += writes(embedded_visitor, "/accounts/login/", content)
    embedded_visitor.signs_in_by_the_button()

    assert foreign == []


def test_f6_signing_up_too_goes_on_as_if_it_were_not_there(embedded_visitor: Visitor) -> None:
    foreign = writes(embedded_visitor, "/accounts/signup/passkey/", CONTENT["a division"])
    embedded_visitor.signs_up_with_a_passkey()
    embedded_visitor.is_signed_in_with("passkey")

    assert foreign == []


def test_f6_a_data_block_that_names_another_origin_is_not_followed(embedded_visitor: Visitor) -> None:
    """As somebody may get one into a page whose templates are not careful."""

    def replace(route: Route) -> None:
        response = route.fetch()
        body = response.text().replace('"/passkeys/start-login"', f'"{EVIL}/passkeys/start-login"')
        assert EVIL in body
        route.fulfill(response=response, body=body)

    foreign: list[str] = []
    page = embedded_visitor.page
    page.on("request", lambda request: foreign.append(request.url) if EVIL in request.url else None)
    page.route("**/accounts/login/", replace)
    page.goto("/accounts/login/")
    embedded_visitor.press("Sign in with a passkey")
    expect(page.get_by_role("alert")).to_have_text(
        "Passkeys aren't available at this address. Go on without a passkey."
    )

    assert foreign == []


@pytest.mark.parametrize("url", [f"{EVIL}/", "//evil.example/", "javascript:alert(1)", "http:\\\\evil.example"])
def test_f6_a_button_leads_to_no_other_origin(embedded_visitor: Visitor, url: str) -> None:
    embedded_visitor.signs_up()
    button = f'<button type="button" data-passkey-register="{url}">Win a car</button>'
    foreign = writes(embedded_visitor, "/passkeys/", button)
    embedded_visitor.page.goto("/passkeys/")
    embedded_visitor.press("Win a car")
    expect(embedded_visitor.page.get_by_role("alert")).to_have_text(
        "Passkeys aren't available at this address. Go on without a passkey."
    )

    assert foreign == []
    assert embedded_visitor.credentials() == []  # nothing was begun
