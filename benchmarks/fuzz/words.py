"""Right command lines of every subcommand, with a bad file in the place of a right one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

from benchmarks.fuzz.cards import bad_fits
from benchmarks.fuzz.region_texts import bad_crtf, bad_reg
from benchmarks.fuzz.table_texts import bad_table
from benchmarks.fuzz.texts import bad_log
from benchmarks.fuzz.yaml_texts import bad_field, bad_preset

__all__ = ["LIMITS", "Case", "fits_line", "text_line"]

LIMITS = ("--memory", "200MB", "--threads", "1")
"""The least that a command may be given."""
MASKS_OF_IMAGE = ("mask", "snr-mask", "flood", "scale-mask")


@dataclass
class Case:
    """A command line, and the files that it needs beside the right ones."""

    words: list[str]
    files: dict[str, bytes] = field(default_factory=dict)

    @property
    def image(self) -> str | None:
        """File of which the command makes a mask of its own pixels; None if it does another thing."""
        if (
            self.words[:1]
            and self.words[0] in MASKS_OF_IMAGE
            and not {"--union", "--planes", "--stokes"} & {*self.words}
        ):
            return next((word for word in self.words[1:] if word.endswith(".fits")), None)
        return None


FITS_LINES = (
    "mask bad.fits -o out.fits",
    "mask bad.fits --no-preset -o out.fits",
    "mask bad.fits --preset early-round -q -o out.fits",
    "mask bad.fits --rms rms.fits --bkg bkg.fits -o out.fits",
    "mask ok.fits --rms bad.fits -o out.fits",
    "mask ok.fits --rms rms.fits --bkg bad.fits -o out.fits",
    "mask ok.fits --earlier bad.fits -o out.fits --fading-factor 2",
    "mask ok.fits --noise-grid bad.fits -o out.fits",
    "mask bad.fits --noise-grid out2.fits -o out.fits --scales 0,2 --scale-output out3.fits",
    "mask bad.fits --use-mac -o out.fits --both-signs",
    "mask bad.fits --union --no-preset -o out.fits",
    "mask bad.fits --json --table out2.ecsv --no-preset -o out.fits --axes 2",
    "noise bad.fits --noise-box-size 8 --rms-output out.fits --bkg-output out2.fits",
    "signal bad.fits --rms rms.fits -o out.fits",
    "signal ok.fits --rms bad.fits -o out.fits",
    "signal ok.fits --rms rms.fits --bkg bad.fits -o out.fits",
    "snr-mask bad.fits -o out.fits",
    "snr-mask signal.fits --statistic both --image bad.fits -o out.fits",
    "flood bad.fits -o out.fits",
    "flood signal.fits --seeds bad.fits -o out.fits",
    "flood bad.fits --use-mac -o out.fits",
    "flood bad.fits --rms rms.fits --smooth-beams 1 -o out.fits",
    "erode bad.fits -o out.fits",
    "erode mask.fits --beam bad.fits -o out.fits",
    "erode mask.fits --rims --signal bad.fits -o out.fits",
    "erode bad.fits --scales 0,2 -o out.fits --scale-output out2.fits",
    "scale-mask bad.fits --scales 0,2 -o out.fits",
    "extract-beam bad.fits mask.fits -o out.fits",
    "extract-beam ok.fits bad.fits -o out.fits --nonzero",
    "extract-beam bad.fits mask.fits --smoothed-clip 2 --add mask.fits -o out.fits",
    "mosaic bad.fits ok.fits --primary-beam-fwhm 1deg -o out.fits",
    "mosaic ok.fits --weights bad.fits -o out.fits --weight-output out2.fits",
    "mosaic ok.fits --primary-beam-fwhm 1deg --like bad.fits -o out.fits",
    "check bad.fits --image ok.fits",
    "check mask.fits --image bad.fits --imager wsclean --imager-version 3.4",
    "check bad.fits --size 24 24 --scale 2asec --imager casa --multiscale",
    "check bad.fits --image ok.fits --imager ddfacet --npix 24",
    "check-clean mask.fits --image bad.fits --model ok.fits",
    "check-clean mask.fits --image ok.fits --model bad.fits --strict",
    "check-clean bad.fits --image ok.fits --model ok.fits --json",
    "info bad.fits",
    "info bad.fits --json",
    "stats bad.fits",
    "stats mask.fits --image bad.fits --noise 1e-4",
    "stats mask.fits --image ok.fits --noise bad.fits --json",
    "stats bad.fits --image ok.fits --noise rms.fits -o out.ecsv",
    "export bad.fits --to wsclean -o out.fits",
    "export bad.fits --to ddfacet --npix 24 -o out.fits",
    "export mask.fits --to ddfacet --like bad.fits -o out.fits --float32",
    "export bad.fits --to casa -o out.im",
    "export mask.fits --to casa --like bad.fits -o out.im",
    "edit bad.fits --dilate 1 --fill-holes -o out.fits",
    "edit mask.fits --union bad.fits --reproject -o out.fits",
    "edit mask.fits --subtract bad.fits --nonzero -o out.fits",
    "edit mask.fits --min-snr 5 --image ok.fits --noise bad.fits -o out.fits",
    "edit bad.fits --drop 1 --image ok.fits -o out.fits",
    "split-scales bad.fits",
    "split-scales bad.fits --scale 8 -o out.fits",
    "regions ok.reg bad.fits -o out.fits",
    "regions ok.crtf bad.fits --json",
)
_OF_REGIONS = (
    "regions {} ok.fits",
    "regions {} ok.fits -o out.fits",
    "regions {} cube.fits --json",
    "edit mask.fits --add-regions {} -o out.fits",
    "edit mask.fits --remove-regions {} -o out.fits",
    "edit cube.mask.fits --add-regions {} -o out.fits",
)
_OF_PRESETS = ("mask ok.fits --preset {} -o out.fits", "noise ok.fits --preset {} --rms-output out.fits")
_OF_TABLES = ("stats mask.fits --image ok.fits --match {}", "stats mask.fits --match {} --match-output out.ecsv --json")
_OF_LOGS = ("check-clean mask.fits --image ok.fits --model ok.fits --log {}",)
_OF_FIELDS = ("summary {}",)


def fits_line(rng: Random) -> Case:
    """A right command line with a FITS file in which something is wrong; its outputs may be there already."""
    words = rng.choice(FITS_LINES).split()
    if rng.random() < 0.3 and words[0] not in ("check", "check-clean", "info", "regions"):
        words.append("--overwrite")
    return Case([*words, *LIMITS], {"bad.fits": bad_fits(rng)})


_TEXTS: tuple[tuple[str, tuple[str, ...], Callable[[Random], bytes]], ...] = (
    ("bad.reg", _OF_REGIONS, bad_reg),
    ("bad.crtf", _OF_REGIONS, bad_crtf),
    ("bad.yaml", _OF_PRESETS, bad_preset),
    ("bad.log", _OF_LOGS, bad_log),
    ("bad.yaml", _OF_FIELDS, bad_field),
)


def text_line(rng: Random) -> Case:
    """A right command line with a text file, or a table, in which something is wrong."""
    at = rng.randrange(len(_TEXTS) + 1)
    if at == len(_TEXTS):
        ending, content = bad_table(rng)
        name, lines = f"bad.{ending}", _OF_TABLES
    else:
        name, lines, make = _TEXTS[at]
        content = make(rng)
    return Case([*rng.choice(lines).format(name).split(), *LIMITS], {name: content})
