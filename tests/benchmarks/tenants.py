"""What a provider says that it holds, made of nothing but numbers."""

from datetime import UTC, datetime
from uuid import UUID

from passkeys_django.protocol.base64url import base64url_encode
from passkeys_django.providers.base import ProviderCredential

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


def id_of(number):
    return base64url_encode(number.to_bytes(20))


def copy_of(number):
    """The copy of the credential with this number, of a user that nobody knows here."""
    return ProviderCredential(
        id=id_of(number),
        user_id=f"{number:043}",
        public_key=b"key",
        name="",
        aaguid=UUID(int=0),
        transports=("internal",),
        backup_eligible=True,
        backup_state=True,
        created_at=LONG_AGO,
        last_used_at=None,
        is_second_factor=False,
    )
