"""Login, registration and sign-up, from start to finalize: the functions behind the JSON endpoints.

These functions join providers, models and signals. A site may build its own views on them:

    def login_options(request):
        try:
            response = JsonResponse(start_login(request))
        except PasskeyError as error:
            response = JsonResponse({"code": error.code}, status=error.status)
        return apply_cookies(request, response)  # on errors too

The functions are synchronous: an asynchronous view calls `await sync_to_async(start_login)(request)`.
Every function raises only `PasskeyError`s, and ImproperlyConfigured for settings that cannot work.

If any other exception is raised in here, Django's error reports show no variables of these functions or of the
functions that they call. For each frame, the nearest `sensitive_variables` above it decides. So a function
further down must not use `sensitive_variables` with names: Django would then show all its other variables.
"""

from .cookies import apply_cookies
from .login import VerifiedLogin, finalize_login, start_login, verify_login, verify_second_step
from .registration import finalize_registration, start_registration
from .signup import finalize_signup, start_signup

__all__ = [
    "VerifiedLogin",
    "apply_cookies",
    "finalize_login",
    "finalize_registration",
    "finalize_signup",
    "start_login",
    "start_registration",
    "start_signup",
    "verify_login",
    "verify_second_step",
]
