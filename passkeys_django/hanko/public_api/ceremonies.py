"""Registration and login: a start returns options, a finalize returns a token."""

from typing import cast

from ..transport import guards, replies
from ..transport.calls import TenantCalls
from ..types import AuthenticationCredential, CreationOptions, RegistrationCredential, RequestOptions


class Ceremonies(TenantCalls):
    """/registration and /login."""

    def start_registration(
        self, *, user_id: str, username: str, display_name: str | None = None, icon: str | None = None
    ) -> CreationOptions:
        """POST /registration/initialize: creation options for the browser.

        `user_id`: at most 64 bytes and never exactly 16 (trap 1). Names: at most 128 code points, not blank (trap
        18). The names replace the user's old names at once, even if nobody finishes the ceremony (trap 12).
        `icon`: a URL of at most 255 code points. Raises HankoInvalidKey, and HankoProtocolError if the reply has
        no challenge.
        """
        body = guards.new_user(user_id, username=username, display_name=display_name, icon=icon)
        reply = self._call("POST", "/registration/initialize", body=body, with_key=True)
        return cast(CreationOptions, replies.options(reply))

    def finalize_registration(self, *, credential: RegistrationCredential) -> str:
        """POST /registration/finalize: the token, a JWT that the caller must verify.

        Raises HankoRefused (400, 401, 422: the credential or its challenge was refused), HankoNotFound (the user
        was deleted after the start), HankoServerError (also if the credential id exists already, in any tenant:
        trap 4). Challenges of `start_mfa_registration` pass too (trap 13): the caller must remember the start.
        """
        body = guards.registration(credential)
        return replies.token(self._call("POST", "/registration/finalize", body=body, finalize=True))

    def start_login(self, *, user_id: str | None = None) -> RequestOptions:
        """POST /login/initialize: request options for the browser, for any user or for one user.

        Without `user_id`, no API key is needed, and the challenge never expires at Hanko (trap 10). With
        `user_id`, `allowCredentials` names the user's passkeys. A reply without `allowCredentials` would let any
        user log in, so it raises HankoProtocolError (trap 6). Raises HankoNotFound for an unknown user,
        HankoUserWithoutCredentials for a user without passkeys (trap 5).
        """
        if user_id is None:
            return cast(RequestOptions, replies.options(self._call("POST", "/login/initialize", body={})))
        body = {"user_id": guards.user_id(user_id)}
        reply = self._call("POST", "/login/initialize", body=body, with_key=True)
        return cast(RequestOptions, replies.options_for_one(reply))

    def finalize_login(self, *, credential: AuthenticationCredential) -> str:
        """POST /login/finalize: the token, a JWT that the caller must verify.

        If one assertion is sent twice at the same time, both calls may succeed (trap 2), and tokens made in the
        same second are equal (trap 3): the caller must make sure of single use. Raises HankoRefused (400, 401,
        422: the credential or its challenge was refused).
        """
        body = guards.authentication(credential)
        return replies.token(self._call("POST", "/login/finalize", body=body, finalize=True))
