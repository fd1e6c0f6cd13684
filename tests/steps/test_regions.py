"""`skerry regions`: the account of a region file in an image, and a mask of its regions."""

from __future__ import annotations

import json

import numpy as np
import pytest
from astropy.io import fits
from conftest import radio_header, write_fits
from hypothesis import given
from hypothesis import strategies as st

import skerry
from skerry.cli import main
from skerry.planes.bits import BitMask
from skerry.steps.regions import make_region_mask

SHAPE = (40, 50)
TEXT = """image
circle(21,11,5)
-circle(21,11,2)
circle(21,11
# text(3,4) text={a}
circle(400,400,3)
"""


@pytest.fixture
def files(tmp_path):
    (tmp_path / "some.reg").write_text(TEXT)
    write_fits(tmp_path / "image.fits", np.ones((1, 1, *SHAPE), np.float32), radio_header((1, 1, *SHAPE)))
    return tmp_path


def ring():
    y, x = np.mgrid[: SHAPE[0], : SHAPE[1]]
    distance = np.hypot(x - 20, y - 10)
    return (distance <= 5) & (distance > 2)


@pytest.mark.parametrize("axes", [None, 2])
def test_a_mask_of_regions(files, axes):
    told = make_region_mask(files / "some.reg", files / "image.fits", output=files / "m.fits", axes=axes)
    with fits.open(files / "m.fits") as hdus:
        assert hdus[0].data.dtype == np.uint8
        assert hdus[0].data.shape == (SHAPE if axes else (1, 1, *SHAPE))
        np.testing.assert_array_equal(np.squeeze(hdus[0].data), ring())
        assert "BMAJ" in hdus[0].header
        assert "BUNIT" not in hdus[0].header
    assert [one.pixels for one in told.used] == [81, 0, 13]
    assert told.touched == 2


@pytest.mark.parametrize("numbers", ["(21,11,5\t)", "(21,11,5\u2003)", "( 21\t11 5 ,)", "\t21 11 5\t", "(\t21,,11,5)"])
def test_whatever_white_space_stands_round_numbers(files, numbers):
    (files / "wide.reg").write_text(f"image;circle{numbers}\n")
    assert [one.pixels for one in make_region_mask(files / "wide.reg", files / "image.fits").used] == [81]


def test_from_python_by_names_as_text(files):
    told = skerry.make_region_mask(f"{files}/some.reg", f"{files}/image.fits", output=f"{files}/m.fits")
    assert [one.reason for one in told.used[:2]] == ["", "holds the centre of no pixel of the image"]
    assert [line.line for line in told.not_understood] == [4]
    assert (files / "m.fits").exists()


def test_a_mask_of_regions_is_made_again_by_its_header(files, capsys):
    assert main(["regions", str(files / "some.reg"), str(files / "image.fits"), "-o", str(files / "m.fits")]) == 0
    capsys.readouterr()
    assert main(["info", str(files / "m.fits"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["made"]["commands"] == [
        "skerry regions some.reg image.fits --output m.fits"
    ]


def test_the_account_in_words_and_as_json(files, capsys):
    command = ["regions", str(files / "some.reg"), str(files / "image.fits")]
    assert main(command) == 0
    first, *lines = capsys.readouterr().out.splitlines()
    assert first == f"{files / 'some.reg'}: 2 of 3 regions have pixels in the image; 1 line is not understood"
    assert [line.split()[1] for line in lines] == ["2", "3", "4", "5", "6"]
    assert "has 81 pixels: circle(21,11,5)" in lines[0]
    assert "excludes 13 pixels: -circle(21,11,2)" in lines[1]
    assert "not understood, has no closing bracket: circle(21,11" in lines[2]
    assert "no region, a text has no area" in lines[3]
    assert "has no pixels, holds the centre of no pixel of the image" in lines[4]
    assert main([*command, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["not_understood"], told["mask"]) == (1, None)
    assert [(line["line"], line["what"], line["pixels"]) for line in told["lines"]] == [
        (2, "region", 81),
        (3, "excluded", 13),
        (4, "not understood", 0),
        (5, "no region", 0),
        (6, "region", 0),
    ]
    assert not (files / "m.fits").exists()


def test_what_cannot_be(files, capsys):
    write_fits(files / "cube.fits", np.ones((3, *SHAPE), np.float32), radio_header((3, *SHAPE)))
    fits.writeto(files / "line.fits", np.zeros(9, np.float32))
    (files / "none.reg").write_text("# nothing\nimage;-circle(21,11,5)\n")
    cases = [
        (["some.reg", "cube.fits", "-o", "m.fits"], "cube.fits: has 3 planes; give an image of a single plane"),
        (["some.reg", "line.fits"], "line.fits: has no plane of pixels; give an image of two axes or more"),
        (
            ["none.reg", "image.fits", "-o", "m.fits"],
            "leave no pixel of image.fits in a mask; see them without --output",
        ),
        (["image.fits", "image.fits"], "image.fits: is no text; give a region file"),
        (["some.reg", "some.reg"], "some.reg: cannot be read as a FITS image"),
        (["missing.reg", "image.fits"], "missing.reg: there is no such file; check the name"),
        (["some.reg", "image.fits", "-o", "image.fits"], "image.fits"),
    ]
    for words, message in cases:
        assert main(["regions", *(word if word == "-o" else str(files / word) for word in words)]) == 2
        (line,) = capsys.readouterr().err.splitlines()
        assert message in line
        assert not (files / "m.fits").exists()
    assert main(["regions", str(files / "some.reg"), str(files / "cube.fits")]) == 0


@given(st.integers(0, 30), st.integers(1, 31), st.booleans(), st.integers(0, 2**32 - 1))
def test_a_window_of_a_bit_mask(left, width, value, seed):
    rng = np.random.default_rng(seed)
    before = rng.random((9, 31)) < 0.5
    columns = slice(left, min(left + width, 31))
    pixels = rng.random((4, columns.stop - left)) < 0.5
    mask = BitMask.of(before)
    mask.put(slice(2, 6), columns, pixels, value=value)
    after = before.copy()
    after[2:6, columns][pixels] = value
    np.testing.assert_array_equal(mask[:], after)
    assert mask.count() == after.sum()
