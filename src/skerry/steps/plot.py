"""A picture of an image with its mask: what stands in the files, put together for `skerry.pictures`.

The image is read in bands and becomes as small as the picture on the way; of masks bits and a table by island are kept.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from skerry.errors import SkerryError, SkerryNote, SkerryWarning, heard
from skerry.io.cube_axes import CubeAxes, CubePlane
from skerry.io.cube_files import OpenCubes, PlaneInWork, plane_in_work, working_on
from skerry.io.fits import OpenImage
from skerry.io.image_headers import read_axes
from skerry.io.outputs import check_outputs
from skerry.io.whole_files import whole_files
from skerry.pictures.blocks import Window
from skerry.pictures.layers import Picture
from skerry.sky.beam import PixelBeam, RestoringBeam, pixel_beam
from skerry.sky.celestial import celestial_axes
from skerry.steps.chosen_planes import ChosenPlanes, PlaneChoice
from skerry.steps.plot_details import brightest_details
from skerry.steps.plot_layers import DrawnMask, compared, one_mask
from skerry.steps.plot_window import zoomed
from skerry.steps.step_files import StepFiles

if TYPE_CHECKING:
    from astropy.wcs import WCS

__all__ = ["check_picture", "make_plot"]

_KINDS = {".png": "png", ".pdf": "pdf"}
_UNITS, _MANY = (('"', 3600), ("'", 60), ("\N{DEGREE SIGN}", 1)), 600
"""Of beams, by how many there are in a degree: the first of which a beam has not as many."""


def make_plot(
    image: Path,
    mask: Path | None = None,
    *,
    output: Path,
    compare: Path | None = None,
    steps: bool = False,
    preset: str | None = None,
    region: Path | None = None,
    zoom: str | None = None,
    beam: RestoringBeam | Path | None = None,
    planes: PlaneChoice | None = None,
    of_chosen_planes: bool = False,
    overwrite: bool = False,
) -> Path:
    """Draw an image, with the outlines of what is masked.

    Parameters
    ----------
    image : Path
        The image; of a cube one plane is drawn.
    mask : Path, optional
        A mask, whatever its values but 0, or a scale mask, of which each pixel has the colour of its largest scale.
    output : Path
        The picture, X.png or X.pdf.
    compare : Path, optional
        Another mask of the image: what both have, what only `mask` has and what only this one has is then drawn.
    steps : bool
        Whether what each step of a mask did is drawn: of `mask`, by the options that its HISTORY names, or without one
        of the mask that `preset` makes.
    preset : str, optional
        For `steps` without a mask, by default `skerry.config.default_presets.DEFAULT_PRESET`.
    region : Path, optional
        Region file of DS9 or CASA, whose regions are outlined too.
    zoom : str, optional
        Part to draw, as `skerry.steps.plot_window.zoomed` reads it.
    beam : RestoringBeam or Path, optional
        The restoring beam, in place of the one in the header, or a FITS image that has it.
    planes : PlaneChoice, optional
        Of a cube, which plane; by default the first.
    of_chosen_planes : bool
        Whether the mask has the planes that are chosen alone, as `skerry.steps.mask.make_mask` writes it of them, and
        not all that the image has.
    overwrite : bool
        Whether the output may be replaced.

    Returns
    -------
    Path
        The picture.

    Raises
    ------
    SkerryError
        If a file cannot be read or written, the output is neither PNG nor PDF, the grids differ, or what is to be drawn
        lies outside of the image.
    """
    image, output = Path(image), Path(output)
    mask, compare, region = (None if path is None else Path(path) for path in (mask, compare, region))
    kind = check_picture(output, [image, mask, compare, region], overwrite)
    if compare is not None and mask is None:
        raise SkerryError(f"{compare}: there is no mask to compare it with; give a mask of the image before it")
    if steps and compare is not None:
        raise SkerryError(f"{compare}: the steps of a mask are drawn alone; leave `compare` or `steps` out")
    if preset is not None and not steps:
        raise SkerryError(f"`preset` {preset}: has no use without `steps`; give that too")
    with (
        _plane_of(image, planes, [] if of_chosen_planes else [mask, compare]) as plane_name,
        StepFiles("plot", [image, mask, compare], [output], overwrite, beam=beam) as files,
    ):
        # Imported here: matplotlib takes half a second.
        from skerry.pictures.figure import draw

        subject = files.open_image(image, what=None)
        drawn = (
            _drawn_steps(files, subject, mask, output.parent, preset, beam)
            if steps
            else _drawn_mask(files, subject, mask, compare, of_chosen_planes)
        )
        if region is not None:
            # Imported here: it needs the objects of coordinates.
            from skerry.steps.plot_regions import with_regions

            drawn = with_regions(drawn, region, subject)
        picture = _picture_of(files, subject, drawn, zoom, plane_name)
        with whole_files(output) as (partial,):
            partial.write_bytes(draw(picture, kind))
    return output


def check_picture(output: Path, inputs: list[Path | None], overwrite: bool) -> str:
    """Check that a picture may be written, before any work.

    Parameters
    ----------
    output : Path
        Its name.
    inputs : list of Path
        What is read.
    overwrite : bool
        Whether it may be replaced.

    Returns
    -------
    str
        "png" or "pdf".

    Raises
    ------
    SkerryError
        If it may not, see `skerry.io.outputs.check_outputs`, or its name ends otherwise.
    """
    kind = _KINDS.get(output.suffix.lower())
    if kind is None:
        raise SkerryError(f"{output}: is neither a PNG nor a PDF by its name; name it {output.stem}.png")
    check_outputs([output], [path for path in inputs if path is not None], overwrite)
    return kind


@contextmanager
def _plane_of(image: Path, choice: PlaneChoice | None, masks: Sequence[Path | None]) -> Iterator[str]:
    """Work on the plane of a cube that is to be drawn; gives its name, which is empty for an image of one plane."""
    axes, headers = read_axes(image)
    if axes.channels * axes.stokes == 1 and choice is None:
        yield ""
        return
    for mask in masks:
        if mask is not None:
            _check_planes(mask, image, axes)
    chosen = ChosenPlanes.of(image, axes, headers, choice or PlaneChoice())
    name = ChosenPlanes(axes.planes(), axes, axes, chosen.names).in_words([axes.planes().index(chosen.planes[0])])
    if len(chosen.planes) > 1:
        told = f"{image}: of {len(chosen.planes)} planes {name} is drawn; choose another with `planes` and `stokes`"
        warnings.warn(told, SkerryNote, stacklevel=4)
    with OpenCubes() as cubes, working_on(PlaneInWork(chosen.planes[0], cubes)):
        yield "" if len(axes.planes()) == 1 else name


def _check_planes(mask: Path, image: Path, axes: CubeAxes) -> None:
    """Refuse a mask of some planes of a cube, which does not say which they are."""
    has = read_axes(mask)[0]
    if has.channels in (1, axes.channels) and has.stokes in (1, axes.stokes):
        return
    planes = f"has {has.channels * has.stokes} planes, but {image} has {axes.channels * axes.stokes}"
    raise SkerryError(f"{mask}: {planes}; give a mask of one plane, or of all that the image has")


def _drawn_mask(
    files: StepFiles, subject: OpenImage, mask: Path | None, compare: Path | None, of_chosen_planes: bool
) -> DrawnMask | None:
    if mask is None:
        return None
    work = plane_in_work()
    with ExitStack() as stack:
        if of_chosen_planes and work is not None:
            stack.enter_context(working_on(PlaneInWork(CubePlane(0, 0), work.cubes)))
        opened = files.open_mask(mask, subject)
    if compare is None:
        return one_mask(opened)
    return compared(opened, files.open_mask(compare, subject))


def _drawn_steps(
    files: StepFiles,
    subject: OpenImage,
    mask: Path | None,
    directory: Path,
    preset: str | None,
    beam: RestoringBeam | Path | None,
) -> DrawnMask:
    # Imported here: a picture of a mask that is there needs nothing of what makes one.
    from skerry.steps.plot_steps import drawn_steps, stages_of

    opened = None if mask is None else files.open_mask(mask, subject)
    return drawn_steps(stages_of(subject.path, mask, directory, preset=preset, beam=beam), opened)


def _picture_of(
    files: StepFiles, subject: OpenImage, drawn: DrawnMask | None, zoom: str | None, plane_name: str
) -> Picture:
    wcs = _coordinates(subject)
    beam, beam_text = _beam(files, subject, wcs)
    window = Window.of(subject.data.shape) if zoom is None else zoomed(zoom, subject, wcs)
    name = subject.path.name
    return Picture(
        subject.data,
        window,
        f"{name}, {plane_name}" if plane_name else name,
        subtitle="" if drawn is None else drawn.told,
        unit=subject.unit.text,
        wcs=wcs,
        beam=beam,
        beam_text=beam_text,
        mask=None if drawn is None else drawn.bits,
        layers=() if drawn is None else drawn.layers,
        details=() if drawn is None else brightest_details(subject, drawn, window, beam),
    )


def _coordinates(subject: OpenImage) -> WCS | None:
    """Coordinates of an image; without them its axes are in pixels, and its user is told why."""
    try:
        return celestial_axes(subject.header, str(subject.path))
    except SkerryError as error:
        problem = str(error).partition(";")[0]
        warnings.warn(f"{problem}; the axes of the picture are in pixels", SkerryWarning, stacklevel=4)
        return None


def _beam(files: StepFiles, subject: OpenImage, wcs: WCS | None) -> tuple[PixelBeam | None, str]:
    """Beam on the pixels and in words; without one none is drawn."""
    if wcs is None:
        return None, ""
    try:
        with heard():
            beam = files.restoring_beam(subject)
            on_pixels = pixel_beam(subject.header, beam, str(subject.path))
    except SkerryError:
        return None, ""
    unit, per_degree = next(((unit, n) for unit, n in _UNITS if beam.bmaj * n < _MANY), _UNITS[-1])
    major, minor = (f"{per_degree * axis:.3g}{unit}" for axis in (beam.bmaj, beam.bmin))
    return on_pixels, f"{major} x {minor}, PA {np.round(beam.bpa) + 0.0:.0f}\N{DEGREE SIGN}"
