"""Numbers by week as bars in SVG, drawn by the server: a page with them needs no script and no inline style."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from math import ceil, log10

from django.utils.formats import date_format, number_format

WIDTH, HEIGHT = 720, 216
LEFT, RIGHT, TOP, BOTTOM = 60, 716, 12, 184
"""The edges of the bars, in the units of the chart. Left of them stand numbers, below them months."""
FEWEST = 12
"""A site with figures of fewer weeks gets bars as wide as if there were so many."""
LABEL_WIDTH = 120
_STEPS = (2, 4, 6, 10)
Marks = list[tuple[str, str]]


@dataclass(frozen=True, kw_only=True)
class Series:
    """One number for each week."""

    label: str
    numbers: list[int]


@dataclass(frozen=True, kw_only=True)
class Chart:
    """Bars for some weeks, oldest first, each with one part for each series. `name` is unique on the page.

    Coordinates are texts: a template would write numbers as the language does, with a comma.
    """

    name: str
    title: str
    weeks: list[date]
    series: list[Series]
    size = {
        "width": WIDTH,
        "height": HEIGHT,
        "left": LEFT,
        "right": RIGHT,
        "top": TOP,
        "bottom": BOTTOM,
        "bars": BOTTOM - TOP,
    }

    @property
    def is_empty(self) -> bool:
        return not any(any(series.numbers) for series in self.series)

    @property
    def first(self) -> str:
        return _shown(self.weeks[0])

    @property
    def last(self) -> str:
        return _shown(self.weeks[-1])

    @property
    def paths(self) -> list[str]:
        """The bars of each series, as the data of an SVG path."""
        below = [0] * len(self.weeks)
        paths = []
        for series in self.series:
            parts = list(zip(below, series.numbers, strict=True))
            paths.append("".join(self._bar(week, *part) for week, part in enumerate(parts)))
            below = [low + number for low, number in parts]
        return paths

    @property
    def heights(self) -> Marks:
        """Where the lines across the chart are, and the numbers beside them."""
        return [(self._y(number), shown_number(number)) for number in (0, self._top // 2, self._top)]

    @property
    def months(self) -> Marks:
        """Where months begin, and their names, as many as there is room for."""
        free = 0.0
        marks = []
        for number, week in enumerate(self.weeks):
            x = self._x(number)
            begins = number == 0 or week.month != self.weeks[number - 1].month
            if begins and x >= free and x <= RIGHT - LABEL_WIDTH:
                marks.append((f"{x:.1f}", date_format(week, "YEAR_MONTH_FORMAT")))
                free = x + LABEL_WIDTH
        return marks

    @property
    def columns(self) -> Marks:
        """Where each week begins, and what a mouse over it shows."""
        return [(f"{self._x(number):.1f}", self._text(number)) for number in range(len(self.weeks))]

    @property
    def column_width(self) -> str:
        return f"{self._step:.1f}"

    @property
    def rows(self) -> Iterator[tuple[str, list[str]]]:
        """The same for the table, newest first."""
        for number in reversed(range(len(self.weeks))):
            yield _shown(self.weeks[number]), [shown_number(series.numbers[number]) for series in self.series]

    @property
    def _step(self) -> float:
        return (RIGHT - LEFT) / max(len(self.weeks), FEWEST)

    @property
    def _top(self) -> int:
        return round_top(max(map(sum, zip(*(series.numbers for series in self.series), strict=True))))

    def _x(self, number: int) -> float:
        """The last week ends at the right."""
        return RIGHT - (len(self.weeks) - number) * self._step

    def _y(self, number: float) -> str:
        return f"{BOTTOM - number * (BOTTOM - TOP) / self._top:.1f}"

    def _bar(self, week: int, low: int, number: int) -> str:
        if number == 0:
            return ""
        x, width = self._x(week) + self._step * 0.1, self._step * 0.8
        return f"M{x:.1f} {self._y(low)}H{x + width:.1f}V{self._y(low + number)}H{x:.1f}Z"

    def _text(self, week: int) -> str:
        parts = [f"{series.label}: {shown_number(series.numbers[week])}" for series in self.series]
        return "\n".join([_shown(self.weeks[week]), *parts])


def round_top(highest: int) -> int:
    """A round even number that is not below the highest one: half of it is whole, and stands in the middle."""
    power: int = 10 ** max(ceil(log10(max(highest, 1))) - 1, 0)
    return next(step * power for step in _STEPS if step * power >= highest)


def shown_number(number: int) -> str:
    """As people of this language write a long number."""
    return number_format(number, force_grouping=True)


def _shown(day: date) -> str:
    return date_format(day)
