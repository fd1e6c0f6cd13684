"""The table of islands as a catalogue: places in pixels and on the sky, sizes in beams, fluxes in Jy.

Pixels are counted from 1, as FITS and DS9 count them and as messages name them; positions are in ICRS.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from skerry.io.catalogues import Column

if TYPE_CHECKING:
    from skerry.io.pixel_units import PixelUnit
    from skerry.masking.island_table import IslandTable
    from skerry.sky.icrs import IcrsGrid

__all__ = ["IslandColumns"]


@dataclass(frozen=True)
class IslandColumns:
    """Columns of the catalogue of a plane."""

    columns: tuple[Column, ...]

    def __getitem__(self, name: str) -> NDArray[Any]:
        """Values of a column."""
        return next(column.values for column in self.columns if column.name == name)

    def __contains__(self, name: str) -> bool:
        return any(column.name == name for column in self.columns)

    @classmethod
    def of(
        cls,
        table: IslandTable,
        grid: IcrsGrid | None,
        unit: PixelUnit | None,
        flux_factor: float | None,
        beam_area: float | None,
        scales: Sequence[int] | None,
    ) -> IslandColumns:
        """Make the columns of what was measured.

        Parameters
        ----------
        table : IslandTable
            Of the islands.
        grid : IcrsGrid, optional
            Of the mask.
        unit : PixelUnit, optional
            Of the image.
        flux_factor : float, optional
            From a sum over pixels to Jy.
        beam_area : float, optional
            Pixels.
        scales : sequence of int, optional
            Of a scale mask, by bit.

        Returns
        -------
        IslandColumns
            Of what is known; the others are left out.
        """
        columns = [
            Column("number", np.arange(1, len(table) + 1), None, "number of the island, in the order of the file")
        ]
        columns += _places("", "centroid", table.x, table.y, grid)
        if table.peak_x is not None and table.peak_y is not None:
            x, y = (np.where(table.peak_x < 0, np.nan, at.astype(np.float64)) for at in (table.peak_x, table.peak_y))
            columns += _places("peak_", "highest pixel", x, y, grid)
        columns.append(Column("pixels", table.size, None, "masked pixels"))
        if beam_area is not None:
            columns.append(Column("beams", table.size / beam_area, None, "area over that of the beam"))
        columns += _of_image(table, unit, flux_factor)
        columns += _of_scales(table, scales)
        flags = {
            "at_border": (table.at_border, "touches the border of the image"),
            "at_invalid": (table.at_invalid, "has or touches an invalid pixel"),
            "beside_negative": (table.beside_negative, "lies beside a negative island"),
        }
        columns += [Column(name, values, None, said) for name, (values, said) in flags.items() if values is not None]
        return cls(tuple(columns))

    def brightest_first(self) -> NDArray[np.intp]:
        """Order by peak, or by size where there is no image; what has no peak comes last."""
        by = self["peak"] if "peak" in self else self["pixels"]
        size = np.abs(np.asarray(by, np.float64))
        return np.argsort(-np.where(np.isnan(size), -1, size), kind="stable")


def _places(
    prefix: str, what: str, x: NDArray[np.float64], y: NDArray[np.float64], grid: IcrsGrid | None
) -> Iterator[Column]:
    if grid is not None:
        ra, dec = grid.positions(x, y)
        yield Column(f"{prefix}ra", ra, "deg", f"right ascension of the {what}, ICRS")
        yield Column(f"{prefix}dec", dec, "deg", f"declination of the {what}, ICRS")
    yield Column(f"{prefix}x", x + 1, "pix", f"column of the {what}, the first being 1")
    yield Column(f"{prefix}y", y + 1, "pix", f"row of the {what}, the first being 1")


def _of_image(table: IslandTable, unit: PixelUnit | None, flux_factor: float | None) -> Iterator[Column]:
    if table.peak is not None and table.total is not None and unit is not None:
        known = unit.in_jy_per_beam
        if known is not None:
            yield Column("peak", table.peak * np.float64(known), "Jy / beam", "highest pixel")
        else:
            yield Column("peak", table.peak, None, f"highest pixel, {unit}")
        if flux_factor is not None:
            yield Column("flux", table.total * flux_factor, "Jy", "sum of the pixels over the area of the beam")
        else:
            yield Column("sum", table.total, None, f"sum of the pixels, {unit}")
    if table.snr is not None:
        yield Column("snr", table.snr, None, "highest signal to noise")


def _of_scales(table: IslandTable, scales: Sequence[int] | None) -> Iterator[Column]:
    if table.bits is None or scales is None:
        return
    has = (table.bits[:, np.newaxis] >> np.arange(len(scales))) & 1
    largest = np.where(has.any(axis=1), (np.asarray(scales) * has).max(axis=1, initial=0), -1)
    yield Column("largest_scale", largest, "pix", "largest CLEAN scale in whose mask it is, FWHM")
    words = [",".join(str(scale) for scale, is_in in zip(scales, row, strict=True) if is_in) for row in has]
    yield Column("scales", np.array(words, dtype=str), None, "CLEAN scales in whose masks it is, FWHM in pixels")
