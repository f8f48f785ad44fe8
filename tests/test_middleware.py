"""The middleware that ends sessions whose passkey was removed."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from passkeys_django.models import Passkey
from tests.conftest import make_passkey

pytestmark = pytest.mark.django_db
MIDDLEWARE = "passkeys_django.middleware.RemovedPasskeyMiddleware"
PAGE = "/passkeys/"


@pytest.fixture
def guarded(settings):
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, MIDDLEWARE]


@pytest.fixture
def by_passkey(registered):
    """A client that a passkey signed in."""
    assert registered.login().status_code == 200
    return registered.client


def statements(client):
    fresh = Client()  # the other has its middleware already
    fresh.cookies = client.cookies
    client.get(PAGE)  # the first one in a session is noted in the session
    with CaptureQueriesContext(connection) as queries:
        assert fresh.get(PAGE).status_code == 200
    return len(queries)


def test_l3_a_session_ends_with_its_passkey(guarded, by_passkey, user):
    make_passkey(user)
    assert by_passkey.get(PAGE).status_code == 200

    Passkey.objects.exclude(name="Laptop").delete()

    assert by_passkey.get(PAGE)["Location"] == "/accounts/login/?next=/passkeys/"
    assert "_auth_user_id" not in by_passkey.session


def test_l3_the_session_in_which_its_user_removes_the_passkey_goes_on_and_no_copy_of_it(guarded, by_passkey, user):
    make_passkey(user)
    copy = a_copy_of(by_passkey)
    passkey = Passkey.objects.exclude(name="Laptop").get()

    assert by_passkey.post(f"{PAGE}{passkey.pk}/remove/")["Location"] == PAGE

    assert by_passkey.get(PAGE).status_code == 200
    assert copy.get(PAGE)["Location"] == "/accounts/login/?next=/passkeys/"


def a_copy_of(client):
    """A copy of the browser's cookies, from before."""
    copy = Client()
    copy.cookies.load({name: morsel.value for name, morsel in client.cookies.items()})
    return copy


def test_l3_another_session_of_the_removed_passkey_ends(guarded, registered, by_passkey, user):
    make_passkey(user)
    other = registered.other_browser()
    assert other.login().status_code == 200
    passkey = Passkey.objects.exclude(name="Laptop").get()

    by_passkey.post(f"{PAGE}{passkey.pk}/remove/")

    assert other.client.get(PAGE)["Location"] == "/accounts/login/?next=/passkeys/"


def test_without_it_the_session_goes_on(by_passkey):
    Passkey.objects.all().delete()

    assert by_passkey.get(PAGE).status_code == 200


def test_a_session_that_a_password_opened_goes_on(guarded, signed_in, user):
    make_passkey(user).delete()

    assert signed_in.client.get(PAGE).status_code == 200


def test_a_session_that_the_password_confirmed_since_goes_on(guarded, by_passkey):
    by_passkey.post("/passkeys/confirm/", {"password": "correct horse battery staple"})
    Passkey.objects.all().delete()

    assert by_passkey.get(PAGE).status_code == 200


def test_l3_it_costs_one_statement_where_somebody_is_signed_in(by_passkey, signed_in, user, settings):
    before = statements(by_passkey)
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, MIDDLEWARE]

    assert statements(by_passkey) == before + 1
    by_password = signed_in.sign_in(user).client
    assert statements(by_password) == before + 1


def test_visitors_without_a_session_cost_nothing_and_get_the_same_page_as_everybody(guarded):
    with CaptureQueriesContext(connection) as queries:
        response = Client().post("/passkeys/start-login", content_type="application/json")

    assert response.status_code == 200
    assert len(queries) == 0
    assert "Cookie" not in response.get("Vary", "")


def test_a_session_of_nobody_goes_on(guarded, client):
    session = client.session
    session["basket"] = ["tea"]
    session.save()
    client.cookies["sessionid"] = session.session_key

    assert client.get("/accounts/login/").status_code == 200
    assert client.session["basket"] == ["tea"]
