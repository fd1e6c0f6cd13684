"""The area of the beam, where an option cannot do without it."""

from __future__ import annotations

from skerry.errors import SkerryError

__all__ = ["known_area"]


def known_area(pixels_per_beam: float | None, option: str) -> float:
    """Area of the beam in pixels.

    Parameters
    ----------
    pixels_per_beam : float, optional
        The area, if there is a beam.
    option : str
        Name of the option that needs it.

    Returns
    -------
    float
        The same.

    Raises
    ------
    SkerryError
        If it is not known.
    """
    if pixels_per_beam is None:
        raise SkerryError(f"`{option}`: needs the area of the beam, which is not known here")
    return pixels_per_beam
