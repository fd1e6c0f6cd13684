"""The names of all files of a field, and what each step of a round reads."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from skerry.errors import SkerryError
from skerry.field.config import parse_field
from skerry.field.keys import FieldConfig

MAC = {"flood_fill": True, "flood_fill_use_mac": True}
FLOOD = {"flood_fill": True, "beam_shape_erode": True}
COMMAND = {"command": "image {ms} {prefix} {mask_argument}"}


def field(**changes: Any) -> FieldConfig:
    """A field of two beams and two rounds with its mosaics given; None takes a key away."""
    keys: dict[str, Any] = {
        "field": "F",
        "beams": ["00", "01"],
        "rounds": 2,
        "images": "i{beam}.{round}.fits",
        "mosaic": "m{round}.fits",
        "preset": "none",
        "masking": FLOOD,
        "output": "out",
    }
    return parse_field({key: value for key, value in (keys | changes).items() if value is not None}, Path("/d"))


def test_the_masks_of_a_round_are_made_from_the_image_of_the_round_before() -> None:
    assert field().files.product_path(2, "mosaic", "image") == "/d/m1.fits"
    assert field(source="beam", mosaic=None).files.product_path(2, "beam01", "image") == "/d/i01.1.fits"


FADING = {"flood_fill": True, "flood_fill_statistic": "both", "flood_fill_fading_factor": 2.5}


@pytest.mark.parametrize(
    ("changes", "target", "earlier"),
    [
        ({}, "mosaic", "/d/m0.fits"),
        ({"mosaic": {"primary_beam_fwhm": "1 deg"}}, "mosaic", "out/F/round1/mosaic.image.fits"),
        ({"source": "beam", "mosaic": None}, "beam01", "/d/i01.0.fits"),
        ({"mask_rounds": [2]}, "mosaic", None),
        ({"masking": MAC}, "mosaic", None),
        ({"masking": FADING | {"flood_fill_statistic": "snr"}}, "mosaic", None),
    ],
    ids=["mosaic", "co-added", "beam", "round without masks", "no factor", "signal to noise"],
)
def test_islands_are_compared_with_what_the_masks_before_were_made_of(
    changes: dict[str, Any], target: str, earlier: str | None
) -> None:
    for keep_steps, step in ((True, "flood"), (False, "mask")):
        made = field(**({"masking": FADING, "keep_steps": keep_steps} | changes))
        assert made.files.step_inputs(2, target, step).get("earlier") == earlier
        assert all("earlier" not in made.files.step_inputs(k, target, step) for k in made.plan.masked_rounds if k == 1)


def test_a_mosaic_that_is_not_given_is_made_in_the_round_of_its_masks() -> None:
    made = field(mosaic={"primary_beam_fwhm": "1 deg"})
    assert made.files.product_path(2, "mosaic", "image") == "out/F/round2/mosaic.image.fits"


@pytest.mark.parametrize(
    ("changes", "step", "inputs"),
    [
        ({}, "noise", {"image": "/d/m0.fits"}),
        (
            {},
            "signal",
            {"image": "/d/m0.fits", "rms": "out/F/round1/mosaic.rms.fits", "bkg": "out/F/round1/mosaic.bkg.fits"},
        ),
        ({"rms": "r{round}.fits"}, "signal", {"image": "/d/m0.fits", "rms": "/d/r0.fits"}),
        (
            {"rms": "r{round}.fits", "bkg": "b{round}.fits"},
            "signal",
            {"image": "/d/m0.fits", "rms": "/d/r0.fits", "bkg": "/d/b0.fits"},
        ),
        ({"rms": "r{round}.fits"}, "noise", {}),
        ({}, "flood", {"image": "out/F/round1/mosaic.signal.fits", "seeds": "out/F/round1/mosaic.seeds.fits"}),
        ({"masking": MAC}, "flood", {"image": "/d/m0.fits"}),
        ({"masking": MAC}, "erode", {}),
        ({}, "erode", {"islands": "out/F/round1/mosaic.islands.fits"}),
    ],
)
def test_a_step_reads_the_files_of_its_round_given_or_made(
    changes: dict[str, Any], step: str, inputs: dict[str, str]
) -> None:
    assert field(**changes, keep_steps=True).files.step_inputs(1, "mosaic", step) == inputs


@pytest.mark.parametrize(
    ("changes", "inputs"),
    [
        ({}, {"image": "/d/m0.fits"}),
        (
            {"rms": "r{round}.fits", "bkg": "b{round}.fits"},
            {"image": "/d/m0.fits", "rms": "/d/r0.fits", "bkg": "/d/b0.fits"},
        ),
        ({"masking": MAC, "rms": "r{round}.fits"}, {"image": "/d/m0.fits"}),
    ],
)
def test_a_mask_in_one_step_reads_what_is_given(changes: dict[str, Any], inputs: dict[str, str]) -> None:
    assert field(**changes).files.step_inputs(1, "mosaic", "mask") == inputs


def test_noise_is_kept_only_where_one_step_measures_it() -> None:
    kept = "out/F/round1/mosaic.noise.fits"
    for changes, name in (
        ({}, kept),
        ({"rms": "r{round}.fits"}, None),
        ({"masking": MAC}, None),
        ({"keep_steps": True}, None),
    ):
        assert field(**changes).files.noise_grid_path(1, "mosaic") == name


def test_noise_maps_of_beams_are_given_by_the_beam() -> None:
    beams = field(source="beam", mosaic=None, rms="r{beam}.{round}.fits")
    assert beams.files.noise_path(1, "beam01", "rms") == "/d/r01.1.fits"
    assert beams.files.noise_path(1, "beam01", "bkg") is None


def test_weights_are_those_of_all_beams() -> None:
    weighted = field(mosaic={"weights": "w{beam}.{round}.fits"})
    assert weighted.files.weight_paths(1, "mosaic") == ["/d/w00.1.fits", "/d/w01.1.fits"]
    assert field().files.weight_paths(1, "mosaic") == []


def test_a_run_ends_with_the_masks_of_every_beam_and_the_masks_of_their_scales() -> None:
    scales = FLOOD | {"beam_shape_erode_scales": [0, 8]}
    split = field(masking_rounds={2: scales}, split_scales=True)
    products = ("mask", "scalemask", "scale0.mask", "scale8.mask")
    first = [f"out/F/round1/beam{beam}.mask.fits" for beam in ("00", "01")]
    assert list(split.files.results()) == [
        *first,
        *(f"out/F/round2/beam{beam}.{product}.fits" for product in products for beam in ("00", "01")),
    ]


def test_a_run_with_an_imager_ends_with_the_images_of_the_last_round() -> None:
    imaged = field(imager=COMMAND, images=None, measurement_sets="{beam}.ms", source="beam", mosaic=None, mask_rounds=2)
    images = [f"out/F/round2/images/beam{beam}-image.fits" for beam in ("00", "01")]
    masks = [f"out/F/round2/beam{beam}.mask.fits" for beam in ("00", "01")]
    checks = [f"out/F/round2/beam{beam}.clean.check" for beam in ("00", "01")]
    assert list(imaged.files.results()) == images + checks + masks
    assert imaged.files.clean_check_path(1, "00") is None


def test_only_a_masked_round_is_imaged_with_masks_and_with_those_that_the_imager_reads() -> None:
    scales = {"masking": FLOOD | {"beam_shape_erode_scales": [0, 8]}, "mask_rounds": 2}
    reads_both = COMMAND | {"mask_argument": "{mask} {scalemask}"}
    imaged = field(imager=reads_both, images=None, measurement_sets="{beam}.ms", source="beam", mosaic=None, **scales)
    assert imaged.files.masks_to_image_with(1, "00") == {}
    assert imaged.files.masks_to_image_with(2, "00") == {
        product: f"out/F/round2/beam00.{product}.fits" for product in ("mask", "scalemask")
    }
    assert field().files.masks_to_image_with(2, "00") == {}


def test_a_set_is_marked_as_calibrated_from_round_1_on() -> None:
    calibrate = {"command": "calibrate {ms} {calibrated}"}
    keys = {"imager": COMMAND, "images": None, "measurement_sets": "{beam}.ms", "source": "beam", "mosaic": None}
    marks = [field(**keys, calibrate=calibrate).files.calibration_mark(k, "00") for k in (0, 1)]
    assert marks == [None, "out/F/round1/ms/beam00.calibrated"]
    assert field(**keys).files.calibration_mark(1, "00") is None


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"images": "i{beam}.{round}.{channel}.fits"}, r"images: \{channel\} is not a placeholder here"),
        ({"channels": "0-1"}, r"images: must hold \{channel\}"),
        ({"channels": "0-1", "images": "i{beam}.{round}.{channel}.fits"}, r"mosaic: must hold \{channel\}"),
    ],
)
def test_files_of_channels_and_no_others_are_named_after_them(changes: dict[str, Any], problem: str) -> None:
    with pytest.raises(SkerryError, match=problem):
        field(**changes)
    channels = {"channels": "0-1", "images": "i{beam}.{round}.{channel}.fits", "mosaic": "m{round}.{channel}.fits"}
    assert field(**channels).files.image_path(1, "01-0") == "/d/i01.1.0.fits"
