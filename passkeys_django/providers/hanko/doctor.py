"""What `passkeys_doctor` asks a tenant of Hanko's Passkey API."""

import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from itertools import islice

from ...hanko import HankoClient, HankoError, diagnosis
from ...hanko.public_api.jwks import usable
from ..findings import Finding, Level
from ..tokens import LEEWAY
from .settings import judge_options, judge_user_verification

NOTICEABLE_SKEW = 5
"""Seconds between two clocks. Over `LEEWAY`, tokens are refused."""
LOOKED_AT = 20
"""Credentials among which to find a passkey."""
NOBODY = "passkeys_doctor"
"""The user id, and the name, under which the doctor starts a registration that it never ends."""
ZONE_STEP = timedelta(minutes=15)
"""The offset of each time zone is a multiple of this."""


def examine_tenant(client: HankoClient, *, user_verification: str) -> Iterator[Finding]:
    """API key, time zone, key set, clock and user verification. Where somebody has a passkey, the expiry of a
    challenge; where nobody has one, how the tenant asks for passkeys. `user_verification` is what this site wants.
    """
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
        yield _time_zone(client)
        yield from _registration(client) if not credentials else ()
    yield _key_set(client)
    yield _clock(client)
    yield from _user_verification(client, user_verification)
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


def _time_zone(client: HankoClient) -> Finding:
    """East of UTC this is all that one can see; west of UTC `_expiry` sees more, once somebody has a passkey."""
    name = "time zone"
    try:
        offset = diagnosis.audit_log_offset(client)
    except (HankoError, ValueError) as exc:
        return Finding(level=Level.WARNING, name=name, message=f"Could not be tested: {exc}")
    if offset is None:
        return Finding(level=Level.WARNING, name=name, message="Not tested: our call is not in the audit log.")
    if abs(offset) < ZONE_STEP / 2:
        return Finding(level=Level.OK, name=name, message="The audit log has the right time.")
    hours = f"{abs(offset) / timedelta(hours=1):.2f} h {'ahead' if offset > timedelta(0) else 'behind'}"
    return Finding(
        level=Level.ERROR,
        name=name,
        message=f"The audit log is {hours}, so the server does not run in UTC. East of UTC challenges live for "
        "hours; west of UTC every registration fails.",
        remedy="Run the server with TZ=UTC in its environment, and let NTP set its clock.",
    )


def _user_verification(client: HankoClient, ours: str) -> Iterator[Finding]:
    with suppress(HankoError):  # a login has started a moment ago, or the doctor would not have come so far
        yield judge_user_verification(client.start_login()["publicKey"].get("userVerification"), ours=ours)


def _registration(client: HankoClient) -> Iterator[Finding]:
    """A tenant in use is asked by its admin API only: a start makes a user, or overwrites the name of one."""
    try:
        options = client.start_registration(user_id=NOBODY, username=NOBODY)["publicKey"]
    except HankoError as exc:
        yield Finding(level=Level.ERROR, name="registration", message=f"No registration can start: {exc}")
    else:
        yield from judge_options(options)


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
