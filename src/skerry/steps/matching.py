"""A mask held against a catalogue, or against another mask: what was found, what was missed, what is false."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from skerry.config.input_files import check_input
from skerry.errors import SkerryError, SkerryNote
from skerry.filters.connected_pixels import Islands
from skerry.io.catalogues import Column
from skerry.io.image_headers import read_header
from skerry.io.position_tables import read_positions
from skerry.io.whole_files import telling_os_errors
from skerry.masking.island_table import measure_islands
from skerry.masking.matched_islands import MatchedIslands, match_mask, match_positions
from skerry.planes.masks import set_pixels
from skerry.sky.beam import beam_fwhm

if TYPE_CHECKING:
    from skerry.io.fits import OpenImage
    from skerry.planes.plane import Floats
    from skerry.sky.icrs import IcrsGrid
    from skerry.steps.step_files import StepFiles

__all__ = ["Comparison", "Matched"]

_OF_BEAM = 0.5
"""Of the FWHM of the beam, up to which a source may lie from an island by default: beyond, nothing of its peak is in
the mask."""
_WITHOUT_BEAM = 2.0
"""The same in pixels, where there is no beam."""
_FARTHEST = 200.0
"""Pixels, of a radius that is given for a catalogue: each source is compared with every pixel as near."""
_CLEAR = 5.0
"""Signal, in sigma, above which a source could have been masked."""


@dataclass(frozen=True)
class Matched:
    """A plane of a mask beside a catalogue or another mask."""

    with_file: Path
    is_mask: bool
    """Whether that is a mask, whose islands stand for sources."""
    matches: MatchedIslands
    radius: float
    """Degrees, or pixels where there are no coordinates."""
    ra: NDArray[np.float64] | None
    dec: NDArray[np.float64] | None
    """Of the sources, degrees; None where there are no coordinates."""
    x: NDArray[np.float64]
    y: NDArray[np.float64]
    """The same in pixels, from 0."""
    pixel: float | None
    """Side of a pixel, degrees."""

    @property
    def clearly_missed(self) -> int | None:
        """Sources that were missed though the signal there is above 5 sigma; None where it is not known."""
        if self.matches.snr is None:
            return None
        with np.errstate(invalid="ignore"):
            return int(np.count_nonzero(self._missed & (self.matches.snr > _CLEAR)))

    @property
    def _missed(self) -> NDArray[np.bool_]:
        return np.asarray(self.matches.within & (self.matches.island == 0))

    def missed_first(self) -> NDArray[np.intp]:
        """Sources that were missed, those of the highest signal first."""
        missed = np.flatnonzero(self._missed)
        if self.matches.snr is None:
            return missed
        return missed[np.argsort(-np.nan_to_num(self.matches.snr[missed], nan=-np.inf), kind="stable")]

    def as_json(self) -> dict[str, Any]:
        """Counts, as JSON has them."""
        matches = self.matches
        return {
            "catalogue": str(self.with_file),
            "radius_deg" if self.pixel is not None else "radius_pixels": self.radius,
            "found": matches.found,
            "missed": matches.missed,
            "missed_above_5_sigma": self.clearly_missed,
            "outside": int(np.count_nonzero(~matches.within)),
            "islands_with_source": int(np.count_nonzero(matches.has_source)),
            "islands_without_source": matches.false,
        }

    def columns(self) -> list[Column]:
        """The sources, each with what became of it."""
        matches = self.matches
        became = np.where(matches.within, np.where(matches.island > 0, "found", "missed"), "outside")
        columns = [Column("row", np.arange(1, self.x.size + 1), None, f"row of {self.with_file.name}")]
        if self.ra is not None and self.dec is not None:
            columns += [Column("ra", self.ra, "deg", "right ascension, ICRS"), Column("dec", self.dec, "deg", "ICRS")]
        columns += [
            Column("x", self.x + 1, "pix", "column, the first being 1"),
            Column("y", self.y + 1, "pix", "row, the first being 1"),
            Column("became", became, None, "found, missed, or outside of the valid pixels of the image"),
        ]
        if not self.is_mask:
            columns.append(Column("island", matches.island, None, "number of the island that it is in or nearest to"))
        if matches.distance is not None:
            factor, unit = (1.0, "pix") if self.pixel is None else (3600 * self.pixel, "arcsec")
            columns.append(
                Column("distance", matches.distance * factor, unit, "to the nearest pixel of the island; 0 within it")
            )
        if matches.snr is not None:
            columns.append(Column("snr", matches.snr, None, "signal to noise of the pixel there"))
        return columns


class Comparison:
    """What a mask is held against.

    Parameters
    ----------
    path : Path
        A table with positions, as `skerry.io.position_tables` reads it, or a mask on the same grid.
    radius : float, optional
        Degrees up to which a source may lie from an island. By default half the FWHM of the beam; of a mask 0, so that
        islands share a pixel.
    """

    def __init__(self, path: Path, radius: float | None = None) -> None:
        if radius is not None and not (np.isfinite(radius) and radius >= 0):
            raise SkerryError(f"`match_radius` {radius:g}: is no distance; give 0 or more")
        self.path, self._radius = Path(path), radius
        self.is_mask = _is_image(self.path)
        self._positions = None if self.is_mask else read_positions(self.path)

    def with_islands(
        self,
        files: StepFiles,
        islands: Islands,
        like: OpenImage,
        grid: IcrsGrid | None,
        beam_area: float | None,
        image: Floats | None,
        signal: Floats | None,
    ) -> Matched:
        """Hold the islands of a plane against it.

        Parameters
        ----------
        files : StepFiles
            Of the step.
        islands : Islands
            Of the mask.
        like : OpenImage
            The open mask or image.
        grid : IcrsGrid, optional
            Of the mask.
        beam_area : float, optional
            Pixels.
        image, signal : Plane of float32, shape (ny, nx), optional
            As of `match_positions`.

        Returns
        -------
        Matched
            What goes together.
        """
        pixel = None if grid is None else grid.pixel_size
        if self._radius is not None and pixel is None:
            raise SkerryError(f"{like.path}: has no celestial coordinates, by which `match_radius` had pixels")
        asked = None if self._radius is None or pixel is None else self._radius / pixel
        if self.is_mask:
            other = files.open_mask(self.path, like)
            table, radius = measure_islands(set_pixels(other.data)), asked or 0.0
            matches, x, y = match_mask(islands, table.islands, radius), table.x, table.y
            ra, dec = (None, None) if grid is None else grid.positions(x, y)
        else:
            if grid is None or self._positions is None:
                raise SkerryError(f"{like.path}: has no celestial coordinates, to compare with those of {self.path}")
            radius = self._default(beam_area, like.path) if asked is None else asked
            if asked is not None and asked > _FARTHEST:
                told = f"`match_radius` {self._radius:g} degrees has {asked:.4g} pixels"
                raise SkerryError(f"{like.path}: {told}; give {_FARTHEST:g} pixels or less, some beams at most")
            ra, dec = self._positions.ra, self._positions.dec
            x, y = grid.pixels(ra, dec)
            matches = match_positions(islands, x, y, radius, image, signal)
            if not matches.within.any():
                warnings.warn(f"{self.path}: none of its positions lies on {like.path}", SkerryNote, stacklevel=4)
        return Matched(self.path, self.is_mask, matches, radius * (pixel or 1.0), ra, dec, x, y, pixel)

    def _default(self, beam_area: float | None, path: Path) -> float:
        """Radius where none is given, pixels."""
        if beam_area is not None:
            return _OF_BEAM * beam_fwhm(beam_area)
        told = f"{path}: has no beam; sources may lie {_WITHOUT_BEAM:g} pixels from an island (`match_radius`)"
        warnings.warn(told, SkerryNote, stacklevel=5)
        return _WITHOUT_BEAM


def _is_image(path: Path) -> bool:
    """Whether a file is a FITS image."""
    check_input(path, "a mask, or a table of sources")
    with telling_os_errors(f"{path}: cannot be read"), path.open("rb") as file:
        begins = file.read(6)
    if begins != b"SIMPLE" and not path.name.lower().endswith((".fits.gz", ".fits.fz")):
        return False
    try:
        read_header(path)
    except SkerryError:
        return False
    return True
