"""A town whose people lose their devices, and thieves who try what they have: for the simulated year.

The decisions are the package's own. Only the WebAuthn ceremonies are left out: a device is the row of its passkey.
"""

import random
import time
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from django.contrib.auth import get_user_model
from django.contrib.auth.models import AnonymousUser
from django.contrib.sessions.backends.signed_cookies import SessionStore
from django.core import mail
from django.db import transaction
from django.test import RequestFactory
from django.utils import timezone

from passkeys_django import enrolment, lifecycle, recovery
from passkeys_django.ceremonies.storing import insert
from passkeys_django.enrolment import rules
from passkeys_django.models import Passkey, RecoveryCode, UserHandle
from passkeys_django.models.rows import credential_id_sha256
from passkeys_django.policy import registrant
from passkeys_django.recovery.codes import digest_of
from passkeys_django.sessions.impersonation import AUTHENTICATION, user_key
from tests.conftest import PASSWORD
from tests.recovery.conftest import links_in

BACKEND = "passkeys_django.backends.PolicyModelBackend"
_factory = RequestFactory(SERVER_NAME="testserver")


class Clock:
    """What time it is in the town."""

    def __init__(self, patch):
        self.offset, self.real = timedelta(0), time.time
        patch.setattr(time, "time", lambda: self.real() + self.offset.total_seconds())
        patch.setattr(timezone, "now", self.now)
        patch.setattr("passkeys_django.policy.entries._now", lambda: self.now())

    def now(self):
        return datetime.fromtimestamp(self.real(), tz=UTC) + self.offset

    def wait(self, **how_long):
        self.offset += timedelta(**how_long)

    @contextmanager
    def one_person(self):
        """However long this person or thief waits inside, the others begin where this one began."""
        began = self.offset
        yield
        self.offset = began


def request_of(person=None, *, methods=("passkey",), age=0, passkey=None):
    """A request in a session of this person that was opened so many seconds ago."""
    request = _factory.post("/", headers={"Accept": "application/json"})
    request.session, request.user = SessionStore(), AnonymousUser()
    if person is not None:
        key = user_key(person.user)
        record = {"user": key, "methods": list(methods), "method": methods[0], "at": time.time() - age}
        record |= {"user_verified": "passkey" in methods, "passkey": passkey and str(passkey.pk)}
        request.session.update({"_auth_user_id": key, AUTHENTICATION: record})
        request.user = person.user
    return request


class Person:
    """Somebody with devices, maybe a sheet of codes, and maybe a mailbox that they still can read."""

    def __init__(self, user, *, chance, codes=(), reads_mail=True):
        self.user, self.chance = user, chance
        self.devices, self.codes, self.reads_mail = [], list(codes), reads_mail
        self.ways = []

    @property
    def name(self):
        return self.user.get_username()

    def loses_some(self):
        """Each device is lost with a chance of one in twenty a month."""
        kept = [device for device in self.devices if self.chance.random() >= 0.05]
        lost, self.devices = [device for device in self.devices if device not in kept], kept
        return lost

    def session(self):
        """A session that was opened with one of the devices now."""
        [device, *_others] = self.devices
        Passkey.objects.filter(pk=device.pk).update(last_used_at=timezone.now())
        return request_of(self, passkey=device)

    def store(self, *, also=lambda: None):
        """A new device, stored as a registration stores it."""
        device = new_device(self.user)
        with transaction.atomic():
            assert UserHandle.objects.compare_and_set(UserHandle.objects.for_user(self.user))
            also()
            insert(device, left_behind_at=None)
        self.devices.append(device)
        return device

    def enrols(self, secret):
        """What `finalize-enrolment` does with the link."""
        return self.store(also=lambda: rules.use(enrolment.find(secret)))


def new_device(user):
    credential_id = f"{random.getrandbits(160):040x}"
    return Passkey(
        user=user,
        rp_id="testserver",
        name="device",
        credential_id=credential_id,
        credential_id_sha256=credential_id_sha256(credential_id),
        public_key=b"key",
        user_handle=b"h" * 43,
        user_verified=True,
        discoverable=True,
        backup_eligible=True,
        created_at=timezone.now(),
    )


def settle(count, chance):
    """So many people, in a few statements. One in ten has no passkey yet."""
    model = get_user_model()
    by_address = model.USERNAME_FIELD == "email"
    first = model.objects.create_user("p@example.com" if by_address else "p", password=PASSWORD)
    names = {"username": "p{}"} if not by_address else {}
    fields = {**names, "email": "p{}@example.com", "password": first.password}
    model.objects.bulk_create(
        model(**{name: text.format(number) for name, text in fields.items()}) for number in range(count)
    )
    users = model.objects.exclude(pk=first.pk).order_by("pk")
    people = [Person(user, chance=chance, reads_mail=chance.random() < 0.9) for user in users]
    for person in people:
        person.devices = [new_device(person.user) for _ in range(chance.choice((0, *(1,) * 6, *(2,) * 3)))]
        if person.devices and chance.random() < 0.3:
            person.codes = [f"{chance.getrandbits(80):020x}" for _ in range(3)]
    bulk(Passkey, (device for person in people for device in person.devices))
    bulk(UserHandle, (UserHandle(user=person.user, strong_address=_address(person)) for person in people))
    codes = ((person.user, code) for person in people for code in person.codes)
    bulk(RecoveryCode, (RecoveryCode(user=user, code_sha256=digest_of(code), strength=2) for user, code in codes))
    return people


def _address(person):
    return person.user.email if person.devices else ""


def bulk(model, rows):
    model.objects.bulk_create(rows, batch_size=1000)


def recover(person, clock, boss):
    """Whatever the person still has, in the order in which people try. Returns how they got in again."""
    if person.devices:
        registrant(person.session())
        person.store()
        return "device"
    if person.codes:
        person.enrols(
            recovery.recover_by_code(request_of(), name=person.name, code=person.codes.pop(), password=PASSWORD)
        )
        return "code"
    if person.reads_mail and (secret := asked_by_email(person)):
        clock.wait(hours=24, minutes=1)
        person.enrols(secret)
        return "e-mail"
    url = enrolment.invite(boss.session(), person.user)
    person.enrols(url.rstrip("/").rpartition("/")[2])
    return "staff"


def asked_by_email(person):
    """The secret of the link that was mailed to the person; None if nothing was sent."""
    mail.outbox.clear()
    recovery.mail_link_to_known(request_of(), person.name)
    return next(iter(links_in(mail.outbox, to=person.user.email)), None)


def put_away(person, lost):
    """The lost passkeys are removed, as soon as that is allowed."""
    for device in lost:
        lifecycle.remove(device, request=person.session())


def new_sheet(person):
    """Three of ten new codes are kept."""
    person.codes = recovery.make_codes(person.session())[:3]
