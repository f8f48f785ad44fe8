"""An action on more passkeys than one request can do, in a real browser, under a strict policy."""

import subprocess
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import add_superuser, environment, free_port, manage, new_visitor, running_site
from tests.browser.visitor import PASSWORD, Visitor

pytestmark = pytest.mark.browser
LIST = "/admin/passkeys_django/passkey/"
ROWS = 1_100
STRICT = {"DJANGO_SETTINGS_MODULE": "tests.browser.strict_settings"}
FILL = f"""
from django.contrib.auth import get_user_model
from passkeys_django.models import Passkey, credential_id_sha256
owner = get_user_model().objects.create_user("ada", password="{PASSWORD}")
Passkey.objects.bulk_create(
    Passkey(
        user=owner, name="Laptop", rp_id="localhost", user_handle=b"h", public_key=b"k", credential_id=name,
        credential_id_sha256=credential_id_sha256(name), refused_at="2026-01-01T00:00Z"
    )
    for name in (f"AAAA{{number}}" for number in range(1000, 1000 + {ROWS}))
)
"""


@pytest.fixture
def staff(chromium: str, browser: Browser, tmp_path: Path) -> Iterator[Visitor]:
    """A superuser before the list of very many passkeys."""
    with running_site(free_port(), tmp_path, **STRICT) as origin:
        add_superuser(tmp_path, "root", **STRICT)
        database = f"sqlite:///{tmp_path / 'db.sqlite3'}"
        command = [*manage("shell"), "-v0", "-c", FILL]
        subprocess.run(command, env=environment(DATABASE_URL=database, **STRICT), check=True, capture_output=True)
        with new_visitor(browser, origin) as visitor:
            with visitor.leaves_autofill_open():
                visitor.page.goto(LIST)
                visitor.page.wait_for_url("**/admin/login/**")
            visitor.page.get_by_label("Username").fill("root")
            visitor.page.get_by_label("Password").fill(PASSWORD)
            visitor.press("Log in")
            visitor.page.wait_for_url(LIST)
            yield visitor


def accepts_all_again(page: Page) -> None:
    page.goto(LIST)
    page.get_by_label("Action:").select_option("accept_again")
    page.locator("#action-toggle").check()
    page.locator(".actions .question a").click()
    page.get_by_role("button", name="Run").or_(page.get_by_role("button", name="Go")).click()


def test_the_page_goes_on_by_itself_until_all_is_done(staff: Visitor) -> None:
    accepts_all_again(staff.page)

    expect(staff.page.get_by_text(f"{ROWS} passkeys accepted.")).to_be_visible()
    assert len([request for request in staff.requests if urlsplit(request.url).path == LIST]) >= 3


def test_without_scripts_a_button_goes_on(staff: Visitor) -> None:
    """Django's own list selects all rows of all pages by a script only, so the page of the first batch has one."""
    staff.context.route("**/passkeys_continue.js", lambda route: route.abort())
    accepts_all_again(staff.page)

    for done in ("500", "1000"):
        expect(staff.page.get_by_role("status")).to_contain_text(f"{done} passkeys are done")
        staff.page.get_by_role("button", name="Continue").click()

    expect(staff.page.get_by_text(f"{ROWS} passkeys accepted.")).to_be_visible()
