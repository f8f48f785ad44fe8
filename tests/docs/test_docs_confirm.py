"""docs/confirm.md is true: its code runs, and what it tells of a session is all that there is."""

import re
from ast import literal_eval
from dataclasses import fields
from pathlib import Path
from types import ModuleType

import pytest
from django.http import HttpResponseRedirect
from django.urls import path
from django.utils.module_loading import import_string

from passkeys_django.middleware import RemovedPasskeyMiddleware
from passkeys_django.sessions import Authentication, get_authentication, is_recently_authenticated
from passkeys_django.sessions.addresses import reauthentication_url
from passkeys_django.sessions.record import amr_of
from tests.conftest import Browser, moved_clock
from tests.sessions.test_sessions import request_of

DOCS = (Path(__file__).parents[2] / "docs/confirm.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```python\n(.*?)```", DOCS, re.DOTALL)
pytestmark = pytest.mark.django_db


def block(mention):
    (found,) = [block for block in BLOCKS if mention in block]
    return found


@pytest.mark.parametrize("mention", ["def close_account", "class ChangeEmail"])
def test_the_views_can_be_written_as_shown(mention):
    exec(block(mention), {"__name__": "views"})


def test_the_functions_can_be_called_as_shown(signed_in, user):
    request = request_of(signed_in)
    values = {"request": request}

    exec(block("if is_recently_authenticated"), values)

    assert values["user"] == user


def test_a_page_of_the_sites_own_confirms_as_shown(user):
    with moved_clock(-301):
        request = request_of(Browser().sign_in(user))
    values = {"redirect": HttpResponseRedirect, "safe_next": lambda request: request.path}
    exec(block("def code_is_right"), values)

    assert values["code_is_right"](request)["Location"] == request.path
    assert is_recently_authenticated(request)


def test_the_page_of_the_sites_own_is_named_as_shown(settings, rf):
    names = {}
    exec(block("PASSKEY_CONFIRM_URL"), names)
    settings.PASSKEY_CONFIRM_URL = names["PASSKEY_CONFIRM_URL"]
    site = ModuleType("urls")
    site.urlpatterns = [path("again/", lambda request: None, name=settings.PASSKEY_CONFIRM_URL)]
    settings.ROOT_URLCONF = site

    assert reauthentication_url(rf.get("/pay/")) == "/again/?next=%2Fpay%2F"


@pytest.mark.parametrize(("method", "second_step"), [("passkey", False), ("password", True)])
def test_the_second_step_is_decided_as_shown(registered, user, method, second_step):
    registered.login() if method == "passkey" else registered.sign_in(user)
    values = {"get_authentication": get_authentication}

    exec(block("needs_second_step"), values)

    assert values["needs_second_step"](request_of(registered)) is second_step


def test_the_logins_of_single_sign_on_are_told_as_shown(user):
    values = {}
    exec(block("def login_method"), values)
    user.backend = "shop.saml.Backend"

    assert values["login_method"](None, user) == "other"
    user.backend = "django.contrib.auth.backends.ModelBackend"
    assert values["login_method"](None, user) == "password"


def test_the_amr_of_each_login_is_as_shown():
    """The table, read back: strength and `amr` follow from `methods`, and from the key."""
    rows = re.findall(r"^\| (.+?) \| `(\(.+?\))` \| (\d) \| (.+) \|$", DOCS, re.MULTILINE)

    assert len(rows) == 8
    for login, methods, strength, shown in rows:
        record = Authentication(
            user="1", methods=literal_eval(methods), at=0, user_verified="with user verification" in login
        )
        keyed = [literal_eval(value) for value in re.findall(r"`(\(.*?\))`", shown)]
        possible = [
            amr_of(record.methods, synced=synced, is_strong=record.strength == 2) for synced in (None, True, False)
        ]
        assert record.strength == int(strength), login
        assert all(value in possible for value in keyed), login


def test_every_attribute_of_a_session_is_in_the_table():
    documented = set(re.findall(r"^\| `(\w+)` \|", DOCS, re.MULTILINE))

    assert documented == {field.name for field in fields(Authentication)} - {"user"}


def test_the_middleware_is_there():
    (path,) = re.findall(r'"(passkeys_django\.middleware\.\w+)"', DOCS)

    assert import_string(path) is RemovedPasskeyMiddleware
