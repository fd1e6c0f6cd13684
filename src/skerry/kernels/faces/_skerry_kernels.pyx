# cython: language_level=3, boundscheck=False, wraparound=False, initializedcheck=False
"""The compiled loops over pixels, behind faces that refuse what a loop would not survive.

The type of every argument says its item type, its number of dimensions, that it is contiguous and whether it is
written to; what else a loop relies on - shapes, rows, labels, positions - is checked by the face before it runs,
without the interpreter's lock. Sizes are those of the arrays. Arrays of bool are taken for those of uint8.

Raises
------
TypeError
    Of a face, if an argument is no array, or no number.
ValueError
    If an array has another type or shape than the face says, a number is out of range, or an array that is written to
    shares memory with another.
MemoryError
    If there is no memory for a loop.
"""

from libc.stdint cimport int16_t, int32_t, int64_t, uint8_t, uint16_t, uint32_t, uint64_t, uintptr_t

cimport loops

include "checks.pxi"
include "artefacts.pxi"
include "box_noise.pxi"
include "boxes.pxi"
include "cells.pxi"
include "erosion.pxi"
include "islands.pxi"
include "facts.pxi"
include "levels.pxi"
include "mesh.pxi"
include "noise.pxi"
include "pixels.pxi"
include "resampling.pxi"
include "rims.pxi"
include "sampling.pxi"
include "shapes.pxi"
include "smoothing.pxi"
