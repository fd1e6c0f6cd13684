"""Whether restoring beams agree, and the smallest beam to which all of them can be convolved."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from skerry.sky.beam import RestoringBeam

if TYPE_CHECKING:
    from collections.abc import Sequence


__all__ = ["SAME_BEAM", "common_beam", "same_beam"]

SAME_BEAM = 0.01


def same_beam(beam: RestoringBeam, other: RestoringBeam) -> bool:
    """Whether two beams agree; a position angle matters as much as the beam is elongated."""
    turn = abs(math.sin(math.radians(beam.bpa - other.bpa))) * (1 - beam.bmin / beam.bmaj)
    return max(abs(other.bmaj / beam.bmaj - 1), abs(other.bmin / beam.bmin - 1), turn) <= SAME_BEAM


def common_beam(beams: Sequence[RestoringBeam]) -> RestoringBeam:
    """Smallest beam to which all can be convolved; the largest of them if none is found."""
    # radio-beam imports `astropy.nddata`, which takes this module for granted; nothing else may have imported it.
    import astropy.io.fits.connect  # noqa: F401
    from astropy import units
    from radio_beam import Beams
    from radio_beam.utils import BeamError

    major, minor, angle = (np.array(axis) * units.deg for axis in zip(*beams, strict=True))
    try:
        common = Beams(major=major, minor=minor, pa=angle).common_beam()
    except (BeamError, ValueError):
        return max(beams, key=lambda beam: beam.bmaj * beam.bmin)
    return RestoringBeam(*(float(q.to_value("deg")) for q in (common.major, common.minor, common.pa)))
