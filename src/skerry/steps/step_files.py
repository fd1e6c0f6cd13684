"""The files of a step: settled before any work, open while it lasts, and told of in what it writes.

Every step opens with them: what it reads, in the order in which HISTORY shall name it, and what it writes.
"""

from __future__ import annotations

import logging
import time
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from skerry.errors import SkerryError, SkerryWarning, heard
from skerry.filters.brightest_pixel import Surveyed
from skerry.io.cube_files import plane_in_work
from skerry.io.fits import OpenImage, open_image, open_mask, write_products
from skerry.io.headers import Provenance, without_scales
from skerry.io.image_headers import read_header
from skerry.io.outputs import check_outputs
from skerry.io.products import Product, of_axes
from skerry.io.scratch import scratch_beside
from skerry.planes.computed import pixelwise
from skerry.sky.restoring_beam import RestoringBeam, UnknownBeamError, read_beam
from skerry.steps.companions import check_same_grid, refuse_mask
from skerry.steps.given_beam import checked_beam, numbers_of
from skerry.steps.image_warnings import image_warnings

if TYPE_CHECKING:
    from astropy.io import fits

    from skerry.steps.chosen_planes import PlaneChoice

__all__ = ["StepFiles"]

_LOG = logging.getLogger("skerry")

_FROM_IMAGES = ("noise", "mask", "snr-mask", "flood", "scale-mask", "stats")
"""Steps that make a mask or its noise from an image, or tell of it."""


class StepFiles(ExitStack):
    """What a step reads and writes; what it opens is closed at the end of the block.

    Parameters
    ----------
    step : str
        The subcommand.
    inputs, outputs : sequence of Path or None
        None for what is not given, or not to be written.
    overwrite : bool
        Whether the outputs may be replaced.
    beam : RestoringBeam or Path, optional
        The restoring beam of what is opened, in place of what the files say of it, or a FITS image whose header has it.
        False for a step that takes none, of which nobody is told to give one.
    axes : int, optional
        Of what is written, 2 or 4; None for those of the image.
    planes : PlaneChoice, optional
        Which planes of cubes were chosen, for the record.

    Raises
    ------
    SkerryError
        If an output may not be written, see `skerry.io.outputs.check_outputs`; or if `beam` is none, or has none.
    """

    def __init__(
        self,
        step: str,
        inputs: Sequence[Path | None],
        outputs: Sequence[Path | None],
        overwrite: bool,
        *,
        beam: RestoringBeam | Path | Literal[False] | None = False,
        axes: int | None = None,
        planes: PlaneChoice | None = None,
    ) -> None:
        super().__init__()
        if axes not in (None, 2, 4):
            raise SkerryError(f"`axes` {axes}: must be 2 or 4")
        self._axes, self._planes = axes, planes
        self.step, self.overwrite = step, overwrite
        self._takes_beam, self._beam, self._beam_said = beam is not False, None, None
        beam_image = None if isinstance(beam, RestoringBeam) or not beam else Path(beam)
        self.inputs = [Path(path) for path in (*inputs, beam_image) if path is not None]
        self._read: dict[Path, Any] = {}
        self.opened: dict[Path, OpenImage] = {}
        """What was opened, by its name."""
        self.surveys = False
        """Whether the pixels of images are looked at as they are read, but of those that go with another."""
        self.preset: str | None = None
        """Preset that the options are from, for the header."""
        self.nonzero = False
        """Whether a mask was opened whose values but 0 are read as 1."""
        self.warned: list[str] = []
        """Warnings that the header keeps."""
        self._beam_image = beam_image
        written = [path for path in outputs if path is not None]
        check_outputs(written, self.inputs, overwrite)
        if isinstance(beam, RestoringBeam):
            self._beam, self._beam_said = checked_beam(beam), numbers_of(beam)
        elif beam_image is not None:
            self._beam, self._beam_said = self._beam_of(read_header(beam_image), beam_image), beam_image.name
        if written:
            self.enter_context(scratch_beside(Path(written[0])))

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Close what is open; where the beam is not known, say how this step can be given one."""
        super().__exit__(kind, error, traceback)
        if isinstance(error, UnknownBeamError) and self._takes_beam:
            what_to_do = "give `beam`, an image that has one, or `bmaj`, `bmin` and `bpa`"
            raise SkerryError(f"{error.problem}; {what_to_do}") from error

    @property
    def works_on_cubes(self) -> bool:
        """Whether what is opened is a plane of a cube."""
        return plane_in_work() is not None

    def open_image(self, path: Path, like: OpenImage | None = None, what: str | None = "image") -> OpenImage:
        """Open an image whose valid pixels are sky: padding and stray pixels are invalid.

        Parameters
        ----------
        path : Path
            The image. If it has no valid pixels, that is said in a `SkerryWarning`.
        like : OpenImage, optional
            On whose grid it has to lie.
        what : str, optional
            What a mask in its place is said not to be; None where a mask will do.

        Returns
        -------
        OpenImage
            Without padding, as `skerry.masking.padding` finds it.
        """
        # Imported here: a step on masks alone needs nothing of it.
        from skerry.masking.padding import without_padding

        image = self.open_companion(path, like, what)
        if like is None and self.step in _FROM_IMAGES:
            for told in image_warnings(image):
                self.warn(told)
        valid = without_padding(image.data)
        if valid.empty:
            warnings.warn(f"{path}: has no valid pixels", SkerryWarning, stacklevel=2)
        plane = Surveyed(valid.plane) if self.surveys and like is None else valid.plane
        return replace(image, data=plane, empty=valid.empty, level=valid.level)

    def open_companion(self, path: Path, like: OpenImage | None = None, what: str | None = None) -> OpenImage:
        """Open a map that goes with an image, its noise, background or weights, of which each pixel is meant.

        Parameters
        ----------
        path : Path
            The map.
        like : OpenImage, optional
            The image.
        what : str, optional
            What a mask in its place is said not to be; None where a mask will do.

        Returns
        -------
        OpenImage
            As it is.
        """
        opened = self._alike(self.enter_context(open_image(path, self._beam)), like)
        if what is not None:
            refuse_mask(opened, what)
        return opened

    def open_reference(self, path: Path, what: str) -> OpenImage:
        """Open an image that is compared with others, of which products tell the name and not how it was made.

        Parameters
        ----------
        path : Path
            The image.
        what : str
            What a mask in its place is said not to be.

        Returns
        -------
        OpenImage
            As it is, on whatever grid.
        """
        opened = self.enter_context(open_image(path, self._beam))
        refuse_mask(opened, what)
        return opened

    def open_mask(self, path: Path, like: OpenImage | None = None, *, nonzero: bool = False) -> OpenImage:
        """Open a mask.

        Parameters
        ----------
        path : Path
            The mask.
        like : OpenImage, optional
            On whose grid it has to lie.
        nonzero : bool
            Whether all values but 0 are read as 1: labels, 255, or the bits of a scale mask, which then is none.

        Returns
        -------
        OpenImage
            Of integers.
        """
        opened = self._alike(self.enter_context(open_mask(path, self._beam)), like)
        if not nonzero:
            return opened
        self.nonzero = True
        ones = pixelwise(partial(np.not_equal, 0), opened.data, dtype=np.uint8)
        return replace(opened, data=ones, header=without_scales(opened.header))

    def restoring_beam(self, image: OpenImage) -> RestoringBeam:
        """Read the beam of an open image or mask.

        Parameters
        ----------
        image : OpenImage
            With the beam in its header.

        Returns
        -------
        RestoringBeam
            As `skerry.sky.restoring_beam.read_beam` finds it; what that warns of the header of the product keeps.
        """
        return self._beam_of(image.header, Path(image.path))

    def provenance(
        self,
        options: Mapping[str, Any] | None = None,
        facts: Mapping[str, tuple[float | int | str, str]] | None = None,
        roles: Mapping[str, Path | Sequence[Path] | None] | None = None,
    ) -> Provenance:
        """Say how what the step writes was made.

        Parameters
        ----------
        options : mapping of str to object, optional
            The options that it used.
        facts : mapping of str to (value, comment), optional
            Results to keep as FITS keywords.
        roles : mapping of str to Path or sequence of Path, optional
            Inputs that are no arguments but parameters, by their names; None for one that is not given.

        Returns
        -------
        Provenance
            The step, with all of its inputs.
        """
        named = {**(roles or {}), "beam": self._beam_image}
        by_path = {
            Path(path): role
            for role, paths in named.items()
            for path in ([paths] if isinstance(paths, str | Path) else paths or ())
        }
        asked = {
            **(options or {}),
            "beam": self._beam_said,
            "preset": self.preset,
            "nonzero": self.nonzero or None,
            "axes": self._axes,
        }
        asked |= {} if self._planes is None else self._planes.as_options()
        used = {name: value for name, value in asked.items() if value is not None}
        self._log("options: %s", ", ".join(f"{name} {value}" for name, value in used.items()))
        work, warned = plane_in_work(), tuple(self.warned)
        if work is not None:
            work.warned, work.inputs = warned, tuple(self.inputs)
        later = work is not None, work is not None and work.place > 0
        return Provenance(self.step, used, self.inputs, facts or {}, by_path, self._read, warned, *later)

    def warn(self, text: str) -> None:
        """Warn the user, and keep the warning in the header of what is written."""
        self.warned.append(text)
        warnings.warn(text, SkerryWarning, stacklevel=4)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Tell the log how long a part of the step takes.

        Parameters
        ----------
        name : str
            Of the part.

        Yields
        ------
        None
        """
        begun = time.perf_counter()
        yield
        self._log("%s: %.2f s", name, time.perf_counter() - begun)

    @staticmethod
    def _log(text: str, *values: object) -> None:
        """Tell the log; of a cube once, for the first of its planes."""
        work = plane_in_work()
        if work is None or work.place == 0:
            _LOG.info(text, *values)

    def _beam_of(self, header: fits.Header, path: Path) -> RestoringBeam:
        """Read the beam of a file, and keep what its user is warned of."""
        with heard() as told:
            beam = read_beam(header, str(path))
        for one in told:
            # Headers name files without their directories.
            self.warn(str(one).replace(str(path), path.name, 1))
        return beam

    def _alike(self, image: OpenImage, like: OpenImage | None) -> OpenImage:
        if like is not None:
            check_same_grid(like, image)
        self._read[Path(image.path)] = image.header
        self.opened[Path(image.path)] = image
        return image

    def write(self, *products: Product) -> None:
        """Write the outputs, all of them or none."""
        work = plane_in_work()
        with self.stage("writing"):
            written = [of_axes(product, self._axes) for product in products]
            if work is None or work.writer is None:
                write_products(written, self.overwrite)
            else:
                work.writer.write(written, work.place)
