"""The example project in a real browser: with the embedded provider, and with a Hanko on another port."""

import pytest
from playwright.sync_api import expect

from .visitor import Visitor

pytestmark = pytest.mark.browser


def test_the_whole_story(visitor: Visitor) -> None:
    visitor.signs_up()
    visitor.is_signed_in_with("password")
    visitor.creates_a_passkey()
    visitor.signs_out()

    visitor.page.goto("/accounts/login/")  # the authenticator answers autofill by itself
    visitor.is_signed_in_with("passkey")
    visitor.signs_out()

    visitor.opens_login()
    visitor.press("Sign in with a passkey")
    visitor.is_signed_in_with("passkey")

    visitor.page.goto("/passkeys/")
    visitor.page.get_by_label("Name").fill("Blue laptop")
    visitor.press("Rename")
    expect(visitor.page.get_by_role("heading", name="Blue laptop")).to_be_visible()
    visitor.press("Remove")
    expect(visitor.button("Remove")).to_have_count(0)
    expect(visitor.page.get_by_text("You don't have one yet.")).to_be_visible()


def test_autofill_goes_where_the_login_page_was_asked_to(visitor: Visitor) -> None:
    visitor.has_a_passkey()
    visitor.page.goto("/passkeys/")
    visitor.page.wait_for_url("/passkeys/")
    expect(visitor.page.get_by_role("heading", name="Your passkeys")).to_be_visible()


def test_a_cancelled_registration_is_no_error(visitor: Visitor) -> None:
    visitor.signs_up()
    visitor.page.goto("/passkeys/")
    visitor.is_recognised(False)
    visitor.press("Create a passkey")
    expect(visitor.page.locator("[data-passkey-status]")).to_contain_text("Nothing was changed.")
    expect(visitor.page.get_by_role("alert")).to_have_text("")
    expect(visitor.button("Create a passkey")).to_be_focused()
    visitor.is_recognised(True)
    visitor.press("Create a passkey")
    expect(visitor.button("Remove")).to_have_count(1)


def test_a_cancelled_login_is_no_error(visitor: Visitor) -> None:
    visitor.has_a_passkey()
    visitor.opens_login()
    visitor.is_recognised(False)
    visitor.press("Sign in with a passkey")
    expect(visitor.page.get_by_role("status")).to_contain_text("Nothing was changed.")
    expect(visitor.page.get_by_role("alert")).to_have_text("")
    visitor.is_recognised(True)
    visitor.press("Sign in with a passkey")
    visitor.is_signed_in_with("passkey")


def test_a_device_holds_one_passkey_for_an_account(visitor: Visitor) -> None:
    visitor.signs_up()
    visitor.creates_a_passkey()
    visitor.press("Create a passkey")
    expect(visitor.page.locator("[data-passkey-status]")).to_contain_text("already has a passkey")
    assert len(visitor.credentials()) == 1


def test_a_removed_passkey_signs_nobody_in(visitor: Visitor) -> None:
    visitor.signs_up()
    visitor.creates_a_passkey()
    visitor.press("Remove")
    expect(visitor.button("Remove")).to_have_count(0)
    visitor.signs_out()
    visitor.opens_login()
    visitor.press("Sign in with a passkey")
    expect(visitor.page.get_by_role("alert")).to_contain_text("does not know this passkey")
    expect(visitor.button("Sign in with a passkey")).to_be_enabled()


def test_rename_and_remove_without_javascript(visitor: Visitor) -> None:
    visitor.signs_up()
    visitor.creates_a_passkey()
    plain = visitor.context.browser.new_context(
        base_url=visitor.origin, java_script_enabled=False, storage_state=visitor.context.storage_state()
    )
    page = plain.new_page()
    page.goto("/passkeys/")
    expect(page.get_by_role("button", name="Create a passkey")).to_be_disabled()
    page.get_by_label("Name").fill("Without a script")
    page.get_by_role("button", name="Rename", exact=True).click()
    expect(page.get_by_role("heading", name="Without a script")).to_be_visible()
    page.get_by_role("button", name="Remove", exact=True).click()
    expect(page.get_by_role("button", name="Remove", exact=True)).to_have_count(0)
    plain.close()
