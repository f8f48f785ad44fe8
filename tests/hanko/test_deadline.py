"""The allowance of one reply, without a clock that decides which branch is taken."""

import io

import pytest

from passkeys_django.hanko.transport import deadline


class Socket:
    """A socket of which nothing is asked but a file and its time-out."""

    def __init__(self):
        self.timeouts = []

    def gettimeout(self):
        return 5.0

    def settimeout(self, seconds):
        self.timeouts.append(seconds)

    def makefile(self, mode, buffering):
        return io.BytesIO(b"HTTP/1.1 200 OK\r\n")


@pytest.fixture
def clock(monkeypatch):
    now = [100.0]
    monkeypatch.setattr(deadline.time, "monotonic", lambda: now[0])
    return now


def test_each_wait_is_cut_to_what_is_left_and_the_next_reply_has_its_full_time(clock):
    connection = Socket()
    with connection_reader(connection) as reader:
        assert reader.readinto(bytearray(4)) == 4
        assert connection.timeouts == []
        clock[0] += 8
        assert reader.readinto(bytearray(4)) == 4
    assert connection.timeouts == [2.0, 5.0]


def test_trap_19_a_reply_that_has_used_up_its_time_is_over(clock):
    with connection_reader(Socket()) as reader:
        clock[0] += 10
        with pytest.raises(TimeoutError, match="takes too long"):
            reader.readinto(bytearray(4))


def connection_reader(connection):
    return deadline._TimedReader(connection)
