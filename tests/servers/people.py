"""People with a passkey, in front of a load balancer that sends each request to whatever server it likes."""

import random
import secrets
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import requests

from passkeys_django.testing import SoftwareAuthenticator
from tests.support.waiting import wait_until

ORIGIN = "https://example.com"
AS_PROXY = {"Host": "example.com", "X-Forwarded-Proto": "https"}
PASSWORD = "correct horse battery staple"
TIMEOUT = 30  # seconds


class Address(Protocol):
    """Where a server is."""

    url: str


class Refused(Exception):
    """An answer other than success."""


class Browser:
    """Cookies, a CSRF token, and nothing else."""

    def __init__(self) -> None:
        self._session = requests.Session()
        self._session.trust_env = False  # no proxy of this machine's
        token = secrets.token_hex(16)
        self._session.cookies.set("csrftoken", token, domain="example.com")
        self._session.headers.update(AS_PROXY | {"Origin": ORIGIN, "X-CSRFToken": token})

    @property
    def session_key(self) -> str | None:
        return self._session.cookies.get("sessionid")

    def copy(self) -> "Browser":
        """Another browser with the same cookies: a thief's."""
        other = Browser()
        other._session.headers.update(self._session.headers)
        other._session.cookies = self._session.cookies.copy()
        return other

    def post(self, server: Address, path: str, body: Mapping[str, Any]) -> requests.Response:
        return self._session.post(f"{server.url}/passkeys/{path}", json=body, timeout=TIMEOUT)

    def ceremony(self, server: Address, path: str, body: Mapping[str, Any]) -> Any:
        """The answer's JSON; raises Refused."""
        answer = self.post(server, path, body)
        if not answer.ok:
            raise Refused(f"{path}: {answer.status_code} {answer.text[:500]}")
        return answer.json()

    def sign_up(self, server: Address, name: str) -> None:
        """Make an account and sign in."""
        form = {"username": name, "password1": PASSWORD, "password2": PASSWORD}
        answer = self._session.post(
            f"{server.url}/accounts/signup/", data=form, timeout=TIMEOUT, allow_redirects=False
        )
        assert answer.status_code == 302, answer.text
        self._session.headers["X-CSRFToken"] = self._session.cookies["csrftoken"]  # signing in has changed it

    def home(self, server: Address) -> str:
        """The site's home page, which names whoever is signed in."""
        return self._session.get(f"{server.url}/", timeout=TIMEOUT).text


class Person:
    """Has one account and one passkey, and a fresh browser for each login."""

    def __init__(self, begin: Address, finish: Address) -> None:
        """An account, and a registration that begins at one server and ends at another."""
        self.name = f"person-{secrets.token_hex(6)}"
        self.authenticator = SoftwareAuthenticator(origin=ORIGIN)
        browser = Browser()
        browser.sign_up(begin, self.name)
        options = browser.ceremony(begin, "start-registration", {})
        browser.ceremony(finish, "finalize-registration", self.authenticator.create(options))

    def login(self, begin: Address, finish: Address) -> Browser:
        """A fresh browser that is signed in. Raises Refused and requests' exceptions."""
        browser = Browser()
        options = browser.ceremony(begin, "start-login", {})
        browser.ceremony(finish, "finalize-login", self.authenticator.get(options))
        assert browser.session_key
        return browser


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """One login: when, whose, and what came of it. Times are those of `time.monotonic`."""

    began: float
    ended: float
    name: str
    session_key: str | None
    failure: str = ""


class Traffic:
    """So many people sign in again and again, until the end of the `with` block."""

    def __init__(self, people: Sequence[Person], servers: Sequence[Address]) -> None:
        self.attempts: list[Attempt] = []
        self._names = {person.name for person in people}
        self._servers = servers
        self._over = threading.Event()
        self._threads = [threading.Thread(target=self._sign_in_for_ever, args=(person,)) for person in people]

    def __enter__(self) -> "Traffic":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_exc: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()

    @property
    def answered(self) -> list[Attempt]:
        return [attempt for attempt in self.attempts if attempt.session_key]

    @property
    def failed(self) -> list[Attempt]:
        return [attempt for attempt in self.attempts if not attempt.session_key]

    def failed_outside(self, began: float, ended: float) -> list[Attempt]:
        """Those that have nothing to do with what happened from `began` to `ended`."""
        return [attempt for attempt in self.failed if attempt.ended < began or attempt.began > ended]

    def wait_for_everybody(self) -> None:
        """Until each of the people has begun and finished another login."""
        since = time.monotonic()
        wait_until(
            lambda: {attempt.name for attempt in self.answered if attempt.began > since} == self._names,
            "everybody has signed in again",
        )

    def wait_for_a_refusal(self) -> None:
        """Until somebody has begun another login in vain."""
        since = time.monotonic()
        wait_until(lambda: any(attempt.began > since for attempt in self.failed), "somebody cannot sign in")

    def _sign_in_for_ever(self, person: Person) -> None:
        while not self._over.is_set():
            self.attempts.append(self._attempt(person))

    def _attempt(self, person: Person) -> Attempt:
        began, session_key, failure = time.monotonic(), None, ""
        try:
            session_key = person.login(*random.choices(self._servers, k=2)).session_key
        except (Refused, requests.RequestException) as exc:
            failure = f"{type(exc).__name__}: {exc}"
            time.sleep(0.05)  # Whoever is refused does not hammer. No test relies on how long this takes.
        ended = time.monotonic()
        return Attempt(began=began, ended=ended, name=person.name, session_key=session_key, failure=failure)
