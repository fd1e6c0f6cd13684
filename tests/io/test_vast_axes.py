"""Axes whose product no number of 64 bits holds, and axes beyond what loops count."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from skerry import SkerryError
from skerry.io.image_hdus import _check_complete, check_axes
from skerry.kernels import LONGEST_AXIS


@pytest.mark.parametrize("axes", [(1 << 32, 1 << 32), (8, 8, 1 << 32, 1 << 32), (1 << 40, 1 << 23)])
def test_a_file_is_too_short_for_2_64_pixels(axes: tuple[int, ...]) -> None:
    """Their number in 64 bits would be 0, or below it."""
    header = {"BITPIX": -32, "NAXIS": len(axes)} | {f"NAXIS{n}": length for n, length in enumerate(axes, start=1)}
    hdu = SimpleNamespace(header=header, fileinfo=lambda: {"datLoc": 2880})
    with pytest.raises(SkerryError, match=r"^huge\.fits: is truncated: 5760 bytes of at least \d{20,}"):
        _check_complete(Path("huge.fits"), hdu, 5760)


@pytest.mark.parametrize(
    ("shape", "size"),
    [
        ((3, LONGEST_AXIS + 1), "1073741825 x 3"),
        ((LONGEST_AXIS + 1, 3), "3 x 1073741825"),
        ((1, 7, LONGEST_AXIS + 1), "1073741825 x 7"),
    ],
)
def test_an_axis_that_loops_cannot_count_is_refused(shape: tuple[int, ...], size: str) -> None:
    says = rf"^wide\.fits: has {size} pixels, and no axis may have more than 1073741824; cut the image$"
    with pytest.raises(SkerryError, match=says):
        check_axes(Path("wide.fits"), shape)
    check_axes(Path("wide.fits"), tuple(min(length, LONGEST_AXIS) for length in shape))


@pytest.mark.parametrize(
    ("shape", "axes"),
    [((7,), "1 axis"), ((0, 5, 7), r"axes of lengths \(7, 5, 0\)"), ((5, 0), r"axes of lengths \(0, 5\)")],
)
def test_an_image_without_planes_is_refused(shape: tuple[int, ...], axes: str) -> None:
    with pytest.raises(SkerryError, match=rf"^line\.fits: has {axes}; give a 2-D image$"):
        check_axes(Path("line.fits"), shape)
