"""Renaming and removing: plain forms for people without JavaScript, and JSON for scripts."""

import json
import re
import uuid

import pytest
from django.contrib.messages import get_messages
from django.test import Client
from django.urls import reverse

from passkeys_django.models import Passkey, RemovedPasskey
from passkeys_django.providers import get_provider
from passkeys_django.signals import passkey_removed
from tests.conftest import PASSWORD, Browser, credentials_of, listening, make_passkey
from tests.providers.recording import RECORDING, REMOTE

pytestmark = pytest.mark.django_db
AS_JSON = {"Accept": "application/json"}
JSON_AT_LENGTH = "application/json" + ";" * 2_000
A_BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
LOGIN_PAGE = "/accounts/login/?next=%2Fpasskeys%2F"
CONFIRM_PAGE = "/passkeys/confirm/?next=%2Fpasskeys%2F"
FORMS = ["rename", "remove"]
SITE_CSRF = "django.middleware.csrf.CsrfViewMiddleware"


@pytest.fixture
def client(user):
    """A client in which `user` has just signed in."""
    return Browser().sign_in(user).client


@pytest.fixture
def passkey(user):
    return make_passkey(user)


def url_of(form, passkey):
    return reverse(f"passkeys:{form}", args=[passkey.pk])


def submit(client, form, passkey, data=None, *, headers=A_BROWSER, **extra):
    return client.post(url_of(form, passkey), data or {}, headers=headers, **extra)


def submit_json(client, form, passkey, body=b"", *, headers=AS_JSON):
    data = body if isinstance(body, bytes) else json.dumps(body)
    return client.post(url_of(form, passkey), data, content_type="application/json", headers=headers)


def assert_back_to_the_list(response, *words, level="success", at=None):
    fragment = f"#passkey-{at.pk}" if at else ""
    assert (response.status_code, response["Location"]) == (302, f"/passkeys/{fragment}")
    assert response["Cache-Control"] == "no-store"
    (message,) = get_messages(response.wsgi_request)
    assert message.level_tag == level
    assert all(word in str(message) for word in words), str(message)


def assert_problem(response, status, code):
    assert response.status_code == status, response.content
    assert response["Content-Type"] == "application/problem+json"
    assert response["Cache-Control"] == "no-store"
    assert response.json()["code"] == code


# Plain forms


def test_renaming_leads_back_to_the_list_and_says_so(client, passkey):
    assert_back_to_the_list(submit(client, "rename", passkey, {"name": "  My phone "}), "My phone", at=passkey)

    assert Passkey.objects.get().name == "My phone"


def test_removing_leads_back_to_the_list_and_says_so(client, passkey):
    assert_back_to_the_list(submit(client, "remove", passkey), "Laptop", "removed")

    assert not Passkey.objects.exists()


@pytest.fixture(params=["middleware", "app"])
def without_messages(request, settings):
    """A site that lacks the messages framework, or its middleware only."""
    settings.MIDDLEWARE = [name for name in settings.MIDDLEWARE if "messages" not in name]
    if request.param == "app":
        settings.INSTALLED_APPS = [name for name in settings.INSTALLED_APPS if "messages" not in name]
        [engine] = settings.TEMPLATES
        processors = [name for name in engine["OPTIONS"]["context_processors"] if "messages" not in name]
        settings.TEMPLATES = [engine | {"OPTIONS": {"context_processors": processors}}]


@pytest.mark.usefixtures("without_messages")
def test_without_the_messages_framework_forms_do_their_work_and_lead_back(client, passkey):
    renamed = submit(client, "rename", passkey, {"name": "Phone"})
    assert (renamed.status_code, renamed["Location"]) == (302, f"/passkeys/#passkey-{passkey.pk}")
    assert "Phone" in client.get("/passkeys/").content.decode()

    removed = submit(client, "remove", passkey)
    assert (removed.status_code, removed["Location"]) == (302, "/passkeys/")
    assert client.get("/passkeys/").status_code == 200


@pytest.mark.usefixtures("without_messages")
def test_without_the_messages_framework_a_refusal_says_why(client, passkey, settings):
    other = make_passkey(passkey.user)
    settings.PASSKEY_RATE_LIMITS = {"remove": "1/d"}
    submit(client, "remove", passkey)

    refused = submit(client, "remove", other)

    assert refused.status_code == 429
    assert refused["Content-Type"].startswith("text/plain")
    assert "Too many attempts." in refused.content.decode()

    settings.PASSKEY_RATE_LIMITS = {"confirm": "1/d"}
    assert [client.post("/passkeys/confirm/", {"password": "x"}).status_code for _ in range(2)] == [200, 429]


def test_renaming_needs_no_recent_login(client, passkey, settings):
    settings.PASSKEY_REAUTHENTICATION_AGE = 0

    assert_back_to_the_list(submit(client, "rename", passkey, {"name": "Phone"}), "Phone", at=passkey)


def test_removing_needs_a_recent_login_and_leads_there(client, passkey, settings):
    settings.PASSKEY_REAUTHENTICATION_AGE = 0

    response = submit(client, "remove", passkey)

    assert (response.status_code, response["Location"]) == (302, CONFIRM_PAGE)
    assert Passkey.objects.exists()


def test_a_fresh_login_elsewhere_does_not_make_this_session_recent(client, passkey, user, settings):
    session = client.session
    session.pop("_passkeys_authentication")
    session.save()
    assert Client().login(**credentials_of(user))

    response = submit(client, "remove", passkey)

    assert response["Location"] == CONFIRM_PAGE
    assert Passkey.objects.exists()


def test_signing_in_again_also_makes_removing_possible(client, passkey, user):
    session = client.session
    session.pop("_passkeys_authentication")
    session.save()

    login = client.post(LOGIN_PAGE, {"username": user.get_username(), "password": PASSWORD})

    assert login["Location"] == "/passkeys/"
    assert_back_to_the_list(submit(client, "remove", passkey))


@pytest.mark.parametrize("form", FORMS)
def test_whoever_is_not_signed_in_is_led_to_the_login_page(passkey, form):
    response = submit(Client(), form, passkey, {"name": "Phone"})

    assert (response.status_code, response["Location"]) == (302, LOGIN_PAGE)
    assert Passkey.objects.get().name == "Laptop"


def test_l1_the_last_passkey_of_a_user_without_a_password_stays(user, client, passkey):
    user.set_unusable_password()
    user.save()
    session = client.session
    session["_auth_user_hash"] = user.get_session_auth_hash()
    session.save()

    assert_back_to_the_list(submit(client, "remove", passkey), "only way", level="error")

    assert Passkey.objects.exists()


def test_an_unusable_name_is_told_and_the_old_one_kept(client, passkey):
    response = submit(client, "rename", passkey, {"name": " "})

    assert response.status_code == 400
    assert response["Cache-Control"] == "no-store"
    assert "Please enter a name of at most 100 characters." in response.content.decode()
    assert Passkey.objects.get().name == "Laptop"


def test_a_form_without_a_name_is_refused_beside_an_empty_field(client, passkey):
    response = submit(client, "rename", passkey)

    assert response.status_code == 400
    assert re.search(r'name="name" value="" [^>]*aria-invalid="true"', response.content.decode())


# JSON


def test_renaming_as_json_answers_with_the_passkey(client, passkey):
    response = submit_json(client, "rename", passkey, {"name": "Phone", "id": "ignored"})

    assert response.status_code == 200
    assert response["Cache-Control"] == "no-store"
    assert response.json() == Passkey.objects.get().to_json()
    assert response.json()["name"] == "Phone"


def test_removing_as_json_answers_with_nothing(client, passkey):
    response = submit_json(client, "remove", passkey)

    assert (response.status_code, response.content) == (204, b"")
    assert response["Cache-Control"] == "no-store"
    assert not Passkey.objects.exists()


@pytest.mark.parametrize(
    "accept", ["application/json", "application/json, text/html;q=0.9", "text/html;q=0.1, application/json"]
)
def test_a_form_is_answered_in_json_where_that_is_preferred(client, passkey, accept):
    response = submit(client, "rename", passkey, {"name": "Phone"}, headers={"Accept": accept})

    assert response.status_code == 200
    assert response.json()["name"] == "Phone"


@pytest.mark.parametrize(
    "accept",
    ["text/html", "*/*", "text/html, application/json", "", "image/png", A_BROWSER["Accept"], JSON_AT_LENGTH],
)
def test_json_is_answered_as_a_page_where_json_is_not_preferred(client, passkey, accept):
    response = submit_json(client, "rename", passkey, {"name": "Phone"}, headers={"Accept": accept})

    assert_back_to_the_list(response, "Phone", at=passkey)


@pytest.mark.parametrize("form", FORMS)
def test_a_script_that_is_not_signed_in_gets_401(passkey, form):
    assert_problem(submit_json(Client(), form, passkey, {"name": "Phone"}), 401, "not_authenticated")
    assert Passkey.objects.get().name == "Laptop"


def test_a_script_is_told_where_to_sign_in_again(client, passkey, settings):
    settings.PASSKEY_REAUTHENTICATION_AGE = 0

    response = submit_json(client, "remove", passkey)

    assert_problem(response, 403, "reauthentication_required")
    assert response.json()["reauthentication_url"] == CONFIRM_PAGE
    assert Passkey.objects.exists()


def test_l1_a_script_is_told_about_the_last_passkey(user, client, passkey):
    user.set_unusable_password()
    user.save()
    session = client.session
    session["_auth_user_hash"] = user.get_session_auth_hash()
    session.save()

    assert_problem(submit_json(client, "remove", passkey), 409, "last_passkey")
    assert Passkey.objects.exists()


@pytest.mark.parametrize(
    "body", [b"{", b"[]", b'{"name": "a", "name": "b"}', b"\xff", b"null", b"[" * 60_000], ids=repr
)
def test_json_that_is_no_object_is_refused(client, passkey, body):
    assert_problem(submit_json(client, "rename", passkey, body), 400, "invalid_request")
    assert Passkey.objects.get().name == "Laptop"


def test_a_body_over_64_kib_is_refused(client, passkey):
    assert_problem(submit_json(client, "rename", passkey, {"name": "x" * 70_000}), 413, "invalid_request")


def test_a_body_of_another_type_has_no_name_in_it(client, passkey):
    response = client.post(url_of("rename", passkey), b'{"name": "x"}', content_type="text/plain", headers=AS_JSON)

    assert_problem(response, 400, "invalid_request")


NAMES = {
    "missing": {},
    "null": {"name": None},
    "empty": {"name": ""},
    "blank": {"name": " \t\n"},
    "no-break space": {"name": "\u00a0"},
    "101 characters": {"name": "x" * 101},
    "NUL": {"name": "a\x00b"},
    "a line break": {"name": "a\nb"},
    "an escape sequence": {"name": "\x1b[31mred"},
    "delete": {"name": "a\x7f"},
    "a lone surrogate": {"name": "a\ud800b"},
    "the other surrogate": {"name": "\udfff"},
    "a number": {"name": 5},
    "true": {"name": True},
    "a list": {"name": ["Phone"]},
    "an object": {"name": {"name": "Phone"}},
}


@pytest.mark.parametrize("body", NAMES.values(), ids=NAMES.keys())
def test_r19_an_unusable_name_is_refused_and_the_old_one_kept(client, passkey, body):
    assert_problem(submit_json(client, "rename", passkey, body), 400, "invalid_request")
    assert Passkey.objects.get().name == "Laptop"


FORM_NAMES = {
    name: body for name, body in NAMES.items() if isinstance(body.get("name", ""), str) and "surrogate" not in name
}


@pytest.mark.parametrize("data", FORM_NAMES.values(), ids=FORM_NAMES.keys())
def test_r19_an_unusable_name_in_a_form_is_refused_and_the_old_one_kept(client, passkey, data):
    assert_problem(submit(client, "rename", passkey, data, headers=AS_JSON), 400, "invalid_request")
    assert Passkey.objects.get().name == "Laptop"


@pytest.mark.parametrize("encoded", [b"name=%ED%A0%80", b"name=%FF", b"name=\xff", b"name=%", b"name=a&name=b"])
def test_no_encoding_of_a_form_makes_the_server_stumble(client, passkey, encoded):
    response = client.post(
        url_of("rename", passkey),
        encoded,
        content_type="application/x-www-form-urlencoded",
        headers=AS_JSON,
    )

    assert response.status_code in (200, 400)
    assert Passkey.objects.get().name.encode()


@pytest.mark.parametrize("name", ["x" * 100, "Zoë's 🦊 <key> & co.", "מפתח", "0"])
def test_any_other_text_is_a_name(client, passkey, name):
    assert submit_json(client, "rename", passkey, {"name": name}).json()["name"] == name
    assert submit(client, "rename", passkey, {"name": name}, headers=AS_JSON).json()["name"] == name


# Whose passkey


@pytest.mark.parametrize("form", FORMS)
def test_l6_a_passkey_that_is_not_there_is_not_found(client, form):
    assert client.post(reverse(f"passkeys:{form}", args=[uuid.uuid4()])).status_code == 404
    assert client.post(f"/passkeys/not-a-uuid/{form}/").status_code == 404


def test_removing_twice_is_not_found(client, passkey):
    assert submit(client, "remove", passkey).status_code == 302
    assert submit(client, "remove", passkey).status_code == 404


# Methods and CSRF


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "OPTIONS"])
@pytest.mark.parametrize(("form", "read"), [("rename", 302), ("remove", 200)])
def test_l7_the_forms_change_things_by_post_only(client, passkey, form, read, method):
    response = client.generic(method, url_of(form, passkey))

    assert response.status_code == (read if method in ("GET", "HEAD") else 405)
    assert response.status_code == read or response["Allow"] == "GET, HEAD, POST"
    assert Passkey.objects.get().name == "Laptop"


@pytest.mark.parametrize("with_middleware", [True, False])
@pytest.mark.parametrize("form", FORMS)
def test_l7_d14_csrf_is_checked_whatever_the_middleware(user, passkey, settings, form, with_middleware):
    if not with_middleware:
        settings.MIDDLEWARE = [path for path in settings.MIDDLEWARE if path != SITE_CSRF]
    client = Browser(Client(enforce_csrf_checks=True)).sign_in(user).client

    assert submit(client, form, passkey, {"name": "Phone"}).status_code == 403
    assert submit_json(client, form, passkey, {"name": "Phone"}).status_code == 403
    assert Passkey.objects.get().name == "Laptop"

    page = client.get("/passkeys/").content.decode()
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page).group(1)
    assert submit(client, form, passkey, {"name": "Phone", "csrfmiddlewaretoken": token}).status_code == 302
    assert not Passkey.objects.filter(name="Laptop").exists()


def test_a_script_sends_the_csrf_token_in_a_header(user, passkey):
    client = Browser(Client(enforce_csrf_checks=True)).sign_in(user).client
    client.get("/passkeys/")
    headers = {**AS_JSON, "X-CSRFToken": client.cookies["csrftoken"].value}

    assert submit_json(client, "rename", passkey, {"name": "Phone"}, headers=headers).status_code == 200
    assert submit_json(client, "remove", passkey, headers=headers).status_code == 204


# The sites they run on


def test_d13_under_login_required_middleware_scripts_still_get_401(settings, passkey):
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, "django.contrib.auth.middleware.LoginRequiredMiddleware"]

    assert_problem(submit_json(Client(), "remove", passkey), 401, "not_authenticated")
    assert submit(Client(), "remove", passkey)["Location"] == LOGIN_PAGE
    assert Client().get("/passkeys/").status_code == 302


def test_removing_signals_with_the_request(client, user, passkey):
    with listening(passkey_removed) as received:
        submit(client, "remove", passkey)

    assert received[0]["user"] == user
    assert received[0]["request"].path == url_of("remove", passkey)


def test_the_providers_copy_is_renamed_and_deleted_along(client, user, settings):
    settings.PASSKEY_PROVIDERS = {"default": RECORDING}
    passkey = make_passkey(user, provider=REMOTE)

    submit_json(client, "rename", passkey, {"name": "Phone"})
    submit_json(client, "remove", passkey)

    assert get_provider().calls == [
        ("rename", passkey.credential_id, "Phone"),
        ("delete", passkey.credential_id),
    ]
    assert not RemovedPasskey.objects.exists()
