"""Signing up with a passkey, in a real browser."""

import re
from http.cookiejar import CookieJar
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, build_opener

import pytest
from playwright.sync_api import Browser, Locator, expect

from tests.browser.conftest import new_visitor, site_with_staff
from tests.browser.test_accessibility import axe_findings
from tests.browser.visitor import NO_WEBAUTHN, PASSWORD, Visitor

pytestmark = pytest.mark.browser
BUTTON = "Sign up with a passkey"


def alert(visitor: Visitor) -> Locator:
    return visitor.page.get_by_role("alert")


def status(visitor: Visitor) -> Locator:
    return visitor.page.locator("[data-passkey-status]")


def test_people_sign_up_and_sign_in_again(visitor: Visitor) -> None:
    visitor.signs_up_with_a_passkey()
    visitor.is_signed_in_with("passkey")
    assert len(visitor.credentials()) == 1

    visitor.signs_out()
    visitor.signs_in_by_the_button()
    assert visitor.refusals() == []


def test_it_is_two_posts_and_no_more(visitor: Visitor) -> None:
    visitor.signs_up_with_a_passkey()
    visitor.is_signed_in_with("passkey")

    names = [request.url.rpartition("/")[2] for request in visitor.requests]
    assert names == ["start-signup", "finalize-signup"]


def test_the_password_page_leads_there(embedded_visitor: Visitor) -> None:
    embedded_visitor.page.goto("/accounts/signup/")
    embedded_visitor.page.get_by_role("link", name=BUTTON).click()

    expect(embedded_visitor.button(BUTTON)).to_be_enabled()


def test_enter_is_enough_and_next_is_kept(embedded_visitor: Visitor) -> None:
    embedded_visitor.page.goto("/accounts/signup/passkey/?next=/passkeys/")
    expect(embedded_visitor.button(BUTTON)).to_be_enabled()
    embedded_visitor.page.get_by_label("Username").fill(embedded_visitor.username)
    embedded_visitor.page.keyboard.press("Enter")

    embedded_visitor.page.wait_for_url("/passkeys/")
    expect(embedded_visitor.button("Remove")).to_have_count(1)


def test_cancelled_nothing_has_happened_and_the_name_is_free(embedded_visitor: Visitor) -> None:
    embedded_visitor.is_recognised(False)
    embedded_visitor.signs_up_with_a_passkey()
    expect(status(embedded_visitor)).to_have_text("Nothing was changed. You can try again whenever you like.")
    expect(embedded_visitor.button(BUTTON)).to_be_focused()

    embedded_visitor.is_recognised(True)
    embedded_visitor.press(BUTTON)
    embedded_visitor.is_signed_in_with("passkey")


def test_a_name_that_is_taken_is_told_at_its_field(embedded_visitor: Visitor) -> None:
    embedded_visitor.signs_up_with_a_passkey()
    embedded_visitor.is_signed_in_with("passkey")
    embedded_visitor.signs_out()

    embedded_visitor.signs_up_with_a_passkey()

    field = embedded_visitor.page.get_by_label("Username")
    expect(alert(embedded_visitor)).to_have_text("A user with that username already exists.")
    expect(field).to_be_focused()
    expect(field).to_have_attribute("aria-invalid", "true")
    assert len(embedded_visitor.credentials()) == 1
    assert axe_findings(embedded_visitor) == []

    field.fill(f"{embedded_visitor.username}-2")
    embedded_visitor.username += "-2"
    embedded_visitor.press(BUTTON)
    embedded_visitor.is_signed_in_with("passkey")


def test_an_empty_name_is_the_browsers_to_refuse(embedded_visitor: Visitor) -> None:
    embedded_visitor.opens_the_sign_up()
    embedded_visitor.press(BUTTON)

    expect(embedded_visitor.page.get_by_label("Username")).to_be_focused()
    assert embedded_visitor.requests == []


def test_who_comes_second_has_no_dead_passkey_left(embedded_visitor: Visitor) -> None:
    """Somebody else takes the name while the browser asks for the passkey."""

    def somebody_else() -> None:
        jar = CookieJar()
        elsewhere = build_opener(HTTPCookieProcessor(jar))
        page = f"{embedded_visitor.origin}/accounts/signup/"
        elsewhere.open(page).close()
        [token] = [cookie.value for cookie in jar if cookie.name == "csrftoken"]
        form = {"username": embedded_visitor.username, "password1": PASSWORD, "password2": PASSWORD}
        elsewhere.open(page, urlencode(form | {"csrfmiddlewaretoken": token}).encode()).close()

    embedded_visitor.before("finalize-signup", somebody_else)
    embedded_visitor.signs_up_with_a_passkey()

    taken = "A user with that username already exists."
    expect(alert(embedded_visitor)).to_have_text(taken)
    expect(embedded_visitor.page.get_by_label("Username")).to_be_focused()
    embedded_visitor.lets_the_script_finish()
    assert len(embedded_visitor.deleted) == 1
    assert embedded_visitor.credentials() == []


def test_without_passkeys_the_page_says_so(embedded_visitor: Visitor) -> None:
    embedded_visitor.context.add_init_script(NO_WEBAUTHN)
    embedded_visitor.page.goto("/accounts/signup/passkey/")

    expect(status(embedded_visitor)).to_have_text("This browser can't use passkeys. Try another one.")
    expect(embedded_visitor.button(BUTTON)).to_be_disabled()


def test_without_javascript_there_is_nothing_to_press(embedded_visitor: Visitor) -> None:
    with embedded_visitor.without_javascript() as page:
        page.goto("/accounts/signup/passkey/")
        expect(page.get_by_role("button", name=BUTTON)).to_be_disabled()


def test_a_page_that_comes_back_from_the_browsers_cache_works(embedded_visitor: Visitor) -> None:
    embedded_visitor.signs_up_with_a_passkey()
    embedded_visitor.is_signed_in_with("passkey")
    embedded_visitor.page.go_back()

    expect(embedded_visitor.button(BUTTON)).to_be_enabled()


def test_listeners_hear_what_it_was(embedded_visitor: Visitor) -> None:
    embedded_visitor.opens_the_sign_up()
    embedded_visitor.page.evaluate(
        "['success', 'error'].forEach((name) => document.addEventListener(`passkeys:${name}`,"
        " ({ detail }) => { window.heard = [name, detail.action]; }))"
    )
    embedded_visitor.is_recognised(False)
    embedded_visitor.page.get_by_label("Username").fill(embedded_visitor.username)
    embedded_visitor.press(BUTTON)
    expect(status(embedded_visitor)).to_contain_text("Nothing was changed.")

    assert embedded_visitor.page.evaluate("window.heard") == ["error", "signup"]


def test_the_two_scripts_share_one_module(embedded_visitor: Visitor) -> None:
    """Else the page's buttons would be wired twice, and two prompts could be open."""
    fetched: list[str] = []
    embedded_visitor.page.on("request", lambda request: fetched.append(request.url))
    embedded_visitor.opens_the_sign_up()

    assert sum(url.endswith("/passkeys.js") for url in fetched) == 1
    assert sum(url.endswith("/passkeys_signup.js") for url in fetched) == 1


def test_people_confirm_their_address_first(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("confirmed")
    settings = {"DJANGO_SETTINGS_MODULE": "tests.browser.confirmed_settings"}
    with site_with_staff(folder, **settings) as origin, new_visitor(browser, origin) as visitor:
        page = visitor.page
        answers = []
        for address in ("root@example.com", "ada@example.com"):
            page.goto("/accounts/signup/passkey/")
            assert axe_findings(visitor) == []
            page.get_by_label("Email address").fill(address)
            visitor.press("Send me a link")
            expect(page.get_by_role("status")).to_have_text(
                "We have sent you an e-mail. Open the link in it to go on."
            )
            answers.append(page.locator("main").inner_html())
        assert answers[0] == answers[1]

        [link] = re.findall(r"^http://\S+token=\S+", (folder / "server.log").read_text(), re.MULTILINE)
        page.goto(link)
        expect(page.get_by_text("ada@example.com")).to_be_visible()
        assert axe_findings(visitor) == []
        page.get_by_label("Username").fill(visitor.username)
        visitor.press(BUTTON)
        visitor.is_signed_in_with("passkey")
