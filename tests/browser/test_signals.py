"""What authenticators are told (WebAuthn L3, 5.1.10), seen from the authenticator's side."""

import base64
import json
import re

import pytest
from playwright.sync_api import Route, expect

from tests.browser.test_script import changes_page
from tests.browser.visitor import AUTHENTICATOR, Visitor

pytestmark = pytest.mark.browser

# What has no event: something that does not happen. Whoever waits for it looks whether the signals were all sent.
SPY = """
window.signalled = [];
for (const method of ["signalUnknownCredential", "signalAllAcceptedCredentials", "signalCurrentUserDetails"]) {
  const original = PublicKeyCredential[method];
  PublicKeyCredential[method] = async function (options) {
    await original.call(this, options);
    signalled.push([method, options]);
  };
}
"""
NO_SIGNALS = """
for (const method of ["signalUnknownCredential", "signalAllAcceptedCredentials", "signalCurrentUserDetails"]) {
  delete PublicKeyCredential[method];
}
"""
NO_ACCEPTED_SIGNAL = "delete PublicKeyCredential.signalAllAcceptedCredentials;"
FAILING_SIGNALS = NO_SIGNALS.replace("delete", "").replace(
    "[method]", "[method] = async () => { throw Error('no'); }"
)
NO_STORAGE = """
for (const name of ["localStorage", "sessionStorage"]) {
  Object.defineProperty(window, name, { get: () => { throw new DOMException("", "SecurityError"); } });
}
"""
REFUSALS = [
    ("invalid_credential", 400),
    ("ceremony_not_found", 400),
    ("ceremony_expired", 400),
    ("csrf_failed", 403),
    ("not_authenticated", 401),
    ("passkey_limit_reached", 409),
]
NO_REFUSALS = [
    ("passkey_exists", 409),
    ("ceremony_used", 409),
    ("provider_unavailable", 503),
    ("provider_error", 502),
]
OTHER_LOGIN_FAILURES = [
    ("login_failed", 403),
    ("throttled", 429),
    ("ceremony_expired", 400),
    ("csrf_failed", 403),
    ("provider_unavailable", 503),
    ("provider_error", 502),
]


FOREIGN_ANSWERS = [
    {"status": 403, "content_type": "text/html", "body": "<p>Blocked"},
    {"status": 403, "content_type": "application/json", "body": '{"status": 403, "error": "proxy"}'},
]


def answers(visitor: Visitor, endpoint: str, code: str, status: int) -> None:
    """The site answers so from now on."""
    body = json.dumps({"code": code, "status": status, "detail": f"The site says {code}."})
    visitor.page.route(
        re.compile(rf"/{endpoint}(\?|$)"),
        lambda route: route.fulfill(status=status, content_type="application/problem+json", body=body),
    )


def waits_for(visitor: Visitor, signals: int) -> None:
    visitor.page.wait_for_function("count => window.signalled.length >= count", arg=signals)


def tries_to_create(visitor: Visitor, message: str) -> None:
    visitor.page.goto("/passkeys/")
    visitor.lets_the_script_finish()  # the page tells the browser what is accepted
    visitor.press("Create a passkey")
    expect(visitor.page.get_by_role("alert")).to_contain_text(message)


def tries_to_sign_in(visitor: Visitor, message: str) -> None:
    visitor.opens_login()
    visitor.press("Sign in with a passkey")
    expect(visitor.page.locator(".errorlist, [data-passkey-alert]").first).to_contain_text(message)


def has_forgotten(visitor: Visitor, *ids: object) -> None:
    """The authenticator has deleted these, in the end, and nothing else."""
    visitor.lets_the_script_finish()
    assert visitor.deleted == list(ids)
    assert {credential["credentialId"] for credential in visitor.credentials()}.isdisjoint(ids)


def has_kept(visitor: Visitor, credential_id: object) -> None:
    """Who creates another for the same account loses the one before: only this one counts."""
    visitor.lets_the_script_finish()
    assert credential_id not in visitor.deleted
    assert [credential["credentialId"] for credential in visitor.credentials()] == [credential_id]


# Unknown credentials


def test_a_passkey_that_the_site_does_not_know_is_forgotten(visitor: Visitor) -> None:
    visitor.context.add_init_script(NO_ACCEPTED_SIGNAL)
    visitor.has_a_passkey()
    (credential,) = visitor.credentials()
    visitor.signs_in_by_the_button()
    visitor.page.goto("/passkeys/")
    visitor.removes_the_passkey()
    assert visitor.deleted == []
    visitor.signs_out()
    tries_to_sign_in(visitor, "does not know this passkey")
    has_forgotten(visitor, credential["credentialId"])


def test_f7_a_passkey_of_another_site_of_the_same_rp_id_is_kept(visitor: Visitor) -> None:
    visitor.context.add_init_script(SPY)
    visitor.gets_a_passkey_of_another_project()
    (credential,) = visitor.credentials()
    tries_to_sign_in(visitor, "This site does not know this passkey.")
    has_kept(visitor, credential["credentialId"])
    assert visitor.page.evaluate("signalled") == []


def test_f7_a_site_that_signals_nothing_is_obeyed(embedded_visitor: Visitor) -> None:
    """PASSKEY_SIGNAL_API = False, in the data block."""

    def switch_off(route: Route) -> None:
        response = route.fetch()
        body = response.text().replace('{"urls": ', '{"signalApi": false, "urls": ')
        assert "signalApi" in body
        route.fulfill(response=response, body=body)

    embedded_visitor.context.add_init_script(SPY)
    embedded_visitor.page.route("**/passkeys/", switch_off)
    embedded_visitor.signs_up()
    embedded_visitor.creates_a_passkey()
    embedded_visitor.confirms_with_the_passkey()
    embedded_visitor.takes(AUTHENTICATOR)
    answers(embedded_visitor, "finalize-registration", "invalid_credential", 400)
    tries_to_create(embedded_visitor, "The site says invalid_credential.")
    embedded_visitor.lets_the_script_finish()
    assert embedded_visitor.page.evaluate("signalled") == []
    assert embedded_visitor.deleted == []


def test_a_login_that_fails_otherwise_deletes_nothing(embedded_visitor: Visitor) -> None:
    """On a page that has the button only."""
    embedded_visitor.has_a_passkey()
    changes_page(embedded_visitor, "**/accounts/login/", lambda html: html.replace('"form": ', '"noForm": '))
    (credential,) = embedded_visitor.credentials()
    embedded_visitor.context.add_init_script(SPY)
    for code, status in OTHER_LOGIN_FAILURES:
        answers(embedded_visitor, "finalize-login", code, status)
        tries_to_sign_in(embedded_visitor, f"The site says {code}.")
        has_kept(embedded_visitor, credential["credentialId"])
        assert embedded_visitor.page.evaluate("signalled") == []


def test_a_registration_that_the_site_refused_leaves_nothing_behind(embedded_visitor: Visitor) -> None:
    embedded_visitor.signs_up()
    for count, (code, status) in enumerate(REFUSALS, start=1):
        answers(embedded_visitor, "finalize-registration", code, status)
        tries_to_create(embedded_visitor, f"The site says {code}.")
        has_forgotten(embedded_visitor, *embedded_visitor.deleted[: count - 1], created(embedded_visitor))
        assert embedded_visitor.credentials() == []


def created(visitor: Visitor) -> str:
    """What the script sent last, as the authenticator writes ids."""
    raw_id = visitor.requests[-1].post_data_json["rawId"]
    return base64.b64encode(base64.urlsafe_b64decode(raw_id + "==")).decode()


def test_a_passkey_that_the_site_may_have_stored_stays(embedded_visitor: Visitor) -> None:
    embedded_visitor.context.add_init_script(SPY)
    embedded_visitor.signs_up()
    for code, status in NO_REFUSALS:
        answers(embedded_visitor, "finalize-registration", code, status)
        tries_to_create(embedded_visitor, f"The site says {code}.")
        has_kept(embedded_visitor, created(embedded_visitor))
        assert embedded_visitor.page.evaluate("signalled") == []


def test_what_the_site_itself_did_not_say_deletes_nothing(embedded_visitor: Visitor) -> None:
    embedded_visitor.signs_up()
    for answer in FOREIGN_ANSWERS:
        embedded_visitor.page.unroute_all()
        embedded_visitor.page.route(
            "**/finalize-registration", lambda route, *, fake=answer: route.fulfill(**fake)
        )
        tries_to_create(embedded_visitor, "again.")
        has_kept(embedded_visitor, created(embedded_visitor))
    embedded_visitor.page.route("**/finalize-registration", lambda route: route.abort())
    tries_to_create(embedded_visitor, "again.")
    has_kept(embedded_visitor, created(embedded_visitor))


# Accepted credentials


def test_l7_a_removed_passkey_leaves_the_authenticator(visitor: Visitor) -> None:
    visitor.signs_up()
    visitor.creates_a_passkey()
    (credential,) = visitor.credentials()
    visitor.confirms_with_the_passkey()
    told = told_so_far(visitor)
    visitor.removes_the_passkey()
    has_forgotten(visitor, credential["credentialId"])
    assert visitor.posts("accepted-credentials") == told + 1


def told_so_far(visitor: Visitor) -> int:
    """How often the browser was told what is accepted, up to this page."""
    visitor.lets_the_script_finish()
    return visitor.posts("accepted-credentials")


def test_it_is_asked_once_a_session_and_after_a_removal(embedded_visitor: Visitor) -> None:
    embedded_visitor.signs_up()
    embedded_visitor.creates_a_passkey()
    embedded_visitor.page.reload()
    assert told_so_far(embedded_visitor) == 1
    embedded_visitor.confirms_with_the_passkey()
    told = told_so_far(embedded_visitor)
    embedded_visitor.removes_the_passkey()
    embedded_visitor.wait_for_posts("accepted-credentials", told + 1)
    embedded_visitor.page.reload()
    assert told_so_far(embedded_visitor) == told + 1


def test_a_passkey_that_is_newer_than_the_list_is_kept(embedded_visitor: Visitor) -> None:
    """The list was on its way while somebody created a passkey."""
    lists: list[Route] = []
    stored: list[Route] = []
    embedded_visitor.page.route("**/accepted-credentials", lambda route: lists.append(route))
    embedded_visitor.page.route("**/finalize-registration", lambda route: stored.append(route))
    embedded_visitor.signs_up()
    with embedded_visitor.page.expect_request("**/accepted-credentials"):
        embedded_visitor.page.goto("/passkeys/")
    with embedded_visitor.page.expect_request("**/accepted-credentials"):
        embedded_visitor.page.evaluate(
            "() => { window.told = import(JSON.parse(document.querySelector('#passkeys-config').textContent)"
            ".urls.script).then(({ signalAcceptedPasskeys }) => signalAcceptedPasskeys()); }"
        )
    with embedded_visitor.page.expect_request("**/finalize-registration"):
        embedded_visitor.press("Create a passkey")
    for route in lists:
        route.continue_()
    embedded_visitor.wait_for_promise("told")
    assert len(embedded_visitor.credentials()) == 1
    assert embedded_visitor.deleted == []
    stored[0].continue_()
    expect(embedded_visitor.button("Remove")).to_have_count(1)


def test_an_error_in_place_of_the_list_deletes_nothing_and_disturbs_nobody(embedded_visitor: Visitor) -> None:
    embedded_visitor.signs_up()
    embedded_visitor.creates_a_passkey()
    (credential,) = embedded_visitor.credentials()
    embedded_visitor.confirms_with_the_passkey()
    told = told_so_far(embedded_visitor)
    answers(embedded_visitor, "accepted-credentials", "provider_unavailable", 503)
    embedded_visitor.removes_the_passkey()
    embedded_visitor.wait_for_posts("accepted-credentials", told + 1)
    has_kept(embedded_visitor, credential["credentialId"])
    expect(embedded_visitor.page.get_by_role("alert")).to_have_text("")
    embedded_visitor.page.unroute_all()
    embedded_visitor.page.reload()
    has_forgotten(embedded_visitor, credential["credentialId"])


# User details


def test_the_name_of_the_person_is_told_once(embedded_visitor: Visitor) -> None:
    embedded_visitor.context.add_init_script(SPY)
    embedded_visitor.signs_up()
    embedded_visitor.creates_a_passkey()
    waits_for(embedded_visitor, 1)
    ((method, details),) = embedded_visitor.page.evaluate("signalled")
    assert method == "signalCurrentUserDetails"
    assert details["name"] == details["displayName"] == embedded_visitor.username
    embedded_visitor.page.reload()
    embedded_visitor.lets_the_script_finish()
    assert embedded_visitor.page.evaluate("signalled") == []


def test_another_name_gets_into_the_authenticator(embedded_visitor: Visitor) -> None:
    embedded_visitor.context.add_init_script(SPY)
    embedded_visitor.signs_up()
    embedded_visitor.creates_a_passkey()
    waits_for(embedded_visitor, 1)

    def rename(route: Route) -> None:
        response = route.fetch()
        name = f'"displayName": "{embedded_visitor.username}"'
        assert name in response.text()
        route.fulfill(response=response, body=response.text().replace(name, '"displayName": "Ada Lovelace"'))

    embedded_visitor.page.route("**/passkeys/", rename)
    embedded_visitor.page.reload()
    waits_for(embedded_visitor, 1)
    embedded_visitor.lets_the_script_finish()
    assert embedded_visitor.updated[-1]["userDisplayName"] == "Ada Lovelace"
    assert embedded_visitor.deleted == []


def test_a_browser_that_stores_nothing_is_told_each_time(embedded_visitor: Visitor) -> None:
    embedded_visitor.context.add_init_script(NO_STORAGE + SPY)
    embedded_visitor.signs_up()
    embedded_visitor.creates_a_passkey()
    for _visit in range(2):
        embedded_visitor.page.reload()
        waits_for(embedded_visitor, 1)


# Browsers without it


@pytest.mark.parametrize("script", [NO_SIGNALS, FAILING_SIGNALS], ids=["missing", "failing"])
def test_everything_works_where_signals_do_not(embedded_visitor: Visitor, script: str) -> None:
    errors: list[object] = []
    embedded_visitor.page.on("pageerror", lambda error: errors.append(error))
    embedded_visitor.context.add_init_script(script)
    embedded_visitor.signs_up()
    embedded_visitor.creates_a_passkey()
    embedded_visitor.confirms_with_the_passkey()
    embedded_visitor.removes_the_passkey()
    embedded_visitor.lets_the_script_finish()
    assert len(embedded_visitor.credentials()) == 1
    embedded_visitor.signs_out()
    tries_to_sign_in(embedded_visitor, "does not know this passkey")
    expect(embedded_visitor.button("Sign in with a passkey")).to_be_enabled()
    assert errors == []
