"""Masks are those of eye-patch, away from edges and invalid pixels; skipped where it cannot be installed.

`python -m benchmarks.compat.eye_patch` does the same with all options on whole images.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from astropy.io import fits

from benchmarks.compat.eye_patch import OPTION_SETS, compared

CHOSEN = ("flood, eroded", "scales", "MAC, flood, eroded", "convolved first")


@pytest.fixture(scope="module")
def eye_patch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Directory that eye-patch is installed in, without what it needs, which skerry needs too."""
    directory = tmp_path_factory.mktemp("eye_patch")
    wanted = ["eye-patch==2.0.1", "capn-crunch", "--no-deps", "--target", str(directory)]
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "-q", "install", *wanted]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"eye-patch cannot be installed: {done.stderr.strip().splitlines()[-1:]}")
    return directory


@pytest.fixture(scope="module")
def image(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The middle of an image with artefacts of calibration."""
    path = tmp_path_factory.mktemp("image") / "x.fits"
    data, header = fits.getdata(shared_data / "field" / "SIM_0400-45.beam00.round1.i.MFS.image.fits", header=True)
    header["CRPIX1"], header["CRPIX2"] = header["CRPIX1"] - 250, header["CRPIX2"] - 250
    fits.writeto(path, data[..., 250:750, 250:750], header)
    return path


@pytest.mark.parametrize("name", CHOSEN)
def test_a_mask_differs_only_where_windows_wrap(eye_patch, image, monkeypatch, name):
    monkeypatch.setenv("PYTHONPATH", str(eye_patch))
    options, reach = OPTION_SETS[name]
    found = compared(image, options, reach, Path(sys.executable))
    assert found.masked > 100
    assert found.away == 0
    if not reach:
        assert found.differ == 0
