"""What django-mfa2 stored for FIDO2, in all its releases so far (up to 3.2).

A row holds a username in the place of a user, and the attested credential data. `user.id` is made of the same
username. Which handle this is depends on the releases of django-mfa2 and of python-fido2: see `name_spellings`.
The setting MFA_FIDO2_RESIDENT_KEY says whether credentials are discoverable. Without the setting they are not.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import models

from ..protocol.base64url import base64url_decode
from .attested import credential_of
from .foreign import ForeignCredential, NotTaken, Reason, Table, as_dict, is_discoverable

TABLE = "mfa_user_keys"
KINDS = FIDO2, U2F = ("FIDO2", "U2F")
"""The values of `key_type` that mean an authenticator."""


def credentials(table: str = TABLE) -> Iterator[ForeignCredential | NotTaken]:
    """All stored credentials, read lazily. Raises ImproperlyConfigured at once if the table is missing."""
    rows = Table(
        table,
        id=models.BigIntegerField(primary_key=True),
        username=models.CharField(max_length=50),
        properties=models.JSONField(null=True),
        added_on=models.DateTimeField(),
        key_type=models.CharField(max_length=25),
        enabled=models.BooleanField(),
        last_used=models.DateTimeField(null=True),
    )
    return (outcome for batch in rows.batches(key_type__in=KINDS) for outcome in _credentials(batch))


def _credentials(batch: list[Any]) -> Iterator[ForeignCredential | NotTaken]:
    owners = _owners({row.username for row in batch})
    for row in batch:
        reason = _unfitness(row, owners[row.username])
        if reason:
            yield NotTaken(user_key=row.username, reason=reason)
        else:
            yield _credential(row, owners[row.username][0])


def _owners(usernames: Iterable[str]) -> defaultdict[str, list[Any]]:
    """The users by the name under which django-mfa2 knows them: `request.user.username`."""
    model = get_user_model()
    fields = {field.name for field in model._meta.get_fields()}
    field = "username" if "username" in fields else model.USERNAME_FIELD
    owners: defaultdict[str, list[Any]] = defaultdict(list)
    for user in model._default_manager.filter(**{f"{field}__in": usernames}):
        owners[getattr(user, field)].append(user)  # exactly: some databases compare less strictly
    return owners


def _unfitness(row: Any, owners: list[Any]) -> Reason | None:
    """Why the row gives no credential; None if it may.

    An account may have got a name that another account had before. If the row is older than the account, the row
    is the other person's.
    """
    if row.key_type == U2F:
        return Reason.OLD_U2F
    if not row.enabled:
        return Reason.SWITCHED_OFF
    if len(owners) != 1:
        return Reason.SEVERAL_USERS if owners else Reason.NO_USER
    joined = getattr(owners[0], "date_joined", None)
    return Reason.OLDER_THAN_USER if joined is not None and row.added_on < joined else None


def _credential(row: Any, owner: Any) -> ForeignCredential | NotTaken:
    return credential_of(
        as_dict(row.properties).get("device"),
        base64url_decode,
        user_key=owner.pk,
        user_handle=row.username.encode(),
        discoverable=is_discoverable(getattr(settings, "MFA_FIDO2_RESIDENT_KEY", None)),
        created_at=row.added_on,
        last_used_at=row.last_used,
    )
