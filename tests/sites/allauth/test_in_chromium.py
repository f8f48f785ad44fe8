"""Somebody signs up at allauth, creates a passkey and signs in with it, in a real browser at a real server."""

import pytest
from django.conf import settings
from playwright.sync_api import expect

from tests.browser.conftest import browser, chromium, free_port, new_visitor, running_site  # noqa: F401
from tests.browser.visitor import PASSWORD

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(settings.AUTH_USER_MODEL != "accounts.EmailUser", reason="one user model is enough"),
]
LOGIN = "/accounts/login/?next=/accounts/2fa/"


@pytest.fixture(scope="module")
def site(chromium, tmp_path_factory):  # noqa: F811
    module = "tests.sites.allauth.browser_settings"
    folder = tmp_path_factory.mktemp("allauth")
    with running_site(free_port(), folder, DJANGO_SETTINGS_MODULE=module) as origin:
        yield origin


@pytest.fixture
def visitor(browser, site):  # noqa: F811
    """Somebody who has an account and a passkey, and is not signed in."""
    with new_visitor(browser, site) as visitor:
        has_a_passkey(visitor)
        yield visitor


def has_a_passkey(visitor):
    signs_up(visitor)
    visitor.press("Create a passkey")
    expect(visitor.button("Remove")).to_have_count(1)
    visitor.page.goto("/accounts/logout/")
    visitor.press("Sign Out")
    visitor.page.wait_for_url("/")


def signs_up(visitor):
    page = visitor.page
    page.goto("/accounts/signup/")
    page.get_by_placeholder("Email address").fill(f"{visitor.username}@example.com")
    page.get_by_placeholder("Password", exact=True).fill(PASSWORD)
    page.get_by_placeholder("Password (again)").fill(PASSWORD)
    visitor.press("Sign Up")
    page.wait_for_url("/passkeys/")


def test_the_button_signs_in_and_the_account_pages_lead_to_the_passkeys(visitor):
    with visitor.leaves_autofill_open():
        visitor.page.goto(LOGIN)
    visitor.press("Sign in with a passkey")

    visitor.page.wait_for_url("/accounts/2fa/")
    assert visitor.posts("/accounts/login/") + visitor.posts("finalize-login") == 1
    visitor.page.get_by_role("link", name="Your passkeys").click()
    expect(visitor.page).to_have_title("Your passkeys")
    expect(visitor.page.get_by_text("You are signed in with this passkey")).to_be_visible()


def test_autofill_in_the_field_for_the_address_signs_in(visitor):
    visitor.page.goto(LOGIN)  # the authenticator answers by itself

    visitor.page.wait_for_url("/accounts/2fa/")


def test_confirm_access_takes_a_passkey(visitor):
    visitor.touches(False)
    visitor.page.goto("/accounts/login/?next=/passkeys/reauthenticate/%3Fnext=/accounts/email/")
    visitor.page.locator("[name=login]").fill(f"{visitor.username}@example.com")
    visitor.page.locator("[name=password]").fill(PASSWORD)
    visitor.press("Sign In")
    expect(visitor.page.get_by_role("heading", name="Confirm Access")).to_be_visible()
    expect(visitor.page.get_by_role("link", name="Use your password")).to_be_visible()

    visitor.touches(True)
    visitor.press("Confirm with a passkey")

    visitor.page.wait_for_url("/accounts/email/")


def test_after_a_password_at_allauth_the_second_step_leads_on(browser, site):  # noqa: F811
    with new_visitor(browser, site) as visitor:
        visitor.username = f"two-steps-{visitor.username}"
        has_a_passkey(visitor)
        visitor.touches(False)
        visitor.page.goto("/accounts/login/?next=/accounts/2fa/")
        visitor.page.locator("[name=login]").fill(f"{visitor.username}@example.com")
        visitor.page.locator("[name=password]").fill(PASSWORD)
        visitor.press("Sign In")
        expect(visitor.page.get_by_role("heading", name="One more step")).to_be_visible()

        visitor.touches(True)
        visitor.press("Use your passkey or security key")

        visitor.page.wait_for_url("/accounts/2fa/")
