"""The verdict: every stored value is covered, unreadable ones too, and neither passkey nor user is needed."""

import hashlib
import hmac
import json
from datetime import timedelta
from uuid import UUID

import jwt
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.contrib.auth import get_user_model
from django.core import signing

from passkeys_django.models import Passkey, PasskeySignature
from passkeys_django.protocol.base64url import base64url_encode
from passkeys_django.providers.transactions import new_challenge
from passkeys_django.signatures import verify_signature
from passkeys_django.testing import cose
from passkeys_django.testing.encoding import cbor
from tests.conftest import make_user
from tests.signatures.evidence.kinds import FIELDS, changed, sealed_again

pytestmark = pytest.mark.django_db
OTHER_ID = UUID(int=7)
BAD_TOKEN = "the token cannot be verified, or is about something else"
OTHER_KEY = cose.generate(cose.ES256)

CHANGES = {
    "id": lambda it: OTHER_ID,
    "user_id": lambda it: make_user("eve").pk,
    "user_key": lambda it: f"{it.user_key}0",
    "user_name": lambda it: "eve",
    "created_at": lambda it: it.created_at + timedelta(microseconds=1),
    "action": lambda it: "gift",
    "text": lambda it: it.text.replace("12.50", "99.00"),
    "challenge": lambda it: new_challenge(transaction_id=str(it.pk), text=it.text),
    "credential_id": lambda it: it.credential_id[::-1],
    "public_key": lambda it: OTHER_KEY.public_key,
    "client_data": lambda it: bytes(it.client_data).replace(b"https:", b"http:"),
    "authenticator_data": lambda it: bytes(it.authenticator_data)[:-1] + b"\1",
    "signature": lambda it: OTHER_KEY.sign(b""),
    "rp_id": lambda it: "evil.example",
    "origin": lambda it: "https://evil.example",
    "provider": lambda it: "hanko:other",
    "fallback": lambda it: not it.fallback,
    "token": lambda it: f"{it.token}A",
    "jwk": lambda it: {**(it.jwk or {"kty": "RSA"}), "n": "AQAB"},
    "form_sha256": lambda it: "0" * 64,
    "redirect_url": lambda it: "https://evil.example/",
    "seal": lambda it: it.seal[::-1],
}
"""Another value for each column, as plausible as can be."""

SITES_WORD = {"user_name", "created_at", "form_sha256", "redirect_url", "fallback"}
"""What a site can change if it makes a new seal: the bytes that the passkey or the service has signed lack it."""


def test_every_column_has_a_change():
    assert CHANGES.keys() == set(FIELDS)


def test_good_evidence_of_every_kind_is_good(evidence):
    assert verify_signature(evidence).problems == ()
    assert verify_signature(PasskeySignature.objects.get()).problems == ()


@pytest.mark.parametrize("kind", ["embedded", "at_hanko"])
def test_a_changed_value_in_the_database_is_found(request, kind):
    evidence = request.getfixturevalue(kind)
    for name in FIELDS:
        value = CHANGES[name](evidence)
        assert value != getattr(evidence, name)
        PasskeySignature.objects.update(**{name: value})
        assert verify_signature(PasskeySignature.objects.get()).problems, name
        PasskeySignature.objects.all().delete()
        evidence.save(force_insert=True)
    assert verify_signature(PasskeySignature.objects.get()).problems == ()


def test_the_seal_covers_every_value_but_the_user_s_foreign_key_which_has_a_copy(embedded):
    for name in set(FIELDS) - {"user_id", "seal"}:
        problems = verify_signature(changed(embedded, **{name: CHANGES[name](embedded)})).problems
        assert "the seal is broken" in problems[-1] or problems[0].startswith("unreadable"), name


@pytest.mark.parametrize(
    ("kind", "word"),
    [("embedded", SITES_WORD | {"credential_id"}), ("at_hanko", SITES_WORD | {"provider"})],
)
def test_a_site_that_seals_anew_can_change_only_its_own_word(request, kind, word):
    """The passkey's signature protects the rest; with Hanko, the token protects the credential id as well."""
    evidence = request.getfixturevalue(kind)
    for name in set(FIELDS) - {"seal"}:
        verdict = verify_signature(sealed_again(evidence, **{name: CHANGES[name](evidence)}))
        assert bool(verdict) == (name in word), name
        assert not any("seal" in problem for problem in verdict.problems)


def test_a_site_cannot_say_that_it_was_signed_on_another_day(embedded):
    for age in (timedelta(hours=1), -timedelta(minutes=1)):
        evidence = sealed_again(embedded, created_at=embedded.created_at + age)
        assert verify_signature(evidence).problems == ("the signature was stored long after its start, or before",)


def test_a_text_with_its_own_challenge_is_not_what_the_passkey_has_signed(embedded):
    """All that a forger without the passkey can do: everything fits but the signature."""
    text = embedded.text.replace("Grace", "Mallory")
    challenge = new_challenge(transaction_id=str(embedded.pk), text=text)
    client = json.loads(bytes(embedded.client_data)) | {"challenge": challenge}
    evidence = sealed_again(embedded, text=text, challenge=challenge, client_data=json.dumps(client).encode())
    assert verify_signature(evidence).problems == ("the public key did not sign this",)


def test_another_key_with_its_own_signature_is_the_site_s_word(embedded):
    """The docs say so: nobody but the site knows whose public key it is."""
    signed = bytes(embedded.authenticator_data) + hashlib.sha256(bytes(embedded.client_data)).digest()
    forged = {"public_key": OTHER_KEY.public_key, "signature": OTHER_KEY.sign(signed)}
    assert verify_signature(sealed_again(embedded, **forged))
    assert not verify_signature(changed(embedded, **forged))


def test_the_verdict_needs_neither_the_passkey_nor_the_user(evidence):
    Passkey.objects.all().delete()
    get_user_model().objects.all().delete()
    left = PasskeySignature.objects.get()
    assert left.user_id is None
    assert (left.user_key, left.user_name) == (evidence.user_key, evidence.user_name)
    assert verify_signature(left).problems == ()


def test_a_signature_of_somebody_who_is_gone_cannot_be_given_to_somebody_else(evidence):
    get_user_model().objects.all().delete()
    PasskeySignature.objects.update(user=make_user("eve"))
    left = PasskeySignature.objects.get()
    if str(left.user_id) != left.user_key:  # a database may use a key again
        assert verify_signature(left).problems == ("the row names another user",)


def test_a_new_secret_key_keeps_the_verdict_as_long_as_the_old_one_is_a_fallback(embedded, settings):
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "new", [settings.SECRET_KEY]
    assert verify_signature(embedded)
    settings.SECRET_KEY_FALLBACKS = []
    [problem] = verify_signature(embedded).problems
    assert problem == "the seal is broken, or was made with a SECRET_KEY that this site does not have any more"


def test_a_seal_for_another_purpose_is_none(embedded):
    """The key of each salt is another one: a cookie or a link that the site has signed is no seal."""
    payload = sealed_again(embedded, user_name="eve")
    for salt in ("", "django.core.signing", "passkeys_django.ceremony"):
        payload.seal = signing.Signer(salt=salt or None).signature("anything")
        assert not verify_signature(payload)


GARBAGE = {
    "text": [
        "",
        "{",
        "null",
        "[]",
        '"a"',
        "{}",
        '{"action":"transfer"}',
        "\0",
        "\ud800",
        "[" * 100_000,
        "9" * 5000,
    ],
    "challenge": ["", "x", "\u0430" * 86, "=" * 86, "A" * 86, "A" * 87, "\ud800"],
    "credential_id": ["", "\0", "\ud800"],
    "public_key": [
        b"",
        b"\xff",
        b"\xa0",
        b"\xa5" * 50,
        cbor({1: 2, 3: -7}),
        cbor({1: 2, 3: -7, -1: 1, -2: b"x" * 32, -3: b"y" * 32}),
        cbor({1: 2, 3: -7, -1: 1, -2: "x", -3: None}),
        cbor({1: 1, 3: -8, -1: 6, -2: b""}),
        cbor({1: 3, 3: -257, -1: b"", -2: b""}),
        cbor({1: 3, 3: -257, -1: b"\xff" * 2000, -2: b"\1\0\1"}),
        cbor([1, 2]),
        cbor({1: 2, 3: 10**30}),
        b"\xd8\x23\x61(",
    ],
    "client_data": [
        b"",
        b"\xff",
        b"{",
        b"null",
        b"[]",
        b"{}",
        b'{"type":1}',
        b'{"challenge":null}',
        b'{"challenge":"","type":[],"origin":{}}',
        b'{"challenge":"","type":"","origin":""}',
        b'{"challenge":"","type":"\\ud800","origin":"\\ud800"}',
        b"[" * 100_000,
        b'{"a":' * 100 + b"1" + b"}" * 100,
        b"9" * 5000,
        "{}".encode("utf-16"),
    ],
    "authenticator_data": [b"", b"\0" * 36, b"\0" * 37, b"\0" * 38, b"\xff" * 37, b"\xff" * 200],
    "signature": [b"", b"\0", b"\x30\x00", b"\xff" * 5000],
    "rp_id": ["", "\ud800", "a" * 300],
    "origin": ["", "\ud800", "\0"],
    "action": ["", "\ud800"],
    "user_key": ["\ud800"],
    "seal": ["", ":", "\u0430", "\ud800", "a:b", "=" * 43],
    "provider": ["\ud800"],
}


def test_an_unreadable_value_is_bad_and_never_an_exception(at_hanko):
    pairs = [(name, value) for name in GARBAGE for value in GARBAGE[name]]
    good = [(name, value) for name, value in pairs if verify_signature(changed(at_hanko, **{name: value}))]
    assert good == []


JWK_GARBAGE = [
    None,
    0,
    True,
    1.5,
    "",
    "x",
    [],
    [[]],
    {},
    {"kty": "RSA"},
    {"kty": "oct", "k": "AQAB"},
    {"kty": "EC", "crv": "P-256", "x": "", "y": ""},
    {"kty": [], "n": [], "e": {}},
    {"kty": "RSA", "n": "", "e": ""},
    {"kty": "RSA", "n": None, "e": 3},
    {"kty": "RSA", "n": "AQAB", "e": "AQAB"},
    {"kty": "RSA", "n": "\u0430", "e": "\ud800"},
    {"kty": "RSA", "n": "_" * 100_000, "e": "AQAB"},
    {"kty": "RSA", "n": "_" * 342, "e": "_" * 342},
    {"kty": "RSA", "n": "_" * 342, "e": "AQAB", "d": "AQAB"},
]


def test_an_unreadable_key_of_the_token_is_bad_and_never_an_exception(at_hanko):
    for jwk in JWK_GARBAGE:
        assert verify_signature(sealed_again(at_hanko, jwk=jwk)).problems == (BAD_TOKEN,), jwk


def pem_of(jwk):
    key = jwt.PyJWK(jwk, algorithm="RS256").key
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def with_header(token, header, sign=None):
    """The same claims under another header."""
    payload = token.split(".")[1]
    signed = f"{base64url_encode(json.dumps(header).encode())}.{payload}"
    return f"{signed}.{base64url_encode(sign(signed.encode()) if sign else b'')}"


def deep(token):
    return f"{token.split('.')[0]}.{base64url_encode(b'[' * 100_000)}.AA"


def padded(token):
    """The same bytes in another writing: characters that a lenient reader skips."""
    head, _, mark = token.rpartition(".")
    return f"{head}.{mark[:5]}+{mark[5:]}" if len(mark) % 4 else f"{head}.{mark}=="


TOKENS = {
    "without an algorithm": lambda it: with_header(it.token, {"alg": "none", "typ": "JWT"}),
    "no header": lambda it: with_header(it.token, None),
    "a list as the header": lambda it: with_header(it.token, ["RS256"]),
    "an algorithm that is a list": lambda it: with_header(it.token, {"alg": ["RS256"]}),
    "HS256 with the public key as the secret": lambda it: with_header(
        it.token, {"alg": "HS256"}, lambda data: hmac.digest(pem_of(it.jwk), data, "sha256")
    ),
    "RS512": lambda it: with_header(it.token, {"alg": "RS512"}, lambda data: b"x" * 256),
    "with a demand": lambda it: with_header(it.token, {"alg": "RS256", "crit": ["x"]}, lambda data: b"x" * 256),
    "words": lambda it: "no token",
    "dots": lambda it: "..",
    "many dots": lambda it: "." * 1000,
    "one part too many": lambda it: f"{it.token}.",
    "another alphabet": lambda it: "\u0430.\u0430.\u0430",
    "half of a character": lambda it: "\ud800.\ud800.\ud800",
    "lists in lists": lambda it: deep(it.token),
    "another writing": lambda it: padded(it.token),
    "blanks around": lambda it: f" {it.token} ",
    "none": lambda it: "",
}


def test_a_token_that_nobody_can_verify_is_bad_and_never_an_exception(at_hanko):
    for name, token in TOKENS.items():
        [problem] = verify_signature(sealed_again(at_hanko, token=token(at_hanko))).problems
        assert problem == ("the token is missing" if name == "none" else BAD_TOKEN), name


def public_jwk(key):
    numbers = key.public_key().public_numbers()
    encoded = {"n": numbers.n.to_bytes((key.key_size + 7) // 8), "e": b"\1\0\1"}
    return {"kty": "RSA", **{name: base64url_encode(value) for name, value in encoded.items()}}


def token_of(key, claims):
    """A token with any claims: PyJWT does not write all of them."""
    parts = ({"alg": "RS256"}, claims)
    signed = ".".join(base64url_encode(json.dumps(part).encode()) for part in parts)
    return f"{signed}.{base64url_encode(key.sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256()))}"


@pytest.fixture(scope="module")
def token_key():
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.fixture
def claims(at_hanko):
    return jwt.decode(at_hanko.token, options={"verify_signature": False})


WRONG_CLAIMS = [
    {"sub": "eve"},
    {"sub": 7},
    {"sub": None},
    {"cred": "AQAB"},
    {"trans": str(OTHER_ID)},
    {"trans": [str(OTHER_ID)]},
    {"aud": ["evil.example"]},
    {"aud": "xtestserver"},
    {"aud": None},
    {"aud": 7},
    {"aud": [["testserver"]]},
]


def test_the_token_must_be_about_this_transaction_person_passkey_and_site(at_hanko, claims, token_key):
    jwk = public_jwk(token_key)
    assert verify_signature(sealed_again(at_hanko, token=token_of(token_key, claims), jwk=jwk))
    for change in WRONG_CLAIMS:
        evidence = sealed_again(at_hanko, token=token_of(token_key, claims | change), jwk=jwk)
        assert verify_signature(evidence).problems == (BAD_TOKEN,), change


def test_an_old_token_is_good_for_ever(at_hanko, claims, token_key):
    """It lives for five minutes at login; as evidence it is read years later."""
    old = token_of(token_key, claims | {"exp": 1, "iat": 0})
    assert verify_signature(sealed_again(at_hanko, token=old, jwk=public_jwk(token_key)))


def test_a_token_of_a_short_key_is_bad(at_hanko, claims):
    key = rsa.generate_private_key(public_exponent=65537, key_size=1024)  # noqa: S505
    evidence = sealed_again(at_hanko, token=token_of(key, claims), jwk=public_jwk(key))
    assert verify_signature(evidence).problems == (BAD_TOKEN,)
