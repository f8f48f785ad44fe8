"""The card of a passkey that the policy will require: who sees it, until when, and its date."""

import re

import pytest
from django.http import HttpResponse
from django.template import RequestContext, Template
from django.urls import include, path

from passkeys_django.models import PasskeyEvent
from tests.conftest import Browser, make_passkey, make_user
from tests.policy.conftest import later, signed_in_before

SOURCE = "{% load passkeys %}<h1>Home</h1>{% passkey_offer %}"
urlpatterns = [
    path("passkeys/", include("passkeys_django.urls")),
    path("accounts/", include("django.contrib.auth.urls")),
    path("home/", lambda request: HttpResponse(Template(SOURCE).render(RequestContext(request)))),
]
pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]
TITLE = "From Jan. 1, 2999 on, you need a passkey"
DATE = {"from": "2999-01-01"}
POLICIES = {
    "required": {"everybody": {"passkey": "required"} | DATE},
    "refused": {"everybody": {"password": "refused"} | DATE},
    "second step too": {"everybody": {"passkey": "required", "password": "second-step"} | DATE},
    "a function": f"{__name__}.by_function",
}


def by_function(user):
    return {"passkey": "required"} | DATE


def page_of(client):
    response = client.get("/home/")
    assert response.status_code == 200
    return response.content.decode()


@pytest.fixture
def announced(settings, user):
    settings.PASSKEY_POLICY = POLICIES["required"]
    return Browser().sign_in(user).client


@pytest.mark.parametrize("policy", POLICIES.values(), ids=POLICIES)
def test_the_card_names_the_date(settings, signed_in, policy):
    settings.PASSKEY_POLICY = policy

    page = page_of(signed_in.client)

    assert TITLE in page
    assert "data-passkey-register" in page
    assert re.search(r'href="/passkeys/add-device/"[^>]*>Add another device<', page)


def test_sessions_of_any_age_see_it(announced, user):
    """The script leads over "Confirm it's you"."""
    with later(3600):
        assert TITLE in page_of(announced)
    assert TITLE in page_of(signed_in_before(user))


def test_an_older_not_now_does_not_hide_the_date(settings, signed_in):
    client = signed_in.client
    client.post("/passkeys/not-now", {"next": "/home/"})
    assert "data-passkey-offer" not in page_of(client)

    settings.PASSKEY_POLICY = POLICIES["required"]

    assert TITLE in page_of(client)


def test_not_now_puts_it_off_for_a_day_at_most(announced, settings):
    response = announced.post("/passkeys/not-now", {"next": "/home/"})

    assert response["Location"] == "/home/"
    assert response.cookies["passkeys_not_now"]["max-age"] == 86_400
    assert "data-passkey-offer" not in page_of(announced)
    settings.PASSKEY_NOT_NOW_AGE = 60
    assert announced.post("/passkeys/not-now").cookies["passkeys_not_now"]["max-age"] == 60


def test_not_now_is_one_persons(announced, other_user):
    announced.post("/passkeys/not-now")
    other = Browser().sign_in(other_user).client
    other.cookies["passkeys_not_now"] = announced.cookies["passkeys_not_now"].value

    assert TITLE in page_of(other)


@pytest.mark.parametrize("policy", [POLICIES["required"], POLICIES["refused"]])
def test_who_has_what_will_be_required_sees_nothing(settings, signed_in, user, policy):
    settings.PASSKEY_POLICY = policy
    make_passkey(user, discoverable=True, user_verified=True)

    assert "data-passkey-offer" not in page_of(signed_in.client)


def test_a_passkey_that_may_not_sign_in_alone_is_not_enough_where_passwords_will_be_refused(
    settings, signed_in, user
):
    settings.PASSKEY_POLICY = POLICIES["refused"]
    make_passkey(user, discoverable=None, user_verified=True)

    assert TITLE in page_of(signed_in.client)


def test_to_whom_nothing_will_apply_the_usual_offer_is_made(settings, signed_in):
    settings.PASSKEY_POLICY = {"staff": {"passkey": "required"} | DATE}

    page = page_of(signed_in.client)

    assert "Create a passkey?</h2>" in page
    assert "add-device" not in page


def test_who_acts_as_another_is_not_told(settings, announced):
    session = announced.session
    session["hijack_history"] = [str(make_user("root").pk)]
    session.save()

    assert "data-passkey-offer" not in page_of(announced)


def test_it_costs_one_statement(announced, django_assert_num_queries):
    page_of(announced)  # the first offer in a session is written to the history
    with django_assert_num_queries(3):  # session, user, facts
        page_of(announced)


def test_it_is_an_offer_in_the_history(announced, user):
    for _ in range(2):
        page_of(announced)

    event = PasskeyEvent.objects.get(kind="offered")
    assert (event.code, event.user) == ("due", user)


def test_a_policy_without_a_date_to_come_costs_nothing_more(settings, signed_in, django_assert_num_queries):
    settings.PASSKEY_POLICY = {"group:Finance": {"passkey": "required"}}
    page_of(signed_in.client)

    with django_assert_num_queries(3):  # session, user, passkeys
        page_of(signed_in.client)


@pytest.mark.parametrize("fresh", [True, False])
def test_a_browser_may_create_it_by_itself_only_after_a_fresh_password(announced, settings, fresh):
    settings.PASSKEY_CONDITIONAL_CREATE = True

    with later(0 if fresh else 3600):
        assert ('"conditionalCreate": true' in page_of(announced)) == fresh
