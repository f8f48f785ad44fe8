"""The built documentation (`make docs`): a page fits a phone, fetches nothing from other hosts, and is found."""

import functools
import http.server
import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Request

from tests.browser.conftest import ROOT

pytestmark = pytest.mark.browser
SITE = ROOT / "build" / "docs"
PHONES = (320, 360)  # CSS pixels: the narrowest that WCAG 1.4.10 names, and the most common one
HEIGHT = 640
#: What people type, and the pages of which one must be first.
SEARCHES = {
    "ValueError login backend": ("how-to/add-to-a-site.html", "faq.html", "troubleshooting.html"),
    "lost phone": ("faq.html", "how-to/lost-device.html", "how-to/support-desk.html"),
    "E005": ("reference.html", "troubleshooting.html"),
    "CSP nonce": ("how-to/csp.html",),
    "django-allauth": ("how-to/beside-django-allauth.html", "how-to/move-from-django-allauth.html"),
    "recovery codes": ("how-to/recovery.html",),
}
OVERFLOWING = """() => {
  const wide = document.documentElement.scrollWidth > document.documentElement.clientWidth;
  const past = element => element.getBoundingClientRect().right > document.documentElement.clientWidth + 1;
  const found = [...document.querySelectorAll("article *")].filter(past);
  return wide ? found.map(element => element.outerHTML.slice(0, 90)) : null;
}"""


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_arguments: object) -> None:
        pass


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    """The origin of the built site."""
    if not (SITE / "index.html").exists():
        (pytest.fail if os.environ.get("CI") else pytest.skip)(
            "`make docs` builds the site that is looked at here"
        )
    handler = functools.partial(_Quiet, directory=str(SITE))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture
def requested() -> list[str]:
    """The URLs that the page fetches."""
    return []


@pytest.fixture
def page(browser: Browser, requested: list[str]) -> Iterator[Page]:
    with browser.new_context(viewport={"width": PHONES[0], "height": HEIGHT}) as context:
        page = context.new_page()

        def note(request: Request) -> None:
            requested.append(request.url)

        page.on("request", note)
        yield page


def names() -> list[str]:
    """Every page of the site."""
    return sorted(path.relative_to(SITE).as_posix() for path in Path(SITE).rglob("*.html"))


def test_no_page_overflows_a_phone_or_needs_another_host(page: Page, site: str, requested: list[str]) -> None:
    found = []
    for name in names():
        page.goto(f"{site}/{name}")
        for width in PHONES:
            page.set_viewport_size({"width": width, "height": HEIGHT})
            if (wide := page.evaluate(OVERFLOWING)) is not None:
                found.append((name, width, wide))

    assert found == []
    assert [url for url in requested if not url.startswith((site, "data:", "blob:"))] == []
    assert len(names()) > 50


def test_pages_work_from_the_disk(page: Page, site: str) -> None:
    page.goto((SITE / "index.html").as_uri())
    page.get_by_role("link", name="Try it in 15 minutes").click()

    page.get_by_role("heading", name="Tutorial").wait_for()


@pytest.mark.parametrize("words", SEARCHES)
def test_the_search_finds_a_right_page_first(page: Page, site: str, words: str) -> None:
    page.set_viewport_size({"width": 1200, "height": 800})
    page.goto(f"{site}/index.html")
    page.get_by_role("textbox", name="Search").fill(words)

    first = page.locator(".md-search-result__item a.md-search-result__link").first
    first.wait_for(state="attached")
    found = (first.get_attribute("href") or "").removeprefix(f"{site}/").partition("?")[0].partition("#")[0]
    assert found in SEARCHES[words]
