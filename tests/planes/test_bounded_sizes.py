"""What options, beams and files size is no larger than the image has use for, or is refused with what it needs."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.io import fits
from conftest import radio_header
from numpy.testing import assert_array_equal
from scipy import ndimage

from skerry import MaskingOptions, SkerryError
from skerry.filters.boxes import box_maximum, box_minimum, is_skewed
from skerry.filters.dilation import dilated
from skerry.filters.erosion import eroded, eroded_by_each
from skerry.filters.gaussian import gaussian_weights, smoothed
from skerry.filters.grey_opening import grey_opening
from skerry.filters.growing_box import GrowingBox
from skerry.filters.islands import count_islands
from skerry.filters.opening import closed, opened
from skerry.io.fits import open_image
from skerry.io.region_files import read_regions
from skerry.masking.artefact_depth import artefact_level
from skerry.masking.edited_mask import EditedMask
from skerry.masking.erosion import beam_erosion
from skerry.masking.island_table import measure_islands
from skerry.masking.noise_mesh import filtered
from skerry.masking.padding_sample import Sample
from skerry.planes.bits import BitMask
from skerry.planes.limits import check_kept, use_limits
from skerry.planes.plane import Needs
from skerry.planes.sample import sampled_rows
from skerry.sky.beam import PixelBeam, pixel_beam, round_beam
from skerry.sky.grid import celestial_wcs
from skerry.sky.mosaic_grid import TooWideError, mosaic_grid

MOST = 30_000_000
"""Bytes that anything here may take: what an image of 90 x 120 pixels is worth, a hundred times over."""
SHAPE = (90, 120)
HUGE = 10**9
MOST_BEAMS = 10**6
"""That an option takes."""
LEAST_MEMORY = 200_000_000


def peak_of(function: Callable[[], Any]) -> tuple[Any, int]:
    """What a function gives, and the bytes that NumPy had allocated at most."""
    tracemalloc.start()
    try:
        return function(), tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def signal(shape: tuple[int, int] = SHAPE) -> np.ndarray:
    """Noise with a bright source that has negative rings, and a wide island."""
    image = np.random.default_rng(5).normal(size=shape).astype(np.float32)
    y, x = np.ogrid[: shape[0], : shape[1]]
    radius = np.hypot(y - 40, x - 50)
    image += (300 * np.exp(-(radius**2) / 8) - 9 * (np.abs(radius - 20) < 2)).astype(np.float32)
    image[20:70, 60:110] += 3
    return image.astype(np.float32)


IMAGE = signal()
MASK = BitMask.of(IMAGE > 1)
BEAM = round_beam(60.0)


def level(**options: Any) -> np.ndarray:
    chosen = MaskingOptions(flood_fill=True, suppress_artefacts=True, **options)
    return np.asarray(artefact_level(IMAGE, chosen, BEAM.area))


AS_WIDE_AS_THE_IMAGE: dict[str, Callable[[int], Any]] = {
    "minimum of a box": lambda n: box_minimum(IMAGE, n),
    "maximum of a box": lambda n: box_maximum(IMAGE, n),
    "skew of a box": lambda n: is_skewed(IMAGE, n, 0.6),
    "boxes that grow": lambda n: GrowingBox.of(np.abs(IMAGE), [5, n], 0.7).minimum(np.abs(IMAGE)),
    "opening of an image": lambda n: grey_opening(IMAGE, n),
    "opening of a mask": lambda n: opened(MASK, n),
    "closing of a mask": lambda n: closed(MASK, n),
    "dilation of a mask": lambda n: dilated(MASK, n),
    "erosion by scales": lambda n: beam_erosion(MASK, BEAM, scales=(0, n)),
    "reach of artefacts": lambda n: level(suppress_artefacts_reach_beams=min(n, MOST_BEAMS)),
    "width of rings": lambda n: level(suppress_artefacts_ring_beams=min(n, MOST_BEAMS)),
}


@pytest.mark.parametrize("what", AS_WIDE_AS_THE_IMAGE)
def test_what_is_wider_than_the_image_is_as_good_as_what_is_as_wide(what: str) -> None:
    made = AS_WIDE_AS_THE_IMAGE[what]
    found, peak = peak_of(lambda: np.asarray(made(HUGE)))
    assert peak < MOST
    assert_array_equal(found, np.asarray(made(2 * max(SHAPE) + 1)))


@pytest.mark.parametrize("beam", [(40.0, 30.0, 20.0), (300.0, 2.0, 45.0), (900.0, 800.0, -30.0), (3.0, 2.0, 0.0)])
@pytest.mark.parametrize("response", [0.6, 1e-9])
@pytest.mark.parametrize("beyond", [False, True])
@pytest.mark.parametrize("shape", [(60, 50), (1, 80), (80, 1), (33, 100)])
def test_a_mask_is_eroded_by_what_matters_of_a_shape(beam, response, beyond, shape) -> None:
    major, minor, angle = beam[0] / 2.3548, beam[1] / 2.3548, np.radians(beam[2])
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    of_pixels = PixelBeam(turn @ np.diag([major**2, minor**2]) @ turn.T)
    random = np.random.default_rng(3)
    for mask in (np.ones(shape, bool), ndimage.binary_dilation(random.random(shape) > 0.9, iterations=4)):
        chords, peak = peak_of(partial(of_pixels.chords, response, shape))
        assert peak < MOST
        found = eroded(BitMask.of(mask), chords, beyond=beyond)
        whole = of_pixels.shape(response)
        assert_array_equal(found, eroded(BitMask.of(mask), whole, beyond=beyond))
        assert_array_equal(eroded_by_each(mask, [chords], np.uint8, beyond=beyond), np.asarray(found).astype(np.uint8))


def test_the_median_across_many_boxes_is_taken_of_few_at_a_time() -> None:
    values = np.random.default_rng(1).normal(size=(94, 94)).astype(np.float32)
    found, peak = peak_of(lambda: filtered(values, HUGE))
    assert peak < MOST
    assert found[46, 47] == np.median(values[:93, 1:])


def test_a_gaussian_wider_than_any_image_is_refused_before_its_weights_are_made() -> None:
    def made(sigma: float) -> str:
        with use_limits(memory=LEAST_MEMORY), pytest.raises(SkerryError) as caught:
            smoothed(IMAGE, sigma)
        return str(caught.value)

    told, peak = peak_of(lambda: made(1e15))
    assert peak < MOST
    assert told.startswith(
        "`memory`: 0.2GB are too few for the weights of a Gaussian of a sigma of 1e+15 pixels; smooth "
    )
    # One that is wide beside the image is none the worse.
    assert np.isfinite(np.asarray(smoothed(IMAGE, 20.0 * max(SHAPE)))).all()
    with pytest.raises(SkerryError, match="weights of a Gaussian"):
        gaussian_weights(3.0, HUGE)


def test_rings_that_do_not_fit_into_the_memory_are_refused() -> None:
    image = np.zeros((6000, 6000), np.float32)
    image[3000, 3000] = 1000
    options = MaskingOptions(flood_fill=True, suppress_artefacts=True)
    with use_limits(memory=LEAST_MEMORY), pytest.raises(SkerryError) as caught:
        artefact_level(image, options, round_beam(40_000.0).area)
    assert str(caught.value).startswith("`memory`: 0.2GB are too few for artefacts that reach ")
    assert "lower `suppress_artefacts_reach_beams`" in str(caught.value)


class Wide:
    """An image of few, very wide rows, of which it is counted how many pixels were read."""

    dtype, needs = np.dtype(np.float32), Needs(4)

    def __init__(self, shape: tuple[int, int]) -> None:
        self.shape, self.read = shape, 0

    def __getitem__(self, rows: slice) -> np.ndarray:
        start, stop, _ = rows.indices(self.shape[0])
        self.read += (stop - start) * self.shape[1]
        return np.ones((stop - start, self.shape[1]), np.float32)


@pytest.mark.parametrize("sample", [sampled_rows, Sample.of])
def test_of_wide_rows_few_make_a_sample(sample: Callable[[Wide], Any]) -> None:
    image = Wide((16, 1_000_000))
    sample(image)
    assert image.read == 4_000_000


@pytest.mark.parametrize(("sample", "needed"), [(sampled_rows, "0.8"), (Sample.of, "1.6")])
def test_a_row_that_does_not_fit_into_the_memory_is_refused_before_it_is_read(
    sample: Callable[[Wide], Any], needed: str
) -> None:
    image = Wide((1, 30_000_000))
    with use_limits(memory=LEAST_MEMORY), pytest.raises(SkerryError, match=f"give {needed}GB"):
        sample(image)
    assert image.read == 0


def test_of_the_bits_of_a_scale_mask_one_is_unpacked_at_a_time() -> None:
    bits, shape = 31, (1024, 1024)
    mask = np.zeros(shape, np.int32)
    mask[100:140, 200:260] = 2**31 - 1
    one = shape[0] * shape[1] // 8

    def done() -> np.ndarray:
        other = EditedMask.of(mask, bits)
        made = EditedMask.of(mask, bits).dilated(2).without(EditedMask([MASK_OF_ALL])).with_pixels(other)
        assert made.same_as(other)
        return np.array(made.plane()[100:140])

    with use_limits(memory=LEAST_MEMORY, threads=1):
        peak_of(done)
        found, peak = peak_of(done)
    assert (found[:, 200:260] == 2**31 - 1).all()
    # The bits of one mask as they are read and a band of it, and not those of three masks at once.
    assert peak < 62 * one


MASK_OF_ALL = BitMask.of(np.ones((1024, 1024), bool))


def test_a_region_file_that_does_not_fit_into_the_memory_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "many.reg"
    path.write_text("fk5\n" + 'circle(60,-45,3")\n' * 100_000)
    with use_limits(memory=LEAST_MEMORY), pytest.raises(SkerryError) as caught:
        read_regions(path)
    assert str(caught.value) == (
        f"`memory`: 0.2GB are too few for the 1.8 MB of region file {path}; give 0.3GB, or fewer regions"
    )


def test_a_tile_that_does_not_fit_into_the_memory_is_refused_unread(tmp_path: Path) -> None:
    path, image = tmp_path / "one.fits", np.zeros((1800, 1800), np.float32)
    fits.CompImageHDU(image, compression_type="GZIP_1", tile_shape=image.shape).writeto(path)
    with use_limits(memory=LEAST_MEMORY), pytest.raises(SkerryError) as caught, open_image(path):
        pass
    assert str(caught.value) == (
        "`memory`: 0.2GB are too few for the 3240000 pixels of a compressed tile of "
        f"{path}, which are read at once; give 0.3GB, or compress it by rows"
    )
    with use_limits(memory=300_000_000), open_image(path):
        pass


@pytest.mark.parametrize("function", [count_islands, measure_islands])
def test_an_image_of_more_rows_than_the_memory_holds_is_refused_before_any_is_kept(
    function: Callable[..., Any],
) -> None:
    mask = np.broadcast_to(np.uint8(0), (1 << 30, 1))

    def refused() -> str:
        with pytest.raises(SkerryError) as caught:
            function(mask)
        return str(caught.value)

    told, peak = peak_of(refused)
    assert told == (
        "`memory`: 2GB are too few for one row of 1 pixels and masks of all 1073741824; give 29.2GB, or cut the image"
    )
    assert peak < MOST


def test_what_is_kept_may_have_a_share_of_what_the_libraries_leave() -> None:
    with use_limits(memory=1_120_000_000):
        check_kept(250_000_000, "so much", "less")
        with pytest.raises(SkerryError, match=r"^`memory`: 1\.12GB are too few for so much; give 1\.2GB, or less$"):
            check_kept(250_000_001, "so much", "less")
        check_kept(800_000_000, "so much", "less", 0.8)


def test_a_mosaic_that_would_be_empty_but_for_a_thousandth_is_refused() -> None:
    shapes = [(64, 64), (64, 64)]
    grids = [celestial_wcs("x", radio_header(shape, ra=ra, dec=ra)) for shape, ra in zip(shapes, (0, 40), strict=True)]
    with pytest.raises(TooWideError, match="nearly all would be empty"):
        mosaic_grid(grids, shapes)


def test_the_beam_of_a_header_is_as_its_chords_say() -> None:
    beam = pixel_beam(radio_header((200, 200), beam=(40 / 3600, 25 / 3600, 30.0)))
    down, left, length = beam.chords(0.5, (200, 200))
    shape = np.zeros((201, 201), bool)
    for row, first, many in zip(down + 100, left + 100, length, strict=True):
        shape[row, first : first + many] = True
    expected = beam.shape(0.5)
    reach = expected.shape[0] // 2, expected.shape[1] // 2
    assert_array_equal(
        shape[100 - reach[0] : 101 + reach[0], 100 - reach[1] : 101 + reach[1]],
        expected,
    )
    assert shape.sum() == expected.sum()
