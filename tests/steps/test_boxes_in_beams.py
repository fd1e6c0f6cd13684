"""Every step has the box that the beam of its image asks for, as if it had been given in pixels."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.io import fits
from conftest import radio_header, write_fits
from known_images import noise

from skerry import MaskingOptions
from skerry.errors import SkerryError, SkerryNote
from skerry.steps.extract_beam import make_beam_mask
from skerry.steps.flood import make_flood_mask
from skerry.steps.mask import make_mask
from skerry.steps.noise import make_noise_maps
from skerry.steps.scale_mask import make_scale_mask
from skerry.steps.snr_mask import make_snr_mask

BEAM = (42 / 3600, 30 / 3600, 20.0)
"""7 by 5 pixels."""
FWHM = np.sqrt(35)
BOXES = {"flood_fill_use_mac_box_size": (2 * int(5 * FWHM / 2) + 1, 5), "noise_box_size": (round(4.5 * FWHM), 4.5)}
"""Of each kind in pixels, and in beams."""
BOTH = {"flood_fill": True, "flood_fill_statistic": "both", "flood_fill_mac_seed_factor": 1.8}
FAINT = {"flood_fill_positive_seed_clip": 4.0, "flood_fill_false_islands": 20}


@pytest.fixture
def image(tmp_path: Path, rng: np.random.Generator) -> Path:
    """Noise whose level changes across the image, with sources of 3 to 12 sigma."""
    y, x = np.mgrid[:192, :192]
    data = noise(rng, (192, 192), float(FWHM))
    for row in range(15, 192, 23):
        for column in range(15, 192, 23):
            data += (3 + row / 20) * np.exp(-((y - row) ** 2 + (x - column) ** 2) / (2 * 2.5**2))
    data *= 1e-3 * (1 + x / 60)
    return write_fits(tmp_path / "image.fits", data.astype(np.float32), radio_header(data.shape, beam=BEAM))


def in_pixels(**options: Any) -> MaskingOptions:
    return MaskingOptions(**options, **{name: pixels for name, (pixels, _) in BOXES.items()})


def in_beams(**options: Any) -> MaskingOptions:
    return MaskingOptions(**options, **{name.replace("size", "beams"): beams for name, (_, beams) in BOXES.items()})


STEPS = {
    "mask": lambda image, options, output: make_mask(image, options(**BOTH, **FAINT), output=output),
    "clip": lambda image, options, output: make_mask(image, options(), output=output),
    "scales": lambda image, options, output: make_mask(
        image,
        options(convolve_first=True, beam_shape_erode_scales=(0, 8), flood_fill_positive_seed_clip=1.5),
        output=output,
        scale_output=output.with_name("s.fits"),
    ),
    "scale-mask": lambda image, options, output: make_scale_mask(
        image,
        options(beam_shape_erode_scales=(0, 8), flood_fill_positive_seed_clip=1.6, flood_fill_positive_flood_clip=1.2),
        output=output,
    ),
    "flood": lambda image, options, output: make_flood_mask(
        image, options(**BOTH, **FAINT, flood_fill_smooth_beams=1), rms=rms_of(image), output=output
    ),
    "mac in sigma": lambda image, options, output: make_flood_mask(
        image, options(flood_fill_use_mac=True, flood_fill_mac_unit="sigma"), output=output
    ),
    "snr-mask": lambda image, options, output: make_snr_mask(
        image, options(**BOTH, **FAINT), rms=rms_of(image), seeds=True, output=output
    ),
    "extract-beam": lambda image, options, output: make_beam_mask(
        image, all_of(image), options(extract_beam_smoothed_clip=3), output=output
    ),
    "noise": lambda image, options, output: make_noise_maps(
        image, options(), rms_output=output, bkg_output=output.with_name("b.fits"), overwrite=True
    ),
}


def rms_of(image: Path) -> Path:
    if not (path := image.with_name("rms.fits")).exists():
        make_noise_maps(image, rms_output=path, bkg_output=image.with_name("bkg.fits"))
    return path


def all_of(image: Path) -> Path:
    if not (path := image.with_name("all.fits")).exists():
        write_fits(path, np.ones((192, 192), np.uint8), radio_header((192, 192), beam=BEAM, unit=None))
    return path


@pytest.mark.filterwarnings("ignore::skerry.SkerryWarning")
@pytest.mark.parametrize("step", STEPS)
def test_boxes_in_beams_are_those_in_pixels(step: str, image: Path, tmp_path: Path) -> None:
    made = []
    for number, options in enumerate((in_beams, in_pixels, MaskingOptions)):
        STEPS[step](image, options, output := tmp_path / f"{number}.fits")
        made.append(fits.getdata(output))
        (tmp_path / "s.fits").unlink(missing_ok=True)
        (tmp_path / "2.scalemask.fits").unlink(missing_ok=True)
    by_beam, by_pixels, by_default = made
    assert by_beam.any()
    np.testing.assert_array_equal(by_beam, by_pixels)
    assert not np.array_equal(by_beam, by_default)


def test_noise_without_a_beam_has_its_box_in_pixels_and_says_so(tmp_path: Path, rng: np.random.Generator) -> None:
    data = noise(rng, (128, 128), 3.0)
    image = write_fits(tmp_path / "x.fits", data, radio_header(data.shape, beam=None))
    told = r"x\.fits: .*; the noise is measured in boxes of 24 pixels \(`noise_box_size`\)"
    with pytest.warns(SkerryNote, match=told):
        rms, _ = make_noise_maps(image, MaskingOptions(noise_box_beams=10, noise_box_size=24))
    expected, _ = make_noise_maps(
        image, MaskingOptions(noise_box_size=24), rms_output=tmp_path / "r.fits", bkg_output=tmp_path / "b.fits"
    )
    np.testing.assert_array_equal(fits.getdata(rms), fits.getdata(expected))


def test_a_minimum_in_beams_without_a_beam_is_an_error(tmp_path: Path, rng: np.random.Generator) -> None:
    data = noise(rng, (128, 128), 3.0)
    image = write_fits(tmp_path / "x.fits", data, radio_header(data.shape, beam=None))
    options = MaskingOptions(flood_fill=True, flood_fill_use_mac=True, flood_fill_use_mac_box_beams=11)
    with pytest.raises(SkerryError, match=r"x\.fits: .*give `beam`"):
        make_mask(image, options)
