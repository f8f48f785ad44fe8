"""Somebody who has a password and passkeys at the site, and how they sign in."""

import json
from dataclasses import dataclass
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import connection
from django.utils.http import int_to_base36

from passkeys_django.testing import SoftwareAuthenticator
from passkeys_django.testing.encoding import b64url, unb64url
from tests.benchmarks.peers import hand_written
from tests.benchmarks.peers.sites import ORIGIN, RP_ID

PASSWORD = "correct horse battery staple"
JSON, FORM = "application/json", "application/x-www-form-urlencoded"


@dataclass(frozen=True, kw_only=True)
class Step:
    """One request of a login. Only reading has no `content_type`."""

    path: str
    body: str = ""
    content_type: str | None = JSON


class Person:
    """A user whose authenticator holds their passkeys."""

    def __init__(self, name, *, passkeys=1):
        self.user = get_user_model().objects.create_user(name, password=PASSWORD)
        self.authenticator = SoftwareAuthenticator(origin=ORIGIN)
        for _ in range(passkeys if settings.SITE.urls else 0):
            registration = self.authenticator.create(_creation_options(self.user))
            _STORES[settings.SITE_NAME](
                self.user, self.authenticator.credentials[registration["id"]], registration
            )

    def login(self):
        """A generator of the steps, which is sent the body of each response."""
        return _LOGINS.get(settings.SITE_NAME, _by_passkey)(self)


def _creation_options(user):
    return {
        "rp": {"id": RP_ID},
        "user": {"id": b64url(int_to_base36(user.pk).encode())},  # allauth's; the others do not mind
        "challenge": "registration",
        "pubKeyCredParams": [{"type": "public-key", "alg": -7}],
    }


def _store_ours(user, credential, _registration):
    from passkeys_django.models import Passkey

    Passkey.objects.create(
        user=user,
        name="Laptop",
        rp_id=RP_ID,
        user_handle=credential.user_handle,
        credential_id=credential.credential_id,
        public_key=credential.public_key,
        backup_eligible=True,
        backup_state=True,
        user_verified=True,
    )


def _store_otp_webauthn(user, credential, _registration):
    from django_otp_webauthn.models import WebAuthnCredential

    WebAuthnCredential.objects.create(
        user=user,
        name="Laptop",
        credential_id=unb64url(credential.credential_id),
        public_key=credential.public_key,
        backup_eligible=True,
        backup_state=True,
    )


def _store_allauth(user, _credential, registration):
    from allauth.mfa.models import Authenticator

    Authenticator.objects.create(user=user, type="webauthn", data={"name": "Laptop", "credential": registration})


def _store_by_hand(user, credential, _registration):
    with connection.cursor() as cursor:
        cursor.execute(hand_written.TABLE)
        cursor.execute(hand_written.INSERT, [credential.credential_id, user.pk, credential.public_key.hex()])


def _by_passkey(person):
    options = json.loads((yield Step(path=settings.SITE.start)))
    yield Step(path=settings.SITE.finalize, body=json.dumps(person.authenticator.get(options)))


def _by_passkey_at_allauth(person):
    options = json.loads((yield Step(path=settings.SITE.start, content_type=None)))["request_options"]
    credential = json.dumps(person.authenticator.get(options))
    yield Step(path=settings.SITE.finalize, body=urlencode({"credential": credential}), content_type=FORM)


def _by_password(person):
    yield Step(path=settings.SITE.start, content_type=None)
    form = {"username": person.user.get_username(), "password": PASSWORD}
    yield Step(path=settings.SITE.finalize, body=urlencode(form), content_type=FORM)


_STORES = {
    "passkeys_django": _store_ours,
    "passkeys_django_redis": _store_ours,
    "otp_webauthn": _store_otp_webauthn,
    "allauth": _store_allauth,
    "hand_written": _store_by_hand,
}
_LOGINS = {"allauth": _by_passkey_at_allauth, "password": _by_password}
