"""passkeys_api.js in a page that knows nothing of our templates: what its functions promise, and how they fail."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from passkeys_django.signatures.statement.statements import Statement, rows
from tests.browser.test_enrolment import command
from tests.browser.visitor import PASSWORD, SECURITY_KEY, Visitor

pytestmark = pytest.mark.browser
SETTINGS = {"DJANGO_SETTINGS_MODULE": "tests.browser.waiting_settings"}
"""Of `site_of_module`: a policy asks for a second step."""
APP = """<!DOCTYPE html>
<html lang="en">
<title>App</title>
<input name="username" autocomplete="username webauthn">
<script type="module">
import { connect } from "/static/passkeys_django/passkeys_api.js";
const report = ({ name, code, message, problem }) => ({ name, code, message, problem });
window.passkeys = connect();
window.call = (name, ...values) => passkeys[name](...values).catch(report);
window.signs = (values, agrees = true, url = "/transfer/") => {
  window.reviewed = [];
  return call("sign", url, values, { review: async (statement) => { reviewed.push(statement); return agrees; } });
};
</script>
"""
TRANSFER = {"to": "Grace", "amount": "0012.50", "purpose": "Tea"}
DATA: list[dict[str, Any]] = [
    {},
    {"to": "Grace", "amount": "12.50", "n": -3, "yes": True, "none": None},
    {"account": {"id": 7, "text": "Savings"}},
    {"account": {"id": "7", "text": {"a": 1, "b": [2, 3]}}, "other": {"id": None, "text": "x"}},
    {"account": {"id": True, "text": "x"}, "other": {"id": 1, "text": 2}, "third": {"id": "7", "text": "Savings"}},
    {"id text": "not a choice"},
    {"id,text": "not a choice"},
    {"choice": {"id": [1], "text": "not a choice"}, "more": {"id": 1, "text": "no", "x": 1}},
    {"items": [{"name": "Tea", "price": "1.00"}, {"name": "Cake", "price": "2.00"}], "empty": [], "object": {}},
    {"__proto__": {"id": 1, "text": "a choice"}, "constructor": "x", "toString": [[["deep"]]]},
    {"text": "line\nline <b>&amp;</b> \u2028 \U0001f36a", "": "no name"},
]


def opens_app(visitor: Visitor) -> Page:
    """The app. No authenticator answers its prompts before somebody touches one."""
    visitor.page.route("**/app", lambda route: route.fulfill(content_type="text/html", body=APP))
    visitor.page.goto("/app")
    visitor.page.wait_for_function("window.passkeys")
    return visitor.page


def call(page: Page, name: str, *values: object) -> Any:
    return page.evaluate("([name, ...values]) => call(name, ...values)", [name, *values])


def signs(page: Page, values: object, *more: object) -> Any:
    return page.evaluate("(values) => signs(...values)", [values, *more])


@pytest.fixture
def member(visitor: Visitor) -> Visitor:
    """Signed in, with a passkey, in the app."""
    visitor.signs_up()
    opens_app(visitor)
    assert call(visitor.page, "register")["kind"] == "passkey"
    return visitor


@pytest.fixture
def embedded_member(embedded_visitor: Visitor) -> Visitor:
    embedded_visitor.signs_up()
    opens_app(embedded_visitor)
    assert call(embedded_visitor.page, "register")["kind"] == "passkey"
    return embedded_visitor


def is_signed_out(visitor: Visitor) -> Page:
    visitor.page.goto("/")
    visitor.signs_out()
    return opens_app(visitor)


# Ceremonies


def test_a_whole_visit_without_one_refusal(member: Visitor) -> None:
    """A login makes a new CSRF token, and the module has it in time."""
    page = is_signed_out(member)
    member.requests.clear()
    assert call(page, "login", {"next": "/transfers/?page=1"}) == {"redirect_url": "/transfers/?page=1"}
    assert call(page, "confirm") == {"redirect_url": "/"}
    assert call(page, "login", {"next": "https://stranger.example/"}) == {"redirect_url": "/"}
    [passkey] = call(page, "list")
    assert call(page, "rename", passkey["id"], "Blue laptop")["name"] == "Blue laptop"
    assert call(page, "remove", passkey["id"]) is None
    assert call(page, "list") == []
    member.lets_the_script_finish()
    assert member.refusals() == []
    assert len(member.deleted) == 1  # the authenticator was told


def test_a_token_that_another_tab_has_made_old_is_renewed(embedded_member: Visitor) -> None:
    embedded_member.context.clear_cookies(name="csrftoken")

    assert len(call(embedded_member.page, "list")) == 1
    assert call(embedded_member.page, "confirm") == {"redirect_url": "/"}

    assert [status for _url, status in embedded_member.refusals()] == [403]


def test_somebody_signs_up(visitor: Visitor) -> None:
    page = opens_app(visitor)
    assert call(page, "signup", {"username": visitor.username}) == {"redirect_url": "/"}
    assert len(call(page, "list")) == 1
    visitor.page.goto("/")
    expect(visitor.page.get_by_role("heading", level=1)).to_have_text(f"Hello, {visitor.username}")


def test_a_link_lets_somebody_in_once(embedded_visitor: Visitor, embedded_folder: Path) -> None:
    page = opens_app(embedded_visitor)
    link = command(embedded_folder, embedded_visitor.origin, embedded_visitor.username, "--create")
    assert call(page, "enrol", link, {"next": "/transfers/"}) == {"redirect_url": "/transfers/"}
    assert [passkey["kind"] for passkey in call(page, "list")] == ["passkey"]

    for wrong in (link, "x" * 43, "/", None):
        assert call(page, "enrol", wrong)["code"] == "enrolment_invalid"


def test_a_link_that_cannot_be_opened_uses_no_earlier_one(
    embedded_visitor: Visitor, embedded_folder: Path
) -> None:
    page = opens_app(embedded_visitor)
    link = command(embedded_folder, embedded_visitor.origin, embedded_visitor.username, "--create")
    page.goto(link)
    opens_app(embedded_visitor)
    page.route("**/enrol/*/", lambda route: route.abort())

    assert call(page, "enrol", "y" * 43)["code"] == "network"

    assert embedded_visitor.posts("start-enrolment") == 0


def test_a_conditional_registration_asks_so(embedded_visitor: Visitor) -> None:
    embedded_visitor.signs_up()
    page = opens_app(embedded_visitor)
    with page.expect_request("**/start-registration") as start:
        page.evaluate("void call('register', { conditional: true })")
    assert start.value.post_data_json == {"mediation": "conditional"}


# A second step after the password


@pytest.fixture
def two_steps(visitor_of_module: Visitor) -> Visitor:
    """Signed in, with a security key, where a policy asks for a second step."""
    visitor = visitor_of_module
    visitor.takes(SECURITY_KEY)
    visitor.signs_up()
    opens_app(visitor)
    assert call(visitor.page, "register", {"kind": "security-key"})["kind"] == "security-key"
    return visitor


def test_the_password_and_the_security_key_confirm_in_one_call(two_steps: Visitor) -> None:
    page = two_steps.page
    [key] = call(page, "list")
    refusal = call(page, "remove", key["id"])
    assert (refusal["code"], refusal["problem"]["methods"]) == ("reauthentication_required", ["security-key"])

    assert call(page, "confirm", {"password": "wrong"})["code"] == "login_failed"
    assert call(page, "confirm", {"password": PASSWORD}) == {"redirect_url": "/"}
    assert call(page, "remove", key["id"]) is None


def test_a_session_that_waits_is_let_through(two_steps: Visitor) -> None:
    """Somebody was signed in by code of the site, after a password."""
    page = two_steps.page
    page.goto("/let-me-in")
    opens_app(two_steps)
    assert call(page, "list")["code"] == "second_step_required"

    assert call(page, "secondStep", {"next": "/transfers/"}) == {"redirect_url": "/transfers/"}

    assert len(call(page, "list")) == 1


# Failures


def test_errors_have_a_code_and_a_sentence(embedded_visitor: Visitor) -> None:
    page = opens_app(embedded_visitor)
    refusal = call(page, "register")
    assert (refusal["name"], refusal["code"]) == ("PasskeyError", "not_authenticated")
    assert refusal["message"] == "Please sign in first."
    assert refusal["problem"]["status"] == 401

    embedded_visitor.is_recognised(False)
    cancelled = call(page, "login")
    assert cancelled["code"] == "NotAllowedError"
    assert cancelled["message"].startswith("You are not signed in yet.")
    assert cancelled["problem"] == {}


def test_a_site_that_cannot_be_reached_is_tried_again(embedded_visitor: Visitor) -> None:
    embedded_visitor.page.route("**/script-config", lambda route: route.abort())
    page = opens_app(embedded_visitor)
    failure = call(page, "login")
    assert failure["code"] == "network"
    assert failure["message"].startswith("The site can't be reached")

    page.unroute("**/script-config")
    assert call(page, "list")["code"] == "not_authenticated"


def test_an_aborted_signal_stops_a_prompt(embedded_visitor: Visitor) -> None:
    page = opens_app(embedded_visitor)
    embedded_visitor.touches(False)
    page.evaluate(
        """() => {
          window.controller = new AbortController();
          window.ended = call("login", { signal: controller.signal });
        }"""
    )
    embedded_visitor.wait_for_prompt()
    assert page.evaluate("controller.abort(), ended")["code"] == "AbortError"


def test_a_signal_that_was_aborted_before_asks_for_nothing(embedded_visitor: Visitor) -> None:
    page = opens_app(embedded_visitor)
    for begin in ("login", "confirm", "secondStep"):
        assert page.evaluate(f"call('{begin}', {{ signal: AbortSignal.abort() }})")["code"] == "AbortError"
    assert embedded_visitor.requests == []


# Autofill


def test_autofill_signs_in_and_tells(embedded_member: Visitor) -> None:
    page = is_signed_out(embedded_member)
    answer = page.evaluate("new Promise((onSuccess) => { passkeys.autofill({ onSuccess }); })")
    assert answer == {"redirect_url": "/"}
    assert len(call(page, "list")) == 1


def test_an_offer_that_has_ended_does_not_come_back(embedded_member: Visitor) -> None:
    """Components that a framework mounts, removes and mounts again: the last offer counts."""
    page = is_signed_out(embedded_member)
    page.evaluate(
        """() => {
          window.heard = [];
          const offer = (name) => passkeys.autofill({ onSuccess: () => heard.push(name) });
          offer("ended at once")();
          const endSecond = offer("second");
          offer("third");
          endSecond(); // late: the third one stays
        }"""
    )
    page.wait_for_function("heard.length")
    assert page.evaluate("heard") == ["third"]
    assert embedded_member.posts("start-login") == 1


def test_no_offer_is_left_when_it_ends(embedded_member: Visitor) -> None:
    page = is_signed_out(embedded_member)
    embedded_member.touches(False)
    page.evaluate("void (window.end = passkeys.autofill({ onSuccess: () => { throw new Error(); } }))")
    embedded_member.wait_for_prompt()
    page.evaluate("end()")
    embedded_member.lets_the_script_finish()
    embedded_member.touches(True)
    page.get_by_role("textbox").focus()
    embedded_member.lets_the_script_finish()
    assert embedded_member.posts("start-login") == 1
    assert call(page, "list")["code"] == "not_authenticated"


# Signed forms


def test_what_is_shown_is_what_is_signed(member: Visitor) -> None:
    page = member.page
    answer = signs(page, TRANSFER)
    assert answer.keys() == {"signature", "redirect_url"}

    [statement] = page.evaluate("reviewed.map(({ at, ...rest }) => ({ ...rest, seconds: at.getTime() / 1000 }))")
    signed = json.loads(statement["text"])
    assert (signed["action"], signed["data"]["amount"]) == ("transfer", "12.50")
    assert (statement["action"], statement["seconds"]) == ("transfer", signed["at"])
    assert {"path": ["amount"], "value": "12.50"} in statement["rows"]


def test_who_does_not_agree_signs_nothing(embedded_member: Visitor) -> None:
    page = embedded_member.page
    refusal = signs(page, TRANSFER, False)
    assert refusal["code"] == "NotAllowedError"
    assert refusal["message"] == "Nothing was changed. You can try again whenever you like."
    assert embedded_member.posts("/transfer/") == 1


def test_a_forms_own_data_may_be_sent(embedded_member: Visitor) -> None:
    page = embedded_member.page
    page.evaluate(
        """(values) => {
          window.form = document.createElement("form");
          for (const [name, value] of Object.entries(values)) {
            form.append(Object.assign(document.createElement("input"), { name, value }));
          }
        }""",
        TRANSFER,
    )
    assert "signature" in page.evaluate("signs(new FormData(form))")


def test_a_form_that_is_not_valid_says_which_field(embedded_member: Visitor) -> None:
    refusal = signs(embedded_member.page, {**TRANSFER, "amount": "much"})
    assert refusal["problem"]["errors"].keys() == {"amount"}
    assert embedded_member.page.evaluate("reviewed") == []


def test_who_has_no_passkey_is_told(embedded_visitor: Visitor) -> None:
    embedded_visitor.signs_up()
    assert signs(opens_app(embedded_visitor), TRANSFER)["code"] == "passkey_required"


@contextmanager
def at_the_second_post(page: Page, answer: Any) -> Iterator[None]:
    """Once, something else answers the post that has the signature."""
    pending = [answer]

    def handle(route: Route) -> None:
        is_signed = "passkey" in (route.request.post_data_json or {})
        if is_signed and pending:
            pending.pop()(route)
        else:
            route.continue_()

    page.route("**/transfer/", handle)
    yield
    page.unroute("**/transfer/")


def test_a_statement_that_has_changed_is_shown_anew(embedded_member: Visitor) -> None:
    page = embedded_member.page

    def changed(route: Route) -> None:
        values = {name: value for name, value in route.request.post_data_json.items() if name != "passkey"}
        begun = route.fetch(post_data={**values, "amount": "13"})
        problem = {"status": 409, "code": "statement_changed", "detail": "It has changed.", **begun.json()}
        headers = {name: value for name, value in begun.headers.items() if name == "set-cookie"}
        route.fulfill(
            status=409, content_type="application/problem+json", body=json.dumps(problem), headers=headers
        )

    with at_the_second_post(page, changed):
        answer = signs(page, {**TRANSFER, "amount": "12"})

    amounts = page.evaluate("reviewed.map(({ text }) => JSON.parse(text).data.amount)")
    assert amounts == ["12", "13", "12"]  # the last time it is the site itself that finds another statement
    assert "signature" in answer


def test_a_lost_answer_is_asked_for_again_and_nothing_happens_twice(embedded_member: Visitor) -> None:
    page = embedded_member.page
    lost: list[dict[str, str]] = []

    def lose(route: Route) -> None:
        lost.append(route.fetch().json())
        route.abort()

    with at_the_second_post(page, lose):
        answer = signs(page, {**TRANSFER, "to": "Only once"})

    assert answer == lost[0]
    page.goto("/transfers/")
    expect(page.get_by_text("Only once")).to_have_count(1)


def test_with_an_id_of_its_own_a_form_is_signed_once(embedded_member: Visitor) -> None:
    values = {**TRANSFER, "signed_form": "my form"}
    assert "signature" in signs(embedded_member.page, values)
    assert signs(embedded_member.page, values)["code"] == "already_signed"


def fulfil(route: Route, *, answer: dict[str, Any]) -> None:
    route.fulfill(json=answer)


def test_rows_are_those_of_the_sites_own_page(embedded_visitor: Visitor) -> None:
    page = opens_app(embedded_visitor)
    texts = [Statement(action="any", at=1, by="someone", data=data).text for data in DATA]
    for text in texts:
        answer = {"statement": text, "publicKey": {}}
        page.route("**/any", partial(fulfil, answer=answer))
        signs(page, {}, False, "/any")
        page.unroute("**/any")
        [shown] = page.evaluate("reviewed.map(({ rows }) => rows)")
        wanted = [
            {"path": list(row.path), "value": row.value} | ({} if row.key is None else {"key": row.key})
            for row in rows(text)
        ]
        assert sorted(shown, key=repr) == sorted(wanted, key=repr)


# Beside our own pages


def test_a_page_with_our_tags_may_use_the_module_too(embedded_member: Visitor) -> None:
    page = embedded_member.page
    page.goto("/")
    embedded_member.signs_out()
    embedded_member.opens_login()
    page.evaluate(
        "import('/static/passkeys_django/passkeys_api.js').then((it) => { window.passkeys = it.connect(); })"
    )
    page.wait_for_function("window.passkeys")

    assert page.evaluate("passkeys.login()") == {"redirect_url": "/"}
    assert len(page.evaluate("passkeys.list()")) == 1


def test_the_module_says_what_it_sends_to_whom(embedded_member: Visitor) -> None:
    """Only the site gets the token: a link of somebody else is no URL to fetch."""
    fetched: list[str] = []
    embedded_member.page.on("request", lambda request: fetched.append(request.url))
    call(embedded_member.page, "enrol", "https://stranger.example/secret")
    refusal = signs(embedded_member.page, TRANSFER, True, "https://stranger.example/transfer/")
    assert refusal["code"] == "SecurityError"
    assert all(re.match(re.escape(embedded_member.origin), url) for url in fetched)
