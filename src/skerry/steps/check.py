"""Whether an imager would take a mask and clean where it says, found out before hours of work.

Imagers reject some files only after the first imaging, and read others, without a word, as another mask than was meant.
So every problem is told at once, and how to mend it. What each imager makes of a mask is in the table of
`imager_traps`, as measured with the programs.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from skerry.config.imager_options import option_warnings
from skerry.config.imagers import IMAGERS, SPECMODES, ImagerUse, imager_of_origin, npix_of, use_of_command, version_of
from skerry.errors import SkerryError, SkerryNote, SkerryWarning
from skerry.io.cube_axes import in_ranges
from skerry.io.fits import each_image
from skerry.io.headers import mask_scales
from skerry.io.image_hdus import is_casa_image
from skerry.io.stored_images import open_stored
from skerry.masking.mask_contents import mask_contents
from skerry.sky.celestial import sky_first_order
from skerry.sky.made_size import made_size
from skerry.steps.check_target import target_of
from skerry.steps.checked_mask_file import CheckedFile
from skerry.steps.companions import is_mask_file
from skerry.steps.imager_traps import HEADER_TRAPS, PIXEL_TRAPS
from skerry.steps.traps import Grade, told_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from astropy.io import fits

    from skerry.steps.traps import Told, Trap

_ANY_LABEL = 2**53
"""Up to which double precision has all whole numbers."""

__all__ = ["CheckedMask", "check_mask"]

_PIXEL_TYPES = {8: "uint8", 16: "int16", 32: "int32", 64: "int64", -32: "float32", -64: "float64"}
_FIRST = "wsclean"
"""The imager that a mask is for where none is named."""


class CheckedMask(NamedTuple):
    """Facts of a mask that an imager would take."""

    size: tuple[int, int]
    """Width and height, pixels."""
    planes: int
    """One, or the imager's channels."""
    pixel_type: str
    """Type of the pixels, as NumPy calls it."""
    islands: int
    """8-connected sets of masked pixels, of all planes."""
    fraction: float
    """Masked pixels over all pixels."""


def check_mask(
    mask: Path,
    *,
    image: Path | None = None,
    size: tuple[int, int] | None = None,
    scale: float | None = None,
    channels: int | None = None,
    allow_empty: bool = False,
    nonzero: bool = False,
    imager: str | None = None,
    imager_version: str | None = None,
    npix: str | int | None = None,
    join_channels: bool = False,
    specmode: str | None = None,
    multiscale: bool = False,
    command: str | None = None,
) -> CheckedMask:
    """Check that an imager would take a mask and clean where it says.

    Parameters
    ----------
    mask : Path
        FITS file, or CASA image, for the imager.
    image : Path, optional
        An image that the imager made with the settings that the mask is for.
    size, scale : tuple of int, float, optional
        In place of `image`: width and height in pixels, and the size of a pixel in degrees, as given to WSClean.
    channels : int, optional
        Output channels of the imager, WSClean's -channels-out; one unless `command` says otherwise. The mask has one
        plane, or one for each.
    allow_empty : bool
        Whether a mask without a masked pixel is taken. It is, with a warning, if `image` has no valid pixel; not by
        an imager that stops at it.
    nonzero : bool
        Whether values of 0 and any others that are whole are taken, as labels or 255: WSClean cleans where they are
        not 0.
    imager : str, optional
        Which one: "wsclean", "casa", "ddfacet", "pfb" or "astroviper". By default WSClean, and of a CASA image CASA;
        what others make of a FITS file is noted, as far as it could be for them.
    imager_version : str, optional
        Its version, as "3.6".
    npix : str or int, optional
        The size that DDFacet is asked for, its --Image-NPix, as 256 or "[256,512]". It makes another.
    join_channels : bool
        Whether channels are cleaned jointly, WSClean's -join-channels.
    specmode : str, optional
        That of tclean: "mfs" makes one channel.
    multiscale : bool
        Whether the imager cleans by scales, as tclean with deconvolver='multiscale'.
    command : str, optional
        The command that calls the imager, which says what is not given otherwise; of options in it that do not keep
        to a mask is warned.

    Returns
    -------
    CheckedMask
        Facts of the mask; what is unusual, but taken, is warned of.

    Raises
    ------
    SkerryError
        Says everything that is wrong with the mask, a line each.
    """
    mask = Path(mask)
    use = _use(imager, imager_version, channels, npix, specmode, command)
    use = replace(use, joined=use.joined or join_channels, multiscale=use.multiscale or multiscale)
    target = target_of(image, size, scale, use)
    with open_stored(mask) as stored:
        header, shape = stored.header, stored.shape
        scales, scale_problems = _scales(mask, header)
        checked = CheckedFile(mask, stored, target, use, scales, allow_empty)
        if len(shape) < 2 or 0 in shape:
            axes = "1 axis" if len(shape) == 1 else f"axes of lengths {shape[::-1]}"
            raise SkerryError(f"{mask}: has {axes}: an imager wants a width and a height; give a 2-D mask")
        kinds = [str(header.get(f"CTYPE{n}", "")).strip() for n in range(1, len(shape) + 1)]
        if sky_first_order(kinds) is not None:
            mend = f"'skerry extract-beam IMAGE {mask} -o NEW.fits' puts the sky first"
            raise SkerryError(f"{mask}: has axes in the order {', '.join(kinds)}, of which no imager knows; {mend}")
        told: list[Told | str] = [*_told(checked, HEADER_TRAPS), *scale_problems]
        largest = 1 if scales is None else 2 ** len(scales) - 1
        largest = _ANY_LABEL if nonzero else largest
        contents = mask_contents(stored.planes(), (shape[-2], shape[-1]), largest)
    if contents.is_image:
        raise SkerryError(f"{mask}: is an image, not a mask, for its values are not 0 and 1; {_give_mask(image)}")
    of_nothing = image is not None and _are_blank(image, contents.empty_planes)
    if of_nothing:
        empty, several = contents.empty_planes, len(contents.masked) > 1
        what = (
            f"nothing is masked in plane{'s' if len(empty) > 1 else ''} {in_ranges(empty)}" if several else "is empty"
        )
        _warn(mask, f"{what}, for {image} has no valid pixel{' there' if several else ''}")
    checked = replace(checked, contents=contents, allow_empty=allow_empty or of_nothing)
    problems = _problems(mask, [*told, *_told(checked, PIXEL_TRAPS)])
    if contents.pixels / 2 < sum(contents.masked) < contents.pixels:
        _warn(mask, f"{100 * contents.fraction:.3g} % of the pixels are masked; is it inverted? 1 means 'clean here'")
    for warning in option_warnings(use):
        _warn(mask, warning)
    if problems:
        raise _error(mask, problems)
    pixel_type = _PIXEL_TYPES[header["BITPIX"]]
    return CheckedMask((shape[-1], shape[-2]), len(contents.masked), pixel_type, contents.islands, contents.fraction)


def _use(
    imager: str | None,
    version: str | None,
    channels: int | None,
    npix: str | int | None,
    specmode: str | None,
    command: str | None,
) -> ImagerUse:
    """How the imager is called; what is given counts more than its command."""
    use = ImagerUse() if command is None else use_of_command(command)
    if imager is not None and imager not in IMAGERS:
        raise SkerryError(f"`imager` {imager}: is none that is known; give one of {', '.join(IMAGERS)}")
    if imager is not None and use.imager not in (None, imager):
        raise SkerryError(f"`imager` {imager}: but `command` calls {use.imager}; give the one that the mask is for")
    if channels is not None and channels < 1:
        raise SkerryError(f"`channels` {channels}: must be 1 or more, as WSClean's -channels-out")
    if specmode is not None and specmode not in SPECMODES:
        raise SkerryError(f"`specmode` {specmode}: is none of tclean's; give one of {', '.join(SPECMODES)}")
    asked = use.size if npix is None else npix_of(str(npix))
    if npix is not None and (asked is None or min(asked) < 1):
        raise SkerryError(f"`npix` {npix}: is no size; give pixels, as 256, or as 256,512 for width and height")
    if npix is not None and (imager or use.imager) != "ddfacet":
        raise SkerryError(f"`npix` {npix}: is for DDFacet; give `imager` ddfacet, or `size`")
    return replace(
        use,
        imager=imager or use.imager,
        version=() if version is None else version_of(version),
        channels=channels or use.channels,
        size=asked,
        specmode=specmode or use.specmode,
    )


def _told(mask: CheckedFile, traps: tuple[Trap, ...]) -> Iterator[Told]:
    """What to tell of a mask for its imager; where none is named for WSClean, with notes for those it could be for."""
    if mask.use.imager is not None or mask.stored.place == "casa":
        yield from told_of(mask, traps, mask.use.imager or "casa")
        return
    if mask.target.stored is None:
        # A size is given as to WSClean.
        yield from told_of(mask, traps, _FIRST)
        return
    image = replace(mask, stored=mask.target.stored)
    # WSClean did not make an image that has what it rejects, so it is another imager that the mask is for.
    excused = told_of(image, tuple(trap for trap in traps if trap.excused), _FIRST)
    first = [told for told in told_of(mask, traps, _FIRST) if told not in excused]
    yield from first
    others = tuple(trap for trap in traps if _FIRST not in trap.happens and trap.grade is not Grade.NOTE)
    made_by = imager_of_origin(image.header.get("ORIGIN", ""))
    for imager in _others(mask) if made_by is None else {made_by} - {_FIRST}:
        # Nor is it for one that would not make such an image, if it is not known to have made it.
        of_image = [] if made_by is not None else _of_header(image, others, imager)
        noted = [told for told in told_of(mask, others, imager) if told not in [*of_image, *first]]
        yield from (told._replace(grade=Grade.NOTE) for told in noted)


def _of_header(image: CheckedFile, traps: tuple[Trap, ...], imager: str) -> list[Told]:
    return told_of(image, tuple(trap for trap in traps if trap in HEADER_TRAPS), imager)


def _others(mask: CheckedFile) -> list[str]:
    """Imagers, but WSClean, that could have made an image of which is not known which one did."""
    ny, nx = mask.stored.shape[-2:]
    of_ddfacet = made_size("ddfacet", (nx, ny)) == (nx, ny)
    return ["casa", *(["ddfacet"] if of_ddfacet else []), "pfb"]


def _problems(mask: Path, told: Sequence[Told | str]) -> list[str]:
    """Those of what is to be told for which the mask is refused; of the others is warned."""
    problems = []
    for one in told:
        if isinstance(one, str) or one.grade is Grade.PROBLEM:
            problems.append(one if isinstance(one, str) else one.text)
        else:
            _warn(mask, one.text, SkerryNote if one.grade is Grade.NOTE else SkerryWarning)
    return problems


def _warn(mask: Path, text: str, category: type[SkerryWarning] = SkerryWarning) -> None:
    warnings.warn(f"{mask}: {text}", category, stacklevel=3)


def _are_blank(path: Path, planes: Sequence[int]) -> bool:
    """Whether there are such planes, and nothing of them is sky: where all was flagged all is NaN, or the same.

    An image of one plane is that of all planes of the mask.
    """
    from skerry.masking.padding import without_padding

    if not planes:
        return False
    if is_casa_image(path):
        with open_stored(path) as stored:
            blank = [not any(np.isfinite(values).any() for _, values in plane) for plane in stored.planes()]
    else:
        found = [without_padding(image.data) for image in each_image(path)]
        blank = [one.empty or one.level for one in found]
    if len(blank) == 1:
        return blank[0]
    return bool(blank) and all(plane < len(blank) and blank[plane] for plane in planes)


def _give_mask(image: Path | None) -> str:
    """Say which file is to stand where, if an image stands in the place of the mask."""
    if image is not None and is_mask_file(image):
        return f"it is {image} that is a mask: exchange the two"
    return "give the mask there, and the image as `image`"


def _error(mask: Path, problems: Sequence[str]) -> SkerryError:
    if len(problems) == 1:
        return SkerryError(f"{mask}: {problems[0]}")
    return SkerryError("\n  ".join([f"{mask}: {len(problems)} problems", *problems]))


def _scales(mask: Path, header: fits.Header) -> tuple[tuple[int, ...] | None, list[str]]:
    """Scales of a scale mask, and what is wrong with the keywords that say so."""
    try:
        return mask_scales(header, str(mask)) or None, []
    except SkerryError as error:
        return None, [str(error).removeprefix(f"{mask}: ")]
