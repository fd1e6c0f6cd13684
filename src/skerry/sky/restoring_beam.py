"""The restoring beam on the sky, and how it is read from the cards or the HISTORY of a header."""

from __future__ import annotations

import math
import re
import warnings
from typing import TYPE_CHECKING, NamedTuple

from skerry.errors import SkerryError, SkerryWarning

if TYPE_CHECKING:
    from collections.abc import Iterable

    from astropy.io import fits

__all__ = ["LARGEST", "SMALLEST", "RestoringBeam", "UnknownBeamError", "beam_of_history", "read_beam"]

LARGEST, SMALLEST = 1e15, 1e-15
"""Of a number of a header, and of a size that is not 0, degrees: beyond, squares and ratios are no numbers any more."""
_ROUNDING = 1e-4
"""By which the minor axis may exceed the major one: of a round beam, rounded on the way into a header."""
_NUMBER = r"([-+]?(?:\d+\.?\d*|\.\d+)(?:[EeDd][-+]?\d+)?)"
_OF_AIPS = rf"\bCLEAN\s+BMAJ\s*=\s*{_NUMBER}\s+BMIN\s*=\s*{_NUMBER}\s+BPA\s*=\s*{_NUMBER}"
_OF_CASA = rf"\brestoration:\s*{_NUMBER}\s+by\s+{_NUMBER}\s*\(arcsec\)\s+at\s+pa\s+{_NUMBER}\s*\(deg\)"


class UnknownBeamError(SkerryError):
    """The restoring beam of an image is not known; a step that can be given one says so in place of the advice.

    Parameters
    ----------
    problem : str
        What is wrong, without what to do.

    Attributes
    ----------
    problem : str
        The same.
    """

    def __init__(self, problem: str) -> None:
        super().__init__(f"{problem}; write BMAJ, BMIN and BPA, in degrees, into its header")
        self.problem = problem


class RestoringBeam(NamedTuple):
    """An elliptical Gaussian on the sky."""

    bmaj: float
    """FWHM of the major axis, degrees."""
    bmin: float
    """FWHM of the minor axis, degrees."""
    bpa: float
    """Position angle of the major axis, degrees from north through east."""

    @property
    def can_be_meant(self) -> bool:
        """Whether a program that writes such a beam can have meant it."""
        return all(SMALLEST <= size <= LARGEST for size in (self.bmaj, self.bmin)) and abs(self.bpa) <= LARGEST

    def checked(self, name: str = "beam") -> RestoringBeam:
        """Return the beam, or raise an `UnknownBeamError` that names `name` if its axes are not those of a beam."""
        # Of a round beam the minor axis may be the longer one by rounding.
        if all(map(math.isfinite, self)) and 0 < self.bmaj < self.bmin <= self.bmaj * (1 + _ROUNDING):
            return self._replace(bmaj=self.bmin)
        if not all(map(math.isfinite, self)) or not 0 < self.bmin <= self.bmaj:
            raise UnknownBeamError(
                f"{name}: BMAJ {self.bmaj}, BMIN {self.bmin}, BPA {self.bpa} are not a beam: "
                "they must be degrees with BMAJ >= BMIN > 0"
            )
        return self


def read_beam(header: fits.Header, name: str = "header") -> RestoringBeam:
    """Read the restoring beam from a FITS header.

    Parameters
    ----------
    header : Header
        With BMAJ, BMIN and BPA in degrees; the HISTORY of AIPS or CASA will do in place of BMAJ. Without BPA it counts
        as 0, with a `SkerryWarning`.
    name : str
        What to call the header in messages, for instance its file.

    Returns
    -------
    RestoringBeam
        The beam.

    Raises
    ------
    UnknownBeamError
        If there is no beam, or it is none.
    """
    from skerry.sky.header_cards import check_card

    if "BMAJ" not in header:
        found = beam_of_history(map(str, header.get("HISTORY", [])))
        if found is not None:
            return found.checked(name)
    present = [keyword for keyword in RestoringBeam._fields if keyword.upper() in header]
    for keyword in present:
        check_card(header.cards[keyword.upper()], name)
    missing = [keyword.upper() for keyword in ("bmaj", "bmin") if keyword not in present]
    if missing and header.get("CASAMBM") is True:
        problem = "has several beams in its table BEAMS, and nothing tells which is that of the plane"
        raise UnknownBeamError(f"{name}: {problem}")
    if missing:
        raise UnknownBeamError(f"{name}: has no {' and no '.join(missing)}, so the restoring beam is unknown")
    if "bpa" not in present:
        warnings.warn(f"{name}: has no BPA; taken as 0", SkerryWarning, stacklevel=2)
    return RestoringBeam(float(header["BMAJ"]), float(header["BMIN"]), float(header.get("BPA", 0.0))).checked(name)


def beam_of_history(lines: Iterable[str]) -> RestoringBeam | None:
    """Last restoring beam of which AIPS or CASA tells in HISTORY.

    Parameters
    ----------
    lines : iterable of str
        In their order. AIPS writes "CLEAN BMAJ= 2.2E-03 BMIN= 2.2E-03 BPA= 0.00", in degrees; other tasks of it write
        the word BMAJ in arcsec, of what they were asked for. CASA writes "restoration: 8.0 by 8.0 (arcsec) at pa 0.0
        (deg)", which may go on in the next line behind a ">".

    Returns
    -------
    RestoringBeam, or None
        None if there is none; zeros, as of an image that was not cleaned, are none, nor is what cannot be meant.

    Examples
    --------
    >>> beam_of_history(["AIPS   CLEAN BMAJ=  2.5000E-03 BMIN=  2.0000E-03 BPA=  10.00"])
    RestoringBeam(bmaj=0.0025, bmin=0.002, bpa=10.0)
    """
    text = re.sub(r">?\n>\s?", " ", "\n".join(line.rstrip() for line in lines))
    if "BMAJ" not in text and "restoration:" not in text:
        return None
    found = [(match.start(), match, 1.0) for match in re.finditer(_OF_AIPS, text)]
    found += [(match.start(), match, 3600.0) for match in re.finditer(_OF_CASA, text)]
    for _, match, per_degree in sorted(found, key=lambda one: one[0], reverse=True):
        bmaj, bmin, bpa = (float(number.upper().replace("D", "E")) for number in match.groups())
        beam = RestoringBeam(bmaj / per_degree, bmin / per_degree, bpa)
        if beam.can_be_meant:
            return beam
    return None
