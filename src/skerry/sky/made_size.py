"""The size of the images that an imager makes of the one it is asked for."""

from __future__ import annotations

from skerry.sky.ddfacet_size import ddfacet_size

__all__ = ["made_size"]


def made_size(imager: str | None, asked: tuple[int, int]) -> tuple[int, int]:
    """Width and height of the images that an imager makes.

    Parameters
    ----------
    imager : str, optional
        Its name: "wsclean" makes odd sizes even, "ddfacet" those of `ddfacet_size`, any other what it is asked for.
    asked : tuple of int
        Width and height that it is asked for, pixels.

    Returns
    -------
    tuple of int
        Pixels.

    Examples
    --------
    >>> made_size("wsclean", (63, 48)), made_size("ddfacet", (256, 128)), made_size("casa", (63, 48))
    ((64, 48), (245, 125), (63, 48))
    """
    if imager == "ddfacet":
        return ddfacet_size(asked[0]), ddfacet_size(asked[1])
    rest = 2 if imager == "wsclean" else 1
    return asked[0] + asked[0] % rest, asked[1] + asked[1] % rest
