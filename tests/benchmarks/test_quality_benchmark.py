"""What the scoreboard of masks counts, on arrays whose answers are plain."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from conftest import radio_header, write_fits
from numpy.typing import NDArray

from benchmarks.quality.makers import breizorro_method, by_options, mask_makers
from benchmarks.quality.scenes import SEEDS_ASIDE, SEEDS_TO_CHOOSE, simulated_field
from benchmarks.quality.scores import Counts, Known, judge_mask, know
from skerry.io.fits import Image, read_image

SIZE = 256
BEAM = 3.0
Flags = NDArray[np.bool_]


def block(y: int, x: int, size: int = 3) -> tuple[slice, slice]:
    return slice(y, y + size), slice(x, x + size)


def noise(rng: np.random.Generator) -> NDArray[np.float32]:
    return rng.normal(size=(SIZE, SIZE)).astype(np.float32)


def sky(*sources: tuple[tuple[slice, slice], float]) -> NDArray[np.float32]:
    truth = np.zeros((SIZE, SIZE), dtype=np.float32)
    for where, value in sources:
        truth[where] = value
    return truth


def known(rng: np.random.Generator, truth: NDArray[np.float32]) -> Known:
    """The sky in an image whose noise, and thermal noise, is 1."""
    return know(truth + noise(rng), truth, np.ones_like(truth), BEAM)


def mask_of(*blocks: tuple[slice, slice]) -> Flags:
    mask = np.zeros((SIZE, SIZE), dtype=bool)
    for where in blocks:
        mask[where] = True
    return mask


@pytest.fixture
def field(rng: np.random.Generator) -> Known:
    """The brightest source at (50, 50), sources of 10, 6, 4 and 1 sigma."""
    values = ((50, 50, 100), (50, 150, 10), (150, 50, 6), (150, 150, 4), (200, 200, 1))
    return known(rng, sky(*((block(y, x), value) for y, x, value in values)))


def test_an_island_is_false_if_the_truth_nowhere_exceeds_one_and_a_half_sigma(field: Known) -> None:
    mask = mask_of(block(49, 52), block(100, 100), block(200, 200))
    counts = judge_mask(mask, field)
    assert (counts.islands, counts.false_islands) == (3, 2)


def test_masked_pixels_where_the_truth_is_below_half_a_sigma_are_empty(field: Known) -> None:
    counts = judge_mask(mask_of(block(200, 201)), field)
    assert (counts.masked, counts.empty) == (9, 3)


def test_only_empty_pixels_near_the_brightest_source_are_artefacts(field: Known) -> None:
    near, far, emission = block(50, 50 + 85), block(50, 50 + 95), block(50, 50)
    assert judge_mask(mask_of(near, far, emission), field).artefacts == 9


def test_masked_pixels_that_are_invalid_do_not_count(rng: np.random.Generator) -> None:
    image = noise(rng)
    image[:100] = np.nan
    counts = judge_mask(mask_of(block(50, 50), block(150, 50)), know(image, sky(), np.ones_like(image), BEAM))
    assert (counts.islands, counts.masked, counts.valid) == (1, 9, (SIZE - 100) * SIZE)


def test_true_islands_are_detectable_from_five_sigma_down_to_one_and_a_half(rng: np.random.Generator) -> None:
    halo, source, alone, below = block(100, 100, 9), block(103, 103), block(180, 100, 9), block(98, 98, 1)
    found = known(rng, sky((halo, 2.5), (source, 10), (alone, 4), (below, 1)))
    np.testing.assert_array_equal(found.detectable, mask_of(halo))


def test_coverage_is_of_the_pixels_of_detectable_islands(rng: np.random.Generator) -> None:
    halo, source, alone = block(100, 100, 9), block(103, 103), block(180, 100, 9)
    counts = judge_mask(mask_of(source, alone), known(rng, sky((halo, 2.5), (source, 10), (alone, 4))))
    assert (counts.covered, counts.detectable) == (9, 81)
    assert (counts.faint_covered, counts.faint) == (0, 72)


def test_sources_are_counted_by_their_signal_to_noise(field: Known) -> None:
    counts = judge_mask(mask_of(block(52, 52), block(152, 152)), field)
    assert counts.sources == (1, 1, 1, 1)
    assert counts.found == (1, 0, 0, 1)


def test_the_detectable_islands_are_a_mask_without_fault(field: Known) -> None:
    counts = judge_mask(field.detectable, field)
    assert (counts.false_islands, counts.empty, counts.artefacts) == (0, 0, 0)
    assert counts.covered == counts.detectable > 0


def test_an_empty_mask_holds_nothing(field: Known) -> None:
    counts = judge_mask(mask_of(), field)
    assert (counts.islands, counts.false_islands, counts.masked, counts.found) == (0, 0, 0, (0, 0, 0, 0))


def test_counts_of_two_masks_add() -> None:
    one = Counts(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, (1, 2), (3, 4))
    assert one.plus(one) == Counts(2, 4, 6, 8, 10, 12, 14, 16, 18, 20, (2, 4), (6, 8))


def test_constants_are_not_judged_by_the_fields_they_were_chosen_with() -> None:
    assert not set(SEEDS_ASIDE) & set(SEEDS_TO_CHOOSE)


def image_of(data: NDArray[np.float32], path: Path = Path("image.fits")) -> Image:
    return Image(path, data, radio_header(data.shape), data.shape)


def test_breizorro_takes_the_minimum_of_a_box_for_so_many_sigma() -> None:
    """Half of all boxes of 2500 pixels of Gaussian noise reach deeper than 3.453 sigma: 6.5 sigma are 1.882 minima."""
    data = np.full((SIZE, SIZE), -1.0, dtype=np.float32)
    data[100, 100], data[100, 150], data[:60] = 1.89, 1.87, np.nan
    assert np.argwhere(breizorro_method(image_of(data), 0)).tolist() == [[100, 100]]


def test_options_may_change_in_a_round(tmp_path: Path) -> None:
    data = np.full((SIZE, SIZE), -1.0, dtype=np.float32)
    data[100, 100], data[100, 150] = 2.5, 1.8
    image = read_image(write_fits(tmp_path / "image.fits", data))
    mac = {"flood_fill": True, "flood_fill_use_mac": True, "flood_fill_positive_seed_clip": 2}
    mac["flood_fill_positive_flood_clip"] = 1.1
    maker = by_options("MAC", {1: {"flood_fill_positive_seed_clip": 1.2}}, **mac)
    assert [maker.make(image, k).sum() for k in (0, 1)] == [1, 2]


def test_every_mask_maker_has_a_name_of_its_own() -> None:
    names = [maker.name for maker in mask_makers()]
    assert len(set(names)) == len(names)


def test_no_mask_maker_masks_invalid_pixels(tmp_path: Path, rng: np.random.Generator) -> None:
    data = noise(rng)
    data[block(100, 100)], data[:20] = 30, np.nan
    image = read_image(write_fits(tmp_path / "image.fits", data))
    for maker in mask_makers():
        mask = maker.make(image, 0)
        assert mask[101, 101], maker.name
        assert not mask[:20].any(), maker.name


def test_the_truth_of_a_simulated_mosaic_lies_where_its_sources_do(tmp_path: Path) -> None:
    (scene,) = simulated_field(tmp_path, seed=5, size=64, rounds=[0])
    peak = np.unravel_index(np.nanargmax(scene.image.data), scene.image.data.shape)
    truth = read_image(tmp_path / "truth" / "mosaic.restored.fits").data
    assert np.hypot(*np.subtract(peak, np.unravel_index(truth.argmax(), truth.shape))) < 1.5
    assert scene.known.detectable[peak]
