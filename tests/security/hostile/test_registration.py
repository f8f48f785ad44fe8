"""Attestation objects, attested credentials and statements that nobody honest makes (WebAuthn L3, 7.1)."""

import cbor2
import pytest

from passkeys_django.models import Passkey
from passkeys_django.testing.encoding import b64url, cbor, unb64url
from tests.security.hostile.attempts import attempts, changed, objects

pytestmark = pytest.mark.django_db

HERE = attempts("registration")
EVERYWHERE = attempts("registration", "registration at Hanko")
AAGUID, LENGTH, ID = 37, 53, 55
"""Where the parts of the attested credential begin in the authenticator data; its id has 20 bytes."""
KEY = ID + 20


def data(edits):
    """Forgeries: edits of the authenticator data by name."""
    return {name: {"authenticator_data": edit} for name, edit in edits.items()}


# The attestation object

NOT_CANONICAL = {
    "a NUL after it": lambda raw: raw + b"\x00",
    "an empty map after it": lambda raw: raw + b"\xa0",
    "twice": lambda raw: raw + raw,
    "30,000 bytes after it": lambda raw: raw + bytes(30_000),
    "cut": lambda raw: raw[:-1],
    "a map of indefinite length": lambda raw: b"\xbf" + raw[1:] + b"\xff",
    "a map with a longer head": lambda raw: b"\xb8\x03" + raw[1:],
    "a map with the longest head": lambda raw: b"\xbb" + (3).to_bytes(8) + raw[1:],
    "a name of indefinite length": lambda raw: raw.replace(b"\x63fmt", b"\x7f\x63fmt\xff"),
    "a name with a longer head": lambda raw: raw.replace(b"\x63fmt", b"\x78\x03fmt"),
    "a format of indefinite length": lambda raw: raw.replace(b"\x64none", b"\x7f\x62no\x62ne\xff"),
    "a statement of indefinite length": lambda raw: raw.replace(b"attStmt\xa0", b"attStmt\xbf\xff"),
    "data with a longer head": lambda raw: raw.replace(b"authData\x58", b"authData\x59\x00"),
    "data of indefinite length": lambda raw: raw.replace(b"authData", b"authData\x5f") + b"\xff",
    "data in a tag": lambda raw: raw.replace(b"authData", b"authData\xd8\x18"),
    "a tag around it": lambda raw: b"\xd9\xd9\xf7" + raw,
    "a byte string around it": cbor,
    "a list around it": lambda raw: b"\x81" + raw,
    "fmt twice": lambda raw: b"\xa4" + raw[1:] + b"\x63fmt\x64none",
    "attStmt twice": lambda raw: b"\xa4" + raw[1:] + b"\x67attStmt\xa0",
    "authData twice": lambda raw: b"\xa4" + raw[1:] + b"\x68authData" + cbor(bytes(200)),
    "one member fewer than its head says": lambda raw: b"\xa4" + raw[1:],
    "one member more than its head says": lambda raw: b"\xa2" + raw[1:],
}
NO_OBJECT = {
    "nothing": b"",
    "null": b"\xf6",
    "a list": cbor(["none", {}, bytes(200)]),
    "text": cbor("none"),
    "a number": cbor(3),
    "an empty map": cbor({}),
    "a map by numbers": cbor({1: "none", 2: bytes(200), 3: {}}),
    "no CBOR": b"\xff",
    "a reserved head": b"\x1c",
    "a huge length": b"\x9b\x7f" + b"\xff" * 7,
    "bytes of a huge length": b"\x5b\x7f" + b"\xff" * 7,
    "deep lists": b"\x81" * 30_000 + b"\x00",
    "deep lists of indefinite length": b"\x9f" * 30_000,
    "deep maps": b"\xa1\x00" * 15_000 + b"\x00",
    "deep tags": b"\xc1" * 30_000 + b"\x00",
    "a list within itself": b"\xd8\x1c\x81\xd8\x1d\x00",
    "a date": b"\xc0\x61x",
    "a regular expression": b"\xd8\x23\x61(",
    "a fraction by zero": b"\xd8\x1e\x82\x01\x00",
    "a number of 30,000 bytes": b"\xc2" + cbor(b"\xff" * 30_000),
    "JSON": b'{"fmt":"none","attStmt":{}}',
}


@HERE
def test_a15_an_attestation_object_that_is_not_canonical_cbor_is_refused(attempt):
    attempt.assert_each_forgery_refused(objects(NOT_CANONICAL), attempt.malformed)


@HERE
def test_a15_an_attestation_object_that_is_none_is_refused(attempt):
    lies = {name: lambda _raw, value=value: value for name, value in NO_OBJECT.items()}

    attempt.assert_each_forgery_refused(objects(lies), attempt.malformed)


@pytest.mark.parametrize("name", ["fmt", "attStmt", "authData"])
@HERE
def test_a15_a_member_of_the_attestation_object_that_is_missing_or_of_the_wrong_type_is_refused(attempt, name):
    right = {"fmt": str, "attStmt": dict, "authData": bytes}[name]
    values = [..., None, 0, 1, True, 1.5, "none", b"none", [], ["x"], {}, {"x": 1}]
    wrong = [value for value in values if type(value) is not right]

    def edit(value):
        return lambda raw: cbor(changed(cbor2.loads(raw), name, value))

    attempt.assert_each_forgery_refused(objects({repr(value): edit(value) for value in wrong}), attempt.malformed)


# The attested credential

CUTS = [AAGUID, AAGUID + 1, LENGTH - 1, LENGTH, LENGTH + 1, ID, ID + 1, KEY - 1, KEY, KEY + 1]
ATTESTED = {
    **{f"{size} bytes of it": lambda raw, size=size: raw[:size] for size in CUTS},
    "all but the last byte": lambda raw: raw[:-1],
    "no id": lambda raw: raw[:LENGTH] + bytes(2) + raw[KEY:],
    "another id": lambda raw: raw[:ID] + bytes(20) + raw[KEY:],
    "an id of another length": lambda raw: raw[:LENGTH] + (21).to_bytes(2) + raw[ID:KEY] + b"\x00" + raw[KEY:],
    "an id longer than the data": lambda raw: raw[:LENGTH] + b"\xff\xff" + raw[ID:],
    "a length of one more": lambda raw: raw[:LENGTH] + (21).to_bytes(2) + raw[ID:],
    "a length of one less": lambda raw: raw[:LENGTH] + (19).to_bytes(2) + raw[ID:],
    "a length in the other order": lambda raw: raw[:LENGTH] + b"\x14\x00" + raw[ID:],
}


@EVERYWHERE
def test_r13_attested_data_that_do_not_fit_the_credential_are_refused(attempt):
    attempt.assert_each_forgery_refused(data(ATTESTED), attempt.malformed)


def with_ids(id_, raw_id):
    return lambda credential: credential | {"id": id_(credential["id"]), "rawId": raw_id(credential["rawId"])}


def same(credential_id):
    return credential_id


def another(credential_id):
    return b64url(bytes(20))


OTHER_IDS = {
    "another id": with_ids(another, same),
    "another rawId": with_ids(same, another),
    "both another": with_ids(another, another),
    "both cut": with_ids(*2 * (lambda text: b64url(unb64url(text)[:-1]),)),
    "both longer": with_ids(*2 * (lambda text: b64url(unb64url(text) + b"\x00"),)),
    "both without a byte": with_ids(*2 * (lambda text: "",)),
}


@EVERYWHERE
def test_r13_an_id_that_the_attested_data_do_not_hold_is_refused(attempt):
    attempt.assert_each_refused(OTHER_IDS, attempt.malformed)


@HERE
def test_r11_an_attested_id_of_no_byte_or_of_1024_bytes_is_refused(attempt):
    def lie(size):
        def edit(raw):
            return raw[:LENGTH] + size.to_bytes(2) + bytes(size) + raw[KEY:]

        def make(_credential):
            credential = attempt.forged(authenticator_data=edit)
            return credential | {"id": b64url(bytes(size)), "rawId": b64url(bytes(size))}

        return make

    attempt.assert_each_refused({size: lie(size) for size in (0, 1024, 10_000)}, attempt.malformed)


@EVERYWHERE
def test_r12_the_id_of_another_users_passkey_is_refused(attempt, other_user):
    """Also with the very key that is stored: who hears an id and a key has no right to them."""
    foreign = attempt.browser.other_browser().sign_in(other_user)
    victim = foreign.register(credential_id=b"v" * 20).json()
    stored = Passkey.objects.get()
    lies = {
        "a key of one's own": {"credential_id": b"v" * 20},
        "the stored key": {"credential_id": b"v" * 20, "public_key": bytes(stored.public_key)},
    }

    attempt.assert_each_forgery_refused(lies, "passkey_exists")
    assert Passkey.objects.get(credential_id=victim["credential_id"]).user == other_user


STRANGE_TRANSPORTS = {
    "text": "usb",
    "an object": {"usb": True},
    "a number": 1,
    "true": True,
    "numbers": [1],
    "nulls": [None],
    "lists": [["usb"]],
    "an empty word": [""],
    "a space": ["u sb"],
    "a line end": ["usb\n"],
    "a NUL": ["usb\x00"],
    "a lone surrogate": ["usb\ud800"],
    "a letter outside ASCII": ["\u00fcsb"],
    "a word of 33 characters": ["x" * 33],
}


@EVERYWHERE
@pytest.mark.parametrize("strange", STRANGE_TRANSPORTS.values(), ids=STRANGE_TRANSPORTS)
def test_r15_strange_transports_are_dropped(attempt, strange):
    """They are hints that nobody signs."""
    attempt.assert_accepted(changed(attempt.answer(), "response.transports", strange))

    assert Passkey.objects.get().transports == []


@EVERYWHERE
def test_r15_the_rest_of_the_transports_is_kept_up_to_16(attempt):
    words = [f"transport-{number}" for number in range(1_000)]

    attempt.assert_accepted(changed(attempt.answer(), "response.transports", [None, "usb", "usb", *words]))

    assert Passkey.objects.get().transports == ["usb", *words[:15]]
