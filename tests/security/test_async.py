"""Under ASGI: our pages and endpoints, and what asynchronous views may do. tests/servers has the slow provider."""

import json
import re
from inspect import iscoroutinefunction
from pathlib import Path

import pytest
from asgiref.sync import async_to_sync, sync_to_async
from django.contrib.auth import aauthenticate, alogin
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import SynchronousOnlyOperation
from django.http import HttpResponse, JsonResponse
from django.template import RequestContext, Template
from django.test import AsyncClient
from django.urls import include, path
from django.utils.decorators import async_only_middleware

from passkeys_django import signals
from passkeys_django.ceremonies import finalize_login, start_login
from passkeys_django.decorators import recently_authenticated
from passkeys_django.models import Passkey
from passkeys_django.sessions import is_recently_authenticated
from tests.conftest import PASSWORD, Browser, ceremony_cookies, credentials_of, make_passkey, refusal

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.security.test_async")]
GUARDS = [
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "tests.security.test_async.reading_the_user",
    "passkeys_django.middleware.RemovedPasskeyMiddleware",
]


def views_of_the_page():
    """What docs/how-to/async.md says that a site may write."""
    page = (Path(__file__).parents[2] / "docs/how-to/async.md").read_text()
    views = {"__name__": "views"}
    exec(re.search(r"```python\n(# views\.py\n.*?)```", page, re.DOTALL)[1], views)
    return views


documented = views_of_the_page()


class Client:
    """Django's AsyncClient for tests that are not asynchronous."""

    def __init__(self):
        self._client = AsyncClient()

    def __getattr__(self, name):
        attribute = getattr(self._client, name)
        return async_to_sync(attribute) if iscoroutinefunction(attribute) else attribute


def rendered(request, tag):
    template = Template(f"{{% load passkeys %}}{{% {tag} %}}")
    return HttpResponse(template.render(RequestContext(request)))


async def who(request):
    user = await request.auser()
    return HttpResponse(user.get_username())


@login_not_required
async def finish_and_ask(request):
    await sync_to_async(finalize_login)(request, json.loads(request.body))
    return await who(request)


@login_not_required
async def own_password_login(request):
    user = await aauthenticate(request, **json.loads(request.body))
    await alogin(request, user)
    return HttpResponse()


@login_not_required
async def holding_up_the_loop(request):
    return JsonResponse(start_login(request))


@login_not_required
async def login_page(request):
    return rendered(request, "passkey_login_button")


async def home(request):
    return await sync_to_async(rendered)(request, "passkey_offer")


async def age(request):
    return HttpResponse(f"{await sync_to_async(is_recently_authenticated)(request)}")


@recently_authenticated
async def pay(request):
    return HttpResponse("paid")


urlpatterns = [
    path("who/", who),
    path("begin/", login_not_required(documented["begin"])),
    path("finish/", login_not_required(documented["finish"])),
    path("finish-and-ask/", finish_and_ask),
    path("password/", own_password_login),
    path("holding-up/", holding_up_the_loop),
    path("login/", login_page),
    path("home/", home),
    path("age/", age),
    path("pay/", pay),
    path("passkeys/", include("passkeys_django.urls")),
]
OWN = ["/who/", "/home/", "/age/", "/pay/"]


@async_only_middleware
def reading_the_user(get_response):
    """What many a site's own middleware does, before ours and before the view."""

    async def middleware(request):
        await request.auser()
        return await get_response(request)

    return middleware


@pytest.fixture
def guarded(settings):
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, *GUARDS]


@pytest.fixture
def visitor():
    return Browser(Client())


@pytest.fixture
def at_asgi(registered, visitor):
    """A browser at the ASGI site, in front of the authenticator that holds `user`'s passkey."""
    visitor.authenticator = registered.authenticator
    return visitor


def post(browser, path, body=None):
    return browser.client.post(path, json.dumps(body or {}), content_type="application/json")


@pytest.mark.parametrize("engine", ["db", "cached_db", "signed_cookies"])
def test_a_passkey_is_created_used_renamed_and_removed_under_asgi(guarded, visitor, user, settings, engine):
    settings.SESSION_ENGINE = f"django.contrib.sessions.backends.{engine}"
    visitor.sign_in(user)
    assert visitor.register().status_code == 201
    visitor.client.logout()
    assert visitor.login().json() == {"redirect_url": "/accounts/profile/"}
    assert visitor.login(start={"purpose": "confirm"}).status_code == 200
    page = f"/passkeys/{Passkey.objects.get().pk}"
    make_passkey(user)

    assert visitor.client.post(f"{page}/rename/", {"name": "Key ring"}).status_code == 302
    assert b"Key ring" in visitor.client.get("/passkeys/").content
    assert post(visitor, "/passkeys/accepted-credentials").status_code == 200
    assert visitor.client.post("/passkeys/not-now").status_code == 302
    assert visitor.client.post("/passkeys/confirm/", {"password": PASSWORD}).status_code == 302
    assert "/passkeys/confirm/?method=passkey" in visitor.client.get(f"{page}/remove/")["Location"]
    assert visitor.login(start={"purpose": "confirm"}).status_code == 200
    assert visitor.client.get(f"{page}/remove/").status_code == 200
    assert visitor.client.post(f"{page}/remove/").status_code == 302
    assert Passkey.objects.get().name == "Laptop"


def test_whoever_is_not_signed_in_is_told_so_under_asgi(guarded, visitor):
    assert refusal(post(visitor, "/passkeys/start-registration")) == (401, "not_authenticated")
    assert visitor.client.get("/passkeys/")["Location"] == "/accounts/login/?next=/passkeys/"
    for page in OWN:
        assert visitor.client.get(page)["Location"] == f"/accounts/login/?next={page}"


def test_asynchronous_views_know_whom_a_passkey_signed_in(guarded, at_asgi, user):
    assert at_asgi.login().status_code == 200

    answers = [at_asgi.client.get(page).content.decode().strip() for page in OWN]

    assert answers == [user.get_username(), "", "True", "paid"]


def test_a_session_ends_with_its_passkey_under_asgi(guarded, at_asgi):
    assert at_asgi.login().status_code == 200
    Passkey.objects.all().delete()

    assert at_asgi.client.get("/who/").status_code == 302
    assert "_auth_user_id" not in at_asgi.client.session


def test_it_ends_even_for_a_view_whose_user_somebody_has_read_before(at_asgi, settings):
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, *GUARDS[1:]]
    assert at_asgi.login().status_code == 200
    Passkey.objects.all().delete()

    assert at_asgi.client.get("/who/").content == b""


def test_the_documented_views_sign_in(guarded, at_asgi, user):
    options = post(at_asgi, "/begin/").json()

    answer = post(at_asgi, "/finish/", at_asgi.authenticator.get(options))

    assert answer.json() == {"hello": user.get_username()}
    assert at_asgi.user_id == str(user.pk)
    assert ceremony_cookies(at_asgi.client) == {}


def test_the_documented_views_answer_errors(guarded, at_asgi):
    answers = [post(at_asgi, "/finish/"), post(at_asgi, "/finish/", [1])]

    assert [(answer.status_code, answer.json()["code"]) for answer in answers] == [
        (400, "invalid_credential"),
        (400, "invalid_request"),
    ]


def test_after_a_login_an_asynchronous_view_knows_who_it_was(guarded, at_asgi, user):
    """And not whom `request.auser()` has told before."""
    credential = at_asgi.authenticator.get(at_asgi.request_options())

    answer = post(at_asgi, "/finish-and-ask/", credential)

    assert answer.content.decode() == user.get_username()


def test_a_login_that_would_hold_up_the_event_loop_does_not_start(visitor):
    with pytest.raises(SynchronousOnlyOperation):
        post(visitor, "/holding-up/")


def test_a_password_login_of_an_asynchronous_view_is_a_recent_authentication(guarded, visitor, user):
    assert post(visitor, "/password/", credentials_of(user)).status_code == 200

    assert visitor.client.get("/age/").content == b"True"
    assert b"Create a passkey?" in visitor.client.get("/home/").content
    assert visitor.register().status_code == 201


def test_the_login_button_may_be_rendered_in_an_asynchronous_view(guarded, visitor):
    assert b"Sign in with a passkey" in visitor.client.get("/login/").content


@pytest.mark.parametrize("client", [Browser, lambda: Browser(Client())], ids=["wsgi", "asgi"])
def test_asynchronous_receivers_hear_of_a_login(registered, client):
    heard = []

    async def receiver(passkey, **_kwargs):
        heard.append(passkey)

    browser = client()
    browser.authenticator = registered.authenticator
    signals.passkey_used.connect(receiver)
    try:
        assert browser.login().status_code == 200
    finally:
        signals.passkey_used.disconnect(receiver)

    assert heard == [Passkey.objects.get()]
