"""django-debug-toolbar with its panels: everything works under it."""

import re

import pytest

from tests.conftest import Browser, make_passkey

pytestmark = pytest.mark.django_db


@pytest.fixture
def watched(user):
    """A browser whose every request the toolbar watches; Ada has signed in."""
    browser = Browser().sign_in(user)
    browser.client.defaults["HTTP_X_TOOLBAR"] = "1"
    return browser


def shown(page):
    """The headings of the panels on this page."""
    return re.findall(r'id="djdt-(\w+)"', page.content.decode())


def test_the_ceremonies_work_under_it(watched):
    assert watched.register().status_code == 201
    watched.client.logout()
    assert watched.login().status_code == 200
    assert watched.post("accepted-credentials").status_code == 200


def test_the_answers_to_the_script_stay_json(watched):
    response = watched.post("start-registration")

    assert response["Content-Type"] == "application/json"
    assert "djdt" not in response.content.decode()


@pytest.mark.parametrize("path", ["/passkeys/", "/passkeys/confirm/", "/passkeys/signup/", "/accounts/login/"])
def test_pages_show_it(watched, user, path):
    make_passkey(user)

    page = watched.client.get(path)

    assert page.status_code == 200
    assert {"SQLPanel", "TemplatesPanel"} <= set(shown(page))
