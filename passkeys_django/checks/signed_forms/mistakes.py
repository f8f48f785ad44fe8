"""What can be wrong with a signed form, one small function for each mistake."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

from django.core.checks import CheckMessage, Error, Warning
from django.db import router

from ...check_ids import (
    SIGNED_FORM_ACTION_TWICE,
    SIGNED_FORM_FIELD_UNFIT,
    SIGNED_FORM_IN_ANOTHER_DATABASE,
    SIGNED_FORM_UNSIGNED_FIELDS_WRONG,
    SIGNED_FORM_WITHOUT_ACTION,
)
from ...models import ACTION_MAX_LENGTH, PasskeySignature
from ...signatures.signed_form.submission import OUR_NAMES
from ...signatures.statement.form_data import unfit
from .served import ServedForm, served_forms


def check_signed_forms(**_kwargs: Any) -> list[CheckMessage]:
    """Each signed form in the URLconf has an action of its own, and a form that people can sign."""
    forms = served_forms()
    return [message for form in forms for message in _mistakes(form)] + _actions_twice(forms)


def _mistakes(form: ServedForm) -> Iterator[CheckMessage]:
    yield from _without_action(form)
    yield from _unfit_fields(form)
    yield from _unsigned_fields(form)
    yield from _another_database(form)


def _is_computed(value: object) -> bool:
    """Does only a request know the value, as with a property?"""
    return hasattr(type(value), "__get__") and not callable(value)


def _without_action(form: ServedForm) -> Iterator[CheckMessage]:
    action = form.value_of("action")
    is_usable = isinstance(action, str) and 1 <= len(action) <= ACTION_MAX_LENGTH
    if not is_usable and not _is_computed(action):
        yield Error(
            f"The signed form {form.name} has no action that can be signed: {action!r}.",
            hint=f"Set a stable name of at most {ACTION_MAX_LENGTH} characters, such as action = 'transfer'. The "
            "name is part of the signed text, and is never translated.",
            id=SIGNED_FORM_WITHOUT_ACTION,
        )


def _actions_twice(forms: list[ServedForm]) -> list[CheckMessage]:
    """One view may stand in the URLconf twice, for example in two languages."""
    names: defaultdict[str, dict[tuple[Any, Any], str]] = defaultdict(dict)
    for form in forms:
        action = form.value_of("action")
        if isinstance(action, str) and action:
            names[action][form.view, form.value_of("form_class")] = form.name
    return [_twice(action, views.values()) for action, views in names.items() if len(views) > 1]


def _twice(action: str, views: Iterable[str]) -> CheckMessage:
    return Warning(
        f"{len([*views])} signed forms have the action {action!r}: {', '.join(sorted(views))}. Their signatures "
        "cannot be told apart, and what was begun at one of them can be finished at another.",
        hint="Give each of them an action of its own, or silence this check if they do the same.",
        id=SIGNED_FORM_ACTION_TWICE,
    )


def _unfit_fields(form: ServedForm) -> Iterator[CheckMessage]:
    for name, form_field in form.fields.items():
        mistake = "the name belongs to the page that people sign." if name in OUR_NAMES else unfit(form_field)
        if mistake:
            yield Error(
                f"Nobody can sign the form of {form.name}: it has the field {name!r}.",
                hint=mistake[0].upper() + mistake[1:],
                id=SIGNED_FORM_FIELD_UNFIT,
            )


def _unsigned_fields(form: ServedForm) -> Iterator[CheckMessage]:
    names = form.value_of("unsigned_fields")
    if _is_computed(names):
        return
    if isinstance(names, str) or not isinstance(names, Iterable):
        yield _unsigned_fields_wrong(form, f"is not a list of names: {names!r}", "Write a tuple: ('note',).")
    elif form.has_no_other_fields and (unknown := [name for name in names if name not in form.fields]):
        hint = f"Correct the name, or remove it. The form has {', '.join(form.fields)}."
        yield _unsigned_fields_wrong(form, f"contains names that the form does not have: {unknown}", hint)


def _unsigned_fields_wrong(form: ServedForm, mistake: str, hint: str) -> CheckMessage:
    return Error(f"unsigned_fields of {form.name} {mistake}.", hint=hint, id=SIGNED_FORM_UNSIGNED_FIELDS_WRONG)


def _another_database(form: ServedForm) -> Iterator[CheckMessage]:
    model = getattr(getattr(form.form_class, "_meta", None), "model", None)
    if model is None:
        return
    theirs, ours = router.db_for_write(model), router.db_for_write(PasskeySignature)
    if theirs != ours:
        yield Error(
            f"The form of {form.name} is stored in the database {theirs!r}, but its signatures in {ours!r}. No "
            "transaction covers both.",
            hint=f"Let DATABASE_ROUTERS write PasskeySignature to {theirs!r} as well.",
            id=SIGNED_FORM_IN_ANOTHER_DATABASE,
        )
