from typing import Any

from numpy.typing import NDArray

def exceeds(image: NDArray[Any], level: NDArray[Any], target: NDArray[Any], n: int, factor: float, /) -> None: ...
def marks(
    image: NDArray[Any], level: NDArray[Any], target: NDArray[Any], n: int, seed: float, floor: float, /
) -> None: ...
def flat(
    source: NDArray[Any], target: NDArray[Any], n: int, nx: int, first: int, rows: int, limit: float, /
) -> int: ...
