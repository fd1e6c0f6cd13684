from typing import Any

from numpy.typing import NDArray

def extremum(
    source: NDArray[Any],
    target: NDArray[Any],
    n: int,
    nx: int,
    first: int,
    rows: int,
    before: int,
    after: int,
    maximum: bool,
    /,
) -> None: ...
def skewed(
    source: NDArray[Any],
    target: NDArray[Any],
    n: int,
    nx: int,
    first: int,
    rows: int,
    before: int,
    after: int,
    fraction: float,
    /,
) -> None: ...
