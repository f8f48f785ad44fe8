"""The card "Create a passkey?": who sees it, and "Not now"."""

import json
import re
import time
from html import unescape
from http import HTTPStatus

import pytest
from django.contrib.auth.models import AnonymousUser
from django.http import HttpResponse
from django.template import Context, RequestContext, Template
from django.test import Client, RequestFactory
from django.urls import include, path
from django.views.generic import TemplateView

from passkeys_django.frontend import offers
from passkeys_django.models import Passkey, PasskeyEvent
from tests.conftest import Browser, make_passkey, refusal
from tests.providers.recording import RECORDING

SOURCE = "{% load passkeys %}<h1>Home</h1>{% passkey_offer %}"


class Home(TemplateView):
    """A page of a site with the card on it."""

    def render_to_response(self, context, **kwargs):
        return HttpResponse(Template(SOURCE).render(RequestContext(self.request, context)))


urlpatterns = [
    path("passkeys/", include("passkeys_django.urls")),
    path("accounts/", include("django.contrib.auth.urls")),
    path("home/", Home.as_view()),
]
pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]
NOT_NOW = "/passkeys/not-now"


@pytest.fixture
def client(user):
    """A client in which `user` has just signed in by password."""
    return Browser().sign_in(user).client


@pytest.fixture
def from_a_phone(registered):
    """A browser in which somebody has just signed in with the passkey of another device."""
    sign_in_with(registered, "cross-platform")
    return registered


def sign_in_with(browser, attachment):
    browser.authenticator.attachment = attachment
    assert browser.login().status_code == HTTPStatus.OK


def page_of(client, url="/home/?a=1&b=2"):
    response = client.get(url)
    assert response.status_code == HTTPStatus.OK
    return unescape(response.content.decode())


def is_offered(client):
    return "data-passkey-offer" in page_of(client)


def config_of(client):
    block = re.search(r'<script id="passkeys-config" type="application/json">(.*?)</script>', page_of(client))
    return json.loads(block[1])


def say_not_now(client, url="/home/", **extra):
    return client.post(NOT_NOW, {"next": url}, **extra)


def grow_old(client):
    session = client.session
    session["_passkeys_authentication"] = {**session["_passkeys_authentication"], "at": time.time() - 301}
    session.save()


# Who sees it


def test_who_signed_in_with_a_password_and_has_no_passkey_is_offered_one(client):
    page = page_of(client)

    assert "Create a passkey?</h2>" in page
    button = r"<button [^>]*data-passkey-register disabled><span .*?</span>Create a passkey</button>"
    assert re.search(button, page)
    assert re.search(r'<form method="post" action="/passkeys/not-now".*?>Not now</button>', page, re.DOTALL)
    assert '<input type="hidden" name="next" value="/home/?a=1&b=2">' in page
    assert config_of(client)["urls"]["startRegistration"] == "/passkeys/start-registration"


def test_who_has_a_passkey_is_not_offered_one_after_a_password(client, user):
    make_passkey(user)
    assert not is_offered(client)


def test_a_card_that_promises_this_device_asks_for_it_also_before_its_script_has_run(from_a_phone):
    """After "Confirm it's you", the script presses the button at once."""
    assert 'data-passkey-register data-passkey-device="this" disabled' in page_of(from_a_phone.client)


def test_who_signed_in_with_another_device_is_offered_one_on_this_device(from_a_phone):
    page = page_of(from_a_phone.client)

    assert "Create a passkey on this device?</h2>" in page
    assert "You signed in with a passkey from another device." in page


def test_who_signed_in_with_this_device_is_offered_nothing(registered):
    sign_in_with(registered, "platform")
    assert not is_offered(registered.client)


def test_who_signed_in_with_who_knows_what_is_offered_nothing(registered):
    sign_in_with(registered, None)
    assert not is_offered(registered.client)


def test_who_is_not_signed_in_is_offered_nothing():
    assert not is_offered(Client())


def test_who_signed_in_too_long_ago_to_create_one_is_offered_nothing(client):
    grow_old(client)
    assert not is_offered(client)


def test_a_session_that_does_not_say_how_it_began_gets_no_offer(client):
    session = client.session
    del session["_passkeys_authentication"]
    session.save()
    assert not is_offered(client)


def test_our_own_pages_show_no_offer(client, settings, tmp_path):
    (tmp_path / "site.html").write_text(SOURCE + "{% block content %}{% endblock %}")
    templates = settings.TEMPLATES[0]
    settings.TEMPLATES = [{**templates, "DIRS": [*templates["DIRS"], tmp_path]}]
    settings.PASSKEY_BASE_TEMPLATE = "site.html"

    assert is_offered(client)
    page = page_of(client, "/passkeys/")
    assert "<h1>Home</h1>" in page
    assert "data-passkey-offer" not in page


@pytest.mark.parametrize("user_of", [None, AnonymousUser])
def test_a_page_without_request_or_user_shows_no_offer(user_of):
    request = RequestFactory().get("/")
    if user_of is not None:
        request.user = user_of()
    assert Template(SOURCE).render(RequestContext(request)).strip() == "<h1>Home</h1>"
    assert Template(SOURCE).render(Context()).strip() == "<h1>Home</h1>"


# Before the browser was asked


@pytest.mark.parametrize("who", ["client", "from_a_phone"])
def test_the_card_waits_for_what_the_browser_says(who, request):
    person = request.getfixturevalue(who)
    page = page_of(getattr(person, "client", person))

    assert re.search(r"<div [^>]*data-passkeys hidden>\s*<link [^>]*>\s*<section [^>]*data-passkey-offer=", page)
    assert '<script type="module" src="/static/passkeys_django/passkeys_offer.js"></script>' in page


# After it was taken


def test_who_created_a_passkey_on_this_device_is_not_asked_again(from_a_phone):
    assert is_offered(from_a_phone.client)
    other_device = Browser(from_a_phone.client)

    assert other_device.register().status_code == HTTPStatus.CREATED

    assert Passkey.objects.count() == 2
    assert not is_offered(from_a_phone.client)


def test_the_next_login_with_the_phone_is_offered_one_anew(from_a_phone):
    Browser(from_a_phone.client).register()
    sign_in_with(from_a_phone, "cross-platform")
    assert is_offered(from_a_phone.client)


def test_a_registration_outside_of_a_request_is_nothing_to_remember():
    offers.remember_registration(None)


def test_a_security_key_is_no_passkey_and_ends_no_offer(client, user):
    make_passkey(user, kind="security-key")
    assert is_offered(client)


def test_after_a_login_by_phone_adding_a_security_key_ends_no_offer(from_a_phone):
    assert is_offered(from_a_phone.client)
    key = Browser(from_a_phone.client)

    assert key.register(start={"kind": "security-key"}).status_code == 201

    assert is_offered(from_a_phone.client)


# Not now


@pytest.fixture(params=["password", "phone"])
def offered(request):
    """Somebody who sees either card."""
    if request.param == "password":
        return request.getfixturevalue("client")
    return request.getfixturevalue("from_a_phone").client


def test_not_now_leads_back_and_the_card_stays_away(offered):
    assert is_offered(offered)

    response = say_not_now(offered)

    assert (response.status_code, response["Location"]) == (302, "/home/")
    assert response["Cache-Control"] == "no-store"
    assert not is_offered(offered)


def test_the_cookie_lasts_as_long_as_the_setting_says_and_is_out_of_scripts_reach(client, settings):
    settings.PASSKEY_NOT_NOW_AGE = 1234
    cookie = say_not_now(client).cookies[offers.COOKIE]

    assert (cookie["max-age"], cookie["path"], cookie["samesite"]) == (1234, "/", "Lax")
    assert cookie["httponly"]
    assert not cookie["secure"]


def test_the_cookie_is_secure_where_the_sessions_is(client, settings):
    settings.SESSION_COOKIE_SECURE = True
    assert say_not_now(client).cookies[offers.COOKIE]["secure"]


def test_the_cookie_is_one_persons_and_does_not_tell_whose(client, user, other_user):
    value = say_not_now(client).cookies[offers.COOKIE].value
    other = Browser().sign_in(other_user).client
    other.cookies[offers.COOKIE] = value

    assert is_offered(other)
    assert re.fullmatch(r"[0-9a-f]{64}", value)


@pytest.mark.parametrize("value", ["", "1", "x" * 64, "ü", "%ff", '"'])
def test_a_cookie_that_somebody_made_up_dismisses_nothing(client, value):
    client.cookies[offers.COOKIE] = value
    assert is_offered(client)


@pytest.mark.parametrize(
    "url",
    ["", "https://evil.example/", "//evil.example", "javascript:alert(1)", "http:///evil.example", "\\\\evil"],
)
def test_it_leads_nowhere_else(client, settings, url):
    settings.LOGIN_REDIRECT_URL = "/home/"
    assert say_not_now(client, url)["Location"] == "/home/"


def test_a_script_gets_no_page(client):
    response = say_not_now(client, headers={"Accept": "application/json"})

    assert (response.status_code, response.content) == (204, b"")
    assert not is_offered(client)


def test_who_is_not_signed_in_has_nothing_to_put_off():
    response = say_not_now(Client())

    assert response["Location"] == "/accounts/login/?next=%2Fpasskeys%2F"
    assert offers.COOKIE not in response.cookies
    script = say_not_now(Client(), headers={"Accept": "application/json"})
    assert refusal(script) == (401, "not_authenticated")


def test_d14_only_a_form_of_the_site_can_say_it(user):
    client = Browser(Client(enforce_csrf_checks=True)).sign_in(user).client
    assert say_not_now(client).status_code == HTTPStatus.FORBIDDEN
    assert client.get(NOT_NOW).status_code == HTTPStatus.METHOD_NOT_ALLOWED

    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page_of(client))[1]
    response = client.post(NOT_NOW, {"next": "/home/", "csrfmiddlewaretoken": token})
    assert response["Location"] == "/home/"


# What it costs: each page needs two statements, for the session and its user. The first offer of a session is also
# written to the history.


def test_it_costs_one_statement_after_a_password(client, django_assert_num_queries):
    page_of(client)  # the first offer in a session is written to the history
    with django_assert_num_queries(3):
        page_of(client)


def test_it_costs_none_after_a_login_with_another_device(from_a_phone, django_assert_num_queries):
    page_of(from_a_phone.client)
    with django_assert_num_queries(2):
        page_of(from_a_phone.client)


def test_it_costs_none_once_dismissed(client, django_assert_num_queries):
    say_not_now(client)
    with django_assert_num_queries(2):
        page_of(client)


# The history


def history():
    return list(PasskeyEvent.objects.order_by("pk").values_list("kind", "code", "user"))


def test_a_session_that_is_offered_a_passkey_is_in_the_history_once(client, user):
    for _ in range(3):
        assert is_offered(client)

    assert history() == [("signed_in", "password", user.pk), ("offered", "first", user.pk)]


def test_the_history_says_what_was_offered(from_a_phone, user):
    page_of(from_a_phone.client)

    assert history()[-1] == ("offered", "this device", user.pk)


def test_the_history_says_that_the_offer_was_taken(signed_in, user):
    page_of(signed_in.client)

    assert signed_in.register().status_code == HTTPStatus.CREATED

    assert history() == [("offered", "first", user.pk), ("registered", "offer", user.pk)]


def test_a_passkey_that_nobody_offered_is_no_offer_taken(signed_in, user):
    assert signed_in.register().status_code == HTTPStatus.CREATED

    assert history() == [("registered", "", user.pk)]


def test_what_is_not_shown_is_not_in_the_history(client, user):
    say_not_now(client)
    page_of(client)

    assert history() == [("signed_in", "password", user.pk)]


def test_a_site_without_a_history_writes_no_offer(client, settings, django_assert_num_queries):
    settings.PASSKEY_EVENTS = False
    before = history()

    with django_assert_num_queries(3):
        assert is_offered(client)

    assert history() == before


# Passkeys that browsers create by themselves


def test_by_default_no_browser_creates_one_by_itself(client):
    assert "conditionalCreate" not in config_of(client)


def test_a_browser_may_where_the_setting_and_the_provider_allow_it(client, settings):
    settings.PASSKEY_CONDITIONAL_CREATE = True
    assert config_of(client)["conditionalCreate"] is True


def test_it_may_not_where_the_provider_takes_no_such_passkey(client, settings):
    settings.PASSKEY_CONDITIONAL_CREATE = True
    settings.PASSKEY_PROVIDERS = {"default": RECORDING}
    assert "conditionalCreate" not in config_of(client)


def test_it_may_not_after_a_login_with_a_passkey(from_a_phone, settings):
    settings.PASSKEY_CONDITIONAL_CREATE = True
    assert "conditionalCreate" not in config_of(from_a_phone.client)


def test_it_may_not_after_not_now(client, settings):
    settings.PASSKEY_CONDITIONAL_CREATE = True
    say_not_now(client)
    assert "passkeys-config" not in page_of(client)
