"""The files of noise and background are on the grid of their image."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from conftest import radio_header, write_fits
from known_images import noise as correlated_noise
from numpy.typing import NDArray

from skerry.config.options import MaskingOptions
from skerry.errors import SkerryError, SkerryWarning
from skerry.io.fits import read_image
from skerry.masking.noise import noise_maps
from skerry.steps.noise import make_noise_maps

SIGMA = 1e-3


def estimate_noise(image: NDArray, **boxes: int) -> tuple[NDArray, NDArray]:
    """Rms and background as arrays."""
    rms, bkg = noise_maps(image, **boxes)
    return np.asarray(rms), np.asarray(bkg)


def noise_image(rng: np.random.Generator, shape: tuple[int, int] = (256, 320), fwhm: float = 0.0) -> NDArray:
    """Noise of rms SIGMA, with the correlation of a round beam of that FWHM in pixels."""
    return correlated_noise(rng, shape, fwhm, SIGMA)


@pytest.mark.parametrize("ndim", [2, 3, 4])
def test_files_keep_the_dimensions_of_the_image(tmp_path: Path, rng: np.random.Generator, ndim: int) -> None:
    shape = (1,) * (ndim - 2) + (80, 100)
    image = write_fits(tmp_path / "a.fits", noise_image(rng, (80, 100)), radio_header(shape), ndim=ndim)
    outputs = make_noise_maps(image)
    assert outputs == (tmp_path / "a.rms.fits", tmp_path / "a.bkg.fits")
    for path, expected in zip(outputs, estimate_noise(read_image(image).data), strict=True):
        with fits.open(path) as hdus:
            assert hdus[0].shape == shape
            assert hdus[0].header["BITPIX"] == -32
            np.testing.assert_array_equal(hdus[0].data.reshape(80, 100), expected)


def test_headers_keep_unit_grid_and_beam_and_say_how_they_were_made(tmp_path: Path, rng: np.random.Generator) -> None:
    image = write_fits(tmp_path / "a.fits", noise_image(rng, (80, 100)))
    source = fits.getheader(image)
    for path in make_noise_maps(image, options=MaskingOptions(noise_box_size=40, noise_filter_size=1)):
        header = fits.getheader(path)
        for keyword in ("BUNIT", "CTYPE1", "CRVAL2", "CDELT1", "BMAJ", "BPA"):
            assert header[keyword] == source[keyword]
        assert header["SKCMD"] == "noise"
        history = [str(line).strip() for line in header["HISTORY"]]
        assert {"box_size = 40", "filter_size = 1", "input a.fits"} <= set(history)


def test_options_reach_the_estimate(tmp_path: Path, rng: np.random.Generator) -> None:
    image = write_fits(tmp_path / "a.fits", noise_image(rng))
    rms, _ = make_noise_maps(image, options=MaskingOptions(noise_box_size=100, noise_filter_size=1))
    expected, _ = estimate_noise(read_image(image).data, box_size=100, filter_size=1)
    np.testing.assert_array_equal(read_image(rms).data, expected)


def test_an_existing_output_stays_unless_it_may_be_replaced(tmp_path: Path, rng: np.random.Generator) -> None:
    image = write_fits(tmp_path / "a.fits", noise_image(rng, (80, 100)))
    (tmp_path / "a.bkg.fits").write_text("mine")
    with pytest.raises(SkerryError, match=r"a\.bkg\.fits: exists"):
        make_noise_maps(image)
    assert (tmp_path / "a.bkg.fits").read_text() == "mine"
    assert not (tmp_path / "a.rms.fits").exists()
    make_noise_maps(image, overwrite=True)
    assert read_image(tmp_path / "a.bkg.fits").data.shape == (80, 100)


@pytest.mark.parametrize("value", [np.nan, 0.0, 3.0])
def test_an_image_without_a_valid_pixel_has_no_noise(tmp_path: Path, value: float) -> None:
    image = write_fits(tmp_path / "a.fits", np.full((20, 20), value, np.float32))
    with pytest.warns(SkerryWarning, match=r"a\.fits: has no valid pixels"):
        maps = make_noise_maps(image)
    assert all(np.isnan(fits.getdata(path)).all() for path in maps)


def test_the_same_image_gives_the_same_bytes(tmp_path: Path, rng: np.random.Generator) -> None:
    image = write_fits(tmp_path / "a.fits", noise_image(rng))
    first = [path.read_bytes() for path in make_noise_maps(image)]
    assert [path.read_bytes() for path in make_noise_maps(image, overwrite=True)] == first
