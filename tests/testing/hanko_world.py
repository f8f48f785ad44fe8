"""A fake Hanko with one tenant, and a browser that talks to it."""

from dataclasses import dataclass, field
from typing import Any

import requests

from passkeys_django.testing import SoftwareAuthenticator
from passkeys_django.testing.hanko import FakeHanko, Tenant, WSGIAdapter

ORIGIN = "http://localhost:8000"
PUBLIC, ADMIN = "http://public.test", "http://admin.test"


@dataclass
class World:
    """Everything needed to go through ceremonies."""

    fake: FakeHanko = field(default_factory=FakeHanko)
    base: str = PUBLIC
    tenant: Tenant = field(init=False)
    session: requests.Session = field(init=False)
    authenticator: SoftwareAuthenticator = field(init=False)

    def __post_init__(self) -> None:
        self.tenant = self.fake.create_tenant(rp_id="localhost", origins=[ORIGIN])
        self.authenticator = SoftwareAuthenticator(origin=ORIGIN)
        self.session = requests.Session()
        self.session.mount(PUBLIC, WSGIAdapter(self.fake.wsgi))
        self.session.mount(ADMIN, WSGIAdapter(self.fake.admin_wsgi))

    def call(self, method: str, path: str, body: Any = None, **options: Any) -> requests.Response:
        headers = {"apiKey": self.tenant.api_key, **options.pop("headers", {})}
        url = f"{self.base}/{self.tenant.id}{path}"
        return self.session.request(method, url, json=body, headers=headers, **options)

    def admin(self, method: str, path: str, body: Any = None, **options: Any) -> requests.Response:
        return self.session.request(method, ADMIN + path, json=body, **options)

    def register(self, user_id: str = "ada-1", kind: str = "", **overrides: Any) -> requests.Response:
        start = self.call("POST", f"{kind}/registration/initialize", {"user_id": user_id, "username": user_id})
        answer = self.authenticator.create(start.json(), **overrides)
        return self.call("POST", f"{kind}/registration/finalize", answer)

    def start_login(self, user_id: str | None = None, kind: str = "") -> Any:
        return self.call("POST", f"{kind}/login/initialize", {"user_id": user_id} if user_id else {}).json()

    def login(self, user_id: str | None = None, kind: str = "", **overrides: Any) -> requests.Response:
        answer = self.authenticator.get(self.start_login(user_id, kind), **overrides)
        return self.call("POST", f"{kind}/login/finalize", answer)
