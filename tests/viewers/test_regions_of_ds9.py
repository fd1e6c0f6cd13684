"""The pixels of regions are those that DS9 counts in them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from conftest import radio_header
from scipy import ndimage
from viewers.ds9 import MISSING, pixels_of_ds9, screen

from skerry.steps.region_account import RegionsOfImage

pytestmark = pytest.mark.skipif(bool(MISSING), reason=f"needs Debian's saods9 and xvfb: no {' and no '.join(MISSING)}")

SIZE = 81
PIXEL = 6 / 3600


@pytest.fixture(scope="module")
def display():
    with screen() as name:
        yield name


def header_of_image(ra=60.0, dec=-45.0, projection="SIN", size=(SIZE, SIZE), **cards):
    header = radio_header(size, pixel=PIXEL, dec=dec)
    header["NAXIS"], header["NAXIS1"], header["NAXIS2"] = 2, size[1], size[0]
    header["CRVAL1"], header["RADESYS"] = ra, "ICRS"
    header["CTYPE1"], header["CTYPE2"] = f"RA---{projection}", f"DEC--{projection}"
    header["CRPIX1"], header["CRPIX2"] = size[1] // 2 + 1, size[0] // 2 + 1
    header.update(cards)
    return header


def ours(path, header):
    regions = RegionsOfImage(path, header, "image.fits")
    assert regions.left_out == ()
    masks = {id(one.region): np.zeros((header["NAXIS2"], header["NAXIS1"]), dtype=bool) for one in regions.used}
    for region, block in regions.blocks():
        masks[id(region)][block.rows, block.columns] |= block.inside
    return [(one.region.text, masks[id(one.region)]) for one in regions.used]


def both(display, tmp_path, header, text):
    theirs = pixels_of_ds9(display, tmp_path, header, (header["NAXIS2"], header["NAXIS1"]), text)
    mine = ours(tmp_path / "ask.reg", header)
    assert len(mine) == len(theirs)
    return [(name, here, there) for (name, here), there in zip(mine, theirs, strict=True)]


def outline(mask):
    """Pixels on either side of the edge of a mask."""
    return ndimage.binary_dilation(mask, np.ones((3, 3))) & ~ndimage.binary_erosion(mask)


def without_lost_corner(mine, theirs):
    """Pixels within the rows and columns of a polygon of DS9: its statistics leave out the farthest corner of some."""
    rows, columns = (slice(places.min(), places.max() + 1) for places in np.nonzero(theirs))
    kept = np.zeros_like(mine)
    kept[rows, columns] = mine[rows, columns]
    assert kept.sum() > 0.9 * mine.sum()
    return kept


def compare(display, tmp_path, header, text, most):
    """At most so many pixels of each region differ, and all of them are at its edge."""
    for name, mine, theirs in both(display, tmp_path, header, text):
        assert theirs.sum() > 50, name
        if name.startswith("polygon"):
            mine = without_lost_corner(mine, theirs)
        assert (mine & ~theirs).sum() + (theirs & ~mine).sum() <= most, name
        assert not ((mine ^ theirs) & ~outline(theirs)).any(), name


def shapes(lon, lat, east=0.011):
    """Corners that lie on no pixel's centre, nor do sides."""
    return f"""circle({lon},{lat},57.1")
ellipse({lon},{lat},90.3",45.2",30)
ellipse({lon},{lat},90.3",45.2")
box({lon},{lat},121.3",61.7",30)
box({lon + east},{lat + 0.012},120.9",63.1",-70)
polygon({lon - 0.001},{lat - 0.003},{lon + 0.0301},{lat - 0.0013},{lon + 0.02},{lat + 0.0302},{lon - 0.01},{lat + 0.04})
"""


GRIDS = {
    "SIN": {},
    "east right": {"CDELT1": PIXEL},
    "turned": {"CROTA2": 30.0},
    "turned by LONPOLE": {"LONPOLE": 150.0},
    "FK5": {"RADESYS": "FK5", "EQUINOX": 2000.0},
    "TAN, even": {"projection": "TAN", "size": (90, 82)},
    "CAR": {"dec": 0.0, "projection": "CAR"},
    "5 degrees off": {"dec": -40.0, "CRPIX2": 41 + 5 / PIXEL},
}


@pytest.mark.parametrize("grid", GRIDS)
def test_on_all_kinds_of_grids(display, tmp_path, grid):
    header = header_of_image(**GRIDS[grid])
    lat = 0.0 if grid == "CAR" else -45.0
    # DS9 has one size of pixels for the whole image, and 5 degrees off a SIN image has 0.4 % fewer in a degree.
    compare(display, tmp_path, header, f"icrs\n{shapes(60.0, lat)}", 8 if grid == "5 degrees off" else 2)


PLACES = {
    "fk5": (60.0, -45.0),
    "icrs": (60.0, -45.0),
    "fk4": (59.6006, -45.1401),
    "galactic": (251.2761, -48.633),
    "ecliptic": (38.4345, -63.1695),
}


@pytest.mark.parametrize("frame", PLACES)
def test_in_all_frames(display, tmp_path, frame):
    compare(display, tmp_path, header_of_image(), f"{frame}\n{shapes(*PLACES[frame])}", 2)


def test_over_right_ascension_0(display, tmp_path):
    header = header_of_image(ra=0.0)
    text = f"icrs\n{shapes(0.0, -45.0)}{shapes(359.98, -45.01)}"
    compare(display, tmp_path, header, text.replace("polygon(-0.001,", "polygon(359.999,"), 2)


@pytest.mark.parametrize("pole", [90.0, -90.0, 89.97, -89.96])
@pytest.mark.parametrize("frame", ["icrs", "galactic"])
def test_at_the_poles_of_a_frame(display, tmp_path, pole, frame):
    """DS9 has one north for all of an image, that in its middle."""
    size = (80, SIZE)
    if frame == "icrs":
        header = header_of_image(ra=30.0, dec=pole, size=size, LONPOLE=180.0)
    else:
        header = header_of_image(30.0, pole, size=size, CTYPE1="GLON-TAN", CTYPE2="GLAT-TAN", LONPOLE=180.0)
        del header["RADESYS"]
    sign = np.sign(pole)
    text = f"""{frame};circle(10,{sign * 89.99},57.1")
ellipse(10,{sign * 90},90.3",45.2",30)
ellipse(100,{sign * 89.98},90.3",45.2",30)
box(200,{sign * 89.98},121.3",61.7",30)
polygon(3,{sign * 89.97},123,{sign * 89.975},240,{sign * 89.97})
"""
    compare(display, tmp_path, header, text, 2)


def test_in_pixels(display, tmp_path):
    text = """image
circle(41,41,5)
circle(30.3,20.6,12.7)
ellipse(41,41,10,5,0)
ellipse(41.2,40.6,20,5.5,30)
box(41.5,41.5,10.2,4.2,0)
box(41,41,14,8,30)
polygon(11.5,11.2,31.1,12.7,28.3,31.9,9.1,40.2)
polygon(11.5,11.2,41.1,42.7,38.3,11.9,9.1,40.2)
physical
circle(30.3,20.6,12.7)
"""
    for name, mine, theirs in both(display, tmp_path, header_of_image(), text):
        whole = without_lost_corner(mine, theirs) if name.startswith("polygon") else mine
        np.testing.assert_array_equal(whole, theirs, err_msg=name)


def test_an_edge_through_pixels_is_in_the_region(display, tmp_path):
    """DS9 has the edges of circles and ellipses, and of others only some; skerry has all."""
    text = "image\ncircle(41,41,5)\nellipse(41,41,10,5,0)\nbox(41,41,10,4,0)\npolygon(11,11,31,11,31,31,11,31)\n"
    (_, disc, their_disc), (_, oval, their_oval), *others = both(display, tmp_path, header_of_image(), text)
    np.testing.assert_array_equal(disc, their_disc)
    np.testing.assert_array_equal(oval, their_oval)
    assert [(mine.sum(), theirs.sum()) for _, mine, theirs in others] == [(11 * 5, 10 * 4), (21 * 21, 20 * 20)]
    for _, mine, theirs in others:
        assert not (theirs & ~mine).any()
        assert not ((mine & ~theirs) & ndimage.binary_erosion(mine)).any()


def test_rings_are_what_lies_between_two_shapes(display, tmp_path):
    """DS9 lists no pixels of rings, so each is put together of two shapes that it lists."""
    rings = 'icrs\nannulus(60,-45,31.3",57.1")\nellipse(60,-45,40.3",25.1",90.3",45.2",30)\n'
    rings += 'box(60,-45,40.3",25.1",121.3",61.7",30)\nannulus(60,-45,20.2",31.3",57.1")\n'
    parts = 'icrs\ncircle(60,-45,31.3")\ncircle(60,-45,57.1")\nellipse(60,-45,40.3",25.1",30)\n'
    parts += 'ellipse(60,-45,90.3",45.2",30)\nbox(60,-45,40.3",25.1",30)\nbox(60,-45,121.3",61.7",30)\n'
    parts += 'circle(60,-45,20.2")\ncircle(60,-45,57.1")\n'
    header = header_of_image()
    theirs = pixels_of_ds9(display, tmp_path, header, (SIZE, SIZE), parts)
    path = Path(tmp_path) / "rings.reg"
    path.write_text(rings)
    mine = ours(path, header)
    assert len(mine) == 4
    for n, (name, mask) in enumerate(mine):
        np.testing.assert_array_equal(mask, theirs[2 * n + 1] & ~theirs[2 * n], err_msg=name)


def test_pixels_that_are_not_square(display, tmp_path):
    """DS9 draws a circle of pixels; on the sky it is one whose area is that of its pixels."""
    header = header_of_image(CDELT2=1.5 * PIXEL)
    ((_, mine, theirs),) = both(display, tmp_path, header, 'icrs;circle(60,-45,87.1")')
    area = np.pi * 87.1**2 / (6 * 9)
    assert mine.sum() == pytest.approx(area, rel=0.02)
    assert theirs.sum() < 0.75 * area
