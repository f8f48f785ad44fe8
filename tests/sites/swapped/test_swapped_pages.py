"""What swaps pages or parts of them: each visit of the login page works, and costs one start."""

import json

import pytest
from playwright.sync_api import Page, expect

from tests.browser.visitor import Visitor
from tests.docs.test_docs_works_with import ROWS, Row, by_package, is_new_series
from tests.sites.swapped.settings import NODE_MODULES

pytestmark = pytest.mark.browser
NPM = "https://www.npmjs.com/package/"
BUTTON = "Sign in with a passkey"
# How each request for a passkey ended: null as long as it is open.
OUTCOMES = """
window.outcomes = [];
const ask = CredentialsContainer.prototype.get;
CredentialsContainer.prototype.get = function (options) {
  const answer = ask.call(this, options);
  const place = outcomes.push(null) - 1;
  answer.then(() => { outcomes[place] = "done"; }, (error) => { outcomes[place] = error.name; });
  return answer;
};
"""
PACKAGES = ["turbo", "htmx", "htmx2", "unpoly"]
APPS = ["react", "vue"]
PARTS = {"turbo": "With Turbo", "htmx": "With htmx", "htmx2": "With htmx", "unpoly": "With Unpoly"}


def opens(visitor: Visitor, package: str, path: str) -> Page:
    """That page, which is not loaded anew afterwards. The authenticator leaves autofill open."""
    visitor.context.add_cookies([{"name": "package", "value": package, "url": visitor.origin}])
    visitor.context.add_init_script(OUTCOMES)
    visitor.touches(False)
    visitor.page.goto(path)
    visitor.page.wait_for_load_state("load")
    visitor.page.evaluate("window.isTheSame = true")
    visitor.requests.clear()
    return visitor.page


def waits_for(page: Page, *outcomes: str | None) -> None:
    """Until the requests for a passkey have ended so, in the page that was opened."""
    page.wait_for_function(
        "outcomes => JSON.stringify(window.outcomes) === JSON.stringify(outcomes)", arg=outcomes
    )
    assert page.evaluate("isTheSame")


def signs_in_by_the_button(visitor: Visitor) -> None:
    visitor.touches(True)
    visitor.press(BUTTON)
    visitor.is_signed_in_with("passkey")


@pytest.mark.parametrize("package", PACKAGES)
def test_each_visit_works_and_starts_once(visitor: Visitor, package: str) -> None:
    page = opens(visitor, package, "/")
    links = page.get_by_role("navigation").get_by_role("link", name="Sign in")
    for visit in range(1, 4):
        links.click()
        expect(visitor.button(BUTTON)).to_be_enabled()
        waits_for(page, *["AbortError"] * (visit - 1), None)
        page.get_by_role("link", name="Passkeys example").click()
        expect(page.get_by_role("heading", name="Sign in without a password")).to_be_visible()
        waits_for(page, *["AbortError"] * visit)
    visitor.lets_the_script_finish()
    assert visitor.posts("start-login") == 3
    links.click()
    waits_for(page, *["AbortError"] * 3, None)
    signs_in_by_the_button(visitor)
    assert visitor.posts("start-login") == 5


@pytest.mark.parametrize("package", PACKAGES)
def test_going_back_is_a_visit(visitor: Visitor, package: str) -> None:
    page = opens(visitor, package, "/")
    page.get_by_role("navigation").get_by_role("link", name="Sign in").click()
    waits_for(page, None)
    page.get_by_role("link", name="Passkeys example").click()
    waits_for(page, "AbortError")
    page.go_back()
    expect(visitor.button(BUTTON)).to_be_enabled()
    waits_for(page, "AbortError", None)
    assert visitor.posts("start-login") == 2
    signs_in_by_the_button(visitor)


@pytest.mark.parametrize("package", PACKAGES)
def test_a_page_that_creates_passkeys_works_too(visitor: Visitor, package: str) -> None:
    page = opens(visitor, package, "/accounts/login/")
    waits_for(page, None)
    signs_in_by_the_button(visitor)
    page.evaluate("window.isTheSame = true")
    page.get_by_role("link", name="Your passkeys").first.click()
    visitor.press("Create a passkey")
    expect(page.get_by_text("already has a passkey for your account")).to_be_visible()
    assert page.evaluate("isTheSame")


@pytest.mark.parametrize("package", PACKAGES)
def test_a_wrong_password_shows_the_page_again_and_the_button_works(visitor: Visitor, package: str) -> None:
    page = opens(visitor, package, "/accounts/login/")
    waits_for(page, None)
    page.get_by_label("Username").fill("nobody")
    page.get_by_label("Password").fill("wrong")
    visitor.press("Sign in")
    expect(page.get_by_text("Please enter a correct username and password")).to_be_visible()
    page.wait_for_function("outcomes.at(-1) === null")  # else the touch answers the new page's autofill
    signs_in_by_the_button(visitor)


@pytest.mark.parametrize("package", PARTS)
def test_a_part_that_is_loaded_later_works(visitor: Visitor, package: str) -> None:
    page = opens(visitor, package, "/swapped/parts/")
    assert visitor.posts("start-login") == 0
    page.get_by_text(PARTS[package]).click()
    expect(visitor.button(BUTTON)).to_be_enabled()
    waits_for(page, None)
    assert visitor.posts("start-login") == 1
    signs_in_by_the_button(visitor)


@pytest.mark.parametrize("package", PARTS)
def test_a_part_that_has_gone_starts_nothing_more(visitor: Visitor, package: str) -> None:
    page = opens(visitor, package, "/swapped/parts/")
    page.get_by_text(PARTS[package]).click()
    waits_for(page, None)
    page.evaluate("document.querySelector('form:has([name=password])').closest('#login').remove()")
    waits_for(page, "AbortError")
    visitor.lets_the_script_finish()
    assert visitor.posts("start-login") == 1


def test_a_dialog_works_each_time_that_it_opens(visitor: Visitor) -> None:
    page = opens(visitor, "", "/swapped/dialog/")
    for opened in range(1, 3):
        page.get_by_role("button", name="Sign in here").click()
        expect(visitor.button(BUTTON)).to_be_enabled()
        waits_for(page, *["AbortError"] * (opened - 1), None)
        page.keyboard.press("Escape")
        waits_for(page, *["AbortError"] * opened)
    page.get_by_role("button", name="Sign in here").click()
    waits_for(page, "AbortError", "AbortError", None)
    signs_in_by_the_button(visitor)


@pytest.mark.parametrize("package", APPS)
def test_a_component_works_each_time_that_it_is_mounted(visitor: Visitor, package: str) -> None:
    page = opens(visitor, package, f"/swapped/{package}/")
    for mounted in range(1, 3):
        page.evaluate("app.setOpen(true)")
        expect(visitor.button(BUTTON)).to_be_enabled()
        waits_for(page, *["AbortError"] * (mounted - 1), None)
        page.evaluate("app.setOpen(false)")
        waits_for(page, *["AbortError"] * mounted)
    assert visitor.posts("start-login") == 2
    page.evaluate("app.setOpen(true)")
    waits_for(page, "AbortError", "AbortError", None)
    signs_in_by_the_button(visitor)


@pytest.mark.parametrize("package", APPS)
def test_a_component_that_renders_again_starts_once(visitor: Visitor, package: str) -> None:
    page = opens(visitor, package, f"/swapped/{package}/")
    page.evaluate("app.setOpen(true)")
    waits_for(page, None)
    page.evaluate("window.field = document.querySelector('input[autocomplete]')")
    page.evaluate("app.setName('second')")
    page.wait_for_function("!field.isConnected && document.querySelector('input[autocomplete]')")
    visitor.lets_the_script_finish()
    waits_for(page, None)
    assert visitor.posts("start-login") == 1
    signs_in_by_the_button(visitor)


def test_a_page_that_react_hydrates_starts_once(visitor: Visitor) -> None:
    page = opens(visitor, "react", "/swapped/react/#hydrated")
    page.wait_for_function("window.app")
    expect(visitor.button(BUTTON)).to_be_enabled()
    waits_for(page, None)
    visitor.lets_the_script_finish()
    signs_in_by_the_button(visitor)


@pytest.mark.parametrize("row", [row for row in ROWS if row.test == "tests/sites/swapped"], ids=by_package)
def test_no_package_has_begun_a_new_series_since_it_was_tried(row: Row) -> None:
    """As for the packages of PyPI: docs/works-with.md."""
    package = json.loads((NODE_MODULES / row.url.removeprefix(NPM) / "package.json").read_text())
    assert not is_new_series(row.version, package["version"])
