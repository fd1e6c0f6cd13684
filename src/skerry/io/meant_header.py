"""The header of an image as whoever wrote it means it: the only one that the rest of the house reads.

The beam stands in BMAJ, BMIN and BPA, wherever it stood in the file; units of the celestial axes are spelled by the
standard; every card can be read. Of an image with a plain header it is the header.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from skerry.io.beam_table import beam_of_table
from skerry.io.header_cards import readable_header
from skerry.sky.celestial import coordinate_mends
from skerry.sky.restoring_beam import RestoringBeam, UnknownBeamError, beam_of_history

if TYPE_CHECKING:
    from pathlib import Path

    from astropy.io import fits

__all__ = ["header_without_table", "meant_header", "set_beam"]

_BEAM = ("BMAJ", "BMIN", "BPA")
_OF_FILE = ("SIMPLE", "BITPIX", "EXTEND", "CHECKSUM", "DATASUM", "BSCALE", "BZERO", "BLANK", "COMMENT", "HISTORY", "")


def meant_header(hdu: Any, hdus: fits.HDUList, path: Path, beam: RestoringBeam | None = None) -> fits.Header:
    """Header of an open image as it is meant.

    Parameters
    ----------
    hdu : astropy.io.fits HDU
        The image.
    hdus : HDUList
        The file that it is in.
    path : Path
        The name of the file, for messages.
    beam : RestoringBeam, optional
        Used in place of whatever the file says of its beam.

    Returns
    -------
    Header
        A new one. The beam is, of those that there are, the one of the cards of the image, of the table BEAMS, of the
        primary header if the image is an extension, or of HISTORY; with INHERIT = T the image has all cards of the
        primary header that it has not itself. CASAMBM, which says that there is a table, is left where nothing tells
        which of its beams is that of the plane.

    Raises
    ------
    SkerryError
        If a card that skerry needs cannot be read.
    """
    header, primary = _readable(hdu, hdus, path, beam)
    if beam is None and "BMAJ" not in header:
        try:
            _find_beam(header, primary, beam_of_table(hdus, header, path))
        except UnknownBeamError:
            header["CASAMBM"] = True
    return header


def header_without_table(hdu: Any, hdus: fits.HDUList, path: Path, beam: RestoringBeam | None = None) -> fits.Header:
    """Header of an open cube as `meant_header` has it, but for a beam that stands in the table BEAMS; likewise."""
    header, primary = _readable(hdu, hdus, path, beam)
    if beam is None and "BMAJ" not in header:
        _find_beam(header, primary, None)
    return header


def set_beam(header: fits.Header, beam: RestoringBeam | None) -> None:
    """Put the beam of a plane into its header, in place of what it says; None for one that is not known."""
    for keyword in _BEAM:
        header.remove(keyword, ignore_missing=True)
    if beam is None:
        header["CASAMBM"] = True
        return
    header.remove("CASAMBM", ignore_missing=True)
    header["BMAJ"], header["BMIN"], header["BPA"] = beam


def _readable(
    hdu: Any, hdus: fits.HDUList, path: Path, beam: RestoringBeam | None
) -> tuple[fits.Header, fits.Header | None]:
    """Header of an open image whose cards can be read, with a beam that is given; and the primary header beside it."""
    name = str(path)
    unread = _BEAM if beam is not None else ()
    header = readable_header(hdu.header, name, unread)
    primary = readable_header(hdus[0].header, name, unread) if hdu is not hdus[0] else None
    if primary is not None and header.get("INHERIT") is True:
        for card in primary.cards:
            if card.keyword not in (*_OF_FILE, *header) and not card.keyword.startswith("NAXIS"):
                header.append(card)
    for keyword, value in coordinate_mends(header).items():
        header[keyword] = value
    if beam is not None:
        header["BMAJ"], header["BMIN"], header["BPA"] = beam
    return header, primary


def _find_beam(header: fits.Header, primary: fits.Header | None, beam: RestoringBeam | None) -> None:
    """Put the beam of the table, or one that stands elsewhere in the file, into a header."""
    header.remove("CASAMBM", ignore_missing=True)
    if beam is None and primary is not None and "BMAJ" in primary:
        for keyword in _BEAM:
            if keyword in primary and keyword not in header:
                header[keyword] = primary[keyword]
        return
    for where in (header, primary):
        if beam is None and where is not None:
            beam = beam_of_history(map(str, where.get("HISTORY", [])))
    if beam is not None:
        header["BMAJ"], header["BMIN"], header["BPA"] = beam
