"""What the passkey part costs the login page: one request for the script, one start, no shift, no wait."""

import pytest
from playwright.sync_api import Request, expect

from tests.browser.visitor import NO_AUTOFILL, NO_WEBAUTHN, Visitor

pytestmark = pytest.mark.browser
SHIFTS = """
window.shifts = [];
new PerformanceObserver((list) => shifts.push(...list.getEntries().map(({ value }) => value)))
  .observe({ type: "layout-shift", buffered: true });
"""
SHIFT = "document.querySelector('main').style.marginTop = '100px'"


@pytest.fixture
def requested(embedded_visitor: Visitor) -> list[str]:
    """The paths that the passkey part asks for."""
    paths: list[str] = []

    def remember(request: Request) -> None:
        if "passkeys.js" in request.url or "/passkeys/" in request.url:
            paths.append(request.url.removeprefix(embedded_visitor.origin))

    embedded_visitor.page.on("request", remember)
    return paths


def test_the_login_page_asks_for_the_script_and_one_start(embedded_visitor: Visitor, requested: list[str]) -> None:
    embedded_visitor.opens_login()
    assert requested == ["/static/passkeys_django/passkeys.js", "/passkeys/start-login"]


@pytest.mark.parametrize("browser_without", [NO_AUTOFILL, NO_WEBAUTHN], ids=["autofill", "webauthn"])
def test_a_browser_without_autofill_asks_for_the_script_only(
    embedded_visitor: Visitor, requested: list[str], browser_without: str
) -> None:
    embedded_visitor.context.add_init_script(browser_without)
    embedded_visitor.page.goto("/accounts/login/")
    embedded_visitor.lets_the_script_finish()
    assert requested == ["/static/passkeys_django/passkeys.js"]


def test_nothing_of_it_blocks_rendering(embedded_visitor: Visitor) -> None:
    embedded_visitor.opens_login()
    statuses = embedded_visitor.page.evaluate(
        "performance.getEntriesByType('resource').filter(({ name }) => name.includes('passkeys.js'))"
        ".map(({ renderBlockingStatus }) => renderBlockingStatus)"
    )
    assert statuses == ["non-blocking"]


@pytest.mark.parametrize("init_script", ["", NO_WEBAUTHN], ids=["usable", "unsupported"])
def test_the_login_page_does_not_shift(embedded_visitor: Visitor, init_script: str) -> None:
    embedded_visitor.context.add_init_script(SHIFTS + init_script)
    embedded_visitor.page.goto("/accounts/login/")
    embedded_visitor.lets_the_script_finish()
    expect(embedded_visitor.page.get_by_role("status")).to_have_text(
        "This browser can't use passkeys. Try another one." if init_script else ""
    )
    is_painted(embedded_visitor)
    embedded_visitor.page.evaluate(SHIFT)
    embedded_visitor.page.wait_for_function("shifts.length > 0")
    assert (
        len(embedded_visitor.page.evaluate("shifts")) == 1
    )  # The only shift is the test's own, which comes last.


def test_shifts_are_seen(embedded_visitor: Visitor) -> None:
    embedded_visitor.context.add_init_script(SHIFTS)
    embedded_visitor.page.goto("/accounts/login/")
    is_painted(embedded_visitor)
    embedded_visitor.page.evaluate(SHIFT)
    embedded_visitor.page.wait_for_function("shifts.length > 0")


def is_painted(visitor: Visitor) -> None:
    """The page as it is now has been on the screen: the first of two frames may have begun before."""
    frame = "new Promise(requestAnimationFrame)"
    visitor.wait_for_promise(f"{frame}.then(() => {frame})")
