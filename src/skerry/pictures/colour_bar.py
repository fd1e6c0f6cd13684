"""The colour bar beside a picture, with round values along it."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.figure import Figure

from skerry.pictures.layout import Layout
from skerry.pictures.stretch import Stretch

__all__ = ["bar_ticks", "draw_bar"]

_BETWEEN_TICKS = 34
"""Dots."""


def draw_bar(figure: Figure, layout: Layout, mappable: Any, stretch: Stretch, unit: str) -> None:
    """Draw the bar of what was drawn, with the unit of the image."""
    axes = figure.add_axes(layout.share(layout.bar))
    bar = figure.colorbar(mappable, cax=axes, extend="max" if stretch.is_clipped else "neither", extendfrac=0.03)
    ticks = bar_ticks(stretch, layout.bar.height / _BETWEEN_TICKS)
    bar.set_ticks(ticks, labels=[f"{tick:g}".replace("-", "\N{MINUS SIGN}") for tick in ticks])
    bar.minorticks_off()
    bar.set_label(unit or "no unit given", parse_math=False)


def bar_ticks(stretch: Stretch, most: float) -> list[float]:
    """Round values along a colour bar, as many as have room: 0, powers of ten, then 2 and 5 times those.

    Parameters
    ----------
    stretch : Stretch
        Of the bar.
    most : float
        How many have room.

    Returns
    -------
    list of float
        From the lowest to the highest.
    """
    low, high = stretch.stretched(np.array([stretch.lowest, stretch.highest]))
    farthest = max(abs(stretch.lowest), abs(stretch.highest))
    least = np.log10(max(stretch.linear, 1e-30)) - 2
    powers = 10.0 ** np.arange(np.floor(least), np.ceil(np.log10(farthest)) + 1)[::-1]
    wanted = [0.0, *(sign * factor * power for factor in (1, 5, 2) for power in powers for sign in (1, -1))]
    chosen: list[float] = []
    places: list[float] = []
    for value in wanted:
        place = float((stretch.stretched(np.array(value)) - low) / (high - low))
        if 0 <= place <= 1 and all(abs(place - other) >= 1 / most for other in places):
            chosen.append(float(f"{value:.1g}"))
            places.append(place)
    return sorted(chosen)
