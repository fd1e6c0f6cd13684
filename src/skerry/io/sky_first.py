"""Files whose axes of the sky are not the first two, read as if they were.

Nothing else knows files but those whose planes lie one after the other, so such a file is copied into a temporary one
with its axes in another order: those of the sky first, all others behind them in the order that they have. The copy has
the same bytes, but for the numbers of axes in its header and the order of its pixels.
"""

from __future__ import annotations

import math
import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from astropy.io import fits

from skerry.errors import SkerryError
from skerry.io.file_bytes import place_in, read_at, write_part
from skerry.io.scratch import temporary_file
from skerry.io.whole_files import telling_os_errors
from skerry.sky.celestial import sky_first_order
from skerry.sky.header_cards import value_of

__all__ = ["copied_sky_first", "order_of_axes", "renumbered"]

_CARD = 80
_BYTES_PER_COPY = 1 << 20
_BYTES_MOVED = 1 << 23
"""Of pixels that are put into another order at once."""
_OF_AN_AXIS = re.compile(rb"(CTYPE|CUNIT|CRVAL|CRPIX|CDELT|CROTA|CNAME|CRDER|CSYER)([1-9])(?=[A-Z]? *=)")
_OF_A_PARAMETER = re.compile(rb"(PV|PS)([1-9])(?=_\d)")
_OF_TWO_AXES = re.compile(rb"(PC|CD)([1-9])(_)([1-9])(?=[A-Z]? *=)")
_OF_TWO_AXES_IN_FULL = re.compile(rb"((?:PC|CD)00)([1-9])(00)([1-9])(?= *=)")
_LENGTH = re.compile(rb"NAXIS([1-9]) *=")
_NO_ROOM = "make room, or name the output in another directory"


def order_of_axes(hdu: Any) -> tuple[int, ...] | None:
    """Order of the axes of an open image that has those of the sky first.

    Parameters
    ----------
    hdu : astropy.io.fits HDU
        The image.

    Returns
    -------
    tuple of int, or None
        Axes by their numbers in the header from 0; None if they lie so, or are not named.
    """
    kinds = {card.keyword: value_of(card) for card in hdu.header.cards if card.keyword.startswith("CTYPE")}
    return sky_first_order([str(kinds.get(f"CTYPE{n}", "")) for n in range(1, len(hdu.shape) + 1)])


@contextmanager
def copied_sky_first(
    path: Path, file: BinaryIO, hdu: Any, order: Sequence[int]
) -> Iterator[tuple[BinaryIO, Callable[[], None]]]:
    """Copy a file whose image has its axes in another order.

    Parameters
    ----------
    path : Path
        Its name, for messages.
    file : file
        It.
    hdu : astropy.io.fits HDU
        The image in it.
    order : sequence of int
        As of `order_of_axes`.

    Yields
    ------
    file
        The copy, gone at the end of the block, whose pixels are zeros that take no room.
    callable
        Puts the pixels into it.

    Raises
    ------
    SkerryError
        If there is no room for it, or the image is compressed tile by tile.
    """
    if isinstance(hdu, fits.CompImageHDU):
        told = "is compressed tile by tile with its axes of the sky behind others; unpack it first, as by funpack"
        raise SkerryError(f"{path}: {told}")
    info = hdu.fileinfo()
    begin, start, after = info["hdrLoc"], info["datLoc"], info["datLoc"] + info["datSpan"]
    with temporary_file() as copy, telling_os_errors(f"{path}: cannot be put into another order of axes", _NO_ROOM):
        for first, last in ((0, start), (after, os.fstat(file.fileno()).st_size)):
            file.seek(first)
            copy.seek(first)
            while first < last and (piece := file.read(min(_BYTES_PER_COPY, last - first))):
                first += copy.write(piece)
        copy.truncate(max(after, copy.seek(0, os.SEEK_END)))
        copy.seek(begin)
        header = copy.read(start - begin)
        copy.seek(begin)
        copy.write(renumbered(header, order))
        copy.flush()
        copy.seek(0)
        put = partial(_put_pixels, file.fileno(), copy.fileno(), start)
        lengths, size = tuple(int(n) for n in hdu.shape), abs(int(hdu.header["BITPIX"])) // 8
        # To be read only, which astropy wants of a file that it opens for this.
        with os.fdopen(os.dup(copy.fileno()), "rb") as readable:
            yield readable, partial(put, lengths, order, np.dtype(f"u{size}"))


def renumbered(header: bytes, order: Sequence[int]) -> bytes:
    """Header with its axes in another order.

    Parameters
    ----------
    header : bytes
        Cards as they stand in a file.
    order : sequence of int
        Axes by their numbers from 0, in the order in which they are to be.

    Returns
    -------
    bytes
        As many, each card where it was.
    """
    numbers = {b"%d" % (axis + 1): b"%d" % (n + 1) for n, axis in enumerate(order)}
    cards = [header[n : n + _CARD] for n in range(0, len(header), _CARD)]
    lengths = {int(found[1]) - 1: card for card in cards if (found := _LENGTH.match(card))}
    return b"".join(_renumbered_card(card, numbers, lengths, order) for card in cards)


def _renumbered_card(
    card: bytes, numbers: Mapping[bytes, bytes], lengths: Mapping[int, bytes], order: Sequence[int]
) -> bytes:
    if found := _LENGTH.match(card):
        n = int(found[1]) - 1
        return card[:8] + lengths[order[n]][8:] if n < len(order) else card
    for kind in (_OF_AN_AXIS, _OF_A_PARAMETER, _OF_TWO_AXES, _OF_TWO_AXES_IN_FULL):
        if found := kind.match(card):
            parts = [numbers.get(part, part) if n % 2 else part for n, part in enumerate(found.groups())]
            return b"".join(parts) + card[found.end() :]
    return card


def _put_pixels(
    source: int, target: int, start: int, shape: tuple[int, ...], order: Sequence[int], dtype: np.dtype[Any]
) -> None:
    """Copy pixels from one file to the same place in another, in the order that they have there."""
    if 0 in shape:
        return
    count = len(shape)
    # Axes of arrays are counted from the other end.
    axes = [count - 1 - order[count - 1 - n] for n in range(count)]
    there = tuple(shape[axis] for axis in axes)
    for region in _regions(shape, max(1, _BYTES_MOVED // dtype.itemsize)):
        piece = np.empty([part.stop - part.start for part in region], dtype)
        read_at(source, piece, start + dtype.itemsize * place_in([part.start for part in region], shape))
        first = [region[axis].start for axis in axes]
        write_part(target, np.ascontiguousarray(piece.transpose(axes)), start, first, there)


def _regions(shape: Sequence[int], most: int) -> Iterator[tuple[slice, ...]]:
    """Parts of an array that lie in one piece, one after the other, of so many pixels at most."""
    if not shape:
        yield ()
        return
    each = math.prod(shape[1:])
    if each <= most:
        step = most // each
        for first in range(0, shape[0], step):
            yield (slice(first, min(first + step, shape[0])), *(slice(0, length) for length in shape[1:]))
        return
    for n in range(shape[0]):
        for rest in _regions(shape[1:], most):
            yield (slice(n, n + 1), *rest)
