"""docs/how-to/known-user.md in Chromium: the pages of both recipes as they stand there, with both providers."""

from typing import Any

import pytest
from playwright.sync_api import Page as BrowserPage
from playwright.sync_api import Route

from tests.browser.test_guide import LIBRARY
from tests.browser.visitor import Visitor
from tests.docs.how_to.pages import Page

pytestmark = pytest.mark.browser
SETTINGS = {"DJANGO_SETTINGS_MODULE": "tests.browser.known_user_settings"}
LEGACY, FLEX = (text for kind, _title, text in Page("known-user").blocks if kind == "js")
HTML = f"""<!DOCTYPE html>
<html lang="en">
<title>Known</title>
<script type="module">
import {{ get }} from "/page/webauthn-json.js";
const hankoWebAuthn = {{ get }};
const csrfToken = document.cookie.match(/csrftoken=([^;]+)/)[1];
window.authenticate = async () => {{
{LEGACY}
  return result.json();
}};
{FLEX}
const report = (error) => error.code ?? error.name;
window.nonceFor = (transaction) => nonceFor(transaction).catch(report);
window.text = async (url) => (await fetch(url)).text();
window.ready = true;
</script>
"""


@pytest.fixture
def visitor(visitor_of_module: Visitor) -> Visitor:
    """Somebody who is signed in by password, and has a passkey."""
    visitor_of_module.signs_up()
    visitor_of_module.creates_a_passkey()
    open_page(visitor_of_module.page)
    return visitor_of_module


def open_page(page: BrowserPage) -> None:
    page.route("**/page/*", serve)
    page.goto("/page/")
    page.wait_for_function("window.ready")


def serve(route: Route) -> None:
    is_script = route.request.url.endswith(".js")
    body, kind = (LIBRARY.read_text(), "javascript") if is_script else (HTML, "html")
    route.fulfill(content_type=f"text/{kind}", body=body)


def call(visitor: Visitor, name: str, *values: object) -> Any:
    return visitor.page.evaluate("([name, ...values]) => window[name](...values)", [name, *values])


def becomes_somebody_else(visitor: Visitor) -> None:
    """Another account in the same browser, whose authenticator keeps the passkey of the first."""
    visitor.page.goto("/")
    visitor.signs_out()
    visitor.username += "-b"
    visitor.signs_up()
    visitor.creates_a_passkey()
    open_page(visitor.page)


def test_the_front_end_of_hankos_authentication_api_works_as_it_is(visitor: Visitor) -> None:
    result = call(visitor, "authenticate")

    assert result["credential"]["user"]["name"] == visitor.username
    assert result["credential"]["userVerification"] is True


def test_a_nonce_of_passage_flex_names_the_person_once(visitor: Visitor) -> None:
    nonce = call(visitor, "nonceFor", call(visitor, "text", "/known/transaction"))

    assert call(visitor, "text", f"/known/shown-by?nonce={nonce}") == call(visitor, "text", "/known/me")
    assert call(visitor, "text", f"/known/shown-by?nonce={nonce}") == "nobody"


def test_another_persons_transaction_is_not_ended_though_both_passkeys_are_at_hand(visitor: Visitor) -> None:
    """The page is edited: its options list the passkey of the attacker."""
    victim = call(visitor, "text", "/known/me")
    becomes_somebody_else(visitor)
    own = visitor.page.evaluate("async () => (await (await fetch('/webauthn/authentication/initialize')).json())")
    visitor.page.evaluate(
        """([own]) => {
            const parse = PublicKeyCredential.parseRequestOptionsFromJSON.bind(PublicKeyCredential);
            PublicKeyCredential.parseRequestOptionsFromJSON = (options) =>
                parse({ ...options, allowCredentials: own.publicKey.allowCredentials });
        }""",
        [own],
    )

    assert call(visitor, "nonceFor", call(visitor, "text", f"/known/transaction?of={victim}")) == "login_failed"


def test_with_both_passkeys_at_hand_the_browser_uses_the_one_that_is_asked_for(visitor: Visitor) -> None:
    first = call(visitor, "text", "/known/me")
    becomes_somebody_else(visitor)

    nonce = call(visitor, "nonceFor", call(visitor, "text", f"/known/transaction?of={first}"))

    assert call(visitor, "text", f"/known/shown-by?nonce={nonce}") == first
