"""People who signed in a while ago confirm that it is them, and go on with what they did."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import new_visitor, site_with_staff
from tests.browser.test_script import changes_page
from tests.browser.visitor import PASSWORD, Visitor

pytestmark = pytest.mark.browser
FORGETFUL = {"DJANGO_SETTINGS_MODULE": "tests.browser.forgetful_settings"}


@pytest.fixture(scope="module")
def forgetful_site(chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with site_with_staff(tmp_path_factory.mktemp("forgetful"), **FORGETFUL) as origin:
        yield origin


@pytest.fixture
def visitor(browser: Browser, forgetful_site: str) -> Iterator[Visitor]:
    with new_visitor(browser, forgetful_site) as visitor:
        yield visitor


def an_hour_passes(visitor: Visitor) -> None:
    """Since the login; the page that is open does not notice."""
    assert visitor.context.request.post("/an-hour-passes/").ok


def confirms_by_password(visitor: Visitor) -> None:
    expect(visitor.page.get_by_role("heading", level=1)).to_have_text("Confirm it's you")
    visitor.page.get_by_label("Password").fill(PASSWORD)
    visitor.press("Confirm with your password")


def signs_in_by_password(visitor: Visitor) -> None:
    expect(visitor.page.get_by_role("heading", level=1)).to_have_text("Sign in")
    visitor.page.get_by_label("Username").fill(visitor.username)
    visitor.page.get_by_label("Password").fill(PASSWORD)
    visitor.press("Sign in")


def test_a_passkey_is_created_in_the_end_without_pressing_again(visitor: Visitor) -> None:
    visitor.signs_up()
    visitor.page.goto("/passkeys/")
    an_hour_passes(visitor)

    visitor.press("Create a passkey")
    confirms_by_password(visitor)

    expect(visitor.button("Remove")).to_have_count(1)
    assert len(visitor.credentials()) == 1


def test_where_the_session_ended_meanwhile_they_sign_in_and_the_creation_goes_on(visitor: Visitor) -> None:
    visitor.signs_up()
    visitor.page.goto("/passkeys/")
    visitor.context.clear_cookies(name="sessionid")

    visitor.press("Create a passkey")
    signs_in_by_password(visitor)

    expect(visitor.button("Remove")).to_have_count(1)
    assert len(visitor.credentials()) == 1


def test_after_signing_in_again_in_another_way_the_creation_goes_on(visitor: Visitor) -> None:
    visitor.signs_up()
    visitor.page.goto("/passkeys/")
    an_hour_passes(visitor)

    visitor.press("Create a passkey")
    visitor.press("Sign in again in another way")
    signs_in_by_password(visitor)

    expect(visitor.button("Remove")).to_have_count(1)
    assert len(visitor.credentials()) == 1


def test_where_the_session_ended_on_the_confirm_page_they_come_back_too(visitor: Visitor) -> None:
    visitor.has_a_passkey()
    visitor.signs_in_by_the_button()
    visitor.page.goto("/passkeys/")
    an_hour_passes(visitor)
    visitor.press("Create a passkey")
    expect(visitor.button("Confirm with a passkey")).to_be_enabled()
    visitor.context.clear_cookies(name="sessionid")

    with visitor.leaves_autofill_open():
        visitor.press("Confirm with a passkey")
        visitor.page.wait_for_url("/accounts/login/?next=**")
    visitor.press("Sign in with a passkey")

    visitor.page.wait_for_url("/passkeys/")
    expect(visitor.page.get_by_role("status")).to_contain_text("already has a passkey")


def test_who_was_interrupted_on_another_page_comes_back_to_that_one(visitor: Visitor) -> None:
    visitor.signs_up()
    visitor.page.goto("/?from=here")
    an_hour_passes(visitor)

    visitor.press("Create a passkey")
    confirms_by_password(visitor)

    visitor.page.wait_for_url("/?from=here")
    expect(visitor.page.get_by_role("status")).to_contain_text("A passkey was created for you.")
    assert len(visitor.credentials()) == 1


def test_a_passkey_confirms_and_the_removal_goes_on(visitor: Visitor) -> None:
    visitor.has_a_passkey()
    visitor.signs_in_by_the_button()
    visitor.page.goto("/passkeys/")
    an_hour_passes(visitor)

    visitor.press("Remove")
    expect(visitor.page.get_by_role("heading", level=1)).to_have_text("Confirm it's you")
    visitor.press("Confirm with a passkey")

    expect(visitor.page.get_by_role("heading", level=1)).to_contain_text("Remove “")
    visitor.press("Remove")
    expect(visitor.page.get_by_text("You don't have one yet.")).to_be_visible()


def test_the_confirm_page_asks_for_nothing_by_itself(visitor: Visitor) -> None:
    visitor.has_a_passkey()
    visitor.signs_in_by_the_button()
    before = len(visitor.requests)

    visitor.page.goto("/passkeys/confirm/")
    visitor.lets_the_script_finish()

    assert len(visitor.requests) == before


def test_of_two_buttons_the_one_that_was_pressed_goes_on_by_itself(visitor: Visitor) -> None:
    other = '<button data-passkey-register="" data-passkey-kind="security-key">Add a security key</button>'
    changes_page(visitor, "**/passkeys/", lambda html: html.replace("</body>", f"{other}</body>"))
    visitor.signs_up()
    visitor.page.goto("/passkeys/")
    an_hour_passes(visitor)
    visitor.press("Create a passkey")

    with visitor.page.expect_request("**/start-registration") as start:
        confirms_by_password(visitor)

    assert start.value.post_data_json == {"kind": "passkey"}


def test_who_gave_up_is_not_asked_again_on_a_later_visit(visitor: Visitor) -> None:
    visitor.signs_up()
    visitor.page.goto("/passkeys/")
    an_hour_passes(visitor)
    visitor.press("Create a passkey")
    expect(visitor.page.get_by_role("heading", level=1)).to_have_text("Confirm it's you")

    visitor.page.goto("/accounts/login/")
    visitor.page.goto("/passkeys/")
    visitor.lets_the_script_finish()

    expect(visitor.button("Create a passkey")).to_be_enabled()
    expect(visitor.page.get_by_role("heading", level=1)).to_have_text("Your passkeys")
    assert visitor.credentials() == []


def test_it_works_by_password_without_javascript(visitor: Visitor) -> None:
    visitor.signs_up()
    an_hour_passes(visitor)
    with visitor.without_javascript() as page:
        page.goto("/passkeys/confirm/?next=/passkeys/")
        page.get_by_label("Password").fill("wrong")
        page.get_by_role("button", name="Confirm with your password").click()
        expect(page.get_by_text("This password is not right. Please try again.")).to_be_visible()
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Confirm with your password").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Your passkeys")


def test_without_javascript_nobody_removes_a_passkey_by_password(visitor: Visitor) -> None:
    visitor.has_a_passkey()
    visitor.signs_in_by_the_button()
    an_hour_passes(visitor)
    with visitor.without_javascript() as page:
        page.goto("/passkeys/")
        page.get_by_role("button", name="Remove", exact=True).click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Confirm it's you")
        expect(page.get_by_label("Password")).to_have_count(0)
