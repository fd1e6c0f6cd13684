"""The size of the images that DDFacet makes, which is seldom the one it is asked for."""

from __future__ import annotations

from itertools import product

__all__ = ["ddfacet_size"]

_SMALLEST, _LIMIT = 65, 200_000


def ddfacet_size(npix: int) -> int:
    """Width and height of an image that DDFacet makes.

    DDFacet takes the size that is nearest to the one asked for among those that have a centre pixel and a fast
    transform: odd numbers with the factors 3, 5 and 7, and 11 or 13 at most once, from 65 to 200000
    (`EstimateNpix` and `GiveFFTFastSizes` of `DDFacet/ToolsDir/ModToolBox.py`, DDFacet 1.0).

    Parameters
    ----------
    npix : int
        Its --Image-NPix, pixels.

    Returns
    -------
    int
        Pixels; of two sizes that are as near the smaller.

    Examples
    --------
    >>> [ddfacet_size(npix) for npix in (128, 256, 1024, 1029)]
    [125, 245, 1029, 1029]
    """
    return min(_fast_odd_sizes(), key=lambda size: (abs(size - npix), size))


def _fast_odd_sizes() -> list[int]:
    """Sizes that DDFacet chooses from."""
    powers = [[base**n for n in range(12) if base**n < _LIMIT] for base in (3, 5, 7)]
    sizes = (a * b * c * d for a, b, c, d in product(*powers, (1, 11, 13)))
    return [size for size in sizes if _SMALLEST <= size < _LIMIT]
