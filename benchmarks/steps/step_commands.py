"""The subcommands that are timed, the plain steps that do the same, and their inputs."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.timing import SKERRY, Usage, run

SCALES = "0,8,16,32,64,128"
PRIMARY_BEAM = 0.6  # FWHM over the side of a beam
DEGREES_PER_PIXEL = 0.000694444444444444  # of the images of images.py
OUT = ["-o", "{out}", "--overwrite"]
CLIPS = ["--positive-seed-clip", "4.5", "--positive-flood-clip", "1.5"]
MAC_CLIPS = ["--positive-seed-clip", "1.5", "--positive-flood-clip", "1.2"]
MAC = ["--use-mac", *MAC_CLIPS]
# As the preset late-round has them.
BOTH = ["--statistic", "both", "--positive-seed-clip", "5", "--mac-seed-factor", "1.6", "--use-mac-box-size", "35"]
SMOOTHED = ["--positive-flood-clip", "2.25", "--mac-flood-factor", "0.7", "--smooth-beams", "1"]
SMOOTHED += ["--smooth-seed-factor", "2.5"]


@dataclass(frozen=True)
class Step:
    """A subcommand and the plain step that does the same."""

    name: str
    skerry: Sequence[str]
    """Arguments; `{out}` and `{more}` stand for the names of the outputs."""
    plain: Sequence[str] | None = None
    """None if there is no statement for it in a library."""
    same_mask: bool = False
    """Whether both write the same mask to `{out}`, but for what a plain program does wrong at edges."""


class Inputs:
    """Names of the images of a size in a directory."""

    def __init__(self, directory: Path, size: int) -> None:
        self.size = size
        self.image, self.rms, self.bkg, self.signal, self.islands, self.bits = (
            str(directory / f"image{size}{product}.fits")
            for product in ("", ".rms", ".bkg", ".signal", ".islands", ".scalemask")
        )
        self.beams = [str(directory / f"beam{size // 2}.{n}.fits") for n in range(2)]


def prepare(directory: Path, size: int, limits: Sequence[str], skerry: str = SKERRY) -> None:
    """Make the images, and those products of skerry that are the inputs of later steps."""
    given = Inputs(directory, size)
    if not Path(given.beams[1]).exists():
        run([sys.executable, "-m", "benchmarks.steps.images", str(directory), "--size", str(size)])
    if not Path(given.islands).exists():
        run([skerry, "noise", given.image, "--overwrite", *limits])
        run([skerry, "signal", given.image, "--rms", given.rms, "--bkg", given.bkg, "--overwrite", *limits])
        run([skerry, "flood", given.signal, "-o", given.islands, *limits])
    if not Path(given.bits).exists():
        names = ["--scale-output", given.bits, "-o", str(directory / "skerry.fits"), "--overwrite"]
        run([skerry, "erode", given.islands, "--scales", SCALES, *names, *limits])


def run_skerry(step: Step, directory: Path, limits: Sequence[str]) -> Usage:
    names = {"{out}": str(directory / "skerry.fits"), "{more}": str(directory / "skerry.more.fits")}
    return run([SKERRY, *(names.get(a, a) for a in step.skerry), *limits])


def steps(directory: Path, size: int) -> list[Step]:
    """Every step that is timed, on the images in a directory."""
    given = Inputs(directory, size)
    return [*image_steps(given), *flood_steps(given), *erosion_steps(given), *other_steps(given), *mask_steps(given)]


def image_steps(given: Inputs) -> list[Step]:
    maps = ["--rms-output", "{out}", "--bkg-output", "{more}", "--overwrite"]
    signal = ["signal", given.image, "--rms", given.rms, "--bkg", given.bkg, *OUT]
    return [
        Step("noise", ["noise", given.image, *maps], ["noise", given.image, "{out}", "{more}"]),
        Step("signal", signal, ["signal", given.image, given.rms, given.bkg, "{out}"]),
        Step("snr-mask", ["snr-mask", given.signal, *OUT], ["snr-mask", given.signal, "{out}"], same_mask=True),
    ]


def flood_steps(given: Inputs) -> list[Step]:
    image, signal = given.image, given.signal
    maps = ["--rms", given.rms, "--bkg", given.bkg]
    wide, adaptive = ["--use-mac-box-size", "400"], ["--use-mac-adaptive-max-depth", "3"]
    low_snr = ["flood", signal, *CLIPS, "--grow-low-snr-island", *OUT]
    return [
        Step("flood, S/N 4.5/1.5", ["flood", signal, *CLIPS, *OUT], ["flood", signal, "{out}"], same_mask=True),
        Step("flood, MAC 1.5/1.2, box 75", ["flood", image, *MAC, *OUT], ["flood-mac", image, "{out}"], same_mask=True),
        Step(
            "the same, box 400",
            ["flood", image, *MAC, *wide, *OUT],
            ["flood-mac", image, "{out}", "--box", "400"],
            same_mask=True,
        ),
        Step(
            "flood, adaptive MAC, depth 3",
            ["flood", image, *MAC, *adaptive, *OUT],
            ["flood-mac", image, "{out}", "--depth", "3"],
            same_mask=True,
        ),
        Step("flood with low-S/N islands", low_snr, ["flood-low-snr", signal, "{out}"], same_mask=True),
        Step(
            "flood, both statistics, smoothed floor",
            ["flood", image, *maps, *BOTH, *SMOOTHED, *OUT],
            ["flood-smoothed", image, given.rms, given.bkg, "{out}"],
            same_mask=True,
        ),
        Step("flood, artefacts suppressed", ["flood", signal, *CLIPS, "--suppress-artefacts", *OUT]),
    ]


def erosion_steps(given: Inputs) -> list[Step]:
    islands, signal = given.islands, given.signal
    scales = ["--scales", SCALES]
    return [
        Step("erode, one shape", ["erode", islands, *OUT], ["erode", islands, "{out}"], same_mask=True),
        Step(
            "erode, rims",
            ["erode", islands, "--signal", signal, "--rims", *OUT],
            ["erode-rims", islands, signal, "{out}"],
            same_mask=True,
        ),
        Step(
            f"erode, scales {SCALES}",
            ["erode", islands, *scales, "--scale-output", "{out}", "-o", "{more}", "--overwrite"],
            ["erode-scales", islands, "{out}", "{more}", *scales],
            same_mask=True,
        ),
        Step(
            "scale-mask, same scales",
            ["scale-mask", given.image, *scales, *MAC_CLIPS, *OUT, "--mask-output", "{more}"],
            ["scale-mask", given.image, "{out}", "{more}", *scales],
            same_mask=True,
        ),
    ]


def other_steps(given: Inputs) -> list[Step]:
    half, fwhm = given.size // 2, PRIMARY_BEAM * DEGREES_PER_PIXEL * given.size / 2
    beam, islands = given.beams[0], given.islands
    bit = SCALES.split(",").index("32")
    return [
        Step(
            f"extract-beam to {half}",
            ["extract-beam", beam, islands, *OUT],
            ["extract-beam", beam, islands, "{out}"],
            same_mask=True,
        ),
        Step(
            "the same, smoothed clip",
            ["extract-beam", beam, islands, "--smoothed-clip", "2", *OUT],
            ["extract-smoothed", beam, islands, "{out}"],
        ),
        Step(
            f"mosaic of 2 beams of {half}",
            ["mosaic", *given.beams, "--primary-beam-fwhm", f"{fwhm:.6f} deg", *OUT],
            ["mosaic", *given.beams, "{out}", "--fwhm", f"{fwhm:.6f}"],
        ),
        Step(
            "edit: dilated, filled, sizes, eroded",
            ["edit", islands, "--dilate", "3", "--fill-holes", "--min-size", "60", "--erode", "3", *OUT],
            ["edit", islands, "{out}"],
            same_mask=True,
        ),
        Step("check", ["check", islands, "--image", given.image], ["check", islands]),
        Step(
            "split-scales, one scale",
            ["split-scales", given.bits, "--scale", "32", *OUT],
            ["split-scales", given.bits, "{out}", "--bit", str(bit)],
            same_mask=True,
        ),
    ]


def mask_steps(given: Inputs) -> list[Step]:
    image = given.image
    flood = ["mask", image, "--no-preset", "--flood-fill", "--erode", *OUT]
    return [
        Step("mask: noise, flood 4.5/1.5, erode", flood, ["mask", image, "{out}"]),
        Step("mask, preset late-round", ["mask", image, "--preset", "late-round", *OUT], ["mask-both", image, "{out}"]),
        Step("mask, preset compact", ["mask", image, "--preset", "compact", *OUT]),
    ]
