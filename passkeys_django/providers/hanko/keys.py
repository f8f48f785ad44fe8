"""The keys with which a Hanko tenant signs its tokens."""

from functools import lru_cache
from typing import Any

import jwt

from ...cache import cache
from ...hanko import HankoClient, HankoUnknownKey, KeySet
from ...hanko.types import JSONWebKey
from ..tokens import InvalidToken, unverified_header


class TenantKeys:
    """A tenant's key set, kept in Django's cache."""

    def __init__(self, client: HankoClient) -> None:
        url = f"{client.base_url.rstrip('/')}/{client.tenant_id}/.well-known/jwks.json"
        self._set = KeySet(fetch=client.jwks, cache=cache, url=url)

    def key_of(self, token: str) -> Any:
        """The key that the token names, for PyJWT. Raises InvalidToken, HankoError."""
        key = self.jwk_of(token)
        return _public_key(key["n"], key["e"])

    def jwk_of(self, token: str) -> JSONWebKey:
        """The key that the token names, as the tenant publishes it. Raises InvalidToken, HankoError."""
        key_id = unverified_header(token).get("kid")
        if not isinstance(key_id, str):
            raise InvalidToken("no kid")
        try:
            return self._set.key(key_id)
        except HankoUnknownKey as exc:
            raise InvalidToken("unknown kid") from exc


@lru_cache(maxsize=64)
def _public_key(modulus: str, exponent: str) -> Any:
    """The key for PyJWT. Cached, because parsing a key takes longer than verifying a signature."""
    try:
        return jwt.PyJWK({"kty": "RSA", "n": modulus, "e": exponent}, algorithm="RS256")
    except jwt.PyJWTError as exc:
        raise InvalidToken("unusable key") from exc
