"""Plots of a number by beam, a line for each round, as SVG within the page: drawn by its style sheet, light or dark."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

__all__ = ["Chart", "Line", "Mark", "Tick", "chart_of"]

WIDTH, HEIGHT = 560, 230
_LEFT, _RIGHT, _TOP, _BOTTOM = 52, 8, 10, 34
_MOST_NAMES = 18
_MOST_DECADES_LINEAR = 30.0
"""Largest value over the smallest, beyond which the axis is logarithmic."""
_LARGEST = 1e150
_COLOURS = 8
_LEAST_STEP = 6.0
"""From name to name, for lines to be told apart; closer points stand by themselves."""


class Mark(NamedTuple):
    """A point."""

    x: float
    y: float
    label: str


class Line(NamedTuple):
    """The points of a round, and the lines that join neighbours."""

    name: str
    colour: int
    path: str
    """Of SVG; broken where a value is missing, and none between very many points."""
    marks: tuple[Mark, ...]


class Tick(NamedTuple):
    """A number, or a name, at an axis."""

    at: float
    label: str


class Chart(NamedTuple):
    """A plot, in units of an SVG of `width` times `height`."""

    title: str
    lines: tuple[Line, ...]
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]
    radius: float
    width: int = WIDTH
    height: int = HEIGHT
    left: int = _LEFT
    right: int = WIDTH - _RIGHT
    top: int = _TOP
    bottom: int = HEIGHT - _BOTTOM

    @property
    def is_empty(self) -> bool:
        """Whether there is no value to draw."""
        return not any(line.marks for line in self.lines)


def chart_of(
    title: str, names: Sequence[str], rounds: Sequence[str], values: Sequence[Sequence[float | None]]
) -> Chart:
    """Plot of values by name and round.

    Parameters
    ----------
    title : str
        What the values are, with their unit.
    names : sequence of str
        Along the axis.
    rounds : sequence of str
        A line each.
    values : sequence of sequence of float or None
        Of each round, by name; where a value is missing, or no number, the line is broken.

    Returns
    -------
    Chart
        From zero, or with a logarithmic axis if the values span more than a factor of 30.
    """
    values = [[None if value is None else _drawable(value) for value in line] for line in values]
    known = [value for line in values for value in line if value is not None]
    axis = _axis(known)
    step = (WIDTH - _LEFT - _RIGHT) / max(1, len(names))
    places = [_LEFT + (n + 0.5) * step for n in range(len(names))]
    height = HEIGHT - _TOP - _BOTTOM

    def down(value: float) -> float:
        return round(HEIGHT - _BOTTOM - height * axis.share(value), 1)

    lines = []
    for number, (name, line) in enumerate(zip(rounds, values, strict=True)):
        marks, path, pen_up = [], [], True
        for place, at, value in zip(places, names, line, strict=True):
            if value is None or (axis.is_logarithmic and value <= 0):
                pen_up = True
                continue
            marks.append(Mark(round(place, 1), down(value), f"{at}, {name}: {value:.4g}"))
            path.append(f"{'M' if pen_up else 'L'}{place:.1f} {down(value)}")
            pen_up = False
        joined = "".join(path) if step >= _LEAST_STEP else ""
        lines.append(Line(name, number % _COLOURS, joined, tuple(marks)))
    every = -(-len(names) // _MOST_NAMES)
    x_ticks = tuple(Tick(round(place, 1), at) for place, at in list(zip(places, names, strict=True))[::every])
    y_ticks = tuple(Tick(down(value), f"{value:.6g}") for value in axis.ticks)
    return Chart(title, tuple(lines), x_ticks, y_ticks, max(1.2, min(3.2, step / 4)))


class _Axis(NamedTuple):
    """An axis of numbers."""

    low: float
    high: float
    ticks: tuple[float, ...]
    is_logarithmic: bool

    def share(self, value: float) -> float:
        """Where a value lies, from 0 at the lowest to 1 at the highest."""
        if self.is_logarithmic:
            return (math.log10(value) - math.log10(self.low)) / (math.log10(self.high) - math.log10(self.low))
        return (value - self.low) / (self.high - self.low)


def _drawable(value: float) -> float | None:
    """Value as it is drawn: nothing that is no number, nor so large or so near to zero that powers of ten run out."""
    if not abs(value) <= _LARGEST:
        return None
    return value if abs(value) >= 1 / _LARGEST else 0.0


def _axis(values: Sequence[float]) -> _Axis:
    """Axis for values; from 0 to 1 if there are none."""
    highest, lowest = max(values, default=1.0), min(values, default=0.0)
    positive = [value for value in values if value > 0]
    if positive and lowest >= 0 and highest > _MOST_DECADES_LINEAR * min(positive):
        low = 10.0 ** math.floor(math.log10(min(positive)))
        high = 10.0 ** math.ceil(math.log10(highest))
        decades = round(math.log10(high / low))
        every = -(-decades // 5)
        return _Axis(low, high, tuple(low * 10.0**n for n in range(0, decades + 1, every)), is_logarithmic=True)
    low, high = min(0.0, lowest), max(0.0, highest)
    step = _nice_step(high - low)
    low, high = math.floor(low / step) * step, max(math.ceil(high / step), 1) * step
    number = round((high - low) / step)
    return _Axis(low, high, tuple(low + n * step for n in range(number + 1)), is_logarithmic=False)


def _nice_step(span: float) -> float:
    """Distance of about five ticks: 1, 2 or 5 times a power of ten."""
    if span <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(span / 4))
    return next(power * n for n in (1, 2, 5, 10) if span / 4 <= power * n * 1.0000001)
