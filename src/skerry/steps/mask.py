"""The whole chain in one process: from an image to its mask.

The planes go from step to step without files between, and the pixels are the same as those of the separate steps.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from skerry.config.default_presets import AUTO_PRESET, DEFAULT_PRESET
from skerry.config.options import MaskingOptions
from skerry.config.presets import with_preset
from skerry.errors import SkerryError
from skerry.io.fits import OpenImage
from skerry.io.headers import value_header
from skerry.io.outputs import check_outputs, default_output, scale_output_beside
from skerry.io.products import Product, mask_products
from skerry.io.scratch import kept_on_disk
from skerry.masking.bright_rims import without_bright_rims
from skerry.masking.erosion import eroded_islands
from skerry.masking.flood import flood_mask
from skerry.masking.mask_stages import MaskStages
from skerry.masking.scale_masks import mask_by_scales
from skerry.masking.signal import signal_image
from skerry.masking.threshold import snr_mask
from skerry.planes.bits import BitMask, give_back_freed
from skerry.planes.masks import set_pixels
from skerry.planes.plane import Plane, needs_of
from skerry.sky.beam import PixelBeam, RestoringBeam, pixel_beam, pixels_per_beam
from skerry.steps.choose_preset import chosen_preset
from skerry.steps.chosen_planes import PlaneChoice
from skerry.steps.each_plane import of_each_plane
from skerry.steps.earlier_round import EarlierImage, open_earlier, without_faded_islands
from skerry.steps.flood import clip_facts
from skerry.steps.inputs import beam_of_flood, measured_noise, signal_of
from skerry.steps.made_mask import MadeMask
from skerry.steps.mask_account import MaskAccount
from skerry.steps.scale_mask import mac_facts
from skerry.steps.source_signs import with_signs
from skerry.steps.step_files import StepFiles

__all__ = ["make_mask"]


@of_each_plane
def make_mask(
    image: Path,
    options: MaskingOptions | None = None,
    *,
    preset: str | None = None,
    rms: Path | None = None,
    bkg: Path | None = None,
    beam: RestoringBeam | Path | None = None,
    earlier: Path | None = None,
    noise_grid: Path | None = None,
    output: Path | None = None,
    scale_output: Path | None = None,
    signal_output: Path | None = None,
    axes: int | None = None,
    planes: PlaneChoice | None = None,
    overwrite: bool = False,
    stages: MaskStages | None = None,
) -> MadeMask:
    """Write the mask of an image, and the scale mask if scales are asked for.

    Parameters
    ----------
    image : Path
        The image.
    options : MaskingOptions, optional
        What to do; by default those of the preset.
    preset : str, optional
        Name of the preset that the options were made of, for the record; without options, the preset to take,
        `skerry.config.default_presets.AUTO_PRESET` for the one that is for the image; by default `DEFAULT_PRESET`
        there.
    rms, bkg : Path, optional
        Noise and background of the image; without a noise map both are estimated where the options need them.
    beam : RestoringBeam or Path, optional
        The restoring beam, in place of the one in the header, or a FITS image that has it.
    earlier : Path, optional
        Image of the round before, on the same grid: islands that have faded since are left out, by
        `flood_fill_fading_factor`.
    noise_grid : Path, optional
        Small file that keeps what is measured of the noise: it is read if it is of this image and the same options of
        the noise, and written if not. It changes no mask.
    output, scale_output : Path, optional
        Default: X.mask.fits and X.scalemask.fits for X.fits; with an output Y.fits, Y.scalemask.fits.
    signal_output : Path, optional
        Also write the signal image, float32, in sigma, whether the options need one or not.
    axes : int, optional
        Axes of the mask, 2 or 4, the others than those of the sky of length 1; by default those of the image.
    planes : PlaneChoice, optional
        Of a cube, which planes, and whether their masks are to be one; by default all, each a mask of its own.
    overwrite : bool
        Whether the outputs may be replaced.
    stages : MaskStages, optional
        Gets what each step did, for an image of one plane.

    Returns
    -------
    MadeMask
        The mask, with the dimensions of the image; the scale mask, if there are scales; and the signal image.

    Raises
    ------
    SkerryError
        If a file cannot be read or written, the grids differ, or there is no beam where one is needed.
    """
    if options is None:
        preset = preset or DEFAULT_PRESET
        if preset == AUTO_PRESET:
            preset = chosen_preset(image, beam, planes)
        options = with_preset(preset, MaskingOptions())
    scales = options.beam_shape_erode_scales if options.beam_shape_erode or options.convolve_first else None
    needs = "`beam_shape_erode_scales`, and `beam_shape_erode` or `convolve_first`"
    scale_output = scale_output_beside(output or image, scales, scale_output, needs)
    output = output or default_output(image, "mask")
    outputs = [output, scale_output, signal_output]
    with StepFiles(
        "mask", [image, rms, bkg, earlier], outputs, overwrite, beam=beam, axes=axes, planes=planes
    ) as files:
        needs_signal = options.needs_signal or signal_output is not None
        _check_noise(rms, bkg, noise_grid, needs_signal)
        if noise_grid is not None:
            check_outputs(filter(None, [*outputs, noise_grid]), files.inputs, overwrite=True, instead="name for it")
        _check_earlier(earlier, options)
        files.surveys = True
        subject = files.open_image(image)
        options = with_signs(files, subject.path, subject.header, options)
        work = _Work(files, subject, options, preset, stages)
        before = open_earlier(files, earlier, subject, options)
        maps = rms, bkg, noise_grid
        signal = work.signal(maps, output.parent) if needs_signal else None
        made = work.mask(signal if options.needs_signal else None, before, scales)
        if stages is not None:
            stages.mask = BitMask.of(made.mask).copy()
        report = work.account.finish(made.mask)
        roles = {"rms": rms, "bkg": bkg, "earlier": earlier}
        provenance = files.provenance(options.used_by("mask"), made.facts, roles)
        template, shape = subject.header, subject.shape
        products = mask_products(made.mask, template, shape, provenance, output, made.by_scale, scale_output, scales)
        if signal is not None and signal_output is not None:
            header = value_header(subject.header, files.provenance(_noise_options(options, rms), roles=roles), unit="")
            products.append(Product(signal_output, signal, header, subject.shape))
        files.write(*products)
    return MadeMask(output, scale_output, signal_output, report)


def _check_noise(rms: Path | None, bkg: Path | None, grid: Path | None, needs_signal: bool) -> None:
    """Check that noise and background are given together, and only where they are used; and so a file to keep them."""
    if rms is None and bkg is not None:
        raise SkerryError(f"{bkg}: a background goes with a noise map; give `rms` too")
    if rms is not None and not needs_signal:
        raise SkerryError(f"{rms}: the minimum absolute clip uses no noise map; leave it out")
    if grid is not None and (rms is not None or not needs_signal):
        raise SkerryError(f"{grid}: no noise is measured that it could keep; leave `noise_grid` out")


def _check_earlier(earlier: Path | None, options: MaskingOptions) -> None:
    """Check that the image of the round before is used."""
    if earlier is not None and not (options.flood_fill and not options.convolve_first):
        raise SkerryError(f"{earlier}: the image of the round before has no use without `flood_fill`")


def _noise_options(options: MaskingOptions, rms: Path | None) -> dict[str, Any]:
    """Options by which the noise was measured, if it was."""
    return {} if rms is not None else options.used_by("noise")


class _Masked(NamedTuple):
    """What a mask is, and what its header says."""

    mask: BitMask
    by_scale: Plane | None
    """Bits of its scales, if it has any."""
    facts: Mapping[str, tuple[float | int | str, str]]


class _Work:
    """An image on the way to its mask, with its beam on the pixels where a shape of the options needs one."""

    def __init__(
        self,
        files: StepFiles,
        subject: OpenImage,
        options: MaskingOptions,
        preset: str | None,
        stages: MaskStages | None,
    ) -> None:
        self._files, self._subject, self._options, self._stages = files, subject, options, stages
        erodes = options.beam_shape_erode or options.convolve_first
        has_shape = erodes or (options.flood_fill and options.smooths_floor)
        beam = files.restoring_beam(subject) if has_shape and not subject.empty else None
        # Of a wrong beam it is told before anything is measured.
        self._beam = None if beam is None else pixel_beam(subject.header, beam, str(subject.path))
        self._area = None if self._beam is None else self._beam.area
        self.account = MaskAccount(files, subject, options, preset, beam, area=self._area)

    def signal(self, maps: tuple[Path | None, Path | None, Path | None], directory: Path) -> Plane:
        """Signal by the maps of noise and background, or by noise that is measured, which is done once."""
        rms, bkg, grid = maps
        account, options = self.account, self._options
        if rms is not None:
            signal = signal_of(self._files, self._subject, rms, bkg)
            account.has_noise_of(rms)
            return account.is_in_sigma(signal, erodes=options.beam_shape_erode)
        account.has_boxes(noise=True)
        with self._files.stage("noise"):
            noise, background = measured_noise(self._subject, options, grid, self._area)
            account.has_noise(noise, self._subject.unit.text)
        with self._files.stage("signal"):
            drawn: Plane = signal_image(account.pixels, noise, background)
            if needs_of(account.pixels).again is not None:
                # Pixels that are not as they lie in the file are too costly to be read each time that one looks.
                drawn = self._files.enter_context(kept_on_disk(drawn, directory))
            return account.is_in_sigma(drawn, erodes=options.beam_shape_erode)

    def mask(self, signal: Plane | None, before: EarlierImage | None, scales: Sequence[int] | None) -> _Masked:
        """The mask, by the signal where the options need one."""
        if self._subject.empty:
            # Nor has it a beam, where all visibilities are flagged.
            nothing = BitMask(self._subject.data.shape)
            return _Masked(nothing, nothing, {})
        if self._options.convolve_first and self._beam is not None:
            return self._by_scales(self._beam)
        return self._by_islands(signal, before, scales)

    def _by_scales(self, beam: PixelBeam) -> _Masked:
        """The mask of images that are smoothed to each scale."""
        options = self._options
        with self._files.stage("scales"):
            by_scale = mask_by_scales(self.account.pixels, beam, options)
            mask = BitMask.of(set_pixels(by_scale))
        facts = mac_facts(options)
        self.account.has_boxes(mac=True)
        clips = options.flood_fill_positive_seed_clip, options.flood_fill_positive_flood_clip
        self.account.has_clips(*clips, unit=options.clip_unit)
        return _Masked(mask, by_scale, facts)

    def _by_islands(self, signal: Plane | None, before: EarlierImage | None, scales: Sequence[int] | None) -> _Masked:
        """The mask of islands, from which one step after the other takes away."""
        by_scale: Plane | None = None
        islands, facts = self._islands(signal)
        islands = without_faded_islands(self._files, self.account, islands, self._subject, before, self._options)
        mask = rimless = self._without_rims(islands, signal)
        if self._options.beam_shape_erode and self._beam is not None:
            with self._files.stage("erosion"):
                give_back_freed(islands.shape)
                by = signal if self._options.erodes_by_signal else None
                mask, by_scale = eroded_islands(islands, self._beam, self._options, scales, rimless=rimless, signal=by)
                self.account.was_eroded(islands, rimless, mask)
        if self._stages is not None:
            self._stages.islands, self._stages.rimless = islands.copy(), rimless.copy()
        return _Masked(mask, by_scale, facts)

    def _islands(self, signal: Plane | None) -> tuple[BitMask, dict[str, tuple[float, str]]]:
        """Islands before anything is taken away, and the clips that made them."""
        options, account = self._options, self.account
        base = account.pixels if signal is None or (options.flood_fill and options.uses_mac) else signal
        with self._files.stage("islands"):
            if options.flood_fill:
                beam = self._beam or beam_of_flood(self._subject, options)
                islands = flood_mask(base, options, signal=signal, beam=beam, stages=self._stages)
                account.has_flooded(islands, options)
                return islands.mask, clip_facts(islands, options)
            account.has_clips(options.base_snr_clip)
            mask = BitMask.of(snr_mask(base, options.base_snr_clip, both_signs=bool(options.both_signs)))
            return mask, {"SKSEED": (options.base_snr_clip, "[sigma] clip used")}

    def _without_rims(self, islands: BitMask, signal: Plane | None) -> BitMask:
        """Islands less the rims of bright sources, if they are to go."""
        if not self._options.takes_off_rims or signal is None:
            return islands
        with self._files.stage("rims"):
            area = self._area or pixels_per_beam(self._subject.header)
            rimless = without_bright_rims(islands, signal, self._options, area)
            return self.account.took("rims", islands, rimless)
