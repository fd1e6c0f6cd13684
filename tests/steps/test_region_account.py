"""Region files in an image: which pixels, and what is told of each line."""

from __future__ import annotations

import numpy as np
import pytest
from conftest import radio_header

from skerry.errors import SkerryError
from skerry.steps.region_account import RegionsOfImage

SIZE = 61
PIXEL = 6.0
"""Arcsec."""


def header_of_image(**cards):
    header = radio_header((SIZE, SIZE), pixel=PIXEL / 3600, dec=-45.0)
    header["NAXIS"], header["NAXIS1"], header["NAXIS2"] = 2, SIZE, SIZE
    header["CRVAL1"] = 60.0
    header["CRPIX1"] = header["CRPIX2"] = 31.0
    header["RADESYS"] = "ICRS"
    header.update(cards)
    return header


def regions_of(tmp_path, text, header=None, name="regions.reg", **more):
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    regions = RegionsOfImage(path, header_of_image() if header is None else header, "image.fits", **more)
    return regions, mask_of(regions)


def mask_of(regions, shape=(SIZE, SIZE)):
    mask = np.zeros(shape, dtype=bool)
    for region, block in regions.blocks():
        mask[block.rows, block.columns][block.inside] = region.include
    return mask


def plane():
    """Offsets from the reference pixel: to the right and up."""
    y, x = np.mgrid[:SIZE, :SIZE] - 30
    return x, y


def circle(radius, x=0, y=0):
    right, up = plane()
    return np.hypot(right - x, up - y) <= radius


CIRCLES = [
    ("reg", 'icrs;circle(60,-45,57")'),
    ("reg", 'icrs\ncircle 60 -45 57"'),
    ("reg", "ICRS;CIRCLE(4:00:00, -45:00:00, 0.95') # color=red text={a;b # (c)}"),
    ("reg", '\ufefficrs\r\ncircle(4h0m0s,-45d0m0s,57")\r\n'),
    ("reg", "icrs;circle(60,-45,9.5i)"),
    ("reg", "icrs;circle(60,-45,9.5p)"),
    ("reg", 'image;circle(31,31,57")'),
    ("reg", "image;circle(31,31,9.5)"),
    ("reg", "icrs;circle(31i,31i,9.5i)"),
    ("reg", "physical;circle(31,31,9.5)"),
    ("reg", "circle(31,31,9.5)"),
    ("reg", 'wcs;circle(60,-45,57")'),
    ("reg", "image;annulus(31,31,0,5,9.5)"),
    ("reg", 'icrs;ellipse(60,-45,57",57")'),
    ("crtf", "#CRTFv0\ncircle [[60deg,-45deg],57arcsec], coord=ICRS"),
    ("crtf", "#CRTFv0\ncircle [[60deg,-45deg],57arcsec]"),
    ("crtf", "#CRTFv0\nglobal coord=ICRS\n CIRCLE[[4h0m0s, -45.00.00], 0.95arcmin], color=red, label='a]'"),
    ("crtf", "#CRTFv0\ncircle [[4:00:00.0,-45d00m00],57arcsec], coord=ICRS"),
    ("crtf", "#CRTFv0\ncircle [[60deg,-45deg],9.5pix], coord=ICRS"),
    ("crtf", "#CRTFv0\ncircle [[30pix,30pix],57arcsec]"),
    ("crtf", "#CRTFv0\ncircle [[30pix,30pix],9.5pix]"),
    ("crtf", "#CRTFv0\ncircle [[1.0471975511965976rad,-45deg],5.7e1arcsec], coord=ICRS, range=[0chan,3chan]"),
]


@pytest.mark.parametrize(("kind", "text"), CIRCLES)
def test_one_circle_in_all_its_spellings(tmp_path, kind, text):
    regions, mask = regions_of(tmp_path, text, name=f"regions.{kind}")
    assert regions.left_out == ()
    np.testing.assert_array_equal(mask, circle(9.5))
    (used,) = regions.used
    assert (used.pixels, used.reason) == (circle(9.5).sum(), "")


def test_a_file_that_is_no_text_or_is_missing(tmp_path):
    with pytest.raises(SkerryError, match=r"regions.reg: is no text"):
        regions_of(tmp_path, b"SIMPLE  =                    T")
    with pytest.raises(SkerryError, match=r"regions.reg: is no text"):
        regions_of(tmp_path, b"fk5\ncircle(1,2,3)\0")
    with pytest.raises(SkerryError, match=r"none.reg: there is no such file; check the name"):
        RegionsOfImage(tmp_path / "none.reg", header_of_image(), "image.fits")
    with pytest.raises(SkerryError, match=r"is a directory; give"):
        RegionsOfImage(tmp_path, header_of_image(), "image.fits")
    header = header_of_image()
    del header["NAXIS2"]
    with pytest.raises(SkerryError, match=r"image.fits: has no plane of pixels"):
        regions_of(tmp_path, "image;circle(1,1,1)", header)


def box(width, height, x=0.0, y=0.0):
    right, up = plane()
    return (np.abs(right - x) <= width / 2) & (np.abs(up - y) <= height / 2)


def ellipse(first, second, angle=0.0):
    right, up = plane()
    turned = (right + 1j * up) * np.exp(-1j * np.radians(angle))
    return (turned.real / first) ** 2 + (turned.imag / second) ** 2 <= 1


SHAPES = {
    'icrs;ellipse(60,-45,93",33")': ellipse(15.5, 5.5),
    'icrs;ellipse(60,-45,93",33",90)': ellipse(5.5, 15.5),
    'icrs;ellipse(60,-45,21",9",93",33",90)': ellipse(5.5, 15.5) & ~ellipse(1.5, 3.5),
    'icrs;box(60,-45,99",33")': box(16.5, 5.5),
    'icrs;rotbox(60,-45,99",33",90)': box(5.5, 16.5),
    "image;box(31,31,3,2.5,7,6.5,11,12.5,0)": box(11, 12.5) & ~box(3, 2.5),
    "image;box(31i,31i,11i,12.5i,0) # text={box(1,2,3)}": box(11, 12.5),
    "image;annulus(31,31,4.5,7.5,9.5)": circle(9.5) & ~circle(4.5),
    "image;annulus(31,31,4.5,9.5,n=3)": circle(9.5) & ~circle(4.5),
    "image;polygon(21.5,25.5,40.5,25.5,40.5,30.5,21.5,30.5)": box(19, 5, 0, -3),
    "image;+circle(31,31,9.5)": circle(9.5),
    "image;circle(31,31,9.5) ||": circle(9.5),
    "# composite(31,31,0) || composite=1\nimage;circle(31,31,9.5) ||": circle(9.5),
    'global color=green font="helvetica 10" include=1 source=1\nimage\ncircle(31,31,9.5) # dash=1;': circle(9.5),
    "image;circle(31,31,9.5);circle(11,11,3.5)": circle(9.5) | circle(3.5, -20, -20),
}


@pytest.mark.parametrize("text", SHAPES)
def test_shapes_of_ds9(tmp_path, text):
    regions, mask = regions_of(tmp_path, text)
    assert regions.not_understood == []
    np.testing.assert_array_equal(mask, SHAPES[text])


CRTF_SHAPES = {
    "ellipse [[60deg,-45deg],[93arcsec,33arcsec],90deg], coord=ICRS": ellipse(15.5, 5.5),
    "ellipse [[30pix,30pix],[15.5pix,5.5pix],0deg]": ellipse(5.5, 15.5),
    "centerbox [[30pix,30pix],[11pix,12.5pix]]": box(11, 12.5),
    "rotbox [[60deg,-45deg],[66arcsec,75arcsec],1.5707963267948966rad], coord=ICRS": box(12.5, 11),
    "box [[20.5pix,24.5pix],[39.5pix,29.5pix]]": box(19, 5, 0, -3),
    "annulus [[30pix,30pix],[4.5pix,9.5pix]]": circle(9.5) & ~circle(4.5),
    "poly [[20.5pix,24.5pix],[39.5pix,24.5pix],[39.5pix,29.5pix],[20.5pix,29.5pix]]": box(19, 5, 0, -3),
    "circle [[30pix,30pix],9.5pix]\n-circle [[30pix,30pix],4.5pix]": circle(9.5) & ~circle(4.5),
    "-circle [[30pix,30pix],9.5pix]\n+circle [[30pix,30pix],4.5pix]": circle(4.5),
}


@pytest.mark.parametrize("text", CRTF_SHAPES)
def test_shapes_of_casa(tmp_path, text):
    regions, mask = regions_of(tmp_path, f"#CRTF\n{text}\n", name="regions.crtf")
    assert regions.left_out == ()
    np.testing.assert_array_equal(mask, CRTF_SHAPES[text])


@pytest.mark.parametrize(("dec", "ra"), [(-45.0, 60.0), (-75.0, 60.0), (-75.0, 0.0)])
def test_a_box_of_casa_by_corners_is_as_wide_as_it_looks(tmp_path, dec, ra):
    header = header_of_image(CRVAL2=dec, CRVAL1=ra)
    east = 10 * PIXEL / 3600 / np.cos(np.radians(dec))
    north = 10 * PIXEL / 3600
    text = f"box [[{(ra + east) % 360}deg, {dec - north}deg], [{(ra - east) % 360}deg, {dec + north}deg]], coord=ICRS"
    _, mask = regions_of(tmp_path, f"#CRTF\n{text}", header, name="regions.crtf")
    rows, columns = np.nonzero(mask)
    # Parallels are bent, by a hundredth of a pixel here.
    assert abs(np.ptp(rows) - 20) <= 1
    assert abs(np.ptp(columns) - 20) <= 1
    assert mask.sum() == (np.ptp(rows) + 1) * (np.ptp(columns) + 1)


EXCLUDED = [
    "circle(31,31,9.5)\n-circle(31,31,4.5)",
    "circle(31,31,9.5)\n - circle(31,31,4.5)",
    "circle(31,31,9.5)\n!circle(31,31,4.5)",
    "-circle(31,31,4.5)\ncircle(31,31,9.5)",
    "circle(31,31,9.5)\ncircle(31,31,4.5) # color=red include=0",
    "global include=0\ncircle(31,31,4.5)\ncircle(31,31,9.5) # include=1",
    "circle(31,31,9.5)\nglobal include=0\ncircle(31,31,4.5)",
    "circle(31,31,9.5)\n-circle(31,31,4.5) # text={include=1}",
]


@pytest.mark.parametrize("text", EXCLUDED)
def test_what_is_excluded(tmp_path, text):
    regions, mask = regions_of(tmp_path, f"image\n{text}")
    np.testing.assert_array_equal(mask, circle(9.5) & ~circle(4.5))
    assert [one.region.include for one in regions.used] == [True, False]


def test_every_line_that_is_no_region_is_told_with_its_number(tmp_path):
    text = """# Region file format: DS9 version 4.1
global color=green
image
circle(31,31,9.5)
circle(31,31)
circle(31,31,x)
circle(31,31,nan)
circle(31,31,0)
circle(nan,31,5)
polygon(1,2,3,4,5)
pie(31,31,0,30)
panda(31,31,0,30,1,0,5,1)
cicle(31,31,5)
detector
circle(31,31,5)
image
point(31,31) # point=x
line(1,1,5,5)
# text(31,31) text={a}
# vector(31,31,5,30)
# tile 1
circle(31,31,5) # background
circle(31,31,5
***
circle(31,31,-5)
annulus(31,31,9,5)
icrs
circle(60,-95,5)
circle(60,-45,5\",9p)
"""
    regions, mask = regions_of(tmp_path, text)
    np.testing.assert_array_equal(mask, circle(9.5))
    assert [one.region.line for one in regions.used] == [4]
    assert [lost.line for lost in regions.not_understood] == [5, 6, 7, 9, 10, 11, 12, 13, 15, 23, 24, 25, 26, 28, 29]
    assert [lost.line for lost in regions.left_out if lost.understood] == [8, 17, 18, 19, 20, 22]
    assert all(lost.text and lost.reason and "\n" not in lost.reason for lost in regions.left_out)


def test_every_line_of_casa_that_is_no_region_is_told_with_its_number(tmp_path):
    text = """#CRTFv0 CASA Region Text Format version 0
global coord=ICRS
circle [[60deg,-45deg],57arcsec]
ann circle [[60deg,-45deg],90arcsec]
vector [[60deg,-45deg],[61deg,-45deg]]
symbol [[60deg,-45deg], .]
text [[60deg,-45deg], 'a']
circle [[60deg,-45deg],57]
circle [[60deg,-45deg],57mas]
circle [[60,-45],57arcsec]
circle [[60deg,-45deg],57arcsec], coord=AZEL
circle [[60deg,-45pix],57arcsec]
circle [[60deg,-45deg],57arcsec
circles [[60deg,-45deg],57arcsec]
poly [[60deg,-45deg],[61deg,-45deg]]
ellipse [[60deg,-45deg],[57arcsec,57arcsec],30]
nonsense
circle [[4:00:00,-45:00:00],57arcsec]
"""
    regions, mask = regions_of(tmp_path, text, name="regions.crtf")
    np.testing.assert_array_equal(mask, circle(9.5))
    assert [lost.line for lost in regions.not_understood] == list(range(8, 19))
    assert [lost.line for lost in regions.left_out if lost.understood] == [4, 5, 6, 7]


def test_regions_without_pixels_say_why(tmp_path):
    text = 'icrs\ncircle(240,45,30")\ncircle(61,-45,30")\nimage\ncircle(31.5,31.5,0.4)\ncircle(31,31,2)\n'
    regions, _ = regions_of(tmp_path, text)
    assert [(one.region.line, one.pixels) for one in regions.used] == [(2, 0), (3, 0), (5, 0), (6, 13)]
    assert "far side of the sky" in regions.used[0].reason
    assert [one.reason for one in regions.used[1:]] == ["holds the centre of no pixel of the image"] * 2 + [""]
    assert regions.touched == 1


def test_regions_for_channels(tmp_path):
    text = "#CRTF\ncircle [[30pix,30pix],9.5pix], range=[5chan,10chan]\ncircle [[30pix,30pix],4.5pix], corr=[I]\n"
    regions, mask = regions_of(tmp_path, text, name="regions.crtf")
    np.testing.assert_array_equal(mask, circle(4.5))
    assert regions.used[0].reason == "is for the channels 5 to 10, and this is 0"
    assert regions.hint == ""
    _, mask = regions_of(tmp_path, text, name="regions.crtf", channel=5)
    np.testing.assert_array_equal(mask, circle(9.5))


def test_images_of_four_axes_and_with_other_coordinates(tmp_path):
    header = header_of_image(NAXIS=4, NAXIS3=1, NAXIS4=1, CTYPE3="FREQ", CTYPE4="STOKES", CRVAL3=1e9, CRVAL4=1.0)
    np.testing.assert_array_equal(regions_of(tmp_path, 'icrs;circle(60,-45,57")', header)[1], circle(9.5))
    header = header_of_image(CTYPE1="LINEAR", CTYPE2="LINEAR")
    regions, mask = regions_of(tmp_path, 'icrs;circle(60,-45,57")\nimage;circle(31,31,9.5)\ncircle(31,31,5")', header)
    np.testing.assert_array_equal(mask, circle(9.5))
    assert [one.reason != "" for one in regions.used] == [True, False, True]
    header = header_of_image(CTYPE1="XXLN-SIN", CTYPE2="XXLT-SIN")
    regions, mask = regions_of(tmp_path, 'icrs;circle(60,-45,5")\nwcs;circle(60,-45,57")', header)
    np.testing.assert_array_equal(mask, circle(9.5))
    assert "is not known" in regions.used[0].reason


def test_physical_pixels_are_those_of_the_image_that_this_was_cut_from(tmp_path):
    header = header_of_image(LTM1_1=0.5, LTM2_2=0.5, LTV1=-100.0, LTV2=-200.0)
    regions, mask = regions_of(tmp_path, "physical;circle(262,462,19)\nicrs;circle(262p,462p,19p)", header)
    np.testing.assert_array_equal(mask, circle(9.5))
    assert regions.used[0].pixels == regions.used[1].pixels


@pytest.mark.parametrize("radius", ["1e200", "1E200", '1e200"', "1e300d", "1e200p"])
def test_sizes_beyond_all_bounds(tmp_path, radius):
    regions, mask = regions_of(tmp_path, f"icrs;circle(60,-45,{radius})\nellipse(60,-45,{radius},{radius},45)")
    assert regions.left_out == ()
    assert mask.all()
    assert [one.pixels for one in regions.used] == [SIZE**2] * 2


BAD_TEXTS = ["", "\n\n", "# a comment\n", "fk5\n", "é" * 99, "[[" * 10**4, "text={" * 10**4, "(" * 10**5]
BAD_TEXTS += ["circle(" * 10**4, "{" * 10**4 + ";" * 10**4, "image;polygon(" + "1," * 10**5]
BAD_TEXTS += ["#CRTF\ncircle " + "[" * 10**4, "#CRTF\n" + "circle [[" * 10**4, 'image;circle(1,2,3) # text={"' * 3000]


@pytest.mark.parametrize("text", BAD_TEXTS, ids=lambda text: text[:20].strip())
def test_bad_text_is_told_or_empty_and_never_a_region(tmp_path, text):
    regions, mask = regions_of(tmp_path, text)
    assert not mask.any() or regions.used
    assert regions.used == [] or text.startswith("image;circle")
    assert all(len(lost.text) < 80 and len(lost.reason) < 200 for lost in regions.left_out)


def test_a_bad_line_in_each_of_very_many(tmp_path):
    regions, mask = regions_of(tmp_path, "image\n" + "circle(31,31\n# a\nnothing(1)\n" * 30000 + "circle(31,31,9.5)")
    assert len(regions.not_understood) == 60000
    assert regions.used[0].region.line == 90002
    np.testing.assert_array_equal(mask, circle(9.5))


@pytest.mark.parametrize(
    ("text", "looks"),
    [
        ('ellipse(60,-45,{0}",{1}",30)', True),
        ('ellipse(60,-45,{0}",{1}",30)\nellipse(60,-45,55",40",3)\nellipse(60,-45,{0}",{1}",31)', True),
        ('ellipse(60,-45,{2}",{3}",30)\nellipse(60,-45,{2}",{3}",30)', False),
        ('ellipse(60,-45,{0}",{1}",30)\nellipse(60,-45,8",5",30)', False),
        ('circle(60,-45,{0}")', False),
        ("ellipse(60,-45,3.6i,2.9i,30)", False),
    ],
)
def test_ellipses_of_source_finders_look_like_it(tmp_path, text, looks):
    header = header_of_image()
    fwhm = 3600 * header["BMAJ"], 3600 * header["BMIN"]
    text = "icrs\n" + text.format(*fwhm, fwhm[0] / 2, fwhm[1] / 2)
    hint = regions_of(tmp_path, text, header)[0].hint
    assert hint.endswith("halve their radii if that is not meant") == looks
    assert bool(hint) == looks
    del header["BMAJ"]
    assert regions_of(tmp_path, text, header)[0].hint == ""


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ("range=[1.4GHz,1.5GHz]", "line 2 has range=[1.4GHz,1.5GHz], which is not kept to"),
        ("corr=[Q, U]", "line 2 has corr=[Q, U], which is not kept to"),
        ("corr=[I, Q], range=[0chan,3chan]", ""),
        ("color=red", ""),
    ],
)
def test_ranges_that_are_not_kept_to_are_told(tmp_path, options, told):
    text = f"#CRTF\ncircle [[30pix,30pix],9.5pix], {options}\n"
    regions, mask = regions_of(tmp_path, text, name="regions.crtf")
    np.testing.assert_array_equal(mask, circle(9.5))
    assert regions.hint.startswith(told)
    assert bool(regions.hint) == bool(told)
    regions, _ = regions_of(tmp_path, text + text.splitlines()[1], name="regions.crtf")
    assert regions.hint.startswith("2 lines have, as line 2," if told else "")
