"""What pictures take: `skerry plot` of images of several sizes, as whole processes.

    python -m benchmarks.pictures.plots --size 2048 10240

Images are those of `benchmarks.steps.images`, masks those of `skerry mask`. Prints medians of wall and CPU seconds, the
peak of memory, and the size of the picture.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.timing import SKERRY, machine, median, row, run

# Nothing heavy is imported here: the peak memory of a child counts that of its parent before the exec.

_MAKE = "import sys; from pathlib import Path; from benchmarks.steps.images import make_whole_image as make\n"
_MAKE += "print(make(Path(sys.argv[1]), int(sys.argv[2])))"


def pictures(image: Path, mask: Path, other: Path) -> dict[str, list[str]]:
    """What is drawn, and the words of the command for it but for the output."""
    one = [str(image), str(mask)]
    return {
        "image": [one[0], "X.png"],
        "image, mask": [*one, "X.png"],
        "image, mask, PDF": [*one, "X.pdf"],
        "scale mask": [one[0], str(mask.with_name("image.scalemask.fits")), "X.png"],
        "two masks compared": [*one, "--compare", str(other), "X.png"],
        "steps": [*one, "--steps", "X.png"],
        "0.1 degrees": [*one, "--zoom", "60,-45,0.1", "X.png"],
    }


def main() -> None:
    """Time all of them, in turn."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", type=int, nargs="+", default=[2048, 10240])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--skerry", default=SKERRY, help="the executable")
    parser.add_argument("--memory", default="2GB", help="limit of each process")
    chosen = parser.parse_args()
    print(machine())
    print(row("picture", "pixels", "wall s", "CPU s", "GB", "MB of the file"))
    print(row(*["---"] * 6))
    for size in chosen.size:
        with tempfile.TemporaryDirectory() as temporary:
            directory = Path(temporary)
            made = subprocess.run(
                [sys.executable, "-c", _MAKE, temporary, str(size)], check=True, capture_output=True, text=True
            )
            image, mask, other = Path(made.stdout.split()[-1]), directory / "image.mask.fits", directory / "other.fits"
            run([chosen.skerry, "mask", str(image), "--scales", "0,8,16", "-o", str(mask)])
            run([chosen.skerry, "mask", str(image), "--preset", "compact", "-o", str(other)])
            for name, (*words, picture) in pictures(image, mask, other).items():
                output = directory / picture
                command = [chosen.skerry, "plot", *words, "-o", str(output), "--overwrite", "--memory", chosen.memory]
                taken = median([run(command) for _ in range(chosen.rounds)])
                print(row(name, f"{size} x {size}", *taken, output.stat().st_size / 1e6), flush=True)


if __name__ == "__main__":
    main()
