"""How `passkeys_doctor` examines a tenant of Hanko's Passkey API."""

import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from itertools import islice

from ...environment import API_KEY, BASE_URL, TENANT_ID
from ...hanko import HankoClient, HankoError, diagnosis
from ...hanko.public_api.jwks import usable
from ..findings import Finding, Level
from ..tokens import LEEWAY
from .settings import judge_options, judge_user_verification

NOTICEABLE_SKEW = 5
"""Seconds between two clocks that are worth a warning. Over `LEEWAY`, tokens are refused."""
LOOKED_AT = 20
"""How many credentials the doctor lists to find a passkey."""
NOBODY = "passkeys_doctor"
"""User id and name with which the doctor starts a registration. The doctor never finishes that registration."""
ZONE_STEP = timedelta(minutes=15)
"""The offset of each time zone is a multiple of this."""


def examine_tenant(client: HankoClient, *, user_verification: str) -> Iterator[Finding]:
    """Examine API key, time zone, key set, clock and user verification.

    If the tenant has a passkey, also examine the expiry of a challenge; if not, how the tenant asks for passkeys.
    `user_verification` is this site's setting.
    """
    try:
        credentials = list(islice(client.list_credentials(per_page=LOOKED_AT), LOOKED_AT))
    except (HankoError, ValueError) as exc:
        yield Finding(
            level=Level.ERROR,
            name="API key",
            message=f"The tenant's credentials cannot be listed: {exc}",
            remedy=f"Set api_key ({API_KEY}) to an API key of this tenant (88 characters; not a JWK secret).",
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
            message=f"The keys that verify tokens cannot be read: {exc}",
            remedy=f"Open /<tenant id>/.well-known/jwks.json below base_url ({TENANT_ID}, {BASE_URL}). "
            "If the JWK secret of a self-hosted server was deleted, the server answers 500 for ever: then create "
            "a new tenant.",
        )
    return Finding(level=Level.OK, name="key set", message=f"{count} usable.")


def _clock(client: HankoClient) -> Finding:
    began = time.time()
    try:
        theirs = diagnosis.server_time(client.base_url)
    except HankoError as exc:
        return Finding(level=Level.WARNING, name="clock", message=f"The clocks could not be compared: {exc}")
    if theirs is None:
        return Finding(level=Level.OK, name="clock", message="Not compared: the server does not tell its time.")
    skew = round(theirs.timestamp() - (began + time.time()) / 2)
    if abs(skew) <= NOTICEABLE_SKEW:
        return Finding(level=Level.OK, name="clock", message="The same as the server's.")
    return Finding(
        level=Level.ERROR if abs(skew) > LEEWAY else Level.WARNING,
        name="clock",
        message=f"The server's clock is {abs(skew)} s {'ahead of' if skew > 0 else 'behind'} ours. With more than "
        f"{LEEWAY} s, tokens are refused.",
        remedy="Let NTP set the clocks of both machines.",
    )


def _time_zone(client: HankoClient) -> Finding:
    """Compare the audit log's time with ours. East of UTC, no other test can find a wrong time zone.

    West of UTC, `_expiry` finds it too, as soon as the tenant has a passkey.
    """
    name = "time zone"
    try:
        offset = diagnosis.audit_log_offset(client)
    except (HankoError, ValueError) as exc:
        return Finding(level=Level.WARNING, name=name, message=f"The time zone could not be tested: {exc}")
    if offset is None:
        return Finding(level=Level.WARNING, name=name, message="Not tested: our call is not in the audit log.")
    if abs(offset) < ZONE_STEP / 2:
        return Finding(level=Level.OK, name=name, message="The audit log has the right time.")
    hours = f"{abs(offset) / timedelta(hours=1):.2f} h {'ahead' if offset > timedelta(0) else 'behind'}"
    return Finding(
        level=Level.ERROR,
        name=name,
        message=f"The audit log is {hours}, so the server does not run in UTC. East of UTC, challenges stay valid "
        "for hours; west of UTC, every registration fails.",
        remedy="Run the server with TZ=UTC in its environment, and let NTP set its clock.",
    )


def _user_verification(client: HankoClient, ours: str) -> Iterator[Finding]:
    with suppress(HankoError):  # a server that does not answer has been reported above
        yield judge_user_verification(client.start_login()["publicKey"].get("userVerification"), ours=ours)


def _registration(client: HankoClient) -> Iterator[Finding]:
    """Start a registration and look at its options.

    Only for a tenant without credentials, because a start creates a user or overwrites a user's name. For a tenant
    in use, the admin API shows the same values (`judge_configuration`).
    """
    try:
        options = client.start_registration(user_id=NOBODY, username=NOBODY)["publicKey"]
    except HankoError as exc:
        yield Finding(level=Level.ERROR, name="registration", message=f"No registration can start: {exc}")
    else:
        yield from judge_options(options)


def _expiry(client: HankoClient, user_id: str | None) -> Finding:
    """Does a fresh challenge count as expired? Only the challenge of a user with a passkey (`user_id`) expires."""
    name = "expiry"
    if user_id is None:
        return Finding(level=Level.OK, name=name, message="Not tested: the tenant has no passkey yet.")
    try:
        expired = diagnosis.fresh_challenge_expired(client, user_id=user_id)
    except (HankoError, ValueError) as exc:
        return Finding(level=Level.WARNING, name=name, message=f"The expiry could not be tested: {exc}")
    if not expired:
        return Finding(level=Level.OK, name=name, message="A fresh challenge is not expired.")
    return Finding(
        level=Level.ERROR,
        name=name,
        message="The server says that a challenge has expired, although the server has just made it.",
        remedy="Run the server with TZ=UTC in its environment: west of UTC, every registration fails.",
    )
