"""While somebody acts as another user: what they may not do, and who is named.

tests/sites has the real packages.
"""

import re

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.signals import user_login_failed
from django.core import mail
from django.core.signing import TimestampSigner
from django.http import HttpResponse
from django.template import RequestContext, Template
from django.test import Client
from django.urls import include, path

from passkeys_django import lifecycle
from passkeys_django.decorators import recently_authenticated
from passkeys_django.models import Passkey, PasskeyEvent
from passkeys_django.sessions import get_authentication, is_recently_authenticated
from passkeys_django.sessions.impersonation import acting_user, is_acting_as_another
from tests.conftest import PASSWORD, Browser, listening, make_passkey, make_user, moved_clock, refusal
from tests.sessions.test_sessions import request_of

SOURCE = "{% load passkeys %}<h1>Home</h1>{% passkey_offer %}{% passkey_register_button %}"


def home(request):
    return HttpResponse(Template(SOURCE).render(RequestContext(request)))


urlpatterns = [
    path("passkeys/", include("passkeys_django.urls")),
    path("home/", home),
    path("close-account/", recently_authenticated(lambda request: HttpResponse("closed"))),
]
pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]
AS_JSON = {"Accept": "application/json"}
ACTING = (403, "acting_as_another")


@pytest.fixture
def staff(db):
    return make_user("root", is_staff=True)


class Swapped:
    """A middleware that puts another person into `request.user`, as django-impersonate's does."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        if "acts_as" in request.session:
            request.user = get_user_model().objects.get(pk=request.session["acts_as"])
        return self.get_response(request)


def remember(browser, **members):
    session = browser.client.session
    session.update(members)
    session.save()


def by_history(settings, browser, staff, user):
    """The session is the customer's, and a record says that it is fresh."""
    browser.sign_in(user)
    remember(browser, hijack_history=[str(staff.pk)])


def by_signed_mark(settings, browser, staff, user):
    browser.sign_in(user)
    remember(browser, loginas_from_user=TimestampSigner().sign(staff.pk))


def by_swapping(settings, browser, staff, user):
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, f"{__name__}.Swapped"]
    browser.sign_in(staff)
    remember(browser, acts_as=str(user.pk))


def by_hand(settings, browser, staff, user):
    """Somebody has written another user into the session: its record names who signed in."""
    browser.sign_in(staff)
    theirs = Browser().sign_in(user).client.session
    remember(browser, **{name: theirs[name] for name in ("_auth_user_id", "_auth_user_hash")})


@pytest.fixture(params=[by_history, by_signed_mark, by_swapping, by_hand], ids=lambda way: way.__name__)
def acting(request, settings, staff, user):
    """A browser in which the staff act as `user`, having just signed in."""
    browser = Browser()
    request.param(settings, browser, staff, user)
    return browser


# What they may not do


def test_f1_whoever_acts_as_another_creates_no_passkey(acting):
    assert refusal(acting.post("start-registration")) == ACTING
    assert refusal(acting.post("start-registration", {"mediation": "conditional"})) == ACTING


def test_f1_nor_finishes_what_the_owner_began(signed_in, staff):
    credential = signed_in.authenticator.create(signed_in.creation_options())
    remember(signed_in, hijack_history=[str(staff.pk)])

    assert refusal(signed_in.post("finalize-registration", credential)) == ACTING
    assert not Passkey.objects.exists()


@pytest.mark.parametrize("headers", [{}, AS_JSON], ids=["page", "script"])
@pytest.mark.parametrize("form", ["rename", "remove"])
def test_f1_nor_renames_nor_removes_one(acting, user, form, headers):
    passkey = make_passkey(user)

    response = acting.client.post(f"/passkeys/{passkey.pk}/{form}/", {"name": "Mine"}, headers=headers)

    assert response.status_code == 403
    assert Passkey.objects.get().name == "Laptop"
    if headers:
        assert refusal(response) == ACTING


def test_f1_nor_is_asked_whether_to_remove_one(acting, user):
    assert acting.client.get(f"/passkeys/{make_passkey(user).pk}/remove/").status_code == 403


@pytest.mark.parametrize("password", [PASSWORD, "wrong"])
def test_f1_nor_confirms_that_it_is_the_other(acting, password):
    assert acting.client.get("/passkeys/confirm/").status_code == 403
    assert acting.client.post("/passkeys/confirm/", {"password": password}).status_code == 403
    assert refusal(acting.client.post("/passkeys/confirm/", {"password": password}, headers=AS_JSON)) == ACTING
    assert refusal(acting.post("start-login", {"purpose": "confirm"})) == ACTING


def test_f1_nor_with_a_passkey_of_theirs_that_was_asked_for_before(registered, user, staff):
    with moved_clock(-301):
        registered.sign_in(user)
    credential = registered.authenticator.get(registered.request_options({"purpose": "confirm"}))
    remember(registered, hijack_history=[str(staff.pk)])

    with listening(user_login_failed) as failed:
        assert refusal(registered.post("finalize-login", credential)) == ACTING
    assert failed == []  # else a lock-out package would count it against the owner
    remember(registered, hijack_history=[])
    assert refusal(registered.post("start-registration")) == (403, "reauthentication_required")


def test_f1_nor_is_let_into_what_asks_who_is_there(acting):
    response = acting.client.get("/close-account/")

    assert response.status_code == 403
    assert "You are acting as somebody else." in response.content.decode()
    assert "sign out, and sign in again as yourself." in response.content.decode()
    assert refusal(acting.client.get("/close-account/", headers=AS_JSON)) == ACTING


def test_f1_nothing_is_fresh_nor_offered(acting, settings):
    settings.PASSKEY_CONDITIONAL_CREATE = True

    assert acting.client.get("/home/").content.decode().strip() == "<h1>Home</h1>"


def test_f1_the_session_says_nothing_of_the_other(signed_in, staff):
    assert is_recently_authenticated(request_of(signed_in))

    remember(signed_in, hijack_history=[str(staff.pk)])

    assert get_authentication(request_of(signed_in)) is None
    assert not is_recently_authenticated(request_of(signed_in))


def test_they_see_the_passkeys_and_what_to_do(acting, user):
    make_passkey(user)

    page = acting.client.get("/passkeys/").content.decode()

    assert "<bdi>Laptop</bdi>" in page
    assert "Go back to your own account first." in page
    assert "<button" not in page
    assert "Create a second one" not in page


def test_their_browser_is_told_nothing_of_the_other(settings, user, staff):
    """With a swapped user, the session remembers what the staff removed: all their passkeys would be hidden."""
    theirs = Browser()
    by_swapping(settings, theirs, staff, user)
    make_passkey(staff, user_handle=b"s" * 43)
    remember(theirs, _passkeys_removed=["c3Nzcw"])

    assert refusal(theirs.post("accepted-credentials")) == ACTING
    assert '"signals"' not in theirs.client.get("/passkeys/").content.decode()
    assert theirs.client.session["_passkeys_removed"] == ["c3Nzcw"]


def test_they_sign_in_as_themselves_again(acting, staff):
    own = Browser(Client()).sign_in(staff)
    assert own.register().status_code == 201
    acting.authenticator = own.authenticator

    assert acting.login().status_code == 200
    remember(acting, acts_as=str(staff.pk))

    assert acting.post("start-registration").status_code == 200


# Who is named


@pytest.fixture
def told(settings, user):
    """A function: what the last e-mail says of who did it."""
    user.email = "ada@example.com"
    user.save()
    return lambda: re.search(r"Done by: (.*)", mail.outbox[-1].body)[1]


def test_f1_history_and_mail_name_who_acted(
    acting, user, staff, told, django_capture_on_commit_callbacks, rf, settings
):
    passkey = make_passkey(user)
    request = rf.post("/")
    request.session = acting.client.session
    request.user = user

    with django_capture_on_commit_callbacks(execute=True):
        lifecycle.revoke([passkey], request=request)

    assert PasskeyEvent.objects.get(kind="removed").actor == staff
    assert told() == "an administrator of the site"


def test_f1_what_they_do_to_their_own_passkey_is_told_as_theirs(rf, user, staff):
    """Staff who act as somebody else of the staff revoke one of their own in the admin."""
    request = rf.post("/")
    request.user, request.session = user, {"hijack_history": [str(staff.pk)]}

    lifecycle.revoke([make_passkey(staff)], request=request)

    assert PasskeyEvent.objects.get().actor is None


MARKS = {
    "hijack_history": ["x", "999999999", "00000000-0000-0000-0000-000000000000"],
    "loginas_from_user": ["made up", 5, TimestampSigner().sign("None"), TimestampSigner(salt="x").sign("1")],
}


@pytest.mark.parametrize(
    ("mark", "value"),
    [(mark, value) for mark, values in MARKS.items() for value in values],
    ids=[f"{mark}-{number}" for mark, values in MARKS.items() for number, _ in enumerate(values)],
)
def test_f1_whom_nobody_knows_is_not_named_as_the_owner(
    rf, user, told, django_capture_on_commit_callbacks, mark, value
):
    request = rf.post("/")
    request.user, request.session = user, {mark: [value] if mark == "hijack_history" else value}
    assert is_acting_as_another(request)

    with django_capture_on_commit_callbacks(execute=True):
        lifecycle.revoke([make_passkey(user)], request=request)

    assert acting_user(request) is None
    assert told() == "an administrator of the site"


def test_the_first_of_several_is_named(rf, user, other_user, staff):
    request = rf.post("/")
    request.user, request.session = user, {"hijack_history": [str(staff.pk), str(other_user.pk)]}

    assert acting_user(request) == staff


@pytest.mark.parametrize("impersonator", ["staff", "a name"])
def test_what_the_request_says_counts_too(rf, user, staff, impersonator):
    request = rf.post("/")
    request.user, request.session = user, {}
    request.impersonator = staff if impersonator == "staff" else impersonator

    assert is_acting_as_another(request)
    assert acting_user(request) == (staff if impersonator == "staff" else None)


def test_what_the_user_says_counts_too(rf, user):
    request = rf.post("/")
    request.user, request.session = user, {}
    user.is_hijacked = True

    assert is_acting_as_another(request)


@pytest.mark.parametrize("marks", [{}, {"hijack_history": []}, {"loginas_from_user": None}])
def test_whoever_acts_as_nobody_else_is_themselves(rf, user, marks):
    request = rf.post("/")
    request.user, request.session, request.impersonator = user, marks, None

    assert not is_acting_as_another(request)
    assert acting_user(request) == user


def test_somebody_who_came_back_to_themselves_is(rf, staff):
    request = rf.post("/")
    request.user, request.session = staff, {"hijack_history": [str(staff.pk), "2"]}

    assert not is_acting_as_another(request)


def test_it_costs_no_statement_to_find_out(signed_in, staff, django_assert_num_queries):
    remember(signed_in, hijack_history=[str(staff.pk)])
    request = request_of(signed_in)

    with django_assert_num_queries(0):
        assert is_acting_as_another(request)
