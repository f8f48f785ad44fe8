"""Wagtail's admin in a real browser."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.db import connection
from playwright.sync_api import Browser, expect, sync_playwright

from tests.browser.conftest import ARGUMENTS, chromium, new_visitor, site_with_staff  # noqa: F401
from tests.browser.visitor import PASSWORD, Visitor

pytestmark = pytest.mark.browser
SETTINGS = "tests.sites.wagtail.browser_settings"
PAGES = "/cms/pages/"


@pytest.fixture(scope="module")
def site(django_db_setup: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The site's origin. Wagtail's migrations take long, so its database is a copy of other tests', if any."""
    folder = tmp_path_factory.mktemp("wagtail")
    if Path(made := connection.settings_dict["NAME"]).exists():
        shutil.copy(made, folder / "db.sqlite3")
    with site_with_staff(folder, DJANGO_SETTINGS_MODULE=SETTINGS) as origin:
        yield origin


@pytest.fixture(scope="module")
def browser(site: str, chromium: str) -> Iterator[Browser]:  # noqa: F811
    # Not for longer: while Playwright runs, Django takes every test for asynchronous code.
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def editor(browser: Browser, site: str) -> Iterator[Visitor]:
    """Signed in by password, with no passkey yet."""
    with new_visitor(browser, site) as visitor:
        page = visitor.page
        with visitor.leaves_autofill_open():
            page.goto("/cms/login/")
        page.get_by_label("Username").fill("root")
        page.locator("input[type=password]").fill(PASSWORD)
        visitor.press("Sign in")
        page.wait_for_url("**/cms/")
        yield visitor


def creates_a_passkey(editor: Visitor) -> None:
    """In the account, and then back to the account by the way at the top of the page."""
    page = editor.page
    page.goto("/cms/account/")
    page.get_by_role("link", name="Your passkeys").click()
    page.wait_for_url("**/passkeys/")
    passkeys = editor.button("Remove")
    before = passkeys.count()
    editor.press("Create a passkey")
    expect(passkeys).to_have_count(before + 1)
    page.get_by_label("Breadcrumb").get_by_role("link", name="Account").click()
    page.wait_for_url("**/cms/account/")
    expect(page.get_by_role("link", name="Your passkeys")).to_be_visible()


def signs_out(editor: Visitor) -> None:
    editor.context.clear_cookies()


def lands_where_they_wanted_to_go(editor: Visitor) -> None:
    editor.page.wait_for_url(lambda url: urlsplit(url).path.startswith(PAGES))
    expect(editor.page.get_by_role("link", name="Welcome to your new Wagtail site!").first).to_be_visible()


def session_cookie(editor: Visitor) -> dict[str, object]:
    [cookie] = [cookie for cookie in editor.context.cookies() if cookie["name"] == "sessionid"]
    return cookie


def test_an_editor_creates_a_passkey_and_signs_in_by_the_button_to_be_remembered(editor: Visitor) -> None:
    creates_a_passkey(editor)
    signs_out(editor)

    with editor.leaves_autofill_open():
        editor.page.goto(PAGES)
        editor.page.wait_for_url("**/cms/login/**")
    editor.page.get_by_label("Remember me").check()
    editor.press("Sign in with a passkey")

    lands_where_they_wanted_to_go(editor)
    assert session_cookie(editor)["expires"] > 0


def test_an_editor_signs_in_by_autofill_until_the_browser_is_closed(editor: Visitor) -> None:
    creates_a_passkey(editor)
    signs_out(editor)

    editor.page.goto(PAGES)  # the authenticator answers by itself

    lands_where_they_wanted_to_go(editor)
    assert session_cookie(editor)["expires"] == -1
