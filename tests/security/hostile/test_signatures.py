"""Signatures that are none of the passkey's, or not written as they must be (WebAuthn L3, 6.5.5 and 7.2)."""

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

from passkeys_django.models import Passkey
from passkeys_django.testing import cose
from passkeys_django.testing.encoding import b64url, unb64url
from tests.security.hostile.attempts import EVERY_LOGIN, LOGINS, attempts, response
from tests.security.hostile.keys import NOT_CANONICAL, NOT_OFFERED, UNUSABLE

pytestmark = pytest.mark.django_db

P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


def der(first, second):
    """ECDSA-Sig-Value (RFC 3279, 2.2.3) of two DER items, right or wrong."""
    content = first + second
    return b"\x30" + bytes([len(content)]) + content


def integer(number):
    """In DER."""
    return b"\x02" + bytes([number.bit_length() // 8 + 1]) + number.to_bytes(number.bit_length() // 8 + 1)


def scalars(edit):
    """A function that changes the two numbers of an ECDSA signature."""
    return lambda signature: encode_dss_signature(*edit(*decode_dss_signature(signature)))


def items(edit):
    """A function that writes the two numbers of an ECDSA signature in DER of its own."""
    return lambda signature: edit(*decode_dss_signature(signature))


FOR_EVERY_ALGORITHM = {
    "nothing": lambda signature: b"",
    "one byte": lambda signature: b"\x00",
    "64 zeros": lambda signature: bytes(64),
    "256 zeros": lambda signature: bytes(256),
    "all but the last byte": lambda signature: signature[:-1],
    "all but the first byte": lambda signature: signature[1:],
    "a NUL after it": lambda signature: signature + b"\x00",
    "a NUL before it": lambda signature: b"\x00" + signature,
    "twice": lambda signature: signature * 2,
    "in reverse": lambda signature: signature[::-1],
    "another first bit": lambda signature: bytes([signature[0] ^ 0x80]) + signature[1:],
    "another last bit": lambda signature: signature[:-1] + bytes([signature[-1] ^ 1]),
    "in base64url": lambda signature: b64url(signature).encode(),
    "10,000 bytes": lambda signature: b"\x30" * 10_000,
}
FOR_ECDSA = {
    "raw numbers": items(lambda r, s: r.to_bytes(32) + s.to_bytes(32)),
    "an empty sequence": lambda signature: b"\x30\x00",
    "one number": items(lambda r, s: der(integer(r), b"")),
    "three numbers": items(lambda r, s: der(integer(r), integer(s) + integer(1))),
    "the numbers swapped": scalars(lambda r, s: (s, r)),
    "r = 0": scalars(lambda r, s: (0, s)),
    "s = 0": scalars(lambda r, s: (r, 0)),
    "both 0": scalars(lambda r, s: (0, 0)),
    "both 1": scalars(lambda r, s: (1, 1)),
    "r + n": scalars(lambda r, s: (r + P256_ORDER, s)),
    "s + n": scalars(lambda r, s: (r, s + P256_ORDER)),
    "-s": items(lambda r, s: der(integer(r), b"\x02\x21" + (-s).to_bytes(33, signed=True))),
    "numbers of a thousand bits": scalars(lambda r, s: (r + (P256_ORDER << 700), s)),
    "a length in a byte too many": lambda signature: b"\x30\x81" + signature[1:],
    "of indefinite length": lambda signature: b"\x30\x80" + signature[2:] + b"\x00\x00",
    "a number with a zero too many": items(
        lambda r, s: der(b"\x02" + bytes([len(integer(r)) - 1]) + b"\x00" + integer(r)[2:], integer(s))
    ),
    "a set": lambda signature: b"\x31" + signature[1:],
    "octets in place of a number": items(lambda r, s: der(b"\x04" + integer(r)[1:], integer(s))),
    "a NUL inside": lambda signature: b"\x30" + bytes([signature[1] + 1]) + signature[2:] + b"\x00",
}
SCHEMES = {
    "of SHA-1": (padding.PKCS1v15(), hashes.SHA1()),  # noqa: S303
    "of SHA-512": (padding.PKCS1v15(), hashes.SHA512()),
    "in PSS": (padding.PSS(mgf=padding.MGF1(hashes.SHA256()), salt_length=32), hashes.SHA256()),
}


def with_signature(edit):
    def lie(credential):
        signature = unb64url(credential["response"]["signature"])
        return response(signature=b64url(edit(signature)))(credential)

    return lie


@pytest.fixture
def with_algorithm(attempt, user):
    """A function that gives the user a passkey with a key of this algorithm in place of the old one."""

    def replace(algorithm):
        Passkey.objects.all().delete()
        attempt.browser.authenticator.credentials.clear()
        attempt.browser.authenticator.algorithm = algorithm
        browser = attempt.browser.other_browser().sign_in(user)
        assert browser.register().status_code == 201
        return attempt

    return replace


@pytest.mark.parametrize("algorithm", [cose.ES256, cose.RS256, cose.EDDSA], ids=["ES256", "RS256", "EdDSA"])
@LOGINS
def test_a5_a_signature_that_was_changed_is_refused(with_algorithm, attempt, algorithm):
    lies = {name: with_signature(edit) for name, edit in FOR_EVERY_ALGORITHM.items()}

    with_algorithm(algorithm).assert_each_refused(lies, "login_failed")


@EVERY_LOGIN
def test_a5_ecdsa_that_is_not_der_or_out_of_range_is_refused(attempt):
    lies = {name: with_signature(edit) for name, edit in FOR_ECDSA.items()}

    attempt.assert_each_refused(lies, "login_failed")


@LOGINS
def test_a5_rsa_by_another_scheme_is_refused(with_algorithm, attempt, monkeypatch):
    with_algorithm(cose.RS256)
    for name, scheme in SCHEMES.items():
        with attempt.subtests.test(name), monkeypatch.context() as patch:
            patch.setattr(cose.KeyPair, "sign", lambda self, data, s=scheme: self.private_key.sign(data, *s))
            credential = attempt.answer()
            attempt.assert_refused(credential, "login_failed")
    attempt.assert_accepted(attempt.answer())


@LOGINS
def test_a5_eddsa_with_another_number_for_the_same_is_refused(with_algorithm, attempt):
    """S + L: whoever does not check the range accepts two signatures for one (RFC 8032, 8.4)."""
    order = 2**252 + 27742317777372353535851937790883648493

    def beyond_order(signature):
        return signature[:32] + (int.from_bytes(signature[32:], "little") + order).to_bytes(32, "little")

    with_algorithm(cose.EDDSA).assert_each_refused({"S + L": with_signature(beyond_order)}, "login_failed")


UNSIGNED_CHANGES = {
    "of another login": lambda attempt, credential: attempt.answer()["response"]["signature"],
    "of other bytes": lambda attempt, credential: attempt.answer(tamper_signature=True)["response"]["signature"],
    "of the client data alone": lambda attempt, credential: signed(attempt, credential, "clientDataJSON"),
    "of the authenticator data alone": lambda attempt, credential: signed(
        attempt, credential, "authenticatorData"
    ),
    "without the hash": lambda attempt, credential: signed(
        attempt, credential, "authenticatorData", "clientDataJSON"
    ),
    "of nothing": lambda attempt, credential: signed(attempt, credential),
}


def signed(attempt, credential, *names):
    key = attempt.browser.authenticator.credentials[credential["id"]].key
    return b64url(key.sign(b"".join(unb64url(credential["response"][name]) for name in names)))


@EVERY_LOGIN
def test_a5_a_signature_over_other_bytes_is_refused(attempt):
    lies = {
        name: lambda credential, sign=sign: response(signature=sign(attempt, credential))(credential)
        for name, sign in UNSIGNED_CHANGES.items()
    }

    attempt.assert_each_refused(lies, "login_failed")


@EVERY_LOGIN
def test_a5_a_change_after_the_signature_is_refused(attempt):
    """Of what no other rule looks at."""

    def edit(name, change):
        return lambda credential: response(**{name: b64url(change(unb64url(credential["response"][name])))})(
            credential
        )

    lies = {
        "the counter": edit("authenticatorData", lambda raw: raw[:-1] + b"\x07"),
        "reserved flags": edit("authenticatorData", lambda raw: raw[:32] + bytes([raw[32] | 2]) + raw[33:]),
        "white space": edit("clientDataJSON", lambda raw: raw + b" "),
        "an unknown member": edit("clientDataJSON", lambda raw: raw[:-1] + b',"x":1}'),
    }

    attempt.assert_each_refused(lies, "login_failed")


@attempts("login")
def test_a5_a_signature_of_any_other_key_is_refused(attempt, user):
    passkey = Passkey.objects.get()
    good = bytes(passkey.public_key)
    for name, public_key in (UNUSABLE | NOT_OFFERED | NOT_CANONICAL).items():
        with attempt.subtests.test(name):
            Passkey.objects.update(public_key=public_key)
            attempt.assert_refused(attempt.answer(), "login_failed")
    Passkey.objects.update(public_key=good)
    attempt.assert_accepted(attempt.answer())
