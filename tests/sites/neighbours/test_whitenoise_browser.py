"""People sign up and in with what WhiteNoise serves, under a strict Content-Security-Policy."""

import re
import subprocess

import pytest
from playwright.sync_api import sync_playwright

from tests.browser.conftest import ARGUMENTS, chromium, environment, free_port, manage, new_visitor, running_site

pytestmark = pytest.mark.browser
__all__ = ["chromium"]
SETTINGS = "tests.sites.neighbours.served_by_whitenoise"


@pytest.fixture
def site(tmp_path):
    port = free_port()
    settings = {
        "DJANGO_SETTINGS_MODULE": SETTINGS,
        "STATIC_ROOT": str(tmp_path / "static"),
        "PASSKEY_ORIGINS": f"http://localhost:{port}",
    }
    subprocess.run(
        [*manage("collectstatic"), "--noinput", "--verbosity=0"], env=environment(**settings), check=True
    )
    with running_site(port, tmp_path, **settings) as origin:
        yield origin


@pytest.fixture
def visitor(chromium, site):
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        with new_visitor(browser, site) as visitor:
            yield visitor
        browser.close()


def test_people_sign_up_and_in_with_modules_whose_names_have_a_hash(visitor):
    fetched = []
    visitor.page.on("request", lambda request: fetched.append(request.url))
    visitor.signs_up_with_a_passkey()
    visitor.signs_out()
    visitor.signs_in_by_the_button()

    modules = {url.rpartition("/")[2] for url in fetched if url.endswith(".js")}
    assert {re.sub(r"\.[0-9a-f]{12}\.", ".", name) for name in modules} == {"passkeys.js", "passkeys_signup.js"}
    assert len(modules) == 2
