"""Nearest pixels by interpolated positions are those of exact ones, whatever the grids and the bands."""

from __future__ import annotations

import numpy as np
import pytest
from astropy.io import fits
from conftest import radio_header
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from skerry.kernels.sampling import PackedMask, nearest_in_cells, pack_rows, unpack_rows
from skerry.sky.coarse_map import LARGEST_ERROR, STEP, CoarseMap
from skerry.sky.grid import celestial_wcs, pixel_map
from skerry.sky.mask_window import MaskWindow
from skerry.sky.nearest_pixels import extract_nearest

DTYPES = [np.uint8, np.int16, np.int32]


def sparse(rng: np.random.Generator, shape: tuple[int, int], dtype: type = np.uint8, values: int = 7) -> NDArray:
    """A mask of which a tenth is set, in islands, to values from 1."""
    set_ = rng.random((-(-shape[0] // 3), -(-shape[1] // 3))) < 0.1
    islands = np.kron(set_, np.ones((3, 3), bool))[: shape[0], : shape[1]]
    return np.where(islands, rng.integers(1, values, shape, endpoint=True), 0).astype(dtype)


def exact(mask: NDArray, mosaic: fits.Header, beam: fits.Header, shape: tuple[int, int]) -> NDArray:
    """The plain statement of the step: the exact position of every pixel."""
    source, target = celestial_wcs("beam", beam), celestial_wcs("mosaic", mosaic)
    x, y = np.meshgrid(np.arange(shape[1], dtype=float), np.arange(shape[0], dtype=float))
    there_x, there_y = pixel_map(source, target, mask.shape)(x, y)
    back_x, back_y = pixel_map(target, source, shape)(there_x, there_y)
    ny, nx = mask.shape
    inside = (there_x >= -0.5) & (there_x < nx - 0.5) & (there_y >= -0.5) & (there_y < ny - 0.5)
    inside &= (np.abs(back_x - x) < 1) & (np.abs(back_y - y) < 1)
    found = np.zeros(shape, mask.dtype)
    column, row = (np.floor(axis[inside] + 0.5).astype(int) for axis in (there_x, there_y))
    found[inside] = mask[row, column]
    return found


def turned(header: fits.Header, angle: float) -> fits.Header:
    cos, sin = np.cos(np.radians(angle)), np.sin(np.radians(angle))
    for (i, j), value in zip(((1, 1), (1, 2), (2, 1), (2, 2)), (cos, -sin, sin, cos), strict=True):
        header[f"PC{i}_{j}"] = value
    return header


def extracted(mask: NDArray, mosaic: fits.Header, beam: fits.Header, shape: tuple[int, int], **options) -> NDArray:
    return extract_nearest(mask, celestial_wcs("mosaic", mosaic), celestial_wcs("beam", beam), shape, **options)


@pytest.mark.parametrize("angle", [0.0, 3.5, 45.0, 200.0])
@pytest.mark.parametrize("values", [1, 7])
def test_a_mask_is_that_of_exact_positions_whatever_the_bands(rng, band_rows, angle, values):
    mask = sparse(rng, (150, 170), np.int16, values)
    mosaic, beam = radio_header((150, 170)), turned(radio_header((90, 110), ra=60.03, pixel=5 / 3600), angle)
    found = extracted(mask, mosaic, beam, (90, 110))
    np.testing.assert_array_equal(found, exact(mask, mosaic, beam, (90, 110)))
    assert found.any()


@pytest.mark.parametrize("shift", [0.5, 0.25, 0.499999, 0.51])
def test_a_grid_that_is_a_part_of_a_pixel_off_is_exact_too(rng, shift):
    mask = sparse(rng, (200, 200))
    mosaic, beam = radio_header((200, 200)), radio_header((180, 180))
    beam["CRPIX1"] += shift
    beam["CRPIX2"] -= shift
    np.testing.assert_array_equal(extracted(mask, mosaic, beam, (180, 180)), exact(mask, mosaic, beam, (180, 180)))


@settings(max_examples=40)
@given(
    seed=st.integers(0, 2**32 - 1),
    pixel=st.floats(-4, 0.3),
    projections=st.tuples(*[st.sampled_from(["SIN", "TAN", "CAR", "AIT", "STG"])] * 2),
    dec=st.floats(-90, 90),
)
def test_a_mask_is_that_of_exact_positions_on_any_sky(seed, pixel, projections, dec):
    """Pixels of up to two degrees, with poles, far sides, the edge of the sky and all longitudes."""
    rng = np.random.default_rng(seed)
    shapes = [tuple(rng.integers(1, 200, 2)) for _ in range(2)]
    headers = []
    for shape, projection in zip(shapes, projections, strict=True):
        header = radio_header(
            shape, ra=float(rng.uniform(0, 360)) if pixel > -1 else 60 + rng.normal(), dec=dec, pixel=10**pixel
        )
        header["CTYPE1"], header["CTYPE2"] = f"RA---{projection}", f"DEC--{projection}"
        headers.append(turned(header, float(rng.uniform(0, 360))))
    mask = sparse(rng, shapes[0])
    np.testing.assert_array_equal(
        extracted(mask, headers[0], headers[1], shapes[1]), exact(mask, headers[0], headers[1], shapes[1])
    )


@settings(max_examples=30)
@given(seed=st.integers(0, 2**32 - 1), pixel=st.floats(-4, 0))
def test_interpolated_positions_are_as_good_as_is_said(seed, pixel):
    rng = np.random.default_rng(seed)
    dec = rng.uniform(-60, 60)
    header, other = (radio_header((150, 130), dec=at, pixel=10**pixel) for at in (dec, dec + 10**pixel))
    coarse = CoarseMap(celestial_wcs("a", header), celestial_wcs("b", other), (150, 130), (150, 130))
    x, y = np.meshgrid(np.arange(130.0), np.arange(150.0))
    cell, offset = (np.floor_divide(y, STEP).astype(int), np.floor_divide(x, STEP).astype(int)), (y % STEP, x % STEP)
    down, across = (part / STEP for part in offset)
    for nodes, there in zip(coarse.nodes, coarse.to_target(x, y), strict=True):
        row, column = cell
        top = nodes[row, column] * (1 - across) + nodes[row, column + 1] * across
        bottom = nodes[row + 1, column] * (1 - across) + nodes[row + 1, column + 1] * across
        error = np.abs(top * (1 - down) + bottom * down - there)
        bounds = coarse.bounds[cell]
        assert (error <= bounds)[np.isfinite(bounds)].all()
        assert (bounds[np.isfinite(bounds)] < LARGEST_ERROR).all()


def test_an_ordinary_field_needs_hardly_an_exact_position(rng):
    mask = sparse(rng, (400, 400))
    mosaic, beam = radio_header((400, 400)), radio_header((300, 300), ra=60.2, dec=-45.1)
    coarse = CoarseMap(celestial_wcs("beam", beam), celestial_wcs("mosaic", mosaic), (300, 300), (400, 400))
    assert coarse.bounds.max() < 1e-4
    window = MaskWindow(mask, slice(0, 400), slice(0, 400))
    nodes, bounds, top = coarse.cells(0, 300)
    unsure = window.nearest(nodes, bounds, STEP, top, np.zeros((300, 300), np.uint8))
    assert unsure.mean() < 1e-3


def test_a_beam_that_touches_the_mosaic_by_a_corner_meets_it():
    header = radio_header((100, 100))
    corner = radio_header((100, 100))
    corner["CRPIX1"] += 99
    corner["CRPIX2"] += 99
    apart = radio_header((100, 100))
    apart["CRPIX1"] += 101
    mosaic = celestial_wcs("mosaic", header)
    meets = [CoarseMap(celestial_wcs("b", h), mosaic, (100, 100), (100, 100)).meets for h in (header, corner, apart)]
    assert meets == [True, True, False]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("values", [1, 100])
@pytest.mark.parametrize("width", [1, 63, 64, 65, 200])
def test_a_window_has_the_values_of_the_mask_and_nothing_outside(rng, band_rows, dtype, values, width):
    mask = sparse(rng, (40, 230), dtype, values)
    window = MaskWindow(mask, slice(5, 35), slice(17, 17 + width))
    y, x = np.indices(mask.shape)
    expected = np.zeros_like(mask)
    expected[5:35, 17 : 17 + width] = mask[5:35, 17 : 17 + width]
    np.testing.assert_array_equal(window.at(y.ravel(), x.ravel()), expected.ravel())
    assert (window.constant == 1) == (values == 1 and expected.any())
    np.testing.assert_array_equal(np.stack(window.set_pixels(0, 30)), np.stack(np.nonzero(expected)))


@pytest.mark.parametrize("dtype", DTYPES)
def test_bits_tell_which_pixels_are_set(rng, dtype):
    mask = rng.integers(0, 2, (5, 131)).astype(dtype) * np.iinfo(dtype).max
    bits = np.empty((5, 2), np.uint64)
    assert pack_rows(mask, slice(3, 131), bits) == (np.iinfo(dtype).max,) * 2
    np.testing.assert_array_equal(unpack_rows(bits, 128), mask[:, 3:] > 0)


@pytest.mark.parametrize("start", [0, 1, 31, 32, 45])
def test_the_nearest_pixels_of_cells_do_not_depend_on_the_rows_asked_for(rng, start):
    mask = sparse(rng, (100, 100), values=1)
    bits = np.empty((100, 2), np.uint64)
    pack_rows(mask, slice(0, 100), bits)
    packed = PackedMask(100, bits, 1, np.empty(0, np.uint8), np.empty(0, np.int64), np.empty((0, 0), np.uint32))
    nodes = np.meshgrid(np.arange(4) * 32.0 + 3.2, np.arange(4) * 32.0 - 2.4)
    out = np.zeros((20, 90), np.uint8)
    unsure = nearest_in_cells((nodes[0], nodes[1]), np.full((3, 3), 0.01), 32, packed, start, out)
    padded = np.pad(mask, 10)
    expected = padded[8 + start : 28 + start, 13:103]
    np.testing.assert_array_equal(out, expected)
    assert not unsure.any()


def test_a_buffer_that_is_too_small_is_an_error():
    with pytest.raises(ValueError, match="bits"):
        pack_rows(np.ones((4, 100), np.uint8), slice(0, 100), np.empty((4, 1), np.uint64))
