"""What subcommands read while faults are injected: two sets of files, alike but for their pixels, small to be quick."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from astropy.io import fits

from benchmarks.faults.commands import Command

__all__ = ["SETS", "copy_inputs", "make_inputs"]

SETS = "in", "in2"
_SIDE, _PIXEL = 64, 6.0 / 3600
_REGIONS = 'fk5\ncircle(60.0,-45.0,30")\nbox(60.02,-45.01,40",20",0)\n'
_FIELD = """\
field: F
beams: ["00"]
rounds: 1
images: images/{{field}}.beam{{beam}}.round{{round}}.fits
source: beam
masking: {{noise_box_size: 16}}
output: {directory}/results
"""


def make_inputs(directory: Path, run: Callable[[Sequence[str], Path], object]) -> None:
    """Make all inputs there are, in two directories.

    Parameters
    ----------
    directory : Path
        Where to put them.
    run : callable
        Runs a subcommand, given its words, in a directory.
    """
    for seed, name in enumerate(SETS):
        place = directory / name
        place.mkdir()
        rng = np.random.default_rng(seed)
        for beam, image in enumerate(("image.fits", "image2.fits")):
            _write(place / image, _image(rng), ra=60.0 + 0.01 * beam)
        _write(place / "cube.fits", np.stack([_image(rng) for _ in range(3)]))
        _write(place / "model.fits", np.where(_image(rng) > 2e-3, 1e-3, 0.0))
        (place / "sources.reg").write_text(_REGIONS.format(radius=30 + 10 * seed))
        for line in (
            "noise image.fits --noise-box-size 16",
            "signal image.fits --rms image.rms.fits --bkg image.bkg.fits",
            "flood image.signal.fits -o image.mask.fits",
            "erode image.mask.fits --scales 0,8 -o eroded.fits --scale-output image.scalemask.fits",
        ):
            run(line.split(), place)
        (place / "eroded.fits").unlink()
        (place / "field.yaml").write_text(_FIELD.format(directory=name))
        for copy, original in (
            ("images/F.beam00.round0.fits", "image.fits"),
            ("results/F/round1/beam00.mask.fits", "image.mask.fits"),
        ):
            (place / copy).parent.mkdir(parents=True)
            shutil.copy(place / original, place / copy)


def copy_inputs(made: Path, directory: Path, command: Command, names: Sequence[str] = SETS) -> None:
    """Copy what a command reads into a directory."""
    for name in names:
        (directory / name).mkdir(parents=True)
        for file in command.inputs:
            shutil.copy(made / name / file, directory / name / file)
            if file == "field.yaml":
                for folder in ("images", "results"):
                    shutil.copytree(made / name / folder, directory / name / folder)


def _image(rng: np.random.Generator) -> np.ndarray:
    """Noise as wide as the beam, and some sources."""
    frequencies = np.hypot(*np.meshgrid(np.fft.fftfreq(_SIDE), np.fft.fftfreq(_SIDE)))
    smooth = np.fft.ifft2(np.fft.fft2(rng.normal(size=(_SIDE, _SIDE))) * np.exp(-2 * (np.pi * 1.4 * frequencies) ** 2))
    image = smooth.real / smooth.real.std() * 1e-4
    y, x = np.mgrid[:_SIDE, :_SIDE]
    for row, column in rng.integers(8, _SIDE - 8, (4, 2)):
        image += 5e-3 * np.exp(-((x - column) ** 2 + (y - row) ** 2) / 8)
    return image


def _write(path: Path, pixels: np.ndarray, ra: float = 60.0) -> None:
    header = fits.Header()
    axes = [("RA---SIN", ra, _SIDE // 2 + 1, -_PIXEL, "deg"), ("DEC--SIN", -45.0, _SIDE // 2 + 1, _PIXEL, "deg")]
    axes.append(("FREQ", 1.4e9, 1, 1e6, "Hz"))
    pixels = pixels.reshape(-1, _SIDE, _SIDE)
    for n, (kind, value, reference, step, unit) in enumerate(axes, start=1):
        header[f"CTYPE{n}"], header[f"CRVAL{n}"], header[f"CRPIX{n}"] = kind, value, reference
        header[f"CDELT{n}"], header[f"CUNIT{n}"] = step, unit
    header["BMAJ"], header["BMIN"], header["BPA"], header["BUNIT"] = 22 / 3600, 17.5 / 3600, 60.0, "Jy/beam"
    fits.PrimaryHDU(pixels.astype(np.float32), header).writeto(path)
