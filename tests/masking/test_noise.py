"""The local noise: what it is near bright, extended and missing emission, and in files."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import numpy as np
import pytest
import sep
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from known_images import noise as correlated_noise
from numpy.typing import NDArray
from scipy.ndimage import distance_transform_edt, gaussian_filter, maximum_filter

from skerry.errors import SkerryError
from skerry.io.fits import read_image
from skerry.kernels.mesh import Spline
from skerry.masking.noise import _bright_islands, _left_out, _sample, grid_and_maps, maps_of_grid, noise_maps
from skerry.masking.noise_boxes import BoxGrid, BoxValues, Known
from skerry.masking.noise_grid import _CLIPPED_SIGMA, NoiseGrid
from skerry.masking.noise_mesh import ValidBoxes, _nearest, _planes_in_the_middle, filled, filtered
from skerry.planes.bits import BitMask
from skerry.planes.computed import Computed, collect
from skerry.planes.limits import use_limits

SIGMA = 1e-3

REAL_IMAGES = [
    "caracal/Fornaxa_vla.FITS",
    "caesar/ScorpioExtendedSourceField.fits",
    "caesar/ScorpioFaintSNRField.fits",
    "aegean/1904-66_SIN.fits",
    "astropydata/gc_bolocam_gps.fits",
    "pyse/GRB201006A_final_2min_srcs-t0002-image-pb_cutout.fits",
    "pyse/SWIFT_554620-130504.fits",
    "vast/epoch01.fits",
    "flint/SB56659.RACS_0940-04.beam17.round3-0000-image.sub.fits",
]


def estimate_noise(image: NDArray, **boxes: int) -> tuple[NDArray, NDArray]:
    """Rms and background as arrays."""
    rms, bkg = noise_maps(image, **boxes)
    return np.asarray(rms), np.asarray(bkg)


def noise_image(rng: np.random.Generator, shape: tuple[int, int] = (256, 320), fwhm: float = 0.0) -> NDArray:
    """Noise of rms SIGMA, with the correlation of a round beam of that FWHM in pixels."""
    return correlated_noise(rng, shape, fwhm, SIGMA)


def gaussian_source(shape: tuple[int, int], row: int, column: int, peak: float, fwhm: float) -> NDArray:
    y, x = np.ogrid[: shape[0], : shape[1]]
    return (peak * np.exp(-4 * np.log(2) * ((y - row) ** 2 + (x - column) ** 2) / fwhm**2)).astype(np.float32)


@pytest.mark.parametrize(("fwhm", "tolerance"), [(0.0, 0.03), (4.0, 0.06)])
def test_rms_of_gaussian_noise_is_its_sigma(rng: np.random.Generator, fwhm: float, tolerance: float) -> None:
    rms, _ = estimate_noise(noise_image(rng, fwhm=fwhm))
    assert np.median(rms) == pytest.approx(SIGMA, rel=tolerance)


def test_rms_follows_a_change_of_the_noise_across_the_image(rng: np.random.Generator) -> None:
    truth = np.linspace(1, 5, 320, dtype=np.float32)
    rms, _ = estimate_noise(noise_image(rng) * truth)
    assert np.median(np.abs(rms / (SIGMA * truth) - 1)) < 0.05


def test_background_is_the_level_of_the_image(rng: np.random.Generator) -> None:
    _, bkg = estimate_noise(noise_image(rng) + np.float32(20 * SIGMA))
    np.testing.assert_allclose(bkg, 20 * SIGMA, atol=0.2 * SIGMA)


def test_a_bright_point_source_hardly_changes_the_rms_beside_it(rng: np.random.Generator) -> None:
    noise = noise_image(rng, fwhm=4)
    rms, _ = estimate_noise(noise + gaussian_source(noise.shape, 130, 150, 3000 * SIGMA, 4))
    without, _ = estimate_noise(noise)
    np.testing.assert_allclose(rms, without, rtol=0.1)


def test_an_extended_source_is_neither_noise_nor_background(rng: np.random.Generator) -> None:
    noise = noise_image(rng, (512, 512), fwhm=4)
    rms, bkg = estimate_noise(noise + gaussian_source(noise.shape, 250, 260, 100 * SIGMA, 120))
    assert rms.max() < 2 * SIGMA
    assert bkg.max() < 8 * SIGMA


def test_the_noise_of_bright_artefacts_is_confined_to_them(rng: np.random.Generator) -> None:
    image = noise_image(rng, fwhm=4)
    image[96:192, 96:192] *= 10
    rms, _ = estimate_noise(image)
    assert rms[144, 144] == pytest.approx(10 * SIGMA, rel=0.2)
    assert rms[144, 260] == pytest.approx(SIGMA, rel=0.2)


def test_rms_never_leaves_the_range_of_its_boxes(rng: np.random.Generator) -> None:
    image = noise_image(rng)
    image[128:160, 128:160] *= 100
    rms, _ = estimate_noise(image, filter_size=1)
    assert rms.min() > 0.5 * SIGMA


def test_invalid_borders_leave_the_rest_as_it_was(rng: np.random.Generator) -> None:
    noise = noise_image(rng)
    bordered = np.full((400, 500), np.nan, np.float32)
    bordered[70 : 70 + 256, 90 : 90 + 320] = noise
    rms, bkg = estimate_noise(bordered)
    valid = np.isfinite(bordered)
    np.testing.assert_array_equal(np.isfinite(rms), valid)
    np.testing.assert_array_equal(np.isfinite(bkg), valid)
    np.testing.assert_allclose(rms[valid], SIGMA, rtol=0.15)


def test_infinite_pixels_are_invalid(rng: np.random.Generator) -> None:
    image = noise_image(rng)
    missing = image.copy()
    image[10:60, 10:90] = np.inf
    image[200, 200] = -np.inf
    missing[~np.isfinite(image)] = np.nan
    for got, expected in zip(estimate_noise(image), estimate_noise(missing), strict=True):
        np.testing.assert_array_equal(got, expected)


def test_single_valid_pixels_in_an_empty_image_have_the_noise_of_all_of_them(rng: np.random.Generator) -> None:
    image = noise_image(rng)
    image[rng.random(image.shape) < 0.7] = np.nan
    rms, _ = estimate_noise(image)
    valid = np.isfinite(image)
    np.testing.assert_array_equal(np.isfinite(rms), valid)
    np.testing.assert_allclose(rms[valid], SIGMA, rtol=0.05)


def test_an_image_without_a_valid_pixel_is_an_error() -> None:
    with pytest.raises(SkerryError, match="no valid pixel"):
        estimate_noise(np.full((20, 20), np.nan, np.float32))


@pytest.mark.parametrize("shape", [(1, 1), (1, 50), (10, 10), (33, 31), (65, 97), (40, 300)])
def test_maps_of_small_images_have_their_shape_and_no_gap(rng: np.random.Generator, shape: tuple[int, int]) -> None:
    for values in estimate_noise(noise_image(rng, (300, 300))[: shape[0], : shape[1]]):
        assert values.shape == shape
        assert values.dtype == np.float32
        assert np.isfinite(values).all()


def test_an_image_smaller_than_a_box_has_its_own_noise(rng: np.random.Generator) -> None:
    rms, _ = estimate_noise(noise_image(rng, (24, 28)), box_size=64)
    np.testing.assert_allclose(rms, SIGMA, rtol=0.1)


def test_a_sliver_beyond_the_last_box_is_no_box_of_its_own(rng: np.random.Generator) -> None:
    image = noise_image(rng, (257, 257))
    image[:, -1] = 0
    rms, _ = estimate_noise(image)
    np.testing.assert_allclose(rms[:, -1], SIGMA, rtol=0.15)


@pytest.mark.parametrize("level", [0.0, 1.25, -3e-5])
def test_a_constant_image_has_no_noise(level: float) -> None:
    rms, bkg = estimate_noise(np.full((100, 100), level, np.float32))
    np.testing.assert_array_equal(rms, 0)
    np.testing.assert_allclose(bkg, level, rtol=1e-6)


def test_constant_padding_beside_noise_has_no_noise(rng: np.random.Generator) -> None:
    image = noise_image(rng, (384, 256))
    image[:128] = 3e-7 + 1e-6 * image[:128]
    rms, _ = estimate_noise(image)
    np.testing.assert_array_equal(rms[:126], 0)
    np.testing.assert_allclose(rms[130:], SIGMA, rtol=0.2)


def varied_noise(seed: int, shape: tuple[int, int]) -> NDArray:
    """Noise about 5 that grows to the right."""
    noise = np.random.default_rng(seed).standard_normal(shape) * np.linspace(1, 3, shape[1]) + 5
    return noise.astype(np.float32)


def drawn(grid: BoxGrid, values: BoxValues, filter_size: int) -> tuple[NDArray, ...]:
    """Rms and level at every pixel, the rms neither corrected nor kept in bounds."""
    return tuple(
        Spline(filtered(filled(part, values.usable), filter_size // 2), grid.height, grid.width, grid.shape[1]).rows(
            0, grid.shape[0]
        )
        for part in (values.rms, values.level)
    )


def assert_are_those_of_sep(image: NDArray, mask: NDArray | None, grid: BoxGrid, filter_size: int) -> None:
    plain = sep.Background(
        np.nan_to_num(image, posinf=0, neginf=0),
        mask=~np.isfinite(image) | (False if mask is None else mask),
        bw=grid.width,
        bh=grid.height,
        fw=filter_size,
        fh=filter_size,
    )
    left_out = None if mask is None else BitMask.of(mask)
    maps = drawn(grid, grid.measure(image, left_out), filter_size)
    for found, expected in zip(maps, (plain.rms(), plain.back()), strict=True):
        np.testing.assert_allclose(found, expected, atol=2e-6 * np.abs(expected).max(), rtol=0)


@given(
    st.integers(0, 100),
    st.tuples(st.integers(1, 70), st.integers(1, 70)),
    st.tuples(st.integers(2, 20), st.integers(2, 20)),
    st.sampled_from([1, 3, 5]),
)
def test_maps_are_those_of_sep_for_the_whole_image(
    seed: int, shape: tuple[int, int], box: tuple[int, int], filter_size: int
) -> None:
    grid = BoxGrid(shape, min(box[0], shape[0]), min(box[1], shape[1]))
    # Of a box of a single pixel sep gives twice its value.
    assume(all(1 not in (n % side, side) for n, side in ((shape[0], grid.height), (shape[1], grid.width))))
    assert_are_those_of_sep(varied_noise(seed, shape), None, grid, filter_size)


@settings(max_examples=40)
@given(st.integers(0, 100), st.integers(1, 5), st.sampled_from([1, 3]))
def test_boxes_without_pixels_are_filled_as_sep_does(seed: int, holes: int, filter_size: int) -> None:
    image = varied_noise(seed, (75, 90))
    rng = np.random.default_rng(seed)
    for y, x in rng.integers(0, 70, (holes, 2)):
        image[y : y + 30, x : x + 25] = np.nan
    mask = rng.random(image.shape) < 0.1
    assert_are_those_of_sep(image, mask, BoxGrid(image.shape, 8, 7), filter_size)


def test_maps_of_a_grid_that_was_kept_have_the_same_bits(crowded: tuple[NDArray, tuple[NDArray, NDArray]]) -> None:
    image, maps = crowded
    grid, _ = grid_and_maps(image, box_size=16)
    kept = NoiseGrid(grid.boxes, grid.rms.copy(), grid.level.copy(), grid.has_blank)
    for found, expected in zip(maps_of_grid(image, kept), maps, strict=True):
        np.testing.assert_array_equal(np.asarray(found), expected)


def test_a_grid_of_another_image_is_refused(rng: np.random.Generator) -> None:
    grid, _ = grid_and_maps(noise_image(rng, (64, 64)))
    with pytest.raises(SkerryError, match=r"\(64, 64\), not of \(64, 65\)"):
        maps_of_grid(noise_image(rng, (64, 65)), grid)


@pytest.mark.parametrize("both_signs", [False, True])
def test_the_planes_of_the_noise_read_the_image_no_more(rng: np.random.Generator, both_signs: bool) -> None:
    image = noise_image(rng, (100, 90))
    image[:30, 40:] = np.nan
    expected = np.isfinite(image)
    reads = []

    def rows(start: int, stop: int) -> NDArray:
        reads.append((start, stop))
        return image[start:stop]

    maps = noise_maps(Computed(image.shape, np.float32, rows), box_size=16, both_signs=both_signs)
    reads.clear()
    for found in maps:
        np.testing.assert_array_equal(np.isfinite(np.asarray(found)), expected)
    assert not reads


def test_the_level_of_a_single_pixel_is_its_value() -> None:
    values = BoxGrid((1, 3), 1, 1).measure(np.array([[5, np.nan, -3]], np.float32), None)
    np.testing.assert_array_equal(values.level, [[5, 0, -3]])
    np.testing.assert_array_equal(values.rms, 0)
    np.testing.assert_array_equal(values.usable, [[True, False, True]])


@given(st.integers(0, 1000), st.integers(1, 20), st.integers(1, 20), st.sampled_from([0.02, 0.1, 0.6]))
def test_the_nearest_box_is_that_of_a_distance_transform(seed: int, my: int, mx: int, share: float) -> None:
    rng = np.random.default_rng(seed)
    usable = rng.random((my, mx)) < share
    usable[rng.integers(my), rng.integers(mx)] = True
    found = _nearest(usable)
    assert usable[tuple(found)].all()
    distance = np.hypot(*(found - np.indices(usable.shape)))
    np.testing.assert_allclose(distance, distance_transform_edt(~usable), rtol=1e-12)


@given(st.integers(0, 1000), st.floats(0.1, 0.9))
def test_planes_round_a_box_are_those_of_least_squares(seed: int, share: float) -> None:
    rng = np.random.default_rng(seed)
    inside, values = rng.random((6, 5, 5)) < share, rng.normal(size=(6, 5, 5))
    inside[0], inside[0, 2] = False, True  # all in one line
    middles, are_planes = _planes_in_the_middle(inside, values)
    assert not are_planes[0]
    for n, places in enumerate(np.argwhere(part) - 2 for part in inside):
        matrix = np.column_stack([np.ones(len(places)), places])
        plane, _, rank, _ = np.linalg.lstsq(matrix, values[n][inside[n]])
        assert are_planes[n] == (rank == 3 and len(places) >= 6)
        if are_planes[n]:
            assert middles[n] == pytest.approx(plane[0], rel=1e-9, abs=1e-9)


def test_islands_that_reach_5_sigma_are_emission_down_to_3(rng: np.random.Generator) -> None:
    grid, maps = grid_and_maps(noise_image(rng, (64, 64)), box_size=64)
    sigma, level = (float(np.asarray(plane)[0, 0]) for plane in maps)
    signal = np.zeros((64, 64), np.float32)
    signal[10, 10:13], signal[30, 10:13], signal[50, 10:13] = [3.1, 5.1, 2.9], [3.1, 4.9, 2.9], [-3.1, -5.1, -2.9]
    image = (level + sigma * signal).astype(np.float32)
    for both_signs, rows in ((False, [10]), (True, [10, 50])):
        found = np.argwhere(np.asarray(_bright_islands(image, None, grid, both_signs=both_signs)))
        np.testing.assert_array_equal(found, [(row, x) for row in rows for x in (10, 11)])


@pytest.mark.parametrize("both_signs", [False, True])
@pytest.mark.usefixtures("band_rows")
def test_what_is_known_of_a_box_is_that_of_measuring_it_again(rng: np.random.Generator, both_signs: bool) -> None:
    image = noise_image(rng)
    image[:, 100] = np.nan
    one, other = BitMask(image.shape), BitMask(image.shape)
    for mask, places in ((one, [np.s_[40:90, 200:290], np.s_[5, 6]]), (other, [np.s_[60:90, 200:290], np.s_[5, 150]])):
        pixels = np.zeros(image.shape, bool)
        for place in places:
            pixels[place] = True
        mask[:] = pixels
    grid = BoxGrid.over(image.shape, 32)
    known = [Known(grid.measure(image, mask, both_signs=both_signs), mask) for mask in (None, one, other)]
    for before, (values, mask) in product(known, known):
        again = grid.measure(image, mask, before, both_signs=both_signs)
        for found, expected in zip(again, values, strict=True):
            np.testing.assert_array_equal(found, expected)


def test_only_rows_of_boxes_are_read_of_which_not_all_is_known(
    rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("skerry.planes.bands._band_rows", lambda *_: (1, 2))
    image, read = noise_image(rng), set()

    def rows(start: int, stop: int) -> NDArray[np.float32]:
        read.update(range(start, stop))
        return image[start:stop]

    grid, mask = BoxGrid(image.shape, 32, 40), BitMask(image.shape)
    pixels = np.zeros(image.shape, bool)
    pixels[70, 100] = True
    mask[:] = pixels
    known = grid.measure(image, None)
    values = grid.measure(Computed(image.shape, np.float32, rows), mask, Known(known, None))
    assert read == set(range(64, 96))
    np.testing.assert_array_equal(np.argwhere(values.pixels != known.pixels), [[2, 2]])


def test_the_rms_of_a_pixel_is_within_that_of_the_boxes_around(rng: np.random.Generator) -> None:
    grid = BoxGrid((60, 100), 10, 10)
    rms = np.ones((6, 10), np.float32)
    rms[3, 4] = 100
    ones = np.ones(rms.shape)
    values = BoxValues(rms, rms, ones.astype(np.int32), ones.astype(np.bool_))
    found = NoiseGrid.of_values(grid, values, 1, has_blank=False).rms_plane()[:] * 0.9848
    assert found.min() == pytest.approx(1)
    assert 99 < found.max() <= 100 * (1 + 1e-6)
    np.testing.assert_allclose(found[30:40, 60:], 1, rtol=1e-6)


@pytest.fixture(scope="module")
def crowded() -> tuple[NDArray, tuple[NDArray, NDArray]]:
    """An image of sources, holes and padding, and its noise and background worked out in one piece."""
    image = noise_image(np.random.default_rng(7), (210, 330), fwhm=4)
    for row, column, width in ((40, 60, 4), (120, 200, 30), (150, 300, 10), (96, 32, 12)):
        image += gaussian_source(image.shape, row, column, 300 * SIGMA, width)
    image[:50, 250:] = np.nan
    image[180:, :80] = 0
    image[100, 100:105] = np.inf
    return image, estimate_noise(image, box_size=16)


def test_noise_is_the_same_in_bands_of_any_height(
    crowded: tuple[NDArray, tuple[NDArray, NDArray]], band_rows: int
) -> None:
    image, expected = crowded
    plane = Computed(image.shape, np.float32, lambda start, stop: image[start:stop])
    for found, whole in zip(noise_maps(plane, box_size=16, filter_size=3), expected, strict=True):
        np.testing.assert_array_equal(collect(found), whole)
        np.testing.assert_array_equal(found[77:79], whole[77:79])


@given(st.tuples(st.integers(1, 12), st.integers(1, 12)), st.data())
def test_the_wings_of_sources_are_left_out_too(shape: tuple[int, int], data: st.DataObject) -> None:
    rng = np.random.default_rng(data.draw(st.integers(0, 1000)))
    sources, blank = rng.random((2, *shape)) < 0.05
    has_blank = data.draw(st.booleans())
    found = _left_out(BitMask.of(sources), BitMask.of(blank) if has_blank else None)
    np.testing.assert_array_equal(found[:], maximum_filter(sources, 5, mode="constant") | (blank & has_blank))


def test_a_sample_is_every_so_manyth_valid_pixel(
    rng: np.random.Generator, band_rows: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("skerry.masking.noise._SAMPLE", 100)
    image = noise_image(rng, (30, 40))
    image[rng.random(image.shape) < 0.6] = np.nan
    blank = rng.random(image.shape) < 0.1
    valid = image[np.isfinite(image) & ~blank]
    np.testing.assert_array_equal(_sample(image, blank), valid[:: 1 + valid.size // 100])


def test_boxes_that_are_too_large_for_the_memory_are_refused() -> None:
    image = Computed((60_000, 60_000), np.float32, lambda start, stop: np.zeros((stop - start, 60_000), np.float32))
    with use_limits(memory=500_000_000), pytest.raises(SkerryError, match=r"^`memory`: .* or a smaller box"):
        BoxGrid.over(image.shape, 30_000).measure(image, None)


def test_the_image_is_not_changed_and_need_not_be_contiguous(rng: np.random.Generator) -> None:
    image = noise_image(rng)
    image[:40] = np.nan
    before = image.copy()
    view, big_endian = image[::2, ::-1], image.astype(">f4")
    estimate_noise(view)
    estimate_noise(image)
    np.testing.assert_array_equal(image, before)
    np.testing.assert_array_equal(estimate_noise(view)[0], estimate_noise(view.copy())[0])
    np.testing.assert_array_equal(estimate_noise(big_endian)[0], estimate_noise(image)[0])


@pytest.mark.parametrize("name", REAL_IMAGES)
def test_real_images_have_noise_at_every_valid_pixel(shared_data: Path, name: str) -> None:
    image = read_image(shared_data / "real" / name).data
    rms, bkg = estimate_noise(image)
    valid = np.isfinite(image)
    np.testing.assert_array_equal(np.isfinite(rms), valid)
    np.testing.assert_array_equal(np.isfinite(bkg), valid)
    # A quarter of Fornax A, 67 542 pixels, is padding that is constant but for rounding, which has no noise.
    padding = 0.259 if "Fornax" in name else 0.0
    assert np.mean(rms[valid] > 0) >= 1 - padding


@pytest.mark.parametrize("round_", [0, 1, 2])
def test_noise_of_the_simulated_field_is_the_true_one(shared_data: Path, round_: int) -> None:
    field = shared_data / "field"
    image = read_image(field / f"SIM_0400-45.beam00.round{round_}.i.MFS.image.fits").data
    sky = read_image(field / "truth.beam00.restored.fits.gz").data
    rms, _ = estimate_noise(image)
    empty = sky < 5e-6
    noise = (image - sky) / rms
    assert 1.4826 * np.median(np.abs(noise[empty])) == pytest.approx(1, rel=0.05)


def test_the_lobes_of_fornax_a_are_signal(shared_data: Path) -> None:
    image = read_image(shared_data / "real/caracal/Fornaxa_vla.FITS").data
    rms, bkg = estimate_noise(image)
    lobes = image > 2e-3
    assert np.mean((image - bkg)[lobes] > 3 * rms[lobes]) > 0.99


def ragged(shape: tuple[int, int], seed: int) -> NDArray[np.bool_]:
    """Sky within a border of random shape, of which a box has anything from all pixels to a few."""
    rng = np.random.default_rng(seed)
    y, x = (np.arange(n) - n / 2 + 0.5 for n in shape)
    turn = np.arctan2(y[:, np.newaxis], x)
    waves = sum(rng.normal() * np.sin(m * turn + rng.uniform(0, 6)) / m**0.7 for m in range(2, 40))
    teeth = gaussian_filter(rng.normal(size=shape), 6)
    return np.hypot(y[:, np.newaxis], x) < shape[0] * (0.42 + 0.02 * waves) + 3 * teeth / teeth.std()


def circle(shape: tuple[int, int], seed: int) -> NDArray[np.bool_]:
    y, x = np.ogrid[: shape[0], : shape[1]]
    return np.hypot(y - shape[0] / 2 + 0.5, x - shape[1] / 2 + 0.5) < 0.46 * shape[0]


@pytest.mark.parametrize("border", [circle, ragged])
@pytest.mark.parametrize(
    ("rises", "box", "typical", "share"),
    [(0.0, 32, 0.04, 0.1), (0.5, 32, 0.04, 0.12), (0.5, 64, 0.05, 0.1), (2.0, 32, 0.1, 0.5)],
)
def test_the_noise_is_right_up_to_a_ragged_border(border, rises: float, box: int, typical: float, share: float) -> None:
    """Typical error of the outermost beam, and share of its pixels that are wrong by more than 10 per cent.

    The noise is the same everywhere, or rises slowly from side to side, or from the middle to the border as that of a
    mosaic does: by a quarter from box to box.
    """
    shape, fwhm, ratios = (400, 400), 3.2, []
    y, x = (np.arange(400) / 400 for _ in range(2))
    slope = 1 + rises * x + 0.6 * rises * y[:, np.newaxis]
    if rises > 1:
        slope = rises ** (((2 * x - 1) ** 2 + (2 * y[:, np.newaxis] - 1) ** 2) / 0.81)
    for seed in range(3):
        sky = border(shape, seed)
        image = noise_image(np.random.default_rng(seed), shape, fwhm) * slope
        rms, _ = estimate_noise(np.where(sky, image, np.nan).astype(np.float32), box_size=box)
        rim = sky & (distance_transform_edt(sky) <= fwhm)
        ratios.append(rms[rim] / (SIGMA * slope[rim]))
    ratio = np.concatenate(ratios)
    assert np.isfinite(ratio).all()
    assert np.median(ratio) == pytest.approx(1, abs=typical)
    assert (np.abs(ratio - 1) > 0.1).mean() < share


def box_values(log_rms: NDArray, usable: NDArray[np.bool_]) -> BoxValues:
    rms = np.where(usable, np.exp(log_rms) * _CLIPPED_SIGMA, 0).astype(np.float32)
    return BoxValues(rms, np.zeros_like(rms), np.full(rms.shape, 100, np.int32), usable)


@pytest.mark.parametrize(("slope", "freely"), [(0.1, True), (0.8, False), (-0.3, False)])
def test_beyond_the_last_box_the_rms_goes_on_as_it_changes(slope: float, freely: bool) -> None:
    """As the plane through the logarithm of the others, but by no more than a half, and not below all of them."""
    y, x = np.mgrid[:12, :14]
    usable = (x < 9) & (y > 2)
    log_rms = slope * (x - 0.2 * y)
    # With an even height and an odd width there are pixels at the nodes of the spline.
    grid = BoxGrid((12 * 8, 14 * 9), 8, 9)
    values = box_values(log_rms, usable).with_nearest(ValidBoxes(usable))
    rms = NoiseGrid.of_values(grid, values, 1, ValidBoxes(usable), has_blank=False).rms_plane()
    middle = rms[:][7 * 8 + 4, 4::9]
    expected = np.exp(log_rms[7])
    last = expected[8]
    around = np.exp(log_rms[5:10, 7:9]).min()
    continued = expected[9] if freely else min(1.5 * last, expected[9]) if slope > 0 else max(around, expected[9])
    assert middle[:9] == pytest.approx(expected[:9], rel=1e-4)
    assert middle[9:] == pytest.approx(np.full(5, continued), rel=1e-4)
    assert (continued == expected[9]) == freely


def test_noise_boxes_of_2_31_pixels_are_refused():
    assert BoxGrid.over((50_000, 90_000), 30_000).mesh == (2, 3)
    with pytest.raises(SkerryError, match=r"^`noise_box_size`: .* 50000 x 60000 pixels, but of 2147483647 at most"):
        BoxGrid.over((50_000, 60_000), 10**20)
