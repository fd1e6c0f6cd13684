"""Masks of a field that are changed by hand, by masks and regions that its YAML file names: what runs and reruns."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from astropy.io import fits
from conftest import radio_header, write_fits
from numpy.typing import NDArray
from workflow_runs import SIZE, Job, alter, configure, run, run_once, sky, snakemake, would_run

from skerry.cli import main
from skerry.errors import SkerryError
from skerry.field.config import load_field
from skerry.steps.edit import make_edited_mask
from skerry.steps.edits import Edit
from skerry.steps.info import describe_mask

BEAMS = ("00", "01")
MASKING = {
    "flood_fill": True,
    "flood_fill_positive_seed_clip": 5.0,
    "flood_fill_positive_flood_clip": 2.0,
    "beam_shape_erode": True,
    "beam_shape_erode_scales": [0, 4],
    "noise_box_size": 16,
}
EDITS = {
    "start_mask": "start.fits",
    "add_regions": "more {beam}.reg",
    "remove_regions": {2: "it's less.reg"},
    "never_clean": {2: "never.fits"},
}
PRODUCTS = ("mask", "scalemask")


def header(beam: str) -> fits.Header:
    """Of an image of a beam; beams lie 6 pixels apart."""
    found = radio_header((SIZE, SIZE))
    found["CRPIX1"] += 6 * int(beam)
    return found


def write_field(directory: Path, **changes: Any) -> None:
    """A field of two beams and two rounds, each beam with its own images, with all that its masks are changed by."""
    for beam in BEAMS:
        for k in (0, 1):
            image = sky(100 * int(beam) + k, 6 * int(beam))
            image[44:, 44:] = np.nan
            write_fits(directory / f"F.beam{beam}.round{k}.fits", image, header(beam))
    for name, place in (("start", 4), ("never", 28)):
        mask = np.zeros((60, 60), np.uint8)
        mask[place : place + 4, 4:40] = 1
        moved = radio_header((60, 60))
        moved["CRPIX1"], moved["CRPIX2"] = SIZE // 2 + 1, SIZE // 2 + 1
        write_fits(directory / f"{name}.fits", mask, moved)
    for beam in BEAMS:
        (directory / f"more {beam}.reg").write_text(f"image;box(40,{38 + int(beam)},5,20)\n")
    (directory / "it's less.reg").write_text('fk5;circle(60.0,-45.0,30")\n')
    keys = {
        "field": "F",
        "beams": list(BEAMS),
        "rounds": 2,
        "images": "F.beam{beam}.round{round}.fits",
        "source": "beam",
        "preset": "none",
        "masking": MASKING,
    }
    configure(directory, keys | EDITS | changes)


def write_mosaics(directory: Path, **changes: Any) -> None:
    """The same field, masked on its mosaics."""
    for k in (0, 1):
        write_fits(directory / f"F.round{k}.linmos.fits", sky(1000 + k, 8, 8, 64), radio_header((64, 64)))
    write_field(directory, source="mosaic", mosaic="F.round{round}.linmos.fits", **changes)


def change(directory: Path, **changes: Any) -> None:
    keys = yaml.safe_load((directory / "field.yaml").read_text()) | changes
    configure(directory, {key: value for key, value in keys.items() if value is not None})


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return run_once(tmp_path_factory, "edited", write_field)


@pytest.fixture(scope="module")
def on_mosaics(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return run_once(tmp_path_factory, "edited on mosaics", write_mosaics)


@pytest.fixture(params=["finished", "on_mosaics"])
def made(request: pytest.FixtureRequest) -> Path:
    return request.getfixturevalue(request.param)


@pytest.fixture
def field(finished: Path, tmp_path: Path) -> Iterator[Path]:
    """A copy of the finished field."""
    return Path(shutil.copytree(finished, tmp_path / "copy"))


def product(directory: Path, k: int, name: str) -> NDArray[Any]:
    return fits.getdata(directory / "results" / "F" / f"round{k}" / f"{name}.fits")


def edits(k: int, *beams: str) -> set[Job]:
    return {Job(rule, k, f"beam{beam}") for rule in ("edit", "edit_scale_mask") for beam in beams or BEAMS}


def test_masks_have_what_is_added_and_not_what_is_taken_out(made: Path, tmp_path: Path) -> None:
    for k in (1, 2):
        for beam in BEAMS:
            image = made / f"F.beam{beam}.round{k - 1}.fits"
            operations = [Edit("union", made / "start.fits")] if k == 1 else []
            operations.append(Edit("add_regions", made / f"more {beam}.reg"))
            if k == 2:
                operations.append(Edit("remove_regions", made / "it's less.reg"))
                operations.append(Edit("subtract", made / "never.fits"))
            for kind in PRODUCTS:
                unedited = made / "results" / "F" / f"round{k}" / f"beam{beam}.unedited.{kind}.fits"
                output, given = tmp_path / "by hand.fits", {"image": image, "reproject": True, "overwrite": True}
                by_hand = make_edited_mask(unedited, operations, output=output, **given)
                found = product(made, k, f"beam{beam}.{kind}")
                np.testing.assert_array_equal(found, fits.getdata(by_hand.mask))
                assert (found != fits.getdata(unedited)).any()
                assert not found[~np.isfinite(fits.getdata(image))].any()
            np.testing.assert_array_equal(product(made, k, f"beam{beam}.mask"), found > 0)


def test_it_is_known_where_pixels_come_from(finished: Path) -> None:
    y, x = np.mgrid[:SIZE, :SIZE]
    first, second = (product(finished, k, "beam00.mask") > 0 for k in (1, 2))
    assert first[4:8, 4:40].all()
    assert first[30:44, 37:42].all()
    assert not second[np.hypot(y - 24, x - 24) < 4.9].any()
    assert not second[28:32, 4:40].any()
    assert (product(finished, 2, "beam00.unedited.mask")[28:32, 4:40] > 0).any()


def test_a_finished_run_has_nothing_left_to_do(made: Path, tmp_path: Path) -> None:
    assert would_run(Path(shutil.copytree(made, tmp_path / "copy"))) == set()


def test_a_changed_file_reruns_what_depends_on_it_and_no_mask(field: Path) -> None:
    (field / "more 01.reg").write_text("image;circle(20,20,3)\n")
    assert would_run(field) == edits(1, "01") | edits(2, "01")
    run(field)
    assert would_run(field) == set()
    assert product(field, 2, "beam01.mask")[19, 19]
    (field / "it's less.reg").write_text("image;circle(1,1,2)\n")
    assert would_run(field) == edits(2)
    run(field)
    alter_mask(field / "start.fits")
    assert would_run(field) == edits(1)


def alter_mask(path: Path) -> None:
    data, head = fits.getdata(path, header=True)
    path.unlink()
    write_fits(path, np.roll(data, 1), head)


def test_a_changed_image_reruns_the_mask_and_its_edit(field: Path) -> None:
    alter(field / "F.beam01.round1.fits")
    assert would_run(field) == edits(2, "01") | {Job("mask_with_scales", 2, "beam01")}


def test_what_is_given_no_more_or_besides_reruns_what_it_reaches(field: Path) -> None:
    change(field, remove_regions=None)
    assert would_run(field) == edits(2)
    change(field, never_clean={1: "never.fits", 2: "never.fits"})
    assert would_run(field) == edits(1) | edits(2)


def test_masks_that_are_edited_no_more_are_those_of_the_image(on_mosaics: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(on_mosaics, tmp_path / "copy"))
    change(copy, start_mask=None, add_regions={2: "more {beam}.reg"})
    rules = ("extract_beam", "extract_beam_scale_mask")
    assert would_run(copy) == {Job(rule, 1, f"beam{beam}") for rule in rules for beam in BEAMS}
    run(copy)
    for beam in BEAMS:
        for kind in PRODUCTS:
            unedited = product(on_mosaics, 1, f"beam{beam}.unedited.{kind}")
            np.testing.assert_array_equal(product(copy, 1, f"beam{beam}.{kind}"), unedited)
    change(copy, add_regions="more {beam}.reg")
    assert edits(1) <= would_run(copy)
    assert not {job for job in would_run(copy) if job.what == "mosaic"}


def test_the_masks_are_the_same_whether_the_steps_are_kept_or_not(finished: Path, tmp_path: Path) -> None:
    write_field(tmp_path, keep_steps=True)
    jobs = would_run(tmp_path)
    assert edits(1) | edits(2) < jobs
    assert Job("erode_scales", 1, "beam00") in jobs
    run(tmp_path)
    for k in (1, 2):
        for beam in BEAMS:
            for kind in PRODUCTS:
                name = f"beam{beam}.{kind}"
                np.testing.assert_array_equal(product(tmp_path, k, name), product(finished, k, name))


def test_a_dry_run_lists_the_edits_and_their_files(field: Path) -> None:
    (field / "it's less.reg").write_text("image;circle(1,1,2)\n")
    said = snakemake(field, "--dry-run", "--printshellcmds")
    assert "beam00.unedited.mask.fits" in said
    assert (
        "--add-regions 'more 00.reg' --remove-regions 'it'\"'\"'s less.reg' --subtract never.fits --reproject" in said
    )


def test_missing_files_are_told_before_anything_runs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_field(tmp_path, output=str(tmp_path / "results"))
    (tmp_path / "more 01.reg").unlink()
    (tmp_path / "never.fits").unlink()
    assert main(["run", str(tmp_path / "field.yaml"), "--cores", "1"]) == 2
    (told,) = capsys.readouterr().err.splitlines()[-1:]
    assert "2 of 9 input files are absent" in told
    assert "check start_mask, add_regions, remove_regions, never_clean" in told
    assert not (tmp_path / "results").exists()


def test_a_wrong_key_is_told(tmp_path: Path) -> None:
    write_field(tmp_path, never_clean="never.reg")
    with pytest.raises(SkerryError, match=r"never_clean: takes a FITS mask, got 'never.reg'; give regions as"):
        load_field(tmp_path / "field.yaml")


@pytest.mark.parametrize("kind", PRODUCTS)
def test_the_commands_make_the_mask_of_a_beam_again(
    made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    path = made / "results" / "F" / "round2" / f"beam01.{kind}.fits"
    info = describe_mask(path)
    assert info.made.problem is None
    for file in info.made.inputs:
        shutil.copy(made / file.name, tmp_path)
    monkeypatch.chdir(tmp_path)
    for command in info.made.commands:
        assert main([*words_of(command), "--overwrite"]) == 0
    again = fits.getdata(tmp_path / path.name)
    np.testing.assert_array_equal(again, fits.getdata(path))


def words_of(command: str) -> list[str]:
    import shlex

    return shlex.split(command)[1:]
