from typing import Any

from numpy.typing import NDArray

def swap_words(source: NDArray[Any], target: NDArray[Any], n: int, /) -> None: ...
