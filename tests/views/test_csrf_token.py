"""`GET csrf-token` and `script-config`: a token that the endpoints take, for those who cannot read the cookie."""

import pytest
from django.test import Client

from tests.conftest import Browser, refusal

pytestmark = pytest.mark.django_db
URL, CONFIG = "/passkeys/csrf-token", "/passkeys/script-config"
either = pytest.mark.parametrize("url", [URL, CONFIG])


@pytest.fixture
def strict():
    return Client(enforce_csrf_checks=True)


def read_token(client, url, **headers):
    answer = client.get(url, headers=headers).json()
    return answer["csrf_token"] if url == URL else answer["csrf"]["token"]


def start(client, **headers):
    return Browser(client).post("start-login", **headers)


@either
@pytest.mark.parametrize("hidden", [{}, {"CSRF_USE_SESSIONS": True}, {"CSRF_COOKIE_HTTPONLY": True}], ids=str)
def test_the_endpoints_take_the_token(strict, settings, url, hidden):
    for name, value in hidden.items():
        setattr(settings, name, value)
    assert refusal(start(strict)) == (403, "csrf_failed")

    token = read_token(strict, url)

    assert start(strict, **{"X-CSRFToken": token}).status_code == 200


@either
def test_it_sets_the_cookie_also_on_a_site_that_checks_view_by_view(strict, settings, url):
    settings.MIDDLEWARE = [name for name in settings.MIDDLEWARE if "Csrf" not in name]
    token = read_token(strict, url)

    assert start(strict, **{"X-CSRFToken": token}).status_code == 200


@either
def test_no_cache_keeps_it_and_nobody_must_sign_in(client, settings, url):
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, "django.contrib.auth.middleware.LoginRequiredMiddleware"]

    response = client.get(url)

    assert response.status_code == 200
    assert response["Cache-Control"] == "no-store"


@either
@pytest.mark.parametrize("origin", ["https://stranger.example", "http://stranger.testserver", "null", "nonsense"])
def test_a_page_of_another_origin_gets_none(client, url, origin):
    response = client.get(url, headers={"Origin": origin})

    assert refusal(response) == (403, "csrf_failed")
    assert "csrftoken" not in response.cookies


@either
@pytest.mark.parametrize("origin", ["http://testserver", "https://app.testserver"])
def test_a_trusted_page_gets_one(client, settings, url, origin):
    settings.CSRF_TRUSTED_ORIGINS = ["https://app.testserver"]

    assert read_token(client, url, Origin=origin)


@either
@pytest.mark.parametrize("method", ["post", "put", "patch", "delete", "options"])
def test_it_is_read_only(client, url, method):
    response = getattr(client, method)(url)

    assert (response.status_code, response["Allow"]) == (405, "GET, HEAD")


@either
def test_it_costs_no_statement(client, url, django_assert_num_queries):
    with django_assert_num_queries(0):
        client.get(url)
