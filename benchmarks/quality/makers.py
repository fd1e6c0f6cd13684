"""The mask makers that are compared: skerry's, and what people use today.

Each takes an image and says where to clean. To compare another, add a line to `mask_makers`: a combination of skerry's
options is `by_options(name, ...)`, anything else a function of an image and its round. None is told the truth.
"""

from __future__ import annotations

import subprocess
import tempfile
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage, stats

from benchmarks.quality.scores import plain_noise
from skerry.config.options import MaskingOptions
from skerry.config.presets import load_preset, preset_names
from skerry.errors import SkerryWarning
from skerry.filters.flood_marks import flood_marks
from skerry.filters.islands import seeded_islands
from skerry.io.fits import Image, read_mask, write_products
from skerry.io.headers import Provenance, value_header
from skerry.io.products import Product
from skerry.masking.erosion import beam_erosion
from skerry.sky.beam import pixel_beam
from skerry.steps.mask import make_mask

__all__ = ["MaskMaker", "by_options", "by_preset", "eroded", "mask_makers"]

Flags = NDArray[np.bool_]

BREIZORRO_THRESHOLD, BREIZORRO_BOX = 6.5, 50
_LEAST_NOISE = 1e-10


class MaskMaker(NamedTuple):
    """Something that makes a mask of an image."""

    name: str
    make: Callable[[Image, int], Flags]
    """Mask of an image, shape (ny, nx), given the image and its round. The image has NaN where invalid, and its path
    is that of the file."""
    erodes: bool = False
    """Whether the mask is eroded already, or shall not be: it is judged as it is, and only there."""
    as_made: Callable[[Image, int], Flags] | None = None
    """The mask before it is eroded, of one that erodes by itself."""
    options_of_beam: Callable[[int], MaskingOptions] | None = None
    """Options of extract-beam by round, for the mask of a beam out of that of the mosaic; none are the defaults."""


def mask_makers(breizorro: str | None = None) -> list[MaskMaker]:
    """Every mask maker; breizorro is the program of that name if one is given, and otherwise the same in our words."""
    mac = {"flood_fill": True, "flood_fill_use_mac": True, "flood_fill_positive_seed_clip": 1.5}
    mac_floor = {"flood_fill_positive_flood_clip": 1.2}
    return [
        by_preset("skerry default: early-round, then late-round", "early-round", "late-round"),
        *(by_preset(f"skerry {name}", name) for name in preset_names()),
        MaskMaker("S/N clip 5", snr_clip),
        MaskMaker("S/N flood 5/1.5", snr_flood),
        by_options("skerry flood 5/1.5", flood_fill=True, flood_fill_positive_seed_clip=5),
        by_options("skerry MAC 1.5/1.2, box 75", **mac, **mac_floor),
        by_options("the same, adaptive, depth 3", **mac, **mac_floor, flood_fill_use_mac_adaptive_max_depth=3),
        by_options(
            "skerry demo: MAC 1.5/0.8, adaptive",
            {2: {"flood_fill_positive_flood_clip": 0.5}},
            **mac,
            flood_fill_positive_flood_clip=0.8,
            flood_fill_use_mac_adaptive_max_depth=3,
        ),
        by_options(
            "skerry both: 5/1.5 and MAC 1.4/0.3",
            flood_fill=True,
            flood_fill_statistic="both",
            flood_fill_positive_seed_clip=5,
            flood_fill_mac_seed_factor=1.4,
            flood_fill_mac_flood_factor=0.3,
        ),
        by_options(
            "skerry both, smoothed: 5/2.25 and MAC 1.6/0.5",
            flood_fill=True,
            flood_fill_statistic="both",
            flood_fill_positive_seed_clip=5,
            flood_fill_positive_flood_clip=2.25,
            flood_fill_mac_seed_factor=1.6,
            flood_fill_mac_flood_factor=0.5,
            flood_fill_smooth_beams=1,
            flood_fill_use_mac_box_size=35,
        ),
        MaskMaker("breizorro", breizorro_method if breizorro is None else breizorro_program(breizorro)),
    ]


def by_options(
    name: str, rounds: Mapping[int, Mapping[str, Any]] | None = None, *, erodes: bool = False, **options: Any
) -> MaskMaker:
    """Mask maker that does what `skerry mask`, and `skerry extract-beam` after it, do with these options.

    Parameters
    ----------
    name : str
        As the table shows it.
    rounds : mapping of int to options, optional
        Options that change in a round, counted by the image: what `masking_rounds` says of the round after.
    erodes : bool
        As of `MaskMaker`; `beam_shape_erode` is then among the options where it is wanted.
    """

    def used_in(k: int) -> MaskingOptions:
        return MaskingOptions(**(options | dict((rounds or {}).get(k, {}))))

    def mask_of(image: Image, used: MaskingOptions) -> Flags:
        with tempfile.TemporaryDirectory() as directory, warnings.catch_warnings():
            warnings.simplefilter("ignore", SkerryWarning)
            output = make_mask(image.path, used, output=Path(directory) / "mask.fits").mask
            return read_mask(output).data != 0

    def make(image: Image, k: int) -> Flags:
        return mask_of(image, used_in(k))

    def as_made(image: Image, k: int) -> Flags:
        return mask_of(image, used_in(k).model_copy(update={"beam_shape_erode": False}))

    return MaskMaker(name, make, erodes, as_made if erodes else None, used_in)


def by_preset(name: str, first: str, later: str | None = None) -> MaskMaker:
    """Mask maker of a preset, or of one for the images of round 0 and another for later ones; it erodes by itself.

    Presets are names of shipped ones, or YAML files.
    """
    presets = {k: load_preset(first if k == 0 or later is None else later).options for k in range(10)}
    return by_options(name, presets, erodes=True)


def eroded(mask: Flags, image: Image) -> Flags:
    """Mask eroded by the shape of the restoring beam, with skerry's default response."""
    return np.asarray(beam_erosion(mask, pixel_beam(image.header)))


def snr_clip(image: Image, _: int) -> Flags:
    """Pixels above 5 sigma."""
    rms, bkg = plain_noise(image.data)
    return image.data - bkg > 5 * rms


def snr_flood(image: Image, _: int) -> Flags:
    """Pixels above 1.5 sigma in islands that reach 5 sigma."""
    rms, bkg = plain_noise(image.data)
    excess = image.data - bkg
    return np.asarray(seeded_islands(flood_marks(excess > 1.5 * rms, excess >= 5 * rms)))


def breizorro_method(image: Image, _: int) -> Flags:
    """What breizorro 0.2.0 (PyPI) does by default.

    The local noise is the depth of the minimum in a box, over the depth that half of all boxes of white Gaussian noise
    exceed, and at least its median over the image; the mask is what exceeds 6.5 times that. Checked against the
    program itself: every pixel is the same. NaN, at which the program makes its noise map of NaN too, is 0.
    """
    data = np.nan_to_num(image.data, nan=0.0)
    expected = -stats.norm.ppf(1 - 0.5 ** (1 / BREIZORRO_BOX**2))
    noise = -ndimage.minimum_filter(data, BREIZORRO_BOX) / expected
    noise[noise < 0] = _LEAST_NOISE
    return np.asarray(data > BREIZORRO_THRESHOLD * np.maximum(noise, np.median(noise)))


def breizorro_program(command: str) -> Callable[[Image, int], Flags]:
    """Mask maker that runs breizorro, which cannot be installed beside skerry: it needs another pydantic."""

    def make(image: Image, _: int) -> Flags:
        with tempfile.TemporaryDirectory() as temporary:
            filled, output = Path(temporary) / "image.fits", Path(temporary) / "mask.fits"
            data = np.nan_to_num(image.data, nan=0.0)
            header = value_header(image.header, Provenance("benchmark"))
            write_products([Product(filled, data, header, data.shape)])
            subprocess.run([command, "-r", filled, "-o", output], check=True, capture_output=True)
            return read_mask(output).data != 0

    return make
