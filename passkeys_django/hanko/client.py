"""The public API of one tenant."""

from collections.abc import Iterator, Mapping
from typing import Any, cast
from urllib.parse import quote

from . import guards
from .exceptions import HankoError
from .http import Reply, Transport
from .types import (
    AuthenticationCredential,
    CreationOptions,
    Credential,
    JSONWebKey,
    RegistrationCredential,
    RequestOptions,
)

MAX_TOTAL_DIGITS = 12  # of X-Total-Count


class HankoClient:
    """Hanko's Passkey API (server 1.2 or newer), hosted or self-hosted. Safe to share between threads.

    `api_key` is needed for registrations, for logins of a given user and for credentials. Time-outs are in
    seconds; a call ends after at most two attempts to connect and twice the read time-out. Nothing is sent twice.

    Every method may raise HankoTransportError and HankoAPIError (`exceptions.py` draws the tree), and ValueError,
    before anything is sent, for an argument that the server would stumble over.
    """

    def __init__(
        self,
        *,
        tenant_id: str,
        api_key: str | None = None,
        base_url: str = "https://passkeys.hanko.io",
        connect_timeout: float = 3.05,
        read_timeout: float = 5.0,
    ) -> None:
        self.tenant_id = tenant_id
        self.base_url = base_url
        self._api_key = api_key
        self._transport = Transport(base_url=base_url, connect_timeout=connect_timeout, read_timeout=read_timeout)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(tenant_id={self.tenant_id!r}, base_url={self.base_url!r})"

    def start_registration(
        self, *, user_id: str, username: str, display_name: str | None = None, icon: str | None = None
    ) -> CreationOptions:
        """POST /registration/initialize: creation options for the browser.

        `user_id`: at most 64 bytes and never exactly 16 (trap 1). Names: at most 128 code points, not blank
        (trap 18); they overwrite the user's at once, whether or not the ceremony ends (trap 12). `icon`: a URL of
        at most 255. Raises HankoInvalidKey; HankoProtocolError without a challenge.
        """
        body = {
            "user_id": guards.user_id(user_id),
            "username": guards.text("username", username, limit=guards.NAME_MAX),
        }
        if display_name is not None:
            body["display_name"] = guards.text("display_name", display_name, limit=guards.NAME_MAX)
        if icon is not None:
            body["icon"] = guards.text("icon", icon)
        reply = self._call("POST", "/registration/initialize", body=body, with_key=True)
        return cast(CreationOptions, _options(reply))

    def finalize_registration(self, *, credential: RegistrationCredential) -> str:
        """POST /registration/finalize: the token, a JWT that the caller must verify.

        Raises HankoRefused (400, 401, 422: the credential or its challenge was refused), HankoNotFound (the user
        was deleted since), HankoServerError (also when the credential id exists already, in any tenant: trap 4).
        """
        return _token(
            self._call("POST", "/registration/finalize", body=guards.registration(credential), finalize=True)
        )

    def start_login(self, *, user_id: str | None = None) -> RequestOptions:
        """POST /login/initialize: request options for the browser, for anybody or for one user.

        Without `user_id` no API key is needed and the challenge never expires at Hanko (trap 10). With it,
        `allowCredentials` names the user's passkeys; an answer without it would let anybody in and raises
        HankoProtocolError (trap 6). Raises HankoNotFound for an unknown user, HankoUserWithoutCredentials for one
        without passkeys (trap 5).
        """
        body = {} if user_id is None else {"user_id": guards.user_id(user_id)}
        reply = self._call("POST", "/login/initialize", body=body, with_key=user_id is not None)
        options = _options(reply)
        if user_id is not None and not _is_filled_list(options["publicKey"].get("allowCredentials")):
            raise reply.unexpected("login options for one user without allowCredentials")
        return cast(RequestOptions, options)

    def finalize_login(self, *, credential: AuthenticationCredential) -> str:
        """POST /login/finalize: the token, a JWT that the caller must verify.

        One assertion sent twice at the same time may succeed twice (trap 2), and tokens of one second are the same
        (trap 3): single use is the caller's. Raises HankoRefused (400, 401, 422: the credential or its challenge
        was refused).
        """
        return _token(self._call("POST", "/login/finalize", body=guards.authentication(credential), finalize=True))

    def list_credentials(self, *, user_id: str | None = None, per_page: int = 100) -> Iterator[Credential]:
        """GET /credentials: one user's or the whole tenant's, second factors included, oldest first, page by page
        (trap 15).

        Lists what was there when the first page was read. A credential that is deleted meanwhile moves the later
        ones forward, so one of them may be missed: make a list before deleting.
        """
        if per_page < 1:
            raise ValueError("per_page must be at least 1")
        params = {"order": "asc", "per_page": str(per_page)}
        if user_id is not None:  # an empty one would list the whole tenant
            params["user_id"] = guards.text("user_id", user_id)
        return self._pages(params, per_page)

    def get_credential(self, credential_id: str) -> Credential:
        """GET /credentials/{id}. Raises HankoNotFound (HankoTenantNotFound says nothing about the credential)."""
        reply = self._call("GET", _credential_path(credential_id), with_key=True)
        return _credential(reply, reply.json())

    def rename_credential(self, credential_id: str, *, name: str) -> None:
        """PATCH /credentials/{id}: at most 255 code points, not blank (trap 18). Raises HankoNotFound."""
        body = {"name": guards.text("name", name)}  # nothing else: other keys choose another credential (trap 9)
        self._call("PATCH", _credential_path(credential_id), body=body, with_key=True)

    def delete_credential(self, credential_id: str) -> None:
        """DELETE /credentials/{id}, without a body (trap 9). The user stays. Raises HankoNotFound."""
        self._call("DELETE", _credential_path(credential_id), with_key=True)

    def jwks(self) -> list[JSONWebKey]:
        """GET /.well-known/jwks.json: the tenant's keys as they come; `KeySet` keeps the usable ones."""
        reply = self._call("GET", "/.well-known/jwks.json")
        found = reply.json()
        keys = found.get("keys") if isinstance(found, dict) else None
        if not isinstance(keys, list) or not all(isinstance(key, dict) for key in keys):
            raise reply.unexpected("a key set without keys")
        return cast(list[JSONWebKey], keys)

    def is_alive(self) -> bool:
        """GET / of the base URL, the status page, which looks at the server's database too. Raises nothing."""
        try:
            self._transport.request("GET", "/")
        except HankoError:
            return False
        return True

    def _call(
        self,
        method: str,
        path: str,
        *,
        body: Mapping[str, Any] | None = None,
        params: Mapping[str, str] | None = None,
        with_key: bool = False,
        finalize: bool = False,
    ) -> Reply:
        """The key goes only where it is needed."""
        headers = {"apiKey": guards.api_key(self._api_key)} if with_key else None
        tenant = quote(self.tenant_id, safe=":")
        return self._transport.request(
            method, f"/{tenant}{path}", params=params, body=body, headers=headers, finalize=finalize
        )

    def _pages(self, params: Mapping[str, str], per_page: int) -> Iterator[Credential]:
        """Count pages with the first total: Link holds an address that may be wrong, and a listing that grows
        while it is read would have no end. Oldest first, so new ones do not shift the pages; those of equal time
        have no order and may come twice, on neighbouring pages."""
        page, pages = 1, 1
        before: set[str] = set()
        while page <= pages:
            reply = self._call("GET", "/credentials", params={**params, "page": str(page)}, with_key=True)
            found = _credentials(reply)
            if page == 1:
                pages = -(-_total(reply) // per_page)
            if not found:
                return
            yield from (credential for credential in found if credential.id not in before)
            before = {credential.id for credential in found}
            page += 1


def _credential_path(credential_id: str) -> str:
    return f"/credentials/{guards.credential_id(credential_id)}"


def _options(reply: Reply) -> dict[str, Any]:
    found = reply.json()
    options = found.get("publicKey") if isinstance(found, dict) else None
    if not isinstance(options, dict) or not _is_filled(options.get("challenge")):
        raise reply.unexpected("options without publicKey.challenge")
    return cast(dict[str, Any], found)


def _token(reply: Reply) -> str:
    found = reply.json()
    token = found.get("token") if isinstance(found, dict) else None
    if not isinstance(token, str) or not _is_filled(token):
        raise reply.unexpected("no token")
    return token


def _credentials(reply: Reply) -> list[Credential]:
    found = reply.json()
    if not isinstance(found, list):
        raise reply.unexpected("credentials that are no list")
    return [_credential(reply, row) for row in found]


def _credential(reply: Reply, row: Any) -> Credential:
    try:
        return Credential.from_wire(row)
    except ValueError as exc:
        raise reply.unexpected(str(exc)) from exc


def _total(reply: Reply) -> int:
    total = reply.headers.get("X-Total-Count", "")
    if not (total.isascii() and total.isdigit() and len(total) <= MAX_TOTAL_DIGITS):
        raise reply.unexpected("a page without X-Total-Count")
    return int(total)


def _is_filled(value: object) -> bool:
    return isinstance(value, str) and value != "" and value.isascii()


def _is_filled_list(value: object) -> bool:
    return isinstance(value, list) and len(value) > 0
