from typing import Any

from numpy.typing import NDArray

def erode(
    bits: NDArray[Any], ny: int, nx: int, chords: NDArray[Any], start: int, stop: int, out: NDArray[Any], /
) -> None: ...
def set_bit(bits: NDArray[Any], ny: int, nx: int, bit: int, size: int, out: NDArray[Any], /) -> None: ...
