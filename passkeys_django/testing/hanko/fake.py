"""The fake itself: its state, its faults, and two WSGI applications."""

import logging
import secrets
import time
import uuid
from collections.abc import Callable, Iterable, Sequence
from typing import Any
from wsgiref.types import StartResponse, WSGIEnvironment

from cryptography.hazmat.primitives.asymmetric import rsa

from ..encoding import b64url
from .clock import Clock
from .endpoints import admin, public, tenants
from .faults import ConnectionDropped, Faults
from .keys import pooled_keys
from .state import Credential, State, Tenant, User, new_secret
from .wire.http import Request, Response, internal_error, read_request, send

#: The name in the WSGI environment for the read timeout of a caller in the same process
PATIENCE = "passkeys_django.patience"

logger = logging.getLogger(__name__)

Answer = Callable[[State, Request], Response]


def _random_id(kind: str) -> str:
    return str(uuid.uuid4())


def _random_challenge() -> bytes:
    return secrets.token_bytes(32)


class FakeHanko:
    """Hanko's Passkey API 1.2.2 in memory, with real signatures and real tokens.

    `wsgi` is the public API, `admin_wsgi` the admin API. `faults` makes the fake misbehave at any moment.
    `requests` lists (method, path) of every request, faulty or not. `errors` lists bugs of the fake.
    """

    def __init__(
        self,
        *,
        clock: Clock = time.time,
        ids: Callable[[str], str] = _random_id,
        challenges: Callable[[], bytes] = _random_challenge,
        keys: Callable[[], rsa.RSAPrivateKey] | None = None,
        api_keys: Callable[[], str] = new_secret,
        strict_expiry: bool = False,
        single_use: bool = True,
        utc_offset: float = 0,
    ) -> None:
        """`ids` gets the kind of object to name: tenant, secret, key, user, transaction or audit.

        With `strict_expiry`, discoverable logins expire too, as they may in later versions. With
        `single_use=False`, a challenge stays usable after a success, as at the real server for finalizes at the
        same time. `utc_offset` is the offset of the server's time zone in seconds, positive in the east: a good
        server has 0. A test can change `state.utc_offset` at any moment.
        """
        self.state = State(
            clock=clock,
            ids=ids,
            challenges=challenges,
            keys=keys or pooled_keys(),
            secrets=api_keys,
            strict_expiry=strict_expiry,
            single_use=single_use,
            utc_offset=utc_offset,
        )
        self.faults = Faults()
        self.requests: list[tuple[str, str]] = []
        self.errors: list[Exception] = []

    def create_tenant(
        self,
        *,
        rp_id: str,
        origins: Sequence[str],
        display_name: str = "Demo",
        user_verification: str = "required",
        timeout: int = 60000,
        cors_origins: Sequence[str] | None = None,
        **webauthn: Any,
    ) -> Tenant:
        """A new tenant with an API key. `webauthn`: further members of this part of the configuration."""
        party = {"id": rp_id, "display_name": display_name, "origins": list(origins)}
        ceremony = {"timeout": timeout, "user_verification": user_verification, **webauthn}
        configuration = {
            "cors": {"allowed_origins": list(cors_origins or origins), "allow_unsafe_wildcard": False},
            "webauthn": {"relying_party": party, "attestation_preference": "none", **ceremony},
        }
        with self.state.lock:
            return tenants.create(self.state, display_name, configuration, api_key=True)

    def add_credential(
        self, tenant: Tenant, *, user_id: str, public_key: bytes, credential_id: str | None = None, **members: Any
    ) -> Credential:
        """Store a credential without a ceremony, and its user if unknown. For tests that need thousands.

        `members` are members of `Credential`; times are in nanoseconds since 1970.
        """
        with self.state.lock:
            user = tenant.users.get(user_id)
            if user is None:
                name = user_id
                user = User(id=self.state.ids("user"), user_id=user_id, name=name, display_name=name, icon="")
                tenant.users[user_id] = user
            credential_id = credential_id or b64url(secrets.token_bytes(20))
            now = self.state.stored_now()
            given = {"name": f"cred-{credential_id}", "created_at": now, "last_used_at": now, **members}
            credential = Credential(id=credential_id, user=user, public_key=b64url(public_key), **given)
            self.state.add_credential(tenant, credential)
            return credential

    def rotate_keys(self, tenant: Tenant) -> None:
        """Sign the next token with a new key. The old key stays in the key set."""
        with self.state.lock:
            name = f"rotation {len(tenant.secrets)}"
            tenants.add_secret(self.state, tenant, kind="jwk", name=name)

    def wsgi(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """The public API."""
        return self._serve(environ, start_response, public.answer)

    def admin_wsgi(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """The admin API, which does not ask for a key."""
        return self._serve(environ, start_response, admin.answer)

    def _serve(self, environ: WSGIEnvironment, start_response: StartResponse, answer: Answer) -> Iterable[bytes]:
        request = read_request(environ)
        self.requests.append((request.method, request.path))
        response = self.faults.before(request, patience=environ.get(PATIENCE))
        if response is None:
            with self.state.lock:
                response = self._robust(answer, request)
        return send(request, self.faults.after(request, response), start_response)

    def _robust(self, answer: Answer, request: Request) -> Response:
        """Turn an unexpected exception into an internal error, as the real server does, but log and record it."""
        try:
            return answer(self.state, request)
        except ConnectionDropped:
            raise
        except Exception as error:
            self.errors.append(error)
            logger.exception("%s %s", request.method, request.path)
            return internal_error().response()
