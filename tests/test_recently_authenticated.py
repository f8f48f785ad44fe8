"""The decorator and the mixin for a site's own views."""

import pytest
from asgiref.sync import async_to_sync
from django.http import HttpResponse
from django.test import AsyncClient, Client
from django.urls import include, path
from django.utils.decorators import method_decorator
from django.views import View

from passkeys_django.decorators import recently_authenticated
from passkeys_django.mixins import RecentlyAuthenticatedMixin
from tests.conftest import Browser, moved_clock, refusal

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.test_recently_authenticated")]
AS_JSON = {"Accept": "application/json"}


@recently_authenticated
def plain(request):
    return HttpResponse("let in")


@recently_authenticated(max_age=60)
def strict(request, item=""):
    return HttpResponse(f"let in {item}")


@recently_authenticated(max_age=60)
async def asynchronous(request):
    return HttpResponse("let in")


class Mixed(RecentlyAuthenticatedMixin, View):
    max_age = 60

    def get(self, request):
        return HttpResponse("let in")

    post = get


class AsyncMixed(RecentlyAuthenticatedMixin, View):
    async def get(self, request):
        return HttpResponse("let in")


@method_decorator(recently_authenticated(max_age=60), name="dispatch")
class Decorated(View):
    def get(self, request):
        return HttpResponse("let in")


urlpatterns = [
    path("plain/", plain),
    path("strict/<str:item>/", strict),
    path("strict/", strict),
    path("asynchronous/", asynchronous),
    path("mixed/", Mixed.as_view()),
    path("mixed/strict/", AsyncMixed.as_view(max_age=60)),
    path("decorated/", Decorated.as_view()),
    path("passkeys/", include("passkeys_django.urls")),
]
STRICT = ["/strict/", "/asynchronous/", "/mixed/", "/mixed/strict/", "/decorated/"]


def signed_in_for(seconds, user):
    with moved_clock(-seconds):
        return Browser().sign_in(user).client


@pytest.mark.parametrize("page", ["/plain/", *STRICT])
def test_whoever_has_just_signed_in_is_let_in(user, page):
    assert signed_in_for(50, user).get(page).content.startswith(b"let in")


@pytest.mark.parametrize("page", STRICT)
def test_whoever_signed_in_longer_ago_than_the_view_says_confirms_and_comes_back(user, page):
    response = signed_in_for(70, user).get(f"{page}?page=2")

    assert response.status_code == 302
    query = page.replace("/", "%2F")
    assert response["Location"] == f"/passkeys/confirm/?next={query}%3Fpage%3D2"


def test_without_an_age_the_setting_says_how_long(user, settings):
    client = signed_in_for(70, user)
    assert client.get("/plain/").status_code == 200

    settings.PASSKEY_REAUTHENTICATION_AGE = 60

    assert client.get("/plain/").status_code == 302


@pytest.mark.parametrize("page", ["/plain/", *STRICT])
def test_whoever_is_not_signed_in_signs_in_and_comes_back(db, page):
    response = Client().get(page)

    assert (response.status_code, response["Location"]) == (
        302,
        f"/accounts/login/?next={page.replace('/', '%2F')}",
    )


def test_a_form_leads_back_to_the_page_that_it_was_on(user):
    response = signed_in_for(70, user).post("/mixed/", headers={"Referer": "http://testserver/pay/?to=lin"})

    assert response["Location"] == "/passkeys/confirm/?next=%2Fpay%2F%3Fto%3Dlin"


@pytest.mark.parametrize("page", STRICT)
def test_a_script_gets_a_problem(user, page):
    response = signed_in_for(70, user).get(page, headers=AS_JSON)

    assert refusal(response) == (403, "reauthentication_required")
    assert response.json()["reauthentication_url"].startswith("/passkeys/confirm/?next=")
    assert refusal(Client().get(page, headers=AS_JSON)) == (401, "not_authenticated")


def test_a_script_leads_back_to_its_page(user):
    """What it asked for is no page."""
    headers = {**AS_JSON, "Referer": "http://testserver/shop/?basket=1"}

    confirm = signed_in_for(70, user).get("/strict/", headers=headers).json()["reauthentication_url"]
    sign_in = Client().get("/strict/", headers=headers).json()["login_url"]

    assert confirm == "/passkeys/confirm/?next=%2Fshop%2F%3Fbasket%3D1"
    assert sign_in == "/accounts/login/?next=%2Fshop%2F%3Fbasket%3D1"


def test_the_view_keeps_its_name_and_its_arguments(user):
    assert strict.__name__ == "strict"
    assert signed_in_for(50, user).get("/strict/tea/").content == b"let in tea"


@pytest.mark.parametrize("page", ["/asynchronous/", "/mixed/strict/"])
def test_asynchronous_views_are_guarded_under_asgi_too(db, page):
    assert async_to_sync(AsyncClient().get)(page).status_code == 302
