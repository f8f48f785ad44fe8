"""Good answers with a change or two, some of them deep inside."""

import json
import random
from dataclasses import dataclass

import cbor2
from hypothesis import strategies as st

from passkeys_django.testing.encoding import b64url, unb64url
from tests.fuzz.values import cbor_values, json_values


def paths_of(value, prefix=()):
    """Where every member of a JSON value is."""
    yield prefix
    if isinstance(value, dict):
        for name, member in value.items():
            yield from paths_of(member, (*prefix, name))
    if isinstance(value, list):
        for index, member in enumerate(value):
            yield from paths_of(member, (*prefix, index))


def at(value, path):
    for step in path:
        value = value[step]
    return value


@dataclass(frozen=True)
class Mutation:
    """One change, drawn before there is a credential: challenges and signatures differ from run to run."""

    kind: str
    where: random.Random
    json_value: object
    cbor_value: object
    junk: bytes

    def applied(self, credential):
        paths = [path for path in paths_of(credential) if path]
        if not paths:
            return credential
        path = self.where.choice(paths)
        value = at(credential, path)
        if self.kind == "remove":
            del at(credential, path[:-1])[path[-1]]
        elif self.kind == "member" or not isinstance(value, str):
            at(credential, path[:-1])[path[-1]] = self.json_value
        else:
            at(credential, path[:-1])[path[-1]] = self._text(path[-1], value)
        return credential

    def _text(self, name, value):
        try:
            data = unb64url(value)
            if self.kind == "inner" and name == "attestationObject":
                return b64url(self._attestation_object(cbor2.loads(data)))
            if self.kind == "inner" and name == "clientDataJSON":
                return b64url(self._client_data(json.loads(data)))
            return b64url(self._bytes(data))
        except (ValueError, LookupError, TypeError, AttributeError, cbor2.CBORError):  # spoilt before
            return value[::-1]

    def _bytes(self, data):
        position = self.where.randrange(len(data) or 1)
        head, tail = data[:position], data[position:]
        return self.where.choice([head, data + self.junk, head + self.junk + tail[1:], head + self.junk + tail])

    def _client_data(self, members):
        members[self.where.choice([*members, "topOrigin", "tokenBinding"])] = self.json_value
        return json.dumps(members).encode()

    def _attestation_object(self, members):
        """With a member of it, of the authenticator data or of the key in that changed."""
        what = self.where.choice(
            ["fmt", "attStmt", "authData", "bytes", "key", "key", "key", "flags", "extensions"]
        )
        auth_data = members["authData"]
        head, flags, tail = auth_data[:32], auth_data[32], auth_data[33:]
        if what == "bytes":
            members["authData"] = self._bytes(auth_data)
        elif what == "key":
            key = cbor2.loads(auth_data[75:])
            key[self.where.choice([*key, -4, 99, "1"])] = self.cbor_value
            members["authData"] = auth_data[:75] + cbor2.dumps(key)
        elif what == "flags":
            members["authData"] = head + bytes([self.where.randrange(256)]) + tail
        elif what == "extensions":
            members["authData"] = head + bytes([flags | 0x80]) + tail + cbor2.dumps(self.cbor_value)
        else:
            members[what] = self.cbor_value
        return cbor2.dumps(members)


mutations = st.lists(
    st.builds(
        Mutation,
        kind=st.sampled_from(["inner", "inner", "bytes", "member", "remove"]),
        where=st.integers(0, 2**32).map(random.Random),
        json_value=json_values,
        cbor_value=cbor_values,
        junk=st.binary(max_size=8),
    ),
    min_size=1,
    max_size=2,
)


def mutated(credential, changes):
    for change in changes:
        credential = change.applied(credential)
    return credential
