"""Signals of passkeys_django. The sender is the `Passkey` class.

`passkey_registered`    request, user, passkey, fallback
`passkey_used`          request, user, passkey, fallback, backup_changed: after the session was opened
`passkey_renamed`       request (None outside of one), user, passkey, old_name
`passkey_removed`       request (None outside of one), user, passkey (already deleted)
`passkeys_adopted`      user, passkeys, tell_owner: once for each person, when passkeys were taken over
`passkey_login_failed`  request, error (a `PasskeyError`), passkey (None if none was found)

`fallback`: did this site do it in place of the passkey's provider, which is down?
`backup_changed`: did the passkey change whether it can be synced, which it never should?

`provider_state_changed` has the provider's class as its sender: provider, is_up. Sent with PASSKEY_LOCAL_FALLBACK,
once when a provider is found down and once when it is up again.
"""

from django.dispatch import Signal

passkey_registered = Signal()
passkey_used = Signal()
passkey_renamed = Signal()
passkey_removed = Signal()
passkeys_adopted = Signal()
passkey_login_failed = Signal()
provider_state_changed = Signal()
