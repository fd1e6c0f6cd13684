"""Masks of a cube beside that of one large image, by the time that a pixel takes.

    python -m benchmarks.steps.cubes --planes 100 --size 2048 --image 8192

The planes are pieces of the image, with a beam each of its own in a table, so that both hold the same noise and the
same sources for each pixel. The two take turns; prints medians of CPU and wall time for a million pixels, the peak of
memory, and the ratios of the cube over the image. With `--flags` other options of `skerry mask` than its default.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.timing import SKERRY, Usage, machine, median, row, run

# Nothing heavy is imported here: the peak memory of a child counts that of its parent before the exec.

_MAKE = """
import sys
from pathlib import Path

import numpy as np
from astropy.io import fits

from benchmarks.steps.images import make_whole_image

directory, planes, size, side = Path(sys.argv[1]), *map(int, sys.argv[2:])
image = make_whole_image(directory, side)
with fits.open(image, memmap=True) as hdus:
    header, pixels = hdus[0].header.copy(), hdus[0].data.reshape(side, side)
    bmaj, bmin, bpa = (header.pop(key) for key in ("BMAJ", "BMIN", "BPA"))
    header["CASAMBM"], header["CRPIX1"], header["CRPIX2"] = True, size // 2 + 1, size // 2 + 1
    table = fits.BinTableHDU.from_columns(
        [
            fits.Column("BMAJ", "1E", "arcsec", array=np.linspace(1, 1.01, planes) * bmaj * 3600),
            fits.Column("BMIN", "1E", "arcsec", array=np.full(planes, bmin * 3600)),
            fits.Column("BPA", "1E", "deg", array=np.full(planes, bpa)),
            fits.Column("CHAN", "1J", array=np.arange(planes)),
            fits.Column("POL", "1J", array=np.zeros(planes, int)),
        ],
        name="BEAMS",
    )
    kinds = [str(header.get(f"CTYPE{axis}", "")) for axis in range(3, header["NAXIS"] + 1)]
    shape = tuple(planes if kind.startswith("FREQ") else 1 for kind in kinds[::-1]) if "FREQ" in kinds else (planes,)
    hdu = fits.PrimaryHDU(np.broadcast_to(np.zeros((), ">f4"), (*shape, size, size)), header)
    with (directory / "cube.fits").open("wb") as file:
        file.write(hdu.header.tostring().encode("ascii"))
        across = side // size
        for plane in range(planes):
            y, x = (size * n for n in divmod(plane % across**2, across))
            file.write(pixels[y : y + size, x : x + size].astype(">f4").tobytes())
        file.write(b"\\0" * (-file.tell() % 2880))
    with fits.open(directory / "cube.fits", mode="append") as cube:
        cube.append(table)
print(image)
"""


def make_inputs(directory: Path, planes: int, size: int, side: int) -> tuple[Path, Path]:
    """Make the image and the cube of its pieces in a process of their own; gives both."""
    words = [sys.executable, "-c", _MAKE, str(directory), str(planes), str(size), str(side)]
    made = subprocess.run(words, check=True, capture_output=True, text=True)
    return Path(made.stdout.split()[-1]), directory / "cube.fits"


def main() -> None:
    """Time both in turn."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--planes", type=int, default=100)
    parser.add_argument("--size", type=int, default=2048, help="width of a plane")
    parser.add_argument("--image", type=int, default=8192, help="width of the image")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--skerry", default=SKERRY, help="the executable")
    parser.add_argument("--flags", default="", help="of skerry mask, in one word")
    parser.add_argument("--directory", type=Path, help="where files are kept; by default none is")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        directory = chosen.directory or Path(temporary)
        directory.mkdir(parents=True, exist_ok=True)
        files = make_inputs(directory, chosen.planes, chosen.size, chosen.image)
        pixels = (chosen.image**2 / 1e6, chosen.planes * chosen.size**2 / 1e6)
        taken: tuple[list[Usage], list[Usage]] = ([], [])
        for _ in range(chosen.rounds):
            for path, found in zip(files, taken, strict=True):
                output = ["-o", str(directory / "out.fits"), "--overwrite"]
                found.append(run([chosen.skerry, "mask", str(path), *chosen.flags.split(), *output]))
    print(machine())
    print(row("mask", "CPU s a Mpixel", "wall s a Mpixel", "GB"))
    print(row("---", "---", "---", "---"))
    image, cube = (median(usages) for usages in taken)
    for name, usage, count in (("image", image, pixels[0]), ("cube", cube, pixels[1])):
        print(row(name, f"{usage.cpu / count:.4f}", f"{usage.wall / count:.4f}", f"{usage.peak:.3f}"))
    per_pixel = [(cube[n] / pixels[1]) / (image[n] / pixels[0]) for n in (0, 1)]
    print(row("ratio", f"{per_pixel[1]:.3f}", f"{per_pixel[0]:.3f}", f"{cube.peak / image.peak:.2f}"))


if __name__ == "__main__":
    main()
