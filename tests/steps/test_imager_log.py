"""Lines of imagers that tell of a clean that went wrong are found, and those of a good one are not."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from conftest import REPOSITORY

from skerry.steps.imager_log import read_log

WRONG = {
    "diverged": [
        "WARNING: Stopping clean because  of divergence!",
        "WARNING: Multiscale clean diverged.",
        "At [iter=40] minor cycle is diverging so it has been force stopped at a flux of 3 Jy",
        "[c1] iters=0->11 [11], peakres=0.1->0.2, Possible divergence. Peak residual increased by 10% from minimum.",
        "Reached global stopping criterion : peak residual increased by more than 3 times from the minimum reached",
        "tclean was stopped by divergence: the peak is three times what it was at its least",
    ],
    "NaN": ["Stopped on peak -nan Jy, because the threshold was reached.", "peak=nan", "peakres=nan->0.2"],
    "limit reached": [
        "Maximum number of major iterations was reached: not continuing deconvolution.",
        "Maximum number of minor deconvolution iterations was reached: not continuing deconvolution.",
        "Stopped on peak 73.55 mJy, because maximum number of iterations was reached.",
        "[iter=100] Reached maximum number of iterations",
        "Minor cycle CLEANing of I has already reached the maximum number of minor cycles",
        "Reached global stopping criterion : iteration limit",
        "Reached global stopping criterion : reached nmajor",
        "tclean was stopped by the limit of iterations",
        "tclean was stopped by the limit of major cycles",
    ],
    "mask not taken": [
        "RegionTextParser::_determineVersion: File m.fits does not contain CASA region text file magic value",
        "Cannot regrid the input mask to output mask, it will be empty",
        "Reached global stopping criterion : zero mask",
    ],
}
GOOD = """
tclean was stopped by the n-sigma threshold
Stopped on peak 13.5 mJy, because the minor-loop threshold was reached. Continuing cleaning after inversion round.
Stopped on peak -206.05 uJy, because the threshold was reached.
Reordering results/nan/nan.ms into 1 x 1 parts.
Opening reordered part 0 of my-nan-field.ms
7 major iterations were performed.
MinorDivergenceFactor   = 1.3
Reached global stopping criterion : any combination of n-sigma and other valid exit criterion
    CLEANing [iter=2775] peak of 0.00113 Jy lower than stopping flux
  Running minor cycle [MinorIter = 2775/100000, SearchMaxAbs = 1]
Maximum number of clean iterations to perform. Default: 0
"""
SCALES = """
- Scale 0, bias factor=1, psfpeak=1, gain=0.1, kernel peak=0.05
- Scale 12, bias factor=1.7, psfpeak=0.144645, gain=0.691347, kernel peak=0.0186126
- Scale 24, bias factor=2.8, psfpeak=0.0476999, gain=2.09644, kernel peak=0.00592123
"""
USED = """
- Scale 0 px, nr of components cleaned: 884 (2.46 Jy)
- Scale 12 px, nr of components cleaned: 3 (0.1 Jy)
- Scale 24 px, nr of components cleaned: 0 (0 Jy)
"""


def log_of(directory: Path, text: str) -> Path:
    path = directory / "log"
    path.write_text(text)
    return path


def test_what_the_script_for_tclean_says_is_understood(tmp_path: Path) -> None:
    """Each reason to stop that it names, but for the good ones."""
    script = (REPOSITORY / "config" / "imagers" / "tclean.py").read_text()
    reasons = re.findall(r'^    (?:\d|ZERO_MASK): "(.*)",$', script, re.MULTILINE)
    told = {reason for reason in reasons if read_log(log_of(tmp_path, f"tclean was stopped by {reason}")).lines}
    # Of an empty mask it makes an error.
    assert set(reasons) - told == {
        "the threshold",
        "a peak that no longer changes",
        "an empty mask",
        "the n-sigma threshold",
    }


@pytest.mark.parametrize(("what", "line"), [(what, line) for what, lines in WRONG.items() for line in lines])
def test_a_line_of_a_clean_that_went_wrong_is_kept(tmp_path: Path, what: str, line: str) -> None:
    said = read_log(log_of(tmp_path, f"{GOOD}\x1b[1m  {line}\x1b[0m\n{GOOD}"))
    assert (said.lines, said.counts) == ({what: line}, {what: 1})


def test_a_good_log_says_nothing(tmp_path: Path) -> None:
    assert read_log(log_of(tmp_path, GOOD)).lines == {}


def test_the_last_of_several_lines_is_kept_and_they_are_counted(tmp_path: Path) -> None:
    said = read_log(log_of(tmp_path, "\n".join(WRONG["limit reached"])))
    assert said.lines["limit reached"] == WRONG["limit reached"][-1]
    assert said.counts == {"limit reached": len(WRONG["limit reached"])}


def test_the_largest_scale_is_that_of_a_component_where_the_log_tells(tmp_path: Path) -> None:
    assert read_log(log_of(tmp_path, SCALES)).largest_scale == 24
    assert read_log(log_of(tmp_path, SCALES + USED)).largest_scale == 12
    assert read_log(log_of(tmp_path, GOOD)).largest_scale == 0


def test_a_log_that_is_not_there_or_no_text_says_nothing(tmp_path: Path) -> None:
    (tmp_path / "bytes").write_bytes(bytes(range(256)))
    assert read_log(tmp_path / "bytes").lines == read_log(tmp_path / "absent").lines == {}
