"""Of an island of which a step leaves nothing the core is kept: what lies within the beam round its highest pixel."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from conftest import radio_header
from numpy.testing import assert_array_equal
from numpy.typing import NDArray
from plain_islands import EIGHT
from scipy import ndimage

from skerry import MaskingOptions
from skerry.config.presets import with_preset
from skerry.masking.erosion import eroded_islands
from skerry.masking.flood import flood_mask
from skerry.masking.kept_cores import cores_of_lost
from skerry.planes.bits import BitMask
from skerry.planes.computed import collect
from skerry.sky.beam import PixelBeam, beam_fwhm, pixel_beam

SHAPE = (90, 110)
LONG = pixel_beam(radio_header(SHAPE, beam=(60.0 / 3600, 24.0 / 3600, 30.0)))
ROUND = pixel_beam(radio_header(SHAPE, beam=(20.0 / 3600, 20.0 / 3600, 0.0)))
BEAMS = pytest.mark.parametrize("beam", [LONG, ROUND], ids=["long", "round"])
KEPT = MaskingOptions(beam_shape_erode=True, beam_shape_erode_keep_cores=True)
in_bands = pytest.mark.usefixtures("band_rows")


def plain_cores(
    islands: NDArray[np.bool_],
    left: NDArray[np.bool_],
    values: NDArray[np.float32],
    beam: PixelBeam,
    within: NDArray[np.bool_] | None = None,
    highest_of: NDArray[np.bool_] | None = None,
    least_share: float = 0.0,
) -> NDArray[np.bool_]:
    """The same island by island."""
    within = islands if within is None else within
    highest_of = within if highest_of is None else highest_of
    labels, count = ndimage.label(islands, EIGHT)
    lost = ~np.isin(np.arange(count + 1), labels[left])
    shape, cores = beam.shape(0.5), np.zeros_like(islands)
    for n in np.flatnonzero(lost[1:]) + 1:
        candidates = (labels == n) & highest_of & np.isfinite(values)
        if candidates.any():
            at = np.zeros_like(islands)
            at.flat[np.argmax(np.where(candidates, values, -np.inf))] = True
            around = ndimage.binary_dilation(at, shape)
            core = around & (labels == n) & within
            if core.sum() >= least_share * around.sum():
                cores |= core
    return cores


def smooth_noise(rng: np.random.Generator, sigma: float) -> NDArray[np.float32]:
    values = ndimage.gaussian_filter(rng.normal(size=SHAPE), sigma)
    return np.asarray(values / values.std(), np.float32)


@in_bands
@BEAMS
@pytest.mark.parametrize("seed", range(4))
def test_cores_are_those_of_each_island_by_itself(beam: PixelBeam, seed: int) -> None:
    rng = np.random.default_rng(seed)
    values = smooth_noise(rng, 1.2)
    islands, left = values > 0.7, values > 2.2
    values[rng.random(SHAPE) < 0.02] = np.nan
    within, highest_of = rng.random(SHAPE) < 0.8, rng.random(SHAPE) < 0.3
    for choice in ({}, {"within": within & islands}, {"highest_of": highest_of}, {"least_share": 0.3}):
        bits: dict[str, Any] = {
            name: value if name == "least_share" else BitMask.of(value) for name, value in choice.items()
        }
        found = cores_of_lost(BitMask.of(islands), BitMask.of(left), values, beam, **bits)
        expected = plain_cores(islands, left, values, beam, **choice)
        assert expected.any()
        assert_array_equal(found, expected)


def test_where_no_island_is_lost_there_are_no_cores() -> None:
    islands = BitMask.of(np.eye(20, dtype=bool))
    left = np.zeros((20, 20), bool)
    left[3, 3] = True
    assert cores_of_lost(islands, BitMask.of(left), np.ones((20, 20), np.float32), ROUND) is None
    assert cores_of_lost(BitMask((20, 20)), BitMask((20, 20)), np.ones((20, 20), np.float32), ROUND) is None


@in_bands
@BEAMS
@pytest.mark.parametrize("edge", [True, False])
@pytest.mark.parametrize("scales", [None, (8, 0, 4)])
def test_an_erosion_that_keeps_cores_is_that_of_scipy(
    rng: np.random.Generator, beam: PixelBeam, edge: bool, scales: tuple[int, ...] | None
) -> None:
    signal = smooth_noise(rng, 2.5)
    islands = signal > 0.3
    # Rims that leave a piece of one island and nothing of another.
    rimless = islands & (np.arange(SHAPE[1]) % 50 < 35)
    signal[:, 100:] = signal[30:33, 40:44] = np.nan
    options = KEPT.model_copy(update={"beam_shape_erode_edge": edge})
    kept = eroded_islands(BitMask.of(islands), beam, options, scales, rimless=BitMask.of(rimless), signal=signal)
    subject = rimless if edge else rimless | ~np.isfinite(signal)
    factor = options.beam_shape_erode_scale_fwhm_factor
    bits = [
        ndimage.binary_erosion(subject, beam.shape(0.6, factor * scale), border_value=not edge) & rimless
        for scale in sorted(scales or (0,))
    ]
    cores = plain_cores(islands, bits[0], signal, beam, within=rimless)
    assert (cores & ~bits[0]).any()
    bits[0] |= cores
    assert_array_equal(kept.union, bits[0])
    expected = bits[0] if scales is None else sum(bit.astype(int) << n for n, bit in enumerate(bits))
    assert_array_equal(collect(kept.union if kept.by_scale is None else kept.by_scale), expected)


def test_an_island_that_rims_take_altogether_does_not_come_back() -> None:
    islands, rimless = np.zeros(SHAPE, bool), np.zeros(SHAPE, bool)
    islands[20:22, 20:22] = islands[60:62, 60:62] = rimless[60:62, 60:62] = True
    signal = np.where(islands, 9, 0).astype(np.float32)
    kept = eroded_islands(BitMask.of(islands), LONG, KEPT, rimless=BitMask.of(rimless), signal=signal)
    assert_array_equal(kept.union, rimless)


def test_a_source_that_the_edge_or_invalid_pixels_cut_is_eroded_as_if_it_went_on() -> None:
    y, x = np.ogrid[: SHAPE[0], : SHAPE[1]]
    mask = (np.hypot(y - 0, x - 40) < 12) | (np.hypot(y - 45, x - 70) < 12) | (np.hypot(y - 89, x - 109) < 12)
    signal = np.zeros(SHAPE, np.float32)
    signal[:, 70:73] = np.nan
    mask &= np.isfinite(signal)
    options = MaskingOptions(beam_shape_erode=True, beam_shape_erode_edge=False)
    kept = np.asarray(eroded_islands(BitMask.of(mask), ROUND, options, signal=signal).union)
    whole = np.pad(mask | np.isnan(signal), 30, mode="reflect")
    for at in ((0, 40), (45, 69), (45, 73), (89, 109)):
        assert kept[at], at
    # As an erosion of the mirrored image has it, but at corners of the image less is known.
    expected = ndimage.binary_erosion(whole, ROUND.shape(0.6))[30:-30, 30:-30] & mask
    assert_array_equal(kept[:, :100] & mask[:, :100], expected[:, :100])
    cut = eroded_islands(BitMask.of(mask), ROUND, MaskingOptions(beam_shape_erode=True)).union
    assert not np.asarray(cut)[0].any()


def lone_source(beam: PixelBeam, seed: int, snr: float = 8.2) -> tuple[NDArray[np.float32], tuple[int, int]]:
    """Noise of 1 that the beam correlates, with a point source at a random place within the middle pixel."""
    rng, reach, middle = np.random.default_rng(seed), 30, 128
    y, x = np.mgrid[-reach : reach + 1, -reach : reach + 1]
    a, b, c = (np.linalg.inv(beam.covariance)[n] for n in ((0, 0), (0, 1), (1, 1)))

    def shape(dy: float = 0.0, dx: float = 0.0) -> NDArray[np.float64]:
        return np.exp(-(a * (x - dx) ** 2 + 2 * b * (x - dx) * (y - dy) + c * (y - dy) ** 2) / 2)

    white = rng.normal(size=(2 * middle, 2 * middle))
    transform = np.fft.rfft2(white) * np.fft.rfft2(shape(), white.shape)
    image = np.fft.irfft2(transform, white.shape) / np.sqrt((shape() ** 2).sum())
    window = slice(middle - reach, middle + reach + 1)
    image[window, window] += snr * shape(*rng.uniform(-0.5, 0.5, 2))
    return image.astype(np.float32), (middle, middle)


@pytest.mark.parametrize("preset", ["early-round", "late-round"])
@pytest.mark.parametrize(
    ("bmaj", "bmin", "bpa"), [(2.5, 2.5, 0), (3.3, 3.3, 0), (5, 5, 0), (12.3, 4.75, 60), (9, 3, 40)]
)
def test_a_lone_source_of_8_sigma_is_masked_whatever_the_beam(
    preset: str, bmaj: float, bmin: float, bpa: float
) -> None:
    beam = pixel_beam(radio_header((256, 256), pixel=1 / 3600, beam=(bmaj / 3600, bmin / 3600, bpa)))
    options = with_preset(preset, MaskingOptions())
    for seed in range(12):
        signal, (y, x) = lone_source(beam, seed)
        islands = flood_mask(signal, options, signal=signal, beam=beam).mask
        mask = np.asarray(eroded_islands(islands, beam, options, signal=signal).union)
        reach = round(beam_fwhm(beam.area) / 2) + 1
        assert mask[y - reach : y + reach + 1, x - reach : x + reach + 1].any(), seed
