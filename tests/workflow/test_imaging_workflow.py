"""From measurement sets to the last round's masks and images, with a stand-in for the imager.

With WSClean itself: test_wsclean.py.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from conftest import REPOSITORY
from workflow_runs import COMMAND, Job, configure, run, run_once, snakemake, wait_for, would_run

from skerry.io.fits import read_image, read_mask

NASTY = 'it\'s; touch broken & `touch broken` "x"'
"""A name that does harm wherever it is not quoted."""
SETS = f"sets {NASTY}"
OUTPUT = f"out {NASTY}"
IMAGER = "python imager.py {ms} {prefix} {mask_argument} -j {threads} {extra}"
CALIBRATE = "cp -r {ms} {calibrated} && echo {round} >> {calibrated}/DATA && test -s {prefix}-image.fits -a -s {image}"


def write_field(directory: Path, beams: tuple[str, ...] = ("00",), **changes: Any) -> Path:
    """A field that is imaged and calibrated, and its YAML file."""
    shutil.copy(REPOSITORY / "tests" / "stand_in_imager.py", directory / "imager.py")
    for beam in beams:
        write_set(directory, beam)
    keys: dict[str, Any] = {
        "field": "F",
        "beams": list(beams),
        "rounds": 2,
        "source": "beam",
        "measurement_sets": f"{SETS}/{{field}}.beam{{beam}}.ms",
        "imager": {"command": IMAGER, "extra": "--noise 1e-3", "extra_rounds": {0: "--noise 4e-3"}, "threads": 2},
        "calibrate": {"command": CALIBRATE},
        "preset": "none",
        "masking": {"flood_fill": True, "flood_fill_use_mac": True, "flood_fill_use_mac_box_size": 12},
        "output": OUTPUT,
    }
    return configure(directory, keys | changes)


def write_set(directory: Path, beam: str) -> Path:
    """What stands for a measurement set: a directory with data, and the table of antennas."""
    path = directory / SETS / f"F.beam{beam}.ms"
    (path / "ANTENNA").mkdir(parents=True)
    (path / "DATA").write_text(f"data of beam {beam}\n")
    (path / "ANTENNA" / "table.dat").write_text("antennas")
    return path


def change(directory: Path, key: str, **changes: Any) -> None:
    """Change what stands below a key of the field's YAML file."""
    keys = yaml.safe_load((directory / "field.yaml").read_text())
    configure(directory, keys | {key: keys.get(key, {}) | changes})


def products(directory: Path) -> dict[str, bytes]:
    """Bytes of all images and masks by their name."""
    output = directory / OUTPUT
    return {str(path.relative_to(output)): path.read_bytes() for path in sorted(output.rglob("*.fits"))}


def arguments(directory: Path, k: int, beam: str = "00") -> list[str]:
    """What the imager was called with."""
    return list(
        json.loads((directory / OUTPUT / "F" / f"round{k}" / "images" / f"beam{beam}-arguments.json").read_text())
    )


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A field of a beam that was imaged in rounds 0 to 2."""
    return run_once(tmp_path_factory, "imaged", write_field)


@pytest.fixture
def field(finished: Path, tmp_path: Path) -> Path:
    """A copy of the finished field."""
    return Path(shutil.copytree(finished, tmp_path / "copy"))


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def image(k: int) -> Job:
    return Job("image", k, "images/beam00-image")


def imaging(k: int) -> set[Job]:
    """The image of a round with masks, and the look at its clean."""
    return {image(k), Job("check_clean", k, "beam00")}


def calibration(k: int) -> Job:
    return Job("calibrate", k, "ms/beam00")


def masking(k: int) -> set[Job]:
    return {Job("mask", k, "beam00"), Job("check", k, "beam00")}


def test_every_round_is_imaged_with_its_own_mask_and_the_first_without_one(finished: Path) -> None:
    masks = [f"{OUTPUT}/F/round{k}/beam00.mask.fits" for k in (1, 2)]
    assert [arguments(finished, k)[2:-4] for k in (0, 1, 2)] == [[], ["-fits-mask", masks[0]], ["-fits-mask", masks[1]]]


def test_a_beam_that_was_flagged_altogether_is_imaged_with_empty_masks_and_the_others_as_ever(
    finished: Path, tmp_path: Path
) -> None:
    write_field(tmp_path, beams=("00", "01"))
    (tmp_path / SETS / "F.beam01.ms" / "DATA").write_text("flagged")
    said = run(tmp_path)
    for k in (1, 2):
        assert not read_mask(tmp_path / OUTPUT / "F" / f"round{k}" / "beam01.mask.fits").data.any()
    whole, alone = products(tmp_path), products(finished)
    assert {name: content for name, content in whole.items() if "beam00" in name} == alone
    assert "2 masks are empty" in said


def test_the_mask_of_a_round_is_made_from_the_image_of_the_round_before(finished: Path) -> None:
    for k in (1, 2):
        history = str(read_mask(finished / OUTPUT / "F" / f"round{k}" / "beam00.mask.fits").header["HISTORY"])
        before = finished / OUTPUT / "F" / f"round{k - 1}" / "images" / "beam00-image.fits"
        assert sha256(before) in history.replace("\n", "")


def test_every_round_is_imaged_from_the_set_that_was_calibrated_for_it(finished: Path) -> None:
    sets = [arguments(finished, k)[0] for k in (0, 1, 2)]
    assert sets == [f"{SETS}/F.beam00.ms", f"{OUTPUT}/F/round1/ms/beam00.ms", f"{OUTPUT}/F/round2/ms/beam00.ms"]
    assert [(finished / path / "DATA").read_text() for path in sets] == [
        "data of beam 00\n",
        "data of beam 00\n1\n",
        "data of beam 00\n1\n2\n",
    ]


def test_names_arrive_as_they_are_and_never_run_as_code(finished: Path) -> None:
    assert not list(finished.rglob("broken"))
    assert arguments(finished, 2)[1] == f"{OUTPUT}/F/round2/images/beam00"


def test_extra_arguments_differ_by_round(finished: Path) -> None:
    assert [arguments(finished, k)[-1] for k in (0, 1, 2)] == ["4e-3", "1e-3", "1e-3"]


def test_masks_are_checked_before_they_are_used(finished: Path) -> None:
    for k in (1, 2):
        directory = finished / OUTPUT / "F" / f"round{k}"
        check, made = directory / "beam00.mask.fits.check", directory / "images" / "beam00-image.fits"
        assert "48 x 48" in check.read_text()
        assert check.stat().st_mtime_ns < made.stat().st_mtime_ns


def test_a_finished_run_has_nothing_left_to_do_though_the_imager_wrote_into_the_sets(field: Path) -> None:
    assert would_run(field) == set()


def test_other_cores_rerun_nothing(field: Path) -> None:
    assert "image" not in snakemake(field, "--dry-run", "--cores", "1")


ALL = {image(0), calibration(1), calibration(2)} | imaging(1) | imaging(2) | masking(1) | masking(2)


def test_a_measurement_set_made_anew_is_imaged_again(field: Path) -> None:
    shutil.rmtree(field / SETS)
    write_set(field, "00")
    assert would_run(field) == ALL


def test_another_command_makes_every_image_again(field: Path) -> None:
    change(field, "imager", command=IMAGER + " ")
    assert would_run(field) == ALL


def test_an_argument_of_a_round_makes_its_image_again_and_what_follows(field: Path) -> None:
    change(field, "imager", extra_rounds={0: "--noise 4e-3", 1: "--noise 2e-3"})
    assert would_run(field) == {calibration(2)} | imaging(1) | imaging(2) | masking(2)


def test_an_option_of_a_rounds_mask_makes_the_mask_again_the_image_and_what_follows(field: Path) -> None:
    change(field, "masking_rounds", **{"1": {"flood_fill_positive_flood_clip": 2.0}})
    assert would_run(field) == masking(1) | {calibration(2)} | imaging(1) | imaging(2) | masking(2)


def test_the_mask_of_the_last_round_makes_only_its_image_again(field: Path) -> None:
    change(field, "masking_rounds", **{"2": {"flood_fill_positive_flood_clip": 2.0}})
    assert would_run(field) == masking(2) | imaging(2)


def test_a_new_calibration_makes_all_that_follows_again(field: Path) -> None:
    change(field, "calibrate", extra_rounds={2: "--solint 60"})
    assert would_run(field) == {calibration(2)} | imaging(2)


def test_a_calibrated_set_that_was_deleted_to_save_room_is_not_missed(field: Path) -> None:
    for k in (1, 2):
        shutil.rmtree(field / OUTPUT / "F" / f"round{k}" / "ms" / "beam00.ms")
    assert would_run(field) == set()


def test_a_round_added_goes_on_from_the_last_one(field: Path) -> None:
    configure(field, yaml.safe_load((field / "field.yaml").read_text()) | {"rounds": 3})
    assert would_run(field) == {calibration(3)} | imaging(3) | masking(3)


def test_a_run_killed_while_round_1_is_imaged_goes_on_to_the_products_of_an_undisturbed_one(
    finished: Path, tmp_path: Path
) -> None:
    write_field(tmp_path)
    command = [sys.executable, "-m", "skerry", "run", "field.yaml", "--cores", "2"]
    started = tmp_path / OUTPUT / "F" / "round1" / "images" / "beam00-arguments.json"
    with (tmp_path / "log").open("w") as log:
        killed = subprocess.Popen(command, cwd=tmp_path, stdout=log, stderr=log, start_new_session=True)
        wait_for(lambda: started.exists() or killed.poll() is not None)
        os.killpg(killed.pid, signal.SIGKILL)
    assert killed.wait() == -signal.SIGKILL
    assert not (tmp_path / OUTPUT / "F" / "round2").exists()
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)
    assert products(tmp_path) == products(finished)


@pytest.mark.parametrize("ignored", [False, True], ids=["interrupts heeded", "interrupts ignored by a script"])
def test_a_terminated_run_ends_its_imager_and_unlocks_the_directory(tmp_path: Path, ignored: bool) -> None:
    write_field(tmp_path, imager={"command": "touch imaging && : {ms} {prefix} {mask_argument} && exec sleep 3000"})
    command = shlex.join([sys.executable, "-m", "skerry", "run", "field.yaml", "--cores", "2"])
    trap = "trap '' INT; " if ignored else ""
    with (tmp_path / "log").open("w") as log:
        shell = [f"{trap}exec {command}"]
        running = subprocess.Popen(shell, shell=True, cwd=tmp_path, stdout=log, stderr=log, start_new_session=True)
        wait_for(lambda: (tmp_path / "imaging").exists() or running.poll() is not None)
        running.terminate()
    assert running.wait(timeout=600) == 128 + signal.SIGTERM
    assert not any((tmp_path / ".snakemake").glob("locks/*"))
    with pytest.raises(ProcessLookupError):
        os.killpg(running.pid, 0)


def test_given_images_of_round_0_are_used_and_not_made(finished: Path, tmp_path: Path) -> None:
    keys = {"images": "given/{beam}.fits", "rounds": 1, "calibrate": None}
    write_field(tmp_path, **keys)
    (tmp_path / "given").mkdir()
    shutil.copy(finished / OUTPUT / "F" / "round0" / "images" / "beam00-image.fits", tmp_path / "given" / "00.fits")
    assert would_run(tmp_path) == masking(1) | imaging(1)


def test_given_images_are_calibrated_again_when_their_measurement_set_is_made_anew(
    finished: Path, tmp_path: Path
) -> None:
    calibrate = {"command": "cp -r {ms} {calibrated} && test -s {image}"}
    write_field(tmp_path, images="given/{beam}.fits", rounds=1, calibrate=calibrate)
    (tmp_path / "given").mkdir()
    shutil.copy(finished / OUTPUT / "F" / "round0" / "images" / "beam00-image.fits", tmp_path / "given" / "00.fits")
    run(tmp_path)
    assert would_run(tmp_path) == set()
    shutil.rmtree(tmp_path / SETS)
    write_set(tmp_path, "00")
    assert would_run(tmp_path) == {calibration(1)} | imaging(1)


def test_rounds_that_share_a_measurement_set_are_imaged_one_after_the_other_with_a_mask_or_not(tmp_path: Path) -> None:
    write_field(tmp_path, mask_rounds=[2], calibrate=None)
    assert would_run(tmp_path) == {image(0), image(1)} | imaging(2) | masking(2)
    run(tmp_path)
    made = [tmp_path / OUTPUT / "F" / f"round{k}" / "images" / "beam00-image.fits" for k in (0, 1, 2)]
    times = [path.stat().st_mtime_ns for path in made]
    assert times == sorted(times)
    assert "-fits-mask" not in arguments(tmp_path, 1)
    assert would_run(tmp_path) == set()


def what_a_failing_run_says(directory: Path) -> str:
    failed = subprocess.run(
        [*COMMAND, "--configfile", "field.yaml", "--cores", "2", "--show-failed-logs"],
        cwd=directory,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert failed.returncode != 0
    return failed.stdout


def test_a_mask_that_the_imager_would_misread_is_not_imaged_with(tmp_path: Path) -> None:
    eroded_away = {"beam_shape_erode": True, "beam_shape_erode_minimum_response": 0.0001}
    write_field(tmp_path, rounds=1, calibrate=None, masking=eroded_away)
    said = what_a_failing_run_says(tmp_path)
    assert re.search(r"skerry: error: .*beam00\.mask\.fits: .*empty", said)
    assert not (tmp_path / OUTPUT / "F" / "round1" / "images").exists()


def test_an_imager_that_fails_is_told_with_what_it_said(tmp_path: Path) -> None:
    write_field(tmp_path, rounds=1, calibrate=None, imager={"command": IMAGER, "extra_rounds": {0: "--fail"}})
    assert "the imager could not go on" in what_a_failing_run_says(tmp_path)


WRONG = {"mask": [], "empty": ["empty model"], "outside": ["outside the mask"], "diverged": ["diverged"]}
"""What is seen of the models of the stand-in, by the name of the beam."""


@pytest.fixture(scope="module")
def cleaned(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A field whose beams are cleaned well or not, each as it is called, and what the run said."""
    directory = tmp_path_factory.mktemp("cleaned")
    imager = {"command": IMAGER, "extra": "--model {beam}"}
    write_field(directory, tuple(WRONG), rounds=1, calibrate=None, imager=imager)
    command = [sys.executable, "-m", "skerry", "run", "field.yaml", "--cores", "2"]
    done = subprocess.run(command, cwd=directory, capture_output=True, text=True, check=True)
    return directory, done.stdout + done.stderr


def test_a_clean_that_went_wrong_is_told_of_as_it_is_made_and_in_the_table(cleaned: tuple[Path, str]) -> None:
    directory, said = cleaned
    for beam, wrong in WRONG.items():
        check = directory / OUTPUT / "F" / "round1" / f"beam{beam}.clean.check"
        assert list(json.loads(check.read_text())["found"]) == wrong
        assert (f"warning: round 1 beam {beam} check of the clean: " in said) == bool(wrong)
        assert (f"round 1 beam {beam}, " in said) == bool(wrong)
    assert "3 cleans may have gone wrong: round 1 beam empty, empty model; round 1 beam outside, " in said
    assert '.image.log: "Stopping clean because of divergence!": ' in said


def test_what_is_looked_at_in_a_clean_makes_no_image_again(cleaned: tuple[Path, str], tmp_path: Path) -> None:
    directory = Path(shutil.copytree(cleaned[0], tmp_path / "copy"))
    assert would_run(directory) == set()
    change(directory, "imager", spill=3, strict=True)
    assert would_run(directory) == {Job("check_clean", 1, f"beam{beam}") for beam in WRONG}


def test_a_look_at_a_clean_makes_nothing_after_it_again(field: Path) -> None:
    (field / OUTPUT / "F" / "round1" / "beam00.clean.check").unlink()
    assert would_run(field) == {Job("check_clean", 1, "beam00")}
    change(field, "imager", spill=3)
    assert would_run(field) == {Job("check_clean", k, "beam00") for k in (1, 2)}


@pytest.mark.parametrize("calibrate", [{"command": CALIBRATE}, None], ids=["calibrated", "not calibrated"])
def test_nothing_is_calibrated_or_imaged_after_a_clean_that_went_wrong_if_that_is_an_error(
    tmp_path: Path, calibrate: dict[str, str] | None
) -> None:
    imager = {"command": IMAGER, "extra": "--model diverged", "strict": True}
    write_field(tmp_path, rounds=2, calibrate=calibrate, imager=imager)
    command = [sys.executable, "-m", "skerry", "run", "field.yaml", "--cores", "2"]
    failed = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert failed.returncode != 0
    assert re.search(
        r'error: round 1 beam 00 check of the clean failed; .*\n.*skerry: error: .*image\.log: "Stopping clean because',
        failed.stderr,
    )
    assert (tmp_path / OUTPUT / "F" / "round1" / "images" / "beam00-image.fits").exists()
    assert not (tmp_path / OUTPUT / "F" / "round2" / "images").exists()
    assert not (tmp_path / OUTPUT / "F" / "round2" / "ms").exists()


def test_the_summary_tells_where_the_images_are(field: Path) -> None:
    (field / OUTPUT / "F" / "round2" / "images" / "beam00-image.fits").unlink()
    assert f"The images are in {OUTPUT}/F/round*/images" in run(field)


def test_the_stand_in_makes_an_image_that_depends_on_the_mask(finished: Path) -> None:
    images = [finished / OUTPUT / "F" / f"round{k}" / "images" / "beam00-image.fits" for k in (1, 2)]
    assert (read_image(images[0]).data != read_image(images[1]).data).any()
