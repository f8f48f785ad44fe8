"""Login pages with passkeys: Django's LoginView, the admin's, and a site's own."""

import json
import re

import pytest
from django import forms
from django.contrib import admin
from django.contrib.admin.apps import AdminConfig
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView
from django.http import HttpResponse
from django.urls import include, path
from django.utils.module_loading import import_string

from passkeys_django.admin_config import PasskeyAdminConfig
from passkeys_django.admin_site import PasskeyAdminSite, PasskeyAdminSiteMixin
from passkeys_django.forms import PasskeyAdminAuthenticationForm, PasskeyAuthenticationForm, PasskeyFormMixin
from passkeys_django.login import PasskeyLoginMixin, PasskeyLoginView
from tests.conftest import PASSWORD, make_user

pytestmark = pytest.mark.django_db
LOGIN, ADMIN, GOTO, OWN = "/accounts/login/", "/admin/", "/goto/", "/own/login/"
BASE = """<title>{% block title %}{% endblock %}</title>{% block extra_head %}{% endblock %}
The site's own frame.{% block content %}{% endblock %}"""


class OwnForm(PasskeyFormMixin, AuthenticationForm):
    remember_me = forms.BooleanField(required=False)


class OwnLogin(PasskeyLoginMixin, LoginView):
    authentication_form = OwnForm


class OwnAdmin(PasskeyAdminSiteMixin, admin.AdminSite):
    site_header = "Our own"


urlpatterns = [
    path("admin/", PasskeyAdminSite().urls),
    path("staff/", OwnAdmin(name="staff").urls),
    path("passkeys/", include("passkeys_django.urls")),
    path("accounts/login/", PasskeyLoginView.as_view(), name="login"),
    path("goto/", PasskeyLoginView.as_view(redirect_field_name="goto")),
    path("own/login/", OwnLogin.as_view()),
    path("inside/", lambda request: HttpResponse("inside")),
]


@pytest.fixture(autouse=True)
def _site(settings):
    settings.ROOT_URLCONF = __name__
    settings.LOGIN_REDIRECT_URL = "/inside/"


def page_of(client, url):
    response = client.get(url, follow=True)
    assert response.status_code == 200
    return response.content.decode()


def config_in(page):
    return json.loads(re.search(r'<script id="passkeys-config" type="application/json">(.*?)</script>', page)[1])


def hidden_field(page, name="next"):
    return re.search(rf'<input type="hidden" name="{name}" value="([^"]*)">', page)[1]


def username_field(page):
    return re.search(r'<input[^>]*name="username"[^>]*>', page)[0]


# The username field


@pytest.mark.parametrize("form", [PasskeyAuthenticationForm, PasskeyAdminAuthenticationForm, OwnForm])
def test_d28_the_username_field_offers_passkeys(form):
    assert 'autocomplete="username webauthn"' in username_field(form().as_div())


def test_d28_djangos_own_form_stays_as_it_is():
    assert AuthenticationForm().fields["username"].widget.attrs["autocomplete"] == "username"


@pytest.mark.parametrize("url", [LOGIN, ADMIN, "/staff/", OWN])
def test_every_login_page_has_autofill_and_the_button(client, url):
    page = page_of(client, url)

    assert 'autocomplete="username webauthn"' in username_field(page)
    assert " autofocus" in username_field(page)
    assert page.count("data-passkey-login") == 1
    assert len(re.findall(r'<script [^>]*src="[^"]*/passkeys\.js"', page)) == 1


# PasskeyLoginView


def test_the_login_page_stands_alone(client):
    page = page_of(client, LOGIN)

    assert page.startswith("<!DOCTYPE html>")
    assert ">Sign in</h1>" in page


def test_the_login_page_extends_the_sites_own(client, settings):
    settings.PASSKEY_BASE_TEMPLATE = "own_base.html"
    settings.TEMPLATES = [
        {
            **settings.TEMPLATES[0],
            "APP_DIRS": False,
            "OPTIONS": {
                **settings.TEMPLATES[0]["OPTIONS"],
                "loaders": [
                    ("django.template.loaders.locmem.Loader", {"own_base.html": BASE}),
                    "django.template.loaders.app_directories.Loader",
                ],
            },
        }
    ]

    page = page_of(client, LOGIN)

    assert "The site's own frame." in page
    assert "data-passkey-login" in page
    assert page.count("<title>") == 1


@pytest.mark.parametrize("url", [LOGIN, OWN])
def test_d16_where_to_go_is_kept(client, url):
    page = page_of(client, f"{url}?next=/inside/%3Fa%3D1")

    assert hidden_field(page) == "/inside/?a=1"
    assert config_in(page)["urls"]["finalizeLogin"] == "/passkeys/finalize-login?next=%2Finside%2F%3Fa%3D1"


def test_d16_where_to_go_is_kept_under_the_views_own_name(client, user):
    page = page_of(client, f"{GOTO}?goto=/inside/")

    assert hidden_field(page, "goto") == "/inside/"
    assert config_in(page)["urls"]["finalizeLogin"] == "/passkeys/finalize-login?next=%2Finside%2F"
    credentials = {"username": user.get_username(), "password": PASSWORD, "goto": "/inside/?after"}
    assert client.post(GOTO, credentials)["Location"] == "/inside/?after"


def test_nowhere_else_is_kept(client):
    page = page_of(client, f"{LOGIN}?next=https://evil.example/")

    assert hidden_field(page) == ""


def test_a_password_signs_in_as_before(client, user):
    response = client.post(LOGIN, {"username": user.get_username(), "password": PASSWORD, "next": "/inside/?a"})

    assert response["Location"] == "/inside/?a"


@pytest.mark.parametrize("url", [LOGIN, OWN, "/admin/login/", "/staff/login/"])
def test_a_wrong_password_is_told_and_where_to_go_is_kept(client, user, url):
    wrong = {"username": user.get_username(), "password": "wrong", "next": "/inside/"}

    response = client.post(url, wrong)

    page = response.content.decode()
    assert response.status_code == 200
    assert "Please enter a correct" in page or "Please enter the correct" in page
    assert hidden_field(page) == "/inside/"
    assert "next=%2Finside%2F" in config_in(page)["urls"]["finalizeLogin"]
    assert "data-passkey-login" in page


def test_d13_a_site_that_asks_everybody_to_sign_in_shows_its_login_pages(client, registered, settings):
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, "django.contrib.auth.middleware.LoginRequiredMiddleware"]
    assert client.get("/inside/").status_code == 302

    for url in (LOGIN, OWN, "/admin/login/"):
        response = client.get(url)
        assert response.status_code == 200
        assert "data-passkey-login" in response.content.decode()
    assert registered.login(query="?next=/inside/").json() == {"redirect_url": "/inside/"}
    assert registered.client.get("/inside/").content == b"inside"


def test_a_login_view_of_the_sites_own_has_its_own_form(client, user):
    assert 'name="remember_me"' in page_of(client, OWN)

    response = client.post(OWN, {"username": user.get_username(), "password": PASSWORD, "remember_me": "on"})

    assert response["Location"] == "/inside/"


# The admin


def test_our_config_stands_for_an_admin_with_passkeys():
    assert import_string(PasskeyAdminConfig.default_site) is PasskeyAdminSite
    assert issubclass(PasskeyAdminConfig, AdminConfig)


@pytest.mark.parametrize(
    ("url", "wanted"),
    [
        ("/admin/login/", "/admin/"),
        ("/staff/login/", "/staff/"),
        ("/admin/", "/admin/"),
        ("/admin/login/?next=/inside/", "/inside/"),
        ("/admin/password_change/", "/admin/password_change/"),
    ],
)
def test_d27_the_admins_login_page_keeps_where_to_go(client, url, wanted):
    page = page_of(client, url)

    assert hidden_field(page) == wanted
    query = wanted.replace("/", "%2F")
    assert config_in(page)["urls"]["finalizeLogin"] == f"/passkeys/finalize-login?next={query}"


def test_d27_staff_sign_in_to_the_admin_with_a_passkey(registered, user):
    user.is_staff = True
    user.save()

    wanted = registered.login(query="?next=/admin/").json()["redirect_url"]

    response = registered.client.get(wanted)
    assert (wanted, response.status_code) == ("/admin/", 200)
    assert user.get_username() in response.content.decode()


def test_d27_others_are_told_that_the_admin_is_not_for_them(registered, user):
    wanted = registered.login(query="?next=/admin/").json()["redirect_url"]

    page = page_of(registered.client, wanted)

    assert f"You are authenticated as {user.get_username()}, but are not authorized" in " ".join(page.split())
    assert "data-passkey-login" in page  # of another account


def test_a_password_signs_staff_in_to_the_admin_as_before(client):
    root = make_user("root", is_staff=True, is_superuser=True)
    credentials = {"username": root.get_username(), "password": PASSWORD, "next": "/admin/"}

    assert client.post("/admin/login/", credentials)["Location"] == "/admin/"


def test_a_password_signs_nobody_else_in_to_the_admin(client, user):
    credentials = {"username": user.get_username(), "password": PASSWORD, "next": "/admin/"}

    assert "for a staff account" in client.post("/admin/login/", credentials).content.decode()


def test_an_admin_site_of_the_sites_own_stays_its_own(client):
    page = page_of(client, "/staff/")

    assert "Our own" in page
    assert "passkeys_django/admin.css" in page
