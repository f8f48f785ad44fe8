"""A provider for the passkeys of Acme, written as a third party would."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.core.checks import CheckMessage, Error

from passkeys_django.exceptions import InvalidCredential, LoginFailed, ProviderRejected, ProviderUnavailable
from passkeys_django.providers.base import BaseProvider, ProviderCredential
from passkeys_django.providers.tokens import verify
from tests.providers import acme


class AcmeProvider(BaseProvider):
    """An account at Acme, whose tokens are signed with the account's secret."""

    keeps_copies = True

    def __init__(self, *, account: str, secret: str) -> None:
        self.account = account
        self._secret = secret
        self._acme = acme.Client(account, secret)

    @property
    def identity(self) -> str:
        return f"acme:{self.account}"

    def check(self) -> list[CheckMessage]:
        short = len(self._secret) < 32
        return [Error("Acme's secret has 32 characters. Copy it again.", id="acme.E001")] if short else []

    def _creation_options(self, *, relying_party, user, conditional):
        with translated():
            return self._acme.creation_options(user.handle, user.name, user.display_name)

    def _request_options(self, *, relying_party):
        with translated():
            return self._acme.request_options()

    def finalize_registration(self, *, relying_party, credential, user_handle):
        facts = {name: getattr(credential, name) for name in ("id", "public_key", "aaguid", "transports")}
        with translated(InvalidCredential):
            return self._acme.register(user_handle, facts)

    def finalize_login(self, *, relying_party, credential, user_handle, public_key):
        signed_by = credential.authenticator_data.raw, credential.client_data.raw
        with translated(LoginFailed):
            return self._acme.login(credential.id, *signed_by, credential.signature)

    def verify_token(self, token, *, relying_party, expected_type="acme-login+jwt"):
        rules = {"expected_audience": relying_party.id, "expected_type": expected_type}
        return verify(token, key=self._secret, algorithm="HS256", **rules)

    def verify_registration_token(self, token, *, relying_party):
        return self.verify_token(token, relying_party=relying_party, expected_type="acme-registration+jwt")

    def has_credential(self, credential_id):
        with translated():
            return self._acme.has(credential_id)

    def list_credentials(self, *, user_id=None):
        with translated():
            yield from (ProviderCredential(**members) for members in self._acme.list(user_id))

    def rename_credential(self, credential_id, *, name):
        with translated():
            self._acme.rename(credential_id, name)

    def delete_credential(self, credential_id):
        with translated():
            self._acme.delete(credential_id)


@contextmanager
def translated(refusal=ProviderRejected) -> Iterator[None]:
    """Acme's exceptions as ours: who is away may be back, who refuses has looked."""
    try:
        yield
    except acme.Away as exc:
        raise ProviderUnavailable("Acme does not answer") from exc
    except acme.Refused as exc:
        raise refusal(f"Acme: {exc}") from exc
