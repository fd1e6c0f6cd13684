from typing import Any

import numpy as np
from numpy.typing import NDArray

def smooth(
    band: NDArray[np.float32],
    first: int,
    rows: int,
    ny: int,
    nx: int,
    taps: NDArray[np.float32],
    radius: int,
    step: int,
    start: int,
    count: int,
    out: NDArray[Any],
    /,
) -> None: ...
def shrink(
    band: NDArray[np.float32],
    first: int,
    rows: int,
    ny: int,
    nx: int,
    taps: NDArray[np.float32],
    radius: int,
    step: int,
    pad: int,
    start: int,
    count: int,
    mx: int,
    out: NDArray[Any],
    out_weight: NDArray[Any],
    /,
) -> None: ...
def spread(
    values: NDArray[np.float32],
    weight: NDArray[np.float32],
    first: int,
    rows: int,
    mx: int,
    taps: NDArray[np.float32],
    count: int,
    step: int,
    start: int,
    stop: int,
    every: int,
    image: NDArray[np.float32],
    nx: int,
    out: NDArray[Any],
    /,
) -> None: ...
