"""The example project as a real process, and people with a browser and an authenticator before it."""

import contextlib
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, expect, sync_playwright

from passkeys_django.environment import VARIABLES
from passkeys_django.testing.hanko import FakeHanko, serve
from tests.browser.visitor import PASSWORD, Visitor
from tests.support.waiting import wait_until

ROOT = Path(__file__).resolve().parent.parent.parent
PATIENCE = 30_000  # milliseconds; it costs nothing when things are fast
expect.set_options(timeout=PATIENCE)
CHROMIUMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def chromium() -> str:
    path = next(filter(None, map(shutil.which, CHROMIUMS)), None)
    if path is None and os.environ.get("CI"):
        pytest.fail("The browser tests need Chromium, and there is none on PATH.")
    if path is None:
        pytest.skip("no Chromium on PATH")
    return path


@pytest.fixture(scope="package")
def browser(chromium: str) -> Iterator[Browser]:
    # Not for the whole session: while Playwright runs, Django takes every test for asynchronous code.
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def embedded_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("embedded")


@pytest.fixture(scope="session")
def embedded_site(chromium: str, embedded_folder: Path) -> Iterator[str]:
    """The origin of the example project that runs the ceremonies itself."""
    with site_with_staff(embedded_folder) as origin:
        yield origin


@pytest.fixture(scope="session")
def hanko() -> Iterator[FakeHanko]:
    """The Hanko of the other sites; its `requests` tell whether it was asked at all."""
    fake = FakeHanko()
    yield fake
    assert fake.errors == []


@pytest.fixture(scope="session")
def hanko_settings(hanko: FakeHanko) -> Iterator[Callable[[int], dict[str, str]]]:
    """What a site on that port is told, to leave the ceremonies to a tenant of its own at the Hanko on another."""
    with serve(hanko) as server:

        def settings(port: int) -> dict[str, str]:
            tenant = hanko.create_tenant(rp_id="localhost", origins=[f"http://localhost:{port}"])
            return {
                "PASSKEY_TENANT_ID": tenant.id,
                "PASSKEY_SECRET_API_KEY": tenant.api_key,
                "PASSKEY_BASE_URL": server.url,
            }

        yield settings


@pytest.fixture(scope="session")
def hanko_site(
    chromium: str, hanko_settings: Callable[[int], dict[str, str]], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """The origin of the example project that leaves them to Hanko."""
    port = free_port()
    with running_site(port, tmp_path_factory.mktemp("hanko"), **hanko_settings(port)) as origin:
        yield origin


@pytest.fixture(scope="session")
def strict_site(chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The origin of the example project that sends the strict policy."""
    folder = tmp_path_factory.mktemp("strict")
    with site_with_staff(folder, DJANGO_SETTINGS_MODULE="tests.browser.strict_settings") as origin:
        yield origin


@pytest.fixture
def strict_visitor(browser: Browser, strict_site: str) -> Iterator[Visitor]:
    with new_visitor(browser, strict_site) as visitor:
        yield visitor


@pytest.fixture(scope="module", params=["embedded", "hanko"])
def site_of_module(
    request: pytest.FixtureRequest,
    chromium: str,
    hanko_settings: Callable[[int], dict[str, str]],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[str]:
    """The origin of a site with the `SETTINGS` of the test's module, with either provider."""
    port = free_port()
    more = hanko_settings(port) if request.param == "hanko" else {}
    settings = request.module.SETTINGS | more
    with running_site(port, tmp_path_factory.mktemp(request.param), **settings) as origin:
        yield origin


@pytest.fixture
def visitor_of_module(browser: Browser, site_of_module: str) -> Iterator[Visitor]:
    with new_visitor(browser, site_of_module) as visitor:
        yield visitor


@pytest.fixture(params=["embedded", "hanko"])
def provider(request: pytest.FixtureRequest) -> str:
    """Either, one after the other."""
    return request.param


@pytest.fixture
def visitor(request: pytest.FixtureRequest, browser: Browser, provider: str) -> Iterator[Visitor]:
    """Somebody at the site with that provider."""
    with new_visitor(browser, request.getfixturevalue(f"{provider}_site")) as visitor:
        yield visitor


@pytest.fixture
def embedded_visitor(browser: Browser, embedded_site: str) -> Iterator[Visitor]:
    """Somebody at the embedded site: for what does not depend on the provider."""
    with new_visitor(browser, embedded_site) as visitor:
        yield visitor


@pytest.fixture
def superuser(embedded_visitor: Visitor, embedded_folder: Path) -> Visitor:
    """Somebody at the embedded site who may do everything in the admin, and has a password only.

    "root" gets no passkey there: the next test's browser would not have it.
    """
    add_superuser(embedded_folder, embedded_visitor.username)
    return embedded_visitor


@contextlib.contextmanager
def new_visitor(browser: Browser, origin: str) -> Iterator[Visitor]:
    context = browser.new_context(base_url=origin)
    context.set_default_timeout(PATIENCE)
    errors = watch_for_errors(context)
    yield Visitor(context, origin)
    context.cookies()  # The browser tells of errors first.
    context.close()
    assert errors == []


def watch_for_errors(context: BrowserContext) -> list[str]:
    """What no script of the context's pages has caught, unhandled rejections included, as it happens."""
    errors: list[str] = []
    context.on("weberror", lambda error: errors.append(f"{error.page and error.page.url}: {error.error}"))
    return errors


@contextlib.contextmanager
def running_site(port: int, folder: Path, **settings: str) -> Iterator[str]:
    """Serve from the database in that folder, which is made if need be; the log must not tell of a crash."""
    log, database = folder / "server.log", folder / "db.sqlite3"
    env = environment(DATABASE_URL=f"sqlite:///{database}", **settings)
    if not database.exists():
        subprocess.run([*manage("migrate"), "--verbosity=0"], env=env, check=True)
    command = manage("runserver", "--noreload", f"localhost:{port}")
    with (
        log.open("w") as output,
        subprocess.Popen(command, env=env, stdout=output, stderr=output) as process,
    ):
        try:
            wait_for(port, process, log)
            yield f"http://localhost:{port}"
        finally:
            process.terminate()
            process.wait(timeout=60)
    assert "Traceback" not in log.read_text(), log.read_text()


@contextlib.contextmanager
def site_with_staff(folder: Path, **settings: str) -> Iterator[str]:
    """Serve on some port; "root" may do everything in the admin, and has the visitors' password."""
    with running_site(free_port(), folder, **settings) as origin:
        add_superuser(folder, "root", **settings)
        yield origin


def add_superuser(folder: Path, username: str, **settings: str) -> None:
    database = f"sqlite:///{folder / 'db.sqlite3'}"
    env = environment(DATABASE_URL=database, DJANGO_SUPERUSER_PASSWORD=PASSWORD, **settings)
    names = [f"--username={username}", f"--email={username}@example.com"]
    command = [*manage("createsuperuser"), "--noinput", *names]
    subprocess.run(command, env=env, check=True, capture_output=True)


def environment(**settings: str) -> dict[str, str]:
    """Ours without what chooses settings, but for a choice; empty variables keep a developer's `.env` out."""
    prefixes = ("DJANGO_", "PASSKEY_", "COV_", "COVERAGE_")
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(prefixes)}
    chosen = {"DJANGO_SETTINGS_MODULE": "tests.browser.settings"} | dict.fromkeys(VARIABLES.values(), "")
    return inherited | chosen | {"PYTHONUNBUFFERED": "1"} | settings


def manage(*arguments: str) -> list[str]:
    return [sys.executable, str(ROOT / "manage.py"), *arguments]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    def listens() -> bool:
        assert process.poll() is None, f"The example project does not start:\n{log.read_text()}"
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return True
        return False

    wait_until(listens, f"the example project listens; its log is {log}")
