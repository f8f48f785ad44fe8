"""PASSKEY_POLICY: what can be written there, what mistakes say, and which entry fits."""

import logging
from datetime import UTC, date, datetime

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.core.exceptions import ImproperlyConfigured
from django.db import connection
from django.test.utils import CaptureQueriesContext

from passkeys_django.policy import accounts_of, policy_of
from passkeys_django.policy.census import take_census
from passkeys_django.policy.entries import entries, read_entry
from tests.conftest import make_user

pytestmark = pytest.mark.django_db
MISTAKES = {
    "no dictionary": [],
    "no entries": {"staff"},
    "a number": 3,
    "an unknown name": {"managers": {}},
    "a group without a name": {"group:": {}},
    "a name that is no text": {3: {}},
    "an entry that is no dictionary": {"staff": "required"},
    "an entry that is None": {"staff": None},
    "an unknown member": {"staff": {"passkeys": "required"}},
    "an unknown passkey": {"staff": {"passkey": "yes"}},
    "an unknown password": {"staff": {"password": "second_step"}},
    "a list": {"staff": {"passkey": ["required"]}},
    "no date": {"staff": {"passkey": "required", "from": "soon"}},
    "an empty date": {"staff": {"passkey": "required", "from": ""}},
    "an impossible date": {"staff": {"passkey": "required", "from": "2027-02-30"}},
    "a number as a date": {"staff": {"passkey": "required", "from": 2027}},
    "a path to nothing": "tests.policy.nothing",
    "a path to no function": "tests.policy.conftest.MIDDLEWARE",
    "an empty path": "",
}


@pytest.mark.parametrize("policy", MISTAKES.values(), ids=MISTAKES)
def test_every_mistake_names_the_setting(settings, user, policy):
    settings.PASSKEY_POLICY = policy

    with pytest.raises(ImproperlyConfigured, match="PASSKEY_POLICY"):
        policy_of(user)


@pytest.mark.parametrize(
    ("written", "moment"),
    {
        "2027-01-01": datetime(2026, 12, 31, 23, tzinfo=UTC),
        "2027-01-01T12:00:00Z": datetime(2027, 1, 1, 12, tzinfo=UTC),
        "2027-01-01T12:00:00": datetime(2027, 1, 1, 11, tzinfo=UTC),
        date(2027, 1, 1): datetime(2026, 12, 31, 23, tzinfo=UTC),
        datetime(2027, 1, 1): datetime(2026, 12, 31, 23, tzinfo=UTC),
        None: None,
    }.items(),
    ids=str,
)
def test_a_date_begins_at_midnight_in_the_time_zone_of_the_settings(settings, written, moment):
    settings.TIME_ZONE = "Europe/Berlin"

    assert read_entry("staff", {"passkey": "required", "from": written}).since == moment


@pytest.mark.parametrize("use_tz", [True, False])
def test_what_has_begun_holds_and_what_is_to_come_does_not(settings, use_tz):
    settings.USE_TZ = use_tz
    entry = {"passkey": "required", "password": "refused"}

    begun, to_come = (read_entry("staff", entry | {"from": since}) for since in ("2020-01-01", "2999-01-01"))

    assert (begun.requires_passkey, begun.refuses_passwords) == (True, True)
    assert (to_come.requires_passkey, to_come.refuses_passwords) == (False, False)
    assert not to_come.demands_nothing


def test_a_date_does_not_put_off_the_second_step():
    assert read_entry("staff", {"password": "second-step", "from": "2999-01-01"}).asks_second_step


FIRST = {
    "superusers": {"password": "refused", "from": "2020-01-01"},
    "staff": {"password": "second-step"},
    "group:Finance": {"passkey": "required"},
    "everybody": {},
}


def test_the_first_entry_that_fits_decides(settings):
    settings.PASSKEY_POLICY = FIRST
    finance = Group.objects.create(name="Finance")
    people = {
        "superusers": make_user("root", is_staff=True, is_superuser=True),
        "staff": make_user("staff", is_staff=True),
        "group:Finance": make_user("clerk"),
        "everybody": make_user("guest"),
    }
    for name in ("staff", "group:Finance"):
        people[name].groups.add(finance)

    assert {name: policy_of(user).name for name, user in people.items()} == {name: name for name in people}


def test_without_an_entry_that_fits_nothing_is_demanded(settings, user):
    settings.PASSKEY_POLICY = {"staff": {"passkey": "required"}}

    assert policy_of(user).demands_nothing


def test_without_a_policy_nothing_is_demanded(settings, user):
    settings.PASSKEY_POLICY = None

    assert policy_of(user).demands_nothing
    assert entries() == ()


def test_only_a_group_costs_a_statement(settings, user):
    settings.PASSKEY_POLICY = {"staff": {}, "group:Finance": {}}
    staff = make_user("root", is_staff=True)

    with CaptureQueriesContext(connection) as for_staff:
        policy_of(staff)
    with CaptureQueriesContext(connection) as for_others:
        policy_of(user)

    assert (len(for_staff), len(for_others)) == (0, 1)


@pytest.mark.parametrize("name", ["Support desk", "Sales; EU", "it's", "#1", "100 %s", "a.b"])
def test_a_group_may_have_any_name(settings, user, other_user, name):
    settings.PASSKEY_POLICY = {f"group:{name}": {"passkey": "required", "password": "refused"}}
    user.groups.add(Group.objects.create(name=name))

    assert [policy_of(each).refuses_passwords for each in (user, other_user)] == [True, False]

    accounts = accounts_of(get_user_model().objects.filter(pk__in=[user.pk, other_user.pk]))
    assert {account.user: policy_of(account.user, account).refuses_passwords for account in accounts} == {
        user: True,
        other_user: False,
    }
    assert {tally.entry.name: tally.people for tally in take_census(passwords=True)}[f"group:{name}"] == 1


def staff_only(user):
    return {"passkey": "required"} if user.is_staff else {}


def wrong(user):
    return {"passkey": "perhaps"}


def broken(user):
    raise LookupError("the directory is down")


def test_a_function_decides_for_each_user(settings, user):
    settings.PASSKEY_POLICY = f"{__name__}.staff_only"

    assert policy_of(make_user("root", is_staff=True)).requires_passkey
    assert policy_of(user).demands_nothing
    assert entries() is None


@pytest.mark.parametrize("name", ["broken", "wrong"])
def test_g5_while_the_function_fails_the_strictest_rules_hold(settings, user, name, caplog):
    settings.PASSKEY_POLICY = f"{__name__}.{name}"

    entry = policy_of(user)

    assert (entry.requires_passkey, entry.refuses_passwords) == (True, True)
    assert [(record.name, record.levelno) for record in caplog.records] == [("passkeys_django", logging.ERROR)]
