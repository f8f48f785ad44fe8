"""Somebody who knows the password of an account with a passkey, and nothing else, never gets into it for good."""

import pytest
from django.core import mail
from django.test import Client

from tests.conftest import PASSWORD
from tests.recovery.conftest import JSON, enrol, links_in, recover, time_passes
from tests.security.takeover.conftest import (
    DOORS,
    EVES,
    address_of,
    ask_for_link,
    assert_owner_gets_in,
    assert_unharmed,
    change_address,
    enter,
    guard,
    request_reset,
    try_all_doors,
)

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("door", DOORS)
def test_g1_a_password_binds_and_removes_nothing_through_any_door(site, user, door):
    try_all_doors(enter(user, door=door))

    assert_unharmed(user)
    assert_owner_gets_in(site, user)


def test_g4_a_password_makes_no_link_that_the_thief_gets(site, user):
    own = address_of(user)
    thief = enter(user)

    for _times in range(3):
        ask_for_link(thief)
    recover(user.get_username(), "aaaa-aaaa-aaaa-aaaa", PASSWORD, client=thief)
    try_all_doors(thief)

    assert {address for message in mail.outbox for address in message.to} <= {own}
    assert_unharmed(user)


def test_g4_a_password_and_a_changed_address_get_no_link(site, user):
    """The address is changed in the site's own view, which asks for nothing but the session."""
    thief = enter(user)
    change_address(thief)
    ask_for_link(thief)
    try_all_doors(thief)

    assert links_in(mail.outbox, to=EVES) == []
    assert_unharmed(user)
    time_passes(hours=30)
    ask_for_link(thief)
    assert links_in(mail.outbox, to=EVES) == []
    assert_owner_gets_in(site, user)


def test_g4_a_password_a_changed_address_and_a_password_reset_get_no_link(site, user, settings):
    """The reset goes to the thief's new mailbox: it proves no more than the password did."""
    settings.PASSKEY_RECOVERY_BY_EMAIL = True
    change_address(enter(user))
    user.refresh_from_db()
    thief = request_reset(user)

    try_all_doors(thief, "the thief's own word")
    for client in (thief, enter(user, password="the thief's own word"), Client()):
        ask_for_link(client, username=user.get_username())
    try_all_doors(thief, "the thief's own word")

    assert links_in(mail.outbox, to=EVES) == []
    assert_unharmed(user)
    assert_owner_gets_in(site, user)


def test_g4_the_owner_can_stop_whatever_a_password_has_begun(site, user):
    """The one link that a password can cause goes to the owner, works a day later, and ends with the passkey."""
    own = address_of(user)
    thief = enter(user)
    change_address(thief)
    asked = ask_for_link(thief)
    assert_owner_gets_in(site, user)

    time_passes(hours=25)
    links = links_in(mail.outbox, to=own)
    assert bool(links) == (asked.status_code == 202)
    for secret in links:
        assert enrol(secret)[1].json()["code"] == "enrolment_invalid"
    assert_unharmed(user)


def test_g5_codes_and_links_made_before_the_first_passkey_end_with_it(db, settings, user, browser):
    """The thief was there first, when a password was all that the account had."""
    guard(settings, None)
    thief = enter(user)
    codes = thief.post("/passkeys/recovery-codes/", **JSON)
    thief.post("/passkeys/add-device/")
    assert codes.status_code == 201
    made = codes.json()["codes"]

    browser.sign_in(user)
    assert browser.register().status_code == 201

    assert {recover(user.get_username(), code).json()["code"] for code in made} == {"recovery_failed"}
    assert_unharmed(user)
