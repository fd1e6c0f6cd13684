"""Runs of the workflow that are disturbed: some of the faults of `benchmarks.workflow.faults`, and of the loads.

What is drawn by a fault's number is the same each time, but for the moment, which no result may depend on.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from benchmarks.workflow.faults import Field, strike
from benchmarks.workflow.load import Case, measure, simulate

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks into /proc")


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Field:
    """A field of two beams and one round, and what an undisturbed run makes of it."""
    return Field(tmp_path_factory.mktemp("faults"), rounds=1)


@pytest.mark.parametrize(
    ("kind", "number"),
    [
        ("signal to a job", 11),
        ("killed at once", 4),
        ("input changed", 5),
        ("results removed", 7),
        ("full disk", 9),
    ],
)
def test_a_disturbed_run_leaves_nothing_torn_and_is_repeated_to_the_same_bytes(
    whole: Field, tmp_path: Path, kind: str, number: int
) -> None:
    outcome = strike(whole, kind, number, tmp_path)
    if outcome is None:
        pytest.skip("no disk can be mounted")
    assert outcome.problems == [], outcome.told


def test_products_depend_neither_on_how_many_jobs_run_at_once_nor_on_their_order_nor_on_processes(
    tmp_path: Path,
) -> None:
    field = simulate(tmp_path, beams=4, rounds=1, size=64)
    cases = (Case("beam", 2), Case("beam", 8, 1000, shuffled=True), Case("beam", 4, served=False))
    made = [measure(field, case, tmp_path / "run", number) for number, case in enumerate(cases)]
    assert len(made[0][0]) == 8
    assert all(products == made[0][0] for products, _ in made)
    assert made[1][1]["peak_mb"] < 1000
