"""Median and quantiles of samples: those of NumPy."""

from __future__ import annotations

import numpy as np
import pytest

from skerry.planes.order_statistics import median, quantile


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("size", [1, 2, 3, 10, 1001])
def test_median_and_quantiles_are_those_of_numpy(size: int, dtype: type) -> None:
    values = np.random.default_rng(size).normal(size=size).astype(dtype)
    values[: size // 3] = values[-1]  # Some are equal.
    kept = values.copy()
    assert median(values) == np.median(values)
    for share in (0, 0.01, 0.5, 0.98, 1):
        assert quantile(values, share) == pytest.approx(float(np.quantile(values.astype(float), share)), rel=1e-12)
    np.testing.assert_array_equal(values, kept)


def test_median_of_an_image_takes_infinite_values() -> None:
    assert median(np.array([[1, np.inf], [3, -np.inf], [2, np.inf]], np.float32)) == 2.5
