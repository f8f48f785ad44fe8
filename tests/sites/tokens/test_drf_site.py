"""docs/how-to/django-rest-framework.md: a site that answers with it, and that knows people by their session."""

from types import ModuleType

import pytest
from django.contrib.auth import authenticate
from django.contrib.auth import login as django_login
from django.test import Client
from django.urls import clear_url_caches, path
from knox.models import AuthToken
from rest_framework.authentication import SessionAuthentication
from rest_framework.permissions import AllowAny
from rest_framework.response import Response
from rest_framework.views import APIView

from passkeys_django.sessions import is_recently_authenticated
from passkeys_django.testing import login, register
from tests.conftest import PASSWORD, Browser, credentials_of, moved_clock, refusal
from tests.docs.how_to.pages import Page
from tests.sessions.test_sessions import request_of
from tests.urls import urlpatterns as everybodys

PAGE = Page("django-rest-framework")
pytestmark = pytest.mark.django_db
AS_JSON = {"Accept": "application/json"}


@pytest.fixture(autouse=True)
def shop(settings, monkeypatch):
    """Members only, in DRF's way and in Django's."""
    urls = PAGE.install(monkeypatch, "shop/views.py", "shop/login.py", "mysite/urls.py")
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, "django.contrib.auth.middleware.LoginRequiredMiddleware"]
    settings.ROOT_URLCONF = ModuleType("urls")
    settings.ROOT_URLCONF.urlpatterns = [
        *urls.urlpatterns,
        path("api/careless", Careless.as_view()),
        *everybodys,
    ]
    yield
    clear_url_caches()


class Careless(APIView):
    """A login view without the lines that the page explains."""

    authentication_classes = [SessionAuthentication]
    permission_classes = [AllowAny]

    def post(self, request):
        django_login(request, authenticate(request, **request.data))
        return Response()


def post_password(client, user, url="/api/login", **headers):
    names = {"username": user.get_username(), "password": PASSWORD}
    return client.post(url, names, content_type="application/json", headers=headers)


def test_people_sign_in_with_a_passkey_where_every_page_is_for_members(registered, user):
    client = registered.client
    assert client.get("/api/address").status_code == 401

    assert login(client, registered.authenticator).status_code == 200
    assert client.get("/api/address").json() == {"address": "1 Main Street"}
    assert client.get("/passkeys/", headers=AS_JSON).json()["passkeys"][0]["use_count"] == 1


def test_an_action_wants_a_recent_login(registered, user):
    with moved_clock(-301):
        registered.sign_in(user)
    client = registered.client
    assert client.get("/api/address").status_code == 200
    assert refusal(client.put("/api/address", headers=AS_JSON)) == (403, "reauthentication_required")

    assert login(client, registered.authenticator, start={"purpose": "confirm"}).status_code == 200

    assert client.put("/api/address", headers=AS_JSON).json() == {"address": "changed"}


def test_a_token_is_no_recent_login_and_registers_nothing(user):
    _instance, token = AuthToken.objects.create(user)
    client, headers = Client(), AS_JSON | {"Authorization": f"Token {token}"}
    assert client.get("/api/address", headers=headers).status_code == 200

    assert refusal(client.put("/api/address", headers=headers)) == (403, "reauthentication_required")
    assert refusal(Browser(client).post("start-registration", **headers)) == (401, "not_authenticated")


@pytest.mark.parametrize("url", ["/api/login", "/api/careless"])
def test_a_password_in_json_makes_a_new_session_recent(browser, user, url):
    assert post_password(browser.client, user, url).status_code == 200

    assert is_recently_authenticated(request_of(browser))
    assert register(browser.client, browser.authenticator).status_code == 201


@pytest.mark.parametrize(("url", "recent"), [("/api/login", True), ("/api/careless", False)])
def test_over_an_older_session_it_does_so_as_the_page_shows_it(user, url, recent):
    with moved_clock(-3600):
        browser = Browser().sign_in(user)

    assert post_password(browser.client, user, url).status_code == 200

    assert is_recently_authenticated(request_of(browser)) is recent


def test_a_wrong_password_opens_nothing(browser, user):
    names = credentials_of(user) | {"password": "wrong"}

    assert browser.client.post("/api/login", names, content_type="application/json").status_code in (401, 403)
    assert browser.user_id is None


def test_another_site_signs_nobody_in(user):
    client = Client(enforce_csrf_checks=True)
    assert post_password(client, user).status_code == 403

    token = client.get("/passkeys/csrf-token").json()["csrf_token"]

    assert post_password(client, user, **{"X-CSRFToken": token}).status_code == 200


def test_the_browsable_api_leads_to_a_login_page_with_passkeys(client, user):
    page = client.get("/api/address", headers={"Accept": "text/html"}).content.decode()
    assert '<a href="/api-auth/login/?next=/api/address">' in page.replace("'", '"')

    assert 'autocomplete="username webauthn"' in client.get("/api-auth/login/").content.decode()
