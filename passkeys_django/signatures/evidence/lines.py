"""Many signatures, one after another: oldest first, in batches, so memory stays flat."""

import json
from collections.abc import Iterator

from django.db.models import Q, QuerySet

from ...models import PasskeySignature
from .export import evidence_of

BATCH_SIZE = 500


def one_by_one(signatures: "QuerySet[PasskeySignature]") -> Iterator[PasskeySignature]:
    """The signatures in the order in which they were stored.

    Each batch is a query of its own, because some database drivers load the whole result of a query into memory.
    """
    page = signatures = signatures.order_by("created_at", "pk")
    while batch := list(page[:BATCH_SIZE]):
        yield from batch
        last = batch[-1]
        later = Q(created_at__gt=last.created_at) | Q(pk__gt=last.pk)
        page = signatures.filter(later, created_at__gte=last.created_at)


def evidence_lines(signatures: "QuerySet[PasskeySignature]") -> Iterator[str]:
    """One line of JSON for each signature, in ASCII: no terminal and no file changes a character of it."""
    return (f"{json.dumps(evidence_of(signature))}\n" for signature in one_by_one(signatures))
