"""What `passkeys_doctor` asks a tenant of Hanko's Passkey API."""

import time
from collections.abc import Iterator
from itertools import islice

from ..findings import Finding, Level
from ..hanko import HankoClient, HankoError, diagnosis
from ..hanko.jwks import usable
from ..tokens import LEEWAY

NOTICEABLE_SKEW = 5
"""Seconds between two clocks. Over `LEEWAY`, tokens are refused."""
LOOKED_AT = 20
"""Credentials among which to find a passkey."""


def examine_tenant(client: HankoClient) -> Iterator[Finding]:
    """API key, key set, clock and, where somebody has a passkey, the expiry of a challenge."""
    try:
        credentials = list(islice(client.list_credentials(per_page=LOOKED_AT), LOOKED_AT))
    except (HankoError, ValueError) as exc:
        yield Finding(
            level=Level.ERROR,
            name="API key",
            message=f"The tenant's credentials cannot be listed: {exc}",
            remedy="Set api_key in OPTIONS to an API key of this tenant (88 characters, no JWK secret).",
        )
        credentials = []
    else:
        yield Finding(level=Level.OK, name="API key", message="It opens the tenant.")
    yield _key_set(client)
    yield _clock(client)
    yield _expiry(client, next((each.user_id for each in credentials if each.user_id and not each.is_mfa), None))


def _key_set(client: HankoClient) -> Finding:
    try:
        count = len(usable(client.jwks()))
    except HankoError as exc:
        return Finding(
            level=Level.ERROR,
            name="key set",
            message=f"The keys that tokens are verified with cannot be read: {exc}",
            remedy="Open /<tenant id>/.well-known/jwks.json below base_url. A self-hosted server whose JWK secret "
            "was deleted answers 500 for ever: the tenant must be made anew.",
        )
    return Finding(level=Level.OK, name="key set", message=f"{count} usable.")


def _clock(client: HankoClient) -> Finding:
    began = time.time()
    try:
        theirs = diagnosis.server_time(client.base_url)
    except HankoError as exc:
        return Finding(level=Level.WARNING, name="clock", message=f"Could not be compared: {exc}")
    if theirs is None:
        return Finding(level=Level.OK, name="clock", message="Could not be compared: the server does not tell.")
    skew = round(theirs.timestamp() - (began + time.time()) / 2)
    if abs(skew) <= NOTICEABLE_SKEW:
        return Finding(level=Level.OK, name="clock", message="The same as the server's.")
    return Finding(
        level=Level.ERROR if abs(skew) > LEEWAY else Level.WARNING,
        name="clock",
        message=f"The server's is {abs(skew)} s {'ahead of' if skew > 0 else 'behind'} ours; tokens are refused "
        f"beyond {LEEWAY} s.",
        remedy="Let NTP set the clocks of both machines.",
    )


def _expiry(client: HankoClient, user_id: str | None) -> Finding:
    """Only challenges for a known user expire, so it takes one who has a passkey."""
    name = "expiry"
    if user_id is None:
        return Finding(level=Level.OK, name=name, message="Not tested: the tenant has no passkey yet.")
    try:
        expired = diagnosis.fresh_challenge_expired(client, user_id=user_id)
    except (HankoError, ValueError) as exc:
        return Finding(level=Level.WARNING, name=name, message=f"Could not be tested: {exc}")
    if not expired:
        return Finding(level=Level.OK, name=name, message="A fresh challenge is not expired.")
    return Finding(
        level=Level.ERROR,
        name=name,
        message="The server takes a challenge that it has just made for an expired one.",
        remedy="Run the server with TZ=UTC in its environment: west of UTC every registration fails.",
    )
