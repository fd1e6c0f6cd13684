"""Headers of masks as an imager reads them: four axes in its order, and no card that it stumbles over."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal, TypeAlias

from astropy.io import fits

from skerry.io.mask_cards import is_readable_date
from skerry.sky.grid_difference import grid_cards
from skerry.sky.image_axes import with_axes

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["ImagerName", "casa_header", "header_for"]

ImagerName: TypeAlias = Literal["casa", "ddfacet", "wsclean"]

_ORDER: Mapping[str, tuple[str, str]] = {
    "casa": ("STOKES", "FREQ"),
    "ddfacet": ("STOKES", "FREQ"),
    "wsclean": ("FREQ", "STOKES"),
}
"""Axes 3 and 4 of the images that they make themselves."""
_OF_OBSERVATION = ("OBJECT", "TELESCOP", "DATE-OBS", "RESTFRQ", "BMAJ", "BMIN", "BPA")


def header_for(imager: str, header: fits.Header, axes: int = 4) -> fits.Header:
    """Header of a mask in FITS form for an imager.

    Parameters
    ----------
    imager : str
        The imager.
    header : Header
        Of the mask.
    axes : int
        2 or 4.

    Returns
    -------
    Header
        A new one, without a date that is none.
    """
    plain = with_axes(header, axes, _ORDER[imager])
    if not is_readable_date(plain.get("DATE-OBS")):
        plain.remove("DATE-OBS", remove_all=True)
    return plain


def casa_header(header: fits.Header) -> fits.Header:
    """Coordinates of a mask that tclean takes without a conversion of frequencies.

    Parameters
    ----------
    header : Header
        Of the mask.

    Returns
    -------
    Header
        A new one of four axes, with the cards of coordinates and observation only. Its frequency is said to be in the
        frame LSRK, in which tclean images by default: of another, TOPOCENT, tclean would convert it, and fail for a
        telescope whose place it does not know, though of one plane the frequency does not matter.
    """
    whole = header_for("casa", header)
    wanted = [*grid_cards(whole), *(k for k in whole if re.match(r"(CTYPE|CRVAL|CRPIX|CDELT|CUNIT)[34]$", k))]
    wanted += [k for k in whole if re.match(r"CD[34]_[34]$", k)]
    chosen = fits.Header([whole.cards[k] for k in (*wanted, *(k for k in _OF_OBSERVATION if k in whole))], copy=True)
    for card in chosen.cards:
        if isinstance(card.value, int):
            card.value = float(card.value)  # Of a whole number casacore tells that it is converted.
    chosen["SPECSYS"] = "LSRK"
    return chosen
