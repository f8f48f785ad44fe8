"""Registration and login of second factors, as the `mfa` part of the tenant's configuration wants them."""

from typing import cast

from ..transport import guards, replies
from ..transport.calls import TenantCalls
from ..types import AuthenticationCredential, CreationOptions, RegistrationCredential, RequestOptions


class SecondFactors(TenantCalls):
    """/mfa. All four need the API key. Tokens and challenges cannot be told from those of passkeys (trap 13), so
    the caller remembers which ceremony a challenge belongs to."""

    def start_mfa_registration(
        self, *, user_id: str, username: str, display_name: str | None = None, icon: str | None = None
    ) -> CreationOptions:
        """POST /mfa/registration/initialize: creation options for the browser.

        Arguments, effects and errors are those of `start_registration`.
        """
        body = guards.new_user(user_id, username=username, display_name=display_name, icon=icon)
        reply = self._call("POST", "/mfa/registration/initialize", body=body, with_key=True)
        return cast(CreationOptions, replies.options(reply))

    def finalize_mfa_registration(self, *, credential: RegistrationCredential) -> str:
        """POST /mfa/registration/finalize: the token, a JWT that the caller must verify.

        Errors as of `finalize_registration`, and HankoInvalidKey. A challenge of `start_registration` passes too
        and makes a second factor (trap 13).
        """
        body = guards.registration(credential)
        reply = self._call("POST", "/mfa/registration/finalize", body=body, with_key=True, finalize=True)
        return replies.token(reply)

    def start_mfa_login(self, *, user_id: str) -> RequestOptions:
        """POST /mfa/login/initialize: request options that name all the user's credentials, passkeys too.

        Raises HankoInvalidKey, HankoNotFound for an unknown user, HankoUserWithoutCredentials for one without any
        (trap 5), HankoProtocolError if the answer names none (trap 6).
        """
        body = {"user_id": guards.user_id(user_id)}
        reply = self._call("POST", "/mfa/login/initialize", body=body, with_key=True)
        return cast(RequestOptions, replies.options_for_one(reply))

    def finalize_mfa_login(self, *, credential: AuthenticationCredential) -> str:
        """POST /mfa/login/finalize: the token, a JWT that the caller must verify.

        The user is the one of the start, whatever `userHandle` says. A passkey of that user is accepted as well as
        a second factor. Single use is the caller's, as at `finalize_login`. Raises HankoRefused, HankoInvalidKey.
        """
        body = guards.authentication(credential)
        reply = self._call("POST", "/mfa/login/finalize", body=body, with_key=True, finalize=True)
        return replies.token(reply)
