"""The steps of skerry as a straightforward program has them: one SciPy or astropy statement after another.

It is what the steps are timed against, and what their masks are compared with: whole images, double precision where
the library takes it, and the statistics made anew for seed and floor. Nothing is made slow on purpose.

    python benchmarks/plain.py STEP INPUT... OUTPUT... [--box 75] [--scales 0,8,16]
"""

from __future__ import annotations

import argparse
import math
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from astropy.io import fits
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float32]
Flags: TypeAlias = NDArray[np.bool_]

SQUARE = np.ones((3, 3), dtype=bool)
SEED, FLOOR = 4.5, 1.5  # sigma
MAC_SEED, MAC_FLOOR = 1.5, 1.2
LOW_SNR, LOW_SNR_PIXELS = 1.75, 768
RESPONSE = 0.6
DEPTH, BOX_STEP, SKEW = 3, 2, 0.7
NOISE_BOX = 32
PRIMARY_BEAM_CUTOFF = 0.1
SCALE_FWHM, FWHM_PER_SIGMA = 0.45, math.sqrt(8 * math.log(2))


def read(path: Path) -> tuple[Floats, fits.Header, tuple[int, ...]]:
    data, header = fits.getdata(path, header=True)
    return data.squeeze().astype(np.float32), header, data.shape


def write(path: Path, data: NDArray[Any], header: fits.Header, shape: tuple[int, ...]) -> None:
    header = header.copy()
    header.remove("BUNIT", ignore_missing=True)
    fits.writeto(path, data.reshape(shape), header, overwrite=True)


def write_mask(path: Path, mask: Flags, header: fits.Header, shape: tuple[int, ...]) -> None:
    write(path, mask.astype(np.uint8), header, shape)


def noise_maps(image: Floats) -> tuple[Floats, Floats]:
    """Sigma-clipped statistics of boxes, interpolated linearly."""
    from astropy.stats import sigma_clipped_stats
    from scipy.ndimage import zoom

    ny, nx = (n // NOISE_BOX for n in image.shape)
    boxes = image.reshape(ny, NOISE_BOX, nx, NOISE_BOX)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        _, level, rms = sigma_clipped_stats(boxes, axis=(1, 3))
    maps = (zoom(np.nan_to_num(grid).astype(np.float32), NOISE_BOX, order=1) for grid in (rms, level))
    rms, level = (np.where(np.isfinite(image), whole, np.float32(np.nan)) for whole in maps)
    return rms, level


def signal_image(image: Floats, rms: Floats, bkg: Floats) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore"):
        return (image - bkg) / rms


def grow(seeds: Flags, floor: Flags) -> Flags:
    from scipy.ndimage import binary_dilation

    return np.asarray(binary_dilation(seeds, structure=SQUARE, mask=floor, iterations=1000))


def flood_snr(signal: Floats) -> Flags:
    return grow(signal >= SEED, signal > FLOOR)


def minimum_absolute_clip(image: Floats, factor: float, box: int, depth: int) -> Flags:
    from scipy.ndimage import minimum_filter
    from scipy.signal import fftconvolve

    filled = np.where(np.isfinite(image), image, np.float32(np.inf))
    minimum = minimum_filter(filled, box)
    for _ in range(depth):
        positive = fftconvolve((image > 0).astype(np.float32), np.ones((box, box), np.float32), mode="same")
        skewed = positive / box**2 > SKEW
        if not skewed.any():
            break
        box *= BOX_STEP
        minimum = np.where(skewed, minimum_filter(filled, box), minimum)
    return np.asarray(image > factor * np.abs(minimum))


def flood_mac(image: Floats, box: int, depth: int = 0, floor: float = MAC_FLOOR) -> Flags:
    seeds = minimum_absolute_clip(image, MAC_SEED, box, depth)
    return grow(seeds, minimum_absolute_clip(image, floor, box, depth))


def low_snr_islands(signal: Floats) -> Flags:
    from scipy.ndimage import binary_closing, label

    labels, _ = label(binary_closing(signal > LOW_SNR, structure=SQUARE, iterations=2), structure=SQUARE)
    pixels = np.bincount(labels.ravel())
    pixels[0] = 0
    return np.isin(labels, np.flatnonzero(pixels >= LOW_SNR_PIXELS))


def covariance(header: fits.Header, scale: float) -> NDArray[np.float64]:
    """Covariance of the beam convolved with a scale, in pixels, order (y, x)."""
    angle = math.radians(header["BPA"])
    turn = np.array([[math.cos(angle), math.sin(angle)], [-math.sin(angle), math.cos(angle)]])
    sigma = np.array([header["BMAJ"], header["BMIN"]]) / header["CDELT2"] / FWHM_PER_SIGMA
    smoothing = (SCALE_FWHM * scale / FWHM_PER_SIGMA) ** 2
    return np.asarray(turn @ np.diag(sigma**2) @ turn.T + smoothing * np.eye(2))


def gaussian(shape: NDArray[np.float64], half: int) -> NDArray[np.float64]:
    y, x = np.ogrid[-half : half + 1, -half : half + 1]
    inverse = np.linalg.inv(shape)
    exponent = inverse[0, 0] * y**2 + 2 * inverse[0, 1] * y * x + inverse[1, 1] * x**2
    return np.asarray(np.exp(-0.5 * exponent))


def erode(mask: Flags, header: fits.Header, scale: float = 0) -> Flags:
    from scipy.signal import fftconvolve

    shape = covariance(header, scale)
    kernel = gaussian(shape, math.ceil(1.5 * math.sqrt(shape.max()))) > RESPONSE
    overlap = fftconvolve(mask.astype(np.float64), kernel.astype(np.float64), mode="same")
    return np.asarray(overlap > kernel.sum() - 0.5)


def by_scale(masks: dict[int, Flags]) -> NDArray[np.int32]:
    bits = np.zeros(next(iter(masks.values())).shape, np.int32)
    for n, mask in enumerate(masks.values()):
        bits |= mask.astype(np.int32) << n
    return bits


def islands_at_scale(image: Floats, scale: int, box: int) -> Flags:
    from scipy.ndimage import binary_fill_holes, grey_opening
    from scipy.signal import fftconvolve

    if scale:
        sigma = SCALE_FWHM * scale / FWHM_PER_SIGMA
        kernel = gaussian(sigma**2 * np.eye(2), math.ceil(5 * sigma))
        opened = grey_opening(np.nan_to_num(image), size=(scale, scale)).astype(np.float64)
        smooth = fftconvolve(opened, kernel / kernel.sum(), mode="same").astype(np.float32)
        image = np.where(np.isfinite(image), smooth, np.float32(np.nan))
    seeds = minimum_absolute_clip(image, MAC_SEED, box + scale, 0)
    return grow(seeds, binary_fill_holes(minimum_absolute_clip(image, MAC_FLOOR, box + scale, 0)))


def read_write(image: Path, output: Path, **_: Any) -> None:
    data, header, shape = read(image)
    write_mask(output, np.zeros(data.shape, bool), header, shape)


def noise(image: Path, rms_output: Path, bkg_output: Path, **_: Any) -> None:
    data, header, shape = read(image)
    for path, values in zip((rms_output, bkg_output), noise_maps(data), strict=True):
        write(path, values, header, shape)


def signal(image: Path, rms: Path, bkg: Path, output: Path, **_: Any) -> None:
    data, header, shape = read(image)
    write(output, signal_image(data, read(rms)[0], read(bkg)[0]), header, shape)


def snr_mask(image: Path, output: Path, **_: Any) -> None:
    data, header, shape = read(image)
    write_mask(output, data > 4, header, shape)


def flood(image: Path, output: Path, **_: Any) -> None:
    data, header, shape = read(image)
    write_mask(output, flood_snr(data), header, shape)


def flood_low_snr(image: Path, output: Path, **_: Any) -> None:
    data, header, shape = read(image)
    write_mask(output, flood_snr(data) | low_snr_islands(data), header, shape)


def flood_by_mac(image: Path, output: Path, *, box: int, depth: int, **_: Any) -> None:
    data, header, shape = read(image)
    write_mask(output, flood_mac(data, box, depth), header, shape)


def erode_mask(mask: Path, output: Path, **_: Any) -> None:
    data, header, shape = read(mask)
    write_mask(output, erode(data > 0, header), header, shape)


def erode_scales(mask: Path, scale_output: Path, output: Path, *, scales: Sequence[int], **_: Any) -> None:
    data, header, shape = read(mask)
    bits = by_scale({scale: erode(data > 0, header, scale) for scale in scales})
    write(scale_output, bits, header, shape)
    write_mask(output, bits > 0, header, shape)


def scale_mask(image: Path, scale_output: Path, output: Path, *, scales: Sequence[int], box: int, **_: Any) -> None:
    data, header, shape = read(image)
    bits = by_scale({scale: erode(islands_at_scale(data, scale, box), header, scale) for scale in scales})
    write(scale_output, bits, header, shape)
    write_mask(output, bits > 0, header, shape)


def extract_beam(beam: Path, mosaic_mask: Path, output: Path, **_: Any) -> None:
    from astropy.wcs import WCS
    from reproject import reproject_interp

    header = fits.getheader(beam)
    mask, mask_header = read(mosaic_mask)[:2]
    shape = (header["NAXIS2"], header["NAXIS1"])
    found, _ = reproject_interp((mask, WCS(mask_header).celestial), WCS(header).celestial, shape_out=shape, order=0)
    write_mask(output, np.nan_to_num(found) > 0, header, (1, 1, *shape))


def mosaic(*paths: Path, fwhm: float, **_: Any) -> None:
    from astropy.coordinates import SkyCoord
    from astropy.wcs import WCS
    from reproject import reproject_interp
    from reproject.mosaicking import find_optimal_celestial_wcs, reproject_and_coadd

    *images, output = paths
    corrected, weights = [], []
    for path in images:
        data, header = read(path)[:2]
        wcs = WCS(header).celestial
        y, x = np.indices(data.shape)
        distance = wcs.pixel_to_world(x, y).separation(SkyCoord(*wcs.wcs.crval, unit="deg", frame="fk5")).deg
        response = np.exp(-4 * math.log(2) * (distance / fwhm) ** 2)
        response[response <= PRIMARY_BEAM_CUTOFF] = np.nan
        corrected.append((data / response, wcs))
        weights.append(np.nan_to_num(response) ** 2)
    grid, shape = find_optimal_celestial_wcs(corrected, projection="SIN")
    total, _ = reproject_and_coadd(
        corrected, grid, shape_out=shape, input_weights=weights, reproject_function=reproject_interp
    )
    fits.writeto(output, total.astype(np.float32), grid.to_header(), overwrite=True)


def mask_of_image(image: Path, output: Path, **_: Any) -> None:
    data, header, shape = read(image)
    islands = flood_snr(signal_image(data, *noise_maps(data)))
    write_mask(output, erode(islands, header), header, shape)


def differ(first: Path, second: Path, **_: Any) -> None:
    """Print how many pixels of two images of the same size are not the same."""
    count = 0
    with fits.open(first) as one, fits.open(second) as other:
        a, b = (hdus[0].data.reshape(hdus[0].data.shape[-2:]) for hdus in (one, other))
        for rows in (slice(top, top + 1024) for top in range(0, len(a), 1024)):
            count += int(np.count_nonzero(a[rows] != b[rows]))
    print(count)


STEPS: dict[str, Callable[..., None]] = {
    "read-write": read_write,
    "noise": noise,
    "signal": signal,
    "snr-mask": snr_mask,
    "flood": flood,
    "flood-mac": flood_by_mac,
    "flood-low-snr": flood_low_snr,
    "erode": erode_mask,
    "erode-scales": erode_scales,
    "scale-mask": scale_mask,
    "extract-beam": extract_beam,
    "mosaic": mosaic,
    "mask": mask_of_image,
    "differ": differ,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("step", choices=STEPS)
    parser.add_argument("files", type=Path, nargs="+", help="inputs, then outputs; these are replaced")
    parser.add_argument("--box", type=int, default=75, help="box of the minimum absolute clip, pixels")
    parser.add_argument("--depth", type=int, default=0, help="rounds of the adaptive box")
    parser.add_argument("--scales", default="0", help="scales in pixels, with commas between")
    parser.add_argument("--fwhm", type=float, default=1.0, help="primary beam of a mosaic, degrees")
    given = parser.parse_args()
    scales = [int(scale) for scale in given.scales.split(",")]
    STEPS[given.step](*given.files, box=given.box, depth=given.depth, scales=scales, fwhm=given.fwhm)


if __name__ == "__main__":
    main()
