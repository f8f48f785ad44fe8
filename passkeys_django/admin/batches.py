"""Actions on any number of rows: each request does a batch, and its answer is a page that goes on.

The form of that page names the selection as the list did ("select all" and the address), and not row by row:
Django refuses a form with more than 1,000 fields. People may send the same batch twice. The first time changes
the rows, and the second time does not find these rows any more.
"""

import json
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.admin.views.main import PAGE_VAR
from django.contrib.contenttypes.models import ContentType
from django.core import signing
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone

from .lists.long_list import AFTER, BEFORE, selects_all

CHUNK = 25
"""How many rows are read at a time."""
MOST_ROWS = 500
MOST_SECONDS = 8.0
"""What one request does at most; a chunk that has begun is done. Servers end requests after 30 seconds or more."""
MOST_NAMED = 20
"""How many users or passkeys a page or a message names at most."""
PROGRESS = "progress"
"""The name of the hidden field."""
_SALT = "passkeys_django.admin.batches"


@dataclass(kw_only=True)
class Progress:
    """How far an action has come. The form carries this, signed, from batch to batch.

    Rows that were created after `until` were not meant when the action was chosen. `after` is the key of the last
    row that is done.
    """

    until: str
    after: str | None = None
    rows: int = 0
    changed: int = 0
    others: list[str] = field(default_factory=list)
    copies_left: Counter[str] = field(default_factory=Counter)

    @classmethod
    def of(cls, request: HttpRequest) -> "Progress":
        """Where the form goes on.

        The action begins anew if the form has no progress that was signed here, by this version of the app.
        """
        try:
            told = signing.loads(request.POST.get(PROGRESS, ""), salt=_SALT)
            return cls(**told | {"copies_left": Counter(told["copies_left"])})
        except (signing.BadSignature, KeyError, TypeError):
            return cls(until=timezone.now().isoformat())

    def signed(self) -> str:
        return signing.dumps(vars(self), salt=_SALT)

    def name_others(self, names: list[str]) -> None:
        self.others = [*self.others, *names][:MOST_NAMED]


@dataclass(kw_only=True)
class Batch:
    """The part of a selection that one request works on.

    The form that goes on names the `selection`. It is sent to `address`, which is the list without its page: the
    page may be gone when its rows are.
    """

    action: str
    rows: QuerySet[Any]
    selection: list[tuple[str, str]]
    address: str
    progress: Progress

    @classmethod
    def of(cls, request: HttpRequest, action: str, selected: QuerySet[Any]) -> "Batch":
        """The rows that this form selects, from where the last batch ended."""
        progress = Progress.of(request)
        selection = [(ACTION_CHECKBOX_NAME, key) for key in request.POST.getlist(ACTION_CHECKBOX_NAME)]
        if selects_all(request):
            selection = [(ACTION_CHECKBOX_NAME, "all"), ("select_across", "1")]
            selected = selected.filter(created_at__lte=progress.until)
        return cls(
            action=action, rows=selected, selection=selection, address=_without_page(request), progress=progress
        )

    def run(self, act: Callable[[list[Any]], None]) -> bool:
        """Act on the rows, a chunk at a time. Were these the last ones?"""
        end, rows, progress = time.monotonic() + MOST_SECONDS, self.rows.order_by("pk"), self.progress
        for _ in range(max(MOST_ROWS // CHUNK, 1)):
            chunk = list((rows.filter(pk__gt=progress.after) if progress.after else rows)[:CHUNK])
            act(chunk)
            progress.rows += len(chunk)
            if len(chunk) < CHUNK:
                return True
            progress.after = str(chunk[-1].pk)
            if time.monotonic() > end:
                break
        return False

    @property
    def fields(self) -> list[tuple[str, str]]:
        """The hidden fields of a form that goes on with this action."""
        return [("action", self.action), ("post", "yes"), (PROGRESS, self.progress.signed()), *self.selection]


def _without_page(request: HttpRequest) -> str:
    query = request.GET.copy()
    for name in (PAGE_VAR, AFTER, BEFORE):
        query.pop(name, None)
    return f"{request.path}?{query.urlencode()}"


def progress_page(request: HttpRequest, model_admin: Any, batch: Batch, title: str) -> HttpResponse:
    """What was done so far, and the button that goes on. A script presses the button."""
    context = {
        **model_admin.admin_site.each_context(request),
        "title": title,
        "opts": model_admin.opts,
        "done": batch.progress.rows,
        "fields": batch.fields,
        "address": batch.address,
    }
    return TemplateResponse(request, "passkeys_django/admin/progress.html", context)


def log_changes(request: HttpRequest, changes: list[tuple[Model, dict[str, Any]]]) -> None:
    """Log changes of rows in one INSERT, as `ModelAdmin.log_change` logs one."""
    actor: Any = request.user
    LogEntry.objects.bulk_create(
        LogEntry(
            user_id=actor.pk,
            content_type=ContentType.objects.get_for_model(row, for_concrete_model=False),
            object_id=str(row.pk),
            object_repr=str(row)[:200],
            action_flag=CHANGE,
            change_message=json.dumps([change]),
        )
        for row, change in changes
    )
