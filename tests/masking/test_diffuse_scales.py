"""Diffuse emission scale by scale: what is found of haloes that no pixel shows, and what is left out."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from scipy import ndimage

from skerry import MaskingOptions
from skerry.masking.diffuse_scales import grown_by_scales
from skerry.masking.flood import flood_mask
from skerry.planes.bits import BitMask
from skerry.sky.beam import AREA_PER_FWHM2

FWHM = 3.2
AREA = AREA_PER_FWHM2 * FWHM**2
OPTIONS = MaskingOptions(flood_fill_diffuse_beams=(2, 4, 8), flood_fill_false_islands=0.1)


def grain(seed, size=384):
    """Noise of 1 sigma that is correlated as the beam is."""
    noise = ndimage.gaussian_filter(np.random.default_rng(seed).normal(size=(size, size)), FWHM / 2.3548, mode="wrap")
    return (noise / noise.std()).astype(np.float32)


def distance(place, size=384):
    y, x = np.indices((size, size))
    return np.hypot(y - place[0], x - place[1]).astype(np.float32)


def found(image, mask=None, options=OPTIONS):
    known = np.zeros(image.shape, bool) if mask is None else mask
    return np.asarray(grown_by_scales(image, BitMask.of(known), options, AREA))


@pytest.mark.usefixtures("band_rows")
@pytest.mark.parametrize("level", [0, 20, -20])
def test_a_halo_fainter_than_any_seed_is_found_whatever_the_level(level):
    away = distance((200, 180))
    halo = 2 * np.exp(-4 * np.log(2) * (away / 50) ** 2)
    mask = found(grain(1) + halo + np.float32(level))
    assert mask[away < 15].mean() > 0.9
    assert not mask[away > 60].any()


def test_noise_alone_is_not_diffuse():
    assert sum(found(grain(seed)).any() for seed in range(10)) <= 2


def test_seeds_are_as_rare_as_noise_that_is_smoothed_makes_them(monkeypatch):
    asked = []

    def islands(pixels, fwhm, *, snr_clip):
        asked.append((pixels, fwhm))
        return 0.0

    monkeypatch.setattr("skerry.masking.diffuse_scales.noise_islands", islands)
    noise = grain(8)
    found(noise[:300], options=OPTIONS.model_copy(update={"flood_fill_diffuse_beams": (2,)}))
    ((pixels, fwhm),) = set(asked)
    assert pixels == 300 * 384
    smooth = ndimage.gaussian_filter(noise, 2 * FWHM / 2.3548, mode="wrap")
    # Noise that a Gaussian correlates has a slope of its sigma over the root of two times the Gaussian's.
    assert fwhm == pytest.approx(2.3548 * smooth.std() / np.gradient(smooth)[0].std() / np.sqrt(2), rel=0.05)


def test_a_scale_may_be_narrower_than_a_pixel():
    image = grain(9) + 40 * (distance((90, 90)) < 3)
    options = OPTIONS.model_copy(update={"flood_fill_diffuse_beams": (1,)})
    assert np.asarray(grown_by_scales(image, BitMask(image.shape), options, AREA_PER_FWHM2 * 0.6**2))[90, 90]


def test_streaks_that_change_sign_are_not_diffuse():
    y, x = np.indices((384, 384))
    streaks = 6 * np.sin((x + 2 * y) / 3).astype(np.float32) * (distance((190, 190)) < 120)
    assert not found(grain(3) + streaks).any()


def test_what_is_no_brighter_than_the_bowl_beside_it_is_no_emission():
    beside, halo = distance((200, 195)), distance((200, 140))
    shape = [3 * np.exp(-4 * np.log(2) * (away / 40) ** 2) for away in (halo, beside)]
    # A scale whose box reaches the bowl from all of the halo.
    wide = OPTIONS.model_copy(update={"flood_fill_diffuse_beams": (8,)})
    assert found(grain(4) + shape[0], options=wide)[halo < 10].all()
    assert not found(grain(4) + shape[0] - 2 * shape[1], options=wide).any()


def test_a_wide_island_grows_and_a_point_source_does_not():
    away = distance((200, 180))
    fringe = np.where(away < 12, 30, np.where(away < 40, 1.5, 0)).astype(np.float32)
    # Nothing is a seed by its brightness.
    narrow = OPTIONS.model_copy(update={"flood_fill_diffuse_seed_factor": 1000})
    assert not found(grain(5) + np.where(away < 12, 0, fringe), options=narrow).any()
    wide = found(grain(5) + fringe, away < 12, narrow)
    assert wide[(away > 18) & (away < 34)].mean() > 0.6
    point = np.where(away < 3, 30, np.where(away < 40, 1.5, 0)).astype(np.float32)
    assert_array_equal(found(grain(5) + point, away < 3, narrow), away < 3)


@pytest.mark.usefixtures("band_rows")
def test_invalid_pixels_are_never_masked_and_nothing_is_lost():
    away = distance((200, 180))
    image = grain(6) + 3 * np.exp(-4 * np.log(2) * (away / 50) ** 2)
    image[150:190, 100:200] = np.nan
    image[220, 170] = np.inf
    known = distance((60, 60)) < 4
    mask = found(image, known)
    assert mask[known].all()
    assert mask[away < 10].mean() > 0.8
    assert not mask[~np.isfinite(image)].any()


def test_a_flood_holds_what_it_held_without_scales():
    away = distance((200, 180))
    image = grain(7) + 2 * np.exp(-4 * np.log(2) * (away / 50) ** 2) + 40 * (distance((90, 90)) < 2)
    plain = MaskingOptions(flood_fill=True, flood_fill_positive_seed_clip=6, flood_fill_false_islands=0.1)
    without = np.asarray(flood_mask(image, plain, pixels_per_beam=AREA).mask)
    mask = np.asarray(
        flood_mask(image, plain.model_copy(update={"flood_fill_diffuse_beams": (2, 4, 8)}), pixels_per_beam=AREA).mask
    )
    assert mask[without].all()
    assert mask.sum() > without.sum() + 500
