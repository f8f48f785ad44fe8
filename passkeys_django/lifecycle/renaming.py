"""Renaming a passkey, here and at its provider."""

from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ..exceptions import InvalidRequest
from ..models import NAME_MAX_LENGTH, Passkey
from ..signals import passkey_renamed
from .copies import try_to_rename_copy


def rename(passkey: Passkey, name: object, *, request: HttpRequest | None = None) -> Passkey:
    """Rename the passkey, here and at its provider. If the provider cannot be reached, a later sync does it there.

    Raises InvalidRequest.
    """
    old_name = passkey.name
    text = name.strip() if isinstance(name, str) else None
    try:
        passkey.name = Passkey._meta.get_field("name").clean(text, passkey)
    except ValidationError as exc:
        raise InvalidRequest(
            "unusable name",
            user_message=_("Please enter a name of at most %(limit)d characters.") % {"limit": NAME_MAX_LENGTH},
        ) from exc
    if passkey.name == old_name:
        return passkey
    passkey.renamed_at = timezone.now() if passkey.provider else None
    passkey.save(update_fields=["name", "renamed_at"])
    try_to_rename_copy(passkey)
    passkey_renamed.send(sender=Passkey, request=request, user=passkey.user, passkey=passkey, old_name=old_name)
    return passkey
