"""A mask that is changed by hand: files, islands by number and position, regions, other grids, and what is told."""

from __future__ import annotations

import json

import numpy as np
import pytest
from astropy.io import fits
from astropy.wcs import WCS
from conftest import radio_header, write_fits
from numpy.testing import assert_array_equal
from scipy import ndimage

from skerry import SkerryError, SkerryWarning
from skerry.cli import main
from skerry.errors import SkerryNote
from skerry.io.headers import is_mask_header, mask_scales, scale_facts
from skerry.io.history import steps_of
from skerry.masking.island_table import measure_islands
from skerry.planes.limits import use_limits
from skerry.steps.chosen_planes import PlaneChoice
from skerry.steps.edit import make_edited_mask
from skerry.steps.edits import Edit
from skerry.steps.info import describe_mask
from skerry.steps.split_scales import make_masks_of_scales

SHAPE = (40, 50)
SCALES = (0, 8, 16)
ISLANDS = ((2, 6, 3, 8), (4, 5, 20, 21), (15, 25, 10, 20), (18, 22, 30, 34), (30, 39, 40, 49))
"""First and last rows and columns, beyond the last; in the order of their numbers."""


def islands(*numbers):
    mask = np.zeros(SHAPE, np.uint8)
    for number in numbers or range(1, len(ISLANDS) + 1):
        top, bottom, left, right = ISLANDS[number - 1]
        mask[top:bottom, left:right] = 1
    return mask


def header(**keys):
    return radio_header(SHAPE, unit=None, **keys)


@pytest.fixture
def mask(tmp_path):
    return write_fits(tmp_path / "x.mask.fits", islands(), header())


@pytest.fixture
def scale_mask(tmp_path):
    """Scale mask whose larger scales lie within the smaller ones."""
    bits = islands() + 2 * islands(3, 5) + 4 * islands(5)
    head = header()
    head.update(scale_facts(SCALES))
    return write_fits(tmp_path / "x.scalemask.fits", bits, head)


def edited(mask, *edits, name="edited.fits", **given):
    output = mask.with_name(name)
    made = make_edited_mask(mask, [Edit(*edit) for edit in edits], output=output, overwrite=True, **given)
    return fits.getdata(made.mask), made


def position(y, x, head=None):
    """ICRS position of a pixel, as a user types it."""
    place = WCS(head or header()).celestial.pixel_to_world(x, y).icrs
    return f"{place.ra.deg:.6f},{place.dec.deg:.6f}"


# Islands.


@pytest.mark.parametrize(
    ("edits", "left"),
    [
        ([("drop", "2")], (1, 3, 4, 5)),
        ([("drop", "2,4-5")], (1, 3)),
        ([("drop", "2"), ("drop", "4"), ("drop", "5")], (1, 3)),
        ([("keep", "2,4-5")], (2, 4, 5)),
        ([("keep", "2"), ("keep", "4")], (2, 4)),
        ([("keep", "2-4"), ("drop", "3"), ("keep", "1,2")], (2,)),
        ([("min_size", 16)], (1, 3, 4, 5)),
        ([("min_size", 21)], (3, 5)),
    ],
)
def test_islands_are_those_of_the_file_whatever_was_done_before(mask, edits, left):
    found, made = edited(mask, *edits)
    assert_array_equal(found, islands(*left))
    assert (made.report.islands, made.report.pixels) == (len(left), islands(*left).sum())


def test_an_island_goes_by_its_number_when_it_has_grown_into_another(mask):
    found, _ = edited(mask, ("dilate", 11), ("keep", "4"))
    assert ndimage.label(found, np.ones((3, 3)))[1] == 1
    assert found[17, 12] == found[20, 31] == 1


def test_islands_have_the_numbers_and_the_snr_that_stats_shows(tmp_path, rng):
    pixels = (rng.random(SHAPE) > 0.8).astype(np.uint8)
    signal = rng.normal(0, 3, SHAPE).astype(np.float32)
    path = write_fits(tmp_path / "m.fits", pixels, header())
    image = write_fits(tmp_path / "s.fits", signal, radio_header(SHAPE, unit="sigma"))
    table = measure_islands(pixels, signal, signal=signal)
    labels = table.islands.labels(slice(None))
    for number in (1, len(table) // 2, len(table)):
        assert_array_equal(edited(path, ("keep", f"{number}"))[0], labels == number)
    bright = 1 + np.flatnonzero(table.snr >= 4)
    assert_array_equal(edited(path, ("min_snr", 4.0), image=image)[0], np.isin(labels, bright))


@pytest.mark.parametrize("pixel", [(18, 15), (15, 10), (24, 19)])
def test_an_island_is_chosen_by_a_position(mask, pixel):
    assert_array_equal(edited(mask, ("keep", position(*pixel)))[0], islands(3))


def test_a_position_is_icrs_in_any_frame_of_the_mask(tmp_path):
    head = header(ra=120.0, dec=-30.0)
    head["CTYPE1"], head["CTYPE2"] = "GLON-SIN", "GLAT-SIN"
    path = write_fits(tmp_path / "galactic.fits", islands(), head)
    assert_array_equal(edited(path, ("drop", position(20, 32, head)))[0], islands(1, 2, 3, 5))


def test_where_no_island_is_nothing_changes_and_that_is_told(mask):
    with pytest.warns(SkerryWarning, match="no island is at .*, the nearest is 3 pixels away"):
        found, made = edited(mask, ("drop", position(12, 15)))
    assert_array_equal(found, islands())
    assert not made.report.edits[0].changed
    assert "no island is at" in made.report.warnings[0]


def test_a_mask_of_which_no_island_is_kept_is_told_empty(mask):
    with pytest.warns(SkerryWarning) as told:
        found, _ = edited(mask, ("keep", position(12, 15)))
    assert not found.any()
    assert "x.mask.fits: the mask is empty" in {str(one.message) for one in told}


# Other masks.


def test_a_mask_with_itself(mask):
    for operation in ("union", "intersect"):
        found, made = edited(mask, (operation, mask))
        assert_array_equal(found, islands())
        assert not made.report.edits[0].changed
    with pytest.warns(SkerryWarning, match="the mask is empty"):
        assert not edited(mask, ("subtract", mask))[0].any()


def test_operations_are_done_in_their_order(mask):
    other = write_fits(mask.with_name("other.fits"), islands(3), header())
    first = edited(mask, ("subtract", other), ("union", other), ("dilate", 1))[0]
    assert_array_equal(first, ndimage.binary_dilation(islands(), iterations=1))
    second = edited(mask, ("dilate", 1), ("union", other), ("subtract", other))[0]
    assert_array_equal(second, ndimage.binary_dilation(islands()) & (islands(3) == 0))


@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.float32, ">i4"])
def test_masks_of_any_type_go_together(mask, dtype):
    other = write_fits(mask.with_name("other.fits"), islands(3).astype(dtype), header())
    found, _ = edited(other, ("union", mask))
    assert found.dtype == np.uint8
    assert_array_equal(found, islands())


def test_labels_need_to_be_taken_for_one(mask):
    labels = write_fits(mask.with_name("labels.fits"), 3 * islands(3), header())
    for one, other in ((labels, mask), (mask, labels)):
        with pytest.raises(SkerryError, match=r"labels.fits: has values up to 3.*give `nonzero`"):
            edited(one, ("union", other))
        assert_array_equal(edited(one, ("union", other), nonzero=True)[0], islands())


def moved(array, down, right):
    return np.roll(array, (down, right), (0, 1))


def test_a_mask_on_another_grid_is_reprojected(mask):
    head = header()
    head["CRPIX1"], head["CRPIX2"] = head["CRPIX1"] + 7, head["CRPIX2"] - 2
    other = write_fits(mask.with_name("other.fits"), moved(islands(3), -2, 7), head)
    with pytest.raises(SkerryError, match=r"other.fits: is shifted.*or give `reproject`"):
        edited(mask, ("subtract", other))
    assert_array_equal(edited(mask, ("subtract", other), reproject=True)[0], islands(1, 2, 4, 5))
    assert_array_equal(edited(mask, ("intersect", other), reproject=True)[0], islands(3))


def test_an_island_of_a_finer_mask_is_not_lost(mask):
    fine = np.zeros((4 * SHAPE[0], 4 * SHAPE[1]), np.uint8)
    fine[41, 82] = 1
    head = radio_header(fine.shape, unit=None, pixel=1.5 / 3600)
    head["CRPIX1"], head["CRPIX2"] = (4 * (header()[f"CRPIX{axis}"] - 0.5) + 0.5 for axis in (1, 2))
    found, _ = edited(mask, ("union", write_fits(mask.with_name("fine.fits"), fine, head)), reproject=True)
    only = np.zeros(SHAPE, np.uint8)
    only[10, 20] = 1
    assert_array_equal(found - islands(), only)


def test_a_mask_elsewhere_changes_nothing_and_that_is_told(mask):
    other = write_fits(mask.with_name("far.fits"), islands(), header(ra=80.0))
    with pytest.warns(SkerryWarning, match=r"far.fits: has no pixel in common with x.mask.fits"):
        found, made = edited(mask, ("union", other), reproject=True)
    assert_array_equal(found, islands())
    assert not made.report.edits[0].changed


# Scale masks.


def by_scale(path):
    return [fits.getdata(one) for one in make_masks_of_scales(path, overwrite=True)]


@pytest.mark.parametrize(
    "edits",
    [
        [("dilate", 2)],
        [("erode", 1)],
        [("fill_holes",)],
        [("union", "more")],
        [("subtract", "more")],
        [("intersect", "more")],
        [("dilate", 2), ("subtract", "more"), ("erode", 1)],
    ],
)
def test_a_scale_mask_is_edited_scale_by_scale(scale_mask, edits):
    more = write_fits(scale_mask.with_name("more.fits"), moved(islands(3, 5), 2, 3), header())
    edits = [(name, more if "more" in value else value[0]) if value else (name,) for name, *value in edits]
    found, made = edited(scale_mask, *edits, name="edited.scalemask.fits")
    assert made.scale_mask == made.mask
    assert mask_scales(fits.getheader(made.mask)) == SCALES
    masks = make_masks_of_scales(scale_mask)
    for n, one in enumerate(masks):
        assert_array_equal(found >> n & 1, edited(one, *edits)[0])


def test_bits_go_with_their_islands(scale_mask):
    bits = fits.getdata(scale_mask)
    assert_array_equal(edited(scale_mask, ("keep", "3,5"))[0], np.where(islands(3, 5), bits, 0))


def test_scale_masks_of_the_same_scales_go_together_bit_by_bit(scale_mask):
    head = header()
    head.update(scale_facts(SCALES))
    other = write_fits(scale_mask.with_name("other.fits"), 2 * islands(1, 3), head)
    bits = fits.getdata(scale_mask)
    for name, expected in (("union", bits | 2 * islands(1, 3)), ("subtract", bits & ~(2 * islands(1, 3)))):
        assert_array_equal(edited(scale_mask, (name, other))[0], expected)


def test_scale_masks_of_other_scales_are_refused(scale_mask):
    head = header()
    head.update(scale_facts((0, 4)))
    other = write_fits(scale_mask.with_name("other.fits"), islands(), head)
    with pytest.raises(SkerryError, match=r"other.fits: has the scales 0,4, and .*x.scalemask.fits 0,8,16"):
        edited(scale_mask, ("union", other))


def test_many_scales_keep_their_type(tmp_path, rng):
    scales = tuple(range(0, 36, 4))
    head = header()
    head.update(scale_facts(scales))
    bits = rng.integers(0, 512, SHAPE, dtype=np.int16)
    path = write_fits(tmp_path / "x.fits", bits, head)
    found, _ = edited(path, ("union", path))
    assert found.dtype == np.dtype(">i2")
    assert_array_equal(found, bits)


def test_the_mask_of_one_scale_stays_one(scale_mask):
    one = make_masks_of_scales(scale_mask, scale=8)[0]
    assert fits.getheader(edited(one, ("dilate", 1))[1].mask)["SKSCALE"] == 8


# Regions.


@pytest.fixture
def regions(tmp_path):
    """A box of 7 x 5 pixels round (12, 25), less a circle."""
    path = tmp_path / "more.reg"
    path.write_text("image\nbox(26,13,7,5)\n-circle(26,13,1)\nnonsense(1,2)\n")
    return path


def in_regions():
    box = np.zeros(SHAPE, bool)
    box[10:15, 22:29] = True
    box[12, 24:27] = box[11:14, 25] = False
    return box


def test_regions_are_added_and_removed(mask, regions):
    with pytest.warns(SkerryWarning, match=r"more.reg: line 4: 'nonsense\(1,2\)' is not understood"):
        found, made = edited(mask, ("add_regions", regions))
    assert_array_equal(found, islands() | in_regions())
    assert made.report.edits[0].operation == "add-regions more.reg (2 of 2 regions)"
    with pytest.warns(SkerryWarning, match="not understood"):
        assert_array_equal(edited(made.mask, ("remove_regions", regions), name="back.fits")[0], islands())


def test_regions_have_all_bits(scale_mask, regions):
    bits = fits.getdata(scale_mask)
    with pytest.warns(SkerryWarning, match="not understood"):
        assert_array_equal(edited(scale_mask, ("add_regions", regions))[0], np.where(in_regions(), 7, bits))


def test_a_region_that_touches_nothing_changes_nothing_and_is_told(mask):
    path = mask.with_name("off.reg")
    path.write_text("image;circle(500,500,3)\n")
    with pytest.warns(SkerryNote, match=r"off.reg: line 1: the region holds the centre of no pixel"):
        found, made = edited(mask, ("remove_regions", path))
    assert_array_equal(found, islands())
    assert not made.report.edits[0].changed
    assert not fits.getheader(made.mask).get("SKWARN")  # a region beside this beam is no fault of the mask


def test_what_is_amiss_with_many_lines_is_told_in_a_few(mask):
    path = mask.with_name("off.reg")
    path.write_text("image\n" + "circle(500,500,3)\n" * 100)
    with pytest.warns(SkerryWarning) as told:
        edited(mask, ("add_regions", path))
    assert len(told) == 6
    assert "95 more of its lines" in str(told[-1].message)


@pytest.mark.parametrize("column", [0, 3, 41])
def test_regions_at_any_column_leave_no_pixel_beside_them(mask, column):
    path = mask.with_name("one.reg")
    path.write_text(f"image;box({column + 5},4,9,3)\n")
    expected = islands() > 0
    expected[2:5, column : column + 9] = True
    assert_array_equal(edited(mask, ("add_regions", path))[0], expected)


# With an image.


@pytest.fixture
def image(tmp_path):
    """An island of 3 to 20 sigma each, of which the fourth has invalid pixels, as has the sky."""
    data = np.zeros(SHAPE, np.float32)
    for number, peak in enumerate((3, 20, 5, 10, 7), start=1):
        data += islands(number) * np.float32(1e-3 * peak)
    data[19, 31], data[10:13, 24] = np.nan, np.inf
    return write_fits(tmp_path / "x.fits", data, radio_header(SHAPE))


@pytest.fixture
def rms(tmp_path):
    return write_fits(tmp_path / "x.rms.fits", np.full(SHAPE, 1e-3, np.float32), radio_header(SHAPE))


def test_faint_islands_are_left_out(mask, image, rms):
    found, made = edited(mask, ("min_snr", 6.0), image=image, noise=rms)
    expected = islands(2, 4, 5)
    expected[19, 31] = 0
    assert_array_equal(found, expected)
    assert [edit.operation for edit in made.report.edits] == ["invalid pixels of x.fits", "min-snr 6.0"]


def test_a_signal_image_needs_no_noise(mask, image):
    data = fits.getdata(image) / np.float32(1e-3)
    signal = write_fits(mask.with_name("x.signal.fits"), data, radio_header(SHAPE, unit="sigma"))
    assert_array_equal(edited(mask, ("min_snr", 6.0), image=signal)[0] > 0, (islands(2, 4, 5) > 0) & ~np.isnan(data))


def test_the_noise_is_measured_where_none_is_given(tmp_path, rng):
    data = rng.normal(0, 1e-3, (200, 200)).astype(np.float32)
    data[50:53, 50:53] += 0.02
    data[150:153, 150:153] += 0.004
    found = np.zeros((200, 200), np.uint8)
    found[50:53, 50:53] = found[150:153, 150:153] = 1
    head = radio_header((200, 200))
    image, mask = write_fits(tmp_path / "x.fits", data, head), write_fits(tmp_path / "m.fits", found, head)
    kept = edited(mask, ("min_snr", 12.0), image=image)[0]
    assert_array_equal(kept[:100], found[:100])
    assert not kept[100:].any()


def test_invalid_pixels_never_get_in(mask, image, regions):
    invalid = ~np.isfinite(fits.getdata(image))
    full = write_fits(mask.with_name("full.fits"), np.ones(SHAPE, np.uint8), header())
    for edits in ([("dilate", 9)], [("union", full)], [("add_regions", regions)], [("fill_holes",), ("erode", 1)]):
        with pytest.warns(SkerryWarning, match="not understood") if "add_regions" in edits[0] else np.errstate():
            assert not (edited(mask, *edits, image=image)[0].astype(bool) & invalid).any()


# Files.


@pytest.mark.parametrize("axes", [None, 2, 4])
def test_a_mask_has_the_axes_of_what_it_was(tmp_path, axes):
    path = write_fits(tmp_path / "x.mask.fits", islands(), radio_header((1, 1, *SHAPE), unit=None), ndim=4)
    found, made = edited(path, ("drop", "2"), axes=axes)
    assert found.ndim == (axes or 4)
    assert_array_equal(found.reshape(SHAPE), islands(1, 3, 4, 5))
    assert is_mask_header(fits.getheader(made.mask))


def test_bands_do_not_show(mask, regions, image, rms, band_rows):
    edits = [("dilate", 3), ("add_regions", regions), ("fill_holes",), ("min_snr", 4.0), ("erode", 2), ("drop", "5")]
    with pytest.warns(SkerryWarning, match="not understood"):
        found, _ = edited(mask, *edits, image=image, noise=rms)
    valid = np.isfinite(fits.getdata(image))
    disc = [np.hypot(*np.mgrid[-n : n + 1, -n : n + 1]) <= n for n in range(4)]
    plain = ndimage.binary_dilation(islands() & valid, disc[3]) & valid
    plain = ndimage.binary_fill_holes((plain | in_regions()) & valid) & valid
    snr = np.nan_to_num(fits.getdata(image), posinf=0) / 1e-3
    labels, count = ndimage.label(plain, np.ones((3, 3)))
    plain &= np.isin(labels, [n for n in range(1, count + 1) if snr[labels == n].max() >= 4])
    plain = ndimage.binary_erosion(plain, disc[2], border_value=1)
    labels, _ = ndimage.label(plain, np.ones((3, 3)))
    plain &= ~np.isin(labels, np.setdiff1d(labels[islands(5) > 0], 0))
    assert_array_equal(found, plain)


def test_memory_does_not_show(mask):
    with use_limits(200_000_000, 1):
        little = edited(mask, ("dilate", 3), ("fill_holes",), ("erode", 1))[1].mask.read_bytes()
    assert edited(mask, ("dilate", 3), ("fill_holes",), ("erode", 1))[1].mask.read_bytes() == little


def test_history_says_each_operation_in_its_order(mask, regions):
    other = write_fits(mask.with_name("other.fits"), islands(3), header())
    edits = [("drop", "2"), ("dilate", 1), *[("union", other)] * 8, ("fill_holes",), ("subtract", mask)]
    _, made = edited(mask, *edits)
    step = steps_of(fits.getheader(made.mask))[-1]
    assert step.command == "edit"
    assert list(step.options.items()) == [
        ("01_drop", "2"),
        ("02_dilate", "1"),
        *((f"{n:02d}_union", "other.fits") for n in range(3, 11)),
        ("11_fill_holes", "True"),
        ("12_subtract", "x.mask.fits"),
    ]
    assert [(file.name, file.role) for file in step.inputs] == [("x.mask.fits", None), ("other.fits", "03_union")]


def test_the_commands_of_info_make_it_again(mask, scale_mask, regions, image, rms, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "again").mkdir()
    lines = {
        "a.fits": "edit x.mask.fits --dilate 1 --add-regions more.reg --drop 2,4 --fill-holes --erode 1 -o a.fits",
        "b.fits": "edit a.fits --min-snr 6 --image x.fits --noise x.rms.fits --subtract x.mask.fits -o b.fits",
        "c.fits": "edit x.scalemask.fits --union a.fits --intersect a.fits --keep 1-3 -o c.fits",
    }
    for line in lines.values():
        assert main(line.split()) == 0
    for name in lines:
        info = describe_mask(tmp_path / name)
        assert info.made.problem is None
        with monkeypatch.context() as there:
            there.chdir(tmp_path / "again")
            for file in info.made.inputs:
                (tmp_path / "again" / file.name).write_bytes((tmp_path / file.name).read_bytes())
            for command in info.made.commands:
                assert main([*command.split()[1:], "--overwrite"]) == 0
        again, first = (fits.getdata(place / name, header=True) for place in (tmp_path / "again", tmp_path))
        assert_array_equal(again[0], first[0])
        assert str(again[1]["HISTORY"]) == str(first[1]["HISTORY"])


def test_files_of_one_name_are_told_apart(mask):
    (mask.parent / "other").mkdir()
    other = write_fits(mask.parent / "other" / "x.mask.fits", islands(3), header())
    _, made = edited(mask, ("subtract", other))
    step = steps_of(fits.getheader(made.mask))[-1]
    assert step.options["01_subtract"] == step.inputs[1].name == "other/x.mask.fits"


# Cubes.


@pytest.fixture
def cube(tmp_path):
    planes = np.stack([islands(), islands(1, 3), islands(2)])
    head = radio_header((3, *SHAPE), unit=None)
    head["CTYPE3"], head["CRVAL3"], head["CDELT3"] = "FREQ", 1.4e9, 1e6
    return write_fits(tmp_path / "x.cube.mask.fits", planes, head)


def test_each_plane_of_a_cube_is_edited(cube, mask):
    found, made = edited(cube, ("dilate", 1), ("subtract", mask))
    planes = fits.getdata(cube)
    for plane, expected in zip(found, planes, strict=True):
        assert_array_equal(plane, ndimage.binary_dilation(expected) & (islands() == 0))
    (dilated, subtracted) = made.report.edits
    assert (dilated.pixels_before, dilated.pixels) == (planes.sum(), subtracted.pixels_before)
    assert subtracted.pixels == found.sum()


def test_numbers_are_those_of_one_plane(cube):
    with pytest.raises(SkerryError, match=r"plane 1.*in each plane of a cube islands have numbers of their own"):
        edited(cube, ("drop", "1"))
    assert not cube.with_name("edited.fits").exists()
    found, _ = edited(cube, ("drop", "1"), planes=PlaneChoice((1, 1)))
    assert_array_equal(found.reshape(SHAPE), islands(3))
    with pytest.warns(SkerryWarning, match="plane 2: no island is at"):
        assert_array_equal(edited(cube, ("drop", position(4, 5)))[0][1], islands(3))


def test_regions_for_channels_are_those_of_a_plane(cube):
    path = cube.with_name("channels.crtf")
    path.write_text("#CRTFv0\ncenterbox [[25pix,12pix],[3pix,3pix]], range=[1chan,2chan]\n")
    with pytest.warns(SkerryWarning, match="is for the channels 1 to 2"):
        found, _ = edited(cube, ("add_regions", path))
    assert_array_equal(found.sum(axis=(1, 2)) - fits.getdata(cube).sum(axis=(1, 2)), [0, 9, 9])


# The command line.


def test_the_order_is_that_of_the_command_line(mask, tmp_path, capsys):
    other = write_fits(tmp_path / "other.fits", islands(3), header())
    words = ["edit", str(mask), "--subtract", str(other), "--dilate=1", "--fill-holes", "--union", str(other)]
    words += ["-o", str(tmp_path / "out.fits"), "--dilate", "2", "--fill-holes", "--erode", "1"]
    assert main(words) == 0
    told = capsys.readouterr().err.splitlines()
    assert [line.removeprefix("skerry: ").split(":")[0] for line in told[:-1]] == [
        *("subtract other.fits", "dilate 1", "fill-holes", "union other.fits", "dilate 2", "fill-holes", "erode 1")
    ]
    assert told[0] == "skerry: subtract other.fits: 5 islands, 218 pixels -> 4 islands, 118 pixels"
    pixels = ndimage.binary_dilation(islands(1, 2, 4, 5)).sum()
    assert told[2] == f"skerry: fill-holes: changes nothing (4 islands, {pixels} pixels)"


def test_what_was_done_is_told_as_json(mask, capsys):
    assert main(["edit", str(mask), "--drop", "2", "-o", str(mask.with_name("o.fits")), "--json"]) == 0
    (edit,) = json.loads(capsys.readouterr().out)["report"]["edits"]
    assert edit == {
        "operation": "drop 2",
        "islands_before": 5,
        "pixels_before": 218,
        "islands": 4,
        "pixels": 217,
        "changed": True,
    }


def test_the_size_that_is_told_is_that_of_the_mask_whatever_the_others_have(mask, capsys):
    shape = (2 * SHAPE[0], 3 * SHAPE[1])
    other = write_fits(mask.with_name("wide.fits"), np.zeros(shape, np.uint8), radio_header(shape, unit=None))
    words = ["edit", str(mask), "--union", str(other), "--reproject", "-o", str(mask.with_name("o.fits"))]
    assert main(words) == 0
    assert f"; {SHAPE[1]} x {SHAPE[0]} pixels in " in capsys.readouterr().err


def test_the_mask_itself_is_no_output(mask, capsys):
    assert main(["edit", str(mask), "--drop", "2", "-o", str(mask), "--overwrite"]) == 2
    assert "is an input of this command and cannot be its output" in capsys.readouterr().err
    assert_array_equal(fits.getdata(mask), islands())
