"""What one request leaves for the next on its connection: the connection, and nothing else."""

import os
from base64 import b64encode
from urllib.parse import urlsplit

import pytest
import requests

from passkeys_django.hanko import HankoClient, HankoConnectionError, HankoProtocolError
from passkeys_django.hanko.transport.session import USER_AGENT
from tests.browser.tls import tls_proxy
from tests.hanko.server import Server, reply

OPTIONS = b'{"publicKey": {"challenge": "abc", "allowCredentials": [{}]}}'


@pytest.fixture
def server():
    server = Server(lambda connection: connection.sendall(reply(OPTIONS)))
    yield server
    server.close()


@pytest.fixture
def tls(server, tmp_path):
    """The address at which the server is reached by https, with a certificate that nobody vouches for."""
    with tls_proxy(urlsplit(server.url).port, ["localhost"], tmp_path) as port:
        yield f"https://localhost:{port}"


def headers(request: bytes) -> dict[str, str]:
    lines = request.partition(b"\r\n\r\n")[0].decode().split("\r\n")[1:]
    return dict(line.split(": ", 1) for line in lines)


def client_at(address: str) -> HankoClient:
    return HankoClient(tenant_id="t", api_key="key", base_url=address)


def test_the_key_and_the_body_of_a_request_are_not_sent_with_the_next(server):
    client = client_at(server.url)
    client.start_login(user_id="ada")
    client.start_login()
    client.is_alive()
    with_key, without, got = server.requests
    assert (headers(with_key)["apiKey"], with_key.endswith(b'{"user_id": "ada"}')) == ("key", True)
    assert "apiKey" not in headers(without)
    assert without.endswith(b"\r\n\r\n{}")
    assert not {"apiKey", "Content-Type", "Content-Length"} & set(headers(got))
    assert server.connections == 1


def test_every_request_says_who_we_are_and_that_the_connection_stays(server):
    client = client_at(server.url)
    for _ in range(2):
        client.start_login()
    for request in server.requests:
        sent = headers(request)
        assert sent["User-Agent"] == USER_AGENT
        assert sent["Connection"] == "keep-alive"
        assert "\r\nHost: 127.0.0.1:" in request.decode()


def test_a_password_in_the_address_is_sent_with_every_request_and_never_in_the_path(server):
    client = client_at(server.url.replace("//", "//proxy:secret@") + "/hanko/")
    for _ in range(2):
        client.start_login()
    for request in server.requests:
        assert headers(request)["Authorization"] == f"Basic {b64encode(b'proxy:secret').decode()}"
        assert request.startswith(b"POST /hanko/t/login/initialize HTTP/1.1\r\n")


def test_query_values_are_quoted(server):
    with pytest.raises(HankoProtocolError, match="not a list"):
        next(client_at(server.url).list_audit_logs(search="a b&c=é"))
    assert b"&q=a+b%26c%3D%C3%A9&" in server.requests[0]


def test_a_certificate_that_nobody_vouches_for_is_refused_by_every_request(server, tls, monkeypatch):
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
    client = client_at(tls)
    for _ in range(2):
        with pytest.raises(HankoConnectionError, match="SSLError"):
            client.start_login()
    assert server.requests == []


def test_a_certificate_of_the_environment_holds_for_all_requests_of_a_connection(
    server, tls, tmp_path, monkeypatch
):
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", os.fspath(tmp_path / "certificate.pem"))
    client = client_at(tls)
    for _ in range(2):
        client.start_login()
    assert (server.connections, len(server.requests)) == (1, 2)


def test_proxies_and_certificates_of_the_environment_are_read_once_for_each_connection(server, monkeypatch):
    client = client_at(server.url)
    client.start_login()
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    client.start_login()
    assert server.connections == 1
    with pytest.raises(HankoConnectionError, match="ProxyError"):
        client_at(server.url).start_login()


def test_tools_that_watch_requests_see_every_call_and_its_status(server, monkeypatch):
    """OpenTelemetry and others wrap `Session.send`; `responses` wraps `HTTPAdapter.send`."""
    seen = []

    def wrap(owner):
        send = owner.send

        def watched(self, request, **options):
            response = send(self, request, **options)
            seen.append((owner, request.method, request.url, response.status_code, response.reason))
            return response

        monkeypatch.setattr(owner, "send", watched)

    wrap(requests.Session)
    wrap(requests.adapters.HTTPAdapter)
    client_at(server.url).start_login()
    call = ("POST", f"{server.url}/t/login/initialize", 200, "OK")
    assert seen == [(requests.adapters.HTTPAdapter, *call), (requests.Session, *call)]
