"""The pages in a real browser: the offer, what has the focus, what moves, what fits."""

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.visitor import Visitor

pytestmark = pytest.mark.browser
OFFER = "Create a passkey?"


def heading(visitor: Visitor, name: str) -> Locator:
    return visitor.page.get_by_role("heading", name=name, exact=True)


def test_a_passkey_can_be_created_from_the_offer_which_then_says_so(embedded_visitor: Visitor) -> None:
    embedded_visitor.signs_up()
    expect(heading(embedded_visitor, OFFER)).to_be_visible()

    embedded_visitor.press("Create a passkey")

    expect(heading(embedded_visitor, OFFER)).to_have_count(0)
    expect(embedded_visitor.page.get_by_role("status")).to_have_text(
        "A passkey was created for you. You can sign in with it next time."
    )
    assert embedded_visitor.page.url == f"{embedded_visitor.origin}/"
    assert len(embedded_visitor.credentials()) == 1


def test_not_now_lasts(embedded_visitor: Visitor) -> None:
    embedded_visitor.signs_up()
    embedded_visitor.page.goto("/?from=here")
    embedded_visitor.press("Not now")
    embedded_visitor.page.wait_for_url("/?from=here")
    expect(heading(embedded_visitor, OFFER)).to_have_count(0)
    embedded_visitor.page.reload()
    expect(heading(embedded_visitor, OFFER)).to_have_count(0)


def test_without_javascript_there_is_no_offer_that_nobody_could_take(embedded_visitor: Visitor) -> None:
    embedded_visitor.signs_up()
    with embedded_visitor.without_javascript() as page:
        page.goto("/")
        expect(page.get_by_text("Create a passkey")).to_have_count(2)  # the heading and the button
        assert not any(found.is_visible() for found in page.get_by_text("Create a passkey").all())


def test_nothing_moves_when_the_script_speaks(embedded_visitor: Visitor) -> None:
    embedded_visitor.signs_up()
    expect(heading(embedded_visitor, OFFER)).to_be_visible()  # as soon as the browser has said what it can
    embedded_visitor.is_recognised(False)
    below = embedded_visitor.page.get_by_text("See and manage")
    before = below.bounding_box()

    embedded_visitor.press("Create a passkey")

    expect(embedded_visitor.page.locator("[data-passkey-status]")).to_contain_text("Nothing was changed.")
    assert below.bounding_box() == before


def test_after_renaming_the_card_has_the_focus_and_the_page_says_so(embedded_visitor: Visitor) -> None:
    embedded_visitor.signs_up()
    embedded_visitor.creates_a_passkey()
    embedded_visitor.renames_to("Blue laptop")

    expect(embedded_visitor.page.get_by_role("article", name="Blue laptop")).to_be_focused()
    expect(embedded_visitor.page.get_by_text("The passkey is now called “Blue laptop”.")).to_be_visible()


SMALL = """
[...document.querySelectorAll("main button, main summary, main input:not([type=hidden]), main form a")]
  .filter((element) => element.checkVisibility() && (element.offsetWidth < 24 || element.offsetHeight < 24))
  .map((element) => element.outerHTML)
"""
TOO_WIDE = "document.documentElement.scrollWidth > document.documentElement.clientWidth"


@pytest.mark.parametrize("name", ["Blue laptop", "W" * 100])
def test_all_fits_at_320_px_and_can_be_hit(embedded_visitor: Visitor, name: str) -> None:
    embedded_visitor.page.set_viewport_size({"width": 320, "height": 640})
    embedded_visitor.signs_up()
    assert_fits(embedded_visitor)
    embedded_visitor.creates_a_passkey()
    embedded_visitor.renames_to(name)
    assert_fits(embedded_visitor)
    embedded_visitor.press("Remove")
    expect(heading(embedded_visitor, "Confirm it's you")).to_be_visible()
    assert_fits(embedded_visitor)
    embedded_visitor.press("Confirm with a passkey")
    expect(heading(embedded_visitor, f"Remove “{name}”?")).to_be_visible()
    assert_fits(embedded_visitor)


def assert_fits(visitor: Visitor) -> None:
    assert visitor.page.evaluate(SMALL) == []
    assert not visitor.page.evaluate(TOO_WIDE)


def test_three_cards_fit_on_a_small_screen(embedded_visitor: Visitor) -> None:
    """With the badge "On this device only", and as far as people scroll past the heading."""
    embedded_visitor.page.set_viewport_size({"width": 320, "height": 640})
    embedded_visitor.signs_up()
    embedded_visitor.creates_a_passkey()
    card = embedded_visitor.page.get_by_role("article").first
    expect(card).to_contain_text("On this device only")
    box = card.bounding_box()
    assert box is not None
    assert 3 * (box["height"] + 12) <= 640
