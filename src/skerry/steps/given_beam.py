"""A restoring beam that is given by its numbers, in place of what headers say."""

from __future__ import annotations

from skerry.errors import SkerryError
from skerry.sky.restoring_beam import RestoringBeam, UnknownBeamError

__all__ = ["checked_beam", "numbers_of"]

_WIDTH = 63
"""Characters of a line of HISTORY behind its "  beam = "."""


def checked_beam(beam: RestoringBeam) -> RestoringBeam:
    """Beam that is given by its numbers, not by a header that could be mended."""
    try:
        return beam.checked("`bmaj`, `bmin` and `bpa`")
    except UnknownBeamError as error:
        raise SkerryError(error.problem) from error


def numbers_of(beam: RestoringBeam) -> str:
    """BMAJ, BMIN and BPA in degrees, as a line of HISTORY takes them."""
    exact = " ".join(f"{float(value)!r}" for value in beam)
    return exact if len(exact) <= _WIDTH else " ".join(f"{value:.15g}" for value in beam)
