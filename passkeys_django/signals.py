"""Signals of passkeys_django. The sender is the `Passkey` class, for enrolments `Enrolment`.

`passkey_registered`    request, user, passkey, fallback
`passkey_used`          request, user, passkey, fallback, backup_changed: sent after the session was opened
`passkey_renamed`       request (None outside of a request), user, passkey, old_name
`passkey_removed`       request (None outside of a request), user, passkey (already deleted),
                        tell_owner: is the owner told by e-mail? False after `--no-mail`
`passkeys_adopted`      user, passkeys, tell_owner: sent once for each user, after passkeys were taken over
`passkey_login_failed`  request, error (a `PasskeyError`), passkey (None if none was found)

`passkey_signed`        request, user, passkey, signature: sent after the evidence was stored. The sender is the
                        `PasskeySignature` class

`fallback`: did this site act in place of the passkey's provider, because that provider is down?
`backup_changed`: did the passkey change whether it can be synced? A passkey should never change this.

`enrolment_created`     request (None outside of a request), user, enrolment
`enrolment_used`        request, user, enrolment: sent after the session was opened, beside `passkey_registered`
`enrolment_cancelled`   request (None outside of a request), user, enrolment
`recovery_codes_created`  request, user: the codes before are void. The sender is the `RecoveryCode` class
`recovery_code_used`    request, user: somebody got an enrolment for a code. The sender is the `RecoveryCode` class
`sessions_ended`        request (None outside of a request), user: all sessions of the user were ended, except
                        the one of the request if it is the user's own

`seeking_way_in`  user. Sent to ask whether the user can sign in without passkey and password. A receiver of an app
that knows such a way answers True, for example for a user with a social account.

`provider_state_changed`  provider, is_up. The sender is the provider's class. Only with PASSKEY_LOCAL_FALLBACK,
once when a provider is found down, and once when the provider is up again.
"""

from django.dispatch import Signal

passkey_registered = Signal()
passkey_used = Signal()
passkey_renamed = Signal()
passkey_removed = Signal()
passkeys_adopted = Signal()
passkey_login_failed = Signal()
passkey_signed = Signal()
enrolment_created = Signal()
enrolment_used = Signal()
enrolment_cancelled = Signal()
recovery_codes_created = Signal()
recovery_code_used = Signal()
sessions_ended = Signal()
seeking_way_in = Signal()
provider_state_changed = Signal()
