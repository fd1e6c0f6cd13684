"""Region files of DS9 and CASA, read a statement at a time by the `regions` package.

By itself it loses a whole file because of one line, and reads some statements otherwise than DS9 and CASA do. So each
is put into words that it reads right, and what it cannot read is kept with its line.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from skerry.config.input_files import check_input
from skerry.errors import SkerryError
from skerry.io.crtf_regions import crtf_statements
from skerry.io.ds9_regions import ds9_statements
from skerry.io.region_statements import LeftOut, Statement, StatementError
from skerry.planes.limits import check_kept
from skerry.sky.region_shapes import PIXEL_FRAMES, Region, Shape

__all__ = ["RegionFile", "read_regions"]

_MOST = 1 << 28
"""Bytes: a region file is text that people or source finders write."""
_BYTES_OF_TEXT = 50
"""That a byte of it takes while it is read: its numbers as text, as objects and as arrays."""
_SHARE_OF_MEMORY = 0.8
"""For it is read before any band is worked on."""

_BY_DEGREES = ("galactic", "supergalactic", "ecliptic")
"""Frames whose longitude is in degrees where others have hours."""


@dataclass(frozen=True)
class RegionFile:
    """What a region file says.

    Attributes
    ----------
    path : Path
        The file.
    regions : tuple of Region
        In the order in which they count.
    left_out : tuple of LeftOut
        Lines that make no region.
    """

    path: Path
    regions: tuple[Region, ...]
    left_out: tuple[LeftOut, ...]


def read_regions(path: Path) -> RegionFile:
    """Read a region file of DS9 or CASA.

    Parameters
    ----------
    path : Path
        The file; it is one of CASA's if it says so in its first line, or has CASA's brackets.

    Returns
    -------
    RegionFile
        With every line that is a region, or not understood.

    Raises
    ------
    SkerryError
        If it cannot be read, or is no text.
    """
    lines = _lines(path)
    first = next((line.strip() for line in lines if line.strip()), "")
    is_crtf = first.startswith("#CRTF") or any("[[" in line.split("#", 1)[0].replace(" ", "") for line in lines)
    regions, left_out = list[Region](), list[LeftOut]()
    for one in (crtf_statements if is_crtf else ds9_statements)(lines):
        if isinstance(one, LeftOut):
            left_out.append(one)
            continue
        try:
            shape = _shape(one)
        except StatementError as error:
            left_out.append(LeftOut(one.line, one.text, str(error), error.understood))
        else:
            regions.append(Region(one.line, one.text, shape, one.include, one.channels, one.for_all))
    return RegionFile(path, tuple(regions), tuple(sorted(left_out, key=lambda lost: lost.line)))


def _lines(path: Path) -> list[str]:
    check_input(path, "a .reg of DS9 or a .crtf of CASA")
    try:
        size = path.stat().st_size
        if size > _MOST:
            raise SkerryError(f"{path}: is larger than any region file; give a .reg of DS9 or a .crtf of CASA")
        told = f"the {size / 1e6:.3g} MB of region file {path}"
        check_kept(_BYTES_OF_TEXT * size, told, "fewer regions", _SHARE_OF_MEMORY)
        content = path.read_bytes()
    except OSError as error:
        raise SkerryError(f"{path}: cannot be read: {error.strerror}; give a .reg of DS9 or a .crtf of CASA") from error
    if b"\0" in content or content.startswith(b"SIMPLE  ="):
        raise SkerryError(f"{path}: is no text; give a region file, a .reg of DS9 or a .crtf of CASA")
    return content.decode("utf-8-sig", errors="replace").replace("\r\n", "\n").replace("\r", "\n").split("\n")


def _shape(statement: Statement) -> Shape:
    """Shape of a statement, its numbers read by `regions`."""
    frame, shape = statement.frame, statement.shape
    pixels = frame in PIXEL_FRAMES
    if shape in ("polygon", "corners"):
        places = statement.places if shape == "polygon" else statement.places + statement.places[-2:]
        points = _points(_parsed(frame, f"polygon({','.join(places)})").vertices)
        return Shape("polygon", frame, points) if shape == "polygon" else Shape("corners", frame, points[:2])
    shape, written = _without_zeros(shape, statement.sizes)
    units = {size[-1] in "pi" or (size[-1] not in "\"'dr" and pixels) for size in written}
    if len(units) != 1:
        raise StatementError("has sizes in pixels beside others")
    in_pixels = units.pop()
    sizes = [size.rstrip("pi") for size in written]
    angle = (statement.angle,) if shape in ("ellipse", "box") else ()
    if in_pixels == pixels:
        region = form = _parsed(frame, f"{shape}({','.join((*statement.places, *sizes, *angle))})")
    else:
        region = _parsed(frame, f"point({','.join(statement.places)})")
        origin = "1,1" if in_pixels else "0,0"
        form = _parsed("image" if in_pixels else "icrs", f"{shape}({origin},{','.join((*sizes, *angle))})")
    outer, inner = _halves(form)
    turned = _number(form.angle) if hasattr(form, "angle") else 0.0
    kind: Literal["box", "ellipse"] = "box" if shape == "box" else "ellipse"
    return Shape(kind, frame, _points(region.center), outer, inner, in_pixels, turned, statement.by_image)


def _without_zeros(shape: str, sizes: tuple[str, ...]) -> tuple[str, tuple[str, ...]]:
    """Shape and sizes without a hole of size 0, which `regions` refuses."""
    empty = [_is_zero(size) for size in sizes]
    if shape == "annulus" and empty == [True, False]:
        return "circle", sizes[1:]
    if len(sizes) == 4 and empty == [True, True, False, False]:
        return shape, sizes[2:]
    if any(empty):
        raise StatementError("has a size of 0, and so no pixels", understood=True)
    return shape, sizes


def _is_zero(size: str) -> bool:
    try:
        return float(size.rstrip("pi\"'dr")) == 0
    except ValueError:
        return False


def _parsed(frame: str, text: str) -> Any:
    """Region of a statement as `regions` reads it; of several rings there is only one here."""
    from regions import Regions

    # Coordinates with colons are hours of right ascension in some frames; nothing else depends on the frame.
    known = "image" if frame in PIXEL_FRAMES else "galactic" if frame in _BY_DEGREES else "fk5"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            found = Regions.parse(f"{known};{text}", format="ds9")
    except Exception as error:  # whatever it stumbles over, it is this one line that is not understood
        reason = " ".join(str(error).split()).split(f": {text.lower()}")[0]
        raise StatementError(f"its numbers are not understood: {reason[:100]}") from error
    if len(found) != 1:
        raise StatementError("its numbers are not understood")
    return found[0]


def _points(place: Any) -> NDArray[np.float64]:
    """Points of a pixel or of the sky, pixels from 0 and degrees."""
    on_sky = getattr(place, "data", None)
    pair = (place.x, place.y) if on_sky is None else (on_sky.lon.deg, on_sky.lat.deg)
    points = np.stack([np.atleast_1d(np.asarray(one, dtype=np.float64)) for one in pair], axis=1)
    if not np.isfinite(points).all():
        raise StatementError("has coordinates that are no numbers")
    return points


def _halves(form: Any) -> tuple[tuple[float, float], tuple[float, float]]:
    """Half of the outer and of the inner sizes of a region."""
    if hasattr(form, "radius"):
        outer, inner = (form.radius,) * 2, (0.0, 0.0)
    elif hasattr(form, "outer_radius"):
        outer, inner = (form.outer_radius,) * 2, (form.inner_radius,) * 2
    elif hasattr(form, "outer_width"):
        outer, inner = (form.outer_width / 2, form.outer_height / 2), (form.inner_width / 2, form.inner_height / 2)
    else:
        outer, inner = (form.width / 2, form.height / 2), (0.0, 0.0)
    pairs = [(_number(first), _number(second)) for first, second in (outer, inner)]
    return pairs[0], pairs[1]


def _number(value: Any) -> float:
    """Number of a length or an angle, pixels or degrees."""
    number = float(value.to_value("deg") if hasattr(value, "to_value") else value)
    if not np.isfinite(number):
        raise StatementError("has sizes that are no numbers")
    return number
