"""What goes wrong in browsers, and what the script makes of it. The provider plays no part here."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import pytest
from playwright.sync_api import Request, Route, expect

from tests.browser.visitor import NO_AUTOFILL, NO_WEBAUTHN, PASSWORD, Visitor

pytestmark = pytest.mark.browser

# As some password managers do: objects that only look like the browser's own.
FAKE_CREDENTIALS = """
for (const method of ["toJSON", "getClientExtensionResults"]) {
  PublicKeyCredential.prototype[method] = () => { throw new TypeError("Illegal invocation"); };
}
AuthenticatorAttestationResponse.prototype.getTransports = () => { throw new TypeError("Illegal invocation"); };
Object.defineProperty(PublicKeyCredential.prototype, "authenticatorAttachment", { get: () => "extension" });
"""
EMPTY_USER_HANDLE = """
Object.defineProperty(AuthenticatorAssertionResponse.prototype, "userHandle", { get: () => new ArrayBuffer(0) });
"""
HIDDEN_PAGE = """
window.seen = false;
Object.defineProperty(Document.prototype, "visibilityState", { get: () => (window.seen ? "visible" : "hidden") });
"""
FAILING = """
for (const method of ["get", "create"]) {
  CredentialsContainer.prototype[method] = async () => {
    if (outcome === null) return null;
    throw outcome === "TypeError" ? new TypeError() : new DOMException("", outcome);
  };
}
"""
# What the browser was asked, without what a clone cannot hold.
OPTIONS = """
window.asked_for = [];
const ask = CredentialsContainer.prototype.get;
CredentialsContainer.prototype.get = function ({ signal, ...options }) {
  asked_for.push(options);
  return ask.call(this, { signal, ...options });
};
"""
# How each request for a passkey ended that failed: the names of the errors.
OUTCOMES_OF_GET = """
window.outcomes = [];
const ask = CredentialsContainer.prototype.get;
CredentialsContainer.prototype.get = function (options) {
  const answer = ask.call(this, options);
  answer.catch((error) => outcomes.push(error.name));
  return answer;
};
"""
CAPABLE = """
PublicKeyCredential.getClientCapabilities = async () => ({ conditionalCreate: true, immediateGet: true });
"""
# The virtual authenticator never settles a conditional create: without a password manager, nobody answers.
CONDITIONAL_CREATE = """
window.created = [];
const { create } = CredentialsContainer.prototype;
CredentialsContainer.prototype.create = function ({ mediation, ...options }) {
  created.push(mediation);
  return create.call(this, options);
};
"""
NEUTRAL = {
    "login": {
        "NotAllowedError": "You are not signed in yet. If your passkey is on another device, such as a phone, "
        "press the button again and choose that device. You can also sign in with your password or in another way."
    },
    "register": {
        "NotAllowedError": "Nothing was changed. You can try again whenever you like.",
        "InvalidStateError": "This device or password manager already has a passkey for your account. Use that "
        "one, or choose another device.",
    },
}
NO_PASSKEY_HERE = "No passkey of this device was used."
OUTCOMES = {
    "ConstraintError": "This security key can't store a passkey (or has no PIN set). Set a PIN, or use another "
    "device.",
    "NotSupportedError": "This device can't create a passkey for this site. Try another device.",
    "SecurityError": "Passkeys aren't available at this address. Go on without a passkey.",
    "OperationError": "Another passkey prompt is already open. Close it and try again.",
    "UnknownError": "Your device couldn't complete this. Try again.",
    "EncodingError": "Something went wrong. Reload the page and try again. Reload the page",
    "TypeError": "Something went wrong. Reload the page and try again. Reload the page",
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


def test_a4_an_empty_user_handle_is_not_sent(embedded_visitor: Visitor) -> None:
    """Safari 15.4 to 17 and Android have one where the site has named the passkeys."""
    embedded_visitor.context.add_init_script(EMPTY_USER_HANDLE)
    embedded_visitor.has_a_passkey()
    embedded_visitor.opens_login()
    with embedded_visitor.page.expect_request(is_post) as login:
        embedded_visitor.press("Sign in with a passkey")
    response = json.loads(parse_qs(login.value.post_data)["passkey"][0])["response"]
    assert sorted(response) == ["authenticatorData", "clientDataJSON", "signature"]


def is_post(request: Request) -> bool:
    return request.method == "POST" and request.url.endswith("/accounts/login/")


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
    expect(embedded_visitor.page.get_by_role("status")).to_have_text(
        "This browser can't use passkeys. Try another one."
    )
    expect(embedded_visitor.button("Sign in with a passkey")).to_be_disabled()
    assert embedded_visitor.posts("start-login") == 0


def test_a_tab_in_the_background_waits(embedded_visitor: Visitor) -> None:
    embedded_visitor.context.add_init_script(HIDDEN_PAGE)
    embedded_visitor.page.goto("/accounts/login/")
    expect(embedded_visitor.button("Sign in with a passkey")).to_be_enabled()
    embedded_visitor.lets_the_script_finish()
    assert embedded_visitor.posts("start-login") == 0
    embedded_visitor.page.evaluate("seen = true; document.dispatchEvent(new Event('visibilitychange'))")
    embedded_visitor.wait_for_posts("start-login", 1)


def test_autofill_is_renewed_before_its_challenge_dies(embedded_visitor: Visitor) -> None:
    embedded_visitor.page.clock.install(time=0)
    embedded_visitor.page.clock.pause_at(1)
    embedded_visitor.opens_login()
    embedded_visitor.page.clock.fast_forward(479_000)
    embedded_visitor.lets_the_script_finish()
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
    expect(embedded_visitor.page.get_by_role("status")).to_contain_text("You are not signed in yet.")
    embedded_visitor.wait_for_posts("start-login", 3)


def test_autofill_that_fails_at_once_waits_for_the_person(embedded_visitor: Visitor) -> None:
    embedded_visitor.has_a_passkey()
    embedded_visitor.is_recognised(False)
    with embedded_visitor.page.expect_console_message(lambda message: "no autofill" in message.text):
        embedded_visitor.page.goto("/accounts/login/")
    embedded_visitor.lets_the_script_finish()
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
    assert embedded_visitor.posts("/accounts/login/") == 1


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


def test_d15_the_csrf_token_is_read_when_it_is_sent(embedded_visitor: Visitor) -> None:
    embedded_visitor.opens_login()
    embedded_visitor.page.evaluate("document.cookie = `csrftoken=${'a'.repeat(32)}; path=/`")
    embedded_visitor.press("Sign in with a passkey")
    expect(embedded_visitor.page.get_by_role("status")).to_contain_text("You are not signed in yet.")


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
    changes_page(embedded_visitor, "**/accounts/login/", lambda html: html.replace('"form": ', '"noForm": '))
    embedded_visitor.page.goto("/accounts/login/")
    embedded_visitor.is_signed_in_with("passkey")
    assert embedded_visitor.page.evaluate("JSON.parse(sessionStorage.heard)") == ["success", "autofill", None]


@pytest.mark.parametrize("action", ["login", "register"])
def test_each_outcome_has_its_text(embedded_visitor: Visitor, action: str) -> None:
    button = opens_page_where_everything_fails(embedded_visitor, action)
    for name, text in OUTCOMES.items():
        embedded_visitor.page.evaluate("name => { window.outcome = name }", name)
        embedded_visitor.press(button)
        expect(embedded_visitor.page.get_by_role("alert")).to_have_text(text)
        expect(embedded_visitor.page.get_by_role("status")).to_have_text("")


@pytest.mark.parametrize("action", ["login", "register"])
def test_to_cancel_is_no_error(embedded_visitor: Visitor, action: str) -> None:
    warnings: list[str] = []
    embedded_visitor.page.on(
        "console", lambda message: warnings.append(message.text) if message.type == "warning" else None
    )
    button = opens_page_where_everything_fails(embedded_visitor, action)
    for name, text in [*NEUTRAL[action].items(), (None, NEUTRAL[action]["NotAllowedError"])]:
        embedded_visitor.page.evaluate("name => { window.outcome = name }", name)
        embedded_visitor.press(button)
        expect(embedded_visitor.page.get_by_role("status")).to_have_text(text)
        expect(embedded_visitor.page.get_by_role("alert")).to_have_text("")
        expect(embedded_visitor.button(button)).to_be_focused()
    assert warnings == []


@pytest.mark.parametrize("action", ["login", "register"])
def test_what_was_stopped_is_silent(embedded_visitor: Visitor, action: str) -> None:
    button = opens_page_where_everything_fails(embedded_visitor, action)
    embedded_visitor.page.evaluate("window.outcome = 'AbortError'")
    embedded_visitor.press(button)
    expect(embedded_visitor.button(button)).to_be_enabled()
    expect(embedded_visitor.page.get_by_role("status")).to_have_text("")
    expect(embedded_visitor.page.get_by_role("alert")).to_have_text("")


def opens_page_where_everything_fails(visitor: Visitor, action: str) -> str:
    """Returns the name of the button."""
    visitor.context.add_init_script(NO_AUTOFILL + FAILING)
    if action == "login":
        visitor.page.goto("/accounts/login/")
        return "Sign in with a passkey"
    visitor.signs_up()
    visitor.page.goto("/passkeys/")
    return "Create a passkey"


def test_a_pending_prompt_of_another_script_is_waited_for(embedded_visitor: Visitor) -> None:
    embedded_visitor.has_a_passkey()
    embedded_visitor.context.add_init_script(NO_AUTOFILL + OUTCOMES_OF_GET)
    embedded_visitor.page.clock.install(time=0)
    embedded_visitor.page.clock.pause_at(1)
    embedded_visitor.touches(False)
    embedded_visitor.page.goto("/accounts/login/")
    embedded_visitor.page.evaluate(
        "window.other = new AbortController();"
        "const publicKey = { challenge: new Uint8Array(32) };"
        "navigator.credentials.get({ publicKey, signal: other.signal }).catch(() => {}); 0"
    )
    embedded_visitor.press("Sign in with a passkey")
    embedded_visitor.page.wait_for_function("String(outcomes) === 'OperationError'")
    embedded_visitor.page.evaluate("other.abort()")
    embedded_visitor.page.wait_for_function("String(outcomes) === 'OperationError,AbortError'")
    embedded_visitor.touches(True)
    embedded_visitor.page.clock.fast_forward(500)
    embedded_visitor.is_signed_in_with("passkey")


def test_only_autofill_names_a_mediation(embedded_visitor: Visitor) -> None:
    embedded_visitor.context.add_init_script(OPTIONS)
    embedded_visitor.opens_login()
    embedded_visitor.press("Sign in with a passkey")
    expect(embedded_visitor.page.get_by_role("status")).to_contain_text("You are not signed in yet.")
    embedded_visitor.wait_for_posts("start-login", 3)
    embedded_visitor.page.wait_for_function("asked_for.length === 3")
    members = embedded_visitor.page.evaluate("asked_for.map((options) => Object.keys(options).sort().join())")
    assert members == ["mediation,publicKey", "publicKey", "mediation,publicKey"]


def test_a_page_that_is_hidden_and_seen_again_starts_nothing(embedded_visitor: Visitor) -> None:
    embedded_visitor.context.add_init_script(HIDDEN_PAGE.replace("false", "true"))
    embedded_visitor.opens_login()
    for seen in ["false", "true"] * 2:
        embedded_visitor.page.evaluate(f"seen = {seen}; document.dispatchEvent(new Event('visibilitychange'))")
    embedded_visitor.lets_the_script_finish()
    assert embedded_visitor.posts("start-login") == 1


def test_d15_a_login_in_another_tab_does_not_disturb(embedded_visitor: Visitor) -> None:
    embedded_visitor.has_a_passkey()
    embedded_visitor.opens_login()
    before = embedded_visitor.context.cookies()
    other = embedded_visitor.context.new_page()
    other.goto("/accounts/login/")
    other.get_by_label("Username").fill(embedded_visitor.username)
    other.get_by_label("Password").fill(PASSWORD)
    other.get_by_role("button", name="Sign in", exact=True).click()
    other.wait_for_url("/")
    other.close()
    assert token_in(before) != token_in(embedded_visitor.context.cookies())
    embedded_visitor.press("Sign in with a passkey")
    embedded_visitor.is_signed_in_with("passkey")
    assert embedded_visitor.refusals() == []


def token_in(cookies: Sequence[Mapping[str, object]]) -> object:
    return next(cookie["value"] for cookie in cookies if cookie["name"] == "csrftoken")


def test_the_token_of_the_page_serves_where_the_cookie_is_out_of_reach(embedded_visitor: Visitor) -> None:
    changes_config(embedded_visitor, "**/accounts/login/", cookie=None)
    embedded_visitor.opens_login()
    embedded_visitor.press("Sign in with a passkey")
    expect(embedded_visitor.page.get_by_role("status")).to_contain_text("You are not signed in yet.")
    assert embedded_visitor.refusals() == []


def test_each_of_several_login_buttons_works(embedded_visitor: Visitor) -> None:
    embedded_visitor.has_a_passkey()
    changes_page(
        embedded_visitor,
        "**/accounts/login/",
        lambda html: html.replace(
            "<h1>", "<button type=button data-passkey-login disabled>The other</button><h1>"
        ),
    )
    embedded_visitor.opens_login()
    expect(embedded_visitor.button("Sign in with a passkey")).to_be_enabled()
    embedded_visitor.press("The other")
    embedded_visitor.is_signed_in_with("passkey")


def test_a_script_that_is_loaded_twice_works_once(embedded_visitor: Visitor) -> None:
    embedded_visitor.signs_up()
    changes_page(
        embedded_visitor, "**/passkeys/", lambda html: html.replace("</main>", f"{module_in(html)}</main>")
    )
    embedded_visitor.page.goto("/passkeys/")
    assert embedded_visitor.page.locator("script[type=module]").count() == 2
    embedded_visitor.press("Create a passkey")
    expect(embedded_visitor.button("Remove")).to_have_count(1)
    assert embedded_visitor.posts("start-registration") == 1


def module_in(html: str) -> str:
    return re.search(r"<script type=.module.*?</script>", html)[0]


def test_a_new_passkey_is_where_the_page_points(embedded_visitor: Visitor) -> None:
    embedded_visitor.signs_up()
    embedded_visitor.creates_a_passkey()
    url = urlsplit(embedded_visitor.page.url)
    assert url.path == "/passkeys/"
    assert UUID(url.fragment.removeprefix("passkey-"))


def test_a_new_passkey_gets_the_focus(embedded_visitor: Visitor) -> None:
    def give_cards_ids(html: str) -> str:
        found = re.search(r"/passkeys/([0-9a-f-]{36})/rename/", html)
        card = f'<article id="passkey-{found[1]}" tabindex="-1" ' if found else "<article  "
        return re.sub("<article ", card, html, count=1) if found else html + " "

    embedded_visitor.signs_up()
    changes_page(embedded_visitor, "**/passkeys/", give_cards_ids)
    embedded_visitor.creates_a_passkey()
    expect(embedded_visitor.page.locator("article")).to_be_focused()


# Creating a passkey without a dialog


def is_offered_one(visitor: Visitor) -> None:
    """Just signed up, at a home page that offers a passkey, with the setting on."""
    changes = {
        '"immediate": false': '"immediate": false, "conditionalCreate": true',
        "data-passkey-register disabled": 'data-passkey-register="/passkeys/" disabled',
    }

    def change(html: str) -> str:
        for old, new in changes.items():
            assert old in html
            html = html.replace(old, new)
        return html

    visitor.signs_up()
    changes_page(visitor, f"{visitor.origin}/", change)
    visitor.page.goto("/")


def test_a_passkey_is_created_without_a_dialog(embedded_visitor: Visitor) -> None:
    embedded_visitor.context.add_init_script(CAPABLE + CONDITIONAL_CREATE + EVENTS)
    is_offered_one(embedded_visitor)
    expect(embedded_visitor.page.get_by_text("A passkey was created for you.")).to_be_visible()
    expect(embedded_visitor.button("Create a passkey")).to_have_count(0)
    assert embedded_visitor.page.evaluate("created") == ["conditional"]
    assert embedded_visitor.page.evaluate("JSON.parse(sessionStorage.heard)") == ["success", "register", None]
    assert len(embedded_visitor.credentials()) == 1
    embedded_visitor.page.unroute_all()
    embedded_visitor.page.goto("/passkeys/")
    expect(embedded_visitor.button("Remove")).to_have_count(1)


def test_a_part_of_the_site_that_is_busy_does_not_matter(embedded_visitor: Visitor) -> None:
    busy = "addEventListener('DOMContentLoaded', () => document.body.setAttribute('aria-busy', 'true'));"
    embedded_visitor.context.add_init_script(CAPABLE + CONDITIONAL_CREATE + busy)
    is_offered_one(embedded_visitor)
    expect(embedded_visitor.page.get_by_text("A passkey was created for you.")).to_be_visible()


@pytest.mark.parametrize("outcome", ["NotAllowedError", "InvalidStateError", "AbortError"])
def test_it_is_tried_once_in_a_browser_session_and_silently(embedded_visitor: Visitor, outcome: str) -> None:
    embedded_visitor.context.add_init_script(CAPABLE + EVENTS + FAILING + f"window.outcome = '{outcome}'")
    is_offered_one(embedded_visitor)
    embedded_visitor.wait_for_posts("start-registration", 1)
    embedded_visitor.page.reload()
    embedded_visitor.lets_the_script_finish()
    assert embedded_visitor.posts("start-registration") == 1
    assert embedded_visitor.page.evaluate("sessionStorage.heard ?? null") is None
    for line in embedded_visitor.page.locator("[data-passkey-status], [data-passkey-alert]").all():
        expect(line).to_have_text("")
    expect(embedded_visitor.button("Create a passkey")).to_be_enabled()


def test_a_browser_that_cannot_is_not_asked(embedded_visitor: Visitor) -> None:
    embedded_visitor.context.add_init_script("delete PublicKeyCredential.getClientCapabilities")
    is_offered_one(embedded_visitor)
    expect(embedded_visitor.button("Create a passkey")).to_be_enabled()
    embedded_visitor.lets_the_script_finish()
    assert embedded_visitor.posts("start-registration") == 0


def test_the_button_comes_before_what_happens_by_itself(embedded_visitor: Visitor) -> None:
    """Here the browser really has a conditional request pending, which nobody will answer."""
    embedded_visitor.context.add_init_script(CAPABLE)
    is_offered_one(embedded_visitor)
    embedded_visitor.wait_for_prompt("create")
    embedded_visitor.press("Create a passkey")
    embedded_visitor.page.wait_for_url("/passkeys/")
    expect(embedded_visitor.button("Remove")).to_have_count(1)
    assert embedded_visitor.posts("start-registration") == 2


# Asking for a passkey of this device only


def test_the_first_press_asks_this_device_and_the_next_any(embedded_visitor: Visitor) -> None:
    embedded_visitor.context.add_init_script(OPTIONS + NO_AUTOFILL)
    changes_config(embedded_visitor, "**/accounts/login/", immediate=True)
    embedded_visitor.page.goto("/accounts/login/")
    embedded_visitor.lets_the_script_finish()
    embedded_visitor.press("Sign in with a passkey")
    expect(embedded_visitor.page.get_by_role("status")).to_contain_text(NO_PASSKEY_HERE)
    expect(embedded_visitor.page.get_by_role("alert")).to_have_text("")
    embedded_visitor.press("Sign in with a passkey")
    expect(embedded_visitor.page.get_by_role("status")).to_contain_text("You are not signed in yet.")
    members = embedded_visitor.page.evaluate("asked_for.map((options) => Object.keys(options).sort().join())")
    assert members == ["publicKey,uiMode", "publicKey"]
    assert embedded_visitor.page.evaluate("asked_for[0].uiMode") == "immediate"


def test_a_passkey_of_this_device_signs_in_at_once(embedded_visitor: Visitor) -> None:
    embedded_visitor.has_a_passkey()
    embedded_visitor.context.add_init_script(OPTIONS + NO_AUTOFILL)
    changes_config(embedded_visitor, "**/accounts/login/", immediate=True)
    embedded_visitor.page.goto("/accounts/login/")
    embedded_visitor.lets_the_script_finish()
    embedded_visitor.press("Sign in with a passkey")
    embedded_visitor.is_signed_in_with("passkey")


def test_a_browser_that_cannot_tell_is_asked_as_ever(embedded_visitor: Visitor) -> None:
    embedded_visitor.context.add_init_script(
        OPTIONS + NO_AUTOFILL + "PublicKeyCredential.getClientCapabilities = async () => ({});"
    )
    changes_config(embedded_visitor, "**/accounts/login/", immediate=True)
    embedded_visitor.page.goto("/accounts/login/")
    embedded_visitor.lets_the_script_finish()
    embedded_visitor.press("Sign in with a passkey")
    expect(embedded_visitor.page.get_by_role("status")).to_contain_text("You are not signed in yet.")
    assert embedded_visitor.page.evaluate("asked_for.map(({ uiMode }) => uiMode ?? null)") == [None]


def changes_page(visitor: Visitor, url: str, change: Callable[[str], str]) -> None:
    """From now on that page comes otherwise."""

    def handle(route: Route) -> None:
        if route.request.method == "POST":
            route.continue_()
            return
        response = route.fetch()
        html = response.text()
        changed = change(html)
        assert changed != html
        route.fulfill(response=response, body=changed)

    visitor.page.route(url, handle)


def changes_config(visitor: Visitor, url: str, **members: object) -> None:
    """From now on that page's data block says so."""
    changes = [
        (re.compile(rf'"{name}": [^,}}]+'), f'"{name}": {json.dumps(value)}') for name, value in members.items()
    ]

    def change(html: str) -> str:
        for pattern, text in changes:
            html = pattern.sub(text, html)
        return html

    changes_page(visitor, url, change)
