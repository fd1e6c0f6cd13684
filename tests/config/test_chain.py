"""The chain of steps from an image to its mask: which steps there are, what they read and what they make."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from option_sets import masking_options

from skerry.config.chain import Step, chain_of, has_scale_mask, joined, makes_seeds
from skerry.config.options import MaskingOptions

FLOOD = {"flood_fill": True}
MAC = {"flood_fill": True, "flood_fill_use_mac": True}
ERODED = {"beam_shape_erode": True}
RIMS = ERODED | {"beam_shape_erode_rims": True}
SCALES = (0, 8)


@pytest.mark.parametrize(
    ("options", "steps"),
    [
        ({}, ("noise", "signal", "snr-mask")),
        (ERODED, ("noise", "signal", "snr-mask", "erode")),
        (FLOOD, ("noise", "signal", "snr-mask", "flood")),
        (FLOOD | ERODED, ("noise", "signal", "snr-mask", "flood", "erode")),
        (MAC, ("flood",)),
        (MAC | {"grow_low_snr_island": True}, ("noise", "signal", "flood")),
        (FLOOD | {"flood_fill_statistic": "both"}, ("noise", "signal", "flood")),
        (MAC | RIMS, ("noise", "signal", "flood", "erode")),
        ({"convolve_first": True, "beam_shape_erode_scales": SCALES}, ("scale-mask",)),
    ],
)
def test_the_options_decide_which_steps_make_a_mask(options: dict[str, Any], steps: tuple[str, ...]) -> None:
    assert tuple(step.name for step in chain_of(MaskingOptions(**options))) == steps


@pytest.mark.parametrize(
    ("options", "name", "inputs", "products"),
    [
        ({}, "noise", {"image": "image"}, ("rms", "bkg")),
        ({}, "signal", {"image": "image", "rms": "rms", "bkg": "bkg"}, ("signal",)),
        ({}, "snr-mask", {"signal": "signal"}, ("mask",)),
        (ERODED, "snr-mask", {"signal": "signal"}, ("islands",)),
        (FLOOD, "snr-mask", {"signal": "signal"}, ("seeds",)),
        (FLOOD, "flood", {"image": "signal", "seeds": "seeds"}, ("mask",)),
        (FLOOD | ERODED, "flood", {"image": "signal", "seeds": "seeds"}, ("islands",)),
        (MAC, "flood", {"image": "image"}, ("mask",)),
        (MAC | RIMS, "flood", {"image": "image"}, ("islands",)),
        (MAC | {"suppress_artefacts": True}, "flood", {"image": "image", "signal": "signal"}, ("mask",)),
        (FLOOD | {"flood_fill_statistic": "both"}, "flood", {"image": "image", "signal": "signal"}, ("mask",)),
        (ERODED, "erode", {"islands": "islands"}, ("mask",)),
        (RIMS, "erode", {"islands": "islands", "signal": "signal"}, ("mask",)),
        (ERODED | {"beam_shape_erode_scales": SCALES}, "erode", {"islands": "islands"}, ("mask", "scalemask")),
        (
            {"convolve_first": True, "beam_shape_erode_scales": SCALES},
            "scale-mask",
            {"image": "image"},
            ("mask", "scalemask"),
        ),
    ],
)
def test_a_step_reads_and_makes(
    options: dict[str, Any], name: str, inputs: dict[str, str], products: tuple[str, ...]
) -> None:
    assert Step(name, inputs, products) in chain_of(MaskingOptions(**options))


@pytest.mark.parametrize("given_noise", [("rms",), ("rms", "bkg")])
def test_noise_that_is_given_is_not_measured(given_noise: tuple[str, ...]) -> None:
    signal, _ = chain_of(MaskingOptions(), given_noise)
    assert signal == Step("signal", {"image": "image", **{kind: kind for kind in given_noise}}, ("signal",))


@given(masking_options())
def test_every_product_but_the_image_is_made_by_the_step_before_it_is_read_and_the_last_makes_the_mask(
    options: MaskingOptions,
) -> None:
    made = {"image"}
    for step in chain_of(options):
        assert made >= set(step.inputs.values())
        assert not made & set(step.products)
        made |= set(step.products)
    assert "mask" in step.products


@given(masking_options())
def test_nothing_is_made_that_no_step_reads(options: MaskingOptions) -> None:
    chain = chain_of(options)
    made = {product for step in chain[:-1] for product in step.products}
    assert made <= {product for step in chain for product in step.inputs.values()}


@given(masking_options())
def test_seeds_are_made_for_a_flood_by_signal_to_noise_alone(options: MaskingOptions) -> None:
    steps = {step.name: step for step in chain_of(options)}
    assert ("seeds" in steps["flood"].inputs if "flood" in steps else False) is (
        makes_seeds(options) and not options.convolve_first
    )


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"beam_shape_erode_scales": SCALES}, False),
        ({"beam_shape_erode_scales": SCALES, "beam_shape_erode": True}, True),
        ({"beam_shape_erode_scales": SCALES, "convolve_first": True}, True),
        ({"beam_shape_erode": True}, False),
    ],
)
def test_there_is_a_scale_mask_where_scales_are_used(options: dict[str, Any], expected: bool) -> None:
    assert has_scale_mask(MaskingOptions(**options)) is expected


@pytest.mark.parametrize(
    ("options", "given_noise", "inputs", "products"),
    [
        (MAC, (), ("image",), ("mask",)),
        (FLOOD | ERODED, ("rms", "bkg"), ("image", "rms", "bkg"), ("mask",)),
        (FLOOD | ERODED | {"beam_shape_erode_scales": SCALES}, (), ("image",), ("mask", "scalemask")),
    ],
)
def test_a_chain_in_one_process_reads_what_no_step_makes_and_makes_what_the_last_one_does(
    options: dict[str, Any], given_noise: tuple[str, ...], inputs: tuple[str, ...], products: tuple[str, ...]
) -> None:
    made = joined(chain_of(MaskingOptions(**options), given_noise))
    assert (made.name, made.inputs, made.products) == ("mask", {name: name for name in inputs}, products)
