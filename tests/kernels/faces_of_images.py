"""The compiled functions of the pixels of images: what they take, and what they give."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from faces import BYTES, Arguments, Face
from numpy.random import Generator
from numpy.typing import NDArray
from scipy.ndimage import map_coordinates, spline_filter

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


def _extremes(rng: Generator, ny: int, nx: int) -> Arguments:
    return {"values": image(rng, ny, nx)}


def _plain_extremes(values: Any) -> Result:
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
    n = int(rng.integers(0, 12)) if ny and nx else 0
    places = np.stack([rng.integers(0, max(ny, 1), n), rng.integers(0, max(nx, 1), n)], axis=1)
    if rng.random() < 0.5:
        # In raster order boxes are looked at together, some of them in one row.
        places[:, 0] = np.where(rng.random(n) < 0.7, places[:1, 0], places[:, 0])
        places = places[np.lexsort(places.T[::-1])]
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


# --- cells of pixels


def _cells(rng: Generator, ny: int, nx: int) -> Arguments:
    down, across = -(-ny // 4), -(-nx // 4)
    return {name: rng.integers(0, 99, (down, across)).astype(np.uint8) for name in ("positive", "valid")}


def _count_in_cells(rng: Generator, ny: int, nx: int) -> Arguments:
    return {"rows": image(rng, ny, nx)} | _cells(rng, ny, nx)


def _plain_count_in_cells(rows: Any, positive: Any, valid: Any) -> Result:
    counts = {}
    for name, flags in (("positive", (rows > 0) & np.isfinite(rows)), ("valid", np.isfinite(rows))):
        whole = np.zeros((4 * len(positive), 4 * positive.shape[1]), np.uint8)
        whole[: rows.shape[0], : rows.shape[1]] = flags
        counts[name] = whole.reshape(len(positive), 4, positive.shape[1], 4).sum(axis=(1, 3)).astype(np.uint8)
    return None, counts


def _skew_of_cells(rng: Generator, ny: int, nx: int) -> Arguments:
    made = _cells(rng, ny, nx)
    pixels = image(rng, ny, nx) + np.float32(rng.choice([-1, 0, 1]))
    made |= _plain_count_in_cells(pixels, **made)[1]
    before, after = rng.integers(0, rng.choice([20, 2 * max(ny, nx) + 2]), 2).tolist()
    first, rows = some_rows(rng, len(made["positive"]))
    target = np.ones((rows, made["positive"].shape[1]), np.uint8)
    sizes = {"ny": ny, "nx": nx, "first": first, "before": before, "after": after, "fraction": float(rng.random())}
    return made | sizes | {"target": target}


def _cells_of(pixel: int, pixels: int, before: int, after: int) -> tuple[slice, slice]:
    """Cells along an axis that lie in the boxes of all pixels of the cell of a pixel, and those that some box meets."""
    cell = pixel - pixel % 4
    inner = -(-(cell + 3 - min(before, pixels)) // 4), (cell + min(after, pixels) + 1) // 4
    outer = (cell - min(before, pixels)) // 4, -(-(cell + 4 + min(after, pixels)) // 4)
    return slice(max(0, inner[0]), max(0, inner[1])), slice(max(0, outer[0]), outer[1])


def _longest(pixel: int, pixels: int, before: int, after: int) -> int:
    cell = range(pixel, min(pixel + 4, pixels))
    return max(min(pixels, p + after + 1) - max(0, p - before) for p in cell)


def _plain_skew_of_cells(
    positive: Any, valid: Any, ny: int, nx: int, first: int, before: int, after: int, fraction: float, target: Any
) -> Result:
    out = np.empty(target.shape, np.uint8)
    there = np.zeros((4 * len(positive), 4 * positive.shape[1]), int)
    there[:ny, :nx] = 1
    pixels = there.reshape(len(positive), 4, positive.shape[1], 4).sum(axis=(1, 3))
    counts = [values.astype(int) for values in (positive, valid)]
    for y, x in np.ndindex(out.shape):
        inner_y, outer_y = _cells_of(4 * (first + y), ny, before, after)
        inner_x, outer_x = _cells_of(4 * x, nx, before, after)
        sure, known, full = (values[inner_y, inner_x].sum() for values in (*counts, pixels))
        room = _longest(4 * (first + y), ny, before, after) * _longest(4 * x, nx, before, after) - full
        more = min(counts[0][outer_y, outer_x].sum() - sure, room)
        none = sure + more - fraction * (known + more) <= -1
        out[y, x] = 0 if none else 2 if sure - fraction * (known + room) > 1 else 1
    return None, {"target": out}


# --- a mesh of boxes


def _measured_boxes(rng: Generator, ny: int, nx: int) -> Arguments:
    nx = max(nx, 1)
    width = int(rng.integers(1, nx + 1))
    boxes = -(-nx // width)
    masked = rng.random((ny, nx)) < 0.1 if rng.random() < 0.5 else None
    asked = rng.random(boxes) < 0.5 if rng.random() < 0.5 else None
    made = {"image": image(rng, ny, nx), "masked": masked, "width": width, "asked": asked}
    return made | {"rms": floats(rng, boxes), "level": floats(rng, boxes), "used": np.zeros(boxes, np.int32)}


def _plain_measured_boxes(image: Any, masked: Any, width: int, asked: Any, rms: Any, level: Any, used: Any) -> Result:
    usable = np.isfinite(image) if masked is None else np.isfinite(image) & ~masked
    for k, start in enumerate(range(0, image.shape[1], width)):
        box = (slice(None), slice(start, start + width))
        if asked is None or asked[k]:
            used[k] = np.count_nonzero(usable[box])
            enough = used[k] > 0 and 2 * used[k] >= image[box].size
            rms[k], level[k] = _clipped(image[box][usable[box]]) if enough else (0, 0)
    return None, {"rms": rms, "level": level, "used": used}


def _clipped(pixels: Any) -> tuple[float, float]:
    """Rms and level of pixels by a histogram, clipped at 3 sigma again and again."""
    mean, sigma = _mean_and_sigma(pixels)
    low, high = np.float32(mean - 2 * sigma), np.float32(mean + 2 * sigma)
    inner = pixels[(pixels >= low) & (pixels <= high)]
    mean, sigma = _mean_and_sigma(inner)
    levels = min(4096, int(np.sqrt(2 / np.pi) * 5 / 4 * inner.size + 1))
    scale, zero = np.float32(10 * sigma / levels if sigma > 0 else 1), np.float32(mean - 5 * sigma)
    places = pixels / scale + np.float32(0.499999 - float(zero / scale))
    found = places[(places > -1) & (places < levels)].astype(int)
    before, sigma, low, high = 1.0, 10.0 * levels, 0, levels - 1
    for _ in range(100):
        if sigma < 0.1 or abs(sigma / before - 1) <= 1e-4:
            break
        inner, before = found[(found >= low) & (found <= high)], sigma
        mean, sigma = _mean_and_sigma(inner)
        middle = _median_level(np.bincount(found, minlength=levels + 1), low, high)
        low, high = (int(min(max(middle + side * sigma + 0.5, 0), levels - 1)) for side in (-3, 3))
    mode = mean if sigma == 0 else middle if abs(mean - middle) >= 0.3 * sigma else 2.5 * middle - 1.5 * mean
    return float(sigma * scale), float(zero + mode * scale)


def _mean_and_sigma(values: Any) -> tuple[float, float]:
    values = values.astype(float)
    return values.mean(), float(np.sqrt(max(np.mean(values**2) - values.mean() ** 2, 0)))


def _median_level(counts: Any, low: int, high: int) -> float:
    """Where half of the pixels from one level to another lie on either side."""
    below = np.cumsum(counts[low : high + 1]) - counts[low : high + 1]
    total = counts[low : high + 1].sum()
    middle = low + int(np.argmax(2 * below + counts[low : high + 1] >= total))
    if middle == 0:
        return 0.0
    highest = max(counts[middle], counts[middle - 1])
    return float(middle - 0.5 + (total - 2 * below[middle - low]) / (2 * highest))


def _mesh(rng: Generator, nx: int) -> Arguments:
    """A spline over so many columns, and the rows of its boxes."""
    width, height = int(rng.integers(1, nx + 1)), int(rng.integers(1, 5))
    mesh = floats(rng, 4, int(rng.integers(1, 4)), -(-nx // width))
    bounds = np.array([mesh[0] - 1, mesh[0] + 1])
    return {"mesh": mesh, "weights": floats(rng, 4, nx), "bounds": bounds, "height": height, "width": width}


def _spread_mesh(rng: Generator, ny: int, nx: int) -> Arguments:
    nx = max(nx, 1)
    made = _mesh(rng, nx)
    first, rows = some_rows(rng, made["mesh"].shape[1] * made["height"])
    valid = np.packbits(rng.random((rows, nx)) < rng.choice([0.5, 0.99]), axis=1) if rng.random() < 0.5 else None
    bounds = made["bounds"] if rng.random() < 0.5 else None
    given = {"mesh": made["mesh"], "weights": made["weights"], "bounds": bounds, "valid": valid}
    place = {"height": made["height"], "width": made["width"], "first": first}
    return given | place | {"out": floats(rng, rows, nx)}


def _mark_above_mesh(rng: Generator, ny: int, nx: int) -> Arguments:
    nx = max(nx, 1)
    made = _mesh(rng, nx)
    first, rows = some_rows(rng, made["mesh"].shape[1] * made["height"])
    given = {"mesh": made["mesh"], "weights": made["weights"], "bounds": made["bounds"], "image": image(rng, rows, nx)}
    place = {"height": made["height"], "width": made["width"], "first": first}
    clips = {"level": 0.1, "floor": 0.5, "seed": 1.5, "both": bool(rng.random() < 0.5)}
    return given | place | clips | {"marks": np.ones((rows, nx), np.uint8)}


@with_invalid
def _plain_mark_above_mesh(
    mesh: Any,
    weights: Any,
    bounds: Any,
    image: Any,
    height: int,
    width: int,
    first: int,
    level: float,
    floor: float,
    seed: float,
    both: bool,
    marks: Any,
) -> Result:
    rms = _drawn_mesh(mesh, weights, bounds, height, width, first, image.shape)
    excess = image - np.float32(level)
    excess = np.abs(excess) if both else excess
    above = (rms > 0) & np.isfinite(image) & (excess > np.float32(floor) * rms)
    return None, {"marks": marked(above, excess > np.float32(seed) * rms)}


def _plain_spread_mesh(
    mesh: Any, weights: Any, bounds: Any, valid: Any, height: int, width: int, first: int, out: Any
) -> Result:
    spread = _drawn_mesh(mesh, weights, bounds, height, width, first, out.shape)
    if valid is not None:
        spread[~np.unpackbits(valid, axis=1, count=out.shape[1]).astype(bool)] = NAN
    return None, {"out": spread}


def _drawn_mesh(
    mesh: Any, weights: Any, bounds: Any, height: int, width: int, first: int, shape: tuple[int, int]
) -> NDArray[np.float32]:
    _, my, mx = mesh.shape
    rows, nx = shape
    spread = np.empty(shape, np.float32)
    for row in range(rows):
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
    return spread


# --- a spline on another grid


def _spread_nodes(rng: Generator, ny: int, nx: int) -> Arguments:
    half = int(rng.integers(1, 5))
    down, across = (-(-n // (2 * half)) for n in (ny, nx))
    first, rows = some_rows(rng, 2 * half * down)
    made = {"nodes": rng.normal(size=(2 * down + 1, 2 * across + 1)), "half": half, "first": first}
    return made | {"out": np.zeros((rows, nx))}


def _plain_spread_nodes(nodes: Any, half: int, first: int, out: Any) -> Result:
    spread = np.empty_like(out)
    for y, x in np.ndindex(out.shape):
        (i, u), (j, v) = (divmod(place, 2 * half) for place in (x, first + y))
        cell = nodes[2 * j : 2 * j + 3, 2 * i : 2 * i + 3]
        for_y, for_x = (np.array([(t - 1) * (t - 2) / 2, t * (2 - t), t * (t - 1) / 2]) for t in (v / half, u / half))
        spread[y, x] = for_y @ cell @ for_x
    return None, {"out": spread}


def _spread_powers(rng: Generator, ny: int, nx: int) -> Arguments:
    cell = int(rng.integers(1, 9))
    shape = ny, -(-nx // cell)
    names = (("start", 2.0), ("ratio", 1.1), ("change", 1.01))
    return {name: rng.uniform(0.9, high, shape) for name, high in names} | {"cell": cell, "out": np.zeros((ny, nx))}


def _plain_spread_powers(start: Any, ratio: Any, change: Any, cell: int, out: Any) -> Result:
    u = np.arange(out.shape[1]) % cell
    a, b, c = (np.repeat(values, cell, axis=1)[:, : out.shape[1]] for values in (start, ratio, change))
    return None, {"out": a * b**u * c ** (u * (u - 1) / 2)}


def _coefficients(rng: Generator, ny: int, nx: int) -> Arguments:
    first, width = some_rows(rng, nx)
    return {"rows": floats(rng, ny, nx), "first": first, "out": np.ones((ny, width), np.float32)}


def _plain_coefficients(rows: Any, first: int, out: Any) -> Result:
    if not out.size:
        return None, {"out": out}
    padded = np.pad(rows[:, first : first + out.shape[1]].astype(np.float64), 40, mode="edge")
    return None, {"out": spline_filter(padded, 3, mode="mirror")[40:-40, 40:-40]}


def _add_spline(rng: Generator, ny: int, nx: int) -> Arguments:
    size = tuple(rng.integers(1, 12, 2).tolist())
    part = size[0] + 6, size[1] + 6
    step = rng.choice([1.0, 0.3])
    x = np.arange(nx) * step + rng.uniform(-2, 2, (ny, 1))
    y = np.where(rng.random((ny, nx)) < 0.1, np.nan, rng.uniform(-2, size[0] + 1, (ny, 1)))
    return {
        "coefficients": floats(rng, *part),
        "valid": rng.random(part) < 0.9 if rng.random() < 0.5 else None,
        "weight": rng.uniform(0, 1, part).astype(np.float32) if rng.random() < 0.5 else None,
        "top": -3,
        "left": -3,
        "ny": size[0],
        "nx": size[1],
        "x": x,
        "y": y,
        "response": rng.uniform(0, 1, (ny, nx)) if rng.random() < 0.5 else None,
        "cutoff": 0.2,
        "column": 2,
        "total": floats(rng, ny, nx + 3),
        "sums": floats(rng, ny, nx + 3),
    }


def _plain_add_spline(
    coefficients: Any,
    valid: Any,
    weight: Any,
    top: int,
    left: int,
    ny: int,
    nx: int,
    x: Any,
    y: Any,
    response: Any,
    cutoff: float,
    column: int,
    total: Any,
    sums: Any,
) -> Result:
    values, weights, added = total.astype(np.float64), sums.astype(np.float64), 0
    for at in np.ndindex(x.shape):
        gain = 1.0 if response is None else response[at]
        inside = -0.5 <= x[at] <= nx - 0.5 and -0.5 <= y[at] <= ny - 0.5
        if not inside or not (response is None or gain > cutoff):
            continue
        place = [[np.clip(y[at], 0, ny - 1) - top], [np.clip(x[at], 0, nx - 1) - left]]
        share = 1.0 if valid is None else map_coordinates(valid.astype(float), place, order=1)[0]
        scale = 1.0 if weight is None else map_coordinates(weight.astype(float), place, order=1)[0]
        if not (share > 0.99 and scale > 0):
            continue
        value = map_coordinates(coefficients.astype(float), place, order=3, prefilter=False)[0]
        here = at[0], column + at[1]
        values[here] += value * scale * gain
        weights[here] += scale * gain**2
        added += 1
    return added, {"total": values.astype(np.float32), "sums": weights.astype(np.float32)}


def _signal_over(rng: Generator, ny: int, nx: int) -> Arguments:
    made = _spread_mesh(rng, ny, nx)
    rms, rows = made["mesh"], made["out"]
    given = {"rms": rms, "level": floats(rng, *rms.shape), "weights": made["weights"], "bounds": made["bounds"]}
    place = {name: made[name] for name in ("height", "width", "first", "out")}
    return given | {"valid": made["valid"], "image": image(rng, *rows.shape)} | place


@with_invalid
def _plain_signal_over(
    rms: Any,
    level: Any,
    weights: Any,
    bounds: Any,
    valid: Any,
    image: Any,
    height: int,
    width: int,
    first: int,
    out: Any,
) -> Result:
    noise = _drawn_mesh(rms, weights, bounds, height, width, first, out.shape)
    background = _drawn_mesh(level, weights, None, height, width, first, out.shape)
    signal = (image - background) / noise
    usable = (noise > 0) & np.isfinite(signal)
    if valid is not None:
        usable &= np.unpackbits(valid, axis=1, count=out.shape[1]).astype(bool)
    return None, {"out": np.where(usable, signal, NAN)}


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


def _rims(rng: Generator, ny: int, nx: int) -> Arguments:
    nx = max(nx, 1)
    first, rows = some_rows(rng, ny)
    signal, taps = image(rng, ny, nx), _taps(int(rng.integers(1, 4))) if rng.random() < 0.7 else floats(rng, 0)
    clips = {"clip": 1.5, "factor": float(rng.uniform(0.2, 1)), "reach": int(rng.integers(0, 4)), "taps": taps}
    shares = {"least": 0.2, "smooth_factor": float(rng.uniform(0.1, 0.9))}
    return {"signal": signal, "first": first} | clips | shares | {"kept": rng.random((rows, nx)) < 0.6}


@with_invalid
def _plain_rims(
    signal: Any,
    first: int,
    clip: float,
    factor: float,
    reach: int,
    taps: Any,
    least: float,
    smooth_factor: float,
    kept: Any,
) -> Result:
    bright, asked = (signal > np.float32(clip)) & np.isfinite(signal), slice(first, first + len(kept))

    def level_of(values: Any) -> Any:
        level = np.zeros_like(values)
        for y, x in np.argwhere(bright):
            box = _box_round(values, y, x, reach, reach)
            depth = -min(box[np.isfinite(box)], default=np.float32(0))
            around = _box_round(level, y, x, reach, reach)
            np.maximum(around, depth, out=around)
        return level

    level = level_of(signal)
    stays = (level == 0) | (np.isfinite(signal) & (signal > np.float32(factor) * level))
    if len(taps):
        left = np.where((level > 0) & (signal > level), NAN, signal)
        values, weights = _weighted(left, taps, np.arange(len(signal)), np.arange(signal.shape[1]))
        means = np.where(weights > np.float32(least), values / weights, 0).astype(np.float32)
        stays |= np.isfinite(signal) & (means > np.float32(smooth_factor) * level_of(means))
    return None, {"kept": kept & stays[asked]}


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


def _outside(axis: int, first: Callable[[Arguments], int]) -> Any:
    """Places of which one is in the first row, or column, that is out of reach."""

    def places(a: Arguments) -> Any:
        if not len(a["places"]):
            return None
        spoiled = a["places"].copy()
        spoiled[-1, axis] = first(a)
        return spoiled

    return places


def _far_away(a: Arguments) -> Any:
    return np.full_like(a["places"], -(2**63)) if len(a["places"]) else None


_TARGET = {"target": BYTES}
_COUNTS = {"positive": BYTES, "valid": BYTES}

IMAGES = {
    "above_level": Face(_above_level, _plain_above, ["target"], dtypes=_TARGET),
    "marks_above_level": Face(_marks_above, _plain_marks_above, ["marks"]),
    "signal_marks": Face(_signal_marks, _plain_signal_marks, ["marks"]),
    "smoothed_marks": Face(_smoothed_marks, _plain_smoothed_marks, ["marks"]),
    "flat_rows": Face(
        _flat, _plain_flat, ["target"], {"band": (0,), "target": (0,)}, _TARGET, wrong=_beyond("target"), far=["first"]
    ),
    "signal_to_noise": Face(_signal, _plain_signal, ["signal"], none=["bkg"]),
    "extremes_and_valid": Face(_extremes, _plain_extremes, free={"values": (0, 1)}),
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
        wrong=[("places", _outside(1, lambda a: a["band"].shape[1])), ("places", _far_away)],
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
    "count_in_cells": Face(_count_in_cells, _plain_count_in_cells, ["positive", "valid"], {"rows": (0, 1)}, _COUNTS),
    "skew_of_cells": Face(
        _skew_of_cells,
        _plain_skew_of_cells,
        ["target"],
        {"target": (0,)},
        _COUNTS | _TARGET,
        wrong=[
            *((name, lambda a, n=name: a[n] + 4) for name in ("ny", "nx")),
            ("first", lambda a: len(a["positive"]) - len(a["target"]) + 1),
            *(("fraction", lambda _, n=n: n) for n in (-0.1, 1.1, np.nan)),
        ],
        far=["ny", "nx", "first", "before", "after"],
    ),
    "measure_boxes": Face(
        _measured_boxes,
        _plain_measured_boxes,
        ["rms", "level", "used"],
        {"image": (0, 1)},
        {"masked": BYTES, "asked": BYTES},
        ["masked", "asked"],
        [
            ("width", lambda _: 0),
            ("width", lambda a: a["image"].shape[1] + 1),
        ],
        ["width"],
        close=1e-5,
    ),
    "spread_mesh": Face(
        _spread_mesh,
        _plain_spread_mesh,
        ["out"],
        {"mesh": (1,), "out": (0,)},
        {"valid": BYTES},
        none=["bounds", "valid"],
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
        {},
        {"valid": BYTES},
        none=["bounds", "valid"],
        wrong=[
            ("first", lambda a: a["rms"].shape[1] * a["height"] - len(a["out"]) + 1),
            ("width", lambda a: a["width"] + a["out"].shape[1] if a["rms"].shape[2] > 1 else 0),
            ("height", lambda _: 0),
        ],
        far=["height", "width", "first"],
    ),
    "spread_nodes": Face(
        _spread_nodes,
        _plain_spread_nodes,
        ["out"],
        {"out": (0, 1)},
        wrong=[
            ("half", lambda _: 0),
            ("first", lambda a: (len(a["nodes"]) - 1) * a["half"] - len(a["out"]) + 1),
        ],
        far=["half", "first"],
        close=1e-12,
    ),
    "spread_powers": Face(
        _spread_powers,
        _plain_spread_powers,
        ["out"],
        {"out": (1,)},
        wrong=[
            ("cell", lambda _: 0),
            ("out", lambda a: np.zeros((len(a["start"]), a["start"].shape[1] * a["cell"] + 1))),
        ],
        far=["cell"],
        close=1e-12,
    ),
    "spline_coefficients": Face(
        _coefficients,
        _plain_coefficients,
        ["out"],
        {"rows": (1,), "out": (1,)},
        wrong=[("first", lambda a: a["rows"].shape[1] - a["out"].shape[1] + 1)],
        far=["first"],
        close=1e-5,
    ),
    "add_spline": Face(
        _add_spline,
        _plain_add_spline,
        ["total", "sums"],
        {"coefficients": (0, 1)},
        {"valid": BYTES},
        ["valid", "weight", "response"],
        [
            ("column", lambda a: a["total"].shape[1] - a["x"].shape[1] + 1),
            ("ny", lambda _: 0),
            ("nx", lambda _: 0),
            ("top", lambda _: -(2**31)),
            ("left", lambda _: 2**31),
        ],
        ["ny", "nx", "column"],
        close=1e-5,
    ),
    "mark_above_mesh": Face(
        _mark_above_mesh,
        _plain_mark_above_mesh,
        ["marks"],
        {"mesh": (1,)},
        wrong=[
            ("first", lambda a: a["mesh"].shape[1] * a["height"] - len(a["marks"]) + 1),
            ("width", lambda a: a["width"] + a["marks"].shape[1] if a["mesh"].shape[2] > 1 else 0),
            ("height", lambda _: 0),
        ],
        far=["height", "width", "first"],
    ),
    "without_rims": Face(
        _rims,
        _plain_rims,
        ["kept"],
        {"signal": (0,), "kept": (0,), "taps": (0,)},
        wrong=[
            ("first", lambda a: len(a["signal"]) - len(a["kept"]) + 1),
            ("taps", lambda _: np.zeros(2, np.float32)),
            ("reach", lambda _: -1),
        ],
        far=["first", "reach"],
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
            ("places", _outside(0, lambda a: len(a["starts"]) - 1)),
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
            ("places", _outside(1, lambda a: a["level"].shape[1] + a["reach"])),
            ("places", _far_away),
            ("reach", lambda a: a["reach"] + 1),
            ("ring_of", lambda a: a["ring_of"][:-1].copy()),
        ],
        far=["reach"],
    ),
}
