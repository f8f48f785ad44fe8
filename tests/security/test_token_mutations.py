"""J1 to J16 by force: 10,000 mutations of a valid token of each kind, and none is accepted."""

import base64
import json
import random
import time
from contextlib import suppress
from functools import lru_cache

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from passkeys_django.providers import tokens
from passkeys_django.providers.tokens import InvalidToken
from passkeys_django.testing import cose
from passkeys_django.testing.encoding import b64url, unb64url

AUDIENCE = "testserver"
HANKO_KEY = cose.shared_rsa_key()
OTHER_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
EXAMPLES, MUTATIONS_EACH = 200, 50
FEW = settings(
    max_examples=EXAMPLES, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck)
)


def claims(**changes):
    now = int(time.time())
    return {"aud": [AUDIENCE], "cred": "AAAA", "exp": now + 300, "iat": now, "sub": "h" * 43, **changes}


def hanko_token(key=HANKO_KEY, **changes):
    """As Hanko makes it."""
    signed = ".".join(
        b64url(json.dumps(part).encode())
        for part in ({"alg": "RS256", "kid": "one", "typ": "JWT"}, claims(**changes))
    )
    return f"{signed}.{b64url(key.sign(signed.encode(), padding.PKCS1v15(), SHA256()))}"


def embedded_token(*, token_type=tokens.LOGIN_TYPE, audience=AUDIENCE):
    return tokens.issue_embedded(
        token_type=token_type, user_handle=b"h" * 43, credential_id="AAAA", audience=audience
    )


def verify_hanko(text):
    """What HankoProvider.verify_token does with the key that it has found."""
    tokens.unverified_header(text)
    return tokens.verify(text, key=HANKO_KEY.public_key(), algorithm="RS256", expected_audience=AUDIENCE)


def verify_embedded(text):
    """What PasskeyBackend does with a token of embedded's type."""
    tokens.unverified_header(text)
    return tokens.verify_embedded(text, token_type=tokens.LOGIN_TYPE, audience=AUDIENCE)


@lru_cache
def others(kind):
    """Good tokens of other keys, and of other things that the right key signs: parts to splice."""
    if kind == "hanko":
        return [
            hanko_token(OTHER_KEY),
            hanko_token(trans="x"),
            hanko_token(aud=["evil.example"]),
            embedded_token(),
        ]
    return [
        embedded_token(token_type=tokens.REGISTRATION_TYPE),
        embedded_token(audience="evil.example"),
        jwt.encode(claims(aud=AUDIENCE), "k" * 32, headers={"typ": tokens.LOGIN_TYPE}),
        hanko_token(),
    ]


NAMES = [
    "alg",
    "typ",
    "kid",
    "b64",
    "crit",
    "zip",
    "jku",
    "jwk",
    "aud",
    "cred",
    "exp",
    "iat",
    "nbf",
    "sub",
    "trans",
]
VALUES = [
    None,
    True,
    0,
    -1,
    10**400,
    1e300,
    "",
    "AAAA",
    AUDIENCE,
    [AUDIENCE],
    {},
    [],
    "none",
    "HS256",
    "RS256",
    "b64",
]
CHARACTERS = [*"=+/. \n\0%\u00e9\ud800\uff21", *ALPHABET]
ENCODINGS = [base64.b64encode, base64.urlsafe_b64encode, base64.b32encode, base64.b16encode]


class Mutator:
    """Makes another text of a token, as its source of randomness says."""

    def __init__(self, seed, others):
        self.random, self.others = random.Random(seed), others

    def mutated(self, text):
        """Changed in one way, sometimes in two."""
        for _ in range(self.random.choice([1, 1, 1, 2])):
            text = self.random.choice(MUTATIONS)(self, text)
        return text

    def position(self, text):
        return self.random.randrange(len(text) + 1)

    def replace(self, text):
        at = self.position(text)
        return text[:at] + self.random.choice(CHARACTERS) + text[at + 1 :]

    def insert(self, text):
        at = self.position(text)
        return text[:at] + "".join(self.random.choices(CHARACTERS, k=self.random.randint(1, 3))) + text[at:]

    def append(self, text):
        return text + self.random.choice(["=", "==", "\n", " ", ".", "A", "AA", "AAAA", ".AAAA"])

    def truncate(self, text):
        start, end = sorted([self.position(text), self.position(text)])
        return self.random.choice([text[:end], text[start:], text[:start] + text[end:]])

    def concatenate(self, text):
        pair = [text, self.random.choice([text, *self.others])]
        self.random.shuffle(pair)
        return self.random.choice(["", ".", " "]).join(pair)

    def splice(self, text):
        """Some parts of this token, and the rest of another."""
        other = self.random.choice(self.others).split(".")
        return ".".join(self.random.choice(pair) for pair in zip(text.split("."), other, strict=False))

    def reorder(self, text):
        parts = text.split(".")
        return ".".join(self.random.sample(parts, len(parts)))

    def change_content(self, text):
        """A member of the header or of the claims, gone or with another value; the signature as it was."""
        parts = text.split(".")
        index = self.random.randrange(min(2, len(parts)))
        try:
            content = json.loads(unb64url(parts[index]))
            if self.random.random() < 0.3:
                del content[self.random.choice(list(content))]
            else:
                content[self.random.choice(NAMES)] = self.random.choice(VALUES)
            parts[index] = b64url(json.dumps(content).encode())
        except (ValueError, TypeError, IndexError):  # spoilt by an earlier mutation
            parts[index] = parts[index][::-1]
        return ".".join(parts)

    def recode(self, text):
        """The same bytes in another alphabet, with padding, or with stray bits."""
        parts = text.split(".")
        index = self.random.randrange(len(parts))
        last = ALPHABET.find(parts[index][-1:])
        if self.random.random() < 0.5:
            parts[index] = parts[index][:-1] + ALPHABET[last ^ 1]
        else:
            with suppress(ValueError):
                parts[index] = self.random.choice(ENCODINGS)(unb64url(parts[index])).decode()
        return ".".join(parts)


MUTATIONS = [
    Mutator.replace,
    Mutator.insert,
    Mutator.append,
    Mutator.truncate,
    Mutator.concatenate,
    Mutator.splice,
    Mutator.reorder,
    Mutator.change_content,
    Mutator.recode,
]
KINDS = {"hanko": (hanko_token, verify_hanko), "embedded": (embedded_token, verify_embedded)}


@pytest.mark.parametrize("kind", KINDS)
def test_j1_j16_of_ten_thousand_mutations_of_a_token_none_is_accepted(kind, monkeypatch):
    make, verify = KINDS[kind]
    token, now = make(), time.time()
    monkeypatch.setattr("passkeys_django.providers.tokens.time.time", lambda: now)
    assert verify(token)
    tried = {token}

    @FEW
    @given(seed=st.binary(min_size=8, max_size=8))
    def mutate(seed):
        mutator = Mutator(seed, others(kind))
        enough = len(tried) + MUTATIONS_EACH
        while len(tried) < enough:
            text = mutator.mutated(token)
            if text not in tried:
                with pytest.raises(InvalidToken):
                    verify(text)
                tried.add(text)

    mutate()
    assert len(tried) > 10_000
