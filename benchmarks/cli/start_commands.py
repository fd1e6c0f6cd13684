"""The subcommands on an image so small that all they take is their start."""

from __future__ import annotations

import sys
from pathlib import Path

from benchmarks.timing import SKERRY, run

SIDE = 64


def make_inputs(directory: Path, skerry: str = SKERRY) -> dict[str, list[str]]:
    """Make the images, and tell the arguments of each subcommand."""
    run([sys.executable, "-m", "benchmarks.steps.images", str(directory), "--size", str(SIDE)])
    image, rms, mask, bits = (str(directory / f"image{SIDE}{p}.fits") for p in ("", ".rms", ".mask", ".scalemask"))
    beams = [str(directory / f"beam{SIDE // 2}.{n}.fits") for n in range(2)]
    out = ["-o", str(directory / "skerry.fits"), "--overwrite"]
    mac = ["--use-mac", "--positive-seed-clip", "1.2", "--positive-flood-clip", "1"]
    run([skerry, "noise", image, "--overwrite"])
    run([skerry, "flood", image, *mac, "-o", mask])
    run([skerry, "erode", mask, "--scales", "0,8", "--scale-output", bits, *out])
    return {
        "--help": ["--help"],
        "signal": ["signal", image, "--rms", rms, *out],
        "snr-mask": ["snr-mask", image, "--rms", rms, *out],
        "flood": ["flood", image, *mac, *out],
        "erode": ["erode", mask, *out],
        "noise": ["noise", image, "--overwrite"],
        "extract-beam": ["extract-beam", beams[0], mask, *out],
        "mosaic": ["mosaic", *beams, "--primary-beam-fwhm", "1 deg", *out],
        "scale-mask": ["scale-mask", image, "--scales", "0,8", *out],
        "mask": ["mask", image, "--preset", "late-round", *out],
        "check": ["check", mask, "--image", image, "--allow-empty"],
        "split-scales": ["split-scales", bits, "--overwrite"],
    }
