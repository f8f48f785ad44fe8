"""docs/how-to/protocol-of-your-own.md: the exchange of Hanko's guide for Solid, from an origin of its own.

Free ports take the place of the guide's: 5173 for the front end, 3000 for the site.
"""

from collections.abc import Iterator
from functools import partial
from http.server import ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from passkeys_django.environment import API_KEY, BASE_URL, TENANT_ID
from passkeys_django.testing.hanko import FakeHanko, serve
from tests.browser.conftest import free_port, new_visitor, running_site
from tests.browser.test_front_ends import Quiet
from tests.browser.visitor import Visitor
from tests.docs.how_to.pages import Page as Documented

pytestmark = pytest.mark.browser
LIBRARY = Path(__file__).parent / "vendor" / "webauthn-json.js"
PAGE = """<!DOCTYPE html>
<html lang="en">
<title>Guide</title>
<script type="importmap">{"imports": {"@github/webauthn-json": "/webauthn-json.js"}}</script>
<script type="module">
import * as guide from "/guide.js";
window.call = (name) => guide[name]().then(() => "done", (error) => error.message);
window.ready = true;
</script>
"""
REGISTERED = [
    ("register", {"start": True, "finish": False, "credential": None}),
    ("register", {"start": False, "finish": True, "credential": ...}),
]
SIGNED_IN = [
    ("login", {"start": True, "finish": False, "credential": None}),
    ("login", {"start": False, "finish": True, "options": ...}),
]
"""What the guide's own front end sends; `...` is a credential."""


@pytest.fixture(scope="module")
def port() -> int:
    """Of the front end."""
    return free_port()


@pytest.fixture(scope="module", params=["embedded", "hanko"])
def site(
    request: pytest.FixtureRequest,
    chromium: str,
    hanko: FakeHanko,
    port: int,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[str]:
    """The origin of the site."""
    settings = {"DJANGO_SETTINGS_MODULE": "tests.browser.solid_guide_settings", "FRONT_END": origin_at(port)}
    with serve(hanko) as server:
        if request.param == "hanko":
            tenant = hanko.create_tenant(rp_id="localhost", origins=[origin_at(port)])
            settings |= {TENANT_ID: tenant.id, API_KEY: tenant.api_key, BASE_URL: server.url}
        with running_site(free_port(), tmp_path_factory.mktemp("site"), **settings) as origin:
            yield origin


@pytest.fixture(scope="module")
def front_end(site: str, port: int, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The origin of the front end, which knows no Django."""
    folder = tmp_path_factory.mktemp("front_end")
    guide = Documented("protocol-of-your-own").block("js").replace("http://localhost:3000", site)
    for name, text in ("index.html", PAGE), ("guide.js", guide), ("webauthn-json.js", LIBRARY.read_text()):
        (folder / name).write_text(text)
    with ThreadingHTTPServer(("127.0.0.1", port), partial(Quiet, directory=str(folder))) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield origin_at(port)
        server.shutdown()


@pytest.fixture
def visitor(browser: Browser, site: str) -> Iterator[Visitor]:
    with new_visitor(browser, site) as visitor:
        visitor.signs_up()
        yield visitor


def origin_at(port: int) -> str:
    return f"http://localhost:{port}"


def call(page: Page, front_end: str, name: str) -> Any:
    page.goto(front_end)
    page.wait_for_function("window.ready")
    return page.evaluate("name => call(name)", name)


def sent(visitor: Visitor) -> list[tuple[str, dict[str, Any]]]:
    """What the front end has sent since the last time, without what is in the credentials."""
    requests = [request for request in visitor.requests if "/passkeys/" in request.url]
    visitor.requests.clear()
    return [(request.url.rpartition("/")[2], without_credential(request.post_data_json)) for request in requests]


def without_credential(body: dict[str, Any]) -> dict[str, Any]:
    return {name: ... if isinstance(value, dict) else value for name, value in body.items()}


def test_the_guides_front_end_registers_and_signs_in(visitor: Visitor, front_end: str) -> None:
    page = visitor.page
    assert call(page, front_end, "registerPasskey") == "done"
    assert sent(visitor) == REGISTERED
    page.goto(visitor.origin)
    visitor.signs_out()

    assert call(page, front_end, "signInWithPasskey") == "done"
    assert sent(visitor) == SIGNED_IN
    page.goto(visitor.origin)
    visitor.is_signed_in_with("passkey")


def test_the_guides_front_end_shows_why_something_failed(visitor: Visitor, front_end: str) -> None:
    page = visitor.page
    page.goto(visitor.origin)
    visitor.signs_out()
    assert call(page, front_end, "registerPasskey") == "Please sign in first."
