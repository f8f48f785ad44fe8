"""Good evidence of a signature with one to three changes, from a single bit to a whole forgery."""

import hashlib
import json
import random
import string
from collections import Counter
from datetime import datetime, timedelta
from uuid import UUID

from passkeys_django.models import PasskeySignature
from passkeys_django.protocol.cbor import decode
from passkeys_django.testing import cose
from passkeys_django.testing.encoding import b64url, cbor, unb64url
from tests.signatures.evidence.kinds import FIELDS, values_of

CHARACTERS = string.ascii_letters + string.digits + '-_.=+/ \n"{}[]:,\u0430\u202e\u0301\0'
JSON_VALUES = ("", "x", 0, 1, True, None, [], {}, "AQAB", "none", "HS256", "localhost", ["testserver"], 10**20)
JUDGED = Counter()
"""How often changed evidence was refused and accepted, by the test: `make fuzz` shows this."""
SIGNERS = [cose.generate(algorithm) for algorithm in (cose.ES256, cose.EDDSA)]
OTHER_KEYS = [cose.generate(algorithm).public_key for algorithm in (cose.ES256, cose.EDDSA, cose.RS256)]


class Mutator:
    """Changes to one piece of evidence. `others` are values of other good evidence, to be put in its place."""

    def __init__(self, evidence: PasskeySignature, others: list[PasskeySignature]) -> None:
        self.values = values_of(evidence)
        self.others = [values_of(other) for other in others]

    def mutated(self, where: random.Random) -> PasskeySignature:
        values = dict(self.values)
        for _change in range(where.choice((1, 1, 1, 2, 3))):
            where.choice(CHANGES)(self, values, where)
        return PasskeySignature(**values)

    def _one_field(self, values, where):
        name = where.choice(FIELDS)
        values[name] = changed(values[name], where)

    def _from_another(self, values, where):
        name = where.choice(FIELDS)
        values[name] = where.choice(self.others)[name]

    def _pieces_of_another(self, values, where):
        """Some fields at once, such as another answer with its challenge, or another token with its key."""
        other = where.choice(self.others)
        values |= {name: other[name] for name in where.sample(FIELDS, where.randrange(2, 12))}

    def _inside(self, values, where):
        """A member of the client data, the text, the key, the token or its JWK, in the same writing."""
        name = where.choice(["client_data", "text", "public_key", "token", "jwk", "authenticator_data"])
        try:
            values[name] = INSIDE[name](values[name], where)
        except (ValueError, LookupError, TypeError, AttributeError):  # spoilt before, or empty
            self._one_field(values, where)

    def _another_text(self, values, where):
        """With the challenge and the client data that fit the text: only the passkey has not signed them."""
        values["text"] = canonical_change(self.values["text"], where)
        nonce = unb64url(self.values["challenge"])[:32]
        digest = hashlib.sha256(f"{values['id']}{values['text']}".encode("utf-8", "replace")).digest()
        values["challenge"] = b64url(nonce + digest)
        client = json.loads(self.values["client_data"])
        client["challenge"] = values["challenge"]
        values["client_data"] = json.dumps(client, separators=(",", ":")).encode()

    def _another_signature(self, values, where):
        """Of the same data, with another key. The site could store this key too: the person's key is its word."""
        signed = values["authenticator_data"] + hashlib.sha256(values["client_data"]).digest()
        values["signature"] = where.choice(SIGNERS).sign(signed)

    def _another_key(self, values, where):
        values["public_key"] = where.choice(OTHER_KEYS)


CHANGES = [
    Mutator._one_field,
    Mutator._one_field,
    Mutator._one_field,
    Mutator._inside,
    Mutator._inside,
    Mutator._from_another,
    Mutator._pieces_of_another,
    Mutator._another_text,
    Mutator._another_signature,
    Mutator._another_key,
]


def changed(value, where):
    match value:
        case bytes():
            return changed_bytes(value, where)
        case bool() | None:
            return where.choice([True, False, None, "x", 1])
        case str():
            return changed_text(value, where)
        case int():
            return value + where.choice([-1, 1, 256, 10**9])
        case datetime():
            return value + timedelta(microseconds=where.choice([1, -1, 10**9, -(10**9), 10**12]))
        case UUID():
            return UUID(int=value.int ^ (1 << where.randrange(128)))
    return where.choice(JSON_VALUES) if not isinstance(value, dict) else changed_members(value, where)


def changed_bytes(value, where):
    place = where.randrange(len(value) or 1)
    head, tail, junk = value[:place], value[place:], where.randbytes(where.randrange(1, 4))
    bit = bytes([(tail or b"\0")[0] ^ 1 << where.randrange(8)])
    return where.choice(
        [
            head + bit + tail[1:],
            head + bit + tail[1:],
            head + junk + tail,
            head + tail[1:],
            head,
            b"",
            tail,
            value + junk,
        ]
    )


def changed_text(value, where):
    place = where.randrange(len(value) or 1)
    head, tail, char = value[:place], value[place:], where.choice(CHARACTERS)
    return where.choice(
        [head + char + tail[1:], head + char + tail[1:], head + char + tail, head + tail[1:], head, value + char]
    )


def changed_members(members, where):
    copy = dict(members)
    name = where.choice([*copy, "extra"])
    if where.random() < 0.2:
        copy.pop(name, None)
    elif isinstance(copy.get(name), str) and where.random() < 0.7:
        copy[name] = changed_text(copy[name], where)
    else:
        copy[name] = where.choice(JSON_VALUES)
    return copy


def changed_json(value, where):
    return json.dumps(changed_members(json.loads(value), where), separators=(",", ":")).encode()


def canonical_change(text, where):
    statement = json.loads(text)
    if where.random() < 0.3:
        statement["at"] += where.choice([-1, 1, 600])
    elif where.random() < 0.5:
        statement["by"] = changed_text(statement["by"], where)
    else:
        statement["data"] = changed_members(statement["data"], where)
    return json.dumps(statement, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def changed_key(value, where):
    """Another number, or another label of the key. A member more would be the same key."""
    key = decode(value)
    label = where.choice([*key])
    key[label] = (
        changed(key[label], where) if isinstance(key[label], bytes) else key[label] + where.choice([-1, 1])
    )
    return cbor(key)


def changed_token(token, where):
    """Another header or other claims, with the same signature, with none, or with the public key as a secret."""
    parts = token.split(".")
    number = where.randrange(2)
    parts[number] = b64url(changed_json(unb64url(parts[number]), where))
    if where.random() < 0.2:
        parts[0], parts[2] = b64url(b'{"alg":"none","typ":"JWT"}'), ""
    return ".".join(parts)


def changed_flags(value, where):
    return value[:32] + bytes([where.randrange(256)]) + value[33:]


INSIDE = {
    "client_data": changed_json,
    "text": canonical_change,
    "public_key": changed_key,
    "token": changed_token,
    "jwk": changed_members,
    "authenticator_data": changed_flags,
}
