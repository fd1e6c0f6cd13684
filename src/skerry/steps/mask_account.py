"""What is gathered while a step makes a mask: for its report, for its header, and for the warnings of its user.

Nothing here goes through the image once more: rows are looked at when the step reads them, and masks are counted where
they are kept as bits. What is read again are the few rows in which something is amiss. What only some steps need is
imported where they need it.
"""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from skerry.config.options import MaskingOptions
from skerry.errors import SkerryError, SkerryNote
from skerry.filters.brightest_pixel import Surveyed
from skerry.filters.islands import count_islands
from skerry.io.fits import OpenImage
from skerry.planes.bits import BitMask
from skerry.planes.order_statistics import median
from skerry.planes.plane import Floats, Plane
from skerry.sky.beam import AREA_PER_FWHM2, RestoringBeam, beam_fwhm, pixels_per_beam
from skerry.steps.made_mask import MaskReport
from skerry.steps.places import place_in_words
from skerry.steps.step_files import StepFiles

if TYPE_CHECKING:
    from astropy.io import fits

    from skerry.masking.flood import FloodMask
    from skerry.masking.taken_away import Sources, Taken

__all__ = ["MaskAccount"]

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
_OF_IMAGES = ("mask", "scale-mask")
"""Steps whose subject is an image, in the unit of its pixels; that of others may be a signal without negative ones."""
_LEAST_JUDGED = 4096
"""Valid pixels: an image cut out round a source may have none that are negative."""
_SAMPLED_ROWS = 256
_LEAST_SNR = 5.0


class MaskAccount:
    """What is gathered while a step makes a mask.

    Parameters
    ----------
    files : StepFiles
        Of the step.
    subject : OpenImage
        The image that the mask is for, or the signal or mask that it is made from.
    options : MaskingOptions
        As they are used.
    preset : str, optional
        Preset that they are from.
    beam : RestoringBeam, optional
        Used in place of the header's.
    is_image : bool
        Whether the subject is an image or a signal, of which pixels may be invalid.
    """

    def __init__(
        self,
        files: StepFiles,
        subject: OpenImage,
        options: MaskingOptions,
        preset: str | None = None,
        beam: RestoringBeam | None = None,
        *,
        is_image: bool = True,
    ) -> None:
        self._files, self._subject, self._options, self._preset = files, subject, options, preset
        self.image = _surveyed(subject.data) if is_image else None
        """The pixels of the subject, looked at as they are read."""
        self.signal: Surveyed | None = None
        """The signal, if there is one."""
        self._area = _area_of_beam(subject, beam)
        self._noise: tuple[float | None, str | None] = (None, None)
        self._seed_clip: float | None = None
        self._asked: float | None = None
        self._flood_clip: float | None = None
        self._unit: str | None = None
        self._floods = self._of_another_step = False
        self._negative: int | None = None
        self._removed: list[Taken] = []
        self._told_lost: list[tuple[int, int]] = []
        self.told_empty = False
        """Whether the user was told already that the mask is empty."""
        files.preset = preset

    @property
    def pixels(self) -> Floats:
        """The pixels of the subject, looked at as they are read."""
        return self._subject.data if self.image is None else self.image

    def is_in_sigma(self, signal: Floats) -> Floats:
        """Take a signal for that of the subject; what is to be read from then on."""
        self.signal = _surveyed(signal)
        return self.signal

    def has_noise_of(self, rms: Path | None) -> None:
        """Take an open noise map for that of the subject, if there is one."""
        if rms is not None:
            noise = self._files.opened[Path(rms)]
            self.has_noise(noise.data, noise.unit.text or self._subject.unit.text)

    def has_noise(self, rms: Plane, unit: str) -> None:
        """Take a noise map for that of the subject."""
        ny = rms.shape[0]
        rows = range(ny) if ny <= _SAMPLED_ROWS else np.linspace(0, ny - 1, _SAMPLED_ROWS).astype(int)
        pixels = np.concatenate([rms[int(y) : int(y) + 1].ravel() for y in rows])
        pixels = pixels[np.isfinite(pixels) & (pixels > 0)]
        self._noise = (median(pixels), unit) if pixels.size else (None, None)

    def has_boxes(self, *, noise: bool = False, mac: bool = False) -> None:
        """Warn of boxes that do not fit the beam, see `LEAST_BOX_BEAMS`, or the image."""
        for used, name, what in (
            (noise, "noise_box_size", "noise"),
            (mac, "flood_fill_use_mac_box_size", "minimum absolute clip"),
        ):
            if used:
                self._check_box(name, what, getattr(self._options, name))

    def _check_box(self, name: str, what: str, box: int) -> None:
        ny, nx = self._subject.data.shape
        fwhm = None if self._area is None else beam_fwhm(self._area)
        if fwhm is not None and box < LEAST_BOX_BEAMS * fwhm:
            wanted = int(np.ceil(LEAST_BOX_BEAMS * fwhm))
            wide = f"the box of the {what} is {box / fwhm:.2g} beams (FWHM) wide"
            self._warn(f"`{name}` {box}: {wide}; it needs {wanted} pixels or more")
        elif box > min(ny, nx):
            self._warn(f"`{name}` {box}: the box of the {what} is larger than the image of {nx} x {ny} pixels")

    def has_clips(
        self,
        seed: float | None,
        flood: float | None = None,
        *,
        asked: float | None = None,
        unit: str = "sigma",
        floods: bool = False,
    ) -> None:
        """Take note of the clips that were used, and of the seed clip that was asked for.

        That a seed clip is raised is the purpose of `flood_fill_false_islands`, and a note; that it is lowered is a
        warning, which `skerry.masking.threshold` gives.

        Parameters
        ----------
        seed, flood : float, optional
            The clips; of seeds that were given there is none.
        asked : float, optional
            The seed clip that was asked for, if it is another one.
        unit : str
            Of the clips.
        floods : bool
            Whether islands were grown.
        """
        self._seed_clip, self._flood_clip, self._unit, self._floods = seed, flood, unit, floods
        self._asked = seed if asked is None else asked
        if seed is None or self._asked is None or np.float32(seed) == np.float32(self._asked):
            return
        if seed < self._asked:
            lowered = f"the seed clip is lowered from {self._asked:g} to {seed:.3g} {unit}, for no pixel reaches it"
            self._files.warned.append(lowered)
            return
        allowed = self._options.flood_fill_false_islands
        warnings.warn(
            f"the seed clip is raised from {self._asked:g} to {seed:.3g} {unit}, so that noise alone makes no more "
            f"than {allowed:g} islands (`flood_fill_false_islands`)",
            SkerryNote,
            stacklevel=3,
        )

    def has_clips_of(self, header: fits.Header) -> None:
        """Take over the clips that the header of a mask names."""
        seed, floor = (header.get(keyword) for keyword in ("SKSEED", "SKFLOOR"))
        said = header.comments["SKSEED"] if seed is not None else "[sigma]"
        self._of_another_step = True
        self._seed_clip = self._asked = None if seed is None else float(seed)
        self._flood_clip = None if floor is None else float(floor)
        self._unit = None if seed is None else said.partition("]")[0].strip("[ ")

    def has_flooded(self, islands: FloodMask, options: MaskingOptions) -> None:
        """Take note of what a flood did, by the options that it was given."""
        asked = None if islands.seed_clip is None else options.flood_fill_positive_seed_clip
        self.has_clips(islands.seed_clip, islands.flood_clip, asked=asked, unit=options.clip_unit, floods=True)
        self.has_boxes(mac=options.uses_mac)
        self._negative = islands.negative
        self.told_empty = not islands.mask.any()
        if islands.suppressed is not None:
            self._removed.append(islands.suppressed)

    def took(self, by: str, before: BitMask, after: BitMask) -> BitMask:
        """Take note of what was taken away; gives what is left."""
        from skerry.masking.taken_away import taken_away

        self._removed.append(taken_away(by, before, after))
        return after

    def was_eroded(self, flooded: BitMask, before: BitMask, after: BitMask) -> None:
        """Take note of an erosion, and tell of the islands that it and the rims removed altogether.

        Parameters
        ----------
        flooded, before, after : BitMask, shape (ny, nx)
            The islands as they were grown, without their rims, and eroded. An island that rims cut into pieces is one
            still: it is removed where nothing is left of any of them.
        """
        from skerry.masking.taken_away import Sources, Taken, lost_sources, taken_away

        by_rims = sum(taken.islands for taken in self._removed if taken.by == "rims")
        removed = taken_away("erosion", flooded, after).islands - by_rims
        self._removed.append(Taken("erosion", before.count() - after.count(), removed))
        if self.signal is None or not (by_rims or removed):
            return
        clip = self._least_significant()
        lost = lost_sources(flooded, after, self.signal, clip)
        told = set()
        if by_rims:
            without = lost_sources(flooded, before, self.signal, clip)
            told = set(map(tuple, without.place.tolist()))
            self._tell_lost("the rims of bright sources took", without, "it does not stand above the artefacts there")
        others = [tuple(place) not in told for place in lost.place.tolist()]
        higher = "the shape of the beam does not fit into it; `beam_shape_erode_keep_cores` keeps its core"
        self._tell_lost("erosion removed", Sources(lost.value[others], lost.place[others]), higher)

    def _tell_lost(self, by: str, lost: Sources, why: str) -> None:
        """Tell of islands of which nothing is left, and warn where one is no noise and no artefact of another."""
        from skerry.masking.taken_away import Sources, beyond_artefacts

        if self.signal is None or not lost.value.size:
            return
        reach = 1 if self._area is None else round(ARTEFACT_BEAMS * beam_fwhm(self._area))
        bright = int(np.count_nonzero(lost.value >= np.float32(LOST_FACTOR * self._least_significant())))
        fraction = self._options.suppress_artefacts_peak_fraction
        sources = beyond_artefacts(Sources(lost.value[:bright], lost.place[:bright]), self.signal, reach, fraction)
        value, place = sources if sources.value.size else lost
        y, x = (int(n) for n in place[0])
        found = "an island altogether," if value.size == 1 else f"{value.size} islands altogether; the brightest"
        text = f"{by} {found} {place_in_words(self._subject, y, x)}, S/N {value[0]:.1f}, for {why}"
        if sources.value.size:
            self._told_lost.append((y, x))
            self._warn(text)
        else:
            warnings.warn(f"{self._subject.path.name}: {text}", SkerryNote, stacklevel=4)

    def _least_significant(self) -> float:
        in_sigma = self._unit == "sigma" and self._seed_clip is not None
        return max(_LEAST_SNR, self._seed_clip) if in_sigma and self._seed_clip is not None else _LEAST_SNR

    def _warn(self, text: str) -> None:
        self._files.warn(f"{self._subject.path.name}: {text}")

    def finish(self, mask: BitMask, *, of_seeds: bool = False) -> MaskReport:
        """Count what is in the mask, and warn of what is not.

        Parameters
        ----------
        mask : BitMask, shape (ny, nx)
            As it is written.
        of_seeds : bool
            Whether it is the mask of seeds, from which islands are still to grow.

        Returns
        -------
        MaskReport
            All that is known of it.
        """
        islands, pixels = count_islands(mask)
        if not pixels:
            text = f"{self._subject.path.name}: the mask is empty"
            if self.told_empty:
                self._files.warned.append(text)
            else:
                self._files.warn(text)
        valid = mask.shape[0] * mask.shape[1] if self.image is None else self.image.survey().valid
        self._check_subject()
        if not of_seeds:
            self._check_brightest(mask)
        return MaskReport(
            islands=islands,
            pixels=pixels,
            valid_pixels=valid,
            noise=self._noise[0],
            noise_unit=self._noise[1],
            seed_clip=self._seed_clip,
            seed_clip_asked=self._asked,
            flood_clip=self._flood_clip,
            clip_unit=self._unit,
            noise_islands=self._expected(valid),
            negative_islands=self._negative,
            removed=tuple(self._removed),
            preset=self._preset,
            warnings=tuple(self._files.warned),
        )

    def _expected(self, valid: int) -> float | None:
        """Islands that noise is expected to make, where a clip and the beam tell."""
        if self._seed_clip is None or self._area is None or self._of_another_step:
            return None
        from skerry.masking.false_islands import expected_noise_islands
        from skerry.masking.noise_statistics import noise_islands

        options = self._options
        if self._floods:
            return expected_noise_islands(self._seed_clip, valid, options, self._area)
        if self._unit != "sigma" or self._seed_clip <= 1:
            return None
        boxes = {"noise_box": options.noise_box_size, "noise_filter": options.noise_filter_size}
        return noise_islands(valid, beam_fwhm(self._area), snr_clip=self._seed_clip, **boxes)

    def _check_subject(self) -> None:
        """Warn of a subject that is no restored image, as its beam or its pixels tell."""
        fwhm = None if self._area is None else beam_fwhm(self._area)
        if fwhm is not None and fwhm < _LEAST_FWHM:
            unit = "BMAJ and BMIN are in degrees"
            self._warn(f"its beam is {fwhm:.2g} pixels wide (FWHM), by which no mask can be eroded; {unit}")
        if self.image is None or self._subject.level or self._files.step not in _OF_IMAGES:
            return
        survey = self.image.survey()
        if survey.valid >= _LEAST_JUDGED and survey.lowest >= 0:
            self._warn(
                "none of its pixels is negative, as half of the noise of a restored image is: a model, a map of noise "
                "or weights, or an image with an offset or of polarised intensity may be masked wrongly"
            )

    def _check_brightest(self, mask: BitMask) -> None:
        """Warn if the brightest source is not in the mask: the highest pixel in sigma, or in the unit of the image.

        The second counts where it is emission beyond doubt: at the edge of a mosaic noise is as high, and as deep.
        """
        if self._subject.level:
            return
        told = list(self._told_lost)
        for image, in_sigma in ((self.signal, True), (self.image, self.signal is self.image)):
            if image is None:
                continue
            survey = image.survey()
            if survey.place is None or any(self._is_near(survey.place, other) for other in told):
                continue
            sigma = 1.0 if in_sigma else self._noise[0] or 0.0
            least = max(self._least_significant() * sigma, EXCEEDS_NEGATIVE * -survey.lowest, 0.0)
            if survey.highest > least and not self._is_masked_near(mask, survey.place):
                told.append(survey.place)
                unit = "" if in_sigma or not self._subject.unit.text else f" {self._subject.unit.text}"
                value = f"S/N {survey.highest:.1f}" if in_sigma else f"{survey.highest:.3g}{unit}"
                where = place_in_words(self._subject, *survey.place)
                self._warn(f"the brightest source is not in the mask: {value} {where}")

    @property
    def _beam(self) -> int:
        """FWHM of the beam in whole pixels, or what it may be."""
        return 3 if self._area is None else max(2, round(beam_fwhm(self._area)))

    def _is_near(self, place: tuple[int, int], other: tuple[int, int]) -> bool:
        return max(abs(place[0] - other[0]), abs(place[1] - other[1])) <= self._beam

    def _is_masked_near(self, mask: BitMask, place: tuple[int, int]) -> bool:
        """Whether a pixel is masked within a beam (FWHM)."""
        (y, x), reach = place, self._beam
        band = mask[max(0, y - reach) : y + reach + 1]
        return bool(band[:, max(0, x - reach) : x + reach + 1].any())


def _surveyed(image: Floats) -> Surveyed:
    return image if isinstance(image, Surveyed) else Surveyed(image)


def _area_by_cards(header: fits.Header, beam: RestoringBeam | None) -> float | None:
    """Area of the beam where CDELT gives the pixels: no WCS is made then, whose import is slower than many a step."""
    if any(keyword in header for keyword in ("CD1_1", "PC1_1", "CD1_2", "PC1_2")):
        return None
    units = {str(header.get(f"CUNIT{axis}", "deg")).strip() for axis in (1, 2)}
    axes = (header.get("BMAJ"), header.get("BMIN")) if beam is None else beam[:2]
    numbers = (*axes, header.get("CDELT1"), header.get("CDELT2"))
    if units != {"deg"} or not all(isinstance(number, int | float) and number for number in numbers):
        return None
    major, minor, width, height = numbers
    return float(AREA_PER_FWHM2 * major * minor / abs(width * height))


def _area_of_beam(subject: OpenImage, beam: RestoringBeam | None) -> float | None:
    """Area of the beam in pixels, if there is one; what is wrong with it those say who need it."""
    area = _area_by_cards(subject.header, beam)
    if area is not None:
        return area
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return pixels_per_beam(subject.header, beam, str(subject.path))
        except SkerryError:
            return None
