"""Files as other programs write them, made by a script beside the project: masked as their plain twin, or refused.

The script's table says what is right; where it is absent the tests of `io` and `sky` say the same of smaller files.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from conftest import REPOSITORY

from skerry.cli import main

AS_OK = [
    *("unreadable_EQUINOX", "beam_table", "beam_inherited", "beam_rounding", "history_casa_alone"),
    *("history_casa_then_aips", "history_aips_then_task", "unit_deg", "unit_velocity", "origin_newline"),
]
REFUSED = {
    "unreadable_CDELT1": "CDELT1",
    "unreadable_BMAJ": "BMAJ",
    "unreadable_CRVAL1": "CRVAL1",
    "no_pixel_size": "size of its pixels is unknown",
}
FEW = 1
"""Pixels on the rim of an erosion that a beam of five digits decides otherwise."""


@pytest.fixture(scope="session")
def cases(tmp_path_factory) -> Path:
    """Directory of the files, and of the mask of the plain one."""
    shared = Path(os.environ.get("SKERRY_SHARED", REPOSITORY.parent / "shared"))
    script = shared / "cases" / "make.py"
    if not script.exists():
        pytest.skip(f"no {script} (set SKERRY_SHARED)")
    directory = tmp_path_factory.mktemp("cases")
    subprocess.run([sys.executable, script, directory], check=True, capture_output=True)
    assert main(masking(directory, "ok")) == 0
    return directory


def masking(directory: Path, name: str) -> list[str]:
    words = ["mask", str(directory / f"{name}.fits"), "--preset", "late-round", "--overwrite"]
    return [*words, "-o", str(directory / f"{name}.made.fits")]


def mask_of(directory: Path, name: str) -> np.ndarray:
    return fits.getdata(directory / f"{name}.made.fits").squeeze()


def every_use(directory: Path, name: str) -> dict[str, list[str]]:
    """Subcommands that read the coordinates of a file, by name."""
    image, plain, mask = (str(directory / f"{one}.fits") for one in (name, "ok", "ok.made"))
    out = ["--overwrite", "-o", str(directory / "out.fits")]
    return {
        "mosaic": ["mosaic", image, plain, "--primary-beam-fwhm", "1 deg", *out],
        "extract-beam": ["extract-beam", image, mask, *out],
        "check": ["check", mask, "--image", image],
    }


@pytest.mark.filterwarnings("ignore::skerry.errors.SkerryWarning")
@pytest.mark.parametrize("name", AS_OK)
def test_a_file_is_read_as_it_is_meant(cases, name):
    assert main(masking(cases, name)) == 0
    differs = int((mask_of(cases, name) != mask_of(cases, "ok")).sum())
    assert differs <= (FEW if "aips" in name else 0)
    for words in every_use(cases, name).values():
        assert main(words) == 0


@pytest.mark.parametrize("name", REFUSED)
def test_a_file_is_refused_by_what_is_wrong(cases, name, capsys):
    for words in (masking(cases, name), *every_use(cases, name).values()):
        assert main(words) == 2
        (line,) = capsys.readouterr().err.splitlines()
        assert f"{name}.fits: " in line
        assert REFUSED[name] in line
    assert not (cases / f"{name}.made.fits").exists()


def test_a_beam_in_arcsec_is_refused(cases, capsys):
    assert main(masking(cases, "beam_arcsec")) == 2
    assert "BMAJ of 8 degrees has 14400 pixels and is wider than the image" in capsys.readouterr().err


def test_a_beam_wider_than_the_image_is_refused_by_erode(cases, capsys):
    mask, beam, out = (str(cases / name) for name in ("ok.made.fits", "beam_half_degree.fits", "eroded.fits"))
    assert main(["erode", mask, "--beam", beam, "-o", out]) == 2
    assert "BMAJ of 0.5 degrees has 900 pixels and is wider than the image" in capsys.readouterr().err
    assert not Path(out).exists()


def test_the_pole_is_where_wsclean_images_it(cases):
    out = cases / "at_the_pole.fits"
    assert main(["extract-beam", str(cases / "pole.fits"), str(cases / "pole.mask.fits"), "-o", str(out)]) == 0
    ((y, x),) = np.argwhere(fits.getdata(out))
    assert (x, y) == (85, 76)


@pytest.mark.parametrize("name", ["padding_residue", "padding_tiny_constant"])
def test_padding_is_no_sky(cases, name):
    y, x = np.indices((256, 256)) - 128
    assert_masked_as(cases, name, np.hypot(x, y) <= 95)
    assert not mask_of(cases, name)[np.hypot(x, y) > 95].any()


@pytest.mark.filterwarnings("ignore::skerry.errors.SkerryWarning")
def test_stray_pixels_change_nothing_inside(cases):
    y, x = np.indices((256, 256)) - 128
    assert_masked_as(cases, "stray_pixels", np.hypot(x, y) <= 110)


def assert_masked_as(directory: Path, name: str, inside: np.ndarray) -> None:
    """Check that the mask inside is that of the image with NaN outside."""
    data, header = fits.getdata(directory / f"{name}.fits", header=True)
    fits.writeto(directory / "bare.fits", np.where(inside, data, np.nan), header, overwrite=True)
    for image in (name, "bare"):
        assert main(masking(directory, image)) == 0
    np.testing.assert_array_equal(mask_of(directory, name)[inside], mask_of(directory, "bare")[inside])


def test_images_of_one_unit_are_coadded_however_it_is_spelled(cases):
    plain, other, out = (str(cases / name) for name in ("ok.fits", "unit_astropy.fits", "of_units.fits"))
    assert main(["mosaic", plain, other, "--primary-beam-fwhm", "1 deg", "-o", out]) == 0
