"""What the user of a mask is warned of: boxes that do not fit, sources that are lost, an image that is none.

Nothing here goes through the image once more, see `skerry.steps.mask_account`.
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import numpy as np

from skerry.errors import SkerryNote
from skerry.steps.places import place_in_words

if TYPE_CHECKING:
    from collections.abc import Iterable

    from skerry.config.options import MaskingOptions
    from skerry.filters.brightest_pixel import Surveyed
    from skerry.io.fits import OpenImage
    from skerry.masking.taken_away import Sources
    from skerry.planes.bits import BitMask
    from skerry.steps.step_files import StepFiles

__all__ = ["MaskWarnings"]

LEAST_BOX_BEAMS = 4.0
"""FWHM of the beam that a box is wide at least. With 4 there are 14 beams in it: noise as measured there scatters by a
fifth (docs/masks.md), and the minimum of noise is no deeper than 2.2 sigma, so that 1.5 times it is a clip of 3.3."""
LOST_FACTOR = 1.5
"""An island that erosion removed is told of where its peak reaches this factor of the seed clip: at the clip itself
there are peaks of noise, whose islands are smaller than the beam."""
ARTEFACT_BEAMS = 10
"""Within so many beams (FWHM) of a source that is ten times as bright an island may be a piece of its sidelobes."""
EXCEEDS_NEGATIVE = 2.0
"""A pixel that exceeds this factor of the deepest negative pixel is emission beyond doubt: there is no negative sky."""
_LEAST_FWHM = 0.5
"""Pixels: of a beam that anybody would image with. One in radians that is read as degrees is 57 times too narrow."""
_OF_IMAGES = ("mask", "scale-mask", "stats")
"""Steps whose subject is an image, in the unit of its pixels; that of others may be a signal without negative ones."""
_LEAST_JUDGED = 4096
"""Valid pixels: an image cut out round a source may have none that are negative."""


class MaskWarnings:
    """Warnings of a mask while it is made.

    Parameters
    ----------
    files : StepFiles
        Of the step, which keep the warnings for the header.
    subject : OpenImage
        The image that the mask is for, or the signal or mask that it is made from.
    options : MaskingOptions
        As they are used.
    fwhm : float, optional
        FWHM of the beam in pixels, if it is known.
    """

    def __init__(self, files: StepFiles, subject: OpenImage, options: MaskingOptions, fwhm: float | None) -> None:
        self._files, self._subject, self._options, self._fwhm = files, subject, options, fwhm
        self._told_places: list[tuple[int, int]] = []

    def warn(self, text: str) -> None:
        """Warn of something about the subject."""
        self._files.warn(f"{self._subject.path.name}: {text}")

    def check_box(self, size: str, beams: str, what: str, box: int) -> None:
        """Warn of a box that does not fit the beam, see `LEAST_BOX_BEAMS`, or the image.

        Parameters
        ----------
        size, beams : str
            Options that have its size in pixels and in beams.
        what : str
            What is measured in it.
        box : int
            Its size as it is used, pixels.
        """
        (ny, nx), fwhm = self._subject.data.shape, self._fwhm
        by_beam = fwhm is not None and getattr(self._options, beams) is not None
        given = f"`{beams}` {getattr(self._options, beams):g}" if by_beam else f"`{size}` {box}"
        if fwhm is not None and box < LEAST_BOX_BEAMS * fwhm:
            wanted = f"{LEAST_BOX_BEAMS:g}" if by_beam else f"{int(np.ceil(LEAST_BOX_BEAMS * fwhm))} pixels"
            self.warn(
                f"{given}: the box of the {what} is {box / fwhm:.2g} beams (FWHM) wide; it needs {wanted} or more"
            )
        elif box > min(ny, nx):
            of_pixels = f", {box} pixels," if by_beam else ""
            self.warn(f"{given}: the box of the {what}{of_pixels} is larger than the image of {nx} x {ny} pixels")

    def check_lost(
        self, flooded: BitMask, rimless: BitMask | None, eroded: BitMask, signal: Surveyed, least: float
    ) -> None:
        """Tell of islands that rims or erosion removed altogether, and warn of sources among them.

        Parameters
        ----------
        flooded : BitMask, shape (ny, nx)
            The islands as they were grown.
        rimless : BitMask, shape (ny, nx), optional
            The islands without their rims, if those took any altogether.
        eroded : BitMask, shape (ny, nx)
            What is left of the islands.
        signal : Surveyed, shape (ny, nx)
            In sigma.
        least : float
            Clip that tells a source from noise, sigma.
        """
        from skerry.masking.signs import absolute
        from skerry.masking.taken_away import lost_sources

        judged = absolute(signal) if self._options.both_signs else signal
        lost, told = lost_sources(flooded, eroded, judged, least), set()
        if rimless is not None:
            by_rims = lost_sources(flooded, rimless, judged, least)
            told = set(map(tuple, by_rims.place.tolist()))
            why = "it does not stand above the artefacts there"
            self._tell_lost("the rims of bright sources took", by_rims, why, signal, least)
        others = [tuple(place) not in told for place in lost.place.tolist()]
        why = "the shape of the beam does not fit into it; `beam_shape_erode_keep_cores` keeps its core"
        self._tell_lost("erosion removed", lost.chosen(others), why, signal, least)

    def _tell_lost(self, by: str, lost: Sources, why: str, signal: Surveyed, least: float) -> None:
        """Tell of islands of which nothing is left, and warn where one is no noise and no artefact of another."""
        from skerry.masking.signs import absolute
        from skerry.masking.taken_away import beyond_artefacts

        if not lost.value.size:
            return
        judged = absolute(signal) if self._options.both_signs else signal
        reach = 1 if self._fwhm is None else round(ARTEFACT_BEAMS * self._fwhm)
        bright = int(np.count_nonzero(lost.value >= np.float32(LOST_FACTOR * least)))
        fraction = self._options.suppress_artefacts_peak_fraction
        sources = beyond_artefacts(lost.chosen(slice(bright)), judged, reach, fraction)
        value, place = sources if sources.value.size else lost
        y, x = (int(n) for n in place[0])
        snr = float(signal[y : y + 1][0, x]) if self._options.both_signs else value[0]
        found = "an island altogether," if value.size == 1 else f"{value.size} islands altogether; the brightest"
        text = f"{by} {found} {place_in_words(self._subject, y, x)}, S/N {snr:.1f}, for {why}"
        if sources.value.size:
            self._told_places.append((y, x))
            self.warn(text)
        else:
            warnings.warn(f"{self._subject.path.name}: {text}", SkerryNote, stacklevel=5)

    def check_subject(self, image: Surveyed | None) -> None:
        """Warn of a subject that is no restored image, as its beam or its pixels tell."""
        if self._fwhm is not None and self._fwhm < _LEAST_FWHM:
            unit = "BMAJ and BMIN are in degrees"
            self.warn(f"its beam is {self._fwhm:.2g} pixels wide (FWHM), by which no mask can be eroded; {unit}")
        if image is None or self._subject.level or self._files.step not in _OF_IMAGES:
            return
        survey = image.survey()
        if survey.valid >= _LEAST_JUDGED and survey.lowest >= 0:
            self.warn(
                "none of its pixels is negative, as half of the noise of a restored image is: a model, a map of noise "
                "or weights, or an image with an offset or of polarised intensity may be masked wrongly"
            )

    def check_brightest(self, mask: BitMask, images: Iterable[tuple[Surveyed, float | None]], least: float) -> None:
        """Warn if the brightest source is not in the mask: the highest pixel in sigma, or in the unit of the image.

        Parameters
        ----------
        mask : BitMask, shape (ny, nx)
            As it is written.
        images : iterable of (Surveyed, float or None)
            Where it may be brightest, and the noise there; None for a signal. A pixel counts where it is emission
            beyond doubt: at the edge of a mosaic noise is as high, and as deep.
        least : float
            Clip that tells a source from noise, sigma.
        """
        if self._subject.level:
            return
        for image, noise in images:
            survey = image.survey()
            if survey.place is None or any(self._is_near(survey.place, other) for other in self._told_places):
                continue
            certain = max(least * (1.0 if noise is None else noise), EXCEEDS_NEGATIVE * -survey.lowest, 0.0)
            if survey.highest > certain and not self._is_masked_near(mask, survey.place):
                self._told_places.append(survey.place)
                unit = f" {self._subject.unit.text}".rstrip()
                value = f"S/N {survey.highest:.1f}" if noise is None else f"{survey.highest:.3g}{unit}"
                where = place_in_words(self._subject, *survey.place)
                self.warn(f"the brightest source is not in the mask: {value} {where}")

    def check_brightest_of_both_signs(self, mask: BitMask, signal: Surveyed, least: float) -> None:
        """Warn if the pixel of the highest absolute signal is not in the mask; parameters as of `check_brightest`."""
        survey = signal.survey()
        value, place = survey.highest, survey.place
        if -survey.lowest > value:
            value, place = signal.deepest()
        if self._subject.level or place is None or abs(value) <= least or self._is_masked_near(mask, place):
            return
        if not any(self._is_near(place, other) for other in self._told_places):
            where = place_in_words(self._subject, *place)
            self.warn(f"the brightest source is not in the mask: S/N {value:.1f} {where}")

    @property
    def _reach(self) -> int:
        """FWHM of the beam in whole pixels, or what it may be."""
        return 3 if self._fwhm is None else max(2, round(self._fwhm))

    def _is_near(self, place: tuple[int, int], other: tuple[int, int]) -> bool:
        return max(abs(place[0] - other[0]), abs(place[1] - other[1])) <= self._reach

    def _is_masked_near(self, mask: BitMask, place: tuple[int, int]) -> bool:
        """Whether a pixel is masked within a beam (FWHM)."""
        (y, x), reach = place, self._reach
        band = mask[max(0, y - reach) : y + reach + 1]
        return bool(band[:, max(0, x - reach) : x + reach + 1].any())
