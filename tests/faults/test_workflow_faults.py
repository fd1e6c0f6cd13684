"""Runs of the workflow that are disturbed: some of the faults of `benchmarks.workflow.faults`, and of the loads.

What is drawn by a fault's number is the same each time, but for the moment, which no result may depend on.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from benchmarks.workflow.disturbed import Field
from benchmarks.workflow.faults import strike_in_turn
from benchmarks.workflow.load import Case, measure, simulate

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks into /proc")


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Field:
    """A field of two beams and one round, and what an undisturbed run makes of it."""
    return Field(tmp_path_factory.mktemp("faults"), rounds=1)


def test_runs_that_are_disturbed_one_after_the_other_leave_nothing_torn_and_the_last_gives_the_same_bytes(
    whole: Field, tmp_path: Path
) -> None:
    faults = [
        ("signal to a job", 11),
        ("killed at once", 4),
        ("results removed", 7),
        ("full disk", 9),
        ("input changed", 5),
    ]
    outcomes = strike_in_turn(whole, faults, tmp_path)
    assert len(outcomes) >= 4
    assert [outcome for outcome in outcomes if outcome.problems] == []


def test_products_depend_neither_on_how_many_jobs_run_at_once_nor_on_their_order_nor_on_processes(
    tmp_path: Path,
) -> None:
    field = simulate(tmp_path, beams=3, rounds=1, size=64)
    one_by_one, _ = measure(field, Case("beam", 1, served=False), tmp_path / "run")
    mixed, took = measure(field, Case("beam", 8, 1000, shuffled=True), tmp_path / "run")
    assert len(one_by_one) == 6
    assert mixed == one_by_one
    assert took["peak_mb"] < 1000
