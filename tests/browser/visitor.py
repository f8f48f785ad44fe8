"""A person with a browser of their own and a passkey authenticator in it."""

import base64
import contextlib
import itertools
import os
from collections.abc import Callable, Iterator

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from playwright.sync_api import BrowserContext, Locator, Page, Request, Route, expect

PASSWORD = "a long and winding password"
AUTHENTICATOR = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}
SYNCED = {**AUTHENTICATOR, "defaultBackupEligibility": True, "defaultBackupState": True}
PHONE = {**AUTHENTICATOR, "transport": "cable"}
SECURITY_KEY = {**AUTHENTICATOR, "transport": "usb", "hasUserVerification": False, "isUserVerified": False}
NO_AUTOFILL = "PublicKeyCredential.isConditionalMediationAvailable = undefined;"
NO_WEBAUTHN = "delete window.PublicKeyCredential;"
# A page tells nobody what it waits for. `watch.asked` has a promise for the first prompt of each kind.
# `watch.finished()` waits for everything else that the script began, and for whatever follows from it.
WATCH = """
window.watch = (() => {
  const unfinished = new Set();
  const follow = (owner, ...names) => {
    for (const name of names.filter((name) => owner?.[name])) {
      const original = owner[name];
      owner[name] = function (...values) {
        const promise = original.apply(this, values);
        const done = () => unfinished.delete(promise);
        unfinished.add(promise);
        promise.then(done, done);
        return promise;
      };
    }
  };
  follow(window, "fetch");
  follow(Response.prototype, "json");
  follow(
    window.PublicKeyCredential, "isConditionalMediationAvailable", "getClientCapabilities",
    "signalUnknownCredential", "signalAllAcceptedCredentials", "signalCurrentUserDetails",
  );

  const asked = {};
  for (const kind of window.CredentialsContainer ? ["get", "create"] : []) {
    const { promise, resolve } = Promise.withResolvers();
    const original = CredentialsContainer.prototype[kind];
    asked[kind] = promise;
    CredentialsContainer.prototype[kind] = function (options) {
      const answer = original.call(this, options);
      resolve();
      return answer;
    };
  }

  const task = () => new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = resolve;
    port2.postMessage(null);
  });
  const finished = async () => {
    do {
      await Promise.allSettled(unfinished);
      await task(); // What the script does with the outcome comes first.
    } while (unfinished.size);
  };
  return { asked, finished };
})();
"""
ROUND_TRIPS = 10  # commands; `wait_for_prompt` says what for
_numbers = itertools.count(1)


class Visitor:
    """What people do at the example project, in their words.

    `requests` are the POSTs of the page's script; `deleted` and `updated` what the authenticator made of signals.
    """

    def __init__(self, context: BrowserContext, origin: str) -> None:
        self.context = context
        self.origin = origin
        self.username = f"visitor-{os.getpid()}-{next(_numbers)}"
        self.requests: list[Request] = []
        self._answered: list[Request] = []
        context.add_init_script(WATCH)
        self.page: Page = context.new_page()
        self.page.on("request", self._remember)
        self.page.on("response", lambda response: self._answered.append(response.request))
        self._devtools = context.new_cdp_session(self.page)
        self.deleted: list[str] = []
        self.updated: list[dict[str, object]] = []
        self._devtools.on("WebAuthn.credentialDeleted", lambda event: self.deleted.append(event["credentialId"]))
        self._devtools.on("WebAuthn.credentialUpdated", lambda event: self.updated.append(event["credential"]))
        self._devtools.send("WebAuthn.enable")
        self._authenticator = self._new_authenticator(AUTHENTICATOR)

    def _remember(self, request: Request) -> None:
        if request.method == "POST":
            self.requests.append(request)

    # Events

    def lets_the_script_finish(self) -> None:
        """Return when the page's script has done all that it does by itself.

        A test that shows that something does NOT happen calls this first. Whatever the script began is over then,
        its requests are answered, the authenticator has heard its signals, and the events about all that have
        arrived here. An open prompt does not count, since perhaps nobody will ever answer it.
        """
        self.wait_for_promise("watch.finished()")
        self.credentials()  # The browser sends this answer after the authenticator's events.

    def wait_for_prompt(self, kind: str = "get") -> None:
        """Return when the page has opened a prompt ("get" or "create"), and the authenticator has the request.

        No event tells the latter. The browser handles the messages of a page in order. It passes the request on in
        a few steps, and each step is a task in the queue in which the commands of `_devtools` are tasks, too. So
        the request has arrived after some commands. (In 100 trials, one command was always enough.)
        """
        self.wait_for_promise(f"watch.asked.{kind}")
        self.wait_for_promise("PublicKeyCredential.isUserVerifyingPlatformAuthenticatorAvailable()")
        for _trip in range(ROUND_TRIPS):
            self.credentials()

    def wait_for_promise(self, promise: str) -> None:
        """Return when the page's promise is kept.

        `evaluate` alone has no limit of time, and a strict policy forbids what `wait_for_function` does.
        """
        told = f"kept: {next(_numbers)}"
        with self.page.expect_console_message(lambda message: message.text == told):
            self.page.evaluate(f"() => {{ {promise}.then(() => console.debug('{told}')); }}")

    def wait_for_posts(self, endpoint: str, count: int) -> None:
        """Until the script has posted there so often, and each was answered."""

        def answered(_event: object = None) -> bool:
            requests = [request for request in self.requests if endpoint in request.url]
            return len(requests) >= count and all(request in self._answered for request in requests)

        if not answered():
            self.page.wait_for_event("response", answered)

    # The authenticator

    def _new_authenticator(self, options: dict[str, object]) -> dict[str, str]:
        added = self._devtools.send("WebAuthn.addVirtualAuthenticator", {"options": options})
        return {"authenticatorId": added["authenticatorId"]}

    def takes(self, options: dict[str, object]) -> None:
        """From now on this authenticator alone is at hand: `PHONE`, `SECURITY_KEY`, or a new `AUTHENTICATOR`."""
        self._devtools.send("WebAuthn.removeVirtualAuthenticator", self._authenticator)
        self._authenticator = self._new_authenticator(options)

    def carries_over_to(self, options: dict[str, object]) -> None:
        """As `takes`, with the passkeys of the one before."""
        credentials = self.credentials()
        self.takes(options)
        self.holds(credentials)

    def holds(self, credentials: list[dict[str, object]]) -> None:
        """The authenticator holds these, too."""
        for credential in credentials:
            self._devtools.send("WebAuthn.addCredential", {**self._authenticator, "credential": credential})

    def touches(self, automatically: bool) -> None:
        """Does the person answer a prompt at once, or leave it open?"""
        self._devtools.send(
            "WebAuthn.setAutomaticPresenceSimulation", {**self._authenticator, "enabled": automatically}
        )

    def is_recognised(self, recognised: bool) -> None:
        """Unrecognised, a prompt ends like one that the person cancels."""
        self._devtools.send("WebAuthn.setUserVerified", {**self._authenticator, "isUserVerified": recognised})

    def credentials(self) -> list[dict[str, object]]:
        """What the authenticator holds."""
        return self._devtools.send("WebAuthn.getCredentials", self._authenticator)["credentials"]

    def gets_a_passkey_of_another_project(self) -> None:
        """Of the same RP ID, as all projects on localhost have it."""
        key = ec.generate_private_key(ec.SECP256R1()).private_bytes(
            serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        credential = {
            "credentialId": base64.b64encode(os.urandom(16)).decode(),
            "isResidentCredential": True,
            "rpId": "localhost",
            "privateKey": base64.b64encode(key).decode(),
            "userHandle": base64.b64encode(b"1").decode(),
            "signCount": 0,
        }
        self._devtools.send("WebAuthn.addCredential", {**self._authenticator, "credential": credential})

    # The page

    def button(self, name: str) -> Locator:
        return self.page.get_by_role("button", name=name, exact=True)

    def press(self, name: str) -> None:
        self.button(name).click()

    def posts(self, endpoint: str) -> int:
        """How often the script has posted there."""
        return sum(endpoint in request.url for request in self.requests)

    def before(self, endpoint: str, happen: Callable[[], None]) -> None:
        """Let something happen when the script posts there next, before the site hears of it."""

        def handle(route: Route) -> None:
            if route.request.method == "POST" and pending:
                pending.pop()()
            route.continue_()

        pending = [happen]
        self.page.route(f"**/{endpoint}", handle)

    def refusals(self) -> list[tuple[str, int]]:
        """What the site answered with an error: URL and status."""
        answers = [request.response() for request in self.requests]
        return [(answer.url, answer.status) for answer in answers if answer and answer.status >= 400]

    @contextlib.contextmanager
    def without_javascript(self) -> Iterator[Page]:
        """The same person, in a browser that runs no scripts."""
        plain = self.context.browser.new_context(
            base_url=self.origin, java_script_enabled=False, storage_state=self.context.storage_state()
        )
        yield plain.new_page()
        plain.close()

    # The site

    def signs_up(self) -> None:
        self.page.goto("/accounts/signup/")
        self.page.get_by_label("Username").fill(self.username)
        self.page.get_by_label("Password", exact=False).first.fill(PASSWORD)
        self.page.get_by_label("Password confirmation").fill(PASSWORD)
        self.press("Sign up")
        self.page.wait_for_url("/")

    def opens_the_sign_up(self) -> None:
        self.page.goto("/accounts/signup/passkey/")
        expect(self.button("Sign up with a passkey")).to_be_enabled()

    def signs_up_with_a_passkey(self) -> None:
        self.opens_the_sign_up()
        self.page.get_by_label("Username").fill(self.username)
        self.press("Sign up with a passkey")

    def creates_a_passkey(self) -> None:
        self.page.goto("/passkeys/")
        self.lets_the_script_finish()  # the page may tell the browser which passkeys are accepted
        self.press("Create a passkey")
        expect(self.button("Remove")).to_have_count(1)

    def confirms_with_the_passkey(self) -> None:
        """An account with a passkey wants it before something is added or removed; a password is not enough."""
        self.page.goto("/passkeys/confirm/?next=/passkeys/")
        self.press("Confirm with a passkey")
        self.page.wait_for_url("/passkeys/")

    def signs_out(self) -> None:
        self.press("Sign out")
        self.page.wait_for_url("/")

    def has_a_passkey(self) -> None:
        """Signed up, with a passkey, signed out."""
        self.signs_up()
        self.creates_a_passkey()
        self.signs_out()

    def opens_login(self) -> None:
        """The login page, its autofill armed and not answered."""
        with self.leaves_autofill_open():
            self.page.goto("/accounts/login/")

    @contextlib.contextmanager
    def leaves_autofill_open(self) -> Iterator[None]:
        """The block leads to a login page. Its autofill is armed afterwards, and the authenticator ignores it."""
        self.touches(False)
        yield
        self.wait_for_prompt()
        self.touches(True)

    def signs_in_by_autofill(self) -> None:
        """The authenticator answers by itself."""
        self.page.goto("/accounts/login/")
        self.is_signed_in_with("passkey")

    def signs_in_by_the_button(self) -> None:
        self.opens_login()
        self.press("Sign in with a passkey")
        self.is_signed_in_with("passkey")

    def renames_and_removes_the_passkey(self) -> None:
        self.page.goto("/passkeys/")
        self.renames_to("Blue laptop")
        self.removes_the_passkey()
        expect(self.page.get_by_text("You don't have one yet.")).to_be_visible()

    def renames_to(self, name: str) -> None:
        """The only passkey in the list."""
        self.page.locator("summary", has_text="Rename").click()
        self.page.get_by_label("Name").fill(name)
        self.press("Save")
        expect(self.page.get_by_role("heading", name=name, exact=True)).to_be_visible()

    def removes_the_passkey(self) -> None:
        """The only one in the list; the site asks before it does."""
        self.press("Remove")
        expect(self.page.get_by_role("heading", level=1)).to_contain_text("Remove “")
        self.press("Remove")
        expect(self.page.get_by_role("heading", name="Your passkeys")).to_be_visible()
        expect(self.button("Remove")).to_have_count(0)

    def is_signed_in_with(self, method: str) -> None:
        self.page.wait_for_url("/")
        expect(self.page.get_by_role("heading", level=1)).to_have_text(f"Hello, {self.username}")
        expect(self.page.get_by_text(f"You signed in with a {method} on")).to_be_visible()
