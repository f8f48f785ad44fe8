"""Acme's passkey service and its client in one, in memory: what somebody else's library might look like."""

import hashlib
import secrets
import time
from datetime import UTC, datetime

import jwt

from passkeys_django.protocol.base64url import base64url_encode
from passkeys_django.protocol.public_keys import is_signed_by

ACCOUNTS = {}
"""The credentials of each account, by their ids. `{"is away": True}` switches the service off."""


class Away(Exception):
    """Nobody answers."""


class Refused(Exception):
    """Acme says no."""


class Client:
    rp_id = "testserver"

    def __init__(self, account, secret):
        self.credentials = ACCOUNTS.setdefault(account, {})
        self.secret = secret

    def creation_options(self, user_id, name, display_name):
        user = {"id": base64url_encode(user_id.encode()), "name": name, "displayName": display_name}
        selection = {"residentKey": "required", "userVerification": "required"}
        return self._options(
            rp={"id": self.rp_id, "name": "Acme's customer"},
            user=user,
            pubKeyCredParams=[{"type": "public-key", "alg": alg} for alg in (-7, -8, -257, -47)],
            authenticatorSelection=selection,
            attestation="none",
        )

    def request_options(self):
        return self._options(rpId=self.rp_id, userVerification="required")

    def _options(self, **members):
        if ACCOUNTS.get("is away"):
            raise Away
        return {"challenge": secrets.token_urlsafe(32), **members}

    def register(self, user_id, facts):
        if facts["id"] in self.credentials:
            raise Refused("known already")
        defaults = dict.fromkeys(("backup_eligible", "backup_state", "is_second_factor"), False)
        more = {"user_id": user_id, "name": "", "created_at": datetime.now(UTC), "last_used_at": None}
        self.credentials[facts["id"]] = facts | defaults | more
        return self._token("acme-registration+jwt", self.credentials[facts["id"]])

    def login(self, credential_id, authenticator_data, client_data, signature):
        known = self.credentials.get(credential_id)
        signed = authenticator_data + hashlib.sha256(client_data).digest()
        if known is None or not is_signed_by(known["public_key"], signature=signature, data=signed):
            raise Refused("no such credential, or a wrong signature")
        return self._token("acme-login+jwt", known)

    def _token(self, kind, credential):
        now = int(time.time())
        claims = {"sub": credential["user_id"], "cred": credential["id"], "aud": self.rp_id}
        return jwt.encode(
            claims | {"iat": now, "exp": now + 60}, self.secret, algorithm="HS256", headers={"typ": kind}
        )

    def has(self, credential_id):
        return credential_id in self.credentials

    def list(self, user_id):
        return [known for known in self.credentials.values() if user_id in (None, known["user_id"])]

    def rename(self, credential_id, name):
        self.credentials.get(credential_id, {})["name"] = name

    def delete(self, credential_id):
        self.credentials.pop(credential_id, None)
