"""Islands that were brighter in the round before, against a plain statement in SciPy."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from numpy.typing import NDArray
from scipy import ndimage

from skerry import MaskingOptions
from skerry.masking.faded_islands import without_faded
from skerry.sky.beam import AREA_PER_FWHM2

FWHM = 3.0
AREA = AREA_PER_FWHM2 * FWHM**2
OPTIONS = MaskingOptions(flood_fill_fading_factor=2.5)
Floats = NDArray[np.float32]


def plain(mask: NDArray[np.bool_], image: Floats, earlier: Floats, factor: float) -> NDArray[np.bool_]:
    labels, count = ndimage.label(mask, np.ones((3, 3)))
    kept = mask.copy()
    for n in range(1, count + 1):
        inside = np.where(labels == n, image, -np.inf)
        # Of several highest pixels the last counts.
        y, x = np.argwhere(inside == inside.max())[-1]
        box = earlier[max(0, y - 24) : y + 25, max(0, x - 24) : x + 25]
        valid = box[np.isfinite(box)]
        noise = np.median(np.abs(valid - np.median(valid))) / 0.6745
        before, now = earlier[y, x], image[y, x]
        faded = earlier[labels == n].sum() > factor * image[labels == n].sum()
        if faded and before > factor * now and before - now > 2 * noise:
            kept[labels == n] = False
    return kept


@pytest.mark.usefixtures("band_rows")
def test_islands_are_those_of_the_plain_statement(rng: np.random.Generator) -> None:
    image = ndimage.gaussian_filter(rng.normal(size=(90, 110)), 1.3).astype(np.float32)
    # Brighter from the left to the right.
    earlier = image * np.linspace(0, 6, 110, dtype=np.float32) + rng.normal(scale=0.1, size=image.shape)
    earlier = earlier.astype(np.float32)
    earlier[20:30, 40:60] = np.nan
    mask = image > 0.2
    expected = plain(mask, image, earlier, 2.5)
    assert 0.2 * mask.sum() < expected.sum() < 0.9 * mask.sum()
    assert_array_equal(without_faded(mask, image, earlier, OPTIONS, AREA), expected)


def pair(now: float, before: float, noise: float = 1.0) -> tuple[NDArray[np.bool_], Floats, Floats]:
    """An island of a pixel, and the round before with its noise."""
    image, earlier = np.zeros((60, 60), np.float32), np.zeros((60, 60), np.float32)
    earlier[:] = noise * np.random.default_rng(1).normal(size=earlier.shape)
    image[30, 30], earlier[30, 30] = now, before
    return image != 0, image, earlier


@pytest.mark.parametrize(
    ("now", "before", "stays"),
    [
        (6, 6, True),
        (6, 14.9, True),
        (6, 15.1, False),
        (6, -10, True),
        (1, 2.9, True),
        (1, 3.5, False),
        (6, np.nan, True),
        (6, np.inf, True),
        (-6, -5, True),
    ],
    ids=[
        *("as bright", "a little brighter", "much brighter", "not there"),
        *("within the noise", "beyond the noise", "invalid", "infinite", "negative"),
    ],
)
def test_an_island_stays_unless_it_was_brighter_by_the_factor_and_beyond_the_noise(
    now: float, before: float, stays: bool
) -> None:
    assert np.asarray(without_faded(*pair(now, before), OPTIONS, AREA)).any() == stays


def test_diffuse_emission_stays_whose_peak_alone_was_brighter() -> None:
    _, image, earlier = pair(6, 20)
    image[28:33, 28:33], earlier[28:33, 28:33] = 3, 3
    image[30, 30], earlier[30, 30] = 6, 20
    assert np.asarray(without_faded(image > 0, image, earlier, OPTIONS, AREA)).sum() == 25
    assert not np.asarray(without_faded(image > 5, image, earlier, OPTIONS, AREA)).any()


def test_a_wider_beam_of_the_round_before_raises_the_factor() -> None:
    planes = pair(6, 25)
    assert not np.asarray(without_faded(*planes, OPTIONS, AREA, AREA)).any()
    assert np.asarray(without_faded(*planes, OPTIONS, AREA, 2 * AREA)).any()
    assert not np.asarray(without_faded(*planes, OPTIONS, AREA, AREA / 2)).any()


def test_without_a_factor_all_islands_stay_and_the_mask_is_not_changed() -> None:
    mask, image, earlier = pair(6, 60)
    before = mask.copy()
    assert np.asarray(without_faded(mask, image, earlier, MaskingOptions(), None)).any()
    assert not np.asarray(without_faded(mask, image, earlier, OPTIONS, AREA)).any()
    assert_array_equal(mask, before)
