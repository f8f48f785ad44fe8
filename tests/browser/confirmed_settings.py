"""The example's settings for people who confirm their e-mail address first."""

from tests.browser.settings import *  # noqa: F403

PASSKEY_SIGNUP_FORM = "passkeys_django.signup.ConfirmedSignupForm"
