"""Which field offers passkeys, on a login page whose template says nothing of them."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.test_script import changes_page
from tests.browser.visitor import Visitor

pytestmark = pytest.mark.browser
PASSWORD = '<input type="password" name="password">'
NEW_PASSWORD = '<input type="password" autocomplete="new-password">'
LOGIN_FORMS = {
    "email": f'<input id="me" type="email" autocomplete="email">{PASSWORD}',
    "username email": f'<input id="me" autocomplete="username email">{PASSWORD}',
    "nothing (Wagtail)": f'<input id="me" name="username">{PASSWORD}<input type="checkbox" name="remember">',
    "off": f'<input id="me" autocomplete="off">{PASSWORD}',
    "several fields": f'<input name="company"><input id="me" autocomplete="username">{PASSWORD}',
    "no password yet": '<input id="me" autocomplete="username">',
    "after a newsletter": f'<input type="email" autocomplete="email"></form><form><input id="me">{PASSWORD}',
    "before a sign-up": f'<input id="me">{PASSWORD}</form><form><input name="name">{PASSWORD}{PASSWORD}',
}
NO_LOGIN_FORMS = {
    "a newsletter": '<input type="email" autocomplete="email">',
    "a sign-up with two passwords": f'<input autocomplete="username">{PASSWORD}{PASSWORD}',
    "a sign-up with a new password": f'<input autocomplete="username">{NEW_PASSWORD}',
    "a sign-up that says nothing": f'<input name="name"><input name="email" type="email">{PASSWORD}',
    "a search": '<input type="search" name="q">',
}


def opens_page_with(visitor: Visitor, form: str) -> None:
    """A login page with the button, and this in the place of its form."""

    def change(html: str) -> str:
        start = html.index('<form method="post" class="stacked"')
        end = html.index("</form>", start) + len("</form>")
        return html[:start] + f"<form method=post>{form}</form>" + html[end:].replace('"form": ', '"noForm": ')

    changes_page(visitor, "**/accounts/login/", change)
    visitor.touches(False)
    visitor.page.goto("/accounts/login/")
    expect(visitor.button("Sign in with a passkey")).to_be_enabled()


@pytest.mark.parametrize("form", LOGIN_FORMS.values(), ids=list(LOGIN_FORMS))
def test_the_user_name_field_offers_passkeys(embedded_visitor: Visitor, form: str) -> None:
    opens_page_with(embedded_visitor, form)
    field = embedded_visitor.page.locator("#me")
    said = re.search(r'id="me"[^>]* autocomplete="((?!off)[^"]+)"', form)
    expect(field).to_have_attribute("autocomplete", f"{said[1] if said else 'username'} webauthn")
    embedded_visitor.wait_for_posts("start-login", 1)


@pytest.mark.parametrize("form", NO_LOGIN_FORMS.values(), ids=list(NO_LOGIN_FORMS))
def test_no_other_field_does(embedded_visitor: Visitor, form: str) -> None:
    opens_page_with(embedded_visitor, form)
    embedded_visitor.lets_the_script_finish()
    assert embedded_visitor.page.locator('[autocomplete*="webauthn"]').count() == 0
    assert embedded_visitor.posts("start-login") == 0
