"""A page whose script does not run says so within ten seconds, and names a next step (U1)."""

import re

import pytest
from playwright.sync_api import Route, expect

from tests.browser.test_script import changes_page
from tests.browser.visitor import Visitor

pytestmark = pytest.mark.browser
MISSING = "Passkeys don't work on this page at the moment"
STYLESHEET = re.compile(r"<link[^>]*passkeys\.css[^>]*>")
# The time of the page's animations, in seconds.
LATER = "time => document.getAnimations().forEach((animation) => { animation.currentTime = time * 1000; })"
FAILURES = {
    "not found": {"status": 404, "content_type": "text/html", "body": ""},
    "a wrong type": {"content_type": "text/plain", "body": "", "headers": {"X-Content-Type-Options": "nosniff"}},
    "blocked": None,
}


def fails(visitor: Visitor, failure: dict[str, object] | None) -> None:
    def answer(route: Route) -> None:
        route.fulfill(**failure) if failure else route.abort()

    visitor.page.route("**/passkeys.js", answer)


@pytest.mark.parametrize("failure", FAILURES.values(), ids=list(FAILURES))
def test_u1_a_script_that_does_not_load_is_told_within_ten_seconds(
    embedded_visitor: Visitor, failure: dict[str, object] | None
) -> None:
    fails(embedded_visitor, failure)
    embedded_visitor.page.goto("/accounts/login/")
    text = embedded_visitor.page.get_by_text(MISSING)
    expect(text).not_to_be_visible()
    embedded_visitor.page.evaluate(LATER, 8)
    expect(text).not_to_be_visible()
    embedded_visitor.page.evaluate(LATER, 10)
    expect(text).to_be_visible()
    expect(text).to_have_attribute("role", "alert")
    expect(text).to_contain_text("You can also sign in with your password or in another way.")
    embedded_visitor.page.unroute("**/passkeys.js")
    text.get_by_role("link", name="Reload the page").click()
    expect(embedded_visitor.button("Sign in with a passkey")).to_be_enabled()


def test_u1_a_script_of_another_origin_without_cors_is_told(embedded_visitor: Visitor) -> None:
    other = embedded_visitor.origin.replace("localhost", "127.0.0.1")
    path = "/static/passkeys_django/passkeys.js"
    changes_page(embedded_visitor, "**/accounts/login/", lambda html: html.replace(path, other + path))
    embedded_visitor.page.goto("/accounts/login/")
    embedded_visitor.page.evaluate(LATER, 10)
    expect(embedded_visitor.page.get_by_text(MISSING)).to_be_visible()


def test_u1_pages_without_our_stylesheet_say_so_too(embedded_visitor: Visitor) -> None:
    changes_page(embedded_visitor, "**/accounts/login/", lambda html: STYLESHEET.sub("", html))
    fails(embedded_visitor, None)
    embedded_visitor.page.goto("/accounts/login/")
    text = embedded_visitor.page.get_by_text(MISSING)
    expect(text).not_to_be_visible()
    embedded_visitor.page.evaluate(LATER, 10)
    expect(text).to_be_visible()


def test_u1_pages_whose_static_files_are_all_missing_say_so_at_once(embedded_visitor: Visitor) -> None:
    embedded_visitor.page.route("**/static/**", lambda route: route.abort())
    embedded_visitor.page.goto("/accounts/login/")
    expect(embedded_visitor.page.get_by_text(MISSING)).to_be_visible()


def test_a_site_that_switches_animations_off_shows_the_text_no_sooner(embedded_visitor: Visitor) -> None:
    rule = "<style>* { animation: none !important; animation-delay: -1ms !important; }</style></head>"
    changes_page(embedded_visitor, "**/accounts/login/", lambda html: html.replace("</head>", rule))
    fails(embedded_visitor, None)
    embedded_visitor.page.goto("/accounts/login/")
    expect(embedded_visitor.page.get_by_text(MISSING)).not_to_be_visible()
    embedded_visitor.page.evaluate(LATER, 10)
    expect(embedded_visitor.page.get_by_text(MISSING)).to_be_visible()


def test_a_page_that_works_does_not_hold_the_text(embedded_visitor: Visitor) -> None:
    embedded_visitor.opens_login()
    expect(embedded_visitor.page.get_by_text(MISSING)).to_have_count(0)


def test_without_javascript_one_text_says_so(embedded_visitor: Visitor) -> None:
    with embedded_visitor.without_javascript() as page:
        page.goto("/accounts/login/")
        expect(page.locator("noscript p")).to_be_visible()
        expect(page.locator("[data-passkey-missing]")).to_have_css("display", "none")


def test_u1_the_page_of_a_link_says_so_too(embedded_visitor: Visitor) -> None:
    embedded_visitor.signs_up()
    embedded_visitor.page.goto("/passkeys/add-device/")
    embedded_visitor.press("Show the link")
    link = embedded_visitor.page.get_by_role("link", name="/enrol/").inner_text()
    fails(embedded_visitor, None)
    embedded_visitor.page.goto(link)
    embedded_visitor.page.evaluate(LATER, 10)
    expect(embedded_visitor.page.get_by_text(MISSING)).to_be_visible()
    expect(embedded_visitor.button("Create a passkey")).to_be_disabled()
