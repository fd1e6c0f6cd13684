from typing import Any

from numpy.typing import NDArray

def sector_depths(
    band: NDArray[Any],
    ny: int,
    nx: int,
    places: NDArray[Any],
    n: int,
    ring_of: NDArray[Any],
    reach: int,
    rings: int,
    sectors: int,
    least: float,
    depth: NDArray[Any],
    /,
) -> None: ...
def raise_rounds(
    level: NDArray[Any],
    ny: int,
    nx: int,
    places: NDArray[Any],
    n: int,
    ring_of: NDArray[Any],
    reach: int,
    rings: int,
    depth: NDArray[Any],
    /,
) -> None: ...
