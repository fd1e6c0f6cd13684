"""The mask of an image does not depend on how its pixels and axes are stored."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from conftest import radio_header, write_fits
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from skerry.config.options import MaskingOptions
from skerry.config.presets import with_preset
from skerry.steps.mask import make_mask

SHAPE = (96, 96)
FREQUENCY = {"CTYPE": "FREQ", "CRVAL": 1.4e9, "CRPIX": 1.0, "CDELT": 1e6, "CUNIT": "Hz"}
STOKES = {"CTYPE": "STOKES", "CRVAL": 1.0, "CRPIX": 1.0, "CDELT": 1.0}
BLANK = {8: 0, 16: -32768, 32: -(2**31), 64: -(2**62)}


def image(rng: np.random.Generator) -> NDArray[np.float32]:
    noise = gaussian_filter(rng.normal(size=SHAPE), 1.4)
    sky = noise / noise.std()
    sky[40:44, 50:54] += 40
    return sky.astype(np.float32)


def mask_of(path: Path) -> NDArray:
    return fits.getdata(make_mask(path, with_preset("late-round", MaskingOptions())).mask)


def with_axes(**axes: dict[str, object]) -> fits.Header:
    header = radio_header(SHAPE)
    for number, cards in axes.items():
        header.update({f"{name}{number[-1]}": value for name, value in cards.items()})
    return header


@pytest.mark.parametrize("ndim", [2, 4])
@pytest.mark.parametrize("axes", [(FREQUENCY, STOKES), (STOKES, FREQUENCY)], ids=["frequency first", "Stokes first"])
def test_axes_of_one_pixel_come_in_any_order_or_are_left_over(
    tmp_path: Path, rng: np.random.Generator, axes: tuple[dict[str, object], ...], ndim: int
) -> None:
    sky = image(rng)
    right = mask_of(write_fits(tmp_path / "right.fits", sky))
    found = mask_of(write_fits(tmp_path / "odd.fits", sky, with_axes(axis3=axes[0], axis4=axes[1]), ndim=ndim))
    assert right.any()
    assert found.ndim == ndim
    np.testing.assert_array_equal(found.reshape(SHAPE), right)


@pytest.mark.parametrize("bitpix", BLANK)
def test_scaled_integers_with_blank_pixels_are_the_values_that_they_stand_for(
    tmp_path: Path, rng: np.random.Generator, bitpix: int
) -> None:
    sky = image(rng)
    scale, zero = 100 / 2 ** min(bitpix, 40), 45.0 if bitpix > 8 else -5.0
    stored = np.round((sky - zero) / scale).astype("u1" if bitpix == 8 else f"i{bitpix // 8}")
    stored[:, :20] = BLANK[bitpix]
    hdu = fits.PrimaryHDU(stored, radio_header(SHAPE))
    hdu.header.update({"BSCALE": scale, "BZERO": zero, "BLANK": BLANK[bitpix]})
    hdu.writeto(tmp_path / "odd.fits")
    values = (stored * scale + zero).astype(np.float32)
    values[:, :20] = np.nan
    right = mask_of(write_fits(tmp_path / "right.fits", values))
    assert right.any()
    np.testing.assert_array_equal(mask_of(tmp_path / "odd.fits"), right)


def test_infinite_pixels_are_as_good_as_nan(tmp_path: Path, rng: np.random.Generator) -> None:
    sky = image(rng)
    sky[:, :20], sky[:10], sky[60, 70] = np.inf, -np.inf, np.inf
    right = mask_of(write_fits(tmp_path / "right.fits", np.where(np.isfinite(sky), sky, np.float32(np.nan))))
    found = mask_of(write_fits(tmp_path / "odd.fits", sky))
    assert right.any()
    np.testing.assert_array_equal(found, right)
