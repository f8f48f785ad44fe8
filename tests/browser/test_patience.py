"""Promises that extensions replace may never settle: nobody waits for them for more than two seconds (U3)."""

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import new_visitor
from tests.browser.test_script import changes_config
from tests.browser.visitor import NO_AUTOFILL, Visitor

pytestmark = pytest.mark.browser
BUTTON = "Sign in with a passkey"
TWO_SECONDS = 2_000  # of a clock that the test moves
# Requests of this kind never end, whatever the script does, as long as `hangs` is true.
HANGING = """
window.hangs = true;
window.hung = Promise.withResolvers();
for (const method of ["get", "create"]) {
  const ask = CredentialsContainer.prototype[method];
  CredentialsContainer.prototype[method] = function (options) {
    if (!hangs || Boolean(options.mediation) !== CONDITIONAL) return ask.call(this, options);
    hung.resolve();
    return new Promise(() => {});
  };
}
"""
HANGING_PROMPT = HANGING.replace("CONDITIONAL", "false")
HANGING_AUTOFILL = HANGING.replace("CONDITIONAL", "true")
HANGING_ANSWERS = """
for (const method of ["isConditionalMediationAvailable", "getClientCapabilities"]) {
  PublicKeyCredential[method] = () => new Promise(() => {});
}
"""

LATE_ANSWER = """
window.asked = Promise.withResolvers();
const isAvailable = PublicKeyCredential.isConditionalMediationAvailable;
PublicKeyCredential.isConditionalMediationAvailable = () => {
  PublicKeyCredential.isConditionalMediationAvailable = isAvailable;
  asked.resolve();
  return new Promise(() => {});
};
"""


@pytest.fixture
def visitor(embedded_visitor: Visitor) -> Visitor:
    """Somebody whose clock stands still; with a passkey, signed out."""
    embedded_visitor.page.clock.install(time=0)
    embedded_visitor.has_a_passkey()
    embedded_visitor.page.clock.pause_at(3600)
    return embedded_visitor


def presses_and_waits(visitor: Visitor, button: str = BUTTON) -> None:
    visitor.press(button)
    visitor.wait_for_promise("hung.promise")
    visitor.page.clock.run_for(TWO_SECONDS)


def test_u3_an_autofill_that_ignores_the_signal_does_not_stop_the_button(visitor: Visitor) -> None:
    visitor.context.add_init_script(HANGING_AUTOFILL)
    visitor.page.goto("/accounts/login/")
    visitor.wait_for_promise("hung.promise")
    visitor.press(BUTTON)
    visitor.page.clock.run_for(TWO_SECONDS)
    visitor.is_signed_in_with("passkey")


def test_u3_a_browser_that_never_says_what_it_can_does_not_stop_the_button(visitor: Visitor) -> None:
    visitor.context.add_init_script(HANGING_ANSWERS)
    changes_config(visitor, "**/accounts/login/", immediate=True)
    visitor.page.goto("/accounts/login/")
    visitor.press(BUTTON)
    visitor.page.clock.run_for(TWO_SECONDS)
    visitor.is_signed_in_with("passkey")


def test_u3_a_browser_that_says_late_what_it_can_is_asked_again_when_somebody_enters_the_field(
    visitor: Visitor,
) -> None:
    visitor.context.add_init_script(LATE_ANSWER)
    visitor.page.goto("/accounts/login/")
    visitor.wait_for_promise("asked.promise")
    visitor.page.clock.run_for(TWO_SECONDS)
    visitor.page.get_by_label("Password").focus()
    visitor.page.get_by_label("Username").focus()
    visitor.is_signed_in_with("passkey")


def test_u3_a_prompt_that_never_ends_can_be_cancelled(visitor: Visitor) -> None:
    visitor.context.add_init_script(HANGING_PROMPT + NO_AUTOFILL)
    visitor.page.goto("/accounts/login/")
    presses_and_waits(visitor)
    visitor.press("Cancel")
    visitor.page.clock.run_for(TWO_SECONDS)
    expect(visitor.page.get_by_role("status")).to_contain_text("You are not signed in yet.")
    expect(visitor.button("Cancel")).to_have_count(0)
    expect(visitor.button(BUTTON)).to_be_focused()
    visitor.page.evaluate("hangs = false")
    visitor.press(BUTTON)
    visitor.is_signed_in_with("passkey")


def test_u3_the_next_press_replaces_a_prompt_that_never_ends(visitor: Visitor) -> None:
    visitor.context.add_init_script(HANGING_PROMPT + NO_AUTOFILL)
    visitor.page.goto("/accounts/login/")
    presses_and_waits(visitor)
    visitor.page.evaluate("hangs = false")
    visitor.press(BUTTON)
    expect(visitor.button(BUTTON)).to_be_disabled()
    visitor.page.clock.run_for(TWO_SECONDS)
    visitor.is_signed_in_with("passkey")


def test_a_prompt_that_is_open_can_be_cancelled(visitor: Visitor) -> None:
    visitor.context.add_init_script(NO_AUTOFILL)
    visitor.touches(False)
    visitor.page.goto("/accounts/login/")
    visitor.press(BUTTON)
    visitor.wait_for_prompt()
    visitor.page.clock.run_for(TWO_SECONDS)
    visitor.press("Cancel")
    expect(visitor.page.get_by_role("status")).to_contain_text("You are not signed in yet.")


def test_no_cancel_before_there_is_something_to_cancel(visitor: Visitor) -> None:
    visitor.opens_login()
    visitor.page.clock.run_for(TWO_SECONDS)
    expect(visitor.button(BUTTON)).to_be_enabled()
    expect(visitor.button("Cancel")).to_have_count(0)


def test_u3_a_passkey_that_is_never_created_can_be_cancelled(embedded_visitor: Visitor) -> None:
    embedded_visitor.page.clock.install(time=0)
    embedded_visitor.context.add_init_script(HANGING_PROMPT)
    embedded_visitor.signs_up()
    embedded_visitor.page.goto("/passkeys/")
    embedded_visitor.page.clock.pause_at(3600)
    presses_and_waits(embedded_visitor, "Create a passkey")
    embedded_visitor.press("Cancel")
    embedded_visitor.page.clock.run_for(TWO_SECONDS)
    expect(embedded_visitor.page.get_by_role("status")).to_contain_text("Nothing was changed.")


def test_u3_so_can_a_sign_up(embedded_visitor: Visitor) -> None:
    embedded_visitor.page.clock.install(time=0)
    embedded_visitor.context.add_init_script(HANGING_PROMPT)
    embedded_visitor.opens_the_sign_up()
    embedded_visitor.page.get_by_label("Username").fill(embedded_visitor.username)
    embedded_visitor.page.clock.pause_at(3600)
    presses_and_waits(embedded_visitor, "Sign up with a passkey")
    embedded_visitor.press("Cancel")
    embedded_visitor.page.clock.run_for(TWO_SECONDS)
    expect(embedded_visitor.page.get_by_role("status")).to_contain_text("Nothing was changed.")
    expect(embedded_visitor.button("Sign up with a passkey")).to_be_enabled()


def test_a_rejection_that_nobody_handles_fails_a_browser_test(browser: Browser, embedded_site: str) -> None:
    with pytest.raises(AssertionError, match="lost"):
        rejects(browser, embedded_site)


def rejects(browser: Browser, site: str) -> None:
    with new_visitor(browser, site) as visitor:
        visitor.page.goto("/")
        visitor.page.evaluate("() => { Promise.reject(new Error('lost')); }")
