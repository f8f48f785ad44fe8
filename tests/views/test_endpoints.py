"""What the JSON endpoints have in common: methods, bodies, errors, headers, CSRF, and sites of all kinds."""

import inspect
import json
import re

import pytest
from django.db import connection
from django.test import Client, override_settings
from django.urls import reverse
from django.utils import translation
from django.utils.functional import Promise

from passkeys_django import exceptions
from passkeys_django.exceptions import PasskeyError, ProviderUnavailable, Throttled
from passkeys_django.http.problems import problem_response
from passkeys_django.models import Passkey
from passkeys_django.signals import passkey_used
from tests.conftest import DOCUMENTED_CODES, Browser

pytestmark = pytest.mark.django_db
ENDPOINTS = [
    "start-registration",
    "finalize-registration",
    "start-login",
    "finalize-login",
    "start-signup",
    "finalize-signup",
]
STARTS = ["start-registration", "start-login"]
FORM, MULTIPART = "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"
MEMBERS = {"type", "title", "status", "detail", "code"}
LIMIT = 64 * 1024
SITE_CSRF = "django.middleware.csrf.CsrfViewMiddleware"


def post(client, name, body=b"", content_type="application/json", **extra):
    return client.post(f"/passkeys/{name}", body, content_type=content_type, **extra)


def assert_problem(response, status, code, *, members=frozenset()):
    assert response.status_code == status, response.content
    assert response["Content-Type"] == "application/problem+json"
    assert response["Cache-Control"] == "no-store"
    problem = response.json()
    assert set(problem) == MEMBERS | set(members)
    assert problem["type"] == "about:blank"
    assert problem["title"]
    assert problem["status"] == status
    assert problem["detail"]
    assert problem["code"] == code


# Methods


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"])
@pytest.mark.parametrize("name", ENDPOINTS)
def test_c16_the_endpoints_take_post_only(client, name, method):
    response = client.generic(method, f"/passkeys/{name}")

    if method == "HEAD":
        assert response.status_code == 405
    else:
        assert_problem(response, 405, "invalid_request")
    assert response["Allow"] == "POST"


@pytest.mark.parametrize("name", ENDPOINTS)
def test_the_names_have_no_trailing_slash(client, name):
    assert reverse(f"passkeys:{name}") == f"/passkeys/{name}"
    assert post(client, f"{name}/").status_code == 404


# Bodies


@pytest.mark.parametrize("content_type", ["application/json", "text/plain", FORM, MULTIPART])
@pytest.mark.parametrize("name", ENDPOINTS)
def test_a15_d19_a_body_over_64_kib_is_refused(signed_in, name, content_type):
    response = post(signed_in.client, name, b'"' + b"x" * LIMIT + b'"', content_type)

    assert_problem(response, 413, "invalid_request")


@pytest.mark.parametrize("name", STARTS)
def test_a_body_of_64_kib_is_read(signed_in, name):
    body = json.dumps({"filler": ""})
    body = json.dumps({"filler": "x" * (LIMIT - len(body))})
    assert len(body) == LIMIT

    assert post(signed_in.client, name, body).status_code == 200


@pytest.mark.parametrize("length", ["", "-5", "0", "nonsense", "1e9"])
@pytest.mark.parametrize("name", ENDPOINTS)
def test_a_content_length_that_is_none_does_no_harm(signed_in, name, length):
    response = post(signed_in.client, name, b"{", CONTENT_LENGTH=length)

    assert response.status_code in (200, 400)


def test_a_query_of_too_many_fields_is_refused_before_somebody_is_signed_in(registered):
    response = registered.login(query="?" + "a&" * 1500)

    assert_problem(response, 400, "invalid_request")
    assert registered.user_id is None


@override_settings(DATA_UPLOAD_MAX_MEMORY_SIZE=100)
@pytest.mark.parametrize("name", ENDPOINTS)
def test_d19_a_site_may_allow_less(signed_in, name):
    assert_problem(post(signed_in.client, name, json.dumps({"x": "y" * 200})), 413, "invalid_request")


@pytest.mark.parametrize("content_type", [FORM, f"{FORM}; charset=utf-8", MULTIPART])
@pytest.mark.parametrize("name", ENDPOINTS)
def test_d19_a_form_is_refused(signed_in, name, content_type):
    assert_problem(
        post(signed_in.client, name, b"a=b&csrfmiddlewaretoken=c", content_type), 415, "invalid_request"
    )


@pytest.mark.parametrize(
    "content_type", ["text/plain", "", "application/json-seq", "application/octet-stream", "text/json"]
)
@pytest.mark.parametrize("name", ENDPOINTS)
def test_d19_a_body_of_another_type_than_json_is_refused(signed_in, name, content_type):
    assert_problem(post(signed_in.client, name, b"{}", content_type), 415, "invalid_request")


@pytest.mark.parametrize("name", STARTS)
def test_json_may_name_its_charset(signed_in, name):
    assert post(signed_in.client, name, b"{}", "application/json; charset=utf-8").status_code == 200


@pytest.mark.parametrize("content_type", ["", "text/plain;charset=UTF-8", "application/json", FORM])
@pytest.mark.parametrize("name", STARTS)
def test_a_start_takes_an_empty_body_whatever_its_type(signed_in, name, content_type):
    assert post(signed_in.client, name, b"", content_type).status_code == 200


@pytest.mark.parametrize("name", STARTS)
def test_a_start_takes_a_request_without_any_body_or_content_type(signed_in, name):
    assert signed_in.client.generic("POST", f"/passkeys/{name}").status_code == 200


MALFORMED = {
    "broken": b"{",
    "two values": b"{} {}",
    "no JSON": b"start=true",
    "an array": b"[]",
    "an array of objects": b"[{}]",
    "text": b'"text"',
    "a number": b"1",
    "null": b"null",
    "true": b"true",
    "a member twice": b'{"mediation": "conditional", "mediation": null}',
    "a member twice inside": b'{"response": {"a": 1, "a": 2}}',
    "NaN": b'{"a": NaN}',
    "Infinity": b'{"a": -Infinity}',
    "deep arrays": b'{"a": ' + b"[" * 60_000,
    "deep objects": b'{"a":' * 12_000,
    "bad UTF-8": b'{"a": "\xff"}',
    "UTF-16": '{"a": 1}'.encode("utf-16"),
    "a byte order mark": b"\xef\xbb\xbf{}",
    "a huge number": b'{"a": ' + b"1" * 50_000 + b"}",
    "NUL": b"\x00",
    "blank": b" ",
    "single quotes": b"{'a': 1}",
    "a comment": b"{} // no",
}


@pytest.mark.parametrize("body", MALFORMED.values(), ids=MALFORMED.keys())
@pytest.mark.parametrize("name", ENDPOINTS)
def test_a15_d19_a_body_that_is_no_json_object_is_refused(signed_in, name, body):
    assert_problem(post(signed_in.client, name, body), 400, "invalid_request")


@pytest.mark.parametrize("name", STARTS)
@pytest.mark.parametrize(
    "body", [{"start": True, "finish": False, "credential": None}, {}, {"mediation2": "conditional"}]
)
def test_members_that_we_do_not_know_are_ignored(signed_in, name, body):
    response = post(signed_in.client, name, json.dumps(body))

    assert response.status_code == 200
    assert set(response.json()) == {"publicKey"}


@pytest.mark.parametrize("value", ["Conditional", "", "silent", True, 1, [], {}], ids=repr)
def test_a_mediation_that_nobody_knows_is_refused(signed_in, value):
    response = post(signed_in.client, "start-registration", json.dumps({"mediation": value}))

    assert_problem(response, 400, "invalid_request")


@pytest.mark.parametrize("value", ["Login", "", "register", None, True, 1, [], ["login"], {}], ids=repr)
def test_a_purpose_that_nobody_knows_is_refused(signed_in, value):
    assert_problem(post(signed_in.client, "start-login", json.dumps({"purpose": value})), 400, "invalid_request")


# Errors and headers


@pytest.mark.parametrize("name", ENDPOINTS[:4])
def test_c16_no_answer_is_stored_by_anybody(registered, user, name):
    registered.sign_in(user)
    answers = {
        "start-registration": lambda: registered.confirm().post(name),
        "finalize-registration": registered.register,
        "start-login": lambda: registered.post(name),
        "finalize-login": registered.login,
    }
    if name == "finalize-registration":
        registered.authenticator.credentials.clear()
        Passkey.objects.all().delete()

    response = answers[name]()

    assert response.status_code in (200, 201), response.content
    assert response["Cache-Control"] == "no-store"
    assert response["Content-Type"] == "application/json"
    assert registered.post(name, "{")["Cache-Control"] == "no-store"


@pytest.mark.parametrize("name", ENDPOINTS[:2])
def test_registration_is_for_people_who_are_signed_in(browser, name):
    response = browser.post(name)

    assert_problem(response, 401, "not_authenticated", members={"login_url"})
    assert response.json()["login_url"] == "/accounts/login/?next=%2Fpasskeys%2F"


@pytest.mark.parametrize("name", ENDPOINTS[:2])
def test_after_a_while_registration_needs_a_new_login_and_says_where(signed_in, settings, name):
    settings.PASSKEY_REAUTHENTICATION_AGE = 0
    response = signed_in.post(name)

    assert_problem(response, 403, "reauthentication_required", members={"methods", "reauthentication_url"})
    assert response.json()["reauthentication_url"] == "/passkeys/confirm/?next=%2Fpasskeys%2F"


@pytest.mark.parametrize("name", ["finalize-registration", "finalize-login"])
@pytest.mark.parametrize("body", [{}, {"id": "AAAA"}, {"type": "public-key", "id": 5}], ids=repr)
def test_a_finalize_without_a_credential_is_refused(signed_in, name, body):
    assert_problem(signed_in.post(name, body), 400, "invalid_credential")


@pytest.mark.parametrize("error", [Throttled("x"), ProviderUnavailable("x")], ids=lambda error: error.code)
def test_whoever_may_come_back_is_told_when(error):
    assert int(problem_response(error)["Retry-After"]) > 0

    error.retry_after = 7
    assert problem_response(error)["Retry-After"] == "7"


@pytest.mark.parametrize("name", ["unknown_passkey", "login_failed", "provider_error", "invalid_request"])
def test_nobody_else_is_told_to_come_back(name):
    for error in (kind for kind in error_classes() if kind.code == name):
        assert "Retry-After" not in problem_response(error("x"))


def test_a_problem_says_nothing_of_the_reason():
    assert b"topsecret" not in problem_response(PasskeyError("topsecret")).content


def test_the_detail_of_a_problem_is_translated_when_it_is_shown(monkeypatch):
    """The sentences are lazy: one translation at import time would be everybody's."""
    spoken = []

    def gettext(message):
        spoken.append(translation.get_language())
        return f"{translation.get_language()}: {message}"

    monkeypatch.setattr("django.utils.translation._trans.gettext", gettext, raising=False)
    with translation.override("de"):
        detail = json.loads(problem_response(exceptions.NotAuthenticated("x")).content)["detail"]

    assert detail == "de: Please sign in first."
    assert spoken == ["de"]


def error_classes():
    classes = [kind for _, kind in inspect.getmembers(exceptions, inspect.isclass)]
    return [kind for kind in classes if issubclass(kind, PasskeyError) and kind is not PasskeyError]


def test_the_codes_are_those_of_the_public_interface_with_their_statuses():
    codes = {}
    for kind in error_classes():
        codes.setdefault(kind.code, set()).add(kind.status)

    assert codes == DOCUMENTED_CODES


def test_each_code_but_invalid_request_belongs_to_one_class():
    codes = [kind.code for kind in error_classes() if kind.code != "invalid_request"]

    assert sorted(codes) == sorted(set(DOCUMENTED_CODES) - {"invalid_request"})


def test_every_error_has_a_lazy_sentence_for_people():
    for kind in error_classes():
        assert isinstance(kind.user_message, Promise), kind
        assert str(kind.user_message).endswith("."), kind


def test_the_tree_in_the_docstring_is_the_tree_of_classes():
    drawn = {}
    parents = {}
    for line in exceptions.__doc__.splitlines():
        if found := re.match(r"    ([ │├└─]+)([A-Z]\w+) +([a-z_]+) +(\d+)$", line):
            branch, name, code, status = found.groups()
            drawn[name] = (code, int(status))
            parents[len(branch)] = name
            above = max((depth for depth in parents if depth < len(branch)), default=None)
            expected = "PasskeyError" if above is None or len(branch) <= 8 else parents[above]
            assert getattr(exceptions, name).__bases__ == (getattr(exceptions, expected),), name

    assert drawn == {kind.__name__: (kind.code, kind.status) for kind in error_classes()}


# CSRF


@pytest.fixture
def strict_browser(user):
    """A browser that the CSRF check applies to, with `user` signed in."""
    return Browser(Client(enforce_csrf_checks=True)).sign_in(user)


def csrf_token(client):
    """The token from the page of passkeys, whatever the site keeps it in."""
    page = client.get("/passkeys/").content.decode()
    return re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page).group(1)


def assert_csrf_is_checked(browser):
    token = csrf_token(browser.client)
    for name in ENDPOINTS:
        assert_problem(browser.post(name), 403, "csrf_failed")
        assert_problem(browser.post(name, **{"X-CSRFToken": "x" * 64}), 403, "csrf_failed")
        answer = browser.post(name, **{"X-CSRFToken": token})
        assert answer.status_code == (200 if name in STARTS else 400), answer.content


def test_d14_a_request_without_the_csrf_token_is_refused_as_a_problem(strict_browser):
    assert_csrf_is_checked(strict_browser)


def test_d14_csrf_is_checked_without_the_sites_middleware(strict_browser, settings):
    settings.MIDDLEWARE = [path for path in settings.MIDDLEWARE if path != SITE_CSRF]

    assert_csrf_is_checked(strict_browser)


@pytest.mark.parametrize("with_middleware", [True, False])
def test_d14_csrf_tokens_may_live_in_the_session(strict_browser, settings, with_middleware):
    settings.CSRF_USE_SESSIONS = True
    if not with_middleware:
        settings.MIDDLEWARE = [path for path in settings.MIDDLEWARE if path != SITE_CSRF]

    assert_csrf_is_checked(strict_browser)


def test_d14_the_csrf_header_may_have_another_name(strict_browser, settings):
    settings.CSRF_HEADER_NAME = "HTTP_X_XSRF_TOKEN"
    token = csrf_token(strict_browser.client)

    assert_problem(strict_browser.post("start-login", **{"X-CSRFToken": token}), 403, "csrf_failed")
    assert strict_browser.post("start-login", **{"X-XSRF-TOKEN": token}).status_code == 200


def test_d14_another_origin_is_refused_even_with_the_token(strict_browser):
    token = csrf_token(strict_browser.client)

    response = strict_browser.post("start-login", **{"X-CSRFToken": token, "Origin": "https://evil.example"})

    assert_problem(response, 403, "csrf_failed")


def test_a_refusal_for_csrf_is_logged_as_django_does(strict_browser, caplog):
    strict_browser.post("start-login")

    assert [record.name for record in caplog.records if record.name == "django.security.csrf"]


def test_d15_a_login_works_with_csrf_checks_and_gives_a_new_token(strict_browser, user):
    token = csrf_token(strict_browser.client)

    def post(name, body):
        return strict_browser.post(name, body, **{"X-CSRFToken": token})

    created = strict_browser.authenticator.create(post("start-registration", None).json())
    assert post("finalize-registration", created).status_code == 201
    strict_browser.client.post("/accounts/logout/", {"csrfmiddlewaretoken": token})
    answer = strict_browser.authenticator.get(post("start-login", None).json())
    assert post("finalize-login", answer).status_code == 200
    assert strict_browser.user_id == str(user.pk)

    assert_problem(post("start-login", None), 403, "csrf_failed")


# The sites they run on


def go_all_the_way(user):
    """Registration and login in one browser."""
    browser = Browser().sign_in(user)
    assert browser.register().status_code == 201
    browser.client.logout()
    response = browser.login()
    assert response.status_code == 200, response.content
    assert browser.user_id == str(user.pk)
    return browser


def with_login_required(settings):
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, "django.contrib.auth.middleware.LoginRequiredMiddleware"]


def test_d13_under_login_required_middleware_everything_works(settings, user):
    with_login_required(settings)

    go_all_the_way(user)


@pytest.mark.parametrize("name", ENDPOINTS)
def test_d13_under_login_required_middleware_no_endpoint_redirects(settings, client, name):
    with_login_required(settings)
    open_to_all = {"start-login": 200, "finalize-login": 400, "start-signup": 400, "finalize-signup": 400}

    response = post(client, name)

    assert response.status_code == open_to_all.get(name, 401)
    assert "Location" not in response


@pytest.fixture
def atomic_requests():
    connection.settings_dict["ATOMIC_REQUESTS"] = True
    yield
    connection.settings_dict["ATOMIC_REQUESTS"] = False


def test_d4_with_atomic_requests_everything_works(atomic_requests, user):
    go_all_the_way(user)


def test_d4_with_atomic_requests_a_challenge_stays_spent_when_the_view_fails(atomic_requests, registered):
    registered.client.raise_request_exception = False
    answer = registered.authenticator.get(registered.request_options())

    def fail(**_kwargs):
        raise RuntimeError("a receiver of the site's own")

    passkey_used.connect(fail)
    try:
        assert registered.post("finalize-login", answer).status_code == 500
    finally:
        passkey_used.disconnect(fail)

    assert_problem(registered.post("finalize-login", answer), 409, "ceremony_used")
    assert Passkey.objects.get().use_count == 1


@pytest.mark.parametrize(
    "engine",
    [
        "django.contrib.sessions.backends.signed_cookies",
        "django.contrib.sessions.backends.cache",
        "django.contrib.sessions.backends.cached_db",
        "django.contrib.sessions.backends.db",
    ],
)
def test_every_kind_of_session_works(settings, user, engine):
    settings.SESSION_ENGINE = engine

    go_all_the_way(user)


def test_d3_a_session_in_a_cookie_does_not_make_a_challenge_good_twice(settings, user):
    settings.SESSION_ENGINE = "django.contrib.sessions.backends.signed_cookies"
    browser = Browser().sign_in(user)
    assert browser.register().status_code == 201
    browser.client.logout()
    answer = browser.authenticator.get(browser.request_options())
    cookies = {name: morsel.value for name, morsel in browser.client.cookies.items()}
    assert browser.post("finalize-login", answer).status_code == 200

    browser.client.cookies.load(cookies)

    assert_problem(browser.post("finalize-login", answer), 409, "ceremony_used")


@pytest.mark.parametrize(("script_name", "path"), [(None, "/"), ("/app", "/app/")])
def test_the_cookie_of_a_login_reaches_every_login_page_of_the_site(settings, user, script_name, path):
    settings.FORCE_SCRIPT_NAME = script_name

    browser = Browser()
    browser.request_options()

    (cookie,) = (morsel for name, morsel in browser.client.cookies.items() if name.startswith("passkey_"))
    assert cookie["path"] == path
    assert (cookie["httponly"], cookie["samesite"], cookie["max-age"]) == (True, "Lax", 600)


def test_under_a_script_name_everything_works(settings, user):
    settings.FORCE_SCRIPT_NAME = "/app"

    browser = go_all_the_way(user)

    assert {morsel.value for name, morsel in browser.client.cookies.items() if name.startswith("passkey_")} == {""}


@pytest.mark.parametrize("secure", [True, False])
def test_the_ceremony_cookie_is_secure_where_the_session_cookie_is(settings, client, secure):
    settings.SESSION_COOKIE_SECURE = secure

    response = post(client, "start-login")

    (cookie,) = response.cookies.values()
    assert bool(cookie["secure"]) is secure


def test_d6_a_login_page_costs_no_sql_and_no_session(client, django_assert_num_queries):
    with django_assert_num_queries(0):
        response = post(client, "start-login")

    assert response.status_code == 200
    assert [name.partition("_")[0] for name in response.cookies] == ["passkey"]


def test_the_site_may_be_at_https(user):
    browser = Browser(Client(enforce_csrf_checks=True)).sign_in(user)
    token = csrf_token(browser.client)
    headers = {"X-CSRFToken": token, "Referer": "https://testserver/accounts/login/"}

    def start(**headers):
        return browser.client.post(
            "/passkeys/start-login", "", content_type="application/json", secure=True, headers=headers
        )

    assert start(**headers).status_code == 200
    assert_problem(start(**{**headers, "Referer": "https://evil.example/"}), 403, "csrf_failed")
