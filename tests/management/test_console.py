"""How commands end: without a traceback if nobody reads them any more, or if somebody stops them."""

import io
import os
import signal

import pytest
from django.core.management import CommandError, get_commands, load_command_class

from passkeys_django.management.console import PasskeyCommand
from passkeys_django.management.stopping import Stop, Stopped, stopping_well
from tests.conftest import make_passkey
from tests.support.commands import start_command

OURS = sorted(name for name, app in get_commands().items() if app == "passkeys_django")


@pytest.mark.parametrize("name", OURS)
def test_every_command_ends_quietly(name):
    assert isinstance(load_command_class("passkeys_django", name), PasskeyCommand)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("is_buffered", [True, False])
@pytest.mark.parametrize(
    "command", ["passkeys_export", "passkeys_migrate hanko:gone embedded", "passkeys_prune --unused-for 1d --yes"]
)
def test_nobody_reads_the_output_any_more(user, command, is_buffered):
    """As in `... | head`: no traceback, no complaint of Python's, and the code that shells expect."""
    make_passkey(user, provider="hanko:gone")
    reading, writing = os.pipe()
    os.close(reading)

    with os.fdopen(writing, "w") as output:
        process = start_command(*command.split(), stdout=output, is_buffered=is_buffered)
    _nothing, errors = process.communicate()

    assert errors == ""
    assert process.returncode == 128 + signal.SIGPIPE


def test_ctrl_c_is_one_line_in_commands_that_cannot_be_stopped_half_way():
    class Command(PasskeyCommand):
        def handle(self, **options):
            raise KeyboardInterrupt

    with pytest.raises(CommandError, match=r"^Stopped\.$") as caught:
        Command().execute(no_color=True, force_color=False, skip_checks=True)

    assert caught.value.returncode == 128 + signal.SIGINT
    assert isinstance(caught.value.__cause__, KeyboardInterrupt)


def test_what_a_command_returns_is_returned():
    class Command(PasskeyCommand):
        def handle(self, **options):
            return "done"

    out = io.StringIO()

    assert Command(stdout=out).execute(no_color=True, force_color=False, skip_checks=True) == "done"

    assert out.getvalue() == "done\n"


# Stopping


def test_before_it_is_asked_everything_goes_on():
    stop = Stop()

    assert list(stop.before("abc")) == list(stop.between("abc")) == list(stop.whole("abc")) == ["a", "b", "c"]


def ask(stop, items, moment):
    """Ask to stop while this item is worked on: when it is read, in the way of a generator that works."""
    for item in items:
        if item == moment:
            stop.number = signal.SIGINT
        yield item


def test_items_end_before_the_next_one():
    stop = Stop()

    assert list(stop.before(ask(stop, "abc", "b"))) == ["a"]


def test_a_batch_whose_work_is_done_is_counted_and_no_other_begins():
    stop, begun = Stop(), []

    def batches():
        for batch in ask(stop, "abc", "b"):
            begun.append(batch)
            yield batch

    assert list(stop.between(batches())) == ["a", "b"]
    assert begun == ["a", "b"]
    assert list(stop.between(batches())) == []
    assert begun == ["a", "b"]


def test_a_batch_is_finished_though_nobody_reads_that_it_stops(monkeypatch):
    """As in `… 2>&1 | tee log`: Ctrl-C ends `tee` as well."""

    def fail(descriptor, text):
        raise BrokenPipeError

    done = []

    def work_on_a_batch():
        signal.raise_signal(signal.SIGTERM)
        done.append("batch")

    monkeypatch.setattr(os, "write", fail)
    with pytest.raises(CommandError, match=r"^Stopped\."), stopping_well():
        work_on_a_batch()

    assert done == ["batch"]


@pytest.mark.parametrize("moment", ["b", "c"])
def test_a_part_of_what_must_be_whole_is_never_used(moment):
    read = []
    with pytest.raises(CommandError, match=r"^Stopped\. What was done stays done"), stopping_well() as stop:
        read = list(stop.whole(ask(stop, "abc", moment)))

    assert read == []


def test_what_must_be_whole_is_not_taken_if_the_end_was_reached_while_it_was_asked_to_stop():
    stop = Stop()
    items = stop.whole("ab")
    assert [next(items), next(items)] == ["a", "b"]
    stop.number = signal.SIGINT

    with pytest.raises(Stopped):
        next(items)
