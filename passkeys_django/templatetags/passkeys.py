"""`{% load passkeys %}`: passkeys on the pages of a site. docs/templates.md describes every tag.

A login page needs only `{% passkey_login_button %}`. The button's script also gives passkey autofill to the
username field (`autocomplete="username"`, as in Django's own form).
"""

from typing import Any

from django import template
from django.forms import BaseForm, BoundField
from django.http import HttpRequest
from django.template import Context
from django.utils.html import format_html
from django.utils.safestring import SafeString

from ..conf import passkey_settings
from ..frontend.css_classes import css_classes
from ..frontend.manager_icons import icon_urls
from ..frontend.offers import Offer, due_date, may_create_by_itself, offer_to_show
from ..frontend.script_config import script_config
from ..frontend.site import Site, site_of
from ..http.urls import reverse_or_none
from ..models import Passkey, PasskeyKind
from ..policy import wants_passkeys
from ..sessions.impersonation import is_acting_as_another

register = template.Library()


@register.inclusion_tag("passkeys_django/login_button.html", takes_context=True)
def passkey_login_button(context: Context, next_url: str = "", below_form: bool | None = None) -> dict[str, Any]:
    """The button "Sign in with a passkey", and autofill on the page's username field.

    After the login the browser goes to `next_url`; without one, to the page's own `next`. Below the button is a
    link for people who cannot use their passkey, if the site lets them recover.

    `below_form`: is the button the second way in, below a login form? Then "or" stands between them, and the
    form's button is the main one, unless the site's policy wants passkeys. None: yes, if the page has a `form`.
    """
    values: dict[str, Any] = {"signs_in": True, "wants_passkeys": wants_passkeys(), "recover_url": _recover_url()}
    values |= _with_config(context, next_url)
    has_form = context.get("form") is not None if below_form is None else below_form
    return values | {"below_form": has_form and "start" not in values["config"]}


def _recover_url() -> str | None:
    """The page for people who cannot use their passkey; None if nobody can recover by themselves."""
    recovers = passkey_settings.recovery_codes or passkey_settings.recovery_by_email
    return reverse_or_none("passkeys:recover") if recovers else None


@register.inclusion_tag("passkeys_django/register_button.html", takes_context=True)
def passkey_register_button(
    context: Context, next_url: str = "", kind: str = PasskeyKind.PASSKEY.value
) -> dict[str, Any]:
    """The button "Create a passkey". Afterwards the browser goes to `next_url`; without one the page reloads.

    With the kind "security-key", the button "Add a security key".
    There is no button while somebody acts as another user.
    """
    if is_acting_as_another(_request(context)):
        return {}
    return {"next_url": next_url, "kind": kind, **_with_config(context)}


@register.inclusion_tag("passkeys_django/signup_form.html", takes_context=True)
def passkey_signup_form(context: Context, form: BaseForm | None = None) -> dict[str, Any]:
    """The form of PasskeySignupView, else a form as PASSKEY_SIGNUP_FORM names it; nothing without that setting."""
    form_class = passkey_settings.signup_form
    if form_class is None:
        return {}
    return {"form": form or form_class(_request(context)), **_with_config(context)}


@register.inclusion_tag("passkeys_django/enrol_button.html", takes_context=True)
def passkey_enrol_button(context: Context) -> dict[str, Any]:
    """The button "Create a passkey" on the page of an enrolment, for people who are not signed in yet."""
    return {"enrolment": context.get("enrolment"), **_with_config(context)}


@register.inclusion_tag("passkeys_django/sign_button.html", takes_context=True)
def passkey_sign_button(context: Context) -> dict[str, Any]:
    """The button "Sign with a passkey" on the page that shows what will be signed.

    Below the button is a link for people who cannot use their passkey, if the site lets them recover.
    """
    values = {"sign_options": context.get("sign_options"), "recover_url": _recover_url()}
    return {**values, **_with_config(context)}


@register.inclusion_tag("passkeys_django/offer.html", takes_context=True)
def passkey_offer(context: Context) -> dict[str, Any]:
    """The card "Create a passkey?" if there is an offer, else nothing; never on the pages of this app."""
    request = _request(context)
    if request is None or not hasattr(request, "user") or _is_ours(request):
        return {}
    offer = offer_to_show(request)
    if offer is None:
        return {}
    values = _with_config(context)
    if may_create_by_itself(request, offer):
        values["config"] = {**values["config"], "conditionalCreate": True}
    if offer is Offer.DUE:
        values |= {"due_date": due_date(request), "add_device_url": reverse_or_none("passkeys:add-device")}
    return {"offer": offer, "back": request.get_full_path(), **values}


@register.inclusion_tag("passkeys_django/passkey_icon.html")
def passkey_icon(passkey: Passkey) -> dict[str, Any]:
    """The icon of the passkey's manager for light and for dark pages, else our own glyph."""
    return {"is_security_key": passkey.is_security_key, **icon_urls(passkey.aaguid)}


@register.simple_tag(takes_context=True)
def passkeys_site(context: Context) -> Site:
    """The site's `name`, and the `url` of the way back to it, for a frame that stands alone."""
    return site_of(_request(context))


@register.simple_tag(takes_context=True)
def passkeys_class(context: Context, name: str) -> str:
    """The classes of that name in passkeys_django/classes.html."""
    return css_classes(name, context.template.engine)  # type: ignore[union-attr]  # a tag is in a template


@register.simple_tag
def passkeys_field(field: BoundField, classes: str) -> SafeString:
    """The input of a form's field, with these classes."""
    return field.as_widget(attrs={"class": classes})


@register.simple_tag(takes_context=True)
def passkeys_nonce(context: Context) -> SafeString | str:
    """The attribute `nonce` of a script or stylesheet, if the site's Content-Security-Policy has a nonce.

    The nonce is Django's `csp_nonce` of the context, or `request.csp_nonce` of django-csp. Both are made when they
    are first read, and are false until then.
    """
    nonce = context.get("csp_nonce")
    if nonce is None:
        nonce = getattr(_request(context), "csp_nonce", None)
    return "" if nonce is None else format_html(' nonce="{}"', str(nonce))


def _with_config(context: Context, next_url: str = "") -> dict[str, Any]:
    # The tags' templates do not see the page's context. Their {% csrf_token %} reads `csrf_token`.
    shared = {name: context.get(name) for name in ("csrf_token", "csp_nonce", "request")}
    config = {**script_config(context, next_url), "cancelClass": passkeys_class(context, "button_quiet")}
    return {"config": config, **shared}


def _request(context: Context) -> HttpRequest | None:
    """The request, also without the context processor, if the page was rendered with a request."""
    return context.get("request") or getattr(context, "request", None)


def _is_ours(request: HttpRequest) -> bool:
    return request.resolver_match is not None and "passkeys" in request.resolver_match.app_names
