"""The check that requests reach our views: an entry for all addresses, as of a CMS, may stand above ours."""

from typing import Any

from django.core.checks import CheckMessage, Warning
from django.urls import NoReverseMatch, Resolver404, ResolverMatch, get_script_prefix, resolve, reverse

from ..check_ids import URLS_TAKEN

SAMPLES = ("passkeys:list", "passkeys:start-login")
"""A site may answer one of our URLs with a view of its own; an entry for all addresses answers both."""


def check_url_order(**_kwargs: Any) -> list[CheckMessage]:
    """No entry above ours answers our URLs."""
    matches = [_match(name) for name in SAMPLES]
    takers = [match.view_name for match in matches if match and not _is_ours(match)]
    return [_taken(takers[0])] if len(takers) == len(SAMPLES) else []


def _match(name: str) -> ResolverMatch | None:
    """Where the URL of this name leads to; None if nothing has the name, which another check reports."""
    try:
        return resolve("/" + reverse(name).removeprefix(get_script_prefix()))
    except (NoReverseMatch, Resolver404, AttributeError):
        return None


def _is_ours(match: ResolverMatch) -> bool:
    return match.func.__module__.startswith("passkeys_django.")


def _taken(view_name: str) -> CheckMessage:
    return Warning(
        f"No request reaches the URLs of passkeys_django: {view_name!r}, which stands above, answers them.",
        hint="Move path('passkeys/', include('passkeys_django.urls')) up in the urlpatterns, above the entry that "
        "answers all addresses, such as include(wagtail_urls).",
        id=URLS_TAKEN,
    )
