"""A11: a user whom the requests after the login would not see is not logged in: no session, no trace of one."""

import copy

import pytest
from django.contrib.auth import get_user_model
from django.db import connection, models
from django.test.utils import CaptureQueriesContext

from passkeys_django.backends import PasskeyBackend
from passkeys_django.models import Passkey
from tests.conftest import Browser, make_user, refusal
from tests.signup.test_signup import Newcomer

pytestmark = pytest.mark.django_db
User = get_user_model()
REFUSED = (403, "login_failed")
HIDDEN = "hidden@example.com" if User.USERNAME_FIELD == "email" else "hidden"


class Present(type(User._default_manager)):
    """Leaves out who was deleted softly, as in many sites."""

    def get_queryset(self):
        return super().get_queryset().exclude(**{User.USERNAME_FIELD: HIDDEN})


class PresentQuerySet(models.QuerySet):
    def get(self, *args, **kwargs):
        return super().get(*args, ~models.Q(**{User.USERNAME_FIELD: HIDDEN}), **kwargs)


class Chatty(type(User._default_manager)):
    """Adds something, and hides nobody."""

    def hello(self):
        return "hello"


class CarefulBackend(PasskeyBackend):
    hides = False

    def get_user(self, user_id):
        user = super().get_user(user_id)
        return None if self.hides and user.get_username() == HIDDEN else user


def use_manager(monkeypatch, manager):
    manager.model, manager.name = User, "objects"
    monkeypatch.setitem(vars(User._meta), "default_manager", manager)


@pytest.fixture(params=["manager", "queryset", "backend"])
def hides(request, monkeypatch, settings):
    """A function: from its call on, the site hides who is called HIDDEN."""

    def begin():
        if request.param == "manager":
            use_manager(monkeypatch, Present())
        elif request.param == "queryset":
            use_manager(monkeypatch, type(User._default_manager).from_queryset(PresentQuerySet)())
        else:
            monkeypatch.setattr(CarefulBackend, "hides", True)

    if request.param == "backend":
        settings.AUTHENTICATION_BACKENDS = [
            "django.contrib.auth.backends.ModelBackend",
            "tests.security.test_hidden_users.CarefulBackend",
        ]
    return begin


@pytest.fixture
def hidden(db):
    """A browser with a passkey of somebody who is about to be hidden; signed out."""
    browser = Browser().sign_in(make_user("hidden"))
    assert browser.register().status_code == 201
    browser.client.logout()
    return browser


def last_login():
    return User._base_manager.get(**{User.USERNAME_FIELD: HIDDEN}).last_login


def test_a11_d7_a_hidden_user_is_refused_and_nothing_says_otherwise(hidden, hides, sent):
    before = last_login()
    hides()

    assert refusal(hidden.login()) == REFUSED
    assert hidden.user_id is None
    assert last_login() == before
    assert not sent["user_logged_in"]
    assert not sent["passkey_used"]
    assert len(sent["user_login_failed"]) == len(sent["passkey_login_failed"]) == 1
    assert Passkey.objects.get().use_count == 0


def test_a11_who_is_hidden_while_they_sign_in_is_refused(hidden, hides, meanwhile):
    """Somebody else uses the passkey, too, so that the row is read and checked again."""

    def interfere():
        Passkey.objects.update(use_count=1)
        hides()

    meanwhile(type(Passkey.objects), interfere)

    assert refusal(hidden.login()) == REFUSED
    assert hidden.user_id is None


def test_a11_a_hidden_user_confirms_nothing(hidden, hides, sent):
    """The session is there still, in this request."""
    hidden.login()
    other = copy.copy(hidden)
    credential = other.authenticator.get(other.request_options({"purpose": "confirm"}))
    sent.clear()
    hides()

    assert refusal(other.post("finalize-login", credential))[0] in (401, 403)
    assert not sent["user_logged_in"]
    assert not sent["passkey_used"]


def test_a11_who_signs_up_and_is_hidden_has_an_account_and_no_session(hides, sent):
    newcomer = Newcomer()
    credential = newcomer.answer("hidden")
    hides()

    assert newcomer.post("finalize-signup", credential).status_code == 201
    assert newcomer.user_id is None
    assert last_login() is None
    assert not sent["user_logged_in"]


def test_a_login_of_everybody_else_goes_on(registered, hides):
    hides()

    assert registered.login().status_code == 200


@pytest.mark.parametrize(("manager", "queries"), [(None, 7), (Chatty, 7), (Present, 8)])
def test_only_a_site_that_may_hide_somebody_pays_a_query_for_it(registered, monkeypatch, manager, queries):
    if manager is not None:
        use_manager(monkeypatch, manager())
    browser = registered.other_browser()
    credential = browser.authenticator.get(browser.request_options())

    with CaptureQueriesContext(connection) as captured:
        assert browser.post("finalize-login", credential).status_code == 200
    assert len([query for query in captured if "SAVEPOINT" not in query["sql"]]) == queries
