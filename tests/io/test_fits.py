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
from skerry.io.fits import check_same_size, open_image, open_mask, read_image, read_mask, write_products
from skerry.io.fits_pixels import reading
from skerry.io.headers import Provenance, mask_header, mask_scales, scale_facts, value_header
from skerry.io.image_headers import read_header, read_shape
from skerry.io.outputs import check_outputs, default_output
from skerry.io.products import Product
from skerry.io.stored_images import open_stored
from skerry.planes.bands import each_band
from skerry.planes.bits import BitMask
from skerry.planes.computed import Computed
from skerry.planes.mask_types import smallest_mask_type


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


def mended(path, old, new):
    """Put another card in the place of the last one that begins so."""
    content = bytearray(path.read_bytes())
    place = content.rindex(old.encode())
    content[place : place + 80] = new.encode().ljust(80)
    path.write_bytes(content)
    return path


def compressed(path):
    hdu = fits.CompImageHDU(np.arange(64, dtype=np.float32).reshape(8, 8), radio_header((8, 8)), quantize_level=0)
    fits.HDUList([fits.PrimaryHDU(), hdu]).writeto(path)
    return path


@pytest.mark.parametrize("card", ["ZNAXIS2 = /", "ZNAXIS2 =                   -8", "ZBITPIX =                    7"])
@pytest.mark.parametrize("opened", [open_image, open_stored])
def test_the_size_and_type_of_a_compressed_image_are_those_of_fits(tmp_path, card, opened):
    path = mended(compressed(tmp_path / "x.fits"), card[:8], card)
    with pytest.raises(SkerryError, match=rf"x\.fits: {card[:7]} "), opened(path):
        pass


def test_an_hdu_that_astropy_does_not_take_is_no_image(tmp_path):
    path = tmp_path / "x.fits"
    hdu = fits.ImageHDU(np.zeros((8, 8), np.float32), radio_header((8, 8)))
    fits.HDUList([fits.PrimaryHDU(), hdu]).writeto(path)
    content = bytearray(path.read_bytes())
    first, second = content[2880:2960], content[2960:3040]
    content[2880:2960], content[2960:3040] = second, first
    path.write_bytes(content)
    with pytest.raises(SkerryError, match=r"x\.fits: holds no image"):
        read_image(path)


@pytest.mark.parametrize(
    "error", [AttributeError("'x'"), AssertionError("'x'"), IndexError("'x'"), RuntimeError("'x'")]
)
def test_whatever_astropy_stumbles_over_names_the_file(tmp_path, error):
    with (
        pytest.raises(SkerryError, match=r"x\.fits: cannot be read as a FITS image \('x'\)"),
        reading(tmp_path / "x.fits"),
    ):
        raise error


def test_a_lack_of_memory_is_none_of_the_file(tmp_path):
    with pytest.raises(MemoryError), reading(tmp_path / "x.fits"):
        raise MemoryError


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
    monkeypatch.setattr("skerry.io.fits_pixels._PIXELS_PER_READ", 10)
    data = np.arange(35, dtype=np.int16).reshape(7, 5)
    path = write_fits(tmp_path / "x.fits", data, ndim=4)
    assert_array_equal(read_image(path).data, data)
    assert_array_equal(read_mask(path).data, data)


def stored_as(path, bitpix, *, scaled=False, blank=False):
    """Image of 23 x 11 pixels with the values that a type can hold, and what astropy reads of it."""
    random = np.random.default_rng(bitpix & 0xFF)
    if bitpix > 0:
        info = np.iinfo(f"u{bitpix // 8}" if bitpix == 8 else f"i{bitpix // 8}")
        data = random.integers(info.min, info.max, (23, 11), info.dtype, endpoint=True)
    else:
        data = random.normal(size=(23, 11)).astype(f"f{-bitpix // 8}")
        data[3, 4], data[5, 6], data[7, 8] = np.nan, np.inf, -0.0
    hdu = fits.PrimaryHDU(data)
    if scaled:
        hdu.header["BSCALE"], hdu.header["BZERO"] = 0.25, 3.0
    if blank:
        hdu.header["BLANK"] = int(data[9, 9])
    hdu.writeto(path)
    return fits.getdata(path).astype(np.float32)


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gz"])
@pytest.mark.parametrize(
    ("bitpix", "needs"),
    [
        *((bitpix, {}) for bitpix in (8, 16, 32, 64, -32, -64)),
        *((bitpix, {"scaled": True}) for bitpix in (8, 16, 32, 64, -32, -64)),
        *((bitpix, {"blank": True}) for bitpix in (8, 16, 32)),
        (16, {"scaled": True, "blank": True}),
    ],
)
def test_bands_of_a_file_are_the_pixels_that_astropy_reads(tmp_path, band_rows, bitpix, needs, packed):
    path = tmp_path / "x.fits"
    expected = stored_as(path, bitpix, **needs)
    if packed:
        path = path.with_suffix(".fits.gz")
        path.write_bytes(gzip.compress((tmp_path / "x.fits").read_bytes()))
    with open_image(path) as image:
        assert image.data.dtype == np.float32
        for rows, band in each_band(image.data):
            assert band.dtype == np.dtype("=f4")
            assert_array_equal(band.view(np.uint32), expected[rows].view(np.uint32))
        assert_array_equal(image.data[20:40], expected[20:])
        assert image.data[5:5].shape == (0, 11)


@pytest.mark.parametrize("compression", ["RICE_1", "GZIP_2"])
def test_bands_of_a_compressed_image_are_the_pixels_that_astropy_reads(tmp_path, rng, band_rows, compression):
    hdu = fits.CompImageHDU(rng.normal(size=(23, 11)).astype(np.float32), compression_type=compression)
    hdu.writeto(tmp_path / "x.fits.fz")
    expected = fits.getdata(tmp_path / "x.fits.fz")
    with open_image(tmp_path / "x.fits.fz") as image:
        for rows, band in each_band(image.data):
            assert_array_equal(band, expected[rows])


@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.int32, np.int64, np.float32])
def test_bands_of_a_mask_keep_all_its_bits(tmp_path, rng, band_rows, dtype):
    bits = rng.integers(0, 127 if dtype == np.uint8 else 20_000, (23, 11)).astype(dtype)
    with open_mask(write_fits(tmp_path / "m.fits", bits, ndim=4)) as mask:
        assert mask.data.dtype == (np.uint8 if dtype == np.uint8 else np.int16)
        for rows, band in each_band(mask.data):
            assert band.dtype == mask.data.dtype
            assert_array_equal(band, bits[rows])


def test_the_planes_of_a_cube_are_read_as_they_are_stored(tmp_path, rng, monkeypatch):
    monkeypatch.setattr("skerry.io.fits_pixels._PIXELS_PER_READ", 30)
    cube = rng.integers(-5, 5, (2, 3, 7, 11)).astype(np.int16)
    with open_stored(write_fits(tmp_path / "x.fits", cube)) as stored:
        planes = [np.vstack([block for _, block in plane]) for plane in stored.planes()]
    assert_array_equal(planes, cube.reshape(6, 7, 11))


def test_a_file_that_shrinks_while_it_is_read_is_named(tmp_path):
    path = write_fits(tmp_path / "x.fits", np.zeros((100, 100), np.float32))
    with open_image(path) as image:
        assert_array_equal(image.data[0:10], np.zeros((10, 100)))
        os.truncate(path, 10_000)
        with pytest.raises(SkerryError, match=r"x\.fits: has become shorter while it was read"):
            image.data[90:100]


@pytest.mark.parametrize("dtype", [np.int16, np.float64])
def test_so_is_one_that_astropy_reads(tmp_path, dtype):
    path = write_fits(tmp_path / "x.fits", np.zeros((300, 300), dtype))
    with open_image(path) as image:
        os.truncate(path, 10_000)
        with pytest.raises(SkerryError, match=r"x\.fits: cannot be read"):
            image.data[290:300]


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


@pytest.mark.parametrize(("dtype", "blank"), [(np.uint8, 255), (np.int16, -32768)])
def test_a_blank_pixel_of_a_mask_is_not_masked(tmp_path, dtype, blank):
    path = write_fits(tmp_path / "m.fits", np.array([[blank, 1, 0]], dtype))
    fits.setval(path, "BLANK", value=blank)
    assert_array_equal(read_mask(path).data, [[0, 1, 0]])


@pytest.mark.parametrize("value", [0.5, -1.0, 2.0**31])
def test_an_image_is_not_a_mask(tmp_path, value):
    path = write_fits(tmp_path / "image.fits", np.array([[0, value]], np.float64))
    with pytest.raises(SkerryError, match=r"image\.fits: is an image, not a mask"):
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


def test_a_disk_that_fails_while_it_is_read_is_not_taken_for_one_that_cannot_be_written_to(tmp_path, monkeypatch):
    path = write_fits(tmp_path / "x.fits", np.zeros((23, 11), np.float32))

    def fail(*_):
        raise OSError(5, "Input/output error")

    with open_image(path) as image:
        monkeypatch.setattr("os.preadv", fail)
        with pytest.raises(SkerryError, match=r"x\.fits: cannot be read .*Input/output error"):
            write_products([Product(tmp_path / "y.fits", image.data, radio_header((23, 11)), (23, 11))])


@pytest.mark.parametrize("dtype", [bool, np.uint8, np.int16, np.int32, np.float32])
@pytest.mark.parametrize("shape", [(1, 1), (1, 40), (40, 1), (23, 11), (60, 96)])
def test_a_file_has_the_bytes_that_astropy_would_write(tmp_path, rng, band_rows, dtype, shape):
    """60 x 96 bytes end with a block of the file, and need no padding."""
    data = rng.normal(size=shape).astype(np.float32) if dtype == np.float32 else rng.integers(0, 2, shape).astype(dtype)
    header = radio_header((1, 1, *shape))
    header["HISTORY"] = "made"
    stored = data.astype(np.uint8) if dtype is bool else data
    fits.PrimaryHDU(stored[np.newaxis, np.newaxis], header).writeto(tmp_path / "expected.fits")
    plane = Computed(shape, dtype, lambda a, b: data[a:b])
    write_products([Product(tmp_path / "x.fits", plane, header, (1, 1, *shape))])
    assert (tmp_path / "x.fits").read_bytes() == (tmp_path / "expected.fits").read_bytes()


def test_a_mask_of_bits_is_written_as_bytes(tmp_path, rng, band_rows):
    mask = rng.random((23, 11)) > 0.5
    write_products([Product(tmp_path / "m.fits", BitMask.of(mask), radio_header((23, 11)), (23, 11))])
    assert fits.getdata(tmp_path / "m.fits").dtype == np.uint8
    assert_array_equal(fits.getdata(tmp_path / "m.fits"), mask)


def test_an_error_in_a_band_leaves_no_file(tmp_path, band_rows):
    def rows(start, stop):
        if stop > 15:
            raise SkerryError("x.fits: has become shorter")
        return np.zeros((stop - start, 11), np.float32)

    (tmp_path / "b.fits").write_text("precious")
    good, bad = np.zeros((23, 11), np.float32), Computed((23, 11), np.float32, rows)
    products = [
        Product(tmp_path / name, data, radio_header((23, 11)), (23, 11))
        for name, data in (("a.fits", good), ("b.fits", bad))
    ]
    with pytest.raises(SkerryError, match="has become shorter"):
        write_products(products, overwrite=True)
    assert [path.name for path in tmp_path.iterdir()] == ["b.fits"]
    assert (tmp_path / "b.fits").read_text() == "precious"


def test_several_files_are_computed_band_by_band_together(tmp_path, monkeypatch):
    monkeypatch.setattr("skerry.planes.bands._band_rows", lambda *_: (2, 1))
    order = []

    def plane(name):
        def rows(start, stop):
            order.append((start, name))
            return np.zeros((stop - start, 3), np.uint8)

        return Computed((4, 3), np.uint8, rows)

    write_products([Product(tmp_path / f"{n}.fits", plane(n), radio_header((4, 3)), (4, 3)) for n in "ab"])
    assert order == [(0, "a"), (0, "b"), (2, "a"), (2, "b")]


def test_an_existing_file_is_replaced_only_if_asked(tmp_path):
    path = tmp_path / "x.fits"
    path.write_text("precious")
    with pytest.raises(SkerryError, match=r"x\.fits: exists; give `overwrite`"):
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


@pytest.mark.parametrize("product", ["mask", "signal", "seeds"])
def test_what_has_the_name_of_the_product_is_not_what_that_is_made_of(product):
    with pytest.raises(
        SkerryError, match=rf"^a/x\.{product}\.fits: is by its name the {product} that is to be made; give"
    ):
        default_output(f"a/x.{product}.fits", product)


def test_images_of_two_sizes_are_told_apart(tmp_path):
    a = read_image(write_fits(tmp_path / "a.fits", np.zeros((4, 5), np.float32)))
    b = read_image(write_fits(tmp_path / "b.fits", np.zeros((5, 4), np.float32), ndim=4))
    check_same_size(a, a)
    with pytest.raises(SkerryError, match=r"b\.fits: has 4 x 5 pixels, but .*a\.fits has 5 x 4"):
        check_same_size(a, b)
