"""The fake misbehaving, on a port and in process."""

import contextlib
import socket
import sys
import threading
import time
from collections.abc import Iterator

import pytest
import requests

from passkeys_django.testing.hanko import FakeHanko, Request, Response, in_process, serve
from passkeys_django.testing.hanko.__main__ import main
from tests.support.as_main import run_as_main
from tests.testing.hanko_world import PUBLIC, World


@pytest.fixture(params=["in process", "on a port"])
def world(request: pytest.FixtureRequest) -> Iterator[World]:
    world = World()
    with contextlib.ExitStack() as stack:
        if request.param == "on a port":
            world.base = stack.enter_context(serve(world.fake)).url
        stack.enter_context(world.session)
        yield world


def start(world: World, **options: float) -> requests.Response:
    return world.call("POST", "/login/initialize", {}, **options)


def test_all_is_well(world: World) -> None:
    assert world.register().status_code == 200
    assert world.login().status_code == 200
    assert start(world).headers["Content-Type"] == "application/json; charset=UTF-8"
    head = world.session.head(f"{world.base}/{world.tenant.id}/.well-known/jwks.json")
    assert (head.status_code, head.content) == (404, b"")
    assert world.call("OPTIONS", "/login/initialize").status_code == 204


def test_a_status_for_everything(world: World) -> None:
    world.fake.faults.status = 503
    response = start(world)
    assert response.status_code == 503
    assert response.json() == {"title": "Internal Server Error", "status": 503}
    world.fake.faults.clear()
    assert start(world).status_code == 200
    assert len(world.fake.requests) == 2


def test_garbage(world: World) -> None:
    world.fake.faults.garbage = True
    assert start(world).status_code == 200
    world.fake.faults.status = 502
    response = start(world)
    assert (response.status_code, response.headers["Content-Type"]) == (502, "text/html")
    assert "<html>" in response.text


def test_a_dropped_connection(world: World) -> None:
    world.fake.faults.drop = True
    with pytest.raises(requests.ConnectionError):
        start(world)


def test_an_answer_cut_short(world: World) -> None:
    world.fake.faults.truncate = True
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        start(world)


def test_a_delay_beyond_the_timeout(world: World) -> None:
    world.fake.faults.delay = 30
    begun = time.monotonic()
    with pytest.raises(requests.ReadTimeout):
        start(world, timeout=0.05)
    with pytest.raises(requests.ReadTimeout):
        start(world, timeout=(1, 0.05))  # type: ignore[arg-type]
    assert time.monotonic() - begun < 5


def test_a_short_delay(world: World) -> None:
    world.fake.faults.delay = 0.05
    begun = time.monotonic()
    assert start(world, timeout=5).status_code == 200
    assert time.monotonic() - begun >= 0.05


def test_clearing_ends_a_delay(world: World) -> None:
    world.fake.faults.delay = 30
    delayed = when_delayed(world.fake)

    def clear() -> None:
        assert delayed.wait(30)
        world.fake.faults.clear()

    thread = threading.Thread(target=clear)
    thread.start()
    assert start(world).status_code == 200
    thread.join()


def when_delayed(fake: FakeHanko) -> threading.Event:
    """Is set when a delay is under way."""
    delayed = threading.Event()

    class Wake(threading.Event):
        def wait(self, timeout: float | None = None) -> bool:
            delayed.set()
            return super().wait(timeout)

    fake.faults._wake = Wake()
    return delayed


def test_only_some_requests(world: World) -> None:
    world.fake.faults.status = 500
    world.fake.faults.only = lambda request: request.path.endswith("/finalize")
    assert start(world).status_code == 200
    assert world.call("POST", "/login/finalize", {}).json()["title"] == "Internal Server Error"


def test_answers_of_ones_own(world: World) -> None:
    def respond(request: Request) -> Response | None:
        if request.method == "GET":
            return None
        return Response(status=307, headers=(("Location", "http://127.0.0.1:1/"),))

    world.fake.faults.respond = respond
    response = world.call("POST", "/login/initialize", {}, allow_redirects=False)
    assert response.headers["Location"] == "http://127.0.0.1:1/"
    assert world.call("GET", "/credentials").json() == []


def test_connections_are_kept_alive_and_counted() -> None:
    world = World()
    with serve(world.fake) as server, world.session:
        world.base = server.url
        for _ in range(3):
            start(world)
        assert server.connections == 1
        requests.get(server.url, timeout=5).close()
        assert server.connections == 2
    assert len(world.fake.requests) == 4


def test_a_chunked_body_on_a_port() -> None:
    world = World()
    with serve(world.fake) as server, world.session:
        world.base = server.url
        data = iter([b'{"user_id":', b'"ada-1"}'])
        response = world.call("POST", "/login/initialize", data=data, headers={"Content-Type": "application/json"})
        assert response.status_code == 200
        assert start(world).status_code == 200


def test_a_stopped_server_refuses_connections() -> None:
    world = World()
    with serve(world.fake) as server:
        url = server.url
    with pytest.raises(requests.ConnectionError):
        requests.get(url, timeout=5)


def test_stopping_ends_a_delay_under_way() -> None:
    fake = FakeHanko()
    fake.faults.delay = 30
    delayed = when_delayed(fake)
    failures: list[requests.RequestException] = []

    def ask(url: str) -> None:
        try:
            requests.get(url, timeout=20).close()
        except requests.RequestException as error:
            failures.append(error)

    begun = time.monotonic()
    with serve(fake) as server:
        thread = threading.Thread(target=ask, args=[server.url])
        thread.start()
        assert delayed.wait(30)
    thread.join()
    assert time.monotonic() - begun < 5


def test_the_admin_api_on_a_port() -> None:
    world = World()
    with serve(world.fake, admin=True) as server:
        response = requests.get(f"{server.url}/tenants", timeout=5)
    assert response.json() == [{"id": world.tenant.id, "display_name": "Demo"}]


def test_a_base_url_can_be_taken_over() -> None:
    fake = FakeHanko()
    tenant = fake.create_tenant(rp_id="localhost", origins=["http://localhost"])
    with in_process(fake, admin_url="https://admin.test"), serve(fake) as server:
        url = f"https://passkeys.hanko.io/{tenant.id}/login/initialize"
        assert requests.post(url, json={}, timeout=5).status_code == 200
        assert requests.get("https://admin.test/health/alive", timeout=5).json() == {"alive": True}
        assert requests.get(server.url, timeout=5).status_code == 200
    assert requests.adapters.HTTPAdapter.send.__qualname__ == "HTTPAdapter.send"


def test_a_host_that_only_begins_alike_is_another() -> None:
    with in_process(FakeHanko(), "http://127.0.0.1:1"), pytest.raises(requests.ConnectionError):
        requests.get("http://127.0.0.1:10/", timeout=5)


def test_bodies_of_text_in_process() -> None:
    world = World()
    response = world.session.post(f"{PUBLIC}/{world.tenant.id}/login/finalize", data="no")
    assert response.json()["details"] == "Parse error for Assertion"


def test_the_command_line(capsys: pytest.CaptureFixture[str]) -> None:
    def wait() -> None:
        seen = dict(line.split(": ", 1) for line in capsys.readouterr().out.splitlines())
        url = f"{seen['base_url']}/{seen['tenant_id']}/credentials"
        assert requests.get(url, headers={"apiKey": seen["api_key"]}, timeout=5).json() == []
        assert requests.get(f"{seen['admin_url']}/health/alive", timeout=5).ok
        raise KeyboardInterrupt

    assert main(["--port", "0", "--admin-port", "0", "--origin", "http://localhost:8123"], wait=wait) == 0
    assert main(["--port", "0"], wait=lambda: None) == 0


def test_the_command_line_as_a_module(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "argv", ["hanko", "--help"])
    with pytest.raises(SystemExit, match="0"):
        run_as_main("passkeys_django.testing.hanko.__main__")
    assert "--rp-id" in capsys.readouterr().out


def test_trailers_of_a_chunked_body() -> None:
    with (
        serve(FakeHanko()) as server,
        socket.create_connection(("127.0.0.1", server.port), timeout=5) as connection,
    ):
        head = b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
        connection.sendall(head + b"2;a=b\r\n{}\r\n0\r\nTrailer: x\r\n\r\n")
        assert connection.recv(100).startswith(b"HTTP/1.1 405 ")


def test_a_server_comes_back_on_the_same_port() -> None:
    world = World()
    with serve(world.fake) as server, contextlib.ExitStack() as stack:
        world.base = server.url
        stack.enter_context(world.session)
        assert start(world).status_code == 200
    with serve(world.fake, server.port), world.session:
        assert start(world).status_code == 200
