"""The ceremony cookies: what we remember of a challenge lives in the browser that asked for it.

One signed cookie a challenge, named after its digest, so that tabs cannot disturb one another, nothing is
stored for visitors who never answer, and a challenge is worth nothing in another browser. It is readable by
its owner: nothing secret goes in.
"""

import hashlib
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from enum import StrEnum
from typing import Any, TypeVar

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.core.signing import BadSignature, Signer
from django.http import HttpRequest, HttpResponseBase
from django.views.decorators.debug import sensitive_variables

from ..conf import CEREMONY_MAX_AGE
from ..exceptions import CeremonyExpired, CeremonyNotFound
from ..protocol.base64url import base64url_encode

MAX_AHEAD = 30
"""Seconds that another server's clock may be ahead of ours."""
MAX_COOKIES = 8
MAX_BYTES = 4000
"""Of all ceremony cookies together: a request header of more than 8 kB is refused by many servers."""
PREFIX = "passkey_"
_DELETABLE = re.compile(f"{PREFIX}[A-Za-z0-9_-]+")
"""Other names may begin like ours, and Django refuses to write some of them."""
_CHANGES = "_passkeys_cookie_changes"
Response = TypeVar("Response", bound=HttpResponseBase)


class Purpose(StrEnum):
    """What a challenge was given out for; it is good for nothing else."""

    REGISTER = "register"
    LOGIN = "login"
    CONFIRM = "confirm"
    SIGNUP = "signup"


@dataclass(frozen=True, kw_only=True)
class Ceremony:
    """A challenge that we gave out. `issued_at` is in microseconds, `provider` the identity of who made it.

    `user` is a keyed hash of challenge and user, so that the cookie tells nobody who they are. A sign-up has none
    yet, but the user handle that the authenticator is given, and the form that was filled in.
    """

    challenge: str
    purpose: Purpose
    provider: str
    issued_at: int
    user_verification: bool
    user_presence: bool
    user: str
    handle: str = ""
    form: dict[str, Any] = field(default_factory=dict)

    @property
    def digest(self) -> str:
        """Names the challenge in cookies and among the spent ones."""
        return challenge_digest(self.challenge)

    @property
    def began_at(self) -> float:
        """`issued_at` in seconds."""
        return self.issued_at / 1_000_000

    def belongs_to(self, user: AbstractBaseUser) -> bool:
        """Was it begun for this user? SECRET_KEY_FALLBACKS count."""
        try:
            _user_signer().unsign(f"{self.challenge}.{user.pk}:{self.user}")
        except BadSignature:
            return False
        return True


def begin(
    request: HttpRequest,
    options: dict[str, Any],
    *,
    purpose: Purpose,
    provider: str,
    user: AbstractBaseUser | None = None,
    conditional: bool = False,
    handle: str = "",
    form: dict[str, Any] | None = None,
) -> None:
    """Remember the challenge of these options in a cookie of the response to come."""
    selection = options.get("authenticatorSelection", options)
    ceremony = Ceremony(
        challenge=options["challenge"],
        purpose=purpose,
        provider=provider,
        issued_at=now(),
        user_verification=selection.get("userVerification") == "required",
        user_presence=not conditional,
        user="" if user is None else _user_signer().signature(f"{options['challenge']}.{user.pk}"),
        handle=handle,
        form=form or {},
    )
    value = _signer().sign_object(list(vars(ceremony).values()))
    name = PREFIX + ceremony.digest
    _make_room(request, len(name) + len(value))
    _changes(request)[name] = value


def find(request: HttpRequest, challenge: str, *purposes: Purpose) -> Ceremony:
    """The ceremony of this challenge, if this browser began it for one of these purposes.

    Raises CeremonyNotFound or CeremonyExpired.
    """
    cookie = request.COOKIES.get(PREFIX + challenge_digest(challenge), "")
    ceremony = _read(cookie)
    if ceremony is None or ceremony.challenge != challenge or ceremony.purpose not in purposes:
        raise CeremonyNotFound("no valid cookie for this challenge")
    age = now() - ceremony.issued_at
    if not -MAX_AHEAD * 1_000_000 <= age <= CEREMONY_MAX_AGE * 1_000_000:
        raise CeremonyExpired(f"the challenge is {age // 1_000_000} s old")
    return ceremony


def forget(request: HttpRequest, challenge: str) -> None:
    """Delete the challenge's cookie with the response to come, if the browser sent one."""
    name = PREFIX + challenge_digest(challenge)
    if name in request.COOKIES:
        _changes(request)[name] = None


@sensitive_variables()
def apply_cookies(request: HttpRequest, response: Response) -> Response:
    """Write the cookie changes that the ceremony functions left on the request. Call it on errors too."""
    path = request.path[: request.path.rfind("/") + 1]
    for name, value in _changes(request).items():
        if value is None:
            response.delete_cookie(name, path=path, samesite="Lax")
        else:
            response.set_cookie(
                name,
                value,
                max_age=CEREMONY_MAX_AGE,
                path=path,
                secure=settings.SESSION_COOKIE_SECURE,
                httponly=True,
                samesite="Lax",
            )
    return response


def challenge_digest(challenge: str) -> str:
    """22 characters that name a challenge."""
    return base64url_encode(hashlib.sha256(challenge.encode()).digest()[:16])


def now() -> int:
    """Microseconds since the epoch."""
    return int(time.time() * 1_000_000)


def _signer() -> Signer:
    """Made when needed: SECRET_KEY may be overridden at any moment."""
    return Signer(salt="passkeys_django.ceremony")


def _user_signer() -> Signer:
    return Signer(salt="passkeys_django.ceremony.user")


def _changes(request: HttpRequest) -> dict[str, str | None]:
    changes: dict[str, str | None] = request.__dict__.setdefault(_CHANGES, {})
    return changes


_MEMBERS = tuple(member.name for member in fields(Ceremony))


def _read(cookie: str) -> Ceremony | None:
    try:
        values = dict(zip(_MEMBERS, _signer().unsign_object(cookie), strict=True))
        return Ceremony(**values | {"purpose": Purpose(values["purpose"])})
    except (BadSignature, ValueError, TypeError):  # the last two: signed by another version of this app
        return None


def _make_room(request: HttpRequest, size: int) -> None:
    """Delete the oldest ceremony cookies, and those that are not ours, until the new one fits."""
    count = 1
    for name, cookie in _newest_first(request):
        count, size = count + 1, size + len(name) + len(cookie)
        if count > MAX_COOKIES or size > MAX_BYTES:
            _changes(request)[name] = None


def _newest_first(request: HttpRequest) -> Iterator[tuple[str, str]]:
    cookies = [(name, value) for name, value in request.COOKIES.items() if _DELETABLE.fullmatch(name)]
    ages = {name: ceremony.issued_at if (ceremony := _read(value)) else 0 for name, value in cookies}
    yield from sorted(cookies, key=lambda cookie: ages[cookie[0]], reverse=True)
