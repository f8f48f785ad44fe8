"""Hanko goes away and comes back, or the site changes its mind about it, while people use the example project."""

import contextlib
import secrets
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest
import requests
from playwright.sync_api import Browser, expect

from passkeys_django.testing.hanko import FakeHanko
from tests.browser.conftest import free_port, new_visitor, running_site
from tests.browser.visitor import Visitor
from tests.support.waiting import wait_until

pytestmark = pytest.mark.browser

IMPATIENT = {
    "DJANGO_SETTINGS_MODULE": "tests.browser.impatient_settings",
    "READ_TIMEOUT": "4",  # A fake Hanko on a busy machine is faster than that.
    "PAUSE_AFTER_FAILURE": "0.3",
}
DEAD = {"drop": True}
HTML = {"garbage": True}
SLOW = {"delay": 30}


class Outages:
    """A Hanko that fails when a test says so, and what reaches it."""

    def __init__(self, hanko: FakeHanko, origin: str) -> None:
        self._hanko = hanko
        self._origin = origin
        self._seen = len(hanko.requests)
        self._lasts = False

    def begin(self, **faults: object) -> None:
        self._lasts = True
        for name, value in faults.items():
            setattr(self._hanko.faults, name, value)

    def end(self) -> None:
        """Hanko is back, and the site has noticed it."""
        self._hanko.faults.clear()
        if self._lasts:
            wait_until(self._hanko_is_asked, "the site asks Hanko again")
        self._lasts = False

    def _hanko_is_asked(self) -> bool:
        """Some stranger begins to sign in. Does that reach Hanko?"""
        before, token = len(self._hanko.requests), secrets.token_hex(16)
        requests.post(
            f"{self._origin}/passkeys/start-login",
            json={},
            headers={"X-CSRFToken": token},
            cookies={"csrftoken": token},
            timeout=30,
        ).raise_for_status()
        return len(self._hanko.requests) > before

    def finalized(self) -> list[str]:
        """The ceremonies whose end Hanko was asked for since it was last looked at, answered or not."""
        requests, self._seen = self._hanko.requests[self._seen :], len(self._hanko.requests)
        return [path.split("/")[-2] for _method, path in requests if path.endswith("/finalize")]


class SwitchedSite:
    """One database, and the example project served from it now with this environment, now with that."""

    def __init__(self, folder: Path, hanko_settings: Callable[[int], dict[str, str]]) -> None:
        self._folder = folder
        self._port = free_port()
        self._settings = {"embedded": {}, "hanko": hanko_settings(self._port)}
        self._process = contextlib.ExitStack()
        self.origin = f"http://localhost:{self._port}"

    def switch_to(self, provider: str) -> None:
        self.stop()
        self._process.enter_context(running_site(self._port, self._folder, **self._settings[provider]))

    def stop(self) -> None:
        self._process.close()


@pytest.fixture(scope="module")
def impatient_site(
    chromium: str, hanko_settings: Callable[[int], dict[str, str]], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """The origin of an example project that notices soon when Hanko goes away, and when it is back."""
    port = free_port()
    with running_site(port, tmp_path_factory.mktemp("impatient"), **hanko_settings(port), **IMPATIENT) as origin:
        yield origin


@pytest.fixture
def visitor(browser: Browser, impatient_site: str) -> Iterator[Visitor]:
    with new_visitor(browser, impatient_site) as visitor:
        yield visitor


@pytest.fixture
def outages(hanko: FakeHanko, impatient_site: str) -> Iterator[Outages]:
    outages = Outages(hanko, impatient_site)
    yield outages
    outages.end()


def console_errors(visitor: Visitor) -> list[str]:
    """What browsers log as an error from now on: failed requests, too."""
    errors: list[str] = []
    visitor.page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    return errors


@pytest.fixture
def switched_site(
    chromium: str, hanko_settings: Callable[[int], dict[str, str]], tmp_path: Path
) -> Iterator[SwitchedSite]:
    site = SwitchedSite(tmp_path, hanko_settings)
    yield site
    site.stop()


def test_the_whole_story_while_hanko_comes_and_goes(visitor: Visitor, outages: Outages) -> None:
    visitor.signs_up()
    visitor.creates_a_passkey()
    visitor.signs_out()
    assert outages.finalized() == ["registration"]

    visitor.before("accounts/login/", partial(outages.begin, **DEAD))  # begun there, finished here
    visitor.signs_in_by_autofill()
    visitor.signs_out()
    assert outages.finalized() == ["login"]

    visitor.signs_in_by_the_button()
    visitor.signs_out()

    visitor.before("accounts/login/", outages.end)  # begun here, finished here although Hanko is back
    visitor.signs_in_by_autofill()
    visitor.signs_out()
    assert outages.finalized() == []

    visitor.before("accounts/login/", partial(outages.begin, **SLOW))
    visitor.signs_in_by_the_button()
    visitor.signs_out()
    assert outages.finalized() == ["login"]

    outages.end()
    visitor.signs_in_by_autofill()
    assert outages.finalized() == ["login"]

    outages.begin(**DEAD)
    errors = console_errors(visitor)
    visitor.renames_and_removes_the_passkey()
    # Without Hanko nobody knows all passkeys that are accepted, so browsers are told none, and show no error.
    visitor.wait_for_posts("accepted-credentials", 1)
    visitor.signs_out()
    assert visitor.refusals() == errors == []

    outages.end()
    visitor.opens_login()
    visitor.press("Sign in with a passkey")
    expect(visitor.page.locator(".errorlist")).to_contain_text("does not know this passkey")


@pytest.mark.parametrize(
    ("moment", "faults"),
    [("start-registration", HTML), ("finalize-registration", DEAD)],
    ids=["HTML before the start", "dead between start and finalize"],
)
def test_a_passkey_created_during_an_outage_works_then_and_afterwards(
    visitor: Visitor, outages: Outages, moment: str, faults: dict[str, object]
) -> None:
    visitor.signs_up()
    visitor.before(moment, partial(outages.begin, **faults))
    visitor.creates_a_passkey()
    visitor.signs_out()
    visitor.signs_in_by_autofill()
    visitor.signs_out()

    outages.end()
    outages.finalized()
    visitor.signs_in_by_the_button()
    visitor.signs_out()
    visitor.signs_in_by_autofill()
    assert outages.finalized() == []  # it is ours
    assert visitor.refusals() == []


def test_switching_back_and_forth_locks_nobody_out(
    browser: Browser, switched_site: SwitchedSite, outages: Outages
) -> None:
    with (
        new_visitor(browser, switched_site.origin) as at_embedded,
        new_visitor(browser, switched_site.origin) as at_hanko,
    ):
        switched_site.switch_to("embedded")
        at_embedded.has_a_passkey()
        assert outages.finalized() == []
        switched_site.switch_to("hanko")
        at_hanko.has_a_passkey()
        assert outages.finalized() == ["registration"]
        at_embedded.signs_in_by_autofill()
        at_embedded.signs_out()
        assert outages.finalized() == []

        for provider, expected in [("embedded", []), ("hanko", ["login"])]:
            # In the midst of one login, which the other environment has to finish.
            at_hanko.before("accounts/login/", partial(switched_site.switch_to, provider))
            at_hanko.signs_in_by_the_button()
            at_hanko.signs_out()
            assert outages.finalized() == []
            at_embedded.signs_in_by_the_button()
            at_embedded.signs_out()
            assert outages.finalized() == []
            at_hanko.signs_in_by_autofill()
            at_hanko.signs_out()
            assert outages.finalized() == expected
        assert at_embedded.refusals() == at_hanko.refusals() == []
