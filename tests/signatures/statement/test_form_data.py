"""The statement of a form: its cleaned data, in values that can be signed and read again."""

import enum
import uuid
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from types import MappingProxyType
from zoneinfo import ZoneInfo

import pytest
from django import forms
from django.contrib.auth.models import Group
from django.core.exceptions import ImproperlyConfigured
from django.db import models
from django.utils.functional import lazystr

from passkeys_django.exceptions import InvalidStatement
from passkeys_django.signatures import canonical
from passkeys_django.signatures.statement.form_data import check_form, signable, statement_of
from tests.signatures.conftest import DATA


class Size(models.TextChoices):
    BIG = "big", "Very big"


class Priority(models.IntegerChoices):
    HIGH = 3, "Very high"


class Colour(enum.Enum):
    RED = ("red", 1)


PARIS = ZoneInfo("Europe/Paris")


@pytest.mark.parametrize(
    ("value", "signed"),
    [
        (None, None),
        (True, True),
        (1, 1),
        ("1", "1"),
        (Decimal("12.50"), "12.50"),
        (Decimal("12.5"), "12.5"),
        (Decimal("-0.00"), "-0.00"),
        (Decimal("1E+3"), "1000"),
        (Decimal("1E-7"), "0.0000001"),
        (Decimal("123456789012345678901234567890.12"), "123456789012345678901234567890.12"),
        (Decimal("1E+999999999"), "1E+999999999"),
        (Decimal("1E-999999999"), "1E-999999999"),
        (Decimal("NaN"), "NaN"),
        (date(2026, 12, 31), "2026-12-31"),
        (time(8, 5), "08:05:00"),
        (time(8, 5, 0, 1), "08:05:00.000001"),
        (datetime(2026, 7, 1, 12, 0), "2026-07-01T12:00:00"),
        (datetime(2026, 7, 1, 12, 0, tzinfo=PARIS), "2026-07-01T10:00:00+00:00"),
        (datetime(2026, 7, 1, 10, 0, tzinfo=UTC), "2026-07-01T10:00:00+00:00"),
        (datetime(2026, 10, 25, 2, 30, tzinfo=PARIS, fold=0), "2026-10-25T00:30:00+00:00"),
        (datetime(2026, 10, 25, 2, 30, tzinfo=PARIS, fold=1), "2026-10-25T01:30:00+00:00"),
        (datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=1))), "0001-01-01T00:00:00+01:00"),
        (datetime(9999, 12, 31, 23, tzinfo=timezone(-timedelta(hours=1, minutes=1))), "9999-12-31T23:00:00-01:01"),
        (timedelta(days=1, hours=2), "P1DT02H00M00S"),
        (-timedelta(minutes=1), "-P0DT00H01M00S"),
        (uuid.UUID(int=7), "00000000-0000-0000-0000-000000000007"),
        (lazystr("lazy"), "lazy"),
        (Size.BIG, "big"),
        (Priority.HIGH, 3),
        (Colour.RED, ["red", 1]),
        ({"a"}, ["a"]),  # of one element: the tests' names must be the same in each process
        (frozenset({2, 10}), [10, 2]),
        ((1, Decimal("2.0")), [1, "2.0"]),
        ({"at": date(2026, 1, 1), "n": [Decimal("1.0")]}, {"at": "2026-01-01", "n": ["1.0"]}),
        (MappingProxyType({"a": Size.BIG}), {"a": "big"}),
    ],
    ids=repr,
)
def test_a_cleaned_value_is_signed_like_this(value, signed):
    found = signable(value)
    assert found == signed
    assert type(found) is type(signed)
    canonical(found)


@pytest.mark.parametrize(
    "value", [1.5, float("nan"), b"a", object(), 1j], ids=["float", "NaN", "bytes", "object", "complex"]
)
def test_other_types_are_left_to_the_canonical_text_which_refuses_them(value):
    assert signable(value) is value
    with pytest.raises(InvalidStatement, match="a value of type"):
        canonical(signable(value))


def test_a_set_has_one_order_whatever_the_order_of_its_hashes():
    names = [f"name-{number}" for number in range(50)]
    assert signable(set(names)) == signable(frozenset(names)) == sorted(names)


@pytest.mark.django_db
def test_a_row_is_signed_by_its_key_and_by_the_text_that_people_saw():
    group = Group.objects.create(name="Finance")
    assert signable(group) == {"id": group.pk, "text": "Finance"}
    assert signable(Group.objects.all()) == [{"id": group.pk, "text": "Finance"}]
    assert signable([group, None]) == [{"id": group.pk, "text": "Finance"}, None]


class Wishes(forms.Form):
    amount = forms.DecimalField(required=False)
    day = forms.DateField(required=False)
    moment = forms.DateTimeField(required=False)
    how_long = forms.DurationField(required=False)
    agreed = forms.BooleanField(required=False)
    perhaps = forms.NullBooleanField(required=False)
    count = forms.IntegerField(required=False)
    size = forms.ChoiceField(choices=Size.choices, required=False)
    priority = forms.TypedChoiceField(
        choices=Priority.choices, coerce=lambda key: Priority(int(key)), required=False, empty_value=None
    )
    several = forms.MultipleChoiceField(choices=[("a", "A"), ("b", "B")], required=False)
    group = forms.ModelChoiceField(Group.objects.all(), required=False)
    groups = forms.ModelMultipleChoiceField(Group.objects.order_by("pk"), required=False)
    details = forms.JSONField(required=False)
    weight = forms.FloatField(required=False)


def cleaned(data, **without):
    form = Wishes(data)
    assert form.is_valid(), form.errors
    return statement_of(form, **without or {"without": ()})


@pytest.mark.django_db
def test_every_field_of_a_form_is_in_its_statement(settings):
    settings.USE_TZ, settings.TIME_ZONE = True, "Europe/Paris"
    one, two = (Group.objects.create(name=name) for name in ("One", "Two"))
    statement = cleaned(
        {
            "amount": "12.50",
            "day": "2026-12-31",
            "moment": "2026-07-01 12:00",
            "how_long": "1 02:00:00",
            "agreed": "on",
            "perhaps": "false",
            "count": "3",
            "size": "big",
            "priority": "3",
            "several": ["b", "a"],
            "group": one.pk,
            "groups": [two.pk, one.pk],
            "details": '{"b": [1, "1", true, null], "a": {}}',
        }
    )
    assert statement == {
        "amount": "12.50",
        "day": "2026-12-31",
        "moment": "2026-07-01T10:00:00+00:00",
        "how_long": "P1DT02H00M00S",
        "agreed": True,
        "perhaps": False,
        "count": 3,
        "size": "big",
        "priority": 3,
        "several": ["b", "a"],
        "group": {"id": one.pk, "text": "One"},
        "groups": [{"id": one.pk, "text": "One"}, {"id": two.pk, "text": "Two"}],
        "details": {"b": [1, "1", True, None], "a": {}},
        "weight": None,
    }
    canonical(statement)


@pytest.mark.django_db
def test_empty_fields_are_in_the_statement_too():
    statement = cleaned({})
    assert statement.keys() == Wishes.base_fields.keys()
    assert statement["agreed"] is False
    assert statement["group"] is statement["amount"] is statement["perhaps"] is None
    assert statement["several"] == statement["groups"] == []
    assert statement["size"] == ""


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("data", "path"),
    [
        ({"weight": "1.5"}, ["weight"]),
        ({"details": '{"rate": 0.1}'}, ["details", "rate"]),
        ({"details": "[1, 1e300]"}, ["details", "1"]),
        ({"details": "9007199254740992"}, ["details"]),
        ({"details": '"\\u202e"'}, ["details"]),
        ({"details": '"\\ud800"'}, ["details"]),
        ({"count": str(2**53)}, ["count"]),
    ],
    ids=str,
)
def test_a_field_that_cannot_be_signed_is_named(data, path):
    with pytest.raises(InvalidStatement) as caught:
        canonical(cleaned(data))
    assert caught.value.members["path"] == path


@pytest.mark.django_db
def test_fields_can_be_left_out():
    assert "note" not in cleaned({}, without=("weight",))
    assert "weight" not in cleaned({}, without=("weight",))


def test_a_field_that_is_neither_signed_nor_named_as_unsigned_is_a_mistake():
    form = Wishes()
    with pytest.raises(ImproperlyConfigured, match="'weight', which is neither"):
        check_form(form, dict.fromkeys(form.fields.keys() - {"weight"}), ())
    check_form(form, dict.fromkeys(form.fields.keys() - {"weight"}), ("weight",))


@pytest.mark.parametrize(
    "field", [forms.FileField(), forms.ImageField(), forms.CharField(widget=forms.PasswordInput)]
)
def test_files_and_passwords_are_a_mistake_even_if_they_are_named_as_unsigned(field):
    form = type("Upload", (forms.Form,), {"secret": field})()
    with pytest.raises(ImproperlyConfigured, match="Upload has the field 'secret'"):
        check_form(form, {}, ("secret",))


@pytest.mark.django_db
@pytest.mark.parametrize("amount", ["1E+99999999", "1" + "0" * 300, "1E+100"])
def test_a_person_who_types_an_enormous_amount_gets_an_answer(signer, amount):
    """Written out, the first one would take a hundred million bytes."""
    response = signer.start({**DATA, "amount": amount})
    assert response.status_code == 200
    assert len(response.content) < 5000


@pytest.mark.django_db
def test_rows_without_an_order_are_signed_in_the_order_of_their_keys():
    """A database may return them in another order each time."""
    for name in ("b", "a", "c"):
        Group.objects.create(name=name)
    rows = Group.objects.order_by()
    assert [row["id"] for row in signable(rows)] == sorted(rows.values_list("pk", flat=True))
    assert [row["text"] for row in signable(Group.objects.order_by("-name"))] == ["c", "b", "a"]
