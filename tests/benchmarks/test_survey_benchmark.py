"""The simulated field of the size of a survey: its images, what is expected of a run, and what is noted of one."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from astropy.coordinates import angular_separation
from astropy.io import fits
from astropy.wcs import WCS

from benchmarks.steps.compare import Build
from benchmarks.steps.images import NOISE, PIXEL
from benchmarks.workflow import survey as program
from benchmarks.workflow.survey import Measured, Run, check_disk, main, read_measured, runs, together
from benchmarks.workflow.survey_images import CENTRE, Survey, make_round
from benchmarks.workflow.survey_needs import expected
from skerry.field.config import load_field
from skerry.field.resources import SNAKEMAKE_MB, STEPS, step_mb

SMALL = Survey(4, 256)
SNR = "preset: none\nmasking: {flood_fill: true, beam_shape_erode: true}\n"


def test_beams_stand_on_a_grid_round_the_centre() -> None:
    survey = Survey(36, 1000)
    ra, dec = np.radians(survey.centres).T
    apart = np.degrees(angular_separation(ra[0], dec[0], ra[1], dec[1])) / PIXEL
    assert apart == pytest.approx(150, rel=1e-3)
    assert np.degrees(angular_separation(ra[0], dec[0], ra[6], dec[6])) / PIXEL == pytest.approx(150, rel=1e-3)
    assert survey.centres.mean(axis=0) == pytest.approx(CENTRE, abs=0.02)
    assert (survey.names[0], survey.names[-1], survey.side) == ("00", "35", 1750)
    assert Survey(540, 64).names[-1] == "539"


def test_beams_see_the_same_source_where_it_is_through_their_primary_beams(tmp_path: Path) -> None:
    survey = Survey(4, 1000)
    found, ra, dec = survey.sky
    places = np.radians([ra, dec])[..., np.newaxis], np.radians(survey.centres).T[:, np.newaxis]
    distance = np.degrees(angular_separation(*places[0], *places[1]))
    peaks = np.array([source.peak for source in found])[:, np.newaxis] * 2 ** (-4 * (distance / survey.fwhm) ** 2)
    n = peaks.min(axis=1).argmax()
    for path, peak in zip(make_round(tmp_path, survey, 0), peaks[n], strict=True):
        data, header = fits.getdata(path, header=True)
        del header["DATE-OBS"]
        x, y = WCS(header).celestial.world_to_pixel_values(ra[n], dec[n])
        row, column = round(float(y)), round(float(x))
        seen = data[0, 0, row - 2 : row + 3, column - 2 : column + 3].max()
        assert seen == pytest.approx(peak, rel=0.05, abs=4 * NOISE)
    # Bright in two of them, and dimmed by their primary beams in the others.
    assert np.sort(peaks[n])[-2] > 50 * NOISE
    assert np.sort(peaks[n])[1] < 5 * NOISE


def test_noise_is_that_of_the_beam_all_over_an_image_and_another_in_another_round(tmp_path: Path) -> None:
    first, second = (fits.getdata(make_round(tmp_path, SMALL, k)[0]).squeeze() for k in (0, 1))
    assert first.shape == (256, 256)
    # Of the difference, in which there are no sources.
    assert np.std(first - second) == pytest.approx(NOISE * np.sqrt(2), rel=0.1)
    assert np.std((first - second)[:64, :64]) == pytest.approx(NOISE * np.sqrt(2), rel=0.25)


def test_images_that_are_there_stay_and_parts_do_not(tmp_path: Path) -> None:
    paths = make_round(tmp_path, SMALL, 0)
    bytes_made = paths[1].read_bytes()
    paths[1].unlink()
    paths[0].write_text("kept")
    paths[1].with_suffix(".part").write_text("ended")
    make_round(tmp_path, SMALL, 0)
    assert paths[0].read_text() == "kept"
    assert paths[1].read_bytes() == bytes_made
    assert list(tmp_path.glob("*.part")) == []


def field_file(directory: Path, survey: Survey, rest: str) -> tuple[Path, float]:
    """A field of images of round 0, and the megapixels of an image by the size of its file."""
    paths = make_round(directory, survey, 0)
    path = directory / "field.yaml"
    names = json.dumps(survey.names)
    path.write_text(f"field: F\nbeams: {names}\nrounds: 1\nimages: beam{{beam}}.round{{round}}.fits\n{rest}")
    return path, paths[0].stat().st_size / 4e6


def test_expected_of_beams_is_what_their_steps_ask_for(tmp_path: Path) -> None:
    path, pixels = field_file(tmp_path, SMALL, f"source: beam\n{SNR}")
    found = expected(path, 2)
    steps = [step.name for step in load_field(path).plan.chain(1)]
    assert found.cpu == pytest.approx(4 * pixels * sum(STEPS[step].seconds_per_megapixel for step in steps))
    assert found.memory == pytest.approx((2 * max(step_mb(step, pixels) for step in steps) + SNAKEMAKE_MB) / 1e3)
    assert found.masks == pytest.approx(4 * pixels / 1e3)
    # rms, background and signal in float32; seeds, islands and mask in bytes.
    assert found.products == pytest.approx(4 * pixels * (3 * 4 + 3) / 1e3)


def test_expected_of_a_mosaic_has_its_co_adding_and_the_masks_of_the_beams(tmp_path: Path) -> None:
    path, pixels = field_file(tmp_path, SMALL, f"mosaic: {{primary_beam_fwhm: 0.03 deg}}\n{SNR}")
    mosaic = (1.15 * 256) ** 2 / 1e6
    found = expected(path, 2)
    assert found.masks == pytest.approx(4 * pixels / 1e3)
    assert found.products == pytest.approx((mosaic * (4 + 3 * 4 + 3) + 4 * pixels) / 1e3, rel=0.02)
    chain = sum(STEPS[step.name].seconds_per_megapixel for step in load_field(path).plan.chain(1))
    extraction = 4 * STEPS["extract-beam"].seconds_per_megapixel * (pixels + mosaic)
    co_adding = 4 * STEPS["mosaic"].seconds_per_megapixel * pixels
    assert found.cpu == pytest.approx(co_adding + chain * mosaic + extraction, rel=0.02)


def test_builds_take_turns_and_only_beams_are_taken_in_groups() -> None:
    builds = [Build("a", Path()), Build("b", Path())]
    found = list(runs(Survey(5, 64), ["beam", "mosaic"], 1, 2, builds))
    assert [(one.source, *one.beams, one.build) for one in found] == [
        ("beam", 0, 2, "a"),
        ("beam", 0, 2, "b"),
        ("beam", 2, 4, "b"),
        ("beam", 2, 4, "a"),
        ("beam", 4, 5, "a"),
        ("beam", 4, 5, "b"),
        ("mosaic", 0, 5, "b"),
        ("mosaic", 0, 5, "a"),
    ]
    assert len({one.name for one in found}) == len(found)


def test_runs_one_after_the_other_have_the_most_memory_and_the_sum_of_all_else() -> None:
    parts = [Measured(1, 2, 3, 4, 5, 6, 7, 8, 9, 10), Measured(10, 20, 1, 40, 50, 60, 70, 2, 90, 100)]
    assert together(parts) == Measured(11, 22, 3, 44, 55, 66, 77, 8, 99, 110)


def test_a_disk_that_is_too_small_is_told_before_anything_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = [Run("beam", 1, (0, 4), "this")]
    # Images, and 14 bytes a pixel of what the steps make.
    needed = 4 * 256**2 * (4 + 14)
    monkeypatch.setattr(program.shutil, "disk_usage", lambda _: SimpleNamespace(free=needed))
    check_disk(SMALL, wanted, tmp_path)
    monkeypatch.setattr(program.shutil, "disk_usage", lambda _: SimpleNamespace(free=needed - 1))
    with pytest.raises(SystemExit, match="--group"):
        check_disk(SMALL, wanted, tmp_path)
    make_round(tmp_path / "images", SMALL, 0)  # which are not made again
    check_disk(SMALL, wanted, tmp_path)


def test_a_survey_is_run_measured_and_not_run_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    given = ["--directory", str(tmp_path), "--beams", "2", "--size", "128", "--rounds", "1", "--source", "beam"]
    monkeypatch.setattr(program.shutil, "disk_usage", lambda _: SimpleNamespace(free=0))
    with pytest.raises(SystemExit, match="0 GB are free"):
        main(given)
    main([*given, "--anyway"])
    ((one, found),) = read_measured(tmp_path).items()
    assert one == Run("beam", 1, (0, 2), "this")
    assert found.masks == 2
    assert found.jobs > 0
    assert found.disk > found.expected_masks
    assert found.peak > 0.05
    first = capsys.readouterr().out
    assert sorted(path.name for path in tmp_path.iterdir()) == ["images", "measured.jsonl"]
    assert list((tmp_path / "images").iterdir()) == []
    monkeypatch.setattr(program, "run_round", lambda *_: pytest.fail("is run again"))
    main(given)
    assert [line for line in capsys.readouterr().out.splitlines() if line[:1] == "|"] == [
        line for line in first.splitlines() if line[:1] == "|"
    ]
