"""What the middleware tells scripts that say nothing in `Accept`, and which pages of allauth stay open."""

from types import ModuleType

import pytest
from django.contrib.auth import authenticate, login
from django.http import HttpResponse, JsonResponse
from django.urls import clear_url_caches, path

from passkeys_django.policy.parking import released
from tests.conftest import listening, make_passkey, refusal
from tests.policy import urls
from tests.policy.conftest import SECOND_STEP, is_parked, log_in

pytestmark = pytest.mark.django_db
STAGES = ["account_login", "account_confirm_login_code", "account_email_verification_sent", "mfa_authenticate"]


def json_login(request):
    login(request, authenticate(request, username=request.GET["name"], password=request.GET["password"]))
    return JsonResponse({"token": "secret"})


def is_nobody(request):
    return HttpResponse(request.user.is_anonymous)


@pytest.fixture
def site(guarded, user, settings):
    guarded(SECOND_STEP)
    make_passkey(user, user_verified=True)
    settings.ROOT_URLCONF = ModuleType("urls")
    stages = [
        path(f"{name}/", lambda request: HttpResponse(request.user.is_anonymous), name=name) for name in STAGES
    ]
    settings.ROOT_URLCONF.urlpatterns = [path("json-login/", json_login), *stages, *urls.urlpatterns]
    yield
    clear_url_caches()


def test_g5_a_login_that_answers_json_is_answered_by_a_problem(site, client, user):
    """`fetch()` accepts everything, and would follow a redirect to a page that no script can use."""
    names = {"name": user.get_username(), "password": "correct horse battery staple"}

    response = client.get("/json-login/", names, headers={"Accept": "*/*"})

    assert refusal(response) == (403, "second_step_required")
    assert response.json()["url"].startswith("/passkeys/second-step/")
    assert "secret" not in response.content.decode()
    assert is_parked(client)


def test_g5_json_that_a_parked_session_sends_is_answered_by_a_problem(site, user):
    client, _response = log_in(user)

    response = client.post("/whoami/", "{}", content_type="application/json", headers={"Accept": "*/*"})

    assert refusal(response) == (403, "second_step_required")
    assert client.get("/whoami/", headers={"Accept": "*/*"}).status_code == 302


@pytest.mark.parametrize("name", STAGES)
def test_the_stages_of_allauths_login_are_open_to_a_session_that_waits(site, user, name):
    """Another person may sign in there. The person who waits is not signed in there."""
    client, _response = log_in(user)

    assert client.get(f"/{name}/").content == b"True"


def test_lists_of_sessions_hear_of_the_new_key(site, user, settings):
    client, _response = log_in(user)
    before = client.session.session_key
    settings.PASSKEY_POLICY = {"everybody": {"passkey": "optional"}}

    with listening(released) as heard:
        assert client.get("/home/").status_code == 200

    assert [event["request"].user for event in heard] == [user]
    assert client.session.session_key != before
