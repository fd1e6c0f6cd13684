"""Writing the planes of a cube, each when it is made, into files that appear whole at the end.

A plane is a product like that of an image of a single plane. The header of a file is that of its first plane, with what
all planes have in common; beams that differ are in a table, as CASA writes them.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from astropy.io import fits
from numpy.typing import NDArray

from skerry.io.beam_table import beams_as_table
from skerry.io.cube_axes import CubeAxes
from skerry.io.file_bytes import read_at, write_at
from skerry.io.fits_writer import header_bytes, stored_type
from skerry.io.headers import FACTS_OF_CLIPS, completed, mask_scales
from skerry.io.outputs import check_outputs
from skerry.io.products import Product
from skerry.io.whole_files import whole_files
from skerry.planes.bands import for_each_band
from skerry.planes.mask_types import smallest_mask_type

__all__ = ["CubeWriter"]

_BLOCK, _CARD = 2880, 80
_BYTES_MOVED = 1 << 22
_BEAM = ("BMAJ", "BMIN", "BPA")


@dataclass
class _Output:
    """A file that is being written."""

    path: Path
    file: BinaryIO
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    header: fits.Header
    start: int
    """Where its pixels begin."""
    facts: dict[int, dict[str, fits.Card]] = field(default_factory=dict)
    """Cards of planes, by their places, that may differ between them."""
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def bytes_of_plane(self) -> int:
        return self.shape[-2] * self.shape[-1] * self.dtype.itemsize


class CubeWriter(ExitStack):
    """Files of a cube that a step writes plane by plane; several threads may do so at once.

    At the end of the block they take their names, or are gone if it ends with an error.

    Parameters
    ----------
    axes : CubeAxes
        Of what is written, behind the axes of a plane.
    overwrite : bool
        Whether files of these names may be replaced.
    union : bool
        Whether all planes are one in the file, whose bits are those of any of them.
    """

    def __init__(self, axes: CubeAxes, overwrite: bool, *, union: bool = False) -> None:
        super().__init__()
        self.axes, self.unites, self._overwrite = axes, union, overwrite
        self._outputs: dict[Path, _Output] = {}
        self._lock = threading.Lock()

    def write(self, products: Sequence[Product], place: int) -> None:
        """Write what a step made of a plane.

        Parameters
        ----------
        products : sequence of Product
            Of the plane; the same files for each, of the same width and height.
        place : int
            How many planes lie before it in the files; of a union, how many are written before it. The first one to be
            written is the first of all. Planes that are not written hold nothing: zeros in masks, else NaN.

        Raises
        ------
        SkerryError
            If a file exists and may not be replaced, or cannot be written.
        """
        with self._lock:
            if not self._outputs:
                self._open(products)
        outputs = [self._outputs[product.path] for product in products]
        for output, product in zip(outputs, products, strict=True):
            header = product.header
            output.facts[place] = {key: header.cards[key] for key in (*FACTS_OF_CLIPS, *_BEAM) if key in header}
        self._write_pixels(outputs, products, 0 if self.unites else place)

    def _open(self, products: Sequence[Product]) -> None:
        paths = [product.path for product in products]
        check_outputs(paths, overwrite=self._overwrite)
        partials = self.enter_context(whole_files(*paths))
        for partial, product in zip(partials, products, strict=True):
            file = self.enter_context(partial.open("w+b"))
            shape, dtype = (*self.axes.lengths, *product.shape[-2:]), _type_in_cube(product)
            start = len(header_bytes(product.header, shape, dtype))
            output = _Output(product.path, file, shape, dtype, product.header, start)
            # What is not written, the planes of a union before there is one, is zero.
            file.truncate(start + output.bytes_of_plane * int(np.prod(self.axes.lengths)))
            self._outputs[product.path] = output

    def _write_pixels(self, outputs: Sequence[_Output], products: Sequence[Product], place: int) -> None:
        def write(rows: slice) -> None:
            for output, product in zip(outputs, products, strict=True):
                band = np.ascontiguousarray(product.data[rows], dtype=output.dtype)
                start = output.start + place * output.bytes_of_plane + rows.start * band.shape[1] * band.itemsize
                if self.unites:
                    self._add_bits(output, band, start)
                else:
                    write_at(output.file.fileno(), band.view(np.uint8), start)

        for_each_band(write, *(product.data for product in products))

    def _add_bits(self, output: _Output, band: NDArray[Any], start: int) -> None:
        """Put the bits of a band to those that are in a file."""
        with output.lock:
            there = np.empty_like(band)
            read_at(output.file.fileno(), there.view(np.uint8), start)
            there |= band
            write_at(output.file.fileno(), there.view(np.uint8), start)

    def beams(self) -> list[tuple[float | None, ...]]:
        """BMAJ, BMIN and BPA in degrees of the planes that were written, in their order; None where not known."""
        return list(_beams_in(next(iter(self._outputs.values()))).values())

    def finish(self, cards: Mapping[str, Any], warned: Sequence[str], inputs: Sequence[Path]) -> None:
        """Write the headers, once all planes are written.

        Parameters
        ----------
        cards : mapping of str to object
            Cards of the axes of the files, in place of those of their first planes.
        warned : sequence of str
            What the user was warned of, for HISTORY.
        inputs : sequence of Path
            What the step read.
        """
        for output in self._outputs.values():
            self._put_nothing(output)
            header = completed(output.header, warned, inputs)
            for keyword, value in cards.items():
                header[keyword] = value
            table = self._put_facts(output, header)
            self._put_header(output, header_bytes(header, output.shape, output.dtype))
            pixels = output.bytes_of_plane * int(np.prod(self.axes.lengths))
            end = -(-(output.start + pixels) // _BLOCK) * _BLOCK
            output.file.truncate(end)
            if table:
                write_at(output.file.fileno(), np.frombuffer(table, np.uint8), end)
            output.file.flush()

    def _put_facts(self, output: _Output, header: fits.Header) -> bytes:
        """Take what differs between planes out of a header; gives the table of their beams, if that is needed."""
        planes = [output.facts[place] for place in sorted(output.facts)]
        for keyword in FACTS_OF_CLIPS:
            # A blank plane has none.
            known = [plane[keyword] for plane in planes if keyword in plane]
            if all(card.value == known[0].value for card in known):
                header.extend(known[:1], update=True)
            else:
                header.remove(keyword, ignore_missing=True)
        beams = _beams_in(output)
        if all(beam == beams[0] for beam in beams.values()):
            return b""
        for keyword in _BEAM:
            header.remove(keyword, ignore_missing=True)
        if self.unites:
            return b""
        header["CASAMBM"] = (True, "beams of the planes are in the table BEAMS")
        planes_of_file = self.axes.planes()
        without = (None, None, None)
        return beams_as_table([beams.get(n, without) for n in range(len(planes_of_file))], planes_of_file)

    def _put_nothing(self, output: _Output) -> None:
        """Fill the planes of a map that are not written; those of a mask are zeros already."""
        if output.dtype.kind != "f" or self.unites:
            return
        row = np.full(output.shape[-1], np.nan, output.dtype).view(np.uint8)
        for place in set(range(int(np.prod(self.axes.lengths)))) - set(output.facts):
            for n in range(output.shape[-2]):
                write_at(output.file.fileno(), row, output.start + place * output.bytes_of_plane + n * row.nbytes)

    def _put_header(self, output: _Output, content: bytes) -> None:
        """Write a header before the pixels, which make room for a longer one; blank cards fill up a shorter one."""
        if len(content) > output.start:
            _move(
                output.file.fileno(),
                output.start,
                len(content),
                output.bytes_of_plane * int(np.prod(self.axes.lengths)),
            )
            output.start = len(content)
        end = content.rindex(b"END".ljust(_CARD))
        content = (
            content[:end].ljust(output.start - _CARD) + b"END".ljust(_CARD) if len(content) < output.start else content
        )
        write_at(output.file.fileno(), np.frombuffer(content, np.uint8), 0)


def _beams_in(output: _Output) -> dict[int, tuple[float | None, ...]]:
    """BMAJ, BMIN and BPA of planes that were written, by their places."""
    return {
        place: tuple(plane[key].value if key in plane else None for key in _BEAM)
        for place, plane in sorted(output.facts.items())
    }


def _type_in_cube(product: Product) -> np.dtype[Any]:
    """Type in the file; a scale mask has room for all its scales, whatever those of its first plane."""
    scales = mask_scales(product.header)
    return stored_type(product.data.dtype if scales is None else np.dtype(smallest_mask_type(2 ** len(scales) - 1)))


def _move(descriptor: int, start: int, new_start: int, size: int) -> None:
    """Move bytes of a file towards its end, the last ones first."""
    for done in range(size, 0, -_BYTES_MOVED):
        first = max(0, done - _BYTES_MOVED)
        piece = np.empty(done - first, np.uint8)
        read_at(descriptor, piece, start + first)
        write_at(descriptor, piece, new_start + first)
