"""G5, enumeration: at every door that takes a password, strangers learn nothing from what it answers and costs."""

import re

import pytest
from asgiref.sync import async_to_sync
from django.contrib.auth import aauthenticate, authenticate, get_user_model
from django.contrib.auth.hashers import MD5PasswordHasher
from django.core import mail
from django.db import connection
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext

from passkeys_django.sessions.second_step import asking_second_step
from tests.conftest import PASSWORD, make_user
from tests.policy.conftest import (
    AS_JSON,
    LATER,
    REFUSED,
    REQUIRED,
    SECOND_STEP,
    give_passkey,
    give_security_key,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("with_backend")]


def by_function(user):
    return {"password": "refused", "from": "2020-01-01"} if user.is_staff else {}


POLICIES = {
    "none": None,
    "second step": SECOND_STEP,
    "required": REQUIRED,
    "refused": REFUSED,
    "to come": {"everybody": {"password": "refused", "from": LATER}},
    "staff": {"staff": {"password": "refused", "from": "2020-01-01"}},
    "a group": {"group:Finance": {"passkey": "required"}},
    "a function": f"{__name__}.by_function",
}
DOORS = {"our page": "/accounts/login/", "Django's page": "/plain-login/", "the admin": "/admin/login/"}
DOORS["the site's own"] = "/own-login/"


class Cost:
    """What one attempt answers, and what it costs."""

    def __init__(self, monkeypatch, url, name, password, headers):
        hashes = []
        encode = MD5PasswordHasher.encode
        monkeypatch.setattr(
            MD5PasswordHasher, "encode", lambda *args, **kwargs: hashes.append(1) or encode(*args, **kwargs)
        )
        with CaptureQueriesContext(connection) as queries:
            response = Client().post(url, {"username": name, "password": password}, headers=headers)
        monkeypatch.setattr(MD5PasswordHasher, "encode", encode)
        self.status = response.status_code
        self.page = re.sub(r'(csrfmiddlewaretoken" value=")\w+', r"\1", response.content.decode()).replace(
            name, "NAME"
        )
        self.cookies = sorted(response.cookies)
        self.hashes, self.mails = len(hashes), len(mail.outbox)
        self.statements = [re.sub(r"'[^']*'|\d+", "?", query["sql"]) for query in queries]

    def __eq__(self, other):
        return self.visible() == other.visible() and len(self.statements) == len(other.statements)

    __hash__ = None

    def visible(self):
        return self.status, self.page, self.cookies, self.hashes, self.mails

    def __repr__(self):
        return repr((self.status, self.hashes, self.mails, self.statements, self.page[-600:]))


@pytest.fixture
def attempt(monkeypatch):
    return lambda url, name, password, headers=None: Cost(monkeypatch, url, name, password, headers)


@pytest.fixture
def people(db):
    """By what they have. The unknown one has no row, and the same domain."""
    kinds = ("ada", "passkey", "staff", "key")
    people = {kind: make_user(f"zz{kind}zz", is_staff=kind == "staff") for kind in kinds}
    for kind in ("passkey", "staff"):
        give_passkey(people[kind])
    give_security_key(people["key"])
    names = {kind: user.get_username() for kind, user in people.items()}
    return names | {"unknown": names["ada"].replace("ada", "nobody")}


@pytest.mark.parametrize("headers", [None, AS_JSON], ids=["page", "script"])
@pytest.mark.parametrize("url", DOORS.values(), ids=DOORS)
@pytest.mark.parametrize("policy", POLICIES.values(), ids=POLICIES)
def test_g5_an_unknown_name_and_a_wrong_password_look_alike(guarded, attempt, people, policy, url, headers):
    guarded(policy)

    costs = {name: attempt(url, who, "wrong", headers) for name, who in people.items()}

    assert costs["ada"].hashes == 1
    assert list(costs.values()) == [costs["unknown"]] * len(costs)


@pytest.mark.parametrize("name", ["ada", "passkey", "staff", "key"])
@pytest.mark.parametrize("headers", [None, AS_JSON], ids=["page", "script"])
@pytest.mark.parametrize("url", DOORS.values(), ids=DOORS)
def test_g5_a_refused_password_looks_like_a_wrong_one(guarded, attempt, people, url, headers, name):
    guarded(REFUSED)

    right, wrong = (attempt(url, people[name], password, headers) for password in (PASSWORD, "wrong"))

    assert right == wrong
    assert "sessionid" not in right.cookies


@pytest.mark.parametrize("name", ["passkey", "staff", "key"])
def test_g5_where_no_form_asks_for_the_second_step_the_password_looks_wrong(guarded, attempt, people, name):
    guarded(SECOND_STEP)

    for url in ("/own-login/", "/plain-login/"):
        assert attempt(url, people[name], PASSWORD) == attempt(url, people[name], "wrong")


def test_g5_the_password_of_somebody_inactive_looks_wrong(guarded, attempt, people):
    model = get_user_model()
    if not any(field.name == "is_active" for field in model._meta.get_fields()):
        pytest.skip("this user model cannot deactivate anybody")
    guarded(SECOND_STEP)
    model.objects.update(is_active=False)

    assert attempt("/own-login/", people["passkey"], PASSWORD) == attempt(
        "/own-login/", people["passkey"], "wrong"
    )


def logged_in(user, *, asks=False):
    request = RequestFactory().post("/")
    with asking_second_step(request if asks else None):
        return authenticate(request, username=user.get_username(), password=PASSWORD) is not None


# By policy: with nothing, with a passkey. Each outside of our forms, and inside, where a passkey can be created.
ACCEPTED = {
    "none": ((True, True), (True, True)),
    "second step": ((True, True), (False, True)),
    "required": ((False, True), (True, True)),
    "refused": ((False, False), (False, False)),
    "to come": ((True, True), (True, True)),
    "staff": ((True, True), (True, True)),
}


@pytest.mark.parametrize("name", ACCEPTED)
def test_g5_basic_authentication_and_token_views_take_a_password_only_if_it_is_enough(settings, name):
    """They call `authenticate()` and ask for nothing afterwards."""
    settings.PASSKEY_POLICY = POLICIES[name]
    plain, holder = make_user("plain"), make_user("holder")
    give_passkey(holder)

    accepted = tuple((logged_in(user), logged_in(user, asks=True)) for user in (plain, holder))

    assert accepted == ACCEPTED[name]


@pytest.mark.parametrize("missing", ["username", "password"])
def test_without_a_name_or_a_password_nothing_is_asked(settings, user, missing):
    settings.PASSKEY_POLICY = SECOND_STEP
    values = {"username": user.get_username(), "password": PASSWORD} | {missing: None}

    with CaptureQueriesContext(connection) as queries:
        assert authenticate(None, **values) is None
    assert len(queries) == 0


def test_the_backend_works_asynchronously_too(settings, user):
    settings.PASSKEY_POLICY = REQUIRED
    sign_in = async_to_sync(aauthenticate)

    assert sign_in(None, username=user.get_username(), password=PASSWORD) is None
    give_passkey(user)
    assert sign_in(None, username=user.get_username(), password=PASSWORD) == user


HINT = "If you have a passkey, use it."
HINTED = {"second step", "refused", "staff", "a function"}


@pytest.mark.parametrize("name", POLICIES)
@pytest.mark.parametrize("url", ["/accounts/login/", "/admin/login/"])
def test_where_a_password_may_not_be_enough_everybody_is_told_of_passkeys(guarded, settings, db, url, name):
    """Also people whose account does not exist: the text says nothing about an account."""
    guarded(POLICIES[name])

    shown = Client().get(url).content.decode().count(HINT)
    refused = Client().post(url, {"username": "nobody", "password": "wrong"}).content.decode().count(HINT)

    beside_button = 1 if "data-passkey-login" in Client().get(url).content.decode() else 0
    assert shown == (beside_button if name in HINTED else 0)
    assert refused > shown if beside_button and name in HINTED else refused == shown


def test_the_page_confirm_does_not_repeat_the_hint(guarded, user):
    guarded(SECOND_STEP)
    client = Client()
    client.force_login(user, backend="passkeys_django.backends.PolicyModelBackend")

    assert HINT not in client.get("/passkeys/confirm/").content.decode()
