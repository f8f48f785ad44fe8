"""`make screenshots`: every page in every look, beside the pictures of the run before, for people to look at."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, ViewportSize

from tests.browser.conftest import ROOT, new_visitor, site_with_staff
from tests.browser.contact_sheet import AFTER, keep_the_last_run, write_sheet
from tests.browser.tour import peoples_pages, staffs_pages
from tests.browser.visitor import Visitor

pytestmark = pytest.mark.browser
FOLDER = ROOT / "screenshots"
WIDE, NARROW, HALF = ({"width": width, "height": 560} for width in (900, 320, 640))
LOOKS = ["unstyled", "bootstrap", "tailwind"]
ADMIN = {"width": 1440, "height": 560}  # beside its menu and filters


@pytest.fixture(scope="module", autouse=True)
def sheet() -> Iterator[None]:
    """The pictures of the last run are kept, and stand beside those of this one."""
    keep_the_last_run(FOLDER)
    yield
    print(f"\nLook at {write_sheet(FOLDER).as_uri()}")


@pytest.fixture(scope="module")
def site(chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The example in its visitors' languages, with the pages that stand alone."""
    folder = tmp_path_factory.mktemp("languages")
    with site_with_staff(folder, DJANGO_SETTINGS_MODULE="tests.browser.languages_settings") as origin:
        yield origin


@pytest.fixture(scope="module", params=LOOKS)
def foreign_site(
    request: pytest.FixtureRequest, chromium: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """The example with the classes that docs/templates.md shows for a framework, or without any stylesheet."""
    folder = tmp_path_factory.mktemp(request.param)
    settings = {"DJANGO_SETTINGS_MODULE": "tests.browser.looks_settings", "LOOK": request.param}
    with site_with_staff(folder, **settings) as origin:
        yield origin


@pytest.fixture
def tourist(browser: Browser, site: str) -> Iterator[Visitor]:
    with new_visitor(browser, site) as visitor:
        yield visitor


def test_peoples_pages(tourist: Visitor) -> None:
    for page in peoples_pages(tourist):
        photograph(tourist, page, WIDE)


def test_peoples_pages_with_other_stylesheets(
    browser: Browser, foreign_site: str, request: pytest.FixtureRequest
) -> None:
    look = request.node.callspec.params["foreign_site"]
    with new_visitor(browser, foreign_site) as visitor:
        visitor.page.set_viewport_size(WIDE)
        for page in peoples_pages(visitor):
            take(visitor, page, look)


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
    page.set_viewport_size(HALF)
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    take(visitor, name, "enlarged")
    page.evaluate("document.documentElement.style.fontSize = ''")
    page.set_viewport_size(size)
    visitor.context.set_extra_http_headers({"Accept-Language": "ar"})
    page.reload()
    take(visitor, name, "right-to-left")
    visitor.context.set_extra_http_headers({"Accept-Language": "en"})
    page.reload()


def take(visitor: Visitor, name: str, look: str) -> None:
    visitor.lets_the_script_finish()
    visitor.page.screenshot(path=FOLDER / AFTER / f"{name}-{look}.png", full_page=True, animations="disabled")
