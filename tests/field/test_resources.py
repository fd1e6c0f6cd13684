"""What jobs ask a cluster for: by the step, by the pixels of its image, by the attempt."""

from __future__ import annotations

import itertools
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import REPOSITORY, radio_header, write_fits
from workflow_runs import configure, snakemake

from skerry import MaskingOptions, SkerryError
from skerry.field.config import load_field
from skerry.field.keys import FieldConfig
from skerry.field.resources import (
    MOST_MB,
    SNAKEMAKE_MB,
    STEPS,
    image_megapixels,
    memory_mb,
    minutes,
    needs_like,
    step_mb,
    step_megapixels,
)
from skerry.planes.limits import LEAST_MEMORY

EVERY_STEP = pytest.mark.parametrize("step", STEPS)


@EVERY_STEP
def test_a_larger_image_asks_for_more_memory(step):
    asked = [memory_mb(step, pixels) for pixels in (0, 16, 67, 268)]
    assert all(less < more for less, more in itertools.pairwise(asked))


@EVERY_STEP
def test_a_larger_image_asks_for_more_time(step):
    asked = [minutes(step, pixels) for pixels in (0, 268, 1074, 4295)]
    assert all(less < more for less, more in itertools.pairwise(asked))


@EVERY_STEP
@pytest.mark.parametrize("ask", [memory_mb, minutes])
def test_the_next_attempt_asks_for_as_much_again(step, ask):
    once = ask(step, 600, 1)
    assert ask(step, 600, 2) == pytest.approx(2 * once, abs=1)
    assert ask(step, 600, 3) == pytest.approx(3 * once, abs=2)


@EVERY_STEP
def test_memory_that_saves_no_time_is_not_asked_for(step):
    assert step_mb(step, 1e6) == MOST_MB


@EVERY_STEP
def test_an_image_that_is_not_there_yet_still_gives_a_step_the_memory_that_it_accepts(step):
    assert step_mb(step, 0) * 1e6 >= LEAST_MEMORY


@pytest.mark.parametrize("ask", [memory_mb, minutes, step_mb])
def test_a_step_that_does_not_exist_is_an_error_that_names_those_that_do(ask):
    with pytest.raises(SkerryError, match="'sharpen' is not a step of the workflow; give one of noise, signal"):
        ask("sharpen", 1)


def test_pixels_follow_from_the_size_of_the_file(tmp_path):
    assert image_megapixels(image(tmp_path / "image.fits", 3)) == 3


@pytest.mark.parametrize("packed", [".gz", ".fz"])
def test_a_packed_image_counts_as_a_larger_one(tmp_path, packed):
    assert image_megapixels(image(tmp_path / f"image.fits{packed}", 3)) > 2 * 3


def image(path: Path, megapixels: float) -> str:
    """A file of the size of an image, which takes no room: a small image, and nothing after it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write_fits(path, np.zeros((4, 4), np.float32))
    with path.open("r+b") as file:
        file.truncate(int(4e6 * megapixels))
    return str(path)


def field_in(directory: Path, **changes: Any) -> FieldConfig:
    """A field of two beams and three rounds, whose images of round 0 are there, of 10 and 20 Mpixels."""
    for k, beam, megapixels in ((0, "00", 10), (0, "01", 20), (1, "00", 12)):
        image(directory / f"beam{beam}.round{k}.fits", megapixels)
    keys: dict[str, Any] = {
        "field": "F",
        "beams": ["00", "01"],
        "rounds": 3,
        "source": "beam",
        "images": "beam{beam}.round{round}.fits",
        "preset": "none",
        "masking": {"flood_fill": True, "beam_shape_erode": True},
        "output": str(directory / "out"),
    }
    return load_field(configure(directory, keys | changes))


CO_ADDED = {"source": "mosaic", "mosaic": {"primary_beam_fwhm": "1 deg"}}


def test_a_step_of_a_beam_works_on_the_image_of_the_round_before(tmp_path):
    assert step_megapixels(field_in(tmp_path), "flood", 2, "beam00") == 12


def test_an_image_that_is_still_to_be_made_counts_as_that_of_the_first_round(tmp_path):
    assert step_megapixels(field_in(tmp_path), "flood", 3, "beam01") == 20


def test_a_report_reads_the_images_of_all_rounds_that_masks_are_for(tmp_path):
    # Of rounds 0 and 1, of which one is there; those of round 2 count as the first.
    assert step_megapixels(field_in(tmp_path), "report", 3, "") == (10 + 20) + (12 + 20) + (10 + 20)


def test_no_image_at_all_counts_as_none(tmp_path):
    field = field_in(tmp_path)
    (tmp_path / "beam00.round0.fits").unlink()
    assert step_megapixels(field, "flood", 1, "beam00") == 0


def test_an_image_counts_from_when_it_is_made(tmp_path):
    field = field_in(tmp_path)
    before = step_megapixels(field, "check", 3, "beam01")
    image(tmp_path / "beam01.round2.fits", 30)
    assert (before, step_megapixels(field, "check", 3, "beam01")) == (20, 30)


def test_a_mosaic_is_made_of_all_beams(tmp_path):
    assert step_megapixels(field_in(tmp_path, **CO_ADDED), "mosaic", 1, "mosaic") == 30


def test_a_mosaic_that_is_not_made_yet_counts_as_the_grid_round_its_beams(tmp_path):
    field = field_in(tmp_path, **CO_ADDED)
    for beam, right in (("00", 0), ("01", 100)):
        header = radio_header((200, 300))
        header["CRPIX1"] -= right
        (tmp_path / f"beam{beam}.round0.fits").unlink()
        write_fits(tmp_path / f"beam{beam}.round0.fits", np.zeros((200, 300), np.float32), header)
    assert step_megapixels(field, "noise", 2, "mosaic") == pytest.approx(400 * 200 / 1e6, rel=1e-3)


def test_a_mosaic_of_beams_whose_headers_tell_nothing_counts_as_all_of_them(tmp_path):
    field = field_in(tmp_path, **CO_ADDED)
    for path in tmp_path.glob("beam*.fits"):
        with path.open("r+b") as file:
            file.write(bytes(2880))
    assert step_megapixels(field, "noise", 1, "mosaic") == 30


@pytest.mark.parametrize("k", [1, 3])
def test_a_mosaic_counts_as_the_one_that_was_made(tmp_path, k):
    field = field_in(tmp_path, **CO_ADDED)
    image(tmp_path / "out" / "F" / "round1" / "mosaic.image.fits", 25)
    assert step_megapixels(field, "noise", k, "mosaic") == 25


def test_a_beam_is_taken_out_of_the_mosaic(tmp_path):
    image(tmp_path / "mosaic0.fits", 70)
    field = field_in(tmp_path, source="mosaic", mosaic="mosaic{round}.fits")
    assert step_megapixels(field, "extract-beam", 1, "beam01") == 20 + 70


@EVERY_STEP
def test_the_table_of_the_benchmarks_says_what_a_step_asks_for(step):
    readme = (REPOSITORY / "benchmarks" / "README.md").read_text()
    table = readme.partition("## What jobs ask for, and what they use\n")[2].partition("\n## ")[0]
    (row,) = re.findall(rf"^\| {step} \| [a-z ]+ \| ([\d.]+) \| ([\d.]+) \| ([\d.]+) \|", table, re.MULTILINE)
    assert tuple(map(float, row)) == STEPS[step]


def rules() -> dict[str, str]:
    """Text of each rule of the workflow that is no variant of another one."""
    text = "\n".join(path.read_text() for path in sorted((REPOSITORY / "rules").glob("*.smk")))
    parts = re.split(r"^ *(?:use )?rule (\w+)(?: as \w+ with)?:$", text, flags=re.MULTILINE)
    return {name: body for name, body in zip(parts[1::2], parts[2::2], strict=True) if "shell:" in body}


@pytest.mark.parametrize("rule", sorted(set(rules()) - {"image", "calibrate"}))
def test_a_rule_asks_for_the_memory_and_time_of_its_own_step(rule):
    body = rules()[rule]
    (step,) = re.findall(r'"skerry ([\w-]+) ', body)
    assert re.findall(r'(mem_mb|runtime)=(\w+)\("([\w-]+)"\)', body) == [
        ("mem_mb", "memory", step),
        ("runtime", "minutes", step),
    ]


class Asked:
    """What the jobs of a plan ask for, by rule."""

    def __init__(self, directory: Path, *arguments: str) -> None:
        said = snakemake(directory, "--dry-run", "--printshellcmds", *arguments)
        jobs = re.split(r"^ *(?:local)?rule (\w+):$", said, flags=re.MULTILINE)
        self.of = dict(zip(jobs[1::2], jobs[2::2], strict=True))

    def number(self, rule: str, name: str) -> int:
        (found,) = re.findall(rf"^ +resources: .*\b{name}=(\d+)", self.of[rule], re.MULTILINE)
        return int(found)


@pytest.fixture
def planned(tmp_path: Path) -> Path:
    """A field of one round and of a beam of 150 Mpixels."""
    image(tmp_path / "beam00.round0.fits", 150)
    masking = {"flood_fill": True, "beam_shape_erode": True}
    keys = {"field": "F", "beams": ["00"], "rounds": 1, "source": "beam", "preset": "none", "masking": masking}
    configure(tmp_path, keys | {"images": "beam{beam}.round{round}.fits"})
    return tmp_path


def keep_steps(directory: Path) -> None:
    path = directory / "field.yaml"
    path.write_text(f"{path.read_text()}keep_steps: true\n")


def test_jobs_ask_for_what_the_table_says_before_their_inputs_are_made_and_for_more_at_the_next_attempt(planned):
    for attempt in (1, 2):
        asked = Asked(planned, "--attempt", str(attempt))
        found = [asked.number("mask", name) for name in ("mem_mb", "runtime")]
        assert found == [memory_mb("mask", 150, attempt), minutes("mask", 150, attempt)]
    keep_steps(planned)
    steps = {"noise": "noise", "signal": "signal", "snr_mask": "snr-mask", "flood": "flood", "erode": "erode"}
    for attempt in (1, 2):
        asked = Asked(planned, "--attempt", str(attempt))
        for rule, step in steps.items():
            found = [asked.number(rule, name) for name in ("mem_mb", "runtime")]
            assert found == [memory_mb(step, 150, attempt), minutes(step, 150, attempt)]


def test_a_step_is_given_the_memory_of_its_job_but_that_of_snakemake(planned):
    given = re.findall(r"--memory \$\(\((\d+) - (\d+)\)\)MB", Asked(planned).of["mask"])
    assert given == [(str(memory_mb("mask", 150)), str(SNAKEMAKE_MB))]


def test_memory_that_the_user_sets_reaches_the_step(planned):
    asked = Asked(planned, "--set-resources", "mask:mem_mb=7000")
    assert f"--memory $((7000 - {SNAKEMAKE_MB}))MB" in asked.of["mask"]


def test_smoothing_to_scales_asks_for_as_much_in_one_process_as_in_a_step_of_its_own() -> None:
    scales = MaskingOptions(convolve_first=True, beam_shape_erode_scales=(0, 8))
    assert needs_like("mask", scales) == "scale-mask"
    assert needs_like("mask", MaskingOptions()) == "mask"
    assert needs_like("extract-beam", scales) == "extract-beam"
