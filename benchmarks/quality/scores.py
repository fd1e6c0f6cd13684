"""What is counted of a mask where the true sky is known: islands that are none, emission that is missed, artefacts.

All are counts, so that those of several fields can be added. What is detectable, and the signal to noise of a source,
is measured with the noise of the image itself, by one plain estimator that no mask maker under test can change.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import sep
from numpy.typing import NDArray
from scipy import ndimage

from benchmarks.demo.model_quality import SUPPORT_LEVEL
from skerry.filters.flood_marks import flood_marks
from skerry.filters.islands import label_islands, seeded_islands

__all__ = ["SOURCE_BINS", "Counts", "Known", "judge_mask", "know", "plain_noise"]

Floats = NDArray[np.float32]
Flags = NDArray[np.bool_]

SOURCE_LEVEL = 1.5
"""An island is of a true source if the truth exceeds this many sigma of the thermal noise somewhere in it."""
DETECTABLE_SEED, DETECTABLE_FLOOR = 5.0, 1.5
"""The true islands that one could detect: where the truth exceeds the second, grown from where it exceeds the first;
in local rms of the image."""
SOURCE_BINS = (3.0, 5.0, 8.0, 15.0)
"""Least signal to noise of the sources of each bin."""
NEAR_BRIGHTEST = 30
"""Radius round the brightest source in which masked pixels without emission count as artefacts, in beams (FWHM):
10 arcmin in data/field, 12 in simulated fields."""
NOISE_MESH = 64
"""Pixels."""


@dataclass(frozen=True)
class Known:
    """What is known of an image; every attribute but the last is an array of shape (ny, nx).

    Attributes
    ----------
    valid : ndarray of bool
        Whether the image says something.
    emission : ndarray of bool
        Whether the truth is above half a sigma of the thermal noise, as for models (`demo/model_quality.py`).
    source : ndarray of bool
        Whether the truth makes an island one of a true source.
    detectable : ndarray of bool
        The true islands that one could detect.
    faint : ndarray of bool
        Those of their pixels that are too faint for a seed.
    islands : ndarray of int32
        Number of the true island (truth above 1.5 local rms), 0 outside.
    near_brightest : ndarray of bool
        Round the brightest source.
    peaks : ndarray of float, shape (true islands,)
        Their highest signal to noise without noise.
    """

    valid: Flags
    emission: Flags
    source: Flags
    detectable: Flags
    faint: Flags
    islands: NDArray[np.int32]
    near_brightest: Flags
    peaks: NDArray[np.float64]


class Counts(NamedTuple):
    """What a mask holds and what it misses."""

    islands: int
    false_islands: int
    """No pixel of theirs has a truth above 1.5 sigma thermal."""
    valid: int
    """Pixels of the image that are not NaN."""
    masked: int
    """Pixels of the mask, ..."""
    empty: int
    """... those with a truth below 0.5 sigma thermal, ..."""
    artefacts: int
    """... and those of them within 30 beams of the brightest source."""
    detectable: int
    """Pixels of the detectable true islands, ..."""
    covered: int
    """... and those masked."""
    faint: int
    """Pixels of the detectable true islands with a truth below 5 local rms: rims and diffuse emission, ..."""
    faint_covered: int
    """... and those masked."""
    sources: tuple[int, ...]
    """True islands by signal to noise (`SOURCE_BINS`), ..."""
    found: tuple[int, ...]
    """... and those of which at least a pixel is masked."""

    def plus(self, other: Counts) -> Counts:
        """Counts of two masks together."""
        return Counts(
            *(
                tuple(map(sum, zip(a, b, strict=True))) if isinstance(a, tuple) else a + b
                for a, b in zip(self, other, strict=True)
            )
        )


def know(image: Floats, truth: Floats, thermal: Floats, beam_pixels: float) -> Known:
    """Compare an image with the true sky.

    Parameters
    ----------
    image : ndarray of float32, shape (ny, nx)
        Jy/beam, NaN where invalid.
    truth : ndarray of float32, shape (ny, nx)
        Noise-free restored image of the sky.
    thermal : ndarray of float32, shape (ny, nx)
        Thermal noise, Jy/beam: less than the noise of the image, which has artefacts too.
    beam_pixels : float
        FWHM of the restoring beam, pixels.
    """
    valid = np.isfinite(image)
    rms, _ = plain_noise(image)
    floor = valid & (truth > DETECTABLE_FLOOR * rms)
    seeds = floor & (truth > DETECTABLE_SEED * rms)
    detectable = np.asarray(seeded_islands(flood_marks(floor, seeds)))
    islands, count = label_islands(floor)
    signal = np.divide(truth, rms, out=np.zeros(truth.shape), where=rms > 0)
    peaks = np.atleast_1d(ndimage.maximum(signal, islands, np.arange(1, count + 1))) if count else np.zeros(0)
    y, x = np.ogrid[tuple(map(slice, truth.shape))]
    row, column = np.unravel_index(np.argmax(np.where(valid, truth, -np.inf)), truth.shape)
    return Known(
        valid=valid,
        emission=truth > SUPPORT_LEVEL * thermal,
        source=truth > SOURCE_LEVEL * thermal,
        detectable=detectable,
        faint=detectable & ~seeds,
        islands=islands,
        near_brightest=np.hypot(y - row, x - column) <= NEAR_BRIGHTEST * beam_pixels,
        peaks=np.asarray(peaks, dtype=float),
    )


def judge_mask(mask: Flags, known: Known) -> Counts:
    """Count what a mask of shape (ny, nx) holds and misses; masked pixels that are invalid do not count."""
    mask = mask & known.valid
    labels, islands = label_islands(mask)
    true_islands = np.unique(labels[mask & known.source]).size
    empty = mask & ~known.emission
    found = np.zeros(known.peaks.size + 1, dtype=bool)
    found[known.islands[mask]] = True
    bins = np.searchsorted(SOURCE_BINS, known.peaks, side="right")

    def by_bin(chosen: Flags) -> tuple[int, ...]:
        return tuple(int((chosen & (bins == n)).sum()) for n in range(1, len(SOURCE_BINS) + 1))

    return Counts(
        islands=islands,
        false_islands=islands - true_islands,
        valid=int(known.valid.sum()),
        masked=int(mask.sum()),
        empty=int(empty.sum()),
        artefacts=int((empty & known.near_brightest).sum()),
        detectable=int(known.detectable.sum()),
        covered=int((mask & known.detectable).sum()),
        faint=int(known.faint.sum()),
        faint_covered=int((mask & known.faint).sum()),
        sources=by_bin(np.ones(known.peaks.size, dtype=bool)),
        found=by_bin(found[1:]),
    )


def plain_noise(image: Floats) -> tuple[Floats, Floats]:
    """Local rms and background as a plain program measures them: `sep` in meshes of 64 pixels."""
    valid = np.isfinite(image)
    data = np.where(valid, image, np.float32(0))
    measured = sep.Background(data, mask=~valid, bw=NOISE_MESH, bh=NOISE_MESH)
    return measured.rms(), measured.back()
