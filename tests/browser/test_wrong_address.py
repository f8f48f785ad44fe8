"""Developers who open an address at which browsers refuse passkeys are told which address works."""

import pytest
from playwright.sync_api import expect

from tests.browser.visitor import Visitor

pytestmark = pytest.mark.browser


def test_at_127_0_0_1_the_page_and_the_console_say_where_to_go(embedded_visitor: Visitor) -> None:
    at = embedded_visitor.origin.replace("localhost", "127.0.0.1")
    text = f"Browsers refuse passkeys at IP addresses, this page is 127.0.0.1: open {embedded_visitor.origin}."

    with embedded_visitor.page.expect_console_message(lambda message: text in message.text):
        embedded_visitor.page.goto(f"{at}/accounts/login/")
    expect(embedded_visitor.page.get_by_text(text)).to_be_visible()
    embedded_visitor.press("Sign in with a passkey")

    expect(
        embedded_visitor.page.get_by_text("Passkeys aren't available at this address. Go on without a passkey.")
    ).to_be_visible()
    expect(embedded_visitor.page.get_by_text(text)).to_be_visible()


def test_at_localhost_nothing_is_said(embedded_visitor: Visitor) -> None:
    embedded_visitor.opens_login()

    expect(embedded_visitor.page.get_by_role("alert")).to_have_text([""])
