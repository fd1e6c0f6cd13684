"""Plots: where points lie, which numbers stand at the axes, and what is drawn where a value is missing."""

from __future__ import annotations

import math
import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from skerry.report.charts import Chart, chart_of


def heights(chart: Chart) -> list[float]:
    return [mark.y for line in chart.lines for mark in line.marks]


def test_the_axis_begins_at_zero_and_points_lie_by_their_values():
    chart = chart_of("Islands", ["00", "01"], ["round 1"], [[10, 20]])
    assert [tick.label for tick in chart.y_ticks] == ["0", "5", "10", "15", "20"]
    assert [chart.y_ticks[2].at, chart.y_ticks[4].at] == heights(chart)
    assert [mark.label for mark in chart.lines[0].marks] == ["00, round 1: 10", "01, round 1: 20"]


def test_values_of_several_decades_are_on_a_logarithmic_axis():
    chart = chart_of("Flux", ["00", "01", "02"], ["round 1"], [[0.1, 1.0, 10.0]])
    assert [tick.label for tick in chart.y_ticks] == ["0.1", "1", "10"]
    assert heights(chart) == pytest.approx([tick.at for tick in chart.y_ticks])


def test_a_line_is_broken_where_a_value_is_missing_or_no_number():
    chart = chart_of("Noise", list("abcde"), ["round 1"], [[1, None, 2, math.nan, 3]])
    assert len(re.findall("M", chart.lines[0].path)) == 3
    assert [mark.label[0] for mark in chart.lines[0].marks] == ["a", "c", "e"]
    assert not chart.is_empty


@pytest.mark.parametrize("values", [[], [[None, None]], [[math.inf, None]]])
def test_a_plot_without_values_is_empty(values):
    assert chart_of("Noise", ["a", "b"], ["round 1"][: len(values)], values).is_empty


def test_of_many_names_some_stand_at_the_axis():
    chart = chart_of("Noise", [str(n) for n in range(540)], ["round 1"], [[1.0] * 540])
    assert len(chart.x_ticks) == 18
    assert len(chart.lines[0].marks) == 540
    assert chart.lines[0].path == ""


def test_numbers_at_an_axis_have_no_exponent():
    chart = chart_of("Flux", ["00", "01"], ["round 1"], [[5.0, 5000.0]])
    assert [tick.label for tick in chart.y_ticks] == ["1", "10", "100", "1000", "10000"]


@given(st.lists(st.one_of(st.none(), st.floats(-1e12, 1e12)), min_size=1, max_size=12))
@example([5e-324, 1.0])
@example([5e-324])
@example([1e-300, 1e300, 1.0])
@example([-1.7e308, 1.7e308])
def test_all_points_lie_within_the_plot(values):
    chart = chart_of("x", [str(n) for n in range(len(values))], ["round 1"], [values])
    assert all(chart.left <= mark.x <= chart.right for line in chart.lines for mark in line.marks)
    assert all(chart.top - 0.1 <= y <= chart.bottom + 0.1 for y in heights(chart))
    assert len(chart.y_ticks) <= 8
