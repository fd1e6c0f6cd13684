"""Where the parts of a picture lie, in dots: nothing covers the image, and nothing covers anything else.

Pixels of the image are whole dots, so that none is drawn wider than its neighbour. What explains the image stands round
it: the title above, the legend below that, the colour bar at the right, details beside it or, of wide images, below.
"""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["DPI", "LINE", "MOST", "Layout", "Rectangle", "dots_per_pixel", "layout_of", "shortened"]

DPI = 100
MOST = 1100
"""Dots of the longer side of an image."""
_LEAST_TITLE, _LEAST_HEIGHT, _LEAST_BAR = 560, 150, 120
"""Dots that a title, the name of an axis and a colour bar need."""
_LEFT, _RIGHT, _TOP, _BOTTOM = 112, 20, 44, 58
LINE = 17
"""Of those under the title."""
_BAR, _GAP, _BAR_LABELS = 16, 14, 92
_LEGEND_ROW = 20
_DETAIL_GAP, _DETAIL_TITLE = 14, 20
_LEAST_DETAIL, _MOST_DETAIL = 176, 340
_DOTS_PER_LETTER = 6.6
"""Of 9 points, on average."""


class Rectangle(NamedTuple):
    """Part of a figure, in dots from its lower left corner."""

    left: int
    bottom: int
    width: int
    height: int


class Layout(NamedTuple):
    """Where the parts of a picture lie."""

    width: int
    height: int
    """Of the figure."""
    image: Rectangle
    bar: Rectangle
    details: list[Rectangle]
    legend_columns: int

    def share(self, part: Rectangle) -> tuple[float, float, float, float]:
        """Left, bottom, width and height of a part as matplotlib takes them, by the size of the figure."""
        return (
            part.left / self.width,
            part.bottom / self.height,
            part.width / self.width,
            part.height / self.height,
        )


def dots_per_pixel(shape: tuple[int, int], most: int = MOST) -> int:
    """Dots along a pixel of a picture of shape (ny, nx): as many as have room in `most`."""
    return max(1, most // max(shape))


def layout_of(shape: tuple[int, int], details: int, legend: list[str], lines: int = 1) -> Layout:
    """Lay out a picture.

    Parameters
    ----------
    shape : tuple of int
        (ny, nx) of its pixels, each a block of those of the image.
    details : int
        How many enlarged details it has.
    legend : list of str
        What its legend says.
    lines : int
        How many lines stand under its title.

    Returns
    -------
    Layout
        Of all of it.
    """
    dots = dots_per_pixel(shape)
    height, width = (size * dots for size in shape)
    below = width > 2 * height
    beside = details if not below else 0
    side = min(_MOST_DETAIL, max(_LEAST_DETAIL, (max(width, height) - 2 * _DETAIL_GAP) // 3 - _DETAIL_TITLE))
    column = beside * (side + _DETAIL_TITLE) + max(0, beside - 1) * _DETAIL_GAP
    row = side + _DETAIL_TITLE + _DETAIL_GAP if below and details else 0
    body = max(height, column, _LEAST_HEIGHT)
    right_of_image = _GAP + _BAR + _BAR_LABELS + (side + _DETAIL_GAP if beside else 0)
    full_width = _LEFT + max(width + right_of_image, _LEAST_TITLE) + _RIGHT
    columns = _columns(legend, full_width - _LEFT - _RIGHT)
    legend_rows = -(-len(legend) // columns) if legend else 0
    full_height = _BOTTOM + row + body + _TOP + lines * LINE + legend_rows * _LEGEND_ROW
    base = _BOTTOM + row
    image = Rectangle(_LEFT, base + body - height, width, height)
    bar_height = max(height, _LEAST_BAR)
    bar = Rectangle(_LEFT + width + _GAP, base + body - bar_height, _BAR, bar_height)
    places = []
    for n in range(details):
        if below:
            places.append(Rectangle(_LEFT + n * (side + _DETAIL_GAP), _DETAIL_GAP, side, side))
        else:
            top_of = base + body - n * (side + _DETAIL_TITLE + _DETAIL_GAP) - _DETAIL_TITLE
            left = _LEFT + width + _GAP + _BAR + _BAR_LABELS + _DETAIL_GAP
            places.append(Rectangle(left, top_of - side, side, side))
    return Layout(full_width, full_height, image, bar, places, columns)


def shortened(text: str, dots: int) -> str:
    """Text of one line that fits into so many dots: what is too long loses its middle.

    Parameters
    ----------
    text : str
        As a title; of a line break, or whatever else cannot be seen, a question mark is left.
    dots : int
        Its room.

    Returns
    -------
    str
        The text, or its beginning and end with an ellipsis between.

    Examples
    --------
    >>> shortened("a_name_that_is_too_long.fits", 80)
    'a_nam....fits'
    """
    text = "".join(letter if letter.isprintable() else "?" for letter in text)
    letters = max(8, int(dots / _DOTS_PER_LETTER) + 2)
    if len(text) <= letters:
        return text
    front = (letters - 3) // 2
    return f"{text[:front]}...{text[-(letters - 3 - front) :]}"


def _columns(legend: list[str], dots: int) -> int:
    """Columns of a legend whose entries are as wide as the longest."""
    longest = max((len(text) for text in legend), default=0) * _DOTS_PER_LETTER + 45
    return max(1, min(len(legend), int(dots // longest)))
