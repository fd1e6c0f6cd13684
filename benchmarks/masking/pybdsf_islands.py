"""Write the mask of PyBDSF's islands: run with the names of an image and a mask by the Python that PyBDSF is in."""

from __future__ import annotations

import sys

import bdsf


def main(image: str, mask: str) -> None:
    """Find islands with all options at their defaults, and go no further than that."""
    found = bdsf.process_image(image, stop_at="isl", quiet=True)
    found.export_image(outfile=mask, img_type="island_mask", clobber=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
