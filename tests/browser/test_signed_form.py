"""People read and sign a form in a real browser, and nothing that goes wrong there costs them anything."""

import re
from urllib.parse import parse_qs

import pytest
from playwright.sync_api import Request, Route, expect

from tests.browser.test_accessibility import tab_to
from tests.browser.test_missing_script import LATER, MISSING
from tests.browser.visitor import PASSWORD, Visitor

pytestmark = pytest.mark.browser
SETTINGS = {"DJANGO_SETTINGS_MODULE": "tests.browser.signing_settings"}
SIGN = "Sign with a passkey"
BACK = "Cancel, and go back to the form"
LABELS = ("To", "Amount in euro", "Purpose")
LUNCH = ("Grace", "12.50", "Lunch for two")
SIGNED = "12.50 € to Grace"


@pytest.fixture
def beginner(visitor_of_module: Visitor) -> Visitor:
    """Somebody without a passkey, at either provider."""
    visitor_of_module.signs_up()
    return visitor_of_module


@pytest.fixture
def visitor(beginner: Visitor) -> Visitor:
    """Somebody with a passkey."""
    beginner.creates_a_passkey()
    return beginner


def fills_in(visitor: Visitor, values: tuple[str, ...] = LUNCH) -> None:
    visitor.page.goto("/transfer/")
    for label, value in zip(LABELS, values, strict=True):
        visitor.page.get_by_label(label).fill(value)
    visitor.press("Continue")


def opens_the_sign_page(visitor: Visitor) -> None:
    fills_in(visitor)
    expect(visitor.button(SIGN)).to_be_enabled()


def form(visitor: Visitor) -> tuple[str, ...]:
    return tuple(visitor.page.get_by_label(label).input_value() for label in LABELS)


def sees_transfers(visitor: Visitor, *expected: str) -> None:
    """On the list, newest first; each with good evidence."""
    visitor.page.wait_for_url("**/transfers/")
    items = visitor.page.locator(".transfers li")
    expect(items).to_have_count(len(expected))
    for number, text in enumerate(expected):
        expect(items.nth(number)).to_contain_text(text)
        expect(items.nth(number)).to_contain_text("The evidence is good.")


def has_signed_nothing(visitor: Visitor) -> None:
    visitor.page.goto("/transfers/")
    expect(visitor.page.get_by_text("You have not signed a transfer yet.")).to_be_visible()


def is_signature(request: Request) -> bool:
    """Is this the post with the passkey's answer?"""
    return request.method == "POST" and bool(parse_qs(request.post_data or "").get("passkey"))


def sees_the_browsers_error_page(visitor: Visitor) -> None:
    expect(visitor.page.locator("#main-frame-error")).to_be_visible()


def test_a_transfer_is_read_signed_and_done(visitor: Visitor) -> None:
    opens_the_sign_page(visitor)
    rows = visitor.page.locator("dl > div")
    for number, row in enumerate(zip(LABELS, LUNCH, strict=True)):
        assert tuple(rows.nth(number).inner_text().split("\n")) == row
    visitor.page.get_by_text("The exact text that you sign").click()
    expect(visitor.page.locator("pre")).to_contain_text(
        '"data":{"amount":"12.50","purpose":"Lunch for two","to":"Grace"}'
    )
    visitor.press(SIGN)
    sees_transfers(visitor, SIGNED)


def test_after_a_cancelled_prompt_nothing_was_done_and_a_second_press_signs(visitor: Visitor) -> None:
    opens_the_sign_page(visitor)
    visitor.is_recognised(False)
    visitor.press(SIGN)
    expect(visitor.page.get_by_role("status")).to_have_text(
        "Nothing was signed, and nothing has happened. You can try again."
    )
    expect(visitor.page.get_by_role("alert")).to_have_text("")
    expect(visitor.button(SIGN)).to_be_focused()
    visitor.is_recognised(True)
    visitor.press(SIGN)
    sees_transfers(visitor, SIGNED)


def test_cancelling_leads_to_the_form_with_all_that_was_entered(visitor: Visitor) -> None:
    opens_the_sign_page(visitor)
    visitor.press(BACK)
    expect(visitor.button("Continue")).to_be_visible()
    assert form(visitor) == LUNCH
    visitor.page.get_by_label("Amount in euro").fill("13")
    visitor.press("Continue")
    visitor.press(SIGN)
    sees_transfers(visitor, "13.00 € to Grace")


def test_a_copy_of_the_page_that_was_made_while_the_prompt_was_open_can_be_signed(visitor: Visitor) -> None:
    opens_the_sign_page(visitor)
    visitor.touches(False)
    visitor.press(SIGN)
    visitor.wait_for_prompt()
    visitor.page.evaluate("document.body.replaceWith(document.body.cloneNode(true))")  # as Turbo keeps pages
    expect(visitor.button(SIGN)).to_be_enabled()
    visitor.touches(True)
    visitor.press(SIGN)
    sees_transfers(visitor, SIGNED)


def test_cancelling_while_the_prompt_is_open_signs_nothing(visitor: Visitor) -> None:
    opens_the_sign_page(visitor)
    visitor.touches(False)
    visitor.press(SIGN)
    visitor.wait_for_prompt()
    visitor.press(BACK)
    expect(visitor.button("Continue")).to_be_visible()
    assert form(visitor) == LUNCH
    has_signed_nothing(visitor)


def test_pressing_twice_signs_once(visitor: Visitor) -> None:
    opens_the_sign_page(visitor)
    visitor.button(SIGN).dblclick()
    sees_transfers(visitor, SIGNED)
    assert len([request for request in visitor.requests if is_signature(request)]) == 1


def test_the_page_can_be_reloaded_before_it_is_signed(visitor: Visitor) -> None:
    opens_the_sign_page(visitor)
    visitor.page.reload()
    visitor.press(SIGN)
    sees_transfers(visitor, SIGNED)


def test_going_back_to_a_page_that_was_signed_leads_on_and_signs_nothing_more(visitor: Visitor) -> None:
    opens_the_sign_page(visitor)
    visitor.press(SIGN)
    visitor.page.wait_for_url("**/transfers/")
    visitor.page.evaluate("() => { setTimeout(() => history.back()); }")
    sees_the_browsers_error_page(visitor)  # Chromium asks before it sends a form again
    visitor.page.reload()
    expect(visitor.page.get_by_role("heading", level=1)).to_have_text("Signed already")
    visitor.page.get_by_role("link", name="See what you have signed").click()
    sees_transfers(visitor, SIGNED)


def test_a_page_from_the_back_forward_cache_is_made_anew(visitor: Visitor) -> None:
    opens_the_sign_page(visitor)
    with visitor.page.expect_navigation():
        visitor.page.evaluate("dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))")
    visitor.press(SIGN)
    sees_transfers(visitor, SIGNED)


def test_a_lost_reply_is_answered_again_and_the_transfer_is_made_once(visitor: Visitor) -> None:
    opens_the_sign_page(visitor)
    lost: list[int] = []

    def lose(route: Route) -> None:
        if is_signature(route.request) and not lost:
            lost.append(route.fetch(max_redirects=0).status)
            route.abort()
        else:
            route.continue_()

    visitor.page.route("**/transfer/", lose)
    visitor.press(SIGN)
    sees_the_browsers_error_page(visitor)
    assert lost == [302]  # it is done
    visitor.page.reload()
    sees_transfers(visitor, SIGNED)


def test_a_network_that_is_down_costs_nothing(visitor: Visitor) -> None:
    opens_the_sign_page(visitor)
    visitor.context.set_offline(True)
    visitor.press(SIGN)
    sees_the_browsers_error_page(visitor)
    visitor.context.set_offline(False)
    visitor.page.reload()
    sees_transfers(visitor, SIGNED)


def test_after_ten_minutes_the_page_says_so_and_a_second_press_signs(visitor: Visitor) -> None:
    opens_the_sign_page(visitor)
    visitor.context.clear_cookies(name=re.compile("passkey_.+"))  # the browser does so after ten minutes
    visitor.press(SIGN)
    expect(visitor.page.get_by_role("alert").first).to_contain_text("took too long")
    expect(visitor.page.get_by_text("Grace", exact=True)).to_be_visible()
    visitor.press(SIGN)
    sees_transfers(visitor, SIGNED)


def test_where_the_session_ended_people_sign_in_and_come_back_and_nothing_is_signed(visitor: Visitor) -> None:
    opens_the_sign_page(visitor)
    visitor.context.clear_cookies(name="sessionid")
    with visitor.page.expect_navigation(url="**/accounts/login/?next=*"):
        visitor.press(SIGN)
    expect(visitor.button("Continue")).to_be_visible()  # the autofill has signed them in
    has_signed_nothing(visitor)


def test_without_a_passkey_people_create_one_and_find_the_form_filled(beginner: Visitor) -> None:
    fills_in(beginner)
    expect(beginner.page.get_by_role("heading", level=1)).to_have_text("Create a passkey to go on")
    beginner.press("Create a passkey")
    beginner.press("Continue")
    expect(beginner.page.get_by_text("Grace", exact=True)).to_be_visible()
    beginner.press(SIGN)
    sees_transfers(beginner, SIGNED)


def test_without_a_passkey_people_can_go_back_to_the_form_filled(beginner: Visitor) -> None:
    fills_in(beginner)
    beginner.page.get_by_role("link", name="Go back to the form").click()
    expect(beginner.button("Continue")).to_be_visible()
    assert form(beginner) == LUNCH


def test_people_who_must_confirm_first_find_the_form_filled_too(beginner: Visitor) -> None:
    assert beginner.context.request.post("/an-hour-passes/").ok
    fills_in(beginner)
    beginner.press("Create a passkey")
    expect(beginner.page.get_by_role("heading", level=1)).to_have_text("Confirm it's you")
    beginner.page.get_by_label("Password").fill(PASSWORD)
    beginner.press("Confirm with your password")
    expect(beginner.button("Continue")).to_be_visible()
    assert form(beginner) == LUNCH
    beginner.press("Continue")  # the passkey is created without another press
    expect(beginner.button("Continue")).to_be_visible()
    assert form(beginner) == LUNCH
    beginner.press("Continue")
    beginner.press(SIGN)
    sees_transfers(beginner, SIGNED)


def test_a_script_that_does_not_load_is_told_and_the_way_back_works(visitor: Visitor) -> None:
    visitor.page.route("**/passkeys.js", lambda route: route.abort())
    fills_in(visitor)
    visitor.page.evaluate(LATER, 10)
    expect(visitor.page.get_by_text(MISSING)).to_be_visible()
    expect(visitor.button(SIGN)).to_be_disabled()
    expect(visitor.page.get_by_role("link", name="Reload the page")).to_have_count(0)  # it would empty the form
    visitor.press(BACK)
    expect(visitor.button("Continue")).to_be_visible()
    assert form(visitor) == LUNCH


def test_a_browser_that_fails_offers_no_way_that_empties_the_form(visitor: Visitor) -> None:
    visitor.context.add_init_script("navigator.credentials.get = () => Promise.reject(new Error('broken'))")
    fills_in(visitor)
    visitor.press(SIGN)
    expect(visitor.page.locator("[data-passkey-alert]")).not_to_be_empty()
    expect(visitor.page.get_by_role("link", name="Reload the page")).to_have_count(0)
    visitor.press(BACK)
    assert form(visitor) == LUNCH


def test_without_javascript_people_read_and_go_back(visitor: Visitor) -> None:
    with visitor.without_javascript() as page:
        page.goto("/transfer/")
        for label, value in zip(LABELS, LUNCH, strict=True):
            page.get_by_label(label).fill(value)
        page.get_by_role("button", name="Continue").click()
        expect(page.locator("noscript p")).to_be_visible()
        expect(page.get_by_role("button", name=SIGN)).to_be_disabled()
        page.get_by_role("button", name=BACK).click()
        assert tuple(page.get_by_label(label).input_value() for label in LABELS) == LUNCH


def test_signing_by_keyboard_alone(visitor: Visitor) -> None:
    visitor.page.goto("/transfer/")
    visitor.page.get_by_label("To").focus()
    visitor.page.keyboard.type("Grace")
    visitor.page.keyboard.press("Tab")
    visitor.page.keyboard.type("12.50")
    visitor.page.keyboard.press("Enter")
    expect(visitor.button(SIGN)).to_be_enabled()
    tab_to(visitor, SIGN)
    visitor.page.keyboard.press("Enter")
    sees_transfers(visitor, SIGNED)


def test_from_right_to_left_values_stand_below_their_labels(visitor: Visitor) -> None:
    visitor.context.set_extra_http_headers({"Accept-Language": "ar"})
    fills_in(visitor)
    sign = visitor.page.locator("[data-passkey-sign]")
    expect(sign).to_be_enabled()
    expect(visitor.page.locator("html")).to_have_attribute("dir", "rtl")
    expect(visitor.page.locator("pre")).to_have_css("direction", "ltr")
    right = "element => Math.round(element.getBoundingClientRect().right)"
    label, value = (visitor.page.locator(name).first.evaluate(right) for name in ("dt bdi", "dd span"))
    assert label == value
    sign.click()
    sees_transfers(visitor, "12,50 € to Grace")


@pytest.mark.parametrize(
    "text",
    [
        "<script>document.title = 'run'</script> &amp; <b>bold</b>",
        "three\n  lines,\n\n    and  blanks",
        "\n".join(f"{number:05} " + "x" * 52 for number in range(1000)),  # 59 kB
        "x" * 2000,
        "\u05e9\u05dc\u05d5\u05dd and \U0001f600",
    ],
    ids=["markup", "lines", "59 kB", "one long word", "other scripts"],
)
def test_every_value_is_seen_and_signed_as_it_was_entered(visitor: Visitor, text: str) -> None:
    visitor.page.set_viewport_size({"width": 320, "height": 600})
    visitor.page.goto("/letter/")
    visitor.page.get_by_label("Text").fill(text)
    visitor.press("Continue")
    value = visitor.page.locator("dd span")
    expect(value).to_be_visible()
    assert value.inner_text() == text
    visitor.page.get_by_text("The exact text that you sign").click()
    assert visitor.page.evaluate("document.documentElement.scrollWidth") <= 320
    visitor.press(BACK)
    assert visitor.page.get_by_label("Text").input_value() == text
    visitor.press("Continue")
    visitor.press(SIGN)
    visitor.page.wait_for_url(re.compile(r"/letter/.+/"))
    assert visitor.context.request.get(visitor.page.url).text() == text
