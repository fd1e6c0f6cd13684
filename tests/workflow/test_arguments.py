"""What a rule passes its subcommand: the options that change the result, and no others."""

from __future__ import annotations

from typing import Any

import pytest

from skerry.config.chain import chain_of
from skerry.config.flags import STEP_OPTIONS, flag_name
from skerry.config.options import MaskingOptions
from skerry.workflow.arguments import step_arguments

MAC = {"flood_fill": True, "flood_fill_use_mac": True}
SCALES = (0, 8)


@pytest.mark.parametrize(
    ("step", "options", "arguments"),
    [
        ("snr-mask", {}, "--base-clip 4.0"),
        ("snr-mask", {"flood_fill": True}, "--seed-clip 4.5"),
        ("snr-mask", {"flood_fill": True, "flood_fill_allow_empty": True}, "--seed-clip 4.5 --allow-empty"),
        ("flood", {"flood_fill": True}, "--flood-clip 1.5"),
        ("flood", MAC, "--seed-clip 4.5 --flood-clip 1.5 --use-mac --mac-box-size 75"),
        (
            "flood",
            {"flood_fill": True, "grow_low_snr_island": True, "grow_low_snr_island_beams": 3},
            ("--flood-clip 1.5 --low-snr-islands --low-snr-clip 1.75 --low-snr-beams 3.0"),
        ),
        ("erode", {"beam_shape_erode": True}, "--minimum-response 0.6"),
        ("extract-beam", {"noise_box_size": 40}, "--blank-border 0"),
        (
            "extract-beam",
            {"extract_beam_smoothed_clip": 2, "noise_box_size": 40},
            "--blank-border 0 --smoothed-clip 2.0 --noise-box-size 40 --noise-filter-size 3",
        ),
        ("noise", {"noise_box_beams": 10}, "--noise-box-beams 10.0 --noise-filter-size 3"),
        (
            "flood",
            MAC | {"flood_fill_use_mac_box_size": 60, "flood_fill_use_mac_box_beams": 11},
            "--seed-clip 4.5 --flood-clip 1.5 --use-mac --mac-box-beams 11.0",
        ),
        (
            "erode",
            {"beam_shape_erode_scales": SCALES},
            "--minimum-response 0.6 --scales 0,8 --scale-fwhm-factor 0.44153",
        ),
    ],
)
def test_a_step_is_passed_the_options_that_change_its_result(
    step: str, options: dict[str, Any], arguments: str
) -> None:
    assert step_arguments(step, MaskingOptions(**options)) == arguments


def test_the_adaptive_box_is_passed_whole_or_not_at_all() -> None:
    adaptive = {name for name in STEP_OPTIONS["flood"] if "adaptive" in name}
    for depth, expected in ((None, set()), (2, adaptive)):
        options = MaskingOptions(**MAC, flood_fill_use_mac_adaptive_max_depth=depth)
        assert adaptive & set(options.used_by("flood", seeded=True)) == expected


@pytest.mark.parametrize(
    ("changed", "flag"),
    [
        ({"beam_shape_erode_edge": True}, ""),
        ({"beam_shape_erode_edge": False}, "--no-erode-edge"),
        ({"beam_shape_erode_keep_cores": False}, ""),
        ({"beam_shape_erode_keep_cores": True}, "--keep-cores"),
        ({"beam_shape_erode_keep_cores": True, "both_signs": None}, "--keep-cores"),
        ({"beam_shape_erode_keep_cores": True, "both_signs": True}, "--both-signs --keep-cores"),
        ({"beam_shape_erode_keep_cores": True, "both_signs": False}, "--no-both-signs --keep-cores"),
        ({"beam_shape_erode_edge": False, "both_signs": True}, "--no-erode-edge"),
        ({"both_signs": True}, ""),
    ],
)
def test_a_switch_is_passed_where_it_is_not_what_the_step_does_without(changed: dict[str, Any], flag: str) -> None:
    arguments = step_arguments("erode", MaskingOptions(beam_shape_erode=True, **changed))
    assert set(arguments.split()) == set(f"--minimum-response 0.6 {flag}".split())


@pytest.mark.parametrize("step", list(STEP_OPTIONS))
def test_no_switch_that_is_as_the_step_does_without_is_passed(step: str) -> None:
    own = {name: MaskingOptions.model_fields[name].default for name in STEP_OPTIONS[step]}
    words = step_arguments(step, MaskingOptions(flood_fill=step == "flood")).split()
    assert not any(
        flag_name(step, name) in words
        for name, value in own.items()
        if value is None or value is True or value is False
    )
    assert not any(word.startswith("--no-") for word in words)


@pytest.mark.parametrize(
    ("options", "arguments"),
    [
        ({}, "--base-clip 4.0 --noise-box-size 32 --noise-filter-size 3"),
        (
            {"flood_fill": True, "base_snr_clip": 5, "flood_fill_use_mac_box_size": 9, "noise_box_size": 16},
            "--flood-fill --seed-clip 4.5 --flood-clip 1.5 --noise-box-size 16 --noise-filter-size 3",
        ),
        (
            MAC | {"beam_shape_erode": True, "noise_box_size": 16},
            "--flood-fill --seed-clip 4.5 --flood-clip 1.5 --use-mac --mac-box-size 75 --erode --minimum-response 0.6",
        ),
    ],
    ids=["clip", "signal to noise", "minimum absolute clip"],
)
def test_a_mask_in_one_step_is_passed_what_its_steps_use_and_nothing_else(
    options: dict[str, Any], arguments: str
) -> None:
    made = MaskingOptions(**options)
    assert step_arguments("mask", made, chain_of(made)) == arguments


def test_an_image_of_the_round_before_is_compared_with_only_where_there_is_one() -> None:
    options = MaskingOptions(flood_fill=True, flood_fill_statistic="both", flood_fill_fading_factor=2.5)
    for has_earlier in (False, True):
        chain = chain_of(options, has_earlier=has_earlier)
        for step in ("mask", "flood"):
            assert ("--fading-factor 2.5" in step_arguments(step, options, chain)) is has_earlier
