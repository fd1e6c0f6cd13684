"""Self-calibration of the demo field, to show the whole loop on a machine without a calibration package.

For real data use a real calibrator, which knows of directions, polarisation, interference and large files. The command
``python -m skerry.demo.selfcal MS CALIBRATED`` copies the measurement set MS, whose MODEL_DATA the imager wrote, and
writes CORRECTED_DATA in the copy.
"""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from skerry.demo.gain_solutions import apply_gains, solution_intervals, solve_gains
from skerry.demo.measurement_set import copy_corrected, read_for_calibration
from skerry.errors import SkerryError

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Calibrate a measurement set against its own model; returns the exit status, 2 for a bad input."""
    parser = argparse.ArgumentParser(prog="python -m skerry.demo.selfcal", description=__doc__)
    parser.add_argument("ms", metavar="MS", type=Path, help="measurement set with DATA and MODEL_DATA; not changed")
    parser.add_argument("calibrated", metavar="CALIBRATED", type=Path, help="the copy to make; must not exist")
    parser.add_argument(
        "--interval", metavar="MINUTES", type=float, default=0.0, help="of a solution; default: every integration"
    )
    parser.add_argument("--amplitude", action="store_true", help="solve for amplitudes too, not for phases only")
    given = parser.parse_args(arguments)
    try:
        _calibrate(given.ms, given.calibrated, given.interval, given.amplitude)
    except SkerryError as error:
        print(f"skerry: error: {error}", file=sys.stderr)
        return 2
    print(given.calibrated)
    return 0


def _calibrate(ms: Path, calibrated: Path, minutes: float, amplitude: bool) -> None:
    rows = read_for_calibration(ms)
    interval = solution_intervals(rows.times, minutes)
    gains = solve_gains(rows.data, rows.model, rows.weights, rows.first, rows.second, interval, amplitude=amplitude)
    copy_corrected(ms, calibrated, apply_gains(rows.data, gains, rows.first, rows.second, interval))


if __name__ == "__main__":
    # Through the `finally` clauses, so that no half-written copy stays behind.
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    sys.exit(main())
