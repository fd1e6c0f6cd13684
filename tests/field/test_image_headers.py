"""What is known of a field's images before any job starts, and the restoring beam that a field gives."""

from __future__ import annotations

import gzip
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import radio_header, write_fits

from skerry.errors import SkerryError
from skerry.field.config import parse_field
from skerry.field.given_beam import beam_arguments
from skerry.field.image_headers import _known_at_sight
from skerry.field.inputs import check_inputs
from skerry.field.keys import FieldConfig

PIXELS = np.zeros((8, 8), np.float32)
AXES = {"bmaj": "8 arcsec", "bmin": "7 arcsec", "bpa": -20}


@pytest.fixture(autouse=True)
def _in_a_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def field_of(**changes: Any) -> FieldConfig:
    keys: dict[str, Any] = {"field": "F", "beams": ["0", "1"], "rounds": 1, "source": "beam", "images": "b{beam}.fits"}
    return parse_field(keys | changes, Path())


def write(*names: str, beam: bool = True, **cards: Any) -> None:
    for name in names:
        header = radio_header(PIXELS.shape) if beam else radio_header(PIXELS.shape, beam=None)
        header.update(cards)
        write_fits(Path(name), PIXELS, header)


def test_images_without_a_beam_are_told_before_any_job_starts() -> None:
    write("b0.fits")
    write("b1.fits", beam=False)
    with pytest.raises(
        SkerryError, match=r"^b1\.fits: the restoring beam of 1 image is not in the header.*beam: \{bmaj"
    ):
        check_inputs(field_of())


@pytest.mark.parametrize("beam", [AXES, "other.fits"], ids=["axes", "image"])
def test_a_field_that_gives_the_beam_needs_none_in_its_images(beam: Any) -> None:
    write("b0.fits", "b1.fits", beam=False)
    write("other.fits")
    check_inputs(field_of(beam=beam))


def test_masks_that_need_no_beam_are_made_of_images_without_one() -> None:
    write("b0.fits", "b1.fits", beam=False)
    check_inputs(field_of(preset="none", masking={"flood_fill": True}))
    with pytest.raises(SkerryError, match="the restoring beam of 2 images"):
        check_inputs(field_of(preset="none", masking={"beam_shape_erode": True}))


def test_of_a_given_mosaic_the_beam_has_to_be_known_and_of_its_beams_only_where_their_own_images_count() -> None:
    write("b0.fits", "b1.fits", beam=False)
    write("mosaic.fits")
    keys = {"source": "mosaic", "mosaic": "mosaic.fits", "preset": "none", "masking": {"beam_shape_erode": True}}
    check_inputs(field_of(**keys))
    with pytest.raises(SkerryError, match=r"^b0\.fits, b1\.fits: the restoring beam"):
        check_inputs(field_of(**keys | {"masking": {"beam_shape_erode": True, "extract_beam_smoothed_clip": 2}}))
    Path("mosaic.fits").unlink()
    write("mosaic.fits", beam=False)
    with pytest.raises(SkerryError, match=r"^mosaic\.fits: the restoring beam of 1 image"):
        check_inputs(field_of(**keys))


def test_a_mosaic_that_is_made_has_the_beam_of_those_images_that_have_one() -> None:
    keys = {"source": "mosaic", "mosaic": {"primary_beam_fwhm": "1 deg"}}
    keys |= {"preset": "none", "masking": {"beam_shape_erode": True}}
    write("b0.fits", beam=False)
    write("b1.fits")
    check_inputs(field_of(**keys))
    Path("b1.fits").unlink()
    write("b1.fits", beam=False)
    with pytest.raises(SkerryError, match=r"^b0\.fits, b1\.fits: the restoring beam of 2 images"):
        check_inputs(field_of(**keys))


def test_an_image_that_cannot_be_read_is_told_before_any_job_starts() -> None:
    write("b0.fits")
    Path("b1.fits").write_bytes(Path("b0.fits").read_bytes()[:2900])
    with pytest.raises(SkerryError, match=r"^b1\.fits: is truncated"):
        check_inputs(field_of())
    Path("b1.fits").write_bytes(b"\x89PNG\r\n")
    with pytest.raises(SkerryError, match=r"^b1\.fits"):
        check_inputs(field_of())


def test_a_cube_is_taken_plane_by_plane() -> None:
    write("b0.fits")
    write_fits(Path("b1.fits"), np.zeros((3, 8, 8), np.float32), radio_header((3, 8, 8)))
    check_inputs(field_of())


def test_a_beam_in_the_history_will_do() -> None:
    write("b0.fits")
    header = radio_header(PIXELS.shape, beam=None)
    header["HISTORY"] = "AIPS   CLEAN BMAJ=  6.1111E-03 BMIN=  4.8611E-03 BPA=  60.00"
    write_fits(Path("b1.fits"), PIXELS, header)
    check_inputs(field_of())


def test_most_headers_are_known_at_sight_also_in_gzip() -> None:
    write("b0.fits")
    Path("b0.fits.gz").write_bytes(gzip.compress(Path("b0.fits").read_bytes()))
    assert _known_at_sight(Path("b0.fits")) is True
    assert _known_at_sight(Path("b0.fits.gz")) is True
    write("odd.fits", BMAJ="0,01")
    assert _known_at_sight(Path("odd.fits")) is None


@pytest.mark.parametrize(
    ("beam", "said"),
    [
        ({"bmaj": "8 arcsec"}, "beam.bmin: is missing"),
        (AXES | {"bmaj": "8 parsec"}, "beam.bmaj: '8 parsec' is not an angle"),
        (AXES | {"bmin": "9 arcsec"}, "bmaj 8 arcsec and bmin 9 arcsec are not those of a beam"),
        (AXES | {"pa": 3}, "beam.pa: unknown key; did you mean bpa?"),
        (3, "beam: must be the axes of a beam, or the name of a FITS image"),
        ({"field": None}, "beam: YAML takes the braces"),
        ("b{beam}.fits", "beam: {beam} is not a placeholder here"),
    ],
)
def test_a_beam_that_is_none_is_told(beam: Any, said: str) -> None:
    with pytest.raises(SkerryError) as caught:
        field_of(beam=beam)
    assert said in str(caught.value)


def test_the_beam_of_a_field_is_passed_on_as_the_flags_of_a_subcommand() -> None:
    assert beam_arguments(field_of(beam=AXES).beam) == "--bmaj='8 arcsec' --bmin='7 arcsec' --bpa=-20"
    assert beam_arguments("it's.fits") == """--beam 'it'"'"'s.fits'"""
    assert beam_arguments(None) == ""


def test_the_image_that_has_the_beam_is_an_input_of_the_steps_that_need_it() -> None:
    keys = {"beam": "other.fits", "preset": "none", "masking": {"flood_fill": True, "beam_shape_erode": True}}
    assert field_of(**keys).files.step_inputs(1, "beam0", "mask")["beam"] == "other.fits"
    # The box of a noise that is not measured needs none.
    for masking in ({"flood_fill": True}, {"flood_fill": True, "flood_fill_use_mac": True, "noise_box_beams": 10}):
        assert "beam" not in field_of(**keys | {"masking": masking}).files.step_inputs(1, "beam0", "mask")
    field = field_of(**keys, keep_steps=True)
    assert "beam" not in field.files.step_inputs(1, "beam0", "flood")
    assert field.files.step_inputs(1, "beam0", "erode")["beam"] == "other.fits"
    with pytest.raises(SkerryError, match=r"3 of 3 input files are absent: other\.fits"):
        check_inputs(field)


def test_headers_as_they_mostly_are_need_no_astropy() -> None:
    write("b0.fits", "b1.fits")
    code = (
        "import sys; from pathlib import Path; from skerry.field.config import parse_field; "
        "from skerry.field.inputs import check_inputs; "
        "keys = dict(field='F', beams=['0', '1'], rounds=1, source='beam', images='b{beam}.fits'); "
        "check_inputs(parse_field(keys, Path())); "
        "print('astropy' in sys.modules, 'skerry.field.image_headers' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "True"]
