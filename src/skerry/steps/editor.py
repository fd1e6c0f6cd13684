"""Operations on a mask, done one after the other, with the files that they read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from skerry.config.default_presets import DEFAULT_PRESET
from skerry.config.options import MaskingOptions
from skerry.config.presets import with_preset
from skerry.errors import SkerryError
from skerry.filters.connected_pixels import Islands
from skerry.filters.islands import count_islands
from skerry.io.cube_files import plane_in_work
from skerry.io.fits import OpenImage
from skerry.io.headers import is_signal_header, mask_scales
from skerry.masking.edited_mask import EditedMask
from skerry.masking.scale_bits import UnknownBitError
from skerry.planes.bands import each_band
from skerry.planes.bits import BitMask
from skerry.planes.masks import valid_pixels
from skerry.planes.plane import Floats, Plane
from skerry.planes.progress import name_subject
from skerry.sky.position import SkyPosition, pixel_of
from skerry.steps.companions import check_same_grid
from skerry.steps.edits import REGIONS, Edit, EditReport, chosen_islands
from skerry.steps.step_files import StepFiles

__all__ = ["Editor", "opened_bits"]

_NEAR = 50
"""Pixels in which an island is looked for where none is at a position."""


def opened_bits(files: StepFiles, opened: OpenImage, scales: tuple[int, ...] | None) -> EditedMask:
    """Bits of an open mask."""
    if scales is None and not files.nonzero:
        largest = max((int(band.max(initial=0)) for _, band in each_band(opened.data)), default=0)
        if largest > 1:
            told = f"has values up to {largest}, but no scales whose bits they were"
            raise SkerryError(f"{opened.path}: {told}; give `nonzero` to take all of them for 1")
    try:
        return EditedMask.of(opened.data, None if scales is None else len(scales))
    except UnknownBitError as error:
        raise SkerryError(f"{opened.path}: {error}") from error


class Editor:
    """A mask, and what operations on it are done with.

    Parameters
    ----------
    files : StepFiles
        Of the step.
    subject : OpenImage
        The mask as it was opened.
    begun : EditedMask
        Its bits.
    scales : tuple of int, optional
        Of a scale mask.
    image : OpenImage, optional
        Its image.
    noise : Path, optional
        Noise map of that.
    reproject : bool
        Whether masks on other grids are taken too.
    """

    def __init__(
        self,
        files: StepFiles,
        subject: OpenImage,
        begun: EditedMask,
        scales: tuple[int, ...] | None,
        image: OpenImage | None,
        noise: Path | None,
        *,
        reproject: bool,
    ) -> None:
        self._files, self._subject, self._scales = files, subject, scales
        self._image, self._noise, self._reproject = image, noise, reproject
        self._first = begun.union
        self._valid = None if image is None else EditedMask([BitMask.of(valid_pixels(image.data))])
        self.mask = begun
        name_subject(begun.shape)
        self._told = ""
        """What is told beside what an operation did."""
        self.before: list[EditReport] = []
        """What was left out before the first operation."""
        if image is not None and self._valid is not None:
            told = self._replace(begun.within(self._valid), f"invalid pixels of {image.path.name}")
            self.before = [told] if told.changed else []

    def do(self, group: Sequence[Edit]) -> EditReport:
        """Do an operation; of those that keep islands, several at once."""
        edit = group[0]
        words, self._told = ", ".join([edit.words(), *(str(other.value) for other in group[1:])]), ""
        made = self._made(edit, group)
        words = f"{words} ({self._told})" if self._told else words
        return self._replace(made if self._valid is None else made.within(self._valid), words)

    def _replace(self, made: EditedMask, words: str) -> EditReport:
        before, after = count_islands(self.mask.union), count_islands(made.union)
        changed = not made.same_as(self.mask)
        self.mask = made
        return EditReport(words, before.islands, before.pixels, after.islands, after.pixels, changed)

    def _made(self, edit: Edit, group: Sequence[Edit]) -> EditedMask:
        mask, value = self.mask, edit.value
        match edit.name:
            case "keep" | "drop":
                found = mask.islands_with(self._marks(group))
                return mask.within(found) if edit.name == "keep" else mask.without(found)
            case "min_size":
                return mask.without(mask.islands_smaller_than(int(str(value))))
            case "min_snr":
                return mask.without(mask.islands_fainter_than(float(str(value)), self._signal()))
            case "fill_holes":
                return mask.filled()
            case "dilate":
                return mask.dilated(int(str(value)))
            case "erode":
                return mask.eroded(int(str(value)))
        other = self._of_regions(edit) if edit.name in REGIONS else self._other(edit)
        if edit.name in ("add_regions", "union"):
            return mask.with_pixels(other)
        return mask.within(other) if edit.name == "intersect" else mask.without(other)

    def _marks(self, group: Sequence[Edit]) -> BitMask:
        """Pixels of the islands that are chosen."""
        marks = BitMask(self.mask.shape)
        for edit in group:
            chosen = chosen_islands(edit)
            if isinstance(chosen, SkyPosition):
                self._mark_position(edit, chosen, marks)
            else:
                self._mark_numbers(edit, chosen, marks)
        return marks

    def _mark_numbers(self, edit: Edit, ranges: Sequence[tuple[int, int]], marks: BitMask) -> None:
        work = plane_in_work()
        if work is not None and work.place > 0:
            told = f"`{edit.name}` {edit.value}: in each plane of a cube islands have numbers of their own"
            raise SkerryError(f"{self._subject.path}: {told}; choose one with `planes`, or give a position")
        islands = Islands(self._first)
        chosen = np.zeros(islands.count + 1, bool)
        for first, last in ranges:
            if last > islands.count:
                told = f"has {islands.count} islands, and no number {max(first, islands.count + 1)}"
                what_to_do = "see 'skerry stats'; degrees of a position have a point, as 60.0,45.0"
                raise SkerryError(f"{self._subject.path}: {told} (`{edit.name}` {edit.value}); {what_to_do}")
            chosen[first : last + 1] = True
        marks.add(islands.select(chosen, last=True))

    def _mark_position(self, edit: Edit, position: SkyPosition, marks: BitMask) -> None:
        from skerry.sky.grid import celestial_wcs

        path = self._subject.path
        pixel = pixel_of(position, celestial_wcs(path, self._subject.header), self.mask.shape)
        if pixel is None:
            raise SkerryError(f"{path}: `{edit.name}` {edit.value}: lies outside of the mask; check the position")
        y, x = pixel
        marks.bits[y, x // 8] |= np.uint8(128 >> x % 8)
        top, left = max(0, y - _NEAR), max(0, x - _NEAR)
        rows, columns = np.nonzero(self.mask.union[top : y + _NEAR + 1][:, left : x + _NEAR + 1])
        distance = np.hypot(rows + top - y, columns + left - x).min(initial=np.inf)
        if distance > 0:
            where = f"the nearest is {distance:.3g} pixels away" if np.isfinite(distance) else "nor near it"
            self._files.warn(f"{path.name}: no island is at {edit.value}, {where}")

    def _signal(self) -> Floats:
        """Signal of the image, of either sign if the mask has islands of both."""
        from skerry.masking.signal import signal_image
        from skerry.masking.signs import absolute
        from skerry.steps.inputs import measured_noise, signal_of
        from skerry.steps.source_signs import made_of_both_signs

        image = self._image
        assert image is not None
        both_signs = made_of_both_signs(self._subject.header)
        is_signal = image.unit.kind == "sigma" or is_signal_header(image.header)
        if is_signal and self._noise is not None:
            raise SkerryError(f"{image.path}: is a signal image, in sigma, and needs no noise map; leave `noise` out")
        if is_signal:
            signal: Plane = image.data
        elif self._noise is not None:
            signal = signal_of(self._files, image, self._noise, None)
        else:
            options = with_preset(DEFAULT_PRESET, MaskingOptions(both_signs=both_signs))
            signal = signal_image(image.data, *measured_noise(image, options))
        return absolute(signal) if both_signs else signal

    def _of_regions(self, edit: Edit) -> EditedMask:
        """Pixels in the regions of a file."""
        # Imported here: the package that reads them takes a third of a second.
        from skerry.steps.edit_regions import mask_of_regions

        assert edit.file is not None
        mask, self._told = mask_of_regions(self._files, edit.file, self._subject)
        return EditedMask([mask])

    def _other(self, edit: Edit) -> EditedMask:
        """Another mask, on the grid of this one."""
        assert edit.file is not None
        opened = self._files.open_mask(edit.file, nonzero=self._files.nonzero)
        scales = mask_scales(opened.header, str(edit.file))
        if scales is not None and self._scales is not None and scales != self._scales:
            has, wanted = (",".join(map(str, some)) for some in (scales, self._scales))
            told = f"has the scales {has}, and {self._subject.path} {wanted}"
            raise SkerryError(f"{edit.file}: {told}; give a plain mask, or one of the same scales")
        try:
            check_same_grid(self._subject, opened)
        except SkerryError as error:
            if not self._reproject:
                raise SkerryError(f"{error}, or give `reproject`") from error
            opened = replace(opened, data=self._reprojected(opened))
        return opened_bits(self._files, opened, scales)

    def _reprojected(self, other: OpenImage) -> Plane:
        """Nearest pixels of a mask on another grid."""
        from skerry.sky.grid import celestial_wcs
        from skerry.sky.nearest_pixels import NearestPixels

        wcs = celestial_wcs(self._subject.path, self._subject.header)
        there = celestial_wcs(other.path, other.header)
        found = NearestPixels(other.data, there, wcs, self.mask.shape, union=True)
        if not found.overlap:
            self._files.warn(f"{other.path.name}: has no pixel in common with {self._subject.path.name}")
        return found.plane
