"""What the header and the file of a mask have that an imager stops at or reads as something else.

Each function asks one thing of a `CheckedFile`, and gives what it found; what an imager makes of it is in the table of
`imager_traps`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from math import prod
from numbers import Real
from typing import TypeAlias

from skerry.io.mask_cards import SPECTRAL, axes_in_doubt, is_readable_date, spectral_axis
from skerry.sky.made_size import made_size
from skerry.steps.check_target import place_findings, size_findings, small_shift_findings
from skerry.steps.checked_mask_file import CheckedFile, Found

__all__ = [
    "Finder",
    "any_file",
    "axes",
    "casa_images",
    "channel_frequencies",
    "channels_of_tclean",
    "cubes_by_frequency",
    "dates",
    "ddfacet_sizes",
    "equinoxes",
    "file_names",
    "gls_projections",
    "int64",
    "number_of_axes",
    "number_of_hdus",
    "places",
    "planes",
    "projections",
    "scaled_pixels",
    "several_polarisations",
    "single_scales",
    "sizes",
    "small_shifts",
    "spectral_frames",
    "stored_as",
    "units_of_axes",
    "without_frequency",
]

Finder: TypeAlias = Callable[[CheckedFile], Iterator[Found]]

_OBSERVATORIES = frozenset(
    "ACA ALMA AMI-LA APEX ARECIBO ASKAP ASTE ATA ATCA ATF BIMA CARMA CLRO DRAO DWL EVLA EVN EFFELSBERG GB GBT GMRT "  # noqa: SIM905
    "IRAM_PDB JCMT KAT-7 LOFAR LWA1 MERLIN2 MOPRA MOST MWA32T MEERKAT NRAO12M NRAO_GBT NRO OSF OVRO_MMA PAPER_GB "
    "PAPER_SA PKS SAO_SMA SMA SMT VLA VLBA WSRT E-MERLIN".split()
)
"""Telescopes of the table Observatories of casadata 2025.9.22; CASA takes the beginning of a name, too."""


def file_names(mask: CheckedFile) -> Iterator[Found]:
    """Find a name that CFITSIO takes for a name and a selection."""
    if "[" in str(mask.path) or re.search(r"\+\d+$", str(mask.path)):
        yield Found("has a file name with '[', or with '+' and a number at its end")


def stored_as(place: str, what: str) -> Finder:
    """Find an image in an "extension", or one that is "compressed"."""

    def found(mask: CheckedFile) -> Iterator[Found]:
        if mask.stored.place == place:
            yield Found(what)

    return found


def number_of_hdus(mask: CheckedFile) -> Iterator[Found]:
    """Find more than one HDU."""
    if mask.stored.hdus > 1:
        yield Found(f"has {mask.stored.hdus} HDUs")


def scaled_pixels(mask: CheckedFile) -> Iterator[Found]:
    """Find integers with an offset or a factor."""
    for keyword, plain in (("BSCALE", 1.0), ("BZERO", 0.0)):
        value = mask.header.get(keyword, plain)
        if value != plain:
            yield Found(f"its pixels are scaled ({keyword} = {value}), as FITS stores uint16, int8 and the like")


def int64(mask: CheckedFile) -> Iterator[Found]:
    """Find integers of 64 bits."""
    if mask.header["BITPIX"] == 64:
        yield Found("its pixels are int64 (BITPIX = 64)")


def projections(mask: CheckedFile) -> Iterator[Found]:
    """Find a projection that is not SIN."""
    yield from _other_values(mask, {"CTYPE1": "RA---SIN", "CTYPE2": "DEC--SIN"})


def units_of_axes(mask: CheckedFile) -> Iterator[Found]:
    """Find axes of the sky that are not in degrees."""
    yield from _other_values(mask, {"CUNIT1": "deg", "CUNIT2": "deg"})


def equinoxes(mask: CheckedFile) -> Iterator[Found]:
    """Find an equinox that is not 2000."""
    equinox = mask.header.get("EQUINOX", 2000.0)
    if isinstance(equinox, Real) and equinox != 2000.0:
        yield Found(f"EQUINOX is {equinox:g}")


def gls_projections(mask: CheckedFile) -> Iterator[Found]:
    """Find the projection GLS with a reference off the equator."""
    latitude = mask.header.get("CRVAL2", 0.0)
    if mask.kind(2).endswith("GLS") and latitude != 0:
        yield Found(f"CTYPE2 is {mask.kind(2)!r} with CRVAL2 = {latitude}")


def axes(mask: CheckedFile) -> Iterator[Found]:
    """Find an axis of frequency or polarisation of which not all is said."""
    for _, what, mend in axes_in_doubt(mask.header):
        yield Found(what, mend)


def dates(mask: CheckedFile) -> Iterator[Found]:
    """Find a date that cannot be read."""
    if not is_readable_date(mask.header.get("DATE-OBS")):
        yield Found(f"DATE-OBS = {mask.header['DATE-OBS']!r} is no date")


def number_of_axes(*numbers: int, other: bool = False) -> Finder:
    """Find a mask whose number of axes is one of some, or is an `other`."""

    def found(mask: CheckedFile) -> Iterator[Found]:
        number = len(mask.stored.shape)
        if (number in numbers) is not other:
            yield Found(f"has {number} axes" if number > 1 else "has 1 axis")

    return found


def without_frequency(mask: CheckedFile) -> Iterator[Found]:
    """Find more than three axes without one of frequency."""
    if len(mask.stored.shape) > 3 and spectral_axis(mask.header) is None:
        yield Found("has no axis of frequency")


def spectral_frames(mask: CheckedFile) -> Iterator[Found]:
    """Find frequencies in a frame that CASA cannot convert, for it does not know the telescope."""
    frame, telescope = (str(mask.header.get(key, "")).strip() for key in ("SPECSYS", "TELESCOP"))
    known = telescope and any(name.startswith(telescope.upper()) for name in _OBSERVATORIES)
    if frame.upper() != "LSRK" and not known and spectral_axis(mask.header) is not None:
        of = f"TELESCOP = {telescope!r}, which CASA does not know" if telescope else "no TELESCOP"
        yield Found(f"has {f'SPECSYS = {frame!r}' if frame else 'no SPECSYS'} and {of}")


def cubes_by_frequency(mask: CheckedFile) -> Iterator[Found]:
    """Find channels on an axis before that of polarisation."""
    axis = spectral_axis(mask.header)
    if len(mask.stored.shape) > 3 and axis == 3 and axis in mask.lengths:
        yield Found(f"its {mask.lengths[axis]} channels are on axis 3, before that of STOKES")


def channel_frequencies(mask: CheckedFile) -> Iterator[Found]:
    """Find channels, of which a frequency may be off by its last digit."""
    axis, image = spectral_axis(mask.header), mask.target.stored
    if mask.stored.frequencies is not None and image is not None and image.frequencies is not None:
        if mask.stored.frequencies != image.frequencies:
            yield Found(f"its frequencies are not those of {mask.target.name} to the last digit")
    elif axis is not None and axis in mask.lengths:
        yield Found(f"is a cube of {mask.lengths[axis]} channels")


def planes(mask: CheckedFile) -> Iterator[Found]:
    """Find planes that are not the imager's channels."""
    lengths = mask.lengths
    if not lengths:
        return
    axis = min(lengths)
    number = lengths[axis]
    if len(lengths) > 1:
        yield Found(f"has several planes on each of the axes {' and '.join(map(str, lengths))}")
    elif number != mask.channels:
        made = f"{mask.channels} channel{'s' if mask.channels > 1 else ''}"
        yield Found(f"has {number} planes, but the imager makes {made} (`channels`)")
    elif mask.kind(axis) not in SPECTRAL:
        yield Found(f"its {number} planes are on an axis with CTYPE{axis} = {mask.kind(axis)!r}")


def channels_of_tclean(mask: CheckedFile) -> Iterator[Found]:
    """Find channels where tclean makes a single one: in the specmode mfs, or if the image given has no more."""
    use, image = mask.use, mask.target.stored
    given = prod(image.shape[:-2]) if image is not None else 1
    made = 1 if use.specmode in ("mfs", "mvc") else use.channels or given
    number = prod(mask.stored.shape[:-2])
    if number > 1 and made == 1:
        yield Found(f"has {number} planes, but tclean makes 1 (`channels`, `specmode`)")


def sizes(mask: CheckedFile) -> Iterator[Found]:
    """Find another width or height than the image has."""
    yield from size_findings(mask)


def ddfacet_sizes(mask: CheckedFile) -> Iterator[Found]:
    """Find a width or height that no image of DDFacet has."""
    nx, ny = mask.stored.shape[-1], mask.stored.shape[-2]
    made = made_size("ddfacet", (nx, ny))
    if mask.use.size is None and made != (nx, ny):
        yield Found(f"has {nx} x {ny} pixels, which no image of DDFacet has ({made[0]} x {made[1]} are the nearest)")


def places(mask: CheckedFile) -> Iterator[Found]:
    """Find pixels that lie elsewhere on the sky than those of the image."""
    yield from place_findings(mask)


def small_shifts(mask: CheckedFile) -> Iterator[Found]:
    """Find pixels that lie a fraction of one from those of the image."""
    yield from small_shift_findings(mask)


def single_scales(*, multiscale: bool) -> Finder:
    """Find a mask of one scale, eroded for it, where an imager is known to clean by `multiscale`, or is not."""

    def found(mask: CheckedFile) -> Iterator[Found]:
        scale = mask.header.get("SKSCALE", 0)
        if isinstance(scale, int | float) and scale > 0 and mask.use.multiscale is multiscale:
            yield Found(f"is the mask of scale {scale:g}, eroded for it")

    return found


def several_polarisations(mask: CheckedFile) -> Iterator[Found]:
    """Find several planes on axis 3."""
    if 3 in mask.lengths:
        yield Found(f"has {mask.lengths[3]} planes on axis 3")


def any_file(mask: CheckedFile) -> Iterator[Found]:
    """Find a FITS file, which every mask is that is no CASA image."""
    if mask.stored.place != "casa":
        yield Found("is a FITS file")


def casa_images(mask: CheckedFile) -> Iterator[Found]:
    """Find a CASA image."""
    if mask.stored.place == "casa":
        path = mask.path
        yield Found("is a CASA image", f"give the FITS file of CASA's exportfits({str(path)!r}, {f'{path}.fits'!r})")


def _other_values(mask: CheckedFile, wanted: dict[str, str]) -> Iterator[Found]:
    for keyword, right in wanted.items():
        value = str(mask.header.get(keyword, right)).strip()
        if value != right:
            yield Found(f"{keyword} is {value!r}")
