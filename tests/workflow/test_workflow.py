"""The whole workflow on tiny fields: what it makes, and what it makes again after a change.

Snakemake is asked in a dry run what it would do; a field that was run once is copied for every question.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from astropy.io import fits
from conftest import REPOSITORY, radio_header, write_fits
from scipy import ndimage
from workflow_runs import COMMAND, SIZE, Job, alter, configure, run, run_once, sky, snakemake, wait_for, would_run

import skerry
from skerry.cli import main
from skerry.config.options import MaskingOptions
from skerry.config.shipped_files import shipped_root
from skerry.errors import SkerryError
from skerry.field.config import load_field
from skerry.io.fits import read_mask
from skerry.io.run_locks import LOCK
from skerry.steps.extract_beam import make_beam_mask
from skerry.steps.info import describe_mask
from skerry.steps.mask import make_mask
from skerry.workflow.run import run_workflow

BEAMS = ("00", "01")
IMAGES = 'it\'s an "image" & more'
"""A directory that a command line falls over if a name is not quoted."""

FLOODED = {
    "flood_fill": True,
    "flood_fill_positive_seed_clip": 5.0,
    "flood_fill_positive_flood_clip": 2.0,
    "beam_shape_erode": True,
    "noise_box_size": 16,
}
MAC = {
    "flood_fill_use_mac": True,
    "flood_fill_use_mac_box_size": 14,
    "flood_fill_positive_seed_clip": 1.5,
    "flood_fill_positive_flood_clip": 1.2,
}


def write_beam(directory: Path, beam: str, image_round: int) -> Path:
    """Image of a beam; beams lie 6 pixels apart."""
    offset = 6 * int(beam)
    header = radio_header((SIZE, SIZE))
    header["CRPIX1"] += offset
    path = directory / IMAGES / f"F.beam{beam}.round{image_round}.fits"
    path.parent.mkdir(parents=True, exist_ok=True)
    return write_fits(path, sky(100 * int(beam) + image_round, offset), header, ndim=4)


def write_field(directory: Path, rounds: int = 2, beams: tuple[str, ...] = BEAMS, **changes: Any) -> Path:
    """A field with mosaics, and its YAML file."""
    for image_round in range(rounds):
        for beam in beams:
            write_beam(directory, beam, image_round)
        mosaic = directory / IMAGES / f"F.round{image_round}.linmos.fits"
        write_fits(mosaic, sky(1000 + image_round, 8, 8, 64), radio_header((64, 64)))
    keys: dict[str, Any] = {
        "field": "F",
        "beams": list(beams),
        "rounds": rounds,
        "images": f"{IMAGES}/{{field}}.beam{{beam}}.round{{round}}.fits",
        "mosaic": f"{IMAGES}/{{field}}.round{{round}}.linmos.fits",
        "preset": "none",
        "masking": FLOODED,
        "output": "the 'masks'",
    }
    return configure(directory, keys | changes)


def change(directory: Path, **changes: Any) -> None:
    """Change keys of a field's YAML file; those below masking one by one."""
    keys = yaml.safe_load((directory / "field.yaml").read_text())
    masking = keys["masking"] | changes.pop("masking", {})
    configure(directory, keys | changes | {"masking": masking})


def on_the_mosaic(k: int, *rules: str, beams: tuple[str, ...] = BEAMS) -> set[Job]:
    """Jobs of a round whose masks come from the mosaic."""
    jobs = {Job(rule, k, "mosaic") for rule in rules if rule != "extract_beam"}
    return jobs | {Job("extract_beam", k, f"beam{beam}") for beam in beams if "extract_beam" in rules}


AFTER_IMAGE = ("mask", "extract_beam")
STEPS_AFTER_IMAGE = ("noise", "signal", "snr_mask", "flood", "erode", "extract_beam")
"""Where each step is a job of its own."""
STEPS_AFTER_FLOOD = ("flood", "erode", "extract_beam")
SCALES = {"beam_shape_erode_scales": [0, 4]}


def masks_in(directory: Path) -> dict[str, bytes]:
    """Bytes of all products of a field by their name."""
    output = directory / "the 'masks'"
    return {str(path.relative_to(output)): path.read_bytes() for path in sorted(output.rglob("*.fits"))}


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A field of two beams and two rounds with its mosaics given, masked."""
    return run_once(tmp_path_factory, "$HOME of a 'field'", write_field)


@pytest.fixture(scope="module")
def finished_by_steps(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same, step by step."""
    return run_once(tmp_path_factory, "by steps", lambda directory: write_field(directory, keep_steps=True))


@pytest.fixture(scope="module")
def co_added(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A field of two beams and one round, masked on a mosaic that the workflow makes."""
    keys: dict[str, Any] = {"rounds": 1, "mosaic": {"primary_beam_fwhm": "6 arcmin"}}
    return run_once(tmp_path_factory, "co added", lambda directory: write_field(directory, **keys))


@pytest.fixture
def field(finished: Path, tmp_path: Path) -> Path:
    """A copy of the finished field."""
    return Path(shutil.copytree(finished, tmp_path / "copy"))


@pytest.fixture
def field_by_steps(finished_by_steps: Path, tmp_path: Path) -> Path:
    """A copy of the field that was made step by step."""
    return Path(shutil.copytree(finished_by_steps, tmp_path / "by steps"))


def test_a_run_makes_a_mask_on_the_grid_of_every_beam_in_every_round(finished: Path) -> None:
    for k in (1, 2):
        for beam in BEAMS:
            mask = read_mask(finished / "the 'masks'" / "F" / f"round{k}" / f"beam{beam}.mask.fits")
            assert mask.shape == (1, 1, SIZE, SIZE)
            assert mask.data[14, 16 + 6 * int(beam)] == 1


def test_a_finished_run_has_nothing_left_to_do(field: Path) -> None:
    assert would_run(field) == set()


def test_a_comment_in_the_yaml_reruns_nothing(field: Path) -> None:
    path = field / "field.yaml"
    path.write_text("# Why this field.\n" + path.read_text() + "\n# The end.\n")
    assert would_run(field) == set()


@pytest.mark.parametrize(
    ("option", "rules"),
    [
        ({"noise_box_size": 12}, STEPS_AFTER_IMAGE),
        ({"flood_fill_positive_seed_clip": 6.0}, STEPS_AFTER_IMAGE[2:]),
        ({"flood_fill_positive_flood_clip": 2.5}, STEPS_AFTER_FLOOD),
        ({"grow_low_snr_island": True}, STEPS_AFTER_FLOOD),
        ({"suppress_artefacts": True}, STEPS_AFTER_FLOOD),
        ({"beam_shape_erode_minimum_response": 0.5}, ("erode", "extract_beam")),
        ({"beam_shape_erode_rims": True}, ("erode", "extract_beam")),
        ({"extract_beam_union": True}, ("extract_beam",)),
        ({"extract_beam_smoothed_clip": 2.0}, ("extract_beam",)),
        ({"grow_low_snr_island_size": 9, "base_snr_clip": 3.0, "flood_fill_use_mac_box_size": 9}, ()),
    ],
)
def test_a_changed_option_reruns_its_step_and_what_follows_in_its_round(
    field: Path, field_by_steps: Path, option: dict[str, Any], rules: tuple[str, ...]
) -> None:
    change(field_by_steps, masking_rounds={2: option})
    assert would_run(field_by_steps) == on_the_mosaic(2, *rules)
    change(field, masking_rounds={2: option})
    assert would_run(field) == on_the_mosaic(2, *({"extract_beam": rule}.get(rule, "mask") for rule in rules))


def test_the_masks_are_the_same_whether_the_steps_are_kept_or_not(finished: Path, finished_by_steps: Path) -> None:
    made, by_steps = masks_in(finished), masks_in(finished_by_steps)
    kinds = {kind: {name.split(".")[1] for name in files} for kind, files in (("one", made), ("steps", by_steps))}
    assert kinds == {
        "one": {"mask", "noise"},
        "steps": {"rms", "bkg", "signal", "seeds", "islands", "mask"},
    }
    masks = [name for name in made if name.endswith(".mask.fits")]
    assert len(masks) == 6
    for name in masks:
        one, steps = (fits.getdata(field / "the 'masks'" / name) for field in (finished, finished_by_steps))
        assert one.tobytes() == steps.tobytes()
        headers = [fits.getheader(field / "the 'masks'" / name) for field in (finished, finished_by_steps)]
        # Only of which steps it was made differs, and with it the order of cards.
        of_steps = ("HISTORY", "SKCMD")
        cards = [sorted(str(card) for card in header.cards if card.keyword not in of_steps) for header in headers]
        assert cards[0] == cards[1]


def test_the_noise_is_measured_again_only_where_it_may_be_another(field: Path) -> None:
    grid = field / "the 'masks'" / "F" / "round2" / "mosaic.noise.fits"
    boxes, made = fits.getdata(grid), grid.stat().st_ino
    change(field, masking_rounds={2: {"beam_shape_erode_minimum_response": 0.5}})
    run(field)
    assert grid.stat().st_ino == made
    change(field, masking_rounds={2: {"noise_box_size": 12}})
    run(field)
    assert fits.getdata(grid).shape != boxes.shape
    grid.unlink()
    assert would_run(field) == set()


def test_a_changed_image_of_a_beam_reruns_the_mask_of_that_beam_and_round(field: Path) -> None:
    alter(field / IMAGES / "F.beam01.round1.fits")
    assert would_run(field) == on_the_mosaic(2, "extract_beam", beams=("01",))


def test_an_image_that_gives_its_place_to_an_older_one_counts_as_changed(field: Path) -> None:
    for image in ("F.beam01.round1.fits", "F.round0.linmos.fits"):
        alter(field / IMAGES / image)
        os.utime(field / IMAGES / image, (10**9, 10**9))
    expected = on_the_mosaic(2, "extract_beam", beams=("01",)) | on_the_mosaic(1, *AFTER_IMAGE)
    assert would_run(field) == expected


def test_results_whose_records_are_gone_are_not_taken_for_up_to_date(field: Path) -> None:
    shutil.rmtree(field / ".snakemake")
    command = [*COMMAND, "--configfile", "field.yaml", "--dry-run"]
    done = subprocess.run(command, cwd=field, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert re.search(
        r"^skerry: field\.yaml: the results in .*records, its '\.snakemake', are not here", done.stderr, re.M
    )
    snakemake(field, "--forceall", "--touch", "--cores", "1")
    change(field, masking_rounds={2: {"beam_shape_erode_minimum_response": 0.5}})
    assert would_run(field) == on_the_mosaic(2, *AFTER_IMAGE)


def test_no_run_waits_for_cores_that_there_are_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    write_field(tmp_path, rounds=1)
    assert main(["run", "field.yaml", "--cores", "0"]) == 2
    assert "must be greater than or equal to 1" in capsys.readouterr().err
    command = [*COMMAND, "--configfile", "field.yaml", "--cores", "0"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 2
    assert "at a time: 0 let nothing run; give 1 or more" in done.stderr
    assert not (tmp_path / "the 'masks'").exists()


def test_every_rule_asks_whether_given_files_are_those_that_they_were() -> None:
    files = [path.read_text() for path in (REPOSITORY / "rules").glob("*.smk")]
    rules = [rule for text in files for rule in re.split(r"^ *rule ", text, flags=re.MULTILINE)[1:]]
    may_be_given = r"inputs_of\(|beam_image|images_of_mosaic|edit_inputs\("
    takes_given = [rule for rule in rules if re.search(may_be_given, rule.partition("output:")[0])]
    assert len(takes_given) >= 11
    assert all("given=given_to(" in rule for rule in takes_given)


def test_a_changed_mosaic_reruns_its_round(field: Path) -> None:
    alter(field / IMAGES / "F.round0.linmos.fits")
    assert would_run(field) == on_the_mosaic(1, *AFTER_IMAGE)


def test_a_beam_added_to_given_mosaics_runs_that_beam_alone(field: Path) -> None:
    for image_round in (0, 1):
        write_beam(field, "02", image_round)
    change(field, beams=["00", "01", "02"])
    assert would_run(field) == {Job("extract_beam", k, "beam02") for k in (1, 2)}


def test_a_round_added_leaves_the_others_alone(field: Path) -> None:
    for beam in BEAMS:
        write_beam(field, beam, 2)
    write_fits(field / IMAGES / "F.round2.linmos.fits", sky(7, 8, 8, 64), radio_header((64, 64)))
    change(field, rounds=3)
    assert would_run(field) == on_the_mosaic(3, *AFTER_IMAGE)


def test_a_new_version_of_skerry_counts_as_a_change(field: Path) -> None:
    newer = (
        "import sys, skerry; skerry.__version__ = '99'; from snakemake.cli import main; "
        f"main([*{list(COMMAND[3:])!r}, *sys.argv[1:]])"
    )
    expected = on_the_mosaic(1, *AFTER_IMAGE) | on_the_mosaic(2, *AFTER_IMAGE)
    assert would_run(field, command=(sys.executable, "-c", newer)) == expected


def test_every_rule_that_runs_skerry_depends_on_its_version() -> None:
    files = [path.read_text() for path in (REPOSITORY / "rules").glob("*.smk")]
    rules = [rule for text in files for rule in re.split(r"^ *rule ", text, flags=re.MULTILINE)[1:]]
    rules_of_skerry = [rule for rule in rules if '"skerry ' in rule]
    assert len(rules_of_skerry) >= 9
    assert all("version=skerry.__version__" in rule for rule in rules_of_skerry)


def test_a_beam_added_where_beams_are_co_added_makes_the_mosaic_again(co_added: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(co_added, tmp_path / "copy"))
    write_beam(copy, "02", 0)
    change(copy, beams=["00", "01", "02"])
    assert would_run(copy) == on_the_mosaic(1, "mosaic", *AFTER_IMAGE, beams=(*BEAMS, "02"))


def test_a_changed_image_makes_a_co_added_mosaic_again(co_added: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(co_added, tmp_path / "copy"))
    alter(copy / IMAGES / "F.beam00.round0.fits")
    assert would_run(copy) == on_the_mosaic(1, "mosaic", *AFTER_IMAGE)


@pytest.fixture(scope="module")
def from_both(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A field of two beams and two rounds, masked on its mosaics and on the images of its beams, with scales."""
    keys: dict[str, Any] = {"source": "both", "masking": FLOODED | SCALES}
    return run_once(tmp_path_factory, "both", lambda directory: write_field(directory, **keys))


def test_from_both_a_beam_has_what_the_mosaic_has_and_what_its_own_image_has(from_both: Path, tmp_path: Path) -> None:
    for k in (1, 2):
        directory = from_both / "the 'masks'" / "F" / f"round{k}"
        for beam in BEAMS:
            image = from_both / IMAGES / f"F.beam{beam}.round{k - 1}.fits"
            for product in ("mask", "scalemask"):
                part = make_beam_mask(
                    image, directory / f"mosaic.{product}.fits", output=tmp_path / "part.fits", overwrite=True
                )
                own = fits.getdata(directory / f"beam{beam}.own.{product}.fits")
                made = fits.getdata(directory / f"beam{beam}.{product}.fits")
                np.testing.assert_array_equal(made, fits.getdata(part.mask) | own)
                assert (made != own).any()
                assert (made != fits.getdata(part.mask)).any()


def test_what_changes_in_a_field_from_both_reruns_what_it_reaches(from_both: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(from_both, tmp_path / "copy"))
    assert would_run(copy) == set()
    scaled = {"extract_beam", "extract_beam_scale_mask"}
    extracted = {Job(rule, 2, f"beam{beam}") for rule in scaled for beam in BEAMS}
    change(copy, masking_rounds={2: {"extract_beam_union": True}})
    assert would_run(copy) == extracted
    change(copy, masking_rounds={2: {"beam_shape_erode_minimum_response": 0.5}})
    targets = ("mosaic", "beam00", "beam01")
    assert would_run(copy) == extracted | {Job("mask_with_scales", 2, target) for target in targets}
    change(copy, masking_rounds={})
    alter(copy / IMAGES / "F.beam01.round1.fits")
    assert would_run(copy) == {Job(rule, 2, "beam01") for rule in (*scaled, "mask_with_scales")}


@pytest.mark.filterwarnings("ignore::skerry.SkerryWarning")
@pytest.mark.parametrize("product", ["mask", "scalemask"])
def test_the_commands_make_the_mask_of_a_beam_from_both_again(
    from_both: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, product: str
) -> None:
    for image in (from_both / IMAGES).glob("F.*round1*.fits"):
        shutil.copy(image, tmp_path)
    made_again(from_both / "the 'masks'" / "F" / "round2" / f"beam01.{product}.fits", tmp_path, monkeypatch)


def test_rounds_without_masks_are_left_out(tmp_path: Path) -> None:
    write_field(tmp_path, mask_rounds=[2])
    assert {job.round for job in would_run(tmp_path)} == {2}


def test_no_mask_at_all_is_no_error(tmp_path: Path) -> None:
    write_field(tmp_path, mask_rounds="none")
    assert would_run(tmp_path) == set()


def test_a_co_added_mosaic_covers_all_beams(co_added: Path) -> None:
    directory = co_added / "the 'masks'" / "F" / "round1"
    assert fits.getheader(directory / "mosaic.image.fits")["NAXIS1"] > SIZE
    for beam in BEAMS:
        assert read_mask(directory / f"beam{beam}.mask.fits").data[14, 16 + 6 * int(beam)] == 1


def test_beams_are_co_added_with_weight_images(tmp_path: Path) -> None:
    write_field(tmp_path, rounds=1, mosaic={"weights": f"{IMAGES}/weight{{beam}}.fits"}, masking={"noise_box_size": 16})
    for beam in BEAMS:
        header = radio_header((SIZE, SIZE))
        header["CRPIX1"] += 6 * int(beam)
        write_fits(tmp_path / IMAGES / f"weight{beam}.fits", np.ones((SIZE, SIZE), np.float32), header)
    run(tmp_path)
    assert read_mask(tmp_path / "the 'masks'" / "F" / "round1" / "beam01.mask.fits").data[14, 22] == 1


ROUTES: dict[int, dict[str, Any]] = {
    1: {"flood_fill": False, "beam_shape_erode": False},
    2: {"flood_fill": False},
    3: {"beam_shape_erode": False},
    4: MAC,
    5: MAC | {"grow_low_snr_island": True, "grow_low_snr_island_size": 30, "beam_shape_erode_scales": [0, 4]},
    6: MAC | {"convolve_first": True, "beam_shape_erode_scales": [0, 4]},
    7: {"flood_fill_statistic": "both", "flood_fill_use_mac_box_size": 14, "flood_fill_smooth_beams": 1},
    8: MAC | {"beam_shape_erode_rims": True},
}
"""A round for each way to a mask; those of round 5 and 6 have scale masks."""


@pytest.fixture(scope="module")
def every_route(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A field masked on the image of its beam, step by step, and in another way in each round."""
    keys: dict[str, Any] = {"rounds": 8, "beams": ("00",), "source": "beam", "mosaic": None, "masking_rounds": ROUTES}
    keys["keep_steps"] = True
    return run_once(tmp_path_factory, "every route", lambda directory: write_field(directory, **keys))


@pytest.mark.parametrize("k", ROUTES)
def test_the_steps_of_a_round_make_the_mask_that_one_process_makes(every_route: Path, tmp_path: Path, k: int) -> None:
    field = load_field(every_route / "field.yaml")
    image = every_route / IMAGES / f"F.beam00.round{k - 1}.fits"
    scale_output = tmp_path / "scalemask.fits" if k in (5, 6) else None
    made = make_mask(image, field.plan.options_for_round(k), output=tmp_path / "mask.fits", scale_output=scale_output)
    mask, scale_mask = made.mask, made.scale_mask
    made = {path.name: path for path in (every_route / "the 'masks'" / "F" / f"round{k}").glob("*mask.fits")}
    assert set(made) == ({"beam00.mask.fits", "beam00.scalemask.fits"} if k in (5, 6) else {"beam00.mask.fits"})
    pairs = [(mask, "beam00.mask.fits")] + ([(scale_mask, "beam00.scalemask.fits")] if scale_mask else [])
    for expected, name in pairs:
        np.testing.assert_array_equal(read_mask(made[name]).data, read_mask(expected).data)
        assert read_mask(expected).data.any()


@pytest.mark.filterwarnings("ignore::skerry.SkerryWarning")
@pytest.mark.parametrize("k", ROUTES)
def test_the_commands_that_a_mask_tells_of_make_it_again(
    every_route: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, k: int
) -> None:
    mask = every_route / "the 'masks'" / "F" / f"round{k}" / "beam00.mask.fits"
    shutil.copy(every_route / IMAGES / f"F.beam00.round{k - 1}.fits", tmp_path)
    made_again(mask, tmp_path, monkeypatch)


def made_again(mask: Path, directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run the commands by which a mask says that it was made, and compare."""
    monkeypatch.chdir(directory)
    commands = describe_mask(mask).made.commands
    assert commands
    for command in commands:
        assert main(shlex.split(command)[1:]) == 0
    np.testing.assert_array_equal(read_mask(directory / mask.name).data, read_mask(mask).data)


@pytest.mark.filterwarnings("ignore::skerry.SkerryWarning")
def test_the_commands_make_the_mask_of_a_beam_on_a_co_added_mosaic_again(
    co_added: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for image in (co_added / IMAGES).glob("F.beam*.round0.fits"):
        shutil.copy(image, tmp_path)
    made_again(co_added / "the 'masks'" / "F" / "round1" / "beam01.mask.fits", tmp_path, monkeypatch)


FADING = {"flood_fill_statistic": "both", "flood_fill_use_mac_box_size": 14, "flood_fill_fading_factor": 2.5}


@pytest.fixture(scope="module")
def fading(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two rounds on mosaics that the workflow makes, of one source that stays and one that was five times as bright."""

    def write(directory: Path) -> None:
        write_field(directory, mosaic={"primary_beam_fwhm": "6 arcmin"}, masking=FLOODED | FADING)
        for k, factor in ((0, 5), (1, 1)):
            for beam in BEAMS:
                path = directory / IMAGES / f"F.beam{beam}.round{k}.fits"
                data, header = fits.getdata(path), fits.getheader(path)
                column = 10 + 6 * int(beam)
                data[0, 0, 38:41, column - 1 : column + 2] = 0.03 * factor
                fits.writeto(path, data, header, overwrite=True)

    return run_once(tmp_path_factory, "fading", write)


@pytest.mark.filterwarnings("ignore::skerry.SkerryWarning")
def test_the_masks_of_later_rounds_are_made_with_the_mosaic_before(
    fading: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    output = fading / "the 'masks'" / "F"
    first, second = (read_mask(output / f"round{k}" / "mosaic.mask.fits").data for k in (1, 2))
    counts = [ndimage.label(mask, np.ones((3, 3)))[1] for mask in (first, second)]
    assert counts[0] == counts[1] + 1
    options = load_field(fading / "field.yaml").plan.options_for_round(2)
    image, earlier = (output / f"round{k}" / "mosaic.image.fits" for k in (2, 1))
    made = make_mask(image, options, earlier=earlier, output=tmp_path / "mask.fits")
    expected = read_mask(made.mask).data
    assert expected.any()
    np.testing.assert_array_equal(read_mask(output / "round2" / "mosaic.mask.fits").data, expected)
    # By what the mask tells: the mosaic before has to lie where the workflow has it.
    there = tmp_path / "again"
    (there / "round1").mkdir(parents=True)
    shutil.copy(earlier, there / "round1")
    for path in (fading / IMAGES).glob("F.beam*.round1.fits"):
        shutil.copy(path, there)
    made_again(output / "round2" / "mosaic.mask.fits", there, monkeypatch)


def test_a_changed_image_makes_the_masks_of_its_round_and_of_the_next_again(fading: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(fading, tmp_path / "copy"))
    assert would_run(copy) == set()
    alter(copy / IMAGES / "F.beam00.round0.fits")
    assert would_run(copy) == on_the_mosaic(1, "mosaic", *AFTER_IMAGE) | on_the_mosaic(2, *AFTER_IMAGE)


def test_a_preset_of_another_name_that_sets_the_same_reruns_nothing(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text(yaml.safe_dump(FLOODED))
    write_field(tmp_path, rounds=1, beams=("00",), preset="mine.yaml", masking={})
    snakemake(tmp_path)
    mask = fits.getheader(tmp_path / "the 'masks'" / "F" / "round1" / "beam00.mask.fits")
    assert mask["SKPRESET"] == "mine.yaml"
    (tmp_path / "mine.yaml").rename(tmp_path / "ours.yaml")
    change(tmp_path, preset="ours.yaml")
    assert would_run(tmp_path) == set()


def test_a_round_makes_only_what_its_route_needs(every_route: Path) -> None:
    made = {
        k: {path.name.split(".")[1] for path in (every_route / "the 'masks'" / "F" / f"round{k}").glob("*.fits")}
        for k in ROUTES
    }
    noise = {"rms", "bkg", "signal"}
    assert made == {
        1: noise | {"mask"},
        2: noise | {"islands", "mask"},
        3: noise | {"seeds", "mask"},
        4: {"islands", "mask"},
        5: noise | {"islands", "mask", "scalemask"},
        6: {"mask", "scalemask"},
        7: noise | {"islands", "mask"},
        8: noise | {"islands", "mask"},
    }


def test_scale_masks_of_the_mosaic_are_cut_out_for_every_beam_and_split_on_request(
    finished: Path, tmp_path: Path
) -> None:
    copy = Path(shutil.copytree(finished, tmp_path / "copy"))
    change(copy, mask_rounds=[2], masking={"beam_shape_erode_scales": [0, 4]}, split_scales=True)
    run(copy)
    for beam in BEAMS:
        mask = read_mask(copy / "the 'masks'" / "F" / "round2" / f"beam{beam}.scalemask.fits").data
        assert {0, 3} <= set(np.unique(mask))
        for bit, scale in enumerate((0, 4)):
            of_scale = read_mask(copy / "the 'masks'" / "F" / "round2" / f"beam{beam}.scale{scale}.mask.fits").data
            np.testing.assert_array_equal(of_scale, mask >> bit & 1)


def test_all_masks_have_the_axes_that_are_asked_for(finished: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(finished, tmp_path / "copy"))
    change(copy, mask_rounds=[2], masking={"beam_shape_erode_scales": [0, 4]}, split_scales=True, mask_axes=2)
    run(copy)
    for kind in ("mask", "scalemask", "scale0.mask"):
        for beam in BEAMS:
            assert read_mask(copy / "the 'masks'" / "F" / "round2" / f"beam{beam}.{kind}.fits").shape == (SIZE, SIZE)
    assert would_run(copy) == set()


def test_a_beam_is_not_cleaned_where_it_sees_nothing_and_its_boxes_matter_only_there(
    finished: Path, tmp_path: Path
) -> None:
    copy = Path(shutil.copytree(finished, tmp_path / "copy"))
    masking = MAC | {"extract_beam_smoothed_clip": 2.0}
    change(copy, masking=masking, masking_rounds={1: {"extract_beam_smoothed_clip": None}})
    run(copy)
    for k, options in load_options(copy).items():
        directory = copy / "the 'masks'" / "F" / f"round{k}"
        image = copy / IMAGES / f"F.beam01.round{k - 1}.fits"
        arguments = (image, directory / "mosaic.mask.fits")
        whole = make_beam_mask(*arguments, output=tmp_path / f"whole{k}.fits").mask
        expected = make_beam_mask(*arguments, output=tmp_path / f"clip{k}.fits", options=options).mask
        made = directory / "beam01.mask.fits"
        assert made.read_bytes() == expected.read_bytes()
        assert (made.read_bytes() == whole.read_bytes()) is (k == 1)
    change(copy, masking={"noise_box_size": 12})
    assert would_run(copy) == on_the_mosaic(2, "extract_beam")


def load_options(directory: Path) -> dict[int, MaskingOptions]:
    """Options of a field by round."""
    field = load_field(directory / "field.yaml")
    return {k: field.plan.options_for_round(k) for k in field.plan.masked_rounds}


def test_noise_maps_that_are_given_are_used_and_not_made(tmp_path: Path) -> None:
    write_field(tmp_path, rounds=1, beams=("00",), source="beam", mosaic=None, rms="rms{beam}.fits", masking={})
    write_fits(tmp_path / "rms00.fits", np.full((SIZE, SIZE), 0.05, np.float32))
    run(tmp_path)
    directory = tmp_path / "the 'masks'" / "F" / "round1"
    assert not list(directory.glob("*.rms.fits"))
    expected = sky(0) > 4 * np.float32(0.05)
    np.testing.assert_array_equal(read_mask(directory / "beam00.mask.fits").data, expected)


@pytest.mark.parametrize(
    "keys",
    [{"mosaic": {"primary_beam_fwhm": "6 arcmin"}}, {}, {"source": "beam", "mosaic": None}],
    ids=["mosaic made", "mosaic given", "no mosaic"],
)
def test_a_beam_that_was_flagged_altogether_has_empty_masks_and_the_others_are_made(
    tmp_path: Path, keys: dict[str, Any]
) -> None:
    write_field(tmp_path, rounds=1, **keys)
    flagged = tmp_path / IMAGES / "F.beam01.round0.fits"
    with fits.open(flagged, mode="update") as opened:
        opened[0].data[:] = np.nan
    said = run(tmp_path)
    directory = tmp_path / "the 'masks'" / "F" / "round1"
    assert read_mask(directory / "beam00.mask.fits").data[14, 16] == 1
    assert not read_mask(directory / "beam01.mask.fits").data.any()
    assert "1 mask is empty" in said
    logs = "".join(path.read_text() for path in (directory / "logs").glob("*.log"))
    assert f"skerry: warning: {IMAGES}/{flagged.name}: has no valid pixels" in logs


@pytest.mark.parametrize("beam", [{"bmaj": "22 arcsec", "bmin": "17.5 arcsec", "bpa": 60}, "beam.fits"])
def test_images_without_a_beam_are_masked_with_that_of_the_field(finished: Path, tmp_path: Path, beam: Any) -> None:
    write_field(tmp_path, rounds=1, beam=beam)
    write_fits(tmp_path / "beam.fits", np.ones((4, 4), np.float32), radio_header((4, 4)))
    for path in (tmp_path / IMAGES).glob("*.fits"):
        with fits.open(path, mode="update") as opened:
            for card in ("BMAJ", "BMIN", "BPA"):
                del opened[0].header[card]
    run(tmp_path)
    for number in BEAMS:
        name = Path("the 'masks'", "F", "round1", f"beam{number}.mask.fits")
        np.testing.assert_array_equal(read_mask(tmp_path / name).data, read_mask(finished / name).data)
    if beam == "beam.fits":
        alter(tmp_path / beam)
        assert would_run(tmp_path) == on_the_mosaic(1, *AFTER_IMAGE)


def test_a_killed_run_run_again_gives_the_masks_of_an_undisturbed_one(finished: Path, tmp_path: Path) -> None:
    write_field(tmp_path)
    command = [sys.executable, "-m", "skerry", "run", "field.yaml", "--cores", "2"]
    with (tmp_path / "log").open("w") as log:
        killed = subprocess.Popen(command, cwd=tmp_path, stdout=log, stderr=log, start_new_session=True)
        wait_for(lambda: any(tmp_path.rglob("mosaic.mask.fits")) or killed.poll() is not None)
        os.killpg(killed.pid, signal.SIGKILL)
    assert killed.wait() == -signal.SIGKILL
    assert not any(tmp_path.rglob("beam*.mask.fits"))

    assert any((tmp_path / ".snakemake").glob("locks/*"))
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)
    assert masks_in(tmp_path) == masks_in(finished)


def test_a_run_ends_with_the_table_of_its_masks(field: Path) -> None:
    (field / "the 'masks'" / "F" / "round1" / "beam01.mask.fits").unlink()
    said = run(field)
    assert re.search(r"│ 1 +│ 01 +│ +\d+ │ +[\d.]+ % │ +5 sigma │", said)
    assert "The masks are in the 'masks'/F/round*/beam*.mask.fits" in said


def test_options_that_change_nothing_are_told(tmp_path: Path) -> None:
    write_field(tmp_path, masking={"flood_fill_positive_seed_clip": 6.0})
    assert "flood_fill_positive_seed_clip: no effect" in snakemake(tmp_path, "--dry-run")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"rounds": 9}, r"skerry: .*field\.yaml: 21 of 27 input files are absent"),
        ({"masking": {"flood_fil": True}, "beams": "03-00"}, "skerry: .*field.yaml: 2 errors\n  beams: .*\n  masking"),
    ],
)
def test_snakemake_says_what_is_wrong_in_words_before_anything_runs(
    tmp_path: Path, changes: dict[str, Any], said: str
) -> None:
    write_field(tmp_path, **({"masking": {}} | {k: v for k, v in changes.items() if k == "masking"}))
    keys = yaml.safe_load((tmp_path / "field.yaml").read_text())
    configure(tmp_path, keys | changes)
    command = [*COMMAND, "--configfile", "field.yaml", "--cores", "1"]
    failed = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert failed.returncode == 2
    assert re.search(said, failed.stderr)
    assert "Traceback" not in failed.stderr
    assert not (tmp_path / "the 'masks'").exists()


@pytest.mark.parametrize(
    ("keys", "together", "alone"),
    [
        ({}, {("chain1", 1): 1, ("chain2", 1): 1, ("beam", 1): 4}, set()),
        ({"mosaic": {"primary_beam_fwhm": "6 arcmin"}}, {("chain1", 2): 1, ("chain2", 2): 1, ("beam", 1): 4}, set()),
        ({"keep_steps": True}, {("chain1", 5): 1, ("chain2", 5): 1, ("beam", 1): 4}, set()),
        ({"source": "beam", "mosaic": None}, {("chain1", 1): 2, ("chain2", 1): 2}, set()),
        ({"source": "both", "keep_steps": True}, {("chain1", 5): 3, ("chain2", 5): 3, ("beam", 1): 4}, set()),
        (
            {"source": "beam", "mosaic": None, "masking": FLOODED | SCALES, "split_scales": True, "keep_steps": True},
            {("chain1", 5): 2, ("chain2", 5): 2},
            {8},
        ),
    ],
    ids=["mosaic", "co-adding", "steps", "beams", "both, steps", "beams, their scales apart"],
)
def test_the_steps_of_a_target_are_one_job_of_a_cluster_and_its_beams_or_scales_are_not(
    tmp_path: Path, keys: dict[str, Any], together: dict[tuple[str, int], int], alone: set[int]
) -> None:
    write_field(tmp_path, **keys)
    said = snakemake(tmp_path, "--dry-run")
    groups = re.findall(r"Group job (\w+) .*?\n((?:(?: {4}.*)?\n)*)", said)
    assert Counter((name, len(re.findall("rule ", jobs))) for name, jobs in groups) == together
    assert {int(count) for count in re.findall(r"^split_scales +(\d+)$", said, re.MULTILINE)} == alone


def test_the_configuration_is_found_from_another_directory(field: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    said = snakemake(field, "--dry-run", "--directory", str(elsewhere))
    assert len(re.findall(r"^ *rule extract_beam:", said, re.MULTILINE)) == 4


def test_run_passes_further_arguments_to_snakemake_and_returns_its_status(
    field: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(field)
    assert run_workflow("field.yaml", 1, ["--dry-run", "--forcerun", "mask"]) == 0
    assert "round 1 mosaic mask: is forced\n" in capfd.readouterr().out
    assert run_workflow("field.yaml", 1, ["no_such_target"]) == 1


def test_a_cluster_is_not_asked_for_jobs_that_are_only_planned(field: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("snakemake_executor_plugin_slurm", reason="needs skerry[slurm]")
    monkeypatch.chdir(field)
    shutil.copytree(field / IMAGES, field / "images")
    keys = yaml.safe_load(Path("field.yaml").read_text())
    configure(
        field, keys | {key: keys[key].replace(IMAGES, "images") for key in ("images", "mosaic")} | {"output": "out"}
    )
    asks = "skerry.workflow.snakemake_process.cancel_jobs"
    monkeypatch.setattr(asks, lambda name: pytest.fail(f"the jobs {name} are looked for"))
    assert run_workflow("field.yaml", extra=["--dry-run"], profile="slurm") == 0
    assert run_workflow("field.yaml", extra=["-n", "no_such_target"], profile="slurm") == 1


def test_a_cluster_is_given_no_name_that_would_not_reach_a_job(field: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("snakemake_executor_plugin_slurm", reason="needs skerry[slurm]")
    monkeypatch.chdir(field)
    with pytest.raises(SkerryError, match="'masks'/F: a job cannot be given a name with quotes"):
        run_workflow("field.yaml", extra=["--dry-run"], profile="slurm")


def test_run_checks_the_field_before_snakemake_starts(tmp_path: Path) -> None:
    (tmp_path / "field.yaml").write_text("field: F\n")
    with pytest.raises(SkerryError, match="beams: is missing"):
        run_workflow(tmp_path / "field.yaml", 1)


@pytest.mark.parametrize(("number", "seconds"), [(signal.SIGTERM, 0.0), (signal.SIGHUP, 0.07)])
def test_a_terminated_run_leaves_the_directory_unlocked(tmp_path: Path, number: signal.Signals, seconds: float) -> None:
    write_field(tmp_path, rounds=4)
    command = [sys.executable, "-m", "skerry", "run", "field.yaml", "--cores", "1"]
    with (tmp_path / "log").open("w") as log:
        running = subprocess.Popen(command, cwd=tmp_path, stdout=log, stderr=log, start_new_session=True)
        wait_for(lambda: any(tmp_path.rglob("mosaic.noise.fits")) or running.poll() is not None)
        time.sleep(seconds)  # at what moment of Snakemake's work, which must not matter
        running.send_signal(number)
    assert running.wait(timeout=600) == 128 + number
    assert not any((tmp_path / ".snakemake").glob("locks/*"))
    assert not any(tmp_path.rglob(LOCK))
    assert len(list(tmp_path.rglob("beam*.mask.fits"))) < 8


def test_the_workflow_lies_beside_the_package_or_in_the_checkout() -> None:
    root = shipped_root()
    assert {path.name for path in (root / "rules").glob("*.smk")} >= {"common.smk", "flood.smk"}
    assert (root / "profiles" / "default" / "profile.yaml").is_file()
    assert Path(skerry.__file__).is_relative_to(root) or root.is_relative_to(Path(skerry.__file__).parent)
