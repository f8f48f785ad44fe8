"""Stored signatures with good evidence, made without a request: the signature is that of a real key."""

import uuid

from django.utils import timezone

from passkeys_django.models import PasskeySignature, user_name
from passkeys_django.protocol.base64url import base64url_decode
from passkeys_django.providers.transactions import new_challenge
from passkeys_django.signatures import Statement
from passkeys_django.signatures.evidence.seal import seal
from passkeys_django.testing import SoftwareAuthenticator
from tests.conftest import ORIGIN

RP_ID = "testserver"
DATA = {"to": "Grace", "amount": "12.50"}
SIGNATURES = "/admin/passkeys_django/passkeysignature/"


def make_signature(user, *, action="transfer", data=DATA, created_at=None, **fields):
    """A signature as the site stores it, good unless `fields` make it bad."""
    created_at, key = created_at or timezone.now(), uuid.uuid4()
    at = int(created_at.timestamp())
    text = Statement(action=action, at=at, by="a user handle", data=data).text
    challenge = new_challenge(transaction_id=str(key), text=text)
    signature = PasskeySignature(
        id=key,
        user=user,
        user_key=str(user.pk),
        user_name=user_name(user),
        created_at=created_at,
        action=action,
        text=text,
        challenge=challenge,
        rp_id=RP_ID,
        origin=ORIGIN,
        form_sha256=key.hex,
        redirect_url="/done/",
        **_answer(challenge),
    )
    seal(signature)
    for name, value in fields.items():
        setattr(signature, name, value)
    signature.save(force_insert=True)
    return signature


def _answer(challenge):
    authenticator = SoftwareAuthenticator(origin=ORIGIN)
    rp, user = {"id": RP_ID, "name": ""}, {"id": "AAAA", "name": "", "displayName": ""}
    parameters = [{"type": "public-key", "alg": -7}]
    authenticator.create({"rp": rp, "user": user, "challenge": "AAAA", "pubKeyCredParams": parameters})
    ((credential_id, credential),) = authenticator.credentials.items()
    response = authenticator.get({"challenge": challenge, "rpId": RP_ID})["response"]
    return {
        "credential_id": credential_id,
        "public_key": credential.public_key,
        "client_data": base64url_decode(response["clientDataJSON"]),
        "authenticator_data": base64url_decode(response["authenticatorData"]),
        "signature": base64url_decode(response["signature"]),
    }


def copies(signature, count, **fields):
    """So many rows, quickly: copies of this signature under other keys, whose evidence is bad."""
    values = {field.attname: getattr(signature, field.attname) for field in PasskeySignature._meta.concrete_fields}
    for _number in range(count):
        key = uuid.uuid4()
        own = {"id": key, "challenge": key.hex, "form_sha256": key.hex}
        yield PasskeySignature(**values | own | fields)
