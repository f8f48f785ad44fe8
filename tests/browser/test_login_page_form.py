"""A login by passkey is a post of the page's own form, whatever the site has done with this form (U2)."""

import json
from urllib.parse import parse_qs

import pytest
from playwright.sync_api import Request, expect

from tests.browser.test_script import changes_page
from tests.browser.visitor import PASSWORD, Visitor

pytestmark = pytest.mark.browser
BUTTON = "Sign in with a passkey"
FORM = '<form method="post" class="stacked">'
# A form that only a site's script sends: it has neither method nor action, and its fields have the names of its
# methods. It wants a code, and the browser fills in the password.
TRAPS = """
<form class="stacked" hx-post="/accounts/login/">
<script>
  document.querySelector("form.stacked").addEventListener("submit", (event) => event.preventDefault());
  addEventListener("load", () => { document.querySelector("[name=password]").value = "filled in"; });
</script>
<input name="submit" value="x"><input name="action" value="x"><input name="method" value="x"><input name="remove">
<input name="code" required>
<textarea name="note">two
lines</textarea><input type="checkbox" name="remember" value="yes" checked>
"""


@pytest.fixture
def visitor(embedded_visitor: Visitor) -> Visitor:
    """Somebody with a passkey, signed out."""
    embedded_visitor.has_a_passkey()
    embedded_visitor.requests.clear()
    return embedded_visitor


def has(visitor: Visitor, old: str, new: str) -> None:
    changes_page(visitor, "**/accounts/login/", lambda html: html.replace(old, new, 1))


def posted(request: Request) -> dict[str, list[str]]:
    return parse_qs(request.post_data, keep_blank_values=True)


def the_forms_post(visitor: Visitor) -> dict[str, list[str]]:
    (request,) = [request for request in visitor.requests if request.url.endswith("/accounts/login/")]
    assert request.is_navigation_request()
    return posted(request)


def test_u2_the_button_posts_the_form(visitor: Visitor) -> None:
    visitor.signs_in_by_the_button()
    data = the_forms_post(visitor)
    assert data.keys() == {"csrfmiddlewaretoken", "username", "passkey", "next"}
    assert json.loads(data["passkey"][0])["type"] == "public-key"
    assert visitor.posts("finalize-login") == 0


def test_u2_autofill_posts_the_form(visitor: Visitor) -> None:
    visitor.signs_in_by_autofill()
    assert "passkey" in the_forms_post(visitor)


def test_u2_no_trap_of_the_form_stops_it(visitor: Visitor) -> None:
    has(visitor, FORM, TRAPS)
    visitor.opens_login()
    visitor.press(BUTTON)
    visitor.is_signed_in_with("passkey")
    data = the_forms_post(visitor)
    assert (data["remember"], data["note"], data["code"]) == (["yes"], ["two\r\nlines"], [""])
    assert "password" not in data


def test_u2_a_template_without_the_hidden_field_posts_the_form(visitor: Visitor) -> None:
    """As the admin's login page."""
    changes_page(visitor, "**/accounts/login/", lambda html: html.replace("data-passkey-credential", "data-x"))
    visitor.opens_login()
    visitor.press(BUTTON)
    visitor.is_signed_in_with("passkey")
    assert len(the_forms_post(visitor)["passkey"]) == 1


def test_u2_a_refusal_is_an_error_of_the_form(embedded_visitor: Visitor) -> None:
    embedded_visitor.gets_a_passkey_of_another_project()
    embedded_visitor.opens_login()
    embedded_visitor.press(BUTTON)
    expect(embedded_visitor.page.locator(".errorlist")).to_contain_text("This site does not know this passkey.")
    expect(embedded_visitor.button(BUTTON)).to_be_enabled()


def test_u2_a_password_manager_that_answers_by_itself_is_not_asked_again_and_again(
    embedded_visitor: Visitor,
) -> None:
    embedded_visitor.gets_a_passkey_of_another_project()
    embedded_visitor.page.goto("/accounts/login/")
    expect(embedded_visitor.page.locator(".errorlist")).to_contain_text("This site does not know this passkey.")
    embedded_visitor.lets_the_script_finish()
    assert embedded_visitor.posts("start-login") == 1


def test_u2_the_tags_url_wins_over_that_of_the_form(visitor: Visitor) -> None:
    has(visitor, '"form": {', '"form": {"next": ["next", "/passkeys/"], ')
    visitor.opens_login()
    visitor.press(BUTTON)
    visitor.page.wait_for_url("/passkeys/")


def test_f6_a_form_of_another_origin_gets_no_passkey(visitor: Visitor) -> None:
    has(visitor, FORM, FORM.replace("method", 'action="http://evil.example/" method'))
    visitor.opens_login()
    visitor.press(BUTTON)
    expect(visitor.page.get_by_role("alert")).to_contain_text("Passkeys aren't available at this address.")
    assert [request for request in visitor.requests if "evil.example" in request.url] == []


def test_a_password_logs_in_as_before_after_a_cancelled_passkey(visitor: Visitor) -> None:
    visitor.opens_login()
    visitor.is_recognised(False)
    visitor.press(BUTTON)
    expect(visitor.page.get_by_role("status")).to_contain_text("You are not signed in yet.")
    visitor.page.get_by_label("Username").fill(visitor.username)
    visitor.page.get_by_label("Password").fill(PASSWORD)
    visitor.press("Sign in")
    visitor.is_signed_in_with("password")
    assert the_forms_post(visitor)["passkey"] == [""]


def test_the_page_that_comes_back_from_the_cache_has_no_passkey(visitor: Visitor) -> None:
    visitor.signs_in_by_the_button()
    visitor.touches(False)
    visitor.page.go_back()
    expect(visitor.button(BUTTON)).to_be_enabled()
    assert visitor.page.locator("[name=passkey]").input_value() == ""
