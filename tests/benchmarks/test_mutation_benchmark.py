"""Mutants, and the tests that are to notice them."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.mutation.modules import MODULES
from benchmarks.timing import CHECKOUT

SOURCE = '''"""Said 1 + 1."""

from __future__ import annotations

_BYTES_OF_ROW = 4


def half(value: int | None, *, cost: int = 8) -> float:
    """Give 1 / 2."""
    if value is None:
        return windowed(0.5, cost=2)
    return value / 2
'''


@pytest.mark.parametrize("module", MODULES)
def test_modules_and_their_tests_are_there(module):
    assert (CHECKOUT / "src/skerry" / (module.replace(".", "/") + ".py")).exists()
    for tests in MODULES[module]:
        assert (CHECKOUT / tests).exists()


@pytest.fixture
def module(tmp_path: Path) -> Path:
    pytest.importorskip("cosmic_ray", reason="no cosmic-ray (pip install -e '.[mutation]')")
    path = tmp_path / "half.py"
    path.write_text(SOURCE)
    return path


def test_only_what_results_depend_on_is_changed(module):
    from benchmarks.mutation.mutants import chosen

    found = chosen(module, 100, 1)
    assert {mutant.line for mutant in found} == {8, 10, 11, 12}
    assert {mutant.now for mutant in found if mutant.line in (10, 12)} >= {
        *("if value is not None:", "if not value is None:"),
        *("return value * 2", "return value / 3", "return value / 1"),
    }
    assert chosen(module, 2, 1) == chosen(module, 2, 1)


def test_the_quickest_tests_that_run_a_statement_come_first(module):
    pytest.importorskip("coverage", reason="no coverage (pip install -e '.[mutation]')")
    from benchmarks.mutation.trials import Baseline

    seconds = {"slow": 3.0, "quick": 0.1, "other": 0.2}
    baseline = Baseline(module, seconds, {5: [""], 10: ["slow", "quick"], 12: ["slow"]})
    assert baseline.tests_of(10, 10) == ["quick", "slow"]
    assert baseline.tests_of(10, 1) == ["quick"]
    assert baseline.tests_of(12, 1) == ["slow"]
    assert baseline.tests_of(11, 1) == []
    assert baseline.tests_of(5, 10) == ["quick", "other", "slow"]
