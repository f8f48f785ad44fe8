"""What a user's page says about the user: how they sign in, what is due, what happened, and what staff can do."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.contrib import admin
from django.contrib.admin.utils import quote
from django.contrib.auth.base_user import AbstractBaseUser
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ...conf import passkey_settings
from ...enrolment import open_enrolments
from ...lifecycle.ways_in import has_other_way_in
from ...models import Enrolment, Passkey, PasskeyEvent, PasskeySignature, UserHandle
from ...policy import people, policy_of
from ...policy.entries import REQUIRED, is_set
from ...recovery import codes_left
from . import rules

LAST_EVENTS = 10
_PASSWORDS: dict[str, Promise] = {
    "allowed": gettext_lazy("a password is enough"),
    "second-step": gettext_lazy("a password needs a second step"),
    "refused": gettext_lazy("a password is refused"),
}


@dataclass(kw_only=True)
class Panel:
    """The panel of one user, for one staff member. Everything is read when the template asks for it."""

    request: HttpRequest
    person: AbstractBaseUser
    site: admin.AdminSite

    @cached_property
    def facts(self) -> list[tuple[str, Any]]:
        """Labels and values."""
        handle = UserHandle.objects.on_primary().filter(user_id=self.person.pk).first()
        facts = [
            (_("Policy"), self._policy() if is_set() else None),
            (_("Without a passkey"), self._outlook()),
            (_("Recovery codes left"), codes_left(self.person) if passkey_settings.recovery_codes else None),
            (_("Last use of a passkey"), self._last_used_at()),
            (_("E-mail address at the last strong login"), handle and handle.strong_address),
            (_("Last passkey by e-mail"), handle and handle.recovered_at),
            (_("Sessions ended"), handle and handle.sessions_ended_at),
        ]
        return [(label, value) for label, value in facts if value not in (None, "")]

    @cached_property
    def enrolments(self) -> list[Enrolment]:
        """The links that could still be used to create a passkey."""
        return list(open_enrolments(self.person))

    @cached_property
    def events(self) -> list[PasskeyEvent]:
        """The last events, newest first. None for staff who may not see the history."""
        event_admin = self.site._registry.get(PasskeyEvent)
        if event_admin is None or not event_admin.has_view_permission(self.request):
            return []
        rows = PasskeyEvent.objects.on_primary().filter(user_id=self.person.pk)
        return list(rows.select_related("actor")[:LAST_EVENTS])

    @property
    def all_events_url(self) -> str | None:
        """The list with the whole history of the user."""
        url = self._url("passkeyevent_changelist") if self.events else None
        return url and f"{url}?user__exact={self.person.pk}"

    @cached_property
    def signatures(self) -> int:
        """How many signatures the user has given. None are counted for staff who may not see them."""
        signature_admin = self.site._registry.get(PasskeySignature)
        if signature_admin is None or not signature_admin.has_view_permission(self.request):
            return 0
        return PasskeySignature.objects.on_primary().filter(user_id=self.person.pk).count()

    @property
    def signatures_url(self) -> str | None:
        """The list with the user's signatures."""
        url = self._url("passkeysignature_changelist") if self.signatures else None
        return url and f"{url}?user__exact={self.person.pk}"

    @property
    def links(self) -> list[tuple[str, str]]:
        """What this staff member may do: labels, and pages that ask first."""
        asked = (self.request, self.site._registry.get(Passkey), self.person)
        has_passkeys = Passkey.objects.of(self.person).exists()
        offers = [
            ("invite", _("Invite"), rules.may_invite(*asked)),
            ("revoke_all", _("Revoke all"), has_passkeys and rules.may_revoke_all(*asked)),
            ("end_sessions", _("End sessions"), rules.may_end_sessions(*asked)),
        ]
        urls = [(label, self._url(name, quote(self.person.pk))) for name, label, may_do in offers if may_do]
        return [(label, url) for label, url in urls if url]

    def _url(self, name: str, *args: Any) -> str | None:
        try:
            return reverse(f"admin:passkeys_django_{name}", args=args, current_app=self.site.name)
        except NoReverseMatch:  # an admin site on which passkeys are not registered
            return None

    def _policy(self) -> str:
        """The entry in words, and whether something is still missing."""
        entry, waiting = policy_of(self.person), _("not yet fulfilled")
        parts = [f"{entry.name}:", str(_PASSWORDS[entry.password])]
        if entry.passkey == REQUIRED:
            parts.append(_("and a passkey is required"))
        if entry.since and not entry.has_begun:
            parts.append(_("from %(date)s") % {"date": entry.since.date().isoformat()})
        if self._is_waited_for():
            parts.append(f"({waiting})")
        return " ".join(parts)

    def _outlook(self) -> str:
        return _("can sign in") if has_other_way_in(self.person) else _("could not sign in")

    def _is_waited_for(self) -> bool:
        rows = type(self.person)._base_manager.using(Passkey.objects.on_primary().db).filter(pk=self.person.pk)
        return people.required_not_yet(rows).exists()

    def _last_used_at(self) -> Any:
        used = Passkey.objects.of(self.person).filter(last_used_at__isnull=False).order_by("-last_used_at")
        return used.values_list("last_used_at", flat=True).first()
