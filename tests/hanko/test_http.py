"""The transport against real sockets: whatever a server does, one of our exceptions, and in time."""

import gc
import gzip
import json
import os
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator

import pytest
import requests
import urllib3.exceptions

from passkeys_django.hanko import (
    HankoClient,
    HankoConnectionError,
    HankoError,
    HankoNotFound,
    HankoProtocolError,
    HankoServerError,
    HankoTimeout,
    HankoTransportError,
    HankoUnavailable,
)
from passkeys_django.hanko.transport.deadline import DeadlineAdapter
from passkeys_django.hanko.transport.http import MAX_REPLY, Transport
from tests.hanko.server import Server, drip, keep_silent, reply

OPTIONS = json.dumps({"publicKey": {"challenge": "abc"}}).encode()
Start = Callable[[Callable[[socket.socket], object]], Server]


@pytest.fixture
def start() -> Iterator[Start]:
    servers: list[Server] = []

    def _start(behaviour: Callable[[socket.socket], object]) -> Server:
        servers.append(Server(behaviour))
        return servers[-1]

    yield _start
    for server in servers:
        server.close()


def answering(data: bytes) -> Callable[[socket.socket], None]:
    return lambda connection: connection.sendall(data)


def answering_together(count: int) -> Callable[[socket.socket], None]:
    """Nobody is answered before so many have asked."""
    barrier = threading.Barrier(count)

    def behaviour(connection: socket.socket) -> None:
        barrier.wait(timeout=5)
        connection.sendall(reply(OPTIONS))

    return behaviour


def once(data: bytes) -> Callable[[socket.socket], bool]:
    def behaviour(connection: socket.socket) -> bool:
        connection.sendall(data)
        return False

    return behaviour


def client_of(server: Server, *, timeout: float = 5) -> HankoClient:
    return HankoClient(
        tenant_id="t", api_key="k", base_url=server.url, connect_timeout=timeout, read_timeout=timeout
    )


# Connections


def in_threads(count: int, work: Callable[[], object]) -> None:
    threads = [threading.Thread(target=work) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_a_hundred_calls_use_one_connection(start):
    server = start(answering(reply(OPTIONS)))
    client = client_of(server)
    for _ in range(100):
        client.start_login()
    assert (server.connections, len(server.requests)) == (1, 100)


def test_calls_of_a_hundred_threads_one_after_the_other_use_one_connection(start):
    """As under ASGI, where every request of a browser has a thread of its own."""
    server = start(answering(reply(OPTIONS)))
    client = client_of(server)
    for _ in range(100):
        in_threads(1, client.start_login)
    assert (server.connections, len(server.requests)) == (1, 100)


def test_replies_without_content_and_errors_keep_the_connection(start):
    answers = [reply(b"", "204 No Content"), reply(b'{"title": "user not found"}', "404 Not Found")] * 3
    server = start(lambda connection: connection.sendall(answers.pop()))
    client = client_of(server)
    for _ in range(3):
        with pytest.raises(HankoNotFound):
            client.get_credential("abc")
        client.delete_credential("abc")
    assert server.connections == 1


def test_calls_at_the_same_time_have_a_connection_each_and_keep_it(start):
    server = start(answering_together(4))
    client = client_of(server, timeout=5)
    for _ in range(5):
        in_threads(4, client.start_login)
    assert (server.connections, len(server.requests)) == (4, 20)


def test_after_a_crowd_only_some_connections_stay_open(start, monkeypatch):
    monkeypatch.setattr("passkeys_django.hanko.transport.http.MAX_IDLE", 2)
    server = start(answering_together(4))
    client = client_of(server, timeout=5)
    for _ in range(2):
        in_threads(4, client.start_login)
    assert (server.connections, len(server.requests)) == (6, 8)


@pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork:DeprecationWarning")
def test_a_forked_child_does_not_use_its_parents_connection(start):
    server = start(answering(reply(OPTIONS)))
    client = client_of(server)
    client.start_login()
    if (child := os.fork()) == 0:
        try:
            client.start_login()
            os._exit(0)
        finally:
            os._exit(1)
    assert os.waitpid(child, 0)[1] == 0
    assert server.connections == 2
    client.start_login()
    assert (server.connections, len(server.requests)) == (2, 3)


def test_a_process_of_another_id_opens_a_connection_of_its_own(start, monkeypatch):
    server = start(answering(reply(OPTIONS)))
    client = client_of(server)
    client.start_login()
    monkeypatch.setattr(os, "getpid", lambda: -1)
    client.start_login()
    assert server.connections == 2


def test_a_connection_that_the_server_closed_meanwhile_is_replaced(start):
    server = start(once(reply(OPTIONS)))
    client = client_of(server)
    for _ in range(3):
        client.start_login()
        server.finish()
    assert server.connections == 3


def test_cookies_are_not_kept_and_no_password_is_looked_up(start, tmp_path, monkeypatch):
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login ada password lovelace\n")
    monkeypatch.setenv("NETRC", str(netrc))
    server = start(answering(reply(OPTIONS, "200 OK", "Set-Cookie: a=b; Path=/")))
    client = client_of(server)
    client.start_login()
    client.start_login()
    assert b"Cookie" not in server.requests[1]
    assert b"Authorization" not in server.requests[1]


def test_trap_6_bodies_have_a_length_and_trap_9_gets_have_no_body(start):
    server = start(answering(reply(OPTIONS)))
    client = client_of(server)
    client.start_login()
    with pytest.raises(HankoProtocolError):
        client.jwks()
    posted, got = server.requests
    assert b"\r\nContent-Length: 2\r\n" in posted
    assert posted.endswith(b"\r\n\r\n{}")
    assert b"chunked" not in posted
    assert b"Content-" not in got
    assert got.endswith(b"\r\n\r\n")


# Time

SLOWLY = 400  # bytes, of which `drip` sends twenty a second


@pytest.mark.parametrize(
    "behaviour",
    [
        keep_silent,
        lambda connection: drip(connection, reply(b" " * SLOWLY)),
        lambda connection: (connection.sendall(b"HTTP/1.1 200 OK\r\nX: "), drip(connection, b"y" * SLOWLY)),
        lambda connection: (
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n"),
            drip(connection, b" " * SLOWLY),
        ),
        lambda connection: (
            connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"),
            drip(connection, b"1" * SLOWLY),
        ),
        lambda connection: drip(connection, b"HTTP/1.1 200 OK\r\n\r\n" + b" " * SLOWLY),
        lambda connection: connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n"),
        lambda connection: [drip(connection, b"HTTP/1.1 100 Continue\r\n\r\n", 0.005) for _ in range(SLOWLY)],
    ],
    ids=["silent", "all", "header", "body", "chunk-size", "until-close", "half", "continue"],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_trap_19_a_slow_server_cannot_hold_us(start, behaviour, method):
    server = start(behaviour)
    client = client_of(server, timeout=0.1)
    began = time.monotonic()
    with pytest.raises(HankoTimeout):
        client.jwks() if method == "GET" else client.start_login()
    assert time.monotonic() - began < 5  # A busy machine needs some of it; every script above would take longer.
    assert len(server.requests) <= 1


def test_a_steady_reply_may_take_longer_than_one_wait_and_the_next_has_its_full_time(start):
    def behaviour(connection: socket.socket) -> None:
        for piece in (reply(OPTIONS)[:20], reply(OPTIONS)[20:50], reply(OPTIONS)[50:]):
            time.sleep(0.6)  # Three of these are longer than one wait; each leaves a busy machine 0.9 seconds.
            connection.sendall(piece)

    client = client_of(start(behaviour), timeout=1.5)
    client.start_login()
    client.start_login()


def test_connecting_is_tried_twice_and_takes_no_longer_than_that(monkeypatch):
    attempts: list[float] = []

    def connect(address, timeout, *args, **kwargs):
        attempts.append(timeout)
        raise TimeoutError

    monkeypatch.setattr("urllib3.util.connection.create_connection", connect)
    client = HankoClient(tenant_id="t", base_url="http://127.0.0.1:9", connect_timeout=0.1)
    with pytest.raises(HankoTimeout):
        client.start_login()
    assert attempts == [0.1, 0.1]


def test_a_second_attempt_to_connect_may_succeed(start, monkeypatch):
    server = start(answering(reply(OPTIONS)))
    connect, refusals = urllib3.util.connection.create_connection, [ConnectionRefusedError()]

    def flaky(*args, **kwargs):
        if refusals:
            raise refusals.pop()
        return connect(*args, **kwargs)

    monkeypatch.setattr("urllib3.util.connection.create_connection", flaky)
    client_of(server).start_login()
    assert len(server.requests) == 1


# Broken connections


def reset(connection: socket.socket) -> bool:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    return False


def half_then_reset(connection: socket.socket) -> bool:
    connection.sendall(reply(b" " * 100)[:60])
    # A server cannot see whether the client has read this. If the client has not, the reset overtakes it, and the
    # case is the one above. So the pause decides which case is tested, but never whether the test passes.
    time.sleep(0.02)
    return reset(connection)


BROKEN = {
    "closed": lambda connection: False,
    "reset": reset,
    "reset in the middle": half_then_reset,
    "truncated": once(reply(b" " * 100)[:-50]),
    "truncated chunk": once(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nff\r\nabc"),
    "bad chunk": once(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nabc"),
    "not HTTP": once(b"220 smtp.example.com ESMTP\r\n"),
    "two lengths": once(b"HTTP/1.1 200 OK\r\nContent-Length: 3, 5\r\n\r\nabc"),
    "endless header": once(b"HTTP/1.1 200 OK\r\nX: " + b"x" * 70000 + b"\r\n\r\n"),
}


# urllib3 forgets to close a reply whose lengths contradict each other. Python may notice this at any moment.
@pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")
@pytest.mark.parametrize("behaviour", BROKEN.values(), ids=BROKEN)
@pytest.mark.parametrize("method", ["GET", "DELETE", "POST"])
def test_a_broken_connection_is_one_error_and_nothing_is_sent_twice(start, behaviour, method):
    server = start(behaviour)
    client = client_of(server)
    call = {"GET": client.jwks, "POST": client.start_login, "DELETE": lambda: client.delete_credential("a")}
    with pytest.raises(HankoConnectionError):
        call[method]()
    server.finish()
    assert len(server.requests) == 1
    gc.collect()


def test_nobody_listens():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    client = HankoClient(tenant_id="t", base_url=f"http://127.0.0.1:{port}")
    with pytest.raises(HankoConnectionError):
        client.start_login()
    assert client.is_alive() is False


def test_a_server_without_tls(start):
    server = start(answering(reply()))
    client = HankoClient(
        tenant_id="t", base_url=server.url.replace("http", "https"), read_timeout=0.2, connect_timeout=0.2
    )
    with pytest.raises(HankoTransportError):
        client.start_login()


@pytest.mark.parametrize(
    "address",
    [
        "",
        "hanko",
        "ftp://hanko",
        "http://",
        "http://[::1",
        "http://a..b",
        "http://*",
        f"http://{'a' * 64}.b",
        "http://127.0.0.1:0x",
    ],
)
def test_an_unusable_address_is_a_connection_error(address):
    with pytest.raises(HankoConnectionError):
        HankoClient(tenant_id="t", base_url=address).start_login()


@pytest.mark.parametrize(
    ("raised", "kind"),
    [
        (urllib3.exceptions.LocationParseError("x"), HankoConnectionError),
        (urllib3.exceptions.ReadTimeoutError(None, "x", "x"), HankoTimeout),  # type: ignore[arg-type]
        (requests.exceptions.InvalidHeader("x"), HankoConnectionError),
        (UnicodeError("x"), HankoConnectionError),
        (TimeoutError("x"), HankoTimeout),
        (OSError("no CA bundle"), HankoConnectionError),
    ],
)
def test_what_leaks_from_below_is_translated(monkeypatch, raised, kind):
    def send(*args, **kwargs):
        raise raised

    monkeypatch.setattr(requests.Session, "send", send)
    with pytest.raises(kind) as caught:
        HankoClient(tenant_id="t").start_login()
    assert caught.value.__cause__ is raised


# Replies that are not the API's


BAD = {
    "truncated header": b"HTTP/1.1 200 OK\r\nContent-Le",
    "HTML": reply(b"<html>Welcome</html>"),
    "empty": reply(b""),
    "no content": reply(b"", "204 No Content"),
    "not UTF-8": reply(b'{"token": "\xff"}'),
    "deeply nested": reply(b"[" * 200_000),
    "huge number": reply(b"9" * 10_000),
    "10 MB": reply(b" " * 10_000_000),
    "one byte too much": reply(b" " * (MAX_REPLY + 1)),
    "zip bomb": reply(gzip.compress(b" " * 10_000_000), "200 OK", "Content-Encoding: gzip"),
    "not gzip": reply(b"{}", "200 OK", "Content-Encoding: gzip"),
    "redirect": reply(b"", "302 Found", "Location: http://127.0.0.1:9/"),
    "redirect to nonsense": reply(b"", "301 Moved", "Location: http://[::1"),
    "large redirect": reply(b" " * 3_000_000, "307 Temporary Redirect", "Location: /"),
    "not modified": b"HTTP/1.1 304 Not Modified\r\n\r\n",
    "HTML 404": reply(b"<html>Not found</html>", "404 Not Found"),
    "404 without title": reply(b'{"error": "no route"}', "404 Not Found"),
    "a list as error": reply(b"[]", "403 Forbidden"),
}


@pytest.mark.parametrize("data", BAD.values(), ids=BAD)
def test_a_reply_that_is_not_the_apis_is_a_protocol_error(start, data):
    server = start(once(data))
    began = time.monotonic()
    with pytest.raises(HankoProtocolError):
        client_of(server, timeout=2).jwks()
    assert len(server.requests) == 1
    assert time.monotonic() - began < 2


def test_a_reply_of_just_the_limit_is_read(start):
    body = OPTIONS + b" " * (MAX_REPLY - len(OPTIONS))
    client_of(start(answering(reply(body))), timeout=2).start_login()


@pytest.mark.parametrize("coding", ["gzip", "chunked"])
def test_compressed_and_chunked_replies_are_read(start, coding):
    chunked = f"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{len(OPTIONS):x}\r\n".encode() + OPTIONS
    gzipped = reply(gzip.compress(OPTIONS), "200 OK", "Content-Encoding: gzip")
    server = start(answering(gzipped if coding == "gzip" else chunked + b"\r\n0\r\n\r\n"))
    client = client_of(server)
    assert client.start_login() == client.start_login()
    assert server.connections == 1


@pytest.mark.parametrize("body", [b"<html>", b"", b"[]", b'{"title": 7}'])
@pytest.mark.parametrize(
    ("status", "kind"), [("500 No", HankoServerError), ("502 No", HankoUnavailable), ("504 No", HankoUnavailable)]
)
def test_a_5xx_means_the_same_in_whatever_form(start, body, status, kind):
    with pytest.raises(kind) as raised:
        client_of(start(answering(reply(body, status)))).jwks()
    assert (raised.value.title, raised.value.details) == ("", None)


def test_a_huge_error_is_cut_short(start):
    body = json.dumps({"title": "x" * 50_000, "details": "y" * 50_000}).encode()
    with pytest.raises(HankoServerError) as raised:
        client_of(start(answering(reply(body, "500 No")))).jwks()
    assert len(repr(raised.value)) < 3000


@pytest.mark.parametrize(
    ("sent", "kept"), [("abc", "abc"), ("x" * 300, "x" * 64), ("", None), ("a\tb", None), ("\xe9", None)]
)
def test_the_request_id_is_fit_for_a_log(start, sent, kept):
    data = reply(b'{"title": "no"}', "404 Not Found").replace(
        b"\r\n\r\n", f"\r\nX-Request-Id: {sent}\r\n\r\n".encode("latin-1"), 1
    )
    with pytest.raises(HankoError) as raised:
        client_of(start(answering(data))).jwks()
    assert raised.value.request_id == kept


# Proxies


def test_a_proxy_of_the_environment_is_used_and_bound_in_time_as_well(start, monkeypatch):
    answers = [lambda c: drip(c, reply(OPTIONS)), lambda c: c.sendall(reply(OPTIONS))]
    server = start(lambda connection: answers.pop()(connection))
    monkeypatch.setenv("http_proxy", server.url)
    client = HankoClient(tenant_id="t", base_url="http://hanko.invalid", read_timeout=0.2)
    client.start_login()
    assert server.requests[0].startswith(b"POST http://hanko.invalid/t/login/initialize ")
    with pytest.raises(HankoTimeout):
        client.start_login()


def test_a_host_that_the_environment_exempts_is_asked_directly(start, monkeypatch):
    server = start(answering(reply(OPTIONS)))
    monkeypatch.setenv("http_proxy", "http://proxy.invalid")
    monkeypatch.setenv("no_proxy", "127.0.0.1,localhost")
    client_of(server).start_login()
    assert server.requests[0].startswith(b"POST /")


def test_certificates_of_the_environment_are_used(monkeypatch, tmp_path):
    bundle, used = str(tmp_path / "certificates.pem"), []

    def send(adapter, request, *, verify, **options):
        used.append(verify)
        raise requests.ConnectionError

    monkeypatch.setattr(DeadlineAdapter, "send", send)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", bundle)
    with pytest.raises(HankoConnectionError):
        HankoClient(tenant_id="t", base_url="https://hanko.invalid").start_login()
    assert used == [bundle]


def test_a_transport_opens_nothing_before_it_is_used():
    Transport(base_url="nonsense", connect_timeout=1, read_timeout=1)


@pytest.mark.parametrize("method", ["delete", "rename"])
def test_a_page_in_place_of_an_empty_answer_is_no_success(start, method):
    server = start(answering(reply(b"<html>", "200 OK", "Content-Type: text/html")))
    client = client_of(server)
    call = {
        "delete": lambda: client.delete_credential("a"),
        "rename": lambda: client.rename_credential("a", name="Phone"),
    }
    with pytest.raises(HankoProtocolError):
        call[method]()
