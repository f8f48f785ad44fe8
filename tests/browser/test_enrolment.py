"""Links that let people in, in a real browser."""

import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import environment, free_port, manage, new_visitor, running_site
from tests.browser.test_accessibility import axe_findings
from tests.browser.visitor import AUTHENTICATOR, NO_WEBAUTHN, Visitor

pytestmark = pytest.mark.browser
BUTTON = "Create a passkey"
Enrol = Callable[..., str]


def command(folder: Path, origin: str, *arguments: str) -> str:
    """The link that `passkeys_enrol` prints."""
    env = environment(DATABASE_URL=f"sqlite:///{folder / 'db.sqlite3'}")
    call = [*manage("passkeys_enrol"), *arguments, f"--origin={origin}"]
    return subprocess.run(call, env=env, check=True, capture_output=True, text=True).stdout.splitlines()[-1]


@pytest.fixture(scope="module")
def place(chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    folder = tmp_path_factory.mktemp("enrolment")
    with running_site(free_port(), folder) as origin:
        yield origin, folder


@pytest.fixture
def visitor(browser: Browser, place: tuple[str, Path]) -> Iterator[Visitor]:
    with new_visitor(browser, place[0]) as visitor:
        yield visitor


@pytest.fixture
def link_for(place: tuple[str, Path]) -> Enrol:
    """A function: an account with this name and no password, and a link for it."""
    origin, folder = place
    return lambda name, *more: command(folder, origin, name, *more)


def test_an_empty_database_has_an_admin_signed_in_by_passkey_within_a_minute(
    browser: Browser, tmp_path: Path
) -> None:
    """One command and one click; no password is ever stored."""
    with running_site(free_port(), tmp_path) as origin, new_visitor(browser, origin) as visitor:
        began = time.monotonic()
        link = command(tmp_path, origin, "root", "--create", "--superuser")
        visitor.page.goto(link)
        visitor.press(BUTTON)
        visitor.page.wait_for_url("/")
        assert time.monotonic() - began < 60

        visitor.page.goto("/admin/")
        expect(visitor.page.get_by_role("heading", name="Site administration")).to_be_visible()
    shell = "from django.contrib.auth.models import User; print(User.objects.get().password[0])"
    env = environment(DATABASE_URL=f"sqlite:///{tmp_path / 'db.sqlite3'}")
    stored = subprocess.run(
        [*manage("shell"), "-v0", "-c", shell], env=env, check=True, capture_output=True, text=True
    )
    assert stored.stdout.strip() == "!"


def test_people_who_are_invited_are_signed_in_with_their_new_passkey(visitor: Visitor, link_for: Enrol) -> None:
    visitor.page.goto(link_for(visitor.username, "--create"))

    assert visitor.page.url == f"{visitor.origin}/passkeys/enrol/"
    expect(visitor.page.get_by_role("heading", level=1)).to_have_text(f"Create a passkey for {visitor.username}")
    expect(visitor.button(BUTTON)).to_be_enabled()
    assert axe_findings(visitor) == []
    visitor.press(BUTTON)
    visitor.page.wait_for_url("/")
    expect(visitor.page.get_by_role("heading", level=1)).to_have_text(f"Hello, {visitor.username}")
    assert [request.url.rpartition("/")[2] for request in visitor.requests] == [
        "start-enrolment",
        "finalize-enrolment",
    ]

    visitor.signs_out()
    visitor.signs_in_by_the_button()


def test_a_link_that_was_used_says_what_to_do(visitor: Visitor, link_for: Enrol) -> None:
    link = link_for(visitor.username, "--create")
    visitor.page.goto(link)
    visitor.press(BUTTON)
    visitor.page.wait_for_url("/")
    visitor.signs_out()

    visitor.page.goto(link)
    expect(visitor.page.get_by_role("heading", name="This link does not work")).to_be_visible()
    assert axe_findings(visitor) == []
    visitor.page.get_by_role("main").get_by_role("link", name="Sign in").click()
    visitor.page.wait_for_url("/accounts/login/")


def test_cancelled_nothing_has_happened_and_the_link_still_works(visitor: Visitor, link_for: Enrol) -> None:
    visitor.page.goto(link_for(visitor.username, "--create"))
    visitor.is_recognised(False)
    visitor.press(BUTTON)
    status = visitor.page.locator("[data-passkey-status]")
    expect(status).to_have_text("Nothing was changed. You can try again whenever you like.")
    expect(visitor.button(BUTTON)).to_be_focused()

    visitor.is_recognised(True)
    visitor.press(BUTTON)
    visitor.page.wait_for_url("/")


def test_a_link_that_ends_meanwhile_leaves_no_dead_passkey(visitor: Visitor, link_for: Enrol) -> None:
    """The browser is told to forget the passkey that the site did not store."""
    link = link_for(visitor.username, "--create")
    visitor.page.goto(link)
    with new_visitor(visitor.context.browser, visitor.origin) as other:

        def somebody_else() -> None:
            other.page.goto(link)
            other.press(BUTTON)
            other.page.wait_for_url("/")

        visitor.before("finalize-enrolment", somebody_else)
        visitor.press(BUTTON)
        expect(visitor.page.get_by_role("alert")).to_contain_text("This link does not work any more.")
    visitor.lets_the_script_finish()
    assert len(visitor.deleted) == 1


def test_somebody_else_who_is_signed_in_can_sign_out_first(visitor: Visitor, link_for: Enrol) -> None:
    visitor.signs_up()
    link = link_for(f"{visitor.username}-2", "--create")
    visitor.page.goto(link)
    expect(visitor.page.get_by_text(f"You are signed in as {visitor.username} at the moment")).to_be_visible()
    assert axe_findings(visitor) == []

    visitor.signs_out()  # a form of the site's own frame
    visitor.page.goto(link)
    visitor.press(BUTTON)
    visitor.page.wait_for_url("/")
    expect(visitor.page.get_by_role("heading", level=1)).to_have_text(f"Hello, {visitor.username}-2")


def test_or_is_replaced(visitor: Visitor, link_for: Enrol) -> None:
    visitor.signs_up()
    visitor.page.goto(link_for(f"{visitor.username}-2", "--create"))
    visitor.press(BUTTON)
    visitor.page.wait_for_url("/")
    expect(visitor.page.get_by_role("heading", level=1)).to_have_text(f"Hello, {visitor.username}-2")


def test_lost_passkeys_are_removed_after_a_confirmation(visitor: Visitor, link_for: Enrol) -> None:
    visitor.has_a_passkey()
    visitor.takes(AUTHENTICATOR)
    visitor.page.goto(link_for(visitor.username))
    visitor.press(BUTTON)
    visitor.page.wait_for_url("**/passkeys/enrol/done/**")
    expect(visitor.page.get_by_role("heading", name="Your passkey was created")).to_be_visible()
    assert axe_findings(visitor) == []

    visitor.page.get_by_role("link", name="Remove “").click()
    visitor.page.wait_for_url("**/passkeys/confirm/**")
    visitor.press("Confirm with a passkey")
    visitor.press("Remove")
    expect(visitor.page.get_by_role("heading", name="Your passkeys")).to_be_visible()
    expect(visitor.button("Remove")).to_have_count(1)


def test_without_passkeys_the_page_says_so(visitor: Visitor, link_for: Enrol) -> None:
    visitor.context.add_init_script(NO_WEBAUTHN)
    visitor.page.goto(link_for(visitor.username, "--create"))
    status = visitor.page.locator("[data-passkey-status]")
    expect(status).to_have_text("This browser can't use passkeys. Try another one.")
    expect(visitor.button(BUTTON)).to_be_disabled()


def test_another_device_is_added_by_its_code_and_the_page_hears_of_it(browser: Browser, visitor: Visitor) -> None:
    visitor.signs_up()
    visitor.page.goto("/passkeys/")
    visitor.page.get_by_role("link", name="Add another device").click()
    assert axe_findings(visitor) == []
    visitor.press("Show the link")
    expect(visitor.page.get_by_role("img", name="QR code of the link")).to_be_visible()
    assert axe_findings(visitor) == []
    link = visitor.page.get_by_role("link", name="/enrol/").inner_text()

    with new_visitor(browser, visitor.origin) as phone:
        phone.page.goto(link)
        phone.press(BUTTON)
        phone.page.wait_for_url("/")
        expect(phone.page.get_by_role("heading", level=1)).to_have_text(f"Hello, {visitor.username}")

    expect(visitor.page.get_by_text("The passkey was created on the other device.")).to_be_visible()
    assert axe_findings(visitor) == []


def test_without_javascript_the_page_of_the_code_can_be_asked_again(visitor: Visitor) -> None:
    visitor.signs_up()
    with visitor.without_javascript() as page:
        page.goto("/passkeys/add-device/")
        page.get_by_role("button", name="Show the link").click()
        page.get_by_role("link", name="Look whether the link was used").click()
        expect(page.get_by_text("The link has not been used yet.")).to_be_visible()
        page.get_by_role("link", name="Look again").click()
        expect(page.get_by_text("The link has not been used yet.")).to_be_visible()
