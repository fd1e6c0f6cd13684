"""Values of a mesh of boxes: in those that could not be measured, and their median across boxes.

What `sep` does, too, is done as it does it.
"""

from __future__ import annotations

import math
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from skerry.kernels.boxes import maximum_of_rows

__all__ = ["ValidBoxes", "continued", "filled", "filtered"]

_FITTED_REACH = 2
"""Boxes to each side of one beyond the valid ones, in which the change of the rms is measured."""
_LEAST_FITTED = 6
"""Of those boxes: twice as many as a plane has parameters."""
_MOST_RISE = 1.5
"""From the nearest valid box to one beyond it."""
_BOXES_AT_ONCE = 1 << 13
"""Of which the median is taken."""
_VALUES_AT_ONCE = 1 << 20
"""Of the boxes round them."""


class ValidBoxes:
    """Boxes that could be measured before emission was left out, and which of them is nearest to each of the others.

    Parameters
    ----------
    mask : ndarray of bool, shape (boxes down, boxes across)
        One at least.
    """

    def __init__(self, mask: NDArray[np.bool_]) -> None:
        self.mask = mask

    @cached_property
    def nearest(self) -> tuple[NDArray[np.intp], ...]:
        """Row and column of the nearest of them, for each box."""
        return tuple(_nearest(self.mask))

    @cached_property
    def rim(self) -> NDArray[np.bool_]:
        """The others that touch one."""
        touched = maximum_of_rows(self.mask.astype(np.float32), slice(0, len(self.mask)), 3) > 0
        return touched & ~self.mask

    @cached_property
    def nearest_with_rim(self) -> tuple[NDArray[np.intp], ...]:
        """Row and column of the nearest box of both, for each box."""
        return tuple(_nearest(self.mask | self.rim))


def _nearest(usable: NDArray[np.bool_]) -> NDArray[np.intp]:
    """Row and column of a usable box that is no further away than any other, shape (2, boxes down, boxes across).

    Of several the one furthest to the left, and of these the topmost. In its own column the nearest one of each box is
    known; the others are looked at outwards, as long as they can be as near.
    """
    my, mx = usable.shape
    rows, far = np.arange(my)[:, np.newaxis], 2 * (my + mx)
    above = np.maximum.accumulate(np.where(usable, rows, -far), axis=0)
    below = np.minimum.accumulate(np.where(usable, rows, far + my)[::-1], axis=0)[::-1]
    in_column = np.where(rows - above <= below - rows, above, below)
    squares = (in_column - rows) ** 2
    y, x = np.nonzero(~usable)
    column, square = x.copy(), squares[y, x]
    searching, aside = np.arange(y.size), 0
    while searching.size:
        aside += 1
        searching = searching[aside * aside <= square[searching]]
        for step, may_be_as_near in ((-aside, True), (aside, False)):
            at = searching[(x[searching] + step >= 0) & (x[searching] + step < mx)]
            found = squares[y[at], x[at] + step] + aside * aside
            nearer = found < square[at] + may_be_as_near
            column[at[nearer]], square[at[nearer]] = x[at[nearer]] + step, found[nearer]
    nearest = np.array(np.broadcast_arrays(rows, np.arange(mx)))
    nearest[:, y, x] = in_column[y, column], column
    return nearest


def filled(values: NDArray[np.float32], usable: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Values with the mean of the nearest usable ones where they are not usable."""
    if usable.all():
        return values
    places = np.argwhere(~usable).T
    squares = ((_nearest(usable)[:, ~usable] - places) ** 2).sum(axis=0)
    order = np.argsort(-squares, kind="stable")
    places, squares = places[:, order], squares[order]
    sums, counts = np.zeros(squares.size), np.zeros(squares.size)
    for down in range(math.isqrt(int(squares[0])) + 1):
        # Those that are nearer to a usable one come last.
        reached = int(np.searchsorted(-squares, -down * down, side="right"))
        across = np.sqrt(squares[:reached] - down * down).round().astype(np.intp)
        on_circle = np.flatnonzero(across**2 == squares[:reached] - down * down)
        for dy in {down, -down}:
            for sign in (1, -1):
                # A distance of 0 across is not counted twice.
                chosen = on_circle[across[on_circle] > 0] if sign < 0 else on_circle
                y, x = places[0, chosen] + dy, places[1, chosen] + sign * across[chosen]
                inside = (y >= 0) & (y < values.shape[0]) & (x >= 0) & (x < values.shape[1])
                chosen, y, x = chosen[inside], y[inside], x[inside]
                sums[chosen] += np.where(usable[y, x], values[y, x], 0)
                counts[chosen] += usable[y, x]
    complete = values.copy()
    complete[places[0], places[1]] = sums / counts
    return complete


def continued(rms: NDArray[np.float32], valid: ValidBoxes) -> NDArray[np.float32]:
    """Rms that goes on from the valid boxes to those that touch them, and has the nearest of all these further away.

    At the border of a mosaic noise rises from box to box, and what is left of the sky beyond the last box that is half
    full has more than that box. A plane is fitted to the logarithm of the rms in the boxes around. It may not fall
    below all of them: that would be the artefacts of a bright source which end there, and make false islands.

    Parameters
    ----------
    rms : ndarray of float32, shape (boxes down, boxes across)
        Of all boxes.
    valid : ValidBoxes
        Of which the rms is known.

    Returns
    -------
    ndarray of float32, shape (boxes down, boxes across)
        The rms.
    """
    known, rim, reach = valid.mask & (rms > 0), valid.rim, _FITTED_REACH
    side = (2 * reach + 1, 2 * reach + 1)
    padded, log = np.pad(known, reach), np.pad(np.log(np.where(known, rms, 1).astype(np.float64)), reach)
    inside, values = (np.lib.stride_tricks.sliding_window_view(part, side)[rim] for part in (padded, log))
    planes, is_plane = _planes_in_the_middle(inside, values)
    lowest = np.exp(np.min(values, axis=(1, 2), initial=np.inf, where=inside))
    highest = np.maximum(rms[rim] * _MOST_RISE, lowest)
    with_rim = rms.copy()
    with_rim[rim] = np.where(is_plane, np.clip(np.exp(planes), lowest, highest), rms[rim])
    return np.asarray(with_rim[valid.nearest_with_rim])


def _planes_in_the_middle(
    inside: NDArray[np.bool_], values: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Planes fitted to values round places, shape (places, n, n), where there are any: their value in the middle.

    And whether there is a plane: enough values, not all in one line. The normal equations have whole numbers on the
    left, so that no rounding decides that.
    """
    reach = inside.shape[1] // 2
    y, x = np.mgrid[-reach : reach + 1, -reach : reach + 1]
    n, to_y, to_x, yy, xx, xy = (np.sum(inside * part, axis=(1, 2)) for part in (1, y, x, y * y, x * x, x * y))
    total, by_y, by_x = (np.sum(inside * values * part, axis=(1, 2)) for part in (1, y, x))
    minors = yy * xx - xy * xy, to_y * xx - to_x * xy, to_y * xy - to_x * yy
    determinant = n * minors[0] - to_y * minors[1] + to_x * minors[2]
    is_plane = (n >= _LEAST_FITTED) & (determinant > 0)
    middle = (total * minors[0] - by_y * minors[1] + by_x * minors[2]) / np.where(is_plane, determinant, 1)
    return np.where(is_plane, middle, 0), is_plane


def filtered(values: NDArray[np.float32], reach: int) -> NDArray[np.float32]:
    """Median of the boxes up to `reach` boxes away; at an edge of the mesh of as many on each side as there are."""
    medians = np.empty_like(values)
    for up, rows in _reaches(values.shape[0], reach):
        for aside, columns in _reaches(values.shape[1], reach):
            around = values[rows.start - up : rows.stop + up, columns.start - aside : columns.stop + aside]
            windows = np.lib.stride_tricks.sliding_window_view(around, (2 * up + 1, 2 * aside + 1))
            values_of_row = windows.shape[1] * windows[0, 0].size
            step = max(1, min(_BOXES_AT_ONCE // windows.shape[1], _VALUES_AT_ONCE // values_of_row))
            for row in range(0, len(windows), step):
                boxes = windows[row : row + step].reshape(-1, windows[0, 0].size)
                middle = boxes.shape[1] // 2
                found = np.partition(boxes, middle, axis=1)[:, middle]
                medians[rows, columns][row : row + step] = found.reshape(-1, windows.shape[1])
    return medians


def _reaches(length: int, reach: int) -> list[tuple[int, slice]]:
    """Boxes of a row by how far their windows reach."""
    inner = min(reach, (length - 1) // 2)
    edges = [(near, slice(at, at + 1)) for near in range(inner) for at in (near, length - 1 - near)]
    return [*edges, (inner, slice(inner, length - inner))]
