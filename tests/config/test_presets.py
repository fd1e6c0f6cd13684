"""Presets: what they may hold, and how they lie under what a user says."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.io import fits
from conftest import REPOSITORY, radio_header, warned, write_fits
from scipy import ndimage

from skerry import MaskingOptions, SkerryError
from skerry.cli import main
from skerry.config import presets
from skerry.config.default_presets import DEFAULT_PRESET, DEFAULT_STRATEGY
from skerry.config.flags import STEP_OPTIONS, flag_name
from skerry.config.presets import (
    load_preset,
    preset_for_round,
    preset_label,
    preset_names,
    preset_values,
    with_preset,
)
from skerry.field.config import parse_field
from skerry.steps.made_mask import MadeMask
from skerry.steps.mask import make_mask
from skerry.workflow.arguments import step_arguments

EARLY, LATE = "early-round", "late-round"
NAMES = (EARLY, LATE, "compact", "diffuse", "galactic-plane")
THERE_ARE = "there are compact, diffuse, early-round, galactic-plane, late-round, and files, as mine.yaml"
CLIPS = "flood_fill_positive_seed_clip 5 and flood_fill_positive_flood_clip 2.25"
IN_PIXELS = {"flood_fill_use_mac_box_size": "flood_fill_use_mac_box_beams", "noise_box_size": "noise_box_beams"}
AS_FACTORS = "but would be factors of the MAC with flood_fill_use_mac; give them too, or preset: none"


@pytest.fixture
def image(tmp_path: Path, rng: np.random.Generator) -> Path:
    """Correlated noise of 1 mJy/beam, a bright source with a ring of artefacts, an extended and a faint source."""
    y, x = np.mgrid[:256, :256]
    noise = ndimage.gaussian_filter(rng.normal(size=(256, 256)), 1.3)
    data = 1e-3 * noise / noise.std()
    for row, column, peak, width in ((128, 128, 1.0, 1.4), (60, 190, 0.05, 6.0), (200, 60, 0.008, 1.4)):
        data += peak * np.exp(-((y - row) ** 2 + (x - column) ** 2) / (2 * width**2))
    distance = np.hypot(y - 128, x - 128)
    data += 0.01 * np.cos(distance) * np.exp(-((distance - 20) ** 2) / 50)
    return write_fits(tmp_path / "image.fits", data.astype(np.float32), radio_header(data.shape))


@pytest.fixture
def chosen(monkeypatch: pytest.MonkeyPatch) -> Callable[..., MaskingOptions]:
    """Options with which 'skerry mask' would make the mask."""
    made: list[MaskingOptions] = []

    def take(image: Path, options: MaskingOptions, *_: Any, **__: Any) -> MadeMask:
        made.append(options)
        return MadeMask(image)

    monkeypatch.setattr("skerry.steps.mask.make_mask", take)

    def choose(*flags: str) -> MaskingOptions:
        assert main(["mask", "image.fits", *flags]) == 0
        return made.pop()

    return choose


@pytest.fixture
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty directory of presets in place of skerry's own."""

    def forget() -> None:
        preset_names.cache_clear()
        presets._shipped_preset.cache_clear()

    monkeypatch.setattr(presets, "_directory", lambda: tmp_path)
    forget()
    yield tmp_path
    forget()


def options_of(name: str, **changes: Any) -> MaskingOptions:
    """Options of a preset with changes, of which a box in pixels takes the place of one in beams."""
    left_out = {IN_PIXELS[size] for size in changes.keys() & IN_PIXELS.keys()}
    below = {option: value for option, value in load_preset(name).options.items() if option not in left_out}
    return MaskingOptions(**{**below, **changes})


def without_extraction(options: MaskingOptions) -> dict[str, Any]:
    """Options less those of the extraction."""
    return {name: value for name, value in options.model_dump().items() if not name.startswith("extract_beam_")}


def flags_of(options: dict[str, Any]) -> list[str]:
    """Flags of 'skerry mask' that set options one by one, but for what needs the image of the round before."""
    flags: list[str] = []
    for name, value in options.items():
        if name in STEP_OPTIONS["mask"] and name != "flood_fill_fading_factor":
            flag = flag_name("mask", name)
            switch = {True: flag, False: f"--no-{flag.removeprefix('--')}"}
            text = ",".join(map(str, value)) if isinstance(value, tuple) else str(value)
            flags += [switch[value]] if isinstance(value, bool) else [flag, text]
    return flags


def field_keys(**changes: Any) -> dict[str, Any]:
    """A field of three rounds that says nothing of masks."""
    keys: dict[str, Any] = {"field": "F", "beams": ["00"], "rounds": 3, "images": "b{beam}.{round}.fits"}
    return keys | {"mosaic": "m.{round}.fits"} | changes


def rounds_of(**changes: Any) -> list[MaskingOptions]:
    """Options of the three rounds of a field."""
    field = parse_field(field_keys(**changes), Path())
    return [field.plan.options_for_round(k) for k in (1, 2, 3)]


def problem_of(**changes: Any) -> str:
    with pytest.raises(SkerryError) as caught:
        parse_field(field_keys(**changes), Path(), "field.yaml")
    return str(caught.value)


def test_there_is_a_preset_for_each_kind_of_field_and_stage() -> None:
    assert set(preset_names()) == set(NAMES)


@pytest.mark.parametrize("name", preset_names())
def test_a_preset_says_in_a_line_what_it_is_for(name: str) -> None:
    summary = load_preset(name).summary
    assert len(summary.split()) > 3
    assert summary.splitlines() == [summary]
    assert [load_preset(other).summary for other in preset_names()].count(summary) == 1


@pytest.mark.parametrize("name", preset_names())
def test_each_option_of_a_preset_has_an_effect(name: str) -> None:
    options = MaskingOptions(**load_preset(name).options)
    used = {**options.used_by("mask"), **options.used_by("extract-beam")}
    assert set(load_preset(name).options) <= set(used)
    assert options.without_effect == ()


@pytest.mark.parametrize("name", preset_names())
def test_each_preset_is_another(name: str) -> None:
    same = [other for other in preset_names() if load_preset(other).options == load_preset(name).options]
    assert same == [name]
    assert options_of(name) != MaskingOptions()


@pytest.mark.parametrize("name", preset_names())
def test_the_help_names_each_preset(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["mask", "--help"]) == 0
    said = capsys.readouterr().out.partition("--preset NAME")[2].partition("docs/presets.md")[0]
    assert name in "".join(said.replace("│", "").split())


def test_early_rounds_ask_for_fewer_false_islands_than_late_ones() -> None:
    early, late = options_of(EARLY), options_of(LATE)
    assert early.flood_fill_false_islands is not None
    assert late.flood_fill_false_islands is not None
    assert early.flood_fill_false_islands < late.flood_fill_false_islands


@pytest.mark.parametrize("name", preset_names())
def test_a_preset_makes_the_mask_of_its_options_given_one_by_one(
    name: str, image: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["mask", str(image), "--preset", name, "-o", f"{tmp_path}/preset.fits"]) == 0
    flags = flags_of(load_preset(name).options)
    assert main(["mask", str(image), "--no-preset", *flags, "-o", f"{tmp_path}/flags.fits"]) == 0
    assert main(["mask", str(image), "--no-preset", "-o", f"{tmp_path}/plain.fits"]) == 0
    assert warned(capsys.readouterr().err) == ""
    by_preset, by_flags, plain = (fits.getdata(tmp_path / f"{made}.fits") for made in ("preset", "flags", "plain"))
    assert by_preset[128, 128] == 1
    assert np.array_equal(by_preset, by_flags)
    assert not np.array_equal(by_preset, plain)


@pytest.mark.parametrize("none", [["--no-preset"], ["--preset", "none"]])
def test_without_a_preset_only_the_flags_count(none: list[str], chosen: Callable[..., MaskingOptions]) -> None:
    assert chosen(*none, "--flood-fill") == MaskingOptions(flood_fill=True)
    assert chosen(*none) == MaskingOptions()


def test_a_mask_is_made_by_the_default_preset_to_the_byte(image: Path, tmp_path: Path) -> None:
    assert DEFAULT_PRESET == LATE
    made = {name: tmp_path / name / "mask.fits" for name in ("bare", "named", "python")}
    for path in made.values():
        path.parent.mkdir()
    assert main(["mask", str(image), "-o", str(made["bare"])]) == 0
    assert main(["mask", str(image), "--preset", LATE, "-o", str(made["named"])]) == 0
    make_mask(image, output=made["python"])
    assert {path.read_bytes() for path in made.values()} == {made["bare"].read_bytes()}
    assert fits.getdata(made["bare"])[128, 128] == 1


def test_a_flag_alone_changes_the_default_preset(chosen: Callable[..., MaskingOptions]) -> None:
    assert chosen("--seed-clip", "6") == options_of(LATE, flood_fill_positive_seed_clip=6)


def test_a_mask_in_python_takes_the_preset_that_is_named_where_no_options_are(image: Path, tmp_path: Path) -> None:
    make_mask(image, preset=EARLY, output=tmp_path / "a.fits")
    make_mask(image, with_preset(EARLY, MaskingOptions()), output=tmp_path / "b.fits")
    make_mask(image, output=tmp_path / "c.fits")
    early, by_options, late = (fits.getdata(tmp_path / f"{name}.fits") for name in "abc")
    assert np.array_equal(early, by_options)
    assert not np.array_equal(early, late)


@pytest.mark.parametrize(
    ("flags", "changed"),
    [
        ([], {}),
        (["--flood-fill-positive-seed-clip", "6"], {"flood_fill_positive_seed_clip": 6}),
        (["--flood-fill-positive-flood-clip", "1.5"], {"flood_fill_positive_flood_clip": 1.5}),
        (["--flood-fill-use-mac-box-size", "75"], {"flood_fill_use_mac_box_size": 75}),
        (["--noise-box-size", "32"], {"noise_box_size": 32}),
        (["--noise-box-beams", "15"], {"noise_box_beams": 15}),
        (["--mac-box-beams", "none"], {"flood_fill_use_mac_box_beams": None}),
        (["--no-beam-shape-erode"], {"beam_shape_erode": False}),
        (["--no-suppress-artefacts"], {"suppress_artefacts": False}),
        (["--beam-shape-erode-scales", "0,8"], {"beam_shape_erode_scales": (0, 8)}),
    ],
)
def test_a_flag_beside_a_preset_wins_even_with_the_default_value(
    flags: list[str], changed: dict[str, Any], chosen: Callable[..., MaskingOptions], capsys: pytest.CaptureFixture[str]
) -> None:
    assert without_extraction(chosen("--preset", LATE, *flags)) == without_extraction(options_of(LATE, **changed))
    assert warned(capsys.readouterr().err) == ""


@pytest.mark.parametrize("name", [n for n in STEP_OPTIONS["mask"] if MaskingOptions.model_fields[n].annotation is bool])
def test_each_switch_of_a_mask_can_be_switched_off(name: str, chosen: Callable[..., MaskingOptions]) -> None:
    options = chosen("--no-preset", f"--no-{flag_name('mask', name).removeprefix('--')}")
    assert options.model_dump(exclude_unset=True) == {name: False}


def test_only_flags_of_the_user_are_told_to_be_without_effect(
    chosen: Callable[..., MaskingOptions], capsys: pytest.CaptureFixture[str]
) -> None:
    chosen("--preset", LATE, "--no-beam-shape-erode", "--beam-shape-erode-rims-clip", "30")
    told = warned(capsys.readouterr().err)
    assert told == "skerry: warning: --rims-clip: no effect without --erode\n"


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (["--preset", "nonsense"], f"'nonsense' is no preset; {THERE_ARE}"),
        (["--preset", "late-rond"], "'late-rond' is no preset; did you mean late-round?"),
        (["--preset", ""], f"'' is no preset; {THERE_ARE}"),
        (
            ["--preset", LATE, "--use-mac"],
            (
                "preset late-round: --seed-clip 5 and --flood-clip 2.25 are in sigma there, but would be factors of "
                "the MAC with --use-mac; give them too, or --no-preset"
            ),
        ),
        (
            ["--use-mac", "--seed-clip", "1.5"],
            (
                "preset late-round: --flood-clip 2.25 is in sigma there, but would be factors of the MAC with "
                "--use-mac; give it too, or --no-preset"
            ),
        ),
        (
            ["--mac-unit", "sigma", "--mac-seed-factor", "4", "--no-use-mac"],
            (
                "preset late-round: --mac-flood-factor 0.7 and --smooth-seed-factor 3 are factors of the MAC there, "
                "but would be in sigma with --mac-unit; give them too, or --no-preset"
            ),
        ),
        (
            ["--convolve-first", "--scales", "0,8"],
            (
                "preset late-round: --seed-clip 5 and --flood-clip 2.25 are in sigma there, but would be factors of "
                "the MAC with --convolve-first; give them too, or --no-preset"
            ),
        ),
        (["--preset", LATE, "--no-preset"], "give either --preset or --no-preset, not both"),
        (
            ["--preset", "image.fits"],
            (
                "image.fits: is a FITS file; give a preset's YAML file, or one of compact, diffuse, early-round, "
                "galactic-plane, late-round"
            ),
        ),
        (
            ["--preset", "."],
            (
                ".: is a directory; give a preset's YAML file, or one of compact, diffuse, early-round, "
                "galactic-plane, late-round"
            ),
        ),
        (
            ["--preset", "missing.yaml"],
            "missing.yaml: there is no such file; check the name",
        ),
    ],
)
def test_a_preset_that_cannot_be_gets_one_line(
    flags: list[str],
    said: str,
    image: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["mask", str(image), *flags]) == 2
    assert capsys.readouterr().err == f"skerry: error: {said}\n"
    assert list(tmp_path.iterdir()) == [image]


def test_options_that_are_set_lie_over_a_preset() -> None:
    given = MaskingOptions(flood_fill_positive_flood_clip=1.5, beam_shape_erode=False)
    assert with_preset("none", given) == given
    assert with_preset(LATE, given) == options_of(LATE, flood_fill_positive_flood_clip=1.5, beam_shape_erode=False)


@pytest.mark.parametrize(("k", "name"), [(1, None), (2, "a"), (3, "a"), (5, "b"), (9, "b")])
def test_a_preset_holds_from_its_round_on(k: int, name: str | None) -> None:
    assert preset_for_round({5: "b", 2: "a"}, k) == name


def test_a_field_that_says_nothing_of_masks_is_strict_first_and_deeper_later() -> None:
    assert DEFAULT_STRATEGY == {1: EARLY, 2: LATE}
    assert rounds_of() == [options_of(EARLY), options_of(LATE), options_of(LATE)]


@pytest.mark.parametrize(
    ("preset", "named"),
    [
        (LATE, [LATE, LATE, LATE]),
        ({1: EARLY, 2: LATE}, [EARLY, LATE, LATE]),
        ({"1": EARLY, "3": LATE}, [EARLY, EARLY, LATE]),
        ({1: EARLY, 9: LATE}, [EARLY, EARLY, EARLY]),
        ({1: "compact"}, ["compact", "compact", "compact"]),
        ({2: LATE}, [EARLY, LATE, LATE]),
        ({2: "compact"}, [EARLY, "compact", "compact"]),
        ({3: "compact"}, [EARLY, LATE, "compact"]),
        ({}, [EARLY, LATE, LATE]),
    ],
)
def test_a_field_names_a_preset_or_one_from_a_round_on(preset: Any, named: list[str]) -> None:
    assert rounds_of(preset=preset) == [options_of(name) for name in named]


def test_rounds_before_the_first_preset_have_the_default_under_the_options_that_are_set() -> None:
    early, late = (options_of(name, noise_box_size=40) for name in (EARLY, LATE))
    assert rounds_of(preset={2: LATE}, masking={"noise_box_size": 40}) == [early, late, late]


def test_boxes_of_presets_are_in_beams_and_those_of_a_user_in_pixels_take_their_place() -> None:
    boxes = ("flood_fill_use_mac_box_beams", "noise_box_beams")
    chosen = {name: tuple(getattr(options_of(name), box) for box in boxes) for name in NAMES}
    assert chosen == dict.fromkeys(NAMES, (11, 10)) | {"compact": (23, 10), EARLY: (12, 10)}
    for name in NAMES:
        in_pixels = with_preset(name, MaskingOptions(noise_box_size=32, flood_fill_use_mac_box_size=75))
        assert (in_pixels.noise_box_beams, in_pixels.flood_fill_use_mac_box_beams) == (None, None)
        assert not load_preset(name).options.keys() & IN_PIXELS.keys()


def test_a_field_may_have_no_preset_or_none_in_some_rounds() -> None:
    boxes = {"noise_box_size": 40}
    assert rounds_of(preset="none", masking=boxes) == [MaskingOptions(**boxes)] * 3
    late = options_of(LATE, **boxes)
    assert rounds_of(preset={1: "none", 2: LATE}, masking=boxes) == [MaskingOptions(**boxes), late, late]


@pytest.mark.parametrize(
    ("keys", "changes"),
    [
        ({"masking": {}}, [{}, {}, {}]),
        ({"masking_rounds": {}}, [{}, {}, {}]),
        ({"masking": {"noise_box_size": 40}}, [{"noise_box_size": 40}] * 3),
        ({"masking_rounds": {2: {"noise_box_size": 40}}}, [{}, {"noise_box_size": 40}, {}]),
        (
            {"masking": {"noise_box_size": 40}, "masking_rounds": {3: {"noise_box_size": 64}}},
            [{"noise_box_size": 40}, {"noise_box_size": 40}, {"noise_box_size": 64}],
        ),
        ({"masking": {"noise_box_beams": 15}}, [{"noise_box_beams": 15}] * 3),
        (
            {"masking": {"noise_box_beams": 15}, "masking_rounds": {3: {"noise_box_size": 64}}},
            [{"noise_box_beams": 15}, {"noise_box_beams": 15}, {"noise_box_size": 64}],
        ),
        (
            {"masking": {"noise_box_size": 40}, "masking_rounds": {3: {"noise_box_beams": 15}}},
            [{"noise_box_size": 40}, {"noise_box_size": 40}, {"noise_box_size": 40, "noise_box_beams": 15}],
        ),
        ({"masking": {"flood_fill_smooth_beams": None}}, [{"flood_fill_smooth_beams": None}] * 3),
        (
            {"split_scales": True, "masking": {"beam_shape_erode_scales": [0, 8]}},
            [{"beam_shape_erode_scales": (0, 8)}] * 3,
        ),
    ],
)
def test_options_of_a_field_merge_over_the_default_presets(keys: dict[str, Any], changes: list[dict[str, Any]]) -> None:
    named = zip((EARLY, LATE, LATE), changes, strict=True)
    assert rounds_of(**keys) == [options_of(name, **changed) for name, changed in named]


@pytest.mark.parametrize("summary", ["", "summary: For a field of mine.\nmasking:\n"])
@pytest.mark.parametrize("relative", ["mine.yaml", "presets/mine.yaml", "./mine.yml"])
def test_a_preset_may_be_a_file_of_a_user(
    summary: str, relative: str, tmp_path: Path, chosen: Callable[..., MaskingOptions], monkeypatch: pytest.MonkeyPatch
) -> None:
    indent = "  " if summary else ""
    path = tmp_path / relative
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"{summary}{indent}flood_fill: true\n{indent}flood_fill_positive_seed_clip: 7\n")
    mine = MaskingOptions(flood_fill=True, flood_fill_positive_seed_clip=7)
    assert load_preset(str(path)).options == mine.model_dump(exclude_unset=True)
    assert preset_label(str(path)) == path.name
    assert with_preset(path, MaskingOptions()) == mine
    assert chosen("--preset", str(path)) == mine
    assert chosen("--preset", str(path), "--seed-clip", "8").flood_fill_positive_seed_clip == 8
    monkeypatch.chdir("/")
    field = parse_field(field_keys(preset={2: relative}), tmp_path)
    assert [field.plan.options_for_round(k) for k in (1, 2, 3)] == [options_of(EARLY), mine, mine]


def test_a_name_of_a_preset_is_that_and_no_file_beside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / LATE).write_text("flood_fill: false\n")
    monkeypatch.chdir(tmp_path)
    assert load_preset(LATE).options["flood_fill"] is True
    assert rounds_of(preset=LATE) == [options_of(LATE)] * 3


def test_a_change_of_a_preset_file_changes_the_arguments_of_its_steps_alone(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"

    def arguments(text: str) -> dict[str, str]:
        path.write_text(text)
        options = parse_field(field_keys(preset="mine.yaml"), tmp_path).plan.options_for_round(1)
        return {step: step_arguments(step, options) for step in STEP_OPTIONS}

    before = arguments("flood_fill: true\nbeam_shape_erode: true\n")
    after = arguments("flood_fill: true\nbeam_shape_erode: true\nbeam_shape_erode_minimum_response: 0.5\n")
    # No other step of this chain takes it; 'mask' and 'scale-mask' are none of its jobs.
    assert {step for step in before if before[step] != after[step]} == {"erode", "mask", "scale-mask"}


@pytest.mark.parametrize(
    ("given", "statistic"),
    [
        ({"flood_fill_use_mac": True}, "mac"),
        ({"flood_fill_use_mac": False}, "both"),
        ({"flood_fill_statistic": "mac"}, "mac"),
        ({"flood_fill_statistic": "snr"}, "snr"),
    ],
)
def test_an_option_by_another_name_lies_over_that_of_the_preset(given: dict[str, Any], statistic: str) -> None:
    clips = {"flood_fill_positive_seed_clip": 1.5, "flood_fill_positive_flood_clip": 1.2}
    assert with_preset(LATE, MaskingOptions(**given, **clips)).statistic == statistic
    assert rounds_of(masking=given | clips)[1].statistic == statistic


@pytest.mark.parametrize(
    ("given", "statistic"),
    [({"flood_fill_use_mac": False}, "snr"), ({"flood_fill_statistic": "both"}, "both"), ({}, "mac")],
)
def test_the_older_switch_in_a_preset_gives_way_too(given: dict[str, Any], statistic: str, tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    for switch in ("flood_fill_use_mac: true", "flood_fill_statistic: mac"):
        path.write_text(f"{switch}\n")
        assert with_preset(path, MaskingOptions(**given)).statistic == statistic


@pytest.mark.parametrize(
    "given",
    [
        {"flood_fill_use_mac": True},
        {"flood_fill_statistic": "mac"},
        {"flood_fill_use_mac": True, "flood_fill_positive_seed_clip": 1.5},
        {"flood_fill_mac_unit": "sigma"},
        {"convolve_first": True, "beam_shape_erode_scales": (0, 8)},
    ],
)
def test_clips_of_a_preset_are_never_read_in_another_unit(given: dict[str, Any]) -> None:
    with pytest.raises(
        SkerryError, match=r"preset late-round: .* there, but would be .*; give (it|them) too, or take no"
    ):
        with_preset(LATE, MaskingOptions(**given))
    assert " there, but would be " in problem_of(masking=given)
    assert "masking_rounds.2: " in problem_of(masking_rounds={2: given})


@pytest.mark.parametrize(
    "given",
    [
        {"flood_fill_statistic": "snr"},
        {"flood_fill_statistic": "mac", "flood_fill_mac_unit": "sigma"},
        {"flood_fill": False, "flood_fill_use_mac": True},
        {"flood_fill_smooth_beams": None},
    ],
)
def test_clips_that_stay_in_their_unit_or_out_of_use_are_taken(given: dict[str, Any]) -> None:
    assert with_preset(LATE, MaskingOptions(**given)).flood_fill_positive_seed_clip == 5


def test_factors_of_a_preset_are_no_sigma_of_a_step(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text("convolve_first: true\nbeam_shape_erode_scales: [0, 8]\nflood_fill_positive_seed_clip: 1.5\n")
    with pytest.raises(SkerryError, match=r"are factors|is factors|factors of the MAC there, but would be in sigma"):
        with_preset(path, MaskingOptions(), step="flood")


@pytest.mark.parametrize(
    ("step", "taken"),
    [
        (
            "erode",
            {f"beam_shape_erode_{name}" for name in ("rims", "rims_factor", "rims_smooth_beams", "edge", "keep_cores")},
        ),
        ("noise", {"noise_box_beams"}),
        ("extract-beam", {"extract_beam_smoothed_clip", "noise_box_beams"}),
    ],
)
def test_a_step_takes_of_a_preset_what_is_its_own(step: str, taken: set[str]) -> None:
    assert with_preset(LATE, MaskingOptions(), step=step).model_fields_set == taken
    assert with_preset("diffuse", MaskingOptions(), step="noise").noise_box_beams == 10


def test_options_of_a_field_lie_over_its_preset_and_those_of_a_round_over_both() -> None:
    made = rounds_of(
        preset=LATE,
        masking={"flood_fill_positive_flood_clip": 1.5, "flood_fill_smooth_seed_factor": None},
        masking_rounds={2: {"flood_fill_positive_flood_clip": 3, "beam_shape_erode": False}},
    )
    every = {"flood_fill_positive_flood_clip": 1.5, "flood_fill_smooth_seed_factor": None}
    second = every | {"flood_fill_positive_flood_clip": 3, "beam_shape_erode": False}
    assert made == [options_of(LATE, **every), options_of(LATE, **second), options_of(LATE, **every)]


def test_nothing_is_extracted_and_nothing_said_where_masks_are_made_on_the_beams() -> None:
    field = parse_field(field_keys(source="beam", preset=LATE), Path())
    on_a_mosaic = parse_field(field_keys(preset=LATE), Path())
    assert on_a_mosaic.plan.options_for_round(1).extract_beam_smoothed_clip is not None
    assert field.plan.options_for_round(1).extract_beam_smoothed_clip is None
    assert field.plan.options_without_effect == ()


def test_only_options_of_the_user_are_told_to_be_idle_in_a_field() -> None:
    masking = {"beam_shape_erode": False, "beam_shape_erode_rims_clip": 30}
    field = parse_field(field_keys(preset=LATE, masking=masking), Path())
    assert field.plan.options_without_effect == ("beam_shape_erode_rims_clip",)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"preset": "late-rond"}, "preset: 'late-rond' is no preset; did you mean late-round?"),
        ({"preset": "nonsense"}, f"preset: 'nonsense' is no preset; {THERE_ARE}"),
        ({"preset": {0: LATE}}, "preset.0: is not one of the rounds 1 to 3"),
        ({"preset": {1: [LATE]}}, "preset: \"['late-round']\" is no preset; did you mean late-round?"),
        ({"preset": 7}, "preset: must be a preset, none, or one from a round on, as {1: early-round}, got 7"),
        ({"preset": None}, "preset: must be a preset, none, or one from a round on, as {1: early-round}, got None"),
        ({"preset": {1: EARLY, 2: "mine.yaml"}}, "preset: file mine.yaml: there is no such file; check the name"),
        (
            {"masking": {"flood_fill_use_mac": True}, "masking_rounds": {3: {}}},
            (
                "2 errors\n"
                f"  masking_rounds.3: {CLIPS} are in sigma in preset late-round, {AS_FACTORS}\n"
                f"  masking_rounds: presets early-round and late-round with masking: {CLIPS} are in sigma there, "
                f"{AS_FACTORS}"
            ),
        ),
        (
            {"preset": LATE, "masking_rounds": {2: {"flood_fill_use_mac": True, "flood_fill_statistic": "snr"}}},
            "masking_rounds.2.flood_fill_use_mac: contradicts flood_fill_statistic snr; leave it out",
        ),
    ],
)
def test_a_preset_of_a_field_that_cannot_be_is_told(changes: dict[str, Any], said: str) -> None:
    assert problem_of(**changes) == f"field.yaml: {said}"


def test_what_is_wrong_with_masking_and_a_preset_is_said_once_for_all_rounds() -> None:
    assert problem_of(preset=LATE, masking={"flood_fill_use_mac": True}) == (
        f"field.yaml: masking_rounds: preset late-round with masking: {CLIPS} are in sigma there, {AS_FACTORS}"
    )


def test_wrong_presets_and_wrong_rounds_are_said_with_all_else_that_is_wrong() -> None:
    lines = problem_of(
        beams=[],
        preset={1: "nonsense", "x": LATE},
        masking={"flood_fil": True},
        masking_rounds={2: {"flood_fil": True}, 7: {}},
        outptu="x",
    ).splitlines()
    assert lines[0] == "field.yaml: 7 errors"
    assert [line.split(": ")[0].strip() for line in lines[1:]] == [
        "beams",
        "preset",
        "preset.x",
        "masking.flood_fil",
        "masking_rounds.2.flood_fil",
        "masking_rounds.7",
        "outptu",
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("summary: A.\nmasking:\n  flood_fil: true\n", "masking.flood_fil: unknown key; did you mean flood_fill?"),
        ("sumary: A.\nmasking: {}\n", "sumary: unknown key; did you mean summary?"),
        ("flood_fil: true\n", "mine.yaml: flood_fil: unknown key; did you mean flood_fill?"),
        ("- flood_fill\n", "mine.yaml: holds no keys; write the preset as 'key: value' lines"),
        ("\0", "mine.yaml: is no text; give a preset's YAML file, or one of "),
        ("flood_fill: true\n\tnoise_box_size: 9\n", "mine.yaml, line 2: has a tab"),
        ("field: F\nbeams: [0]\n", "is the file of a field, for 'skerry run'; give a preset's YAML file"),
        ("summary: A.\nmasking:\n  noise_box_size: 1\n", "masking.noise_box_size: must be greater than or equal to 4"),
        ("summary: A.\n summary: B.\n", "line 2"),
    ],
)
def test_a_preset_file_that_is_wrong_is_told_by_name_and_key(directory: Path, text: str, said: str) -> None:
    (directory / "mine.yaml").write_text(text)
    with pytest.raises(SkerryError) as caught:
        load_preset("mine")
    assert str(caught.value).startswith(f"{directory / 'mine.yaml'}")
    assert said in str(caught.value)
    assert str(directory / "mine.yaml") in problem_of(preset="mine")


def test_the_wheel_holds_the_presets(tmp_path: Path) -> None:
    """Lay skerry out as the build does, and ask it for its presets."""
    package = tmp_path / "skerry"
    shutil.copytree(REPOSITORY / "src" / "skerry", package, ignore=shutil.ignore_patterns("__pycache__"))
    (shipped,) = re.findall(r"^SHIPPED = (\[.*\])$", (REPOSITORY / "setup.py").read_text(), re.MULTILINE)
    for name in ast.literal_eval(shipped):
        source, target = REPOSITORY / name, package / "_workflow" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        (shutil.copytree if source.is_dir() else shutil.copyfile)(source, target)
    code = "from skerry.config import presets; print(presets.__file__, *presets.preset_names())"
    environment = os.environ | {"PYTHONPATH": str(tmp_path)}
    made = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env=environment, capture_output=True, text=True, check=True
    )
    assert made.stdout.split() == [str(tmp_path / "skerry" / "config" / "presets.py"), *preset_names()]


@pytest.mark.parametrize("name", preset_names())
def test_values_for_the_help_are_those_of_the_preset(name: str) -> None:
    assert preset_values(name) == load_preset(name).options
