"""What goes wrong in browsers, and what the script makes of it. The provider plays no part here."""

import json

import pytest
from playwright.sync_api import expect

from .visitor import Visitor

pytestmark = pytest.mark.browser

# As some password managers do: objects that only look like the browser's own.
FAKE_CREDENTIALS = """
for (const method of ["toJSON", "getClientExtensionResults"]) {
  PublicKeyCredential.prototype[method] = () => { throw new TypeError("Illegal invocation"); };
}
AuthenticatorAttestationResponse.prototype.getTransports = () => { throw new TypeError("Illegal invocation"); };
Object.defineProperty(PublicKeyCredential.prototype, "authenticatorAttachment", { get: () => "extension" });
"""
HIDDEN_PAGE = """
window.seen = false;
Object.defineProperty(Document.prototype, "visibilityState", { get: () => (window.seen ? "visible" : "hidden") });
"""
NO_AUTOFILL = "PublicKeyCredential.isConditionalMediationAvailable = undefined;"
NO_WEBAUTHN = "delete window.PublicKeyCredential;"
FAILING_GET = """
CredentialsContainer.prototype.get = async () => { throw new DOMException("", window.outcome); };
"""
OUTCOMES = {
    "ConstraintError": "This security key can't store a passkey (or has no PIN set).",
    "NotSupportedError": "This device can't create a passkey for this site.",
    "SecurityError": "Passkeys aren't available at this address.",
    "OperationError": "Another passkey prompt is already open.",
    "UnknownError": "Your device couldn't complete this. Try again.",
    "EncodingError": "Something went wrong. Reload the page and try again.",
}
EVENTS = """
for (const name of ["success", "error"]) {
  document.addEventListener(`passkeys:${name}`, ({ detail }) => {
    sessionStorage.heard = JSON.stringify([name, detail.action, detail.code ?? null]);
  });
}
"""


def test_credentials_that_only_look_like_the_browsers(embedded_visitor: Visitor) -> None:
    embedded_visitor.context.add_init_script(FAKE_CREDENTIALS)
    embedded_visitor.has_a_passkey()
    embedded_visitor.opens_login()
    embedded_visitor.press("Sign in with a passkey")
    embedded_visitor.is_signed_in_with("passkey")


def test_a_browser_without_autofill_starts_nothing(embedded_visitor: Visitor) -> None:
    embedded_visitor.context.add_init_script(NO_AUTOFILL)
    embedded_visitor.has_a_passkey()
    embedded_visitor.page.goto("/accounts/login/")
    expect(embedded_visitor.button("Sign in with a passkey")).to_be_enabled()
    assert embedded_visitor.posts("start-login") == 0
    embedded_visitor.press("Sign in with a passkey")
    embedded_visitor.is_signed_in_with("passkey")


def test_a_browser_without_webauthn_is_told(embedded_visitor: Visitor) -> None:
    embedded_visitor.context.add_init_script(NO_WEBAUTHN)
    embedded_visitor.page.goto("/accounts/login/")
    expect(embedded_visitor.page.get_by_role("status")).to_have_text("This browser can't use passkeys.")
    expect(embedded_visitor.button("Sign in with a passkey")).to_be_disabled()
    assert embedded_visitor.posts("start-login") == 0


def test_a_tab_in_the_background_waits(embedded_visitor: Visitor) -> None:
    embedded_visitor.context.add_init_script(HIDDEN_PAGE)
    embedded_visitor.page.goto("/accounts/login/")
    expect(embedded_visitor.button("Sign in with a passkey")).to_be_enabled()
    embedded_visitor.page.wait_for_timeout(200)
    assert embedded_visitor.posts("start-login") == 0
    embedded_visitor.page.evaluate("seen = true; document.dispatchEvent(new Event('visibilitychange'))")
    embedded_visitor.wait_for_posts("start-login", 1)


def test_autofill_is_renewed_before_its_challenge_dies(embedded_visitor: Visitor) -> None:
    embedded_visitor.page.clock.install()
    embedded_visitor.opens_login()
    embedded_visitor.page.clock.fast_forward(479_000)
    embedded_visitor.page.wait_for_timeout(200)
    assert embedded_visitor.posts("start-login") == 1
    embedded_visitor.page.clock.fast_forward(2_000)
    embedded_visitor.wait_for_posts("start-login", 2)


def test_autofill_is_renewed_when_the_page_comes_back(embedded_visitor: Visitor) -> None:
    embedded_visitor.opens_login()
    embedded_visitor.page.evaluate(
        "dispatchEvent(new PageTransitionEvent('pagehide', { persisted: true }));"
        "dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))"
    )
    embedded_visitor.wait_for_posts("start-login", 2)


def test_autofill_is_armed_again_after_a_cancelled_dialog(embedded_visitor: Visitor) -> None:
    embedded_visitor.opens_login()
    embedded_visitor.press("Sign in with a passkey")  # there is none
    expect(embedded_visitor.page.get_by_role("status")).to_contain_text("Nothing was changed.")
    embedded_visitor.wait_for_posts("start-login", 3)


def test_autofill_that_fails_at_once_waits_for_the_person(embedded_visitor: Visitor) -> None:
    embedded_visitor.has_a_passkey()
    embedded_visitor.is_recognised(False)
    embedded_visitor.page.goto("/accounts/login/")
    embedded_visitor.wait_for_posts("start-login", 1)
    embedded_visitor.page.wait_for_timeout(300)
    assert embedded_visitor.posts("start-login") == 1
    embedded_visitor.is_recognised(True)
    embedded_visitor.page.get_by_label("Password").focus()
    embedded_visitor.page.get_by_label("Username").focus()
    embedded_visitor.is_signed_in_with("passkey")


def test_a_click_while_autofill_starts_up(embedded_visitor: Visitor) -> None:
    embedded_visitor.has_a_passkey()
    embedded_visitor.page.route("**/start-login", lambda route: None, times=1)  # the first is never answered
    embedded_visitor.page.goto("/accounts/login/")
    embedded_visitor.press("Sign in with a passkey")
    embedded_visitor.is_signed_in_with("passkey")
    assert embedded_visitor.posts("start-login") == 2
    assert embedded_visitor.posts("finalize-login") == 1


def test_a_double_click_asks_once(embedded_visitor: Visitor) -> None:
    embedded_visitor.signs_up()
    embedded_visitor.page.goto("/passkeys/")
    embedded_visitor.button("Create a passkey").dblclick()
    expect(embedded_visitor.button("Remove")).to_have_count(1)
    assert embedded_visitor.posts("start-registration") == 1


def test_a_button_at_work_says_so(embedded_visitor: Visitor) -> None:
    embedded_visitor.opens_login()
    embedded_visitor.touches(False)
    embedded_visitor.press("Sign in with a passkey")
    button = embedded_visitor.button("Sign in with a passkey")
    expect(button).to_be_disabled()
    expect(button).to_have_attribute("aria-busy", "true")


def test_the_csrf_token_is_read_when_it_is_sent(embedded_visitor: Visitor) -> None:
    embedded_visitor.opens_login()
    embedded_visitor.page.evaluate("document.cookie = `csrftoken=${'a'.repeat(32)}; path=/`")
    embedded_visitor.press("Sign in with a passkey")
    expect(embedded_visitor.page.get_by_role("status")).to_contain_text("Nothing was changed.")


def test_a_lost_csrf_cookie_is_told(embedded_visitor: Visitor) -> None:
    embedded_visitor.opens_login()
    embedded_visitor.context.clear_cookies(name="csrftoken")
    embedded_visitor.press("Sign in with a passkey")
    expect(embedded_visitor.page.get_by_role("alert")).to_contain_text("Please reload")


def test_reauthentication_is_gone_to(embedded_visitor: Visitor) -> None:
    embedded_visitor.signs_up()
    embedded_visitor.page.goto("/passkeys/")
    problem = {"code": "reauthentication_required", "reauthentication_url": "/accounts/login/?next=/passkeys/"}
    embedded_visitor.page.route(
        "**/start-registration",
        lambda route: route.fulfill(status=403, content_type="application/problem+json", body=json.dumps(problem)),
    )
    embedded_visitor.press("Create a passkey")
    embedded_visitor.page.wait_for_url("/accounts/login/?next=/passkeys/")


@pytest.mark.parametrize(
    "answer",
    [{"status": 200, "content_type": "text/html", "body": "<p>Sign in</p>"}, {"status": 302}, None],
    ids=["html", "redirect", "nothing"],
)
def test_an_answer_that_is_none(embedded_visitor: Visitor, answer: dict[str, object] | None) -> None:
    headers = {"Location": f"{embedded_visitor.origin}/accounts/login/"}
    embedded_visitor.page.route(
        "**/start-login",
        lambda route: route.fulfill(headers=headers, **answer) if answer else route.abort(),
    )
    embedded_visitor.page.goto("/accounts/login/")
    embedded_visitor.press("Sign in with a passkey")
    expect(embedded_visitor.page.get_by_role("alert")).to_contain_text("can't be reached")
    expect(embedded_visitor.button("Sign in with a passkey")).to_be_enabled()


def test_a_refusal_is_told_in_the_servers_words(embedded_visitor: Visitor) -> None:
    problem = {"code": "throttled", "detail": "Too many attempts, say we."}
    embedded_visitor.page.route(
        "**/start-login",
        lambda route: route.fulfill(status=429, content_type="application/problem+json", body=json.dumps(problem)),
    )
    embedded_visitor.context.add_init_script(EVENTS)
    embedded_visitor.page.goto("/accounts/login/")
    embedded_visitor.press("Sign in with a passkey")
    expect(embedded_visitor.page.get_by_role("alert")).to_have_text("Too many attempts, say we.")
    heard = embedded_visitor.page.evaluate("JSON.parse(sessionStorage.heard)")
    assert heard == ["error", "login", "throttled"]


def test_success_is_told_to_the_site(embedded_visitor: Visitor) -> None:
    embedded_visitor.context.add_init_script(EVENTS)
    embedded_visitor.has_a_passkey()
    assert embedded_visitor.page.evaluate("JSON.parse(sessionStorage.heard)") == ["success", "register", None]
    embedded_visitor.page.goto("/accounts/login/")
    embedded_visitor.is_signed_in_with("passkey")
    assert embedded_visitor.page.evaluate("JSON.parse(sessionStorage.heard)") == ["success", "autofill", None]


def test_each_outcome_has_its_text(embedded_visitor: Visitor) -> None:
    embedded_visitor.context.add_init_script(NO_AUTOFILL + FAILING_GET)
    embedded_visitor.page.goto("/accounts/login/")
    for name, text in OUTCOMES.items():
        embedded_visitor.page.evaluate("name => { window.outcome = name }", name)
        embedded_visitor.press("Sign in with a passkey")
        expect(embedded_visitor.page.get_by_role("alert")).to_have_text(text)
