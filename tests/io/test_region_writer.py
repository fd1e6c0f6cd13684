"""Outlines that are written and read again hold the pixels of the mask, on the sky and in pixels, in both formats."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from conftest import radio_header, write_fits
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from scipy import ndimage

from skerry import SkerryError
from skerry.filters.outlines import island_outlines
from skerry.io.region_writer import Polygon, RegionFile
from skerry.masking.island_table import measure_islands
from skerry.sky.grid import celestial_wcs
from skerry.steps.stats import make_statistics

regions = pytest.importorskip("regions", reason="the regions package is not installed")
SHAPE = (40, 50)
HEADERS = {
    "at the equator, over RA 0": {"ra": 0.0, "dec": 0.0},
    "at -45": {"ra": 60.0, "dec": -45.0},
    "at the pole": {"ra": 10.0, "dec": 90.0},
    "pixels of a milliarcsecond": {"pixel": 1e-3 / 3600, "beam": (4e-3 / 3600, 4e-3 / 3600, 0.0)},
    "FK5": {"RADESYS": "FK5", "EQUINOX": 2000.0},
    "galactic": {"CTYPE1": "GLON-SIN", "CTYPE2": "GLAT-SIN"},
    "turned": {"CROTA2": 30.0},
}
formats = pytest.mark.parametrize("suffix", [".reg", ".crtf"])


def header_of(name):
    given = HEADERS[name]
    header = radio_header(SHAPE, **{key: value for key, value in given.items() if key.islower()})
    header.update({key: value for key, value in given.items() if key.isupper()})
    return header


def read(path, header=None):
    """Polygons of a file in pixels, and their names."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = regions.Regions.read(path)
        if header is not None:
            wcs = celestial_wcs("x.mask.fits", header)
            return [region.to_pixel(wcs) for region in found], found
        return list(found), found


@formats
@given(st.integers(0, 2**32 - 1), st.sampled_from([0.1, 0.5, 0.7]))
@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_polygons_in_pixels_hold_just_the_pixels_of_the_mask(tmp_path_factory, suffix, seed, filled):
    mask = np.random.default_rng(seed).random((15, 17)) < filled
    path = tmp_path_factory.mktemp("regions") / f"x{suffix}"
    table = measure_islands(mask)
    with RegionFile(path, "a test") as file:
        for outline in island_outlines(table.islands, table.size, table.top, table.bottom):
            file.add(Polygon(str(outline.number), None, outline.x, outline.y))
    labels, count = ndimage.label(mask, np.ones((3, 3)))
    found, _ = read(path)
    assert len(found) == count
    for number, region in enumerate(found, start=1):
        assert_array_equal(region.to_mask("center").to_image(mask.shape) > 0, labels == number)


@formats
@pytest.mark.parametrize("name", HEADERS)
def test_polygons_on_the_sky_hold_just_the_pixels_of_the_mask(tmp_path, rng, suffix, name):
    mask = (rng.random(SHAPE) < 0.6).astype(np.uint8)
    header = header_of(name)
    path = tmp_path / f"x{suffix}"
    make_statistics(write_fits(tmp_path / "x.mask.fits", mask, header), outputs=[path])
    labels, count = ndimage.label(mask, np.ones((3, 3)))
    found, named = read(path, header)
    table = measure_islands(mask)
    outlines = list(island_outlines(table.islands, table.size, table.top, table.bottom))
    assert len(found) == count
    for number, (region, written, outline) in enumerate(zip(found, named, outlines, strict=True), start=1):
        label = written.meta["text" if suffix == ".reg" else "label"]
        assert str(label).strip("'\"") == str(number)
        assert_allclose(region.vertices.x, outline.x, atol=0.02)
        assert_allclose(region.vertices.y, outline.y, atol=0.02)
        assert_array_equal(region.to_mask("center").to_image(SHAPE) > 0, labels == number)


@formats
def test_an_island_with_a_corner_off_the_sky_is_in_pixels(tmp_path, suffix):
    header = radio_header(SHAPE, pixel=3.0)
    mask = np.zeros(SHAPE, np.uint8)
    mask[20, 25], mask[20, 43:45] = 1, 1
    path = tmp_path / f"x{suffix}"
    make_statistics(write_fits(tmp_path / "x.mask.fits", mask, header, ndim=2), outputs=[path])
    _, found = read(path)
    assert [type(region).__name__ for region in found] == ["PolygonSkyRegion", "PolygonPixelRegion"]
    assert found[1].to_mask("center").to_image(SHAPE).sum() == 2


def test_another_suffix_is_refused(tmp_path):
    with pytest.raises(SkerryError, match=r"give \.reg or \.crtf"):
        RegionFile(tmp_path / "x.txt", "a test")
