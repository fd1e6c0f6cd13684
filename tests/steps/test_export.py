"""Masks in the form that an imager reads: the same pixels at the same places, on its grid, or refused."""

from __future__ import annotations

import sys
import warnings
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from astropy.io import fits
from astropy.wcs import WCS
from conftest import radio_header, write_fits
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from numpy.typing import NDArray

from skerry import SkerryError, SkerryWarning, make_exported_mask
from skerry.cli import main
from skerry.io.casa_images import is_casa_image
from skerry.io.fits import read_mask
from skerry.io.headers import scale_facts
from skerry.sky.ddfacet_size import ddfacet_size
from skerry.steps.check import check_mask

SHAPE = (40, 90)
CORNERS = [(0, 0), (0, 89), (39, 0), (39, 89)]


@pytest.fixture(scope="module")
def casacore() -> ModuleType:
    """Module that reads and writes CASA images."""
    return pytest.importorskip("casacore.images", reason="no python-casacore (pip install 'skerry[casacore]')")


def off_centre(shape: tuple[int, ...] = (1, 1, *SHAPE), **cards: Any) -> fits.Header:
    """Header of an image far from square, whose reference lies outside the middle, at 1.4 GHz."""
    header = radio_header(shape)
    header["CRPIX1"], header["CRPIX2"] = 20.0, 31.0
    if len(shape) > 2:
        header["CRVAL3"] = 1.4e9
    header.update({key.replace("_", "-"): value for key, value in cards.items()})
    return header


def pixels_of_corners() -> NDArray[np.uint8]:
    """Mask with an island in each corner, each of another size, and a large one."""
    mask = np.zeros(SHAPE, np.uint8)
    mask[:2, :3] = mask[:4, -5:] = mask[-6:, :7] = mask[-8:, -9:] = mask[12:20, 33:50] = 1
    return mask


@pytest.fixture
def mask(tmp_path: Path) -> Path:
    return write_fits(tmp_path / "x.mask.fits", pixels_of_corners(), off_centre(), ndim=4)


def sky(header: fits.Header, x: float, y: float) -> NDArray[np.float64]:
    """Right ascension and declination of a 0-based pixel, degrees."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return WCS(header, naxis=2).wcs_pix2world([[x, y]], 0)[0]


# CASA images


@st.composite
def masks_with_headers(draw: st.DrawFn) -> tuple[NDArray[np.uint8], fits.Header]:
    ny, nx = draw(st.integers(1, 40)), draw(st.integers(1, 40))
    mask = np.random.default_rng(draw(st.integers(0, 99))).random((ny, nx)) < 0.3
    axes = draw(st.integers(2, 4))
    header = off_centre((1,) * (axes - 2) + (ny, nx), WCSAXES=axes)
    header["CRPIX1"], header["CRPIX2"] = draw(st.integers(-50, 90)), draw(st.floats(-50, 90))
    header["CRVAL1"], header["CRVAL2"] = draw(st.floats(0, 359)), draw(st.floats(-89, 89))
    header["CTYPE1"], header["CTYPE2"] = draw(
        st.sampled_from([("RA---SIN", "DEC--SIN"), ("RA---TAN", "DEC--TAN"), ("GLON-SIN", "GLAT-SIN")])
    )
    if header["CTYPE1"][:2] == "RA":
        header.update(draw(st.sampled_from([{}, {"EQUINOX": 2000.0}, {"RADESYS": "ICRS"}, {"RADESYS": "FK5"}])))
    if draw(st.booleans()):
        header["PC1_1"], header["PC1_2"], header["PC2_1"], header["PC2_2"] = 0.8, -0.6, 0.6, 0.8
    header["RESTFRQ"] = 1.42e9
    header["TELESCOP"] = draw(st.sampled_from(["simulated", "ASKAP"]))
    return mask.astype(np.uint8), header


@given(case=masks_with_headers())
@settings(max_examples=40)
def test_a_casa_image_has_the_pixels_and_the_positions_of_its_mask(
    casacore: ModuleType, tmp_path_factory: pytest.TempPathFactory, case: tuple[NDArray[np.uint8], fits.Header]
) -> None:
    pixels, header = case
    directory = tmp_path_factory.mktemp("casa")
    path = write_fits(directory / "x.mask.fits", pixels, header, ndim=header["WCSAXES"])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SkerryWarning)
        image = casacore.image(str(make_exported_mask(path, "casa", directory / "x.mask")))
    assert image.datatype() == "float"
    assert_array_equal(image.getdata(), pixels[np.newaxis, np.newaxis])
    assert image.coordinates().get_coordinate("stokes").get_stokes() == ["I"]
    assert image.coordinates().get_coordinate("spectral").get_frame() == "LSRK"
    ny, nx = pixels.shape
    for y, x in ((0, 0), (ny - 1, 0), (0, nx - 1), (ny - 1, nx - 1), (ny // 2, nx // 3)):
        frequency, stokes, *position = image.toworld([0, 0, y, x])
        assert (frequency, stokes) == (header.get("CRVAL3", 1.42e9), 1)
        lon, lat = sky(header, x, y)
        assert_allclose(np.degrees(position), [lat, lon % 360], rtol=0, atol=1e-9)
    back = directory / "back.fits"
    image.tofits(str(back), velocity=False)
    assert_array_equal(read_mask(back).data, pixels)
    for y, x in ((0, 0), (ny - 1, nx - 1)):
        assert_allclose(sky(fits.getheader(back), x, y), sky(header, x, y), rtol=0, atol=1e-9)


def test_the_planes_of_an_image_of_tclean_get_its_very_coordinates(
    casacore: ModuleType, mask: Path, tmp_path: Path
) -> None:
    cube = off_centre((1, 1, 5, 4), CRVAL3=1.0e9 + 1 / 3, CDELT3=1.0e6 / 3)
    like = tmp_path / "tclean.image"
    of_cube = casacore.image(
        str(write_fits(tmp_path / "cube.fits", np.zeros((1, 3, 1, 2), np.float32), _swapped(cube)))
    )
    casacore.image(str(like), shape=[3, 1, *SHAPE], coordsys=of_cube.coordinates())
    image = casacore.image(str(make_exported_mask(mask, "casa", tmp_path / "x.mask", like=like)))
    assert image.shape() == [3, 1, *SHAPE]
    assert_array_equal(image.getdata(), np.broadcast_to(pixels_of_corners(), (3, 1, *SHAPE)))
    wanted = casacore.image(str(like))
    for plane in (0, 2):
        for y, x in CORNERS:
            assert image.toworld([plane, 0, y, x]) == wanted.toworld([plane, 0, y, x])


def _swapped(header: fits.Header) -> fits.Header:
    """The header with the axes RA, Dec, Stokes, Freq, as CASA has them."""
    other = header.copy()
    for key in ("CTYPE", "CRVAL", "CRPIX", "CDELT"):
        other[f"{key}3"], other[f"{key}4"] = header[f"{key}4"], header[f"{key}3"]
    return other


def test_a_casa_image_is_made_like_a_fits_file_of_tclean(casacore: ModuleType, tmp_path: Path) -> None:
    flat = write_fits(tmp_path / "x.mask.fits", pixels_of_corners(), off_centre(SHAPE))
    like = write_fits(tmp_path / "like.fits", np.zeros(SHAPE, np.float32), off_centre(CRVAL3=1.3e9), ndim=4)
    image = casacore.image(str(make_exported_mask(flat, "casa", tmp_path / "x.mask", like=like)))
    assert image.toworld([0, 0, 0, 0])[:2] == [1.3e9, 1]


@pytest.mark.parametrize("shift", [0.0, 3.0])
def test_a_mask_of_another_grid_than_that_of_tclean_is_refused(
    casacore: ModuleType, mask: Path, tmp_path: Path, shift: float
) -> None:
    shape = SHAPE if shift else (SHAPE[0] + 1, SHAPE[1])
    header = off_centre(CRPIX1=20.0 + shift)
    other = write_fits(tmp_path / "other.fits", np.ones(shape, np.float32), header, ndim=4)
    like = make_exported_mask(other, "casa", tmp_path / "other.image")
    problem = "is shifted: up to 3 pixels" if shift else "has 90 x 40 pixels, but .* has 90 x 41"
    with pytest.raises(
        SkerryError, match=rf"x\.mask\.fits: {problem}.*; put it on that grid with 'skerry extract-beam"
    ):
        make_exported_mask(mask, "casa", tmp_path / "x.mask", like=like)
    assert not (tmp_path / "x.mask").exists()


def test_only_a_casa_image_is_replaced_and_only_if_asked(casacore: ModuleType, mask: Path, tmp_path: Path) -> None:
    output, folder = tmp_path / "x.mask", tmp_path / "folder"
    make_exported_mask(mask, "casa", output)
    with pytest.raises(SkerryError, match=r"x\.mask: exists; give `overwrite`"):
        make_exported_mask(mask, "casa", output)
    folder.mkdir()
    (folder / "notes").write_text("kept")
    with pytest.raises(SkerryError, match="folder: is no CASA image and is not replaced by one"):
        make_exported_mask(mask, "casa", folder, overwrite=True)
    assert (folder / "notes").read_text() == "kept"
    other = write_fits(tmp_path / "y.mask.fits", 1 - pixels_of_corners(), off_centre(), ndim=4)
    make_exported_mask(other, "casa", output, overwrite=True)
    assert_array_equal(casacore.image(str(output)).getdata()[0, 0], 1 - pixels_of_corners())


def test_an_image_that_cannot_be_written_leaves_the_earlier_one(
    casacore: ModuleType, mask: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    output = make_exported_mask(mask, "casa", tmp_path / "x.mask")

    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("the disk\nis full")

    monkeypatch.setattr(casacore.image, "putdata", fail)
    with pytest.raises(SkerryError, match=r"x\.mask: cannot be written: the disk is full; see to that, and run"):
        make_exported_mask(mask, "casa", output, overwrite=True)
    monkeypatch.undo()
    assert_array_equal(casacore.image(str(output)).getdata()[0, 0], pixels_of_corners())
    assert sorted(path.name for path in tmp_path.iterdir()) == ["x.mask", "x.mask.fits"]


def test_a_disk_without_room_is_told_of(
    casacore: ModuleType, mask: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = type("Usage", (), {"free": 4 * SHAPE[0] * SHAPE[1] - 1})
    monkeypatch.setattr("shutil.disk_usage", lambda _: usage)
    with pytest.raises(SkerryError, match=r"x\.mask: needs 0 MB, and its disk has 0 MB left; make room"):
        make_exported_mask(mask, "casa", tmp_path / "x.mask")


def test_without_casacore_it_is_said_how_to_get_it(
    mask: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "casacore.images", None)
    assert main(["export", str(mask), "--to", "casa", "-o", str(tmp_path / "x.mask")]) == 2
    assert capsys.readouterr().err == (
        "skerry: error: CASA images need python-casacore, which is not installed; pip install 'skerry[casacore]'\n"
    )
    # Any other imager does without.
    assert main(["export", str(mask), "--to", "wsclean", "-o", str(tmp_path / "x.fits")]) == 0


def test_a_mask_without_a_frequency_needs_an_image_of_tclean(casacore: ModuleType, tmp_path: Path) -> None:
    flat = write_fits(tmp_path / "x.mask.fits", pixels_of_corners(), off_centre(SHAPE))
    with pytest.raises(
        SkerryError, match=r"says nothing of its frequency, .* give the image that tclean made as `like`"
    ):
        make_exported_mask(flat, "casa", tmp_path / "x.mask")


def test_a_directory_that_is_no_casa_image_is_refused(casacore: ModuleType, mask: Path, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(SkerryError, match="folder: is no CASA image; give the directory that tclean made"):
        make_exported_mask(mask, "casa", tmp_path / "x.mask", like=tmp_path / "folder")
    with pytest.raises(SkerryError, match=r"a\$b: has a dollar sign or begins with a tilde, which casacore replaces"):
        make_exported_mask(mask, "casa", tmp_path / "a$b")


# Scale masks


@pytest.fixture
def scale_mask(tmp_path: Path) -> Path:
    """Scale mask of scales 0 and 8 pixels, the second eroded for it."""
    bits = pixels_of_corners()
    bits[14:18, 37:46] |= 2
    header = off_centre()
    header.update(scale_facts((0, 8)))
    for line in ("skerry 0.1.0 erode", "  beam_shape_erode_scales = 0,8"):
        header.add_history(line)
    return write_fits(tmp_path / "x.scalemask.fits", bits, header, ndim=4)


def test_of_a_scale_mask_the_union_is_written_or_one_scale(scale_mask: Path, tmp_path: Path) -> None:
    made = {scale: tmp_path / f"{scale}.fits" for scale in (None, 8)}
    for scale, path in made.items():
        make_exported_mask(scale_mask, "wsclean", path, scale=scale)
    bits = fits.getdata(scale_mask)
    assert_array_equal(fits.getdata(made[None]), bits > 0)
    assert_array_equal(fits.getdata(made[8]), bits >> 1)
    assert fits.getheader(made[8])["SKSCALE"] == 8
    assert "SKNSCALE" not in fits.getheader(made[None])
    with pytest.raises(SkerryError, match="has no scale of 4 pixels; it has 0, 8"):
        make_exported_mask(scale_mask, "wsclean", tmp_path / "4.fits", scale=4)


def test_tclean_gets_no_mask_that_is_eroded_for_a_scale(casacore: ModuleType, scale_mask: Path, tmp_path: Path) -> None:
    eroded = "is eroded for that scale, and tclean erodes the mask for each scale by itself"
    with pytest.raises(SkerryError, match=eroded):
        make_exported_mask(scale_mask, "casa", tmp_path / "x.mask", scale=8)
    assert main(["split-scales", str(scale_mask)]) == 0
    with pytest.raises(SkerryError, match=eroded):
        make_exported_mask(tmp_path / "x.scale8.mask.fits", "casa", tmp_path / "x.mask")
    for path in (scale_mask, tmp_path / "x.scale0.mask.fits"):
        image = casacore.image(str(make_exported_mask(path, "casa", tmp_path / "x.mask", overwrite=True)))
        assert_array_equal(image.getdata()[0, 0], fits.getdata(scale_mask)[0, 0] > 0)


# DDFacet


@given(
    shape=st.tuples(st.integers(60, 150), st.integers(60, 150)),
    npix=st.integers(60, 150),
    pixel=st.tuples(st.integers(0, 59), st.integers(0, 59)),
    middle=st.booleans(),
)
@settings(max_examples=40)
def test_what_ddfacet_gets_lies_where_it_did(
    tmp_path_factory: pytest.TempPathFactory,
    shape: tuple[int, int],
    npix: int,
    pixel: tuple[int, int],
    middle: bool,
) -> None:
    directory = tmp_path_factory.mktemp("ddfacet")
    header = off_centre((1, 1, *shape))
    if middle:
        header["CRPIX1"], header["CRPIX2"] = shape[1] // 2 + 1, shape[0] // 2 + 1
    pixels = np.zeros(shape, np.uint8)
    pixels[pixel] = pixels[int(header["CRPIX2"]) - 1, int(header["CRPIX1"]) - 1] = 1
    path = write_fits(directory / "x.mask.fits", pixels, header, ndim=4)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SkerryWarning)
        made, found = fits.getdata(make_exported_mask(path, "ddfacet", directory / "x.fits", npix=npix), header=True)
    size = ddfacet_size(npix)
    assert (made.shape, made.dtype) == ((1, 1, size, size), np.uint8)
    assert [found[f"CTYPE{n}"] for n in (3, 4)] == ["STOKES", "FREQ"]
    assert (found["CRPIX1"], found["CRPIX2"]) == ((size + 1) / 2,) * 2
    assert made[0, 0, size // 2, size // 2]
    # Every pixel of the mask that lies on the sky that DDFacet images is there, and none else.
    columns = np.arange(size) - size // 2 + int(header["CRPIX1"]) - 1
    rows = np.arange(size) - size // 2 + int(header["CRPIX2"]) - 1
    for (y, x), value in np.ndenumerate(made[0, 0]):
        if value:
            assert_allclose(sky(found, x, y), sky(header, columns[x], rows[y]), rtol=0, atol=1e-10)
            assert pixels[rows[y], columns[x]]
    seen = np.isin(np.arange(shape[0]), rows)[:, np.newaxis] & np.isin(np.arange(shape[1]), columns)
    assert made.sum() == pixels[seen].sum()


def test_the_size_for_ddfacet_is_that_of_its_image(mask: Path, tmp_path: Path) -> None:
    header = off_centre((1, 1, 125, 125), CRPIX1=63.0, CRPIX2=63.0)
    like = write_fits(tmp_path / "like.fits", np.zeros((125, 125), np.float32), _swapped(header), ndim=4)
    with pytest.warns(
        SkerryWarning, match=r"x\.mask\.fits: \d+ of \d+ masked pixels lie outside DDFacet's image of 125 x"
    ):
        make_exported_mask(mask, "ddfacet", tmp_path / "x.fits", like=like)
    assert check_mask(tmp_path / "x.fits", image=like).size == (125, 125)
    elsewhere = write_fits(
        tmp_path / "far.fits", np.zeros((125, 125)), off_centre((1, 1, 125, 125), CRVAL1=61.0), ndim=4
    )
    with pytest.raises(SkerryError, match="put it on that grid with 'skerry extract-beam"):
        make_exported_mask(mask, "ddfacet", tmp_path / "y.fits", like=elsewhere)


@pytest.mark.parametrize(
    ("cards", "pixels", "npix", "problem"),
    [
        ({}, 1, None, "has 90 x 40 pixels, which no image of DDFacet has; give the size .* as `npix`"),
        ({}, 0, 128, "is empty, and DDFacet takes no empty mask"),
        ({"CRPIX1": 400.0}, 1, 65, "nothing of it lies within DDFacet's image of 65 x 65 pixels"),
        ({"CRPIX1": 20.5}, 1, 128, r"its reference pixel 20\.5, 31 lies between pixels of DDFacet's image"),
        ({}, 1, 0, "`npix` 0: must be above zero"),
    ],
)
def test_what_ddfacet_could_not_use_is_refused(
    tmp_path: Path, cards: dict[str, float], pixels: int, npix: int | None, problem: str
) -> None:
    path = write_fits(tmp_path / "x.mask.fits", np.full(SHAPE, pixels, np.uint8), off_centre(**cards), ndim=4)
    with pytest.raises(SkerryError, match=problem):
        make_exported_mask(path, "ddfacet", tmp_path / "x.fits", npix=npix)
    assert not (tmp_path / "x.fits").exists()


def test_a_mask_of_an_image_of_ddfacet_stays_as_it_is(tmp_path: Path) -> None:
    header = off_centre((1, 1, 125, 125), CRPIX1=63.0, CRPIX2=63.0)
    pixels = np.arange(125 * 125).reshape(125, 125) % 7 == 0
    path = write_fits(tmp_path / "x.mask.fits", pixels.astype(np.uint8), header, ndim=4)
    made = fits.getdata(make_exported_mask(path, "ddfacet", tmp_path / "x.fits"))
    assert_array_equal(made[0, 0], pixels)


# WSClean


@pytest.mark.parametrize("axes", [None, 2, 4])
def test_what_wsclean_gets_has_no_card_that_stops_it(tmp_path: Path, axes: int | None) -> None:
    header = off_centre((1, 1, *SHAPE), DATE_OBS="2024/05/01", CRVAL3="1.4 GHz", RESTFRQ=1.3e9)
    path = write_fits(tmp_path / "x.mask.fits", pixels_of_corners().astype(">i8"), header, ndim=4)
    made, found = fits.getdata(make_exported_mask(path, "wsclean", tmp_path / "x.fits", axes=axes), header=True)
    assert (made.ndim, made.dtype) == (axes or 4, np.uint8)
    assert_array_equal(made.reshape(SHAPE), pixels_of_corners())
    assert "DATE-OBS" not in found
    assert found.get("CRVAL3") == (None if axes == 2 else 1.3e9)
    for y, x in CORNERS:
        assert_array_equal(sky(found, x, y), sky(header, x, y))


@pytest.mark.parametrize("date", ["2024-05-01", "2024-05-01T12:30:00", "2024-05-01T12:30:00.25"])
def test_a_date_that_can_be_read_stays(tmp_path: Path, date: str) -> None:
    path = write_fits(tmp_path / "x.mask.fits", pixels_of_corners(), off_centre(DATE_OBS=date), ndim=4)
    assert fits.getheader(make_exported_mask(path, "wsclean", tmp_path / "x.fits"))["DATE-OBS"] == date


def test_what_wsclean_would_reject_is_refused(mask: Path, tmp_path: Path) -> None:
    other = off_centre(CTYPE1="RA---TAN", CTYPE2="DEC--TAN")
    path = write_fits(tmp_path / "tan.fits", pixels_of_corners(), other, ndim=4)
    with pytest.raises(SkerryError, match=r"tan\.fits: CTYPE1 is 'RA---TAN': WSClean rejects any but"):
        make_exported_mask(path, "wsclean", tmp_path / "x.fits")
    with pytest.raises(SkerryError, match=r"x\+1: has a file name with .*; rename it"):
        make_exported_mask(mask, "wsclean", tmp_path / "x+1")


# All of them


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({"to": "casa", "npix": 128}, "`npix` 128: is for DDFacet"),
        ({"to": "ddfacet", "npix": 128, "like": Path("a.fits")}, "`npix` 128: a.fits says the size already"),
        ({"to": "ddfacet", "axes": 2}, "`axes` 2: masks for ddfacet have four axes"),
        ({"to": "wsclean", "axes": 3}, "`axes` 3: must be 2 or 4"),
        ({"to": "aips"}, "`to` aips: is no imager that masks are written for; give casa, ddfacet or wsclean"),
    ],
)
def test_options_of_another_imager_are_refused(mask: Path, tmp_path: Path, given: dict[str, Any], problem: str) -> None:
    with pytest.raises(SkerryError, match=problem):
        make_exported_mask(mask, output=tmp_path / "x.fits", **given)


def test_labels_are_masked_if_asked(tmp_path: Path) -> None:
    labels = pixels_of_corners().astype(np.int16) * 300
    path = write_fits(tmp_path / "x.mask.fits", labels, off_centre(), ndim=4)
    made = make_exported_mask(path, "wsclean", tmp_path / "x.fits", nonzero=True)
    assert_array_equal(fits.getdata(made)[0, 0], pixels_of_corners())


def test_an_empty_mask_is_written_with_a_warning(tmp_path: Path) -> None:
    path = write_fits(tmp_path / "x.mask.fits", np.zeros(SHAPE, np.uint8), off_centre(), ndim=4)
    with pytest.warns(SkerryWarning, match=r"x\.mask\.fits: is empty: nothing will be cleaned"):
        made = make_exported_mask(path, "wsclean", tmp_path / "x.fits")
    assert fits.getheader(made)["SKWARN"] == 1


def test_bands_do_not_show(
    tmp_path: Path, mask: Path, band_rows: int, casacore: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("skerry.io.casa_images._ROWS_AT_ONCE", 2)
    image = casacore.image(str(make_exported_mask(mask, "casa", tmp_path / "x.mask")))
    assert_array_equal(image.getdata()[0, 0], pixels_of_corners())
    made = fits.getdata(make_exported_mask(mask, "ddfacet", tmp_path / "x.fits", npix=195))
    assert_array_equal(made[0, 0, 97 - 30 : 97 + 10, 97 - 19 : 97 + 71], pixels_of_corners())
    assert made.sum() == pixels_of_corners().sum()


def test_the_command_line_exports(
    mask: Path, tmp_path: Path, casacore: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "x.mask"
    assert main(["export", str(mask), "--to", "casa", "-o", str(output)]) == 0
    assert capsys.readouterr().out == f"{output}\n"
    assert is_casa_image(output)
    assert main(["export", str(mask), "--to", "ddfacet", "-o", str(tmp_path / "x.fits")]) == 2
    assert "give the size that DDFacet is asked for as --npix, or" in capsys.readouterr().err


@pytest.mark.parametrize(("to", "given"), [("wsclean", {"axes": 2}), ("ddfacet", {"npix": 90})])
def test_pixels_are_float32_on_request(mask: Path, tmp_path: Path, to: str, given: dict[str, int]) -> None:
    """Breizorro wants such a mask where it merges regions."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SkerryWarning)
        whole = fits.getdata(make_exported_mask(mask, to, tmp_path / "u.fits", **given))
        made, header = fits.getdata(
            make_exported_mask(mask, to, tmp_path / "f.fits", float32=True, **given), header=True
        )
    assert (whole.dtype, header["BITPIX"]) == (np.uint8, -32)
    assert_array_equal(made, whole)


def test_a_casa_image_is_of_float32_anyway(casacore: ModuleType, mask: Path, tmp_path: Path) -> None:
    with pytest.raises(SkerryError, match="`float32`: a CASA image has such pixels anyway; leave it out"):
        make_exported_mask(mask, "casa", tmp_path / "x.mask", float32=True)
