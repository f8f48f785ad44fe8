"""May the browser forget a passkey that this site does not know? Only if the passkey was ours."""

from ...conf import passkey_settings
from ...models import Tombstone, UserHandle
from ...protocol.credentials import AuthenticationCredential


def may_be_forgotten(assertion: AuthenticationCredential, *, rp_id: str) -> bool:
    """Was this passkey removed here, or made for one of our users?

    If not, another site with the same RP ID may know the passkey (two projects on localhost, staging beside
    production), and a password manager that is told "unknown" deletes the passkey for good. User handles of
    adopted or imported passkeys prove nothing: the other site may have a user "1" too, and an e-mail address is
    easy to guess.
    """
    if not passkey_settings.signal_api:
        return False
    removed = Tombstone.objects.of(rp_id=rp_id, credential_ids=[assertion.id])
    return removed.exists() or _is_ours(assertion.user_handle)


def _is_ours(handle: bytes | None) -> bool:
    """Did we make this user handle? Ours are 43 random characters, so no other site has the same."""
    text = (handle or b"").decode("ascii", errors="replace")
    return text.isprintable() and UserHandle.objects.on_primary().filter(handle=text).exists()
