"""A bicubic spline through an image is that of SciPy, and what varies slowly is what it is at every pixel."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.ndimage import map_coordinates

from skerry.kernels.resampling import Sums, add_spline
from skerry.sky.spline_resampling import SlowlyVarying, reach, slowly_varying, spline_part, within


def sampled(
    image: NDArray[np.float32], x: NDArray, y: NDArray, weight: NDArray[np.float32] | None = None
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Values and weights of an image at positions."""
    sums = Sums(np.zeros(x.shape, np.float32), np.zeros(x.shape, np.float32))
    columns, rows = (reach(SlowlyVarying(axis, x.shape), n) for axis, n in zip((x, y), image.shape[::-1], strict=True))
    if rows is not None and columns is not None:
        band = within(rows, image.shape[0])
        given_rows = None if weight is None else weight[band]
        part = spline_part(image[band], given_rows, (rows, columns), image.shape, band.start)
        if part is not None:
            add_spline(part, x, y, None, 0.0, sums, 0)
    with np.errstate(invalid="ignore"):
        return sums.total / sums.weight, sums.weight


@settings(max_examples=60)
@given(seed=st.integers(0, 2**32 - 1), ny=st.integers(1, 70), nx=st.integers(1, 70), scale=st.floats(0.3, 3))
def test_values_are_those_of_scipy_up_to_the_edges(seed: int, ny: int, nx: int, scale: float):
    rng = np.random.default_rng(seed)
    image = rng.normal(size=(ny, nx)).astype(np.float32)
    angle, shape = rng.uniform(0, 2 * np.pi), (int(rng.integers(1, 40)), int(rng.integers(1, 80)))
    v, u = np.indices(shape) * scale
    x = rng.uniform(-5, nx + 5) + u * np.cos(angle) - v * np.sin(angle)
    y = rng.uniform(-5, ny + 5) + u * np.sin(angle) + v * np.cos(angle)
    inside = (x >= -0.5) & (x <= nx - 0.5) & (y >= -0.5) & (y <= ny - 0.5)
    expected = map_coordinates(image.astype(float), [np.clip(y, 0, ny - 1), np.clip(x, 0, nx - 1)], order=3)
    found, weight = sampled(image, x, y)
    np.testing.assert_array_equal(weight, inside)
    np.testing.assert_allclose(found[inside], expected[inside], rtol=0, atol=3e-6)


def test_a_pixel_has_the_same_value_side_by_side_with_others_and_alone():
    rng = np.random.default_rng(1)
    image, weight = (rng.uniform(1, 2, (90, 90)).astype(np.float32) for _ in range(2))
    y, x = np.mgrid[20:30, 20:60].astype(float) + 0.3
    together = sampled(image, x, y, weight)
    order = rng.permutation(x.size)
    apart = sampled(image, x.ravel()[order].reshape(x.shape), y.ravel()[order].reshape(x.shape), weight)
    for one, other in zip(together, apart, strict=True):
        np.testing.assert_array_equal(one.ravel()[order], other.ravel())


def test_weights_are_interpolated_bilinearly_and_invalid_pixels_have_none():
    rng = np.random.default_rng(2)
    image, weight = (rng.uniform(1, 2, (60, 60)).astype(np.float32) for _ in range(2))
    image[30, 30] = np.nan
    weight[10, 10] = 0
    y, x = np.mgrid[1:58:0.7, 1:58:0.7]
    _, found = sampled(image, x, y, weight)
    invalid = np.isnan(image) | (weight <= 0)
    share = map_coordinates(invalid.astype(float), [y, x], order=1)
    plain = map_coordinates(weight.astype(float), [y, x], order=1)
    np.testing.assert_array_equal(found > 0, share < 0.01)
    whole = share == 0
    np.testing.assert_allclose(found[whole], plain[whole], rtol=1e-6)


def test_what_varies_slowly_is_interpolated_within_its_tolerance():
    asked = []

    def waves(x: NDArray, y: NDArray) -> tuple[NDArray]:
        asked.append(x.size)
        return (np.sin(x / 3000) * np.cos(y / 4000),)

    (found,) = slowly_varying(waves, (slice(40, 290), slice(100, 777)), 1e-6)
    y, x = np.mgrid[40:290, 100:777]
    np.testing.assert_allclose(found.rows(0, 250), waves(x, y)[0], rtol=0, atol=2e-6)
    np.testing.assert_array_equal(found.rows(0, 250)[100:130], found.rows(100, 130))
    assert sum(asked[:-1]) < x.size / 50


def test_what_does_not_vary_slowly_is_computed_for_every_pixel():
    def step(x: NDArray, y: NDArray) -> tuple[NDArray]:
        return (np.where(x > 100, np.nan, y.astype(float)),)

    (found,) = slowly_varying(step, (slice(0, 64), slice(0, 128)), 1e-6)
    y, x = np.mgrid[0:64, 0:128]
    np.testing.assert_array_equal(found.rows(0, 64), step(x, y)[0])
    np.testing.assert_array_equal(found.exponential()(3, 7), np.nan_to_num(np.exp(step(x, y)[0][3:7])))


@pytest.mark.parametrize("width", [300.0, 3000.0, 1e6])
def test_exponentials_of_what_varies_slowly_are_those_of_every_pixel(width: float):
    def parabola(x: NDArray, y: NDArray) -> tuple[NDArray]:
        return (-((x - 150) ** 2 + (y - 90) ** 2 + x * y * 0.1) / width**2 * (1 + 1e-9 * x),)

    (found,) = slowly_varying(parabola, (slice(10, 210), slice(20, 333)), 1e-8)
    y, x = np.mgrid[10:210, 20:333]
    np.testing.assert_allclose(found.exponential()(0, 200), np.exp(parabola(x, y)[0]), rtol=3e-8)
    top = parabola(x, y)[0].max()
    assert found.may_exceed(top - 1e-6)
    assert not found.may_exceed(top + 10)


def test_the_exponential_of_a_beam_far_narrower_than_a_cell_is_that_of_every_pixel():
    y, x = np.mgrid[:40, :400].astype(float)

    def narrow(x: NDArray, y: NDArray) -> tuple[NDArray]:
        return (-0.1 * ((x - 200) ** 2 + (y - 10) ** 2),)

    (found,) = slowly_varying(narrow, (slice(0, 40), slice(0, 400)), 1e-7)
    assert found.has_nodes
    np.testing.assert_allclose(found.exponential()(2, 40), np.exp(narrow(x, y)[0][2:]), rtol=1e-9)
