"""The step that changes a mask by hand: islands, regions, other masks, holes and rims, one operation after the other.

Bits of a scale mask stay what they are: each scale is edited as if it were alone, but for its islands, which are those
of all scales together.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from skerry.config.options import MaskingOptions
from skerry.errors import SkerryError
from skerry.filters.connected_pixels import Islands
from skerry.filters.islands import count_islands
from skerry.io.cube_files import plane_in_work
from skerry.io.fits import OpenImage
from skerry.io.headers import is_signal_header, mask_header, mask_scales, recorded_names, scale_facts
from skerry.io.products import Product
from skerry.masking.edited_mask import EditedMask
from skerry.masking.scale_bits import UnknownBitError
from skerry.planes.bits import BitMask
from skerry.planes.masks import valid_pixels
from skerry.planes.plane import Floats, Plane
from skerry.planes.progress import name_subject
from skerry.sky.position import SkyPosition, pixel_of
from skerry.steps.chosen_planes import PlaneChoice
from skerry.steps.companions import check_same_grid
from skerry.steps.each_plane import of_each_plane
from skerry.steps.edits import OTHER_MASKS, REGIONS, Edit, EditReport, checked_edit, chosen_islands, grouped
from skerry.steps.made_mask import MadeMask
from skerry.steps.mask_account import MaskAccount
from skerry.steps.step_files import StepFiles

__all__ = ["make_edited_mask"]

_NEAR = 50
"""Pixels in which an island is looked for where none is at a position."""
_SCALE_OF_MASK = "SKSCALE"
"""Keyword of the mask of a single scale."""


@of_each_plane
def make_edited_mask(
    mask: Path,
    edits: Sequence[Edit],
    *,
    output: Path,
    image: Path | None = None,
    noise: Path | None = None,
    reproject: bool = False,
    nonzero: bool = False,
    axes: int | None = None,
    planes: PlaneChoice | None = None,
    overwrite: bool = False,
) -> MadeMask:
    """Write a mask to which some operations were done, in their order.

    Parameters
    ----------
    mask : Path
        Mask or scale mask, of skerry or of another program.
    edits : sequence of Edit
        The operations. Numbers of islands are those that `mask` has before any of them, counted by the first pixel in
        the order of the file: an island goes by its number for as long as a pixel of it is left.
    output : Path
        The mask that is written.
    image : Path, optional
        Image of the mask, whose invalid pixels are never masked; a signal image will do.
    noise : Path, optional
        Noise map of the image, for ``min_snr``; measured if absent.
    reproject : bool
        Whether masks on other grids are taken too: of a pixel counts the nearest one of such a mask, and each whose
        centre lies in it.
    nonzero : bool
        Whether all values but 0 of the masks are read as 1: labels, 255, or the bits of a scale mask.
    axes : int, optional
        Axes of the mask, 2 or 4, the others than those of the sky of length 1; by default those of `mask`.
    planes : PlaneChoice, optional
        Of a cube, which planes; by default all, each a mask of its own.
    overwrite : bool
        Whether `output` may be replaced.

    Returns
    -------
    MadeMask
        The mask, with the dimensions and the bits of what it was made from; a scale mask is both its `mask` and its
        `scale_mask`. Its report says what each operation did.

    Raises
    ------
    SkerryError
        If there is no operation, or one has no right value; if a file cannot be read or written, lies on another grid
        without `reproject`, or has other scales; if there is no island of such a number, or no pixel at a position.
    """
    edits = [checked_edit(Edit(*edit)) for edit in edits]
    _check_use(edits, image, noise, reproject=reproject)
    mask, output = Path(mask), Path(output)
    image, noise = (None if path is None else Path(path) for path in (image, noise))
    beside = {edit.file: f"{n:02d}_{edit.name}" for n, edit in _numbered(edits, backwards=True) if edit.file}
    beside.pop(mask, None)
    inputs = [mask, image, noise, *reversed(beside)]
    with StepFiles("edit", inputs, [output], overwrite, axes=axes, planes=planes) as files:
        subject = files.open_mask(mask, nonzero=nonzero)
        scales = mask_scales(subject.header, str(mask))
        begun = _opened(files, subject, scales)
        of_image = None if image is None else files.open_image(image, subject)
        editor = _Editor(files, subject, begun, scales, of_image, noise, reproject=reproject)
        done = []
        for group in grouped(edits):
            with files.stage(group[0].name.replace("_", "-")):
                done.append(editor.do(group))
        account = MaskAccount(files, subject, MaskingOptions(), is_image=False)
        account.has_clips_of(subject.header)
        report = replace(account.finish(editor.mask.union), edits=(*editor.before, *done))
        names = recorded_names(files.inputs)
        roles = {"image": image, "noise": noise} | {role: path for path, role in beside.items()}
        used: dict[str, Any] = {
            f"{n:02d}_{edit.name}": names[edit.file] if edit.file else True if edit.value is None else edit.value
            for n, edit in _numbered(edits)
        }
        facts = {} if scales is None else scale_facts(scales)
        if _SCALE_OF_MASK in subject.header:
            facts[_SCALE_OF_MASK] = (subject.header[_SCALE_OF_MASK], subject.header.comments[_SCALE_OF_MASK])
        used |= {"reproject": reproject or None, "of_scales": True if scales is not None else None}
        provenance = files.provenance(used, facts, roles)
        files.write(Product(output, editor.mask.plane(), mask_header(subject.header, provenance), subject.shape))
    return MadeMask(output, output if scales is not None else None, report=report)


def _numbered(edits: Sequence[Edit], *, backwards: bool = False) -> list[tuple[int, Edit]]:
    """Operations with their numbers, from 1."""
    numbered = list(enumerate(edits, start=1))
    return numbered[::-1] if backwards else numbered


def _check_use(edits: Sequence[Edit], image: Path | None, noise: Path | None, *, reproject: bool) -> None:
    """Check that there is something to do, and that nothing is given in vain or wanting."""
    names = {edit.name for edit in edits}
    if not edits:
        raise SkerryError("no operation is given; give one or more, as `drop`, `dilate` or `add_regions`")
    if "min_snr" in names and image is None:
        raise SkerryError("`min_snr`: needs the image of the mask; give `image`")
    if noise is not None and "min_snr" not in names:
        raise SkerryError(f"{noise}: a noise map has no use without `min_snr`; leave it out")
    if reproject and not names.intersection(OTHER_MASKS):
        raise SkerryError(f"`reproject`: has no use without {', '.join(f'`{name}`' for name in OTHER_MASKS)}")


def _opened(files: StepFiles, opened: OpenImage, scales: tuple[int, ...] | None) -> EditedMask:
    """Bits of an open mask."""
    if scales is None and not files.nonzero:
        largest = max((int(band.max(initial=0)) for _, band in _bands(opened.data)), default=0)
        if largest > 1:
            told = f"has values up to {largest}, but no scales whose bits they were"
            raise SkerryError(f"{opened.path}: {told}; give `nonzero` to take all of them for 1")
    try:
        return EditedMask.of(opened.data, None if scales is None else len(scales))
    except UnknownBitError as error:
        raise SkerryError(f"{opened.path}: {error}") from error


def _bands(plane: Plane) -> Any:
    from skerry.planes.bands import each_band

    return each_band(plane)


class _Editor:
    """The mask, and what its operations are done with."""

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
            from skerry.config.default_presets import DEFAULT_PRESET
            from skerry.config.presets import with_preset

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
        return _opened(self._files, opened, scales)

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
