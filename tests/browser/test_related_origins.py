"""PASSKEY_RELATED_ORIGINS and /.well-known/webauthn, as a browser takes them."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import ARGUMENTS, free_port, new_visitor, running_site
from tests.browser.tls import tls_proxy
from tests.browser.visitor import NO_AUTOFILL, Visitor

pytestmark = pytest.mark.browser
NAMES = ["example.com", "example.de", "www.example.co.uk", "example.net"]


@pytest.fixture(scope="module")
def https_port(chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """Where the one site of all these names is."""
    port, folder = free_port(), tmp_path_factory.mktemp("related")
    with (
        running_site(port, folder, DJANGO_SETTINGS_MODULE="tests.browser.related_settings"),
        tls_proxy(port, NAMES, folder) as https_port,
    ):
        yield https_port


@pytest.fixture
def visitor(chromium: str, browser: Browser, https_port: int) -> Iterator[Visitor]:
    """Somebody at https://example.com, for whose browser all the names lead here."""
    rules = ", ".join(f"MAP {name}:443 127.0.0.1:{https_port}" for name in NAMES)
    arguments = [*ARGUMENTS, f"--host-resolver-rules={rules}", "--ignore-certificate-errors"]
    mapped = browser.browser_type.launch(executable_path=chromium, args=arguments)
    with new_visitor(mapped, "https://example.com") as visitor:
        visitor.context.add_init_script(NO_AUTOFILL)
        yield visitor
    mapped.close()


def test_the_passkey_of_the_rp_id_opens_pages_of_other_domains(visitor: Visitor) -> None:
    visitor.has_a_passkey()

    for origin in ("https://example.de", "https://www.example.co.uk"):
        visitor.page.goto(f"{origin}/accounts/login/")
        visitor.press("Sign in with a passkey")
        visitor.page.wait_for_url(f"{origin}/")
        expect(visitor.page.get_by_role("heading", level=1)).to_have_text(f"Hello, {visitor.username}")


def test_a_page_that_is_not_listed_gets_no_passkey(visitor: Visitor) -> None:
    visitor.has_a_passkey()

    visitor.page.goto("https://example.net/accounts/login/")
    visitor.press("Sign in with a passkey")

    expect(
        visitor.page.get_by_text("Passkeys aren't available at this address. Go on without a passkey.")
    ).to_be_visible()
    assert visitor.posts("finalize-login") == 0
