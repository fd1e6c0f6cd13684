"""Pixels of regions against plain statements of them: on the sky by astropy's separations, in pixels by arithmetic."""

from __future__ import annotations

import numpy as np
import pytest
from astropy import units
from astropy.coordinates import SkyCoord
from conftest import radio_header
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.path import Path as Outline
from scipy import ndimage

from skerry.sky.celestial import celestial_axes
from skerry.sky.polygon_pixels import polygon_rows
from skerry.sky.region_pixels import blocks_of
from skerry.sky.region_places import placed_regions
from skerry.sky.region_shapes import Region, Shape

NY, NX = 40, 50
PIXEL = 0.01


def grid(ra=60.0, dec=-45.0, projection="SIN", pixel=PIXEL, **cards):
    header = radio_header((NY, NX), pixel=pixel, dec=dec)
    header["CRVAL1"], header["RADESYS"] = ra, "ICRS"
    header["CTYPE1"], header["CTYPE2"] = f"RA---{projection}", f"DEC--{projection}"
    header["CRPIX1"], header["CRPIX2"] = NX // 2 + 1, NY // 2 + 1
    header.update(cards)
    return celestial_axes(header)


def pixels(shape, wcs, size=(NY, NX)):
    (placed,) = placed_regions([Region(1, "", shape)], wcs, size)
    mask = np.zeros(size, dtype=bool)
    row = 0
    for block in blocks_of(placed, wcs, size):
        assert block.inside.any()
        assert block.rows.start >= row or shape.is_outline
        row = block.rows.start
        mask[block.rows, block.columns] |= block.inside
    return mask, placed.problem


def sky_of(wcs, size=(NY, NX)):
    y, x = np.mgrid[: size[0], : size[1]]
    lon, lat = wcs.wcs_pix2world(np.column_stack([x.ravel(), y.ravel()]), 0).T
    return lon.reshape(size), lat.reshape(size)


def plainly(shape, along, across):
    """The pixels of an ellipse or a box by their offsets; and those too near to its edge to be sure of."""

    def within(half, grown):
        first, second = half[0] + grown, half[1] + grown
        if min(first, second) <= 0:
            return np.zeros(along.shape, bool)
        if shape.kind == "box":
            return (np.abs(along) <= first) & (np.abs(across) <= second)
        return (along / first) ** 2 + (across / second) ** 2 <= 1

    unit = 1.0 if shape.in_pixels else PIXEL
    slack = 1e-4 * unit
    inside = within(shape.outer, 0.0) & ~within(shape.inner, 0.0)
    unsure = within(shape.outer, slack) & ~within(shape.outer, -slack)
    unsure |= within(shape.inner, slack) & ~within(shape.inner, -slack)
    return inside, unsure


sizes = st.floats(0.3, 30)
angles = st.floats(-360, 360)
kinds = st.sampled_from(["ellipse", "box"])


@settings(max_examples=150, deadline=None)
@given(kinds, st.floats(-10, 60), st.floats(-10, 50), sizes, sizes, st.sampled_from([0.0, 0.4, 0.9]), angles)
def test_shapes_of_pixels(kind, x, y, first, second, hole, angle):
    shape = Shape(kind, "image", np.array([[x, y]]), (first, second), (hole * first, hole * second), True, angle)
    mask, problem = pixels(shape, None)
    row, column = np.mgrid[:NY, :NX]
    turned = (column - x + 1j * (row - y)) * np.exp(-1j * np.radians(angle))
    inside, unsure = plainly(shape, turned.real, turned.imag)
    assert problem == ""
    np.testing.assert_array_equal(mask | unsure, inside | unsure)


@settings(max_examples=100, deadline=None)
@given(
    kinds,
    st.sampled_from([(60.0, -45.0), (0.001, 30.0), (10.0, 89.95), (200.0, -90.0), (359.999, 0.0)]),
    st.floats(-0.2, 0.2),
    st.floats(-0.2, 0.2),
    sizes,
    sizes,
    angles,
    st.sampled_from(["icrs", "fk5", "galactic", "wcs"]),
    st.sampled_from(["SIN", "TAN", "ZEA"]),
)
def test_shapes_of_the_sky(kind, centre, east, north, first, second, angle, frame, projection):
    wcs = grid(*centre, projection=projection, LONPOLE=180.0)
    place = SkyCoord(*centre, unit="deg").directional_offset_by(
        np.degrees(np.arctan2(east, north)) * units.deg, np.hypot(east, north) * units.deg
    )
    own = place if frame == "wcs" else place.transform_to(frame)
    lon, lat = own.spherical.lon.deg, own.spherical.lat.deg
    shape = Shape(kind, frame, np.array([[lon, lat]]), (first * PIXEL, second * PIXEL), angle=angle)
    mask, problem = pixels(shape, wcs)
    there = SkyCoord(*sky_of(wcs), unit="deg").transform_to(own.frame)
    distance, pa = own.separation(there).deg, own.position_angle(there).deg
    # The first axis is at west for an angle of 0, and turns to north.
    turned = np.radians(pa + 90 - angle)
    inside, unsure = plainly(shape, distance * np.cos(turned), distance * np.sin(turned))
    assert problem == ""
    np.testing.assert_array_equal(mask | unsure, inside | unsure)


def sides(corners):
    return zip(corners, [*corners[1:], corners[0]], strict=True)


def beside(corners):
    """Pixels whose centre is too near to a side to be sure of."""
    row, column = np.mgrid[:NY, :NX]
    near = np.zeros((NY, NX), bool)
    for (x0, y0), (x1, y1) in sides(corners):
        length = max(np.hypot(x1 - x0, y1 - y0), 1e-100)
        share = np.clip((column - x0) * ((x1 - x0) / length) + (row - y0) * ((y1 - y0) / length), 0, length) / length
        near |= np.hypot(column - x0 - share * (x1 - x0), row - y0 - share * (y1 - y0)) < 1e-4
    return near


corner = st.tuples(st.floats(-20, 70), st.floats(-20, 60))


@settings(max_examples=150, deadline=None)
@given(st.lists(corner, min_size=3, max_size=8))
def test_polygons(corners):
    shape = Shape("polygon", "image", np.array(corners))
    mask, _ = pixels(shape, None)
    column = np.mgrid[:NY, :NX][1]
    crossings = np.zeros((NY, NX), int)
    for (x0, y0), (x1, y1) in sides(corners):
        for y in range(NY):
            if (y0 <= y) != (y1 <= y):
                crossings[y] += column[y] > x0 + (y - y0) * (x1 - x0) / (y1 - y0)
    unsure = beside(corners)
    np.testing.assert_array_equal(mask | unsure, (crossings % 2 == 1) | unsure)


@settings(max_examples=60, deadline=None)
@given(st.lists(corner, min_size=3, max_size=3))
def test_triangles_by_another_program(corners):
    mask, _ = pixels(Shape("polygon", "image", np.array(corners)), None)
    row, column = np.mgrid[:NY, :NX]
    inside = Outline([*corners, corners[0]]).contains_points(np.column_stack([column.ravel(), row.ravel()]))
    unsure = beside(corners)
    np.testing.assert_array_equal(mask | unsure, inside.reshape(NY, NX) | unsure)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.integers(-3, 12), st.integers(-3, 9)), min_size=3, max_size=6))
def test_all_pixels_on_the_sides_of_a_polygon_are_in_it(corners):
    mask, _ = pixels(Shape("polygon", "image", np.array(corners, dtype=float)), None)
    for (x0, y0), (x1, y1) in sides(corners):
        for y, x in np.ndindex(10, 13):
            within = min(x0, x1) <= x <= max(x0, x1) and min(y0, y1) <= y <= max(y0, y1)
            if within and (x - x0) * (y1 - y0) == (y - y0) * (x1 - x0):
                assert mask[y, x]


@pytest.mark.parametrize("right", [NX - 1, NX, NX + 1])
def test_a_polygon_may_end_at_the_pixel_beyond_the_last(right):
    inside = polygon_rows(np.array([(2.0, 1.0), (right, 1), (right, 5), (2, 5)]), slice(0, NY), slice(0, NX), 1e-6)
    expected = np.zeros((NY, NX), bool)
    expected[1:6, 2:] = True
    np.testing.assert_array_equal(inside, expected)


def test_polygons_that_share_a_side_leave_no_seam():
    for parts in (
        ([(4, 4), (24, 4), (24, 24)], [(4, 4), (24, 24), (4, 24)]),
        (
            [(4, 4), (14, 4), (14, 24), (4, 24)],
            [(14, 4), (24, 4), (24, 24), (14, 24)],
        ),
    ):
        union = np.logical_or.reduce([pixels(Shape("polygon", "image", np.array(p, float)), None)[0] for p in parts])
        assert union[4:25, 4:25].all()
        assert union.sum() == 21 * 21


def test_rows_of_a_polygon_do_not_depend_on_the_window():
    rng = np.random.default_rng(5)
    corners = rng.uniform(-10, 70, (40, 2))
    whole = polygon_rows(corners, slice(0, NY), slice(0, NX), 1e-6)
    parts = np.zeros_like(whole)
    for top in range(0, NY, 7):
        for left in range(0, NX, 11):
            window = slice(top, min(top + 7, NY)), slice(left, min(left + 11, NX))
            parts[window] = polygon_rows(corners, *window, 1e-6)
    np.testing.assert_array_equal(whole, parts)


@pytest.mark.parametrize("kind", ["ellipse", "box"])
@pytest.mark.parametrize("in_pixels", [True, False])
@pytest.mark.parametrize("frame", ["image", "wcs"])
def test_sizes_beyond_all_bounds_are_the_whole_image(kind, in_pixels, frame):
    points = np.array([[25.0, 20.0] if frame == "image" else [60.0, -45.0]])
    for size in (1e200, 1e308):
        mask, problem = pixels(Shape(kind, frame, points, (size, size), in_pixels=in_pixels, angle=30.0), grid())
        assert problem == ""
        assert mask.all()


def test_corners_beyond_all_bounds():
    corners = np.array([[-1e200, 10.5], [1e200, 10.5], [1e200, 1e200], [-1e200, 1e200]])
    mask, _ = pixels(Shape("polygon", "image", corners), grid())
    assert mask[11:].all()
    assert not mask[:11].any()


def test_a_box_by_corners_has_sides_along_the_pixels():
    wcs = grid(0.0, -75.0)
    x, y = np.array([10.2, 30.7]), np.array([5.3, 20.1])
    lon, lat = wcs.wcs_pix2world(np.column_stack([x, y]), 0).T
    assert abs(lon[0] - lon[1]) > 300  # over right ascension 0
    mask, _ = pixels(Shape("corners", "icrs", np.column_stack([lon, lat])), wcs)
    expected = np.zeros((NY, NX), bool)
    expected[6:21, 11:31] = True
    np.testing.assert_array_equal(mask, expected)


def test_the_far_side_of_the_sky():
    wcs = grid()
    antipode = np.array([[240.0, 45.0]])
    for shape in (
        Shape("ellipse", "icrs", antipode, (1.0, 1.0)),
        Shape("ellipse", "icrs", antipode, (5.0, 5.0), in_pixels=True),
        Shape("polygon", "icrs", antipode + np.array([[0, 0], [1, 0], [0, 1]])),
        Shape("corners", "icrs", antipode + np.array([[0, 0], [1, 1]])),
    ):
        mask, problem = pixels(shape, wcs)
        assert "far side of the sky" in problem
        assert not mask.any()
    # A ring round the antipode that reaches to here.
    mask, problem = pixels(Shape("ellipse", "icrs", antipode, (180.0, 180.0), (179.9, 179.9)), wcs)
    assert problem == ""
    assert mask.sum() == pytest.approx(np.pi * 10**2, rel=0.05)


@pytest.mark.parametrize("projection", ["SIN", "AIT", "CAR", "MOL", "ZEA"])
@pytest.mark.parametrize("place", [(60.0, -45.0), (180.0, 20.0), (179.0, 0.0), (10.0, 88.0), (0.0, -90.0), (0.0, 0.0)])
def test_circles_of_an_image_of_the_whole_sky(projection, place):
    size = (181, 361)
    header = radio_header(size, pixel=1.0, dec=0.0)
    header["CTYPE1"], header["CTYPE2"] = f"RA---{projection}", f"DEC--{projection}"
    header["CRVAL1"], header["CRPIX1"], header["CRPIX2"], header["RADESYS"] = 0.0, 181, 91, "ICRS"
    wcs = celestial_axes(header)
    mask, _ = pixels(Shape("ellipse", "icrs", np.array([place]), (10.05, 10.05)), wcs, size)
    lon, lat = sky_of(wcs, size)
    known = np.isfinite(lon) & np.isfinite(lat)
    there = SkyCoord(np.where(known, lon, 0), np.where(known, lat, 0), unit="deg")
    expected = known & (there.separation(SkyCoord(*place, unit="deg")).deg <= 10.05)
    np.testing.assert_array_equal(mask, expected)


def test_pixels_that_are_not_square_and_a_circle_of_the_sky():
    wcs = grid(CDELT2=2 * PIXEL)
    mask, _ = pixels(Shape("ellipse", "icrs", np.array([[60.0, -45.0]]), (0.101, 0.101)), wcs)
    rows, columns = np.nonzero(mask)
    assert (np.ptp(rows) + 1, np.ptp(columns) + 1) == (11, 21)


@pytest.mark.parametrize("turn", [0.0, 30.0, 200.0])
@pytest.mark.parametrize("mirrored", [False, True])
def test_a_box_of_pixels_round_a_place_of_the_sky_is_turned_from_its_west(turn, mirrored):
    cos, sin = np.cos(np.radians(turn)), np.sin(np.radians(turn))
    side = 1 if mirrored else -1
    wcs = grid(PC1_1=cos, PC1_2=-sin, PC2_1=sin, PC2_2=cos, CDELT1=side * PIXEL, CDELT2=PIXEL)
    place = np.column_stack(wcs.wcs_pix2world([[24.2, 19.6]], 0).T)
    mask, _ = pixels(Shape("box", "icrs", place, (12.0, 2.5), in_pixels=True, angle=25.0), wcs)
    # The line of 25 degrees from west through north, in the pixels.
    along = np.linalg.solve(wcs.pixel_scale_matrix, [-np.cos(np.radians(25)), np.sin(np.radians(25))])
    angle = np.degrees(np.arctan2(along[1], along[0]))
    expected, _ = pixels(Shape("box", "image", np.array([[24.2, 19.6]]), (12.0, 2.5), in_pixels=True, angle=angle), wcs)
    assert expected.sum() > 80
    assert (mask != expected).sum() <= 4  # Where a centre is on the edge, or nearly.


def test_blocks_hold_few_pixels():
    size = (3000, 2500)
    header = radio_header(size, pixel=PIXEL, dec=-45.0)
    wcs = celestial_axes(header)
    for shape in (
        Shape("ellipse", "image", np.array([[1250.0, 1500.0]]), (1000.0, 1000.0), in_pixels=True),
        Shape("ellipse", "wcs", np.array([[header["CRVAL1"], -45.0]]), (9.0, 9.0)),
        Shape("polygon", "image", np.array([[0.0, 0.0], [2499.0, 0.0], [1200.0, 2999.0]])),
    ):
        (placed,) = placed_regions([Region(1, "", shape)], wcs, size)
        many = [block.inside.size for block in blocks_of(placed, wcs, size)]
        assert len(many) > 30
        assert max(many) <= 1 << 16


@pytest.mark.parametrize("column", [18, 30])
def test_with_the_north_of_the_image_an_angle_is_that_of_its_middle(column):
    wcs = grid(60.0, -80.0, CRPIX1=-500.0)
    lon, lat = wcs.wcs_pix2world([[column, 12.0]], 0).T
    shape = Shape("box", "icrs", np.column_stack([lon, lat]), (0.151, 0.021))
    middle = Shape("box", "icrs", np.column_stack([lon, lat]), (0.151, 0.021), by_image=True)

    def direction(mask):
        y, x = np.nonzero(mask)
        (a, b), (_, c) = np.cov(x, y)
        return np.degrees(0.5 * np.arctan2(2 * b, a - c))

    def west(x, y):
        place = SkyCoord(*wcs.wcs_pix2world([[x, y]], 0)[0], unit="deg")
        other = place.directional_offset_by(270 * units.deg, 1e-3 * units.deg)
        to_x, to_y = wcs.wcs_world2pix([[other.ra.deg, other.dec.deg]], 0)[0]
        return np.degrees(np.arctan2(to_y - y, to_x - x))

    assert direction(pixels(shape, wcs)[0]) == pytest.approx(west(column, 12), abs=1.0)
    assert direction(pixels(middle, wcs)[0]) == pytest.approx(west(24, 19), abs=0.6)
    assert abs(west(24, 19)) > 10
    assert ndimage.label(pixels(middle, wcs)[0])[1] == 1


@settings(max_examples=40, deadline=None)
@given(
    kinds,
    st.sampled_from(["SIN", "TAN", "ZEA", "NCP", "STG"]),
    st.floats(-60, 60),
    st.floats(-60, 60),
    st.floats(1, 150),
    st.floats(1, 150),
    st.sampled_from([0.0, 0.5, 0.95]),
    angles,
)
def test_cells_of_pixels_hold_what_each_pixel_says(kind, projection, east, north, first, second, hole, angle):
    """Also at the edge of the sky, at which pixels grow without bounds."""
    size = (170, 150)
    header = radio_header(size, pixel=0.8, dec=50.0)
    header["CTYPE1"], header["CTYPE2"], header["RADESYS"] = f"RA---{projection}", f"DEC--{projection}", "ICRS"
    wcs = celestial_axes(header)
    place = np.array([[(header["CRVAL1"] + east) % 360, np.clip(50 + north, -90, 90)]])
    shape = Shape(kind, "wcs", place, (first, second), (hole * first, hole * second), angle=angle)
    mask, _ = pixels(shape, wcs, size)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("skerry.sky.region_pixels._CELL", 1000)
        each, _ = pixels(shape, wcs, size)
    np.testing.assert_array_equal(mask, each)
