"""Pictures with axes: where what stands in them, and that the same picture has the same bytes."""

from __future__ import annotations

import io
import re
import sys
from dataclasses import replace

import matplotlib as mpl
import matplotlib.image
import numpy as np
import pytest
from conftest import radio_header
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from skerry.pictures.blocks import Window
from skerry.pictures.colour_bar import bar_ticks
from skerry.pictures.drawn_outlines import bounded_outlines
from skerry.pictures.figure import draw
from skerry.pictures.layers import Detail, Layer, Picture
from skerry.pictures.layout import dots_per_pixel, layout_of, shortened
from skerry.pictures.sky_axes import pole_within, sky_axes
from skerry.pictures.stretch import Stretch
from skerry.sky.beam import pixel_beam
from skerry.sky.celestial import celestial_axes, pixel_to_sky

RED = "#ff0000"


def colours_of(png):
    """Colours of a PNG, of 0 to 255, with its last row at index 0, as a layout counts."""
    return np.rint(matplotlib.image.imread(io.BytesIO(png))[::-1, :, :3] * 255).astype(int)


def red(picture):
    return (picture[..., 0] > 200) & (picture[..., 1:] < 90).all(axis=-1)


def noise_with_source(rng, shape=(100, 100), at=(30, 60)):
    image = rng.normal(size=shape).astype(np.float32)
    image[at] = 200
    return image


def picture_of(image, mask=None, **given):
    layers = () if mask is None else (Layer("", RED),)
    return Picture(image, Window.of(image.shape), "x.fits", unit="Jy/beam", mask=mask, layers=layers, **given)


def place_of_pixel(image, y, x, **of_layout):
    """Dots of the middle of a pixel of an image that is drawn whole, (row, column) of `colours_of`."""
    layout = layout_of(image.shape, 0, [], **of_layout)
    dots = dots_per_pixel(image.shape)
    return layout.image.bottom + int((y + 0.5) * dots), layout.image.left + int((x + 0.5) * dots)


def test_a_source_is_where_its_pixel_is(rng):
    image = noise_with_source(rng)
    colours = colours_of(draw(picture_of(image), "png"))
    row, column = place_of_pixel(image, 30, 60, lines=0)
    dots = dots_per_pixel(image.shape)
    around = colours[row - dots : row + dots + 1, column - dots : column + dots + 1].sum(axis=2)
    dark = around < 10
    assert dark.sum() == dots**2
    assert dark[dots, dots]


def test_a_source_at_a_position_stands_at_its_coordinates(rng):
    header = radio_header((100, 100), ra=10.0, dec=20.0)
    wcs = celestial_axes(header)
    x, y = wcs.wcs_world2pix([[10.0 - 10 * 6 / 3600 / np.cos(np.radians(20)), 20 + 15 * 6 / 3600]], 0)[0]
    np.testing.assert_allclose([x, y], [60, 65], atol=0.01)
    image = noise_with_source(rng, at=(65, 60))
    colours = colours_of(draw(picture_of(image, wcs=wcs), "png"))
    row, column = place_of_pixel(image, 65, 60, lines=0)
    assert colours[row, column].sum() < 10
    # The axes of the sky change nothing of where the pixels are.
    plain = colours_of(draw(picture_of(image), "png"))
    layout = layout_of(image.shape, 0, [], lines=0)
    inside = np.s_[
        layout.image.bottom + 12 : layout.image.bottom + layout.image.height - 12,
        layout.image.left + 12 : layout.image.left + layout.image.width - 12,
    ]
    np.testing.assert_array_equal(colours[inside], plain[inside])


def test_an_outline_closes_round_its_island_and_leaves_it_free(rng):
    image = noise_with_source(rng)
    mask = np.zeros(image.shape, np.uint8)
    mask[28:33, 58:63] = 1
    colours = colours_of(draw(picture_of(image, mask), "png"))
    line = red(colours)
    dots = dots_per_pixel(image.shape)
    bottom, left = (n - dots // 2 for n in place_of_pixel(image, 28, 58, lines=0))
    side = 5 * dots
    for across in (bottom, bottom + side):
        assert line[across - 2 : across + 3, left : left + side].any(axis=0).all()
    for across in (left, left + side):
        assert line[bottom : bottom + side, across - 2 : across + 3].any(axis=1).all()
    assert not line[bottom + 4 : bottom + side - 4, left + 4 : left + side - 4].any()
    rows, columns = np.nonzero(line)
    assert rows.min() >= bottom - 3
    assert columns.max() <= left + side + 3


def test_islands_of_a_large_image_keep_their_sources_in_sight():
    image = np.random.default_rng(3).normal(size=(2200, 2200)).astype(np.float32)
    image[1000, 600] = 300
    mask = np.zeros(image.shape, bool)
    mask[1000, 600] = True
    colours = colours_of(draw(picture_of(image, mask), "png"))
    layout = layout_of((1100, 1100), 0, [], lines=1)
    row, column = layout.image.bottom + 500, layout.image.left + 300
    assert colours[row, column].sum() < 10
    assert red(colours)[row - 2 : row + 3, column - 2 : column + 3].sum() >= 8


def test_the_beam_is_drawn_to_scale_with_its_angle(rng):
    header = radio_header((100, 100), beam=(48 / 3600, 24 / 3600, 90.0))
    image = noise_with_source(rng)
    before = colours_of(draw(picture_of(image), "png"))
    after = colours_of(draw(picture_of(image, beam=pixel_beam(header)), "png"))
    # The box is white and the ellipse grey, of one shade each.
    rows, columns = np.nonzero((before != after).any(axis=2) & (np.abs(after - 89).max(axis=2) < 2))
    dots = dots_per_pixel(image.shape)
    assert abs(np.ptp(columns) - 8 * dots) <= 4
    assert abs(np.ptp(rows) - 4 * dots) <= 4


def test_the_beam_is_put_where_it_covers_nothing(rng):
    image = noise_with_source(rng, at=(5, 5))
    image[95, 5] = image[95, 95] = 200
    beam = pixel_beam(radio_header((100, 100)))
    before, after = (colours_of(draw(picture_of(image, beam=one), "png")) for one in (None, beam))
    rows, columns = np.nonzero((before != after).any(axis=2))
    row, column = place_of_pixel(image, 50, 50, lines=0)
    assert rows.max() < row
    assert columns.min() > column


def test_details_are_enlarged_and_marked(rng):
    image = noise_with_source(rng, (600, 600), (300, 200))
    detail = Detail(Window(290, 310, 190, 210), "island 1")
    layout = layout_of(image.shape, 1, [], lines=0)
    colours = colours_of(draw(picture_of(image, details=[detail]), "png"))
    place = layout.details[0]
    part = colours[place.bottom : place.bottom + place.height, place.left : place.left + place.width].sum(axis=2)
    rows, columns = np.nonzero(part[3:-3, 3:-3] < 10)
    assert abs(rows.mean() + 3 - place.height * 10.5 / 20) < 2
    assert abs(columns.mean() + 3 - place.width * 10.5 / 20) < 2
    row, column = layout.image.bottom + 290, layout.image.left + 190
    frame = colours[row - 2 : row + 3, column + 2 : column + 18].max(axis=(1, 2))
    assert (frame < 90).any()


@pytest.mark.parametrize("shape", [(64, 64), (20, 3000), (3000, 20), (1, 1), (1100, 1100), (1101, 700)])
@pytest.mark.parametrize("details", [0, 3])
def test_nothing_covers_the_image_or_anything_else(shape, details):
    step = -(-max(shape) // 1100)
    layout = layout_of(tuple(-(-n // step) for n in shape), details, ["some layer of a mask"] * 4, 2)
    parts = [layout.image, layout.bar, *layout.details]
    for n, one in enumerate(parts):
        assert one.left >= 0
        assert one.bottom >= 0
        assert one.left + one.width <= layout.width
        assert one.bottom + one.height <= layout.height - 44
        for other in parts[:n]:
            apart = one.left >= other.left + other.width or other.left >= one.left + one.width
            assert apart or one.bottom >= other.bottom + other.height or other.bottom >= one.bottom + one.height


@pytest.mark.parametrize("kind", ["png", "pdf"])
def test_the_same_picture_has_the_same_bytes_whatever_a_user_prefers(rng, kind):
    image = noise_with_source(rng)
    picture = picture_of(image, image > 4, wcs=celestial_axes(radio_header((100, 100))))
    first = draw(picture, kind)
    with mpl.rc_context({"lines.linewidth": 9, "image.cmap": "jet", "savefig.bbox": "tight", "font.size": 30}):
        assert draw(picture, kind) == first
    assert b"CreationDate" not in first
    assert b"Matplotlib" not in first[:2000]


def test_no_picture_touches_the_state_of_pyplot(rng):
    draw(picture_of(noise_with_source(rng)), "png")
    assert "matplotlib.pyplot" not in sys.modules or not sys.modules["matplotlib.pyplot"].get_fignums()


def test_a_pdf_has_bounded_lines_and_a_small_image():
    random = np.random.default_rng(5)
    image = random.normal(size=(1100, 1100)).astype(np.float32)
    pdf = draw(picture_of(image, image > 0.5), "pdf")
    assert len(pdf) < 4_000_000
    assert b"/Subtype /Image" in pdf


def test_signs_of_mathematics_in_names_are_text(rng):
    image = noise_with_source(rng)
    picture = Picture(image, Window.of(image.shape), "a$_{b.fits", subtitle="$x", unit="$")
    assert draw(picture, "png")


def test_an_image_without_a_valid_pixel_is_a_picture_that_says_so():
    colours = colours_of(draw(picture_of(np.full((50, 50), np.nan, np.float32)), "png"))
    layout = layout_of((50, 50), 0, [], lines=0)
    assert (colours[layout.image.bottom + 50, layout.image.left + 50] == [0xC9, 0xD8, 0xEA]).all()
    # No colour bar, for there is nothing that it could say.
    bar = layout.bar
    assert (colours[bar.bottom : bar.bottom + bar.height, bar.left - 1 : bar.left + bar.width + 1] == 255).all()


@pytest.mark.parametrize(
    ("dec", "ra", "latitude"), [(90.0, 0.0, 90.0), (-90.0, 40.0, -90.0), (-89.9, 40.0, -90.0), (60.0, 0.0, None)]
)
def test_a_pole_is_found_where_it_is(dec, ra, latitude):
    wcs = celestial_axes(radio_header((600, 600), ra=ra, dec=dec, pixel=20 / 3600))
    pole = pole_within(wcs, Window(0, 600, 0, 600))
    if latitude is None:
        assert pole is None
        return
    assert pole[2] == latitude
    assert abs(pole[0] - 300) < 1e-6
    assert abs(abs(pole[1] - 300) - (90 - abs(dec)) * 180) < 0.01


@pytest.mark.parametrize(
    ("given", "names"),
    [
        ({"dec": -90.0, "pixel": 2 / 60}, {"\N{MINUS SIGN}85\N{DEGREE SIGN}", "\N{MINUS SIGN}80\N{DEGREE SIGN}", "6h"}),
        ({"dec": 90.0, "ra": 0.0, "pixel": 1 / 600}, {"89.8\N{DEGREE SIGN}", "89.6\N{DEGREE SIGN}", "22h"}),
    ],
)
def test_names_round_a_pole_stand_at_their_latitude_and_longitude(given, names):
    wcs = celestial_axes(radio_header((600, 600), **given))
    figure = Figure()
    FigureCanvasAgg(figure)
    axes = sky_axes(figure, (0.1, 0.1, 0.8, 0.8), wcs, Window(0, 600, 0, 600), (600, 600))
    found = {text.get_text(): text.get_position() for text in axes.texts}
    assert names <= set(found)
    for name, place in found.items():
        lon, lat = pixel_to_sky(wcs, *(np.array(n) for n in place))
        if name.endswith("h"):
            assert abs((lon - 15 * int(name[:-1]) + 180) % 360 - 180) < 1e-6
        else:
            assert abs(lat - float(name[:-1].replace("\N{MINUS SIGN}", "-"))) < 1e-6


@pytest.mark.parametrize(
    ("cards", "grid"),
    [
        ({}, False),
        ({"CROTA2": 90.0}, False),
        ({"CROTA2": 5.0}, False),
        ({"CROTA2": 45.0}, True),
        ({"LONPOLE": 150.0}, True),
    ],
)
def test_a_picture_whose_axes_are_not_those_of_the_sky_has_a_grid(cards, grid):
    header = radio_header((100, 100))
    header.update(cards)
    figure = Figure()
    FigureCanvasAgg(figure)
    axes = sky_axes(figure, (0.1, 0.1, 0.8, 0.8), celestial_axes(header), Window(0, 100, 0, 100), (300, 300))
    drawn = [coordinate._grid_lines_kwargs["visible"] for coordinate in axes.coords]
    assert drawn == [grid, grid]


def test_a_title_is_one_line_whatever_the_name_of_the_file():
    assert shortened("a\nb\x1b\u00e9.fits", 200) == "a?b?\u00e9.fits"


def test_ticks_of_the_bar_are_round_apart_and_have_zero():
    stretch = Stretch(-6e-4, 0.2, 1e-5, 6e-4, True)
    ticks = bar_ticks(stretch, 20)
    assert 0 in ticks
    assert 0.1 in ticks
    assert all(re.fullmatch(r"-?[125]e[-+]\d+", f"{tick:.0e}") for tick in ticks if tick)
    places = stretch.stretched(np.array(ticks))
    assert np.diff(places).min() >= (np.ptp(stretch.stretched(np.array([-6e-4, 0.2]))) / 20) * (1 - 1e-9)


def test_long_titles_lose_their_middle():
    name = "a" * 200 + ".fits"
    assert len(shortened(name, 300)) < 60
    assert shortened(name, 300).endswith("a.fits")
    assert shortened("short.fits", 300) == "short.fits"


def test_outlines_of_many_layers_are_no_more_lines_than_a_picture_may_have(rng, monkeypatch):
    counts = []

    def counted(mask, most):
        lines, step = bounded_outlines(mask, most)
        counts.append(len(lines))
        return lines, step

    monkeypatch.setattr("skerry.pictures.figure.bounded_outlines", counted)
    shape, layers = (400, 400), 16
    mask = sum((rng.random(shape) < 0.04).astype(np.int32) << bit for bit in range(layers))
    picture = picture_of(rng.normal(size=shape).astype(np.float32), mask)
    draw(replace(picture, layers=[Layer("", RED, 1 << bit) for bit in range(layers)]), "png")
    assert len(counts) == layers
    assert sum(counts) <= 240_000
