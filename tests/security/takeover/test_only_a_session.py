"""Somebody who has stolen the cookie of a session, and neither the passkey nor the password."""

import pytest
from django.core import mail
from django.test import Client

from tests.conftest import credentials_of
from tests.policy.conftest import REFUSED, SECOND_STEP, is_parked
from tests.recovery.conftest import grow_old, links_in
from tests.security.takeover.conftest import (
    EVES,
    ask_for_link,
    assert_owner_gets_in,
    assert_unharmed,
    change_address,
    guard,
    guard_by_middleware,
    try_all_doors,
)

pytestmark = pytest.mark.django_db
HOUR = 3600


def stolen(client):
    """Another browser with the same session cookie."""
    thief = Client()
    thief.cookies["sessionid"] = client.cookies["sessionid"].value
    return thief


def test_g1_a_session_of_a_passkey_that_is_an_hour_old(site, user):
    assert_owner_gets_in(site, user)
    grow_old(site.client, HOUR)

    thief = stolen(site.client)
    change_address(thief)
    ask_for_link(thief)
    try_all_doors(thief, "a guess")

    assert links_in(mail.outbox) == []
    assert_unharmed(user)


@pytest.mark.parametrize("age", [0, HOUR])
def test_g1_a_session_of_a_password(owner, user, settings, age):
    """Under a policy such a session is parked; without one, it is fresh and still too weak."""
    guard(settings, None)
    owner = owner.other_browser()
    owner.client.post("/accounts/login/", credentials_of(user))
    assert owner.user_id == str(user.pk)
    grow_old(owner.client, age)

    thief = stolen(owner.client)
    change_address(thief)
    ask_for_link(thief)
    try_all_doors(thief, "a guess")

    assert links_in(mail.outbox, to=EVES) == []
    assert_unharmed(user)


@pytest.mark.parametrize("policy", [SECOND_STEP, REFUSED], ids=["second-step", "refused"])
def test_g5_a_parked_session_that_is_stolen_is_nobodys(owner, user, settings, policy):
    guard_by_middleware(settings, policy)
    owner = owner.other_browser()
    owner.client.post("/own-login/", credentials_of(user))
    assert is_parked(owner.client)

    thief = stolen(owner.client)
    change_address(thief)
    ask_for_link(thief)
    try_all_doors(thief, "a guess")

    user.refresh_from_db()
    assert links_in(mail.outbox, to=EVES) == []
    assert_unharmed(user)
    assert_owner_gets_in(owner, user)


def test_g1_a_session_from_before_this_part_is_weak(site, user):
    """Its record has neither methods nor strength: a passkey is named in it, and no user verification."""
    assert_owner_gets_in(site, user)
    session = site.client.session
    kept = ("user", "at", "passkey", "method")
    record = session["_passkeys_authentication"]
    session["_passkeys_authentication"] = {name: record[name] for name in kept}
    session.save()

    try_all_doors(stolen(site.client), "a guess")

    assert_unharmed(user)


@pytest.mark.parametrize(
    "damage",
    [
        {"methods": "passkey"},
        {"methods": [["passkey"]]},
        {"methods": [], "method": None},
        {"user_verified": 1},
        {"at": "9" * 9},
        {"at": None},
        {"user": "0"},
    ],
    ids=str,
)
def test_g1_a_record_that_no_version_writes_gives_nothing(site, user, damage):
    assert_owner_gets_in(site, user)
    grow_old(site.client, HOUR)
    session = site.client.session
    session["_passkeys_authentication"] = {**session["_passkeys_authentication"], **damage}
    session.save()

    try_all_doors(stolen(site.client), "a guess")

    assert_unharmed(user)
