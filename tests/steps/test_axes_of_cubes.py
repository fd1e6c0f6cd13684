"""Images whose axes lie in any order, those of the sky behind others: masks are those of the planes, sky first."""

from __future__ import annotations

import itertools
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.io import fits
from conftest import radio_header, write_fits
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from known_images import add, noise
from numpy.testing import assert_array_equal
from numpy.typing import NDArray

import skerry.io.sky_first
from skerry import MaskingOptions, SkerryError, make_flood_mask, make_mask, make_noise_maps, make_signal_image
from skerry.cli import main
from skerry.field.image_headers import image_size
from skerry.io.fits import open_image, read_image
from skerry.io.image_headers import read_axes, read_header, read_size
from skerry.io.sky_first import renumbered
from skerry.planes.limits import use_limits
from skerry.sky.celestial import celestial_axes
from skerry.steps.chosen_planes import PlaneChoice

SHAPE = (40, 56)
CLIP = MaskingOptions(base_snr_clip=4.0)
KINDS = {"FREQ": (1.4e9, 1e6), "STOKES": (1.0, 1.0), "BEAM": (1.0, 1.0)}


def sky_first_header(lengths: dict[str, int]) -> fits.Header:
    """Header of an image with the sky on its first two axes and these behind."""
    header = radio_header(SHAPE)
    for axis, kind in enumerate(lengths, start=3):
        header[f"CTYPE{axis}"], header[f"CRPIX{axis}"] = kind, 1.0
        header[f"CRVAL{axis}"], header[f"CDELT{axis}"] = KINDS[kind]
    for axis in range(1, 3 + len(lengths)):
        header[f"PC{axis}_{axis}"] = 1.0
    header["PC1_2"], header["PC2_1"] = -0.1, 0.2
    return header


def reordered(array: NDArray[Any], header: fits.Header, order: tuple[int, ...]) -> tuple[NDArray[Any], fits.Header]:
    """The same image with its axes in another order, said with astropy's cards and NumPy's axes."""
    count = array.ndim
    moved = header.copy()
    for key in [key for key in header if key[:2] == "PC" or (key[:5] in ("CTYPE", "CRVAL", "CRPIX", "CDELT", "CUNIT"))]:
        del moved[key]
    where = {axis + 1: n + 1 for n, axis in enumerate(order)}
    for key, value in header.items():
        if key[:2] == "PC":
            first, second = (where[int(n)] for n in key[2:].split("_"))
            moved[f"PC{first}_{second}"] = value
        elif key[:5] in ("CTYPE", "CRVAL", "CRPIX", "CDELT", "CUNIT"):
            moved[f"{key[:5]}{where[int(key[5:])]}"] = value
    return array.transpose([count - 1 - axis for axis in order[::-1]]), moved


@st.composite
def images(draw: st.DrawFn) -> tuple[dict[str, int], tuple[int, ...]]:
    """Axes behind those of the sky with their lengths, and an order in which they stand with them in a file."""
    kinds = draw(st.lists(st.sampled_from(list(KINDS)), min_size=1, max_size=3, unique=True))
    lengths = {kind: draw(st.integers(1, 3)) for kind in kinds}
    return lengths, tuple(draw(st.permutations(range(2 + len(lengths)))))


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(image=images(), bitpix=st.sampled_from([-32, -64, 16, 32]), moved=st.sampled_from([1, 900, 1 << 23]))
def test_an_image_is_read_sky_first_whatever_its_order(tmp_path_factory, monkeypatch, image, bitpix, moved):
    """Pixels and header are those of the axes moved by NumPy, but for what order the sky and the others have."""
    lengths, order = image
    shape = (*list(lengths.values())[::-1], *SHAPE)
    array = np.arange(np.prod(shape)).reshape(shape).astype({-32: ">f4", -64: ">f8", 16: ">i2", 32: ">i4"}[bitpix])
    header = sky_first_header(lengths)
    path = tmp_path_factory.mktemp("order") / "x.fits"
    write_fits(path, *reordered(array, header, order))
    # The order that is kept: of the two of the sky, then of all others.
    kept = tuple(sorted((0, 1), key=order.index)) + tuple(n for n in order if n > 1)
    expected, moved_header = reordered(array, header, kept)
    monkeypatch.setattr(skerry.io.sky_first, "_BYTES_MOVED", moved)
    axes, _ = read_axes(path)
    assert axes.lengths == expected.shape[:-2]
    found = read_header(path)
    for key, value in moved_header.items():
        assert found[key] == (pytest.approx(value, rel=1e-12) if isinstance(value, float) else value)
    assert read_size(path) == expected.shape[-2:]
    assert image_size(str(path)) == expected.shape[:-3:-1]
    if np.prod(expected.shape[:-2]) == 1:
        with open_image(path) as opened:
            assert_array_equal(opened.data[0 : opened.data.shape[0]], expected.reshape(expected.shape[-2:]))
        return
    planes = [image.data[0 : image.data.shape[0]] for image in skerry.io.fits.each_image(path)]
    assert_array_equal(np.reshape(planes, expected.shape), expected.astype(np.float32))


def cube(seed: int = 0) -> NDArray[np.float32]:
    """Two Stokes parameters of three channels, each with a source in another place."""
    planes = []
    for n in range(6):
        plane = noise(np.random.default_rng(seed + n), SHAPE, fwhm=3.5, rms=1e-3)
        add(plane, (12 + 3 * n, 15 + 5 * n), 0.05)
        planes.append(plane)
    return np.reshape(planes, (2, 3, *SHAPE)).astype(np.float32)


@pytest.mark.parametrize("order", [order for order in itertools.permutations(range(4)) if order != (0, 1, 2, 3)][::3])
def test_masks_of_a_cube_are_the_same_in_every_order(tmp_path, order):
    """And lie sky first, for no imager takes a mask otherwise; what else differs is the order of the other axes."""
    header, planes = sky_first_header({"FREQ": 3, "STOKES": 2}), cube()
    right = make_mask(write_fits(tmp_path / "right.fits", planes, header), CLIP)
    path = write_fits(tmp_path / "x.fits", *reordered(planes, header, order))
    with use_limits(memory=200_000_000):
        made = make_mask(path, CLIP)
    kept = tuple(sorted((0, 1), key=order.index)) + tuple(n for n in order if n > 1)
    mask, made_header = reordered(fits.getdata(right.mask), fits.getheader(right.mask), kept)
    assert_array_equal(fits.getdata(made.mask), mask)
    found = fits.getheader(made.mask)
    for key in ("CTYPE", "CRVAL", "CRPIX", "CDELT"):
        assert [found[f"{key}{n}"] for n in range(1, 5)] == [made_header[f"{key}{n}"] for n in range(1, 5)]
    assert {found["CTYPE1"], found["CTYPE2"]} == {header["CTYPE1"], header["CTYPE2"]}
    assert fits.getdata(made.mask).any(axis=(2, 3)).all()
    assert sorted(file.name for file in tmp_path.iterdir()) == [
        "right.fits",
        "right.mask.fits",
        "x.fits",
        "x.mask.fits",
    ]


def rotated(path: Path, shape: tuple[int, ...] = (3, *SHAPE)) -> Path:
    """A cube with its channels on the first axis."""
    header = sky_first_header({"FREQ": shape[0]})
    return write_fits(path, *reordered(cube()[0, : shape[0]], header, (2, 0, 1)))


def test_steps_go_from_a_cube_in_another_order_to_a_mask(tmp_path, capsys):
    """Companions are sky first, as they are written, beside an image that is not; `check` and `info` too."""
    path = rotated(tmp_path / "x.fits")
    rms, bkg = make_noise_maps(path)
    signal = make_signal_image(path, rms=rms, bkg=bkg)
    made = make_flood_mask(path, MaskingOptions(), rms=rms, bkg=bkg, output=tmp_path / "image.fits").mask
    again = make_flood_mask(signal, MaskingOptions(), output=tmp_path / "signal.fits").mask
    assert fits.getdata(made).any(axis=(1, 2)).all()
    assert_array_equal(fits.getdata(made), fits.getdata(again))
    check = ["check", str(made), "--image", str(path), "--imager", "wsclean", "--channels", "3"]
    assert main(check) == 0
    assert f"{SHAPE[1]} x {SHAPE[0]} pixels x 3 planes" in capsys.readouterr().out
    chosen = make_mask(path, CLIP, planes=PlaneChoice((1, 2)), output=tmp_path / "some.fits").mask
    header = fits.getheader(chosen)
    assert (header["CTYPE3"], header["CRVAL3"] + (1 - header["CRPIX3"]) * header["CDELT3"]) == ("FREQ", 1.401e9)


def test_a_mask_in_another_order_is_refused_for_an_imager_and_mended(tmp_path, capsys):
    image, mask = rotated(tmp_path / "x.fits"), tmp_path / "mask.fits"
    made = make_mask(image, CLIP).mask
    write_fits(mask, *reordered(fits.getdata(made), fits.getheader(made), (2, 0, 1)))
    assert main(["check", str(mask), "--image", str(image)]) == 2
    assert "mask.fits: has axes in the order FREQ, RA---SIN, DEC--SIN, of which no imager" in capsys.readouterr().err
    assert main(["extract-beam", str(image), str(mask), "-o", str(tmp_path / "new.fits")]) == 0
    assert_array_equal(fits.getdata(tmp_path / "new.fits"), fits.getdata(made))


def test_a_plane_with_a_short_axis_before_the_sky_is_an_image(tmp_path):
    header, plane = sky_first_header({"FREQ": 1, "STOKES": 1}), cube()[:1, :1]
    right = make_mask(write_fits(tmp_path / "right.fits", plane, header), CLIP).mask
    made = make_mask(write_fits(tmp_path / "x.fits", *reordered(plane, header, (3, 0, 2, 1))), CLIP).mask
    assert_array_equal(fits.getdata(made), fits.getdata(right))
    assert_array_equal(celestial_axes(fits.getheader(made)).wcs.crval, celestial_axes(fits.getheader(right)).wcs.crval)


def test_an_extension_in_another_order_and_what_lies_round_it(tmp_path):
    """A table of beams behind the image, and a primary HDU before it whose cards the image inherits."""
    header = sky_first_header({"FREQ": 2})
    beams = [header.pop(key) for key in ("BMAJ", "BMIN", "BPA")]
    array, moved = reordered(cube()[0, :2], header, (2, 0, 1))
    moved["INHERIT"], moved["CASAMBM"] = True, True
    table = fits.BinTableHDU.from_columns(
        [
            fits.Column("BMAJ", "1D", "deg", array=[beams[0], 2 * beams[0]]),
            fits.Column("BMIN", "1D", "deg", array=[beams[1]] * 2),
            fits.Column("BPA", "1D", "deg", array=[beams[2]] * 2),
            fits.Column("CHAN", "1J", array=[0, 1]),
        ],
        name="BEAMS",
    )
    primary = fits.PrimaryHDU(header=fits.Header([("OBJECT", "here")]))
    path = tmp_path / "x.fits"
    fits.HDUList([primary, fits.ImageHDU(array, moved), table]).writeto(path)
    assert read_header(path)["OBJECT"] == "here"
    assert [image.header["BMAJ"] for image in skerry.io.fits.each_image(path)] == [beams[0], 2 * beams[0]]


def test_scaled_integers_in_another_order(tmp_path):
    header = sky_first_header({"FREQ": 3})
    array, moved = reordered(np.arange(3 * 40 * 56, dtype=">i2").reshape(3, *SHAPE), header, (2, 0, 1))
    hdu = fits.PrimaryHDU(array, moved)
    hdu.header["BSCALE"], hdu.header["BZERO"], hdu.header["BLANK"] = 0.5, 10.0, 7
    hdu.writeto(tmp_path / "x.fits")
    expected = np.arange(3 * 40 * 56).reshape(3, *SHAPE) * 0.5 + 10
    expected.ravel()[7] = np.nan
    for image, plane in zip(skerry.io.fits.each_image(tmp_path / "x.fits"), expected, strict=True):
        assert_array_equal(image.data[0 : SHAPE[0]], plane.astype(np.float32))


def test_one_that_is_compressed_by_tiles_is_refused(tmp_path):
    array, moved = reordered(cube()[0], sky_first_header({"FREQ": 3}), (2, 0, 1))
    fits.HDUList([fits.PrimaryHDU(), fits.CompImageHDU(np.ascontiguousarray(array), moved)]).writeto(
        tmp_path / "x.fits"
    )
    with pytest.raises(SkerryError, match="is compressed tile by tile with its axes of the sky behind others; unpack"):
        make_mask(tmp_path / "x.fits", CLIP)


def test_temporary_files_lie_beside_the_output(tmp_path, monkeypatch):
    """Where there is room for what is written, and not where the system keeps small files."""
    made: list[Path] = []
    rest = tempfile.TemporaryFile

    def noted(dir: Path) -> Any:  # noqa: A002 -- the name that it has
        made.append(dir)
        return rest(dir=dir)

    monkeypatch.setattr(tempfile, "TemporaryFile", noted)
    path = rotated(tmp_path / "x.fits")
    (tmp_path / "out").mkdir()
    make_mask(path, CLIP, output=tmp_path / "out" / "mask.fits")
    assert tmp_path / "out" in made
    made.clear()
    read_image(rotated(tmp_path / "y.fits", (1, *SHAPE)))
    assert made
    assert tmp_path not in made


@pytest.mark.parametrize("key", ["CD1_3", "PC001003", "PV3_1", "CRVAL1A", "NAXIS1", "CRPIX3"])
def test_cards_keep_their_length(key):
    """Channels first: what said axis 1 says 3, and so on; every card is where it was."""
    values = {"NAXIS1": "5", "NAXIS2": "6", "NAXIS3": "7", key: "5"}
    header = b"".join(f"{name:8}= {value:>20} / what".ljust(80).encode() for name, value in values.items())
    found = fits.Header.fromstring(renumbered(header, (1, 2, 0)))
    wanted = {"CD1_3": "CD3_2", "PC001003": "PC003002", "PV3_1": "PV2_1", "CRVAL1A": "CRVAL3A", "CRPIX3": "CRPIX2"}
    assert [found[f"NAXIS{n}"] for n in (1, 2, 3)] == [6, 7, 5]
    assert found[wanted.get(key, "NAXIS3")] == 5
    assert len(found.tostring()) == len(fits.Header.fromstring(header).tostring())
