"""Registration and login of second factors. The `mfa` part of the tenant's configuration applies to them."""

from typing import cast

from ..transport import guards, replies
from ..transport.calls import TenantCalls
from ..types import AuthenticationCredential, CreationOptions, RegistrationCredential, RequestOptions


class SecondFactors(TenantCalls):
    """/mfa. All four calls need the API key.

    Tokens and challenges look the same as those of passkeys (trap 13), so the caller must remember to which
    ceremony a challenge belongs.
    """

    def start_mfa_registration(
        self, *, user_id: str, username: str, display_name: str | None = None, icon: str | None = None
    ) -> CreationOptions:
        """POST /mfa/registration/initialize: creation options for the browser.

        Arguments, effects and errors are the same as for `start_registration`.
        """
        body = guards.new_user(user_id, username=username, display_name=display_name, icon=icon)
        reply = self._call("POST", "/mfa/registration/initialize", body=body, with_key=True)
        return cast(CreationOptions, replies.options(reply))

    def finalize_mfa_registration(self, *, credential: RegistrationCredential) -> str:
        """POST /mfa/registration/finalize: the token, a JWT that the caller must verify.

        Raises the same as `finalize_registration`, and HankoInvalidKey. A challenge of `start_registration` passes
        too, and the new credential is then a second factor (trap 13).
        """
        body = guards.registration(credential)
        reply = self._call("POST", "/mfa/registration/finalize", body=body, with_key=True, finalize=True)
        return replies.token(reply)

    def start_mfa_login(self, *, user_id: str) -> RequestOptions:
        """POST /mfa/login/initialize: request options that name all the user's credentials, passkeys too.

        Raises HankoInvalidKey, HankoNotFound for an unknown user, HankoUserWithoutCredentials for a user without
        credentials (trap 5), HankoProtocolError if the reply names no credential (trap 6).
        """
        body = {"user_id": guards.user_id(user_id)}
        reply = self._call("POST", "/mfa/login/initialize", body=body, with_key=True)
        return cast(RequestOptions, replies.options_for_one(reply))

    def finalize_mfa_login(self, *, credential: AuthenticationCredential) -> str:
        """POST /mfa/login/finalize: the token, a JWT that the caller must verify.

        The user is always the user of the start, whatever `userHandle` says. Hanko accepts second factors and
        passkeys of that user. The caller must make sure of single use, as with `finalize_login`. Raises
        HankoRefused, HankoInvalidKey.
        """
        body = guards.authentication(credential)
        reply = self._call("POST", "/mfa/login/finalize", body=body, with_key=True, finalize=True)
        return replies.token(reply)
