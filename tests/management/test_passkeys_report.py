"""manage.py passkeys_report: passkeys and the history as CSV and JSON lines."""

import csv
import io
import json
import tracemalloc
from datetime import UTC, datetime, timedelta

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from passkeys_django.maintenance.reports import report_on_passkeys
from passkeys_django.models import EventKind, Passkey, PasskeyEvent, RecoveryCode, UserHandle
from tests.conftest import make_passkey, make_user

pytestmark = pytest.mark.django_db


def report(*arguments):
    out = io.StringIO()
    call_command("passkeys_report", *arguments, stdout=out)
    return out.getvalue()


def rows(*arguments):
    return [json.loads(line) for line in report(*arguments, "--format", "jsonl").splitlines()]


def test_csv_and_json_lines_say_the_same(user):
    passkey = make_passkey(user, provider="hanko:x", backup_state=True, last_used_at=timezone.now(), use_count=3)

    [line] = csv.DictReader(io.StringIO(report("passkeys")))
    [row] = rows("passkeys")

    assert list(line) == list(row)
    assert {name: "" if value is None else str(value) for name, value in row.items()} == line
    assert row["id"] == str(passkey.pk)
    assert row["user"] == user.get_username()
    assert row["user_id"] == str(user.pk)
    assert row["kind"] == "passkey"
    assert row["use_count"] == 3
    assert datetime.fromisoformat(row["created_at"]).tzinfo == UTC


def test_an_event_says_who_acted(user):
    boss = make_user("boss")
    PasskeyEvent.objects.create(user=user, actor=boss, kind=EventKind.REMOVED, name="Laptop", address="192.0.2.0")
    PasskeyEvent.objects.create(kind=EventKind.REFUSED, code="unknown_passkey")

    removed, refused = rows("events")

    assert (removed["kind"], removed["user"], removed["actor"]) == (
        "removed",
        user.get_username(),
        boss.get_username(),
    )
    assert removed["address"] == "192.0.2.0"
    assert (refused["user"], refused["user_id"], refused["code"]) == (None, None, "unknown_passkey")


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_no_cell_is_run_by_a_spreadsheet(user, start):
    make_passkey(user, name=f"{start}HYPERLINK(1)")

    [line] = csv.DictReader(io.StringIO(report("passkeys"), newline=""))

    assert line["name"] == f"'{start}HYPERLINK(1)"
    assert rows("passkeys")[0]["name"] == f"{start}HYPERLINK(1)"


def test_the_name_of_a_user_is_not_run_either(user):
    type(user).objects.filter(pk=user.pk).update(**{type(user).USERNAME_FIELD: "=1+1"})
    make_passkey(user)

    [line] = csv.DictReader(io.StringIO(report("passkeys")))

    assert line["user"] == "'=1+1"


def test_there_is_nothing_secret_in_it(user):
    passkey = make_passkey(user, public_key=b"the public key", user_handle=b"the user handle")
    RecoveryCode.objects.create(user=user, code_sha256="c" * 64, strength=1)
    handle = UserHandle.objects.for_user(user).handle

    text = report("passkeys") + report("events")

    for secret in ("public key", "user handle", "c" * 64, handle, passkey.credential_id):
        assert secret not in text


def test_a_user_and_a_day_narrow_it(user, other_user):
    now = timezone.now()
    for person in (user, other_user):
        for days in (1, 100):
            make_passkey(person, created_at=now - timedelta(days=days))
            PasskeyEvent.objects.create(user=person, kind=EventKind.USED, at=now - timedelta(days=days))
    since = (now - timedelta(days=30)).date().isoformat()

    for table in ("passkeys", "events"):
        assert len(rows(table)) == 4
        assert len(rows(table, "--user", user.get_username())) == 2
        assert len(rows(table, "--since", since)) == 2
        [row] = rows(table, "--since", since, "--user", user.get_username())
        assert row["user"] == user.get_username()


def test_a_moment_narrows_it_too(user):
    PasskeyEvent.objects.create(user=user, kind=EventKind.USED, at=datetime(2026, 5, 3, 12, tzinfo=UTC))

    assert len(rows("events", "--since", "2026-05-03T11:59:59+00:00")) == 1
    assert len(rows("events", "--since", "2026-05-03T12:00:01+00:00")) == 0


def test_d31_a_day_narrows_it_without_time_zones(user, settings):
    settings.USE_TZ = False
    PasskeyEvent.objects.create(user=user, kind=EventKind.USED, at=datetime(2026, 5, 3, 12))

    assert len(rows("events", "--since", "2026-05-03")) == 1
    assert len(rows("events", "--since", "2026-05-04")) == 0


@pytest.mark.parametrize("since", ["yesterday", "2026-13-01", "2026-02-30", ""])
def test_a_day_that_is_none_is_said_in_one_line(since):
    with pytest.raises(CommandError, match="is not a date such as 2026-12-31"):
        report("events", "--since", since)


def test_a_user_who_is_none_is_said_in_one_line(db):
    with pytest.raises(CommandError, match="There is no user 'nobody'"):
        report("passkeys", "--user", "nobody")


def test_memory_stays_flat(user, monkeypatch):
    monkeypatch.setattr("passkeys_django.maintenance.reports.CHUNK_SIZE", 50)

    def peak(count):
        Passkey.objects.all().delete()
        Passkey.objects.bulk_create(
            Passkey(
                user=user,
                name="Laptop",
                rp_id="testserver",
                user_handle=b"h",
                public_key=b"k" * 300,
                credential_id=f"{number:08}",
                credential_id_sha256=f"{number:064}",
            )
            for number in range(count)
        )
        tracemalloc.start()
        for _line in report_on_passkeys(Passkey.objects.all()).lines("csv"):
            pass
        size = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return size

    peak(10)  # what is read once
    assert peak(500) < 1.5 * peak(150)
