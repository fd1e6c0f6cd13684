"""Every subcommand as faults are injected into it: its words, what it reads, and what is special about its outputs.

Words name files below `IN`, a set of inputs, and below `out`. There are two sets of inputs, alike but for their pixels,
so that of each output there are an older one and a new one, and two writers that write different bytes.
"""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["COMMANDS", "NOT_HERE", "Command", "command_named"]

NOT_HERE = {"run": "the workflow has faults of its own, in tests/faults/test_workflow_faults.py"}
"""Subcommands that are left out, and why."""


@dataclass(frozen=True)
class Command:
    """A call of a subcommand.

    Attributes
    ----------
    name : str
        Of the case: the subcommand, and what is special behind a point.
    line : str
        Its words; ``IN`` is the directory of its inputs, ``SEED`` another number for each set of them.
    whole : tuple of str
        Outputs that are directories.
    overwrites : bool
        Whether it replaces what is there.
    aborts : bool
        Whether a library ends the process where it cannot write: no error is told, and what was begun stays until the
        next writer takes it away.
    rereads : bool
        Whether it takes an output as it is if it is still right, so that another writer's may stand beside its own.
    told_in : str
        An output that says what could not be read, in place of an error.
    module : str
        What runs it.
    """

    name: str
    line: str
    whole: tuple[str, ...] = ()
    overwrites: bool = True
    aborts: bool = False
    rereads: bool = False
    told_in: str = ""
    module: str = "skerry"

    @property
    def subcommand(self) -> str:
        """Its first word."""
        return self.line.split()[0]

    @property
    def inputs(self) -> list[str]:
        """What it reads, below the directory of inputs."""
        return [word.removeprefix("IN/") for word in shlex.split(self.line) if word.startswith("IN/")]

    @property
    def writes(self) -> bool:
        """Whether it has outputs."""
        return "out" in self.line

    def words(self, inputs: str = "in", *, replaces: bool = True) -> list[str]:
        """Words of the command line on a set of inputs, "in" or "in2"."""
        seed = "1" if inputs == "in" else "2"
        words = [word.replace("IN/", f"{inputs}/").replace("SEED", seed) for word in shlex.split(self.line)]
        return [*words, *(["--overwrite"] if self.writes and self.overwrites and replaces else [])]


_MAPS = "--rms IN/image.rms.fits --bkg IN/image.bkg.fits"
_BOX = "--noise-box-size 16"
_MAC = "--use-mac --use-mac-box-size 15 --seed-clip 1.5 --flood-clip 1.2"

COMMANDS: Sequence[Command] = (
    Command("simulate", "simulate out/demo --size 64 --beams 1 --rounds 1 --seed SEED"),
    Command(
        "mosaic",
        "mosaic IN/image.fits IN/image2.fits --primary-beam-fwhm 1deg -o out/mosaic.fits --weight-output out/w.fits",
    ),
    Command("noise", f"noise IN/image.fits {_BOX} --rms-output out/rms.fits --bkg-output out/bkg.fits"),
    Command("noise.cube", f"noise IN/cube.fits {_BOX} --rms-output out/rms.fits --bkg-output out/bkg.fits"),
    Command("signal", f"signal IN/image.fits {_MAPS} -o out/signal.fits"),
    Command("snr-mask", "snr-mask IN/image.signal.fits -o out/mask.fits"),
    Command("flood", f"flood IN/image.fits {_MAC} -o out/mask.fits"),
    Command("erode", "erode IN/image.mask.fits --scales 0,8 -o out/mask.fits --scale-output out/scalemask.fits"),
    Command(
        "scale-mask",
        "scale-mask IN/image.fits --scales 0,8 --use-mac-box-size 15 --mask-output out/mask.fits -o out/bits.fits",
    ),
    Command("extract-beam", "extract-beam IN/image2.fits IN/image.mask.fits --smoothed-clip 2 -o out/mask.fits"),
    Command("plot", "plot IN/image.fits IN/image.mask.fits -o out/image.png"),
    Command(
        "stats",
        "stats IN/image.mask.fits --image IN/image.fits --noise IN/image.rms.fits --match IN/image.scalemask.fits "
        "--match-output out/matches.ecsv -o out/islands.reg -o out/islands.json -o out/islands.ecsv",
    ),
    Command("edit", "edit IN/image.mask.fits --dilate 1 --add-regions IN/sources.reg -o out/mask.fits"),
    Command("regions", "regions IN/sources.reg IN/image.fits -o out/mask.fits"),
    Command("check", "check IN/image.mask.fits --image IN/image.fits"),
    Command("export", "export IN/image.mask.fits --to wsclean --like IN/image.fits -o out/mask.fits"),
    Command("export.casa", "export IN/image.mask.fits --to casa -o out/mask.im", whole=("mask.im",), aborts=True),
    Command("check-clean", "check-clean IN/image.mask.fits --image IN/image.fits --model IN/model.fits"),
    Command("info", "info IN/image.mask.fits"),
    Command("split-scales", "split-scales IN/image.scalemask.fits -o out/mask.fits --scale 8"),
    Command(
        "mask",
        f"mask IN/image.fits {_BOX} --beam-shape-erode-scales 0,8 -o out/mask.fits --scale-output out/bits.fits "
        "--signal-output out/signal.fits",
    ),
    Command("mask.cube", f"mask IN/cube.fits {_BOX} -o out/mask.fits"),
    Command(
        "mask.picture",
        f"mask IN/image.fits {_BOX} -o out/mask.fits --plot out/mask.png --noise-grid out/grid.fits",
        rereads=True,
    ),
    Command("profile", "profile slurm out/profile", overwrites=False),
    Command("summary", "summary IN/field.yaml"),
    Command(
        "report",
        "report IN/field.yaml -o out/report.html --pictures out/pictures",
        whole=("pictures",),
        told_in="out/report.html",
    ),
)


def command_named(name: str) -> Command:
    """One of `COMMANDS`."""
    return next(command for command in COMMANDS if command.name == name)
