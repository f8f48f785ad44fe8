"""Other authenticators than this device's own: a phone, and a security key without a PIN."""

import pytest
from playwright.sync_api import expect

from tests.browser.visitor import AUTHENTICATOR, PHONE, SECURITY_KEY, Visitor

pytestmark = pytest.mark.browser
# A virtual browser is one device alone. A person's browser can use a phone and a passkey of this device.
BOTH = """
PublicKeyCredential.getClientCapabilities = async () => (
  { passkeyPlatformAuthenticator: true, userVerifyingPlatformAuthenticator: true }
);
"""


def signs_in(visitor: Visitor) -> None:
    """By the button: for other devices' passkeys there is no autofill to wait for."""
    visitor.page.goto("/accounts/login/")
    visitor.press("Sign in with a passkey")
    visitor.is_signed_in_with("passkey")


def test_the_story_with_a_phone(visitor: Visitor) -> None:
    visitor.takes(PHONE)
    visitor.has_a_passkey()
    signs_in(visitor)


def test_after_a_login_with_a_phone_this_device_is_offered_a_passkey(visitor: Visitor) -> None:
    visitor.context.add_init_script(BOTH)
    visitor.takes(PHONE)
    visitor.has_a_passkey()
    signs_in(visitor)
    expect(visitor.page.get_by_role("heading", name="Create a passkey on this device?")).to_be_visible()
    visitor.takes(AUTHENTICATOR)
    visitor.press("Create a passkey")
    expect(visitor.page.get_by_text("A passkey was created for you.")).to_be_visible()
    visitor.page.goto("/passkeys/")
    expect(visitor.button("Remove")).to_have_count(2)
    visitor.signs_out()

    visitor.signs_in_by_the_button()
    expect(visitor.button("Not now")).to_have_count(0)


def test_not_now_is_remembered(visitor: Visitor) -> None:
    visitor.context.add_init_script(BOTH)
    visitor.takes(PHONE)
    visitor.signs_up()
    visitor.press("Not now")
    expect(visitor.button("Not now")).to_have_count(0)
    visitor.creates_a_passkey()
    visitor.signs_out()
    signs_in(visitor)
    expect(visitor.button("Not now")).to_have_count(0)


def test_a_security_key_without_a_pin_changes_nothing_where_the_user_must_be_verified(visitor: Visitor) -> None:
    visitor.takes(SECURITY_KEY)
    visitor.signs_up()
    visitor.page.goto("/passkeys/")
    visitor.press("Create a passkey")
    expect(visitor.page.locator("[data-passkey-status]")).to_contain_text("Nothing was changed.")
    expect(visitor.button("Create a passkey")).to_be_enabled()
    assert visitor.credentials() == []


def test_whoever_is_not_verified_is_not_signed_in(visitor: Visitor) -> None:
    visitor.has_a_passkey()
    visitor.carries_over_to(SECURITY_KEY)
    visitor.page.goto("/accounts/login/")
    visitor.press("Sign in with a passkey")
    expect(visitor.page.get_by_role("status")).to_contain_text("You are not signed in yet.")
