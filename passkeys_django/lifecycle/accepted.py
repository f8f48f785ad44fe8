"""What authenticators should know of a person: which credentials this site accepts, and what the person is called.

Browsers pass it on (the signal methods of WebAuthn L3, 5.1.10), and authenticators hide or forget the rest. So a
list is complete or there is none: a credential that is missing in one may be gone for good.
"""

from collections.abc import Iterable
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser
from django.http import HttpRequest

from ..exceptions import ProviderRejected, ProviderUnavailable
from ..http import limits
from ..models import Passkey, RemovedPasskey, UserHandle, display_name, user_name
from ..protocol.base64url import base64url_decode, base64url_encode
from ..protocol.descriptors import handle_spellings
from ..providers import providers_with_copies
from ..providers.base import BaseProvider
from ..providers.failover import call
from ..relying_party import get_relying_party
from ..sessions.authentication import signed_in_owner, signed_in_user
from ..sessions.impersonation import is_acting_as_another

_REMOVED = "_passkeys_removed"
MAX_REMOVED = 20
"""User handles that a session remembers."""


def note_removal(request: HttpRequest, passkey: Passkey) -> None:
    """Remember in the session that the authenticator with this user handle has a passkey too many."""
    handle = base64url_encode(bytes(passkey.user_handle))
    noted = [other for other in request.session.get(_REMOVED, []) if other != handle]
    request.session[_REMOVED] = [*noted, handle][-MAX_REMOVED:]


def forget_removals(request: HttpRequest) -> None:
    """The browser has been told."""
    request.session.pop(_REMOVED, None)


def page_signals(request: HttpRequest, passkeys: Iterable[Passkey]) -> dict[str, Any]:
    """What the page of these passkeys, the signed-in person's, tells the script to signal."""
    if is_acting_as_another(request):  # the browser and its passkeys are those of the person who acts
        return {}
    user, rp_id = signed_in_user(request), get_relying_party(request).id
    names = {"rpId": rp_id, "name": user_name(user), "displayName": display_name(user)}
    handles = _spelled(bytes(passkey.user_handle) for passkey in passkeys if passkey.rp_id == rp_id)
    details = [names | {"userId": base64url_encode(handle)} for handle in handles]
    return {"removed": _REMOVED in request.session, "userDetails": details}


def accepted_credentials(request: HttpRequest) -> dict[str, Any]:
    """For each user handle of the signed-in person, all credential ids that the site accepts: members of
    AllAcceptedCredentialsOptions (WebAuthn L3, 5.1.10.3).

    All handles get the same ids: one too many does no harm. Providers are asked first and our rows read last, so
    that a credential on its way from one to the other is in the list. While a provider is down our rows speak for
    it, if they are certainly complete. While somebody acts as another user there is no list: the session may
    remember handles of the one, whose passkeys are missing among those of the other.

    Raises NotAuthenticated, ActingAsAnother, Throttled, ProviderUnavailable, ProviderRejected.
    """
    user, rp_id = signed_in_owner(request), get_relying_party(request).id
    limits.check("accepted-credentials", request=request, user=user)
    handles = _all_handles(request, user, rp_id)
    ids: set[str] = set()
    for provider in providers_with_copies():
        try:
            ids |= _accepted_at(provider, handles)
        except ProviderUnavailable:
            if not _are_all_known(user, rp_id, provider, handles):
                raise
    ids.update(_passkeys(user, rp_id).values_list("credential_id", flat=True))
    entries = [
        {"userId": base64url_encode(handle), "allAcceptedCredentialIds": sorted(ids)}
        for handle in _spelled(handles)
    ]
    return {"rpId": rp_id, "accepted": entries}


def _passkeys(user: AbstractBaseUser, rp_id: str) -> Any:
    return Passkey.objects.of(user).filter(rp_id=rp_id)


def _all_handles(request: HttpRequest, user: AbstractBaseUser, rp_id: str) -> list[bytes]:
    """Those of the user's passkeys, of passkeys removed in this session, and the one for passkeys to come."""
    held = [bytes(handle) for handle in _passkeys(user, rp_id).values_list("user_handle", flat=True)]
    noted = [base64url_decode(handle) for handle in request.session.get(_REMOVED, [])]
    own = UserHandle.objects.on_primary().filter(user_id=user.pk).values_list("handle", flat=True)
    return [*held, *noted, *(handle.encode() for handle in own)]


def _are_all_known(user: AbstractBaseUser, rp_id: str, provider: BaseProvider, handles: Iterable[bytes]) -> bool:
    """Is every copy that the provider may hold for these handles of the user's a passkey here?

    It is, if the user has copies there that we know of, and no handle but the one that this site made: under that
    one nobody else registers. A handle that was there before this site may have credentials that are not adopted.
    """
    if not _passkeys(user, rp_id).filter(provider=provider.identity).exists():
        return False
    return set(handles) == {UserHandle.objects.for_user(user).handle.encode()}


def _spelled(handles: Iterable[bytes]) -> list[bytes]:
    """Each once, in every way that an authenticator may have it."""
    return list(dict.fromkeys(spelling for handle in handles for spelling in handle_spellings(handle)))


def _accepted_at(provider: BaseProvider, handles: Iterable[bytes]) -> set[str]:
    """What the provider holds for these users, adopted here or not, but for what it is still to forget."""
    copies = call(
        provider, lambda who: {copy.id: handle for handle in set(handles) for copy in who.credentials_of(handle)}
    )
    try:
        return copies.keys() - RemovedPasskey.objects.pending(provider=provider.identity, user_handles=copies)
    except ValueError as exc:
        raise ProviderRejected("a credential whose id is no base64url") from exc
