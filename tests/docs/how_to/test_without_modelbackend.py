"""docs/how-to/without-modelbackend.md: the one backend, and the ways to the first passkey."""

from io import StringIO

import pytest
from django.core.management import call_command
from django.template import RequestContext, Template
from django.test import Client, RequestFactory

from passkeys_django.forms import PasskeyAuthenticationForm
from passkeys_django.testing import login
from tests.conftest import Browser, credentials_of, refusal
from tests.docs.how_to.pages import Page
from tests.enrolment.holder import new_link

PAGE = Page("without-modelbackend")
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _one_backend(settings):
    settings.AUTHENTICATION_BACKENDS = PAGE.settings()["AUTHENTICATION_BACKENDS"]


@pytest.fixture
def member(user):
    """Somebody who came through a link, and is signed in with the passkey of the link."""
    browser = Browser()
    _enrolment, secret = new_link(user)
    browser.client.get(f"/passkeys/enrol/{secret}/")
    credential = browser.authenticator.create(browser.post("start-enrolment").json())
    assert browser.post("finalize-enrolment", credential).status_code == 201
    return browser


def test_the_link_leads_to_a_passkey_which_signs_in(member, user):
    member.client.logout()

    assert login(member.client, member.authenticator).status_code == 200
    assert member.user_id == str(user.pk)


def test_the_command_shown_makes_the_first_superuser(django_user_model):
    if django_user_model.USERNAME_FIELD != "username":
        pytest.skip("people sign in with another name there")
    [line] = [line for line in PAGE.text.splitlines() if "passkeys_enrol" in line]
    out = StringIO()

    call_command(*line.partition("manage.py ")[2].partition("`")[0].split(), stdout=out)

    assert "/passkeys/enrol/" in out.getvalue()
    assert django_user_model.objects.get().is_superuser


def test_passwords_sign_nobody_in_and_count_as_no_way_in(member, user):
    member.client.logout()
    login(member.client, member.authenticator)
    passkey = user.passkeys.get()

    removal = member.client.post(f"/passkeys/{passkey.pk}/remove/", headers={"Accept": "application/json"})

    assert refusal(removal) == (409, "last_passkey")
    assert not Client().login(**credentials_of(user))


def test_the_login_page_has_the_button_as_its_only_way_in():
    text = PAGE.block("templates/registration/login.html").replace('{% extends "base.html" %}', "")
    context = {"form": PasskeyAuthenticationForm()}  # as Django's LoginView gives it
    html = Template(text).render(RequestContext(RequestFactory().get("/"), context))

    assert "Sign in with a passkey" in html
    assert ">or</p>" not in html
