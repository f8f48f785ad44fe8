"""The button looks right on every page: ours, one without any style, narrow, dark, right-to-left."""

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.test_script import changes_page
from tests.browser.visitor import NO_AUTOFILL, Visitor

pytestmark = pytest.mark.browser
SIGN_IN = "Sign in with a passkey"
BOX = "element => element.getBoundingClientRect().toJSON()"
FILLED = """
buttons => buttons.filter((button) => {
  const { backgroundColor, display } = getComputedStyle(button);
  return display !== "none" && !/^rgba\\(.*, 0\\)$/.test(backgroundColor);
}).map((button) => button.textContent.trim())
"""
STYLE = "(element, name) => getComputedStyle(element).getPropertyValue(name)"


def opens_login(visitor: Visitor) -> Locator:
    """Returns the passkey button."""
    visitor.context.add_init_script(NO_AUTOFILL)
    visitor.page.goto("/accounts/login/")
    expect(visitor.button(SIGN_IN)).to_be_enabled()
    return visitor.button(SIGN_IN)


def bare(html: str) -> str:
    """The page without the site's frame and stylesheets, as a site without any style has it."""
    head, body = html.split("</head>", 1)
    return f"{head.split('<link', 1)[0]}</head>{body}"


def test_below_the_form_the_button_has_the_width_of_the_form(embedded_visitor: Visitor) -> None:
    button = opens_login(embedded_visitor).evaluate(BOX)
    form = embedded_visitor.button("Sign in").evaluate(BOX)
    assert (button["left"], button["right"]) == (form["left"], form["right"])
    assert button["height"] == form["height"]
    expect(embedded_visitor.page.get_by_text("or", exact=True)).to_be_visible()


def test_a_page_has_one_main_button(embedded_visitor: Visitor) -> None:
    opens_login(embedded_visitor)
    assert embedded_visitor.page.locator("main button").evaluate_all(FILLED) == [SIGN_IN]
    embedded_visitor.signs_up()
    embedded_visitor.page.goto("/passkeys/")
    expect(embedded_visitor.button("Create a passkey")).to_be_enabled()
    assert embedded_visitor.page.locator("main button").evaluate_all(FILLED) == ["Create a passkey"]


def test_the_picture_in_a_button_has_the_colour_of_its_text(embedded_visitor: Visitor) -> None:
    embedded_visitor.signs_up()
    embedded_visitor.page.goto("/passkeys/")
    button = embedded_visitor.button("Create a passkey")
    expect(button).to_be_enabled()
    assert button.locator("svg").evaluate(STYLE, "color") == button.evaluate(STYLE, "color")


def test_a_page_without_any_stylesheet_gets_a_button_in_its_own_font(embedded_visitor: Visitor) -> None:
    changes_page(embedded_visitor, "**/accounts/login/", bare)
    button = opens_login(embedded_visitor)
    page = embedded_visitor.page
    assert page.evaluate("[...document.head.querySelectorAll('link')].length") == 0
    assert button.evaluate(STYLE, "border-radius") == "8px"
    assert button.evaluate(STYLE, "font-family") == page.locator("body").evaluate(STYLE, "font-family")
    assert button.evaluate(BOX)["height"] >= 44


@pytest.mark.parametrize("width", [320, 1280])
@pytest.mark.parametrize("language", ["en", "ar"])
def test_no_page_is_wider_than_the_screen(embedded_visitor: Visitor, width: int, language: str) -> None:
    embedded_visitor.page.set_viewport_size({"width": width, "height": 640})
    embedded_visitor.page.set_extra_http_headers({"Accept-Language": language})
    embedded_visitor.context.add_init_script(NO_AUTOFILL)
    embedded_visitor.page.goto("/accounts/login/")
    expect(embedded_visitor.page.locator("[data-passkey-login]")).to_be_enabled()
    assert embedded_visitor.page.evaluate("document.documentElement.scrollWidth") <= width


def test_in_forced_colours_the_button_keeps_its_border_and_its_picture(embedded_visitor: Visitor) -> None:
    embedded_visitor.page.emulate_media(forced_colors="active")
    button = opens_login(embedded_visitor)
    assert button.evaluate(STYLE, "border-top-style") == "solid"
    assert button.locator("svg").evaluate(STYLE, "fill") == button.evaluate(STYLE, "color")


def test_in_forced_colours_the_ring_of_a_button_that_waits_keeps_its_gap(embedded_visitor: Visitor) -> None:
    embedded_visitor.page.emulate_media(forced_colors="active")
    embedded_visitor.page.route("**/start-login", lambda route: None)
    button = opens_login(embedded_visitor)
    button.click()
    expect(button).to_have_attribute("aria-busy", "true")
    ring = "(picture, side) => getComputedStyle(picture, '::after').getPropertyValue(`border-${side}-color`)"
    picture = button.locator(".passkeys-icon")
    assert picture.evaluate(ring, "top") == button.evaluate(STYLE, "background-color")
    assert picture.evaluate(ring, "bottom") == button.evaluate(STYLE, "color")


@pytest.mark.parametrize(("system", "background"), [("light", "rgb(255, 255, 255)"), ("dark", "rgb(30, 35, 44)")])
@pytest.mark.parametrize("site", ["light", "dark"])
def test_the_icon_of_a_manager_stands_on_what_it_is_made_for(
    embedded_visitor: Visitor, system: str, background: str, site: str
) -> None:
    """The browser chooses the icon by the system, also on a site that is always light, or always dark."""
    embedded_visitor.page.emulate_media(color_scheme=system)  # type: ignore[arg-type]
    embedded_visitor.signs_up()
    embedded_visitor.creates_a_passkey()
    embedded_visitor.page.evaluate("scheme => { document.documentElement.style.colorScheme = scheme; }", site)
    place = embedded_visitor.page.locator(".passkeys-card-icon")
    assert place.evaluate(STYLE, "background-color") != background
    place.evaluate("place => place.replaceChildren(new Image())")
    assert place.evaluate(STYLE, "background-color") == background
    assert place.locator("img").evaluate(STYLE, "object-fit") == "contain"
