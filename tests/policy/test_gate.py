"""G5: a session that owes something is parked: nobody finds a user there, until what is due is done."""

import pickle

import pytest
from asgiref.sync import async_to_sync
from django.contrib.auth import get_user_model
from django.core.signing import TimestampSigner
from django.db import connection
from django.test import AsyncClient, Client
from django.test.utils import CaptureQueriesContext

from tests.conftest import PASSWORD, credentials_of, make_user
from tests.policy.conftest import (
    AS_JSON,
    LATER,
    REFUSED,
    REQUIRED,
    SECOND_STEP,
    give_passkey,
    is_parked,
    later,
    log_in,
    problem_of,
    seen,
    signed_in_before,
)

pytestmark = pytest.mark.django_db
REQUIRED_PAGE = "/passkeys/required/?next=%2Fhome%2F"
STEP_PAGE = "/passkeys/second-step/?next=%2Fhome%2F"
LOGINS = {"own view": "/own-login/", "Django's view": "/plain-login/", "the admin": "/admin/login/"}


@pytest.fixture
def parked(guarded, user):
    """A client in which somebody with a passkey has shown only a password."""
    guarded(SECOND_STEP)
    give_passkey(user)
    return log_in(user)[0]


# Closing the door


@pytest.mark.parametrize("url", LOGINS.values(), ids=LOGINS)
def test_g5_every_view_that_calls_login_is_closed_behind(guarded, url):
    guarded(SECOND_STEP)
    staff = make_user("root", is_staff=True, is_superuser=True)
    give_passkey(staff)

    client, response = log_in(staff, url=url, next="/home/")

    assert (response.status_code, response["Location"]) == (302, STEP_PAGE)
    assert is_parked(client)
    assert seen(client) == {}


def test_g5_the_response_of_the_login_does_not_reach_the_browser(guarded, user):
    """It may carry a token of the site's own, or the page itself."""
    guarded(REQUIRED)

    _client, response = log_in(user)

    assert "token" not in response.cookies
    assert response["Location"] == REQUIRED_PAGE


def test_g5_a_script_that_logs_in_gets_a_problem_with_the_page(guarded, user):
    guarded(REQUIRED)

    response = Client().post("/own-login/", credentials_of(user), headers=AS_JSON)

    assert problem_of(response) == (403, "passkey_required", REQUIRED_PAGE)


def test_where_the_login_led_elsewhere_people_go_to_the_usual_page(guarded, user):
    guarded(REQUIRED)

    _client, response = log_in(user, next="https://evil.example/")

    assert response["Location"] == "/passkeys/required/?next=%2Faccounts%2Fprofile%2F"


@pytest.mark.parametrize("how", ["no verdict", "old verdict", "other policy", "promoted", "group"])
def test_g5_a_session_of_before_is_parked_at_its_next_request(guarded, settings, how):
    user = make_user(is_staff=how == "no verdict")
    guarded({"staff": {"passkey": "required"}})
    client = signed_in_before(user) if how == "no verdict" else log_in(user)[0]
    if how != "no verdict":
        assert seen(client)["user"] == user.get_username()
    if how in ("old verdict", "promoted"):
        type(user).objects.filter(pk=user.pk).update(is_staff=True)
    if how in ("other policy", "group"):
        settings.PASSKEY_POLICY = REQUIRED

    with later(301 if how in ("old verdict", "promoted") else 0):
        assert client.get("/home/")["Location"] == REQUIRED_PAGE
    assert is_parked(client)


def test_a_promotion_is_noticed_within_five_minutes(guarded, user):
    guarded({"staff": {"passkey": "required"}})
    client, _response = log_in(user)
    type(user).objects.filter(pk=user.pk).update(is_staff=True)

    assert client.get("/home/").status_code == 200
    with later(299):
        assert client.get("/home/").status_code == 200
    with later(300):
        assert client.get("/home/").status_code == 302


def test_g5_a_clock_that_was_ahead_is_believed_by_nobody(guarded, user):
    guarded({"staff": {"passkey": "required"}})
    with later(86_400):
        client, _response = log_in(user)
    type(user).objects.filter(pk=user.pk).update(is_staff=True)

    assert client.get("/home/").status_code == 302


def test_g5_the_verdict_is_about_one_login(guarded, user, other_user):
    """Another user in the same session, by a plain `login()`, is judged anew."""
    guarded(SECOND_STEP)
    give_passkey(other_user)
    client, _response = log_in(user)
    assert seen(client)["user"] == user.get_username()

    _client, response = log_in(other_user, client)

    assert response["Location"] == STEP_PAGE
    assert seen(client) == {}


# Whom the site's code sees


def test_g5_nobody_is_seen_in_a_parked_session(parked):
    for url in ("/", "/home/", "/whoami/", "/awhoami/", "/admin/", "/again/"):
        response = parked.get(url)
        assert (response.status_code, response["Location"].split("?")[0]) == (302, "/passkeys/second-step/"), url
    assert "_auth_user_id" not in parked.session
    assert "_auth_user_backend" not in parked.session
    assert "_auth_user_hash" not in parked.session


@pytest.mark.parametrize("method", ["get", "head", "post", "put", "delete", "options"])
def test_g5_pages_are_led_whatever_the_method(parked, method):
    response = getattr(parked, method)("/home/?a=1")

    back = "%2Fhome%2F%3Fa%3D1" if method in ("get", "head") else "%2Faccounts%2Fprofile%2F"
    assert (response.status_code, response["Location"]) == (302, f"/passkeys/second-step/?next={back}")


@pytest.mark.parametrize("method", ["get", "head", "post", "delete"])
def test_g5_scripts_get_a_problem_with_the_page(parked, method):
    response = getattr(parked, method)("/whoami/", headers=AS_JSON)

    assert response.status_code == 403
    if method != "head":
        back = "%2Fwhoami%2F" if method == "get" else "%2Faccounts%2Fprofile%2F"
        assert problem_of(response)[1:] == ("second_step_required", f"/passkeys/second-step/?next={back}")


OPEN = ["/accounts/login/", "/accounts/logout/", "/passkeys/required/", "/passkeys/csrf-token", "/admin/login/"]


@pytest.mark.parametrize("url", OPEN)
def test_a_parked_person_reaches_what_helps(parked, url):
    response = parked.get(url)

    assert "second-step/?next" not in response.get("Location", "") or url == "/passkeys/required/"


@pytest.mark.parametrize("name", ["", "confirm/", "not-now"])
def test_our_own_pages_for_people_who_are_signed_in_lead_a_parked_person_too(parked, name):
    assert parked.get(f"/passkeys/{name}")["Location"].startswith("/passkeys/second-step/")
    assert problem_of(parked.get(f"/passkeys/{name}", headers=AS_JSON))[1] == "second_step_required"


def test_g5_a_page_that_is_open_sees_nobody(parked, settings):
    """The login page, for example, would send somebody who is signed in straight on."""
    response = parked.get("/accounts/login/")

    assert response.status_code == 200
    assert not response.context["user"].is_authenticated


def test_g5_the_gate_holds_for_asynchronous_servers(guarded, user):
    guarded(SECOND_STEP)
    give_passkey(user)

    async def visit():
        client = AsyncClient()
        response = await client.post("/own-login/", credentials_of(user) | {"next": "/home/"})
        then = await client.get("/awhoami/")
        return response, then

    response, then = async_to_sync(visit)()

    assert response["Location"] == STEP_PAGE
    assert then.status_code == 302


def test_g5_sessions_in_cookies_are_parked_too(guarded, settings, user):
    settings.SESSION_ENGINE = "django.contrib.sessions.backends.signed_cookies"
    guarded(SECOND_STEP)
    give_passkey(user)

    client, response = log_in(user)

    assert response["Location"] == STEP_PAGE
    assert seen(client) == {}
    assert is_parked(client)


# Going on


def test_g5_who_has_done_what_was_due_goes_on_with_a_new_session_key(guarded, user):
    guarded(REQUIRED)
    client, _response = log_in(user)
    assert is_parked(client)
    key = client.session.session_key

    give_passkey(user)

    assert client.get("/home/").content == b"home"
    assert seen(client) == dict.fromkeys(("user", "auser", "get_user"), user.get_username())
    assert client.session.session_key != key


def test_what_is_due_may_change_meanwhile(guarded, user, settings):
    guarded(REQUIRED)
    client, _response = log_in(user)

    settings.PASSKEY_POLICY = REFUSED

    assert b"You need a link" in client.get(REQUIRED_PAGE).content


def test_a_policy_that_is_taken_back_lets_everybody_go_on(parked, settings):
    settings.PASSKEY_POLICY = None

    assert parked.get("/home/").status_code == 200


@pytest.mark.parametrize("seconds", [299, 301, -3600])
def test_g5_a_session_is_parked_for_five_minutes(parked, seconds):
    with later(seconds):
        response = parked.get("/home/")

    still = "/passkeys/second-step/" if seconds == 299 else "/accounts/login/"
    assert response["Location"].split("?")[0] == still
    assert is_parked(parked) == (seconds == 299)


def gone(user, deactivate):
    type(user).objects.filter(pk=user.pk).delete()


def inactive(user, deactivate):
    deactivate(user)


def changed(user, deactivate):
    user.set_password("another one")
    user.save()


@pytest.mark.parametrize("change", [gone, changed, inactive])
def test_g5_a_parked_session_ends_with_its_user_or_password(parked, user, change, deactivate):
    if change is inactive and not any(field.name == "is_active" for field in type(user)._meta.get_fields()):
        pytest.skip("this user model cannot deactivate anybody")
    change(user, deactivate)

    assert parked.get("/home/")["Location"] == "/accounts/login/?next=/home/"
    assert not is_parked(parked)


def test_g5_a_parked_session_outlives_a_new_secret_key(guarded, settings, user):
    guarded(REQUIRED)
    client, _response = log_in(user)
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "a new one", [settings.SECRET_KEY]
    assert client.get("/home/")["Location"] == REQUIRED_PAGE

    give_passkey(user)
    assert client.get("/home/").status_code == 200
    assert client.get("/home/").status_code == 200  # here Django renews the session's hash

    settings.SECRET_KEY_FALLBACKS = []
    assert client.get("/home/").status_code == 200


def test_a_parked_person_may_sign_in_as_somebody_else(parked, other_user):
    _client, response = log_in(other_user, parked, url="/accounts/login/")

    assert response["Location"] == "/accounts/profile/"
    assert seen(parked)["user"] == other_user.get_username()
    assert "_passkeys_parked" not in parked.session


def test_g5_a_login_elsewhere_than_in_a_response_wins_over_the_parked_user(parked, user, other_user):
    """As `login()` in a websocket. The parked keys must not come back."""
    session = parked.session
    session["_auth_user_id"] = str(other_user.pk)
    session["_auth_user_backend"] = "django.contrib.auth.backends.ModelBackend"
    session["_auth_user_hash"] = other_user.get_session_auth_hash()
    session.save()

    assert seen(parked)["user"] == other_user.get_username()
    assert "_passkeys_parked" not in parked.session


@pytest.mark.parametrize("waiting", [None, "text", {"keys": {}, "due": "second-step", "at": 0}])
def test_a_session_with_an_unreadable_mark_ends(parked, waiting):
    session = parked.session
    session["_passkeys_parked"] = waiting
    session.save()

    assert parked.get("/home/")["Location"] == "/accounts/login/?next=/home/"


def test_a_mark_of_a_later_version_ends_the_session(parked):
    session = parked.session
    session["_passkeys_parked"] = {**session["_passkeys_parked"], "due": "fingerprint"}
    session.save()

    assert parked.get("/home/")["Location"] == "/accounts/login/?next=/home/"


# To whom it does not apply


def test_g5_a_passkey_owes_nothing(guarded, registered):
    guarded({"everybody": {"passkey": "required", "password": "second-step"}})

    assert registered.login().status_code == 200

    assert seen(registered.client)["user"]


def test_before_the_date_people_go_on(guarded, user):
    guarded({"everybody": {"passkey": "required", "password": "refused", "from": LATER}})

    assert log_in(user)[1]["Location"] == "/home/"


def test_single_sign_on_owes_no_second_step(guarded, settings, user):
    settings.PASSKEY_LOGIN_METHOD = f"{__name__}.by_single_sign_on"
    guarded(SECOND_STEP)
    give_passkey(user)

    assert log_in(user)[1]["Location"] == "/home/"


def by_single_sign_on(request, user):
    return "other"


def test_staff_who_act_as_another_owe_nothing_for_them(guarded, user):
    """django-hijack and django-loginas open a session for somebody who owes something."""
    guarded(SECOND_STEP)
    give_passkey(user)
    for mark in ({"hijack_history": ["1"]}, {"loginas_from_user": TimestampSigner().sign("1")}):
        client = signed_in_before(user)
        session = client.session
        session.update(mark)
        session.save()

        assert seen(client)["user"] == user.get_username()


def test_g5_a_login_over_an_existing_session_is_no_impersonation(guarded, user, other_user):
    """The record of the first user stays in the session, and excuses nothing."""
    guarded(SECOND_STEP)
    give_passkey(other_user)
    client, _response = log_in(user)
    session = client.session
    session["_auth_user_id"] = str(other_user.pk)
    session["_auth_user_hash"] = other_user.get_session_auth_hash()
    session.save()

    assert client.get("/home/")["Location"] == STEP_PAGE


def broken(user):
    raise LookupError("the directory is down")


def test_g5_while_the_policy_function_fails_a_password_lets_nobody_in(guarded, user):
    guarded(f"{__name__}.broken")

    client, response = log_in(user)

    assert response["Location"] == REQUIRED_PAGE
    assert b"You need a link" in client.get(REQUIRED_PAGE).content
    assert seen(client) == {}


# What it costs, and what it leaves alone


def statements(visit):
    with CaptureQueriesContext(connection) as queries:
        visit()
    return len(queries)


NOT_FOR_THEM = {
    "no policy": None,
    "others": {"staff": {"passkey": "required"}},
    "nothing demanded": {"everybody": {}},
    "to come": {"everybody": {"passkey": "required", "from": LATER}},
}
FOR_THEM = {"has what is required": REQUIRED, "a group": {"group:Finance": {}}}


@pytest.mark.parametrize("policy", NOT_FOR_THEM.values(), ids=NOT_FOR_THEM)
@pytest.mark.usefixtures("user")
def test_a_login_to_which_nothing_applies_costs_no_more(guarded, settings, policy):
    user = get_user_model().objects.get()
    before = statements(lambda: log_in(user))
    guarded(policy)

    assert statements(lambda: log_in(user)) == before


@pytest.mark.parametrize("policy", FOR_THEM.values(), ids=FOR_THEM)
@pytest.mark.parametrize("url", ["/own-login/", "/accounts/login/"])
def test_a_login_to_which_something_applies_costs_one_statement_more(
    guarded, settings, with_backend, user, policy, url
):
    settings.ROOT_URLCONF = "tests.policy.urls"
    give_passkey(user)
    before = statements(lambda: log_in(user, url=url))
    guarded(policy)

    assert statements(lambda: log_in(user, url=url)) == before + 1


@pytest.mark.parametrize("policy", (NOT_FOR_THEM | FOR_THEM).values(), ids=NOT_FOR_THEM | FOR_THEM)
@pytest.mark.parametrize("url", ["/home/", "/"])
def test_a_request_with_nothing_due_costs_no_statement(guarded, settings, user, policy, url):
    settings.ROOT_URLCONF = "tests.policy.urls"
    give_passkey(user)
    client, _response = log_in(user)
    before = statements(lambda: client.get(url))
    guarded(policy)
    client = log_in(user)[0]

    assert statements(lambda: client.get(url)) == before


def test_a_request_of_a_passkeys_session_costs_no_statement_even_the_first_time(guarded, settings, registered):
    settings.ROOT_URLCONF = "tests.policy.urls"
    registered.login()
    before = statements(lambda: registered.client.get("/home/"))
    guarded(SECOND_STEP)
    fresh = Client()
    fresh.cookies = registered.client.cookies

    assert statements(lambda: fresh.get("/home/")) == before


def test_visitors_without_a_session_cost_nothing_and_get_the_same_page_as_everybody(guarded):
    guarded(REFUSED)

    with CaptureQueriesContext(connection) as queries:
        response = Client().get("/")

    assert len(queries) == 0
    assert "Cookie" not in response.get("Vary", "")


def test_a_login_of_the_sites_own_still_counts_as_fresh(guarded, user):
    """The gate must not look as if the view had read `request.user` before it called `login()`."""
    guarded({"staff": {"passkey": "required"}})
    client = signed_in_before(user)

    log_in(user, client)

    assert client.session["_passkeys_authentication"]["method"] == "password"


def test_the_parked_session_holds_no_secret_of_ours(parked):
    text = pickle.dumps(dict(parked.session))

    assert PASSWORD.encode() not in text
