"""U1: every message that a person can see names a next step, by the error's class or the script's name for it."""

import re
from pathlib import Path

import pytest
from django.template import Context
from django.test import RequestFactory

import passkeys_django
from passkeys_django import exceptions
from passkeys_django.frontend.script_config import script_config

TEMPLATES = Path(passkeys_django.__file__).parent / "templates" / "passkeys_django"
ERRORS = {
    "PasskeyError": "try again",
    "InvalidRequest": "try again",
    "RequestTooLarge": "try again",
    "NotJSON": "try again",
    "MethodNotAllowed": "try again",
    "InvalidCredential": "try again",
    "CeremonyNotFound": "try again",
    "CeremonyExpired": "try again",
    "CeremonyUsed": "try again",
    "UnknownPasskey": "choose another one or sign in another way",
    "LoginFailed": "try again or sign in another way",
    "CSRFFailed": "reload it and try again",
    "NotAuthenticated": "sign in first",  # the script and the forms lead there
    "ReauthenticationRequired": "confirm that it's you",  # the same
    "ActingAsAnother": "Go back to your own account first",
    "SecondStepRequired": "use your passkey or your security key",
    "PasskeyRequired": "create one to go on",
    "EnrolmentInvalid": "ask for a new one, or sign in",
    "EnrolmentNotYet": "open it again later",
    "RecoveryFailed": "check what you have entered, and try again",
    "RecoveredRecently": "use an older passkey, or try again later",
    "PasskeyExists": "choose another device or password manager",
    "PasskeyLimitReached": "remove one first",
    "LastPasskey": "add another one first",
    "InvalidStatement": "Remove them",
    "SignatureFailed": "try again",
    "StatementChanged": "read them again before you sign",
    "AlreadySigned": "signed this already",  # the page leads to what was signed, and to an empty form
    "SigningFailed": "You can sign again",
    "Throttled": "wait a moment and try again",
    "ProviderUnavailable": "try again soon or sign in another way",
    "ProviderRejected": "sign in another way",
    "UnsupportedFeature": "try another way",
}
SCRIPT = {
    "unsupported": "Try another one",
    "network": "Check your connection and try again",
    "offline": "Connect to the internet, then try again",
    "generic": "Reload the page and try again",
    "NotAllowedError": "press the button again and choose that device",
    "register:NotAllowedError": "try again",
    "signup:NotAllowedError": "try again",
    "immediate:NotAllowedError": "Press the button again",
    "InvalidStateError": "Use that one, or choose another device",
    "ConstraintError": "Set a PIN, or use another device",
    "NotSupportedError": "Try another device",
    "SecurityError": "Go on without a passkey",
    "OperationError": "Close it and try again",
    "UnknownError": "Try again",
}
NO_ERRORS = {"connecting", "waiting", "done", "created", "reload", "again", "cancel"}
PAGES = {
    "_script.html": "Turn it on for this site, or go on without a passkey",
    "passkey_remove.html": "Create another passkey first",
    "recover.html": "ask the people who run this site",
    "recover_sent.html": "look into your spam folder, or ask the people who run this site",
    "required.html": "ask the people who run this site to invite you",
    "acting_as_another.html": "sign out, and sign in again as yourself",
    "confirm.html": "Sign in again in another way",
    "enrol_refused.html": "Ask the people who run the site for a new link",
    "sign_refused.html": "Start with an empty form",
    "sign_without_passkey.html": "Go back to the form",
    "sign.html": "Cancel, and go back to the form",
    "enrol_cancel.html": "tell the people who run the site",
}


def errors():
    """The whole tree, by name."""
    found = [exceptions.PasskeyError]
    for error in found:
        found += error.__subclasses__()
    return {error.__name__: error for error in found if error.__module__ == exceptions.__name__}


def script_texts():
    return script_config(Context({"request": RequestFactory().get("/")}))["texts"]


def test_no_message_is_left_out():
    assert errors().keys() == ERRORS.keys()
    assert script_texts().keys() == SCRIPT.keys() | NO_ERRORS


@pytest.mark.parametrize(("name", "step"), ERRORS.items())
def test_u1_an_error_of_the_server_names_the_next_step(name, step):
    assert step in str(errors()[name].user_message)


@pytest.mark.parametrize(("name", "step"), SCRIPT.items())
def test_u1_an_error_of_the_script_names_the_next_step(name, step):
    assert step in script_texts()[name]


@pytest.mark.parametrize(("template", "step"), PAGES.items())
def test_u1_a_page_that_stops_somebody_names_the_next_step(template, step):
    assert re.search(rf'translate "[^"]*{step}', (TEMPLATES / template).read_text(encoding="utf-8"))
