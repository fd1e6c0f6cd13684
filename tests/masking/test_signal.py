"""The signal image."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.testing import assert_allclose, assert_array_equal

from skerry import SkerryError
from skerry.filters.brightest_pixel import Surveyed
from skerry.masking.noise import noise_maps
from skerry.masking.signal import signal_image, signal_of_rows
from skerry.planes.computed import Computed, collect


def test_signal_is_image_less_background_over_noise():
    image, rms, bkg = (np.full((3, 4), value, np.float32) for value in (5, 2, 1))
    assert_allclose(signal_image(image, rms, bkg), 2)


def test_no_background_means_0():
    image, rms = (np.full((3, 4), value, np.float32) for value in (5, 2))
    assert_allclose(signal_image(image, rms), 2.5)


@pytest.mark.parametrize("noise", [0.0, -1.0, np.nan, np.inf])
def test_where_the_noise_is_none_the_signal_is_invalid(noise):
    rms = np.ones((2, 2), np.float32)
    rms[0, 1] = noise
    signal = signal_image(np.ones((2, 2), np.float32), rms)
    assert_array_equal(np.isnan(signal), [[False, True], [False, False]])


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_an_invalid_pixel_stays_invalid(value):
    image = np.ones((2, 2), np.float32)
    image[1, 0] = value
    for data in ((image, np.ones_like(image), None), (np.ones_like(image), np.ones_like(image), image)):
        assert_array_equal(np.isnan(signal_image(*data)), [[False, False], [True, False]])


def test_arrays_of_two_shapes_are_refused():
    with pytest.raises(SkerryError, match=r"\(2, 3\), not \(2, 4\)"):
        signal_image(np.ones((2, 3), np.float32), np.ones((2, 4), np.float32))


def plain_signal(image, rms, bkg):
    with np.errstate(all="ignore"):
        signal = (image - (0 if bkg is None else bkg)) / rms
        usable = (rms > 0) & np.isfinite(rms) & np.isfinite(signal)
    return np.where(usable, signal, np.float32(np.nan))


@given(
    hnp.arrays(
        np.float32,
        st.tuples(st.just(3), st.integers(1, 5), st.integers(1, 40)),
        elements=st.sampled_from([np.nan, np.inf, -np.inf, 0, -1, 0.1, 3, 1e-45, 3e38, -3e38]),
    ),
    st.booleans(),
)
def test_signal_is_bit_for_bit_that_of_a_plain_statement(planes, with_bkg):
    image, rms, bkg = planes[0], planes[1], planes[2] if with_bkg else None
    assert_array_equal(
        np.asarray(signal_image(image, rms, bkg)).view(np.int32), plain_signal(image, rms, bkg).view(np.int32)
    )


def test_signal_is_the_same_in_bands_of_any_height(rng, band_rows):
    image, rms, bkg = rng.normal(size=(3, 23, 31)).astype(np.float32)
    image[3, 4] = np.nan
    planes = [Computed(a.shape, a.dtype, lambda start, stop, a=a: a[start:stop]) for a in (image, rms, bkg)]
    assert_array_equal(collect(signal_image(*planes)), plain_signal(image, rms, bkg))


def test_inputs_are_left_alone():
    arrays = [np.full((2, 3), value, np.float32) for value in (np.nan, 0, 1)]
    copies = [array.copy() for array in arrays]
    np.asarray(signal_image(*arrays))
    for array, copy in zip(arrays, copies, strict=True):
        assert_array_equal(array, copy)


@pytest.mark.parametrize("padded", [False, True])
def test_the_signal_of_noise_that_is_drawn_is_that_of_its_maps(rng, band_rows, padded):
    image = rng.normal(0, 1e-3, (150, 131)).astype(np.float32)
    image[20:23, 40:60] = np.nan
    if padded:
        image[:, :40] = 0
    rms, bkg = noise_maps(image, box_size=32)
    drawn = signal_image(image, rms, bkg)
    assert_array_equal(collect(drawn), collect(signal_image(image, collect(rms), collect(bkg))))
    assert np.isnan(drawn[:][:, :40]).all() == padded
    other = rng.normal(size=image.shape).astype(np.float32)
    assert_array_equal(collect(signal_image(other, rms, bkg)), collect(signal_image(other, collect(rms), collect(bkg))))


@pytest.mark.parametrize("box_size", [32, 33, 40, 16])
def test_noise_and_background_may_be_drawn_of_other_boxes(rng, box_size):
    image = (rng.normal(size=(150, 131)) + np.linspace(0, 3, 131)).astype(np.float32)
    rms, bkg = noise_maps(image, box_size=32)[0], noise_maps(image, box_size=box_size)[1]
    assert_array_equal(collect(signal_image(image, rms, bkg)), collect(signal_image(image, collect(rms), collect(bkg))))


def test_a_map_that_is_kept_in_bounds_may_be_the_background(rng):
    image = rng.normal(size=(150, 131)).astype(np.float32)
    image[30:60, 30:60] *= 100
    rms, _ = noise_maps(image, box_size=32)
    assert_array_equal(collect(signal_image(image, rms, rms)), collect(signal_image(image, collect(rms), collect(rms))))


def test_a_signal_is_made_of_rows_that_are_there_once_all_were_looked_at(rng):
    image = rng.normal(size=(90, 80)).astype(np.float32)
    rms, bkg = noise_maps(image, box_size=20)
    signal, halved = Surveyed(signal_image(image, rms, bkg)), image / 2
    wanted = np.asarray(signal_image(halved, rms, bkg))
    assert signal_of_rows(signal, image, halved) is signal
    signal.survey()
    made = signal_of_rows(signal, image, halved)
    room = np.empty((30, 80), np.float32)
    made.into(20, 50, room)
    assert_array_equal(made[:], wanted)
    assert_array_equal(room, wanted[20:50])
    # Of another image it is not known how.
    assert signal_of_rows(signal, image.copy(), halved) is signal
