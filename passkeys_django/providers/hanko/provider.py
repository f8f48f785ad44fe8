"""Hanko's Passkey API as a provider, hosted or self-hosted."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from uuid import UUID

from django.core.checks import CheckMessage
from django.core.exceptions import ImproperlyConfigured

from ... import hanko
from ...conf import passkey_settings
from ...exceptions import InvalidCredential, LoginFailed, PasskeyError, ProviderRejected, ProviderUnavailable
from ...protocol.credentials import AuthenticationCredential, RegistrationCredential
from ...protocol.relying_party import RelyingParty
from ..base import BaseProvider, Options, ProviderCredential, UnreadableCredential, UserEntity, is_text
from ..findings import Finding
from ..tokens import Claims, verify
from .checks import check_deployment, check_options
from .doctor import examine_tenant
from .keys import TenantKeys
from .second_factors import HankoSecondFactors
from .settings import judge_configuration
from .transactions import HankoTransactions
from .wire import (
    UUID_BYTES,
    authentication_json,
    check_storable,
    read_credential,
    registration_json,
    user_json,
)

CREDENTIAL_NAME_MAX_LENGTH = 255
PROBE_READ_TIMEOUT = 2.0
"""Seconds at most. Hanko starts a login within milliseconds, and the user has already waited for one answer."""


class HankoProvider(HankoSecondFactors, HankoTransactions, BaseProvider):
    """A tenant of Hanko's Passkey API. Time-outs are in seconds.

    With `allow_http`, `base_url` may be an http address of another host in a private network.

    Every login begins with a discoverable start, which needs no API key. Hanko lets the challenges of such starts
    never expire; our ceremony cookie limits their age instead.
    """

    keeps_copies = True

    def __init__(
        self,
        *,
        tenant_id: str,
        api_key: str,
        base_url: str = "https://passkeys.hanko.io",
        connect_timeout: float = 3.05,
        read_timeout: float = 5.0,
        pause_after_failure: float = 30.0,
        allow_http: bool = False,
    ) -> None:
        self.pause_after_failure = pause_after_failure
        self.tenant_id = tenant_id
        self._has_key = bool(api_key)
        self._allow_http = allow_http
        self.base_url = base_url
        self._client = hanko.HankoClient(
            tenant_id=tenant_id,
            api_key=api_key,
            base_url=base_url,
            connect_timeout=connect_timeout,
            read_timeout=read_timeout,
        )
        self._keys = TenantKeys(self._client)
        self._probe = hanko.HankoClient(
            tenant_id=tenant_id,
            base_url=base_url,
            connect_timeout=connect_timeout,
            read_timeout=min(read_timeout, PROBE_READ_TIMEOUT),
        )

    @property
    def client(self) -> hanko.HankoClient:
        """The typed client with which this provider calls its tenant."""
        return self._client

    @property
    def identity(self) -> str:
        """One identity for each tenant, in whatever notation the settings write its UUID."""
        try:
            return f"hanko:{UUID(self.tenant_id)}"
        except ValueError as exc:
            raise ImproperlyConfigured("tenant_id in OPTIONS of PASSKEY_PROVIDERS is not a UUID.") from exc

    def _creation_options(self, *, relying_party: RelyingParty, user: UserEntity, conditional: bool) -> Options:
        with self._translated(has_input=True):
            return dict(self._client.start_registration(**user_json(user))["publicKey"])

    def _request_options(self, *, relying_party: RelyingParty) -> Options:
        with self._translated(is_probe=True):
            return dict(self._client.start_login()["publicKey"])

    def finalize_registration(
        self, *, relying_party: RelyingParty, credential: RegistrationCredential, user_handle: str
    ) -> str:
        check_storable(credential)
        with self._translated(refusal=InvalidCredential, has_input=True):
            return self._client.finalize_registration(credential=registration_json(credential))

    def finalize_login(
        self,
        *,
        relying_party: RelyingParty,
        credential: AuthenticationCredential,
        user_handle: bytes,
        public_key: bytes,
    ) -> str:
        with self._translated(refusal=LoginFailed, has_input=True):
            return self._client.finalize_login(credential=authentication_json(credential, user_handle))

    def verify_token(self, token: str, *, relying_party: RelyingParty) -> Claims:
        return self._verified(token, relying_party)

    verify_registration_token = verify_token  # Hanko's tokens do not say which ceremony they end

    def _verified(self, token: str, relying_party: RelyingParty, transaction_id: str | None = None) -> Claims:
        with self._translated():
            key = self._keys.key_of(token)
        return verify(
            token,
            key=key,
            algorithm="RS256",
            expected_audience=relying_party.id,
            expected_transaction=transaction_id,
        )

    def finishes_logins_of(self, user_handle: bytes) -> bool:
        """Hanko reads a handle of 16 bytes as a UUID, so Hanko never finds a user whose id is text of 16 bytes."""
        return len(user_handle) != UUID_BYTES or not is_text(user_handle)

    def has_credential(self, credential_id: str) -> bool:
        with self._translated():
            try:
                self._client.get_credential(credential_id)
            except hanko.HankoTenantNotFound:
                raise
            except hanko.HankoNotFound:
                return False
        return True

    def list_credentials(
        self, *, user_id: str | None = None
    ) -> Iterator[ProviderCredential | UnreadableCredential]:
        with self._translated():
            for credential in self._client.list_credentials(user_id=user_id):
                yield read_credential(credential)

    def rename_credential(self, credential_id: str, *, name: str) -> None:
        with self._translated(has_input=True):
            self._client.rename_credential(credential_id, name=name[:CREDENTIAL_NAME_MAX_LENGTH])

    def delete_credential(self, credential_id: str) -> None:
        with self._translated():
            try:
                self._client.delete_credential(credential_id)
            except hanko.HankoTenantNotFound:
                raise
            except hanko.HankoNotFound:
                return  # the copy is already deleted

    def check(self) -> list[CheckMessage]:
        return check_options(
            tenant_id=self.tenant_id,
            base_url=self.base_url,
            has_key=self._has_key,
            allow_http=self._allow_http,
        )

    def check_deployment(self) -> list[CheckMessage]:
        return check_deployment(base_url=self.base_url)

    def examine(self) -> Iterator[Finding]:
        return examine_tenant(self._client, user_verification=passkey_settings.user_verification)

    def configured_origins(self, *, admin_url: str) -> tuple[str, ...]:
        return self._configuration(admin_url).relying_party.origins

    def examine_configuration(self, *, admin_url: str) -> Iterator[Finding]:
        with suppress(PasskeyError):  # the doctor called configured_origins before, and has reported the error
            yield from judge_configuration(self._configuration(admin_url).webauthn)

    def _configuration(self, admin_url: str) -> hanko.Configuration:
        with self._translated():
            tenant = hanko.HankoAdminClient(admin_url=admin_url).get_tenant(tenant_id=self.tenant_id)
        return tenant.configuration

    @contextmanager
    def _translated(
        self, refusal: type[PasskeyError] = ProviderRejected, *, has_input: bool = False, is_probe: bool = False
    ) -> Iterator[None]:
        """Turn errors of the client library into ours.

        `has_input`: the request contains data from a browser or a person, such as a credential or a name.
        `is_probe`: the request is the one by which `_stands` finds out whether Hanko is up.
        """
        try:
            yield
        except hanko.HankoRefused as exc:
            raise refusal(f"Hanko: {exc}") from exc
        except (hanko.HankoTransportError, hanko.HankoServerError) as exc:
            is_down = is_probe or self._is_outage(exc, has_input=has_input)
            raise (ProviderUnavailable if is_down else ProviderRejected)(f"Hanko: {exc}") from exc
        except (hanko.HankoError, ValueError) as exc:
            raise ProviderRejected(f"Hanko: {exc}") from exc

    def _is_outage(self, failure: hanko.HankoError, *, has_input: bool) -> bool:
        """Is Hanko down, or did Hanko fail only at this one request?

        Data from a browser can make Hanko answer 500, take very long or drop the connection (and make a proxy in
        front of Hanko answer 502). If such a failure counted as an outage, anybody could force the local fallback.
        """
        if isinstance(failure, hanko.HankoTransportError) and not failure.was_sent:
            return True
        is_silent = isinstance(failure, hanko.HankoTimeout | hanko.HankoConnectionError | hanko.HankoUnavailable)
        return (is_silent and not has_input) or not self._stands()

    def _stands(self) -> bool:
        """Does Hanko answer a request without any data from a browser or a person?"""
        try:
            self._probe.start_login()
        except (hanko.HankoTransportError, hanko.HankoServerError):
            return False
        except hanko.HankoError:
            pass  # Hanko refused the request, so Hanko is up
        return True
