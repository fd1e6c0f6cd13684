"""The compiled functions of the pixels of images: what they take, and what they give."""

from __future__ import annotations

from typing import Any

import numpy as np
from faces import BYTES, Arguments, Face
from numpy.random import Generator
from numpy.typing import NDArray

Result = tuple[Any, dict[str, NDArray[Any]]]
NAN = np.float32(np.nan)


def image(rng: Generator, *shape: int) -> NDArray[np.float32]:
    """Noise with pixels that are 0, NaN or infinite, and some that are equal."""
    pixels = np.round(rng.normal(size=shape), 1).astype(np.float32)
    odd = rng.random(shape)
    for limit, value in ((0.02, np.nan), (0.03, np.inf), (0.04, -np.inf), (0.08, 0.0), (0.1, -0.0)):
        pixels[(odd < limit) & (odd >= limit - 0.02)] = value
    return pixels


def floats(rng: Generator, *shape: int) -> NDArray[np.float32]:
    return rng.normal(size=shape).astype(np.float32)


def some_rows(rng: Generator, ny: int) -> tuple[int, int]:
    """A first row, and how many from there."""
    first = int(rng.integers(0, ny + 1))
    return first, int(rng.integers(0, ny - first + 1))


def marked(floor: NDArray[np.bool_], seed: NDArray[np.bool_]) -> NDArray[np.uint8]:
    return (floor + 2 * (floor & seed)).astype(np.uint8)


def with_invalid(function: Any) -> Any:
    """Compute with invalid pixels without a warning."""

    def quiet(*args: Any, **named: Any) -> Any:
        with np.errstate(all="ignore"):
            return function(*args, **named)

    return quiet


# --- compared with levels


def _two_images(rng: Generator, ny: int, nx: int) -> Arguments:
    return {"image": image(rng, ny, nx), "level": image(rng, ny, nx)}


def _above_level(rng: Generator, ny: int, nx: int) -> Arguments:
    return _two_images(rng, ny, nx) | {"factor": float(rng.normal()), "target": np.ones((ny, nx), bool)}


@with_invalid
def _plain_above(image: Any, level: Any, factor: float, target: Any) -> Result:
    return None, {"target": (image > np.float32(factor) * level) & np.isfinite(image)}


def _marks_above(rng: Generator, ny: int, nx: int) -> Arguments:
    seed, floor = sorted(rng.normal(size=2).tolist(), reverse=True)
    return _two_images(rng, ny, nx) | {"seed": seed, "floor": floor, "marks": np.ones((ny, nx), np.uint8)}


@with_invalid
def _plain_marks_above(image: Any, level: Any, seed: float, floor: float, marks: Any) -> Result:
    above = (image > np.float32(floor) * level) & np.isfinite(image)
    return None, {"marks": marked(above, image > np.float32(seed) * level)}


def _signal_marks(rng: Generator, ny: int, nx: int) -> Arguments:
    return {"signal": image(rng, ny, nx), "seed": 1.5, "flood": 0.5, "marks": np.ones((ny, nx), np.uint8)}


def _plain_signal_marks(signal: Any, seed: float, flood: float, marks: Any) -> Result:
    above = (signal > np.float32(flood)) & np.isfinite(signal)
    return None, {"marks": marked(above, signal >= np.float32(seed))}


def _smoothed_marks(rng: Generator, ny: int, nx: int) -> Arguments:
    planes = {name: image(rng, ny, nx) for name in ("smooth", "minimum", "signal")}
    clips = {"unit": 1.5, "flood_factor": 0.3, "flood_clip": 0.2, "pixel_clip": 0.1}
    seeds = {"seed_factor": float(rng.choice([1.0, np.inf])), "seed_clip": 0.5}
    return planes | clips | seeds | {"marks": np.ones((ny, nx), np.uint8)}


@with_invalid
def _plain_smoothed_marks(
    smooth: Any,
    minimum: Any,
    signal: Any,
    unit: float,
    flood_factor: float,
    flood_clip: float,
    pixel_clip: float,
    seed_factor: float,
    seed_clip: float,
    marks: Any,
) -> Result:
    level = np.where(-minimum > 0, -minimum, np.float32(0)) / np.float32(unit)
    valid, bright = np.isfinite(smooth), signal < np.inf
    floor = valid & (smooth > np.float32(flood_factor) * level) & (smooth > np.float32(flood_clip))
    floor &= bright & (signal > np.float32(pixel_clip))
    seed = valid & (smooth > np.float32(seed_factor) * level) & (smooth >= np.float32(seed_clip))
    reached = bright & (signal >= np.float32(seed_clip))
    return None, {"marks": (floor + 2 * seed + 4 * reached).astype(np.uint8)}


def _excess_marks(rng: Generator, ny: int, nx: int) -> Arguments:
    images = {"image": image(rng, ny, nx), "rms": image(rng, ny, nx)}
    return images | {"level": 0.1, "floor": 0.5, "seed": 1.5, "marks": np.ones((ny, nx), np.uint8)}


@with_invalid
def _plain_excess(image: Any, rms: Any, level: float, floor: float, seed: float, marks: Any) -> Result:
    excess = image - np.float32(level)
    above = (rms > 0) & (excess > np.float32(floor) * rms)
    return None, {"marks": marked(above, excess > np.float32(seed) * rms)}


def _flat(rng: Generator, ny: int, nx: int) -> Arguments:
    first, rows = some_rows(rng, ny)
    return {"band": image(rng, ny, nx), "first": first, "limit": 0.3, "target": np.ones((rows, nx), bool)}


@with_invalid
def _plain_flat(band: Any, first: int, limit: float, target: Any) -> Result:
    flat = np.zeros(target.shape, bool)
    for y, x in np.ndindex(flat.shape):
        around = band[max(0, first + y - 1) : first + y + 2, max(0, x - 1) : x + 2]
        valid = around[np.isfinite(around)]
        flat[y, x] = np.isfinite(band[first + y, x]) and valid.max() - valid.min() <= np.float32(limit)
    return int(flat.sum()), {"target": flat}


def _beyond(rows: str, number: str = "first") -> list[tuple[str, Any]]:
    """A first row from which there are not as many rows as `rows` has."""
    return [(number, lambda a: len(a["band"]) - len(a[rows]) + 1)]


# --- noise, and pixels as such


def _signal(rng: Generator, ny: int, nx: int) -> Arguments:
    bkg = image(rng, ny, nx) if rng.random() < 0.5 else None
    return {"image": image(rng, ny, nx), "bkg": bkg, "rms": image(rng, ny, nx), "signal": floats(rng, ny, nx)}


@with_invalid
def _plain_signal(image: Any, bkg: Any, rms: Any, signal: Any) -> Result:
    value = (image if bkg is None else image - bkg) / rms
    return None, {"signal": np.where((rms > 0) & np.isfinite(rms) & np.isfinite(value), value, NAN)}


def _highest(rng: Generator, ny: int, nx: int) -> Arguments:
    return {"values": image(rng, ny, nx)}


def _plain_highest(values: Any) -> Result:
    valid = values[np.isfinite(values)]
    return (float(valid.max(initial=-np.inf)), float(valid.min(initial=np.inf)), valid.size), {}


def _swap(rng: Generator, ny: int, nx: int) -> Arguments:
    source = floats(rng, ny, nx)
    return {"source": source, "target": source if rng.random() < 0.5 else floats(rng, ny, nx)}


def _plain_swap(source: Any, target: Any) -> Result:
    return None, {"target": source.byteswap()}


# --- boxes


def _boxes(rng: Generator, ny: int, nx: int) -> Arguments:
    before, after = rng.integers(0, 2 * max(ny, nx) + 2, 2).tolist()
    first, rows = some_rows(rng, ny)
    return {"band": image(rng, ny, nx), "first": first, "before": before, "after": after, "rows": rows}


def _extremum(rng: Generator, ny: int, nx: int) -> Arguments:
    made = _boxes(rng, ny, nx)
    return made | {"maximum": bool(rng.random() < 0.5), "target": floats(rng, made.pop("rows"), nx)}


def _box_round(band: Any, y: int, x: int, before: int, after: int) -> Any:
    return band[max(0, y - before) : y + after + 1, max(0, x - before) : x + after + 1]


def _plain_extremum(band: Any, first: int, before: int, after: int, maximum: bool, target: Any) -> Result:
    out = np.empty(target.shape, np.float32)
    for y, x in np.ndindex(out.shape):
        box = _box_round(band, first + y, x, before, after)
        valid = box[np.isfinite(box)]
        out[y, x] = (valid.max(initial=-np.inf) if maximum else valid.min(initial=np.inf)) + np.float32(0)
    return None, {"target": out}


def _minimum_at(rng: Generator, ny: int, nx: int) -> Arguments:
    n = int(rng.integers(0, 5)) if ny and nx else 0
    places = np.stack([rng.integers(0, max(ny, 1), n), rng.integers(0, max(nx, 1), n)], axis=1)
    before, after = rng.integers(0, 40, 2).tolist()
    return {"band": image(rng, ny, nx), "places": places, "before": before, "after": after, "target": floats(rng, n)}


def _plain_minimum_at(band: Any, places: Any, before: int, after: int, target: Any) -> Result:
    boxes = [_box_round(band, y, x, before, after) for y, x in places]
    lowest = [np.min(box, where=np.isfinite(box), initial=np.inf) + np.float32(0) for box in boxes]
    return None, {"target": np.array(lowest, np.float32)}


def _skewed(rng: Generator, ny: int, nx: int) -> Arguments:
    made = _boxes(rng, ny, nx)
    return made | {"fraction": float(rng.random()), "target": np.ones((made.pop("rows"), nx), bool)}


def _plain_skewed(band: Any, first: int, before: int, after: int, fraction: float, target: Any) -> Result:
    out = np.empty(target.shape, bool)
    for y, x in np.ndindex(out.shape):
        box = _box_round(band, first + y, x, before, after)
        valid = box[np.isfinite(box)]
        out[y, x] = np.count_nonzero(valid > 0) > int(valid.size * fraction)
    return None, {"target": out}


# --- a mesh of boxes


def _gather(rng: Generator, ny: int, nx: int) -> Arguments:
    nx = max(nx, 1)
    width = int(rng.integers(1, nx + 1))
    first = int(rng.integers(0, nx))
    count, stride = int(rng.integers(0, (nx - first) // width + 1)), ny * width + int(rng.integers(0, 3))
    masked = rng.random((ny, nx)) < 0.2 if rng.random() < 0.5 else None
    made = {"image": image(rng, ny, nx), "masked": masked, "first": first, "width": width}
    flags, good = np.zeros((count, stride), bool), np.zeros(count, np.int32)
    return made | {"pixels": floats(rng, count, stride), "flags": flags, "good": good}


def _plain_gather(image: Any, masked: Any, first: int, width: int, pixels: Any, flags: Any, good: Any) -> Result:
    usable = np.isfinite(image) if masked is None else np.isfinite(image) & ~masked
    gathered, unused, number = np.zeros(pixels.shape, np.float32), np.ones(pixels.shape, bool), np.zeros_like(good)
    for k in range(len(pixels)):
        box = slice(first + k * width, first + (k + 1) * width)
        inside = slice(0, len(image) * width)
        gathered[k, inside] = np.where(usable[:, box], image[:, box], 0).ravel()
        unused[k, inside] = ~usable[:, box].ravel()
        number[k] = usable[:, box].sum()
    return None, {"pixels": gathered, "flags": unused, "good": number}


def _spread_mesh(rng: Generator, ny: int, nx: int) -> Arguments:
    nx = max(nx, 1)
    width, height = int(rng.integers(1, nx + 1)), int(rng.integers(1, 5))
    my, mx = int(rng.integers(1, 4)), -(-nx // width)
    first, rows = some_rows(rng, my * height)
    mesh = floats(rng, 4, my, mx)
    bounds = np.array([mesh[0] - 1, mesh[0] + 1]) if rng.random() < 0.5 else None
    made = {"mesh": mesh, "weights": floats(rng, 4, nx), "bounds": bounds, "image": image(rng, rows, nx)}
    return made | {"height": height, "width": width, "first": first, "out": floats(rng, rows, nx)}


def _plain_spread_mesh(
    mesh: Any, weights: Any, bounds: Any, image: Any, height: int, width: int, first: int, out: Any
) -> Result:
    _, my, mx = mesh.shape
    nx = out.shape[1]
    spread = np.empty_like(out)
    for row in range(len(out)):
        t = (first + row) / height - 0.5
        below = 0 if my < 2 else int(np.clip(np.floor(t), 0, my - 2))
        above, t = (0, 0.0) if my < 2 else (below + 1, t - below)
        s = 1 - t
        parts = mesh.astype(np.float64)
        node, curve = (
            (
                s * part[below] + t * part[above] + (s * s * s - s) * curves[below] + (t * t * t - t) * curves[above]
            ).astype(np.float32)
            for part, curves in (parts[:2], parts[2:])
        )
        # From the middle of a box on the next two nodes are used, and the first and the last two to the ends.
        left = np.clip((np.arange(nx) - width // 2) // width, 0, max(mx - 2, 0))
        right = np.minimum(left + 1, mx - 1)
        w = weights
        spread[row] = w[0] * node[left] + w[1] * node[right] + w[2] * curve[left] + w[3] * curve[right]
        if bounds is not None:
            box = (first + row) // height, np.minimum(np.arange(nx) // width, mx - 1)
            spread[row] = np.clip(spread[row], bounds[0][box], bounds[1][box])
    return None, {"out": np.where(np.isfinite(image), spread, NAN)}


def _signal_over(rng: Generator, ny: int, nx: int) -> Arguments:
    made = _spread_mesh(rng, ny, nx)
    rms = made.pop("mesh")
    return {"rms": rms, "level": floats(rng, *rms.shape), **made}


@with_invalid
def _plain_signal_over(
    rms: Any, level: Any, weights: Any, bounds: Any, image: Any, height: int, width: int, first: int, out: Any
) -> Result:
    noise = _plain_spread_mesh(rms, weights, bounds, image, height, width, first, out)[1]["out"]
    background = _plain_spread_mesh(level, weights, None, image, height, width, first, out)[1]["out"]
    signal = (image - background) / noise
    return None, {"out": np.where((noise > 0) & np.isfinite(signal), signal, NAN)}


# --- weighted means


def _taps(radius: int) -> NDArray[np.float32]:
    """Weights whose sum is 1, in any order: multiples of a power of two."""
    taps = np.full(2 * radius + 1, 2.0**-8, np.float32)
    taps[radius] += 1 - taps.sum()
    return taps


def _weighted(pixels: Any, taps: Any, rows: Any, columns: Any) -> tuple[Any, Any]:
    """Weighted sums of the valid pixels, and sums of weights, centred on rows and columns that may lie outside."""
    radius, (ny, nx) = len(taps) // 2, pixels.shape
    valid = np.isfinite(pixels)

    def along(places: Any, n: int) -> Any:
        offset = np.arange(n)[np.newaxis] - np.asarray(places)[:, np.newaxis] + radius
        return np.where((offset >= 0) & (offset <= 2 * radius), taps[np.clip(offset, 0, 2 * radius)], 0).astype(float)

    down, across = along(rows, ny), along(columns, nx)
    return down @ np.where(valid, pixels, 0).astype(float) @ across.T, down @ valid.astype(float) @ across.T


def _smooth(rng: Generator, ny: int, nx: int) -> Arguments:
    ny, nx = max(ny, 1), max(nx, 1)
    radius, step = int(rng.integers(0, 6)), int(rng.integers(1, 4))
    start = int(rng.integers(0, (ny - 1) // step + 1))
    count = int(rng.integers(1, (ny - 1) // step - start + 2))
    first = max(0, start * step - radius)
    whole = image(rng, ny, nx)
    band = whole[first : (start + count - 1) * step + radius + 1].copy()
    made = {"band": band, "first": first, "ny": ny, "taps": _taps(radius), "step": step, "start": start}
    return made | {"out": floats(rng, count, nx)}


@with_invalid
def _plain_smooth(band: Any, first: int, ny: int, taps: Any, step: int, start: int, out: Any) -> Result:
    rows = (start + np.arange(len(out))) * step
    values, weights = _weighted(_in_image(band, first, ny), taps, rows, range(band.shape[1]))
    return None, {"out": np.where(np.isfinite(band[rows - first]), values / weights, np.nan).astype(np.float32)}


def _in_image(band: Any, first: int, ny: int) -> Any:
    """The image that a band is of, with NaN where it is not."""
    whole = np.full((ny, band.shape[1]), NAN)
    whole[first : first + len(band)] = band
    return whole


def _shrink(rng: Generator, ny: int, nx: int) -> Arguments:
    ny, nx = max(ny, 1), max(nx, 1)
    radius, step, pad = int(rng.integers(0, 6)), int(rng.integers(1, 4)), int(rng.integers(0, 3))
    start, count, mx = int(rng.integers(-3, 4)), int(rng.integers(1, 6)), pad + int(rng.integers(1, 12))
    top = min(ny, max(0, start * step - radius))
    bottom = min(ny, max(top, (start + count - 1) * step + radius + 1))
    made = {"band": image(rng, ny, nx)[top:bottom].copy(), "first": top, "ny": ny, "taps": _taps(radius)}
    out, weight = floats(rng, count, mx), floats(rng, count, mx)
    return made | {"step": step, "pad": pad, "start": start, "out": out, "out_weight": weight}


def _plain_shrink(
    band: Any, first: int, ny: int, taps: Any, step: int, pad: int, start: int, out: Any, out_weight: Any
) -> Result:
    rows, columns = (start + np.arange(len(out))) * step, (np.arange(out.shape[1]) - pad) * step
    values, weights = _weighted(_in_image(band, first, ny), taps, rows, columns)
    return None, {"out": values.astype(np.float32), "out_weight": weights.astype(np.float32)}


def _spread_rows(rng: Generator, ny: int, nx: int) -> Arguments:
    ny, nx = max(ny, 1), max(nx, 1)
    step, points, every = int(rng.integers(1, 5)), int(rng.integers(1, 5)), int(rng.integers(1, 4))
    start = int(rng.integers(0, ny))
    stop = int(rng.integers(start + 1, ny + 1))
    first = int(rng.integers(0, start // step + 1))
    shape = ((stop - 1) // step + points - first, (nx - 1) // step + points)
    wanted = -(-(stop - start) // every)
    made = {"values": floats(rng, *shape), "weight": np.ones(shape, np.float32), "first": first}
    if rng.random() < 0.5:
        made["weight"] += rng.random(shape).astype(np.float32)
    taps = np.full((step, points), 1 / 8, np.float32)
    taps[:, 0] = 1 - taps[:, 1:].sum(axis=1)
    made |= {"taps": taps, "start": start, "stop": stop, "every": every, "image": image(rng, wanted, nx)}
    return made | {"out": floats(rng, wanted, nx)}


@with_invalid
def _plain_spread_rows(
    values: Any, weight: Any, first: int, taps: Any, start: int, stop: int, every: int, image: Any, out: Any
) -> Result:
    step, points = taps.shape

    def between(grid: Any, places: Any, offset: int) -> Any:
        """Rows of a grid at some places of the image."""
        weights = np.zeros((len(places), len(grid)))
        for n, place in enumerate(places):
            weights[n, place // step - offset : place // step - offset + points] = taps[place % step]
        return weights @ grid.astype(float)

    rows, columns = range(start, stop, every), range(image.shape[1])
    sums = (between(between(grid, rows, first).T, columns, 0).T for grid in (values, weight))
    mean = np.divide(*sums)
    return None, {"out": np.where(np.isfinite(image), mean, np.nan).astype(np.float32)}


# --- artefacts


def _rings(rng: Generator) -> tuple[Arguments, int]:
    """The table of rings, and how many there are."""
    number, fwhm = int(rng.integers(1, 4)), float(rng.uniform(1, 3))
    reach = int(np.ceil(number * fwhm))
    ring_of = (np.sqrt(np.arange(2 * reach**2 + 1)) / fwhm).astype(np.uint16)
    return {"ring_of": ring_of, "reach": reach}, number


def _depths(rng: Generator, ny: int, nx: int) -> Arguments:
    n = int(rng.integers(0, 4)) if ny and nx else 0
    places = np.stack([rng.integers(0, max(ny, 1), n), rng.integers(0, max(nx, 1), n)], axis=1)
    rings, number = _rings(rng)
    depth = floats(rng, n, int(rng.integers(1, 9)), number)
    rows, columns = np.nonzero(rng.random((ny, nx)) < 0.3)
    starts = np.searchsorted(rows, np.arange(ny + 1)).astype(np.int64)
    values = np.abs(floats(rng, columns.size))
    pixels = {"starts": starts, "columns": columns.astype(np.int32), "values": values}
    return pixels | {"places": places, **rings, "depth": depth}


def _plain_depths(starts: Any, columns: Any, values: Any, places: Any, ring_of: Any, reach: int, depth: Any) -> Result:
    deepest = np.zeros_like(depth)
    _, sectors, rings = depth.shape
    rows = np.repeat(np.arange(len(starts) - 1), np.diff(starts))
    for n, (y, x) in enumerate(places):
        for row, column, value in zip(rows, columns, values, strict=True):
            dy, dx = int(row - y), int(column - x)
            if max(abs(dy), abs(dx)) > reach:
                continue
            ring, turn = ring_of[dy**2 + dx**2], np.arctan2(float(dy), float(dx)) * (sectors / (2 * np.pi))
            if ring < rings:
                at = n, int(np.floor(turn)) % sectors, ring
                deepest[at] = max(deepest[at], value)
    return None, {"depth": deepest}


def _raise(rng: Generator, ny: int, nx: int) -> Arguments:
    rings, number = _rings(rng)
    n, reach = int(rng.integers(0, 4)), rings["reach"]
    places = np.stack([rng.integers(-reach, ny + reach, n), rng.integers(-reach, nx + reach, n)], axis=1)
    return {"level": floats(rng, ny, nx), "places": places, **rings, "depth": floats(rng, n, number)}


def _plain_raise(level: Any, places: Any, ring_of: Any, reach: int, depth: Any) -> Result:
    raised = level.copy()
    for (y, x), deep in zip(places, depth, strict=True):
        used = np.flatnonzero(deep > 0).max(initial=-1) + 1
        for row, column in np.ndindex(level.shape):
            square = (row - y) ** 2 + (column - x) ** 2
            if max(abs(row - y), abs(column - x)) <= reach and ring_of[square] < used:
                raised[row, column] = max(raised[row, column], deep[ring_of[square]])
    return None, {"level": raised}


def _outside(how_far: str) -> Any:
    """Places of which one is out of reach."""

    def places(a: Arguments) -> Any:
        if not len(a["places"]):
            return None
        spoiled = a["places"].copy()
        spoiled[-1, 1] = a["level"].shape[1] + a[how_far]
        return spoiled

    return places


def _beyond_the_rows(a: Arguments) -> Any:
    """Places of which one is in a row that is not there."""
    return a["places"] + np.array([len(a["starts"]) - 1, 0]) if len(a["places"]) else None


def _beyond_the_band(a: Arguments) -> Any:
    """Places of which one is in a column that is not there."""
    return a["places"] + np.array([0, a["band"].shape[1]]) if len(a["places"]) else None


def _far_away(a: Arguments) -> Any:
    return np.full_like(a["places"], -(2**63)) if len(a["places"]) else None


_TARGET = {"target": BYTES}

IMAGES = {
    "above_level": Face(_above_level, _plain_above, ["target"], dtypes=_TARGET),
    "marks_above_level": Face(_marks_above, _plain_marks_above, ["marks"]),
    "signal_marks": Face(_signal_marks, _plain_signal_marks, ["marks"]),
    "smoothed_marks": Face(_smoothed_marks, _plain_smoothed_marks, ["marks"]),
    "excess_marks": Face(_excess_marks, _plain_excess, ["marks"]),
    "flat_rows": Face(
        _flat, _plain_flat, ["target"], {"band": (0,), "target": (0,)}, _TARGET, wrong=_beyond("target"), far=["first"]
    ),
    "signal_to_noise": Face(_signal, _plain_signal, ["signal"], none=["bkg"]),
    "extremes_and_valid": Face(_highest, _plain_highest, free={"values": (0, 1)}),
    "swap_words": Face(_swap, _plain_swap, ["target"]),
    "box_extremum": Face(
        _extremum,
        _plain_extremum,
        ["target"],
        {"band": (0,), "target": (0,)},
        wrong=_beyond("target"),
        far=["first", "before", "after"],
    ),
    "box_minimum_at": Face(
        _minimum_at,
        _plain_minimum_at,
        ["target"],
        {"band": (0, 1)},
        wrong=[("places", _beyond_the_band), ("places", _far_away)],
        far=["before", "after"],
    ),
    "box_skewed": Face(
        _skewed,
        _plain_skewed,
        ["target"],
        {"band": (0,), "target": (0,)},
        _TARGET,
        wrong=[*_beyond("target"), *(("fraction", lambda _, n=n: n) for n in (-0.1, 1.1, np.nan))],
        far=["first", "before", "after"],
    ),
    "gather_boxes": Face(
        _gather,
        _plain_gather,
        ["pixels", "flags", "good"],
        # One row fewer, or columns that no box reaches, leave all boxes within the image.
        {"image": (0, 1)},
        {"masked": BYTES, "flags": BYTES},
        ["masked"],
        [
            ("width", lambda _: 0),
            ("width", lambda a: a["image"].shape[1] + 1),
            ("first", lambda a: a["image"].shape[1] - a["width"] * len(a["pixels"]) + 1),
            ("pixels", lambda a: np.zeros((len(a["pixels"]), 0), np.float32) if len(a["image"]) else None),
        ],
        ["first", "width"],
    ),
    "spread_mesh": Face(
        _spread_mesh,
        _plain_spread_mesh,
        ["out"],
        {"mesh": (1,)},
        none=["bounds"],
        wrong=[
            ("first", lambda a: a["mesh"].shape[1] * a["height"] - len(a["out"]) + 1),
            ("width", lambda a: a["width"] + a["out"].shape[1] if a["mesh"].shape[2] > 1 else 0),
            ("height", lambda _: 0),
        ],
        far=["height", "width", "first"],
    ),
    "signal_over_mesh": Face(
        _signal_over,
        _plain_signal_over,
        ["out"],
        none=["bounds"],
        wrong=[
            ("first", lambda a: a["rms"].shape[1] * a["height"] - len(a["out"]) + 1),
            ("width", lambda a: a["width"] + a["out"].shape[1] if a["rms"].shape[2] > 1 else 0),
            ("height", lambda _: 0),
        ],
        far=["height", "width", "first"],
    ),
    "smooth_rows": Face(
        _smooth,
        _plain_smooth,
        ["out"],
        {"taps": (), "out": (0,), "band": (0,)},
        wrong=[
            ("taps", lambda a: np.zeros(2 * len(a["taps"]), np.float32)),
            ("start", lambda a: a["ny"]),
            ("step", lambda _: 0),
            ("band", lambda a: a["band"][:0].copy()),
            ("ny", lambda a: a["first"] + len(a["band"]) - 1),
        ],
        far=["first", "ny", "step", "start"],
        close=1e-5,
    ),
    "shrink_rows": Face(
        _shrink,
        _plain_shrink,
        ["out", "out_weight"],
        {"band": (0, 1)},
        wrong=[
            ("taps", lambda a: np.zeros(2 * len(a["taps"]), np.float32)),
            ("pad", lambda a: a["out"].shape[1] + 1),
            ("step", lambda _: 0),
            ("start", lambda _: -(2**31)),
            ("ny", lambda a: a["first"] + len(a["band"]) - 1),
        ],
        far=["first", "ny", "step", "pad"],
        close=1e-5,
    ),
    "spread_rows": Face(
        _spread_rows,
        _plain_spread_rows,
        ["out"],
        {"values": (0, 1), "weight": (), "taps": (0, 1)},
        wrong=[
            ("first", lambda a: a["start"] // len(a["taps"]) + 1),
            ("stop", lambda a: a["start"]),
            ("every", lambda _: 0),
            ("taps", lambda a: np.zeros((len(a["taps"]), a["values"].shape[1] + 1), np.float32)),
            ("taps", lambda a: np.zeros((0, a["taps"].shape[1]), np.float32)),
            ("stop", lambda a: a["stop"] + len(a["taps"]) * len(a["values"])),
        ],
        far=["first", "start", "stop", "every"],
        close=1e-5,
    ),
    "sector_depths": Face(
        _depths,
        _plain_depths,
        ["depth"],
        {"depth": (1, 2), "ring_of": (0,), "starts": (0,)},
        wrong=[
            ("places", _beyond_the_rows),
            ("places", _far_away),
            ("starts", lambda a: a["starts"] + 1),
            ("starts", lambda a: a["starts"] - a["columns"].size - 1),
            ("starts", lambda a: a["starts"][:0].copy()),
            ("columns", lambda a: a["columns"] - a["columns"][0] - 1 if a["columns"].size else None),
            ("reach", lambda a: a["reach"] + 1),
            ("ring_of", lambda a: a["ring_of"][:-1].copy()),
            ("depth", lambda a: np.zeros((len(a["places"]), 0, 1), np.float32)),
        ],
        far=["reach"],
    ),
    "raise_rounds": Face(
        _raise,
        _plain_raise,
        ["level"],
        {"level": (0, 1), "depth": (1,), "ring_of": (0,)},
        wrong=[
            ("places", _outside("reach")),
            ("places", _far_away),
            ("reach", lambda a: a["reach"] + 1),
            ("ring_of", lambda a: a["ring_of"][:-1].copy()),
        ],
        far=["reach"],
    ),
}
