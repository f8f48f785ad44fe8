"""docs/how-to/without-modelbackend.md: the one backend, and the link to the first passkey."""

import pytest
from django.template import RequestContext, Template
from django.test import Client, RequestFactory
from django.urls import clear_url_caches, set_urlconf

from passkeys_django.testing import login, register
from tests.conftest import Browser, credentials_of, refusal
from tests.docs.how_to.pages import Page
from tests.urls import urlpatterns

PAGE = Page("without-modelbackend")
pytestmark = pytest.mark.django_db


@pytest.fixture
def links(settings, monkeypatch):
    settings.AUTHENTICATION_BACKENDS = PAGE.settings()["AUTHENTICATION_BACKENDS"]
    links = PAGE.install(monkeypatch, "shop/links.py")
    links.render = lambda request, template: links.redirect("/asked/")  # the template is the reader's
    links.urlpatterns += urlpatterns
    settings.ROOT_URLCONF = links
    yield links
    set_urlconf(None)
    clear_url_caches()


@pytest.fixture
def member(links, user):
    """Somebody who came through the link."""
    browser = Browser()
    assert browser.client.post(links.link_for(user)).url == "/passkeys/"
    return browser


def test_the_link_leads_to_a_passkey_which_signs_in(member, user):
    assert register(member.client, member.authenticator).status_code == 201
    member.client.logout()

    assert login(member.client, member.authenticator).status_code == 200
    assert member.user_id == str(user.pk)


def test_the_link_is_good_for_one_login_and_not_for_a_look(links, user):
    link = links.link_for(user)
    assert Client().get(link).url == "/asked/"
    assert Client().post(link).url == "/passkeys/"

    assert Client().post(link).status_code == 404


@pytest.mark.parametrize("key", ["MA", "_w", "eA", "!"])
def test_a_link_to_nobody_leads_nowhere(links, key):
    assert Client().get(f"/first/{key}/token/").status_code == 404


def test_passwords_sign_nobody_in_and_count_as_no_way_in(member, user):
    register(member.client, member.authenticator)
    login(member.client, member.authenticator)
    passkey = user.passkeys.get()

    removal = member.client.post(f"/passkeys/{passkey.pk}/remove/", headers={"Accept": "application/json"})

    assert refusal(removal) == (409, "last_passkey")
    assert not Client().login(**credentials_of(user))


def test_the_login_page_has_the_button():
    text = PAGE.block("templates/registration/login.html").replace('{% extends "base.html" %}', "")
    html = Template(text).render(RequestContext(RequestFactory().get("/"), {}))

    assert "Sign in with a passkey" in html
