"""What is gathered while a step makes a mask: for its report and its header, and to warn of what `mask_warnings` finds.

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
from skerry.masking.box_sizes import mac_box, noise_box
from skerry.planes.bits import BitMask
from skerry.planes.order_statistics import median
from skerry.planes.plane import Floats, Plane
from skerry.planes.sample import few_rows
from skerry.sky.beam import RestoringBeam, beam_fwhm, pixels_per_beam
from skerry.steps.made_mask import MaskReport
from skerry.steps.mask_warnings import MaskWarnings
from skerry.steps.source_signs import made_of_both_signs
from skerry.steps.step_files import StepFiles

if TYPE_CHECKING:
    from astropy.io import fits

    from skerry.masking.flood import FloodMask
    from skerry.masking.taken_away import Taken

__all__ = ["LEAST_SNR", "MaskAccount"]

_SAMPLED_ROWS = 256
LEAST_SNR = 5.0
"""Seed clip, in sigma, that is taken where none is known, to tell a source from noise."""


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
    area : float, optional
        Of that beam in pixels, where it was worked out already.
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
        area: float | None = None,
        is_image: bool = True,
    ) -> None:
        self._files, self._subject, self._options, self._preset = files, subject, options, preset
        self.image = _surveyed(subject.data) if is_image else None
        """The pixels of the subject, looked at as they are read."""
        self.signal: Surveyed | None = None
        """The signal, if there is one."""
        self._area = _area_of_beam(subject, beam) if area is None else area
        self._warnings = MaskWarnings(files, subject, options, None if self._area is None else beam_fwhm(self._area))
        self._noise: tuple[float | None, str | None] = (None, None)
        self._seed_clip: float | None = None
        self._asked: float | None = None
        self._flood_clip: float | None = None
        self._unit: str | None = None
        self._floods = self._of_another_step = False
        self._both_signs = bool(options.both_signs)
        self._negative: int | None = None
        self._removed: list[Taken] = []
        self.told_empty = False
        """Whether the user was told already that the mask is empty."""
        files.preset = preset

    @property
    def pixels(self) -> Floats:
        """The pixels of the subject, looked at as they are read."""
        return self._subject.data if self.image is None else self.image

    def is_in_sigma(self, signal: Floats, *, erodes: bool = False) -> Floats:
        """Take a signal for that of the subject; what is to be read from then on.

        Parameters
        ----------
        signal : Plane of float32, shape (ny, nx)
            In sigma.
        erodes : bool
            Whether a mask is eroded by it, for which it keeps where it is invalid.

        Returns
        -------
        Plane of float32, shape (ny, nx)
            The signal.
        """
        self.signal = _surveyed(signal, keeps_invalid=erodes)
        return self.signal

    def has_noise_of(self, rms: Path | None) -> None:
        """Take an open noise map for that of the subject, if there is one."""
        if rms is not None:
            noise = self._files.opened[Path(rms)]
            self.has_noise(noise.data, noise.unit.text or self._subject.unit.text)

    def has_noise(self, rms: Plane, unit: str) -> None:
        """Take a noise map for that of the subject."""
        ny = rms.shape[0]
        number = few_rows(rms.shape, _SAMPLED_ROWS)
        rows = range(ny) if number == ny else np.linspace(0, ny - 1, number).astype(int)
        pixels = np.concatenate([rms[int(y) : int(y) + 1].ravel() for y in rows])
        pixels = pixels[np.isfinite(pixels) & (pixels > 0)]
        self._noise = (median(pixels), unit) if pixels.size else (None, None)

    def has_boxes(self, *, noise: bool = False, mac: bool = False) -> None:
        """Take note of the boxes that were used, and warn of those that do not fit."""
        if noise:
            self._warnings.check_box("noise_box_size", "noise_box_beams", "noise", noise_box(self._options, self._area))
        if mac:
            box = mac_box(self._options, self._area)
            what = "minimum absolute clip"
            self._warnings.check_box("flood_fill_use_mac_box_size", "flood_fill_use_mac_box_beams", what, box)

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
        self._both_signs = self._both_signs or made_of_both_signs(header)
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
        from skerry.masking.taken_away import Taken, taken_away

        by_rims = sum(taken.islands for taken in self._removed if taken.by == "rims")
        removed = taken_away("erosion", flooded, after).islands - by_rims
        self._removed.append(Taken("erosion", before.count() - after.count(), removed))
        if self.signal is not None and (by_rims or removed):
            rimless = before if by_rims else None
            self._warnings.check_lost(flooded, rimless, after, self.signal, self._least_significant())

    @property
    def seed_clip_in_sigma(self) -> float | None:
        """The seed clip, if it is one in sigma."""
        return self._seed_clip if self._unit == "sigma" else None

    def _least_significant(self) -> float:
        return max(LEAST_SNR, self.seed_clip_in_sigma or LEAST_SNR)

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
        self._warnings.check_subject(self.image)
        if not of_seeds and not self._options.both_signs:
            self._warnings.check_brightest(mask, self._where_brightest(), self._least_significant())
        elif not of_seeds and self.signal is not None:
            self._warnings.check_brightest_of_both_signs(mask, self.signal, self._least_significant())
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
            both_signs=self._both_signs,
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
        boxes = {"noise_box": noise_box(options, self._area), "noise_filter": options.noise_filter_size}
        return noise_islands(valid, beam_fwhm(self._area), snr_clip=self._seed_clip, **boxes)

    def _where_brightest(self) -> list[tuple[Surveyed, float | None]]:
        """Planes that have a brightest source, and the noise of those that are not in sigma."""
        planes: list[tuple[Surveyed, float | None]] = [] if self.signal is None else [(self.signal, None)]
        if self.image is not None and self.image is not self.signal:
            planes.append((self.image, self._noise[0] or 0.0))
        return planes


def _surveyed(image: Floats, *, keeps_invalid: bool = False) -> Surveyed:
    return image if isinstance(image, Surveyed) else Surveyed(image, keeps_invalid=keeps_invalid)


def _area_of_beam(subject: OpenImage, beam: RestoringBeam | None) -> float | None:
    """Area of the beam in pixels, if there is one; what is wrong with it those say who need it."""
    try:
        return pixels_per_beam(subject.header, beam, str(subject.path))
    except SkerryError:
        return None
