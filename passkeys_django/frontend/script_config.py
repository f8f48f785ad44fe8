"""The script's configuration: a page holds it in a data block, a front end of another kind asks for it."""

from typing import Any

from django.conf import settings
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.template import Context
from django.templatetags.static import static
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from ..conf import CEREMONY_MAX_AGE, passkey_settings
from .wrong_address import wrong_address

CONFIRM, SECOND_STEP = "confirm", "second-step"
"""What a login button may be for, if not for a login."""
ENROL, SIGN = "enrol", "sign"
"""What the pages are for on which somebody creates the passkey of an enrolment, or signs what they see."""


def script_config(context: Context, next_url: str = "") -> dict[str, Any]:
    """What the script must know; docs/script.md describes it.

    After a login the browser goes to `next_url`, if the site allows it; without one, to the page's own `next`.

    A view may put three values into the context: `passkey_signals` (`lifecycle.page_signals`) is what the script
    tells the browser, `passkey_purpose` is what the page's login button is for ("confirm" or "second-step", else a
    login), and a `form` with PasskeyFormMixin is the form with which people log in. If the form is in its second
    round, the button is for the second step.
    """
    form: Any = context.get("form")
    token = getattr(form, "second_step", None)
    purpose = context.get("passkey_purpose") if token is None else SECOND_STEP
    config: dict[str, Any] = {
        "urls": _urls(_next_query(next_url or _next_url(context))),
        "csrf": {"header": csrf_header(), "cookie": _csrf_cookie()},
        "challengeSeconds": CEREMONY_MAX_AGE,
        "texts": _texts() | _texts_for(purpose),
        "immediate": passkey_settings.immediate_get,
    }
    if purpose == ENROL:
        config["urls"] |= _enrolment_urls(_next_query(next_url or _next_url(context)))
    if mistake := wrong_address(context.get("request")):
        config["wrongAddress"] = mistake
    if not passkey_settings.signal_api:
        config["signalApi"] = False
    if signals := context.get("passkey_signals"):
        config["signals"] = signals
    if purpose:
        config["start"] = {"purpose": purpose} | ({"token": token} if token else {})
    if purpose != CONFIRM and hasattr(form, "passkey_config"):
        config |= form.passkey_config()
        if next_url:
            config["form"]["next"] = [_next_field(context), next_url]
    return config


def front_end_config() -> dict[str, Any]:
    """What passkeys_api.js must know of the site. It knows by itself which URLs there are."""
    return {
        "csrf": {"header": csrf_header()},
        "challengeSeconds": CEREMONY_MAX_AGE,
        "texts": _texts() | _texts_of_occasions(),
        "signalApi": passkey_settings.signal_api,
    }


def _next_query(next_url: str) -> str:
    return f"?{urlencode({'next': next_url})}" if next_url else ""


def _urls(query: str) -> dict[str, str]:
    """The URLs to post to, and the URL of passkeys.js. With PASSKEY_SIGNUP_FORM also those for signing up."""
    urls = {
        "startRegistration": reverse("passkeys:start-registration"),
        "finalizeRegistration": reverse("passkeys:finalize-registration"),
        "startLogin": reverse("passkeys:start-login"),
        "finalizeLogin": reverse("passkeys:finalize-login") + query,
        "acceptedCredentials": reverse("passkeys:accepted-credentials"),
        "script": static("passkeys_django/passkeys.js"),
    }
    if passkey_settings.signup_form:
        urls["startSignup"] = reverse("passkeys:start-signup")
        urls["finalizeSignup"] = reverse("passkeys:finalize-signup") + query
    return urls


def _enrolment_urls(query: str) -> dict[str, str]:
    """The URLs of the page of an enrolment."""
    return {
        "startEnrolment": reverse("passkeys:start-enrolment"),
        "finalizeEnrolment": reverse("passkeys:finalize-enrolment") + query,
    }


def _next_url(context: Context) -> str:
    """The URL to go to after the login. `finalize-login` checks the URL, so nothing is checked here.

    Login views put the URL into the context, under a name that they choose (the admin's login view, only there). A
    page of the site itself has the URL in its address.
    """
    field = _next_field(context)
    request = context.get("request")
    sources = [context.get(field), request and request.POST.get(field), request and request.GET.get(field)]
    return next((value for value in sources if value and isinstance(value, str)), "")


def _next_field(context: Context) -> str:
    return str(context.get("redirect_field_name") or REDIRECT_FIELD_NAME)


def csrf_header() -> str:
    """CSRF_HEADER_NAME as browsers send it; the setting is the name in `request.META`."""
    return settings.CSRF_HEADER_NAME.removeprefix("HTTP_").replace("_", "-")


def _csrf_cookie() -> str | None:
    """The name of the CSRF cookie; None if scripts cannot read it. Then the page holds the token."""
    hidden = settings.CSRF_USE_SESSIONS or settings.CSRF_COOKIE_HTTPONLY
    return None if hidden else settings.CSRF_COOKIE_NAME


def _texts() -> dict[str, str]:
    """What the script says, by the name of the browser's exception (WebAuthn L3, 5.1.3 and 5.1.4) or of our state.

    A text for one occasion only has the occasion before the name.
    """
    return {
        "connecting": _("One moment, please."),
        "waiting": _("Follow the instructions of your browser or device."),
        "done": _("Done. The next page is loading."),
        "created": _("A passkey was created for you. You can sign in with it next time."),
        "unsupported": _("This browser can't use passkeys. Try another one."),
        "network": _("The site can't be reached at the moment. Check your connection and try again."),
        "offline": _("You are offline. Connect to the internet, then try again."),
        "generic": _("Something went wrong. Reload the page and try again."),
        "reload": _("Reload the page"),
        "again": _("You can try again now."),
        "cancel": _("Cancel"),
        "NotAllowedError": _(
            "You are not signed in yet. If your passkey is on another device, such as a phone, press the button "
            "again and choose that device. You can also sign in with your password or in another way."
        ),
        "register:NotAllowedError": _nothing_was_changed(),
        "signup:NotAllowedError": _nothing_was_changed(),
        "immediate:NotAllowedError": _(
            "No passkey of this device was used. Press the button again to use a phone or a security key, "
            "or sign in another way."
        ),
        "InvalidStateError": _(
            "This device or password manager already has a passkey for your account. Use that one, or choose "
            "another device."
        ),
        "ConstraintError": _(
            "This security key can't store a passkey (or has no PIN set). Set a PIN, or use another device."
        ),
        "NotSupportedError": _("This device can't create a passkey for this site. Try another device."),
        "SecurityError": _("Passkeys aren't available at this address. Go on without a passkey."),
        "OperationError": _("Another passkey prompt is already open. Close it and try again."),
        "UnknownError": _("Your device couldn't complete this. Try again."),
    }


def _texts_for(purpose: object) -> dict[str, str]:
    """What the script says otherwise on pages that have a purpose of their own."""
    if purpose == CONFIRM:
        text = _(
            "This is not confirmed yet. If your passkey is on another device, such as a phone, press the button "
            "again and choose that device. You can also use the other way on this page."
        )
    elif purpose == SECOND_STEP:
        text = _(
            "You are not signed in yet. Press the button again, and use your passkey or touch your security key. "
            "If you cannot use either of them now, sign in again in another way."
        )
    elif purpose == SIGN:
        return {"sign:NotAllowedError": _("Nothing was signed, and nothing has happened. You can try again.")}
    else:
        return {"enrol:NotAllowedError": _nothing_was_changed()} if purpose == ENROL else {}
    return {"NotAllowedError": text}


def _texts_of_occasions() -> dict[str, str]:
    """As `_texts_for`, where one page is there for everything: the occasion stands before the name."""
    cancelled = dict.fromkeys(("confirm", "enrol", "sign"), _nothing_was_changed())
    cancelled[SECOND_STEP] = _texts_for(SECOND_STEP)["NotAllowedError"]
    return {f"{occasion}:NotAllowedError": text for occasion, text in cancelled.items()}


def _nothing_was_changed() -> str:
    return _("Nothing was changed. You can try again whenever you like.")
