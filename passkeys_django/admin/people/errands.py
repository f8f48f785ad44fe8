"""What staff do for one person: revoke all passkeys, invite, end all sessions. Each page asks first."""

from collections.abc import Callable
from functools import partial, wraps
from typing import Any

from django.contrib import messages
from django.contrib.auth.base_user import AbstractBaseUser
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.cache import add_never_cache_headers
from django.utils.translation import gettext as _

from ... import enrolment, lifecycle
from ...exceptions import PasskeyError
from ...lifecycle.lockout import find_locked_out
from ...models import Passkey, RecoveryCode, UserHandle, user_name
from ...sessions.ending import end_all_sessions
from ...sessions.reauthentication import INTERRUPTIONS, redirect_to_authenticate
from . import rules
from .pages import find_person, page_of_person

Errand = Callable[[HttpRequest, AbstractBaseUser, Any], HttpResponse]
Rule = Callable[[HttpRequest, Any, AbstractBaseUser], bool]


def urls(passkey_admin: Any) -> list[URLPattern]:
    """The pages, for `PasskeyAdmin.get_urls`."""
    pages = {"revoke": revoke_all, "invite": invite, "end-sessions": end_sessions}
    names = {"revoke": "revoke_all", "invite": "invite", "end-sessions": "end_sessions"}
    return [
        path(
            f"users/<path:user_key>/{word}/",
            passkey_admin.admin_site.admin_view(partial(view, passkey_admin=passkey_admin)),
            name=f"passkeys_django_{names[word]}",
        )
        for word, view in pages.items()
    ]


def errand(may_do: Rule) -> Callable[[Errand], Callable[..., HttpResponse]]:
    """A page of the admin about one person: GET asks, POST does it. Staff need their own account's strength."""

    def decorate(view: Errand) -> Callable[..., HttpResponse]:
        @wraps(view)
        def page(request: HttpRequest, user_key: str, *, passkey_admin: Any) -> HttpResponse:
            if request.method not in ("GET", "HEAD", "POST"):
                return HttpResponseNotAllowed(["GET", "HEAD", "POST"])
            person = find_person(request, passkey_admin.admin_site, user_key)
            if not may_do(request, passkey_admin, person):
                raise PermissionDenied
            request.current_app = passkey_admin.admin_site.name
            response = rules.refuse_unless_strong(request) or view(request, person, passkey_admin)
            add_never_cache_headers(response)
            return response

        return page

    return decorate


@errand(rules.may_revoke_all)
def revoke_all(request: HttpRequest, person: AbstractBaseUser, passkey_admin: Any) -> HttpResponse:
    passkeys = Passkey.objects.of(person).select_related("user")
    if request.method != "POST":
        texts = [
            _("Nobody can sign in with these passkeys any more, and recovery codes end. The user is told."),
            _outlook(passkeys),
        ]
        return _ask(request, passkey_admin, person, _("Revoke all passkeys?"), texts, _("Revoke"), items=passkeys)
    passkey_admin.log_deletions(request, passkeys)
    done = lifecycle.revoke(passkeys, request=request)
    RecoveryCode.objects.on_primary().filter(user_id=person.pk).delete()  # a thief of the device may have them
    passkey_admin.report_revocation(request, done)
    return _back(request, passkey_admin, person)


def _outlook(passkeys: Any) -> str:
    """Could the user still sign in without these passkeys?"""
    if any(find_locked_out(set(passkeys.order_by().values_list("pk", flat=True)))):
        return _("This user has no other way to sign in and is locked out afterwards, until you invite them.")
    return _("This user can still sign in in another way.")


@errand(rules.may_end_sessions)
def end_sessions(request: HttpRequest, person: AbstractBaseUser, passkey_admin: Any) -> HttpResponse:
    if request.method != "POST":
        text = _("The user is signed out everywhere, and is told by e-mail. They can sign in again as before.")
        return _ask(request, passkey_admin, person, _("End all sessions?"), [text], _("End sessions"))
    end_all_sessions(person, request=request)
    passkey_admin.log_change(request, person, [{"changed": {"fields": ["sessions"]}}])
    passkey_admin.message_user(request, _("All sessions of this user were ended."), messages.SUCCESS)
    return _back(request, passkey_admin, person)


@errand(rules.may_invite)
def invite(request: HttpRequest, person: AbstractBaseUser, passkey_admin: Any) -> HttpResponse:
    if request.method != "POST":
        return _ask(request, passkey_admin, person, _("Invite this user?"), _about_the_link(person), _("Invite"))
    try:
        url = enrolment.invite(request, person)
    except INTERRUPTIONS as error:
        return redirect_to_authenticate(request, error)
    except PasskeyError as error:
        passkey_admin.message_user(request, str(error.user_message), messages.ERROR)
        return _back(request, passkey_admin, person)
    passkey_admin.log_change(request, person, [{"added": {"name": "invitation", "object": str(person)}}])
    if url is None:
        passkey_admin.message_user(request, _("The link was sent by e-mail."), messages.SUCCESS)
        return _back(request, passkey_admin, person)
    return _show_once(request, passkey_admin, person, url)


def _about_the_link(person: AbstractBaseUser) -> list[str]:
    address = UserHandle.objects.address_for_links(person)
    where = _("It is sent to %(address)s.") if address else _("The user has no e-mail address.")
    what = _("With the link, the user creates a passkey and is signed in. It works once, within a day.")
    return [what, where % {"address": address}]


def _show_once(request: HttpRequest, passkey_admin: Any, person: AbstractBaseUser, url: str) -> HttpResponse:
    """The link, for superusers only. Nothing stores it, so that nobody can read it later."""
    context = _context(request, passkey_admin, person) | {"title": _("Invitation"), "link": url}
    response = TemplateResponse(request, "passkeys_django/admin/invited.html", context)
    response["Referrer-Policy"] = "no-referrer"
    return response


def _ask(
    request: HttpRequest,
    passkey_admin: Any,
    person: AbstractBaseUser,
    title: str,
    texts: list[str],
    button: str,
    *,
    items: Any = (),
) -> HttpResponse:
    context = _context(request, passkey_admin, person)
    context |= {"title": title, "texts": texts, "button": button, "items": items}
    return TemplateResponse(request, "passkeys_django/admin/ask.html", context)


def _context(request: HttpRequest, passkey_admin: Any, person: AbstractBaseUser) -> dict[str, Any]:
    return {
        **passkey_admin.admin_site.each_context(request),
        "opts": passkey_admin.opts,
        "person": user_name(person),
        "back": _page(request, passkey_admin, person),
    }


def _page(request: HttpRequest, passkey_admin: Any, person: AbstractBaseUser) -> str:
    site = passkey_admin.admin_site
    return page_of_person(request, site, person) or reverse("admin:index", current_app=site.name)


def _back(request: HttpRequest, passkey_admin: Any, person: AbstractBaseUser) -> HttpResponse:
    return HttpResponseRedirect(_page(request, passkey_admin, person))
