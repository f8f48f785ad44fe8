"""The metrics of a server: text in the format of Prometheus, recorded and made up."""

import gzip
import json

import pytest

from passkeys_django.hanko import HankoAdminClient, HankoNotFound, HankoProtocolError, HankoServerError
from passkeys_django.hanko.command_line import main
from passkeys_django.testing.hanko import FakeHanko, serve
from tests.hanko.conftest import BASE_URL
from tests.hanko.server import Server, reply

KIND = "text/plain; version=0.0.4; charset=utf-8"
TEXT = 'go_goroutines 12\nhanko_requests_total{code="404",host="h",method="GET",url="/ä"} 1\n'


def serving(body, *headers, kind=KIND):
    return Server(lambda connection: connection.sendall(reply(body, "200 OK", f"Content-Type: {kind}", *headers)))


def metrics_of(server):
    try:
        return HankoAdminClient(admin_url=server.url, read_timeout=5).metrics()
    finally:
        server.close()


def test_metrics_are_the_text_as_it_was_recorded(replay):
    exchange = replay("metrics", "metrics")
    text = exchange.client.metrics()
    assert text == exchange.response["body"]
    assert '\nhanko_requests_total{code="200",host="127.0.0.1:8001",method="GET",url="/health/alive"} 1\n' in text
    assert exchange.sent() is None


def test_a_server_without_metrics_says_so(replay):
    exchange = replay("metrics", "the same under `serve admin`")
    with pytest.raises(HankoNotFound):
        exchange.client.metrics()


def test_metrics_are_plain_text_in_utf_8():
    assert metrics_of(serving(TEXT.encode())) == TEXT


def test_metrics_that_a_real_server_packs_are_unpacked():
    assert metrics_of(serving(gzip.compress(TEXT.encode()), "Content-Encoding: gzip")) == TEXT


@pytest.mark.parametrize(
    ("body", "kind"),
    [(b"<html>", "text/html"), (b"{}", "application/json"), (b"", ""), (b"\xff\xfe", KIND)],
    ids=["page", "JSON", "no kind", "no UTF-8"],
)
def test_what_is_no_plain_text_is_refused(body, kind):
    with pytest.raises(HankoProtocolError, match="plain text"):
        metrics_of(serving(body, kind=kind))


def test_a_broken_server_is_a_server_error(mocked, admin):
    mocked.get(f"{BASE_URL}/metrics", status=500, json={"title": "Internal Server Error", "status": 500})
    with pytest.raises(HankoServerError):
        admin.metrics()


# The command line


@pytest.fixture
def run(capsys):
    """A function: run `server metrics` at this address; returns exit code, stdout and stderr."""

    def run(url, *arguments):
        code = main(["--admin-url", url, "server", "metrics", *arguments])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return run


def test_the_command_prints_them_as_prometheus_reads_them(run):
    with serve(FakeHanko(), admin=True) as server:
        code, out, _err = run(server.url)
        as_json = json.loads(run(server.url, "--json")[1])
    assert code == 0
    assert "go_goroutines 12\n" in out
    assert as_json == {"metrics": out}


def test_a_strangers_path_cannot_paint_the_terminal(run):
    server = serving(b'hanko_requests_total{url="/\x1b[2J\x07"} 1\n')
    code, out, _err = run(server.url)
    server.close()
    assert (code, out) == (0, 'hanko_requests_total{url="/ [2J "} 1\n')


def test_the_command_says_why_there_are_none(run):
    server = Server(lambda connection: connection.sendall(reply(b'{"title": "Not Found"}', "404 Not Found")))
    code, _out, err = run(server.url)
    server.close()
    assert (code, err) == (1, "error: this server has no metrics: only `passkey-server serve all` has them\n")
