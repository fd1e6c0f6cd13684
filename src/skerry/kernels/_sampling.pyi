from typing import Any

import numpy as np
from numpy.typing import NDArray

def pack(
    rows: NDArray[np.integer[Any]],
    itemsize: int,
    ny: int,
    stride: int,
    first: int,
    width: int,
    bits: NDArray[np.uint64],
    /,
) -> tuple[int, int]: ...
def sample(
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    bounds: NDArray[np.float64],
    down: int,
    across: int,
    step: int,
    bits: NDArray[np.uint64],
    ranks: NDArray[np.uint32],
    starts: NDArray[np.int64],
    values: NDArray[np.integer[Any]],
    count: int,
    itemsize: int,
    constant: int,
    ny: int,
    nx: int,
    out: NDArray[np.integer[Any]],
    unsure: NDArray[np.bool_],
    first: int,
    rows: int,
    columns: int,
    /,
) -> None: ...
