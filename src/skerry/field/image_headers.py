"""What is wrong with the headers of a field's images, before any job starts.

A field has hundreds of images, and reading all headers as FITS takes seconds. So a header that is as they mostly are is
looked at as bytes, in a tenth of a millisecond, and only another one is read.
"""

from __future__ import annotations

import gzip
import math
import re
import zlib
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from skerry.config.options import MaskingOptions
from skerry.errors import SkerryError
from skerry.field.given_beam import step_needs_beam

if TYPE_CHECKING:
    from skerry.field.keys import FieldConfig

__all__ = ["check_headers", "image_size"]

_BLOCK, _CARD = 2880, 80
_MOST_BLOCKS = 64
_NUMBERS = re.compile(rb"(NAXIS\d*|BITPIX|CRVAL\d|CRPIX\d|CDELT\d|CD\d_\d|PC\d_\d|BMAJ|BMIN|BPA) *= *([^/]*)")
_OTHER_AXIS_FIRST = re.compile(rb"CTYPE[12] *= *'(?! *(?:RA|DEC|[GE]LON|[GE]LAT))", flags=re.IGNORECASE)
"""An axis that is not one of the sky before one that may be."""
_GZIP = b"\x1f\x8b"
_PACKED = (b"BZh", b"\xfd7zXZ", b"PK\x03\x04")
_NAMES_IN_AN_ERROR = 3


def check_headers(field: FieldConfig) -> None:
    """Check the images that a field's masks are made of, as far as they are there and by their headers.

    Parameters
    ----------
    field : FieldConfig
        The field.

    Raises
    ------
    SkerryError
        If one cannot be read, or a step needs the restoring beam and neither the image nor the field tells it.
    """
    without = [path for path, needed in _images(field).items() if not _has_beam(path) and needed]
    if field.plan.co_adds and field.beam is None:
        without += _rounds_without_beam(field)
    without = list(dict.fromkeys(without))
    if without and field.beam is None:
        shown = ", ".join(without[:_NAMES_IN_AN_ERROR]) + (", ..." if len(without) > _NAMES_IN_AN_ERROR else "")
        raise SkerryError(
            f"{shown}: the restoring beam of {len(without)} image{'s' * (len(without) > 1)} is not in the header, and "
            "masks need it; give it in the field's YAML file, as beam: {bmaj: 8 arcsec, bmin: 7 arcsec, bpa: 20 deg}, "
            "or the name of an image that has it"
        )


def image_size(path: str) -> tuple[int, int]:
    """Width and height of an image, pixels.

    Parameters
    ----------
    path : str
        The image.

    Returns
    -------
    tuple of int
        The two.

    Raises
    ------
    SkerryError
        If it cannot be read.
    """
    try:
        with Path(path).open("rb") as file:
            header = _header(file.read)
        numbers = {} if _OTHER_AXIS_FIRST.search(header) else _numbers(header)
    except (OSError, ValueError):
        numbers = {}
    if numbers.get("NAXIS", 0) >= 2:
        return int(numbers.get("NAXIS1", 0)), int(numbers.get("NAXIS2", 0))
    from skerry.io.image_headers import read_size

    return read_size(path)[::-1]


def _images(field: FieldConfig) -> dict[str, bool]:
    """Given images by name, and whether the step that reads each of them needs the beam of it alone."""
    images: dict[str, bool] = {}
    for k in field.plan.masked_rounds:
        options = field.plan.options_for_round(k)
        for mosaic in filter(None, (field.files.mosaic_path(k - 1, target) for target in field.plan.mosaics)):
            images[mosaic] = images.get(mosaic, False) or _chain_needs_beam(field, k, options)
        if k - 1 in field.plan.imaged_rounds:
            continue
        on_beams = field.plan.on_mosaic and step_needs_beam("extract-beam", options)
        on_beams = on_beams or (field.plan.on_beams and _chain_needs_beam(field, k, options))
        for beam in field.each_beam:
            path = field.files.image_path(k - 1, beam)
            images[path] = images.get(path, False) or on_beams
    return {path: needed for path, needed in images.items() if Path(path).is_file()}


def _chain_needs_beam(field: FieldConfig, k: int, options: MaskingOptions) -> bool:
    return any(step_needs_beam(step.name, options) for step in field.plan.single_steps(k) if step.name != "noise")


def _rounds_without_beam(field: FieldConfig) -> Iterable[str]:
    """Images of the rounds whose mosaic is made of images of which none has a beam, where that is needed."""
    for k in field.plan.masked_rounds:
        if k - 1 in field.plan.imaged_rounds or not _chain_needs_beam(field, k, field.plan.options_for_round(k)):
            continue
        for target in field.plan.mosaics:
            paths = list(filter(_is_file, field.files.images_of_mosaic(k - 1, target)))
            if not any(map(_has_beam, paths)):
                yield from paths


def _is_file(path: str) -> bool:
    return Path(path).is_file()


def _has_beam(path: str) -> bool:
    """Whether an image has a beam; raises a `SkerryError` if it cannot be read."""
    known = _known_at_sight(Path(path))
    if known is not None:
        return known
    # Imported here: astropy takes longer than all that a plan does with headers that are as they mostly are.
    from skerry.io.image_headers import read_axes, read_header
    from skerry.sky.restoring_beam import UnknownBeamError, read_beam

    axes, _ = read_axes(path)
    header = read_header(path)
    if header.get("CASAMBM") is True and axes.channels * axes.stokes > 1:
        # Each plane has its own.
        return True
    try:
        read_beam(header, path)
    except UnknownBeamError:
        return False
    return True


def _known_at_sight(path: Path) -> bool | None:
    """Whether an image has a beam; None if it needs another look."""
    try:
        with path.open("rb") as file:
            begin = file.read(8)
            file.seek(0)
            if begin.startswith(_PACKED):
                # To unpack it only for this would take too long.
                return True
            if begin.startswith(_GZIP):
                with gzip.open(file) as unpacked:
                    return True if _is_sound(_header(unpacked.read), None) else None
            return True if _is_sound(_header(file.read), path.stat().st_size) else None
    except (OSError, EOFError, ValueError, zlib.error):
        return None


def _header(read: Callable[[int], bytes]) -> bytes:
    """Blocks of a primary header; empty if it has no end."""
    header = b""
    for _ in range(_MOST_BLOCKS):
        block = read(_BLOCK)
        header += block
        if len(block) < _BLOCK:
            break
        if any(block[place : place + 8] == b"END     " for place in range(0, _BLOCK, _CARD)):
            return header
    return b""


def _is_sound(header: bytes, size: int | None) -> bool:
    """Whether a header is that of a plain image with a beam, whose file, if its size is known, is whole."""
    if not header.startswith(b"SIMPLE  ="):
        return False
    numbers = _numbers(header)
    if not all(map(math.isfinite, numbers.values())):
        return False
    axes = [int(numbers.get(f"NAXIS{n}", 0)) for n in range(1, int(numbers.get("NAXIS", 0)) + 1)]
    is_plane = len(axes) >= 2 and math.prod(axes) == axes[0] * axes[1] > 0
    needed = len(header) + math.prod(axes) * abs(int(numbers.get("BITPIX", 0))) // 8
    has_beam = 0 < numbers.get("BMIN", 0) <= numbers.get("BMAJ", 0)
    return is_plane and has_beam and (size is None or size >= needed)


def _numbers(header: bytes) -> dict[str, float]:
    """Values of the cards of a header that say how large an image is, where it lies, and its beam."""
    numbers = {}
    for place in range(0, len(header), _CARD):
        found = _NUMBERS.match(header, place, place + _CARD)
        if found is not None:
            numbers[found[1].decode()] = float(found[2])
    return numbers
