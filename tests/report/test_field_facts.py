"""What a report knows of a field: of all rounds and targets, whether their files are there, and what went wrong."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from conftest import radio_header, write_fits

from skerry.field.config import parse_field
from skerry.field.keys import FieldConfig
from skerry.report.field_facts import gather_field

KEYS = {"field": "F", "beams": ["00", "01"], "rounds": 2, "images": "b{beam}.{round}.fits"}
IMAGER = {
    "command": "image {ms} {prefix} {mask_argument} {extra}",
    "mask_argument": "-m {mask}",
    "image": "{prefix}.fits",
}
SHAPE = (16, 20)


@pytest.fixture(autouse=True)
def _in_an_empty_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def field_of(**changes: object) -> FieldConfig:
    return parse_field(KEYS | {"source": "beam"} | changes, Path())


def write(path: str | Path, pixels: np.ndarray) -> None:
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    write_fits(Path(path), pixels, radio_header(pixels.shape))


def write_masks(field: FieldConfig) -> None:
    """All masks, with as many islands as the round and the beam are: round 2 of beam 01 has 21."""
    image = np.random.default_rng(1).normal(size=(50, 50)).astype(np.float32)
    for k in field.plan.masked_rounds:
        for beam in field.beams:
            mask = np.zeros(image.shape, np.uint8)
            islands = 10 * k + int(beam)
            mask[::2, ::2].flat[:islands] = 1
            write(field.files.mask_path(k, beam), mask)
            write(field.files.image_path(k - 1, beam), image)


def test_rounds_and_beams_are_in_the_order_of_the_field_with_the_mask_of_the_round_and_the_image_of_the_one_before():
    field = field_of()
    write_masks(field)
    facts = gather_field(field, "field.yaml")
    assert [[beam.islands for beam in of_round.beams] for of_round in facts.rounds] == [[10, 11], [20, 21]]
    assert [of_round.mosaics for of_round in facts.rounds] == [(), ()]
    (beam, _) = facts.rounds[1].beams
    assert str(beam.files.image) == "b00.1.fits"
    assert beam.changes == (10, 10, 0)


def test_only_rounds_with_masks_are_shown_and_they_are_compared_with_the_one_before_that_has_any():
    field = field_of(rounds=3, mask_rounds=[1, 3])
    write_masks(field)
    first, last = gather_field(field).rounds
    assert (first.round, last.round) == (1, 3)
    assert last.beams[0].changes == (10, 20, 0)


def test_a_field_of_which_nothing_is_made_yet_is_all_problems():
    facts = gather_field(field_of(source="mosaic", mosaic="m{round}.fits"))
    problems = {target.problem for of_round in facts.rounds for target in of_round.targets}
    assert problems == {"the mask is not made yet"}
    assert [target.target for target in facts.rounds[0].targets] == ["mosaic", "00", "01"]


def test_a_beam_that_is_called_mosaic_is_no_mosaic_and_told_from_it():
    field = field_of(beams=["mosaic", "01"], source="mosaic", mosaic="m{round}.fits")
    first = gather_field(field).rounds[0]
    assert [target.key for target in first.mosaics] == ["mosaic"]
    assert [target.key for target in first.beams] == ["beammosaic", "beam01"]


def test_channels_are_shown_as_beams_and_each_has_a_mosaic():
    channels = {"channels": ["0000", "MFS"], "images": "b{beam}-{channel}.{round}.fits"}
    field = field_of(source="mosaic", mosaic="m-{channel}.{round}.fits", **channels)
    first = gather_field(field).rounds[0]
    assert [target.key for target in first.mosaics] == ["mosaic-0000", "mosaic-MFS"]
    assert [target.target for target in first.beams] == list(field.each_beam)
    assert str(first.mosaics[1].files.image) == "m-MFS.0.fits"


def test_why_a_mask_is_not_there_is_told_by_the_log_of_its_step():
    field = field_of()
    logs = Path(field.files.directory, "round2", "logs")
    logs.mkdir(parents=True)
    (logs / "beam01.mask.log").write_text(
        "skerry: warning: dark\nskerry: error: b01.1.fits: is truncated; copy it again\n"
    )
    (logs / "beam012.mask.log").write_text("skerry: error: of another beam\n")
    first, second = gather_field(field).rounds
    assert [beam.problem for beam in first.beams] == ["the mask is not made yet"] * 2
    said = f"b01.1.fits: is truncated; copy it again ({logs / 'beam01.mask.log'})"
    assert [beam.problem for beam in second.beams] == [
        "the mask is not made yet",
        f"the mask is not made yet: {said}",
    ]


def test_what_went_wrong_in_the_imaging_with_a_mask_is_told():
    field = field_of(imager=IMAGER, measurement_sets="{beam}.ms", images=None)
    write_masks(field)
    path = Path(str(field.files.clean_check_path(1, "01")))
    path.write_text(json.dumps({"found": {"diverged": "image.fits: ran away"}}))
    Path(str(field.files.clean_check_path(2, "01"))).write_text("not JSON")
    first, second = gather_field(field).rounds
    assert [dict(beam.clean) for beam in first.beams] == [{}, {"diverged": "image.fits: ran away"}]
    assert [dict(beam.clean) for beam in second.beams] == [{}, {}]


@pytest.mark.parametrize("beam", [{"bmaj": "20 arcsec", "bmin": "20 arcsec", "bpa": "0 deg"}, "beam.fits"])
def test_the_beam_that_a_field_gives_counts_for_the_flux(beam):
    write("beam.fits", np.zeros(SHAPE, np.float32))
    header = radio_header(SHAPE, beam=(20 / 3600, 20 / 3600, 0.0))
    Path("beam.fits").unlink()
    write_fits(Path("beam.fits"), np.zeros(SHAPE, np.float32), header)
    field, given = field_of(rounds=1), field_of(rounds=1, beam=beam)
    write_masks(field)
    flux, of_given = (gather_field(one).rounds[0].beams[0].flux for one in (field, given))
    assert flux is not None
    assert of_given == pytest.approx(flux * (22 * 17.5) / (20 * 20), rel=1e-6)
