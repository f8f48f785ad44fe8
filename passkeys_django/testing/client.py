"""Both ceremonies from start to finalize, on Django's test client."""

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeAlias, Unpack
from urllib.parse import urlencode

from django.test import Client
from django.urls import reverse

from .authenticator import SoftwareAuthenticator
from .overrides import CreateOverrides, GetOverrides

if TYPE_CHECKING:  # HttpResponse with `json()` and `context`, as only the stubs know it
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
    """Make a passkey for whoever is signed in at `client`; 201 with the passkey as JSON.

    `start` is the body of start-registration, `overrides` falsify the authenticator's answer. A start that is
    refused is what is returned. Raises CredentialExcluded if this authenticator has a passkey of the user already.
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
    """Sign in at `client` with a passkey; 200 with `redirect_url` as JSON, and `client` is signed in.

    `next` is where to go afterwards, `start` the body of start-login, `credential_id` which passkey to use (the
    newest, unless named), `overrides` falsify the authenticator's answer. A start that is refused is what is
    returned. Raises NoSuitableCredential if the authenticator has no passkey of this site.
    """
    options = _post(client, authenticator, "start-login", start or {}, headers)
    if options.status_code != 200:
        return options
    credential = authenticator.get(options.json(), credential_id=credential_id, **overrides)
    query = f"?{urlencode({'next': next})}" if next else ""
    return _post(client, authenticator, "finalize-login", credential, headers, query)


def _post(
    client: Client,
    authenticator: SoftwareAuthenticator,
    name: str,
    body: Mapping[str, Any],
    headers: Headers,
    query: str = "",
) -> "Response":
    """By https where the authenticator's origin is: sites may redirect everything else."""
    return client.post(
        reverse(f"passkeys:{name}") + query,
        json.dumps(body),
        content_type="application/json",
        headers=dict(headers or {}),
        secure=authenticator.origin.startswith("https:"),
    )
