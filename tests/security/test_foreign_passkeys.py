"""L6: a passkey of somebody else's is as good as none, however it is asked for."""

import json
import uuid

import pytest
from django.test import Client

from passkeys_django.models import Passkey, PasskeyEvent
from tests.conftest import Browser, make_passkey

pytestmark = pytest.mark.django_db
FORM, JSON = "application/x-www-form-urlencoded", "application/json"
PAGE = "text/html,application/xhtml+xml,*/*;q=0.8"
actions = pytest.mark.parametrize("action", ["rename", "remove"])
accepts = pytest.mark.parametrize("accept", [PAGE, JSON], ids=["page", "JSON"])


@pytest.fixture
def theirs(other_user):
    return make_passkey(other_user, name="The passkey of Grace")


def ask(client, method, passkey_id, action, accept, content_type):
    body = json.dumps({"name": "Mine"}) if content_type == JSON else "name=Mine"
    return client.generic(
        method, f"/passkeys/{passkey_id}/{action}/", body, content_type=content_type, headers={"Accept": accept}
    )


@accepts
@actions
@pytest.mark.parametrize("content_type", [FORM, JSON], ids=["form", "JSON body"])
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
def test_l6_somebody_elses_passkey_is_not_found(signed_in, theirs, method, action, accept, content_type):
    """The same answer as for one that there is not, so that nobody learns which ids there are."""
    response = ask(signed_in.client, method, theirs.pk, action, accept, content_type)
    nobodys = ask(signed_in.client, method, uuid.uuid4(), action, accept, content_type)

    expected = 302 if action == "rename" and method != "POST" else 404
    assert (response.status_code, nobodys.status_code) == (expected, expected)
    assert response.headers == nobodys.headers
    assert response.content == nobodys.content
    assert b"Grace" not in response.content
    assert Passkey.objects.get().name == "The passkey of Grace"
    assert not PasskeyEvent.objects.exists()


@accepts
@actions
def test_l6_an_old_login_learns_no_more(signed_in, theirs, settings, action, accept):
    settings.PASSKEY_REAUTHENTICATION_AGE = 0

    assert ask(signed_in.client, "POST", theirs.pk, action, accept, FORM).status_code == 404


@accepts
@actions
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_l6_a_visitor_learns_nothing(theirs, method, action, accept):
    answers = [ask(Client(), method, passkey_id, action, accept, FORM) for passkey_id in (theirs.pk, uuid.uuid4())]

    assert answers[0].status_code == answers[1].status_code in (302, 401, 405)
    assert answers[0].content == answers[1].content
    location = answers[0].get("Location", "").replace(str(theirs.pk), "id")
    assert "Grace" not in location


@actions
def test_l6_the_superuser_has_the_admin_for_that(superuser, theirs, action):
    assert ask(superuser, "POST", theirs.pk, action, PAGE, FORM).status_code == 404


@pytest.mark.parametrize("members", [{"user": 1}, {"user_id": 1}, {"id": "x"}, {"passkey_id": "x"}, {"pk": "x"}])
def test_l6_a_body_names_no_other_passkey(signed_in, user, theirs, members):
    """What is renamed is what the address says, whatever else is sent."""
    mine = make_passkey(user)
    body = {name: str(theirs.pk) for name in members} | {"name": "Mine"}

    response = signed_in.client.post(f"/passkeys/{mine.pk}/rename/", body, headers={"Accept": JSON})

    assert response.json()["id"] == str(mine.pk)
    theirs.refresh_from_db()
    assert theirs.name == "The passkey of Grace"


def test_l6_a_confirmation_names_ones_own_passkeys_only(signed_in, user, theirs):
    mine = make_passkey(user)

    options = signed_in.request_options({"purpose": "confirm"})["publicKey"]

    assert [descriptor["id"] for descriptor in options["allowCredentials"]] == [mine.credential_id]


def test_l6_a_registration_excludes_ones_own_passkeys_only(user, theirs):
    mine = make_passkey(user)

    options = Browser().sign_in(user).creation_options()["publicKey"]

    assert [descriptor["id"] for descriptor in options["excludeCredentials"]] == [mine.credential_id]
