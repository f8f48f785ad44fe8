"""A fake Hanko: the Passkey API in memory, for tests and for experiments.

In process::

    fake = FakeHanko()
    tenant = fake.create_tenant(rp_id="example.com", origins=["https://example.com"])
    with in_process(fake):  # https://passkeys.hanko.io, for everything that uses requests
        ...

or on a port: `with serve(fake) as server: server.url`, or `python -m passkeys_django.testing.hanko`.
"""

from .fake import FakeHanko
from .faults import Faults
from .inprocess import WSGIAdapter, in_process
from .server import LoopbackServer, serve
from .state import Credential, Tenant
from .wire.http import Request, Response

__all__ = [
    "Credential",
    "FakeHanko",
    "Faults",
    "LoopbackServer",
    "Request",
    "Response",
    "Tenant",
    "WSGIAdapter",
    "in_process",
    "serve",
]
