"""Planes take as much memory as they say, and so does whatever goes through them band by band.

Every plane that the rooms below the steps make is computed in one large band, as is all work on bands; what NumPy and
the compiled loops allocate meanwhile is put beside what was declared. Each place in the source that makes a plane or
works on bands has to come up, in the worst case for it: too low and the process exceeds its memory, far too high and
bands get thin for nothing.
"""

from __future__ import annotations

import ast
import ctypes
import gc
import sys
import threading
import time
import tracemalloc
import warnings
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
import scipy.ndimage  # noqa: F401  or the first function that needs it would seem to take the memory of its modules
from conftest import radio_header
from numpy.typing import NDArray

import skerry
from skerry import MaskingOptions, SkerryWarning
from skerry.filters import (
    boxes,
    brightest_pixel,
    dilation,
    erosion,
    flood_marks,
    gaussian,
    grey_opening,
    growing_box,
    islands,
    opening,
)
from skerry.filters.connected_pixels import Islands
from skerry.masking import (
    beam_detection,
    companions,
    diffuse_islands,
    diffuse_scales,
    flat_regions,
    flood,
    flood_statistic,
    image_character,
    minimum_clip,
    noise,
    noise_weights,
    padding,
    scale_bits,
    scale_masks,
    signal,
    smoothed_floor,
    threshold,
)
from skerry.masking import erosion as erosion_by_options
from skerry.masking.artefact_pairs import depth_beside
from skerry.masking.bright_rims import without_bright_rims
from skerry.masking.edited_mask import EditedMask
from skerry.masking.false_islands import with_raised_seed_clip
from skerry.masking.island_table import measure_islands
from skerry.masking.kept_cores import cores_of_lost
from skerry.masking.mirror_images import without_mirrored
from skerry.masking.notable_pixels import NotablePixels
from skerry.masking.taken_away import lost_sources
from skerry.pictures import blocks
from skerry.planes import bands, computed
from skerry.planes.bits import BitMask
from skerry.planes.computed import Computed
from skerry.planes.limits import use_limits
from skerry.planes.plane import Needs
from skerry.sky.beam import pixel_beam
from skerry.sky.coadd import BeamImage, linear_mosaic
from skerry.sky.grid import celestial_wcs
from skerry.sky.nearest_pixels import NearestPixels

HIGHEST, LOWEST = 1.05, 0.4
"""What is taken over what was declared, at most, and at least in the worst case for a place."""
A_FEW_ROWS = 1 << 16
"""Bytes that a loop may take besides."""
SHAPE = (1000, 1024)
BAND_ROWS = 700
PIXELS_PER_STRIP = 1 << 12
"""So few that they count for nothing in a band of this size, as more do in larger ones."""
READ_ROWS_APART = {
    "masking/bright_rims:without_bright_rims",
    "masking/depth_of_noise:least_depth",
    "masking/mirror_images:_mirror_sums",
    "masking/smoothed_floor:_marked",
}
"""Of a band only some rows are computed, a few at a time, or those in which pixels are asked for."""
ROOMS = [Path(skerry.__file__).parent / room for room in ("filters", "masking", "pictures", "sky")]
WORDS = {"Computed", "pixelwise", "windowed", "both", "either", "without", "inverted", "valid_pixels"}
WORK = {"each_band", "for_each_band", "map_bands"}
BEAM = pixel_beam(radio_header(SHAPE))


class MallInfo(ctypes.Structure):
    """Of glibc."""

    _fields_ = [
        (name, ctypes.c_size_t)
        for name in [
            "arena",
            "ordblks",
            "smblks",
            "hblks",
            "hblkhd",
            "usmblks",
            "fsmblks",
            "uordblks",
            "fordblks",
            "keepcost",
        ]
    ]


def allocated() -> int:
    """Bytes that are allocated in the process."""
    info = MALLINFO()
    return info.uordblks + info.hblkhd


try:
    MALLINFO = ctypes.CDLL(None).mallinfo2
    MALLINFO.restype = MallInfo
except (AttributeError, OSError):
    pytestmark = pytest.mark.skip(reason="there is no mallinfo2 that says what compiled loops allocate")


def peak_of(function: Callable[[], Any]) -> tuple[Any, int]:
    """Do something, and tell how many more bytes were allocated at any time than before.

    What NumPy allocates is known at every moment, what a compiled loop does is looked at as often as can be.
    """
    tracemalloc.start()
    gc.collect()
    seen, done = [0], threading.Event()
    before = allocated()

    def look() -> None:
        while not done.is_set():
            seen[0] = max(seen[0], allocated() - before)
            time.sleep(1e-4)

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    looking = threading.Thread(target=look)
    looking.start()
    start = tracemalloc.get_traced_memory()[0]
    tracemalloc.reset_peak()
    try:
        result = function()
        peak = tracemalloc.get_traced_memory()[1] - start
    finally:
        done.set()
        looking.join()
        sys.setswitchinterval(interval)
        tracemalloc.stop()
    return result, max(peak, seen[0])


class Given:
    """An image whose rows are made afresh whenever they are asked for, as a file's are."""

    def __init__(self, array: NDArray[Any]) -> None:
        self.array, self.shape, self.dtype = array, array.shape, array.dtype
        self.needs = Needs(array.dtype.itemsize)

    def __getitem__(self, rows: slice) -> NDArray[Any]:
        return self.array[rows].copy()


class Record:
    """Planes that were made, and what work on bands took over what it said, by their places in the source."""

    def __init__(self) -> None:
        self.planes: dict[tuple[str, int], dict[Any, Computed]] = defaultdict(dict)
        self.work: dict[str, list[Taken]] = defaultdict(list)

    @contextmanager
    def listening(self, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
        """Record what is made and done meanwhile, in bands of `BAND_ROWS` on one thread."""
        make, needs_of_work = Computed.__init__, []

        def record(plane: Computed, *args: Any, **kwargs: Any) -> None:
            make(plane, *args, **kwargs)
            frame = innermost()
            if frame is not None:
                # Two planes of one place with the same needs are as good as the same.
                self.planes[place(frame), frame.f_lineno].setdefault((plane.shape, plane.needs), plane)

        def cut(
            shape: tuple[int, ...], needs: Needs, _result: int, multiple_of: int, _pixels: int
        ) -> tuple[list[slice], int]:
            needs_of_work.append((needs, shape[1]))
            rows = max(1, BAND_ROWS // multiple_of) * multiple_of
            return [slice(start, min(start + rows, shape[0])) for start in range(0, shape[0], rows)], 1

        def in_order(function: Callable[[slice], Any], pieces: list[slice], _workers: int) -> Iterator[Any]:
            needs, columns = needs_of_work.pop()
            frame = innermost()
            for piece in pieces:
                result, peak = peak_of(lambda piece=piece: function(piece))
                if frame is not None:
                    rows = piece.stop - piece.start
                    self.work[place(frame)].append(Taken(peak, needs.memory(rows, columns), rows * columns))
                yield result

        with monkeypatch.context() as patched:
            patched.setattr(Computed, "__init__", record)
            patched.setattr(bands, "_cut", cut)
            patched.setattr(bands, "_in_order", in_order)
            patched.setattr(computed, "PIXELS_PER_STRIP", PIXELS_PER_STRIP)
            yield


def innermost() -> Any:
    """Frame of the rooms that were called last."""
    frame = sys._getframe(2)
    while frame is not None and not any(room in Path(frame.f_code.co_filename).parents for room in ROOMS):
        frame = frame.f_back
    return frame


def place(frame: Any) -> str:
    """Module and function of a frame."""
    path = Path(frame.f_code.co_filename)
    return f"{path.parent.name}/{path.stem}:{frame.f_code.co_qualname.split('.<locals>')[0]}"


class Taken(NamedTuple):
    """What was allocated for some rows, in bytes, and what was declared."""

    bytes: int
    declared: int
    pixels: int

    @property
    def is_more(self) -> bool:
        """Whether it is more than what was declared."""
        return self.bytes > HIGHEST * self.declared + A_FEW_ROWS

    @property
    def is_wrong(self) -> bool:
        """Whether it is more than what was declared, or far less, by a byte a pixel or more."""
        is_less = self.bytes < LOWEST * self.declared and self.declared - self.bytes > self.pixels
        return self.is_more or is_less


def taken_by(plane: Computed) -> Taken:
    """What a band of a plane takes, once what is kept of bands is there."""
    ny, nx = plane.shape
    rows = slice(ny // 7, ny * 6 // 7)
    count = rows.stop - rows.start
    plane[rows]
    _, peak = peak_of(lambda: plane[rows])
    return Taken(peak, plane.needs.memory(count, nx), count * nx)


def calls(names: set[str]) -> Iterator[tuple[str, range]]:
    """Calls of some functions in the rooms: module and function that it stands in, and its lines."""

    def walk(node: ast.AST, within: list[str], module: str) -> Iterator[tuple[str, range]]:
        for child in ast.iter_child_nodes(node):
            inside = within
            if isinstance(child, ast.ClassDef) or (
                isinstance(child, ast.FunctionDef) and (not within or isinstance(node, ast.ClassDef))
            ):
                inside = [*within, child.name]
            if isinstance(child, ast.Call) and isinstance(child.func, ast.Name) and child.func.id in names:
                yield f"{module}:{'.'.join(inside)}", range(child.lineno, child.end_lineno + 1)
            yield from walk(child, inside, module)

    for path in sorted(path for room in ROOMS for path in room.glob("*.py")):
        yield from walk(ast.parse(path.read_text()), [], f"{path.parent.name}/{path.stem}")


def sky_in_noise() -> NDArray[np.float32]:
    """Noise of 1 sigma with bright sources, artefacts of both signs round them, a plateau and invalid pixels."""
    random = np.random.default_rng(11)
    image = random.normal(size=SHAPE).astype(np.float32)
    y, x = np.mgrid[-40:41, -40:41]
    radius = np.hypot(y, x)
    source = 400 * np.exp(-(radius**2) / 8) - 30 * (np.abs(radius - 20) < 2) + 25 * (np.abs(radius - 30) < 2)
    for row in range(60, SHAPE[0] - 50, 130):
        for column in range(60, SHAPE[1] - 50, 130):
            image[row - 40 : row + 41, column - 40 : column + 41] += source
    image[500:650, 200:800] += 8
    image[random.random(SHAPE) < 1e-3] = np.nan
    image[:9], image[-5:] = np.nan, np.inf
    return image.astype(np.float32)


SKY = sky_in_noise()
COMBED = np.zeros(SHAPE, bool)
"""Mask of which every second pixel is set, so that it has as many runs as can be."""
COMBED[:, ::2] = True
FULL = np.ones(SHAPE, bool)
FEW = np.zeros(SHAPE, bool)
FEW[::13, ::13] = True


def options(**given: Any) -> MaskingOptions:
    return MaskingOptions(flood_fill=True, flood_fill_use_mac_box_size=35, **given)


def statistics_of_boxes() -> None:
    image = Given(SKY)
    boxes.box_minimum(image, 75)
    boxes.box_maximum(image, 75)
    boxes.is_skewed(image, 75, 0.7)
    positive = Given(np.abs(SKY) - np.float32(0.02))
    growing_box.GrowingBox.of(positive, [75, 150, 300], 0.7).minimum(positive)
    # Of so small a box nothing is sure of any cell.
    growing_box.GrowingBox.of(image, [9, 20], 0.95)
    grey_opening.grey_opening(image, 64)
    brightest_pixel.highest_and_valid(image)
    brightest_pixel.Surveyed(image).survey()
    brightest_pixel.Surveyed(image).invalid()


def shapes() -> None:
    corner = np.ones((5, 5), bool)
    corner[::4, ::4] = False
    # As many runs of its centres as there can be.
    opening.opened_by_shape(BitMask.of(Given(np.broadcast_to(np.arange(SHAPE[1]) % 6 < 5, SHAPE))), corner)
    mask, bits = Given(SKY > 0), BitMask.of(Given(SKY > 0))
    opening.closed(mask, 9)
    opening.opened(bits, 9)
    dilation.dilated(bits, 2)
    # One pixel is as thin as a shape can be: every run of the mask is compared with it.
    erosion.eroded(Given(COMBED), np.ones((1, 1), bool))
    erosion.eroded_by_each(Given(COMBED), [np.ones((3, 1), bool), np.ones((1, 1), bool)], np.int16)


def smoothing() -> None:
    image = Given(SKY)
    for sigma in (2.0, 3.6, 12.0):
        gaussian.smoothed(image, sigma)
        gaussian.smoothed_sample(image, sigma, 1)
    gaussian.smoothed_ahead(image, 3.6, image)
    scale_masks.image_at_scale(image, 16)


def islands_of_masks() -> None:
    image, mask = Given(SKY), Given(COMBED)
    flood_marks.floor_and_seeds(flood_marks.flood_marks(mask, Given(FULL)))
    islands.seeded_islands(flood_marks.snr_flood_marks(image, 5, 1))
    islands.significant_islands(mask, Given(np.nan_to_num(SKY)), 1, -9)
    islands.fill_holes(mask)
    islands.island_peaks(mask, Given(np.nan_to_num(SKY)))


def tables_of_islands() -> None:
    image, mask = Given(SKY), Given(COMBED.astype(np.int16))
    measure_islands(mask)
    both = {"scales": True, "negative_clip": 1, "negative_reach": 3, "both_signs": True}
    measure_islands(mask, image, signal=image, **both)


def noise_of_an_image() -> None:
    padded = SKY.copy()
    padded[:, :300] = 0
    image = Given(padded)
    rms, bkg = noise.noise_maps(image, box_size=64)
    signal.signal_image(Given(SKY), rms, bkg)
    signal.signal_image(image, rms, bkg)
    noise.noise_maps(Given(SKY), both_signs=True)
    for one in (image, Given(SKY)):
        noise.maps_of_grid(one, noise.grid_and_maps(one, box_size=64)[0])
    noise_weights.noise_weight(Given(SKY), 3.0)
    noise_weights.noise_weight(Given(SKY), None, Given(np.full_like(SKY, 2)))
    # Boxes as large as can be, of which few are usable; then none.
    noise.noise_maps(Given(SKY), box_size=700)
    holed = SKY.copy()
    holed[:, ::3], holed[:, 1::3] = np.nan, np.nan
    holed[500:700] = 0
    noise.noise_maps(Given(holed), box_size=700)
    flat_regions.flat_regions(Given(padded))
    padding.without_padding(Given(padded))
    padding.without_padding(Given(SKY))
    padding.without_padding(Given(np.zeros_like(SKY)))


def companions_of_an_image() -> None:
    companions.in_another_unit(Given(SKY), 1e-3)
    companions.is_zeros_and_ones(Given(COMBED.astype(np.float32)))
    companions.noise_facts(Given(SKY), Given(np.full(SHAPE, 1e9, np.float32)))


def levels() -> None:
    image = Given(SKY)
    level = minimum_clip.minimum_absolute_level(image, 75)
    level.plane(), level.exceeded(1.5), level.flood_marks(1.5, 1.2)
    # Where several boxes are tried, and where many or few pixels are looked at.
    positive = Given(np.abs(SKY) - np.float32(0.02))
    minimum_clip.minimum_absolute_level(positive, 75, adaptive_max_depth=2).exceeded(1.5, among=Given(FULL))
    level.exceeded(1.5, among=Given(FULL)), level.exceeded(1.5, among=Given(FEW))
    plateaus = options(flood_fill_statistic="both", flood_fill_mac_plateaus=True, flood_fill_mac_unit="sigma")
    minimum_clip.mac_level(image, plateaus, BEAM.area).flood_marks(1.5, 1.2)
    minimum_clip.skew_mask(Given(SKY), 0.2, 35)
    minimum_clip.minimum_absolute_clip(np.abs(SKY) - np.float32(0.02), adaptive_max_depth=2)


def floods() -> None:
    image, mac = Given(SKY), {"flood_fill_use_mac": True, "flood_fill_positive_flood_clip": 1.2}
    for one in (
        options(flood_fill_count_negative=True, flood_fill_false_islands=1),
        options(flood_fill_count_negative=True, suppress_artefacts=True, grow_low_snr_island=True),
        options(**mac),
        options(flood_fill_statistic="both"),
        options(flood_fill_statistic="both", flood_fill_smooth_beams=1.0, flood_fill_smooth_seed_factor=2.0),
    ):
        flood.flood_mask(image, one, signal=image, pixels_per_beam=BEAM.area)
        flood_statistic.marks_by_statistic(image, image, one, Given(SKY > 5), BEAM.area)
    smoothed_floor.smoothed_floor(image, one, BEAM.area)
    signed = one.model_copy(update={"both_signs": True})
    flood.flood_mask(image, signed, pixels_per_beam=BEAM.area)
    flood_statistic.marks_by_statistic(image, image, signed, Given(SKY > 5), BEAM.area)
    threshold.snr_mask(image, 5, both_signs=True)
    threshold.seed_mask(image, 1e6)
    lost_sources(BitMask.of(Given(SKY > 5)), BitMask(image.shape), image, 1)
    with_raised_seed_clip(image, options(flood_fill_false_islands=1), BEAM.area)
    without_mirrored(Given(FULL), image, options(suppress_artefacts=True), BEAM.area)
    both_signs = Given(np.where(np.arange(SHAPE[1]) % 2, SKY - 9, SKY + 9))
    depth_beside(NotablePixels(both_signs, 30, 3), Islands(Given(FULL)), np.ones(2, bool), BEAM.area)


def diffuse_emission() -> None:
    image = Given(SKY)
    diffuse_islands.large_faint_islands(image, left_out=Given(SKY > 5))
    smooth = options(grow_low_snr_island_smooth_beams=1.0, grow_low_snr_island_significance=3)
    diffuse_islands.diffuse_islands(image, smooth, BEAM.area)
    by_scales = options(flood_fill_diffuse_beams=(2, 8))
    diffuse_scales.grown_by_scales(image, BitMask.of(Given(SKY > 5)), by_scales, BEAM.area)
    image_character.image_character(image, BEAM.area)
    seen = options(extract_beam_smoothed_clip=2.0)
    for one, found in ((image, seen), (image, options()), (Given(np.full(SHAPE, np.nan, np.float32)), seen)):
        beam_detection.detected_by_beam(one, found, BEAM.area)


def rims_and_scales() -> None:
    masks = BitMask.of(Given(SKY > 2)), BitMask.of(Given(SKY > 4))
    with use_limits(threads=8):
        cores_of_lost(*masks, Given(SKY), BEAM, within=masks[0], highest_of=masks[0])
    kept = options(beam_shape_erode=True, beam_shape_erode_edge=False, beam_shape_erode_keep_cores=True)
    invalid = Given(np.where(SKY < -3, np.float32(np.nan), SKY))
    erosion_by_options.eroded_islands(BitMask.of(Given(SKY > 2)), BEAM, kept, (0, 16), signal=invalid)
    without_bright_rims(Given(FULL.view(np.uint8)), Given(SKY), options(beam_shape_erode_rims=True), BEAM.area)
    smoothed = options(beam_shape_erode_rims=True, beam_shape_erode_rims_smooth_beams=3.0)
    without_bright_rims(Given(FULL.view(np.uint8)), Given(SKY), smoothed, BEAM.area)
    by_scale = options(convolve_first=True, beam_shape_erode_scales=(0, 32))
    bits = scale_masks.mask_by_scales(Given(SKY), BEAM, by_scale)
    scale_bits.plane_of_scale(bits, 1, 2)


def edited_by_hand() -> None:
    bits = np.where(COMBED, np.arange(SHAPE[1]) % 7, 0).astype(np.int16)
    edited = EditedMask.of(Given(bits), 3)
    edited.plane()
    edited.dilated(3)
    edited.islands_fainter_than(5, Given(SKY))


def other_grids() -> None:
    wcs = celestial_wcs("of the test", radio_header(SHAPE))
    near = celestial_wcs("of the test", radio_header(SHAPE, ra=60.02))
    values = np.where(COMBED, np.arange(SHAPE[1]) % 7, 0).astype(np.int16)
    NearestPixels(Given(values), near, wcs, SHAPE, union=True)
    with use_limits(threads=8):  # Enough for all rows of tiles to be kept.
        linear_mosaic([BeamImage(Given(SKY), near)], wcs, SHAPE, primary_beam_fwhm=1.0)


def pictures() -> None:
    image, window = Given(SKY), blocks.Window(100, 900, 0, SHAPE[1] - 1)
    for step in (1, 5):
        blocks.extremes_of_blocks(image, step)
        blocks.bits_of_blocks(Given(COMBED), step)
    blocks.windowed_plane(image, window)


SCENES = [
    statistics_of_boxes,
    shapes,
    smoothing,
    islands_of_masks,
    tables_of_islands,
    noise_of_an_image,
    companions_of_an_image,
    levels,
    floods,
    diffuse_emission,
    rims_and_scales,
    edited_by_hand,
    other_grids,
    pictures,
]


@pytest.fixture(scope="module")
def record() -> Record:
    """What is made and done in all scenes."""
    found = Record()
    for scene in SCENES:
        with warnings.catch_warnings(), pytest.MonkeyPatch.context() as monkeypatch, found.listening(monkeypatch):
            warnings.simplefilter("ignore", SkerryWarning)
            scene()
    return found


def test_planes_take_what_they_say(record: Record, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(computed, "PIXELS_PER_STRIP", PIXELS_PER_STRIP)
    assert not wrong({at: [taken_by(plane) for plane in planes.values()] for at, planes in record.planes.items()})


def test_work_on_bands_takes_what_it_says(record: Record) -> None:
    found = wrong(record.work)
    assert not {at: taken for at, taken in found.items() if taken.is_more or at not in READ_ROWS_APART}


def wrong(taken: dict[Any, list[Taken]]) -> dict[Any, Taken]:
    """Places of which the worst case takes more, or far less, than is declared there."""
    worst = {at: max(of_place, key=lambda one: one.bytes / one.declared) for at, of_place in taken.items()}
    return {at: one for at, one in worst.items() if one.is_wrong}


def test_every_place_that_makes_a_plane_was_looked_at(record: Record) -> None:
    made = {(at, line) for at, line in record.planes}
    assert [(at, lines) for at, lines in calls(WORDS) if not any((at, line) in made for line in lines)] == []


def test_all_work_on_bands_was_looked_at(record: Record) -> None:
    assert [at for at, _ in calls(WORK) if at not in record.work] == []
