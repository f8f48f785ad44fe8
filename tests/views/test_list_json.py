"""`GET passkeys/` for scripts: the passkeys of the person who is signed in."""

from uuid import UUID

import pytest
from django.test import Client

from tests.conftest import Browser, make_passkey, refusal

pytestmark = pytest.mark.django_db
GOOGLE = UUID("ea9b8d66-4d01-1d21-3ce4-b6b48cb575d4")
AS_JSON = {"Accept": "application/json"}


def listed(client):
    response = client.get("/passkeys/", headers=AS_JSON)
    assert response.status_code == 200, response.content
    assert response["Content-Type"] == "application/json"
    return response.json()["passkeys"]


def test_a_script_reads_the_persons_passkeys_the_oldest_first_and_nobody_elses(signed_in, user, other_user):
    ours = [make_passkey(user, name=name, aaguid=GOOGLE) for name in ("Laptop", "Phone")]
    make_passkey(other_user)

    assert listed(signed_in.client) == [passkey.to_json() for passkey in ours]
    assert {passkey["manager"] for passkey in listed(signed_in.client)} == {"Google Password Manager"}


def test_somebody_without_passkeys_has_an_empty_list(signed_in):
    assert listed(signed_in.client) == []


def test_every_login_and_confirmation_is_counted(registered):
    registered.login()
    registered.login(start={"purpose": "confirm"})

    [passkey] = listed(registered.client)

    assert (passkey["use_count"], passkey["kind"]) == (2, "passkey")


def test_nobody_is_sent_to_a_login_page_that_wants_json(client, settings):
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, "django.contrib.auth.middleware.LoginRequiredMiddleware"]

    assert refusal(client.get("/passkeys/", headers=AS_JSON)) == (401, "not_authenticated")


def test_people_are_sent_there_as_before(client, settings):
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, "django.contrib.auth.middleware.LoginRequiredMiddleware"]

    assert client.get("/passkeys/").url == "/accounts/login/?next=/passkeys/"


@pytest.mark.parametrize("count", [0, 1, 20])
def test_it_takes_three_statements_however_many_there_are(signed_in, user, django_assert_num_queries, count):
    for _ in range(count):
        make_passkey(user)

    with django_assert_num_queries(3):  # the session, its user, the passkeys
        assert len(listed(signed_in.client)) == count


def test_no_cache_keeps_it_or_takes_it_for_the_page(signed_in):
    for headers in (AS_JSON, {}):
        response = signed_in.client.get("/passkeys/", headers=headers)

        assert "no-store" in response["Cache-Control"]
        assert "Accept" in response["Vary"]


def test_a_browser_gets_the_page(signed_in):
    accept = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
    assert "html" in signed_in.client.get("/passkeys/", headers={"Accept": accept})["Content-Type"]


def test_another_persons_session_sees_only_its_own(user, other_user):
    make_passkey(user)

    assert listed(Browser(Client()).sign_in(other_user).client) == []
