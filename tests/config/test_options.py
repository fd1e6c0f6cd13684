"""The masking options: names, defaults and ranges are a contract with users' YAML files and scripts."""

from __future__ import annotations

import math
import re

import pytest
from pydantic import ValidationError

from skerry import MaskingOptions
from skerry.config.flags import STEP_OPTIONS, flag_name, other_flags
from skerry.config.options import MAX_SCALES
from skerry.config.scales import WSCLEAN_FWHM_FACTOR

CONTRACT = {
    "base_snr_clip": 4,
    "flood_fill": False,
    "flood_fill_positive_seed_clip": 4.5,
    "flood_fill_positive_flood_clip": 1.5,
    "flood_fill_use_mac": False,
    "flood_fill_use_mac_box_size": 75,
    "flood_fill_use_mac_adaptive_max_depth": None,
    "flood_fill_use_mac_adaptive_step_factor": 2.0,
    "flood_fill_use_mac_adaptive_skew_delta": 0.2,
    "grow_low_snr_island": False,
    "grow_low_snr_island_clip": 1.75,
    "grow_low_snr_island_size": 768,
    "suppress_artefacts": False,
    "beam_shape_erode": False,
    "beam_shape_erode_minimum_response": 0.6,
    "beam_shape_erode_scales": None,
    "convolve_first": False,
}

MAC = {"flood_fill": True, "flood_fill_use_mac": True}


def test_defaults_are_those_of_the_contract():
    options = MaskingOptions()
    assert {name: getattr(options, name) for name in CONTRACT} == CONTRACT


def test_every_option_is_described():
    assert all(field.description for field in MaskingOptions.model_fields.values())


@pytest.mark.parametrize(
    "wrong",
    [
        {"flood_fil": True},
        {"beam_shape_erode_minimum_response": 0},
        {"beam_shape_erode_minimum_response": 1},
        {"flood_fill_use_mac_adaptive_skew_delta": 0},
        {"flood_fill_use_mac_adaptive_skew_delta": 0.5},
        {"flood_fill_use_mac_adaptive_step_factor": 1},
        {"flood_fill_use_mac_box_size": 0},
        {"grow_low_snr_island_size": 0},
        {"base_snr_clip": float("nan")},
        {"base_snr_clip": -1},
        {"flood_fill_pixel_clip": -0.1},
        {"beam_shape_erode_scales": []},
        {"beam_shape_erode_scales": [0, 16, 8, 16]},
        {"beam_shape_erode_scales": [8, 8]},
        {"beam_shape_erode_scales": [-1, 8]},
        {"beam_shape_erode_scales": range(MAX_SCALES + 1)},
        {"beam_shape_erode_scales": "0,8,x"},
        {"convolve_first": True},
        {"flood_fill_statistic": "min"},
        {"flood_fill_statistic": "both", "flood_fill_use_mac": True},
        {"flood_fill_mac_seed_factor": -1},
        {"flood_fill_smooth_beams": 0},
        {"flood_fill_mac_unit": "jansky"},
        {"flood_fill_false_islands": 0},
        {"extract_beam_smoothed_clip": -1},
        {"beam_shape_erode_rims_clip": 0},
        {"beam_shape_erode_rims_factor": -1},
        {"beam_shape_erode_rims_beams": 0},
        {"beam_shape_erode_rims_smooth_beams": 0},
        {"beam_shape_erode_rims_smooth_factor": -1},
        {"beam_shape_erode_rims_smooth_factor": 2e5},
    ],
)
def test_what_is_out_of_range_is_refused(wrong):
    with pytest.raises(ValidationError):
        MaskingOptions(**wrong)


FLOODS = {"flood_fill": True}


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"base_snr_clip": 1e6}, "base_snr_clip: 1e+06 is more than any pixel of any image reaches"),
        ({"flood_fill_positive_seed_clip": 3e38}, "flood_fill_positive_seed_clip: 3e+38 is more than any pixel"),
        ({"extract_beam_smoothed_clip": 1e9}, "extract_beam_smoothed_clip: 1e+09 is more"),
        (
            {"flood_fill_positive_seed_clip": 3, "flood_fill_positive_flood_clip": 4},
            "flood_fill_positive_flood_clip 4: is above flood_fill_positive_seed_clip, 3",
        ),
        ({**FLOODS, "flood_fill_positive_flood_clip": 5}, "is above flood_fill_positive_seed_clip, 4.5"),
        ({**FLOODS, "flood_fill_statistic": "both", "flood_fill_mac_seed_factor": 0.2}, "mac_seed_factor, 0.2"),
        ({**FLOODS, "suppress_artefacts": True, "suppress_artefacts_flood_factor": 3}, "artefacts_seed_factor, 2"),
    ],
)
def test_a_clip_that_makes_no_mask_is_refused(wrong, told):
    with pytest.raises(ValidationError, match=re.escape(told)):
        MaskingOptions(**wrong)


@pytest.mark.parametrize(
    "right",
    [
        {"flood_fill_positive_flood_clip": 5},
        {"flood_fill_positive_seed_clip": 1, "flood_fill_positive_flood_clip": 1},
        {**FLOODS, "flood_fill_mac_seed_factor": 0.2, "suppress_artefacts_flood_factor": 3},
        {"base_snr_clip": 1e5},
        {"base_snr_clip": 0},
    ],
)
def test_clips_that_may_make_one_are_taken(right):
    MaskingOptions(**right)


def test_options_cannot_change():
    with pytest.raises(ValidationError):
        MaskingOptions().flood_fill = True


@pytest.mark.parametrize("given", ["0,8,16", " 0, 8,16 ", [0, 8, 16], (0, 8, 16), "16,0,8"])
def test_scales_may_be_text_or_a_list(given):
    assert MaskingOptions(beam_shape_erode_scales=given).beam_shape_erode_scales == (0, 8, 16)


def test_31_scales_fit_a_mask():
    assert len(MaskingOptions(beam_shape_erode_scales=range(MAX_SCALES)).beam_shape_erode_scales) == 31


@pytest.mark.parametrize(
    ("option", "flag"),
    [
        ("base_snr_clip", "--base-clip"),
        ("flood_fill", "--flood-fill"),
        ("flood_fill_positive_seed_clip", "--seed-clip"),
        ("flood_fill_positive_flood_clip", "--flood-clip"),
        ("flood_fill_statistic", "--statistic"),
        ("flood_fill_use_mac", "--use-mac"),
        ("flood_fill_use_mac_box_size", "--mac-box-size"),
        ("flood_fill_use_mac_adaptive_max_depth", "--mac-adaptive-max-depth"),
        ("grow_low_snr_island_size", "--low-snr-size"),
        ("suppress_artefacts_seed_factor", "--artefact-seed-factor"),
        ("beam_shape_erode", "--erode"),
        ("beam_shape_erode_minimum_response", "--minimum-response"),
        ("beam_shape_erode_scales", "--scales"),
        ("beam_shape_erode_rims", "--rims"),
        ("extract_beam_union", "--union"),
        ("extract_beam_smoothed_clip", "--smoothed-clip"),
        ("noise_box_size", "--noise-box-size"),
    ],
)
def test_an_option_has_the_same_flag_in_each_subcommand(option, flag):
    steps = [step for step, options in STEP_OPTIONS.items() if option in options]
    assert {flag_name(step, option) for step in steps} == {flag}


def test_a_step_has_no_flag_of_an_option_that_it_does_not_take():
    with pytest.raises(KeyError, match="'skerry erode' has no option noise_box_size"):
        flag_name("erode", "noise_box_size")


@pytest.mark.parametrize("step", list(STEP_OPTIONS))
def test_no_two_options_of_a_step_share_a_flag_old_or_new(step):
    shown = [flag_name(step, option) for option in STEP_OPTIONS[step]]
    assert len(set(shown)) == len(shown)
    spellings = [(other, flag.replace("--no-", "--")) for other, flag in other_flags(step).items()]
    assert not {other for other, _ in spellings} & set(shown)
    assert {flag for _, flag in spellings} <= set(shown)
    for option in STEP_OPTIONS[step]:
        whole = f"--{option.replace('_', '-')}"
        assert other_flags(step).get(whole, whole) == flag_name(step, option)


@pytest.mark.parametrize(
    ("step", "older", "flag"),
    [
        ("mask", "--flood-fill-positive-seed-clip", "--seed-clip"),
        ("mask", "--positive-seed-clip", "--seed-clip"),
        ("flood", "--flood-fill-positive-seed-clip", "--seed-clip"),
        ("flood", "--use-mac-box-size", "--mac-box-size"),
        ("scale-mask", "--beam-shape-erode-scales", "--scales"),
        ("mask", "--no-beam-shape-erode", "--no-erode"),
        ("erode", "--no-beam-shape-erode-rims", "--no-rims"),
        ("extract-beam", "--extract-beam-union", "--union"),
        ("noise", "--box-size", "--noise-box-size"),
        ("noise", "--filter-size", "--noise-filter-size"),
    ],
)
def test_older_flags_stand_for_those_of_today(step, older, flag):
    assert other_flags(step)[older] == flag


def test_a_box_without_a_name_is_that_of_the_noise_in_noise_alone():
    assert [step for step in STEP_OPTIONS if "--box-size" in other_flags(step)] == ["noise"]


@pytest.mark.parametrize(
    ("options", "idle"),
    [
        ({"flood_fill_positive_seed_clip": 5}, ("flood_fill_positive_seed_clip",)),
        ({"flood_fill": True, "flood_fill_positive_seed_clip": 5}, ()),
        ({"flood_fill": True, "flood_fill_use_mac_box_size": 60}, ("flood_fill_use_mac_box_size",)),
        ({"flood_fill": True, "flood_fill_use_mac": True, "flood_fill_use_mac_box_size": 60}, ()),
        ({"flood_fill": True, "base_snr_clip": 5}, ("base_snr_clip",)),
        ({"base_snr_clip": 5}, ()),
        ({"grow_low_snr_island": True}, ("grow_low_snr_island",)),
        ({"suppress_artefacts": True}, ("suppress_artefacts",)),
        ({"flood_fill": True, "suppress_artefacts_seed_factor": 3}, ("suppress_artefacts_seed_factor",)),
        ({"flood_fill": True, "suppress_artefacts": True, "suppress_artefacts_seed_factor": 3}, ()),
        ({"beam_shape_erode_scales": [0, 8]}, ("beam_shape_erode_scales",)),
        ({"beam_shape_erode": True, "beam_shape_erode_scales": [0, 8]}, ()),
        ({"convolve_first": True, "beam_shape_erode_scales": [0, 8], "flood_fill_positive_seed_clip": 2}, ()),
        ({"convolve_first": True, "beam_shape_erode_scales": [0, 8], "base_snr_clip": 5}, ("base_snr_clip",)),
        ({"flood_fill": False, "flood_fill_use_mac": False}, ()),
        ({"flood_fill_statistic": "both"}, ("flood_fill_statistic",)),
        ({"flood_fill": True, "flood_fill_statistic": "both", "flood_fill_mac_seed_factor": 2}, ()),
        ({"flood_fill": True, "flood_fill_mac_seed_factor": 2}, ("flood_fill_mac_seed_factor",)),
        ({"flood_fill": True, "flood_fill_statistic": "both", "flood_fill_use_mac_box_size": 9}, ()),
        ({"flood_fill": True, "flood_fill_smooth_beams": 1}, ("flood_fill_smooth_beams",)),
        ({"flood_fill": True, "flood_fill_statistic": "both", "flood_fill_smooth_beams": 1}, ()),
        ({"flood_fill": True, "flood_fill_statistic": "both", "flood_fill_pixel_clip": 1}, ("flood_fill_pixel_clip",)),
        ({"flood_fill": True, "flood_fill_mac_unit": "sigma"}, ("flood_fill_mac_unit",)),
        ({"flood_fill": True, "flood_fill_use_mac": True, "flood_fill_mac_unit": "sigma"}, ()),
        ({"flood_fill": True, "flood_fill_mac_plateaus": True}, ("flood_fill_mac_plateaus",)),
        ({"flood_fill": True, "flood_fill_statistic": "both", "flood_fill_mac_plateaus": True}, ()),
        ({"flood_fill_count_negative": True}, ("flood_fill_count_negative",)),
        ({"flood_fill_false_islands": 1}, ("flood_fill_false_islands",)),
        ({"flood_fill": True, "flood_fill_false_islands": 1}, ()),
        ({"beam_shape_erode_rims": True}, ("beam_shape_erode_rims",)),
        ({"beam_shape_erode": True, "beam_shape_erode_rims": True, "beam_shape_erode_rims_clip": 9}, ()),
        ({"beam_shape_erode": True, "beam_shape_erode_rims_clip": 9}, ("beam_shape_erode_rims_clip",)),
        (
            {"beam_shape_erode": True, "beam_shape_erode_rims": True, "beam_shape_erode_rims_smooth_factor": 3},
            ("beam_shape_erode_rims_smooth_factor",),
        ),
        (
            {"convolve_first": True, "beam_shape_erode_scales": [0, 8], "beam_shape_erode_rims": True},
            ("beam_shape_erode_rims",),
        ),
        (
            {
                "convolve_first": True,
                "beam_shape_erode_scales": [0, 8],
                "beam_shape_erode": True,
                "beam_shape_erode_rims": True,
                "beam_shape_erode_rims_clip": 9,
            },
            ("beam_shape_erode_rims", "beam_shape_erode_rims_clip"),
        ),
    ],
)
def test_options_under_a_switch_that_is_off_are_found(options, idle):
    assert MaskingOptions(**options).without_effect == idle


@pytest.mark.parametrize(
    ("options", "needed"),
    [
        ({}, True),
        ({"flood_fill": True}, True),
        ({"flood_fill_use_mac": True}, True),
        ({"flood_fill": True, "flood_fill_use_mac": True}, False),
        ({"flood_fill": True, "flood_fill_statistic": "mac"}, False),
        ({"flood_fill": True, "flood_fill_statistic": "both"}, True),
        ({"flood_fill": True, "flood_fill_use_mac": True, "grow_low_snr_island": True}, True),
        ({"flood_fill": True, "flood_fill_use_mac": True, "suppress_artefacts": True}, True),
        ({"convolve_first": True, "beam_shape_erode_scales": [0, 8]}, False),
        ({**MAC, "beam_shape_erode_rims": True}, False),
        ({**MAC, "beam_shape_erode": True}, False),
        ({**MAC, "beam_shape_erode": True, "beam_shape_erode_rims": True}, True),
        ({"convolve_first": True, "beam_shape_erode_scales": [0], "beam_shape_erode_rims": True}, False),
        (
            {
                "convolve_first": True,
                "beam_shape_erode_scales": [0],
                "beam_shape_erode": True,
                "beam_shape_erode_rims": True,
            },
            False,
        ),
    ],
)
def test_a_signal_image_is_made_only_where_it_is_needed(options, needed):
    assert MaskingOptions(**options).needs_signal is needed


def test_the_minimum_absolute_clip_makes_its_islands_without_the_signal_that_rims_need():
    options = MaskingOptions(**MAC, beam_shape_erode=True, beam_shape_erode_rims=True)
    assert not options.clips_signal


def test_rims_belong_to_the_step_that_erodes_and_are_recorded_where_they_are_taken_off():
    rims = MaskingOptions(beam_shape_erode_rims=True)
    recorded = {name for name in rims.used_by("erode") if name.startswith("beam_shape_erode_rims")}
    assert len(recorded) == 4
    assert recorded <= set(rims.used_by("mask"))
    smoothed = rims.model_copy(update={"beam_shape_erode_rims_smooth_beams": 3.0})
    smoothing = {"beam_shape_erode_rims_smooth_beams", "beam_shape_erode_rims_smooth_factor"}
    assert set(smoothed.used_by("erode")) - set(rims.used_by("erode")) == smoothing
    assert not recorded & set(MaskingOptions(beam_shape_erode_rims_clip=9).used_by("erode"))
    assert not recorded & {*STEP_OPTIONS["scale-mask"], *STEP_OPTIONS["flood"]}


@pytest.mark.parametrize(
    ("options", "statistic"),
    [
        ({}, "snr"),
        ({"flood_fill_use_mac": True}, "mac"),
        ({"flood_fill_statistic": "mac"}, "mac"),
        ({"flood_fill_statistic": "mac", "flood_fill_use_mac": True}, "mac"),
        ({"flood_fill_statistic": "both"}, "both"),
    ],
)
def test_the_older_switch_for_the_minimum_absolute_clip_is_understood(options, statistic):
    assert MaskingOptions(**options).statistic == statistic


def test_a_step_records_only_the_options_that_count():
    used = MaskingOptions(flood_fill_use_mac_box_size=60).used_by("flood")
    assert used == {
        "flood_fill_positive_seed_clip": 4.5,
        "flood_fill_positive_flood_clip": 1.5,
        "flood_fill_allow_empty": False,
    }


def test_with_both_statistics_a_step_records_the_clips_the_factors_and_the_box():
    used = MaskingOptions(flood_fill_statistic="both").used_by("flood")
    assert set(used) == {
        "flood_fill_statistic",
        "flood_fill_positive_seed_clip",
        "flood_fill_positive_flood_clip",
        "flood_fill_mac_seed_factor",
        "flood_fill_mac_flood_factor",
        "flood_fill_use_mac_box_size",
    }
    smoothed = MaskingOptions(flood_fill_statistic="both", flood_fill_smooth_beams=1).used_by("flood")
    assert set(smoothed) - set(used) == {"flood_fill_smooth_beams", "flood_fill_pixel_clip"}
    seeded = {"flood_fill_statistic": "both", "flood_fill_smooth_seed_factor": 2.5}
    assert "flood_fill_smooth_seed_factor" not in MaskingOptions(**seeded).used_by("flood")
    smoothed_seeds = MaskingOptions(**seeded, flood_fill_smooth_beams=1)
    assert "flood_fill_smooth_seed_factor" in smoothed_seeds.used_by("flood")
    assert "flood_fill_smooth_seed_factor" in smoothed_seeds.set_in_vain("flood", seeded=True)
    assert "flood_fill_smooth_seed_factor" not in smoothed_seeds.set_in_vain("flood")


def test_the_boxes_of_the_noise_are_recorded_by_the_step_that_raises_the_seed_clip():
    options = MaskingOptions(flood_fill_false_islands=1)
    boxes = {"noise_box_size", "noise_filter_size"}
    assert set(options.used_by("snr-mask", seeded=True)) >= boxes | {"flood_fill_false_islands"}
    assert set(options.used_by("flood")) >= boxes | {"flood_fill_false_islands"}
    assert not set(options.used_by("flood", seeded=True)) & (boxes | {"flood_fill_false_islands"})
    assert not set(MaskingOptions(flood_fill_use_mac=True, flood_fill_false_islands=1).used_by("flood")) & boxes


@pytest.mark.parametrize(("clip", "counts"), [(None, False), (0, True), (2, True)])
def test_the_boxes_of_the_noise_count_for_a_beam_whose_own_noise_is_asked_for(clip, counts):
    used = MaskingOptions(extract_beam_smoothed_clip=clip).used_by("extract-beam")
    boxes = {"extract_beam_smoothed_clip", "noise_box_size", "noise_filter_size"}
    assert set(used) == {"extract_beam_union", "extract_beam_blank_border"} | (boxes if counts else set())


@pytest.mark.parametrize(
    ("options", "unit"),
    [
        ({}, "sigma"),
        ({"flood_fill_statistic": "both"}, "sigma"),
        ({"flood_fill_use_mac": True}, "factor of the MAC"),
        ({"flood_fill_use_mac": True, "flood_fill_mac_unit": "sigma"}, "sigma"),
        ({"convolve_first": True, "beam_shape_erode_scales": [0, 8]}, "factor of the MAC"),
    ],
)
def test_clips_are_in_sigma_unless_they_are_factors_of_the_minimum(options, unit):
    assert MaskingOptions(**options).clip_unit == unit


@pytest.mark.parametrize(
    ("options", "needed"),
    [
        ({}, False),
        ({"grow_low_snr_island": True}, False),
        ({"grow_low_snr_island_beams": 5}, False),
        ({"grow_low_snr_island": True, "grow_low_snr_island_beams": 5}, True),
        ({"grow_low_snr_island": True, "grow_low_snr_island_significance": 5}, True),
        ({"flood_fill_statistic": "both"}, False),
        ({"flood_fill_statistic": "both", "flood_fill_mac_unit": "sigma"}, True),
        ({"flood_fill_mac_unit": "sigma"}, False),
        ({"flood_fill_use_mac_box_beams": 9}, False),
        ({"flood_fill_use_mac": True, "flood_fill_use_mac_box_beams": 9}, True),
        ({"flood_fill_smooth_beams": 1}, False),
        ({"flood_fill_statistic": "both", "flood_fill_smooth_beams": 1}, True),
        ({"flood_fill_false_islands": 1}, True),
        ({"flood_fill_fading_factor": 2}, True),
        ({"suppress_artefacts": True}, True),
        ({"suppress_artefacts": True, "both_signs": True}, False),
    ],
)
def test_a_flood_needs_the_area_of_the_beam_for_what_is_said_in_beams_and_for_noise(options, needed):
    assert MaskingOptions(flood_fill=True, **options).needs_beam_area == needed


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({}, None),
        ({"flood_fill_statistic": "both"}, None),
        ({"flood_fill_statistic": "mac"}, "the minimum absolute clip alone"),
        ({"flood_fill_use_mac": True}, "the minimum absolute clip alone"),
        ({"convolve_first": True, "beam_shape_erode_scales": (0, 8)}, "convolve_first"),
    ],
)
def test_what_finds_positive_sources_alone_is_told(options, says):
    told = MaskingOptions(flood_fill=True, **options).finds_positive_alone
    assert told == (says and f"with {says} only what is positive is masked, for negative pixels say what noise is")


@pytest.mark.parametrize(
    ("step", "options", "used"),
    [
        ("extract-beam", {}, False),
        ("extract-beam", {"extract_beam_smoothed_clip": 3}, True),
        ("erode", {"beam_shape_erode": True}, False),
        ("erode", {"beam_shape_erode": True, "beam_shape_erode_keep_cores": True}, True),
        ("erode", {"beam_shape_erode_keep_cores": True}, True),
        ("erode", {"beam_shape_erode": True, "beam_shape_erode_rims": True}, False),  # None is taken off then.
        ("erode", {"beam_shape_erode": True, "beam_shape_erode_rims": True, "both_signs": False}, True),
        ("flood", {}, True),
    ],
)
def test_a_step_is_told_of_both_signs_where_it_tells_them(step, options, used):
    assert ("both_signs" in MaskingOptions(**{"both_signs": True, **options}).used_by(step)) == used


def test_diffuse_emission_is_looked_for_at_scales_of_a_beam_or_more():
    assert MaskingOptions(flood_fill_diffuse_beams=(1, 2)).flood_fill_diffuse_beams == (1, 2)
    with pytest.raises(ValidationError, match="give scales of at least 1 beam"):
        MaskingOptions(flood_fill_diffuse_beams=(0, 2))


def test_the_gaussian_of_a_clean_scale_has_a_sigma_of_3_16ths_of_it():
    assert pytest.approx(3 / 16 * math.sqrt(8 * math.log(2)), rel=1e-5) == WSCLEAN_FWHM_FACTOR
