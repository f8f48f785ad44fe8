"""Traps of Django's that every login backend walks past: the rows D that have no other place."""

import configparser
import json
import re
from pathlib import Path

import django
import pytest
from asgiref.sync import async_to_sync, sync_to_async
from django.contrib.auth import BACKEND_SESSION_KEY, aauthenticate, alogin, authenticate, get_user_model
from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.signals import user_login_failed
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.core.exceptions import PermissionDenied
from django.db import models
from django.test import AsyncClient, AsyncRequestFactory, Client, RequestFactory
from django.test.utils import isolate_apps

from passkeys_django.ceremonies.registration import _user_entity
from passkeys_django.models import Passkey, UserHandle
from passkeys_django.protocol.credentials import parse_authentication
from passkeys_django.providers import tokens
from passkeys_django.relying_party import get_relying_party
from passkeys_django.sessions.proof import LoginAttempt, set_proof
from tests.conftest import PASSWORD, Browser, ceremony_cookies, credentials_of, listening, refusal

pytestmark = pytest.mark.django_db
BACKEND = "passkeys_django.backends.PasskeyBackend"
HERE = f"{__name__}."


def embedded_token(browser):
    [credential] = browser.authenticator.credentials.values()
    return tokens.issue_embedded(
        token_type=tokens.LOGIN_TYPE,
        user_handle=credential.user_handle,
        credential_id=credential.credential_id,
        audience="testserver",
    )


def attempt_login(request, browser):
    """Leave on the request what `finalize_login` does before it authenticates."""
    passkey = Passkey.objects.get()
    credential = parse_authentication(browser.authenticator.get(browser.request_options()))
    relying_party = get_relying_party(None)
    attempt = LoginAttempt(passkey=passkey, credential=credential, relying_party=relying_party, began_at=0)
    set_proof(request, attempt)


# D1 and D2: the session


@pytest.mark.parametrize("before", ["anonymous", "the same user", "confirm"])
def test_d1_every_login_gives_a_new_session_key(registered, user, before):
    """Django's `login()` keeps the key of somebody who is signed in already."""
    start = {"purpose": "confirm"} if before == "confirm" else None
    if before == "anonymous":
        session = registered.client.session
        session["cart"] = 1
        session.save()
    else:
        registered.sign_in(user)
    key = registered.client.session.session_key

    assert registered.login(start=start).status_code == 200

    assert registered.client.session.session_key != key
    assert not Session.objects.filter(pk=key).exists()


def test_d2_nothing_of_a_ceremony_survives_the_login(registered):
    registered.request_options()
    assert registered.login().status_code == 200

    names = {"_auth_user_id", "_auth_user_backend", "_auth_user_hash", "_passkeys_authentication"}
    names |= {"_passkeys_session_opened"}
    assert set(registered.client.session.keys()) == names
    assert len(ceremony_cookies(registered.client)) == 1  # the other tab's, which is its own


def test_d2_a_login_as_somebody_else_begins_with_an_empty_session(registered, other_user, user):
    registered.sign_in(other_user)
    session = registered.client.session
    session["cart"] = "Grace's"
    session.save()

    assert registered.login().status_code == 200

    assert registered.user_id == str(user.pk)
    assert "cart" not in registered.client.session


# D3, D5 and D6: what is stored while nobody has signed in


def test_d5_a_start_writes_no_session_that_another_request_could_lose(registered, django_assert_num_queries):
    """Two requests at once each save their whole session, and the later one wins."""
    session = registered.client.session
    session["cart"] = 1
    session.save()

    with django_assert_num_queries(0):
        registered.request_options()

    assert registered.client.session["cart"] == 1


def test_d6_a_flood_of_starts_stores_nothing():
    for _ in range(50):
        Client().post("/passkeys/start-login", content_type="application/json")

    assert not Session.objects.exists()
    assert not UserHandle.objects.exists()


# D8 to D12: beside other backends


def test_d8_a_session_names_the_backend_that_opened_it_and_ends_with_it(registered, settings):
    registered.login()
    assert registered.client.session[BACKEND_SESSION_KEY] == BACKEND

    settings.AUTHENTICATION_BACKENDS = ["django.contrib.auth.backends.ModelBackend"]

    assert registered.client.get("/passkeys/").status_code == 302


class Lockout(ModelBackend):
    """Raises, as packages that lock people out do."""

    def authenticate(self, request, **credentials):
        raise PermissionDenied


class Impostor(ModelBackend):
    """A backend for whom every token is somebody else's."""

    def authenticate(self, request, *, passkey_token):
        return get_user_model().objects.get(passkeys=None)


class Neighbour(ModelBackend):
    """Another backend that takes the same keyword."""

    def authenticate(self, request, *, passkey_token):
        return get_user_model().objects.first()


def test_d9_the_backend_takes_one_keyword_and_nothing_else(registered, user):
    """`authenticate()` binds its arguments to each backend, and leaves out those that do not take them."""
    token, request = embedded_token(registered), RequestFactory().post("/")
    attempt_login(request, registered)

    assert authenticate(request, token=token) is None
    assert authenticate(request, passkey_token=token, username=user.get_username()) is None
    assert authenticate(request, passkey_token=token) == user
    assert authenticate(**credentials_of(user)).backend == "django.contrib.auth.backends.ModelBackend"


def test_d11_every_refusal_reaches_djangos_signal_with_what_is_known(registered, user):
    with listening(user_login_failed) as failed:
        registered.login(tamper_signature=True)
        registered.login(reported_id=b"x" * 20)
        registered.post("finalize-login", {})

    names = {"username", get_user_model().USERNAME_FIELD}
    assert [failure["credentials"] for failure in failed] == [
        dict.fromkeys(names, name) for name in (user.get_username(), None, None)
    ]
    assert all(failure["request"].path == "/passkeys/finalize-login" for failure in failed)


def test_d12_a_refused_token_leaves_the_next_backend_its_turn(registered, user, settings):
    settings.AUTHENTICATION_BACKENDS = [BACKEND, HERE + "Neighbour"]

    assert authenticate(passkey_token="nonsense") == user


def test_w4_a_backend_that_names_another_user_than_the_passkeys_lets_nobody_in(registered, other_user, settings):
    settings.AUTHENTICATION_BACKENDS = [HERE + "Impostor", BACKEND]

    assert refusal(registered.login()) == (403, "login_failed")
    assert registered.user_id is None


def test_d12_a_backend_that_forbids_the_login_has_the_last_word(registered, settings):
    settings.AUTHENTICATION_BACKENDS = [HERE + "Lockout", BACKEND]

    assert refusal(registered.login()) == (403, "login_failed")
    assert registered.user_id is None
    assert Passkey.objects.get().use_count == 0


# D22 and D23: headers that other people set


def test_d22_we_send_no_permissions_policy_of_our_own(signed_in):
    for path in ("/passkeys/", "/accounts/login/"):
        assert "Permissions-Policy" not in signed_in.client.get(path)


@pytest.mark.parametrize("path", ["/passkeys/", "/accounts/login/", "/passkeys/start-login"])
def test_d23_djangos_headers_against_framing_are_left_as_they_are(settings, user, path):
    settings.MIDDLEWARE = [
        "django.middleware.security.SecurityMiddleware",
        *settings.MIDDLEWARE,
        "django.middleware.clickjacking.XFrameOptionsMiddleware",
    ]
    client = Browser().sign_in(user).client
    response = client.post(path, content_type="application/json") if "start" in path else client.get(path)

    assert response.status_code == 200
    assert response["X-Frame-Options"] == "DENY"
    assert response["Cross-Origin-Opener-Policy"] == "same-origin"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Referrer-Policy"] == "same-origin"


# D24 and D25: users of any kind


@isolate_apps("django.contrib.auth")
def test_d24_a_user_needs_no_more_than_abstract_base_user_has():
    """No full name, no e-mail address, no `is_active` of its own, and a name of several thousand characters."""

    class Person(AbstractBaseUser):
        nickname = models.TextField(unique=True)
        USERNAME_FIELD = "nickname"

        class Meta:
            app_label = "auth"

    person = Person(pk=7, nickname="x" * 3000)
    handle = UserHandle(handle="h" * 43)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(UserHandle.objects), "for_user", lambda self, user: handle)
        entity = _user_entity(person)

    assert (entity.handle, entity.name) == (handle.handle, person.nickname)
    assert entity.display_name


def test_d24_the_whole_way_with_the_user_model_of_this_run(user):
    """The suite runs with Django's own, and with a UUID as key, an e-mail address as name and no `is_active`."""
    browser = Browser().sign_in(user)
    assert browser.register().status_code == 201
    browser.client.logout()

    assert browser.login().status_code == 200
    assert browser.user_id == str(user.pk)


def test_d25_a_changed_password_ends_the_sessions_that_passkeys_opened(registered, user):
    assert registered.login().status_code == 200
    user.set_password(PASSWORD + "!")
    user.save()

    assert registered.client.get("/passkeys/").status_code == 302
    assert registered.login().status_code == 200


def test_d25_passkeys_that_come_and_go_end_no_session(registered, user):
    """`get_session_auth_hash` knows nothing of them; ending such sessions is an option of its own."""
    assert registered.login().status_code == 200
    Passkey.objects.all().delete()

    assert registered.client.get("/passkeys/").status_code == 200


# D26: under ASGI


def test_d26_the_endpoints_work_under_asgi(registered, user):
    client = AsyncClient()

    async def post(name, body=None):
        return await client.post(f"/passkeys/{name}", json.dumps(body or {}), content_type="application/json")

    options = async_to_sync(post)("start-login").json()
    response = async_to_sync(post)("finalize-login", registered.authenticator.get(options))

    assert response.status_code == 200, response.content
    assert client.session["_auth_user_id"] == str(user.pk)


def test_d26_the_backend_takes_a_token_in_asynchronous_code(registered, user):
    token = embedded_token(registered)

    async def sign_in():
        request = AsyncRequestFactory().post("/own/")
        request.session = SessionStore()
        await sync_to_async(attempt_login)(request, registered)
        authenticated = await aauthenticate(request, passkey_token=token)
        await alogin(request, authenticated)
        return request.session

    session = async_to_sync(sign_in)()

    assert session["_auth_user_id"] == str(user.pk)
    assert session[BACKEND_SESSION_KEY] == BACKEND


# D29: several databases and tenants


def test_d29_the_relying_party_is_one_for_all_hosts_of_the_settings(registered, settings):
    """A site of several domains overrides the settings for each; the Host header chooses nothing."""
    settings.ALLOWED_HOSTS = ["testserver", "other.example"]
    options = Browser(Client(headers={"host": "other.example"})).request_options()

    assert options["publicKey"]["rpId"] == "testserver"


# D32: versions


def test_d32_what_we_claim_to_support_is_what_is_tried():
    root = Path(__file__).parents[2]
    setup = configparser.ConfigParser()
    setup.read(root / "setup.cfg")
    claimed = re.findall(r"Framework :: Django :: ([\d.]+)", setup["metadata"]["classifiers"])
    pythons = re.findall(r"Python :: (3\.\d+)", setup["metadata"]["classifiers"])
    ci = (root / ".ci/run").read_text()
    combinations = re.findall(r"^\S+ +(3\.\d+) +\S+ +django[=~]=([\d.]+)", ci, re.MULTILINE)

    assert {python for python, _version in combinations} == set(pythons)
    assert {".".join(version.split(".")[:2]) for _python, version in combinations} == set(claimed)
    assert "django>=5.2" in setup["options"]["install_requires"]
    assert setup["options"]["python_requires"] == ">=3.11"
    assert django.VERSION >= (5, 2)
