"""What swaps pages shows the second round of the login form, and the pages where the policy leads people."""

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import new_visitor
from tests.browser.visitor import PASSWORD, Visitor
from tests.sites.swapped.test_swapped_pages import PACKAGES, PARTS, opens

pytestmark = pytest.mark.browser
NEWEST = ["turbo", "htmx", "unpoly"]
USE = "Use your passkey or security key"


def enters_the_password(visitor: Visitor) -> None:
    visitor.page.get_by_label("Username").fill(visitor.username)
    visitor.page.get_by_label("Password").fill(PASSWORD)
    visitor.button("Sign in").first.click()


def is_asked_in_the_same_page(page: Page) -> None:
    expect(page.get_by_role("heading", name="One more step")).to_be_visible()
    assert page.evaluate("isTheSame")


def shows_the_passkey(visitor: Visitor) -> None:
    visitor.touches(True)
    visitor.press(USE)
    visitor.is_signed_in_with("password and a passkey")


@pytest.mark.parametrize("package", PACKAGES)
def test_the_second_round_of_the_login_page_is_shown_and_works(visitor: Visitor, package: str) -> None:
    page = opens(visitor, package, "/accounts/login/")

    enters_the_password(visitor)

    is_asked_in_the_same_page(page)
    expect(visitor.button(USE)).to_be_enabled()
    shows_the_passkey(visitor)


@pytest.mark.parametrize("package", PARTS)
def test_the_second_round_comes_after_the_form_of_a_part_too(visitor: Visitor, package: str) -> None:
    page = opens(visitor, package, "/swapped/parts/")
    page.get_by_text(PARTS[package]).click()
    expect(visitor.button("Sign in with a passkey")).to_be_enabled()

    enters_the_password(visitor)

    expect(page.get_by_role("heading", name="One more step")).to_be_visible()
    shows_the_passkey(visitor)


@pytest.mark.parametrize("package", PARTS)
def test_a_wrong_password_in_the_form_of_a_part_is_told(visitor: Visitor, package: str) -> None:
    page = opens(visitor, package, "/swapped/parts/")
    page.get_by_text(PARTS[package]).click()
    expect(visitor.button("Sign in with a passkey")).to_be_enabled()
    page.get_by_label("Username").fill("nobody")
    page.get_by_label("Password").fill("wrong")

    visitor.button("Sign in").first.click()

    expect(page.get_by_text("Please enter a correct username and password")).to_be_visible()


@pytest.mark.parametrize("package", NEWEST)
def test_another_door_leads_to_the_second_step(visitor: Visitor, package: str) -> None:
    page = opens(visitor, package, f"/swapped/logs-in/{visitor.username}/")

    visitor.press("Let me in")

    is_asked_in_the_same_page(page)
    shows_the_passkey(visitor)


@pytest.mark.parametrize("package", ["turbo", "unpoly"])
def test_people_can_give_up_there(visitor: Visitor, package: str) -> None:
    page = opens(visitor, package, f"/swapped/logs-in/{visitor.username}/")
    visitor.press("Let me in")

    visitor.press("Sign in again in another way")

    expect(page.get_by_label("Password")).to_be_visible()


@pytest.mark.parametrize("package", NEWEST)
def test_the_page_of_a_required_passkey_creates_it_and_leads_on(
    browser: Browser, swapped_site: str, package: str
) -> None:
    with new_visitor(browser, swapped_site) as visitor:
        visitor.username += "-must"
        page = opens(visitor, package, "/accounts/signup/")
        page.get_by_label("Username").fill(visitor.username)
        page.get_by_label("Password", exact=False).first.fill(PASSWORD)
        page.get_by_label("Password confirmation").fill(PASSWORD)

        visitor.press("Sign up")

        expect(page.get_by_role("heading", name="Create a passkey to go on")).to_be_visible()
        visitor.touches(True)
        visitor.press("Create a passkey")
        visitor.page.wait_for_url("/")
        expect(page.get_by_role("heading", level=1)).to_have_text(f"Hello, {visitor.username}")


@pytest.mark.parametrize("package", NEWEST)
def test_the_page_of_a_link_creates_the_passkey(browser: Browser, swapped_site: str, package: str) -> None:
    with new_visitor(browser, swapped_site) as visitor:
        page = opens(visitor, package, f"/swapped/link/{visitor.username}/")

        page.get_by_role("link", name="Open the link").click()

        expect(page).to_have_url(f"{visitor.origin}/passkeys/enrol/")
        visitor.touches(True)
        visitor.press("Create a passkey")
        page.wait_for_url("/")
        expect(page.get_by_role("heading", level=1)).to_have_text(f"Hello, {visitor.username}")
