"""A statement, and the rows in which people see it: they are made from the text, and hide nothing of it."""

import json
from datetime import UTC, datetime

import pytest
from django.template.loader import render_to_string
from hypothesis import given

from passkeys_django.exceptions import InvalidStatement
from passkeys_django.signatures import Statement, canonical, read_statement
from passkeys_django.signatures.statement.statements import LATEST, Row, rows
from tests.fuzz.effort import EXAMPLES
from tests.signatures.statement.test_canonical import values

MEMBERS = {"action": "transfer", "at": 1_800_000_000, "by": "handle", "data": {"to": "Grace"}}


def rows_of(data):
    return [(row.path, row.value, row.key) for row in rows(Statement(**MEMBERS | {"data": data}).text)]


def row(value, *path, key=None):
    return (path, value, key)


def test_the_text_holds_action_time_person_and_data():
    text = Statement(**MEMBERS).text
    assert text == '{"action":"transfer","at":1800000000,"by":"handle","data":{"to":"Grace"}}'
    assert read_statement(text) == Statement(**MEMBERS)


def test_the_moment_is_in_utc():
    assert Statement(**MEMBERS).moment == datetime(2027, 1, 15, 8, 0, tzinfo=UTC)


def test_an_error_names_the_field_of_the_data():
    with pytest.raises(InvalidStatement) as caught:
        Statement(**MEMBERS | {"data": {"amount": 12.5}}).text  # noqa: B018
    assert caught.value.members["path"] == ["data", "amount"]


@pytest.mark.parametrize(
    "value",
    [
        None,
        [],
        {},
        "text",
        {name: MEMBERS[name] for name in ("action", "at", "by")},
        MEMBERS | {"more": 1},
        MEMBERS | {"action": 1},
        MEMBERS | {"action": None},
        MEMBERS | {"at": "1800000000"},
        MEMBERS | {"at": True},
        MEMBERS | {"at": -1},
        MEMBERS | {"at": LATEST + 1},
        MEMBERS | {"at": 2**53 - 1},
        MEMBERS | {"by": 7},
        MEMBERS | {"by": ["handle"]},
    ],
    ids=str,
)
def test_a_text_that_is_no_statement_is_refused(value):
    with pytest.raises(InvalidStatement):
        read_statement(canonical(value))


def test_the_last_moment_of_the_calendar_can_be_read():
    assert read_statement(canonical(MEMBERS | {"at": LATEST})).moment.year == 9999


def test_a_text_that_is_not_canonical_is_no_statement():
    with pytest.raises(InvalidStatement, match="not the canonical text"):
        read_statement(json.dumps(MEMBERS))


def test_a_flat_form_has_a_row_for_each_field_in_the_order_of_the_text():
    assert rows_of({"to": "Grace", "amount": "12.50"}) == [row("12.50", "amount"), row("Grace", "to")]


def test_a_choice_is_one_row_with_its_text_and_its_key():
    assert rows_of({"account": {"id": 7, "text": "Savings"}}) == [row("Savings", "account", key=7)]
    assert rows_of({"account": {"id": "a-b", "text": ""}}) == [row("", "account", key="a-b")]


def test_several_choices_are_a_row_each():
    chosen = [{"id": 1, "text": "A"}, {"id": 2, "text": "B"}]
    assert rows_of({"to": chosen}) == [row("A", "to", "1", key=1), row("B", "to", "2", key=2)]


@pytest.mark.parametrize(
    "value",
    [
        {"id": 1, "text": {"id": 2, "text": "inner"}},
        {"id": 1, "text": ["a", "b"]},
        {"id": None, "text": "a"},
        {"id": True, "text": "a"},
        {"id": [1], "text": "a"},
        {"id": 1, "text": None},
        {"id": 1, "text": "a", "more": 2},
        {"id": 1},
    ],
    ids=str,
)
def test_what_only_looks_like_a_choice_is_shown_in_full(value):
    """Else a part of it would be signed unseen."""
    shown = {
        (found.path[-1], found.value, found.key) for found in rows(canonical(MEMBERS | {"data": {"x": value}}))
    }
    for member, inner in value.items():
        if not isinstance(inner, dict | list):
            assert (member, inner, None) in shown
    assert ("text", "inner", 2) in shown or "inner" not in str(value)


def test_data_inside_of_data_are_shown_by_their_path():
    data = {"order": {"lines": [{"item": "Tea", "count": 2}, "Coffee"]}}
    assert rows_of(data) == [
        row(2, "order", "lines", "1", "count"),
        row("Tea", "order", "lines", "1", "item"),
        row("Coffee", "order", "lines", "2"),
    ]


@pytest.mark.parametrize("empty", [None, [], {}])
def test_nothing_is_a_row_without_a_value(empty):
    assert rows_of({"note": empty}) == [row(None, "note")]


def test_an_empty_text_is_a_row():
    assert rows_of({"note": ""}) == [row("", "note")]


def test_values_keep_their_type():
    shown = rows_of({"a": True, "b": 1, "c": "1", "d": False, "e": 0})
    assert [(type(value), value) for _path, value, _key in shown] == [
        (bool, True),
        (int, 1),
        (str, "1"),
        (bool, False),
        (int, 0),
    ]


def test_data_that_are_no_object_are_one_row_without_a_path():
    assert rows_of("pay 5 EUR") == [row("pay 5 EUR")]


def test_a_name_that_is_empty_is_a_part_of_the_path():
    assert rows_of({"": {"": 1}}) == [row(1, "", "")]


@EXAMPLES
@given(value=values)
def test_every_value_of_the_data_is_in_a_row(value):
    """Nothing is signed that is not shown."""
    data, found = {"x": value}, rows(canonical(MEMBERS | {"data": {"x": value}}))
    shown = [json.dumps(part) for row in found for part in (row.value, row.key)]
    for leaf in leaves(data):
        assert json.dumps(leaf) in shown


def leaves(value):
    if isinstance(value, dict):
        value = list(value.values())
    if not isinstance(value, list):
        return [value]
    return [leaf for item in value for leaf in leaves(item)]


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (Row(path=("a",), value=True), "Yes"),
        (Row(path=("a",), value=False), "No"),
        (Row(path=("a",), value=None), "\u2013"),
        (Row(path=("a",), value=""), "\u2013"),
        (Row(path=("a",), value=0), "0"),
        (Row(path=("a",), value=1_234_567), "1234567"),
        (Row(path=("a",), value="1"), "1"),
        (Row(path=("a",), value="<b>&"), "&lt;b&gt;&amp;"),
        (Row(path=("a",), value="Savings", key=0), "Savings"),
    ],
    ids=str,
)
def test_the_page_shows_the_value(value, shown):
    html = render_to_string("passkeys_django/statement.html", {"rows": [("Label", value)], "statement_text": "{}"})
    assert f">{shown}<" in html
    assert ("(0)" in html) == (value.key == 0)
