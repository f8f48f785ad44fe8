"""The figures by week: counted once, kept when the history is pruned, and right for every time zone."""

import itertools
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from passkeys_django.figures import counting, figures_by_week, keeping
from passkeys_django.maintenance.pruning import prune_events
from passkeys_django.models import EventKind, PasskeyEvent, WeeklyFigures
from tests.conftest import make_passkey
from tests.models.test_models import ReplicaRouter

pytestmark = pytest.mark.django_db
WEDNESDAY = datetime(2026, 4, 1, 12, tzinfo=UTC)  # clocks went forward in Berlin on the Sunday before
WEEK = timedelta(weeks=1)


@pytest.fixture
def clock(monkeypatch, settings):
    """A function that sets the time; it is Wednesday."""

    def set_to(moment):
        monkeypatch.setattr(timezone, "now", lambda: stored(moment, settings))

    set_to(WEDNESDAY)
    return set_to


def stored(moment, settings):
    return moment if settings.USE_TZ else timezone.make_naive(moment, timezone.get_default_timezone())


def happened(user, *moments, kind=EventKind.REGISTERED):
    PasskeyEvent.objects.bulk_create(PasskeyEvent(kind=kind, user=user, at=at) for at in moments)


def registrations():
    return [sum(week.counts.get("registered", {}).values()) for week in figures_by_week().weeks]


def people():
    return [week.counts["people"]["passkey"] for week in figures_by_week().weeks]


@pytest.mark.parametrize("use_tz", [True, False])
@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin", "America/Los_Angeles", "Asia/Tokyo"])
def test_a_week_begins_on_monday_where_the_site_is(user, settings, clock, zone, use_tz):
    settings.TIME_ZONE, settings.USE_TZ = zone, use_tz
    clock(WEDNESDAY)
    monday, second = datetime(2026, 3, 30, tzinfo=ZoneInfo(zone)), timedelta(seconds=1)
    moments = (monday - WEEK, monday - second, monday, monday + second)
    happened(user, *(stored(moment, settings) for moment in moments))

    weeks = figures_by_week().weeks

    assert [week.monday for week in weeks] == [monday.date() - WEEK, monday.date()]
    assert registrations() == [2, 2]


def test_two_years_are_shown_and_nothing_before(user, clock):
    happened(user, *(WEDNESDAY - WEEK * number for number in (0, 103, 104, 500)))

    assert registrations() == [1, *[0] * 102, 1]


def test_a_week_that_is_over_stays_when_its_events_are_deleted(user, clock):
    happened(user, WEDNESDAY - WEEK)

    assert sum(prune_events(before=WEDNESDAY)) == 1

    assert not PasskeyEvent.objects.exists()
    assert registrations() == [1, 0]


def test_the_running_week_is_counted_again_after_ten_minutes(user, clock):
    assert registrations() == [0]
    happened(user, WEDNESDAY)
    clock(WEDNESDAY + timedelta(minutes=9))
    assert registrations() == [0]

    clock(WEDNESDAY + timedelta(minutes=11))

    assert registrations() == [1]


@pytest.fixture
def slow(monkeypatch):
    """Each count of all people takes six seconds."""
    ticks = itertools.count(step=6)
    monkeypatch.setattr(counting.time, "monotonic", lambda: next(ticks))


def test_a_count_that_took_long_is_good_for_longer(user, clock, slow):
    """On a site with millions of people, few visitors wait until all of them are counted."""
    assert registrations() == [0]
    happened(user, WEDNESDAY)
    clock(WEDNESDAY + timedelta(minutes=59))
    assert registrations() == [0]

    clock(WEDNESDAY + timedelta(minutes=61))

    assert registrations() == [1]


def test_a_count_that_took_long_is_repeated_when_somebody_asks(user, clock, slow):
    assert registrations() == [0]
    happened(user, WEDNESDAY)

    figures_by_week(anew=True)

    assert registrations() == [1]


def test_everything_is_read_where_it_is_written(user, clock, settings):
    settings.PASSKEY_POLICY = {"staff": {"passkey": "required"}, "group:Finance": {"passkey": "required"}}
    make_passkey(user, created_at=WEDNESDAY - WEEK)
    happened(user, WEDNESDAY)

    settings.DATABASE_ROUTERS = [ReplicaRouter()]

    assert registrations() == [0, 1]
    assert people() == [1, 1]


def test_a_week_is_counted_a_last_time_after_its_end(user, clock):
    monday = datetime(2026, 4, 6, tzinfo=timezone.get_default_timezone())
    clock(monday - timedelta(minutes=5))
    assert registrations() == [0]
    happened(user, monday - timedelta(minutes=1))

    clock(monday + timedelta(hours=2))

    assert registrations() == [1, 0]


def test_weeks_that_are_over_are_not_counted_again(user, clock):
    happened(user, *(WEDNESDAY - WEEK * number for number in range(20)))
    figures_by_week()
    clock(WEDNESDAY + timedelta(hours=1))

    with CaptureQueriesContext(connection) as queries:
        figures_by_week()

    about = [query["sql"] for query in queries if PasskeyEvent._meta.db_table in query["sql"]]
    assert sum("GROUP BY" in sql for sql in about) == 1
    assert len(about) == 2  # when the first event was, and what happened in the running week


def test_a_page_waits_for_few_weeks_and_the_next_one_goes_on(user, clock):
    make_passkey(user, created_at=WEDNESDAY - WEEK)
    happened(user, *(WEDNESDAY - WEEK * number for number in range(4)))

    shown = [figures_by_week(seconds=0) for _ in range(5)]

    assert [(len(figures.weeks), figures.left) for figures in shown] == [(1, 3), (2, 2), (3, 1), (4, 0), (4, 0)]
    assert people() == [0, 0, 1, 1]
    assert registrations() == [1, 1, 1, 1]


def test_weeks_behind_a_gap_are_shown_when_the_gap_is_closed(user, clock):
    happened(user, WEDNESDAY)
    assert registrations() == [1]
    clock(WEDNESDAY + 3 * WEEK)

    shown = [len(figures_by_week(seconds=0).weeks) for _ in range(4)]

    assert shown == [1, 2, 4, 4]
    assert registrations() == [1, 0, 0, 0]


def test_a_page_that_counts_everybody_for_longer_than_people_wait_counts_more_weeks_all_the_same(
    user, clock, monkeypatch
):
    happened(user, *(WEDNESDAY - WEEK * number for number in range(4)))
    times = itertools.count()
    monkeypatch.setattr(keeping.time, "monotonic", lambda: next(times) * 1.0)  # each look takes a second

    def count_slowly():
        for _ in range(100):
            next(times)
        return count_now()

    count_now = keeping.count_now
    monkeypatch.setattr(keeping, "count_now", count_slowly)

    assert figures_by_week(seconds=3).left == 1


def test_a_final_count_stays_when_another_process_has_deleted_the_events_meanwhile(user, clock, monkeypatch):
    happened(user, WEDNESDAY - WEEK)
    count_week = keeping.count_week

    def count_beside_a_prune(week):
        if week.begins < WEDNESDAY - timedelta(days=3):
            monkeypatch.setattr(keeping, "count_week", count_week)
            assert sum(prune_events(before=WEDNESDAY - timedelta(days=1))) == 1
        return count_week(week)

    monkeypatch.setattr(keeping, "count_week", count_beside_a_prune)

    assert registrations() == [1, 0]
    assert registrations() == [1, 0]


def test_people_who_come_after_the_last_count_are_not_taken_from_the_weeks_before(user, other_user, clock):
    make_passkey(user, created_at=WEDNESDAY - WEEK)
    happened(user, WEDNESDAY - WEEK)
    assert figures_by_week(seconds=0).left == 1  # the running week is counted
    make_passkey(other_user, created_at=WEDNESDAY + timedelta(seconds=1))
    clock(WEDNESDAY + timedelta(minutes=1))

    assert people() == [1, 1]


def test_what_a_wrong_clock_counted_is_counted_again(user, clock):
    happened(user, WEDNESDAY)
    WeeklyFigures.objects.create(monday="2026-03-30", counted_at=WEDNESDAY + 2 * WEEK)

    assert registrations() == [1]


def test_two_processes_that_count_the_same_week_keep_one_row(user, clock, monkeypatch):
    happened(user, WEDNESDAY)
    count_week = keeping.count_week

    def count_beside_another(week):
        monkeypatch.setattr(keeping, "count_week", count_week)
        figures_by_week()
        return count_week(week)

    monkeypatch.setattr(keeping, "count_week", count_beside_another)

    assert registrations() == [1]
    assert WeeklyFigures.objects.count() == 1


def test_how_many_people_had_a_passkey_is_told_for_weeks_that_nobody_counted(user, other_user, clock):
    make_passkey(user, created_at=WEDNESDAY - 2 * WEEK)
    make_passkey(user, created_at=WEDNESDAY - WEEK)
    make_passkey(other_user, created_at=WEDNESDAY)
    make_passkey(other_user, created_at=WEDNESDAY, kind="security-key")

    assert people() == [1, 1, 2]


def test_the_figures_name_nobody(user, clock):
    make_passkey(user, name="Ada's laptop", created_at=WEDNESDAY)
    happened(user, WEDNESDAY)

    (week,) = figures_by_week().weeks

    assert str(week) == "2026-03-30"
    assert set(week.counts) == {"registered", "people", "managers", "held", "pending", "policy", "seconds"}
    assert "Ada" not in str(week.counts)
