"""A front end written by the provider's guide, with `@github/webauthn-json`: only the CSRF header is added."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, Route

from tests.browser.visitor import Visitor

pytestmark = pytest.mark.browser

LIBRARY = Path(__file__).parent / "vendor" / "webauthn-json.js"
PAGE = """<!DOCTYPE html>
<html lang="en">
<title>Guide</title>
<script type="module">
import { create, get } from "/guide/webauthn-json.js";

const csrf = () => document.cookie.match(/csrftoken=([^;]+)/)[1];

async function post(path, body) {
  const response = await fetch(`/passkeys/${path}`, {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-CSRFToken": csrf() },
    body: JSON.stringify(body),
  });
  return response.json();
}

const start = { start: true, finish: false, credential: null };
window.registerPasskey = async () =>
  post("finalize-registration", await create(await post("start-registration", start)));
window.signInWithPasskey = async () => post("finalize-login", await get(await post("start-login", start)));
window.ready = true;
</script>
"""


def test_a_guides_front_end_works(visitor: Visitor) -> None:
    page = visitor.page
    visitor.signs_up()
    open_guide(page)
    assert page.evaluate("registerPasskey()")["credential_id"]
    page.goto("/")
    visitor.signs_out()

    open_guide(page)
    assert page.evaluate("signInWithPasskey()") == {"redirect_url": "/"}
    page.goto("/")
    visitor.is_signed_in_with("passkey")


def open_guide(page: Page) -> None:
    page.route("/guide/*", serve_guide)
    page.goto("/guide/")
    page.wait_for_function("window.ready")


def serve_guide(route: Route) -> None:
    if route.request.url.endswith(".js"):
        route.fulfill(content_type="text/javascript", body=LIBRARY.read_text())
    else:
        route.fulfill(content_type="text/html", body=PAGE)
