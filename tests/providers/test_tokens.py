"""The token that every finalize ends in: the rows J of the security table."""

import base64
import hashlib
import hmac
import json
import time

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from passkeys_django.providers import tokens
from passkeys_django.providers.tokens import Claims, InvalidToken
from passkeys_django.testing import cose

AUDIENCE = "testserver"
KEY = cose.shared_rsa_key()
OTHER_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
WEAK_KEY = rsa.generate_private_key(public_exponent=65537, key_size=1024)  # noqa: S505  # that is the point
EC_KEY = ec.generate_private_key(ec.SECP256R1())


def claims(**changes):
    """Those of a good token with some changed; `...` removes one."""
    now = int(time.time())
    good = {"sub": "handle", "cred": "AAAA", "aud": [AUDIENCE], "iat": now, "exp": now + 300}
    return {name: value for name, value in {**good, **changes}.items() if value is not ...}


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def token(*, key=KEY, algorithm="RS256", headers=None, **changes):
    """A token as a provider signs it, whatever its claims: PyJWT would refuse to write some of them."""
    header = {"alg": algorithm, "typ": "JWT", **(headers or {})}
    signed = f"{b64(json.dumps(header).encode())}.{b64(json.dumps(claims(**changes)).encode())}"
    return f"{signed}.{b64(jwt.get_algorithm_by_name(algorithm).sign(signed.encode(), key))}"


def verify(text, *, key=None, **arguments):
    return tokens.verify(
        text,
        **{"key": key or KEY.public_key(), "algorithm": "RS256", "expected_audience": AUDIENCE, **arguments},
    )


def test_a_good_token_says_who_and_with_which_passkey():
    now = int(time.time())

    assert verify(token(iat=now)) == Claims(user_handle=b"handle", credential_id="AAAA", issued_at=now)


# J1: the algorithm is ours to choose


def public_pem():
    return KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def public_der():
    return KEY.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def hs256_token(secret):
    header, payload = token().split(".")[:2]
    header = b64(json.dumps({"alg": "HS256", "typ": "JWT"}).encode())
    return f"{header}.{payload}." + b64(hmac.new(secret, f"{header}.{payload}".encode(), hashlib.sha256).digest())


def unsigned_token(alg):
    header, payload = b64(json.dumps({"alg": alg}).encode()), token().split(".")[1]
    return f"{header}.{payload}."


@pytest.mark.parametrize("alg", ["none", "None", "NONE", "", None])
def test_j1_an_unsigned_token_is_refused(alg):
    with pytest.raises(InvalidToken):
        verify(unsigned_token(alg))


def test_j1_a_signature_that_was_cut_off_is_refused():
    with pytest.raises(InvalidToken):
        verify(token().rpartition(".")[0] + ".")


@pytest.mark.parametrize("secret", [public_pem, public_der], ids=["PEM", "DER"])
def test_j1_hs256_with_the_public_key_as_secret_is_refused(secret):
    with pytest.raises(InvalidToken):
        verify(hs256_token(secret()))


@pytest.mark.parametrize("algorithm", ["PS256", "RS384", "RS512"])
def test_j1_another_rsa_algorithm_is_refused(algorithm):
    with pytest.raises(InvalidToken, match="InvalidAlgorithmError"):
        verify(token(algorithm=algorithm))


def test_j1_es256_is_refused():
    with pytest.raises(InvalidToken, match="InvalidAlgorithmError"):
        verify(token(key=EC_KEY, algorithm="ES256"))


def test_j1_a_header_that_lies_about_the_algorithm_is_refused():
    with pytest.raises(InvalidToken, match="InvalidSignatureError"):
        verify(token(algorithm="PS256", headers={"alg": "RS256"}))


# J2 to J4: the key is ours to choose


@pytest.mark.parametrize(
    "header",
    [
        {"jku": "https://evil.example/jwks.json"},
        {"x5u": "https://evil.example/cert.pem"},
        {"jwk": jwt.algorithms.RSAAlgorithm.to_jwk(OTHER_KEY.public_key(), as_dict=True)},
        {"x5c": ["MIIB"]},
    ],
    ids=lambda header: next(iter(header)),
)
def test_j2_a_key_that_the_token_brings_along_is_ignored(header):
    with pytest.raises(InvalidToken, match="InvalidSignatureError"):
        verify(token(key=OTHER_KEY, headers=header))
    assert verify(token(headers=header))


def test_j3_a_key_of_1024_bits_is_refused():
    with pytest.raises(InvalidToken):
        verify(token(key=WEAK_KEY), key=WEAK_KEY.public_key())


def test_j3_a_key_of_another_type_is_refused():
    with pytest.raises(InvalidToken):
        verify(token(), key=EC_KEY.public_key())


def test_j4_the_key_given_decides_and_not_the_kid():
    assert verify(token(headers={"kid": "another"}))
    with pytest.raises(InvalidToken, match="InvalidSignatureError"):
        verify(token(key=OTHER_KEY, headers={"kid": "mine"}))


# J5: the audience


@pytest.mark.parametrize("audience", [AUDIENCE, [AUDIENCE], ["other", AUDIENCE]], ids=repr)
def test_j5_the_audience_contains_the_relying_party(audience):
    assert verify(token(aud=audience))


@pytest.mark.parametrize(
    "audience",
    ["evil.example", ["evil.example"], [], "", None, 1, [1], {AUDIENCE: 1}, f"{AUDIENCE}.evil"],
    ids=repr,
)
def test_j5_another_audience_is_refused(audience):
    with pytest.raises(InvalidToken):
        verify(token(aud=audience))


# J6: what must be there


@pytest.mark.parametrize("name", ["sub", "cred", "aud", "iat", "exp"])
@pytest.mark.parametrize("value", [..., None], ids=["missing", "null"])
def test_j6_every_claim_must_be_there(name, value):
    with pytest.raises(InvalidToken):
        verify(token(**{name: value}))


# J7 and J8: times


@pytest.mark.parametrize("ahead", [1, 5, 28])
def test_j7_a_clock_that_is_ahead_by_less_than_30_s_is_forgiven(ahead):
    now = int(time.time()) + ahead

    assert verify(token(iat=now, exp=now + 300)).issued_at == now


def test_j7_a_token_from_the_future_is_refused():
    now = int(time.time()) + 35
    with pytest.raises(InvalidToken, match="ImmatureSignatureError"):
        verify(token(iat=now, exp=now + 300))


def test_j7_a_token_that_expired_within_the_leeway_is_forgiven():
    now = int(time.time())

    assert verify(token(iat=now - 300, exp=now - 25))


def test_j7_an_expired_token_is_refused():
    now = int(time.time())
    with pytest.raises(InvalidToken, match="ExpiredSignatureError"):
        verify(token(iat=now - 300, exp=now - 31))


def test_j7_a_token_that_is_not_valid_yet_is_refused():
    with pytest.raises(InvalidToken, match="ImmatureSignatureError"):
        verify(token(nbf=int(time.time()) + 60))


@pytest.mark.parametrize("seconds", [601, 3600, 30 * 365 * 86_400])
def test_j8_a_token_that_lives_long_is_refused(seconds):
    now = int(time.time())
    with pytest.raises(InvalidToken, match="a lifetime of"):
        verify(token(iat=now, exp=now + seconds))


@pytest.mark.parametrize("lifetime", [0, -1, -29])
def test_j8_a_token_that_expired_before_it_was_issued_is_refused(lifetime):
    now = int(time.time()) + 10
    with pytest.raises(InvalidToken, match="a lifetime of"):
        verify(token(iat=now, exp=now + lifetime))


def test_j8_a_token_of_ten_minutes_is_accepted():
    now = int(time.time())

    assert verify(token(iat=now, exp=now + 600))


def test_j8_an_old_token_is_refused_whatever_it_says_itself():
    now = int(time.time())
    with pytest.raises(InvalidToken, match="too old"):
        verify(token(iat=now - 605, exp=now - 5))


@pytest.mark.parametrize("name", ["iat", "exp"])
@pytest.mark.parametrize(
    "value",
    ["soon", [], {}, float("inf"), float("nan"), -1, 10**400, True, 1e300],
    ids=lambda value: str(value)[:9],
)
def test_j8_a_time_that_is_none_is_refused(name, value):
    with pytest.raises(InvalidToken):
        verify(token(**{name: value}))


# J9 and J10: sub and cred


@pytest.mark.parametrize("name", ["sub", "cred"])
@pytest.mark.parametrize("value", [1, True, ["handle"], {"a": 1}, 1.5], ids=repr)
def test_j9_j10_sub_and_cred_are_text(name, value):
    with pytest.raises(InvalidToken):
        verify(token(**{name: value}))


@pytest.mark.parametrize("sub", ["\ud800", "a\udfff"], ids=ascii)
def test_j9_a_sub_that_stands_for_no_bytes_is_refused(sub):
    with pytest.raises(InvalidToken, match="sub is not a user handle"):
        verify(token(sub=sub))


def test_j9_a_sub_outside_ascii_is_its_utf_8():
    assert verify(token(sub="Größe")).user_handle == "Größe".encode()


# J11: Hanko's transaction tokens share key, sub, aud and cred with a login's


@pytest.mark.parametrize("trans", ["transaction", "", None, {}, False], ids=repr)
def test_j11_a_transactions_token_is_no_login(trans):
    with pytest.raises(InvalidToken, match="transaction"):
        verify(token(trans=trans))


def test_j12_one_token_may_be_verified_twice():
    """Hanko's tokens of one second are alike: single use is the ceremony's, never a memory of tokens."""
    text = token()

    assert verify(text) == verify(text)


@pytest.mark.parametrize("typ", ["JWT", None, "at+jwt", tokens.LOGIN_TYPE])
def test_j13_the_typ_is_only_looked_at_where_one_is_expected(typ):
    assert verify(token(headers={"typ": typ}))


@pytest.mark.parametrize("typ", ["JWT", None, "", tokens.REGISTRATION_TYPE, tokens.LOGIN_TYPE.upper()])
def test_j13_another_typ_than_the_expected_is_refused(typ):
    with pytest.raises(InvalidToken):
        verify(token(headers={"typ": typ}), expected_type=tokens.LOGIN_TYPE)


def test_j14_a_token_says_nothing_about_flags_and_nothing_is_read_from_it():
    """What the authenticator said is checked in the credential itself: see the rules in test_login."""
    assert verify(token(uv=False, up=False, be=True)) == verify(token(uv=True))


# J15: size and shape, before anything is decoded


def padded(size):
    """A token of about this many bytes."""
    return token(padding="x" * ((size - len(token())) * 3 // 4))


def test_j15_a_token_of_less_than_8_kb_has_a_header():
    assert len(padded(8000)) > 7900
    assert tokens.unverified_header(padded(8000))["alg"] == "RS256"


def test_j15_a_token_of_more_than_8_kb_is_refused():
    assert len(padded(8400)) > 8192
    with pytest.raises(InvalidToken, match="8 kB"):
        tokens.unverified_header(padded(8400))


NO_TOKENS = {
    "none": None,
    "a number": 1,
    "bytes": b"a.b.c",
    "a list": ["a", "b", "c"],
    "empty": "",
    "one part": "abc",
    "two parts": "a.b",
    "four parts": "a.b.c.d",
    "five parts, a JWE": "a.b.c.d.e",
    "dots": "..",
    "no base64url": "ä.ä.ä",
    "a surrogate": "\ud800.a.b",
    "a NUL": "\0.\0.\0",
    "a list as header": b64(b"[]") + ".e30.AAAA",
    "a number as header": b64(b"1") + ".e30.AAAA",
    "no JSON as header": b64(b"{") + ".e30.AAAA",
    "no UTF-8 as header": b64(b"\xff") + ".e30.AAAA",
    "a deeply nested header": b64(b"[" * 5000) + ".e30.AAAA",
}


@pytest.mark.parametrize("text", NO_TOKENS.values(), ids=NO_TOKENS)
def test_j15_what_is_no_token_has_no_header(text):
    with pytest.raises(InvalidToken):
        tokens.unverified_header(text)


@pytest.mark.parametrize("text", NO_TOKENS.values(), ids=NO_TOKENS)
def test_j16_what_is_no_token_is_an_invalid_token_and_nothing_else(text):
    with pytest.raises(InvalidToken):
        verify(text)


@pytest.mark.parametrize(
    "header",
    [
        b"",
        b"[]",
        b"1",
        b"null",
        b"{",
        b"\xff",
        b"[" * 5000,
    ],
    ids=lambda header: repr(header[:20]),
)
def test_j16_a_header_that_is_none_is_refused(header):
    with pytest.raises(InvalidToken):
        tokens.unverified_header(f"{b64(header)}.{b64(b'{}')}.AAAA")


def test_j17_the_reason_never_names_the_token():
    text = token(exp=1)
    with pytest.raises(InvalidToken) as caught:
        verify(text)

    assert not any(part in str(caught.value) for part in text.split("."))


# Embedded's own


def embedded(**changes):
    arguments = {
        "token_type": tokens.LOGIN_TYPE,
        "user_handle": b"handle",
        "credential_id": "AAAA",
        "audience": AUDIENCE,
    }
    return tokens.issue_embedded(**{**arguments, **changes})


def verify_embedded(text, *, token_type=tokens.LOGIN_TYPE, audience=AUDIENCE):
    return tokens.verify_embedded(text, token_type=token_type, audience=audience)


def test_an_embedded_token_is_what_the_design_says():
    header, payload, _signature = embedded().split(".")

    assert json.loads(tokens.base64url_decode(header)) == {"alg": "HS256", "typ": "passkey-login+jwt"}
    issued = json.loads(tokens.base64url_decode(payload))
    assert issued["exp"] - issued["iat"] == 30
    assert abs(issued["iat"] - time.time()) < 10
    assert {name: issued[name] for name in ("sub", "cred", "aud")} == {
        "sub": "handle",
        "cred": "AAAA",
        "aud": AUDIENCE,
    }


@pytest.mark.parametrize("handle", [b"handle", bytes(range(64)), b"\xff" * 64, "ü".encode(), b"\x00"], ids=repr)
def test_an_embedded_token_brings_back_every_user_handle(handle):
    assert verify_embedded(embedded(user_handle=handle)).user_handle == handle


@pytest.mark.parametrize("used", [tokens.LOGIN_TYPE, tokens.REGISTRATION_TYPE])
def test_an_embedded_token_of_one_type_is_none_of_the_other(used):
    other = tokens.REGISTRATION_TYPE if used == tokens.LOGIN_TYPE else tokens.LOGIN_TYPE
    text = embedded(token_type=used)

    assert verify_embedded(text, token_type=used)
    with pytest.raises(InvalidToken):
        verify_embedded(text, token_type=other)


def test_an_embedded_token_of_another_type_is_refused_even_with_the_right_key():
    text = jwt.encode(
        claims(aud=AUDIENCE), tokens._embedded_key(tokens.LOGIN_TYPE, AUDIENCE), headers={"typ": "JWT"}
    )
    with pytest.raises(InvalidToken, match="typ"):
        verify_embedded(text)


def test_an_embedded_token_is_for_one_relying_party():
    with pytest.raises(InvalidToken):
        verify_embedded(embedded(), audience="evil.example")


def test_each_relying_party_has_a_key_of_its_own():
    text = jwt.encode(
        claims(aud=[AUDIENCE, "evil.example"]),
        tokens._embedded_key(tokens.LOGIN_TYPE, "evil.example"),
        headers={"typ": tokens.LOGIN_TYPE},
    )
    with pytest.raises(InvalidToken, match="InvalidSignatureError"):
        verify_embedded(text)


def test_an_embedded_token_of_a_minute_ago_has_expired(monkeypatch):
    real = time.time
    with monkeypatch.context() as patch:
        patch.setattr("passkeys_django.providers.tokens.time.time", lambda: real() - 61)
        text = embedded()

    with pytest.raises(InvalidToken, match="ExpiredSignatureError"):
        verify_embedded(text)


def test_an_embedded_token_ends_with_its_secret_key(settings):
    text = embedded()
    settings.SECRET_KEY = "another"

    with pytest.raises(InvalidToken, match="InvalidSignatureError"):
        verify_embedded(text)


def test_an_embedded_token_is_not_signed_with_the_secret_key_itself(settings):
    text = jwt.encode(claims(aud=AUDIENCE), settings.SECRET_KEY.ljust(32, "x"), headers={"typ": tokens.LOGIN_TYPE})
    with pytest.raises(InvalidToken):
        verify_embedded(text)


def test_a_providers_token_is_no_embedded_one():
    with pytest.raises(InvalidToken, match="InvalidAlgorithmError"):
        verify_embedded(token(headers={"typ": tokens.LOGIN_TYPE}))
