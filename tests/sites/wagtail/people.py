"""People before the site: editors, who may enter Wagtail's admin, and members, who may not."""

import json

import pytest
from django.contrib.auth.models import Group

from tests.conftest import Browser, make_user

LOGIN = "/cms/login/"


@pytest.fixture
def editor(db):
    user = make_user("edith", email="edith@example.com")
    user.groups.add(Group.objects.get(name="Editors"))
    return user


@pytest.fixture
def editors_browser(editor):
    """A browser in which the editor has just signed in by password; its authenticator holds a passkey."""
    return with_passkey(editor)


def with_passkey(user):
    browser = Browser().sign_in(user)
    response = browser.register()
    assert response.status_code == 201, response.content
    return browser


def signed_out(user):
    browser = with_passkey(user)
    browser.client.logout()
    return browser


def by_passkey(browser, path=LOGIN, **fields):
    """Post the login form as the script does: the credential, and the values of all fields but the password."""
    credential = browser.authenticator.get(browser.request_options())
    return browser.client.post(path, {"username": "", "password": "", **fields, "passkey": json.dumps(credential)})
