"""WCAG 2.2 AA as far as programs can tell: axe, the accessibility tree, the keyboard, small and enlarged pages."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.tour import peoples_pages, staffs_pages
from tests.browser.visitor import Visitor

pytestmark = pytest.mark.browser
AXE = (Path(__file__).parent / "vendor/axe.min.js").read_text()
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
# Links that only their colour tells from text (link-in-text-block), small ones close together (target-size), and
# on the user's page inputs and icons of Django's widgets (label, aria-prohibited-attr) and empty heads of columns.
DJANGOS_OWN = (".breadcrumbs", "#searchbar", "#changelist-filter", ".selector", ".datetime", "th:empty")
OPERABLE = ("button", "link", "textbox", "checkbox", "combobox")
WIDTHS = {"a small phone": (320, 1), "an enlarged text": (640, 2)}


def axe_findings(visitor: Visitor, *, but_for: tuple[str, ...] = ()) -> list[str]:
    """Rule, impact and element of everything that axe objects to."""
    visitor.page.evaluate(AXE)
    report = visitor.page.evaluate(
        "([exclude, values]) => axe.run({ include: ['body'], exclude }, { runOnly: { type: 'tag', values } })",
        [but_for, RULES],
    )
    return [
        f"{violation['id']} ({violation['impact']}): {node['html']}"
        for violation in report["violations"]
        for node in violation["nodes"]
    ]


def accessibility_tree(visitor: Visitor) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Role, name and properties of what a screen reader is told of, from Chromium itself."""
    devtools = visitor.context.new_cdp_session(visitor.page)
    for node in devtools.send("Accessibility.getFullAXTree")["nodes"]:
        if not node["ignored"]:
            properties = {each["name"]: each["value"].get("value") for each in node.get("properties", [])}
            yield node["role"]["value"], node.get("name", {}).get("value", ""), properties


@pytest.mark.parametrize("color_scheme", ["light", "dark"])
def test_axe_finds_nothing_on_the_pages(embedded_visitor: Visitor, color_scheme: str) -> None:
    embedded_visitor.page.emulate_media(color_scheme=color_scheme)
    findings = {page: axe_findings(embedded_visitor) for page in peoples_pages(embedded_visitor)}
    assert len(findings) == 26
    assert {page: found for page, found in findings.items() if found} == {}


def test_axe_finds_what_is_wrong(embedded_visitor: Visitor) -> None:
    embedded_visitor.page.goto("/accounts/login/")
    embedded_visitor.page.evaluate("document.querySelector('label').remove()")
    assert any(finding.startswith("label ") for finding in axe_findings(embedded_visitor))


def test_everything_that_can_be_operated_has_a_name(embedded_visitor: Visitor) -> None:
    for page in peoples_pages(embedded_visitor):
        heard = accessibility_tree(embedded_visitor)
        assert [role for role, name, _ in heard if role in OPERABLE and not name] == [], page


def test_a_screen_reader_hears_what_the_login_page_is_for(embedded_visitor: Visitor) -> None:
    embedded_visitor.opens_login()
    heard = {(role, name.rstrip(":")) for role, name, _ in accessibility_tree(embedded_visitor)}
    assert {
        ("heading", "Sign in"),
        ("textbox", "Username"),
        ("textbox", "Password"),
        ("button", "Sign in"),
        ("button", "Sign in with a passkey"),
    } <= heard


def test_a_screen_reader_hears_which_passkey_a_button_is_for(embedded_visitor: Visitor) -> None:
    embedded_visitor.signs_up()
    embedded_visitor.creates_a_passkey()
    name = embedded_visitor.page.get_by_role("heading", level=2).first.inner_text()
    embedded_visitor.page.locator("summary", has_text="Rename").click()
    for action in ("Save", "Remove"):
        expect(embedded_visitor.button(action)).to_have_accessible_description(name)
    heard = [(role, name) for role, name, _ in accessibility_tree(embedded_visitor)]
    assert ("article", name) in heard
    assert ("heading", name) in heard


def test_what_happens_is_said_in_live_regions(embedded_visitor: Visitor) -> None:
    embedded_visitor.opens_login()
    regions = [
        (role, properties.get("live"))
        for role, _name, properties in accessibility_tree(embedded_visitor)
        if properties.get("live")
    ]
    assert ("status", "polite") in regions
    assert ("alert", "assertive") in regions


def test_signing_in_by_keyboard_alone(embedded_visitor: Visitor) -> None:
    embedded_visitor.has_a_passkey()
    embedded_visitor.opens_login()
    tab_to(embedded_visitor, "Sign in with a passkey")
    embedded_visitor.page.keyboard.press("Enter")
    embedded_visitor.is_signed_in_with("passkey")


def test_managing_passkeys_by_keyboard_alone(embedded_visitor: Visitor) -> None:
    embedded_visitor.signs_up()
    embedded_visitor.page.goto("/passkeys/")
    tab_to(embedded_visitor, "Create a passkey")
    embedded_visitor.page.keyboard.press("Enter")
    expect(embedded_visitor.button("Remove")).to_have_count(1)
    tab_to(embedded_visitor, "Rename")
    embedded_visitor.page.keyboard.press("Enter")
    embedded_visitor.page.keyboard.press("Tab")
    embedded_visitor.page.keyboard.press("ControlOrMeta+A")
    embedded_visitor.page.keyboard.type("Desk")
    embedded_visitor.page.keyboard.press("Enter")
    expect(embedded_visitor.page.get_by_role("heading", name="Desk")).to_be_visible()
    tab_to(embedded_visitor, "Remove")
    embedded_visitor.page.keyboard.press("Enter")
    expect(embedded_visitor.page.get_by_role("heading", name="Confirm it's you")).to_be_visible()
    tab_to(embedded_visitor, "Confirm with a passkey")
    embedded_visitor.page.keyboard.press("Enter")
    expect(embedded_visitor.page.get_by_role("heading", name="Remove “Desk”?")).to_be_visible()
    tab_to(embedded_visitor, "Remove")
    embedded_visitor.page.keyboard.press("Enter")
    expect(embedded_visitor.page.get_by_text("You don't have one yet.")).to_be_visible()


def tab_to(visitor: Visitor, button: str, *, shift: bool = False) -> None:
    """Press Tab until the button has the focus."""
    for _press in range(40):
        visitor.page.keyboard.press("Shift+Tab" if shift else "Tab")
        if visitor.page.evaluate("document.activeElement?.textContent.trim()") == button:
            return
    raise AssertionError(f"Tab never reaches {button!r}")


@pytest.mark.parametrize("direction", ["ltr", "rtl"])
@pytest.mark.parametrize(("width", "text"), WIDTHS.values(), ids=WIDTHS)
def test_nothing_is_cut_off(embedded_visitor: Visitor, width: int, text: int, direction: str) -> None:
    embedded_visitor.page.set_viewport_size({"width": width, "height": 600})
    for page in peoples_pages(embedded_visitor):
        wide = embedded_visitor.page.evaluate(
            """([text, direction]) => {
              document.documentElement.style.fontSize = `${text * 100}%`;
              document.documentElement.dir = direction;
              return [...document.querySelectorAll("body *")].filter((element) => {
                const { left, right, width } = element.getBoundingClientRect();
                return width && (left < -0.5 || right > innerWidth + 0.5);
              }).map((element) => element.outerHTML.slice(0, 80));
            }""",
            [text, direction],
        )
        assert wide == [], page


@pytest.mark.parametrize("color_scheme", ["light", "dark"])
def test_axe_finds_nothing_of_ours_in_the_admin(superuser: Visitor, color_scheme: str) -> None:
    """Django's own markup has a few findings; ours must add none."""
    superuser.page.emulate_media(color_scheme=color_scheme)
    findings = {
        page: axe_findings(superuser, but_for=DJANGOS_OWN) for page in staffs_pages(superuser, superuser.username)
    }
    assert len(findings) == 9
    assert {page: found for page, found in findings.items() if found} == {}
