"""Mask cubes in the form that an imager reads: each plane in its channel, or their union, or refused."""

from __future__ import annotations

import warnings
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from astropy.io import fits
from conftest import radio_header, write_fits
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from numpy.typing import NDArray

from skerry import SkerryError, SkerryWarning, check_mask, make_exported_mask
from skerry.cli import main
from skerry.io.headers import scale_facts
from skerry.steps.chosen_planes import PlaneChoice

SHAPE = (12, 17)
FREQUENCY, STEP = 1.0e9 + 1 / 3, 1.0e6 / 3
UNION = PlaneChoice(union=True)


@pytest.fixture(scope="module")
def casacore() -> ModuleType:
    """Module that reads and writes CASA images."""
    return pytest.importorskip("casacore.images", reason="no python-casacore (pip install 'skerry[casacore]')")


def pixels(channels: int, stokes: int = 1, shape: tuple[int, int] = SHAPE, seed: int = 1) -> NDArray[np.uint8]:
    """Masks (channel, stokes, y, x) that all differ."""
    return (np.random.default_rng(seed).random((channels, stokes, *shape)) < 0.15).astype(np.uint8)


def cube(path: Path, data: NDArray[Any], order: str = "fs", **cards: Any) -> Path:
    """Write (channel, stokes, y, x) with the axes FREQ and STOKES ("fs"), the other way round ("sf"), or FREQ alone."""
    along = {"fs": ["FREQ", "STOKES"], "sf": ["STOKES", "FREQ"], "f": ["FREQ"]}[order]
    stored = data if order == "sf" else data.swapaxes(0, 1)
    stored = stored[0] if order == "f" else stored
    header = radio_header(stored.shape)
    for n, kind in enumerate(along, start=3):
        start, step = (FREQUENCY, STEP) if kind == "FREQ" else (1.0, 1.0)
        header[f"CTYPE{n}"], header[f"CRPIX{n}"] = kind, 1.0
        header[f"CRVAL{n}"], header[f"CDELT{n}"] = start, step
    header["TELESCOP"], header["SPECSYS"] = "ASKAP", "LSRK"
    header.update({key.replace("__", "-"): value for key, value in cards.items()})
    return write_fits(path, stored, header)


def like_of(casacore: ModuleType, path: Path, data: NDArray[Any], order: str = "sf") -> Path:
    """A CASA image of some channels and Stokes parameters; tclean's have the axes RA, Dec, Stokes, Freq."""
    casacore.image(str(cube(path.with_suffix(".fits"), data.astype(np.float32), order))).saveas(str(path))
    return path


def without_warnings(*given: Any, **named: Any) -> Path:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SkerryWarning)
        return make_exported_mask(*given, **named)


# CASA images


@given(
    channels=st.integers(2, 4),
    stokes=st.integers(1, 2),
    shape=st.tuples(st.integers(1, 20), st.integers(1, 20)),
    order=st.sampled_from(["fs", "sf"]),
    like_order=st.sampled_from(["fs", "sf"]),
    like_stokes=st.integers(1, 2),
    seed=st.integers(0, 99),
)
@settings(max_examples=30)
def test_each_plane_is_in_its_channel_at_tcleans_very_coordinates(
    casacore: ModuleType,
    tmp_path_factory: pytest.TempPathFactory,
    channels: int,
    stokes: int,
    shape: tuple[int, int],
    order: str,
    like_order: str,
    like_stokes: int,
    seed: int,
) -> None:
    directory = tmp_path_factory.mktemp("casa")
    data = pixels(channels, stokes, shape, seed)
    like_stokes = max(stokes, like_stokes)
    like = like_of(casacore, directory / "tclean.image", np.zeros((channels, like_stokes, *shape)), like_order)
    mask = cube(directory / "x.mask.fits", data, order)
    image = casacore.image(str(without_warnings(mask, "casa", directory / "x.mask", like=like)))
    found = image.getdata() if like_order == "sf" else image.getdata().swapaxes(0, 1)
    assert_array_equal(found, np.broadcast_to(data, (channels, like_stokes, *shape)))
    wanted = casacore.image(str(like))
    for index in np.ndindex(*image.shape()[:2]):
        assert image.toworld([*index, 0, 0]) == wanted.toworld([*index, 0, 0])


def test_chosen_planes_are_for_the_channels_of_the_image(casacore: ModuleType, tmp_path: Path) -> None:
    data = pixels(4, 2)
    mask = cube(tmp_path / "x.mask.fits", data)
    like = like_of(casacore, tmp_path / "tclean.image", np.zeros((2, 1, *SHAPE)))
    # The image has channels 0 and 1 alone.
    command = ["export", str(mask), "--to", "casa", "--like", str(like), "--planes", "0-1", "--stokes", "Q"]
    assert main([*command, "-o", str(tmp_path / "x.mask")]) == 0
    assert_array_equal(casacore.image(str(tmp_path / "x.mask")).getdata()[:, 0], data[:2, 1])


def test_one_plane_and_a_union_serve_all_channels(casacore: ModuleType, tmp_path: Path) -> None:
    data = pixels(3)
    mask = cube(tmp_path / "x.mask.fits", data)
    like = like_of(casacore, tmp_path / "tclean.image", np.zeros((3, 1, *SHAPE)))
    for choice, wanted in ((UNION, data.any(axis=0)), (PlaneChoice(planes=(2, 2)), data[2])):
        made = make_exported_mask(mask, "casa", tmp_path / "x.mask", like=like, planes=choice, overwrite=True)
        assert_array_equal(casacore.image(str(made)).getdata(), np.broadcast_to(wanted, (3, 1, *SHAPE)))


def test_planes_that_are_empty_are_named(casacore: ModuleType, tmp_path: Path) -> None:
    data = pixels(4)
    data[[0, 2, 3]] = 0
    like = like_of(casacore, tmp_path / "tclean.image", np.zeros(data.shape))
    mask = cube(tmp_path / "x.mask.fits", data)
    for to, output in (("casa", "x.mask"), ("wsclean", "y.fits")):
        with pytest.warns(SkerryWarning, match=r"x\.mask\.fits: planes 0, 2-3: empty: nothing will be cleaned there"):
            make_exported_mask(mask, to, tmp_path / output, like=like)


@pytest.mark.parametrize(
    ("channels", "cards", "problem"),
    [
        (3, {}, "has 4 channels, but .*tclean.image has 3; choose `planes` or `stokes`, or give `union`"),
        (4, {"CDELT3": -STEP, "CRVAL3": FREQUENCY + 3 * STEP}, "its channels are from 1001 to 1000 MHz, but those of"),
        (
            4,
            {"CRVAL3": FREQUENCY + 2 * STEP},
            "its channels are from 1000.66667 to 1001.66667 MHz, but those of .* 1000 ",
        ),
    ],
)
def test_channels_of_another_image_are_refused(
    casacore: ModuleType, tmp_path: Path, channels: int, cards: dict[str, float], problem: str
) -> None:
    mask = cube(tmp_path / "x.mask.fits", pixels(4), **cards)
    like = like_of(casacore, tmp_path / "tclean.image", np.zeros((channels, 1, *SHAPE)))
    with pytest.raises(SkerryError, match=rf"x\.mask\.fits: {problem}"):
        make_exported_mask(mask, "casa", tmp_path / "x.mask", like=like)
    assert not (tmp_path / "x.mask").exists()


@pytest.mark.parametrize("with_fits", [False, True])
def test_channels_have_no_place_without_an_image_of_tclean(
    casacore: ModuleType, tmp_path: Path, with_fits: bool
) -> None:
    """A FITS file has not all digits of a frequency, and of another tclean may lose the first channel."""
    mask = cube(tmp_path / "x.mask.fits", pixels(3))
    like = cube(tmp_path / "like.fits", np.zeros((3, 1, *SHAPE), np.float32), "sf") if with_fits else None
    with pytest.raises(SkerryError, match=r"has 3 planes, which lie .* give the CASA image that tclean made as `like`"):
        make_exported_mask(mask, "casa", tmp_path / "x.mask", like=like)
    made = make_exported_mask(mask, "casa", tmp_path / "x.mask", like=like, planes=UNION)
    assert_array_equal(casacore.image(str(made)).getdata()[0, 0], pixels(3).any(axis=(0, 1)))


# WSClean


@given(
    channels=st.integers(2, 5),
    shape=st.tuples(st.integers(1, 20), st.integers(1, 20)),
    order=st.sampled_from(["fs", "sf", "f"]),
    seed=st.integers(0, 99),
)
@settings(max_examples=30)
def test_wsclean_gets_a_plane_for_each_channel(
    tmp_path_factory: pytest.TempPathFactory, channels: int, shape: tuple[int, int], order: str, seed: int
) -> None:
    directory = tmp_path_factory.mktemp("wsclean")
    data = pixels(channels, 1, shape, seed)
    mask = cube(directory / "x.mask.fits", data, order, DATE__OBS="UNKNOWN")
    made = without_warnings(mask, "wsclean", directory / "x.fits")
    found, header = fits.getdata(made, header=True)
    assert (found.shape, found.dtype) == ((1, channels, *shape), np.uint8)
    assert_array_equal(found[0], data[:, 0])
    assert [header[f"CTYPE{n}"] for n in (3, 4)] == ["FREQ", "STOKES"]
    assert_allclose([header["CRVAL3"], header["CDELT3"], header["CRPIX3"]], [FREQUENCY, STEP, 1], rtol=1e-12)
    assert "DATE-OBS" not in header


def test_what_wsclean_gets_passes_its_check(tmp_path: Path) -> None:
    image = cube(tmp_path / "x.fits", np.random.default_rng(1).normal(size=(3, 1, *SHAPE)).astype(np.float32))
    data = pixels(3)
    mask = cube(tmp_path / "x.mask.fits", data, "sf")
    made = make_exported_mask(mask, "wsclean", tmp_path / "y.fits")
    checked = check_mask(made, image=image, imager="wsclean", imager_version="3.6", channels=3)
    assert checked.planes == 3
    made = make_exported_mask(mask, "wsclean", tmp_path / "u.fits", planes=UNION)
    assert check_mask(made, image=image, imager="wsclean", imager_version="3.1", channels=3).planes == 1
    found, header = fits.getdata(made, header=True)
    assert_array_equal(found[0, 0], data.any(axis=(0, 1)))
    # One wide channel, with the middle of the three.
    assert_allclose([header["CRVAL3"], header["CRPIX3"], header["CDELT3"]], [FREQUENCY + STEP, 1, 3 * STEP])


@pytest.mark.parametrize(
    ("stokes", "cards", "given", "problem"),
    [
        (2, {}, {}, "has several Stokes parameters; choose one as `stokes`, or give `union`"),
        (1, {"CDELT3": -STEP}, {}, "its frequencies fall from plane to plane, and WSClean takes the first one for"),
        (1, {"CTYPE3": "TIME"}, {}, "has its planes on an axis of TIME, not of FREQ"),
        (1, {}, {"axes": 2}, "has 3 planes, and two axes are for one; give 4 as `axes`, or give `union`"),
    ],
)
def test_planes_that_wsclean_would_take_for_others_are_refused(
    tmp_path: Path, stokes: int, cards: dict[str, Any], given: dict[str, Any], problem: str
) -> None:
    mask = cube(tmp_path / "x.mask.fits", pixels(3, stokes), **cards)
    with pytest.raises(SkerryError, match=rf"x\.mask\.fits: {problem}"):
        make_exported_mask(mask, "wsclean", tmp_path / "y.fits", **given)
    assert not (tmp_path / "y.fits").exists()
    union = make_exported_mask(mask, "wsclean", tmp_path / "y.fits", planes=UNION, **given)
    assert_array_equal(fits.getdata(union).squeeze(), pixels(3, stokes).any(axis=(0, 1)))


def test_a_scale_mask_is_exported_plane_by_plane(tmp_path: Path) -> None:
    bits = pixels(2) + 2 * pixels(2, seed=2)
    mask = cube(tmp_path / "x.scalemask.fits", bits, **{k: v[0] for k, v in scale_facts((0, 8)).items()})
    made = make_exported_mask(mask, "wsclean", tmp_path / "y.fits", scale=8)
    assert_array_equal(fits.getdata(made)[0], bits[:, 0] >> 1)
    assert fits.getheader(made)["SKSCALE"] == 8


# DDFacet


def test_ddfacet_gets_one_plane(tmp_path: Path) -> None:
    """It uses the first one for every channel."""
    data = pixels(3, shape=(75, 75))
    data[0] = 0
    mask = cube(tmp_path / "x.mask.fits", data, CRPIX1=38.0, CRPIX2=38.0)
    with pytest.raises(
        SkerryError, match="has 3 planes, and DDFacet uses the first one for every channel; give `union`"
    ):
        make_exported_mask(mask, "ddfacet", tmp_path / "x.fits")
    for choice, wanted in ((UNION, data.any(axis=0)), (PlaneChoice(planes=(1, 1)), data[1])):
        made = make_exported_mask(mask, "ddfacet", tmp_path / "x.fits", planes=choice, overwrite=True)
        assert_array_equal(fits.getdata(made)[0], wanted)
