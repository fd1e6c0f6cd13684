"""Islands grown from seeds, and large islands of low significance."""

from __future__ import annotations

import numpy as np
import pytest
from astropy.io import fits
from conftest import radio_header, write_fits
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from numpy.testing import assert_array_equal
from scipy import ndimage

from skerry import (
    MaskingOptions,
    SkerryError,
    SkerryWarning,
    minimum_absolute_clip,
)
from skerry.errors import SkerryNote
from skerry.masking.diffuse_islands import large_faint_islands
from skerry.masking.flood import flood_mask
from skerry.steps.flood import make_flood_mask
from skerry.steps.snr_mask import make_snr_mask

EIGHT = np.ones((3, 3))
PIXELS = st.floats(-2, 7, width=32) | st.sampled_from([np.nan, np.inf])
SIGNALS = arrays(np.float32, array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=14), elements=PIXELS)


def flooded(image, options, pixels_per_beam=None):
    return np.asarray(flood_mask(image, options, pixels_per_beam=pixels_per_beam).mask)


def faint(signal, size, left_out=None):
    return np.asarray(large_faint_islands(signal, 1.75, size, left_out))


def plain_flood(seeds, floor):
    return ndimage.binary_propagation(seeds & floor, structure=EIGHT, mask=floor)


def plain_low_snr(signal, clip, size):
    """Closing and sizes as SciPy states them, on an image padded so that its edge takes nothing away."""
    mask = np.pad(np.isfinite(signal) & (signal > np.float32(clip)), 4)
    closed = ndimage.binary_closing(mask, EIGHT, iterations=2)[4:-4, 4:-4]
    inside = ndimage.binary_erosion(ndimage.binary_dilation(mask[4:-4, 4:-4], EIGHT, 2), EIGHT, 2, border_value=1)
    closed = (closed | inside) & np.isfinite(signal)
    labels, count = ndimage.label(closed, EIGHT)
    large = [n for n in range(1, count + 1) if (labels == n).sum() >= size]
    return np.isin(labels, large)


@given(SIGNALS, st.floats(0, 2, width=32), st.floats(2, 5, width=32))
def test_islands_are_the_propagation_of_seeds_through_the_floor(signal, flood_clip, seed_clip):
    options = MaskingOptions(
        flood_fill_positive_seed_clip=seed_clip, flood_fill_positive_flood_clip=flood_clip, flood_fill_allow_empty=True
    )
    valid = np.isfinite(signal)
    expected = plain_flood(valid & (signal >= np.float32(seed_clip)), valid & (signal > np.float32(flood_clip)))
    with _no_warning() if expected.any() else pytest.warns(SkerryWarning):
        assert_array_equal(flooded(signal, options), expected)


def _no_warning():
    from contextlib import nullcontext

    return nullcontext()


@given(SIGNALS, st.integers(1, 9), st.sampled_from([0.3, 1.0, 1.4]))
def test_with_the_minimum_absolute_clip_seeds_and_floor_are_its_factors(image, box, flood_factor):
    options = MaskingOptions(
        flood_fill_use_mac=True,
        flood_fill_use_mac_box_size=box,
        flood_fill_positive_seed_clip=1.5,
        flood_fill_positive_flood_clip=flood_factor,
    )
    seeds = minimum_absolute_clip(image, 1.5, box)
    expected = plain_flood(seeds, minimum_absolute_clip(image, flood_factor, box))
    with _no_warning() if expected.any() else pytest.warns(SkerryWarning, match="mask is empty"):
        assert_array_equal(flooded(image, options), expected)


@given(SIGNALS, SIGNALS, st.integers(1, 9), st.sampled_from([0.3, 1.0]), st.booleans())
def test_with_both_statistics_seeds_and_floor_have_to_pass_both(image, signal, box, factor, seeded):
    rows, columns = (min(lengths) for lengths in zip(image.shape, signal.shape, strict=True))
    image, signal = image[:rows, :columns].copy(), signal[:rows, :columns].copy()
    options = MaskingOptions(
        flood_fill_statistic="both",
        flood_fill_use_mac_box_size=box,
        flood_fill_positive_seed_clip=3,
        flood_fill_positive_flood_clip=1,
        flood_fill_mac_seed_factor=1.2,
        flood_fill_mac_flood_factor=factor,
    )
    high = (signal >= 3) & np.isfinite(signal)
    seeds = high & minimum_absolute_clip(image, 1.2, box)
    floor = (signal > 1) & np.isfinite(signal) & minimum_absolute_clip(image, factor, box)
    expected = plain_flood(seeds, floor)
    says = "no seed is above the floor" if seeds.any() or seeded else "3 sigma and 1.2 times the min"
    with _no_warning() if expected.any() or (seeded and not seeds.any()) else pytest.warns(SkerryWarning, match=says):
        islands = flood_mask(image, options, signal=signal, seeds=high if seeded else None)
    assert_array_equal(islands.mask, expected)
    assert islands.seed_clip == (None if seeded else 3)


def test_an_island_6000_pixels_long_is_one_island():
    signal = np.zeros((40, 6000), np.float32)
    columns = np.arange(6000)
    signal[20 + np.rint(15 * np.sin(columns / 9)).astype(int), columns] = 2
    for x in np.flatnonzero(np.abs(np.diff(np.argmax(signal, axis=0))) > 1):
        rows = np.argmax(signal[:, x : x + 2], axis=0)
        signal[min(rows) : max(rows) + 1, x] = 2
    signal[np.argmax(signal[:, 0]), 0] = 9
    mask = flooded(signal, MaskingOptions())
    assert_array_equal(mask, signal > 0)


def test_islands_touch_at_corners():
    signal = np.array([[9, 0, 0], [0, 2, 0], [0, 0, 2]], np.float32)
    assert_array_equal(flooded(signal, MaskingOptions()), np.eye(3, dtype=bool))


def test_nothing_wraps_round_the_edge():
    signal = np.zeros((5, 5), np.float32)
    signal[2, 0], signal[2, 4], signal[0, 0], signal[4, 0] = 9, 2, 2, 2
    mask = flooded(signal, MaskingOptions())
    assert_array_equal(np.argwhere(mask), [[2, 0]])


def test_an_invalid_pixel_parts_islands():
    signal = np.array([[9, 2, np.nan, 2, 2]], np.float32)
    assert_array_equal(flooded(signal, MaskingOptions()), [[True, True, False, False, False]])


def test_a_seed_below_the_floor_makes_no_island():
    signal = np.array([[1.0, 1.2, 0.1]], np.float32)
    lowered, below = (pytest.warns(SkerryWarning, match=text) for text in ("lowered", "no seed is above the floor"))
    with lowered, below:
        assert not flooded(signal, MaskingOptions()).any()


@given(SIGNALS, st.sampled_from([1, 4, 9]))
def test_low_significance_islands_are_closed_then_measured(signal, size):
    assert_array_equal(
        faint(signal, size),
        plain_low_snr(signal, 1.75, size),
    )


def test_an_island_of_the_least_size_is_kept_and_a_smaller_one_is_not():
    signal = np.zeros((30, 30), np.float32)
    signal[3:7, 3:8] = 2
    signal[15:19, 15:20] = 2
    signal[15, 15] = 0
    mask = faint(signal, 20)
    assert mask[3:7, 3:8].all()
    assert mask.sum() == 20


def test_closing_bridges_gaps_of_noise():
    signal = np.zeros((20, 40), np.float32)
    signal[5:15, 5:18] = signal[5:15, 21:35] = 2
    assert faint(signal, 200).sum() >= 270


def test_closing_does_not_mask_an_invalid_pixel():
    signal = np.full((20, 20), 2, np.float32)
    signal[10, 10] = np.nan
    mask = faint(signal, 100)
    assert mask.sum() == 399
    assert not mask[10, 10]


def test_an_island_at_the_edge_of_the_image_loses_nothing():
    signal = np.zeros((20, 20), np.float32)
    signal[:, :5] = 2
    assert_array_equal(faint(signal, 100), signal > 0)


def test_a_region_may_be_left_out():
    signal = np.full((20, 20), 2, np.float32)
    region = np.zeros((20, 20), bool)
    region[:10] = True
    assert_array_equal(faint(signal, 100, region), ~region)


def test_diffuse_emission_without_a_bright_pixel_is_taken_if_asked():
    signal = np.zeros((60, 60), np.float32)
    signal[5:8, 5:8] = 10
    signal[20:50, 20:50] = 2
    options = {"flood_fill": True, "grow_low_snr_island_size": 500}
    assert flooded(signal, MaskingOptions(**options)).sum() == 9
    mask = flooded(signal, MaskingOptions(**options, grow_low_snr_island=True))
    assert mask.sum() == 909


def test_the_least_size_may_be_given_in_beams():
    signal = np.zeros((60, 60), np.float32)
    signal[5:8, 5:8] = 10
    signal[20:40, 20:40] = 2
    options = {"grow_low_snr_island": True, "grow_low_snr_island_clip": 1.75}
    masks = [flooded(signal, MaskingOptions(**options, grow_low_snr_island_beams=beams), 16.0) for beams in (25, 25.1)]
    assert [mask.sum() for mask in masks] == [409, 9]
    with pytest.raises(SkerryError, match="area of the beam"):
        flooded(signal, MaskingOptions(**options, grow_low_snr_island_beams=25))


def test_the_negative_image_is_flooded_alike_and_counted():
    signal = np.full((60, 60), -0.1, np.float32)
    signal[10:13, 10:13] = 9
    signal[30:33, 30:33], signal[40, 40], signal[40, 42] = -7, -6, -4
    with pytest.warns(SkerryNote, match="1 islands; by the same clips the negative image has 2"):
        islands = flood_mask(signal, MaskingOptions(flood_fill_count_negative=True))
    assert islands.negative == 2
    assert flood_mask(signal, MaskingOptions()).negative is None


@pytest.mark.parametrize("statistic", ["mac", "both"])
def test_emission_does_not_hide_what_is_negative_beside_it(statistic):
    """The minimum of the negative image is the brightest pixel of the image, but not that of its islands."""
    image = np.full((60, 60), 0.01, np.float32)
    image[::7, ::5], image[1::7, ::5] = 1, -1
    image[20:24, 20:24], image[30, 30] = 90, -7
    options = MaskingOptions(flood_fill_statistic=statistic, flood_fill_use_mac_box_size=31)
    with pytest.warns(SkerryNote, match="negative image has 1"):
        flood_mask(image, options.model_copy(update={"flood_fill_count_negative": True}))


def test_seeds_from_a_file_count_the_negative_islands_by_their_own_clip(files):
    signal = np.full((60, 60), -0.1, np.float32)
    signal[10, 10], signal[30, 30] = 6, -5
    path = write_fits(files / "y.signal.fits", signal, radio_header((60, 60), unit=None))
    for clip, negative in ((4.5, 1), (5.5, 0)):
        seeds = make_snr_mask(
            path, seeds=True, options=MaskingOptions(flood_fill_positive_seed_clip=clip), output=files / f"{clip}.fits"
        )
        with pytest.warns(SkerryNote):
            mask = make_flood_mask(
                path, seeds=seeds, options=MaskingOptions(flood_fill_count_negative=True), overwrite=True
            )
        assert fits.getheader(mask)["SKNEG"] == negative


def test_inputs_are_left_alone(rng):
    signal = rng.normal(0, 2, size=(40, 40)).astype(np.float32)
    seeds = signal > 4
    copies = signal.copy(), seeds.copy()
    flood_mask(signal, MaskingOptions(grow_low_snr_island=True, grow_low_snr_island_size=5), seeds=seeds)
    assert_array_equal(signal, copies[0])
    assert_array_equal(seeds, copies[1])


@pytest.fixture
def files(tmp_path, rng):
    """A signal image with islands, and the image it may have come from."""
    noise = ndimage.gaussian_filter(rng.normal(size=(80, 90)), 1.5)
    signal = (noise / noise.std()).astype(np.float32)
    signal[30:40, 30:44] += 6
    signal[60, 70] += 8
    signal[:, :3] = np.nan
    write_fits(tmp_path / "x.signal.fits", signal, radio_header((80, 90), unit=None))
    write_fits(tmp_path / "x.fits", signal * np.float32(2e-4), radio_header((1, 1, 80, 90)), ndim=4)
    write_fits(tmp_path / "x.rms.fits", np.full_like(signal, 2e-4), radio_header((80, 90)))
    return tmp_path


@pytest.mark.parametrize("clip", [4.5, 50.0])
def test_seeds_from_a_mask_give_the_same_islands(files, clip):
    options = MaskingOptions(flood_fill_positive_seed_clip=clip)
    signal = files / "x.signal.fits"
    with _no_warning() if clip < 10 else pytest.warns(SkerryWarning, match="lowered"):
        seeds = make_snr_mask(signal, seeds=True, options=options)
        alone = make_flood_mask(signal, output=files / "alone.fits", options=options)
    seeded = make_flood_mask(signal, seeds=seeds, output=files / "seeded.fits", options=options)
    assert_array_equal(fits.getdata(seeded), fits.getdata(alone))
    assert fits.getdata(alone).any()
    assert fits.getheader(seeded)["SKSEED"] == fits.getheader(alone)["SKSEED"]


def test_an_image_with_its_noise_gives_the_islands_of_the_signal(files):
    of_signal = make_flood_mask(files / "x.signal.fits", output=files / "a.fits")
    of_image = make_flood_mask(files / "x.fits", rms=files / "x.rms.fits", output=files / "b.fits")
    assert fits.getdata(of_image).shape == (1, 1, 80, 90)
    assert_array_equal(fits.getdata(of_image)[0, 0], fits.getdata(of_signal))


def test_sigma_is_never_compared_with_jansky(files):
    image = files / "x.fits"
    with pytest.raises(SkerryError, match="not in sigma"):
        make_flood_mask(image)
    with pytest.raises(SkerryError, match="need `signal`, or `rms`"):
        make_flood_mask(image, options=MaskingOptions(flood_fill_use_mac=True, grow_low_snr_island=True))
    with pytest.raises(SkerryError, match="both statistics need `signal`"):
        make_flood_mask(image, options=MaskingOptions(flood_fill_statistic="both"))
    with pytest.raises(SkerryError, match="not in sigma"):
        make_flood_mask(image, signal=image, options=MaskingOptions(flood_fill_use_mac=True, grow_low_snr_island=True))


@pytest.mark.parametrize("significance", ["signal", "rms"])
def test_low_significance_islands_with_the_minimum_absolute_clip_use_the_signal(files, significance):
    options = MaskingOptions(
        flood_fill_use_mac=True,
        flood_fill_use_mac_box_size=15,
        flood_fill_positive_seed_clip=1.5,
        flood_fill_positive_flood_clip=1.2,
        grow_low_snr_island=True,
        grow_low_snr_island_size=60,
    )
    given_file = {significance: files / f"x.{significance}.fits"}
    mask = fits.getdata(make_flood_mask(files / "x.fits", options=options, **given_file))[0, 0]
    image, signal = (np.squeeze(fits.getdata(files / f"x{kind}.fits")).astype("f4") for kind in ("", ".signal"))
    expected = plain_flood(minimum_absolute_clip(image, 1.5, 15), minimum_absolute_clip(image, 1.2, 15))
    low = plain_low_snr(signal, 1.75, 60)
    assert low.any()
    assert_array_equal(mask != 0, expected | low)


@pytest.mark.parametrize("significance", ["signal", "rms"])
def test_both_statistics_take_the_image_and_its_signal_or_its_noise(files, significance):
    options = MaskingOptions(flood_fill_statistic="both", flood_fill_use_mac_box_size=15)
    given_file = {significance: files / f"x.{significance}.fits"}
    mask = fits.getdata(make_flood_mask(files / "x.fits", options=options, **given_file))[0, 0]
    image, signal = (np.squeeze(fits.getdata(files / f"x{kind}.fits")).astype("f4") for kind in ("", ".signal"))
    seeds = (signal >= 4.5) & minimum_absolute_clip(image, 1.4, 15)
    assert seeds.any()
    assert_array_equal(mask != 0, plain_flood(seeds, (signal > 1.5) & minimum_absolute_clip(image, 0.3, 15)))
    seed_mask = make_snr_mask(files / "x.signal.fits", image=files / "x.fits", seeds=True, options=options)
    given_seeds = make_flood_mask(
        files / "x.fits", seeds=seed_mask, options=options, output=files / "y.fits", **given_file
    )
    assert_array_equal(fits.getdata(given_seeds)[0, 0], mask)


def test_files_without_a_use_are_refused(files):
    for use in ({"signal": files / "x.signal.fits"}, {"rms": files / "x.rms.fits"}):
        with pytest.raises(SkerryError, match="has no use"):
            make_flood_mask(files / "x.fits", options=MaskingOptions(flood_fill_use_mac=True), **use)


def test_the_history_tells_the_whole_chain(files):
    seeds = make_snr_mask(files / "x.signal.fits", seeds=True)
    header = fits.getheader(make_flood_mask(files / "x.signal.fits", seeds=seeds))
    steps = [line for line in header["HISTORY"] if line.startswith("skerry ")]
    assert [line.split()[-1] for line in steps] == ["snr-mask", "flood"]
    assert header["SKCMD"] == "flood"
    assert header["SKFLOOR"] == 1.5
