"""Compressed tiles are unpacked once, whoever asks for which rows of them how often."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import pytest
from astropy.io import fits
from astropy.io.fits.hdu.compressed import _tiled_compression
from numpy.testing import assert_array_equal
from numpy.typing import NDArray

from skerry import SkerryError
from skerry.io.file_bytes import write_part
from skerry.io.fits import each_image, open_image, open_mask
from skerry.io.stored_images import open_stored
from skerry.planes.bands import each_band
from skerry.planes.computed import collect
from skerry.planes.limits import LEAST_MEMORY, use_limits

TILES = {"whole": (23, 11), "rows": (1, 11), "some rows": (4, 11), "squares": (5, 4), "columns": (23, 1)}


@pytest.fixture
def unpacked(monkeypatch: pytest.MonkeyPatch) -> Iterator[mock.Mock]:
    """How often a tile was unpacked."""
    counted = mock.Mock(side_effect=_tiled_compression._decompress_tile)
    monkeypatch.setattr(_tiled_compression, "_decompress_tile", counted)
    return counted


def written(path: Path, data: NDArray[Any], tile: tuple[int, ...], **keywords: Any) -> NDArray[Any]:
    """Write a compressed image; its pixels as astropy reads them."""
    kind = {"compression_type": "RICE_1" if data.dtype.kind in "iu" else "GZIP_1", "quantize_level": 0} | keywords
    fits.CompImageHDU(data, tile_shape=tile, **kind).writeto(path)
    return np.array(fits.getdata(path))


@pytest.mark.parametrize("tile", TILES.values(), ids=TILES)
@pytest.mark.parametrize("most", [1, 30, 1 << 18])
def test_each_tile_is_unpacked_once(
    tmp_path: Path,
    rng: np.random.Generator,
    monkeypatch: pytest.MonkeyPatch,
    band_rows: int,
    unpacked: mock.Mock,
    tile: tuple[int, int],
    most: int,
) -> None:
    monkeypatch.setattr("skerry.io.pixel_values._PIXELS_AT_ONCE", most)
    monkeypatch.setattr("skerry.io.fits_pixels._PIXELS_PER_READ", 30)
    path, tiles = tmp_path / "x.fits", -(-23 // tile[0]) * -(-11 // tile[1])
    expected = written(path, rng.normal(size=(23, 11)).astype(np.float32), tile)
    unpacked.reset_mock()
    with open_image(path) as image:
        assert_array_equal(image.data[7:9], expected[7:9])
        for _ in range(3):
            for rows, band in each_band(image.data):
                assert band.dtype == np.float32
                assert_array_equal(band, expected[rows])
        assert image.data[5:5].shape == (0, 11)
    assert unpacked.call_count == tiles


def test_each_tile_of_a_mask_and_of_what_is_checked_is_unpacked_once(
    tmp_path: Path, rng: np.random.Generator, unpacked: mock.Mock
) -> None:
    expected = written(tmp_path / "m.fits", rng.integers(0, 2, (23, 11)).astype(np.uint8), (23, 11))
    unpacked.reset_mock()
    with open_mask(tmp_path / "m.fits") as mask:
        assert mask.data.dtype == np.uint8
        assert_array_equal(collect(mask.data), expected)
    assert unpacked.call_count == 1
    with open_stored(tmp_path / "m.fits") as stored:
        for _ in range(2):
            assert_array_equal(np.vstack([block for plane in stored.planes() for _, block in plane]), expected)
    assert unpacked.call_count == 2


@pytest.mark.parametrize("tile", [(1, 1, 1, 11), (1, 2, 5, 4), (2, 3, 23, 11), (2, 2, 2, 2)])
def test_each_tile_of_a_cube_is_unpacked_once(
    tmp_path: Path, rng: np.random.Generator, unpacked: mock.Mock, tile: tuple[int, ...]
) -> None:
    expected = written(tmp_path / "x.fits", rng.normal(size=(2, 3, 23, 11)).astype(np.float32), tile)
    unpacked.reset_mock()
    planes = [np.vstack([image.data[20:], image.data[:20]]) for image in each_image(tmp_path / "x.fits")]
    assert unpacked.call_count == np.prod([-(-n // length) for n, length in zip(expected.shape, tile, strict=True)])
    assert_array_equal(np.sort(planes, axis=None), np.sort(expected, axis=None))
    found = {plane.tobytes() for plane in planes}
    assert found == {np.vstack([plane[20:], plane[:20]]).tobytes() for plane in expected.reshape(6, 23, 11)}


@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.int32, np.float32, np.float64])
@pytest.mark.parametrize("scaled", [False, True])
def test_threads_that_ask_for_the_same_rows_get_what_astropy_reads(
    tmp_path: Path, rng: np.random.Generator, unpacked: mock.Mock, dtype: type[np.generic], scaled: bool
) -> None:
    path = tmp_path / "x.fits"
    hdu = fits.CompImageHDU(rng.integers(0, 200, (23, 11)).astype(dtype), tile_shape=(5, 4), compression_type="GZIP_2")
    if scaled:
        hdu.header["BSCALE"], hdu.header["BZERO"] = 0.3, 7
    hdu.writeto(path)
    expected = np.array(fits.getdata(path)).astype(np.float32)
    unpacked.reset_mock()
    with open_image(path) as image, ThreadPoolExecutor(4) as pool:
        starts = [int(n) for n in rng.integers(0, 23, 200)]
        for start, band in zip(starts, pool.map(lambda n: image.data[n : n + 6], starts), strict=True):
            assert_array_equal(band, expected[start : start + 6])
    # Of what GZIP_2 has packed astropy unpacks a tile twice, to learn how many pixels it has.
    assert unpacked.call_count == 2 * 15


@pytest.mark.parametrize("written_tiles", [None, 0, 4])
@pytest.mark.parametrize("most", [1, 1 << 18])
def test_where_there_is_no_room_for_them_tiles_are_unpacked_again(
    tmp_path: Path, rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch, most: int, written_tiles: int | None
) -> None:
    monkeypatch.setattr("skerry.io.pixel_values._PIXELS_AT_ONCE", most)

    def full(*arguments: Any) -> None:
        if calls.call_count > (written_tiles or 0):
            raise OSError(28, "No space left on device")
        write_part(*arguments)

    calls = mock.Mock(side_effect=full)
    expected = written(tmp_path / "x.fits", rng.normal(size=(23, 11)).astype(np.float32), (5, 11))
    monkeypatch.setattr("skerry.io.pixel_values.write_part", calls)
    if written_tiles is None:
        monkeypatch.setattr("skerry.io.pixel_values.temporary_file", mock.Mock(side_effect=SkerryError("full")))
    with open_image(tmp_path / "x.fits") as image:
        for start in (0, 3, 17, 0, 12):
            assert_array_equal(image.data[start : start + 4], expected[start : start + 4])


def test_many_tiles_that_do_not_fit_into_the_memory_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "x.fits"
    written(path, np.zeros((8, 8), np.float32), (1, 1))
    monkeypatch.setattr("skerry.io.pixel_values._BYTES_OF_TABLE", 1_000_000)
    told = f"`memory`: 0.2GB are too few for the 64 compressed tiles of {path}; give 0.4GB, or compress it by rows"
    with use_limits(memory=LEAST_MEMORY), pytest.raises(SkerryError) as caught, open_image(path):
        pass
    assert str(caught.value) == told
    with use_limits(memory=400_000_000), open_image(path):
        pass
