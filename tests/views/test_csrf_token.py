"""`GET passkeys/csrf-token`: a token that the endpoints take, for those who cannot read the cookie."""

import pytest
from django.test import Client

from tests.conftest import Browser, refusal

pytestmark = pytest.mark.django_db
URL = "/passkeys/csrf-token"


@pytest.fixture
def strict():
    return Client(enforce_csrf_checks=True)


def start(client, **headers):
    return Browser(client).post("start-login", **headers)


@pytest.mark.parametrize("hidden", [{}, {"CSRF_USE_SESSIONS": True}, {"CSRF_COOKIE_HTTPONLY": True}], ids=str)
def test_the_endpoints_take_the_token(strict, settings, hidden):
    for name, value in hidden.items():
        setattr(settings, name, value)
    assert refusal(start(strict)) == (403, "csrf_failed")

    token = strict.get(URL).json()["csrf_token"]

    assert start(strict, **{"X-CSRFToken": token}).status_code == 200


def test_it_sets_the_cookie_also_on_a_site_that_checks_view_by_view(strict, settings):
    settings.MIDDLEWARE = [name for name in settings.MIDDLEWARE if "Csrf" not in name]
    token = strict.get(URL).json()["csrf_token"]

    assert start(strict, **{"X-CSRFToken": token}).status_code == 200


def test_no_cache_keeps_it_and_nobody_must_sign_in(client, settings):
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, "django.contrib.auth.middleware.LoginRequiredMiddleware"]

    response = client.get(URL)

    assert response.status_code == 200
    assert response["Cache-Control"] == "no-store"


@pytest.mark.parametrize("origin", ["https://stranger.example", "http://stranger.testserver", "null", "nonsense"])
def test_a_page_of_another_origin_gets_none(client, origin):
    response = client.get(URL, headers={"Origin": origin})

    assert refusal(response) == (403, "csrf_failed")
    assert "csrftoken" not in response.cookies


@pytest.mark.parametrize("origin", ["http://testserver", "https://app.testserver"])
def test_a_trusted_page_gets_one(client, settings, origin):
    settings.CSRF_TRUSTED_ORIGINS = ["https://app.testserver"]

    assert client.get(URL, headers={"Origin": origin}).json()["csrf_token"]


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete", "options"])
def test_it_is_read_only(client, method):
    response = getattr(client, method)(URL)

    assert (response.status_code, response["Allow"]) == (405, "GET, HEAD")


def test_it_costs_no_statement(client, django_assert_num_queries):
    with django_assert_num_queries(0):
        client.get(URL)
