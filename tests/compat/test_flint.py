"""Scripts written for flint's masking module find its names, their parameters, their defaults and what they give."""

from __future__ import annotations

import ast
import inspect
import re
import sys
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from conftest import parameters_of, radio_header, write_fits
from numpy.testing import assert_array_equal

import skerry
from skerry import make_beam_mask, make_mask, make_scale_mask
from skerry.compat import flint
from skerry.compat.flint import FITSMaskNames, MaskingOptions
from skerry.masking.erosion import beam_erosion
from skerry.sky.beam import pixel_beam

MAC = {"flood_fill": True, "flood_fill_use_mac": True, "flood_fill_positive_seed_clip": 1.5}


@pytest.fixture(scope="module")
def page(shared_data: Path) -> str:
    """The module's reference page."""
    path = shared_data.parent / "reference" / "flint.masking.txt"
    if not path.exists():
        pytest.skip(f"no {path}")
    return " ".join(path.read_text().split())


def signatures(page: str) -> dict[str, dict[str, object]]:
    """Parameters of the functions of a page, in their order, with their defaults."""
    found = {}
    for match in re.finditer(r"\.\. py:function:: (\w+)\(", page):
        depth, end = 1, match.end()
        while depth:
            depth += {"(": 1, ")": -1}.get(page[end], 0)
            end += 1
        found[match[1]] = parameters_of(page[match.end() : end - 1])
    return found


def test_the_functions_of_the_page_have_its_parameters_in_its_order_with_its_defaults(page):
    expected = signatures(page)
    assert len(expected) == 21
    for name, parameters in expected.items():
        own = inspect.signature(getattr(flint, name)).parameters
        assert {key: value.default for key, value in own.items()} == parameters, name
        assert list(own) == list(parameters), name
        assert all(value.kind is value.POSITIONAL_OR_KEYWORD for value in own.values()), name


def test_the_options_of_the_page_have_its_defaults(page):
    options = page[page.index("py:class:: MaskingOptions") : page.index("py:class:: SkewResult")]
    expected = dict(re.findall(r"py:attribute:: (\w+) :type: .*? :value: (\S+)", options))
    assert len(expected) == 16
    assert {name: getattr(MaskingOptions(), name) for name in expected} == {
        name: ast.literal_eval(value) for name, value in expected.items()
    }


def test_a_skew_result_has_the_fields_of_the_page(page):
    skewed = page[page.index("py:class:: SkewResult") : page.index("py:function:: _adaptive")]
    assert set(re.findall(r"py:attribute:: (\w+)", skewed)) == set(flint.SkewResult._fields)


def test_every_public_name_of_the_page_is_public(page):
    names = {name for name in signatures(page) if not name.startswith("_")}
    assert names | {"BaseOptions", "FITSMaskNames", "MaskingOptions", "SkewResult"} == set(flint.__all__)


@pytest.mark.parametrize("name", [name for name in skerry.__all__ if hasattr(flint, name)])
def test_a_function_is_the_same_from_the_package(name):
    public, here = getattr(skerry, name), getattr(flint, name)
    if name not in ("MaskingOptions", "minimum_absolute_clip", "consider_beam_mask_round"):
        assert public is here


def test_options_are_changed_in_a_copy():
    options = MaskingOptions(flood_fill=True)
    assert options.with_options(base_snr_clip=5) == MaskingOptions(flood_fill=True, base_snr_clip=5)
    assert options.base_snr_clip == 4
    assert isinstance(options, flint.BaseOptions)
    assert options._asdict()["flood_fill"]
    with pytest.raises(ValueError, match="grow_low_snr_island_sice"):
        options.with_options(grow_low_snr_island_sice=4)


@pytest.fixture(params=[2, 4])
def image(request, tmp_path: Path, rng) -> Path:
    """With the axes of WSClean's images, and without."""
    shape = (1,) * (request.param - 2) + (120, 120)
    data = rng.normal(scale=1e-3, size=shape).astype(np.float32)
    data[..., 50:60, 50:60] += 0.1
    return write_fits(tmp_path / "x.fits", data, radio_header(shape))


@pytest.fixture
def noise(image, tmp_path) -> tuple[Path, Path]:
    rms = write_fits(tmp_path / "r.fits", np.full((120, 120), 1e-3, np.float32))
    bkg = write_fits(tmp_path / "b.fits", np.full((120, 120), 1e-2, np.float32))
    return rms, bkg


def test_a_mask_of_a_file_is_that_of_the_step(image, noise, tmp_path):
    rms, bkg = noise
    for _ in range(2):  # The second time it is replaced.
        names = flint.create_snr_mask_from_fits(image, MaskingOptions(), rms, bkg)
    expected = make_mask(image, MaskingOptions(), rms=rms, bkg=bkg, output=tmp_path / "m.fits")
    assert names == FITSMaskNames(mask_fits=tmp_path / "x.mask.fits")
    assert names.mask_fits.read_bytes() == expected.mask.read_bytes()
    assert fits.getdata(names.mask_fits).any()
    with pytest.raises(skerry.SkerryError, match="exists"):
        flint.create_snr_mask_from_fits(image, MaskingOptions(), rms, bkg, overwrite=False)


def test_a_signal_image_is_written_if_there_is_one(image, noise, tmp_path):
    names = flint.create_snr_mask_from_fits(image, MaskingOptions(), *noise, create_signal_fits=True)
    assert names.signal_fits == tmp_path / "x.signal.fits"
    expected = (fits.getdata(image) - np.float32(1e-2)) / np.float32(1e-3)
    np.testing.assert_allclose(fits.getdata(names.signal_fits), expected, rtol=1e-4, atol=1e-4)
    names = flint.create_snr_mask_from_fits(image, MaskingOptions(**MAC), None, None, create_signal_fits=True)
    assert names.signal_fits is None


def test_noise_beside_the_minimum_absolute_clip_is_not_used(image, noise):
    options = MaskingOptions(**MAC, beam_shape_erode=True, beam_shape_erode_scales=(0, 4))
    names = flint.create_snr_mask_from_fits(image, options, *noise)
    assert fits.getdata(names.scale_mask_fits).max() == 3
    assert fits.getdata(names.mask_fits).max() == 1


def test_a_scale_mask_of_the_smoothed_image_comes_with_the_mask_of_its_union(image, tmp_path):
    options = MaskingOptions(convolve_first=True, beam_shape_erode_scales=(0, 4))
    names = flint.create_convolved_erosion_mask(image, options)
    step = make_scale_mask(image, options, output=tmp_path / "m.fits", scale_output=tmp_path / "s.fits")
    assert names.scale_mask_fits.read_bytes() == step.scale_mask.read_bytes()
    assert names.mask_fits.read_bytes() == step.mask.read_bytes()
    assert flint.create_convolved_erosion_mask(image, MaskingOptions()).scale_mask_fits == names.scale_mask_fits


def test_a_beam_is_cut_out_of_a_mosaic(image, tmp_path):
    mosaic = write_fits(tmp_path / "mosaic.fits", np.ones((120, 120), np.uint8), radio_header((120, 120)))
    scales = write_fits(tmp_path / "mosaic.scales.fits", np.full((120, 120), 3, np.uint8), radio_header((120, 120)))
    names = flint.extract_beam_mask_from_mosaic(image, FITSMaskNames(mask_fits=mosaic, scale_mask_fits=scales))
    expected = make_beam_mask(image, mosaic, output=tmp_path / "expected.fits")
    assert names.mask_fits.read_bytes() == expected.mask.read_bytes()
    assert fits.getdata(names.scale_mask_fits).max() == 3
    with pytest.raises(skerry.SkerryError, match="give mask_fits or scale_mask_fits"):
        flint.extract_beam_mask_from_mosaic(image, FITSMaskNames())


@pytest.mark.parametrize("dtype", [bool, np.float32, np.int16])
def test_erosion_gives_bool_for_one_scale_and_int32_for_several(rng, dtype):
    mask, header = (rng.random((1, 60, 60)) > 0.02).astype(dtype), radio_header((60, 60))
    expected = np.asarray(beam_erosion(mask[0], pixel_beam(header), 0.5, (0, 4)))
    several = flint.beam_shape_erode(mask, header, 0.5, [4, 0])
    assert_array_equal(several[0], expected)
    assert several.dtype == np.int32
    for scales in (None, [0]):
        one = flint.beam_shape_erode(mask, header, 0.5, scales)
        assert_array_equal(one[0], expected & 1)
        assert one.dtype == bool
    at_scale = flint.create_multi_scale_erosion(mask, header, 4, 0.5)
    assert_array_equal(at_scale[0], expected >> 1)
    assert at_scale.dtype == bool


def test_without_a_beam_nothing_is_eroded():
    mask = np.ones((20, 20), np.float32)
    eroded = flint.beam_shape_erode(mask, radio_header((20, 20), beam=None))
    assert eroded.dtype == bool
    assert eroded.all()


def test_large_faint_islands_are_found_in_the_signal_of_an_image():
    image = np.zeros((20, 20), np.float32)
    image[5:9, 5:9] = 5
    rms = np.full(image.shape, 2, np.float32)
    assert_array_equal(flint.grow_low_snr_mask(image, rms, grow_low_island_size=16), image > 0)
    assert not flint.grow_low_snr_mask(image, rms, rms, grow_low_island_size=16).any()
    assert flint.grow_low_snr_mask(image + 4, rms, -rms, grow_low_snr=2.9, grow_low_island_size=400).all()
    region = np.zeros((20, 20), bool)
    region[:10] = True
    found = flint.grow_low_snr_mask(signal=image + 5, grow_low_island_size=100, region_mask=region)
    assert_array_equal(found, ~region)
    with pytest.raises(ValueError, match="a signal image is needed, or an image and its rms"):
        flint.grow_low_snr_mask(image)


def test_islands_are_flooded_by_the_options():
    signal = np.array([[[[9, 2, np.nan, 2, 2]]]])
    expected = [[[[True, True, False, False, False]]]]
    assert_array_equal(flint.reverse_negative_flood_fill(signal, MaskingOptions()), expected)


def test_a_signal_is_made_of_files_and_arrays_which_do_not_change(tmp_path):
    image, rms = np.full((1, 1, 4, 5), 10.0), np.full((4, 5), 3.0)
    path = write_fits(tmp_path / "b.fits", np.full((4, 5), 1.0))
    assert_array_equal(flint._create_signal_from_rmsbkg(image, rms, path), np.full((1, 1, 4, 5), 3, np.float32))
    assert (image == 10).all()
    assert flint._get_signal_image(signal=rms) is rms
    assert_array_equal(flint._get_signal_image(image, rms), (image / 3).astype(np.float32))


def test_helpers_do_what_their_names_say(rng):
    image = rng.normal(size=(60, 60)).astype(np.float32)
    image[20:40, 20:40] += 5
    plain = flint._minimum_absolute_clip(image, 1.2, 9)
    assert_array_equal(plain, flint.minimum_absolute_clip(image, 1.2, 9))
    adaptive = flint._adaptive_minimum_absolute_clip(image, 1.2, 9)
    assert_array_equal(adaptive, flint.minimum_absolute_clip(image, 1.2, 9, 3))
    assert (adaptive != plain).any()
    assert flint._need_to_make_signal(MaskingOptions())
    assert not flint._need_to_make_signal(MaskingOptions(**MAC))
    assert flint._verify_set_positive_seed_clip(4, np.array([[5.0]])) == 4
    assert flint._verify_set_positive_seed_clip(40, np.array([[5.0, np.nan]])) == 4.5


def test_boxes_that_are_too_small_are_told_with_the_fraction_that_is_positive():
    image = np.ones((9, 9))
    image[:, :2] = -1
    found = flint.create_boxcar_skew_mask(image, 0.2, 3)
    assert found[2:] == (3, 0.2)
    assert found.positive_pixel_frac[4, :4] == pytest.approx([0, 1 / 3, 2 / 3, 1])
    assert_array_equal(found.skew_mask[4, :4], [False, False, False, True])


def test_a_shape_erodes_as_a_convolution_turns_it():
    mask, shape = np.ones((7, 7), bool), np.zeros((3, 3), bool)
    shape[1, 1:] = True
    assert_array_equal(flint.fft_binary_erosion(mask, shape), np.arange(7) > np.zeros((7, 1)))


def test_the_shape_of_the_beam_lies_in_a_box_of_the_size_that_is_asked_for():
    header = radio_header()
    own = skerry.beam_shape(header)
    found = flint.create_beam_mask_kernel(header, 101)
    pad = [(101 - n) // 2 for n in own.shape]
    assert_array_equal(found, np.pad(own, [(n, n) for n in pad]))
    assert flint.create_beam_mask_kernel(header, 2).shape[0] > own.shape[0]
    assert flint.create_beam_mask_kernel(header, (1, 2), auto_resize=False).shape == (1, 2)
    assert_array_equal(
        flint.create_beam_mask_kernel(header, 101, 0.5, 9).any(axis=1).sum(),
        skerry.beam_shape(header, minimum_response=0.5, pixel_scale=9).shape[0],
    )


@pytest.mark.parametrize("keyword", ["CDELT1", "CDELT2"])
def test_a_header_without_the_size_of_a_pixel_is_a_key_error(keyword):
    header = radio_header()
    del header[keyword]
    with pytest.raises(KeyError, match=keyword):
        flint.create_beam_mask_kernel(header)


def test_the_command_line_makes_and_extracts_masks(image, noise, tmp_path, monkeypatch):
    rms, bkg = noise
    options = ["--flood-fill", "--beam-shape-erode", "--beam-shape-erode-scales", "0", "8"]
    command = ["mask", str(image), *options, "--rms-fits", str(rms), "--bkg-fits", str(bkg), "--save-signal"]
    monkeypatch.setattr(sys, "argv", ["flint_masking", *command])
    flint.cli()
    assert fits.getdata(tmp_path / "x.scalemask.fits").max() == 3
    assert (tmp_path / "x.signal.fits").exists()
    mosaic = (tmp_path / "x.mask.fits").rename(tmp_path / "mosaic.mask.fits")
    monkeypatch.setattr(sys, "argv", ["flint_masking", "extractmask", str(image), str(mosaic)])
    flint.cli()
    assert_array_equal(fits.getdata(tmp_path / "x.mask.fits"), fits.getdata(mosaic))
    assert flint.get_parser().parse_args(["mask", "x.fits"]).rms_fits is None
