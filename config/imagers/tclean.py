"""Image with CASA's tclean, in a mask of skerry's: for `imager` in a field's YAML, as in config/casa.yaml.

    PYTHON tclean.py MEASUREMENT_SET PREFIX [--mask MASK.fits] PARAMETER=VALUE ...

PYTHON is one that has casatasks; parameters are tclean's, as `imsize=[512,512] cell=8arcsec`. Beside tclean's images it
makes PREFIX.image.fits, PREFIX.model.fits, PREFIX.residual.fits (with several terms .tt0.fits) and PREFIX.casa.log.

A mask in FITS form tclean takes for a text file of regions, cleans nothing, and ends well; one that was imported it
puts onto its own grid, by which islands grow, or drops. So the mask's pixels are written here, as they are counted,
into an image that has the coordinates of tclean's own; whether they are the same sky, `skerry check` says.
"""

import argparse
import ast
import glob
import os
import shutil
import sys
from pathlib import Path

from casaconfig import config

# Before casatasks is imported: warnings and errors to the terminal, and no log where the command was started.
config.logfile = os.devnull
config.log2term = True

import numpy as np  # noqa: E402
from casatasks import casalog, exportfits, tclean  # noqa: E402
from casatools import image  # noqa: E402

AXES = ("Right Ascension", "Declination", "Stokes", "Frequency")
"""The axes of tclean's images."""
ZERO_MASK = 7
STOPPED = {
    1: "the limit of iterations",
    2: "the threshold",
    4: "a peak that no longer changes",
    5: "divergence: the peak is three times what it was at its least",
    6: "divergence: the peak is three times what it was after the last major cycle",
    ZERO_MASK: "an empty mask",
    8: "the n-sigma threshold",
    9: "the limit of major cycles",
}


def main() -> None:
    """Image without a limit first, for the coordinates, then clean in the mask."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("measurement_set")
    parser.add_argument("prefix")
    parser.add_argument("--mask")
    parser.add_argument("parameters", nargs="*", type=parameter, metavar="PARAMETER=VALUE")
    given = parser.parse_intermixed_args()
    casalog.setlogfile(f"{given.prefix}.casa.log")
    parameters = {"vis": given.measurement_set, "imagename": given.prefix} | dict(given.parameters)
    remove_images(given.prefix)
    tclean(**parameters | {"niter": 0, "restoration": False, "savemodel": "none"})
    if given.mask:
        mask = f"{given.prefix}.user-mask"
        write_mask(given.mask, mask, like=image_of(given.prefix, "residual"))
        parameters |= {"usemask": "user", "mask": mask}
    stopcode = tclean(**parameters | {"calcpsf": False, "calcres": False})["stopcode"]
    print(f"tclean was stopped by {STOPPED.get(stopcode, f'its stopcode {stopcode}')}", flush=True)
    if stopcode == ZERO_MASK:
        sys.exit(f"{given.mask}: tclean saw no pixel of a mask, and cleaned nothing")
    for kind in ("image", "model", "residual"):
        exportfits(image_of(given.prefix, kind), f"{image_of(given.prefix, kind)}.fits", overwrite=True)


def parameter(text: str) -> tuple[str, object]:
    """Name and value; a value that is no number, list or other literal of Python's is a string."""
    name, separator, value = text.partition("=")
    if not separator:
        raise argparse.ArgumentTypeError(f"{text}: is no PARAMETER=VALUE")
    try:
        return name, ast.literal_eval(value)
    except (SyntaxError, ValueError):
        return name, value


def remove_images(prefix: str) -> None:
    """Remove the images of an earlier run: tclean would go on from them, in the mask of that run."""
    for table in glob.glob(f"{glob.escape(prefix)}.*/table.dat"):  # noqa: PTH207 (a prefix is no directory)
        shutil.rmtree(Path(table).parent)


def image_of(prefix: str, kind: str) -> str:
    """Name of an image that tclean made; of several terms, the first."""
    return next(name for name in (f"{prefix}.{kind}", f"{prefix}.{kind}.tt0") if Path(name).is_dir())


def write_mask(fits: str, name: str, like: str) -> None:
    """Write the mask's pixels as an image with the coordinates of `like`; one plane serves all, as do many for each."""
    pixels = read_mask(fits)
    tool = image()
    tool.open(like)
    shape, coordinates = tuple(tool.shape()), tool.coordsys().torecord()
    tool.close()
    if pixels.shape[:2] != shape[:2] or any(n not in (1, m) for n, m in zip(pixels.shape, shape, strict=True)):
        sizes = [" x ".join(map(str, size)) for size in (pixels.shape, shape)]
        sys.exit(f"{fits}: is {sizes[0]} (RA, Dec, Stokes, Freq) and tclean's image {sizes[1]}; give a mask of its own")
    tool.fromarray(name, np.broadcast_to(pixels, shape).astype(np.float32), csys=coordinates, overwrite=True)
    tool.close()


def read_mask(fits: str) -> np.ndarray:
    """Where a mask is above 0, with the axes of tclean's images, whatever their number and order in the file."""
    tool = image()
    tool.fromfits(infile=fits)
    pixels, names = tool.getchunk(), tool.coordsys().names()
    tool.close()
    missing = [name for name in AXES if name not in names]
    pixels = pixels.reshape(pixels.shape + (1,) * len(missing))
    return np.transpose(pixels, [[*names, *missing].index(name) for name in AXES]) > 0


if __name__ == "__main__":
    main()
