"""Values that a pass over a signal puts aside for the pixels of a mask."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

from skerry import MaskingOptions
from skerry.filters.connected_pixels import Islands
from skerry.filters.island_tables import Peaks
from skerry.masking import kept_values
from skerry.masking.flood import flood_mask
from skerry.masking.kept_values import KeptValues, peaks_of
from skerry.planes.bits import BitMask
from skerry.planes.computed import Computed


def mask_of(pixels):
    mask = BitMask(pixels.shape)
    mask[0 : len(pixels)] = pixels
    return mask


def kept_of(values, within, height):
    """Values of the pixels of a mask, put aside some rows at a time, the last rows first."""
    kept = KeptValues(values.shape)
    for start in reversed(range(0, len(values), height)):
        kept.keep(start, values[start : start + height][within[start : start + height]])
    kept.finish(mask_of(within))
    return kept


def unreadable(shape):
    def rows(_start, _stop):
        raise AssertionError("the signal is read")

    return Computed(shape, np.float32, rows)


def peaks(mask, table):
    Islands(mask, [table])
    return table.values_and_places()


@given(st.integers(0, 2**32 - 1), st.integers(1, 40), st.integers(1, 70), st.integers(1, 50))
def test_peaks_of_kept_values_are_those_of_the_signal(seed, ny, nx, height):
    rng = np.random.default_rng(seed)
    # Of few values, so that several pixels of an island are equally high; zeros of both signs.
    values = np.copysign(rng.integers(0, 4, (ny, nx)), rng.choice([-1, 1], (ny, nx))).astype(np.float32)
    mask = rng.random((ny, nx)) < rng.random() ** 2 / 4
    within = mask | (rng.random((ny, nx)) < 0.1)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(kept_values, "_KEPT_SHARE", 1)
        kept = kept_of(values, within, height)
    found = peaks(mask_of(mask), peaks_of(mask_of(mask), unreadable(values.shape), kept))
    for one, other in zip(found, peaks(mask_of(mask), Peaks(values)), strict=True):
        assert_array_equal(one, other)


def test_a_mask_with_a_pixel_more_is_looked_for_in_the_signal():
    values, within = np.arange(64, dtype=np.float32).reshape(4, 16), np.zeros((4, 16), bool)
    within[1, 3:5] = True
    kept, mask = kept_of(values, within, 4), within.copy()
    assert kept.has(mask_of(mask))
    mask[2, 5] = True
    assert not kept.has(mask_of(mask))
    value, place = peaks(mask_of(mask), peaks_of(mask_of(mask), values, kept))
    assert value[1] == values[2, 5]
    assert_array_equal(place[1], [2, 5])


def test_of_too_many_pixels_none_are_kept():
    values, within = np.ones((8, 16), np.float32), np.zeros((8, 16), bool)
    within[3, :8] = True
    assert kept_of(values, within, 2).has(mask_of(within))
    within[4, 0] = True
    kept = kept_of(values, within, 2)
    assert not kept.has(mask_of(within))


def test_a_flood_is_the_same_whether_values_are_kept_or_not(rng, monkeypatch):
    y, x = np.mgrid[:400, :400]
    signal = rng.normal(size=(400, 400)).astype(np.float32)
    for row, column, height in ((200, 200, 900), (60, 70, 30), (330, 90, 12)):
        signal += height * np.exp(-4 * np.log(2) * ((y - row) ** 2 + (x - column) ** 2) / 25).astype(np.float32)
    # Of opposite signs on both sides of the bright source.
    signal[200:203, 230:240] += 40
    signal[198:201, 161:171] -= 50
    options = MaskingOptions(
        flood_fill=True,
        flood_fill_statistic="both",
        flood_fill_smooth_beams=0.5,
        suppress_artefacts=True,
        flood_fill_positive_seed_clip=5,
    )
    used, made = [], []
    peaks_by = kept_values.KeptValues.has
    monkeypatch.setattr(KeptValues, "has", lambda kept, mask: used.append(peaks_by(kept, mask)) or used[-1])
    for share in (1, 1 << 30):
        monkeypatch.setattr(kept_values, "_KEPT_SHARE", share)
        found = flood_mask(signal, options, pixels_per_beam=28)
        made.append((np.asarray(found.mask), found.suppressed))
    assert used == [True, False]
    assert made[0][0].any()
    assert made[0][1] == made[1][1]
    assert_array_equal(made[0][0], made[1][0])
