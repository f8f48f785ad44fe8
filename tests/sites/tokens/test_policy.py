"""PASSKEY_POLICY at an API: whose password brings a token, and what a parked session is worth there."""

import base64
import json
from types import ModuleType

import pytest
from django.http import JsonResponse
from django.test import Client
from django.urls import clear_url_caches, path
from knox.models import AuthToken
from knox.views import LoginView as KnoxLoginView
from ninja import NinjaAPI
from ninja.security import HttpBasicAuth
from ninja_jwt.routers.obtain import obtain_pair_router
from rest_framework.authentication import BasicAuthentication, SessionAuthentication
from rest_framework.authtoken.models import Token
from rest_framework.authtoken.views import obtain_auth_token
from rest_framework.views import APIView
from rest_framework_simplejwt.tokens import AccessToken
from rest_framework_simplejwt.views import TokenObtainPairView

from tests.conftest import PASSWORD, Browser, credentials_of, make_user, refusal
from tests.sites.owing import (
    REFUSED,
    REQUIRED,
    SECOND_STEP,
    do_second_step,
    guard,
    is_parked,
    owner_of_passkey,
)
from tests.urls import urlpatterns as everybodys

pytestmark = pytest.mark.django_db
AS_JSON = {"Accept": "application/json"}
POLICIES = pytest.mark.parametrize(
    "entries", [SECOND_STEP, REQUIRED, REFUSED], ids=["second-step", "required", "refused"]
)


class WhoAmI(APIView):
    def get(self, request):
        return JsonResponse({"user": str(request.user.pk)})


class BasicKnox(KnoxLoginView):
    """knox's login view, as its manual shows it."""

    authentication_classes = [BasicAuthentication]


class OwnBasicAuth(HttpBasicAuth):
    """django-ninja's manual."""

    def authenticate(self, request, username, password):
        from django.contrib.auth import authenticate

        return authenticate(request, username=username, password=password)


def basic(user):
    text = f"{user.get_username()}:{PASSWORD}"
    return {"Authorization": f"Basic {base64.b64encode(text.encode()).decode()}"}


def by_json(url):
    return lambda user: Client().post(url, credentials_of(user), content_type="application/json")


def by_jwt(url):
    """With the name that the user model has for it."""

    def post(user):
        names = {user.USERNAME_FIELD: user.get_username(), "password": PASSWORD}
        return Client().post(url, names, content_type="application/json")

    return post


DOORS = {
    "basic": lambda user: Client().get("/api/basic", headers=basic(user)),
    "drf": by_json("/api/drf"),
    "simplejwt": by_jwt("/api/simplejwt"),
    "knox": lambda user: Client().post("/api/knox", headers=basic(user)),
    "ninja": lambda user: Client().get("/api/ninja/basic", headers=basic(user)),
    "ninja-jwt": by_jwt("/api/ninja/pair"),
}


@pytest.fixture(autouse=True)
def site(settings):
    ninja = NinjaAPI(urls_namespace="policy")
    ninja.add_router("", obtain_pair_router)
    ninja.get("/basic", auth=OwnBasicAuth())(lambda request: {"user": str(request.auth.pk)})
    settings.ROOT_URLCONF = ModuleType("urls")
    settings.ROOT_URLCONF.urlpatterns = [
        path("api/drf", obtain_auth_token),
        path("api/simplejwt", TokenObtainPairView.as_view()),
        path("api/knox", BasicKnox.as_view()),
        path("api/basic", WhoAmI.as_view(authentication_classes=[BasicAuthentication])),
        path("api/session", WhoAmI.as_view(authentication_classes=[SessionAuthentication])),
        path("api/whoami", WhoAmI.as_view()),
        path("api/ninja/", ninja.urls),
        *everybodys,
    ]
    yield
    clear_url_caches()


@pytest.fixture
def ada(user):
    """A browser of somebody with a passkey."""
    return owner_of_passkey(user)


@pytest.mark.parametrize("door", DOORS)
@POLICIES
def test_g5_the_right_password_of_somebody_who_owes_something_brings_nothing(ada, user, settings, entries, door):
    owes = make_user("grace") if entries is REQUIRED else user
    guard(settings, entries)

    response = DOORS[door](owes)

    assert response.status_code in (400, 401, 403), response.content
    assert not AuthToken.objects.exists()
    assert not Token.objects.exists()
    assert "access" not in response.content.decode()


@pytest.mark.parametrize("door", DOORS)
def test_g5_it_is_answered_like_a_wrong_password(ada, user, settings, door, monkeypatch):
    guard(settings, SECOND_STEP)
    right = DOORS[door](user)
    monkeypatch.setattr(f"{__name__}.PASSWORD", "wrong")
    monkeypatch.setattr("tests.conftest.PASSWORD", "wrong")

    wrong = DOORS[door](user)

    assert (wrong.status_code, wrong.content) == (right.status_code, right.content)


@pytest.mark.parametrize("door", DOORS)
def test_the_password_of_somebody_who_owes_nothing_works(settings, door):
    guard(settings, SECOND_STEP)

    assert DOORS[door](make_user("grace")).status_code == 200


def test_g5_a_parked_session_is_nobodys_at_the_api(ada, user, settings):
    guard(settings, SECOND_STEP, with_backend=False)
    ada.client.force_login(user, backend="passkeys_django.backends.PasskeyBackend")

    response = ada.client.get("/api/session", headers=AS_JSON)

    assert refusal(response) == (403, "second_step_required")
    assert is_parked(ada.client)
    assert ada.client.get("/api/session").status_code == 302
    settings.MIDDLEWARE = [name for name in settings.MIDDLEWARE if "PolicyMiddleware" not in name]
    without_the_net = Client()
    without_the_net.cookies = ada.client.cookies
    assert without_the_net.get("/api/session").status_code == 403


def test_g5_json_sent_in_a_parked_session_is_told_why_even_if_it_accepts_everything(ada, user, settings):
    """As `fetch()` does, which says `*/*`."""
    guard(settings, SECOND_STEP)
    ada.client.force_login(user, backend="passkeys_django.backends.PasskeyBackend")

    response = ada.client.post("/api/session", "{}", content_type="application/json", headers={"Accept": "*/*"})

    assert refusal(response) == (403, "second_step_required")
    assert response.json()["url"].startswith("/passkeys/second-step/")


def test_after_the_second_step_the_session_works_at_the_api(ada, user, settings):
    guard(settings, SECOND_STEP)
    ada.client.force_login(user, backend="passkeys_django.backends.PasskeyBackend")
    url = ada.client.get("/api/session", headers=AS_JSON).json()["url"]

    do_second_step(ada, url)

    assert ada.client.get("/api/session").json() == {"user": str(user.pk)}


@POLICIES
def test_tokens_that_were_given_out_before_keep_working(ada, user, settings, entries):
    jwt = AccessToken.for_user(user)
    _instance, knox = AuthToken.objects.create(user)
    guard(settings, entries)

    for header in (f"Bearer {jwt}", f"Token {knox}"):
        response = Client().get("/api/whoami", headers={"Authorization": header})
        assert response.json() == {"user": str(user.pk)}


def test_a_token_beside_a_parked_session_is_led_to_the_second_step_like_the_session(ada, user, settings):
    """The cookie says whose browser it is. An API client sends no cookie."""
    guard(settings, SECOND_STEP)
    jwt = AccessToken.for_user(user)
    ada.client.force_login(user, backend="passkeys_django.backends.PasskeyBackend")

    response = ada.client.get("/api/whoami", headers={"Authorization": f"Bearer {jwt}"} | AS_JSON)

    assert refusal(response) == (403, "second_step_required")


def test_g5_a_passkey_login_in_json_owes_nothing(ada, user, settings):
    for entries in (SECOND_STEP, REQUIRED, REFUSED):
        guard(settings, entries)
        assert ada.login().status_code == 200
        assert ada.client.get("/api/session").json() == {"user": str(user.pk)}
        ada.client.logout()


def test_g5_basic_authentication_opens_no_session(ada, settings):
    guard(settings, SECOND_STEP)
    browser = Browser()
    browser.client.get("/api/basic", headers=basic(make_user("grace")))

    assert browser.user_id is None
    assert json.loads(browser.client.get("/api/session").content)["detail"]
