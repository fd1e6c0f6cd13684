"""What the steps of skerry compute, in SciPy statements on whole images: plain.py reads and writes for them.

Double precision where the library takes it, and the statistics made anew for seed and floor. Nothing is made slow on
purpose.
"""

from __future__ import annotations

import math
import warnings
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from astropy.io import fits

Floats: TypeAlias = NDArray[np.float32]
Flags: TypeAlias = NDArray[np.bool_]

SQUARE = np.ones((3, 3), dtype=bool)
SEED, FLOOR = 4.5, 1.5  # sigma
MAC_SEED, MAC_FLOOR = 1.5, 1.2
LOW_SNR, LOW_SNR_PIXELS = 1.75, 768
RESPONSE = 0.6
DEPTH, BOX_STEP, SKEW = 3, 2, 0.7
NOISE_BOX = 32
SEP_CLIP = 5.0
SCALE_FWHM, FWHM_PER_SIGMA = 0.44153, math.sqrt(8 * math.log(2))
BOTH_SEED, BOTH_MAC_SEED, BOTH_MAC_BOX = 5.0, 1.6, 35
SMOOTH_FLOOR, SMOOTH_MAC_FLOOR, SMOOTH_MAC_SEED, PIXEL_FLOOR = 2.25, 0.7, 2.5, 0.4
RIM_CLIP, RIM_FACTOR, RIM_BEAMS = 20.0, 1.3, 4.0
MEDIAN_PER_SIGMA = 0.6745


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


def sep_islands(image: Floats) -> Flags:
    """Objects of sep, which is SExtractor as a library, above its own background: 5 sigma, all else its defaults."""
    import sep

    blank = ~np.isfinite(image)
    background = sep.Background(image, mask=blank)
    sep.set_extract_pixstack(image.size)
    _, objects = sep.extract(image - background, SEP_CLIP, err=background.rms(), mask=blank, segmentation_map=True)
    return np.asarray(objects > 0)


def beam_fwhm(header: fits.Header) -> float:
    """FWHM in pixels of a round beam of the same area."""
    return math.sqrt(header["BMAJ"] * header["BMIN"]) / float(header["CDELT2"])


def smooth_signal(signal: Floats, fwhm: float) -> Floats:
    """Signal smoothed by a Gaussian, in units of its own noise."""
    from scipy.signal import fftconvolve

    sigma = fwhm / FWHM_PER_SIGMA
    kernel = gaussian(sigma**2 * np.eye(2), math.ceil(5 * sigma))
    valid = np.isfinite(signal)
    smooth = fftconvolve(np.where(valid, signal, 0.0), kernel, mode="same")
    smooth[~valid] = np.nan
    return np.asarray(smooth * (MEDIAN_PER_SIGMA / np.median(-smooth[smooth < 0])), dtype=np.float32)


def flood_both(image: Floats, signal: Floats, header: fits.Header) -> Flags:
    """Islands by both statistics, grown through the signal smoothed by the beam."""
    from scipy.ndimage import binary_opening

    fwhm = beam_fwhm(header)
    smooth = smooth_signal(signal, fwhm)
    seeds = (signal >= BOTH_SEED) & minimum_absolute_clip(image, BOTH_MAC_SEED, BOTH_MAC_BOX, 0)
    seeds |= (smooth >= BOTH_SEED) & minimum_absolute_clip(smooth, SMOOTH_MAC_SEED, BOTH_MAC_BOX, 0)
    floor = (smooth > SMOOTH_FLOOR) & (signal > PIXEL_FLOOR)
    floor &= minimum_absolute_clip(smooth, SMOOTH_MAC_FLOOR, BOTH_MAC_BOX, 0)
    floor = binary_opening(floor, np.ones((int(fwhm), int(fwhm)), dtype=bool))
    return grow(seeds & floor, floor)


def without_rims(mask: Flags, signal: Floats, header: fits.Header) -> Flags:
    from scipy.ndimage import maximum_filter, minimum_filter

    box = 2 * round(RIM_BEAMS * beam_fwhm(header)) + 1
    depth = np.maximum(-minimum_filter(np.where(np.isfinite(signal), signal, np.float32(np.inf)), box), 0)
    level = maximum_filter(np.where(signal > RIM_CLIP, depth, np.float32(0)), box)
    return np.asarray(mask & ((level == 0) | (signal > RIM_FACTOR * level)))


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
