"""A server of its own, and somebody with a passkey before it."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser

from tests.browser.conftest import browser, chromium, free_port, new_visitor, running_site  # noqa: F401
from tests.browser.visitor import Visitor

SETTINGS = "tests.sites.swapped.settings"


@pytest.fixture(scope="session")
def swapped_site(chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:  # noqa: F811
    """The origin of the site."""
    folder = tmp_path_factory.mktemp("swapped")
    with running_site(free_port(), folder, DJANGO_SETTINGS_MODULE=SETTINGS) as origin:
        yield origin


@dataclass
class Person:
    """Somebody who has a passkey."""

    username: str
    credentials: list[dict[str, object]]


@pytest.fixture(scope="package")
def person(browser: Browser, swapped_site: str) -> Person:  # noqa: F811
    with new_visitor(browser, swapped_site) as visitor:
        visitor.has_a_passkey()
        return Person(visitor.username, visitor.credentials())


@pytest.fixture
def visitor(browser: Browser, swapped_site: str, person: Person) -> Iterator[Visitor]:  # noqa: F811
    """This person in a new browser, signed out."""
    with new_visitor(browser, swapped_site) as visitor:
        visitor.username = person.username
        visitor.holds(person.credentials)
        yield visitor
        person.credentials = visitor.credentials()  # the signature counter has grown
