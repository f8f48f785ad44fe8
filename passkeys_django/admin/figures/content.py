"""Which charts the page with figures shows, and what they are made of."""

from collections import Counter

from django.utils.translation import gettext as _

from ...conf import passkey_settings
from ...figures.counting import PEOPLE
from ...models import EventKind, PasskeyKind, WeeklyFigures
from ...receivers.events import AFTER_OFFER, SECOND_STEP
from ...sessions.record import OTHER, PASSWORD
from .charts import Chart, Series

MOST_REASONS = 5
"""How many reasons of refusals have a colour of their own."""
Weeks = list[WeeklyFigures]


def charts_of(weeks: Weeks) -> list[Chart]:
    """In the order of the page. Without the history, only what the passkeys themselves tell."""
    known = [
        (
            "registrations",
            _("Passkeys created"),
            [Series(label=_("Passkeys"), numbers=_all(weeks, EventKind.REGISTERED))],
        ),
        ("people", _("People with a passkey"), [_series(_("People"), weeks, PEOPLE, PasskeyKind.PASSKEY)]),
    ]
    if passkey_settings.events:
        known.insert(0, ("logins", _("Logins by way"), _ways(weeks)))
        known.append(("refusals", _("Refused logins by reason"), _reasons(weeks)))
        known.append(("offers", _("Offers of a passkey"), _offers(weeks)))
    mondays = [week.monday for week in weeks]
    return [Chart(name=name, title=title, weeks=mondays, series=series) for name, title, series in known]


def _ways(weeks: Weeks) -> list[Series]:
    return [
        _series(_("Passkey"), weeks, EventKind.USED, ""),
        _series(_("Password and second step"), weeks, EventKind.USED, SECOND_STEP),
        _series(_("Password"), weeks, EventKind.SIGNED_IN, PASSWORD),
        _series(_("Other"), weeks, EventKind.SIGNED_IN, OTHER),
    ]


def _reasons(weeks: Weeks) -> list[Series]:
    """The most common error codes, and all others together."""
    totals: Counter[str] = Counter()
    for week in weeks:
        totals.update(week.counts.get(EventKind.REFUSED, {}))
    common = [code for code, _count in totals.most_common(MOST_REASONS)]
    series = [_series(code, weeks, EventKind.REFUSED, code) for code in common]
    rest = [sum(_of(week, EventKind.REFUSED).values()) for week in weeks]
    for known in series:
        rest = [number - part for number, part in zip(rest, known.numbers, strict=True)]
    return [*series, Series(label=_("Other"), numbers=rest)] if any(rest) or not series else series


def _offers(weeks: Weeks) -> list[Series]:
    """An offer may be taken in the week after the one in which it was shown."""
    taken = _series(_("Taken"), weeks, EventKind.REGISTERED, AFTER_OFFER)
    shown = _all(weeks, EventKind.OFFERED)
    left = [max(number - part, 0) for number, part in zip(shown, taken.numbers, strict=True)]
    return [taken, Series(label=_("Not taken"), numbers=left)]


def _series(label: str, weeks: Weeks, name: str, detail: str) -> Series:
    return Series(label=label, numbers=[_of(week, name).get(detail, 0) for week in weeks])


def _all(weeks: Weeks, name: str) -> list[int]:
    return [sum(_of(week, name).values()) for week in weeks]


def _of(week: WeeklyFigures, name: str) -> dict[str, int]:
    found: dict[str, int] = week.counts.get(name, {})
    return found
