"""What authenticators should know about a user: which credentials this site accepts, and the user's names.

Browsers pass this on (the signal methods of WebAuthn L3, 5.1.10), and authenticators hide or delete all other
credentials. So we send a complete list or none: a credential that is missing in a list may be lost for good.
"""

from collections.abc import Iterable
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser
from django.http import HttpRequest
from django.http.request import split_domain_port

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

_REMOVED, _TOLD = "_passkeys_removed", "_passkeys_told"
MAX_REMOVED = 20
"""The most user handles that a session remembers."""


def note_removal(request: HttpRequest, passkey: Passkey) -> None:
    """Remember the user handle in the session: an authenticator may still have the removed passkey under it."""
    handle = base64url_encode(bytes(passkey.user_handle))
    noted = [other for other in request.session.get(_REMOVED, []) if other != handle]
    request.session[_REMOVED] = [*noted, handle][-MAX_REMOVED:]


def note_told(request: HttpRequest) -> None:
    """Call this when the browser has been told which passkeys are accepted."""
    request.session.pop(_REMOVED, None)


def page_signals(request: HttpRequest, passkeys: Iterable[Passkey]) -> dict[str, Any]:
    """What the page with these passkeys of the signed-in user tells the script to signal.

    The first page of a session tells which passkeys are accepted. The session notes that here and not when the
    script asks: that request may run beside the person's next one, and the session that is saved last wins.
    """
    if is_acting_as_another(request):  # the browser and its passkeys belong to the person who acts
        return {}
    user, rp_id = signed_in_user(request), get_relying_party(request).id
    names = {"rpId": rp_id, "name": user_name(user), "displayName": display_name(user)}
    handles = _spelled(bytes(passkey.user_handle) for passkey in passkeys if passkey.rp_id == rp_id)
    details = [names | {"userId": base64url_encode(handle)} for handle in handles]
    first = _TOLD not in request.session and _is_at_the_rp_id(request, rp_id)
    if first:
        request.session[_TOLD] = True
    return {"accepted": first or _REMOVED in request.session, "userDetails": details}


def _is_at_the_rp_id(request: HttpRequest, rp_id: str) -> bool:
    """Is this the host that the RP ID names?

    All other sites with this RP ID are at hosts below it. One of them may be a copy of this site, such as staging,
    whose list lacks the newest passkeys. So there nothing is told just because somebody opens the page.
    """
    return split_domain_port(request.get_host())[0] == rp_id


def accepted_credentials(request: HttpRequest) -> dict[str, Any]:
    """For each user handle of the signed-in user, all credential ids that the site accepts: members of
    AllAcceptedCredentialsOptions (WebAuthn L3, 5.1.10.3).

    All handles get the same ids, because an extra id does no harm. Providers are asked first and our rows are read
    last, so that the list has a credential that is stored here meanwhile. While a provider is down, our rows
    replace its answer, if they are certainly complete. While somebody acts as another user, there is no list: the
    session may remember user handles of the first person, whose passkeys would be missing in the other's list.

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
    """The user handles of the user's passkeys, of passkeys removed in this session, and of future passkeys."""
    held = [bytes(handle) for handle in _passkeys(user, rp_id).values_list("user_handle", flat=True)]
    noted = [base64url_decode(handle) for handle in request.session.get(_REMOVED, [])]
    own = UserHandle.objects.on_primary().filter(user_id=user.pk).values_list("handle", flat=True)
    return [*held, *noted, *(handle.encode() for handle in own)]


def _are_all_known(user: AbstractBaseUser, rp_id: str, provider: BaseProvider, handles: Iterable[bytes]) -> bool:
    """Is every copy that the provider may hold under these user handles stored here as a passkey?

    Yes, if we know of copies of this user there, and the only handle is the one that this site made: only this
    site registers under that handle. An older handle may have credentials that were not adopted.
    """
    if not _passkeys(user, rp_id).filter(provider=provider.identity).exists():
        return False
    return set(handles) == {UserHandle.objects.for_user(user).handle.encode()}


def _spelled(handles: Iterable[bytes]) -> list[bytes]:
    """Every spelling of these user handles that an authenticator may have, without duplicates."""
    return list(dict.fromkeys(spelling for handle in handles for spelling in handle_spellings(handle)))


def _accepted_at(provider: BaseProvider, handles: Iterable[bytes]) -> set[str]:
    """The credential ids that the provider holds under these handles, without those that it must still delete."""
    copies = call(
        provider,
        lambda provider: {copy.id: handle for handle in set(handles) for copy in provider.credentials_of(handle)},
    )
    try:
        return copies.keys() - RemovedPasskey.objects.pending(provider=provider.identity, user_handles=copies)
    except ValueError as exc:
        raise ProviderRejected("the provider sent a credential id that is not base64url") from exc
