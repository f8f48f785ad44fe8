"""passkeys_import is stopped in the middle, in every way, and goes on when it is run again."""

import re
import signal
from contextlib import contextmanager

import pytest
from django.core.management import CommandError
from django.db import OperationalError, connection

from passkeys_django.models import Passkey, PasskeyEvent
from passkeys_django.signals import passkeys_adopted
from tests.conftest import listening
from tests.imports.exporting import import_lines, line, start_import
from tests.imports.test_passkeys_import import foreign_credential, imported, in_tens
from tests.support.commands import wait_until_it_waits_for_input
from tests.support.tenant import run

pytestmark = pytest.mark.django_db(transaction=True)
STOPPED = "CommandError: Stopped. What was done stays done. Run the command again for the rest.\n"
SOURCES = []


def broken_source():
    """Half-way, the connection to the database is lost. SQLite has none: there, the source fails."""
    for number, credential in enumerate(SOURCES):
        if number == 25:
            if connection.vendor == "sqlite":
                raise OperationalError("disk I/O error")
            _lose_connection()
        yield credential


def _lose_connection():
    if connection.vendor == "mysql":  # the server ends the connection, as in a real loss
        with connection.cursor() as cursor:
            cursor.execute("KILL CONNECTION_ID()")
    connection.connection.close()


@contextmanager
def half_way(lines):
    """The command, in a process that has stored 500 passkeys, gets 250 more, and waits for the rest."""
    process = start_import()
    try:
        process.stdin.writelines(f"{each}\n" for each in lines[:750])
        process.stdin.flush()
        assert process.stdout.readline() == "500 credentials read\n"
        wait_until_it_waits_for_input(process)
        yield process
    finally:
        process.kill()
        process.communicate()


@pytest.fixture
def lines(user):
    return [line(user) for _ in range(1000)]


def assert_the_next_run_adds_exactly_the_rest(lines, path, stored):
    assert Passkey.objects.count() == stored

    printed = import_lines(path, *lines)

    assert f"Imported {1000 - stored}, skipped {stored}.\n  {stored} already here: user " in printed
    ids = Passkey.objects.values_list("credential_id", flat=True)
    assert sorted(ids) == sorted(re.search(r'"credential_id": "(.+?)"', each)[1] for each in lines)
    assert PasskeyEvent.objects.count() == 1000


def test_after_a_kill_the_next_run_adds_exactly_the_rest(lines, tmp_path):
    with half_way(lines) as process:
        process.kill()
        assert process.wait() == -signal.SIGKILL

    assert_the_next_run_adds_exactly_the_rest(lines, tmp_path / "file", stored=500)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_run_that_is_asked_to_stop_stores_what_it_has_read_and_counts_it(lines, tmp_path, number):
    with half_way(lines) as process:
        process.send_signal(number)
        assert process.stderr.readline() == "\n"
        assert process.stderr.readline().startswith("Stopping: what was begun is finished, and people are told.")
        printed, errors = process.communicate(f"{lines[750]}\n")  # this line is not taken any more

    stored = Passkey.objects.count()
    assert 500 <= stored <= 750
    assert printed == f"Imported {stored}, skipped 0.\n"
    assert errors.endswith(STOPPED)
    assert "Traceback" not in errors
    assert process.returncode == 128 + number
    assert_the_next_run_adds_exactly_the_rest(lines, tmp_path / "file", stored=stored)


def test_a_second_ctrl_c_stops_at_once_and_the_count_is_still_true(lines, tmp_path):
    with half_way(lines) as process:
        process.send_signal(signal.SIGINT)
        assert process.stderr.readline() == "\n"  # the first signal was taken
        process.send_signal(signal.SIGINT)
        assert process.wait() == 128 + signal.SIGINT
        printed, errors = process.stdout.read(), process.stderr.read()

    assert printed == "Imported 500, skipped 0.\n"
    assert "Passkeys were taken over, and at least 1 people were not told" in errors
    assert errors.endswith(STOPPED)
    assert "Traceback" not in errors
    assert_the_next_run_adds_exactly_the_rest(lines, tmp_path / "file", stored=500)


def test_a_lost_database_is_one_line_and_people_are_told_of_what_was_stored(user, monkeypatch, capsys):
    in_tens(monkeypatch)
    SOURCES[:] = [foreign_credential(user) for _ in range(45)]

    with (
        listening(passkeys_adopted) as received,
        pytest.raises(CommandError, match=r"^The database failed: .+ What was done stays done\. Run .+ rest\.$"),
    ):
        run("passkeys_import", f"{__name__}.broken_source", yes=True)

    assert Passkey.objects.count() == 20
    assert [len(signal["passkeys"]) for signal in received] == [20]
    assert imported(*SOURCES).count(None) == 25
