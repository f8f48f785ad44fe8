"""docs/how-to/beside-django-allauth.md is true. The settings of this site are its first block."""

import ast
import re
import sys
from types import ModuleType

import pytest
from django.core import mail
from django.template import engines
from django.template.loader import get_template

from passkeys_django import check_ids
from passkeys_django.models import Passkey
from tests.conftest import Browser
from tests.sessions.test_sessions import request_of
from tests.sites.allauth.settings import BLOCKS, PAGE
from tests.sites.allauth.test_login import by_form, by_password

TEXT = PAGE.read_text(encoding="utf-8")
MODULES = re.findall(r'^```python title="shop/(\w+)\.py"\n(.*?)^```', TEXT, re.DOTALL | re.MULTILINE)
TEMPLATES = re.findall(r"^ *```django\n(.*?)^ *```", TEXT, re.DOTALL | re.MULTILINE)
pytestmark = pytest.mark.django_db


@pytest.fixture
def shop(monkeypatch):
    """The modules of the page, importable under the names that they have there."""
    for name, code in MODULES:
        module = ModuleType(f"shop.{name}")
        exec(code, vars(module))
        monkeypatch.setitem(sys.modules, f"shop.{name}", module)
    monkeypatch.setitem(sys.modules, "shop", ModuleType("shop"))


@pytest.mark.parametrize("how", ["passkey", "password"])
def test_a_form_and_an_adapter_of_the_site_hold_for_every_login(shop, registered, user, settings, how):
    settings.ACCOUNT_FORMS = {"login": "shop.forms.ShopLoginForm"}
    settings.ACCOUNT_ADAPTER = "shop.adapter.ShopAdapter"

    response = by_form(registered) if how == "passkey" else by_password(registered, user)

    assert (response["Location"], response["X-Shop"]) == ("/orders/", "open")


@pytest.mark.parametrize("template", TEMPLATES, ids=range(len(TEMPLATES)))
def test_the_templates_show_something_to_people_who_have_just_signed_in(template, signed_in, settings):
    settings.PASSKEY_SIGNUP_FORM = "passkeys_django.signup.PasskeySignupForm"
    extends = '{% extends "account/base_entrance.html" %}' if "{% block" in template else ""

    assert engines["django"].from_string(extends + template).render({}, request_of(signed_in)).strip()


def test_people_can_have_accounts_without_any_password(settings):
    block = next(block for block in BLOCKS if "BY_CODE_ENABLED" in block)
    for name, value in re.findall(r"^(\w+) = (.*)$", block, re.MULTILINE):
        setattr(settings, name, ast.literal_eval(value))
    browser = Browser()

    page = browser.client.post("/accounts/signup/", {"email": "new@example.com"})["Location"]
    assert browser.client.post(page, {"code": code_in_mail()}).status_code == 302
    assert browser.register().status_code == 201
    browser.client.logout()

    assert by_form(browser)["Location"] == "/"
    assert browser.user_id == str(Passkey.objects.get().user_id)
    browser.client.logout()
    page = browser.client.post("/accounts/login/", {"login": "new@example.com"})["Location"]
    assert browser.client.post(page, {"code": code_in_mail()})["Location"] == "/"
    assert browser.user_id == str(Passkey.objects.get().user_id)


def code_in_mail():
    return re.search(r"^[A-Z0-9-]{4,}$", mail.outbox[-1].body, re.MULTILINE)[0]


def test_every_template_that_is_named_exists():
    names = set(re.findall(r"(?:account|mfa|allauth/layouts|passkeys_django/allauth)/\w+\.html", TEXT))

    assert {"account/login.html", "passkeys_django/allauth/panel.html"} <= names
    assert all(get_template(name) for name in names)


def test_every_check_is_in_the_table():
    ids = {value for name, value in vars(check_ids).items() if name.startswith("ALLAUTH_")}

    assert set(re.findall(r"^\| `(passkeys_django\w*\.\w+)`", TEXT, re.MULTILINE)) == ids
