"""Padding and stray pixels are as good as NaN in every step, and an image without valid pixels has an empty mask."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from conftest import radio_header, write_fits
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from skerry import MaskingOptions, SkerryWarning
from skerry.config.presets import with_preset
from skerry.steps.extract_beam import make_beam_mask
from skerry.steps.flood import make_flood_mask
from skerry.steps.mask import make_mask
from skerry.steps.mosaic import make_mosaic
from skerry.steps.noise import make_noise_maps
from skerry.steps.scale_mask import make_scale_mask
from skerry.steps.signal import make_signal_image
from skerry.steps.snr_mask import make_snr_mask

SHAPE = (160, 160)
RADIUS = np.hypot(*np.ogrid[-80:80, -80:80])
MAC = MaskingOptions(flood_fill=True, flood_fill_use_mac=True, flood_fill_positive_seed_clip=2)
SCALES = MAC.model_copy(update={"beam_shape_erode_scales": (0, 8)})
SNR = MaskingOptions(flood_fill=True)


def image(rng: np.random.Generator) -> NDArray:
    noise = gaussian_filter(rng.normal(size=SHAPE), 1.4)
    y, x = np.ogrid[: SHAPE[0], : SHAPE[1]]
    sky = noise / noise.std()
    for row, column in ((80, 80), (50, 70), (100, 110)):
        sky = sky + 40 * np.exp(-((y - row) ** 2 + (x - column) ** 2) / 2 / 1.4**2)
    return sky.astype(np.float32)


def padding(rng: np.random.Generator, kind: str) -> NDArray:
    values = {"zeros": np.zeros(SHAPE), "constant": np.full(SHAPE, 2.5e-19), "residue": 1e-15 * rng.normal(size=SHAPE)}
    return values[kind]


def noise_of(path: Path) -> list[Path]:
    return list(make_noise_maps(path, overwrite=True))


def signal_of(path: Path) -> list[Path]:
    rms, bkg = make_noise_maps(path, overwrite=True)
    return [make_signal_image(path, rms=rms, bkg=bkg, overwrite=True)]


def seeds_of(path: Path) -> list[Path]:
    rms, bkg = make_noise_maps(path, overwrite=True)
    return [make_snr_mask(path, SNR, rms=rms, bkg=bkg, overwrite=True).mask]


def snr_flood_of(path: Path) -> list[Path]:
    rms, bkg = make_noise_maps(path, overwrite=True)
    return [make_flood_mask(path, SNR, rms=rms, bkg=bkg, overwrite=True).mask]


def mac_flood_of(path: Path) -> list[Path]:
    return [make_flood_mask(path, MAC, overwrite=True).mask]


def scale_mask_of(path: Path) -> list[Path]:
    return [make_scale_mask(path, SCALES, overwrite=True).mask]


def mask_of(path: Path) -> list[Path]:
    return [make_mask(path, with_preset("late-round", MaskingOptions()), overwrite=True).mask]


def beam_mask_of(path: Path) -> list[Path]:
    mosaic = write_fits(path.with_suffix(".everything"), np.ones(SHAPE, np.uint8), radio_header(SHAPE))
    clip = MaskingOptions(extract_beam_smoothed_clip=2)
    return [make_beam_mask(path, mosaic, clip, output=path.with_suffix(".out"), overwrite=True).mask]


def mosaic_of(path: Path) -> list[Path]:
    return [make_mosaic([path], output=path.with_suffix(".out"), primary_beam_fwhm=1.0, overwrite=True)]


MASKS = [seeds_of, snr_flood_of, mac_flood_of, scale_mask_of, mask_of, beam_mask_of]
STEPS = [noise_of, signal_of, *MASKS, mosaic_of]


@pytest.mark.parametrize("kind", ["zeros", "constant", "residue"])
@pytest.mark.parametrize("step", STEPS)
def test_padding_is_as_good_as_nan(
    tmp_path: Path, rng: np.random.Generator, step: Callable[[Path], list[Path]], kind: str
) -> None:
    outside = RADIUS > 60  # 56 per cent
    sky = image(rng)
    padded = write_fits(tmp_path / "padded.fits", np.where(outside, padding(rng, kind), sky).astype(np.float32))
    right = write_fits(tmp_path / "right.fits", np.where(outside, np.nan, sky).astype(np.float32))
    for found, expected in zip(step(padded), step(right), strict=True):
        np.testing.assert_array_equal(fits.getdata(found), fits.getdata(expected))


@pytest.mark.parametrize("step", STEPS)
def test_stray_pixels_are_as_good_as_nan(
    tmp_path: Path, rng: np.random.Generator, step: Callable[[Path], list[Path]]
) -> None:
    sky = np.where(RADIUS > 60.5, np.nan, image(rng)).astype(np.float32)
    right = write_fits(tmp_path / "right.fits", sky)
    sky.flat[rng.choice(np.flatnonzero(RADIUS > 63), 60, replace=False)] = rng.choice([-100, 100], 60)
    stray = write_fits(tmp_path / "stray.fits", sky)
    for found, expected in zip(step(stray), step(right), strict=True):
        np.testing.assert_array_equal(fits.getdata(found), fits.getdata(expected))


@pytest.mark.filterwarnings("ignore:no pixel")
@pytest.mark.parametrize("step", MASKS)
@pytest.mark.parametrize("value", [np.nan, 0.0])
def test_a_flagged_image_has_an_empty_mask(tmp_path: Path, step: Callable[[Path], list[Path]], value: float) -> None:
    header = radio_header(SHAPE)
    if step is mask_of and np.isnan(value):
        header["BMAJ"] = 0.0
    path = write_fits(tmp_path / "flagged.fits", np.full(SHAPE, value, np.float32), header)
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        (mask,) = step(path)
    assert not fits.getdata(mask).any()
    if np.isnan(value) or step is mask_of:
        assert any("flagged.fits: has no valid pixels" in str(warning.message) for warning in told)


@pytest.mark.filterwarnings("ignore:.*the mask is empty")
def test_a_flagged_beam_outside_the_mosaic_has_an_empty_mask(tmp_path: Path) -> None:
    beam = write_fits(tmp_path / "beam.fits", np.full(SHAPE, np.nan, np.float32), radio_header(SHAPE, ra=70.0))
    mosaic = write_fits(tmp_path / "mosaic.fits", np.ones(SHAPE, np.uint8), radio_header(SHAPE))
    with pytest.warns(SkerryWarning, match="has no valid pixels"):
        assert not fits.getdata(make_beam_mask(beam, mosaic).mask).any()
