"""The grid of a mosaic is the smallest that holds its images, as reproject finds it."""

from __future__ import annotations

import numpy as np
import pytest
from astropy.coordinates import SkyCoord
from astropy.wcs.utils import wcs_to_celestial_frame
from conftest import radio_header
from reproject.mosaicking import find_optimal_celestial_wcs

from skerry.sky.grid import celestial_wcs, covered_window, frame_change, pixel_to_sky, sky_frame
from skerry.sky.mosaic_grid import TooWideError, mosaic_grid

FRAMES = {
    "ICRS": {"RADESYS": "ICRS"},
    "FK5": {"RADESYS": "FK5", "EQUINOX": 2000.0},
    "FK5 of a later equinox": {"RADESYS": "FK5", "EQUINOX": 2015.5},
    "FK4": {"EQUINOX": 1950.0},
    "FK4 without E terms": {"RADESYS": "FK4-NO-E", "EQUINOX": 1950.0},
    "no system": {"EQUINOX": 2000.0},
    "nothing": {},
    "galactic": {"CTYPE1": "GLON-SIN", "CTYPE2": "GLAT-SIN"},
    "ecliptic": {"CTYPE1": "TLON-SIN", "CTYPE2": "TLAT-SIN"},
}


def grids(frame: str) -> tuple[list, list]:
    shapes, places = [(90, 100), (120, 80), (64, 64)], [(359.9, 20.0), (0.1, 20.1), (0.0, 19.9)]
    headers = [radio_header(shape, ra=ra, dec=dec) for shape, (ra, dec) in zip(shapes, places, strict=True)]
    for header in headers:
        for keyword in ("RADESYS", "EQUINOX"):
            header.remove(keyword, ignore_missing=True)
        header.update(FRAMES[frame])
    headers[1]["CDELT1"] = -4 / 3600
    return [celestial_wcs("x", header) for header in headers], shapes


@pytest.mark.parametrize("others", ["", "galactic", "FK5"])
@pytest.mark.parametrize("frame", sorted(set(FRAMES) - {"ecliptic"}))
def test_a_grid_is_that_of_reproject(frame: str, others: str):
    given, shapes = grids(frame)
    if others:
        # Images that overlap, in another frame: the second and the third.
        middle = SkyCoord(0, 20, unit="deg", frame=wcs_to_celestial_frame(given[0]))
        there = middle.transform_to(wcs_to_celestial_frame(grids(others)[0][0])).spherical
        given = [given[0], *grids(others)[0][1:]]
        for wcs in given[1:]:
            wcs.wcs.crval = [there.lon.deg, there.lat.deg]
    found, size = mosaic_grid(given, shapes)
    first = wcs_to_celestial_frame(given[0])
    centres = [
        SkyCoord(*pixel_to_sky(wcs, (nx - 1) / 2, (ny - 1) / 2), unit="deg", frame=wcs_to_celestial_frame(wcs))
        for wcs, (ny, nx) in zip(given, shapes, strict=True)
    ]
    mean = np.mean([centre.transform_to(first).cartesian.xyz.value.ravel() for centre in centres], axis=0)
    reference = SkyCoord(*mean, representation_type="cartesian", frame=first)
    expected, shape = find_optimal_celestial_wcs(
        list(zip(shapes, given, strict=True)),
        frame=first,
        projection="SIN",
        reference=SkyCoord(reference.spherical.lon, reference.spherical.lat, frame=first),
        negative_lon_cdelt=True,
    )
    assert size == shape
    assert list(found.wcs.ctype) == list(expected.wcs.ctype)
    np.testing.assert_allclose(found.wcs.crval, expected.wcs.crval, rtol=0, atol=1e-10)
    np.testing.assert_allclose(found.wcs.crpix, expected.wcs.crpix, rtol=0, atol=1e-5)
    np.testing.assert_allclose(found.wcs.cdelt, expected.wcs.cdelt, rtol=1e-12)
    assert wcs_to_celestial_frame(found).is_equivalent_frame(first)
    assert dict(found.to_header()).keys() == dict(expected.to_header()).keys()


@pytest.mark.parametrize("frame", FRAMES)
def test_frames_that_are_told_by_their_headers_are_those_of_astropy(frame: str):
    one = grids(frame)[0][0]
    assert (sky_frame(one) is None) == (frame == "ecliptic")
    for other in FRAMES:
        two = grids(other)[0][0]
        same = wcs_to_celestial_frame(one).is_equivalent_frame(wcs_to_celestial_frame(two))
        assert (frame_change(one, two) is None) == same


def test_images_all_round_the_sky_have_no_grid():
    headers = [radio_header((50, 50), ra=ra, dec=0.0) for ra in (0.0, 180.0)]
    with pytest.raises(TooWideError, match="cover too much of the sky"):
        mosaic_grid([celestial_wcs("x", header) for header in headers], [(50, 50)] * 2)


@pytest.mark.parametrize(
    ("shift", "rows", "columns"),
    [
        ((0, 0), (0, 20), (0, 30)),
        ((70, 10), (10, 30), (70, 100)),
        ((-10, 30), (30, 50), (0, 20)),
        ((0, -20), None, None),
    ],
)
def test_the_window_that_an_image_covers_holds_it_with_a_margin(shift, rows, columns):
    shape, margin = (50, 100), 2
    window = covered_window(lambda x, y: (x + shift[0], y + shift[1]), slice(0, 20), slice(0, 30), shape, margin=margin)
    if rows is None:  # But for the margin it lies outside.
        assert window is not None
        assert window[0].stop <= 4
        return
    for found, (first, stop), size in zip(window, (rows, columns), shape, strict=True):
        assert max(0, first - margin - 2) <= found.start <= max(0, first - margin)
        assert min(size, stop + margin) <= found.stop <= min(size, stop + margin + 2)


def test_an_image_that_lies_beside_another_covers_none_of_it():
    assert covered_window(lambda x, y: (x, y + 60), slice(0, 20), slice(0, 30), (50, 100), margin=2) is None
    assert covered_window(lambda x, y: (x - 40, y), slice(0, 20), slice(0, 30), (50, 100), margin=2) is None
