"""Draw the README's picture: masks of the demo field over its mosaics.

skerry simulate demo && snakemake --cores 2 && python docs/picture.py results/DEMO_0400-45 docs/demo.png
"""

from __future__ import annotations

import argparse
from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib import pyplot as plt
from matplotlib.axes import Axes

from skerry.io.fits import read_image, read_mask

mpl.use("Agg")


def draw(axes: Axes, directory: Path, title: str, window: tuple[slice, slice] | None = None) -> None:
    """Show the mosaic of a round in grey, from -4 to 15 times its noise, and its mask as red outlines."""
    image = read_image(directory / "mosaic.image.fits").data
    mask = read_mask(directory / "mosaic.mask.fits").data != 0
    valid = image[np.isfinite(image)]
    noise = 1.4826 * np.median(np.abs(valid - np.median(valid)))
    rows, columns = window or (slice(None), slice(None))
    axes.imshow(image[rows, columns], origin="lower", cmap="gray_r", vmin=-4 * noise, vmax=15 * noise)
    axes.contour(mask[rows, columns], [0.5], colors="crimson", linewidths=0.7)
    axes.set_title(title, fontsize=11)
    axes.set_xticks([])
    axes.set_yticks([])


def main() -> None:
    """Draw."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("results", type=Path, help="directory of the masked field")
    parser.add_argument("picture", type=Path)
    arguments = parser.parse_args()
    image = read_image(arguments.results / "round1" / "mosaic.image.fits").data
    y, x = np.unravel_index(np.nanargmax(image), image.shape)
    window = (slice(max(0, y - 90), y + 90), slice(max(0, x - 90), x + 90))
    figure, axes = plt.subplots(1, 3, figsize=(12, 4.3), layout="constrained")
    draw(axes[0], arguments.results / "round1", "round 1: before self-calibration")
    draw(axes[1], arguments.results / "round1", "round 1: the brightest source", window)
    draw(axes[2], arguments.results / "round3", "round 3: after two rounds")
    figure.savefig(arguments.picture, dpi=90)


if __name__ == "__main__":
    main()
