"""The start of a signature: the statement becomes a text, and the text becomes a part of the challenge."""

import hashlib
import secrets
import uuid
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser
from django.http import HttpRequest
from django.utils.asyncio import async_unsafe
from django.views.decorators.debug import sensitive_variables

from ..ceremonies import cookies
from ..ceremonies.cookies import Purpose
from ..ceremonies.reporting import logged
from ..exceptions import InvalidStatement
from ..http import limits
from ..models import ACTION_MAX_LENGTH
from ..providers.base import BaseProvider
from ..providers.failover import call_or_fall_back
from ..providers.options import Options
from ..relying_party import get_relying_party
from ..sessions.authentication import signed_in_owner
from .signers import handle_at, passkeys_of, runner_of
from .statement.statements import Statement


@dataclass(frozen=True, kw_only=True)
class Begun:
    """A ceremony that has begun. `text` is what the person must see, and what they sign."""

    text: str
    public_key: Options

    def to_json(self) -> dict[str, Any]:
        return {"statement": self.text, "publicKey": self.public_key}


def start_signature(request: HttpRequest, *, action: str, statement: Any) -> dict[str, Any]:
    """`{"statement": text, "publicKey": PublicKeyCredentialRequestOptionsJSON}`, for the signed-in user.

    `action` is a stable name of what is signed, such as "transfer". `statement` are the data, of the types that
    `canonical` takes. Show the person the returned text, and nothing else: the text is what they sign. Call
    `ceremonies.apply_cookies` on the response.

    Raises Throttled, NotAuthenticated, ActingAsAnother, InvalidStatement, PasskeyRequired (the person has no
    passkey to sign with), ProviderUnavailable, ProviderRejected.
    """
    return begin(request, action=action, data=statement).to_json()


@sensitive_variables()
@async_unsafe
@logged("Signature start")
def begin(request: HttpRequest, *, action: str, data: Any, fields: str = "", form: str = "") -> Begun:
    """`start_signature` for a form: `fields` is a digest of all submitted fields, `form` is the id of the page."""
    user = signed_in_owner(request)
    limits.check("start-signature", request=request, user=user)
    _check_action(action)
    ceremony = _Start(request=request, user=user, action=action, data=data)
    provider, (text, by, options) = ceremony.run()
    memory = {"id": ceremony.id, "at": ceremony.at, "fields": fields, "form": form or new_form_id()}
    memory["fallback"] = provider is not ceremony.runner
    cookies.begin(
        request, options, purpose=Purpose.SIGN, provider=provider.identity, user=user, handle=by, form=memory
    )
    return Begun(text=text, public_key=options)


class _Start:
    """What is the same whichever provider runs the ceremony. The id is new each time: Hanko takes no id twice."""

    def __init__(self, *, request: HttpRequest, user: AbstractBaseUser, action: str, data: Any) -> None:
        self.user, self.action, self.data = user, action, data
        self.id, self.at = str(uuid.uuid4()), cookies.now() // 1_000_000
        self.relying_party = get_relying_party(request)
        Statement(action=action, at=self.at, by="", data=data).text  # noqa: B018  # a mistake is told first
        self.passkeys = passkeys_of(user, rp_id=self.relying_party.id)
        self.runner = runner_of(self.passkeys)

    def run(self) -> tuple[BaseProvider, tuple[str, str, Options]]:
        return call_or_fall_back(self.runner, self._run_at)

    def _run_at(self, provider: BaseProvider) -> tuple[str, str, Options]:
        handle = handle_at(provider, self.user, self.passkeys)
        text = Statement(action=self.action, at=self.at, by=handle.decode(), data=self.data).text
        options = provider.start_transaction(
            relying_party=self.relying_party,
            user_handle=handle,
            transaction_id=self.id,
            text=text,
            allow=[passkey.descriptor for passkey in self.passkeys],
        )
        return text, handle.decode(), options


def new_form_id() -> str:
    """Names one page with a form. The page is signed at most once."""
    return secrets.token_urlsafe(16)


def form_sha256(user: AbstractBaseUser, form_id: str) -> str:
    """How the form id is stored: each person has their own ids, so that nobody can use up those of others."""
    return hashlib.sha256(f"{user.pk}:{form_id}".encode()).hexdigest()


def _check_action(action: object) -> None:
    if not isinstance(action, str) or not 1 <= len(action) <= ACTION_MAX_LENGTH:
        raise InvalidStatement(f"the action is not a text of 1 to {ACTION_MAX_LENGTH} characters")
