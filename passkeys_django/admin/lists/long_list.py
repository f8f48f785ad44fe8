"""What the lists of passkeys, events and signatures have in common: a million rows may be in them."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import PAGE_VAR, ChangeList
from django.core.exceptions import BadRequest, ValidationError
from django.db import DatabaseError, router
from django.db.models import QuerySet
from django.forms import BooleanField
from django.http import HttpRequest

from . import paging
from .cursors import Place, rows_beyond, text_of
from .paging import LongPaginator

if TYPE_CHECKING:
    ModelAdmin = admin.ModelAdmin[Any]
else:
    ModelAdmin = object

AFTER, BEFORE = "after", "before"
"""What an address says: the page begins after this row, or ends before it. An empty `before`: the last page."""


def selects_all(request: HttpRequest) -> bool:
    """Did staff choose "select all"? Read as Django's own form for actions reads this."""
    return bool(BooleanField(required=False).to_python(request.POST.get("select_across")))


class LongList(ModelAdmin):
    """For a ModelAdmin, whose `sortable_by` names columns with an index.

    The rows are read where they are written: a replica may lag behind.
    """

    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER  # they would count all rows, once for each choice
    paginator = LongPaginator
    change_list_template = "passkeys_django/admin/long_list.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).using(router.db_for_write(self.model))

    def response_action(self, request: HttpRequest, queryset: QuerySet[Any], action_location: Any = None) -> Any:
        """Refuse keys that no row can have: the database would be asked for them.

        Django 6.1 says in which place the action was chosen; earlier versions do not.
        """
        try:
            for key in [] if selects_all(request) else request.POST.getlist(ACTION_CHECKBOX_NAME):
                self.opts.pk.clean(key, None)
        except ValidationError as error:
            raise BadRequest("not a key") from error
        place = () if action_location is None else (action_location,)
        return super().response_action(request, queryset, *place)

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        """Django's, or the theme's, that walks by cursors."""
        change_list: Any = super().get_changelist(request, **kwargs)
        walking: type[ChangeList] = _walking(change_list)
        return walking


@contextmanager
def _values_are_refused(request: HttpRequest) -> Iterator[None]:
    """A value in the address that the database cannot compare is a wrong one: a very early moment, text for bytes.

    Without a value in the address, the fault is the database's own.
    """
    try:
        yield
    except (TypeError, ValueError, OverflowError, DatabaseError) as error:
        if not request.GET:
            raise
        raise IncorrectLookupParameters from error


@cache
def _walking(change_list: Any) -> Any:
    return type(f"Long{change_list.__name__}", (_Walks, change_list), {})


class _Walks(ChangeList):
    """Pages of a long list lead to the next and to the previous rows; in another order, to pages by number."""

    paginator: LongPaginator
    is_long = False
    first_url = previous_url = next_url = last_url = None

    def get_queryset(self, request: HttpRequest, *args: Any, **kwargs: Any) -> QuerySet[Any]:
        """Where the page begins is no filter, and a link that changes the list leads to its beginning."""
        if any("\x00" in text for _name, values in request.GET.lists() for text in values):
            raise IncorrectLookupParameters  # PostgreSQL refuses it
        for name in (AFTER, BEFORE):
            self.params.pop(name, None)
            self.filter_params.pop(name, None)
        with _values_are_refused(request):
            return super().get_queryset(request, *args, **kwargs)

    def get_filters(self, request: HttpRequest) -> Any:
        """Django leaves out a filter that offers nothing any more: then "select all" would mean all other rows."""
        found = super().get_filters(request)
        if request.method == "POST" and selects_all(request):
            used = {name for spec in found[0] for name in spec.expected_parameters()} | found[2].keys()
            if any(name not in used for name in self.get_filters_params() if not self._is_of_hierarchy(name)):
                raise IncorrectLookupParameters
        return found

    def _is_of_hierarchy(self, parameter: str) -> bool:
        return bool(self.date_hierarchy) and parameter.startswith(f"{self.date_hierarchy}__")

    def get_results(self, request: HttpRequest) -> None:
        with _values_are_refused(request):
            self._read(request)

    def _read(self, request: HttpRequest) -> None:
        self.list_max_show_all = min(self.list_max_show_all, paging.MOST_COUNTED - 1)  # never all of a long list
        super().get_results(request)
        self.is_long = getattr(self.paginator, "is_long", False)
        if not self.is_long:
            return
        self.first_url = self.get_query_string()  # Django has taken the page's number out
        if self._is_by_time():
            self._walk(request)
        else:
            self._number()

    def _is_by_time(self) -> bool:
        """Is the list ordered by its moment, in either direction? Django may add another "-pk" at the end."""
        fields = [str(name).removeprefix("-") for name in self.queryset.query.order_by[:2]]
        return fields == [self._moment, "pk"]

    @property
    def _moment(self) -> str:
        """The field that the model orders its rows by."""
        ordering = self.lookup_opts.ordering or ("pk",)
        return str(ordering[0]).removeprefix("-")

    def _walk(self, request: HttpRequest) -> None:
        place, backwards = self._place(request)
        more_before, more_after = self.page_num > 1, self.paginator.goes_on
        if place is not None or backwards:
            rows = list(rows_beyond(self.queryset, place, backwards=backwards)[: self.list_per_page + 1])
            more, rows = len(rows) > self.list_per_page, rows[: self.list_per_page]
            more_before, more_after = (more, place is not None) if backwards else (True, more)
            self.result_list = rows[::-1] if backwards else rows
        self._link(more_before, more_after)

    def _place(self, request: HttpRequest) -> tuple[Place | None, bool]:
        """Where the page begins, and whether it is read backwards. Raises ValueError."""
        backwards = BEFORE in request.GET
        text = request.GET.get(BEFORE if backwards else AFTER, "")
        return (Place.parse(text, self.model) if text else None), backwards

    def _link(self, more_before: bool, more_after: bool) -> None:
        """The links beside the page. If its rows are gone, an end of the list is beside it."""
        rows = list(self.result_list)
        if more_before:
            self.previous_url = self.get_query_string({BEFORE: text_of(rows[0], self._moment) if rows else ""})
        if more_after:
            self.last_url = self.get_query_string({BEFORE: ""})
            self.next_url = self.get_query_string({AFTER: text_of(rows[-1], self._moment)} if rows else {})

    def _number(self) -> None:
        if self.page_num > 1:
            self.previous_url = self.get_query_string({PAGE_VAR: self.page_num - 1})
        if self.paginator.goes_on:
            self.next_url = self.get_query_string({PAGE_VAR: self.page_num + 1})
