"""The check that requests reach our views: an entry for all addresses, as of a CMS, may stand above ours."""

from typing import Any

from django.core.checks import CheckMessage, Warning
from django.urls import ResolverMatch

from ..check_ids import URLS_TAKEN
from ..http.urls import match_of

SAMPLES = ("passkeys:list", "passkeys:start-login")
"""A site may answer one of our URLs with a view of its own; an entry for all addresses answers both."""


def check_url_order(**_kwargs: Any) -> list[CheckMessage]:
    """No entry above ours answers our URLs."""
    matches = [match_of(name) for name in SAMPLES]
    # Another check reports a name that nothing has.
    takers = [match.view_name for match in matches if match and not _is_ours(match)]
    return [_taken(takers[0])] if len(takers) == len(SAMPLES) else []


def _is_ours(match: ResolverMatch) -> bool:
    return match.func.__module__.startswith("passkeys_django.")


def _taken(view_name: str) -> CheckMessage:
    return Warning(
        f"No request reaches the URLs of passkeys_django: {view_name!r}, which stands above, answers them.",
        hint="Move path('passkeys/', include('passkeys_django.urls')) up in the urlpatterns, above the entry that "
        "answers all addresses, such as include(wagtail_urls).",
        id=URLS_TAKEN,
    )
