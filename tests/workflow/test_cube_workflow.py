"""A field whose images are cubes: every job goes plane by plane."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from conftest import radio_header, write_fits
from numpy.testing import assert_array_equal
from workflow_runs import configure, run, sky

from skerry.cli import main
from skerry.config.options import MaskingOptions
from skerry.steps.mask import make_mask

CHANNELS = 3
MASKING = {
    "flood_fill": True,
    "flood_fill_positive_seed_clip": 5.0,
    "flood_fill_positive_flood_clip": 2.0,
    "beam_shape_erode": True,
    "noise_box_size": 16,
}


def write_cube(path: Path, beam: int) -> Path:
    """Cube of a beam, of which channel 1 of the first is blank; the table says that its beams become smaller."""
    cube = np.stack([sky(10 * beam + n, 6 * beam) for n in range(CHANNELS)])
    if beam == 0:
        cube[1] = np.nan
    header = radio_header(cube.shape, beam=None)
    header["CASAMBM"] = True
    header["CRPIX1"] += 6 * beam
    columns = [
        fits.Column("BMAJ", "1E", "arcsec", array=[22.0, 20.0, 18.0]),
        fits.Column("BMIN", "1E", "arcsec", array=[17.5] * CHANNELS),
        fits.Column("BPA", "1E", "deg", array=[60.0] * CHANNELS),
        fits.Column("CHAN", "1J", array=range(CHANNELS)),
        fits.Column("POL", "1J", array=[0] * CHANNELS),
    ]
    fits.HDUList([fits.PrimaryHDU(cube, header), fits.BinTableHDU.from_columns(columns, name="BEAMS")]).writeto(path)
    return path


@pytest.mark.parametrize("kept", [False, True], ids=["in one process", "step by step"])
def test_a_field_of_cubes_has_mask_cubes(tmp_path: Path, kept: bool) -> None:
    cubes = [write_cube(tmp_path / f"b{beam}.fits", beam) for beam in range(2)]
    keys = {
        "field": "F",
        "beams": ["0", "1"],
        "rounds": 1,
        "source": "both",
        "images": "b{beam}.fits",
        "mosaic": {"primary_beam_fwhm": "0.1 deg"},
        "preset": "none",
        "masking": MASKING,
        "output": "masks",
        "keep_steps": kept,
    }
    configure(tmp_path, keys)
    run(tmp_path)
    made = [fits.getdata(tmp_path / f"masks/F/round1/beam{beam}.mask.fits") for beam in range(2)]
    assert [mask.shape for mask in made] == [fits.getdata(cube).shape for cube in cubes]
    assert not made[0][1].any()
    assert all(plane.any() for plane in (made[0][0], made[0][2], *made[1]))
    assert main(["summary", str(tmp_path / "field.yaml")]) == 0
    mosaic = tmp_path / "masks/F/round1/mosaic.image.fits"
    by_hand = make_mask(mosaic, MaskingOptions(**MASKING), output=tmp_path / "m.fits").mask
    assert_array_equal(fits.getdata(tmp_path / "masks/F/round1/mosaic.mask.fits"), fits.getdata(by_hand))


def test_a_cube_without_beams_is_told_before_any_job_starts(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_fits(tmp_path / "b0.fits", np.stack([sky(n) for n in range(2)]), radio_header((2, 48, 48), beam=None))
    keys = {"field": "F", "beams": ["0"], "rounds": 1, "source": "beam", "images": "b{beam}.fits", "preset": "none"}
    path = configure(tmp_path, keys | {"masking": MASKING})
    assert main(["run", str(path), "--dry-run"]) == 2
    assert "the restoring beam of 1 image is not in the header" in capsys.readouterr().err
