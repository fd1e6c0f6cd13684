"""The imager in a field's configuration: what a round is imaged with, and which commands are refused."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from skerry.errors import SkerryError
from skerry.field.config import parse_field
from skerry.field.imager import Calibration, Imager, data_stamp
from skerry.field.inputs import check_inputs, given_files
from skerry.field.keys import FieldConfig

COMMAND = "wsclean -name {prefix} {mask_argument} {extra} {ms}"
CALIBRATE = "selfcal {ms} {calibrated} {extra}"


def config(**changes: Any) -> dict[str, Any]:
    """A field that is imaged; None takes a key away."""
    keys: dict[str, Any] = {
        "field": "F",
        "beams": "00-01",
        "rounds": 2,
        "source": "beam",
        "measurement_sets": "ms/{field}.beam{beam}.ms",
        "imager": {"command": COMMAND},
    }
    return {key: value for key, value in (keys | changes).items() if value is not None}


def field(**changes: Any) -> FieldConfig:
    return parse_field(config(**changes), Path("/data"))


def problem_of(**changes: Any) -> str:
    with pytest.raises(SkerryError) as caught:
        parse_field(config(**changes), Path("/data"), "field.yaml")
    return str(caught.value)


def imager(**changes: Any) -> dict[str, Any]:
    return {"imager": {"command": COMMAND} | changes}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"imager": None, "images": "{beam}.{round}.fits"}, "measurement_sets: needs an imager beside it"),
        ({"imager": None, "measurement_sets": None}, "images: is missing; say where the images are, or give an imager"),
        ({"measurement_sets": None}, "measurement_sets: is missing; say what is to be imaged"),
        ({"measurement_sets": "f.ms"}, "measurement_sets: must hold {beam}"),
        ({"measurement_sets": "f{beam}.{round}.ms"}, "measurement_sets: {round} is not a placeholder here"),
        ({"measurement_sets": "f{beam}\n.ms"}, "measurement_sets: must not hold line breaks"),
        (imager(comand="x"), "imager.comand: unknown key; did you mean command?"),
        ({"imager": {}}, "imager.command: is missing"),
        (imager(command="wsclean {ms}"), "imager.command: must hold {mask_argument} and {prefix}"),
        (imager(command=COMMAND + " -fits-mask {mask}"), "imager.command: has {mask}, but not every round has one"),
        (imager(command=COMMAND + " '{ms}'"), "imager.command: {ms} stands in quotes"),
        (imager(command=COMMAND + " {sm}"), "imager.command: {sm} is not a placeholder here"),
        (imager(mask_argument="-fits-mask m.fits"), "imager.mask_argument: must hold {mask}"),
        (imager(mask_argument="-fits-mask '{mask}'"), "imager.mask_argument: {mask} stands in quotes"),
        (imager(extra="-x 'a"), "imager.extra: has a quote without its partner"),
        (imager(extra_rounds={1: "-x {ms}"}), "imager.extra_rounds.1: {ms} is not a placeholder here"),
        (imager(extra_rounds={3: "-x"}), "imager.extra_rounds: 3 is not one of the rounds 0 to 2"),
        (imager(image="image.fits"), "imager.image: must begin with {prefix}"),
        (imager(image="{prefix}/../image.fits"), "imager.image: must begin with {prefix}"),
        (imager(threads=0), "imager.threads: must be greater than or equal to 1"),
        (
            imager(mask_argument="-m {scalemask}"),
            "imager.mask_argument: has {scalemask}, but there is none in round 1, 2",
        ),
        ({"calibrate": {"command": "selfcal {ms}"}}, "calibrate.command: must hold {calibrated}"),
        ({"calibrate": {"command": CALIBRATE, "extra_rounds": {0: "x"}}}, "0 is not one of the rounds 1 to 2"),
        (
            {
                "calibrate": {"command": CALIBRATE},
                "imager": None,
                "measurement_sets": None,
                "images": "b{beam}.{round}.fits",
            },
            "calibrate: needs an imager beside it",
        ),
        (
            {"calibrate": {"command": CALIBRATE + " {prefix}"}, "images": "{beam}.fits"},
            "calibrate.command has no {prefix}",
        ),
        ({"source": "mosaic", "mosaic": "m{round}.fits"}, "mosaic: must say how to co-add the images"),
        ({"measurement_sets": "$HOME/{beam}.ms"}, "measurement_sets: must not hold a dollar sign"),
        ({"output": "$HOME", "calibrate": {"command": CALIBRATE}}, "output: must not hold a dollar sign"),
        ({"output": "results (1)"}, "output: must not hold parentheses or brackets"),
        ({"output": "-results"}, "output: must not begin with a hyphen"),
        ({"output": "a\nb"}, "output: must name a directory, without braces or control characters"),
        ({"rms": "rms{beam}.{round}.fits"}, "rms: cannot be given for images that the imager is still to make"),
    ],
)
def test_a_configuration_that_cannot_be_imaged_is_refused_in_a_line(changes: dict[str, Any], said: str) -> None:
    problem = problem_of(**changes)
    assert said in problem
    assert "\n" not in problem


def test_images_of_every_round_are_made_from_round_0_on() -> None:
    made = field()
    assert made.plan.imaged_rounds == (0, 1, 2)
    assert made.files.image_path(0, "01") == "results/F/round0/images/beam01-image.fits"
    assert given_files(made) == ["/data/ms/F.beam00.ms", "/data/ms/F.beam01.ms"]


def test_given_images_are_those_of_round_0_and_no_rule_owns_them() -> None:
    given = field(images="images/{beam}.fits")
    assert given.plan.imaged_rounds == (1, 2)
    assert [given.files.image_path(k, "00") for k in (0, 1)] == [
        "/data/images/00.fits",
        "results/F/round1/images/beam00-image.fits",
    ]
    assert "/data/images/01.fits" in given_files(given)


def test_without_an_imager_masks_may_lie_in_a_directory_with_brackets() -> None:
    found = field(imager=None, measurement_sets=None, images="{beam}.{round}.fits", output="results (1)")
    assert found.files.directory == "results (1)/F"


def test_without_an_imager_no_image_is_made() -> None:
    found = field(imager=None, measurement_sets=None, images="{beam}.{round}.fits")
    assert (found.plan.imaged_rounds, found.files.image_path(2, "00")) == ((), "/data/00.2.fits")


def test_the_restored_image_may_have_another_name_than_wscleans() -> None:
    assert field(**imager(image="{prefix}-MFS-image.fits")).files.image_path(1, "00").endswith("/beam00-MFS-image.fits")


def test_every_round_has_a_measurement_set_of_its_own_where_beams_are_calibrated() -> None:
    calibrated = field(calibrate={"command": CALIBRATE})
    assert [calibrated.files.measurement_set(k, "00") for k in (0, 1, 2)] == [
        "/data/ms/F.beam00.ms",
        "results/F/round1/ms/beam00.ms",
        "results/F/round2/ms/beam00.ms",
    ]
    assert field().files.measurement_set(2, "00") == "/data/ms/F.beam00.ms"


def test_a_measurement_set_that_is_absent_is_said_before_anything_runs(tmp_path: Path) -> None:
    wanted = parse_field(config(), tmp_path)
    (tmp_path / "ms" / "F.beam00.ms").mkdir(parents=True)
    with pytest.raises(SkerryError, match=r"1 of 2 input files is absent: .*F\.beam01\.ms; check measurement_sets"):
        check_inputs(wanted)


def test_an_image_that_is_a_directory_is_absent(tmp_path: Path) -> None:
    wanted = parse_field(config(images="{beam}.fits"), tmp_path)
    for beam in ("00", "01"):
        (tmp_path / "ms" / f"F.beam{beam}.ms").mkdir(parents=True)
        (tmp_path / f"{beam}.fits").mkdir()
    with pytest.raises(SkerryError, match=r"2 of 4 input files are absent"):
        check_inputs(wanted)


def test_the_mask_argument_quotes_the_mask() -> None:
    wsclean = Imager(command=COMMAND, mask_argument="-fits-mask {mask} -round {round}")
    assert wsclean.argument_for_mask({"mask": "it's; rm.fits"}, round=1) == "-fits-mask 'it'\"'\"'s; rm.fits' -round 1"


def test_what_is_looked_at_after_a_clean_is_quoted() -> None:
    assert Imager(command=COMMAND).check_arguments("it's/b", "it's.log") == "--log 'it'\"'\"'s.log'"
    told = Imager(command=COMMAND, model="{prefix}.m.fits", log="{prefix}.log", spill=0, strict=True)
    assert told.check_arguments("r/b", "j.log") == "--log j.log --model r/b.m.fits --log r/b.log --spill 0 --strict"


@pytest.mark.parametrize("key", ["image", "model", "log"])
def test_files_of_the_imager_begin_with_the_prefix(key: str) -> None:
    with pytest.raises(ValidationError, match=r"must begin with \{prefix\}"):
        Imager.model_validate({"command": COMMAND, key: "casa.log"})


def test_a_round_without_a_mask_has_no_mask_argument() -> None:
    assert Imager(command=COMMAND).argument_for_mask({}, round=0) == ""


def test_extra_arguments_of_a_round_replace_those_of_every_round() -> None:
    wsclean = Imager(command=COMMAND, extra="-a {beam} ${HOME}", extra_rounds={1: "-b"})
    assert [wsclean.extra_for_round(k, beam="07", field="F") for k in (0, 1)] == ["-a 07 ${HOME}", "-b"]


def test_the_commands_become_shell_directives_in_which_snakemake_quotes_the_names() -> None:
    assert Imager(command=COMMAND + " -j {threads} ${X}").shell("F") == (
        "wsclean -name {params.prefix:q} {params.mask_argument} {params.extra} {input.ms:q} -j {threads} ${{X}}"
    )
    assert Calibration(command=CALIBRATE + " {image} {round} {field}").shell("F") == (
        "selfcal {input.ms:q} {output.ms:q} {params.extra} {input.image:q} {wildcards.round} F"
    )


def test_a_name_is_never_taken_for_an_option(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    named = parse_field(config(measurement_sets="-{beam}.ms"), tmp_path)
    assert named.files.measurement_set(0, "00") == str(tmp_path / "-00.ms")


def test_a_measurement_set_made_anew_has_another_stamp_but_one_that_was_imaged_has_not(tmp_path: Path) -> None:
    table = tmp_path / "ANTENNA" / "table.dat"
    table.parent.mkdir()
    table.write_text("antennas")
    stamp = data_stamp(str(tmp_path))
    (tmp_path / "table.f9").write_text("model")
    assert data_stamp(str(tmp_path)) == stamp != ""
    os.utime(table, ns=(1, 1))
    assert data_stamp(str(tmp_path)) != stamp


def test_visibilities_in_a_file_have_a_stamp_too_and_what_is_not_there_has_none(tmp_path: Path) -> None:
    (tmp_path / "vis.uvfits").write_text("visibilities")
    assert data_stamp(str(tmp_path / "vis.uvfits")) != ""
    assert data_stamp(str(tmp_path / "none.ms")) == ""
