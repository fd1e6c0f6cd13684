"""The compiled functions of masks, their runs and their bits: what they take, and what they give."""

from __future__ import annotations

from typing import Any

import numpy as np
from faces import BYTES, WHOLE, Arguments, Face, root_of
from faces_of_images import Result, image, some_rows
from numpy.random import Generator
from numpy.typing import NDArray

EIGHT = np.array([[False, False, False], [False, True, False], [False, False, False]])


def mask(rng: Generator, ny: int, nx: int) -> NDArray[np.bool_]:
    """Blots, or single pixels."""
    share = rng.choice([0.1, 0.5, 0.9])
    if rng.random() < 0.5:
        return rng.random((ny, nx)) < share
    return np.repeat(rng.random((ny, -(-nx // 5))) < share, 5, axis=1)[:, :nx].copy()


def bits_of(pixels: NDArray[Any]) -> NDArray[np.uint8]:
    return np.packbits(pixels != 0, axis=1).reshape(len(pixels), -(-pixels.shape[1] // 8))


def pixels_of(bits: NDArray[np.uint8], nx: int) -> NDArray[np.bool_]:
    return np.unpackbits(bits, axis=1, count=nx).astype(bool).reshape(len(bits), nx)


def runs_of(pixels: NDArray[Any]) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int32]]:
    """Number of runs of each row, first columns, and the columns beyond."""
    padded = np.zeros((pixels.shape[0], pixels.shape[1] + 2), np.int8)
    padded[:, 1:-1] = pixels != 0
    change = np.diff(padded, axis=1)
    per_row = (change > 0).sum(axis=1, dtype=np.int32)
    return per_row, np.nonzero(change > 0)[1].astype(np.int32), np.nonzero(change < 0)[1].astype(np.int32)


def run_at(pixels: NDArray[Any]) -> NDArray[np.int64]:
    """Number of the run of each pixel, -1 where there is none."""
    begins = (pixels != 0) & ~np.pad(pixels != 0, ((0, 0), (1, 0)))[:, :-1]
    return np.where(pixels != 0, begins.ravel().cumsum().reshape(pixels.shape) - 1, -1)


def _with_bit_beyond(a: Arguments) -> Any:
    """Bits of which one is set beyond the last column."""
    nx = a["nx"] if "nx" in a else a["out"].shape[1]
    if nx % 8 == 0 or not len(a["bits"]):
        return None
    spoiled = a["bits"].copy()
    spoiled[-1, -1] |= 1
    return spoiled


# --- runs


def _pack(rng: Generator, ny: int, nx: int) -> Arguments:
    bits = np.full((ny, -(-nx // 8)), 0xFF, np.uint8)
    made = {"pixels": mask(rng, ny, nx) * np.uint8(3), "inverted": bool(rng.random() < 0.5)}
    return made | {"bits": bits, "per_row": np.zeros(ny, np.int32)}


def _plain_pack(pixels: Any, inverted: bool, bits: Any, per_row: Any) -> Result:
    is_set = (pixels == 0) if inverted else (pixels != 0)
    number = runs_of(is_set)[0]
    return int(number.sum()), {"bits": bits_of(is_set), "per_row": number}


def _find(rng: Generator, ny: int, nx: int) -> Arguments:
    pixels = mask(rng, ny, nx)
    total = runs_of(pixels)[0].sum()
    return {"bits": bits_of(pixels), "nx": nx, "starts": np.zeros(total, np.int32), "ends": np.zeros(total, np.int32)}


def _plain_find(bits: Any, nx: int, starts: Any, ends: Any) -> Result:
    _, first, beyond = runs_of(pixels_of(bits, nx))
    return None, {"starts": first, "ends": beyond}


def _count(rng: Generator, ny: int, nx: int) -> Arguments:
    return {"bits": bits_of(mask(rng, ny, nx)), "nx": nx, "per_row": np.ones(ny, np.int32)}


def _plain_count(bits: Any, nx: int, per_row: Any) -> Result:
    number = runs_of(pixels_of(bits, nx))[0]
    return int(number.sum()), {"per_row": number}


def _both_longer(name: str, other: str) -> Any:
    """Make both arrays longer: what is wrong is then how they fit the runs."""

    def spoil(a: Arguments) -> Any:
        a[other] = np.append(a[other], a[other][-1:] if a[other].size else np.zeros(1, a[other].dtype))
        return np.append(a[name], a[name][-1:] if a[name].size else np.zeros(1, a[name].dtype))

    return spoil


def _link(rng: Generator, ny: int, nx: int) -> Arguments:
    """The rows of a mask below its first, which is labelled; some labels have parents."""
    pixels = mask(rng, ny + 1, nx)
    per_row, starts, ends = runs_of(pixels)
    above = per_row[0]
    parent = np.zeros(starts.size + 2, np.int32)
    parent[: above + 2] = [rng.integers(0, n + 1) for n in range(above + 2)]
    labels = rng.permutation(above + 2).astype(np.int32)[:above]
    made = {"per_row": per_row[1:], "starts": starts[above:], "ends": ends[above:]}
    made |= {"labels": np.zeros(starts.size - above, np.int32), "above_starts": starts[:above]}
    made |= {"above_ends": ends[:above], "above_labels": labels, "corners": bool(rng.random() < 0.5)}
    return made | {"parent": parent, "count": int(above + 2)}


def _plain_link(
    per_row: Any,
    starts: Any,
    ends: Any,
    labels: Any,
    above_starts: Any,
    above_ends: Any,
    above_labels: Any,
    corners: bool,
    parent: Any,
    count: int,
) -> Result:
    """The label of a run, and the roots of all labels; parents between are a matter of the loop."""
    parent, linked, reach = parent.copy(), [], int(corners)
    above = list(zip(above_starts, above_ends, above_labels, strict=True))
    runs = iter(zip(starts, ends, strict=True))
    for number in per_row:
        row = []
        for start, end in (next(runs) for _ in range(number)):
            roots = {
                root_of(parent, label)
                for first, beyond, label in above
                if first < end + reach and beyond > start - reach
            }
            if not roots:
                parent[count] = count
                roots = {count}
                count += 1
            for one in roots:
                parent[one] = min(roots)
            row.append((start, end, min(roots)))
        linked += [label for _, _, label in row]
        above = row
    return count, {"labels": np.array(linked, np.int32), "parent": parent}


def _parent_after_its_label(a: Arguments) -> Any:
    """The parents, of which that of a label above that a run touches is none."""
    first = slice(a["per_row"][0] if a["per_row"].size else 0)
    for start, end in zip(a["starts"][first], a["ends"][first], strict=True):
        touched = np.flatnonzero((a["above_starts"] < end) & (a["above_ends"] > start))
        if touched.size:
            spoiled = a["parent"].copy()
            spoiled[a["above_labels"][touched[0]]] = a["count"]
            return spoiled
    return None


def _entry(name: str, value: Any, at: int = -1) -> Any:
    """The array with a wrong entry."""

    def spoil(a: Arguments) -> Any:
        if not a[name].size:
            return None
        spoiled = a[name].copy()
        spoiled[at] = value(a) if callable(value) else value
        return None if np.array_equal(spoiled, a[name]) else spoiled

    return name, spoil


def _number(rng: Generator, ny: int, nx: int) -> Arguments:
    return {"parent": np.array([rng.integers(0, n + 1) for n in range(ny * nx)], np.int32)}


def _plain_number(parent: Any) -> Result:
    roots = [root_of(parent, label) for label in range(parent.size)]
    number = {root: n for n, root in enumerate(sorted(set(roots)), start=1)}
    return len(number), {"parent": np.array([number[root] for root in roots], np.int32)}


def _clear(rng: Generator, ny: int, nx: int) -> Arguments:
    pixels = mask(rng, ny, nx)
    keep = (rng.random(rng.integers(1, 9)) < 0.5).astype(np.uint8)
    labels = rng.integers(0, keep.size, runs_of(pixels)[0].sum()).astype(np.int32)
    return {"bits": bits_of(pixels), "nx": nx, "labels": labels, "keep": keep}


def _plain_clear(bits: Any, nx: int, labels: Any, keep: Any) -> Result:
    run = run_at(pixels_of(bits, nx))
    kept = np.append(keep[labels], 0)[run] != 0
    return None, {"bits": bits_of(kept)}


def _paint(rng: Generator, ny: int, nx: int) -> Arguments:
    pixels = mask(rng, ny, nx)
    island = rng.integers(1, 100, rng.integers(1, 9)).astype(np.int32)
    labels = rng.integers(0, island.size, runs_of(pixels)[0].sum()).astype(np.int32)
    return {"bits": bits_of(pixels), "labels": labels, "island": island, "out": np.zeros((ny, nx), np.int32)}


def _plain_paint(bits: Any, labels: Any, island: Any, out: Any) -> Result:
    return None, {"out": np.append(island[labels], 0).astype(np.int32)[run_at(pixels_of(bits, out.shape[1]))]}


# --- facts of runs


def _facts(rng: Generator, ny: int, nx: int, dtype: type, pixels: NDArray[Any]) -> Arguments:
    per_row, starts, ends = runs_of(mask(rng, ny, nx))
    return {"pixels": pixels, "per_row": per_row, "starts": starts, "ends": ends, "out": np.zeros(starts.size, dtype)}


def _any(rng: Generator, ny: int, nx: int) -> Arguments:
    return _facts(rng, ny, nx, np.uint8, rng.integers(0, 4, (ny, nx)).astype(np.uint8))


def _any_set(rng: Generator, ny: int, nx: int) -> Arguments:
    made = _any(rng, ny, nx)
    pixels = made.pop("pixels")
    return {"bits": bits_of(pixels), "nx": nx, **made}


def _sums(rng: Generator, ny: int, nx: int) -> Arguments:
    return _facts(rng, ny, nx, np.float64, image(rng, ny, nx))


def _ranks(rng: Generator, ny: int, nx: int) -> Arguments:
    pixels = np.nan_to_num(image(rng, ny, nx), nan=-7)
    return _facts(rng, ny, nx, np.uint64, pixels)


def _each_run(pixels: Any, per_row: Any, starts: Any, ends: Any) -> list[tuple[int, int, Any]]:
    """Row, first column and pixels of each run."""
    row = np.repeat(np.arange(len(per_row)), per_row)
    return [(int(y), int(a), pixels[y, a:b]) for y, a, b in zip(row, starts, ends, strict=True)]


def _plain_any(pixels: Any, per_row: Any, starts: Any, ends: Any, out: Any) -> Result:
    found = [np.bitwise_or.reduce(run) for _, _, run in _each_run(pixels, per_row, starts, ends)]
    return None, {"out": np.array(found, np.uint8)}


def _plain_any_set(bits: Any, nx: int, per_row: Any, starts: Any, ends: Any, out: Any) -> Result:
    return _plain_any(pixels_of(bits, nx).view(np.uint8), per_row, starts, ends, out)


def _plain_sums(pixels: Any, per_row: Any, starts: Any, ends: Any, out: Any) -> Result:
    with np.errstate(invalid="ignore"):
        found = [np.cumsum(run, dtype=float)[-1] for _, _, run in _each_run(pixels, per_row, starts, ends)]
    return None, {"out": np.array(found, float)}


def _plain_ranks(pixels: Any, per_row: Any, starts: Any, ends: Any, out: Any) -> Result:
    ranks = []
    for _, x, run in _each_run(pixels, per_row, starts, ends):
        last = np.flatnonzero(run == run.max())[-1]
        word = int((run[last] + np.float32(0)).view(np.uint32))
        word = ~word & 0xFFFFFFFF if word >> 31 else word | 1 << 31
        ranks.append(word << 32 | x + int(last))
    return None, {"out": np.array(ranks, np.uint64)}


_RUNS = [
    _entry("per_row", -1),
    _entry("per_row", lambda a: a["per_row"][0] + 1, 0),
    _entry("starts", -1),
    _entry("starts", lambda a: a["ends"][-1]),
    _entry("ends", lambda a: a["pixels"].shape[1] + 1),
    _entry("ends", -(2**31)),
    _entry("starts", 2**31 - 1, 0),
]

_RUNS_OF_BITS = [entry for entry in _RUNS if entry[0] != "ends"] + [
    _entry("ends", lambda a: a["nx"] + 1),
    _entry("ends", -(2**31)),
]

# --- erosion


def _erode(rng: Generator, ny: int, nx: int) -> Arguments:
    pixels, n = mask(rng, ny, nx), int(rng.integers(1, 4))
    chords = np.stack([rng.integers(-3, 4, n), rng.integers(-3, 4, n), rng.integers(1, 5, n)], axis=1).astype(np.int32)
    first, rows = some_rows(rng, ny)
    out = np.zeros((rows, -(-nx // 8)), np.uint8)
    return {"bits": bits_of(pixels), "nx": nx, "chords": chords, "first": first, "out": out}


def _plain_erode(bits: Any, nx: int, chords: Any, first: int, out: Any) -> Result:
    pixels = pixels_of(bits, nx)
    fits = np.zeros((len(out), nx), bool)
    for y, x in np.ndindex(fits.shape):
        fits[y, x] = all(
            0 <= first + y + down < len(pixels)
            and 0 <= x + left <= nx - length
            and pixels[first + y + down, x + left : x + left + length].all()
            for down, left, length in chords
        )
    return None, {"out": bits_of(fits)}


def _plain_dilate(bits: Any, nx: int, chords: Any, first: int, out: Any) -> Result:
    pixels = pixels_of(bits, nx)
    reached = np.zeros_like(pixels)
    for y, x in np.argwhere(pixels):
        for down, left, length in chords:
            if 0 <= y + down < len(pixels):
                reached[y + down, max(x + left, 0) : max(x + left + length, 0)] = True
    return None, {"out": bits_of(reached[first : first + len(out)])}


def _set_bit(rng: Generator, ny: int, nx: int) -> Arguments:
    out = rng.integers(0, 4, (ny, nx)).astype(rng.choice(["u1", "i2", "i4"]))
    return {"bits": bits_of(mask(rng, ny, nx)), "bit": int(rng.integers(0, 7)), "out": out}


def _plain_set_bit(bits: Any, bit: int, out: Any) -> Result:
    return None, {"out": np.where(pixels_of(bits, out.shape[1]), out | out.dtype.type(1 << bit), out)}


# --- closing


def _close(rng: Generator, ny: int, nx: int) -> Arguments:
    before, after = rng.integers(0, max(ny, nx) + 1, 2).tolist()
    first, rows = some_rows(rng, ny)
    made = {"pixels": mask(rng, ny, nx), "before": before, "after": after, "opening": bool(rng.random() < 0.5)}
    return made | {"first": first, "out": np.ones((rows, nx), bool)}


def _dilated(pixels: Any, before: int, after: int) -> Any:
    padded = np.pad(pixels, (before, after))
    windows = np.lib.stride_tricks.sliding_window_view(padded, (before + after + 1,) * 2)
    # The window of a pixel begins `before` pixels ahead of it.
    return windows.any(axis=(2, 3))


def _plain_close(pixels: Any, before: int, after: int, opening: bool, first: int, out: Any) -> Result:
    start = ~pixels if opening else pixels
    if not pixels.size:
        return None, {"out": out}
    # Boxes reach beyond the edges: what is dilated there counts.
    edge = before + after
    wide = np.pad(start, edge)
    around = np.pad(np.zeros(pixels.shape, bool), edge, constant_values=True)
    spread = _dilated(wide, before, after)
    closed = ~_dilated(~spread & ~around, after, before)[edge : -edge or None, edge : -edge or None]
    closed = ~closed if opening else closed
    return None, {"out": closed[first : first + len(out)]}


# --- sampling


def _pack_words(rng: Generator, ny: int, nx: int) -> Arguments:
    rows = (mask(rng, ny, nx) * rng.integers(1, 100, (ny, nx))).astype(rng.choice(["u1", "i2", "i4"]))
    first = int(rng.integers(0, nx + 1))
    width = int(rng.integers(0, nx - first + 1))
    return {"rows": rows, "first": first, "width": width, "bits": np.ones((ny, -(-width // 64)), np.uint64)}


def words_of(pixels: NDArray[Any]) -> NDArray[np.uint64]:
    padded = np.zeros((pixels.shape[0], -(-pixels.shape[1] // 64) * 64), bool)
    padded[:, : pixels.shape[1]] = pixels != 0
    return (
        np.packbits(padded, axis=1, bitorder="little")
        .view("<u8")
        .astype(np.uint64)
        .reshape(len(pixels), padded.shape[1] // 64)
    )


def _plain_pack_words(rows: Any, first: int, width: int, bits: Any) -> Result:
    kept = rows[:, first : first + width]
    values = kept[kept != 0]
    return ((int(values.min()), int(values.max())) if values.size else (0, 0)), {"bits": words_of(kept)}


def _sample(rng: Generator, ny: int, nx: int) -> Arguments:
    dtype = np.dtype(rng.choice(["u1", "i2", "i4"]))
    pixels = mask(rng, ny, nx)
    differ = rng.random() < 0.5
    values = np.where(pixels, rng.integers(1, 100, (ny, nx)) if differ else 5, 0).astype(dtype)
    bits = words_of(pixels)
    step, down, across = (int(n) for n in rng.integers(1, 5, 3))
    y, x = np.mgrid[0 : down + 1, 0 : across + 1] * step
    x, y = (place * rng.uniform(0.5, 3) + rng.uniform(-5, 5) + rng.normal(size=place.shape) for place in (x, y))
    bounds = np.where(rng.random((down, across)) < 0.1, np.inf, 0.05)
    x[0, 0], bounds[0, 0] = (np.nan, np.inf) if rng.random() < 0.2 else (x[0, 0], bounds[0, 0])
    first, rows = some_rows(rng, down * step)
    columns = int(rng.integers(0, across * step + 1))
    made = {"x": x, "y": y, "bounds": bounds, "step": step, "bits": bits}
    if differ and pixels.any():
        in_words = np.bitwise_count(bits).astype(np.uint32)
        made["ranks"] = (np.cumsum(in_words, axis=1, dtype=np.uint32) - in_words).astype(np.uint32)
        total = in_words.sum(axis=1, dtype=np.int64)
        made |= {"starts": np.cumsum(total) - total, "values": values[pixels], "constant": 0}
    else:
        made |= {"ranks": np.empty((0, 0), np.uint32), "starts": np.empty(0, np.int64)}
        made |= {"values": np.empty(0, dtype), "constant": int(values.max(initial=0))}
    out, unsure = np.zeros((rows, columns), dtype), np.zeros((rows, columns), bool)
    return made | {"nx": nx, "first": first, "out": out, "unsure": unsure}


def _plain_sample(
    x: Any,
    y: Any,
    bounds: Any,
    step: int,
    bits: Any,
    ranks: Any,
    starts: Any,
    values: Any,
    constant: int,
    nx: int,
    first: int,
    out: Any,
    unsure: Any,
) -> Result:
    """Nearest pixels, and where the other pixel that a position may lie in has another value."""
    is_set = np.unpackbits(bits.astype("<u8").view(np.uint8), axis=1, bitorder="little").reshape(
        len(bits), 64 * bits.shape[1]
    )[:, :nx]
    pixels = np.zeros(is_set.shape, out.dtype)
    pixels[is_set != 0] = values if values.size else constant
    ny, sampled, flagged = len(pixels), out.copy(), unsure.copy()

    def pixel(i: int, j: int) -> int:
        return int(pixels[j, i]) if 0 <= i < nx and 0 <= j < ny else 0

    def places(position: float, around: float) -> set[int]:
        nearest = int(np.floor(position + 0.5))
        within = position + 0.5 - nearest
        return {nearest, nearest - 1 if within < around else nearest + 1 if within > 1 - around else nearest}

    for row, column in np.ndindex(out.shape):
        cell, across = (first + row) // step, column // step
        around = bounds[cell, across]
        if not np.isfinite(around):
            flagged[row, column] = True
            continue
        down, along = (first + row) % step / step, column % step / step
        at = []
        for node in (x, y):
            left = node[cell, across] + (node[cell + 1, across] - node[cell, across]) * down
            right = node[cell, across + 1] + (node[cell + 1, across + 1] - node[cell, across + 1]) * down
            at.append(left + (right - left) * along)
        value = pixel(*(int(np.floor(place + 0.5)) for place in at))
        others = {pixel(i, j) for i in places(at[0], around) for j in places(at[1], around)}
        flagged[row, column] = others != {value}
        sampled[row, column] = 0 if others != {value} else value
    return None, {"out": sampled, "unsure": flagged}


def _unknown_position(a: Arguments) -> Any:
    """A position that is not a number, though its bound is."""
    known = np.argwhere(np.isfinite(a["bounds"]))
    # Only cells that have a row of the output are looked at.
    rows = range(a["first"], a["first"] + len(a["out"]))
    seen = [cell for cell in known.tolist() if any(row // a["step"] == cell[0] for row in rows)]
    if not seen:
        return None
    spoiled = a["x"].copy()
    spoiled[tuple(seen[0])] = np.nan
    return spoiled


_BEYOND = ("bits", _with_bit_beyond)
_OUTPUT = {"out": (0,)}

MASKS = {
    "pack_pixels": Face(_pack, _plain_pack, ["bits", "per_row"], {"pixels": (1,)}, {"pixels": BYTES, "bits": BYTES}),
    "count_runs": Face(
        _count,
        _plain_count,
        ["per_row"],
        {},
        {"bits": BYTES},
        wrong=[_BEYOND, ("nx", lambda a: a["nx"] + 8)],
        far=["nx"],
    ),
    "find_runs": Face(
        _find,
        _plain_find,
        ["starts", "ends"],
        {"bits": (0,)},
        {"bits": BYTES},
        wrong=[_BEYOND, ("starts", _both_longer("starts", "ends")), ("nx", lambda a: a["nx"] + 8)],
        far=["nx"],
    ),
    "link_runs": Face(
        _link,
        _plain_link,
        ["labels", "parent"],
        {"parent": (0,), "per_row": (0,)},
        wrong=[
            *(entry for entry in _RUNS if entry[0] == "per_row"),
            _entry("starts", -1),
            _entry("starts", lambda a: a["ends"][-1]),
            _entry("ends", -(2**31)),
            _entry("above_labels", -1),
            _entry("above_labels", lambda a: a["count"]),
            _entry("above_starts", -1),
            _entry("above_ends", lambda a: a["above_starts"][-1]),
            ("parent", _parent_after_its_label),
            ("parent", lambda a: a["parent"][: a["count"] + a["starts"].size - 1].copy()),
            ("count", lambda a: a["count"] + len(a["parent"])),
        ],
        far=["count"],
        roots=["parent"],
    ),
    "number_islands": Face(
        _number,
        _plain_number,
        ["parent"],
        {"parent": (0,)},
        wrong=[_entry("parent", lambda a: a["parent"].size), _entry("parent", -1), _entry("parent", 2**31 - 1, 0)],
    ),
    "clear_runs": Face(
        _clear,
        _plain_clear,
        ["bits"],
        {"keep": (0,), "bits": (0,)},
        {"bits": BYTES, "keep": BYTES},
        wrong=[_BEYOND, _entry("labels", -1), _entry("labels", lambda a: a["keep"].size, 0)],
        far=["nx"],
    ),
    "paint_runs": Face(
        _paint,
        _plain_paint,
        ["out"],
        {"island": (0,), "out": (1,)},
        {"bits": BYTES},
        wrong=[_BEYOND, _entry("labels", -1), _entry("labels", lambda a: a["island"].size, 0)],
    ),
    "any_of_runs": Face(_any, _plain_any, ["out"], {"pixels": (1,)}, {"pixels": BYTES}, wrong=_RUNS),
    "any_set_in_runs": Face(
        _any_set,
        _plain_any_set,
        ["out"],
        {},
        {"bits": BYTES},
        wrong=[*_RUNS_OF_BITS, ("nx", lambda a: a["nx"] + 8)],
        far=["nx"],
    ),
    "sums_of_runs": Face(_sums, _plain_sums, ["out"], {"pixels": (1,)}, wrong=_RUNS),
    "ranks_of_runs": Face(_ranks, _plain_ranks, ["out"], {"pixels": (1,)}, wrong=_RUNS),
    "erode_bits": Face(
        _erode,
        _plain_erode,
        ["out"],
        {"bits": (0,), "out": (0,), "chords": (0,)},
        {"bits": BYTES, "out": BYTES},
        wrong=[
            _BEYOND,
            ("first", lambda a: len(a["bits"]) - len(a["out"]) + 1),
            ("chords", lambda a: a["chords"][:0].copy()),
            ("chords", lambda a: np.vstack([a["chords"], [[0, 0, 0]]]).astype(np.int32)),
            ("chords", lambda a: np.vstack([a["chords"], [[0, -(2**31), 1]]]).astype(np.int32)),
            ("chords", lambda a: np.vstack([a["chords"], [[0, 0, 2**31 - 1]]]).astype(np.int32)),
        ],
        far=["nx", "first"],
    ),
    "dilate_bits": Face(
        _erode,
        _plain_dilate,
        ["out"],
        {"bits": (0,), "out": (0,), "chords": (0,)},
        {"bits": BYTES, "out": BYTES},
        wrong=[
            _BEYOND,
            ("first", lambda a: len(a["bits"]) - len(a["out"]) + 1),
            ("chords", lambda a: np.vstack([a["chords"], [[0, 0, 0]]]).astype(np.int32)),
            ("chords", lambda a: np.vstack([a["chords"], [[0, -(2**31), 1]]]).astype(np.int32)),
            ("chords", lambda a: np.vstack([a["chords"], [[0, 0, 2**31 - 1]]]).astype(np.int32)),
        ],
        far=["nx", "first"],
    ),
    "set_bit": Face(
        _set_bit,
        _plain_set_bit,
        ["out"],
        {"out": (1,)},
        {"bits": BYTES, "out": WHOLE},
        wrong=[_BEYOND, ("bit", lambda a: 8 if a["out"].itemsize == 1 else 8 * a["out"].itemsize - 1)],
        far=["bit"],
    ),
    "close_boxes": Face(
        _close,
        _plain_close,
        ["out"],
        {"pixels": (0,), "out": (0,)},
        {"pixels": BYTES, "out": BYTES},
        wrong=[
            ("first", lambda a: len(a["pixels"]) - len(a["out"]) + 1),
            ("before", lambda a: max(a["pixels"].shape) + 1),
            ("after", lambda a: max(a["pixels"].shape) + 1),
        ],
        far=["before", "after", "first"],
    ),
    "pack_words": Face(
        _pack_words,
        _plain_pack_words,
        ["bits"],
        {"rows": (1,)},
        {"rows": WHOLE | BYTES},
        wrong=[
            ("first", lambda a: a["rows"].shape[1] - a["width"] + 1),
            ("width", lambda a: a["rows"].shape[1] + 1),
            ("rows", lambda a: np.full_like(a["rows"], -1) if a["rows"].dtype.kind == "i" and a["bits"].size else None),
        ],
        far=["first", "width"],
    ),
    "sample_cells": Face(
        _sample,
        _plain_sample,
        ["out", "unsure"],
        {"out": (), "values": (0,), "bits": (0,), "x": (), "ranks": (0, 1), "starts": (0,)},
        {"unsure": BYTES, "values": BYTES},
        wrong=[
            ("x", _unknown_position),
            ("step", lambda _: 0),
            ("first", lambda a: len(a["bounds"]) * a["step"] - len(a["out"]) + 1),
            ("constant", lambda a: 2 ** (8 if a["out"].itemsize == 1 else 8 * a["out"].itemsize - 1)),
            ("nx", lambda a: a["nx"] + 64),
            ("ranks", lambda a: np.zeros((1, 0), np.uint32) if a["values"].size else None),
            ("starts", lambda a: a["starts"][:-1].copy() if a["values"].size else None),
            _entry("starts", -1),
            _entry("starts", lambda a: a["values"].size + 1),
        ],
        far=["step", "constant", "nx", "first"],
    ),
}
