"""Security keys where a second step is asked for after the password: registered, listed, used, never alone."""

import pytest
from playwright.sync_api import expect

from tests.browser.visitor import PASSWORD, SECURITY_KEY, Visitor

pytestmark = pytest.mark.browser
SETTINGS = {"DJANGO_SETTINGS_MODULE": "tests.browser.two_steps_settings"}
WITH_PIN = {**SECURITY_KEY, "hasUserVerification": True, "isUserVerified": True}
KEYS = pytest.mark.parametrize("key", [SECURITY_KEY, WITH_PIN], ids=["without PIN", "with PIN"])
STEP = "Use your passkey or security key"


@pytest.fixture
def visitor(visitor_of_module: Visitor) -> Visitor:
    return visitor_of_module


def adds(visitor: Visitor, key: dict[str, object]) -> None:
    visitor.takes(key)
    visitor.signs_up()
    visitor.page.goto("/passkeys/")
    visitor.press("Add a security key")
    expect(visitor.button("Remove")).to_have_count(1)


def enters_password(visitor: Visitor) -> None:
    visitor.page.goto("/accounts/login/")
    visitor.page.get_by_label("Username").fill(visitor.username)
    visitor.page.get_by_label("Password").fill(PASSWORD)
    visitor.press("Sign in")
    expect(visitor.button(STEP)).to_be_enabled()


@KEYS
def test_a_security_key_is_added_and_its_card_says_what_it_is_good_for(
    visitor: Visitor, key: dict[str, object]
) -> None:
    adds(visitor, key)

    expect(visitor.page.get_by_text("Security key: only together with your password")).to_be_visible()
    (credential,) = visitor.credentials()
    assert credential["isResidentCredential"] is False
    assert visitor.page.evaluate("document.activeElement.id").startswith("passkey-")


@KEYS
def test_g7_after_the_password_the_key_signs_in_and_never_alone(visitor: Visitor, key: dict[str, object]) -> None:
    adds(visitor, key)
    visitor.signs_out()

    visitor.page.goto("/accounts/login/")
    visitor.press("Sign in with a passkey")
    expect(visitor.page.get_by_role("status").first).to_contain_text("You are not signed in yet.")

    enters_password(visitor)
    visitor.press(STEP)
    visitor.page.wait_for_url("/")
    expect(visitor.page.get_by_role("heading", level=1)).to_have_text(f"Hello, {visitor.username}")


def test_whoever_cancels_the_second_step_can_press_again(visitor: Visitor) -> None:
    adds(visitor, WITH_PIN)
    visitor.signs_out()
    held = visitor.credentials()
    enters_password(visitor)
    visitor.takes(WITH_PIN)  # another key
    visitor.press(STEP)
    expect(visitor.page.get_by_role("status").first).to_contain_text("touch your security key")
    visitor.holds(held)
    visitor.press(STEP)
    visitor.page.wait_for_url("/")


def test_the_same_key_twice_is_refused_by_the_browser(visitor: Visitor) -> None:
    adds(visitor, SECURITY_KEY)
    visitor.page.goto("/passkeys/confirm/?method=passkey&next=/passkeys/")
    visitor.page.get_by_label("Password").fill(PASSWORD)
    visitor.press("Confirm with your password")
    visitor.press("Use your passkey or security key")
    visitor.page.wait_for_url("/passkeys/")

    visitor.press("Add a security key")

    expect(visitor.page.get_by_text("already has a passkey for your account").first).to_be_visible()
    assert len(visitor.credentials()) == 1
