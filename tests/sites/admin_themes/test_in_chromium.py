"""The whole way in a real browser: staff create a passkey, and sign in to the admin with it."""

import pytest
from django.conf import settings
from playwright.sync_api import expect, sync_playwright

from tests.browser.conftest import ARGUMENTS, chromium, new_visitor, site_with_staff  # noqa: F401
from tests.browser.visitor import PASSWORD

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(settings.AUTH_USER_MODEL != "auth.User", reason="one user model is enough here"),
]
LIST = "/admin/passkeys_django/passkey/"
BUTTON = "Sign in with a passkey"
SECOND_STEP = "Use your passkey or security key"


@pytest.fixture
def staff(chromium, tmp_path):  # noqa: F811
    """The superuser at a site with this theme. Whatever the pages throw is an error."""
    served = {
        "DJANGO_SETTINGS_MODULE": "tests.sites.admin_themes.served",
        "THEME_SETTINGS": settings.SETTINGS_MODULE,
    }
    thrown = []
    with site_with_staff(tmp_path, **served) as origin, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        with new_visitor(browser, origin) as visitor:
            visitor.page.on("pageerror", lambda error: thrown.append(str(error)))
            yield visitor
        browser.close()
    assert thrown == []


def opens_the_admin(visitor):
    """Led to the login page on the way to the list, with autofill armed and not answered."""
    with visitor.leaves_autofill_open():
        visitor.page.goto(LIST)
        visitor.page.wait_for_url("**/admin/login/**")


def enters_the_password(visitor):
    visitor.page.locator("input[name=username]").fill("root")
    visitor.page.locator("input[name=password]").fill(PASSWORD)
    visitor.page.get_by_role("button", name="Log in").click()


def test_staff_sign_in_by_password_by_the_button_and_by_autofill_and_land_where_asked(staff):
    opens_the_admin(staff)
    enters_the_password(staff)
    staff.page.wait_for_url(LIST)
    staff.creates_a_passkey()

    staff.context.clear_cookies()
    opens_the_admin(staff)
    staff.press(BUTTON)
    staff.page.wait_for_url(LIST)
    assert staff.posts("/admin/login/") == len(["password", "passkey"])  # the admin's own form

    staff.context.clear_cookies()
    staff.page.goto("/admin/login/")  # of which some themes' forms forget where it leads
    staff.page.wait_for_url("/admin/")

    staff.context.clear_cookies()
    staff.page.goto(LIST)
    staff.page.wait_for_url(LIST)  # the authenticator answers by itself
    expect(staff.page.locator(f"a[href^='{LIST}'][href*='/change/']").first).to_be_visible()

    staff.context.clear_cookies()
    opens_the_admin(staff)
    enters_the_password(staff)
    expect(staff.page.get_by_text("This account also asks for your passkey")).to_be_visible()
    staff.press(SECOND_STEP)  # of the second round, which is the policy's
    staff.page.wait_for_url(LIST)
