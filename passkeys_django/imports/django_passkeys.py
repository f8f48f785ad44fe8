"""What django-passkeys stored, in all its releases so far (0.4 to 2.1).

A row holds the attested credential data. `user.id` is made of the username that the user had at the registration.
Which handle this is depends on the releases of django-passkeys and of python-fido2: see `name_spellings`. The
options ask for a discoverable credential (`residentKey: preferred`), and no row says whether it is one.
"""

from collections.abc import Iterator
from typing import Any

from django.contrib.auth import get_user_model
from django.db import models

from ..protocol.base64url import base64url_decode
from .attested import credential_of
from .foreign import ForeignCredential, NotTaken, Reason, Table, user_key_column

TABLE = "passkeys_userpasskey"


def credentials(table: str = TABLE) -> Iterator[ForeignCredential | NotTaken]:
    """All stored credentials, read lazily. Raises ImproperlyConfigured at once if the table is missing."""
    rows = Table(
        table,
        id=models.BigIntegerField(primary_key=True),
        user_id=user_key_column(),
        name=models.CharField(max_length=255),
        enabled=models.BooleanField(),
        added_on=models.DateTimeField(),
        last_used=models.DateTimeField(null=True),
        token=models.CharField(max_length=255),
    )
    return (outcome for batch in rows.batches() for outcome in _credentials(batch))


def _credentials(batch: list[Any]) -> Iterator[ForeignCredential | NotTaken]:
    names = _usernames({row.user_id for row in batch})
    for row in batch:
        if row.user_id not in names:
            yield NotTaken(user_key=row.user_id, reason=Reason.NO_USER)
        elif not row.enabled:
            yield NotTaken(user_key=row.user_id, reason=Reason.SWITCHED_OFF)
        else:
            yield _credential(row, names[row.user_id])


def _credential(row: Any, username: str) -> ForeignCredential | NotTaken:
    return credential_of(
        row.token,
        base64url_decode,
        user_key=row.user_id,
        user_handle=username.encode(),
        discoverable=None,
        created_at=row.added_on,
        last_used_at=row.last_used,
        name=row.name,
    )


def _usernames(keys: set[Any]) -> dict[Any, str]:
    model = get_user_model()
    return dict(model._default_manager.filter(pk__in=keys).values_list("pk", model.USERNAME_FIELD))
