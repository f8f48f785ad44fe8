"""The canonical text: for every value that can be signed exactly one text, and a clear refusal of all others."""

import json
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from passkeys_django.exceptions import InvalidStatement
from passkeys_django.signatures import canonical
from passkeys_django.signatures.statement.canonical import MAX_INTEGER, parse_canonical
from passkeys_django.testing.hanko.endpoints.transactions import go_json
from tests.fuzz.effort import EXAMPLES
from tests.signatures.statement.awkward import ACCEPTED, REFUSED


def named(table):
    return pytest.mark.parametrize("case", table.values(), ids=table.keys())


@named(ACCEPTED)
def test_the_text_of_an_awkward_statement_is_exactly_this(case):
    assert canonical(case.value) == case.text


@named(ACCEPTED)
def test_the_text_is_read_back_and_is_its_own_text(case):
    value = parse_canonical(case.text)
    assert canonical(value) == case.text


@named(REFUSED)
def test_what_nobody_can_sign_is_refused_and_the_error_says_where(case):
    with pytest.raises(InvalidStatement) as caught:
        canonical(case.value)
    assert caught.value.members == {"path": list(case.path)}
    assert str(caught.value).endswith(f": {case.reason}")


def test_the_table_is_large():
    assert len(ACCEPTED) >= 60
    assert len(REFUSED) >= 40
    assert len({case.text for case in ACCEPTED.values()}) >= 60


def test_every_control_character_but_line_ends_is_refused():
    controls = {chr(code) for code in range(0x110000) if unicodedata.category(chr(code)) == "Cc"}
    for char in controls - {"\n", "\r"}:
        with pytest.raises(InvalidStatement, match="a control character"):
            canonical(char)


def test_every_control_of_direction_but_marks_is_refused():
    """Unicode UAX 9, table 4."""
    kinds = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
    controls = [chr(code) for code in range(0x110000) if unicodedata.bidirectional(chr(code)) in kinds]
    assert len(controls) == 9
    for char in controls:
        with pytest.raises(InvalidStatement, match="direction"):
            canonical(char)


def test_the_reason_is_one_short_line_whatever_the_names_are():
    """A person may have chosen the names, and the reason goes to the log."""
    with pytest.raises(InvalidStatement) as caught:
        canonical({"a\nWARNING forged\u2028" + "x" * 1000: 1.5})
    assert len(str(caught.value).splitlines()) == 1
    assert len(str(caught.value)) < 250
    assert "1.5" not in str(caught.value)


def test_a_list_that_contains_itself_is_refused():
    endless = []
    endless.append(endless)
    with pytest.raises(InvalidStatement, match="over 16 levels"):
        canonical(endless)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "nothing",
        "NaN",
        "Infinity",
        "-0",
        "1.0",
        "1e2",
        "01",
        "9007199254740992",
        '{"a":1,"a":1}',
        '{"b":1,"a":2}',
        '{"a": 1}',
        " 1",
        "1\n",
        "\ufeff1",
        '"<"',
        '"\\u003C"',
        '"\\u0041"',
        '"\\/"',
        '"\\t"',
        '"\\r"',
        '"a\nb"',
        '"\\u000a"',
        '"\u2028"',
        '"\u202e"',
        '"\\u00e9"',
        '"\\ud83d"',
        '"\\ud83d\\ude00"',
        '"\ud83d"',
        '"' + "a" * 65535 + '"',
        "9" * 5000,
        "[" * 18 + "]" * 18,
        "[" * 60_000,
        '{"a":' * 10_000,
    ],
    ids=lambda text: ascii(text[:12]),
)
def test_a_text_that_is_not_canonical_is_refused(text):
    with pytest.raises(InvalidStatement):
        parse_canonical(text)


characters = st.characters(exclude_categories=["Cs", "Cc"]).filter(
    lambda char: not "\u202a" <= char <= "\u202e" and not "\u2066" <= char <= "\u2069"
)
texts = st.text(characters | st.sampled_from('\n<>&\u2028"\\'), max_size=20)
values = st.recursive(
    st.none() | st.booleans() | st.integers(-MAX_INTEGER, MAX_INTEGER) | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=12,
)


def same(left, right):
    """Equal, and True is not 1."""
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(same(left[name], right[name]) for name in left)
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(same, left, right))
    return type(left) is type(right) and left == right


@EXAMPLES
@given(value=values)
def test_every_value_comes_back_from_its_text(value):
    assert same(parse_canonical(canonical(value)), value)


@EXAMPLES
@given(value=values)
def test_the_text_of_the_text_s_value_is_the_same_text(value):
    text = canonical(value)
    assert canonical(parse_canonical(text)) == text


@EXAMPLES
@given(value=values)
def test_the_text_is_what_go_writes(value):
    """And so what Hanko stores: the fake writes Go's JSON by a code of its own, which the recordings hold."""
    assert canonical(value) == go_json(value)


@EXAMPLES
@given(value=values, left=values, right=values)
def test_two_values_never_share_a_text(value, left, right):
    assert (canonical(left) == canonical(right)) == same(left, right)
    assert canonical([value, left]) != canonical([value, left, right])


@EXAMPLES
@given(value=values, where=st.integers(0), char=st.sampled_from(' \n\t0{"\\e'))
def test_a_text_with_one_character_more_is_refused_or_is_the_text_of_another_value(value, where, char):
    text = canonical(value)
    place = where % (len(text) + 1)
    longer = text[:place] + char + text[place:]
    try:
        other = parse_canonical(longer)
    except InvalidStatement:
        return
    assert canonical(other) == longer
    assert not same(other, value)


@EXAMPLES
@given(value=values)
def test_json_of_other_writers_is_refused_unless_it_is_the_same_text(value):
    for written in (json.dumps(value), json.dumps(value, indent=1), json.dumps(value, ensure_ascii=False)):
        if written != canonical(value):
            with pytest.raises(InvalidStatement):
                parse_canonical(written)
