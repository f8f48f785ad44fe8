"""Many e-mails go over one connection, which is made anew when the mail server has ended it."""

import pytest

from passkeys_django import mail
from passkeys_django.mail import one_connection, send_mail

CONTEXT = {
    "site_name": "Example",
    "url": "https://example.com/",
    "cancel_url": "",
    "valid_from": None,
    "expires_at": None,
}


class Server:
    """Takes `patience` e-mails over a connection, and then ends it. `connections`: what each connection took."""

    def __init__(self, patience=1000):
        self.patience, self.connections, self.closed = patience, [], 0

    def connect(self):
        return Connection(self)


class Connection:
    def __init__(self, server):
        self.server, self.taken = server, []

    def open(self):
        self.server.connections.append(self.taken)
        if self.server.patience < 0:
            raise ConnectionRefusedError

    def send_messages(self, messages):
        if len(self.taken) >= self.server.patience:
            raise ConnectionResetError
        self.taken += [message.to[0] for message in messages]

    def close(self):
        self.server.closed += 1


@pytest.fixture
def server(monkeypatch):
    server = Server()
    monkeypatch.setattr(mail, "_new_backend", server.connect)
    return server


def send(*addresses):
    for address in addresses:
        send_mail("recovery", address, CONTEXT)


def test_the_e_mails_of_a_block_share_a_connection_that_is_closed_at_the_end(server):
    with one_connection():
        assert server.connections == []  # none is opened before it is needed
        send("a", "b", "c")
        assert server.closed == 0

    assert server.connections == [["a", "b", "c"]]
    assert server.closed == 1


def test_a_block_without_e_mails_connects_to_nothing(server):
    with one_connection():
        pass

    assert (server.connections, server.closed) == ([], 0)


def test_a_server_that_ends_a_connection_gets_another_one_and_every_e_mail_once(server):
    server.patience = 2
    with one_connection():
        send("a", "b", "c", "d", "e")

    assert server.connections == [["a", "b"], ["c", "d"], ["e"]]
    assert server.closed == 3


@pytest.mark.parametrize("patience", [-1, 0], ids=["refuses connections", "refuses e-mails"])
def test_what_the_server_refuses_is_raised_and_the_next_e_mail_is_tried_anew(server, patience):
    with one_connection():
        send("a")
        server.patience = patience
        for _ in range(2):
            with pytest.raises(ConnectionError):
                send("b")
        server.patience = 1000
        send("c")

    assert server.connections[0] == ["a"]
    assert server.connections[-1] == ["c"]
    assert server.closed == len(server.connections)


def test_a_connection_that_cannot_be_closed_stands_in_nobodys_way(server, monkeypatch):
    def close(self):
        raise ConnectionResetError

    monkeypatch.setattr(Connection, "close", close)
    with one_connection():
        send("a")

    assert server.connections == [["a"]]


def test_outside_of_a_block_each_e_mail_is_sent_as_django_sends_it(server, mailoutbox):
    with one_connection():
        send("a")
    send("b")

    assert [message.to for message in mailoutbox] == [["b"]]
    assert server.connections == [["a"]]


def test_django_makes_the_connection(mailoutbox):
    with one_connection():
        send("a")
        send("b")

    assert [message.to for message in mailoutbox] == [["a"], ["b"]]
