"""Compare masks of `skerry.compat.eye_patch` with those of eye-patch, pixel by pixel.

Run it with the Python of an environment that eye-patch is installed in:

    python -m venv EYE_PATCH && EYE_PATCH/bin/pip install eye-patch==2.0.1
    python -m benchmarks.compat.eye_patch --python EYE_PATCH/bin/python IMAGE...

For each image and set of options both programs are run, and a line tells how many pixels are masked, and how many
differ: in all, and away from invalid pixels and the edge of the image, by as far as the boxes of the options reach.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from astropy.io import fits
from numpy.typing import NDArray
from scipy import ndimage

from skerry.steps.noise import make_noise_maps

__all__ = ["OPTION_SETS", "Difference", "compared"]

OPTION_SETS: dict[str, tuple[str, int]] = {
    "base clip": ("--base-clip 5", 0),
    "flood": ("--flood-fill --seed-clip 5 --flood-clip 1.5", 0),
    "flood, eroded": ("--flood-fill --seed-clip 5 --flood-clip 1.5 --beam-shape-erode", 0),
    "minimum response": (
        "--flood-fill --flood-clip 1.5 --beam-shape-erode --beam-shape-erode-minimum-response 0.3",
        0,
    ),
    "diffuse islands": ("--flood-fill --grow-low-snr-island --grow-low-snr-island-min-pixels 300", 8),
    "diffuse islands, no flood": ("--grow-low-snr-island --grow-low-snr-island-clip 1.5", 8),
    "scales": ("--flood-fill --flood-clip 1.2 --beam-shape-erode --multiscale-scales 0 4 8 16", 0),
    "scales as FWHM": (
        "--flood-fill --flood-clip 1.2 --beam-shape-erode --multiscale-scales 8 0 --beam-shape-erode-scales-as-fwhm",
        0,
    ),
    "MAC": ("--use-mac --base-clip 1.5", 75),
    "MAC, flood": ("--use-mac --flood-fill --seed-clip 1.5 --flood-clip 1.2 --mac-box-size 50", 50),
    "MAC, flood, eroded": ("--use-mac --flood-fill --seed-clip 1.5 --flood-clip 1.2 --beam-shape-erode", 75),
    "MAC, adaptive": (
        "--use-mac --flood-fill --seed-clip 1.5 --flood-clip 1.2 --mac-box-size 30 "  # noqa: ISC004
        "--mac-adaptive-max-depth 3 --mac-adaptive-step-factor 1.5 --mac-adaptive-skew-delta 0.15",
        102,
    ),
    "MAC, diffuse islands": (
        "--use-mac --flood-fill --seed-clip 1.5 --flood-clip 1.2 --grow-low-snr-island --grow-low-snr-island-clip 0.6",
        83,
    ),
    "convolved first": ("--convolve-first --seed-clip 1.5 --flood-clip 1.2 --multiscale-scales 0 8 16", 140),
}
"""Options by name, and how far from edges and invalid pixels they may differ, in pixels."""


class Difference(NamedTuple):
    """How two masks of an image differ."""

    masked: int
    """Pixels that eye-patch masks."""
    differ: int
    """Pixels of another value or bit."""
    away: int
    """Those that are away from edges and invalid pixels."""


def compared(image: Path, options: str, reach: int, python: Path) -> Difference:
    """Make a mask of an image by both programs, and compare them.

    Parameters
    ----------
    image : Path
        A FITS image; noise maps are measured by skerry.
    options : str
        Of the subcommand `mask`.
    reach : int
        Pixels from the edge, or from an invalid pixel, that are not compared.
    python : Path
        Of an environment with eye-patch.

    Returns
    -------
    Difference
        Of the two masks; islands that touch what is not compared are not compared either.
    """
    with tempfile.TemporaryDirectory() as directory:
        here = Path(directory) / "x.fits"
        here.write_bytes(image.read_bytes())
        rms, bkg = make_noise_maps(here)
        arguments = ["mask", str(here), *options.split(), "--rms-fits", str(rms), "--bkg-fits", str(bkg), "--overwrite"]
        theirs = _mask([str(python), "-m", "eye_patch", *arguments], here)
        ours = _mask([sys.executable, "-m", "skerry.compat.eye_patch", *arguments], here)
        return _difference(theirs, ours, np.squeeze(fits.getdata(here)), reach)


def _mask(command: Sequence[str], image: Path) -> NDArray[Any]:
    """Run a program and read what it has made."""
    names = [image.with_suffix(suffix) for suffix in (".mask.fits", ".scalemask.fits")]
    for name in names:
        name.unlink(missing_ok=True)
    subprocess.run(command, check=True, capture_output=True, cwd=image.parent)
    (made,) = (name for name in names if name.exists())
    return np.asarray(np.squeeze(fits.getdata(made)))


def _difference(theirs: NDArray[Any], ours: NDArray[Any], image: NDArray[Any], reach: int) -> Difference:
    near = np.zeros(image.shape, bool)
    if reach:
        inside = ndimage.minimum_filter(np.isfinite(image), 2 * reach + 1, mode="constant", cval=0)
        near = ~inside
    else:
        near = ~np.isfinite(image)
    labels, _ = ndimage.label((theirs != 0) | (ours != 0), structure=np.ones((3, 3)))
    near |= np.isin(labels, np.setdiff1d(labels[near], 0))
    differ = theirs != ours
    return Difference(np.count_nonzero(theirs), np.count_nonzero(differ), np.count_nonzero(differ & ~near))


def main() -> None:
    """Compare, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("images", nargs="+", type=Path)
    parser.add_argument("--python", type=Path, required=True, help="Python of an environment with eye-patch.")
    arguments = parser.parse_args()
    print("| image | options | masked | differ | away from edges and NaN |\n|---|---|---|---|---|")
    for image in arguments.images:
        for name, (options, reach) in OPTION_SETS.items():
            found = compared(image, options, reach, arguments.python)
            print(f"| {image.name} | {name} | {found.masked} | {found.differ} | {found.away} |", flush=True)


if __name__ == "__main__":
    main()
