"""`python -m passkeys_django.testing.hanko`: run a fake Hanko on a port of this machine, until Ctrl-C."""

import argparse
import contextlib
import threading
from collections.abc import Callable, Sequence

from .fake import FakeHanko
from .server import serve


def main(arguments: Sequence[str] | None = None, *, wait: Callable[[], object] | None = None) -> int:
    """Make a tenant, print its addresses and key, and serve until `wait` returns; by default for ever."""
    options = _parser().parse_args(arguments)
    fake = FakeHanko()
    origins = options.origin or ["http://localhost:8000"]
    tenant = fake.create_tenant(rp_id=options.rp_id, origins=origins, display_name=options.name)
    with contextlib.ExitStack() as stack:
        server = stack.enter_context(serve(fake, options.port))
        print(f"base_url: {server.url}")
        if options.admin_port is not None:
            print(f"admin_url: {stack.enter_context(serve(fake, options.admin_port, admin=True)).url}")
        print(f"tenant_id: {tenant.id}\napi_key: {tenant.api_key}", flush=True)
        with contextlib.suppress(KeyboardInterrupt):
            (wait or threading.Event().wait)()
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m passkeys_django.testing.hanko", description=__doc__)
    parser.add_argument("--port", type=int, default=8001, help="port of the public API (default: 8001)")
    parser.add_argument("--admin-port", type=int, help="port of the admin API (default: not served)")
    parser.add_argument("--rp-id", default="localhost", help="RP ID of the tenant (default: localhost)")
    parser.add_argument(
        "--origin", action="append", help="allowed origin, repeatable (default: http://localhost:8000)"
    )
    parser.add_argument("--name", default="Demo", help="name of the relying party (default: Demo)")
    return parser


if __name__ == "__main__":
    raise SystemExit(main())
