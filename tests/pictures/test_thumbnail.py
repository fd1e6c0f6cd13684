"""Small pictures: what stands where in them, and how large they are."""

from __future__ import annotations

import io
import subprocess
import sys

import matplotlib.image
import numpy as np

from skerry.pictures.stretch import level_of, stretch_of
from skerry.pictures.thumbnail import thumbnail

RED, BLUE = (213, 62, 0), (176, 196, 222)


def pixels_of(png):
    """Colours of a PNG, of 0 to 255, with its first row at the top."""
    return np.rint(matplotlib.image.imread(io.BytesIO(png))[..., :3] * 255).astype(int)


def noise_with_source(rng, shape=(60, 90), at=(10, 20)):
    image = rng.normal(size=shape).astype(np.float32)
    image[at] = 50
    return image


def test_a_source_is_dark_where_it_lies_and_the_first_row_is_at_the_bottom(rng):
    picture = pixels_of(thumbnail(noise_with_source(rng)))
    assert picture.shape == (60, 90, 3)
    assert np.unravel_index(picture.sum(axis=2).argmin(), (60, 90)) == (60 - 1 - 10, 20)


def test_an_outline_goes_round_the_mask_and_leaves_the_source_free(rng):
    image = noise_with_source(rng)
    mask = np.zeros(image.shape, np.uint8)
    mask[10, 20] = 4
    red = (pixels_of(thumbnail(image, mask)) == RED).all(axis=2)[::-1]
    expected = np.zeros(image.shape, bool)
    expected[9:12, 19:22] = True
    expected[10, 20] = False
    np.testing.assert_array_equal(red, expected)


def test_a_picture_is_no_larger_than_asked_for_and_shows_one_pixel_of_many(rng):
    image = noise_with_source(rng, (500, 1000), (101, 702))
    picture = pixels_of(thumbnail(image, size=200))
    assert picture.shape == (100, 200, 3)
    assert np.unravel_index(picture.sum(axis=2).argmin(), (100, 200)) == (100 - 1 - 20, 140)


def test_invalid_pixels_have_a_colour_of_their_own():
    image = np.full((8, 8), np.nan, np.float32)
    assert (pixels_of(thumbnail(image)) == BLUE).all()
    image[0, 0] = 3
    picture = pixels_of(thumbnail(image))
    assert (picture == BLUE).all(axis=2).sum() == 63


def test_the_same_image_gives_the_same_bytes_in_any_bands(rng, band_rows):
    image = noise_with_source(rng, (300, 200))
    assert thumbnail(image, image > 4, size=64) == thumbnail(image.copy(), image > 4, size=64)


def test_a_thumbnail_of_noise_is_small_and_imports_no_matplotlib():
    code = (
        "import sys, numpy as np; from skerry.pictures.thumbnail import thumbnail\n"
        "image = np.random.default_rng(1).normal(size=(512, 512)).astype(np.float32)\n"
        "print(len(thumbnail(image, image > 3)), 'matplotlib' in sys.modules)"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    size, has_matplotlib = result.stdout.split()
    assert int(size) < 60_000
    assert has_matplotlib == "False"


def test_the_level_and_the_noise_are_those_of_the_noise(rng):
    image = (rng.normal(size=(400, 400)) * 2e-4 + 1e-3).astype(np.float32)
    image[100:150, 100:200] = 1
    level, noise = level_of(image)
    np.testing.assert_allclose([level, noise], [1e-3, 2e-4], rtol=0.03)


def test_an_image_of_one_value_has_a_stretch():
    level = level_of(np.full((5, 5), 3, np.float32))
    assert level == (3, 3)
    assert level_of(np.zeros((5, 5), np.float32)) == (0, 1)


def test_shades_go_from_below_the_noise_to_the_brightest_pixels(rng):
    image = rng.normal(size=(100, 100)).astype(np.float32)
    image[50, 50:60] = 100
    image[0, 0] = np.nan
    stretch = stretch_of(image)
    shades = stretch.shades(image)
    assert shades[50, 55] == 1
    assert np.isnan(shades[0, 0])
    assert np.nanmin(shades) >= 0
    assert 0.15 < np.nanmedian(shades) < 0.35
    order = np.argsort(image[image < 90])
    assert (np.diff(shades[image < 90][order]) >= 0).all()
