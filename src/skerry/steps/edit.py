"""The step that changes a mask by hand: islands, regions, other masks, holes and rims, one operation after the other.

Bits of a scale mask stay what they are: each scale is edited as if it were alone, but for its islands, which are those
of all scales together.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from skerry.config.options import MaskingOptions
from skerry.errors import SkerryError
from skerry.io.headers import mask_header, mask_scales, recorded_names, scale_facts
from skerry.io.products import Product
from skerry.steps.chosen_planes import PlaneChoice
from skerry.steps.each_plane import of_each_plane
from skerry.steps.editor import Editor, opened_bits
from skerry.steps.edits import OTHER_MASKS, Edit, checked_edit, grouped
from skerry.steps.made_mask import MadeMask
from skerry.steps.mask_account import MaskAccount
from skerry.steps.step_files import StepFiles

__all__ = ["make_edited_mask"]

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
        begun = opened_bits(files, subject, scales)
        of_image = None if image is None else files.open_image(image, subject)
        editor = Editor(files, subject, begun, scales, of_image, noise, reproject=reproject)
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
