"""The rims of bright sources: what near them does not stand above their artefacts is taken off the mask."""

from __future__ import annotations

import numpy as np
import pytest
from conftest import radio_header, write_fits
from numpy.testing import assert_array_equal
from scipy import ndimage

from skerry import MaskingOptions, beam_erosion
from skerry.cli import main
from skerry.errors import SkerryError
from skerry.io.fits import read_mask
from skerry.masking.bright_rims import without_bright_rims
from skerry.planes.computed import collect
from skerry.sky.beam import pixel_beam
from skerry.steps.erode import make_eroded_mask

FWHM = 3.0
BEAM_AREA = np.pi / (4 * np.log(2)) * FWHM**2
REACH = 12
"""Pixels: 4 beams."""
CENTRE, DEPTH = 40, 10.0
OPTIONS = MaskingOptions(beam_shape_erode_rims=True)


def add(signal, place, peak):
    """Add a point source to the image."""
    y, x = np.ogrid[: signal.shape[0], : signal.shape[1]]
    squared = (y - place[0]) ** 2 + (x - place[1]) ** 2
    signal += (peak * np.exp(-4 * np.log(2) * squared / FWHM**2)).astype(np.float32)


def ringed(peak=400.0):
    """A point source with a ring of artefacts round it, as deep as bright and 6 pixels away, and no noise."""
    signal = np.zeros((81, 81), np.float32)
    for angle in range(0, 360, 45):
        turned = np.deg2rad(angle)
        place = CENTRE + 6 * np.sin(turned), CENTRE + 6 * np.cos(turned)
        add(signal, place, -DEPTH if angle % 90 else DEPTH)
    add(signal, (CENTRE, CENTRE), peak)
    return signal


def pixels(**values):
    """An empty image but for a bright pixel in its middle and a deep one beside it; and pixels to the right of it."""
    signal = np.zeros((81, 81), np.float32)
    signal[CENTRE, CENTRE] = 100
    signal[CENTRE - 5, CENTRE] = -DEPTH
    for offset, value in values.items():
        signal[CENTRE, CENTRE + int(offset.removeprefix("at"))] = value
    return signal


def trimmed(signal, mask=None, **options):
    """Mask, by default of the positive pixels, without its rims."""
    mask = signal > 0 if mask is None else mask
    return collect(without_bright_rims(mask, signal, OPTIONS.model_copy(update=options), BEAM_AREA))


def test_a_bright_source_with_a_ring_of_artefacts_loses_its_rim_and_keeps_its_core():
    signal = ringed()
    mask = signal > 3
    kept = trimmed(signal, mask)
    y, x = np.ogrid[:81, :81]
    distance = np.hypot(y - CENTRE, x - CENTRE)
    assert mask[distance > 4.5].any()
    assert not kept[distance > 4.5].any()
    assert kept[distance < 2].all()


def test_nothing_is_added():
    signal = ringed()
    mask = signal > 300
    assert not trimmed(signal, mask)[~mask].any()


@pytest.mark.parametrize(("offset", "stays"), [(REACH, False), (REACH + 1, True)])
def test_a_faint_source_stays_where_no_bright_one_is_within_reach(offset, stays):
    signal = pixels(**{f"at{offset}": 5.0})
    assert trimmed(signal)[CENTRE, CENTRE + offset] == stays


@pytest.mark.parametrize(("value", "stays"), [(1.29 * DEPTH, False), (1.31 * DEPTH, True)])
def test_near_a_bright_source_stays_what_exceeds_the_factor_of_the_depth(value, stays):
    assert trimmed(pixels(at3=value))[CENTRE, CENTRE + 3] == stays


@pytest.mark.parametrize(("offset", "stays"), [(REACH, False), (REACH + 1, True)])
def test_artefacts_beyond_the_reach_are_not_those_of_the_bright_source(offset, stays):
    signal = pixels(at3=5.0)
    signal[CENTRE - 5, CENTRE] = 0
    signal[CENTRE + offset, CENTRE] = -DEPTH
    assert trimmed(signal)[CENTRE, CENTRE + 3] == stays


@pytest.mark.parametrize(("peak", "stays"), [(20.0, True), (20.1, False)])
def test_only_what_exceeds_the_clip_is_a_bright_source(peak, stays):
    signal = pixels(at3=5.0)
    signal[CENTRE, CENTRE] = peak
    assert trimmed(signal)[CENTRE, CENTRE + 3] == stays


def test_without_a_bright_source_nothing_changes(rng):
    signal = rng.normal(size=(90, 70)).astype(np.float32)
    mask = signal > -1
    assert_array_equal(trimmed(signal, mask), mask)


def test_a_bright_source_without_negative_pixels_has_no_rim():
    signal = np.maximum(pixels(at3=5.0), 1)
    mask = np.ones(signal.shape, bool)
    assert_array_equal(trimmed(signal, mask), mask)


def test_of_two_bright_sources_the_one_with_the_deeper_artefacts_counts():
    signal = pixels(at10=1.5 * DEPTH, at20=100)
    assert trimmed(signal)[CENTRE, CENTRE + 10]
    signal[CENTRE, CENTRE + 30] = -2 * DEPTH
    assert not trimmed(signal)[CENTRE, CENTRE + 10]


def test_the_clip_the_factor_and_the_reach_are_options():
    signal = pixels(at3=5.0)
    place = (CENTRE, CENTRE + 3)
    assert not trimmed(signal)[place]
    assert trimmed(signal, beam_shape_erode_rims_clip=101)[place]
    assert trimmed(signal, beam_shape_erode_rims_factor=0.4)[place]
    assert trimmed(signal, beam_shape_erode_rims_beams=1)[place]


@pytest.mark.parametrize("invalid", [np.nan, np.inf, -np.inf])
def test_invalid_pixels_are_neither_bright_nor_deep(invalid):
    signal = pixels(at3=5.0)
    signal[CENTRE - 5, CENTRE] = invalid
    assert trimmed(signal)[CENTRE, CENTRE + 3]
    signal = pixels(at3=5.0)
    signal[CENTRE, CENTRE] = invalid
    assert trimmed(signal)[CENTRE, CENTRE + 3]


@pytest.mark.parametrize("invalid", [np.nan, np.inf])
def test_invalid_pixels_that_are_masked_go_near_a_bright_source_alone(invalid):
    signal = pixels(at3=invalid, at30=invalid)
    kept = trimmed(signal, np.ones(signal.shape, bool))
    assert not kept[CENTRE, CENTRE + 3]
    assert kept[CENTRE, CENTRE + 30]


def test_the_mask_and_the_signal_are_left_alone():
    signal = pixels(at3=5.0)
    mask = (signal > 0).astype(np.uint8)
    trimmed(signal, mask)
    assert_array_equal(mask, signal > 0)
    assert_array_equal(signal, pixels(at3=5.0))


@pytest.mark.usefixtures("band_rows")
@pytest.mark.parametrize("towards", [1, -1])
def test_artefacts_count_wherever_the_image_is_cut(towards):
    for first in range(4 * REACH):
        signal = np.zeros((150, 5), np.float32)
        signal[30 + first : 30 + first + 2 * REACH + 1 : REACH, 2] = (5, 100, -DEPTH)[::towards]
        assert trimmed(signal).sum() == 1


@pytest.mark.usefixtures("band_rows")
def test_it_is_what_a_plain_statement_says_however_the_image_is_cut(rng):
    signal = rng.normal(0, 3, (170, 90)).astype(np.float32)
    signal[rng.random(signal.shape) < 0.01] = np.nan
    signal[rng.integers(0, 170, 4), rng.integers(0, 90, 4)] = 60
    mask = rng.random(signal.shape) < 0.5
    box = 2 * REACH + 1
    filled = np.where(np.isnan(signal), np.inf, signal)
    depth = -ndimage.minimum_filter(filled, box, mode="constant", cval=np.inf)
    level = ndimage.maximum_filter(np.where(signal > 20, depth, 0), box, mode="constant")
    kept = mask & ((level == 0) | (signal > np.float32(1.3) * level))
    assert 0.1 < (level > 0).mean() < 0.9
    assert_array_equal(trimmed(signal, mask), kept)


SHAPE = (1, 1, 81, 81)


@pytest.fixture
def files(tmp_path):
    """A mask, and its signal image."""
    header = radio_header(SHAPE, unit=None)
    mask = write_fits(tmp_path / "x.mask.fits", (ringed() > 3).astype(np.uint8), header, ndim=4)
    return mask, write_fits(tmp_path / "x.signal.fits", ringed(), header, ndim=4)


@pytest.mark.parametrize("scales", [None, (0, 4)])
def test_rims_are_taken_off_once_before_the_erosion(files, scales):
    mask, signal = files
    options = OPTIONS.model_copy(update={"beam_shape_erode_scales": scales})
    paths = make_eroded_mask(mask, signal=signal, options=options)
    beam = pixel_beam(radio_header(SHAPE))
    area = 2 * np.pi * 22 * 17.5 / 36 / (8 * np.log(2))
    expected = np.asarray(beam_erosion(without_bright_rims(ringed() > 3, ringed(), OPTIONS, area), beam, scales=scales))
    assert expected.any()
    assert (expected != np.asarray(beam_erosion(ringed() > 3, beam, scales=scales))).any()
    assert_array_equal(read_mask(paths[0] if scales is None else paths[1]).data, expected)


def test_the_command_takes_off_rims(files):
    mask, signal = files
    expected, _ = make_eroded_mask(mask, signal=signal, options=OPTIONS, output=mask.with_name("e.fits"))
    output = mask.with_name("x.eroded.fits")
    assert main(["erode", str(mask), "--rims", "--signal", str(signal)]) == 0
    assert_array_equal(read_mask(output).data, read_mask(expected).data)


def test_the_signal_is_among_the_inputs_of_the_mask(files):
    mask, signal = files
    written, _ = make_eroded_mask(mask, signal=signal, options=OPTIONS)
    history = str(read_mask(written).header["HISTORY"])
    assert "x.signal.fits" in history
    assert "rims_factor = 1.3" in history


def test_rims_need_a_signal_image(files):
    with pytest.raises(SkerryError, match=r"x\.mask\.fits: `beam_shape_erode_rims` needs .*; give `signal`"):
        make_eroded_mask(files[0], options=OPTIONS)


def test_a_signal_image_without_rims_is_refused(files):
    with pytest.raises(SkerryError, match=r"x\.signal\.fits: has no use without `beam_shape_erode_rims`"):
        make_eroded_mask(files[0], signal=files[1])


def test_an_image_that_is_not_in_sigma_is_refused(files):
    image = write_fits(files[0].with_name("x.fits"), ringed(), radio_header(SHAPE), ndim=4)
    with pytest.raises(SkerryError, match=r"x\.fits: is in Jy/beam, not in sigma; give a signal image"):
        make_eroded_mask(files[0], signal=image, options=OPTIONS)


def test_a_signal_image_of_another_size_is_refused(files):
    other = write_fits(files[0].with_name("o.fits"), ringed()[:80], radio_header(unit=None))
    with pytest.raises(SkerryError, match=r"o\.fits: has 81 x 80 pixels, but .* has 81 x 81"):
        make_eroded_mask(files[0], signal=other, options=OPTIONS)
