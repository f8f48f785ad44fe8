"""Somebody who reads the e-mails of a person, and has nothing else: a mailbox and a password are one factor."""

import pytest
from django.core import mail
from django.test import Client

from tests.recovery.conftest import CANCEL, enrol, links_in, time_passes
from tests.security.takeover.conftest import (
    address_of,
    ask_for_link,
    assert_owner_gets_in,
    assert_unharmed,
    change_address,
    request_reset,
    try_all_doors,
)

pytestmark = pytest.mark.django_db


def test_g4_a_password_reset_opens_no_door(site, user):
    thief = request_reset(user)

    try_all_doors(thief, "the thief's own word")

    assert_unharmed(user)
    assert_owner_gets_in(site, user)


@pytest.mark.parametrize("hours", [0, 12, 23])
def test_g4_no_link_works_within_the_delay(site, user, settings, hours):
    settings.PASSKEY_RECOVERY_BY_EMAIL = True
    ask_for_link(Client(), username=user.get_username())
    ask_for_link(request_reset(user))
    secrets = links_in(mail.outbox, to=address_of(user))
    assert secrets

    time_passes(hours=hours)

    for secret in secrets:
        assert enrol(secret)[1].json()["code"] in ("enrolment_not_yet", "enrolment_invalid")
    assert_unharmed(user)
    assert_owner_gets_in(site, user)


def test_g4_a_link_that_the_owner_saw_in_time_is_worth_nothing(site, user, settings):
    """The owner only signs in as every day: that ends it. No button needs to be found."""
    settings.PASSKEY_RECOVERY_BY_EMAIL = True
    ask_for_link(Client(), username=user.get_username())
    [secret] = links_in(mail.outbox)
    assert_owner_gets_in(site, user)

    time_passes(hours=25)

    assert enrol(secret)[1].json()["code"] == "enrolment_invalid"
    assert_unharmed(user)


def test_g4_whoever_cancels_gets_no_further(site, user, settings):
    """The thief may press the buttons in the owner's e-mails: that ends links, and opens nothing."""
    settings.PASSKEY_RECOVERY_BY_EMAIL = True
    ask_for_link(Client(), username=user.get_username())
    [link] = {path for message in mail.outbox for path in CANCEL.findall(message.body)}
    thief = Client()
    assert thief.post(link).status_code == 302

    try_all_doors(thief)

    assert_unharmed(user)
    assert_owner_gets_in(site, user)


def test_g4_after_the_delay_the_owner_keeps_every_passkey_for_three_days(site, user, settings):
    """The worst case: nobody looked. The thief has a passkey, and the owner can still put the thief out."""
    settings.PASSKEY_RECOVERY_BY_EMAIL = True
    ask_for_link(Client(), username=user.get_username())
    [secret] = links_in(mail.outbox)
    time_passes(hours=25)
    thief, response = enrol(secret)
    assert response.status_code == 201, response.content
    change_address(thief.client, "eve@evil.example")
    [own] = [passkey for passkey in user.passkeys.all() if passkey.pk != user.passkeys.latest("created_at").pk]

    thief.client.post(f"/passkeys/{own.pk}/remove/")
    thief.confirm()
    thief.client.post(f"/passkeys/{own.pk}/remove/")
    thief.client.post("/passkeys/recovery-codes/")

    assert_unharmed(user, passkeys=2)
    assert_owner_gets_in(site, user)
    eves = user.passkeys.exclude(pk=own.pk).get()
    site.client.post(f"/passkeys/{eves.pk}/remove/")
    assert_unharmed(user, passkeys=1)
    assert thief.client.get("/home/").status_code == 302
