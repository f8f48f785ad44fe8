"""Who visits the site while it is fuzzed, and what they carry. Nothing that an example does is left behind."""

import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import transaction
from django.http import HttpResponse
from django.test import Client, RequestFactory
from hypothesis import strategies as st

from passkeys_django.ceremonies import cookies
from passkeys_django.ceremonies.cookies import Purpose
from passkeys_django.models import Passkey
from passkeys_django.testing import SoftwareAuthenticator
from tests.conftest import moved_clock

CSRF_TOKEN = "fuzz" * 8
visitors = st.sampled_from(["nobody", "just now", "just now", "long ago"])


@dataclass(frozen=True, kw_only=True)
class Site:
    """Two people with a passkey each, and the sessions (by kind) that a visitor may have: each is `user`'s."""

    user: AbstractBaseUser
    other_user: AbstractBaseUser
    authenticator: SoftwareAuthenticator
    passkey: Passkey
    other_passkey: Passkey
    sessions: dict[str, str | None]

    def visitor(self, kind: str, *, csrf_checks: bool = True) -> Client:
        """A new client with that session and, for CSRF checks that it passes, the cookie of CSRF_TOKEN."""
        client = Client(enforce_csrf_checks=csrf_checks)
        client.cookies["csrftoken"] = CSRF_TOKEN
        if key := self.sessions[kind]:
            client.cookies["sessionid"] = key
        return client

    def begun(self, purpose: Purpose, *, age: float, provider: str, whose: str | None, **flags: Any) -> "Begun":
        """A ceremony that was begun so many seconds ago, for `whose` "user" or "other_user" or nobody."""
        challenge = f"{time.time_ns():032d}"
        verification = "required" if flags.pop("verification") else "preferred"
        options = {"challenge": challenge, "userVerification": verification}
        request = RequestFactory().get("/passkeys/")
        user = None if whose is None else getattr(self, whose)
        with moved_clock(-age):
            cookies.begin(request, options, purpose=purpose, provider=provider, user=user, **flags)
        written = cookies.apply_cookies(request, HttpResponse()).cookies
        return Begun(challenge=challenge, cookies={name: morsel.value for name, morsel in written.items()})


@dataclass(frozen=True, kw_only=True)
class Begun:
    """A challenge, and the authentic cookie that goes with it."""

    challenge: str
    cookies: dict[str, str]

    def request_options(self) -> dict[str, Any]:
        return {"challenge": self.challenge, "rpId": "testserver"}

    def creation_options(self) -> dict[str, Any]:
        return {
            "challenge": self.challenge,
            "rp": {"id": "testserver"},
            "user": {"id": "aGFuZGxl"},
            "pubKeyCredParams": [{"type": "public-key", "alg": -7}],
        }


@contextmanager
def undone():
    """Whatever happens inside is taken back."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)
