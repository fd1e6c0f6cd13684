"""Planes give the same rows however they are cut, in bands that fit into the memory."""

from __future__ import annotations

import threading
import time

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

from skerry import SkerryError
from skerry.planes import bands as bands_module
from skerry.planes.bands import each_band, map_bands
from skerry.planes.bits import BitMask, check_masks_of, give_back_freed
from skerry.planes.computed import Computed, by_strips, collect, pixelwise, window
from skerry.planes.limits import LEAST_MEMORY, kept_by_masks, use_limits
from skerry.planes.plane import Needs, needs_of
from skerry.planes.rolling import RollingRows, chunks

GB = 10**9


def plane_of(shape, **needs):
    """Plane of zeros that nobody holds."""
    return Computed(shape, np.float32, lambda a, b: np.zeros((b - a, shape[1]), np.float32), **needs)


def cut(plane):
    """Bands of a plane, and the threads that work on them."""
    return bands_module._cut(plane.shape, plane.needs, plane.dtype.itemsize)


def numbered(ny=50, nx=3):
    """Image of which every pixel is another."""
    return np.arange(ny * nx, dtype=np.float32).reshape(ny, nx)


def test_rows_are_computed_when_they_are_asked_for():
    asked = []

    def rows(start, stop):
        asked.append((start, stop))
        return numbered()[start:stop] + 1

    plane = Computed((50, 3), np.float32, rows)
    assert asked == []
    assert_array_equal(plane[7:9], numbered()[7:9] + 1)
    assert asked == [(7, 9)]


@pytest.mark.parametrize("rows", [slice(None), slice(48, 99), slice(30, 20), slice(-3, None)])
def test_rows_are_counted_as_those_of_an_array(rows):
    image = numbered()
    assert_array_equal(Computed((50, 3), np.float32, lambda a, b: image[a:b])[rows], image[rows])
    mask = BitMask.of(image > 20)
    assert_array_equal(mask[rows], (image > 20)[rows])
    mask.set_rows(rows)
    expected = image > 20
    expected[rows] = True
    assert_array_equal(mask.bits, np.packbits(expected, axis=1))


def test_needs_are_those_of_the_worst_moment_along_a_chain():
    image = numbered().astype(">f4")
    first = Computed(image.shape, np.float32, lambda a, b: image[a:b], [image], around=6, cost=2, cost_around=3)
    # The image's rows, the work and the result, each with the rows around but for the result.
    assert first.needs == Needs(a_row=4 + 2 + 3 + 4, besides=6 * (4 + 3), around=6, again=0)
    second = Computed(image.shape, bool, lambda a, b: first[a:b] > 0, [first, image], around=8, cost_around=1)
    # Nothing takes as much as the first plane does while it is computed, with eight rows more.
    assert second.needs == Needs(first.needs.a_row, first.needs.besides + 8 * first.needs.a_row, 14, again=8)
    third = Computed(image.shape, np.float64, lambda a, b: second[a:b] * 0.5, [image, second], cost=20)
    assert third.needs == Needs(4 + 1 + 20 + 8, second.needs.besides, 14, again=8)


def test_what_is_only_read_needs_its_own_rows_if_they_are_not_there():
    assert needs_of(numbered()) == Needs(0)
    assert needs_of(numbered()[:, ::2]) == needs_of(numbered().astype(">f4")) == Needs(4)
    assert needs_of(BitMask((3, 5))) == Needs(1)
    assert needs_of(pixelwise(np.isfinite, numbered().T, dtype=bool)) == Needs(4 + 1, again=0)


def test_an_array_is_given_back_and_a_plane_computed(band_rows):
    image = numbered()
    assert collect(image) is image
    plane = Computed(image.shape, image.dtype, lambda a, b: image[a:b] * 2, [image])
    assert_array_equal(collect(plane), image * 2)
    assert_array_equal(np.asarray(plane), image * 2)
    assert np.asarray(plane, dtype=np.float64).dtype == np.float64


@pytest.mark.parametrize(("start", "stop", "expected"), [(0, 2, (0, 3)), (5, 6, (3, 7)), (49, 50, (47, 50))])
def test_rows_around_end_at_the_edge(start, stop, expected):
    image = numbered()
    band, inner = window(image, start, stop, 2, 1)
    assert_array_equal(band, image[slice(*expected)])
    assert_array_equal(band[inner], image[start:stop])


@pytest.mark.parametrize("width", [1, 7, 8, 9, 15, 16, 17, 64, 65])
def test_bits_are_a_mask_of_any_width(rng, width, band_rows):
    mask = rng.random((11, width)) > 0.5
    bits = BitMask.of(mask)
    assert_array_equal(bits[0:11], mask)
    assert bits[3:5].dtype == bool
    assert_array_equal(np.asarray(bits), mask)
    assert bits.count() == np.count_nonzero(mask)
    assert bits.bits.nbytes == 11 * -(-width // 8)
    assert not np.unpackbits(bits.bits, axis=1)[:, width:].any()


def test_a_mask_is_empty_until_a_pixel_is_set():
    bits = BitMask((9, 5))
    assert not bits.any()
    assert bits.count() == 0
    bits[8:9] = np.array([[False, False, False, False, True]])
    assert bits.any()
    assert bits.count() == 1
    assert_array_equal(np.argwhere(bits[:]), [[8, 4]])


@pytest.mark.parametrize("shape", [(1, 1), (1, 40), (40, 1), (7, 5), (1000, 3)])
def test_bands_cover_a_plane_once(shape, band_rows):
    found, _ = cut(plane_of(shape))
    assert [row for band in found for row in range(band.start, band.stop)] == list(range(shape[0]))


def test_bands_come_in_order_though_a_later_one_is_ready_first(monkeypatch):
    monkeypatch.setattr(bands_module, "_band_rows", lambda *_: (1, 2))
    image = numbered(6)

    def rows(start, stop):
        time.sleep(0.02 if start % 2 == 0 else 0)
        return image[start:stop]

    found = list(each_band(Computed(image.shape, image.dtype, rows)))
    assert [band.start for band, _ in found] == list(range(6))
    assert_array_equal(np.vstack([values for _, values in found]), image)


def test_bands_are_computed_by_several_threads(monkeypatch):
    """Each of two bands waits until the other is begun."""
    monkeypatch.setattr(bands_module, "_band_rows", lambda *_: (1, 2))
    both = threading.Barrier(2, timeout=30)
    assert list(map_bands(lambda _: both.wait() >= 0, plane_of((2, 1)))) == [True, True]


@pytest.mark.parametrize("workers", [1, 2, 3])
def test_no_more_bands_are_held_than_were_counted(monkeypatch, workers):
    """A band for each thread, and one that waits for its turn or is being used."""
    monkeypatch.setattr(bands_module, "_band_rows", lambda *_: (1, workers))
    lock, begun, most = threading.Lock(), 0, 0
    used = 0

    def work(band):
        nonlocal begun, most
        with lock:
            begun += 1
            most = max(most, begun - used)

    for _ in map_bands(work, plane_of((40, 1))):
        time.sleep(0.002)
        with lock:
            used += 1
    assert begun == 40
    assert most <= workers + 1


@pytest.mark.parametrize("workers", [1, 2])
def test_an_error_in_a_band_is_that_of_the_first_band_with_one(monkeypatch, workers):
    monkeypatch.setattr(bands_module, "_band_rows", lambda *_: (1, workers))

    def rows(start, stop):
        if start >= 3:
            raise SkerryError(f"row {start}")
        return np.zeros((stop - start, 1), np.float32)

    done = []
    with pytest.raises(SkerryError, match="row 3"):
        done.extend(band.start for band, _ in each_band(Computed((9, 1), np.float32, rows)))
    assert done == [0, 1, 2]


def test_no_thread_goes_on_after_one_has_seen_enough(monkeypatch):
    monkeypatch.setattr(bands_module, "_band_rows", lambda *_: (1, 2))
    before = threading.active_count()
    begun = []
    results = map_bands(lambda band: begun.append(band.start), plane_of((500, 1)))
    next(results)
    results.close()
    assert threading.active_count() == before
    assert len(begun) < 10


shapes = st.tuples(st.integers(1, 50_000), st.integers(1, 50_000))


@given(shapes, st.integers(0, 3000), st.integers(0, 200), st.integers(LEAST_MEMORY, 20 * GB), st.integers(1, 64))
def test_what_is_in_progress_fits_into_the_memory(shape, halo, cost, memory, threads):
    plane = plane_of(shape, around=2 * halo, cost_around=cost)
    left = memory - 120_000_000 - 3 * shape[0] * shape[1] / 8
    with use_limits(memory, threads):
        try:
            found, workers = cut(plane)
        except SkerryError:
            # Not one row with those it needs, though most of what is left may be used.
            assert (min(2 * halo, shape[0]) * cost + cost + 4) * shape[1] > 0.6 * left - shape[1]
            return
    assert 1 <= workers <= threads
    rows = found[0].stop
    assert max(band.stop - band.start for band in found) == rows
    computed = workers * (rows * (cost + 4) + min(2 * halo, shape[0]) * cost)
    waiting = 2 * rows * 4 if workers > 1 else 0
    assert (computed + waiting) * shape[1] <= 0.6 * left


@given(shapes, st.integers(0, 3000), st.integers(0, 200), st.integers(LEAST_MEMORY, 20 * GB))
@example((40000, 40000), 800, 4, LEAST_MEMORY)
def test_the_memory_that_an_error_asks_for_is_enough(shape, halo, cost, memory):
    plane = plane_of(shape, around=2 * halo, cost_around=cost)
    with use_limits(memory, 2):
        try:
            cut(plane)
        except SkerryError as error:
            asked = str(error).split("give ")[1].split("GB")[0]
        else:
            return
    with use_limits(int(float(asked) * GB), 2):
        assert cut(plane)


def test_fewer_threads_rather_than_bands_that_are_mostly_halo():
    plane = plane_of((32768, 32768), around=300, cost_around=16)
    with use_limits(2 * GB, 64):
        found, workers = cut(plane)
    assert found[0].stop >= plane.needs.around
    assert workers < 64
    with use_limits(20 * GB, 8):
        assert cut(plane)[1] == 8


def test_work_on_an_array_takes_nothing_and_is_cut_into_bands_of_use():
    image = np.zeros((3000, 2000), np.float32)
    with use_limits(LEAST_MEMORY, 2):
        assert sum(map_bands(lambda rows: rows.stop - rows.start, image)) == 3000


def test_bands_of_masks_are_higher_than_those_of_an_image():
    bits, values = BitMask((4096, 4096)), plane_of((4096, 4096))

    def bands(*planes):
        return len(list(map_bands(lambda rows: rows, *planes)))

    with use_limits(2 * GB, 2):
        assert bands(bits) == bands(bits, bits.copy()) == 8
        assert bands(values) == bands(bits, values) == 32


@pytest.mark.parametrize("height", [1, 7, 32, 100])
def test_bands_of_whole_boxes_are_no_higher_than_others(height):
    plane = plane_of((32768, 1000))
    with use_limits(2 * GB, 8):
        whole, others = (bands_module._cut(plane.shape, plane.needs, 4, multiple)[0] for multiple in (height, 1))
    assert others[0].stop - height < whole[0].stop <= others[0].stop
    assert all(band.start % height == 0 for band in whole)
    assert sum(band.stop - band.start for band in whole) == 32768


@pytest.mark.parametrize("function", [np.add, lambda some, other: some + other], ids=["ufunc", "function"])
@pytest.mark.parametrize("shape", [(3, 70_000), (2, 65_536), (7, 30_000), (1, 5), (0, 4)])
def test_what_is_done_by_strips_is_done_to_every_pixel_once(function, shape, rng):
    some, other = rng.random((2, *shape))
    assert_array_equal(by_strips(function, some, other, dtype=np.float32), (some + other).astype(np.float32))


def test_functions_of_pixels_are_given_few_of_them_at_a_time():
    rows = []

    def function(band):
        rows.append(len(band))
        return band

    by_strips(function, np.zeros((7, 30_000)), dtype=float)
    assert rows == [2, 2, 2, 1]


def test_a_small_image_is_one_band():
    with use_limits(2 * GB, 8):
        assert cut(plane_of((300, 300), around=10))[0] == [slice(0, 300)]
        assert cut(plane_of((300, 0)))[0] == [slice(0, 300)]


def test_a_window_that_does_not_fit_is_named_with_what_would():
    with (
        use_limits(LEAST_MEMORY, 2),
        pytest.raises(
            SkerryError,
            match=r"`memory`: 0\.2GB are too few for windows of 801 rows of 40000 pixels and masks of the whole image; "
            r"give \d+\.\dGB",
        ),
    ):
        cut(plane_of((40000, 40000), around=800, cost_around=4))


@pytest.mark.parametrize("behind", [0, 3, 40])
def test_rows_that_roll_on_are_made_where_they_are_kept(behind):
    image = numbered(200)

    def into(start, stop, out):
        out[:] = image[start:stop]

    def never(start, stop):
        raise AssertionError

    held = RollingRows(Computed(image.shape, image.dtype, never, into=into), behind=behind)
    for chunk in chunks(slice(0, 200), 7):
        band, within = window(held, chunk.start, chunk.stop, 11, 4)
        assert_array_equal(band[within], image[chunk])
        assert_array_equal(band, image[max(0, chunk.start - 11) : chunk.stop + 4])
    assert_array_equal(held[5:9], image[5:9])


def test_rows_that_are_asked_for_in_order_are_computed_once():
    image = np.arange(60).reshape(20, 3)
    asked = []

    def rows(start, stop):
        asked.append((start, stop))
        return image[start:stop]

    held = RollingRows(Computed(image.shape, image.dtype, rows), behind=2)
    for wanted in (slice(0, 4), slice(3, 8), slice(4, 8), slice(6, 9), slice(9, 9), slice(9, 12), slice(18, 20)):
        assert_array_equal(held[wanted], image[wanted])
    assert asked == [(0, 4), (4, 8), (8, 9), (9, 12), (18, 20)]
    assert_array_equal(held[1:3], image[1:3])
    assert list(chunks(slice(3, 8), 2)) == [slice(3, 5), slice(5, 7), slice(7, 8)]


@pytest.mark.parametrize("apart", [1, 1 << 20])
def test_masks_with_memory_of_their_own_are_as_others(rng, monkeypatch, apart):
    monkeypatch.setattr("skerry.planes.bits._APART", apart)
    one, other = rng.random((2, 37, 45)) < 0.3
    assert not BitMask((37, 45)).any()
    kept = BitMask.of(one)
    copied = kept.copy()
    copied.add(pixelwise(np.logical_or, other, other, dtype=bool))
    give_back_freed(kept.shape)
    assert_array_equal(kept, one)
    assert_array_equal(copied, one | other)
    copied.add(BitMask.of(one))
    assert copied.count() == np.count_nonzero(one | other)


LARGE = (30_000, 30_000)
"""Of a mask of 112 MB, no page of which is touched."""


def test_a_large_mask_that_does_not_fit_beside_others_is_refused():
    with use_limits(memory=500_000_000):
        masks = [BitMask(LARGE) for _ in range(3)]
        told = r"`memory`: 0.5GB are too few for the masks of the whole image .* 0.11GB each; give 1.0GB"
        with pytest.raises(SkerryError, match=told):
            BitMask(LARGE)
        check_masks_of((500, 500), 1000)
        del masks
        check_masks_of(LARGE, 3)
        with pytest.raises(SkerryError, match=told):
            check_masks_of(LARGE, 4)
    assert kept_by_masks() == 0


def test_bands_leave_room_for_the_masks_that_there_are():
    needs = Needs(10)
    with use_limits(memory=1_500_000_000, threads=1):
        wide = bands_module._band_rows(LARGE, needs, 0, 1 << 30)[0]
        masks = [BitMask(LARGE) for _ in range(7)]
        narrow = bands_module._band_rows(LARGE, needs, 0, 1 << 30)[0]
        assert (wide - narrow) * needs.a_row * LARGE[1] == pytest.approx(0.6 * 4 * masks[0].bits.size, rel=0.01)
