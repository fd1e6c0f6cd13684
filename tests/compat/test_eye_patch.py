"""Scripts written for eye-patch find its modules, with the parameters, defaults and types of version 2.0.1."""

from __future__ import annotations

import importlib
import inspect
import logging
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from conftest import parameters_of, radio_header, write_fits
from numpy.testing import assert_array_equal
from scipy import ndimage

from skerry.compat.eye_patch import convolve, erosion, extract, mac, masking, pixel_utils, scales
from skerry.compat.eye_patch.naming import FITSMaskNames
from skerry.compat.eye_patch.options import MaskingOptions

SHAPE = (120, 130)


@pytest.fixture(scope="module")
def notes(shared_data: Path) -> str:
    """Signatures of eye-patch 2.0.1, a line each."""
    path = shared_data.parent / "notes" / "eye-patch.md"
    if not path.exists():
        pytest.skip(f"no {path}")
    return path.read_text()


def test_functions_have_its_parameters_in_its_order_with_its_defaults(notes):
    lines = re.findall(r"^(\w+)\.(\w+)\((.*)\) -> ", notes, re.MULTILINE)
    assert len(lines) == 36
    for module, name, parameters in lines:
        own = inspect.signature(getattr(importlib.import_module(f"skerry.compat.eye_patch.{module}"), name)).parameters
        expected = parameters_of(parameters)
        assert {key: value.default for key, value in own.items()} == expected, f"{module}.{name}"
        assert list(own) == list(expected), f"{module}.{name}"


def test_options_have_its_names_and_defaults(notes):
    (line,) = re.findall(r"^options\.MaskingOptions: (.*)$", notes, re.MULTILINE)
    expected = dict(part.split("=") for part in line.split(", "))
    assert {name: str(value) for name, value in MaskingOptions()._asdict().items()} == expected


@pytest.fixture
def image(tmp_path: Path, rng) -> Path:
    """Two sources in noise of 1 mJy/beam, with the axes of WSClean's images."""
    data = rng.normal(scale=1e-3, size=SHAPE).astype(np.float32)
    data[50:60, 50:60] += 0.1
    data[80:110, 80:110] += 0.004
    return write_fits(tmp_path / "x.fits", data, radio_header((1, 1, *SHAPE)), ndim=4)


@pytest.fixture
def noise(tmp_path) -> tuple[Path, Path]:
    """Without a WCS, as other programs write it."""
    paths = tmp_path / "rms.fits", tmp_path / "bkg.fits"
    for path, value in zip(paths, (1e-3, 0), strict=True):
        fits.writeto(path, np.full(SHAPE, value, np.float32))
    return paths


@pytest.mark.parametrize(
    ("options", "name", "dtype"),
    [
        ({}, "mask", ">f4"),
        ({"flood_fill": True, "beam_shape_erode": True}, "mask", ">f4"),
        ({"beam_shape_erode": True, "multiscale_scales": (4,)}, "mask", ">f4"),
        ({"beam_shape_erode": True, "multiscale_scales": (8, 0, 4)}, "scalemask", ">f8"),
        (
            {"convolve_first": True, "multiscale_scales": (0, 4, 8), "seed_clip": 1.5, "flood_clip": 1},
            "scalemask",
            ">f4",
        ),
    ],
)
def test_masks_have_its_names_and_types_and_the_shape_of_the_image(image, noise, options, name, dtype):
    names = masking.create_mask_from_fits(image, MaskingOptions(**options), *noise)
    assert names == FITSMaskNames(
        **{"mask_fits" if name == "mask" else "scale_mask_fits": image.with_suffix(f".{name}.fits")}
    )
    made = fits.getdata(image.with_suffix(f".{name}.fits"))
    assert made.dtype == dtype
    assert made.shape == (1, 1, *SHAPE)
    several = len(options.get("multiscale_scales", ())) > 1
    assert made.max() == (7 if several else 1)
    assert made[..., 55, 55] == made.max()
    assert not made[..., :40, :40].any()


def test_a_clip_with_neither_noise_nor_the_minimum_absolute_clip_is_a_value_error(image):
    with pytest.raises(ValueError, match="need the noise and the background"):
        masking.create_mask_from_fits(image, MaskingOptions())


def test_a_signal_image_is_written_if_asked_for(image, noise):
    names = masking.create_mask_from_fits(image, MaskingOptions(), *noise, create_signal_fits=True)
    assert_array_equal(fits.getdata(names.signal_fits), fits.getdata(image) / np.float32(1e-3))
    assert "BUNIT" not in fits.getheader(names.signal_fits)


def test_extracted_masks_are_int32_and_float32_with_all_bits(image, tmp_path):
    header = radio_header(SHAPE)
    mask = write_fits(tmp_path / "mosaic.mask.fits", np.ones(SHAPE, np.uint8), header)
    bits = write_fits(tmp_path / "mosaic.scalemask.fits", np.full(SHAPE, 5, np.float64), header)
    names = extract.extract_beam_mask_from_mosaic(image, FITSMaskNames(mask_fits=mask, scale_mask_fits=bits))
    found = [fits.getdata(path) for path in (names.mask_fits, names.scale_mask_fits)]
    assert [data.dtype for data in found] == [">i4", ">f4"]
    assert [data.max() for data in found] == [1, 5]
    assert all(data.shape == (1, 1, *SHAPE) for data in found)


@pytest.mark.parametrize("scale", [3, 16])
def test_an_image_is_opened_and_convolved_with_the_gaussian_of_a_scale(rng, scale):
    image = rng.normal(size=(90, 90))
    image[20:60, 20:60] += 9
    sigma = scale * 3 / 16
    radius = int(np.ceil(2.5 * sigma))
    y, x = np.mgrid[-radius : radius + 1, -radius : radius + 1]
    gaussian = np.exp(-(x**2 + y**2) / 2 / sigma**2)
    expected = ndimage.convolve(ndimage.grey_opening(image, scale), gaussian)
    found = convolve.convolve_image_by_scale(image[None], scale)
    inside = slice(scale + radius, -scale - radius)
    np.testing.assert_allclose(found[0][inside, inside], expected[inside, inside], atol=1e-5 * gaussian.sum())
    assert found.shape == (1, 90, 90)
    assert found.dtype == image.dtype


@pytest.mark.parametrize("ndim", [2, 3, 4])
def test_arrays_of_a_single_plane_keep_their_shape_and_type(rng, ndim):
    mask = (rng.random((1,) * (ndim - 2) + (60, 50)) > 0.02).astype(np.float64)
    header = radio_header((60, 50))
    for scales_given, dtype in ((None, np.float64), ((0, 4), np.float64)):
        eroded = erosion.beam_shape_erode(mask, header, scales=scales_given)
        assert eroded.shape == mask.shape
        assert eroded.dtype == dtype
    assert erosion.create_multi_scale_erosion(mask, header, 4).shape == mask.shape
    level = mac.minimum_absolute_clip_threshold(mask - 0.5, box_size=5)
    assert level.shape == mask.shape
    assert_array_equal(mac.minimum_absolute_clip(mask - 0.5, 0.9, 5), mask - 0.5 > 0.9 * level)


def test_a_mask_of_a_scale_mask_is_float32():
    flat = scales.flatten_scale_mask(np.array([[[0, 4.0, np.nan]]]))
    assert_array_equal(flat, np.array([[[0, 1, 0]]], np.float32))
    assert flat.dtype == np.float32


def test_the_beam_of_an_image(image, tmp_path):
    assert pixel_utils.get_beam_shape(image) == pixel_utils.BeamShape(
        pytest.approx(22.0), pytest.approx(17.5), pytest.approx(60)
    )
    # Not that of the Gaussian, pi / (4 ln 2) times the product of the axes.
    assert pixel_utils.get_pixels_per_beam(image) == pytest.approx(np.pi * 22 * 17.5 / 36)
    header = radio_header(SHAPE)
    header["CD1_1"], header["CD2_2"] = header.pop("CDELT1"), header.pop("CDELT2")
    matrix = write_fits(tmp_path / "cd.fits", np.zeros(SHAPE, np.float32), header)
    assert pixel_utils.get_pixels_per_beam(matrix) == pytest.approx(np.pi * 22 * 17.5 / 36)
    bare = write_fits(tmp_path / "bare.fits", np.zeros(SHAPE, np.float32), radio_header(SHAPE, beam=None))
    assert pixel_utils.get_beam_shape(bare) is None
    assert pixel_utils.get_pixels_per_beam(bare) is None


def run(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "skerry.compat.eye_patch", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_the_command_line_makes_extracts_and_flattens_masks(image, noise, tmp_path):
    rms, bkg = noise
    given = ["--rms-fits", rms, "--bkg-fits", bkg, "--save-signal", "--flood-fill", "--seed-clip", "5"]
    made = run("mask", image, *given, "--beam-shape-erode", "--multiscale-scales", "8", "0")
    assert made.returncode == 0, made.stderr
    assert "ascending order" in made.stderr
    assert (tmp_path / "x.signal.fits").exists()
    assert run("scales", "flatten", tmp_path / "x.scalemask.fits").returncode == 0
    assert_array_equal(fits.getdata(tmp_path / "x.mask.fits"), fits.getdata(tmp_path / "x.scalemask.fits") > 0)
    mosaic = (tmp_path / "x.scalemask.fits").rename(tmp_path / "mosaic.scalemask.fits")
    assert run("extractmask", image, mosaic).returncode == 0
    assert_array_equal(fits.getdata(tmp_path / "x.scalemask.fits"), fits.getdata(mosaic))
    again = run("extractmask", image, mosaic)
    assert again.returncode == 2
    assert again.stderr == (
        f"eye-patch: error: {tmp_path / 'x.scalemask.fits'} already exists; set overwrite (--overwrite) to replace it\n"
    )
    assert run("extractmask", image, mosaic, "--overwrite").returncode == 0
    (tmp_path / "x.scalemask.fits").unlink()
    (tmp_path / "x.mask.fits").unlink()
    own = mosaic.rename(tmp_path / "x.mask.fits")
    onto_input = run("extractmask", image, own)
    assert onto_input.returncode == 2
    assert onto_input.stderr == (
        f"eye-patch: error: {own} is also an input, which would be replaced; give another name, or set overwrite "
        "(--overwrite) to replace it\n"
    )


def test_warnings_of_an_unreachable_clip_go_to_its_logger(image, noise, caplog):
    with caplog.at_level(logging.WARNING, logger="eye-patch"):
        masking.create_mask_from_fits(image, MaskingOptions(flood_fill=True, seed_clip=1000), *noise)
    assert "no pixel reaches the seed clip of 1000" in caplog.text
