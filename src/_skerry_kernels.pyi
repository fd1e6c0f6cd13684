from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

_Floats: TypeAlias = NDArray[np.float32]
_Doubles: TypeAlias = NDArray[np.float64]
_Bytes: TypeAlias = NDArray[np.bool_] | NDArray[np.uint8]
_Bits: TypeAlias = NDArray[np.uint8]
_Ints: TypeAlias = NDArray[np.int32]
_Longs: TypeAlias = NDArray[np.int64]
_Words: TypeAlias = NDArray[np.uint64]
_Whole: TypeAlias = NDArray[np.integer[Any]]

def sector_depths(
    starts: _Longs,
    columns: _Ints,
    values: _Floats,
    places: _Longs,
    ring_of: NDArray[np.uint16],
    reach: int,
    depth: _Floats,
    /,
) -> None: ...
def raise_rounds(
    level: _Floats, places: _Longs, ring_of: NDArray[np.uint16], reach: int, depth: _Floats, /
) -> None: ...
def box_extremum(band: _Floats, first: int, before: int, after: int, maximum: bool, target: _Floats, /) -> None: ...
def box_minimum_at(band: _Floats, places: _Longs, before: int, after: int, target: _Floats, /) -> None: ...
def box_skewed(band: _Floats, first: int, before: int, after: int, fraction: float, target: _Bytes, /) -> None: ...
def count_in_cells(rows: _Floats, positive: _Bits, valid: _Bits, /) -> None: ...
def skew_of_cells(
    positive: _Bits,
    valid: _Bits,
    ny: int,
    nx: int,
    first: int,
    before: int,
    after: int,
    fraction: float,
    target: _Bits,
    /,
) -> None: ...
def erode_bits(bits: _Bits, nx: int, chords: _Ints, first: int, out: _Bits, /) -> None: ...
def dilate_bits(bits: _Bits, nx: int, chords: _Ints, first: int, out: _Bits, /) -> None: ...
def set_bit(bits: _Bits, bit: int, out: _Whole, /) -> None: ...
def pack_pixels(pixels: _Bytes, inverted: bool, bits: _Bits, per_row: _Ints, /) -> int: ...
def count_runs(bits: _Bits, nx: int, per_row: _Ints, /) -> int: ...
def find_runs(bits: _Bits, nx: int, starts: _Ints, ends: _Ints, /) -> None: ...
def link_runs(
    per_row: _Ints,
    starts: _Ints,
    ends: _Ints,
    labels: _Ints,
    above_starts: _Ints,
    above_ends: _Ints,
    above_labels: _Ints,
    corners: bool,
    parent: _Ints,
    count: int,
    /,
) -> int: ...
def number_islands(parent: _Ints, /) -> int: ...
def clear_runs(bits: _Bits, nx: int, labels: _Ints, keep: _Bytes, /) -> None: ...
def paint_runs(bits: _Bits, labels: _Ints, island: _Ints, out: _Ints, /) -> None: ...
def any_of_runs(pixels: _Bytes, per_row: _Ints, starts: _Ints, ends: _Ints, out: NDArray[np.uint8], /) -> None: ...
def any_set_in_runs(
    bits: _Bits, nx: int, per_row: _Ints, starts: _Ints, ends: _Ints, out: NDArray[np.uint8], /
) -> None: ...
def sums_of_runs(pixels: _Floats, per_row: _Ints, starts: _Ints, ends: _Ints, out: _Doubles, /) -> None: ...
def ranks_of_runs(pixels: _Floats, per_row: _Ints, starts: _Ints, ends: _Ints, out: _Words, /) -> None: ...
def above_level(image: _Floats, level: _Floats, factor: float, target: _Bytes, /) -> None: ...
def marks_above_level(
    image: _Floats, level: _Floats, seed: float, floor: float, marks: NDArray[np.uint8], /
) -> None: ...
def signal_marks(signal: _Floats, seed: float, flood: float, marks: NDArray[np.uint8], /) -> None: ...
def smoothed_marks(
    smooth: _Floats,
    minimum: _Floats,
    signal: _Floats,
    unit: float,
    flood_factor: float,
    flood_clip: float,
    pixel_clip: float,
    seed_factor: float,
    seed_clip: float,
    marks: NDArray[np.uint8],
    /,
) -> None: ...
def flat_rows(band: _Floats, first: int, limit: float, target: _Bytes, /) -> int: ...
def measure_boxes(
    image: _Floats,
    masked: _Bytes | None,
    width: int,
    asked: _Bytes | None,
    rms: _Floats,
    level: _Floats,
    used: _Ints,
    /,
) -> None: ...
def mark_above_mesh(
    mesh: _Floats,
    weights: _Floats,
    bounds: _Floats,
    image: _Floats,
    height: int,
    width: int,
    first: int,
    level: float,
    floor: float,
    seed: float,
    both: bool,
    marks: _Bits,
    /,
) -> None: ...
def signal_over_mesh(
    rms: _Floats,
    level: _Floats,
    weights: _Floats,
    bounds: _Floats | None,
    valid: _Bits | None,
    image: _Floats,
    height: int,
    width: int,
    first: int,
    out: _Floats,
    /,
) -> None: ...
def spread_mesh(
    mesh: _Floats,
    weights: _Floats,
    bounds: _Floats | None,
    valid: _Bits | None,
    height: int,
    width: int,
    first: int,
    out: _Floats,
    /,
) -> None: ...
def signal_to_noise(image: _Floats, bkg: _Floats | None, rms: _Floats, signal: _Floats, /) -> None: ...
def swap_words(source: _Floats, target: _Floats, /) -> None: ...
def extremes_and_valid(values: _Floats, /) -> tuple[float, float, int]: ...
def pack_words(rows: _Whole, first: int, width: int, bits: _Words, /) -> tuple[int, int]: ...
def spread_nodes(nodes: _Doubles, half: int, first: int, out: _Doubles, /) -> None: ...
def spread_powers(start: _Doubles, ratio: _Doubles, change: _Doubles, cell: int, out: _Doubles, /) -> None: ...
def spline_coefficients(rows: _Floats, first: int, out: _Floats, /) -> None: ...
def add_spline(
    coefficients: _Floats,
    valid: _Bytes | None,
    weight: _Floats | None,
    top: int,
    left: int,
    ny: int,
    nx: int,
    x: _Doubles,
    y: _Doubles,
    response: _Doubles | None,
    cutoff: float,
    column: int,
    total: _Floats,
    sums: _Floats,
    /,
) -> int: ...
def sample_cells(
    x: _Doubles,
    y: _Doubles,
    bounds: _Doubles,
    step: int,
    bits: _Words,
    ranks: NDArray[np.uint32],
    starts: _Longs,
    values: _Whole,
    constant: int,
    nx: int,
    first: int,
    out: _Whole,
    unsure: _Bytes,
    /,
) -> None: ...
def close_boxes(pixels: _Bytes, before: int, after: int, opening: bool, first: int, out: _Bytes, /) -> None: ...
def without_rims(
    signal: _Floats,
    first: int,
    clip: float,
    factor: float,
    reach: int,
    taps: _Floats,
    least: float,
    smooth_factor: float,
    kept: NDArray[np.bool_],
    /,
) -> None: ...
def smooth_rows(band: _Floats, first: int, ny: int, taps: _Floats, step: int, start: int, out: _Floats, /) -> None: ...
def shrink_rows(
    band: _Floats,
    first: int,
    ny: int,
    taps: _Floats,
    step: int,
    pad: int,
    start: int,
    out: _Floats,
    out_weight: _Floats,
    /,
) -> None: ...
def spread_rows(
    values: _Floats,
    weight: _Floats,
    first: int,
    taps: _Floats,
    start: int,
    stop: int,
    every: int,
    image: _Floats,
    out: _Floats,
    /,
) -> None: ...
