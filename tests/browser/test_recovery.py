"""Recovery codes in a real browser, under a strict policy: printed, kept, and used after a loss."""

from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.test_accessibility import axe_findings
from tests.browser.test_csp import REPORT, wait_for_violations
from tests.browser.visitor import AUTHENTICATOR, PASSWORD, Visitor

pytestmark = pytest.mark.browser
CODES = "[data-passkey-codes] code"


@pytest.fixture
def visitor(strict_visitor: Visitor) -> Visitor:
    return strict_visitor


@pytest.fixture
def violations(visitor: Visitor) -> list[str]:
    reported: list[str] = []
    visitor.context.expose_function("violated", lambda violation: reported.append(violation))
    visitor.context.add_init_script(REPORT)
    return reported


def makes_codes(visitor: Visitor) -> list[str]:
    """Somebody with a passkey, signed in with it, who has just made codes."""
    visitor.signs_up()
    visitor.creates_a_passkey()
    visitor.signs_out()
    visitor.signs_in_by_the_button()
    visitor.page.goto("/passkeys/")
    visitor.page.get_by_role("link", name="Recovery codes").click()
    expect(visitor.page.get_by_text("You have no codes.")).to_be_visible()
    assert axe_findings(visitor) == []
    visitor.press("Make 10 new codes")
    expect(visitor.page.locator(CODES)).to_have_count(10)
    return visitor.page.locator(CODES).all_inner_texts()


def test_codes_are_printed_and_downloaded_without_another_request(visitor: Visitor, violations: list[str]) -> None:
    visitor.context.add_init_script("window.print = () => { window.printed = true; };")
    codes = makes_codes(visitor)
    assert axe_findings(visitor) == []
    sent: list[str] = []
    visitor.page.on("request", lambda request: sent.append(request.url))

    with visitor.page.expect_download() as download:
        visitor.page.get_by_text("Download", exact=True).click()
    assert download.value.suggested_filename == "recovery-codes.txt"
    text = Path(download.value.path()).read_text(encoding="utf-8")
    assert f"Account: {visitor.username}." in text
    assert [line for line in text.splitlines() if line in codes] == codes

    visitor.press("Print")
    assert visitor.page.evaluate("window.printed")
    assert [url for url in sent if url.startswith("http")] == []
    wait_for_violations(visitor)
    assert violations == []


def test_after_a_loss_a_code_leads_to_a_new_passkey(visitor: Visitor, violations: list[str]) -> None:
    code = makes_codes(visitor)[0]
    visitor.signs_out()
    visitor.takes(AUTHENTICATOR)  # a new device, which has nothing

    visitor.page.goto("/passkeys/recover/")
    assert axe_findings(visitor) == []
    visitor.page.get_by_label("User name").fill(visitor.username)
    visitor.page.get_by_label("Recovery code", exact=True).fill(f" {code.upper().replace('-', ' ')}")
    visitor.page.get_by_label("Password").fill("not this one")
    visitor.press("Go on")
    expect(visitor.page.get_by_role("alert")).to_contain_text("Please check what you have entered")
    visitor.page.get_by_label("Recovery code", exact=True).fill(code)
    visitor.page.get_by_label("Password").fill(PASSWORD)
    visitor.press("Go on")
    expect(visitor.page.get_by_role("heading", level=1)).to_have_text(f"Create a passkey for {visitor.username}")
    visitor.press("Create a passkey")
    visitor.page.wait_for_url("**/passkeys/enrol/done/**")
    visitor.page.goto("/")
    expect(visitor.page.get_by_role("heading", level=1)).to_have_text(f"Hello, {visitor.username}")
    visitor.page.goto("/passkeys/recovery-codes/")
    expect(visitor.page.get_by_text("You have 9 codes left.")).to_be_visible()
    wait_for_violations(visitor)
    assert violations == []


def test_somebody_who_cannot_confirm_by_passkey_finds_the_page(visitor: Visitor) -> None:
    visitor.signs_up()
    visitor.creates_a_passkey()
    visitor.page.goto("/passkeys/confirm/")
    visitor.page.get_by_role("link", name="I can't use my passkey").click()
    expect(visitor.page.get_by_role("heading", level=1)).to_have_text("You can't use your passkey?")
    expect(visitor.page.get_by_text("The link works after 24 hours")).to_be_visible()


def test_codes_can_be_read_without_a_script(visitor: Visitor) -> None:
    visitor.signs_up()
    with visitor.without_javascript() as page:
        page.goto("/passkeys/recovery-codes/")
        page.get_by_role("button", name="Make 10 new codes").click()
        expect(page.locator(CODES)).to_have_count(10)
        expect(page.get_by_text("Print", exact=True)).to_be_hidden()
