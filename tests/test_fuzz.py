"""Whatever a browser sends, every endpoint answers with a documented code and never with a 500."""

import json
import random
import uuid
from dataclasses import dataclass

import cbor2
import pytest
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from passkeys_django.models import Passkey, UserHandle
from passkeys_django.testing import cose
from passkeys_django.testing.encoding import b64url, unb64url

from .conftest import refusal

pytestmark = pytest.mark.django_db

EXAMPLES = settings(
    max_examples=500,
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")

texts = st.text(st.characters(codec=None), max_size=20)
scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.just(10**60),
    st.floats(allow_nan=False, allow_infinity=False),
    texts,
    st.sampled_from(["", "=", "AA", "AB", "+/", "null", "\x00", "\ud800", "A" * 5000]),
    st.binary(max_size=80).map(b64url),
)
json_values = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(texts | st.sampled_from(["id", "response"]), inner, max_size=4),
    ),
    max_leaves=8,
)
cbor_values = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-(2**65), 2**65),
        st.binary(max_size=70),
        st.text(max_size=10),
        st.floats(),
        st.integers(0, 300).map(lambda number: cbor2.CBORTag(number + 1000, number)),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.integers(-5, 5) | st.text(max_size=4), inner, max_size=5)
    ),
    max_leaves=6,
)
content_types = st.one_of(
    st.just("application/json"),
    st.sampled_from(
        [
            "application/json; charset=utf-8",
            "application/json; charset=latin-1",
            "application/json; charset=utf-16",
            "application/json; charset=nonsense",
            "APPLICATION/JSON",
            "application/problem+json",
            "text/plain",
            "text/html; charset=",
            "application/x-www-form-urlencoded",
            "multipart/form-data",
            "multipart/form-data; boundary=x",
            "",
            ";",
            "/",
            "application/json, text/plain",
        ]
    ),
)
wild_bodies = st.one_of(
    json_values.map(lambda value: json.dumps(value).encode()),
    st.binary(max_size=200),
    st.sampled_from(
        [
            b"",
            b"{}",
            b"[" * 30_000,
            b'{"a":' * 12_000,
            b'"\\ud800"',
            b'{"id": NaN}',
            b'{"id": 1e999}',
            b'{"id": ' + b"9" * 5000 + b"}",
            b"{" + b" " * 65_536 + b"}",
            b"\xef\xbb\xbf{}",
            "{}".encode("utf-16"),
            b"name=x",
            b'--x\r\nContent-Disposition: form-data; name="name"\r\n\r\nx\r\n--x--\r\n',
        ]
    ),
)


def forget_ceremonies(client):
    """The test client would send deleted cookies back, and every example would be slower than the one before."""
    for name in [name for name in client.cookies if name.startswith("passkey_")]:
        del client.cookies[name]


def assert_documented(response, *successes):
    assert response.status_code < 500, response.content
    assert response["Cache-Control"] == "no-store"
    if response.status_code not in successes:
        refusal(response)


def send(client, path, body, content_type="application/json", **headers):
    return client.generic("POST", path, body, content_type=content_type, headers=headers)


# Mutations of good answers


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
        except (ValueError, KeyError, TypeError, AttributeError, IndexError):  # spoilt by an earlier mutation
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


@EXAMPLES
@given(changes=mutations)
def test_finalize_login_survives_mutated_credentials(registered, changes):
    credential = mutated(registered.authenticator.get(registered.request_options()), changes)

    response = registered.post("finalize-login", credential)

    assert_documented(response, 200)
    forget_ceremonies(registered.client)


@EXAMPLES
@given(changes=mutations, algorithm=st.sampled_from([cose.ES256, cose.EDDSA, cose.RS256]))
def test_finalize_registration_survives_mutated_credentials(signed_in, changes, algorithm):
    Passkey.objects.all().delete()
    signed_in.authenticator.algorithm = algorithm
    credential = mutated(signed_in.authenticator.create(signed_in.creation_options()), changes)

    response = signed_in.post("finalize-registration", credential)

    assert_documented(response, 201)
    assert Passkey.objects.count() == (response.status_code == 201)
    forget_ceremonies(signed_in.client)


@EXAMPLES
@given(public_key=cbor_values.map(cbor2.dumps) | st.binary(max_size=100), count=st.integers(0, 2**32 - 1))
def test_finalize_registration_survives_every_public_key(signed_in, public_key, count):
    credential = signed_in.authenticator.create(
        signed_in.creation_options(), public_key=public_key, sign_count=count
    )

    assert refusal(signed_in.post("finalize-registration", credential)) == (400, "invalid_credential")
    forget_ceremonies(signed_in.client)


@EXAMPLES
@given(data=st.binary(max_size=37 + 200), signature=st.binary(max_size=100))
def test_finalize_login_survives_every_authenticator_data(registered, data, signature):
    credential = registered.authenticator.get(registered.request_options())
    credential["response"] |= {"authenticatorData": b64url(data), "signature": b64url(signature)}

    assert refusal(registered.post("finalize-login", credential))[1] in ("invalid_credential", "login_failed")
    forget_ceremonies(registered.client)


# Anything at all


@pytest.mark.parametrize(
    "name",
    ["start-login", "finalize-login", "start-registration", "finalize-registration", "accepted-credentials"],
)
@EXAMPLES
@given(body=wild_bodies, content_type=content_types)
def test_a_json_endpoint_survives_every_body(signed_in, name, body, content_type):
    response = send(signed_in.client, f"/passkeys/{name}", body, content_type)

    assert_documented(response, *([] if name.startswith("finalize") else [200]))
    assert not Passkey.objects.exists()
    forget_ceremonies(signed_in.client)


@EXAMPLES
@given(
    cookie=st.text(st.characters(min_codepoint=33, max_codepoint=126, exclude_characters=';,"\\'), max_size=300)
)
def test_a_json_endpoint_survives_every_cookie(registered, cookie):
    options = registered.request_options()
    [name] = [name for name in registered.client.cookies if name.startswith("passkey_")]
    registered.client.cookies[name] = cookie

    response = registered.post("finalize-login", registered.authenticator.get(options))

    assert refusal(response) == (400, "ceremony_not_found")
    forget_ceremonies(registered.client)


good_names = st.text(st.characters(categories=["L", "N", "P", "S", "Zs"]), max_size=110)
names = st.one_of(
    st.fixed_dictionaries({"name": good_names}),
    st.fixed_dictionaries({"name": json_values}),
    st.dictionaries(texts, json_values, max_size=3),
)


@EXAMPLES
@given(data=st.data())
def test_rename_survives_every_body(signed_in, data):
    passkey = stored(signed_in)
    body = data.draw(st.one_of(names.map(lambda value: json.dumps(value).encode()), wild_bodies))
    content_type = data.draw(content_types)

    response = send(
        signed_in.client, f"/passkeys/{passkey.pk}/rename/", body, content_type, accept="application/json"
    )

    assert_form(response, content_type, 200)
    passkey.refresh_from_db()
    assert 1 <= len(passkey.name) <= 100


@EXAMPLES
@given(body=wild_bodies, content_type=content_types)
def test_remove_survives_every_body(signed_in, body, content_type):
    passkey = stored(signed_in)

    response = send(
        signed_in.client, f"/passkeys/{passkey.pk}/remove/", body, content_type, accept="application/json"
    )

    assert_form(response, content_type, 204)


@EXAMPLES
@given(body=wild_bodies, content_type=content_types)
def test_not_now_survives_every_body(signed_in, body, content_type):
    response = send(signed_in.client, "/passkeys/not-now", body, content_type, accept="application/json")

    assert_form(response, content_type, 204)


@pytest.mark.parametrize("action", ["rename", "remove"])
@EXAMPLES
@given(
    passkey_id=st.one_of(st.uuids().map(str), texts, st.just("../start-login")),
    accept=st.sampled_from(["application/json", "text/html", "*/*", "", "x", "application/json;q=9", ",;="]),
)
def test_a_form_survives_every_passkey_and_every_accept(signed_in, action, passkey_id, accept):
    path = f"/passkeys/{passkey_id.encode('utf-8', 'replace').decode()}/{action}/"

    assert send(signed_in.client, path, b"{}", accept=accept).status_code in (302, 404, 405)


def stored(browser):
    """The only passkey of the signed-in user, made anew if it was removed."""
    return Passkey.objects.first() or Passkey.objects.create(
        user_id=UserHandle.objects.for_user(_user(browser)).user_id,
        rp_id="testserver",
        user_handle=b"handle",
        credential_id=b64url(uuid.uuid4().bytes),
        public_key=b"",
        name="Passkey",
    )


def _user(browser):
    from django.contrib.auth import get_user_model

    return get_user_model().objects.get(pk=browser.user_id)


def assert_form(response, content_type, success):
    """Django itself answers to a form that cannot be read, and in HTML."""
    if response.status_code == 400 and content_type.split(";")[0] in FORMS and "html" in response["Content-Type"]:
        return
    assert_documented(response, success)


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("start-login", "invalid_request"),
        ("finalize-login", "invalid_request"),
        ("start-registration", "not_authenticated"),
        ("finalize-registration", "invalid_request"),
        ("accepted-credentials", "not_authenticated"),
    ],
)
@pytest.mark.parametrize("body", [b"[", b"\xff", b"[]", b"1"])
def test_nobody_signed_in_gets_the_same_care(name, code, body):
    assert refusal(send(Client(), f"/passkeys/{name}", body))[1] == code
