"""A plane of a mask, measured in its image: its islands, and what of the image's flux lies in them.

Nothing is decided here: islands are measured by `skerry.masking.island_table`, the noise as `mask` measures it, and the
same is warned of as when a mask is made.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from pydantic import ValidationError

from skerry.config.default_presets import DEFAULT_PRESET
from skerry.config.options import MaskingOptions
from skerry.config.presets import with_preset
from skerry.errors import SkerryError, SkerryNote
from skerry.io.fits import OpenImage
from skerry.io.headers import is_mask_header, mask_scales
from skerry.io.history import steps_of
from skerry.masking.island_table import IslandTable, MaskedFlux, measure_islands
from skerry.masking.signal import signal_image
from skerry.planes.bits import BitMask
from skerry.planes.computed import pixelwise
from skerry.planes.masks import set_pixels
from skerry.planes.plane import Floats
from skerry.sky.beam import beam_fwhm, pixels_per_beam
from skerry.sky.grid import celestial_wcs
from skerry.sky.icrs import IcrsGrid
from skerry.sky.restoring_beam import RestoringBeam
from skerry.steps.image_warnings import BOTH_SIGNS, stokes_of
from skerry.steps.inputs import measured_noise, signal_of
from skerry.steps.island_columns import IslandColumns
from skerry.steps.made_mask import MaskReport
from skerry.steps.mask_account import LEAST_SNR, MaskAccount
from skerry.steps.matching import Comparison, Matched
from skerry.steps.source_signs import made_of_both_signs
from skerry.steps.step_files import StepFiles

if TYPE_CHECKING:
    from astropy.io import fits

    from skerry.io.pixel_units import PixelUnit

__all__ = ["MeasuredPlane", "PlaneStatistics", "measured_plane"]

_BESIDE_BEAMS = 2.0
"""Distance, in beams (FWHM), up to which a negative island is beside another: as for the halves of an artefact."""
_REACH_WITHOUT_BEAM = 6
"""The same in pixels, where there is no beam."""
_NOISE_OPTIONS = ("noise_box_size", "noise_box_beams", "noise_filter_size")


@dataclass(frozen=True)
class PlaneStatistics:
    """What was masked in a plane."""

    name: str | None
    """As messages call the plane; None of an image that has one."""
    columns: IslandColumns
    """Of its islands, in the order of their numbers."""
    report: MaskReport
    """As `mask` tells it; of a mask without an image, what is known of it."""
    flux: MaskedFlux | None
    """What of the image lies in the mask."""
    unit: PixelUnit | None
    """Of the image's pixels."""
    beam_area: float | None
    """Pixels of the beam; None where it is not known."""
    matched: Matched | None = None
    """What it was held against."""

    @property
    def flux_factor(self) -> float | None:
        """What a sum over pixels is multiplied with to be a flux in Jy; None where that is not known."""
        return _flux_factor(self.unit, self.beam_area)


class MeasuredPlane(NamedTuple):
    """A plane while its pixels are at hand."""

    statistics: PlaneStatistics
    table: IslandTable
    grid: IcrsGrid | None
    """None of a mask without celestial coordinates."""


def measured_plane(
    mask: Path,
    image: Path | None = None,
    *,
    noise: Path | float | None = None,
    bkg: Path | None = None,
    beam: RestoringBeam | Path | None = None,
    nonzero: bool = False,
    against: Comparison | None = None,
) -> MeasuredPlane:
    """Measure the islands of the plane that is worked on, or of files of one plane.

    Parameters
    ----------
    mask : Path
        As of `skerry.steps.stats.make_statistics`.
    image : Path, optional
        Likewise.
    noise : Path or float, optional
        Likewise.
    bkg : Path, optional
        Likewise.
    beam : RestoringBeam or Path, optional
        Likewise.
    nonzero : bool
        Likewise.
    against : Comparison, optional
        What to hold the mask against.

    Returns
    -------
    MeasuredPlane
        Of this plane.
    """
    noise_map = noise if isinstance(noise, Path) else None
    with StepFiles("stats", [mask, image, noise_map, bkg], [], False, beam=beam) as files:
        if image is None:
            return _of_mask(files, files.open_mask(mask, nonzero=nonzero), against)
        files.surveys = True
        subject = files.open_image(image)
        opened = files.open_mask(mask, subject, nonzero=nonzero)
        options = _options_of(opened.header)
        signs = _are_both_signs(opened, subject)
        options = options.model_copy(update={"both_signs": signs})
        area = _beam_area(subject, opened)
        account = MaskAccount(files, subject, options, area=area)
        signal = account.is_in_sigma(_signal(files, account, subject, options, noise, bkg, area))
        account.has_clips_of(opened.header)
        clip = account.seed_clip_in_sigma or LEAST_SNR
        scales = mask_scales(opened.header, str(mask))
        table = measure_islands(
            opened.data,
            account.pixels,
            signal=signal,
            scales=scales is not None,
            negative_clip=None if signs else clip,
            negative_reach=_REACH_WITHOUT_BEAM if area is None else max(1, round(_BESIDE_BEAMS * beam_fwhm(area))),
            both_signs=signs,
        )
        report = account.finish(BitMask.of(set_pixels(opened.data)))
        made = _measured(table, report, subject, subject.unit, area, scales)
        return _matched(files, made, against, subject, account.pixels, signal)


def _of_mask(files: StepFiles, mask: OpenImage, against: Comparison | None) -> MeasuredPlane:
    """What is known of a mask without its image."""
    scales = mask_scales(mask.header, str(mask.path))
    table = measure_islands(mask.data, scales=scales is not None)
    pixels = int(table.size.sum())
    if not pixels:
        files.warn(f"{mask.path.name}: the mask is empty")
    ny, nx = mask.data.shape
    signs = made_of_both_signs(mask.header)
    report = MaskReport(len(table), pixels, ny * nx, both_signs=signs, warnings=tuple(files.warned))
    made = _measured(table, report, mask, None, _beam_area(mask), scales)
    return _matched(files, made, against, mask)


def _measured(
    table: IslandTable,
    report: MaskReport,
    image: OpenImage,
    unit: PixelUnit | None,
    area: float | None,
    scales: tuple[int, ...] | None,
) -> MeasuredPlane:
    """What is known of a plane, with the coordinates of an image."""
    grid = _grid_of(image)
    columns = IslandColumns.of(table, grid, unit, _flux_factor(unit, area), area, scales)
    return MeasuredPlane(PlaneStatistics(None, columns, report, table.flux, unit, area), table, grid)


def _matched(
    files: StepFiles,
    made: MeasuredPlane,
    against: Comparison | None,
    like: OpenImage,
    image: Floats | None = None,
    signal: Floats | None = None,
) -> MeasuredPlane:
    """Hold the islands of a plane against a catalogue, if there is one."""
    if against is None:
        return made
    area = made.statistics.beam_area
    matched = against.with_islands(files, made.table.islands, like, made.grid, area, image, signal)
    return made._replace(statistics=replace(made.statistics, matched=matched))


def _flux_factor(unit: PixelUnit | None, beam_area: float | None) -> float | None:
    """What a sum over pixels is multiplied with to be a flux in Jy; None where that is not known."""
    known = None if unit is None else unit.in_jy_per_beam
    return None if known is None or beam_area is None else known / beam_area


def _options_of(header: fits.Header) -> MaskingOptions:
    """Options by which the noise is measured: those that a mask was made with, as far as its HISTORY tells."""
    said = {name: step.options[name] for step in steps_of(header) for name in _NOISE_OPTIONS if name in step.options}
    try:
        return MaskingOptions.model_validate(said) if said else with_preset(DEFAULT_PRESET, MaskingOptions())
    except ValidationError:
        return with_preset(DEFAULT_PRESET, MaskingOptions())


def _are_both_signs(mask: OpenImage, image: OpenImage) -> bool:
    """Whether sources of both signs are masked, by how the mask was made, or by what the image is."""
    if is_mask_header(mask.header):
        return made_of_both_signs(mask.header)
    return stokes_of(image.header) in BOTH_SIGNS


def _signal(
    files: StepFiles,
    account: MaskAccount,
    subject: OpenImage,
    options: MaskingOptions,
    noise: Path | float | None,
    bkg: Path | None,
    area: float | None,
) -> Floats:
    """Signal of the image, by the noise that is given or measured."""
    if isinstance(noise, Path):
        signal = signal_of(files, subject, noise, bkg)
        account.has_noise_of(noise)
        return signal
    if noise is not None:
        if not (np.isfinite(noise) and noise > 0):
            raise SkerryError(f"`noise` {noise:g}: is no noise; give a number above zero, in the unit of the image")
        account.has_noise(np.full((1, 1), noise, np.float32), subject.unit.text)
        return pixelwise(lambda band: band / np.float32(noise), account.pixels, dtype=np.float32)
    if subject.unit.kind == "sigma":
        return account.pixels
    rms, background = measured_noise(subject, options, area=area)
    account.has_noise(rms, subject.unit.text)
    return signal_image(account.pixels, rms, background)


def _beam_area(*images: OpenImage) -> float | None:
    """Area of the beam, pixels, by the first header that has it."""
    problem = ""
    for image in images:
        try:
            return pixels_per_beam(image.header, name=str(image.path))
        except SkerryError as error:
            problem = problem or str(error).partition(";")[0]
    warnings.warn(f"{problem}; no sizes in beams and no flux are told", SkerryNote, stacklevel=4)
    return None


def _grid_of(image: OpenImage) -> IcrsGrid | None:
    try:
        return IcrsGrid(celestial_wcs(image.path, image.header), image.data.shape)
    except SkerryError as error:
        warnings.warn(f"{str(error).partition(';')[0]}; places are told in pixels alone", SkerryNote, stacklevel=4)
        return None
