"""The signed forms in the URLconf, as far as their classes tell. Nothing of the site's own is run."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.core.exceptions import FieldError, ImproperlyConfigured
from django.db.models import Model
from django.forms import BaseForm, Field
from django.forms.models import BaseModelForm, modelform_factory
from django.urls import URLPattern, URLResolver, get_resolver
from django.views.generic.edit import FormMixin, ModelFormMixin

from ...signatures import SignedFormMixin


@dataclass(frozen=True, kw_only=True)
class ServedForm:
    """A class of a signed form, with the arguments of its `as_view()`."""

    view: Any
    initkwargs: Mapping[str, Any]

    @property
    def name(self) -> str:
        return f"{self.view.__module__}.{self.view.__qualname__}"

    def value_of(self, name: str) -> Any:
        """The attribute that the view will have."""
        return self.initkwargs.get(name, getattr(self.view, name, None))

    @cached_property
    def form_class(self) -> Any:
        """What Django's `get_form_class()` will return. None if the view has a method of its own for this."""
        if getattr(self.view, "get_form_class", None) not in _OF_DJANGO:
            return None
        return self.value_of("form_class") or self._model_form()

    def _model_form(self) -> Any:
        model = self.value_of("model") or getattr(self.value_of("queryset"), "model", None)
        if not (isinstance(model, type) and issubclass(model, Model)):
            return None
        try:
            return modelform_factory(model, fields=self.value_of("fields"))
        except (FieldError, ImproperlyConfigured):  # the first request tells
            return None

    @property
    def fields(self) -> Mapping[str, Field]:
        """The fields that the form's class has."""
        fields: Mapping[str, Field] = getattr(self.form_class, "base_fields", {})
        return fields

    @property
    def has_no_other_fields(self) -> bool:
        """Does each form have these fields only? No code of the site's own may add or remove any."""
        makes_form = getattr(self.form_class, "__init__", None)
        is_plain = makes_form in (BaseForm.__init__, BaseModelForm.__init__)
        return is_plain and self.view.get_form is SignedFormMixin.get_form


_OF_DJANGO = (FormMixin.get_form_class, ModelFormMixin.get_form_class)


def served_forms() -> list[ServedForm]:
    """The signed forms in the URLconf, each once."""
    found: list[ServedForm] = []
    for callback in _callbacks(get_resolver()):
        view = getattr(callback, "view_class", None)
        if isinstance(view, type) and issubclass(view, SignedFormMixin):
            form = ServedForm(view=view, initkwargs=getattr(callback, "view_initkwargs", {}))
            found += [] if form in found else [form]
    return found


def _callbacks(resolver: URLResolver) -> Iterator[Any]:
    try:
        patterns = list(resolver.url_patterns)
    except Exception:  # noqa: BLE001  # Django's own check loads the URLconf too, and names the mistake
        return
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            yield from _callbacks(pattern)
        elif isinstance(pattern, URLPattern):
            yield pattern.callback
