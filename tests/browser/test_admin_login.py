"""The admin's login page with passkeys, in a real browser."""

import pytest
from playwright.sync_api import expect

from tests.browser.visitor import PASSWORD, Visitor

pytestmark = pytest.mark.browser
LIST = "/admin/passkeys_django/passkey/"


def opens_the_admin(visitor: Visitor) -> None:
    """Led to the login page on the way to the list, with autofill armed and not answered."""
    with visitor.leaves_autofill_open():
        visitor.page.goto(LIST)
        visitor.page.wait_for_url("**/admin/login/**")


@pytest.fixture
def admin(superuser: Visitor) -> Visitor:
    """A superuser with a passkey in this browser's authenticator, signed out."""
    superuser.page.goto("/accounts/login/")
    superuser.page.get_by_label("Username").fill(superuser.username)
    superuser.page.get_by_label("Password").fill(PASSWORD)
    superuser.press("Sign in")
    superuser.creates_a_passkey()
    superuser.signs_out()
    return superuser


def test_an_admin_signs_in_by_the_button_and_lands_where_asked(admin: Visitor) -> None:
    opens_the_admin(admin)
    admin.press("Sign in with a passkey")
    admin.page.wait_for_url(LIST)
    expect(admin.page.get_by_role("heading", level=1)).to_contain_text("passkey")


def test_an_admin_signs_in_by_autofill_and_lands_where_asked(admin: Visitor) -> None:
    admin.page.goto(LIST)
    admin.page.wait_for_url(LIST)  # the authenticator answers by itself
    expect(admin.page.get_by_role("heading", level=1)).to_contain_text("passkey")


def test_an_admin_signs_in_by_password_as_before(embedded_visitor: Visitor) -> None:
    opens_the_admin(embedded_visitor)
    embedded_visitor.page.get_by_label("Username").fill("root")
    embedded_visitor.page.get_by_label("Password").fill(PASSWORD)
    embedded_visitor.press("Log in")
    embedded_visitor.page.wait_for_url(LIST)


def test_others_are_told_that_the_page_is_not_for_them(embedded_visitor: Visitor) -> None:
    embedded_visitor.has_a_passkey()
    opens_the_admin(embedded_visitor)
    embedded_visitor.press("Sign in with a passkey")
    told = embedded_visitor.page.get_by_text("Please enter the correct username and password for a staff account.")
    expect(told).to_be_visible()
    expect(embedded_visitor.button("Sign in with a passkey")).to_be_enabled()
