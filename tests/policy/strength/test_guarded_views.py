"""G1: a site's own views that want a passkey."""

import pytest
from asgiref.sync import async_to_sync
from django.http import HttpResponse
from django.test import AsyncClient
from django.urls import include, path
from django.views import View

from passkeys_django.decorators import recently_authenticated
from passkeys_django.mixins import RecentlyAuthenticatedMixin
from passkeys_django.sessions import is_recently_authenticated, require_recent_authentication
from tests.conftest import refusal
from tests.policy.strength.conftest import TOO_WEAK, an_hour_passes
from tests.sessions.test_sessions import request_of

pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]
AS_JSON = {"Accept": "application/json"}


@recently_authenticated(method="passkey")
def guarded(request):
    return HttpResponse("let in")


@recently_authenticated(method="passkey", max_age=60)
async def guarded_async(request):
    return HttpResponse("let in")


class Guarded(RecentlyAuthenticatedMixin, View):
    method = "passkey"

    def get(self, request):
        return HttpResponse("let in")


urlpatterns = [
    path("guarded/", guarded),
    path("guarded/async/", guarded_async),
    path("guarded/class/", Guarded.as_view()),
    path("passkeys/", include("passkeys_django.urls")),
]
GUARDED = ["/guarded/", "/guarded/async/", "/guarded/class/"]


@pytest.mark.parametrize("page", GUARDED)
def test_g1_a_page_that_wants_a_passkey_leads_whoever_used_a_password_to_confirm(thief, page):
    response = thief.client.get(f"{page}?step=2")

    back = page.replace("/", "%2F")
    assert (response.status_code, response["Location"]) == (
        302,
        f"/passkeys/confirm/?method=passkey&next={back}%3Fstep%3D2",
    )


@pytest.mark.parametrize("page", GUARDED)
def test_g1_a_script_is_told_that_a_passkey_is_wanted(thief, page):
    response = thief.client.get(page, headers=AS_JSON)

    assert refusal(response) == TOO_WEAK
    assert response.json()["methods"] == ["passkey"]
    assert "method=passkey" in response.json()["reauthentication_url"]


@pytest.mark.parametrize("page", GUARDED)
def test_g1_a_page_that_wants_a_passkey_lets_in_whoever_used_one(owner, user, page):
    owner.login()
    assert owner.client.get(page).content == b"let in"

    owner.sign_in(user).confirm()
    assert owner.client.get(page).content == b"let in"


@pytest.mark.parametrize("page", GUARDED)
def test_g1_a_page_that_wants_a_passkey_wants_a_recent_one(owner, page):
    owner.login()
    an_hour_passes(owner)

    assert owner.client.get(page).status_code == 302


def test_g1_asynchronous_views_want_a_passkey_under_asgi_too(thief, owner):
    owner.login()
    for browser, status in [(thief, 302), (owner, 200)]:
        client = AsyncClient()
        client.cookies = browser.client.cookies
        assert async_to_sync(client.get)("/guarded/async/").status_code == status


def test_g1_a_page_that_wants_a_passkey_says_so_to_people_who_have_none(signed_in, settings):
    """PASSKEY_CONFIRM_METHOD is about our own pages, not about what a site's view asks for."""
    settings.PASSKEY_CONFIRM_METHOD = "any"

    response = signed_in.client.get("/guarded/", headers=AS_JSON)

    assert refusal(response) == TOO_WEAK
    assert response.json()["methods"] == ["passkey"]


def test_g1_an_unknown_method_is_a_mistake_that_is_told_at_once(signed_in):
    with pytest.raises(ValueError, match=r'method must be "passkey" or None, not \'password\''):
        recently_authenticated(method="password")
    with pytest.raises(ValueError, match="method must be"):
        type("Wrong", (RecentlyAuthenticatedMixin, View), {"method": "security-key"}).as_view()
    with pytest.raises(ValueError, match="method must be"):
        is_recently_authenticated(request_of(signed_in), method="")
    with pytest.raises(ValueError, match="method must be"):
        require_recent_authentication(request_of(signed_in), method="password")
