"""DS9 without a screen: asked which pixels of an image it takes to be in the regions of a file."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from astropy.io import fits
from numpy.typing import NDArray

MISSING = [program for program in ("ds9", "Xvfb") if shutil.which(program) is None]
"""Programs of Debian's packages saods9 and xvfb that are not installed."""
_SECONDS = 20

_ASK = """
set ask_file [open {answer} w]
if {{[catch {{
    blt::vector create ask_values ask_counts
    foreach ask_region [lsort -integer [$current(frame) get marker id all]] {{
        puts $ask_file region
        $current(frame) get marker $ask_region analysis histogram ask_values ask_counts {bins}
        foreach ask_value [ask_values range 0 end] ask_count [ask_counts range 0 end] {{
            if {{$ask_count > 0}} {{puts $ask_file "$ask_value $ask_count"}}
        }}
    }}
}} ask_problem]}} {{puts $ask_file "problem $ask_problem"}}
close $ask_file
exit
"""
"""In Tcl, whose variables are those of DS9 itself."""


@contextmanager
def screen() -> Iterator[str]:
    """Start a screen that is only memory, and give its name."""
    command = ["Xvfb", "-displayfd", "1", "-screen", "0", "1024x768x24", "-nolisten", "tcp"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        try:
            assert process.stdout is not None
            yield f":{process.stdout.readline().strip()}"
        finally:
            process.terminate()


def pixels_of_ds9(
    display: str, directory: Path, header: fits.Header, shape: tuple[int, int], text: str
) -> list[NDArray[np.bool_]]:
    """Pixels of each region of a file, in its order, as DS9 counts them.

    Every pixel of the image has a value of its own, so the histogram of the values in a region says which they are.
    """
    image, regions, ask, answer = (directory / name for name in ("ask.fits", "ask.reg", "ask.tcl", "answer.txt"))
    size = shape[0] * shape[1]
    fits.writeto(image, np.arange(size, dtype=np.float32).reshape(shape), header, overwrite=True)
    regions.write_text(text)
    ask.write_text(_ASK.format(answer=answer, bins=4 * size))
    answer.unlink(missing_ok=True)
    command = ["ds9", str(image), "-regions", "load", str(regions), "-source", str(ask)]
    environment = {**os.environ, "DISPLAY": display, "HOME": str(directory)}
    subprocess.run(command, env=environment, timeout=_SECONDS, check=False, capture_output=True)
    found: list[Any] = []
    for line in answer.read_text().splitlines():
        first, _, second = line.partition(" ")
        assert first != "problem", second
        if first == "region":
            found.append(np.zeros(size, dtype=bool))
        else:
            # A bin begins below the value in it, and is a quarter wide at most.
            assert float(second) == 1
            found[-1][round(float(first))] = True
    return [mask.reshape(shape) for mask in found]
