"""docs/how-to/api-tokens.md: its files, as they stand there, with the packages themselves."""

import json
from contextlib import contextmanager
from types import ModuleType

import pytest
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.db import connection
from django.http import JsonResponse
from django.test import Client
from django.urls import clear_url_caches, include, path
from knox.models import AuthToken
from ninja import NinjaAPI
from ninja_jwt.authentication import JWTAuth
from rest_framework.authentication import TokenAuthentication
from rest_framework.views import APIView

from passkeys_django.lifecycle import remove
from passkeys_django.models import Passkey, PasskeyEvent
from passkeys_django.signals import passkey_removed
from passkeys_django.testing import SoftwareAuthenticator
from tests.conftest import ORIGIN, Browser, ceremony_cookies, make_passkey, put_cookies, refusal
from tests.docs.how_to.pages import Page
from tests.urls import urlpatterns as everybodys

PAGE = Page("api-tokens")
pytestmark = pytest.mark.django_db
LOGIN_REQUIRED = "django.contrib.auth.middleware.LoginRequiredMiddleware"


class WhoAmI(APIView):
    """A page of the API, under the site's default authentication and permission."""

    def get(self, request):
        return JsonResponse({"user": str(request.user.pk)})


class SimpleJWT:
    file = "shop/simplejwt_login.py"
    maker = "TokenObtainPairSerializer.get_token"

    def whoami(self):
        return path("api/whoami", WhoAmI.as_view())

    def authorization(self, answer):
        assert set(answer) == {"refresh", "access"}
        return f"Bearer {answer['access']}"


class Knox(SimpleJWT):
    file = "shop/knox_login.py"
    maker = "LoginView.create_token"

    def authorization(self, answer):
        assert set(answer) == {"expiry", "token"}
        return f"Token {answer['token']}"


class DRF(SimpleJWT):
    file = "shop/drf_login.py"
    maker = "Token.objects.get_or_create"

    def whoami(self):
        return path("api/whoami", WhoAmI.as_view(authentication_classes=[TokenAuthentication]))

    def authorization(self, answer):
        assert set(answer) == {"token"}
        return f"Token {answer['token']}"


class Ninja(SimpleJWT):
    file = "shop/ninja_api.py"
    maker = "RefreshToken.for_user"

    def whoami(self):
        api = NinjaAPI(auth=JWTAuth(), urls_namespace="whoami")
        api.get("/whoami")(lambda request: {"user": str(request.auth.pk)})
        return path("api/", api.urls)


@pytest.fixture(params=[SimpleJWT, Knox, DRF, Ninja], ids=lambda package: package.__name__)
def package(request, settings, monkeypatch):
    """The site with the files of the page for this package."""
    package = request.param()
    shop = PAGE.install(monkeypatch, "shop/passkey_steps.py", package.file)
    settings.ROOT_URLCONF = ModuleType("urls")
    settings.ROOT_URLCONF.urlpatterns = [path("", include(shop)), package.whoami(), *everybodys]
    yield package
    clear_url_caches()


@pytest.fixture
def app(registered):
    """A client of the API that nobody has signed in, with a passkey of `user`; CSRF is checked."""
    app = App(Client(enforce_csrf_checks=True))
    app.authenticator = registered.authenticator
    return app


class App(Browser):
    def step(self, name, body=None, **headers):
        return self.client.post(
            f"/api/login/{name}", json.dumps(body or {}), content_type="application/json", headers=headers
        )

    def credential(self, **overrides):
        response = self.step("start")
        assert response.status_code == 200, response.content
        return self.authenticator.get(response.json(), **overrides)

    def finish(self, **overrides):
        return self.step("finish", self.credential(**overrides))

    def whoami(self, authorization=None):
        headers = {"Authorization": authorization} if authorization else {}
        return self.client.get("/api/whoami", headers=headers)


def test_a_passkey_brings_a_token_with_which_the_api_knows_its_user(package, app, user):
    assert app.whoami().status_code == 401

    response = app.finish()

    assert response.status_code == 200, response.content
    token = package.authorization(response.json())
    assert app.whoami(token).json() == {"user": str(user.pk)}


def test_a_site_tests_it_as_shown(package, client, django_user_model, monkeypatch):
    shown = PAGE.install(monkeypatch, "shop/tests.py").test_a_passkey_brings_a_token

    shown(client, django_user_model, SoftwareAuthenticator(origin=ORIGIN))


def test_it_opens_no_session_and_is_a_login_in_the_history(package, app, user):
    response = app.finish()

    assert "sessionid" not in app.client.cookies
    assert ceremony_cookies(app.client) == {}
    assert response["Cache-Control"] == "no-store"
    assert PasskeyEvent.objects.get(kind="used").user == user
    assert Passkey.objects.get().use_count == 1


def test_the_answer_is_good_once(package, app):
    credential = app.credential()
    cookies = ceremony_cookies(app.client)
    assert app.step("finish", credential).status_code == 200
    put_cookies(app.client, cookies)

    assert refusal(app.step("finish", credential)) == (409, "ceremony_used")


def test_an_old_token_or_session_in_the_request_does_not_stop_it(package, app, user, other_user):
    app.sign_in(other_user)
    headers = {"Authorization": "Bearer expired"}
    credential = app.authenticator.get(app.step("start", **headers).json())

    response = app.step("finish", credential, **headers)

    assert response.status_code == 200, response.content
    app.client.logout()
    assert app.whoami(package.authorization(response.json())).json() == {"user": str(user.pk)}


def test_it_does_not_touch_a_session_of_somebody_else(package, app, other_user):
    app.sign_in(other_user)
    record = dict(app.client.session)

    app.finish()

    assert dict(app.client.session) == record


@pytest.mark.parametrize("falsified", [{"tamper_signature": True}, {"origin": "https://evil.example"}], ids=str)
def test_a_refusal_is_a_problem_with_our_code(package, app, falsified):
    response = app.finish(**falsified)

    assert refusal(response) == (403, "login_failed")
    assert ceremony_cookies(app.client) == {}


def test_a_user_who_is_not_active_gets_no_token(package, app, user, deactivate):
    deactivate(user)

    assert refusal(app.finish()) == (403, "login_failed")


def test_a_rule_of_the_login_page_holds_for_tokens(package, app, settings):
    class MembersOnly(AuthenticationForm):
        def confirm_login_allowed(self, user):
            raise ValidationError("Members only.")

    view = LoginView.as_view(authentication_form=MembersOnly)
    settings.ROOT_URLCONF.urlpatterns.insert(0, path("accounts/login/", view))

    response = app.finish()

    assert refusal(response) == (403, "login_failed")
    assert response.json()["detail"] == "Members only."


def test_another_site_cannot_begin(package, app):
    app.step("start")

    cookies = [morsel for name, morsel in app.client.cookies.items() if name.startswith("passkey_")]
    assert {(cookie["samesite"], cookie["httponly"]) for cookie in cookies} == {("Lax", True)}


def test_without_the_cookie_it_is_refused(package, app):
    credential = app.credential()
    for name in ceremony_cookies(app.client):
        del app.client.cookies[name]

    assert refusal(app.step("finish", credential)) == (400, "ceremony_not_found")


NONSENSE = ["[]", "{", "7", "[" * 100_000, b"\xff", '{"id": 7}', "{}"]


@pytest.mark.parametrize("body", NONSENSE, ids=lambda body: str(body)[:9])
def test_nonsense_is_a_problem_and_no_error(package, app, body):
    response = app.client.post("/api/login/finish", body, content_type="application/json")

    assert refusal(response)[0] in (400, 413)


def test_a_form_is_none(package, app):
    assert refusal(app.client.post("/api/login/finish", {"id": "x"})) == (415, "invalid_request")


@pytest.mark.parametrize("method", ["get", "put", "delete"])
def test_other_methods_are_not_allowed(package, app, method):
    assert getattr(app.client, method)("/api/login/finish").status_code == 405


def test_our_limits_hold(package, app, settings):
    settings.PASSKEY_RATE_LIMITS = {"finalize-login": "1/h"}
    app.finish(tamper_signature=True)

    response = app.finish()

    assert refusal(response) == (429, "throttled")
    assert int(response["Retry-After"]) > 0


def test_it_works_where_every_page_asks_for_a_login(package, app, settings):
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, LOGIN_REQUIRED]

    assert app.finish().status_code == 200


def test_knoxs_tokens_end_with_a_passkey_as_shown(user, other_user, monkeypatch):
    shown = PAGE.install(monkeypatch, "shop/receivers.py")
    for owner in (user, other_user):
        AuthToken.objects.create(owner)

    remove(make_passkey(user))

    assert [token.user for token in AuthToken.objects.all()] == [other_user]
    passkey_removed.disconnect(shown.end_tokens)


class TestAtomicRequests:
    """The real handler, a real transaction, and an error after the passkey was used."""

    pytestmark = pytest.mark.django_db(transaction=True)

    @pytest.fixture(autouse=True)
    def _atomic_requests(self, monkeypatch):
        monkeypatch.setitem(connection.settings_dict, "ATOMIC_REQUESTS", True)

    def test_a_login_works(self, package, app):
        assert app.finish().status_code == 200

    def test_an_error_after_the_login_leaves_the_credential_used(self, package, app):
        credential = app.credential()
        cookies = ceremony_cookies(app.client)
        app.client.raise_request_exception = False
        with failing(package):
            assert app.step("finish", credential).status_code == 500
        put_cookies(app.client, cookies)

        assert Passkey.objects.get().use_count == 1
        assert refusal(app.step("finish", credential)) == (409, "ceremony_used")

    def test_without_the_mark_nobody_logs_in(self, package, app, settings):
        """A site that forgets `non_atomic` is told so, and gives out no token."""
        for pattern in all_patterns(settings.ROOT_URLCONF.urlpatterns):
            vars(pattern.callback).pop("_non_atomic_requests", None)
        credential = app.credential()

        with pytest.raises(ImproperlyConfigured, match="non_atomic_requests"):
            app.step("finish", credential)
        assert Passkey.objects.get().use_count == 0


def all_patterns(patterns):
    for pattern in patterns:
        if hasattr(pattern, "url_patterns"):
            yield from all_patterns(pattern.url_patterns)
        else:
            yield pattern


@contextmanager
def failing(package):
    """Inside, what makes the token raises an error."""

    def fail(*_args, **_kwargs):
        raise RuntimeError("no token today")

    module = package.file.removesuffix(".py").replace("/", ".")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(f"{module}.{package.maker}", fail)
        yield
