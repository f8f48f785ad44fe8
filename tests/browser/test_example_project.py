"""The example project in a real browser: with the embedded provider, and with a Hanko on another port."""

import pytest
from playwright.sync_api import expect

from passkeys_django.testing.hanko import FakeHanko
from tests.browser.visitor import Visitor

pytestmark = pytest.mark.browser


def test_the_whole_story(visitor: Visitor, provider: str, hanko: FakeHanko) -> None:
    seen = len(hanko.requests)
    visitor.signs_up()
    visitor.is_signed_in_with("password")
    visitor.creates_a_passkey()
    visitor.signs_out()

    visitor.signs_in_by_autofill()
    visitor.signs_out()
    visitor.signs_in_by_the_button()
    visitor.renames_and_removes_the_passkey()
    # With local fallback on, all of it would go well with the provider out of reach too.
    upstream = [path.split("/")[-2] for _method, path in hanko.requests[seen:] if path.endswith("/finalize")]
    assert upstream == (["registration", "login", "login"] if provider == "hanko" else [])


def test_autofill_goes_where_the_login_page_was_asked_to(embedded_visitor: Visitor) -> None:
    embedded_visitor.has_a_passkey()
    embedded_visitor.page.goto("/passkeys/")  # leads to the login page
    expect(embedded_visitor.page.get_by_role("heading", name="Your passkeys")).to_be_visible()


def test_registrations_that_come_to_nothing_are_no_errors(visitor: Visitor) -> None:
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

    visitor.page.goto("/passkeys/confirm/?next=/passkeys/")
    visitor.press("Confirm with a passkey")  # an account with a passkey wants one to add another
    visitor.page.wait_for_url("/passkeys/")
    visitor.press("Create a passkey")
    expect(visitor.page.locator("[data-passkey-status]")).to_contain_text("already has a passkey")
    expect(visitor.page.get_by_role("alert")).to_have_text("")


def test_a_cancelled_login_is_no_error(visitor: Visitor) -> None:
    visitor.has_a_passkey()
    visitor.opens_login()
    visitor.is_recognised(False)
    visitor.press("Sign in with a passkey")
    expect(visitor.page.get_by_role("status")).to_contain_text("You are not signed in yet.")
    expect(visitor.page.get_by_role("alert")).to_have_text("")
    visitor.lets_the_script_finish()  # the autofill, too, else it may sign in first
    visitor.is_recognised(True)
    visitor.press("Sign in with a passkey")
    visitor.is_signed_in_with("passkey")


def test_a_removed_passkey_signs_nobody_in(visitor: Visitor) -> None:
    visitor.context.add_init_script("delete PublicKeyCredential.signalAllAcceptedCredentials")
    visitor.signs_up()
    visitor.creates_a_passkey()
    visitor.confirms_with_the_passkey()
    visitor.removes_the_passkey()
    visitor.signs_out()
    visitor.opens_login()
    visitor.press("Sign in with a passkey")
    expect(visitor.page.locator(".errorlist")).to_contain_text("does not know this passkey")
    expect(visitor.button("Sign in with a passkey")).to_be_enabled()


def test_rename_and_remove_without_javascript(embedded_visitor: Visitor) -> None:
    embedded_visitor.signs_up()
    embedded_visitor.creates_a_passkey()
    embedded_visitor.confirms_with_the_passkey()
    with embedded_visitor.without_javascript() as page:
        page.goto("/passkeys/")
        expect(page.get_by_role("button", name="Create a passkey")).to_be_disabled()
        page.locator("summary", has_text="Rename").click()
        page.get_by_label("Name").fill("Without a script")
        page.get_by_role("button", name="Save", exact=True).click()
        expect(page.get_by_role("heading", name="Without a script")).to_be_visible()
        page.get_by_role("button", name="Remove", exact=True).click()
        expect(page.get_by_role("heading", name="Remove “Without a script”?")).to_be_visible()
        page.get_by_role("button", name="Remove", exact=True).click()
        expect(page.get_by_text("You don't have one yet.")).to_be_visible()
