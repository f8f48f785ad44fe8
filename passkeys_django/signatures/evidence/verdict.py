"""The verdict on a stored signature, computed anew from the evidence alone."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import jwt

from ...ceremonies.cookies import MAX_AHEAD
from ...conf import CEREMONY_MAX_AGE
from ...exceptions import InvalidCredential, InvalidStatement
from ...models import PasskeySignature
from ...protocol.authenticator_data import parse_assertion
from ...protocol.base64url import base64url_decode, base64url_encode
from ...protocol.client_data import ClientData, parse_client_data
from ...protocol.credentials import AuthenticationCredential, broken_rule
from ...protocol.public_keys import RSA_MAX_BITS, RSA_MIN_BITS
from ...protocol.relying_party import RelyingParty
from ...providers.transactions import is_challenge_of
from ..statement.statements import Statement, read_statement
from .seal import is_sealed


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """`problems` says in words what is wrong with the evidence; it is empty if the evidence is good."""

    problems: tuple[str, ...]

    def __bool__(self) -> bool:
        return not self.problems


def verify_signature(signature: PasskeySignature) -> Verdict:
    """Verify all of the evidence: the text, the passkey's signature, the service's token, and the seal.

    Neither passkey nor user need exist any more. The seal needs the SECRET_KEY with which the signature was
    stored, or the same key among SECRET_KEY_FALLBACKS. Raises nothing: unreadable evidence is bad evidence.
    """
    try:
        return Verdict(problems=tuple(_problems(signature)))
    except (InvalidCredential, InvalidStatement, ValueError, RecursionError) as exc:
        return Verdict(problems=(f"unreadable: {exc}",))


def _problems(signature: PasskeySignature) -> Iterator[str]:
    statement = read_statement(signature.text)
    yield from _problems_of_text(signature, statement)
    yield from _problems_of_answer(signature)
    yield from _problems_of_token(signature, statement)
    if signature.user_id is not None and str(signature.user_id) != signature.user_key:
        yield "the row names another user"
    if not is_sealed(signature):
        yield "the seal is broken, or was made with a SECRET_KEY that this site does not have any more"


def _problems_of_text(signature: PasskeySignature, statement: Statement) -> Iterator[str]:
    if statement.action != signature.action:
        yield "the text names another action"
    if not is_challenge_of(signature.challenge, transaction_id=str(signature.pk), text=signature.text):
        yield "the challenge does not contain the hash of the transaction and the text"
    if not -MAX_AHEAD <= _seconds(signature.created_at) - statement.at <= CEREMONY_MAX_AGE + MAX_AHEAD:
        yield "the signature was stored long after its start, or before"


def _seconds(moment: datetime) -> float:
    return moment.timestamp()


def _problems_of_answer(signature: PasskeySignature) -> Iterator[str]:
    """WebAuthn L3, 7.2, with the evidence's own origin and RP ID."""
    client = parse_client_data(bytes(signature.client_data))
    answer = _answer(signature, client)
    if client.challenge != signature.challenge:
        yield "the client data hold another challenge"
    broken = broken_rule(
        answer,
        expected_type="webauthn.get",
        relying_party=RelyingParty(id=signature.rp_id, name="", origins=(signature.origin,)),
        require_user_presence=True,
        require_user_verification=True,
    )
    if broken:
        yield f"the answer breaks a rule of WebAuthn: {broken}"
    if not answer.is_signed_by(bytes(signature.public_key)):
        yield "the public key did not sign this"


def _answer(signature: PasskeySignature, client: ClientData) -> AuthenticationCredential:
    return AuthenticationCredential(
        id=signature.credential_id,
        client_data=client,
        authenticator_data=parse_assertion(bytes(signature.authenticator_data)),
        signature=bytes(signature.signature),
        user_handle=None,
        attachment=None,
    )


def _problems_of_token(signature: PasskeySignature, statement: Statement) -> Iterator[str]:
    """The token has expired long ago, so only its signature and its claims count."""
    if not signature.token:
        if signature.jwk is not None or (signature.provider and not signature.fallback):
            yield "the token is missing"
        return
    claims = _claims(signature)
    expected = {"sub": statement.by, "cred": signature.credential_id, "trans": str(signature.pk)}
    if any(claims.get(name) != value for name, value in expected.items()):
        yield "the token cannot be verified, or is about something else"


def _claims(signature: PasskeySignature) -> dict[str, Any]:
    """The verified claims of the token; empty if it cannot be verified."""
    try:
        for part in signature.token.split("."):
            base64url_decode(part)  # PyJWT skips foreign characters, so that many texts would be the same token
        claims: dict[str, Any] = jwt.decode(
            signature.token,
            key=_token_key(signature.jwk),
            algorithms=["RS256"],
            audience=signature.rp_id,
            options={"verify_exp": False, "verify_iat": False, "verify_nbf": False},
        )
    except (jwt.PyJWTError, ValueError, TypeError, LookupError, AttributeError, RecursionError):
        return {}
    return claims


def _token_key(jwk: Any) -> jwt.PyJWK:
    """Only the two numbers of the key count. Raises LookupError, TypeError, ValueError, PyJWTError."""
    numbers = {name: base64url_encode(base64url_decode(jwk[name])) for name in ("n", "e")}
    key = jwt.PyJWK({"kty": jwk["kty"], **numbers}, algorithm="RS256")
    if not RSA_MIN_BITS <= key.key.key_size <= RSA_MAX_BITS:
        raise ValueError("an RSA key that is too short or too long")
    return key
