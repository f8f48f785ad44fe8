"""Hanko as a service of our own, to be broken at will."""

import contextlib
from collections.abc import Iterator
from typing import Any

from passkeys_django.testing.hanko import FakeHanko, serve
from tests.servers.people import ORIGIN
from tests.servers.services import free_port


class Hanko:
    """A fake Hanko on a port of its own, to be broken."""

    def __init__(self) -> None:
        self.fake = FakeHanko()
        self.tenant = self.fake.create_tenant(rp_id="example.com", origins=[ORIGIN])
        self._running = contextlib.ExitStack()
        self.port = free_port()
        self.start()

    def start(self) -> None:
        self._server = self._running.enter_context(serve(self.fake, self.port))
        self.url = self._server.url

    def refuse_connections(self) -> None:
        self._running.close()

    @property
    def connections(self) -> int:
        """How many were accepted since it started."""
        return self._server.connections

    @property
    def settings(self) -> dict[str, str]:
        return {
            "PASSKEY_TENANT_ID": self.tenant.id,
            "PASSKEY_SECRET_API_KEY": self.tenant.api_key,
            "PASSKEY_BASE_URL": self.url,
        }

    @contextlib.contextmanager
    def failing(self, **faults: Any) -> Iterator[None]:
        for name, value in faults.items():
            setattr(self.fake.faults, name, value)
        try:
            yield
        finally:
            self.fake.faults.clear()
