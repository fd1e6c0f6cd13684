"""Compare the local rms of sep and photutils with the true noise of the simulated field.

The true noise is known because the true sky is: image minus truth is noise and artefacts alone, and its robust rms in a
window, over pixels without true emission, is what a noise map ought to say there. Prints tables in Markdown.
"""

from __future__ import annotations

import argparse
import multiprocessing
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import product
from pathlib import Path
from typing import TypeAlias

import numpy as np
import sep
from numpy.typing import NDArray
from photutils import background
from scipy import ndimage

from skerry.errors import SkerryError
from skerry.io.fits import read_image
from skerry.masking.noise import noise_maps

FIELD = "SIM_0400-45"
BOXES = (32, 48, 64, 96, 128)
FILTERS = (1, 3, 5)
PHOTUTILS_ESTIMATORS = ("Std", "MADStd", "BiweightScale")
STRIDE = 8
EMISSION_FREE = 5e-6  # Jy/beam, a sixteenth of the thermal noise
EXTENDED_AREA = 400  # pixels; the island of the 3 Jy point source has fewer
NEAR_BRIGHT = (12, 64)  # pixels; nearer than 12 is the source itself

Floats: TypeAlias = NDArray[np.float32]
Maps: TypeAlias = tuple[Floats, Floats]
Estimator: TypeAlias = Callable[[Floats, int, int], Maps]


@dataclass(frozen=True)
class Case:
    """An image with its true noise at sample points, and what lies at these points."""

    name: str
    data: Floats
    rows: NDArray[np.intp]
    columns: NDArray[np.intp]
    noise: NDArray[np.float64]
    away: NDArray[np.bool_]
    near_bright: NDArray[np.bool_]
    extended: NDArray[np.bool_]


def sep_maps(data: Floats, box: int, filter_size: int) -> Maps:
    invalid = ~np.isfinite(data)
    filled = np.where(invalid, np.float32(0), data)
    measured = sep.Background(filled, mask=invalid, bw=box, bh=box, fw=filter_size, fh=filter_size)
    return measured.rms(), measured.back()


def skerry_maps(data: Floats, box: int, filter_size: int) -> Maps:
    rms, bkg = noise_maps(data, box_size=box, filter_size=filter_size)
    return np.asarray(rms), np.asarray(bkg)


def photutils_maps(data: Floats, box: int, filter_size: int, estimator: str) -> Maps:
    measured = background.Background2D(
        data,
        box,
        filter_size=filter_size,
        mask=~np.isfinite(data),
        exclude_percentile=50,
        bkg_rms_estimator=getattr(background, f"{estimator}BackgroundRMS")(),
    )
    return measured.background_rms, measured.background


def estimators() -> dict[str, Estimator]:
    found: dict[str, Estimator] = {"sep": sep_maps, "skerry": skerry_maps}
    for name in PHOTUTILS_ESTIMATORS:
        found[f"photutils {name}"] = partial(photutils_maps, estimator=name)
    return found


def robust_rms(values: Floats) -> float:
    return 1.4826 * float(np.median(np.abs(values - np.median(values))))


def true_noise(noise: Floats, usable: NDArray[np.bool_], row: int, column: int, window: int) -> tuple[float, float]:
    """Return the robust rms around a point, and the usable fraction of the window.

    Under emission the window grows until a quarter of the smallest one's pixels are usable.
    """
    half, fraction = window // 2, 0.0
    for attempt in range(4):
        part = np.s_[max(0, row - half) : row + half, max(0, column - half) : column + half]
        inside = usable[part]
        if attempt == 0:
            fraction = float(inside.mean())
        if inside.sum() >= window**2 // 4:
            return robust_rms(noise[part][inside]), fraction
        half *= 2
    return np.nan, fraction


def load(name: str, image: Path, truth: Path, islands: Path, window: int) -> Case:
    data, sky = read_image(image).data, read_image(truth).data
    usable = np.isfinite(data) & (sky <= EMISSION_FREE)
    residual = data - sky
    labels, _ = ndimage.label(read_image(islands).data > 0, structure=np.ones((3, 3)))
    large = np.bincount(labels.ravel()) >= EXTENDED_AREA
    large[0] = False

    grid = np.mgrid[STRIDE // 2 : data.shape[0] : STRIDE, STRIDE // 2 : data.shape[1] : STRIDE].reshape(2, -1)
    rows, columns = grid[:, np.isfinite(data[grid[0], grid[1]])]
    values = [true_noise(residual, usable, row, column, window) for row, column in zip(rows, columns, strict=True)]
    noise, fraction = np.array(values).T
    rows, columns, noise, fraction = (a[noise > 0] for a in (rows, columns, noise, fraction))

    bright = np.unravel_index(np.argmax(sky), sky.shape)
    distance = np.hypot(rows - bright[0], columns - bright[1])
    return Case(
        name,
        data,
        rows,
        columns,
        noise,
        away=(fraction > 0.95) & (distance > 2 * NEAR_BRIGHT[1]),
        near_bright=(distance >= NEAR_BRIGHT[0]) & (distance <= NEAR_BRIGHT[1]),
        extended=large[labels[rows, columns]],
    )


def cases(directory: Path, window: int) -> Iterator[Case]:
    for round_ in range(3):
        for beam in range(4):
            truth = f"truth.beam{beam:02d}"
            image = directory / f"{FIELD}.beam{beam:02d}.round{round_}.i.MFS.image.fits"
            sky, islands = directory / f"{truth}.restored.fits.gz", directory / f"{truth}.islands.fits.gz"
            yield load(f"beam{beam:02d} round {round_}", image, sky, islands, window)
        image = directory / f"{FIELD}.round{round_}.i.MFS.linmos.fits"
        sky, islands = directory / "truth.mosaic.restored.fits.gz", directory / "truth.mosaic.islands.fits.gz"
        yield load(f"mosaic round {round_}", image, sky, islands, window)


def score(case: Case, rms: Floats, bkg: Floats) -> dict[str, float]:
    """Ratios of an rms map to the true noise, and the false background under extended sources in units of it.

    Spreads are the rms of the ratio's natural logarithm about 0, in per cent.
    """
    ratio = rms[case.rows, case.columns] / case.noise
    level = bkg[case.rows, case.columns] / case.noise
    with np.errstate(invalid="ignore", divide="ignore"):
        spread = 100 * np.abs(np.log(ratio))
    return {
        "all spread %": float(np.sqrt(np.mean(spread**2))),
        "away": float(np.median(ratio[case.away])),
        "away spread %": float(np.sqrt(np.mean(spread[case.away] ** 2))),
        "bright": float(np.median(ratio[case.near_bright])),
        "bright spread %": float(np.sqrt(np.mean(spread[case.near_bright] ** 2))),
        "extended": float(np.median(ratio[case.extended])),
        "extended max": float(np.max(ratio[case.extended])),
        "extended bkg p95": float(np.percentile(level[case.extended], 95)),
        "lowest": float(np.min(ratio)),
    }


def table(rows: list[dict[str, object]]) -> str:
    def cell(value: object) -> str:
        return f"{value:.3g}" if isinstance(value, float) else str(value)

    lines = [list(rows[0]), ["---"] * len(rows[0]), *([cell(v) for v in row.values()] for row in rows)]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def measure(name: str, size: int) -> dict[str, object]:
    """Cost of an estimator, the image itself not counted; meant for a process of its own."""
    data = np.random.default_rng(1).standard_normal((size, size), dtype=np.float32)
    data[:: size // 10, :: size // 10] = 50
    estimator = estimators()[name]
    estimator(data[:256, :256].copy(), 32, 3)
    before, start, start_cpu = peak_memory(), time.perf_counter(), time.process_time()
    estimator(data, 32, 3)
    return {
        "estimator": name,
        "seconds": time.perf_counter() - start,
        "CPU seconds": time.process_time() - start_cpu,
        "peak MiB": peak_memory() - before,
    }


def peak_memory() -> float:
    """High-water mark of this process in MiB (Linux); that of getrusage would include the parent process."""
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


def compare(directory: Path, window: int, names: list[str]) -> None:
    loaded = list(cases(directory, window))
    rows: list[dict[str, object]] = []
    for name, box, filter_size in product(names, BOXES, FILTERS):
        scores = [score(case, *estimators()[name](case.data, box, filter_size)) for case in loaded]
        means: dict[str, object] = {key: float(np.mean([s[key] for s in scores])) for key in scores[0]}
        means["lowest"] = min(s["lowest"] for s in scores)
        beam00 = [s["bright"] for s, case in zip(scores, loaded, strict=True) if case.name.startswith("beam00")]
        rows.append({"estimator": name, "box": box, "filter": filter_size, **means, "3 Jy": float(np.mean(beam00))})
    print(f"Mean over {len(loaded)} images; true noise in windows of {window} pixels\n")
    print(table(rows))


def compare_cost(size: int, names: list[str]) -> None:
    rows: list[dict[str, object]] = []
    for name in names:
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            rows.append(pool.apply(measure, (name, size)))
    print(f"\nCost at {size} x {size}, box 32, filter 3\n")
    print(table(rows))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("directory", type=Path, help="the simulated field: images, mosaics and truth")
    parser.add_argument(
        "--estimator", action="append", choices=list(estimators()), help="only this one; may be repeated (default all)"
    )
    parser.add_argument("--window", type=int, default=64, help="window of the true noise, pixels (default 64)")
    parser.add_argument("--cost-size", type=int, default=4096, help="side of the image of the cost table; 0 for none")
    arguments = parser.parse_args()
    names = arguments.estimator or list(estimators())
    try:
        compare(arguments.directory, arguments.window, names)
    except SkerryError as error:
        parser.error(str(error))
    if arguments.cost_size:
        compare_cost(arguments.cost_size, names)


if __name__ == "__main__":
    main()
