"""A passkey that the policy requires: the page where it is created, and the way on from there."""

import pytest
from playwright.sync_api import expect

from tests.browser.visitor import PASSWORD, Visitor

pytestmark = pytest.mark.browser
SETTINGS = {"DJANGO_SETTINGS_MODULE": "tests.browser.required_settings"}
REQUIRED = "**/passkeys/required/?next=*"


@pytest.fixture
def visitor(visitor_of_module: Visitor) -> Visitor:
    return visitor_of_module


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
