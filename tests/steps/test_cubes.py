"""Masks of cubes: each plane has the mask that it has as an image of its own, whatever the order of the axes."""

from __future__ import annotations

import itertools
import json
import warnings
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from astropy.table import Table
from conftest import radio_header, write_fits
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from known_images import add, noise
from numpy.testing import assert_allclose, assert_array_equal
from numpy.typing import NDArray

from skerry import (
    MaskingOptions,
    SkerryError,
    SkerryWarning,
    make_beam_mask,
    make_eroded_mask,
    make_flood_mask,
    make_mask,
    make_masks_of_scales,
    make_mosaic,
    make_noise_maps,
    make_scale_mask,
    make_signal_image,
    make_snr_mask,
    with_preset,
)
from skerry.cli import main
from skerry.errors import SkerryNote
from skerry.io.image_headers import read_header
from skerry.planes.limits import use_limits
from skerry.sky.restoring_beam import read_beam
from skerry.steps.chosen_planes import PlaneChoice

SHAPE = (72, 64)
STOKES_CODES = {"I": 1, "Q": 2, "U": 3, "V": 4}
CLIP = MaskingOptions(base_snr_clip=4.0)
FLOOD = with_preset("late-round", MaskingOptions())
SCALES = with_preset("late-round", MaskingOptions(beam_shape_erode_scales=(0, 8)))


def sky(seed: int, source: tuple[int, int] | None = (30, 40), rms: float = 1e-3) -> NDArray[np.float32]:
    plane = noise(np.random.default_rng(seed), SHAPE, fwhm=3.5, rms=rms)
    if source is not None:
        add(plane, source, 60 * rms)
    return plane


def cube_header(shape: tuple[int, ...], kinds: tuple[str, ...], **cards: object) -> fits.Header:
    """Header of a cube, whose axes behind the first two are of these kinds."""
    header = radio_header(shape[-2:])
    for axis, kind in enumerate(kinds, start=3):
        header[f"CTYPE{axis}"], header[f"CRPIX{axis}"] = kind, 1.0
        header[f"CRVAL{axis}"], header[f"CDELT{axis}"] = (1.0, 1.0) if kind == "STOKES" else (1.4e9, 1e6)
    header.update(cards)
    return header


def write_cube(path: Path, planes: NDArray, kinds: tuple[str, ...] = ("FREQ",), **cards: object) -> Path:
    return write_fits(path, planes, cube_header(planes.shape, kinds, **cards))


def write_plane(path: Path, plane: NDArray, beam: tuple[float, ...] | None = None, stokes: str | None = None) -> Path:
    header = radio_header(SHAPE)
    if beam is not None:
        header["BMAJ"], header["BMIN"], header["BPA"] = beam
    if stokes is not None:
        header["STOKES"] = stokes
    return write_fits(path, plane, header)


def pixels(path: Path) -> NDArray:
    return fits.getdata(path)


@pytest.fixture
def planes() -> NDArray[np.float32]:
    """Five channels: a source in all of the good ones, another in channel 1 only; 2 is NaN, 4 is zero."""
    found = np.stack([sky(n, rms=(n + 1) * 1e-3) for n in range(5)])
    add(found[1], (55, 15), 0.2)
    found[2], found[4] = np.nan, 0
    return found


AXES = st.permutations(["FREQ", "STOKES", "BEAM"]).flatmap(
    lambda kinds: st.tuples(*(st.tuples(st.just(kind), st.integers(1, 3 if kind == "FREQ" else 2)) for kind in kinds))
)


@pytest.mark.filterwarnings("ignore::skerry.SkerryWarning")
@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(axes=AXES, count=st.integers(1, 3), threads=st.integers(1, 3), seed=st.integers(0, 5))
def test_each_plane_of_a_cube_has_the_mask_that_it_has_as_an_image(tmp_path_factory, axes, count, threads, seed):
    folder = tmp_path_factory.mktemp("axes")
    kinds, lengths = tuple(kind for kind, _ in axes[:count]), tuple(length for _, length in axes[:count])
    shape = lengths[::-1]
    cube = np.stack([sky(seed + n) for n in range(int(np.prod(shape)))]).reshape(*shape, *SHAPE)
    path = write_cube(folder / "cube.fits", cube, kinds)
    with use_limits(threads=threads):
        made = pixels(make_mask(path, SCALES).mask)
        scales = pixels(folder / "cube.scalemask.fits")
    assert made.shape == cube.shape
    for index in np.ndindex(shape):
        stokes = "IQ"[index[len(shape) - 1 - kinds.index("STOKES")]] if "STOKES" in kinds else None
        single = write_plane(folder / f"plane{'.'.join(map(str, index))}.fits", cube[index], stokes=stokes)
        mask = make_mask(single, SCALES)
        assert pixels(mask.mask).any()
        assert_array_equal(made[index], pixels(mask.mask))
        assert_array_equal(scales[index], pixels(mask.scale_mask))


@pytest.mark.parametrize("kinds", list(itertools.permutations(["FREQ", "STOKES"])))
def test_axes_in_another_order_hold_the_same_masks(tmp_path, kinds):
    cube = np.stack([sky(n) for n in range(6)]).reshape(2, 3, *SHAPE)  # Stokes, channels
    there = cube if kinds[0] == "FREQ" else cube.swapaxes(0, 1)
    made = pixels(make_mask(write_cube(tmp_path / "x.fits", there, kinds), CLIP).mask)
    right = pixels(make_mask(write_cube(tmp_path / "y.fits", cube, ("FREQ", "STOKES")), CLIP).mask)
    assert_array_equal(made if kinds[0] == "FREQ" else made.swapaxes(0, 1), right)


@pytest.mark.filterwarnings("ignore::skerry.SkerryWarning")
def test_a_source_of_one_channel_is_in_its_mask_alone(tmp_path, planes):
    made = pixels(make_mask(write_cube(tmp_path / "x.fits", planes), FLOOD, preset="late-round").mask)
    assert [bool(plane[55, 15]) for plane in made] == [False, True, False, False, False]
    assert [bool(plane[30, 40]) for plane in made] == [True, True, False, True, False]


def test_blank_planes_stay_empty_and_are_told_of_by_number(tmp_path, planes):
    with pytest.warns(SkerryWarning) as told:
        made = make_mask(write_cube(tmp_path / "x.fits", planes), CLIP)
    assert not pixels(made.mask)[[2, 4]].any()
    texts = [str(one.message) for one in told]
    assert f"{tmp_path / 'x.fits'}: plane 2: has no valid pixels" in texts
    assert f"{tmp_path / 'x.fits'}: plane 4: has no valid pixels: all have the same value" in texts
    assert "x.fits: planes 2, 4: the mask is empty" in texts
    header = fits.getheader(made.mask)
    assert header["SKWARN"] == 1
    assert "x.fits: planes 2, 4: the mask is empty" in str(header["HISTORY"])


@pytest.mark.filterwarnings("ignore::skerry.SkerryWarning")
def test_a_cube_that_begins_with_a_blank_plane_has_the_clips_of_the_others(tmp_path, planes):
    with pytest.warns(SkerryWarning, match="plane 0: has no valid pixels"):
        made = make_mask(write_cube(tmp_path / "x.fits", planes[[2, 0, 1]]), SCALES)
    assert fits.getheader(made.mask)["SKSEED"] == 5.0
    assert made.report.seed_clip == 5.0
    assert fits.getheader(made.scale_mask)["BITPIX"] == 8
    assert pixels(made.mask)[1].any()


BEAMS = [(22.0, 17.5, 60.0), (30.0, 20.0, 10.0), (26.0, 26.0, 0.0)]
"""BMAJ and BMIN in arcsec, BPA in degrees."""


def with_beams(path: Path, cube: NDArray, kinds: tuple[str, ...], rows: list[tuple[float, ...]]) -> Path:
    """Write a cube with a table of beams as CASA writes it."""
    header = cube_header(cube.shape, kinds, CASAMBM=True)
    for keyword in ("BMAJ", "BMIN", "BPA"):
        del header[keyword]
    units = {"BMAJ": "arcsec", "BMIN": "arcsec", "BPA": "deg", "CHAN": None, "POL": None}
    columns = [
        fits.Column(name, "1E" if unit else "1J", unit, array=[row[n] for row in rows])
        for n, (name, unit) in enumerate(units.items())
    ]
    table = fits.BinTableHDU.from_columns(columns, name="BEAMS")
    fits.HDUList([fits.PrimaryHDU(cube, header), table]).writeto(path)
    return path


def in_degrees(beam: tuple[float, ...]) -> tuple[float, ...]:
    """Beam of a row of a table, whose numbers are of single precision."""
    bmaj, bmin, bpa = (float(np.float32(value)) for value in beam)
    return bmaj / 3600, bmin / 3600, bpa


@pytest.mark.parametrize("first", [0, 1])
def test_each_plane_is_eroded_by_its_own_beam(tmp_path, first):
    cube = np.stack([sky(n) for n in range(3)])
    rows = [(*beam, channel, 0) for channel, beam in enumerate(BEAMS)]
    path = with_beams(tmp_path / "x.fits", cube, ("FREQ",), rows[::-1])
    choice = PlaneChoice((first, 2))
    made = make_mask(path, FLOOD, planes=choice)
    for place, channel in enumerate(range(first, 3)):
        single = write_plane(tmp_path / f"{channel}.fits", cube[channel], in_degrees(BEAMS[channel]))
        assert_array_equal(pixels(made.mask)[place], pixels(make_mask(single, FLOOD).mask))
    masks = [plane.report.pixels for plane in made.report.planes]
    assert len(set(masks)) == len(masks)
    with fits.open(made.mask) as hdus:
        hdus.verify("exception")
        found = hdus["BEAMS"].data
        assert [tuple(row)[:3] for row in found] == BEAMS[first:]
        assert [tuple(row)[3:] for row in found] == [(n, 0) for n in range(3 - first)]
        assert hdus[0].header["CASAMBM"]
        assert "BMAJ" not in hdus[0].header


@pytest.mark.filterwarnings("ignore::skerry.SkerryWarning")
def test_a_mask_cube_is_eroded_by_the_beams_that_it_took_over(tmp_path):
    cube = np.stack([sky(n) for n in range(3)])
    path = with_beams(tmp_path / "x.fits", cube, ("FREQ",), [(*beam, n, 0) for n, beam in enumerate(BEAMS)])
    mask = make_mask(path, MaskingOptions(base_snr_clip=2.0)).mask
    eroded = pixels(make_eroded_mask(mask, MaskingOptions()).mask)
    for channel, beam in enumerate(BEAMS):
        single = write_plane(tmp_path / f"{channel}.fits", pixels(mask)[channel], in_degrees(beam))
        assert_array_equal(eroded[channel], pixels(make_eroded_mask(single, MaskingOptions()).mask))
    assert eroded.any()


def test_beams_of_channels_and_stokes_parameters(tmp_path):
    cube = np.stack([sky(n) for n in range(4)]).reshape(2, 2, *SHAPE)  # Stokes, channels
    pairs = list(itertools.product(range(2), range(2)))
    rows = [(20.0 + 4 * channel + 2 * pol, 18.0, 0.0, channel, pol) for channel, pol in pairs]
    path = with_beams(tmp_path / "x.fits", cube, ("FREQ", "STOKES"), rows)
    make_mask(path, CLIP, planes=PlaneChoice(stokes="Q"), output=tmp_path / "q.fits")
    with fits.open(tmp_path / "q.fits") as hdus:
        assert_array_equal(hdus["BEAMS"].data["BMAJ"], [22.0, 26.0])
        assert_array_equal(hdus["BEAMS"].data["POL"], [0, 0])
        assert (hdus[0].header["CRVAL4"], hdus[0].header["CRPIX4"]) == (2.0, 1.0)


@pytest.mark.parametrize(("kind", "shape"), [("FREQ", (1, 3)), ("STOKES", (3, 1))])
def test_a_mask_cube_has_four_axes_on_request(tmp_path, kind, shape):
    cube = np.stack([sky(n) for n in range(3)])
    path = write_cube(tmp_path / "x.fits", cube, (kind,))
    three = make_mask(path, CLIP)
    made = make_mask(path, CLIP, axes=4, output=tmp_path / "four.fits").mask
    assert pixels(made).shape == (*shape, *SHAPE)
    assert_array_equal(pixels(made).reshape(cube.shape), pixels(three.mask))
    header = fits.getheader(made)
    assert (header["CTYPE3"], header["CTYPE4"]) == ("FREQ", "STOKES")
    whole = make_mask(path, CLIP, axes=2, planes=PlaneChoice(union=True), output=tmp_path / "two.fits").mask
    assert_array_equal(pixels(whole), pixels(three.mask).any(axis=0))
    with pytest.raises(SkerryError, match="two axes are for one"):
        make_mask(path, CLIP, axes=2, output=tmp_path / "none.fits")


@pytest.mark.filterwarnings("ignore::skerry.SkerryWarning")
def test_a_blank_plane_needs_no_beam_and_another_without_one_is_named(tmp_path):
    cube = np.stack([sky(n) for n in range(3)])
    cube[1] = np.nan
    rows = [(*BEAMS[0], 0, 0), (0.0, 0.0, 0.0, 1, 0), (*BEAMS[2], 2, 0)]
    with pytest.warns(SkerryWarning, match="plane 1: has no valid pixels"):
        made = make_mask(with_beams(tmp_path / "x.fits", cube, ("FREQ",), rows), FLOOD)
    assert [bool(plane.any()) for plane in pixels(made.mask)] == [True, False, True]
    cube[1] = sky(1)
    path = with_beams(tmp_path / "y.fits", cube, ("FREQ",), rows)
    with pytest.raises(SkerryError, match=r"y\.fits: plane 1: .*give `beam`"):
        make_mask(path, FLOOD)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["x.fits", "x.mask.fits", "y.fits"]


def test_the_beam_that_is_given_is_that_of_all_planes(tmp_path):
    cube = np.stack([sky(n) for n in range(2)])
    path = with_beams(tmp_path / "x.fits", cube, ("FREQ",), [(*beam, n, 0) for n, beam in enumerate(BEAMS[:2])])
    given_beam = read_beam(radio_header(SHAPE))
    made = make_mask(path, FLOOD, beam=given_beam)
    header = fits.getheader(made.mask)
    assert (header["BMAJ"], header["BMIN"], header["BPA"]) == given_beam
    assert_array_equal(pixels(made.mask)[1], pixels(make_mask(write_plane(tmp_path / "1.fits", cube[1]), FLOOD).mask))


@pytest.mark.filterwarnings("ignore::skerry.SkerryWarning")
@pytest.mark.parametrize("wanted", [(1, 3), (0, 0), (4, 4), (0, 4)])
def test_chosen_planes_are_cut_out_with_their_frequencies(tmp_path, planes, wanted):
    path = write_cube(tmp_path / "x.fits", planes)
    whole = pixels(make_mask(path, CLIP).mask)
    made = make_mask(path, CLIP, planes=PlaneChoice(wanted), output=tmp_path / "some.fits").mask
    assert_array_equal(pixels(made), whole[wanted[0] : wanted[1] + 1])
    header = fits.getheader(made)
    assert header["CRVAL3"] + (1 - header["CRPIX3"]) * header["CDELT3"] == 1.4e9 + wanted[0] * 1e6
    named = str(wanted[0]) if wanted[0] == wanted[1] else f"{wanted[0]}-{wanted[1]}"
    assert f"planes = {named}\n" in f"{header['HISTORY']}\n"


@pytest.mark.filterwarnings("ignore::skerry.SkerryWarning")
@pytest.mark.parametrize(("wanted", "chosen"), [("0,3-", [0, 3, 4]), ("3,1,1-1", [1, 3]), ("1-", [1, 2, 3, 4])])
def test_ranges_of_planes_keep_their_places_between_the_first_and_the_last(tmp_path, planes, wanted, chosen):
    """Planes between that are not chosen hold nothing: in masks, and in maps of noise; frequencies stay right."""
    path = write_cube(tmp_path / "x.fits", planes)
    choice = PlaneChoice.of(wanted)
    whole = pixels(make_mask(path, CLIP).mask)
    made = make_mask(path, CLIP, planes=choice, output=tmp_path / "some.fits")
    first = chosen[0]
    expected = np.zeros((chosen[-1] + 1 - first, *SHAPE), np.uint8)
    for n in chosen:
        expected[n - first] = whole[n]
    assert_array_equal(pixels(made.mask), expected)
    header = fits.getheader(made.mask)
    assert header["CRVAL3"] + (1 - header["CRPIX3"]) * header["CDELT3"] == 1.4e9 + first * 1e6
    assert [plane.facts.channel for plane in made.report.planes] == chosen
    rms, _ = make_noise_maps(path, planes=choice, rms_output=tmp_path / "r.fits", bkg_output=tmp_path / "b.fits")
    assert [bool(np.isfinite(plane).any()) for plane in pixels(rms)] == [
        n in chosen and n not in (2, 4) for n in range(first, chosen[-1] + 1)
    ]
    union = PlaneChoice.of(wanted, union=True)
    one = make_mask(path, CLIP, planes=union, output=tmp_path / "u.fits")
    assert_array_equal(pixels(one.mask)[0], whole[chosen].any(axis=0))
    assert len(one.report.planes) == len(chosen)


def test_beams_of_planes_with_others_left_out_between(tmp_path):
    cube = np.stack([sky(n) for n in range(3)])
    path = with_beams(tmp_path / "x.fits", cube, ("FREQ",), [(*beam, n, 0) for n, beam in enumerate(BEAMS)])
    made = make_mask(path, FLOOD, planes=PlaneChoice(((0, 0), (2, 2))))
    for channel in (0, 2):
        single = write_plane(tmp_path / f"{channel}.fits", cube[channel], in_degrees(BEAMS[channel]))
        assert_array_equal(pixels(made.mask)[channel], pixels(make_mask(single, FLOOD).mask))
    with fits.open(made.mask) as hdus:
        assert [tuple(row)[:3] for row in hdus["BEAMS"].data] == [BEAMS[0], (0, 0, 0), BEAMS[2]]
    assert_allclose([plane.facts.beam for plane in made.report.planes], [in_degrees(BEAMS[0]), in_degrees(BEAMS[2])])


@pytest.mark.filterwarnings("ignore::skerry.SkerryWarning")
@pytest.mark.parametrize("ending", ["fits", "ecsv", "csv"])
def test_a_table_of_planes_is_written(tmp_path, planes, ending):
    """As other programs read it, with what is in each plane; nothing is known of a blank one but that."""
    path = write_cube(tmp_path / "x.fits", planes)
    table = tmp_path / f"t.{ending}"
    assert main(["mask", str(path), "--table", str(table), "--planes", "1-3", "-o", str(tmp_path / "m.fits")]) == 0
    found = Table.read(table)
    made = pixels(tmp_path / "m.fits")
    assert list(found["plane"]) == [1, 2, 3]
    assert list(found["pixels"]) == [int(plane.sum()) for plane in made]
    assert list(found["islands"]) == [2, 0, 1]
    assert_allclose(found["frequency"], [1.401e9, 1.402e9, 1.403e9])
    assert_allclose(found["bmin"], 17.5, rtol=1e-12)
    assert_allclose(np.ma.filled(found["noise"], np.nan)[[0, 2]], [2e-3, 4e-3], rtol=0.2)
    if ending != "csv":
        assert (str(found["bmin"].unit), str(found["noise"].unit), str(found["frequency"].unit)) == (
            "arcsec",
            "Jy / beam",
            "Hz",
        )


def test_a_table_is_refused_before_any_work(tmp_path, capsys):
    path = write_cube(tmp_path / "x.fits", np.stack([sky(n) for n in range(2)]))
    (tmp_path / "t.ecsv").write_text("mine")
    for name, problem in (("t.txt", "is no name of a table; end it in .fits, .ecsv, .csv"), ("t.ecsv", "exists; give")):
        assert main(["mask", str(path), "--table", str(tmp_path / name)]) == 2
        assert f"{name}: {problem}" in capsys.readouterr().err
    assert main(["mask", str(path), "--table", str(path), "--overwrite"]) == 2
    assert sorted(file.name for file in tmp_path.iterdir()) == ["t.ecsv", "x.fits"]
    assert (tmp_path / "t.ecsv").read_text() == "mine"


def test_an_image_has_a_table_of_one_row(tmp_path):
    path = write_plane(tmp_path / "x.fits", sky(0))
    assert main(["mask", str(path), "--table", str(tmp_path / "t.ecsv")]) == 0
    found = Table.read(tmp_path / "t.ecsv")
    assert (list(found["plane"]), list(found["islands"])) == ([0], [1])


def test_a_channel_or_a_parameter_alone_has_its_own_axes(tmp_path):
    cube = np.stack([sky(n) for n in range(3)])
    made = make_mask(write_cube(tmp_path / "x.fits", cube, ("STOKES",)), CLIP, axes=4, planes=PlaneChoice(stokes="U"))
    assert fits.getheader(made.mask)["CRVAL4"] == 3.0
    made = make_mask(write_cube(tmp_path / "y.fits", cube, ("FREQ",)), CLIP, axes=4, planes=PlaneChoice((2, 2)))
    header = fits.getheader(made.mask)
    assert header["CRVAL3"] + (1 - header["CRPIX3"]) * header["CDELT3"] == 1.4e9 + 2e6


def test_a_stokes_parameter_is_cut_out(tmp_path):
    cube = np.stack([sky(n) for n in range(6)]).reshape(3, 2, *SHAPE)  # channels, Stokes
    path = write_cube(tmp_path / "x.fits", cube, ("STOKES", "FREQ"), CRVAL3=1.0)
    made = pixels(make_mask(path, CLIP, planes=PlaneChoice(stokes="Q"), output=tmp_path / "q.fits").mask)
    assert made.shape == (3, 1, *SHAPE)
    single = write_plane(tmp_path / "single.fits", cube[1, 1], stokes="Q")
    assert_array_equal(made[1, 0], pixels(make_mask(single, CLIP).mask))


@pytest.mark.filterwarnings("ignore::skerry.SkerryWarning")
@pytest.mark.parametrize("threads", [1, 4])
def test_a_union_has_what_any_plane_has(tmp_path, planes, threads):
    path = write_cube(tmp_path / "x.fits", planes)
    whole = make_mask(path, SCALES)
    with use_limits(threads=threads):
        made = make_mask(path, SCALES, planes=PlaneChoice(union=True), output=tmp_path / "u.fits")
    assert pixels(made.mask).shape == (1, *SHAPE)
    assert_array_equal(pixels(made.mask)[0], pixels(whole.mask).any(axis=0))
    assert_array_equal(pixels(made.scale_mask)[0], np.bitwise_or.reduce(pixels(whole.scale_mask), axis=0))
    assert made.report.pixels == pixels(made.mask).sum()
    assert made.report.islands == 2
    header = fits.getheader(made.mask)
    assert (header["CRVAL3"], header["CRPIX3"], header["CDELT3"]) == (1.4e9 + 2e6, 1.0, 5e6)


def test_all_threads_and_memories_give_the_same_bytes(tmp_path, planes):
    path = write_cube(tmp_path / "x.fits", np.concatenate([planes, planes + 1e-4]))
    written = []
    for n, (memory, threads) in enumerate([(10**9, 1), (10**9, 4), (250 * 10**6, 4)]):
        with use_limits(memory, threads), pytest.warns(SkerryWarning) as told:
            made = make_mask(path, FLOOD, output=tmp_path / f"{n}.fits")
        written.append((made.mask.read_bytes(), [str(one.message) for one in told]))
    assert written[0] == written[1] == written[2]


@pytest.mark.parametrize("longer", [0, 60])
def test_a_header_that_grows_or_shrinks_keeps_its_pixels(tmp_path, longer):
    """Each plane of other noise and sign warns of something else, so that HISTORY outgrows the first header."""
    cube = np.stack([sky(n, (30, 40) if n == 0 else None) for n in range(1 + longer)])
    with warnings.catch_warnings(record=True):
        warnings.simplefilter("always")
        made = make_mask(write_cube(tmp_path / "x.fits", cube), CLIP)
    with fits.open(made.mask) as hdus:
        hdus.verify("exception")
        assert_array_equal(hdus[0].data[0], pixels(make_mask(write_plane(tmp_path / "0.fits", cube[0]), CLIP).mask))


def by_plane(cube: Path, folder: Path) -> list[Path]:
    """The planes of a file of channels, each in a file of its own."""
    return [
        write_fits(folder / f"{cube.stem}.{n}.fits", plane, read_header_of(cube, n))
        for n, plane in enumerate(pixels(cube))
    ]


def read_header_of(cube: Path, channel: int) -> fits.Header:
    header = fits.getheader(cube)
    for keyword in [key for key in header if key.endswith("3") or key in ("NAXIS", "CASAMBM")]:
        del header[keyword]
    return header


@pytest.mark.filterwarnings("ignore::skerry.SkerryWarning")
def test_every_step_goes_plane_by_plane(tmp_path):
    """The chain by hand, on a cube and on its planes: noise, signal, seeds, flood, erosion, scales, extraction."""
    cube = write_cube(tmp_path / "x.fits", np.stack([sky(n, (30, 30 + 5 * n)) for n in range(3)]))
    singles = by_plane(cube, tmp_path)

    def chain(image: Path) -> list[Path]:
        rms, bkg = make_noise_maps(image)
        signal = make_signal_image(image, rms=rms, bkg=bkg)
        seeds = make_snr_mask(signal, MaskingOptions(), seeds=True).mask
        islands = make_flood_mask(signal, MaskingOptions(), seeds=seeds).mask
        options = MaskingOptions(beam_shape_erode_scales=(0, 4), beam_shape_erode_keep_cores=True)
        eroded = make_eroded_mask(islands, options, signal=signal)
        assert eroded.scale_mask is not None
        apart = make_masks_of_scales(eroded.scale_mask)
        own = make_scale_mask(
            image,
            MaskingOptions(
                beam_shape_erode_scales=(0, 4), flood_fill_use_mac=True, flood_fill_positive_seed_clip=1.5
            ).model_copy(update={"flood_fill_positive_flood_clip": 1.2}),
            output=image.with_suffix(".own.fits"),
            scale_output=image.with_suffix(".ownscales.fits"),
        )
        assert own.scale_mask is not None
        again = make_beam_mask(image, own.scale_mask, output=image.with_suffix(".again.fits")).mask
        return [rms, bkg, signal, seeds, islands, eroded.mask, eroded.scale_mask, *apart, own.scale_mask, again]

    of_planes = [chain(single) for single in singles]
    for n, made in enumerate(chain(cube)):
        assert_array_equal(pixels(made), np.stack([pixels(products[n]) for products in of_planes]), err_msg=made.name)
    assert pixels(of_planes[0][5]).any()


@pytest.mark.filterwarnings("ignore::skerry.SkerryWarning")
@pytest.mark.parametrize("noise_weights", [False, True])
def test_cubes_are_co_added_plane_by_plane(tmp_path, noise_weights):
    """Of the second beam channel 1 is blank, of both channel 2: the grid is the same in all planes."""
    cubes = [np.stack([sky(10 * beam + n) for n in range(3)]) for beam in range(2)]
    cubes[1][1], cubes[0][2], cubes[1][2] = np.nan, np.nan, 0
    paths = [write_cube(tmp_path / f"{n}.fits", cube, CRPIX1=33.0 - 9 * n) for n, cube in enumerate(cubes)]
    how = {"primary_beam_fwhm": 0.1, "noise_weights": noise_weights}
    made = make_mosaic(paths, output=tmp_path / "m.fits", weight_output=tmp_path / "w.fits", **how)
    header = fits.getheader(made)
    assert (header["CTYPE3"], header["CRVAL3"], header["CDELT3"], header["NAXIS3"]) == ("FREQ", 1.4e9, 1e6, 3)
    for channel in range(2):
        singles = []
        for n in range(2 - channel):
            plane = radio_header(SHAPE)
            plane["CRPIX1"] = 33.0 - 9 * n
            singles.append(write_fits(tmp_path / f"{channel}.{n}.fits", cubes[n][channel], plane))
        names = tmp_path / f"m{channel}.fits", tmp_path / f"w{channel}.fits"
        # The coordinates of a grid that is taken from a file are rounded.
        grid = made_plane(made, tmp_path) if channel else None
        make_mosaic(singles, output=names[0], weight_output=names[1], like=grid, **how)
        assert_allclose(pixels(made)[channel], pixels(names[0]), rtol=1e-4 if channel else 0, atol=1e-8 * channel)
        assert_allclose(pixels(tmp_path / "w.fits")[channel], pixels(names[1]), rtol=1e-4 if channel else 0)
    assert np.isfinite(pixels(made)[:2]).any(axis=(1, 2)).all()
    assert np.isnan(pixels(made)[2]).all()
    assert not pixels(tmp_path / "w.fits")[2].any()


def made_plane(cube: Path, folder: Path) -> Path:
    path = folder / "like.fits"
    if not path.exists():
        header = read_header_of(cube, 0)
        header["WCSAXES"] = 2
        write_fits(path, pixels(cube)[0], header)
    return path


@pytest.mark.filterwarnings("ignore::skerry.SkerryWarning")
def test_a_preset_is_chosen_by_the_first_plane_that_is_not_blank(tmp_path):
    cube = np.stack([np.full(SHAPE, np.nan, np.float32), np.zeros(SHAPE, np.float32), sky(1), sky(2)])
    path = write_cube(tmp_path / "x.fits", cube)
    with pytest.warns(SkerryWarning, match=r"x\.fits: .* preset (.*)") as told:
        made = make_mask(path, preset="auto")
    single = make_mask(write_plane(tmp_path / "2.fits", cube[2]), preset="auto")
    assert made.report.preset == single.report.preset is not None
    assert any("diffuse emission at 8 beams" in str(one.message) for one in told)
    assert make_mask(path, preset="auto", planes=PlaneChoice((0, 1)), output=tmp_path / "b.fits").report.pixels == 0
    assert main(["mask", str(path), "--preset", "auto", "--planes", "1-3", "-o", str(tmp_path / "c.fits")]) == 0
    assert_array_equal(pixels(tmp_path / "c.fits"), pixels(made.mask)[1:])


def test_a_mosaic_of_no_cubes_is_refused_as_one_of_no_images(tmp_path):
    with pytest.raises(SkerryError, match="there are no images"):
        make_mosaic([], output=tmp_path / "m.fits", primary_beam_fwhm=1.0, planes=PlaneChoice((0, 1)))


def test_the_command_that_makes_a_mask_again_names_its_planes(tmp_path, capsys):
    path = write_cube(tmp_path / "x.fits", np.stack([sky(n) for n in range(3)]))
    assert main(["mask", str(path), "--planes", "1-2", "--union", "--no-preset", "-o", str(tmp_path / "u.fits")]) == 0
    capsys.readouterr()
    assert main(["info", str(tmp_path / "u.fits")]) == 0
    assert "skerry mask x.fits --planes 1-2 --union --no-preset" in capsys.readouterr().out


@pytest.mark.filterwarnings("ignore::skerry.SkerryWarning")
def test_a_mask_cube_is_described(tmp_path, planes, capsys):
    made = make_mask(write_cube(tmp_path / "x.fits", planes), CLIP)
    assert main(["info", "--json", str(made.mask)]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["islands"], told["pixels"], told["planes"]) == (made.report.islands, made.report.pixels, 5)
    assert main(["info", str(made.mask)]) == 0
    assert "64 x 72 pixels x 5 planes" in capsys.readouterr().out


def test_a_file_for_the_noise_of_an_image_is_left_alone(tmp_path):
    path = write_cube(tmp_path / "x.fits", np.stack([sky(n) for n in range(2)]))
    with pytest.warns(SkerryNote, match=r"noise\.fits: keeps the noise of one plane"):
        made = make_mask(path, CLIP, noise_grid=tmp_path / "noise.fits")
    assert not (tmp_path / "noise.fits").exists()
    assert_array_equal(pixels(made.mask), pixels(make_mask(path, CLIP, output=tmp_path / "y.fits").mask))


@pytest.mark.filterwarnings("ignore::skerry.SkerryWarning")
def test_a_mask_cube_is_fit_for_an_imager_if_its_empty_planes_are_blank(tmp_path, planes, capsys):
    image = write_cube(tmp_path / "x.fits", planes[:, :, :64].copy())
    mask = make_mask(image, CLIP).mask
    assert main(["check", str(mask), "--image", str(image), "--channels", "5", "--imager", "wsclean"]) == 0
    said = capsys.readouterr()
    assert "64 x 72 pixels x 5 planes, uint8, 4 islands" in said.out
    assert f"nothing is masked in planes 2, 4, for {image} has no valid pixel there" in said.err
    with fits.open(mask, mode="update") as hdus:
        hdus[0].data[1] = 0
    assert main(["check", str(mask), "--image", str(image), "--channels", "5", "--imager", "wsclean"]) == 2
    assert "no pixel of planes 1-2, 4 is masked" in capsys.readouterr().err


def test_a_companion_of_one_plane_serves_all(tmp_path):
    cube = np.stack([sky(n) for n in range(3)])
    path = write_cube(tmp_path / "x.fits", cube)
    rms = write_fits(tmp_path / "rms.fits", np.full(SHAPE, 1e-3, np.float32))
    made = pixels(make_mask(path, CLIP, rms=rms).mask)
    assert_array_equal(made, cube / np.float32(1e-3) > 4)


def test_a_companion_of_other_planes_is_refused(tmp_path):
    path = write_cube(tmp_path / "x.fits", np.stack([sky(n) for n in range(3)]))
    rms = write_cube(tmp_path / "rms.fits", np.full((2, *SHAPE), 1e-3, np.float32))
    with pytest.raises(SkerryError, match=r"plane 2: .*rms\.fits: has 2 channels"):
        make_mask(path, CLIP, rms=rms)
    assert not (tmp_path / "x.mask.fits").exists()


def test_a_cube_beside_an_image_is_refused(tmp_path):
    image = write_plane(tmp_path / "x.fits", sky(0))
    rms = write_cube(tmp_path / "rms.fits", np.full((2, *SHAPE), 1e-3, np.float32))
    with pytest.raises(SkerryError, match=r"rms\.fits: has 2 planes; give an image of a single plane"):
        make_mask(image, CLIP, rms=rms)


@pytest.mark.parametrize(
    ("flags", "problem"),
    [
        (["--planes", "3-7"], "has planes 0 to 4; give --planes within them"),
        (["--planes", "1,9-"], "has planes 0 to 4; give --planes within them"),
        (["--planes", "1,"], "--planes '1,': is not a plane or a range of them; write it as 4, 3-7 or 3-7,9,12-"),
        (["--planes", "7-3"], "--planes 7-3: ends before it begins"),
        (["--planes", "a"], "--planes 'a': is not a plane or a range of them"),
        (["--stokes", "Q"], "does not say of which Stokes parameter it is"),
    ],
)
def test_what_cannot_be_chosen_is_refused(tmp_path, planes, capsys, flags, problem):
    path = write_cube(tmp_path / "x.fits", planes)
    assert main(["mask", str(path), *flags]) == 2
    assert problem in capsys.readouterr().err
    assert [p.name for p in tmp_path.iterdir()] == ["x.fits"]


def test_a_stokes_parameter_that_is_not_there_is_refused_with_those_that_are(tmp_path, capsys):
    path = write_cube(tmp_path / "x.fits", np.stack([sky(0)] * 2), ("STOKES",))
    assert main(["mask", str(path), "--stokes", "v"]) == 2
    assert "has I, Q; leave --stokes V out" in capsys.readouterr().err


def test_what_exists_is_kept_when_a_plane_fails(tmp_path):
    cube = np.stack([sky(n) for n in range(3)])
    rows = [(*BEAMS[0], 0, 0), (*BEAMS[1], 1, 0)]
    path = with_beams(tmp_path / "x.fits", cube, ("FREQ",), rows)
    output = tmp_path / "mask.fits"
    output.write_text("before")
    with pytest.raises(SkerryError, match="plane 2"):
        make_mask(path, FLOOD, output=output, overwrite=True)
    with pytest.raises(SkerryError, match="exists; give `overwrite`"):
        make_mask(path, CLIP, output=output)
    assert output.read_text() == "before"


def test_what_is_told_on_the_command_line(tmp_path, planes, capsys):
    path = write_cube(tmp_path / "x.fits", planes)
    assert main(["mask", str(path), "--verbose"]) == 0
    err = capsys.readouterr().err
    assert "skerry: warning: x.fits: planes 2, 4: the mask is empty" not in err  # plane 4 is told by the flood.
    assert "in 5 planes, 2 of them empty" in err
    heads, units, *rows = [line.split() for line in err.split("\n") if "  " in line]
    assert heads[:5] == ["plane", "frequency", "bmaj", "bmin", "bpa"]
    assert units[:3] == ["Hz", "arcsec", "arcsec"]
    of_plane = [dict(zip(heads, row, strict=True)) for row in rows]
    assert [(row["plane"], row["islands"]) for row in of_plane] == list(zip("01234", "12010", strict=True))
    assert (of_plane[3]["frequency"], of_plane[3]["bmin"], of_plane[3]["bpa"]) == ("1403000000", "17.5", "60")
    assert (of_plane[2]["noise"], of_plane[2]["seed_clip"]) == ("-", "-")
    assert main(["mask", str(path), "--json", "--planes", "0-1", "--overwrite"]) == 0
    report = json.loads(capsys.readouterr().out)["report"]
    assert [plane["name"] for plane in report["planes"]] == ["plane 0", "plane 1"]
    assert report["islands"] == sum(plane["islands"] for plane in report["planes"]) == 3
    assert [plane["frequency"] for plane in report["planes"]] == [1.4e9, 1.401e9]
    assert report["planes"][1]["channel"] == 1
    assert_allclose(report["planes"][1]["beam"]["bmin"], 17.5 / 3600)


def test_an_image_of_one_plane_gives_the_same_bytes_whatever_its_axes(tmp_path):
    """A cube of one plane is an image: it is not told of planes, nor written another way."""
    path = write_cube(tmp_path / "x.fits", sky(0)[None, None], ("FREQ", "STOKES"))
    made = make_mask(path, FLOOD)
    chosen = make_mask(path, FLOOD, planes=PlaneChoice((0, 0), "I"), output=tmp_path / "chosen.fits")
    assert made.report.planes == ()
    assert_array_equal(pixels(chosen.mask), pixels(made.mask))


def test_packed_and_scaled_cubes_are_read_plane_by_plane(tmp_path):
    cube = np.stack([sky(n) for n in range(3)])
    scaled = np.round(cube / 1e-5).astype(np.int16)
    header = cube_header(cube.shape, ("FREQ",))
    hdu = fits.PrimaryHDU(scaled, header)
    hdu.header["BSCALE"] = 1e-5
    hdu.writeto(tmp_path / "scaled.fits")
    fits.HDUList([fits.PrimaryHDU(), fits.CompImageHDU(cube, header)]).writeto(tmp_path / "tiles.fits")
    for name, stored in (("scaled", scaled * 1e-5), ("tiles", pixels(tmp_path / "tiles.fits"))):
        with use_limits(threads=3):
            made = pixels(make_mask(tmp_path / f"{name}.fits", FLOOD, output=tmp_path / f"{name}.mask.fits").mask)
        for n, plane in enumerate(stored):
            single = write_plane(tmp_path / f"{name}{n}.fits", plane.astype(np.float32))
            assert_array_equal(made[n], pixels(make_mask(single, FLOOD).mask))


def test_a_mask_cube_keeps_its_header_of_a_plane(tmp_path, planes):
    """What is read of a mask cube later: its step, its scales, and no table of beams where they agree."""
    with pytest.warns(SkerryWarning):
        made = make_mask(write_cube(tmp_path / "x.fits", planes), SCALES)
    header = read_header(made.scale_mask)
    assert (header["SKCMD"], header["SKNSCALE"], header["SKBIT1"]) == ("mask", 2, 8)
    assert read_beam(header) == read_beam(radio_header(SHAPE))
    with fits.open(made.mask) as hdus:
        assert len(hdus) == 1
