"""Every state of a button has a face: what people see and hear, and what they can do next."""

import json
import re

import pytest
from playwright.sync_api import Locator, Route, expect

from tests.browser.visitor import AUTHENTICATOR, NO_AUTOFILL, PHONE, Visitor

pytestmark = pytest.mark.browser
SIGN_IN = "Sign in with a passkey"
PLACE = (
    "button => { const { x, y, width, height } = button.getBoundingClientRect(); return [x, y, width, height]; }"
)
OFFLINE = "Object.defineProperty(navigator, 'onLine', { get: () => false });"


def status_of(visitor: Visitor) -> Locator:
    return visitor.page.locator("[data-passkey-status]")


def alert_of(visitor: Visitor) -> Locator:
    return visitor.page.locator("[data-passkey-alert]")


def opens_login_without_autofill(visitor: Visitor) -> None:
    visitor.context.add_init_script(NO_AUTOFILL)
    visitor.page.goto("/accounts/login/")
    expect(visitor.button(SIGN_IN)).to_be_enabled()


@pytest.fixture
def held(embedded_visitor: Visitor) -> list[Route]:
    """The site does not answer `start-login` until the test lets it: the requests that wait."""
    waiting: list[Route] = []
    embedded_visitor.page.route("**/start-login", lambda route: waiting.append(route))
    return waiting


def test_the_text_about_the_device_comes_when_its_prompt_is_open(
    embedded_visitor: Visitor, held: list[Route]
) -> None:
    embedded_visitor.touches(False)
    opens_login_without_autofill(embedded_visitor)
    with embedded_visitor.page.expect_request("**/start-login"):
        embedded_visitor.press(SIGN_IN)
    expect(status_of(embedded_visitor)).to_have_text("One moment, please.")
    held[0].continue_()
    expect(status_of(embedded_visitor)).to_have_text("Follow the instructions of your browser or device.")
    embedded_visitor.wait_for_prompt()


def test_the_button_keeps_its_place_and_size_while_people_wait(
    embedded_visitor: Visitor, held: list[Route]
) -> None:
    embedded_visitor.touches(False)
    opens_login_without_autofill(embedded_visitor)
    button = embedded_visitor.button(SIGN_IN)
    places = [button.evaluate(PLACE)]
    with embedded_visitor.page.expect_request("**/start-login"):
        embedded_visitor.press(SIGN_IN)
    expect(button).to_have_attribute("aria-busy", "true")
    places.append(button.evaluate(PLACE))
    held[0].continue_()
    embedded_visitor.wait_for_prompt()
    expect(embedded_visitor.button("Cancel")).to_be_visible()
    places.append(button.evaluate(PLACE))
    embedded_visitor.press("Cancel")
    expect(status_of(embedded_visitor)).to_contain_text("You are not signed in yet.")
    places.append(button.evaluate(PLACE))
    assert places == [places[0]] * 4


@pytest.mark.parametrize("width", [320, 1280])
def test_so_does_the_button_beside_the_heading(embedded_visitor: Visitor, width: int) -> None:
    embedded_visitor.page.set_viewport_size({"width": width, "height": 640})
    embedded_visitor.signs_up()
    embedded_visitor.creates_a_passkey()
    embedded_visitor.page.reload()
    button = embedded_visitor.button("Create a passkey")
    expect(button).to_be_enabled()
    before = button.evaluate(PLACE)
    embedded_visitor.page.route("**/start-registration", lambda route: None)
    button.click()
    expect(status_of(embedded_visitor)).to_have_text("One moment, please.")
    assert button.evaluate(PLACE) == before


@pytest.mark.parametrize("motion", ["no-preference", "reduce"])
def test_a_ring_takes_the_place_of_the_picture_and_turns_where_people_want_motion(
    embedded_visitor: Visitor, held: list[Route], motion: str
) -> None:
    embedded_visitor.page.emulate_media(reduced_motion=motion)  # type: ignore[arg-type]
    opens_login_without_autofill(embedded_visitor)
    with embedded_visitor.page.expect_request("**/start-login"):
        embedded_visitor.press(SIGN_IN)
    ring = "getComputedStyle(document.querySelector('.passkeys-icon'), '::after')"
    embedded_visitor.page.wait_for_function(f"{ring}.visibility === 'visible' && {ring}.content !== 'none'")
    names = embedded_visitor.page.evaluate(f"{ring}.animationName")
    assert ("passkeys-turn" in names) == (motion == "no-preference")
    assert held


def test_a_site_that_refuses_for_a_time_says_how_long_and_the_button_works_again_then(
    embedded_visitor: Visitor,
) -> None:
    problem = {"code": "throttled", "status": 429, "detail": "Too many attempts. Try again in 50 seconds."}
    embedded_visitor.page.route(
        "**/start-login",
        lambda route: route.fulfill(status=429, headers={"Retry-After": "50"}, body=json.dumps(problem)),
    )
    embedded_visitor.page.clock.install(time=0)
    opens_login_without_autofill(embedded_visitor)
    embedded_visitor.page.clock.pause_at(3600)
    embedded_visitor.press(SIGN_IN)
    expect(alert_of(embedded_visitor)).to_have_text(problem["detail"])
    expect(embedded_visitor.button(SIGN_IN)).to_be_disabled()
    embedded_visitor.page.clock.run_for(50_000)
    expect(embedded_visitor.button(SIGN_IN)).to_be_enabled()
    expect(status_of(embedded_visitor)).to_have_text("You can try again now.")
    expect(embedded_visitor.button(SIGN_IN)).to_be_focused()
    expect(alert_of(embedded_visitor)).to_have_text("")


def test_without_a_connection_people_are_told_so_and_try_again_with_the_same_button(
    embedded_visitor: Visitor,
) -> None:
    embedded_visitor.has_a_passkey()
    embedded_visitor.context.add_init_script(OFFLINE)
    opens_login_without_autofill(embedded_visitor)
    embedded_visitor.page.route("**/start-login", lambda route: route.abort())
    embedded_visitor.press(SIGN_IN)
    expect(alert_of(embedded_visitor)).to_have_text("You are offline. Connect to the internet, then try again.")
    expect(embedded_visitor.button(SIGN_IN)).to_be_focused()
    embedded_visitor.page.unroute("**/start-login")
    embedded_visitor.press(SIGN_IN)
    embedded_visitor.is_signed_in_with("passkey")


def test_what_only_a_new_page_can_mend_has_a_link_to_it(embedded_visitor: Visitor) -> None:
    embedded_visitor.page.route(
        "**/start-login", lambda route: route.fulfill(status=500, content_type="application/json", body="{}")
    )
    opens_login_without_autofill(embedded_visitor)
    embedded_visitor.press(SIGN_IN)
    with embedded_visitor.page.expect_navigation(url=re.compile("/accounts/login/$")):
        alert_of(embedded_visitor).get_by_role("link", name="Reload the page").click()


@pytest.mark.parametrize(
    "problem",
    [{}, {"code": "csrf_failed", "status": 403, "detail": "This page is too old: reload it and try again."}],
    ids=["broken", "too old"],
)
def test_the_link_to_a_new_page_loads_it_also_at_a_card(
    embedded_visitor: Visitor, problem: dict[str, object]
) -> None:
    embedded_visitor.page.route(
        "**/start-login",
        lambda route: route.fulfill(
            status=int(str(problem.get("status", 500))), content_type="application/json", body=json.dumps(problem)
        ),
    )
    embedded_visitor.context.add_init_script(NO_AUTOFILL)
    embedded_visitor.page.goto("/accounts/login/?next=/passkeys/#passkey-1")
    embedded_visitor.press(SIGN_IN)
    embedded_visitor.page.evaluate("window.isOld = true")
    alert_of(embedded_visitor).get_by_role("link", name="Reload the page").click()
    embedded_visitor.page.wait_for_function("!window.isOld")
    assert embedded_visitor.page.url.endswith("/accounts/login/?next=/passkeys/")


def test_who_is_no_longer_signed_in_is_led_to_the_login_page_and_back(embedded_visitor: Visitor) -> None:
    embedded_visitor.signs_up()
    embedded_visitor.page.goto("/passkeys/")
    embedded_visitor.context.clear_cookies(name="sessionid")
    embedded_visitor.press("Create a passkey")
    embedded_visitor.page.wait_for_url("**/accounts/login/?next=*")


# The offer


def is_asked(visitor: Visitor, **abilities: bool) -> None:
    """The browser says so of itself, and its owner has just signed up."""
    said = json.dumps(abilities)
    visitor.context.add_init_script(f"PublicKeyCredential.getClientCapabilities = async () => ({said});")
    visitor.signs_up()
    visitor.lets_the_script_finish()


def test_the_offer_asks_for_this_device_where_the_browser_has_one(embedded_visitor: Visitor) -> None:
    is_asked(embedded_visitor, passkeyPlatformAuthenticator=True, userVerifyingPlatformAuthenticator=True)
    with embedded_visitor.page.expect_request("**/start-registration") as start:
        embedded_visitor.press("Create a passkey")
    assert start.value.post_data_json == {"kind": "passkey", "device": "this"}
    expect(status_of(embedded_visitor)).to_contain_text("A passkey was created for you.")
    expect(status_of(embedded_visitor)).to_be_focused()
    expect(embedded_visitor.button("Create a passkey")).to_have_count(0)


def test_an_offer_that_a_morph_has_hidden_again_is_shown_again(embedded_visitor: Visitor) -> None:
    is_asked(embedded_visitor, passkeyPlatformAuthenticator=True, userVerifyingPlatformAuthenticator=True)
    expect(embedded_visitor.page.locator("[data-passkey-offer]")).to_be_visible()
    embedded_visitor.page.evaluate(
        "delete document.querySelector('[data-passkey-register]').dataset.passkeyDevice;"
        "document.querySelector('.passkeys-offer').hidden = true;"
    )
    with embedded_visitor.page.expect_request("**/start-registration") as start:
        embedded_visitor.press("Create a passkey")
    assert start.value.post_data_json == {"kind": "passkey", "device": "this"}


def test_an_offer_whose_script_came_when_its_page_was_gone_is_shown_on_the_next_page(
    embedded_visitor: Visitor,
) -> None:
    waiting: list[Route] = []
    embedded_visitor.signs_up()
    embedded_visitor.page.route("**/passkeys_offer.js", lambda route: waiting.append(route))
    with embedded_visitor.page.expect_request("**/passkeys_offer.js"):
        embedded_visitor.page.goto("/", wait_until="commit")
    embedded_visitor.page.locator(".passkeys-offer script[src$='passkeys_offer.js']").wait_for(state="attached")
    embedded_visitor.page.evaluate(
        "window.parts = document.querySelectorAll('[data-passkey-offer], #passkeys-config');"
        "parts.forEach((part) => part.remove());"
    )
    waiting[0].continue_()
    embedded_visitor.page.evaluate(f"import({waiting[0].request.url!r}).catch(() => {{}})")  # until it has run
    embedded_visitor.page.evaluate("document.querySelector('.passkeys-offer').append(...parts)")
    expect(embedded_visitor.page.locator("[data-passkey-offer]")).to_be_visible()


def test_a_page_from_the_browsers_cache_has_no_empty_card(embedded_visitor: Visitor) -> None:
    is_asked(embedded_visitor, userVerifyingPlatformAuthenticator=True)
    embedded_visitor.press("Create a passkey")
    expect(status_of(embedded_visitor)).to_contain_text("A passkey was created for you.")
    card = embedded_visitor.page.locator(".passkeys-offer")
    expect(card).to_have_attribute("data-turbo-temporary", "")
    embedded_visitor.page.evaluate("dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))")
    expect(card).to_have_count(0)


def test_an_offer_whose_own_script_is_missing_is_gone_after_a_reload(embedded_visitor: Visitor) -> None:
    embedded_visitor.page.route("**/passkeys_offer.js", lambda route: route.abort())
    embedded_visitor.signs_up()
    embedded_visitor.page.evaluate("document.querySelector('.passkeys-offer').hidden = false")
    embedded_visitor.press("Create a passkey")
    embedded_visitor.page.wait_for_url("/#passkey-*")
    expect(embedded_visitor.button("Create a passkey")).to_have_count(0)


def test_the_offer_asks_for_any_device_where_passkeys_are_elsewhere(embedded_visitor: Visitor) -> None:
    is_asked(embedded_visitor, passkeyPlatformAuthenticator=True, userVerifyingPlatformAuthenticator=False)
    with embedded_visitor.page.expect_request("**/start-registration") as start:
        embedded_visitor.press("Create a passkey")
    assert start.value.post_data_json == {"kind": "passkey"}


def test_a_browser_without_any_place_for_a_passkey_shows_no_offer(embedded_visitor: Visitor) -> None:
    is_asked(embedded_visitor, passkeyPlatformAuthenticator=False, userVerifyingPlatformAuthenticator=False)
    expect(embedded_visitor.page.locator("[data-passkey-offer]")).to_be_hidden()


def test_a_browser_that_says_nothing_in_time_shows_the_offer_without_the_promise(
    embedded_visitor: Visitor,
) -> None:
    embedded_visitor.context.add_init_script(
        "window.asked = Promise.withResolvers();"
        "PublicKeyCredential.getClientCapabilities = () => { asked.resolve(); return new Promise(() => {}); };"
    )
    embedded_visitor.page.clock.install(time=0)
    embedded_visitor.page.clock.pause_at(3600)
    embedded_visitor.signs_up()
    embedded_visitor.wait_for_promise("asked.promise")
    expect(embedded_visitor.page.locator("[data-passkey-offer]")).to_be_hidden()
    embedded_visitor.page.clock.run_for(2_000)
    with embedded_visitor.page.expect_request("**/start-registration") as start:
        embedded_visitor.press("Create a passkey")
    assert start.value.post_data_json == {"kind": "passkey"}


@pytest.mark.parametrize("here", [True, False], ids=["here", "not here"])
def test_after_a_login_by_phone_this_device_is_offered_only_where_there_is_one(
    embedded_visitor: Visitor, here: bool
) -> None:
    embedded_visitor.takes(PHONE)
    embedded_visitor.has_a_passkey()
    embedded_visitor.context.add_init_script(
        "PublicKeyCredential.getClientCapabilities = async () => "
        f"({{ userVerifyingPlatformAuthenticator: {json.dumps(here)} }});"
    )
    embedded_visitor.page.goto("/accounts/login/")
    embedded_visitor.press(SIGN_IN)  # for a phone's passkeys there is no autofill to wait for
    embedded_visitor.is_signed_in_with("passkey")
    offer = embedded_visitor.page.locator("[data-passkey-offer='this device']")
    if not here:
        embedded_visitor.lets_the_script_finish()
        expect(offer).to_be_hidden()
        return
    expect(offer).to_be_visible()
    embedded_visitor.takes(AUTHENTICATOR)
    with embedded_visitor.page.expect_request("**/start-registration") as start:
        embedded_visitor.press("Create a passkey")
    assert start.value.post_data_json["device"] == "this"
