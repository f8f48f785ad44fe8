"""The ceremony cookies: what we remember about a challenge is kept in the browser that asked for it.

Each challenge has one signed cookie, which is named after the challenge's digest. So tabs do not disturb one
another, the server stores nothing for visitors who never answer, and a challenge is useless in another browser.
The browser's user can read the cookie: put no secret in it.
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
"""The limit for all ceremony cookies together: many servers refuse a request header of more than 8 kB."""
PREFIX = "passkey_"
_DELETABLE = re.compile(f"{PREFIX}[A-Za-z0-9_-]+")
"""Only such names can be ours. Other cookies may have our prefix too, and Django cannot write all their names."""
_CHANGES = "_passkeys_cookie_changes"
Response = TypeVar("Response", bound=HttpResponseBase)


class Purpose(StrEnum):
    """What a challenge was issued for. A challenge is refused for any other purpose."""

    REGISTER = "register"
    SECURITY_KEY = "security-key"
    LOGIN = "login"
    CONFIRM = "confirm"
    SECOND_STEP = "second-step"
    SIGNUP = "signup"
    ENROL = "enrol"
    SIGN = "sign"

    @property
    def is_site_wide(self) -> bool:
        """Does the browser send the cookie to the whole site? A login may be finalized at any login page.

        All other cookies go only to the directory of the URL that set them: most requests need not carry them.
        """
        return self in (Purpose.LOGIN, Purpose.SECOND_STEP)


@dataclass(frozen=True, kw_only=True)
class Ceremony:
    """A challenge that we issued. `issued_at` is in microseconds since the epoch.

    `provider` is the identity of the provider that made the challenge. `user` is a keyed hash of challenge and
    user, so that the cookie does not reveal the user; it is empty for a sign-up and for a login that anybody may
    finish. Only a sign-up has `handle`, the user handle that the authenticator gets, and `form`, the submitted
    values.
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
        """The challenge's name in cookies and in lists of spent challenges."""
        return challenge_digest(self.challenge)

    @property
    def began_at(self) -> float:
        """`issued_at` in seconds."""
        return self.issued_at / 1_000_000

    @property
    def is_open(self) -> bool:
        """Is this a login that anybody may finish? Then its options listed no credentials."""
        return self.purpose is Purpose.LOGIN and not self.user

    def belongs_to(self, user: AbstractBaseUser) -> bool:
        """Was this ceremony begun for this user? Keys of SECRET_KEY_FALLBACKS are accepted too."""
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
    """Remember the challenge of these options in a cookie, which `apply_cookies` writes to the response."""
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
    _changes(request)[name] = (value, purpose.is_site_wide)


def take(request: HttpRequest, challenge: str, *purposes: Purpose) -> Ceremony:
    """The ceremony of this challenge, if this browser began it for one of these purposes.

    `apply_cookies` deletes its cookie, also after an error. Raises CeremonyNotFound or CeremonyExpired.
    """
    name = PREFIX + challenge_digest(challenge)
    ceremony = _read(request.COOKIES.get(name, ""))
    if name in request.COOKIES:
        _delete(request, name, ceremony)
    if ceremony is None or ceremony.challenge != challenge or ceremony.purpose not in purposes:
        raise CeremonyNotFound("no valid cookie for this challenge")
    age = now() - ceremony.issued_at
    if not -MAX_AHEAD * 1_000_000 <= age <= CEREMONY_MAX_AGE * 1_000_000:
        raise CeremonyExpired(f"the challenge is {age // 1_000_000} s old")
    return ceremony


@sensitive_variables()
def apply_cookies(request: HttpRequest, response: Response) -> Response:
    """Write the cookie changes that the ceremony functions left on the request. Call this after errors too."""
    root = request.path.removesuffix(request.path_info) + "/"
    directory = request.path[: request.path.rfind("/") + 1]
    for name, (value, is_site_wide) in _changes(request).items():
        path = root if is_site_wide else directory
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
    """A new signer for each call, because SECRET_KEY may be overridden at any moment."""
    return Signer(salt="passkeys_django.ceremony")


def _user_signer() -> Signer:
    return Signer(salt="passkeys_django.ceremony.user")


def _changes(request: HttpRequest) -> dict[str, tuple[str | None, bool]]:
    """By the cookie's name: its value (None deletes the cookie), and whether its path is the whole site."""
    changes: dict[str, tuple[str | None, bool]] = request.__dict__.setdefault(_CHANGES, {})
    return changes


def _delete(request: HttpRequest, name: str, ceremony: Ceremony | None) -> None:
    _changes(request)[name] = (None, ceremony is not None and ceremony.purpose.is_site_wide)


_MEMBERS = tuple(member.name for member in fields(Ceremony))


def _read(cookie: str) -> Ceremony | None:
    try:
        values = dict(zip(_MEMBERS, _signer().unsign_object(cookie), strict=True))
        return Ceremony(**values | {"purpose": Purpose(values["purpose"])})
    except (BadSignature, ValueError, TypeError):  # the last two: another version of this app signed the cookie
        return None


def _make_room(request: HttpRequest, size: int) -> None:
    """Delete ceremony cookies until the new one fits: first the unreadable ones, then the oldest ones."""
    count = 1
    for name, cookie, ceremony in _newest_first(request):
        count, size = count + 1, size + len(name) + len(cookie)
        if count > MAX_COOKIES or size > MAX_BYTES:
            _delete(request, name, ceremony)


def _newest_first(request: HttpRequest) -> Iterator[tuple[str, str, Ceremony | None]]:
    cookies = [
        (name, value, _read(value)) for name, value in request.COOKIES.items() if _DELETABLE.fullmatch(name)
    ]
    yield from sorted(cookies, key=lambda cookie: cookie[2].issued_at if cookie[2] else 0, reverse=True)
