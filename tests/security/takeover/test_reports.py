"""D18, J17: what error reports show when an enrolment or a recovery by code fails in whatever function."""

import pytest
from django.test import Client

from tests.conftest import PASSWORD, Browser
from tests.enrolment.holder import Holder, new_link
from tests.recovery.conftest import JSON, make_codes
from tests.security.takeover.conftest import guard
from tests.security.test_error_reports import fail_everywhere

pytestmark = pytest.mark.django_db


def fails(action, prepare, secrets_watch, client):
    """`fail_everywhere` for an action that takes what `prepare` gives."""
    holder = Browser(client)
    return fail_everywhere(holder, prepare, action, secrets_watch)


def test_d18_j17_a_link_that_is_used(user, secrets_watch):
    def prepare():
        user.passkeys.all().delete()
        browser = Holder().open(new_link(user)[1])
        browser.client.raise_request_exception = False
        return browser, browser.answer()

    def finish(prepared):
        browser, credential = prepared
        return browser.finish(credential)

    assert fails(finish, prepare, secrets_watch, Client()) > 50


def test_d18_j17_a_code_that_is_used(owner, user, settings, secrets_watch):
    guard(settings, None)
    owner = owner.other_browser()

    def prepare():
        assert owner.login().status_code == 200
        return make_codes(owner)[0]

    def finish(code):
        body = {"username": user.get_username(), "code": code, "password": PASSWORD}
        return Client(raise_request_exception=False).post("/passkeys/recover/", body, **JSON)

    assert fails(finish, prepare, secrets_watch, Client()) > 20
