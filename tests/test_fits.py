"""Reading and writing FITS: any radio image in, whole and honest files out."""

from __future__ import annotations

import gzip
import os
import stat

import numpy as np
import pytest
from astropy.io import fits
from conftest import radio_header, write_fits
from numpy.testing import assert_array_equal

from skerry import SkerryError
from skerry.fits import read_header, read_image, read_mask, read_shape, same_grid_size, write_products
from skerry.headers import Provenance, mask_header, mask_scales, scale_facts, value_header
from skerry.products import Product, check_outputs, default_output, smallest_mask_type


@pytest.mark.parametrize("ndim", [2, 3, 4, 5])
def test_a_plane_is_read_from_any_number_of_axes(tmp_path, ndim):
    data = np.arange(12, dtype=np.float32).reshape(3, 4)
    image = read_image(write_fits(tmp_path / "x.fits", data, ndim=ndim))
    assert image.shape == (1,) * (ndim - 2) + (3, 4)
    assert_array_equal(image.data, data)
    assert image.data.dtype == np.dtype("=f4")


@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.uint16, np.int32, np.int64, np.float32, np.float64])
def test_any_bitpix_is_read(tmp_path, dtype):
    data = np.arange(12, dtype=dtype).reshape(3, 4)
    image = read_image(write_fits(tmp_path / "x.fits", data))
    assert image.data.dtype == np.float32
    assert_array_equal(image.data, data)


def test_scaled_integers_and_blanks_are_read(tmp_path):
    hdu = fits.PrimaryHDU(np.array([[1, 2], [3, -32768]], np.int16))
    hdu.header["BSCALE"], hdu.header["BZERO"], hdu.header["BLANK"] = 0.5, 10, -32768
    hdu.writeto(tmp_path / "x.fits")
    assert_array_equal(read_image(tmp_path / "x.fits").data, [[10.5, 11], [11.5, np.nan]])


@pytest.mark.parametrize("kind", ["gz", "fz"])
def test_compressed_images_are_read(tmp_path, kind):
    data = np.arange(64, dtype=np.float32).reshape(8, 8)
    path = tmp_path / f"x.fits.{kind}"
    if kind == "gz":
        with gzip.open(path, "wb") as file:
            fits.PrimaryHDU(data, radio_header((8, 8))).writeto(file)
    else:
        hdu = fits.CompImageHDU(data, radio_header((8, 8)), compression_type="GZIP_1", quantize_level=0)
        fits.HDUList([fits.PrimaryHDU(), hdu]).writeto(path)
    assert_array_equal(read_image(path).data, data)


def test_reading_in_pieces_does_not_show(tmp_path, monkeypatch):
    monkeypatch.setattr("skerry.fits_pixels._PIXELS_PER_READ", 10)
    data = np.arange(35, dtype=np.int16).reshape(7, 5)
    path = write_fits(tmp_path / "x.fits", data, ndim=4)
    assert_array_equal(read_image(path).data, data)
    assert_array_equal(read_mask(path).data, data)


def broken(path, kind):
    if kind == "missing":
        return path
    if kind == "directory":
        path.mkdir()
    elif kind == "empty":
        path.touch()
    elif kind == "text":
        path.write_text("not a FITS file\n" * 500)
    elif kind == "no image":
        fits.PrimaryHDU().writeto(path)
    elif kind == "table":
        fits.BinTableHDU.from_columns([fits.Column("a", "E", array=[1.0])]).writeto(path)
    elif kind == "spectrum":
        fits.PrimaryHDU(np.zeros(9, np.float32)).writeto(path)
    elif kind == "cube":
        fits.PrimaryHDU(np.zeros((3, 4, 4), np.float32)).writeto(path)
    else:
        write_fits(path, np.zeros((64, 64), np.float32))
        size = {"truncated": 8000, "truncated header": 1500}[kind]
        path.write_bytes(path.read_bytes()[:size])
    return path


@pytest.mark.parametrize(
    ("kind", "says"),
    [
        ("missing", "no such file"),
        ("directory", "is a directory"),
        ("empty", "cannot be read"),
        ("text", "cannot be read"),
        ("no image", "holds no image"),
        ("table", "holds no image"),
        ("spectrum", "1 axis"),
        ("cube", "3 planes"),
        ("truncated", "is truncated"),
        ("truncated header", "cannot be read"),
    ],
)
@pytest.mark.parametrize("read", [read_image, read_mask, read_shape])
def test_a_bad_file_is_named_with_what_is_wrong(tmp_path, kind, says, read):
    path = broken(tmp_path / "bad.fits", kind)
    with pytest.raises(SkerryError, match=rf"bad\.fits: .*{says}"):
        read(path)


def test_a_cube_has_a_header_all_the_same(tmp_path):
    assert read_header(broken(tmp_path / "cube.fits", "cube"))["NAXIS3"] == 3


@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.int32, np.int64, np.float32, np.float64])
def test_bits_of_a_mask_survive_reading(tmp_path, dtype):
    bits = np.array([[0, 1, 3], [7, 65, 127]], dtype=dtype)
    mask = read_mask(write_fits(tmp_path / "m.fits", bits))
    assert_array_equal(mask.data, bits)
    assert mask.data.dtype == np.uint8


def test_a_mask_may_have_31_bits(tmp_path):
    mask = read_mask(write_fits(tmp_path / "m.fits", np.array([[0, 2**31 - 1]], np.int32)))
    assert mask.data.max() == 2**31 - 1


def test_an_invalid_pixel_of_a_mask_is_not_masked(tmp_path):
    mask = read_mask(write_fits(tmp_path / "m.fits", np.array([[np.nan, 1, np.inf, 0]], np.float32)))
    assert_array_equal(mask.data, [[0, 1, 0, 0]])


@pytest.mark.parametrize("value", [0.5, -1.0, 2.0**31])
def test_an_image_is_not_a_mask(tmp_path, value):
    path = write_fits(tmp_path / "image.fits", np.array([[0, value]], np.float64))
    with pytest.raises(SkerryError, match=r"image\.fits: is not a mask"):
        read_mask(path)


@pytest.mark.parametrize(
    ("largest", "dtype"), [(1, np.uint8), (255, np.uint8), (256, np.int16), (32767, np.int16), (32768, np.int32)]
)
def test_masks_are_stored_in_the_smallest_type_and_never_in_uint16(largest, dtype):
    assert smallest_mask_type(largest) is dtype


def product(path, data=None, header=None):
    data = np.ones((4, 5), np.uint8) if data is None else data
    return Product(path, data, radio_header((4, 5)) if header is None else header, (1, 1, 4, 5))


def test_the_same_input_gives_the_same_bytes(tmp_path):
    source = write_fits(tmp_path / "x.fits", np.zeros((4, 5), np.float32))
    for name in ("a.fits", "b.fits"):
        header = mask_header(read_header(source), Provenance("flood", {"clip": 4.5}, [source]))
        write_products([product(tmp_path / name, header=header)])
    assert (tmp_path / "a.fits").read_bytes() == (tmp_path / "b.fits").read_bytes()


def test_an_existing_file_is_replaced_only_if_asked(tmp_path):
    path = tmp_path / "x.fits"
    path.write_text("precious")
    with pytest.raises(SkerryError, match=r"x\.fits: exists; give --overwrite"):
        write_products([product(path)])
    assert path.read_text() == "precious"
    write_products([product(path)], overwrite=True)
    assert fits.getdata(path).shape == (1, 1, 4, 5)


def test_a_write_that_fails_leaves_everything_as_it_was(tmp_path, monkeypatch):
    first, second = tmp_path / "a.fits", tmp_path / "b.fits"
    first.write_text("precious")
    real = os.fsync
    calls = []

    def disk_full(descriptor):
        calls.append(descriptor)
        if len(calls) == 2:
            raise OSError(28, "No space left on device")
        real(descriptor)

    monkeypatch.setattr("os.fsync", disk_full)
    with pytest.raises(SkerryError, match="No space left on device"):
        write_products([product(first), product(second)], overwrite=True)
    assert first.read_text() == "precious"
    assert [path.name for path in tmp_path.iterdir()] == ["a.fits"]


def test_an_interrupted_write_leaves_no_temporary_file(tmp_path, monkeypatch):
    def interrupt(descriptor):
        raise KeyboardInterrupt

    monkeypatch.setattr("os.fsync", interrupt)
    with pytest.raises(KeyboardInterrupt):
        write_products([product(tmp_path / "a.fits")])
    assert not list(tmp_path.iterdir())


def test_the_new_file_has_ordinary_permissions(tmp_path):
    write_products([product(tmp_path / "a.fits")])
    (tmp_path / "plain").touch()
    modes = {stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("a.fits", "plain")}
    assert len(modes) == 1


def test_a_link_stays_a_link(tmp_path):
    (tmp_path / "scratch").mkdir()
    (tmp_path / "a.fits").symlink_to(tmp_path / "scratch" / "a.fits")
    write_products([product(tmp_path / "a.fits")], overwrite=True)
    assert (tmp_path / "a.fits").is_symlink()
    assert (tmp_path / "scratch" / "a.fits").is_file()


def test_an_input_is_never_an_output(tmp_path):
    path = tmp_path / "x.fits"
    path.touch()
    with pytest.raises(SkerryError, match="is an input"):
        check_outputs([tmp_path / "." / "x.fits"], [path], overwrite=True)


def test_two_outputs_have_two_names(tmp_path):
    with pytest.raises(SkerryError, match="two outputs"):
        check_outputs([tmp_path / "x.fits", tmp_path / "x.fits"], [], overwrite=True)


def test_the_directory_of_an_output_must_exist(tmp_path):
    with pytest.raises(SkerryError, match="does not exist"):
        check_outputs([tmp_path / "no" / "x.fits"], [], overwrite=False)
    with pytest.raises(SkerryError, match="is a directory"):
        check_outputs([tmp_path], [], overwrite=True)


def test_a_mask_keeps_grid_and_beam_and_drops_what_described_the_pixels():
    header = radio_header((4, 5))
    header["BSCALE"], header["BZERO"], header["BLANK"], header["DATAMAX"] = 1.0, 0.0, -1, 3.0
    header["CHECKSUM"], header["OBJECT"] = "abc", "SIM"
    mask = mask_header(header, Provenance("flood"))
    assert not {"BUNIT", "BSCALE", "BZERO", "BLANK", "DATAMAX", "CHECKSUM"} & set(mask)
    for keyword in ("CTYPE1", "CRVAL1", "CRPIX2", "CDELT2", "BMAJ", "BMIN", "BPA", "OBJECT"):
        assert mask[keyword] == header[keyword]
    assert "BUNIT" in header


def test_a_mask_says_how_it_was_made(tmp_path):
    source = tmp_path / "x.fits"
    source.write_bytes(b"abc")
    provenance = Provenance(
        "flood", {"clip": 4.5, "scales": (0, 8), "none": None}, [source], {"SKSEED": (4.5, "[sigma] clip")}
    )
    header = mask_header(radio_header((4, 5)), provenance)
    history = list(header["HISTORY"])
    assert history[0].startswith("skerry ")
    assert history[0].endswith(" flood")
    assert history[1:] == [
        "  clip = 4.5",
        "  scales = 0,8",
        "  input x.fits",
        "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
    ]
    assert header["SKCMD"] == "flood"
    assert header["SKSEED"] == 4.5


def test_a_mask_made_from_a_mask_takes_over_its_clips_and_history():
    beam, mosaic = radio_header((4, 5)), radio_header((9, 9))
    beam.add_history("imaged")
    made = mask_header(mosaic, Provenance("flood", facts={"SKSEED": (4.1, ""), **scale_facts((0, 8))}))
    header = mask_header(beam, Provenance("extract-beam"), made_from=made)
    assert [line.split()[-1] for line in header["HISTORY"]] == ["imaged", "flood", "extract-beam"]
    assert header["SKSEED"] == 4.1
    assert mask_scales(header) is None
    assert mask_scales(made) == (0, 8)


def test_a_signal_image_has_no_unit_and_a_noise_map_keeps_it():
    assert "BUNIT" not in value_header(radio_header((4, 5)), Provenance("signal"), unit="")
    assert value_header(radio_header((4, 5)), Provenance("noise"))["BUNIT"] == "Jy/beam"


@pytest.mark.parametrize(
    ("name", "result"),
    [
        ("x.fits", "x.mask.fits"),
        ("x.signal.fits", "x.mask.fits"),
        ("x.FITS", "x.mask.fits"),
        ("x.fits.gz", "x.mask.fits"),
        ("x.fits.fz", "x.mask.fits"),
        ("field.beam00.round0.i.MFS.image.fits", "field.beam00.round0.i.MFS.image.mask.fits"),
        ("image", "image.mask.fits"),
        ("mask.fits", "mask.mask.fits"),
    ],
)
def test_default_names(tmp_path, name, result):
    assert default_output(tmp_path / name, "mask") == tmp_path / result


def test_images_of_two_sizes_are_told_apart(tmp_path):
    a = read_image(write_fits(tmp_path / "a.fits", np.zeros((4, 5), np.float32)))
    b = read_image(write_fits(tmp_path / "b.fits", np.zeros((5, 4), np.float32), ndim=4))
    same_grid_size(a, a)
    with pytest.raises(SkerryError, match=r"b\.fits: has 4 x 5 pixels, but .*a\.fits has 5 x 4"):
        same_grid_size(a, b)
