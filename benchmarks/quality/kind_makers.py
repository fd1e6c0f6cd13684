"""The mask makers that are compared on kinds of fields, in words that another process understands."""

from __future__ import annotations

import subprocess
import tempfile
import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.quality.makers import MaskMaker, by_preset, mask_makers
from skerry.errors import SkerryWarning
from skerry.io.fits import Image, read_mask
from skerry.steps.noise import make_noise_maps

__all__ = ["EYE_PATCH_OPTIONS", "Makers"]

Flags = NDArray[np.bool_]

COMPARED = ("skerry default", "skerry ", "S/N flood", "breizorro")
LEFT_OUT = ("skerry flood", "skerry demo", "skerry both")
"""Of them: combinations that presets have replaced."""
EYE_PATCH_OPTIONS: dict[str, str] = {
    "eye-patch flood": "--flood-fill --beam-shape-erode",
    "eye-patch MAC 1.5/1.2": "--flood-fill --use-mac --seed-clip 1.5 --flood-clip 1.2 --beam-shape-erode",
    "eye-patch convolve first": "--convolve-first --seed-clip 1.02 --flood-clip 0.15",
}
"""Of its subcommand `mask`: its own defaults, the factors of the pipeline that it comes from, and those that its
documentation names for convolving first. With signal to noise it gets skerry's noise maps, for it has none."""


@dataclass(frozen=True)
class Makers:
    """Which mask makers.

    Attributes
    ----------
    only : tuple of str
        What names begin with; none are those that are compared by default.
    presets : tuple of str
        Further presets, by name or file; two with a comma between them are for round 0 and later ones.
    breizorro : str or None
        The program.
    eye_patch : str or None
        Python of an environment with eye-patch.
    """

    only: tuple[str, ...] = ()
    presets: tuple[str, ...] = ()
    breizorro: str | None = None
    eye_patch: str | None = None

    def chosen(self) -> list[MaskMaker]:
        """The mask makers."""
        makers = mask_makers(self.breizorro)
        if not self.only:
            makers = [one for one in makers if one.name.startswith(COMPARED) and not one.name.startswith(LEFT_OUT)]
        if self.eye_patch is not None:
            makers += [by_eye_patch(name, options, self.eye_patch) for name, options in EYE_PATCH_OPTIONS.items()]
        return [
            *(one for one in makers if one.name.startswith(self.only or "")),
            *(by_preset(f"preset {text}", *text.split(",")) for text in self.presets),
        ]

    def wants(self, name: str) -> bool:
        """Whether a way to clean that is no mask maker is among them."""
        return name.startswith(self.only or "")


def by_eye_patch(name: str, options: str, python: str) -> MaskMaker:
    """Mask maker that runs eye-patch; it erodes by itself."""

    def run(image: Image, used: str) -> Flags:
        with tempfile.TemporaryDirectory() as directory, warnings.catch_warnings():
            warnings.simplefilter("ignore", SkerryWarning)
            here = Path(directory) / "x.fits"
            here.write_bytes(image.path.read_bytes())
            rms, bkg = make_noise_maps(here)
            command = [python, "-m", "eye_patch", "mask", str(here), *used.split()]
            subprocess.run(
                [*command, "--rms-fits", str(rms), "--bkg-fits", str(bkg)],
                check=True,
                capture_output=True,
                cwd=directory,
            )
            (made,) = [path for path in Path(directory).glob("*mask.fits") if path != here]
            return read_mask(made).data != 0

    def as_made(image: Image, _: int) -> Flags:
        return run(image, options.replace(" --beam-shape-erode", ""))

    def make(image: Image, _: int) -> Flags:
        return run(image, options)

    return MaskMaker(name, make, True, None if "convolve" in options else as_made)
