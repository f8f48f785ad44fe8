"""`make screenshots`: every page in light, dark, narrow and right-to-left, for people to look at."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, ViewportSize

from tests.browser.conftest import ROOT, new_visitor, site_with_staff
from tests.browser.tour import peoples_pages, staffs_pages
from tests.browser.visitor import Visitor

pytestmark = pytest.mark.browser
FOLDER = ROOT / "screenshots"
WIDE, NARROW = {"width": 900, "height": 560}, {"width": 320, "height": 560}
ADMIN = {"width": 1440, "height": 560}  # beside its menu and filters


@pytest.fixture(scope="module")
def site(chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The example in its visitors' languages, with the pages that stand alone."""
    folder = tmp_path_factory.mktemp("languages")
    with site_with_staff(folder, DJANGO_SETTINGS_MODULE="tests.browser.languages_settings") as origin:
        yield origin


@pytest.fixture
def tourist(browser: Browser, site: str) -> Iterator[Visitor]:
    with new_visitor(browser, site) as visitor:
        yield visitor


def test_peoples_pages(tourist: Visitor) -> None:
    for page in peoples_pages(tourist):
        photograph(tourist, page, WIDE)


def test_staffs_pages(tourist: Visitor) -> None:
    for page in staffs_pages(tourist, "root"):
        photograph(tourist, page, ADMIN)


def photograph(visitor: Visitor, name: str, size: ViewportSize) -> None:
    """The page as it is, then as others see it."""
    page = visitor.page
    page.set_viewport_size(size)
    take(visitor, name, "light")
    page.emulate_media(color_scheme="dark")
    take(visitor, name, "dark")
    page.emulate_media(color_scheme="light")
    page.set_viewport_size(NARROW)
    take(visitor, name, "narrow")
    page.set_viewport_size(size)
    visitor.context.set_extra_http_headers({"Accept-Language": "ar"})
    page.reload()
    take(visitor, name, "right-to-left")
    visitor.context.set_extra_http_headers({"Accept-Language": "en"})
    page.reload()


def take(visitor: Visitor, name: str, look: str) -> None:
    visitor.lets_the_script_finish()
    visitor.page.screenshot(path=FOLDER / f"{name}-{look}.png", full_page=True, animations="disabled")
