"""docs/confirm.md is true: its code runs, and what it tells of a session is all that there is."""

import re
from dataclasses import fields
from pathlib import Path

import pytest
from django.utils.module_loading import import_string

from passkeys_django.middleware import RemovedPasskeyMiddleware
from passkeys_django.sessions import Authentication, get_authentication
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


@pytest.mark.parametrize(("method", "second_step"), [("passkey", False), ("password", True)])
def test_the_second_step_is_decided_as_shown(registered, user, method, second_step):
    registered.login() if method == "passkey" else registered.sign_in(user)
    values = {"get_authentication": get_authentication}

    exec(block("needs_second_step"), values)

    assert values["needs_second_step"](request_of(registered)) is second_step


def test_every_attribute_of_a_session_is_in_the_table():
    documented = set(re.findall(r"^\| `(\w+)` \|", DOCS, re.MULTILINE))

    assert documented == {field.name for field in fields(Authentication)} - {"user"}


def test_the_middleware_is_there():
    (path,) = re.findall(r'"(passkeys_django\.middleware\.\w+)"', DOCS)

    assert import_string(path) is RemovedPasskeyMiddleware
