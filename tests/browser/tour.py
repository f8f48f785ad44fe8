"""Every page of ours, one after the other, as people and staff come to them."""

from collections.abc import Iterator
from urllib.parse import urlsplit

from playwright.sync_api import expect

from tests.browser.visitor import PASSWORD, SYNCED, Visitor

ADMIN = "/admin/passkeys_django"


def peoples_pages(visitor: Visitor) -> Iterator[str]:
    """Yields the name of the page that the visitor stands before."""
    visitor.opens_login()
    yield "sign-in"
    visitor.press("Sign in with a passkey")  # there is none
    expect(visitor.page.get_by_role("status").first).to_contain_text("You are not signed in yet.")
    yield "sign-in-cancelled"
    visitor.page.goto("/passkeys/signup/")
    expect(visitor.button("Sign up with a passkey")).to_be_enabled()
    yield "sign-up"
    visitor.signs_up()
    expect(visitor.button("Not now")).to_be_visible()
    yield "offer"
    visitor.page.goto("/passkeys/")
    yield "passkeys-none"
    visitor.page.goto("/transfer/")
    yield "transfer"
    fills_in_a_transfer(visitor)
    visitor.press("Continue")
    expect(visitor.button("Create a passkey")).to_be_enabled()
    yield "sign-without-passkey"
    visitor.creates_a_passkey()
    yield "passkeys"
    visitor.renames_to("Blue laptop")
    yield "passkeys-renamed"
    visitor.page.goto("/passkeys/confirm/?next=/passkeys/")
    visitor.press("Confirm with a passkey")  # an account with a passkey wants one to add another
    visitor.page.wait_for_url("/passkeys/")
    visitor.takes(SYNCED)
    visitor.press("Create a passkey")
    expect(visitor.button("Remove")).to_have_count(2)
    visitor.page.goto("/")
    visitor.signs_out()
    visitor.signs_in_by_the_button()
    visitor.page.goto("/passkeys/")
    expect(visitor.page.get_by_text("You are signed in with this passkey")).to_be_visible()
    yield "passkeys-two"
    visitor.page.goto("/passkeys/confirm/?next=/passkeys/")
    expect(visitor.button("Confirm with a passkey")).to_be_enabled()
    yield "confirm"
    visitor.page.get_by_label("Password").fill("wrong")
    visitor.press("Confirm with your password")
    expect(visitor.page.get_by_role("alert").filter(has_text="not right")).to_be_visible()
    yield "confirm-refused"
    yield from pages_of_a_signed_form(visitor)
    visitor.page.goto("/passkeys/")
    visitor.button("Remove").first.click()
    expect(visitor.page.get_by_role("heading", level=1)).to_contain_text("Remove")
    yield "remove"
    visitor.press("Remove")
    expect(visitor.page.get_by_role("heading", name="Your passkeys")).to_be_visible()
    yield "passkeys-removed"
    yield from pages_for_a_loss(visitor)
    yield from pages_of_links(visitor)


def fills_in_a_transfer(visitor: Visitor) -> None:
    visitor.page.goto("/transfer/")
    visitor.page.get_by_label("To").fill("Grace Brewster Hopper")
    visitor.page.get_by_label("Amount").fill("1250.00")
    visitor.page.get_by_label("Purpose").fill(
        f"<b>Invoice</b>  of {'x' * 80}, and a lunch for two in the old town"
    )


def pages_of_a_signed_form(visitor: Visitor) -> Iterator[str]:
    fills_in_a_transfer(visitor)
    page_id = visitor.page.locator("[name=signed_form]").input_value()
    visitor.press("Continue")
    expect(visitor.button("Sign with a passkey")).to_be_enabled()
    yield "sign"
    visitor.page.get_by_text("The exact text that you sign").click()
    visitor.is_recognised(False)
    visitor.press("Sign with a passkey")
    expect(visitor.page.get_by_text("Nothing was signed")).to_be_visible()
    yield "sign-cancelled"
    visitor.is_recognised(True)
    visitor.press("Sign with a passkey")
    visitor.page.wait_for_url("/transfers/")
    yield "transfers"
    fills_in_a_transfer(visitor)
    visitor.page.locator("[name=signed_form]").evaluate("(field, id) => { field.value = id; }", page_id)
    visitor.press("Continue")
    expect(visitor.page.get_by_role("heading", name="Signed already")).to_be_visible()
    yield "sign-refused"


def pages_for_a_loss(visitor: Visitor) -> Iterator[str]:
    visitor.page.goto("/passkeys/recovery-codes/")
    yield "recovery-codes"
    visitor.press("Make 10 new codes")
    expect(visitor.button("Print")).to_be_visible()
    yield "recovery-codes-made"
    visitor.page.goto("/passkeys/recover/")
    yield "recover"
    visitor.page.goto("/passkeys/end-sessions/")
    yield "end-sessions"


def pages_of_links(visitor: Visitor) -> Iterator[str]:
    visitor.page.goto("/passkeys/add-device/")
    yield "add-device"
    visitor.press("Show the link")
    expect(visitor.page.get_by_role("img", name="QR code of the link")).to_be_visible()
    yield "add-device-link"
    visitor.page.goto(visitor.page.get_by_role("link", name="/enrol/").inner_text())
    expect(visitor.button("Create a passkey")).to_be_enabled()
    yield "enrol"
    visitor.page.goto("/passkeys/enrol/cut-off/")
    yield "enrol-refused"


def staffs_pages(visitor: Visitor, username: str) -> Iterator[str]:
    """As `peoples_pages`, for a superuser with the visitors' password."""
    visitor.page.goto("/admin/login/")
    yield "admin-sign-in"
    visitor.page.get_by_label("Username").fill(username)
    visitor.page.get_by_label("Password").fill(PASSWORD)
    visitor.page.get_by_role("button", name="Log in").click()
    visitor.page.wait_for_url("**/admin/")
    visitor.page.goto("/passkeys/")
    passkeys = visitor.button("Remove")
    before = passkeys.count()
    visitor.press("Create a passkey")
    expect(passkeys).to_have_count(before + 1)
    for name, path in {
        "admin-passkeys": "passkey/",
        "admin-figures": "passkey/figures/",
        "admin-events": "passkeyevent/",
    }.items():
        visitor.page.goto(f"{ADMIN}/{path}")
        expect(visitor.page.get_by_role("heading", level=1)).to_be_visible()
        yield name
    visitor.page.goto(f"/passkeys/confirm/?next={ADMIN}/passkey/")  # who has a passkey revokes with it only
    visitor.press("Confirm with a passkey")
    visitor.page.wait_for_url(f"**{ADMIN}/passkey/")
    visitor.page.locator(".action-select").first.check()
    visitor.page.locator("select[name=action]").first.select_option("delete_selected")
    visitor.page.locator(".actions button").first.click()
    visitor.page.get_by_role("button", name="Revoke").wait_for()
    yield "admin-revoke"
    visitor.page.goto(f"{ADMIN}/passkey/")
    visitor.page.locator("#result_list tbody th a").first.click()
    visitor.page.wait_for_url(f"**{ADMIN}/passkey/*/change/")
    yield "admin-passkey"
    visitor.page.get_by_role("link", name=username, exact=True).first.click()
    visitor.page.wait_for_url("**/admin/auth/user/*/change/")
    yield "admin-user"
    yield from second_step_of_staff(visitor, username)
    visitor.page.get_by_role("link", name="Revoke all").click()
    visitor.page.get_by_role("button", name="Revoke").wait_for()
    yield "admin-revoke-all"
    visitor.page.get_by_role("button", name="Revoke").click()  # the next visitor signs in by password alone
    visitor.page.wait_for_url("**/admin/auth/user/*/change/")


def second_step_of_staff(visitor: Visitor, username: str) -> Iterator[str]:
    """Staff with a passkey are asked for it after their password, and come back to where they were."""
    back = visitor.page.url
    visitor.page.get_by_role("button", name="Log out").click()
    visitor.page.wait_for_url("/")  # LOGOUT_REDIRECT_URL
    with visitor.leaves_autofill_open():
        visitor.page.goto(f"/admin/login/?next={urlsplit(back).path}")
    visitor.page.get_by_label("Username").fill(username)
    visitor.page.get_by_label("Password").fill(PASSWORD)
    visitor.page.get_by_role("button", name="Log in").click()
    expect(visitor.button("Use your passkey or security key")).to_be_enabled()
    yield "admin-second-step"
    visitor.press("Use your passkey or security key")
    visitor.page.wait_for_url(back)
