"""The table of what is in the masks of a field."""

from __future__ import annotations

from io import StringIO
from pathlib import Path

import numpy as np
import pytest
from conftest import radio_header, write_fits
from rich.console import Console

from skerry.field.config import parse_field
from skerry.field.keys import FieldConfig
from skerry.workflow.summary import mask_facts, summarise


def field_of_two_beams(rounds: int = 1, **changes: object) -> FieldConfig:
    keys = {"field": "F", "beams": ["00", "01"], "rounds": rounds, "source": "beam", "images": "b{beam}.{round}.fits"}
    return parse_field(keys | changes, Path())


def write_mask(
    path: str,
    pixels: list[tuple[int, int]],
    seed_clip: float | None = None,
    negative: int | None = None,
    warnings: int = 0,
) -> None:
    mask = np.zeros((10, 20), dtype=np.uint8)
    for y, x in pixels:
        mask[y, x] = 1
    header = radio_header(mask.shape)
    if seed_clip is not None:
        header["SKSEED"] = seed_clip
    if negative is not None:
        header["SKNEG"] = negative
    header["SKWARN"] = warnings
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    write_fits(Path(path), mask, header)


def text_of(field: FieldConfig) -> str:
    console = Console(file=StringIO(), width=100)
    summarise(field, console)
    return console.file.getvalue()  # type: ignore[attr-defined]


def rows_of(field: FieldConfig) -> list[list[str]]:
    lines = [line for line in text_of(field).splitlines() if line.startswith("│")]
    return [[cell.strip() for cell in line.strip("│").split("│")] for line in lines]


@pytest.fixture(autouse=True)
def _in_an_empty_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.usefixtures("band_rows")
def test_the_facts_of_a_mask_are_islands_fraction_and_the_seed_clip_of_its_header() -> None:
    write_mask("mask.fits", [(0, 0), (0, 1), (5, 5)], seed_clip=4.25)
    assert mask_facts("mask.fits") == (2, 3 / 200, 4.25, None, 0)


def test_a_mask_made_without_seeds_has_no_seed_clip() -> None:
    write_mask("mask.fits", [])
    assert mask_facts("mask.fits") == (0, 0.0, None, None, 0)


def test_the_table_has_a_row_for_each_beam_of_each_round() -> None:
    field = field_of_two_beams(rounds=2)
    for k in (1, 2):
        for beam in field.beams:
            write_mask(field.files.mask_path(k, beam), [(k, int(beam))], seed_clip=5)
    assert rows_of(field) == [[str(k), b, "1", "0.500 %", "5 sigma"] for k in (1, 2) for b in ("00", "01")]


def test_a_seed_clip_of_the_minimum_absolute_clip_is_no_sigma() -> None:
    field = field_of_two_beams(preset="none", masking={"flood_fill": True, "flood_fill_use_mac": True})
    write_mask(field.files.mask_path(1, "00"), [], seed_clip=1.5)
    assert rows_of(field)[0][4] == "1.5 MAC"


def test_islands_of_the_negative_image_are_shown_where_they_are_counted() -> None:
    field = field_of_two_beams(masking={"flood_fill": True, "flood_fill_count_negative": True})
    write_mask(field.files.mask_path(1, "00"), [(0, 0)], seed_clip=5, negative=3)
    write_mask(field.files.mask_path(1, "01"), [], seed_clip=5)
    assert [row[5] for row in rows_of(field)] == ["3", "-"]
    assert "islands of the negative beam's image" in text_of(field)


def test_masks_that_are_empty_or_made_with_warnings_are_flagged() -> None:
    field = field_of_two_beams(rounds=2)
    for (k, beam), pixels, warnings in (((1, "00"), [], 2), ((1, "01"), [(0, 0)], 0), ((2, "00"), [(0, 0)], 1)):
        write_mask(field.files.mask_path(k, beam), pixels, seed_clip=5, warnings=warnings)
    assert [row[-1] for row in rows_of(field)] == ["empty, 2 warnings", "", "1 warning"]
    assert "1 mask is empty: nothing would be cleaned there." in text_of(field)
    assert "2 masks are made with warnings; 'skerry info MASK'" in text_of(field)


def test_cleans_that_went_wrong_are_flagged_with_their_rounds_and_those_not_looked_at_are_not() -> None:
    command = "wsclean {ms} {prefix} {mask_argument}"
    field = field_of_two_beams(
        rounds=2, imager={"command": command}, measurement_sets="{beam}.ms", images="{beam}.fits"
    )
    seen = {
        (1, "00"): '{"found": {"diverged": "x", "NaN": "y"}}',
        (1, "01"): '{"found": {}}',
        (2, "00"): "",
        (2, "01"): "[",
    }
    for (k, beam), text in seen.items():
        write_mask(field.files.mask_path(k, beam), [(0, 0)], warnings=beam == "00")
        Path(field.files.clean_check_path(k, beam) or "").write_text(text)
    assert [row[-1] for row in rows_of(field)] == ["1 warning, clean: diverged, NaN", "", "1 warning", ""]
    assert "1 clean may have gone wrong: round 1 beam 00, diverged and NaN; see results/F/round*/beam" in text_of(field)


def test_masks_that_are_as_they_should_be_have_no_flags() -> None:
    field = field_of_two_beams()
    write_mask(field.files.mask_path(1, "00"), [(0, 0)], seed_clip=5)
    assert rows_of(field) == [["1", "00", "1", "0.500 %", "5 sigma"]]


def test_masks_that_are_not_made_yet_are_counted() -> None:
    field = field_of_two_beams()
    write_mask(field.files.mask_path(1, "01"), [])
    text = text_of(field)
    assert "1 of 2 masks is not made yet: round 1 beam 00." in text
    assert rows_of(field) == [["1", "01", "0", "0.000 %", "-", "empty"]]


def test_of_many_masks_that_are_not_made_the_first_are_named() -> None:
    names = ", ".join(f"round {k} beam {beam}" for k in range(1, 5) for beam in ("00", "01"))
    assert f"10 of 10 masks are not made yet: {names} and 2 more." in text_of(field_of_two_beams(rounds=5))


def test_the_table_says_where_the_masks_are() -> None:
    field = field_of_two_beams(output="my [out]")
    assert "The masks will be in my [out]/F/round*/beam*.mask.fits" in text_of(field)
    write_mask(field.files.mask_path(1, "01"), [])
    assert "The masks are in my [out]/F/round*/beam*.mask.fits" in text_of(field)
