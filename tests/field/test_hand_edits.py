"""Masks and regions by which a field's masks are changed by hand: what its YAML file may say of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from skerry.errors import SkerryError
from skerry.field.config import parse_field
from skerry.field.inputs import check_inputs, given_files
from skerry.field.keys import FieldConfig

KEYS: dict[str, Any] = {
    "field": "F",
    "beams": ["00", "01"],
    "rounds": 3,
    "images": "F.beam{beam}.round{round}.fits",
    "mosaic": "F.round{round}.linmos.fits",
}


def field(**changes: Any) -> FieldConfig:
    keys = {key: value for key, value in (KEYS | changes).items() if value is not None}
    return parse_field(keys, Path(), "field.yaml")


def problem_of(**changes: Any) -> str:
    with pytest.raises(SkerryError) as caught:
        field(**changes)
    return str(caught.value)


def test_a_file_is_for_all_rounds_and_beams_a_pattern_for_each() -> None:
    of_all = field(add_regions="more.reg", never_clean="{field}.{beam}.{round}.fits")
    for k in (1, 2, 3):
        assert of_all.files.edit_paths(k, "01") == {"add_regions": "more.reg", "never_clean": f"F.01.{k}.fits"}
    assert of_all.plan.edited_rounds == (1, 2, 3)


def test_a_mask_to_start_with_is_for_the_first_round_that_gets_masks() -> None:
    for given, first in (("all", 1), ([2, 3], 2), (3, 3)):
        started = field(start_mask="start.{beam}.fits", mask_rounds=given)
        assert started.plan.edited_rounds == (first,)
        assert started.files.edit_paths(first, "00") == {"start_mask": "start.00.fits"}


def test_what_is_given_by_round_is_for_these_rounds_alone() -> None:
    some = field(start_mask={1: "a.fits", 3: "b.fits"}, remove_regions={3: "less.reg"})
    assert [some.files.edit_paths(k, "00") for k in (1, 2, 3)] == [
        {"start_mask": "a.fits"},
        {},
        {"start_mask": "b.fits", "remove_regions": "less.reg"},
    ]


def test_they_are_done_in_one_order_however_they_are_written() -> None:
    every = field(never_clean="n.fits", remove_regions="r.reg", add_regions="a.reg", start_mask="s.fits")
    assert list(every.plan.edits(1)) == ["start_mask", "add_regions", "remove_regions", "never_clean"]


@pytest.mark.parametrize(
    ("changes", "target", "unedited"),
    [
        ({"source": "beam", "mosaic": None}, "beam00.unedited", "beam00.unedited"),
        ({"source": "both"}, "beam00.own", "beam00.unedited"),
    ],
)
def test_the_mask_before_has_a_name_of_its_own_in_rounds_that_are_edited(
    changes: dict[str, Any], target: str, unedited: str
) -> None:
    some = field(add_regions={2: "a.reg"}, **changes)
    assert some.plan.own_target(2, "00") == target
    assert some.files.unedited_path(2, "00", "scalemask") == f"results/F/round2/{unedited}.scalemask.fits"
    assert some.plan.own_target(1, "00") == ("beam00" if changes["source"] == "beam" else "beam00.own")
    assert some.files.product_path(2, target, "image") == "F.beam00.round1.fits"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"add_regions": "more.fits"}, "add_regions: takes a region file, got 'more.fits'; give a mask as start_mask"),
        ({"remove_regions": "x.FITS.gz"}, "takes a region file, got 'x.FITS.gz'; give a mask as never_clean"),
        ({"start_mask": "a.reg"}, "start_mask: takes a FITS mask, got 'a.reg'; give regions as add_regions"),
        ({"never_clean": {1: "a.crtf"}}, "1: takes a FITS mask, got 'a.crtf'; give regions as remove_regions"),
        ({"add_regions": {4: "a.reg"}}, "4: is not one of the rounds 1 to 3"),
        ({"add_regions": {0: "a.reg"}}, "0: is not one of the rounds 1 to 3"),
        ({"add_regions": {"one": "a.reg"}}, "one: is not one of the rounds 1 to 3"),
        ({"add_regions": {2: "a.reg"}, "mask_rounds": [3]}, "2: that round gets no mask, by mask_rounds"),
        ({"add_regions": ["a.reg"]}, "add_regions: must be the name of a file, or a pattern, or one by round"),
        ({"add_regions": 3}, "add_regions: must be the name of a file"),
        ({"add_regions": ""}, "add_regions: must be the name of a file"),
        ({"add_regions": {1: 7}}, "1: must be the name of a file"),
        ({"add_regions": "{target}.reg"}, "{target} is not a placeholder here; use {beam}, {field}, {round}"),
    ],
)
def test_what_is_wrong_is_said_in_a_line(changes: dict[str, Any], said: str) -> None:
    told = problem_of(**changes)
    assert said in told
    assert "\n" not in told


def test_they_have_to_be_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    some = field(rounds=1, add_regions="more.{beam}.reg", never_clean="never.fits")
    given = given_files(some)
    assert {"more.00.reg", "more.01.reg", "never.fits"} < set(given)
    for name in given:
        (tmp_path / name).touch()
    (tmp_path / "more.01.reg").unlink()
    with pytest.raises(SkerryError) as caught:
        check_inputs(some)
    assert str(caught.value) == (
        "1 of 6 input files is absent: more.01.reg; check start_mask, add_regions, remove_regions, never_clean"
    )


def test_channels_may_have_files_of_their_own() -> None:
    pattern = "F.beam{beam}.round{round}.{channel}.fits"
    some = field(
        channels=["0000", "MFS"], images=pattern, source="beam", mosaic=None, add_regions="{channel}.reg", rounds=1
    )
    assert some.files.edit_paths(1, "01-MFS") == {"add_regions": "MFS.reg"}
    assert {"0000.reg", "MFS.reg"} < set(given_files(some))
    assert some.plan.targets == tuple(f"beam{beam}-{c}.unedited" for beam in ("00", "01") for c in ("0000", "MFS"))
