"""`skerry plot`: what is drawn of which files, and what is refused in a line."""

from __future__ import annotations

import io
import subprocess
import sys

import matplotlib.image
import numpy as np
import pytest
from astropy.io import fits
from conftest import radio_header, write_fits
from scipy.ndimage import gaussian_filter

import skerry
from skerry import MaskingOptions, SkerryError, SkerryWarning
from skerry.cli import main
from skerry.errors import SkerryNote
from skerry.io.fits import open_mask, read_mask
from skerry.pictures.blocks import Window
from skerry.sky.celestial import celestial_axes
from skerry.steps.chosen_planes import PlaneChoice
from skerry.steps.mask import make_mask
from skerry.steps.plot import _beam as beam_in_words
from skerry.steps.plot import make_plot
from skerry.steps.plot_details import brightest_details
from skerry.steps.plot_layers import compared, one_mask
from skerry.steps.plot_regions import with_regions
from skerry.steps.plot_steps import drawn_steps, stages_of
from skerry.steps.plot_window import parse_zoom, zoomed
from skerry.steps.step_files import StepFiles


@pytest.fixture
def sky(rng):
    """Noise as wide as the beam, with a bright source, faint ones and a wide one."""
    noise = gaussian_filter(rng.normal(size=(200, 240)), 1.4)
    image = noise / noise.std()
    sources = np.zeros(image.shape)
    sources[50, 60], sources[150, 200], sources[120, 40], sources[30, 180] = 4000, 120, 60, 80
    image += gaussian_filter(sources, 1.4) * 12 + 8 * gaussian_filter(np.pad([[900.0]], ((99, 100), (119, 120))), 9)
    return (image * 1e-4).astype(np.float32)


@pytest.fixture
def image(tmp_path, sky):
    return write_fits(tmp_path / "x.fits", sky)


def mask_file(path, mask, header=None):
    return write_fits(path, mask.astype(np.uint8), header)


def size_of(path):
    return matplotlib.image.imread(io.BytesIO(path.read_bytes())).shape


def test_the_command_makes_a_picture_of_an_image_and_its_mask(image, tmp_path, capsys):
    assert main(["mask", str(image), "-q"]) == 0
    for kind, begin in (("png", b"\x89PNG"), ("pdf", b"%PDF")):
        picture = tmp_path / f"x.{kind}"
        assert main(["plot", str(image), str(tmp_path / "x.mask.fits"), "-o", str(picture)]) == 0
        assert capsys.readouterr().out == f"{picture}\n"
        assert picture.read_bytes().startswith(begin)


def test_names_of_files_may_be_text(image, tmp_path, sky):
    mask = mask_file(tmp_path / "m.fits", sky > 1e-3)
    picture = skerry.make_plot(str(image), str(mask), output=str(tmp_path / "x.png"), compare=str(mask))
    assert picture == tmp_path / "x.png"


def test_a_mask_is_drawn_in_the_run_that_makes_it(image, tmp_path, capsys):
    picture, alone = tmp_path / "x.png", tmp_path / "alone.png"
    assert main(["mask", str(image), "--scales", "0,4", "--plot", str(picture)]) == 0
    assert str(picture) in capsys.readouterr().out.splitlines()
    make_plot(image, tmp_path / "x.scalemask.fits", output=alone)
    assert picture.read_bytes() == alone.read_bytes()


def test_no_mask_is_made_where_its_picture_could_not_be_written(image, tmp_path, capsys):
    assert main(["mask", str(image), "--plot", str(tmp_path / "x.gif")]) == 2
    assert "x.gif: is neither a PNG nor a PDF by its name; name it x.png" in capsys.readouterr().err
    assert not (tmp_path / "x.mask.fits").exists()


def test_threads_and_memory_change_no_byte(image, tmp_path, sky, band_rows):
    mask = mask_file(tmp_path / "m.fits", sky > 5e-4)
    pictures = [make_plot(image, mask, output=tmp_path / f"{n}.png").read_bytes() for n in (1, 2)]
    assert pictures[0] == pictures[1]


def test_two_masks_are_compared_by_islands_and_pixels(tmp_path):
    first, second = np.zeros((2, 40, 40), bool)
    first[2:5, 2:5], first[20:22, 20:22], first[30, 30:34] = True, True, True
    second[3:6, 2:5], second[10, 10], second[30, 32:36], second[38, 2:4] = True, True, True, True
    paths = [mask_file(tmp_path / f"{n}.fits", mask) for n, mask in enumerate((first, second))]
    with open_mask(paths[0]) as mask, open_mask(paths[1]) as other:
        drawn = compared(mask, other)
        labels = [layer.label for layer in drawn.layers]
        bits = np.asarray(drawn.bits)
    assert labels == [
        "kept: 2 islands, 8 pixels",
        "gained: 1 island, 9 pixels",
        "lost: 2 islands, 8 pixels",
    ]
    np.testing.assert_array_equal(bits, (first & second) + 2 * (first & ~second) + 4 * (second & ~first))
    assert drawn.told == "0.fits, compared with 1.fits."


def test_a_scale_mask_has_a_colour_for_the_largest_scale_of_each_pixel(tmp_path):
    bits = np.zeros((10, 10), np.uint8)
    bits[2:8, 2:8], bits[3:7, 3:7], bits[5, 5] = 1, 3, 7
    header = radio_header((10, 10))
    header["SKNSCALE"], header["SKBIT0"], header["SKBIT1"], header["SKBIT2"] = 3, 0, 8, 16
    path = write_fits(tmp_path / "s.fits", bits, header)
    with open_mask(path) as mask:
        drawn = one_mask(mask)
    assert [layer.label for layer in drawn.layers] == [
        "largest scale 0: 20 pixels",
        "largest scale 8: 15 pixels",
        "largest scale 16: 1 pixel",
    ]
    assert [layer.bits for layer in drawn.layers] == [7, 6, 4]
    assert len({layer.colour for layer in drawn.layers}) == 3
    assert drawn.told == "s.fits: 1 island, 36 pixels, 36 % of all."


def test_labels_are_a_mask_whatever_their_bits(tmp_path):
    path = write_fits(tmp_path / "l.fits", (np.arange(100).reshape(10, 10) % 5 * 50).astype(np.int16))
    with open_mask(path) as mask:
        drawn = one_mask(mask)
        np.testing.assert_array_equal(np.asarray(drawn.bits), np.arange(100).reshape(10, 10) % 5 != 0)


def test_the_steps_drawn_are_those_that_the_report_counts(image, tmp_path):
    made = make_mask(image, output=tmp_path / "m.fits")
    stages = stages_of(image, made.mask, tmp_path)
    removed = {taken.by: taken.pixels for taken in made.report.removed}
    with open_mask(made.mask) as mask:
        drawn = drawn_steps(stages, mask)
        bits = np.asarray(drawn.bits)
        masked = np.asarray(mask.data[:]) != 0
    by_name = {layer.label.partition(":")[0]: layer for layer in drawn.layers}
    counted = {name: int(np.count_nonzero(bits & layer.bits)) for name, layer in by_name.items()}
    assert counted["mask"] == made.report.pixels
    assert counted["taken as rims"] == removed["rims"] > 0
    assert counted["eroded"] == removed["erosion"] > 0
    assert counted["taken as artefacts"] == removed["suppression"]
    assert counted["seeds"] > 0
    np.testing.assert_array_equal(bits & by_name["mask"].bits != 0, masked)
    # Whatever was taken was in the islands, and nothing is taken twice.
    taken = [bits & by_name[name].bits != 0 for name in ("taken as artefacts", "taken as rims", "eroded", "mask")]
    assert sum(part.astype(int) for part in taken).max() == 1
    flooded = np.asarray(stages.flooded)
    np.testing.assert_array_equal(np.logical_or.reduce(taken), flooded)
    assert not (bits[flooded] & by_name["above the flood clip, without a seed"].bits).any()
    assert list(tmp_path.glob(".skerry-steps-*")) == []


@pytest.mark.parametrize("options", [{"both_signs": True}, {"flood_fill": False}, {"convolve_first": True}])
def test_stages_end_in_the_mask_for_other_chains_too(image, tmp_path, options):
    chosen = MaskingOptions(flood_fill=True, beam_shape_erode=True, beam_shape_erode_scales=(0, 4))
    chosen = chosen.model_copy(update=options)
    made = make_mask(image, chosen, output=tmp_path / "m.fits")
    stages = stages_of(image, made.mask, tmp_path)
    np.testing.assert_array_equal(np.asarray(stages.mask), read_mask(made.mask).data != 0)
    with open_mask(made.mask) as mask:
        assert drawn_steps(stages, mask).layers


def test_steps_of_a_preset_need_no_mask(image, tmp_path):
    assert make_plot(image, output=tmp_path / "s.png", steps=True, preset="early-round").is_file()


def test_a_mask_that_was_changed_since_is_told_of(image, tmp_path):
    made = make_mask(image, output=tmp_path / "m.fits")
    with fits.open(made.mask, mode="update") as hdus:
        hdus[0].data[0, 0] = 1
    with pytest.warns(SkerryWarning, match="m.fits: is not what its options make of the image"):
        make_plot(image, made.mask, output=tmp_path / "s.png", steps=True)


@pytest.mark.parametrize(
    ("text", "window"),
    [
        ("60,-45,60arcsec", Window(95, 106, 115, 126)),
        ("04:00:00,-45:00:00,60arcsec", Window(95, 106, 115, 126)),
        ("4h0m0s,-44d59m0s,12arcsec", Window(109, 112, 119, 122)),
        ("4h,-45d,60arcsec", Window(95, 106, 115, 126)),
        ("4 00,-45:00,60arcsec", Window(95, 106, 115, 126)),
        ("60,-45,1000", Window(0, 200, 0, 240)),
        ("60,-44.834,0.02", Window(194, 200, 114, 127)),
    ],
)
def test_a_zoom_is_a_square_round_its_position(image, text, window):
    with StepFiles("plot", [image], [], False) as files:
        subject = files.open_image(image)
        assert zoomed(text, subject, celestial_axes(subject.header)) == window


@pytest.mark.parametrize(
    "text", ["", "1,2", "60,-45,0", "60,-95,1", "04:61:00,-45,1", "60,-45,1 parsec", "x,y,z", "60,-45,1,2", "nan,0,1"]
)
def test_what_is_no_position_is_refused(text):
    with pytest.raises(SkerryError, match=r"`zoom` .*: is not RA,DEC,SIZE; write it as"):
        parse_zoom(text)


def test_positions_have_signs_and_seconds():
    np.testing.assert_allclose(parse_zoom("00:30:36.0,-00:30:36,1arcmin"), (7.65, -0.51, 1 / 60))


def refusals(tmp_path, image):
    other = write_fits(tmp_path / "other.fits", np.zeros((50, 50), np.uint8))
    plain = mask_file(tmp_path / "plain.fits", np.zeros((200, 240)))
    return [
        ({"output": tmp_path / "x.jpg"}, "x.jpg: is neither a PNG nor a PDF by its name; name it x.png"),
        ({"mask": other}, "other.fits: has 50 x 50 pixels, but .*x.fits has 240 x 200"),
        ({"mask": tmp_path / "none.fits"}, "none.fits: there is no such file"),
        ({"zoom": "61,-45,0.1"}, "x.fits: has no pixel within 61,-45,0.1; give a `zoom` that lies in the image"),
        ({"zoom": "240,45,0.1"}, "x.fits: has no pixel within"),
        ({"compare": plain}, "plain.fits: there is no mask to compare it with"),
        ({"mask": plain, "compare": plain, "steps": True}, "leave `compare` or `steps` out"),
        ({"mask": plain, "steps": True}, "plain.fits: was not made by `skerry mask`"),
        ({"preset": "compact"}, "`preset` compact: has no use without `steps`"),
        ({"planes": PlaneChoice.of("3")}, "x.fits: has a single plane, 0"),
        ({"region": tmp_path / "none.reg"}, "none.reg"),
    ]


@pytest.mark.parametrize("number", range(11))
def test_bad_input_is_a_line_and_no_picture(image, tmp_path, number):
    given, told = refusals(tmp_path, image)[number]
    with pytest.raises(SkerryError, match=told) as raised:
        make_plot(image, **{"output": tmp_path / "y.png", **given})
    assert "\n" not in str(raised.value)
    assert not list(tmp_path.glob("*.png"))


def test_a_picture_is_not_replaced_unasked(image, tmp_path):
    picture = tmp_path / "x.png"
    picture.write_text("mine")
    with pytest.raises(SkerryError, match=r"x.png: exists; give `overwrite`"):
        make_plot(image, output=picture)
    assert picture.read_text() == "mine"
    make_plot(image, output=picture, overwrite=True)
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_an_image_without_coordinates_is_drawn_in_pixels(tmp_path, sky):
    header = radio_header(sky.shape)
    for keyword in ("CTYPE1", "CTYPE2"):
        del header[keyword]
    path = write_fits(tmp_path / "x.fits", sky, header)
    with pytest.warns(SkerryWarning, match="the axes of the picture are in pixels"):
        make_plot(path, output=tmp_path / "x.png")
    with pytest.warns(SkerryWarning), pytest.raises(SkerryError, match="has no celestial coordinates to look up"):
        make_plot(path, output=tmp_path / "y.png", zoom="60,-45,0.1")


def test_an_image_of_no_valid_pixel_is_drawn(tmp_path):
    path = write_fits(tmp_path / "x.fits", np.full((64, 64), np.nan, np.float32))
    mask = mask_file(tmp_path / "m.fits", np.zeros((64, 64)))
    with pytest.warns(SkerryWarning, match="has no valid pixels"):
        make_plot(path, mask, output=tmp_path / "x.png")


@pytest.mark.parametrize(
    "given",
    [
        {"ra": 0.01},
        {"dec": 90.0, "ra": 0.0, "pixel": 0.02},
        {"dec": -89.0, "pixel": 0.01},
        {"dec": 85.0, "pixel": 0.05},
        {"beam": None},
        {"unit": None},
    ],
)
def test_images_anywhere_on_the_sky_are_drawn(tmp_path, sky, given):
    header = radio_header(sky.shape, **given)
    if given.get("beam", 1) and "pixel" in given:
        header["BMAJ"] = header["BMIN"] = 4 * given["pixel"]
    path = write_fits(tmp_path / "x.fits", sky, header)
    assert (
        size_of(make_plot(path, mask_file(tmp_path / "m.fits", sky > 1e-3, header), output=tmp_path / "x.png"))[0] > 500
    )


@pytest.mark.parametrize(
    ("beam", "words"),
    [
        ((22 / 3600, 17.5 / 3600, 60.0), '22" x 17.5", PA 60\N{DEGREE SIGN}'),
        ((0.5, 0.25, -0.2), "30' x 15', PA 0\N{DEGREE SIGN}"),
        ((12.0, 11.0, 3.0), "12\N{DEGREE SIGN} x 11\N{DEGREE SIGN}, PA 3\N{DEGREE SIGN}"),
    ],
)
def test_a_beam_is_told_in_the_unit_that_suits_it(tmp_path, beam, words):
    path = write_fits(tmp_path / "x.fits", np.ones((64, 64), np.float32), radio_header((64, 64), beam=beam, pixel=0.5))
    with StepFiles("plot", [path], [], False, beam=None) as files:
        subject = files.open_image(path)
        assert beam_in_words(files, subject, celestial_axes(subject.header))[1] == words


def test_of_a_cube_one_plane_is_drawn(tmp_path, sky):
    cube = np.stack([sky, sky[::-1], sky[:, ::-1]])
    path = write_fits(tmp_path / "c.fits", cube, radio_header(cube.shape))
    masks = write_fits(tmp_path / "m.fits", (cube > 1e-3).astype(np.uint8), radio_header(cube.shape))
    plane = write_fits(tmp_path / "p.fits", sky[::-1].copy())
    plane_mask = mask_file(tmp_path / "pm.fits", sky[::-1] > 1e-3)
    make_plot(path, masks, output=tmp_path / "c.png", planes=PlaneChoice.of("1"))
    make_plot(plane, plane_mask, output=tmp_path / "p.png")
    pictures = [matplotlib.image.imread(tmp_path / name) for name in ("c.png", "p.png")]
    # They differ in their titles alone.
    np.testing.assert_array_equal(*(picture[60:] for picture in pictures))
    with pytest.warns(SkerryNote, match=r"c.fits: of 3 planes plane 0 is drawn"):
        make_plot(path, output=tmp_path / "first.png")


def test_steps_are_those_of_the_plane_that_is_drawn(tmp_path, sky):
    cube = np.stack([sky, sky[::-1]])
    path = write_fits(tmp_path / "c.fits", cube, radio_header(cube.shape))
    made = make_mask(path, output=tmp_path / "c.mask.fits").mask
    plane = write_fits(tmp_path / "p.fits", sky[::-1].copy())
    make_plot(path, made, output=tmp_path / "c.png", steps=True, planes=PlaneChoice.of("1"))
    make_plot(plane, make_mask(plane).mask, output=tmp_path / "p.png", steps=True)
    pictures = [matplotlib.image.imread(tmp_path / name) for name in ("c.png", "p.png")]
    np.testing.assert_array_equal(*(picture[60:] for picture in pictures))


def test_a_mask_of_some_planes_does_not_say_of_which(tmp_path, sky):
    cube = np.stack([sky, sky, sky])
    path = write_fits(tmp_path / "c.fits", cube, radio_header(cube.shape))
    masks = write_fits(tmp_path / "m.fits", (cube[:2] > 1e-3).astype(np.uint8), radio_header(cube[:2].shape))
    with pytest.raises(SkerryError, match=r"m.fits: has 2 planes, but .*c.fits has 3; give a mask of one plane"):
        make_plot(path, masks, output=tmp_path / "c.png", planes=PlaneChoice.of("1"))


def test_a_mask_of_chosen_planes_lies_over_the_first_of_them(tmp_path, sky):
    cube = np.stack([sky, sky[::-1], sky[:, ::-1]])
    path = write_fits(tmp_path / "c.fits", cube, radio_header(cube.shape))
    assert main(["mask", str(path), "--planes", "1-2", "-q", "--plot", str(tmp_path / "c.png")]) == 0
    plane = write_fits(tmp_path / "p.fits", sky[::-1].copy())
    mask = read_first_plane(tmp_path / "c.mask.fits")
    make_plot(plane, mask_file(tmp_path / "pm.fits", mask), output=tmp_path / "p.png")
    pictures = [matplotlib.image.imread(tmp_path / name) for name in ("c.png", "p.png")]
    np.testing.assert_array_equal(*(picture[60:] for picture in pictures))


def read_first_plane(path):
    return fits.getdata(path).reshape(-1, 200, 240)[0]


def test_the_brightest_islands_are_enlarged_by_their_numbers(tmp_path, sky):
    image = write_fits(tmp_path / "x.fits", np.tile(sky, (3, 3)))
    path = mask_file(tmp_path / "m.fits", np.tile(sky, (3, 3)) > 1e-3)
    with StepFiles("plot", [image, path], [], False) as files:
        subject = files.open_image(image)
        drawn = one_mask(files.open_mask(path, subject))
        details = brightest_details(subject, drawn, Window.of(subject.data.shape), None)
        below = brightest_details(subject, drawn, Window(0, 200, 0, 240), None)
    assert len(details) == 3
    peak = sky.max()
    assert all(detail.title.endswith(f", {peak:.3g} Jy/beam") for detail in details)
    first = details[0].window
    assert (first.top + first.bottom) // 2 == 50
    assert (first.left + first.right) // 2 == 60
    assert all(detail.window.bottom <= 200 + 32 for detail in below)


def test_regions_are_outlined_without_the_excluded_ones(image, tmp_path):
    regions = tmp_path / "x.reg"
    regions.write_text("image\nbox(61,51,10,20,0)\n-box(61,51,2,2,0)\nnonsense(1)\nbox(9000,1,2,2,0)\n")
    with StepFiles("plot", [image], [], False) as files:
        subject = files.open_image(image)
        with pytest.warns(SkerryWarning) as heard:
            drawn = with_regions(None, regions, subject)
        inside = np.asarray(drawn.bits) != 0
    told = [str(one.message).partition("x.reg: ")[2] for one in heard]
    assert told == [
        "line 4: 'nonsense(1)' is not understood: nonsense is neither a shape nor a frame",
        "line 5: the region holds the centre of no pixel of the image",
    ]
    assert drawn.layers[-1].label == f"x.reg: 2 regions, {inside.sum()} pixels"
    assert inside[50, 57]
    assert not inside[50, 60]
    assert not inside[50, 70]


def test_of_many_bad_lines_a_few_are_told(image, tmp_path):
    regions = tmp_path / "x.reg"
    regions.write_text("image\n" + "nonsense(1)\n" * 50 + "circle(60,50,5)\n")
    with pytest.warns(SkerryWarning) as heard:
        make_plot(image, region=regions, output=tmp_path / "x.png")
    assert len(heard) == 6
    assert str(heard[-1].message) == f"{regions}: 45 more of its lines are not understood"


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the most memory of a process is in /proc")
def test_a_large_image_is_never_in_memory(tmp_path):
    code = (
        "import sys; from skerry.cli import main\n"
        "assert main(['plot', *sys.argv[1:], '--threads', '1']) == 0\n"
        "print(next(line for line in open('/proc/self/status') if line.startswith('VmHWM')).split()[1])"
    )
    taken = []
    for n in (1000, 6000):
        values = np.random.default_rng(n).normal(size=(500, n)).astype(np.float32)
        image = np.tile(values, (n // 500, 1))
        path, mask = write_fits(tmp_path / f"{n}.fits", image), mask_file(tmp_path / f"{n}.m.fits", image > 4)
        command = [sys.executable, "-c", code, str(path), str(mask), "-o", str(tmp_path / f"{n}.png")]
        result = subprocess.run(command, capture_output=True, text=True)
        assert result.returncode == 0, result.stderr
        taken.append(int(result.stdout.split()[-1]) * 1024)
        path.unlink()
    # The image has 144 MB, its mask 36 MB.
    assert taken[1] - taken[0] < 80e6
