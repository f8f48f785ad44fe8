"""The bars of the charts: where they stand, and what stands beside them."""

from datetime import date, timedelta
from itertools import pairwise

import pytest

from passkeys_django.admin.figures.charts import Chart, Series, round_top

MONDAY = date(2026, 3, 30)


def chart(*numbers):
    weeks = [MONDAY - timedelta(weeks=number) for number in reversed(range(len(numbers[0])))]
    series = [Series(label=f"Series {place}", numbers=each) for place, each in enumerate(numbers)]
    return Chart(name="x", title="Things", weeks=weeks, series=series)


@pytest.mark.parametrize(
    ("highest", "top"),
    [
        (0, 2),
        (1, 2),
        (2, 2),
        (3, 4),
        (7, 10),
        (10, 10),
        (11, 20),
        (61, 100),
        (99, 100),
        (101, 200),
        (1_000_001, 2_000_000),
    ],
)
def test_the_highest_line_is_a_round_even_number(highest, top):
    assert round_top(highest) == top


def test_the_parts_of_a_bar_stand_on_each_other():
    lower, upper = chart([1], [1]).paths

    assert lower == "M666.8 184.0H710.5V98.0H666.8Z"
    assert upper == "M666.8 98.0H710.5V12.0H666.8Z"


def test_a_week_without_anything_has_no_bar():
    assert chart([0, 2]).paths[0].count("M") == 1


def test_the_newest_week_stands_at_the_right_and_first_in_the_table():
    made = chart([5, 6000])

    assert [text for _x, text in made.columns] == [
        "March 23, 2026\nSeries 0: 5",
        "March 30, 2026\nSeries 0: 6,000",
    ]
    assert list(made.rows) == [("March 30, 2026", ["6,000"]), ("March 23, 2026", ["5"])]


def test_months_do_not_overlap_and_stay_inside():
    places = [float(x) for x, _label in chart([1] * 104).months]

    assert all(later - earlier >= 120 for earlier, later in pairwise(places))
    assert len(places) > 3
    assert places[-1] <= 716 - 120
