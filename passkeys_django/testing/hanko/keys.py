"""Signing keys, and the tokens that they sign."""

import itertools
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from ..encoding import b64url
from .wire.http import json_text

LIFETIME = 300

_pool: list[rsa.RSAPrivateKey] = []
_pool_lock = threading.Lock()


@dataclass(frozen=True, kw_only=True)
class SigningKey:
    """An RSA key, and the JWK secret that encrypts it at the server."""

    kid: str
    private_key: rsa.RSAPrivateKey = field(repr=False)
    secret_id: str

    def jwk(self) -> dict[str, Any]:
        """The public key, as in the key set."""
        numbers = self.private_key.public_key().public_numbers()
        return {
            "alg": "RS256",
            "e": b64url(numbers.e.to_bytes(3)),
            "kid": self.kid,
            "kty": "RSA",
            "n": b64url(numbers.n.to_bytes((numbers.n.bit_length() + 7) // 8)),
            "use": "sig",
        }

    def sign(self, claims: dict[str, Any]) -> str:
        """A compact JWS. The same claims always give the same bytes."""
        header = {"alg": "RS256", "kid": self.kid, "typ": "JWT"}
        signed = ".".join(b64url(json_text(part).encode()) for part in (header, dict(sorted(claims.items()))))
        return f"{signed}.{b64url(self.private_key.sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256()))}"


def pooled_keys() -> Callable[[], rsa.RSAPrivateKey]:
    """A source of distinct 2048-bit keys. All sources of a process share their keys, as making one takes long."""
    counter = itertools.count()

    def next_key() -> rsa.RSAPrivateKey:
        with _pool_lock:
            index = next(counter)
            if index == len(_pool):
                _pool.append(rsa.generate_private_key(public_exponent=65537, key_size=2048))
            return _pool[index]

    return next_key


def claims(
    *, rp_id: str, user_id: str, credential_id: str, issued_at: int, transaction_id: str | None = None
) -> dict[str, Any]:
    """The claims of a token. No claim is unique to one ceremony."""
    values: dict[str, Any] = {
        "aud": [rp_id],
        "sub": user_id,
        "cred": credential_id,
        "iat": issued_at,
        "exp": issued_at + LIFETIME,
    }
    return values if transaction_id is None else {**values, "trans": transaction_id}
