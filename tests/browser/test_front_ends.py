"""docs/how-to/front-ends.md as written: a front end on the site's origin, on another, and on another site."""

import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, Route

from tests.browser.conftest import ROOT, free_port, new_visitor, running_site
from tests.browser.front_ends_page import shown
from tests.browser.visitor import Visitor

pytestmark = pytest.mark.browser
APP = """<!DOCTYPE html>
<html lang="en">
<title>App</title>
<script type="module">
import * as app from "/app.js";
const report = (error) => ({ name: error.name, code: error.code, message: error.message });
window.call = (name, ...values) => app[name](...values).catch(report);
window.ready = true;
</script>
"""


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_args: object) -> None:
        pass


@pytest.fixture(scope="module")
def ports() -> tuple[int, int]:
    return free_port(), free_port()


@pytest.fixture(scope="module")
def api(chromium: str, ports: tuple[int, int], tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The origin of the site."""
    port, app = ports
    settings = {
        "DJANGO_SETTINGS_MODULE": "tests.browser.front_ends_settings",
        "API_ORIGIN": f"http://localhost:{port}",
        "APP_ORIGIN": f"http://localhost:{app}",
        "OTHER_SITE": f"http://127.0.0.1:{app}",
    }
    with running_site(port, tmp_path_factory.mktemp("api"), **settings) as origin:
        yield origin


@pytest.fixture(scope="module")
def app(api: str, ports: tuple[int, int], tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The origin of the front end, which knows no Django; 127.0.0.1 in its place is another site."""
    folder = tmp_path_factory.mktemp("app")
    write_app(folder, api)
    handler = partial(Quiet, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", ports[1]), handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://localhost:{ports[1]}"
        server.shutdown()


def write_app(folder: Path, api: str) -> None:
    (folder / "index.html").write_text(APP)
    (folder / "app.js").write_text(shown("js", api=api, app="")[0])
    copy = (
        shown("sh", api="", app="")[0].replace("python -c", f"{sys.executable} -c").replace("src/", f"{folder}/")
    )
    subprocess.run(["bash", "-c", copy], check=True, cwd=ROOT)  # noqa: S607


@pytest.fixture
def visitor(browser: Browser, api: str) -> Iterator[Visitor]:
    with new_visitor(browser, api) as visitor:
        visitor.signs_up()
        yield visitor


def open_app(page: Page, origin: str) -> None:
    page.goto(origin)
    page.wait_for_function("window.ready")


def call(page: Page, name: str, *values: object) -> Any:
    return page.evaluate("([name, ...values]) => call(name, ...values)", [name, *values])


def does_everything(visitor: Visitor, app: str) -> None:
    page = visitor.page
    open_app(page, app)
    passkey = call(page, "createPasskey")
    assert passkey in call(page, "listPasskeys")
    assert call(page, "renamePasskey", passkey["id"], "Blue laptop")["name"] == "Blue laptop"
    page.goto("/")
    visitor.signs_out()

    open_app(page, app)
    assert call(page, "signIn") == {"redirect_url": "/"}
    page.goto("/")
    visitor.is_signed_in_with("passkey")
    open_app(page, app)
    assert call(page, "removePasskey", passkey["id"]) is None
    assert call(page, "createPasskey")["name"]


def test_a_front_end_on_another_origin_does_everything(visitor: Visitor, app: str) -> None:
    does_everything(visitor, app)


def test_a_front_end_on_the_sites_origin_does_everything(visitor: Visitor, tmp_path: Path) -> None:
    write_app(tmp_path, visitor.origin)

    def serve(route: Route) -> None:
        name = urlsplit(route.request.url).path.removeprefix("/app").lstrip("/") or "index.html"
        kind = "html" if name == "index.html" else "javascript"
        body = (tmp_path / name).read_text().replace('"/app.js"', '"/app/app.js"')
        route.fulfill(content_type=f"text/{kind}", body=body)

    visitor.page.route("**/app/**", serve)

    does_everything(visitor, f"{visitor.origin}/app/")


def test_a_page_that_is_not_listed_reads_nothing(visitor: Visitor, app: str) -> None:
    stranger = app.replace("localhost", "stranger.localhost")
    open_app(visitor.page, stranger)

    assert call(visitor.page, "signIn")["code"] == "network"
    assert visitor.posts("start-login") == 0


def test_an_error_has_a_code_and_a_sentence(visitor: Visitor, app: str) -> None:
    visitor.page.goto("/")
    visitor.signs_out()
    open_app(visitor.page, app)

    error = call(visitor.page, "createPasskey")

    assert error == {"name": "PasskeyError", "code": "not_authenticated", "message": "Please sign in first."}


def test_on_another_site_the_browser_keeps_the_cookies(visitor: Visitor, app: str) -> None:
    """Allowed by CORS and trusted for CSRF: it is for want of cookies that it does not work."""
    open_app(visitor.page, app.replace("localhost", "127.0.0.1"))

    assert call(visitor.page, "signIn")["code"] == "csrf_failed"
