"""Changes permanently which provider the rows name as the holder of a copy."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.core.exceptions import ImproperlyConfigured
from django.db.models import Count

from ..conf import passkey_settings
from ..lifecycle.batches import in_pages
from ..models import PROVIDER_MAX_LENGTH, Passkey, RemovedPasskey
from ..providers import find_provider, get_provider
from ..providers.base import BaseProvider, ProviderCredential
from .sync.listing import Listed, Listing, Watch

EMBEDDED = "embedded"
"""How people write the empty identity."""


@dataclass(frozen=True, kw_only=True)
class Batch:
    """How many rows were relabelled, and the credential ids of those that were left as they are."""

    moved: int
    left: list[str] = field(default_factory=list)


def identity_named(name: str) -> str:
    """The identity that a person means: an alias of PASSKEY_PROVIDERS, "embedded", or an identity itself.

    An identity itself need not be in the settings. Raises ImproperlyConfigured for anything else.
    """
    if name == EMBEDDED:
        return ""
    if name in passkey_settings.providers or ":" not in name:
        return get_provider(name).identity
    if len(name) > PROVIDER_MAX_LENGTH:
        raise ImproperlyConfigured(f"An identity has at most {PROVIDER_MAX_LENGTH} characters.")
    return _with_usual_uuid(name)


def _with_usual_uuid(identity: str) -> str:
    kind, _, rest = identity.partition(":")
    try:
        return f"{kind}:{UUID(rest)}"
    except ValueError:
        return identity


def identity_or_embedded(identity: str) -> str:
    """An identity as people write it."""
    return identity or EMBEDDED


def count_by_provider() -> dict[str, int]:
    """How many passkeys are here, by the identity of the provider that holds a copy."""
    counts = _rows().order_by("provider").values_list("provider").annotate(Count("pk"))
    return dict(counts)


def count_pending(identity: str) -> int:
    """How many removals this provider has not heard of yet."""
    return RemovedPasskey.objects.on_primary().filter(provider=identity).count()


def copy_keeper(identity: str) -> BaseProvider | None:
    """The provider in the settings that can be asked which credentials it holds under this identity."""
    provider = find_provider(identity)
    return provider if provider is not None and provider.keeps_copies else None


def relabel(source: str, target: str, *, dry_run: bool = False, watched: Watch = iter) -> Iterator[Batch]:
    """Turn rows of the identity `source` into rows of `target`, lazily, with one UPDATE for each batch.

    If `target` can be asked, a row changes only if `target` holds its credential for the same user handle. A
    passkey must not be a second factor there, because it could not log in. A row that changes is also accepted
    again if `source` had refused it. After a run that broke off, the next run does the rest. `watched` gets the
    target's list. Raises what `list_credentials` of the target raises.
    """
    keeper = copy_keeper(target)
    copies = None if keeper is None else Listing(watched(keeper.list_credentials()))
    for rows in in_pages(_rows().filter(provider=source)):
        movable = rows if copies is None else _held(rows, copies, target)
        left = {row.credential_id for row in rows} - {row.credential_id for row in movable}
        changes = {"provider": target} | ({} if copies is None else {"refused_at": None})
        moved = len(movable) if dry_run else _update(movable, source, changes)
        yield Batch(moved=moved, left=sorted(left))


def _held(rows: list[Passkey], listing: Listing, target: str) -> list[Passkey]:
    """The rows whose credential the target holds, and need not delete any more."""
    handles = {row.credential_id: bytes(row.user_handle) for row in rows}
    going = RemovedPasskey.objects.pending(provider=target, user_handles=handles)
    copies = listing.find(handles)
    return [row for row in rows if row.credential_id not in going and _is_held(row, copies.get(row.credential_id))]


def _is_held(row: Passkey, copy: Listed | None) -> bool:
    if not isinstance(copy, ProviderCredential) or (copy.is_second_factor and not row.is_security_key):
        return False
    return row.has_user_handle(copy.user_id.encode(errors="replace"))


def _update(rows: list[Passkey], source: str, changes: dict[str, Any]) -> int:
    moved: int = _rows().filter(pk__in=[row.pk for row in rows], provider=source).update(**changes)
    return moved


def _rows() -> Any:
    return Passkey.objects.on_primary()
