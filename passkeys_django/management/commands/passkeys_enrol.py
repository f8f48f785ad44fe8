"""manage.py passkeys_enrol: a link with which somebody creates a passkey, also the first superuser."""

import json
import re
from datetime import timedelta
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser
from django.core.management.base import CommandError, CommandParser
from django.db import router, transaction
from django.utils.translation import override

from ... import enrolment as room
from ...enrolment.mails import link_context
from ...mail import send_mail
from ...models import Enrolment, EnrolmentReason, UserHandle, user_name
from ..accounts import find_account, new_account
from ..console import PasskeyCommand, one_line_errors
from ..origins import link_origin

_DURATION = re.compile(r"([1-9][0-9]{0,4})([mhd])")
_UNITS = {"m": "minutes", "h": "hours", "d": "days"}


def duration(text: str) -> timedelta:
    """A time such as 90m, 24h or 7d."""
    match = _DURATION.fullmatch(text)
    if match is None:
        raise CommandError(f"--valid-for must be like 90m, 24h or 7d, not {text!r}.")
    return timedelta(**{_UNITS[match[2]]: int(match[1])})


class Command(PasskeyCommand):
    help = (
        "Print a link with which somebody creates a passkey and is signed in, once. With --create --superuser, "
        "the first superuser of an empty database never has a password."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("user", metavar="USER", help="the name with which the person signs in")
        parser.add_argument("--create", action="store_true", help="make the account, without a password")
        parser.add_argument("--superuser", action="store_true", help="with --create: as a superuser")
        parser.add_argument("--staff", action="store_true", help="with --create: as staff")
        parser.add_argument("--email", metavar="ADDRESS", help="with --create: the account's e-mail address")
        parser.add_argument("--send", action="store_true", help="also send the link by e-mail")
        parser.add_argument("--valid-for", default="24h", metavar="TIME", help="90m, 24h or 7d (default: 24h)")
        parser.add_argument("--origin", metavar="URL", help="of the link, if it is not that of the settings")
        parser.add_argument("--json", action="store_true", help="print a JSON object, for scripts")

    def handle(self, *, user: str, json: bool, send: bool, **options: Any) -> None:
        lifetime = duration(options["valid_for"])
        with one_line_errors():
            origin = link_origin(options["origin"])
            with transaction.atomic(using=router.db_for_write(Enrolment)):
                account = _account(user, options)
                enrolment, url = _enrol(account, origin, lifetime, send)
        if send:
            _send(enrolment, url, origin)
        self.stdout.write(_as_json(account, enrolment, url) if json else _as_text(account, enrolment, url))


def _account(name: str, options: dict[str, Any]) -> AbstractBaseUser:
    """The account of this name, or a new one. An account that exists is never promoted or changed."""
    wanted = {"superuser": options["superuser"], "staff": options["staff"], "email": options["email"]}
    if options["create"]:
        return new_account(name, **wanted)
    given = [f"--{option}" for option, value in wanted.items() if value]
    if given:
        raise CommandError(f"{given[0]} needs --create: an account that exists is not changed.")
    return find_account(name)


def _enrol(account: AbstractBaseUser, origin: str, lifetime: timedelta, send: bool) -> tuple[Enrolment, str]:
    address = UserHandle.objects.address_for_links(account) if send else ""
    if send and not address:
        raise CommandError(f"{user_name(account)} has no e-mail address: leave out --send, and pass the link on.")
    enrolment, secret = room.make_enrolment(
        account, reason=EnrolmentReason.INVITATION, valid_for=lifetime, mailed_to=address
    )
    return enrolment, room.enrolment_url(origin, secret)


def _send(enrolment: Enrolment, url: str, origin: str) -> None:
    try:
        with override(None):
            send_mail("invitation", enrolment.mailed_to, link_context(enrolment, url, origin=origin))
    except OSError as exc:  # SMTPException too
        raise CommandError(
            f"The link was made, but the e-mail could not be sent ({exc}). The link: {url}"
        ) from exc


def _as_text(account: AbstractBaseUser, enrolment: Enrolment, url: str) -> str:
    until = enrolment.expires_at.isoformat(timespec="minutes")
    sent = f" It was sent to {enrolment.mailed_to}." if enrolment.mailed_to else ""
    return f"{user_name(account)} can create a passkey with this link, once, until {until}.{sent}\n{url}"


def _as_json(account: AbstractBaseUser, enrolment: Enrolment, url: str) -> str:
    return json.dumps(
        {
            "user": user_name(account),
            "url": url,
            "expires_at": enrolment.expires_at.isoformat(),
            "sent_to": enrolment.mailed_to or None,
        }
    )
