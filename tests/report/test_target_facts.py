"""What a report finds out of the files of a mask: from headers, from what a run kept, and by one look at the pixels."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import radio_header, write_fits

from skerry.io.history import InputRecord, step_cards
from skerry.report.target_facts import TargetFacts, TargetFiles, target_facts
from skerry.sky.beam import pixels_per_beam
from skerry.sky.restoring_beam import RestoringBeam

SHAPE = (40, 60)
ISLANDS = ((slice(5, 8), slice(5, 9)), (slice(20, 22), slice(30, 35)))
"""Of 12 and of 10 pixels."""


def mask_of(*islands: tuple[slice, slice]) -> np.ndarray:
    mask = np.zeros(SHAPE, np.uint8)
    for island in islands:
        mask[island] = 1
    return mask


def files_in(
    directory: Path, mask: np.ndarray | None, image: np.ndarray | None, k: int = 1, **cards: Any
) -> TargetFiles:
    """Files of a mask in a directory; those that are None are not written."""
    files = TargetFiles(directory / f"{k}.mask.fits", directory / f"{k}.image.fits", (directory / f"{k}.noise.fits",))
    if mask is not None:
        header = radio_header(mask.shape, unit=None)
        header.update(cards)
        write_fits(files.mask, mask, header)
    if image is not None:
        write_fits(files.image, image)
    return files


def image_of_noise(seed: int = 1, sigma: float = 1e-3) -> np.ndarray:
    return np.random.default_rng(seed).normal(0, sigma, SHAPE).astype(np.float32)


def facts_of(files: TargetFiles, **arguments: Any) -> TargetFacts:
    return target_facts(1, "00", files, **arguments)[0]


@pytest.mark.usefixtures("band_rows")
def test_islands_masked_fraction_and_flux_are_those_of_the_pixels(tmp_path):
    image = image_of_noise()
    image[0, :10] = np.nan
    image[ISLANDS[0]] = 2.0
    image[5, 5] = np.inf
    facts = facts_of(files_in(tmp_path, mask_of(*ISLANDS), image))
    assert (facts.islands, facts.pixels, facts.problem) == (2, 22, None)
    assert facts.fraction == pytest.approx(22 / (40 * 60 - 11))
    total = 11 * 2.0 + float(image[ISLANDS[1]].astype(np.float64).sum())
    assert facts.flux == pytest.approx(total / pixels_per_beam(radio_header(SHAPE)), rel=1e-6)


def test_flux_and_noise_are_in_jansky_whatever_the_unit_of_the_image(tmp_path):
    image = image_of_noise(sigma=1.0)
    files = files_in(tmp_path, mask_of(*ISLANDS), None)
    write_fits(files.image, image, radio_header(SHAPE, unit="mJy/beam"))
    facts = facts_of(files)
    assert facts.noise == pytest.approx(1e-3, rel=0.1)
    assert facts.unit == "Jy/beam"
    total = image.astype(np.float64)[mask_of(*ISLANDS) > 0].sum()
    assert facts.flux == pytest.approx(1e-3 * total / pixels_per_beam(radio_header(SHAPE)), rel=1e-6)


def test_without_a_beam_or_a_unit_no_flux_is_known_and_a_given_beam_counts(tmp_path):
    image, mask = image_of_noise(), mask_of(*ISLANDS)
    files = files_in(tmp_path, mask, None)
    write_fits(files.image, image, radio_header(SHAPE, beam=None))
    assert facts_of(files).flux is None
    beam = RestoringBeam(20 / 3600, 20 / 3600, 0.0)
    total = float(image[mask > 0].astype(np.float64).sum())
    area = pixels_per_beam(radio_header(SHAPE), beam)
    assert facts_of(files._replace(beam=beam)).flux == pytest.approx(total / area, rel=1e-6)
    files.image.unlink()
    write_fits(files.image, image, radio_header(SHAPE, unit=None))
    assert facts_of(files).flux is None


def test_noise_is_the_median_of_what_the_run_kept_or_else_that_of_the_pixels(tmp_path):
    files = files_in(tmp_path, mask_of(*ISLANDS), image_of_noise())
    facts = facts_of(files)
    assert facts.noise == pytest.approx(1e-3, rel=0.1)
    assert not facts.noise_is_kept
    rms = np.full(SHAPE, 5e-4, np.float32)
    rms[:, :5], rms[:, 5:10] = np.nan, 0
    write_fits(files.noise[0], rms)
    facts = facts_of(files)
    assert facts.noise == pytest.approx(5e-4)
    assert facts.noise_is_kept


def test_a_noise_grid_tells_the_noise_by_its_first_plane(tmp_path):
    files = files_in(tmp_path, mask_of(*ISLANDS), image_of_noise())
    header = radio_header((2, 4, 6))
    header["SKCMD"] = "noise-grid"
    write_fits(files.noise[0], np.stack([np.full((4, 6), 3e-4), np.full((4, 6), 9.0)]).astype(np.float32), header)
    assert facts_of(files).noise == pytest.approx(3e-4)


@pytest.mark.usefixtures("band_rows")
def test_an_island_is_kept_gained_or_lost_by_whether_it_shares_a_pixel_with_another_one(tmp_path):
    first = mask_of((slice(0, 3), slice(0, 3)), (slice(10, 12), slice(10, 12)), (slice(30, 32), slice(30, 40)))
    second = mask_of((slice(2, 5), slice(2, 5)), (slice(20, 22), slice(20, 22)), (slice(31, 33), slice(30, 32)))
    second[31:33, 36:38] = 1
    image = image_of_noise()
    before, earlier = target_facts(1, "00", files_in(tmp_path, first, image))
    assert before.changes is None
    assert facts_of(files_in(tmp_path, second, image, 2), earlier=earlier).changes == (3, 1, 1)


def test_masks_on_another_grid_are_not_compared(tmp_path):
    image, mask = image_of_noise(), mask_of(*ISLANDS)
    _, earlier = target_facts(1, "00", files_in(tmp_path, mask, image))
    files = files_in(tmp_path, None, image, 2)
    write_fits(files.mask, mask, radio_header(SHAPE, ra=61.0, unit=None))
    assert facts_of(files, earlier=earlier).changes is None


def test_the_header_tells_clips_preset_options_versions_and_warnings(tmp_path):
    files = files_in(tmp_path, None, image_of_noise())
    header = radio_header(SHAPE, unit=None)
    header["SKSEED"], header["SKFLOOR"] = (4.5, "[sigma] seed clip used"), (2.0, "[sigma] flood clip used")
    header["SKPRESET"], header["SKNEG"] = "early-round", 7
    options = {"flood_fill": True, "noise_box_beams": 10.0}
    for card in step_cards("mask", "0.1.0", options, [InputRecord("a.fits", "0" * 64)], ["a.fits: too dark"]):
        header.add_history(card)
    write_fits(files.mask, mask_of(*ISLANDS), header)
    facts = facts_of(files)
    assert (facts.seed_clip, facts.flood_clip, facts.clip_unit) == (4.5, 2.0, "sigma")
    assert (facts.preset, facts.negative, facts.warnings) == ("early-round", 7, ("a.fits: too dark",))
    (step,) = facts.steps
    assert (step.command, step.version) == ("mask", "0.1.0")
    assert step.options == {"flood_fill": "True", "noise_box_beams": "10.0"}


def test_a_mask_that_is_not_there_is_no_more_than_a_problem_and_the_one_before_is_kept_to_compare_with(tmp_path):
    _, earlier = target_facts(1, "00", files_in(tmp_path, mask_of(*ISLANDS), image_of_noise()))
    facts, kept = target_facts(2, "00", files_in(tmp_path, None, image_of_noise(), 2), earlier=earlier)
    assert (facts.islands, facts.picture, facts.problem) == (None, None, "the mask is not made yet")
    assert kept is earlier


def test_of_a_mask_whose_image_is_gone_or_spoilt_all_is_told_but_what_the_image_would_tell(tmp_path):
    files = files_in(tmp_path, mask_of(*ISLANDS), None, SKSEED=5.0)
    gone = facts_of(files)
    assert gone.problem == f"{files.image}: is not there, so that its mask is not shown"
    files.image.write_bytes(b"no FITS")
    spoilt = facts_of(files)
    assert spoilt.problem is not None
    assert spoilt.problem.startswith(f"{files.image}: ")
    files.image.unlink()
    write_fits(files.image, np.zeros((5, 5), np.float32))
    other = facts_of(files)
    assert other.problem is not None
    assert "5 x 5" in other.problem
    for facts in (gone, spoilt, other):
        assert (facts.islands, facts.fraction, facts.seed_clip) == (2, 22 / 2400, 5.0)
        assert (facts.noise, facts.flux, facts.picture) == (None, None, None)


def test_a_mask_that_cannot_be_read_is_a_problem_that_names_it(tmp_path):
    files = files_in(tmp_path, None, image_of_noise())
    files.mask.write_bytes(b"SIMPLE")
    facts = facts_of(files)
    assert facts.islands is None
    assert str(files.mask) in str(facts.problem)


def test_an_image_without_a_valid_pixel_is_shown_and_has_no_numbers(tmp_path):
    facts = facts_of(files_in(tmp_path, mask_of(), np.full(SHAPE, np.nan, np.float32)))
    assert (facts.islands, facts.fraction, facts.noise, facts.flux, facts.problem) == (0, None, None, None, None)
    assert facts.picture is not None


def test_planes_of_a_cube_are_summed_and_the_first_that_is_not_blank_is_shown(tmp_path):
    masks = np.stack([mask_of(), mask_of(*ISLANDS), mask_of(ISLANDS[0])])
    images = np.stack([np.full(SHAPE, np.nan, np.float32), image_of_noise(1), image_of_noise(2, 5e-3)])
    facts, earlier = target_facts(1, "00", files_in(tmp_path, masks, images))
    assert (facts.islands, facts.pixels, facts.planes) == (3, 34, 3)
    assert facts.fraction == pytest.approx(34 / (2 * 2400))
    assert facts.noise == pytest.approx(1e-3, rel=0.1)
    assert (facts.flux, facts.changes) == (None, None)
    again = facts_of(files_in(tmp_path, masks, images, 2), earlier=earlier)
    assert again.changes is None


def test_the_union_of_the_planes_of_a_cube_is_one_mask(tmp_path):
    files = files_in(tmp_path, mask_of(*ISLANDS), None)
    images = np.stack([image_of_noise(1), image_of_noise(2)])
    write_fits(files.image, images, radio_header(images.shape))
    facts = facts_of(files)
    assert (facts.islands, facts.pixels, facts.planes, facts.problem) == (2, 22, 2, None)
    assert facts.fraction == pytest.approx(22 / 2400)


def test_the_picture_is_no_larger_than_asked_for(tmp_path):
    facts = facts_of(files_in(tmp_path, mask_of(*ISLANDS), image_of_noise()), picture_size=20)
    assert facts.picture is not None
    assert [int.from_bytes(facts.picture[n : n + 4]) for n in (16, 20)] == [20, 14]
    assert facts.size == (60, 40)
