"""Both ceremonies from start to finalize, on Django's test client."""

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeAlias, Unpack
from urllib.parse import urlencode

from django.test import Client
from django.urls import reverse

from .authenticator import SoftwareAuthenticator
from .overrides import CreateOverrides, GetOverrides

if TYPE_CHECKING:  # only the stubs know this HttpResponse with `json()` and `context`
    from django.test.client import _MonkeyPatchedWSGIResponse as Response

Headers: TypeAlias = Mapping[str, str] | None


def register(
    client: Client,
    authenticator: SoftwareAuthenticator,
    *,
    start: Mapping[str, Any] | None = None,
    headers: Headers = None,
    **overrides: Unpack[CreateOverrides],
) -> "Response":
    """Make a passkey for the user who is signed in at `client`. The response is 201 with the passkey as JSON.

    `start` is the body of start-registration; `overrides` falsify the authenticator's answer. If the site refuses
    the start, that response is returned. Raises CredentialExcluded if this authenticator already has a passkey of
    the user.
    """
    options = _post(client, authenticator, "start-registration", start or {}, headers)
    if options.status_code != 200:
        return options
    credential = authenticator.create(options.json(), **overrides)
    return _post(client, authenticator, "finalize-registration", credential, headers)


def login(
    client: Client,
    authenticator: SoftwareAuthenticator,
    *,
    next: str | None = None,
    start: Mapping[str, Any] | None = None,
    headers: Headers = None,
    credential_id: str | None = None,
    **overrides: Unpack[GetOverrides],
) -> "Response":
    """Sign in at `client` with a passkey. The response is 200 with `redirect_url` as JSON.

    `next` is the page to go to after the login; `start` is the body of start-login; `credential_id` names the
    passkey to use (by default the newest); `overrides` falsify the authenticator's answer. If the site refuses the
    start, that response is returned. Raises NoSuitableCredential if the authenticator has no passkey of this site.
    """
    options = _post(client, authenticator, "start-login", start or {}, headers)
    if options.status_code != 200:
        return options
    credential = authenticator.get(options.json(), credential_id=credential_id, **overrides)
    query = f"?{urlencode({'next': next})}" if next else ""
    return _post(client, authenticator, "finalize-login", credential, headers, query)


def login_in_two_steps(
    client: Client,
    authenticator: SoftwareAuthenticator,
    url: str,
    data: Mapping[str, Any],
    *,
    headers: Headers = None,
    credential_id: str | None = None,
    **overrides: Unpack[GetOverrides],
) -> "Response":
    """Sign in at the login page `url` with the name and password in `data`, then with a passkey or security key.

    The response is that of the page to the second round. If the page asks for no second step, its first response
    is returned. The other arguments are those of `login`.
    """
    headers = {"Accept": "application/json", **(headers or {})}
    first = _post_form(client, authenticator, url, data, headers)
    problem = first.json() if first["Content-Type"] == "application/problem+json" else {}
    if problem.get("code") != "second_step_required":
        return first
    token = problem["token"]
    start = {"purpose": "second-step", "token": token}
    options = _post(client, authenticator, "start-login", start, headers)
    if options.status_code != 200:
        return options
    credential = authenticator.get(options.json(), credential_id=credential_id, **overrides)
    kept = {name: value for name, value in data.items() if name != "password"}
    second = {**kept, "token": token, "passkey": json.dumps(credential)}
    return _post_form(client, authenticator, url, second, headers)


def sign(
    client: Client,
    authenticator: SoftwareAuthenticator,
    url: str,
    data: Mapping[str, Any],
    *,
    headers: Headers = None,
    credential_id: str | None = None,
    **overrides: Unpack[GetOverrides],
) -> "Response":
    """Fill in the signed form at `url` with `data`, and sign it with a passkey.

    The response is 201 with `signature` and `redirect_url` as JSON. If the form or the site refuses the first
    post, that response is returned. The other arguments are those of `login`.
    """
    headers = {"Accept": "application/json", **(headers or {})}
    first = _post_form(client, authenticator, url, data, headers)
    if first.status_code != 200:
        return first
    credential = authenticator.get(first.json(), credential_id=credential_id, **overrides)
    return _post_form(client, authenticator, url, {**data, "passkey": json.dumps(credential)}, headers)


def _post_form(
    client: Client, authenticator: SoftwareAuthenticator, url: str, data: Mapping[str, Any], headers: Headers
) -> "Response":
    """Send a form; by https if the authenticator's origin is https."""
    return client.post(url, data, headers=dict(headers or {}), secure=_is_https(authenticator))


def _is_https(authenticator: SoftwareAuthenticator) -> bool:
    return authenticator.origin.startswith("https:")


def _post(
    client: Client,
    authenticator: SoftwareAuthenticator,
    name: str,
    body: Mapping[str, Any],
    headers: Headers,
    query: str = "",
) -> "Response":
    """Send JSON to the endpoint; by https if the authenticator's origin is https, as a site may redirect http."""
    return client.post(
        reverse(f"passkeys:{name}") + query,
        json.dumps(body),
        content_type="application/json",
        headers=dict(headers or {}),
        secure=_is_https(authenticator),
    )
