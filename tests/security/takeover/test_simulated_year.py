"""G4, G5: a year in a town. All lose devices, nobody is locked out for good, no thief gets in in time.

TEST_TOWN says how many people there are. 300 cost 17 s of processor time: 259 recoveries and 600 attacks.
"""

import os
import random
import time
from collections import Counter
from datetime import timedelta

import pytest
from django.contrib.auth import authenticate
from django.core import mail
from django.utils import timezone

from passkeys_django import enrolment, recovery
from passkeys_django.exceptions import PasskeyError, RecoveredRecently
from passkeys_django.models import Passkey, RecoveryCode
from passkeys_django.policy import registrant
from passkeys_django.policy.census import take_census
from tests.conftest import PASSWORD
from tests.policy.conftest import BACKENDS
from tests.recovery.conftest import make_person
from tests.security.takeover.year import (
    Clock,
    Person,
    asked_by_email,
    new_sheet,
    put_away,
    recover,
    request_of,
    settle,
)

pytestmark = pytest.mark.django_db
PEOPLE, MONTHS, VICTIMS = int(os.environ.get("TEST_TOWN", "300")), 12, 10


@pytest.fixture
def clock(monkeypatch):
    return Clock(monkeypatch)


@pytest.fixture(autouse=True)
def _town(settings, clock, monkeypatch):
    """Passkeys are required, and passwords refused, from the fourth month on."""
    monkeypatch.setattr("django.db.transaction.on_commit", lambda work, using=None: work())
    since = (clock.now() + timedelta(days=90)).isoformat()
    settings.PASSKEY_POLICY = {"everybody": {"passkey": "required", "password": "refused", "from": since}}
    settings.AUTHENTICATION_BACKENDS = BACKENDS
    settings.PASSKEY_RECOVERY_BY_EMAIL = True
    settings.PASSKEY_NOTIFICATIONS = False


def succeeds(action, *args, **kwargs):
    """Does it go through, for the thief?"""
    try:
        return bool(action(*args, **kwargs))
    except PasskeyError:
        return False


def binds_something(request):
    """What a session is good for: a passkey, codes."""
    return succeeds(registrant, request) or succeeds(recovery.make_codes, request)


def by_password(victim, clock):
    """The thief signs in where that is possible, and asks for a link, which only the owner gets."""
    found = authenticate(request_of(), username=victim.name, password=PASSWORD)
    mail.outbox.clear()
    asked = succeeds(recovery.mail_link_to_proven, request_of(victim, methods=("password",)), victim.user)
    assert {address for message in mail.outbox for address in message.to} <= {victim.user.email}
    assert asked or not mail.outbox
    guessed = succeeds(recovery.recover_by_code, request_of(), name=victim.name, code="0" * 16, password=PASSWORD)
    return guessed or (found is not None and binds_something(request_of(victim, methods=("password",))))


def by_mailbox(victim, clock):
    """The link does not work for a day, in which the owner signs in as every day."""
    secret = asked_by_email(victim)
    early = []
    for hours in (0, 12, 11):
        clock.wait(hours=hours)
        early.append(secret is not None and succeeds(enrolment.find, secret))
    victim.session()
    clock.wait(hours=2)
    return any(early) or (secret is not None and succeeds(enrolment.find, secret))


def by_reset_password(victim, clock):
    """The same mailbox, and Django's password reset: a new password, which the owner replaces later."""
    victim.user.set_password("the thief's own word")
    victim.user.save()
    found = authenticate(request_of(), username=victim.name, password="the thief's own word")
    got_in = found is not None and binds_something(request_of(victim, methods=("password",)))
    victim.user.set_password(PASSWORD)
    victim.user.save()
    return got_in


def by_session(victim, clock):
    """An hour old and strong; or just opened, and weak."""
    strong = request_of(victim, age=3600, passkey=victim.devices[0])
    return binds_something(strong) or binds_something(request_of(victim, methods=("password",)))


def by_code(victim, clock):
    return any(
        succeeds(recovery.recover_by_code, request_of(), name=victim.name, code=code, password=word)
        for code in victim.codes
        for word in ("", "a guess")
    )


THIEVES = [by_password, by_mailbox, by_reset_password, by_session, by_code]


def live_a_month(people, clock, boss, ways):
    """Everybody loses what they lose, and goes on. People without a passkey begin when they must."""
    for person in people:
        never_had_one, lost = not person.devices, person.loses_some()
        if lost or (never_had_one and needs_one_now(person)):
            with clock.one_person():
                ways[begin(person, clock, boss) if never_had_one else recover(person, clock, boss)] += 1
                clean_up(person, lost)


def clean_up(person, lost):
    """Remove what is lost, and make new codes: not within three days after a recovery by e-mail."""
    try:
        put_away(person, lost)
        if not person.codes and person.chance.random() < 0.3:
            new_sheet(person)
    except RecoveredRecently:
        assert person.devices


def needs_one_now(person):
    return (
        person.chance.random() < 0.3 or authenticate(request_of(), username=person.name, password=PASSWORD) is None
    )


def begin(person, clock, boss):
    """The first passkey: with the password while it is good for that, later as somebody who has lost all."""
    if authenticate(request_of(), username=person.name, password=PASSWORD) is None:
        return recover(person, clock, boss)
    registrant(request_of(person, methods=("password",)))
    person.store()
    return "password"


def test_g4_g5_a_simulated_year(db, clock, record_property):
    """Each month one device in twenty is lost, and each thief tries ten people."""
    chance, began = random.Random(15), time.perf_counter()
    people = settle(PEOPLE, chance)
    boss = Person(make_person("boss", is_staff=True, is_superuser=True), chance=chance)
    boss.store()
    ways, attacks = Counter(), Counter()

    for _month in range(MONTHS):
        start = clock.offset
        live_a_month(people, clock, boss, ways)
        clock.offset = start + timedelta(days=15)
        for thief in THIEVES:
            for victim in chance.sample([person for person in people if person.devices], VICTIMS):
                rows = Passkey.objects.of(victim.user).count()
                with clock.one_person():
                    assert not thief(victim, clock), (thief.__name__, victim.name)
                assert Passkey.objects.of(victim.user).count() == rows
                attacks[thief.__name__] += 1
        clock.offset = start + timedelta(days=30)

    waiting = [person for person in people if not person.devices]
    for person in waiting:
        ways[begin(person, clock, boss)] += 1
    record_property("year", f"{dict(ways)} {dict(attacks)} {time.perf_counter() - began:.0f} s")
    print(dict(ways), dict(attacks), f"{time.perf_counter() - began:.0f} s")
    assert {"device", "code", "e-mail", "staff", "password"} <= set(ways)
    assert all_get_in(people)


def all_get_in(people):
    """Each holds a device whose passkey is still there, and the package's own count agrees."""
    stored = set(Passkey.objects.on_primary().usable(certainly=True).values_list("pk", flat=True))
    assert [person.name for person in people if not any(device.pk in stored for device in person.devices)] == []
    [tally] = [each for each in take_census(passwords=True) if each.people]
    assert RecoveryCode.objects.exists()
    assert timezone.now() > tally.entry.since if tally.entry.since else True
    return (tally.locked_out, tally.people - tally.equipped) == (1, 1)  # the one who was settled first
