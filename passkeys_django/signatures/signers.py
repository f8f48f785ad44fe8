"""With what a person may sign, and what runs the ceremony: the site's provider, or this site."""

from collections.abc import Sequence

from django.contrib.auth.base_user import AbstractBaseUser

from ..exceptions import PasskeyRequired
from ..http.urls import reverse_or_none
from ..models import Passkey, UserHandle
from ..providers import get_provider, local_provider
from ..providers.base import BaseProvider


def passkeys_of(user: AbstractBaseUser, *, rp_id: str) -> list[Passkey]:
    """The passkeys with which this person can sign: a passkey made without user verification proves too little.

    Raises PasskeyRequired if there is none.
    """
    found = [passkey for passkey in Passkey.objects.of(user).strong() if passkey.rp_id == rp_id]
    if not found:
        raise PasskeyRequired("no passkey to sign with", url=reverse_or_none("passkeys:list"))
    return found


def runner_of(passkeys: Sequence[Passkey]) -> BaseProvider:
    """The site's provider, if it holds all these passkeys, under one user handle that it can use.

    People whose passkeys were taken over can have two handles there, and a transaction names only one.
    """
    provider = get_provider()
    handles = {bytes(passkey.user_handle) for passkey in passkeys}
    holds_all = provider.keeps_copies and all(passkey.provider == provider.identity for passkey in passkeys)
    if holds_all and len(handles) == 1 and provider.runs_transactions_of(*handles):
        return provider
    return local_provider()


def handle_at(provider: BaseProvider, user: AbstractBaseUser, passkeys: Sequence[Passkey]) -> bytes:
    """The handle that the statement names: that of the service if the service runs the ceremony, else our own."""
    if provider.keeps_copies:
        return bytes(passkeys[0].user_handle)
    return UserHandle.objects.for_user(user).handle.encode()
