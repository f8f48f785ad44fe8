"""A passkey that the policy requires: the page where it is created, and the way on from there."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import free_port, new_visitor, running_site
from tests.browser.visitor import PASSWORD, Visitor

pytestmark = pytest.mark.browser
SETTINGS = {"DJANGO_SETTINGS_MODULE": "tests.browser.required_settings"}
REQUIRED = "**/passkeys/required/?next=*"


@pytest.fixture(scope="module", params=["embedded", "hanko"])
def site(
    request: pytest.FixtureRequest,
    chromium: str,
    hanko_settings: Callable[[int], dict[str, str]],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[str]:
    port = free_port()
    more = hanko_settings(port) if request.param == "hanko" else {}
    with running_site(port, tmp_path_factory.mktemp(request.param), **SETTINGS, **more) as origin:
        yield origin


@pytest.fixture
def visitor(browser: Browser, site: str) -> Iterator[Visitor]:
    with new_visitor(browser, site) as visitor:
        yield visitor


def signs_up(visitor: Visitor) -> None:
    visitor.page.goto("/accounts/signup/")
    visitor.page.get_by_label("Username").fill(visitor.username)
    visitor.page.get_by_label("Password", exact=False).first.fill(PASSWORD)
    visitor.page.get_by_label("Password confirmation").fill(PASSWORD)
    visitor.press("Sign up")
    visitor.page.wait_for_url(REQUIRED)


def test_g5_people_create_the_passkey_that_is_due_and_go_on(visitor: Visitor) -> None:
    signs_up(visitor)
    visitor.page.goto("/passkeys/")
    visitor.page.wait_for_url(REQUIRED)
    expect(visitor.page.get_by_role("heading", level=1)).to_have_text("Create a passkey to go on")

    visitor.press("Create a passkey")

    visitor.page.wait_for_url("/passkeys/")
    expect(visitor.button("Remove")).to_have_count(1)


def test_people_sign_out_there_to_sign_in_as_somebody_else(visitor: Visitor) -> None:
    signs_up(visitor)

    visitor.press("Sign out, or sign in as somebody else")

    visitor.page.wait_for_url("**/accounts/login/?next=*")
    expect(visitor.page.get_by_label("Username")).to_be_editable()


def test_they_can_create_it_on_another_device(visitor: Visitor) -> None:
    signs_up(visitor)

    visitor.page.get_by_role("link", name="Create it on another device").click()

    visitor.page.wait_for_url("**/passkeys/add-device/?next=*")
    expect(visitor.page.get_by_role("heading", level=1)).to_have_text("Add another device")
