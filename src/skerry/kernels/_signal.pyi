from typing import Any

from numpy.typing import NDArray

def divide(
    image: NDArray[Any], bkg: NDArray[Any] | None, rms: NDArray[Any], n: int, signal: NDArray[Any], /
) -> None: ...
