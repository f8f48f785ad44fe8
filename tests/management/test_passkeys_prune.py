"""manage.py passkeys_prune: what nobody uses goes, here and at the provider; old events go; nobody is shut out."""

import io
import signal
import sys
import types
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from passkeys_django.enrolment import make_enrolment
from passkeys_django.figures import keeping
from passkeys_django.lifecycle.batches import in_pages_by
from passkeys_django.maintenance import pruning
from passkeys_django.management.commands.passkeys_prune import period
from passkeys_django.models import Enrolment, Passkey, PasskeyEvent, RemovedPasskey, UserHandle
from passkeys_django.signals import passkey_removed
from tests.conftest import listening, make_passkey, make_user
from tests.support.tenant import Tenants, asked, nobody, run, snapshot

__all__ = ["asked", "nobody"]
pytestmark = pytest.mark.django_db


@pytest.fixture
def there(hanko_site, tenant):
    return Tenants(hanko_site, tenant)


@pytest.fixture
def without_password(user):
    user.set_unusable_password()
    user.save()
    return user


@pytest.fixture
def just_before(monkeypatch):
    """A function: what it is given happens after a batch was found, and just before its owners are locked."""

    def interfere(action):
        manager = type(UserHandle.objects)
        hold = manager.hold

        def late(self, user_keys):
            action()
            hold(self, user_keys)

        monkeypatch.setattr(manager, "hold", late)

    return interfere


@pytest.fixture
def batches(monkeypatch):
    """A function: what it is given happens at the beginning of each batch, and each batch is one person."""

    def interfere(action):
        prune_many = pruning.prune_many

        def prune(*args, **options):
            action()
            return prune_many(*args, **options)

        monkeypatch.setattr(pruning, "OWNERS", 1)
        monkeypatch.setattr(pruning, "prune_many", prune)

    return interfere


def with_address(name):
    person = make_user(name)
    person.email = f"{name}@example.com"
    person.save()
    return person


def ago(days):
    return timezone.now() - timedelta(days=days)


def unused(days=400):
    """Fields of a passkey that was last used so many days ago."""
    return {"created_at": ago(1000), "last_used_at": ago(days)}


def pruned(period="365d", **options):
    return run("passkeys_prune", unused_for=period, **{"yes": True} | options)


# What is unused


def test_a_passkey_that_nobody_used_for_long_is_removed(user):
    make_passkey(user, **unused(400))
    used = make_passkey(user, **unused(300))

    text = pruned()

    assert text == (
        "Passkeys unused for 365 days: 1\n  kept, as the last one of a user without a password: 0\nRemoved: 1\n"
    )
    assert Passkey.objects.get() == used


def test_a_passkey_that_was_never_used_counts_from_its_creation(user):
    make_passkey(user, created_at=ago(400))
    new = make_passkey(user, created_at=ago(300))

    pruned()

    assert Passkey.objects.get() == new


@pytest.mark.parametrize(
    ("text", "days"), [("365d", 365), ("365", 365), ("52w", 364), ("1", 1), ("36500d", 36500)]
)
def test_a_period_is_days_or_weeks(text, days):
    assert period(text) == timedelta(days=days)


@pytest.mark.parametrize(
    "text", ["", "d", "0", "0d", "-1", "1.5d", "1 d", "1y", "1m", "1dd", "\u0661d", "36501", "9" * 400, "1d\n"]
)
def test_anything_else_is_no_period(text):
    with pytest.raises(CommandError, match="is not a period"):
        period(text)


def test_a_bad_period_is_told_before_anything_happens(db):
    with pytest.raises(CommandError, match="'soon' is not a period"):
        run("passkeys_prune", "--unused-for", "soon")


# Nobody is locked out


def test_the_last_passkey_of_a_user_without_a_password_is_kept_and_reported(without_password):
    passkey = make_passkey(without_password, **unused())

    text = pruned()

    assert "  kept, as the last one of a user without a password: 1\n" in text
    assert Passkey.objects.get() == passkey


def test_of_several_unused_ones_the_most_recently_used_is_kept(without_password):
    make_passkey(without_password, **unused(500))
    recent = make_passkey(without_password, **unused(400))
    make_passkey(without_password, **unused(600))

    text = pruned()

    assert "Removed: 2\nKept: its user has no password and no other passkey: 1\n" in text
    assert Passkey.objects.get() == recent


def test_a_user_with_a_passkey_in_use_loses_the_unused_ones(without_password):
    make_passkey(without_password, **unused())
    used = make_passkey(without_password)

    assert "Removed: 1\n" in pruned()

    assert Passkey.objects.get() == used


def test_a_passkey_that_is_used_meanwhile_stays(user, just_before):
    passkey = make_passkey(user, **unused())
    just_before(lambda: Passkey.objects.update(use_count=1, last_used_at=timezone.now()))

    with listening(passkey_removed) as received:
        text = pruned()

    assert "Removed: 0\nLeft alone: used or removed meanwhile: 1\n" in text
    assert received == []
    assert Passkey.objects.get() == passkey


def test_a_passkey_that_becomes_the_last_one_meanwhile_stays(without_password, just_before):
    passkey, other = make_passkey(without_password, **unused()), make_passkey(without_password)
    just_before(Passkey.objects.filter(pk=other.pk).delete)

    assert "Removed: 0\nKept: its user has no password and no other passkey: 1\n" in pruned()

    assert Passkey.objects.get() == passkey


def test_people_are_looked_at_in_batches_and_each_of_them_with_all_passkeys(db, monkeypatch):
    monkeypatch.setattr(pruning, "OWNERS", 2)
    recent = set()
    for name in "abcde":
        person = make_user(name)
        person.set_unusable_password()
        person.save()
        make_passkey(person, **unused(500))
        recent.add(make_passkey(person, **unused(400)))

    text = pruned()

    assert "  kept, as the last one of a user without a password: 5\n" in text
    assert "Removed: 5\nKept: its user has no password and no other passkey: 5\n" in text
    assert set(Passkey.objects.all()) == recent


# Here and at the provider


def test_the_providers_copies_go_too(there, user):
    there.both(user, **unused())
    there.both(user, **unused())
    used = there.both(user)

    text = pruned()

    assert text.endswith(f"Removed: 2\nCopies deleted at {there.identity}: 2\n")
    assert there.ids == {used.credential_id}
    assert not RemovedPasskey.objects.exists()


def test_each_removal_is_signalled_as_a_revocation(user):
    passkey = make_passkey(user, **unused())

    with listening(passkey_removed) as received:
        pruned()

    (signal,) = received
    assert (signal["sender"], signal["request"], signal["user"]) == (Passkey, None, user)
    assert signal["passkey"].credential_id == passkey.credential_id
    assert signal["tell_owner"] is True


@pytest.mark.django_db(transaction=True)
def test_owners_are_told_over_one_connection_to_the_mail_server(mailoutbox, monkeypatch):
    opened = []
    monkeypatch.setattr("django.core.mail.backends.locmem.EmailBackend.open", lambda self: opened.append(self))
    monkeypatch.setattr(pruning, "OWNERS", 1)
    for name in "abc":
        make_passkey(with_address(name), **unused())

    assert "Removed: 3\n" in pruned()

    assert len(mailoutbox) == 3
    assert len(opened) == 1


@pytest.mark.django_db(transaction=True)
def test_without_mail_nobody_is_told_and_the_signal_says_so(mailoutbox):
    make_passkey(with_address("a"), **unused())

    with listening(passkey_removed) as received:
        assert "Removed: 1\n" in pruned(no_mail=True)

    assert mailoutbox == []
    assert [signal["tell_owner"] for signal in received] == [False]
    assert PasskeyEvent.objects.get().kind == "removed"


def test_a_thousand_are_removed_in_batches(there, user):
    for _ in range(1000):
        there.both(user, **unused())

    assert "Removed: 1000\n" in pruned()

    assert not Passkey.objects.exists()
    assert there.ids == set()


def test_removals_hold_here_while_the_provider_is_away_and_it_is_asked_once(there, user):
    for _ in range(3):
        there.both(user, **unused())
    there.fake.faults.drop = True
    there.fake.requests.clear()

    with pytest.raises(
        CommandError, match=f"^Copies are left: {there.identity}: .*Run the command again"
    ) as caught:
        pruned()

    assert caught.value.returncode == 1
    assert "\n" not in str(caught.value)
    assert len(there.fake.requests) == 1
    assert not Passkey.objects.exists()
    assert RemovedPasskey.objects.count() == 3


def test_running_it_again_finishes_what_a_dying_provider_left(there, user):
    for _ in range(5):
        there.both(user, **unused())
    there.die_after(2)
    with pytest.raises(CommandError):
        pruned()
    assert len(there.ids) == 3
    there.fake.faults.clear()

    assert pruned().endswith(f"Removed: 0\nCopies deleted at {there.identity}: 3\n")

    assert there.ids == set()
    assert not RemovedPasskey.objects.exists()


def test_a_provider_that_refuses_is_told(there, user):
    there.both(user, **unused())
    there.fake.faults.only = lambda request: request.method == "DELETE"
    there.fake.faults.status = 400

    with pytest.raises(
        CommandError, match=f"^Copies are left: {there.identity} refused 1 deletions, the log says why"
    ):
        pruned()

    assert RemovedPasskey.objects.count() == 1


def test_killed_half_way_it_has_done_half(db, batches, monkeypatch):
    for name in "abc":
        make_passkey(make_user(name), **unused())
    calls = []

    def kill():
        calls.append(1)
        if len(calls) == 3:
            raise KeyboardInterrupt

    batches(kill)
    with pytest.raises(CommandError, match=r"^Stopped\. What was done stays done\.") as caught:
        pruned()
    monkeypatch.undo()

    assert caught.value.returncode == 128 + signal.SIGINT
    assert Passkey.objects.count() == 1
    assert "Removed: 1\n" in pruned()


@pytest.mark.parametrize("error", [ZeroDivisionError, KeyboardInterrupt])
def test_what_was_removed_is_counted_where_telling_its_owners_breaks_off(db, capsys, error):
    def fail(**kwargs):
        raise error

    for name in "abc":
        make_passkey(make_user(name), **unused())
    passkey_removed.connect(fail)
    try:
        with pytest.raises((ZeroDivisionError, CommandError)):
            call_command("passkeys_prune", unused_for="365d", yes=True)
    finally:
        passkey_removed.disconnect(fail)

    assert not Passkey.objects.exists()
    assert "Removed: 3\n" in capsys.readouterr().out


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["SIGINT", "SIGTERM"])
def test_it_finishes_its_batch_when_it_is_asked_to_stop_and_begins_no_other(there, batches, number):
    for name in "abc":
        there.both(make_user(name), **unused())
    batches(lambda: signal.raise_signal(number))

    with pytest.raises(CommandError, match=r"^Stopped\. What was done stays done\.") as caught:
        pruned()

    assert caught.value.returncode == 128 + number
    assert Passkey.objects.count() == 2
    assert RemovedPasskey.objects.count() == 1
    assert len(there.ids) == 3


# Progress


class Terminal(io.StringIO):
    def isatty(self):
        return True


class Bar:
    """Notes how far it got."""

    shown = []

    def __init__(self, items=None, **options):
        self.items, self.options, self.done = items, options, 0
        self.shown.append(self)

    def __iter__(self):
        return iter(self.items)

    def __enter__(self):
        return self

    def __exit__(self, *error):
        pass

    def update(self, count):
        self.done += count


def test_a_terminal_shows_how_many_are_done(user, other_user, settings, monkeypatch):
    settings.PASSKEY_EVENT_RETENTION = 30
    monkeypatch.setattr(Bar, "shown", [])
    monkeypatch.setitem(sys.modules, "tqdm", types.SimpleNamespace(tqdm=Bar))
    monkeypatch.setattr(sys, "stderr", Terminal())
    for owner in (user, user, other_user):
        make_passkey(owner, **unused())
    make_events(31, 32)

    assert "Removed: 3\n" in pruned(events=True)

    assert [(bar.options["unit"], bar.options["total"], bar.done) for bar in Bar.shown] == [
        (" events", 2, 2),
        (" unused passkeys", None, 3),
        (" passkeys", 3, 3),
    ]


# Asking


def test_it_asks_on_a_terminal(user, asked):
    make_passkey(user, **unused())
    questions = asked("n")

    assert pruned(yes=False).endswith("Left as it is.\n")

    assert questions == ["Remove 1 passkeys? [y/N] "]
    assert Passkey.objects.exists()


def test_without_a_terminal_nothing_is_asked(user, nobody):
    make_passkey(user, **unused())

    assert "Removed: 1\n" in pruned(yes=False)
    assert not Passkey.objects.exists()


@pytest.mark.usefixtures("nobody")
def test_there_is_nothing_to_ask_where_nothing_is_to_be_removed(without_password):
    make_passkey(without_password, **unused())

    assert "Removed: 0\n" in pruned(yes=False)


def test_a_dry_run_changes_nothing_anywhere(there, user, other_user, nobody):
    other_user.set_unusable_password()
    other_user.save()
    there.both(user, **unused())
    there.both(other_user, **unused())
    before = snapshot(there.tenant)
    there.fake.requests.clear()

    with listening(passkey_removed) as received:
        text = pruned(yes=False, dry_run=True)

    assert text == (
        "Passkeys unused for 365 days: 2\n"
        "  kept, as the last one of a user without a password: 1\n"
        "Would remove: 1\n"
    )
    assert snapshot(there.tenant) == before
    assert received == []
    assert there.fake.requests == []


# The history


def make_events(*days):
    """Events of so many days ago."""
    PasskeyEvent.objects.bulk_create(PasskeyEvent(kind="used", at=ago(each)) for each in days)


def events_pruned(**options):
    return run("passkeys_prune", events=True, **{"yes": True} | options)


def test_events_older_than_the_retention_are_deleted(user, settings):
    settings.PASSKEY_EVENT_RETENTION = 30
    make_passkey(user, **unused(5000))
    make_events(31, 400, 29)

    assert events_pruned() == "Events older than 30 days: 2\nDeleted: 2\n"

    assert PasskeyEvent.objects.get().at > ago(30)
    assert Passkey.objects.exists()


def test_events_are_kept_for_a_year_unless_set(db):
    make_events(364, 366)

    assert events_pruned() == "Events older than 365 days: 1\nDeleted: 1\n"


def test_events_that_are_kept_for_ever_are_kept(db, settings, nobody):
    settings.PASSKEY_EVENT_RETENTION = None
    make_events(36_000)

    assert events_pruned(yes=False) == "Events are kept for ever: PASSKEY_EVENT_RETENTION is None.\n"

    assert PasskeyEvent.objects.exists()


@pytest.mark.parametrize("days", [40_000, 10**12])
def test_a_retention_beyond_all_calendars_keeps_everything(db, settings, days):
    settings.PASSKEY_EVENT_RETENTION = days
    make_events(36_000)

    assert events_pruned() == f"Events older than {days} days: 0\nDeleted: 0\n"


def test_a_wrong_retention_is_told_in_one_line(db, settings):
    settings.PASSKEY_EVENT_RETENTION = "a year"

    with pytest.raises(CommandError, match=r"^PASSKEY_EVENT_RETENTION must be a number of days\.$"):
        events_pruned()


@pytest.mark.parametrize("is_one_moment", [True, False])
def test_events_are_deleted_in_batches_and_each_begins_where_the_last_one_ended(db, is_one_moment):
    moment = ago(400)
    PasskeyEvent.objects.bulk_create(
        PasskeyEvent(kind="used", at=moment if is_one_moment else moment + timedelta(seconds=number))
        for number in range(1200)
    )

    with CaptureQueriesContext(connection) as queries:
        assert events_pruned().endswith("Deleted: 1200\n")

    statements = [query["sql"] for query in queries if PasskeyEvent._meta.db_table in query["sql"]]
    pages = [sql for sql in statements if "LIMIT 500" in sql]
    assert [" OR " in sql for sql in pages] == [False, True, True, True]  # the last page is empty
    assert sum(sql.startswith("DELETE") for sql in statements) == 3
    assert not PasskeyEvent.objects.exists()


def test_ctrl_c_while_weeks_are_counted_deletes_no_events(db, monkeypatch):
    make_events(380, 390, 400)
    counted = []
    count_week = keeping.count_week

    def stop(week):
        counted.append(week)
        if len(counted) == 2:
            signal.raise_signal(signal.SIGINT)
        return count_week(week)

    monkeypatch.setattr(keeping, "count_week", stop)
    with pytest.raises(CommandError, match=r"^Stopped\. What was done stays done\."):
        events_pruned()

    assert len(counted) == 2
    assert PasskeyEvent.objects.count() == 3


def test_a_page_of_rows_begins_after_the_last_row_even_of_the_same_moment(db):
    make_events(*range(9))
    first, second, third = ago(40), ago(30), ago(20)
    rows = list(PasskeyEvent.objects.order_by("pk"))
    for row, moment in zip(rows, [third, first, second, second, second, first, third, second, first], strict=True):
        PasskeyEvent.objects.filter(pk=row.pk).update(at=moment)

    pages = list(in_pages_by("at", PasskeyEvent.objects.all(), 2))

    assert [len(page) for page in pages] == [2, 2, 2, 2, 1]
    assert [event.pk for page in pages for event in page] == [
        rows[number].pk for number in (1, 5, 8, 2, 3, 4, 7, 0, 6)
    ]


def test_a_dry_run_deletes_no_events(db, nobody):
    make_events(400)

    assert events_pruned(yes=False, dry_run=True) == "Events older than 365 days: 1\nWould delete: 1\n"

    assert PasskeyEvent.objects.exists()


def test_it_asks_before_it_deletes_events(db, asked):
    make_events(400)
    questions = asked("n")

    assert events_pruned(yes=False).endswith("Left as it is.\n")

    assert questions == ["Delete 1 events? [y/N] "]
    assert PasskeyEvent.objects.exists()


def test_nothing_is_asked_where_no_event_is_too_old(db, asked):
    questions = asked("n")

    assert events_pruned(yes=False) == "Events older than 365 days: 0\nDeleted: 0\n"

    assert questions == []


def test_both_go_at_once_and_the_removals_are_in_the_history(user):
    make_passkey(user, **unused())
    make_events(400)

    text = pruned(events=True)

    assert "Deleted: 1\n" in text
    assert "Removed: 1\n" in text
    assert PasskeyEvent.objects.get().kind == "removed"


def test_it_has_to_be_told_what_is_to_go(db):
    with pytest.raises(CommandError, match=r"^Say what to delete: --unused-for PERIOD, --events, or both"):
        run("passkeys_prune", "--yes")


def test_a_bad_period_is_told_before_events_are_deleted(db):
    make_events(400)

    with pytest.raises(CommandError, match="is not a period"):
        run("passkeys_prune", "--events", "--unused-for", "soon", "--yes")

    assert PasskeyEvent.objects.exists()


def test_links_that_expired_long_ago_are_deleted_with_the_events(user, settings):
    settings.PASSKEY_EVENT_RETENTION = 1
    for days in (10, 20):
        make_enrolment(user, reason="device", valid_for=timedelta(days=-days))

    assert "Links for new passkeys, long expired: 1 deleted" in events_pruned()
    assert Enrolment.objects.count() == 1
