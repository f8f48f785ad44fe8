"""May the browser forget a passkey that this site does not know? Only if the passkey was ours."""

from ..conf import passkey_settings
from ..models import Tombstone, UserHandle
from ..protocol.credentials import AuthenticationCredential


def may_be_forgotten(assertion: AuthenticationCredential, *, rp_id: str) -> bool:
    """Was it removed here, or made for one of our users?

    Another site of the same RP ID may know the passkey (two projects on localhost, staging beside production), and
    a password manager that hears "unknown" deletes it for good. User handles that were taken over from
    elsewhere prove nothing: "1" may be somebody's at the other site too, and an address is easily guessed.
    """
    if not passkey_settings.signal_api:
        return False
    removed = Tombstone.objects.of(rp_id=rp_id, credential_ids=[assertion.id])
    return removed.exists() or _is_ours(assertion.user_handle)


def _is_ours(handle: bytes | None) -> bool:
    """Ours are 43 random characters, as no other site has them."""
    text = (handle or b"").decode("ascii", errors="replace")
    return text.isprintable() and UserHandle.objects.on_primary().filter(handle=text).exists()
