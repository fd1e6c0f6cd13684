"""Loops over pixels, compiled, and functions of arrays over them; of the rest of skerry they import nothing.

`loops/` has the loops in C, `faces/` makes of them the module `_skerry_kernels`, which refuses what a loop would not
survive; what stands here makes the arrays for it, and is all that other rooms call.
"""

__all__ = ["LONGEST_AXIS"]

LONGEST_AXIS = 1 << 30
"""Rows, or columns, of an image: loops count them in 32 bits, and what lies round them."""
