from typing import Any

from numpy.typing import NDArray

def gather(
    image: NDArray[Any],
    masked: NDArray[Any] | None,
    ny: int,
    nx: int,
    first: int,
    width: int,
    count: int,
    stride: int,
    pixels: NDArray[Any],
    flags: NDArray[Any],
    good: NDArray[Any],
    /,
) -> None: ...
def spread(
    mesh: NDArray[Any],
    weights: NDArray[Any],
    bounds: NDArray[Any] | None,
    image: NDArray[Any],
    my: int,
    mx: int,
    height: int,
    width: int,
    start: int,
    stop: int,
    nx: int,
    out: NDArray[Any],
    /,
) -> None: ...
def mark_excess(
    image: NDArray[Any],
    rms: NDArray[Any],
    level: float,
    floor: float,
    seed: float,
    n: int,
    marks: NDArray[Any],
    /,
) -> None: ...
