"""The YAML file of a field: what it may say, and what is said of one that is wrong."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import write_fits

from skerry.config.options import MaskingOptions
from skerry.config.yaml_text import option_table
from skerry.errors import SkerryError
from skerry.field.coaddition import CoAddition
from skerry.field.config import field_from_config, load_field, parse_field
from skerry.field.imager import Calibration, Imager
from skerry.field.inputs import check_inputs, given_files
from skerry.field.keys import FieldConfig

REPOSITORY = Path(__file__).resolve().parents[2]


def config(**changes: Any) -> dict[str, Any]:
    """A field that is right; None takes a key away."""
    keys: dict[str, Any] = {
        "field": "SIM_0400-45",
        "beams": "00-03",
        "rounds": 3,
        "images": "images/{field}.beam{beam}.round{round}.fits",
        "mosaic": "images/{field}.round{round}.linmos.fits",
    }
    return {key: value for key, value in (keys | changes).items() if value is not None}


def problem_of(**changes: Any) -> str:
    with pytest.raises(SkerryError) as caught:
        parse_field(config(**changes), Path("there"), "field.yaml")
    return str(caught.value)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"rounds": 100_000_000}, "rounds: must be less than or equal to 1000, got 100000000"),
        (
            {"beams": "0-99999999999"},
            "beams: has 100000000000 beams, and may have 10000; give fewer, or several fields",
        ),
        ({"channels": "0-99999999999"}, "channels: has 100000000000 channels, and may have 10000"),
        ({"beams": f"0-{'9' * 5000}"}, "beams: is a range of beams whose ends have more than 30 digits; give fewer"),
        ({"beams": [str(n) for n in range(10_001)]}, "beams: has 10001 beams, and may have 10000"),
        ({"beams": "0-999", "channels": "0-9999"}, "channels: makes 10000000 images of a round with the beams"),
        ({"beams": "0-9999", "rounds": 101}, "rounds: makes 1010000 masks of 10000 images, and may make 1000000"),
    ],
)
def test_a_field_has_as_many_beams_channels_and_rounds_as_can_be(changes: dict[str, Any], told: str) -> None:
    assert told in problem_of(**changes)


def test_many_beams_are_looked_through_at_once() -> None:
    beams = [str(n) for n in range(10_000)]
    assert "17 is given twice" in problem_of(beams=[*beams[:-1], "17"])


@pytest.mark.parametrize(
    ("written", "beams"),
    [
        ("00-03", ("00", "01", "02", "03")),
        ("08-11", ("08", "09", "10", "11")),
        ("8-11", ("8", "9", "10", "11")),
        ("098-101", ("098", "099", "100", "101")),
        ("05-05", ("05",)),
        (["00", "07"], ("00", "07")),
        ([0, 7], ("0", "7")),
        (["A", "B+"], ("A", "B+")),
        ("17", ("17",)),
        (5, ("5",)),
    ],
)
def test_beams_are_called_as_in_the_file_names(written: Any, beams: tuple[str, ...]) -> None:
    assert parse_field(config(beams=written), Path()).beams == beams


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("03-00", "not a range"),
        ("00-100", "not a range"),
        ([], "must be a range"),
        (["00", "00"], "given twice"),
        (["a/b"], "letters, digits"),
        ([1.5], "must be text"),
        ([True], "must be text"),
        ({"from": 0}, "must be a range"),
    ],
)
def test_beams_that_cannot_be_are_refused(written: Any, said: str) -> None:
    assert said in problem_of(beams=written)


def test_a_number_with_leading_zeros_is_told_to_be_quoted(tmp_path: Path) -> None:
    path = tmp_path / "field.yaml"
    path.write_text("field: A\nbeams: [00, 01]\n")
    with pytest.raises(SkerryError, match=r'line 2: YAML reads 00 as the number 0; put it in quotes: "00"'):
        load_field(path)


def test_snakemake_does_not_let_pass_what_the_reader_of_a_field_refuses(tmp_path: Path) -> None:
    path = tmp_path / "field.yaml"
    path.write_text("beams: [00, 01]\n")
    with pytest.raises(SkerryError, match="line 1"):
        field_from_config(config(beams=[0, 1]), [path])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("field: A\n  beams: [\n", r"line 2"),
        ("field: A\nfield: B\n", r"line 2: field is given twice"),
        ("masking:\n  flood_fill: true\n  flood_fill: false\n", r"line 3: flood_fill is given twice"),
        ("just text\n", r"holds no keys"),
        ("", r"holds no keys"),
    ],
)
def test_yaml_that_cannot_be_read_is_told_by_file_and_line(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "field.yaml"
    path.write_text(text)
    with pytest.raises(SkerryError, match=rf"field\.yaml.*{said}"):
        load_field(path)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("\tbeams: '00'", "line 2: has a tab, which YAML does not take; put spaces in its place"),
        ("beams:\t'00'", "line 2: has a tab"),
        ("---\nbeams: '00'", "line 2: a second document begins here, and a file has one; remove it, or put it into"),
        ("images: {field}.beam{beam}.fits", 'line 2: .*put the value in quotes, as "{field}.beam{beam}.fits"'),
        ("mosaic: {weights: w/{beam}.fits}", "line 2: .*put the value in quotes"),
        ("mosaic: {weights: {beam}.fits}", "line 2: .*put the value in quotes"),
        ("output: *.out", r"line 2: .*a value that begins with \* has to stand in quotes"),
        ("imager: {command: '@x', extra: a: b}", "line 2: "),
        ("output: a: b", "line 2: .*put a value that has a colon and a space in it in quotes"),
        (" output: b", "line 2: .*begin keys of a level in the same column"),
        ("output: 'a", "line 2: a quote begins here and does not end"),
    ],
)
def test_what_makes_a_line_no_yaml_is_told_with_what_to_do(tmp_path: Path, line: str, said: str) -> None:
    path = tmp_path / "field.yaml"
    path.write_text(f"field: A\n{line}\n")
    with pytest.raises(SkerryError, match=rf"^{path}, {said}"):
        load_field(path)


@pytest.mark.parametrize("line", ["mosaic: {primary_beam_fwhm: 1 deg}", "masking_rounds: {1: {flood_fill: true}}"])
def test_braces_that_are_meant_for_yaml_are_not_spoken_of(tmp_path: Path, line: str) -> None:
    path = tmp_path / "field.yaml"
    path.write_text(f"field: A\n{line}\nbeams: [\n")
    with pytest.raises(SkerryError) as caught:
        load_field(path)
    assert "quotes" not in str(caught.value)


@pytest.mark.parametrize("key", ["images", "mosaic", "output"])
def test_a_name_in_braces_alone_has_to_stand_in_quotes(key: str) -> None:
    said = problem_of(**{key: {"field": None}})
    assert (
        said
        == f'field.yaml: {key}: YAML takes the braces of {{field}} for its own; put the value in quotes: "{{field}}"'
    )


def test_a_directory_in_place_of_the_yaml_file_is_told_with_what_is_in_it(tmp_path: Path) -> None:
    with pytest.raises(SkerryError, match=r": is a directory; give a YAML file$"):
        load_field(tmp_path)
    (tmp_path / "field.yaml").touch()
    with pytest.raises(SkerryError, match=rf"^{tmp_path}: is a directory; give the file in it, {tmp_path}/field.yaml$"):
        load_field(tmp_path)


@pytest.mark.parametrize("value", [0.0, np.nan], ids=["text", "no text"])
def test_a_fits_file_in_place_of_the_yaml_file_is_told(tmp_path: Path, value: float) -> None:
    path = write_fits(tmp_path / "image.fits", np.full((4, 4), value, np.float32))
    with pytest.raises(
        SkerryError, match=r"image\.fits: is a FITS file; give a field's YAML file, or make the mask of one"
    ):
        load_field(path)


def test_other_files_in_place_of_the_yaml_file_are_told(tmp_path: Path) -> None:
    path = tmp_path / "field.yaml.gz"
    path.write_bytes(b"\x1f\x8b\x08\xff")
    with pytest.raises(SkerryError, match=r"gz: is no text; give a field's YAML file$"):
        load_field(path)


def test_a_missing_yaml_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SkerryError, match=r"none\.yaml: there is no such file"):
        load_field(tmp_path / "none.yaml")


def test_all_errors_are_said_at_once_each_with_its_key() -> None:
    lines = problem_of(
        field="a b",
        rounds=0,
        images="{baem}.fits",
        output="",
        masking={"flood_fil": True, "flood_fill_positive_seed_clip": -1},
        outptu="x",
    ).splitlines()
    keys = {line.split(":")[0].strip() for line in lines[1:]}
    assert keys == {
        "field",
        "rounds",
        "images",
        "output",
        "masking.flood_fil",
        "masking.flood_fill_positive_seed_clip",
        "outptu",
    }
    assert lines[0] == "field.yaml: 7 errors"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"masking": {"flood_fil": True}}, "field.yaml: masking.flood_fil: unknown key; did you mean flood_fill?"),
        ({"mosiac": "x"}, "field.yaml: mosiac: unknown key; did you mean mosaic?"),
        (
            {"images": None},
            "field.yaml: images: is missing; say where the images are, or give an imager that makes them",
        ),
        ({"rounds": "3"}, "field.yaml: rounds: must be a valid integer, got '3'"),
        ({"source": "beams"}, "field.yaml: source: must be 'mosaic', 'beam' or 'both', got 'beams'"),
        (
            {"masking": {"beam_shape_erode_scales": [8, 0, 8]}},
            "field.yaml: masking.beam_shape_erode_scales: a scale is given twice in 0,8,8",
        ),
        (
            {"masking_rounds": {2: {"flood_fil": True}}},
            "field.yaml: masking_rounds.2.flood_fil: unknown key; did you mean flood_fill?",
        ),
        ({"masking_rounds": {4: {}}}, "field.yaml: masking_rounds.4: is not one of the rounds 1 to 3"),
        ({"masking_rounds": {0: {}}}, "field.yaml: masking_rounds.0: is not one of the rounds 1 to 3"),
        (
            {"preset": "none", "split_scales": True, "masking": {"beam_shape_erode_scales": [0, 8]}},
            (
                "field.yaml: split_scales: needs scale masks: give beam_shape_erode_scales, with beam_shape_erode or "
                "convolve_first"
            ),
        ),
        ({"mask_rounds": [1, 5]}, "field.yaml: mask_rounds: 5 is not one of the rounds 1 to 3"),
        ({"mask_rounds": "some"}, "field.yaml: mask_rounds: 'some' is not 'all', 'none', a round or a list of rounds"),
    ],
)
def test_a_single_error_is_one_line_that_names_the_key(changes: dict[str, Any], said: str) -> None:
    assert problem_of(**changes) == said


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"images": "b{beam}.fits"}, "must hold {round}"),
        ({"images": "r{round}.fits"}, "must hold {beam}"),
        ({"images": "b{beam}.r{round}.{pol}.fits"}, "{pol} is not a placeholder here"),
        ({"images": "b{beam}.r{round.fits"}, "a brace without its partner"),
        ({"mosaic": "m.fits"}, "must hold {round}"),
        ({"mosaic": "m{round}.b{beam}.fits"}, "{beam} is not a placeholder here"),
        ({"mosaic": {"weights": "w.fits"}}, "must hold {beam}"),
        ({"rms": "rms.fits"}, "must hold {round}"),
        ({"rms": "rms{beam}.{round}.fits"}, "{beam} is not a placeholder here"),
        ({"rms": "rms{round}.fits", "source": "beam"}, "must hold {beam}"),
        ({"bkg": "bkg{round}.fits"}, "needs rms"),
    ],
)
def test_a_pattern_that_names_too_few_files_or_too_many_is_refused(changes: dict[str, Any], said: str) -> None:
    assert said in problem_of(**changes)


def test_a_pattern_needs_no_placeholder_for_what_there_is_one_of() -> None:
    field = parse_field(config(beams=["00"], rounds=1, images="image.fits", mosaic="mosaic.fits"), Path("/d"))
    assert (field.files.image_path(0, "00"), field.files.mosaic_path(0, "mosaic")) == (
        "/d/image.fits",
        "/d/mosaic.fits",
    )


@pytest.mark.parametrize(
    ("mosaic", "said"),
    [
        (None, "mosaic: is missing"),
        ({}, "give either primary_beam_fwhm or weights"),
        ({"primary_beam_fwhm": "1 deg", "weights": "w{beam}.fits"}, "give either"),
        ({"primary_beam_fwhm": "1.15 degrees"}, "mosaic.primary_beam_fwhm: '1.15 degrees' is not an angle"),
        ({"primary_beam_fwhm": 0}, "must be above zero"),
        ({"primary_beam_fwhm": 1, "primary_beam_cutoff": 1.5}, "mosaic.primary_beam_cutoff: must be less than 1"),
        ({"primary_beam_fwmh": 1}, "did you mean primary_beam_fwhm?"),
        (3, "must be a file name pattern"),
    ],
)
def test_a_mosaic_that_cannot_be_made_is_refused(mosaic: Any, said: str) -> None:
    assert said in problem_of(mosaic=mosaic)


@pytest.mark.parametrize("fwhm", ["1.15 deg", 1.15, "69arcmin"])
def test_the_primary_beam_is_an_angle_in_degrees_if_no_unit_is_given(fwhm: Any) -> None:
    field = parse_field(config(mosaic={"primary_beam_fwhm": fwhm}), Path())
    assert isinstance(field.mosaic, CoAddition)
    assert (field.mosaic.primary_beam_fwhm, field.plan.co_adds) == (str(fwhm), True)


def test_no_mosaic_is_needed_where_masks_come_from_the_beams() -> None:
    assert parse_field(config(mosaic=None, source="beam"), Path()).plan.targets == (
        "beam00",
        "beam01",
        "beam02",
        "beam03",
    )


def test_paths_are_relative_to_the_yaml_file_but_output_to_where_the_command_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "here").mkdir()
    (tmp_path / "there").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    (tmp_path / "there" / "field.yaml").write_text(
        "field: A\nbeams: [x]\nrounds: 2\nsource: beam\nimages: ../im/{beam}.{round}.fits\noutput: out/\n"
    )
    field = load_field(tmp_path / "there" / "field.yaml")
    assert field.files.image_path(1, "x") == str(tmp_path / "im" / "x.1.fits")
    assert field.files.mask_path(2, "x") == "out/A/round2/beamx.mask.fits"


def test_files_below_the_current_directory_are_named_relative_to_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    field = parse_field(config(images="../images/b{beam}.r{round}.fits"), tmp_path / "config")
    assert field.files.image_path(0, "00") == "images/b00.r0.fits"


def test_a_directory_with_braces_is_refused_for_snakemake_takes_them_for_placeholders(tmp_path: Path) -> None:
    with pytest.raises(SkerryError, match="rename that directory"):
        parse_field(config(), tmp_path / "{x}")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"output": "a <b> c"}, "output: Snakemake takes <b> in a <b> c for a variable"),
        ({"images": "<results>/{beam}.{round}.fits"}, "images: Snakemake takes <results> in"),
        ({"never_clean": "x<r2_d2>.fits"}, "never_clean: Snakemake takes <r2_d2> in"),
    ],
)
def test_names_in_angle_brackets_are_refused_for_snakemake_takes_them_for_variables(
    changes: dict[str, Any], said: str
) -> None:
    assert said in problem_of(**changes)


def test_angle_brackets_that_snakemake_leaves_alone_are_taken() -> None:
    taken = parse_field(config(output="a<B>", images="<1>-<b/{beam}.{round}.fits"), Path())
    assert taken.output == "a<B>"


def test_an_override_changes_only_the_keys_that_it_names() -> None:
    field = parse_field(
        config(
            preset="none",
            masking={"flood_fill": True, "flood_fill_positive_seed_clip": 5},
            masking_rounds={2: {"flood_fill_positive_flood_clip": 1.2}},
        ),
        Path(),
    )
    assert field.plan.options_for_round(1) == MaskingOptions(flood_fill=True, flood_fill_positive_seed_clip=5)
    assert field.plan.options_for_round(2) == MaskingOptions(
        flood_fill=True, flood_fill_positive_seed_clip=5, flood_fill_positive_flood_clip=1.2
    )


@pytest.mark.parametrize(
    ("mask_rounds", "masked"), [("all", (1, 2, 3)), ("None", ()), (2, (2, 3)), ([1, 3], (1, 3)), ([], ())]
)
def test_masks_are_made_for_the_rounds_that_are_asked_for(mask_rounds: Any, masked: tuple[int, ...]) -> None:
    assert parse_field(config(mask_rounds=mask_rounds), Path()).plan.masked_rounds == masked


def test_only_the_files_of_masked_rounds_are_wanted_each_once() -> None:
    field = parse_field(config(beams=["7"], mask_rounds=[2], rms="rms{round}.fits", bkg="bkg{round}.fits"), Path("/d"))
    assert given_files(field) == [
        "/d/images/SIM_0400-45.beam7.round1.fits",
        "/d/images/SIM_0400-45.round1.linmos.fits",
        "/d/rms1.fits",
        "/d/bkg1.fits",
    ]


def test_noise_maps_are_not_wanted_where_no_step_uses_them() -> None:
    mac = {"flood_fill": True, "flood_fill_use_mac": True}
    keys = config(preset="none", rms="rms{round}.fits", masking=mac, masking_rounds={1: {"flood_fill": False}})
    field = parse_field(keys, Path())
    assert [name for name in given_files(field) if "rms" in name] == ["rms0.fits"]


def test_absent_files_are_counted_and_the_first_of_them_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "m0.fits").touch()
    field = parse_field(config(rounds=1, images="b{beam}.fits", mosaic="m{round}.fits"), tmp_path)
    with pytest.raises(SkerryError, match=r"4 of 5 input files are absent: b00\.fits, b01\.fits, b02\.fits, \.\.\."):
        check_inputs(field)


@pytest.mark.parametrize(
    ("directory", "there", "mask_rounds", "told"),
    [
        ("images", (0, 1), "all", "the masks for round 3 need the images of round 2: give those, or rounds: 2"),
        ("demo", (0,), "all", "the masks for round 2 need the images of round 1: give those, or rounds: 1"),
        ("images", (1,), [2, 3], "the masks for round 3 need the images of round 2: give those, or rounds: 2"),
        ("images", (0, 2), "all", "check measurement_sets, images"),
        ("images", (), "all", "check measurement_sets, images"),
    ],
)
def test_more_rounds_than_there_are_images_of_are_told(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    directory: str,
    there: tuple[int, ...],
    mask_rounds: Any,
    told: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    Path(directory).mkdir()
    keys = {"images": f"{directory}/b{{beam}}.{{round}}.fits", "source": "beam", "mosaic": None}
    field = parse_field(config(mask_rounds=mask_rounds, **keys), tmp_path)
    for k in there:
        for beam in field.beams:
            write_fits(Path(field.files.image_path(k, beam)), np.zeros((4, 4), np.float32))
    with pytest.raises(SkerryError, match=rf"input files are absent: {directory}/b00\.\d\.fits, .*; {told}"):
        check_inputs(field)


@pytest.mark.parametrize(("directory", "hinted"), [("demo/images", True), ("images", False)])
def test_only_the_demo_field_is_told_to_be_simulated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, directory: str, hinted: bool
) -> None:
    monkeypatch.chdir(tmp_path)
    field = parse_field(config(images=f"../{directory}/b{{beam}}.{{round}}.fits"), tmp_path / "config")
    with pytest.raises(SkerryError) as caught:
        check_inputs(field)
    assert ("'skerry simulate demo'" in str(caught.value)) is hinted


def test_an_option_that_has_an_effect_in_one_round_is_not_called_idle() -> None:
    masking = {"flood_fill_positive_seed_clip": 6, "beam_shape_erode_minimum_response": 0.5}
    field = parse_field(config(preset="none", masking=masking, masking_rounds={2: {"flood_fill": True}}), Path())
    assert field.plan.options_without_effect == ("beam_shape_erode_minimum_response",)


@pytest.mark.parametrize(("source", "idle"), [("mosaic", ()), ("beam", ("extract_beam_smoothed_clip",))])
def test_nothing_is_extracted_for_masks_made_on_the_image_of_the_beam(source: str, idle: tuple[str, ...]) -> None:
    masking = {"extract_beam_smoothed_clip": 0, "extract_beam_union": False}
    mosaic = "m.{round}.fits" if source == "mosaic" else None
    field = parse_field(config(masking=masking, source=source, mosaic=mosaic), Path())
    assert field.plan.options_without_effect == idle


@pytest.mark.parametrize("model", [FieldConfig, CoAddition, Imager, Calibration, MaskingOptions])
def test_the_readme_of_the_configuration_lists_every_key_with_its_default(model: Any) -> None:
    assert option_table(model) in (REPOSITORY / "config" / "README.md").read_text()


@pytest.mark.parametrize("model", [FieldConfig, CoAddition, Imager, Calibration, MaskingOptions])
def test_no_row_of_a_table_is_broken_by_a_bar_in_its_text(model: Any) -> None:
    assert {line.count("|") for line in option_table(model).splitlines()} == {5}


def test_the_configuration_of_the_demo_field_is_right_and_names_every_key() -> None:
    path = REPOSITORY / "config" / "config.yaml"
    assert load_field(path).plan.options_without_effect == ()
    absent = {"rms", "bkg", "beam", "measurement_sets", "imager", "calibrate"} | {"preset", "masking", "masking_rounds"}
    absent |= {"mask_axes", "channels", "start_mask", "add_regions", "remove_regions", "never_clean"}
    assert {line.split(":")[0] for line in path.read_text().splitlines()} >= set(FieldConfig.model_fields) - absent
