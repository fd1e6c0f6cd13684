from typing import Any

from numpy.typing import NDArray

def close(
    pixels: NDArray[Any],
    ny: int,
    nx: int,
    before: int,
    after: int,
    inverted: bool,
    start: int,
    stop: int,
    out: NDArray[Any],
    /,
) -> None: ...
