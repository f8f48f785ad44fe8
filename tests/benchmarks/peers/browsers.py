"""Browsers that were never here before, but for the login page and its CSRF cookie."""

import socket
import time

from django.test import Client

HEADERS = {"X-CSRFToken": "c" * 32, "X-Requested-With": "XMLHttpRequest"}
CSRF_COOKIE = {"csrftoken": "c" * 32}


class Browser:
    def sign_in(self, person):
        """Returns CPU seconds of this process between a request and its response."""
        login, spent = person.login(), 0.0
        step = next(login)
        try:
            while True:
                began = time.process_time()
                body = self.send(step)
                spent += time.process_time() - began
                step = login.send(body)
        except StopIteration:
            assert "sessionid" in self.cookies, body
        return spent

    def send(self, step):
        """Returns the body of the response."""
        raise NotImplementedError


class ClientBrowser(Browser):
    """Django's test client. A handler that it is given has its middleware loaded, as in a server."""

    def __init__(self, handler=None):
        self.client = Client(enforce_csrf_checks=True, headers=HEADERS)
        self.client.handler = handler or self.client.handler
        self.client.cookies.load(CSRF_COOKIE)

    @property
    def cookies(self):
        return self.client.cookies

    def send(self, step):
        if step.content_type is None:
            response = self.client.get(step.path)
        else:
            response = self.client.post(step.path, step.body, content_type=step.content_type)
        assert response.status_code in (200, 302), response.content
        return response.content


class SocketBrowser(Browser):
    """HTTP to a port of this machine, with as little of its own as can be."""

    def __init__(self, port):
        self.port = port
        self.cookies = dict(CSRF_COOKIE)

    def send(self, step):
        with socket.create_connection(("127.0.0.1", self.port), timeout=30) as connection:
            connection.sendall(self._request(step))
            head, _, body = b"".join(iter(lambda: connection.recv(65536), b"")).partition(b"\r\n\r\n")
        lines = head.decode("latin-1").split("\r\n")
        assert lines[0].split()[1] in ("200", "302"), (lines, body)
        for line in lines[1:]:
            header, _, value = line.partition(": ")
            if header.lower() == "set-cookie":
                name, _, value = value.partition(";")[0].partition("=")
                self.cookies[name] = value
        return body

    def _request(self, step):
        headers = HEADERS | {
            "Host": "testserver",
            "Connection": "close",
            "Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items()),
            "Content-Length": len(step.body),
            "Content-Type": step.content_type or "",
        }
        lines = [f"{'GET' if step.content_type is None else 'POST'} {step.path} HTTP/1.1"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        return "\r\n".join([*lines, "", step.body]).encode()
