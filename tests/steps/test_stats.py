"""What `skerry stats` tells of a mask: known sources at their places, with their fluxes, and what is written."""

from __future__ import annotations

import json

import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.io import fits
from astropy.table import Table
from astropy.wcs import WCS
from conftest import radio_header, write_fits
from numpy.testing import assert_allclose, assert_array_equal

from skerry import PlaneChoice, SkerryError, SkerryWarning, make_region_mask
from skerry.cli import main
from skerry.steps.stats import make_statistics

SHAPE = (160, 200)
SOURCES = [(40.0, 50.25, 0.3), (90.0, 150.0, 0.05), (118.5, 60.0, 0.1)]
"""Row, column and peak of round sources as wide as the beam."""
SIGMA = 2.0
"""Pixels, of the beam."""
RMS = 1e-4


def sky(shape=SHAPE, sources=SOURCES, seed=3):
    """An image of sources that have the shape of the beam, in noise."""
    y, x = np.mgrid[: shape[0], : shape[1]]
    image = RMS * np.random.default_rng(seed).normal(size=shape)
    for row, column, peak in sources:
        image += peak * np.exp(-((y - row) ** 2 + (x - column) ** 2) / (2 * SIGMA**2))
    return image.astype(np.float32)


def header(shape=SHAPE, **given):
    fwhm = SIGMA * np.sqrt(8 * np.log(2)) * 6 / 3600
    return radio_header(shape, beam=(fwhm, fwhm, 0.0), **given)


@pytest.fixture
def files(tmp_path):
    """An image, and a mask of each of its sources down to the noise."""
    image = sky()
    mask = image > 5 * RMS
    return (
        write_fits(tmp_path / "x.mask.fits", mask.astype(np.uint8), header()),
        write_fits(tmp_path / "x.fits", image, header()),
    )


def test_sources_are_where_they_are_with_their_fluxes(files):
    mask, image = files
    found = make_statistics(mask, image, noise=RMS).planes[0]
    columns = found.columns
    assert_allclose(np.stack([columns["y"], columns["x"]], axis=1) - 1, [s[:2] for s in SOURCES], atol=0.02)
    # Of a source of the shape of the beam the flux is the peak.
    assert_allclose(columns["flux"], [s[2] for s in SOURCES], rtol=0.02)
    assert_allclose(columns["snr"], columns["peak"] / RMS, rtol=1e-5)
    assert_allclose(columns["beams"], columns["pixels"] / (2 * np.pi * SIGMA**2))
    assert found.flux.positive_share > 0.8
    assert_array_equal(columns["number"], [1, 2, 3])
    ra, dec = WCS(header()).wcs_pix2world(columns["x"], columns["y"], 1)
    assert_allclose(np.stack([columns["ra"], columns["dec"]]), [ra, dec])
    ra, dec = WCS(header()).wcs_pix2world(columns["peak_x"], columns["peak_y"], 1)
    assert_allclose(np.stack([columns["peak_ra"], columns["peak_dec"]]), [ra, dec])
    assert_array_equal(columns["peak_x"] - 1, [50, 150, 60])


def test_noise_is_measured_where_it_is_not_given(files):
    found = make_statistics(*files).planes[0]
    assert found.report.noise == pytest.approx(RMS, rel=0.05)
    assert_allclose(found.columns["snr"], found.columns["peak"] / RMS, rtol=0.15)


def test_a_noise_map_counts_where_the_island_lies(files, tmp_path):
    rms = np.full(SHAPE, RMS, np.float32)
    rms[:, 100:] *= 10
    noise = write_fits(tmp_path / "rms.fits", rms, header())
    columns = make_statistics(*files, noise=noise).planes[0].columns
    assert_allclose(columns["snr"], columns["peak"] / RMS / [1, 10, 1], rtol=1e-5)


def test_fluxes_in_another_unit_are_told_in_jansky(files, tmp_path):
    image = write_fits(tmp_path / "m.fits", 1e3 * sky(), header(unit="mJy/beam"))
    by_jansky, by_milli = (
        make_statistics(files[0], path, noise=noise).planes[0].columns
        for path, noise in ((files[1], RMS), (image, 1e3 * RMS))
    )
    for name in ("peak", "flux", "snr"):
        assert_allclose(by_milli[name], by_jansky[name], rtol=1e-5)


def test_what_is_not_in_janskys_has_a_sum_and_no_flux(files, tmp_path):
    image = write_fits(tmp_path / "k.fits", sky(), header(unit="K"))
    with pytest.warns(SkerryWarning, match="its unit is K"):
        columns = make_statistics(files[0], image, noise=RMS).planes[0].columns
    assert "flux" not in columns
    assert_allclose(columns["sum"], np.array([s[2] for s in SOURCES]) * 2 * np.pi * SIGMA**2, rtol=0.02)


def test_of_a_galactic_image_positions_are_in_icrs(tmp_path):
    galactic = header()
    galactic["CTYPE1"], galactic["CTYPE2"] = "GLON-SIN", "GLAT-SIN"
    mask = np.zeros(SHAPE, np.uint8)
    mask[80, 100] = 1
    columns = make_statistics(write_fits(tmp_path / "g.fits", mask, galactic)).planes[0].columns
    expected = SkyCoord(60 * u.deg, -45 * u.deg, frame="galactic").icrs
    assert_allclose([columns["ra"][0], columns["dec"][0]], [expected.ra.deg, expected.dec.deg])


def test_without_coordinates_and_beam_there_are_pixels_alone(tmp_path):
    mask = np.zeros(SHAPE, np.uint8)
    mask[5:8, 9] = 1
    path = write_fits(tmp_path / "p.fits", mask, fits.Header())
    with pytest.warns(SkerryWarning) as told:
        columns = make_statistics(path).planes[0].columns
    assert len(told) == 2
    assert {"ra", "beams", "peak", "flux"} & {column.name for column in columns.columns} == set()
    assert (columns["x"][0], columns["y"][0], columns["pixels"][0]) == (10, 7, 3)


def test_islands_say_which_scales_they_reach(tmp_path):
    bits = np.zeros(SHAPE, np.uint8)
    bits[10:20, 10:20], bits[12:15, 12:15], bits[50, 50] = 1, 5, 2
    head = header(unit=None)
    head["SKNSCALE"], head["SKBIT0"], head["SKBIT1"], head["SKBIT2"] = 3, 0, 8, 16
    columns = make_statistics(write_fits(tmp_path / "x.scalemask.fits", bits, head)).planes[0].columns
    assert list(columns["scales"]) == ["0,16", "8"]
    assert list(columns["largest_scale"]) == [16, 8]


def test_planes_of_a_cube_are_told_each_by_itself(tmp_path):
    images = np.stack([sky(sources=SOURCES[:n], seed=n) for n in (1, 3)])
    masks = (images > 6 * RMS).astype(np.uint8)
    cube = header((1, *SHAPE))
    mask, image = write_fits(tmp_path / "c.mask.fits", masks, cube), write_fits(tmp_path / "c.fits", images, cube)
    out = tmp_path / "c.ecsv"
    found = make_statistics(mask, image, noise=RMS, outputs=[out])
    assert [(plane.name, plane.report.islands) for plane in found.planes] == [("plane 0", 1), ("plane 1", 3)]
    table = Table.read(out)
    assert list(table["plane"]) == ["plane 0"] + 3 * ["plane 1"]
    assert list(table["number"]) == [1, 1, 2, 3]
    chosen = make_statistics(mask, planes=PlaneChoice.of("1"))
    assert [(plane.name, plane.report.islands) for plane in chosen.planes] == [("plane 1", 3)]
    outlines = tmp_path / "c.reg"
    make_statistics(mask, outputs=[outlines])
    lines = [line.partition("#")[2] for line in outlines.read_text().splitlines() if "polygon" in line]
    assert lines == [f" text={{{n}}} tag={{plane {p}}}" for p, n in ((0, 1), (1, 1), (1, 2), (1, 3))]
    union = write_fits(tmp_path / "u.mask.fits", masks.max(axis=0), header())
    assert [plane.report.islands for plane in make_statistics(union, image, noise=RMS).planes] == [3, 3]


def test_a_plane_without_a_beam_has_no_sizes_in_beams(tmp_path):
    masks = np.zeros((2, *SHAPE), np.uint8)
    masks[0, 10, 10:13], masks[1, 20, 20] = 1, 1
    cube = header((1, *SHAPE))
    for key in ("BMAJ", "BMIN", "BPA"):
        del cube[key]
    cube["CASAMBM"] = True
    values = {"BMAJ": [0.0, 20.0], "BMIN": [0.0, 18.0], "BPA": [0.0, 0.0]}
    columns = [fits.Column(name, "E", array=np.array(value), unit="arcsec") for name, value in values.items()]
    columns[2].unit = "deg"
    columns += [fits.Column(name, "J", array=np.array(at)) for name, at in (("CHAN", [0, 1]), ("POL", [0, 0]))]
    path = tmp_path / "c.mask.fits"
    table = fits.BinTableHDU.from_columns(columns, name="BEAMS")
    fits.HDUList([fits.PrimaryHDU(masks, cube), table]).writeto(path)
    out = tmp_path / "c.ecsv"
    with pytest.warns(SkerryWarning, match="no sizes in beams"):
        make_statistics(path, outputs=[out])
    assert list(np.isfinite(np.ma.filled(Table.read(out)["beams"], np.nan))) == [False, True]


def test_it_warns_as_a_mask_is_warned_of(files, tmp_path):
    mask = np.array(fits.getdata(files[0]))
    mask[:70] = 0
    lacking = write_fits(tmp_path / "l.mask.fits", mask, header())
    with pytest.warns(SkerryWarning, match=r"the brightest source is not in the mask: S/N 2\d\d\d"):
        report = make_statistics(lacking, files[1], noise=RMS).planes[0].report
    assert len(report.warnings) == 1
    empty = write_fits(tmp_path / "e.mask.fits", np.zeros(SHAPE, np.uint8), header())
    with pytest.warns(SkerryWarning, match="the mask is empty"):
        make_statistics(empty)


def test_catalogues_are_read_back_as_they_were(files, tmp_path):
    outputs = [tmp_path / "c.ecsv", tmp_path / "c.json"]
    columns = make_statistics(*files, noise=RMS, outputs=outputs).planes[0].columns
    table, told = Table.read(outputs[0]), json.loads(outputs[1].read_text())
    assert table["flux"].unit == u.Jy
    assert table["peak"].unit == u.Jy / u.beam
    assert table.meta["beam_area_pixels"] == pytest.approx(2 * np.pi * SIGMA**2)
    for column in columns.columns:
        assert_array_equal(table[column.name], column.values)
        assert_array_equal([row[column.name] for row in told["islands"]], column.values.tolist())
    assert told["island_count"] == 3


def catalogue(tmp_path, pixels):
    """A table of sources at some rows and columns."""
    ra, dec = WCS(header()).wcs_pix2world([column for _, column in pixels], [row for row, _ in pixels], 0)
    path = tmp_path / "truth.csv"
    Table({"name": np.arange(len(pixels)), "ra_deg": ra, "dec_deg": dec}).write(path, format="ascii.csv")
    return path


def test_sources_of_a_catalogue_are_found_missed_or_outside(files, tmp_path):
    # In an island, two pixels from its edge, far from any, off the image, and in another island.
    edge = 40 + 1 + np.flatnonzero(fits.getdata(files[0])[40:70, 50] == 0)[0]
    places = [(40, 50.2), (edge, 50), (20, 180), (-30, 50), (118.5, 60)]
    path, out = catalogue(tmp_path, places), tmp_path / "m.ecsv"
    plane = make_statistics(*files, noise=RMS, match=path, match_output=out).planes[0]
    matched = plane.matched
    assert (matched.matches.found, matched.matches.missed, matched.matches.false) == (3, 1, 1)
    assert matched.clearly_missed == 0
    assert matched.radius == pytest.approx(0.5 * header()["BMAJ"])
    assert list(matched.matches.has_source) == [True, False, True]
    table = Table.read(out)
    assert list(table["became"]) == ["found", "found", "missed", "outside", "found"]
    assert list(table["island"]) == [1, 1, 0, 0, 3]
    assert_allclose(table["distance"][[0, 1, 4]], [0, 12, 0], atol=1e-3)
    assert_allclose(table["x"] - 1, [column for _, column in places], atol=1e-6)
    near = make_statistics(*files, noise=RMS, match=path, match_radius=11 / 3600).planes[0].matched.matches
    assert (near.found, near.missed) == (2, 2)


def test_a_bright_source_that_is_missed_is_told_first(files, tmp_path, capsys):
    mask = np.array(fits.getdata(files[0]))
    mask[:70] = 0
    lacking = write_fits(tmp_path / "l.mask.fits", mask, header())
    path = catalogue(tmp_path, [(20, 180), (40, 50), (90, 150)])
    given = ["--image", str(files[1]), "--noise", str(RMS), "--match", str(path), "--match-radius", "10arcsec"]
    assert main(["stats", str(lacking), *given, "--rows", "1"]) == 0
    lines = capsys.readouterr().out.splitlines()
    found = "1 source found, 2 missed, 1 of them above 5 sigma; 1 island of the mask without any (within 10 arcsec)"
    assert lines[-4] == f"{path}: {found}"
    assert lines[-2].split()[0] == "2"
    assert lines[-1] == "1 more missed"


def test_two_masks_are_compared_by_the_pixels_that_they_share(files, tmp_path):
    mask = np.array(fits.getdata(files[0]))
    mask[:70] = 0
    mask[10, 10] = 1
    other = write_fits(tmp_path / "o.mask.fits", mask, header())
    matches = make_statistics(files[0], match=other).planes[0].matched.matches
    assert (matches.found, matches.missed, matches.false) == (2, 1, 1)
    shifted = write_fits(tmp_path / "s.mask.fits", mask, header(ra=61.0))
    with pytest.raises(SkerryError, match="give files of the same grid"):
        make_statistics(files[0], match=shifted)


def test_planes_are_matched_each_by_itself(tmp_path):
    masks = (np.stack([sky(sources=SOURCES[:n], seed=n) for n in (1, 3)]) > 6 * RMS).astype(np.uint8)
    mask = write_fits(tmp_path / "c.mask.fits", masks, header((1, *SHAPE)))
    path, out = catalogue(tmp_path, [source[:2] for source in SOURCES]), tmp_path / "m.ecsv"
    found = make_statistics(mask, match=path, match_output=out, outputs=[tmp_path / "c.json"])
    assert [plane.matched.matches.found for plane in found.planes] == [1, 3]
    assert len(Table.read(out)) == 6
    told = json.loads((tmp_path / "c.json").read_text())
    assert [plane["match"]["missed"] for plane in told["planes"]] == [2, 0]


def test_the_terminal_lists_the_brightest_first(files, capsys):
    assert main(["stats", str(files[0]), "--image", str(files[1]), "--noise", str(RMS), "--rows", "2"]) == 0
    out, err = capsys.readouterr()
    lines = out.splitlines()
    assert lines[2].split()[-5:] == ["pixels", "beams", "peak", "flux", "S/N"]
    assert lines[3].split() == ["Jy/beam", "Jy"]
    assert max(map(len, lines[2:])) <= 80
    assert [line.split()[0] for line in lines[4:6]] == ["1", "3"]
    assert lines[6] == "1 more; --all lists them"
    assert err == ""
    assert main(["stats", str(files[0]), "--all"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 5
    assert main(["stats", str(files[0]), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["islands"][0]["number"] == 1


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"outputs": ["x.txt"]}, "its suffix says no format"),
        ({"noise": 1e-4}, "give `image` too"),
        ({"image": True, "noise": -1.0}, "is no noise"),
        ({"image": True, "bkg": True}, "a background goes with a noise map"),
        ({"outputs": ["x.mask.fits"]}, "says no format"),
        ({"match_radius": 0.1}, "have no use without `match`"),
        ({"match": "nothing.csv"}, "there is no such file"),
    ],
)
def test_what_cannot_be_is_refused(files, given, told):
    given = {name: files[1] if value is True else value for name, value in given.items()}
    with pytest.raises(SkerryError, match=told):
        make_statistics(files[0], **given)


def test_files_that_exist_are_left_alone(files, tmp_path):
    out = tmp_path / "c.ecsv"
    out.write_text("mine")
    with pytest.raises(SkerryError, match="exists"):
        make_statistics(files[0], outputs=[out])
    assert out.read_text() == "mine"
    make_statistics(files[0], outputs=[out], overwrite=True)
    assert len(Table.read(out)) == 3


def test_a_radius_of_a_catalogue_beyond_all_beams_is_refused(files, tmp_path):
    path = tmp_path / "c.csv"
    path.write_text("ra,dec\n60,-45\n")
    with pytest.raises(SkerryError, match=r"`match_radius` 2 degrees has 1200 pixels; give 200 pixels or less"):
        make_statistics(files[0], match=path, match_radius=2.0)
    assert make_statistics(files[0], match=files[0], match_radius=2.0).planes[0].matched.matches.found == 3


@pytest.mark.parametrize("middle", [0.0, 134.0])
@pytest.mark.parametrize("suffix", [".reg", ".crtf"])
def test_outlines_from_edge_to_edge_of_the_whole_sky_have_their_pixels(tmp_path, suffix, middle):
    whole = header((90, 180), ra=0.0, dec=0.0, pixel=2.0)
    whole["CTYPE1"], whole["CTYPE2"] = "RA---CAR", "DEC--CAR"
    whole["CRPIX1"] += middle / 2
    mask = np.zeros((90, 180), np.uint8)
    mask[10:12], mask[20:22, :50], mask[30, 130:], mask[40:42, 60:70], mask[50, 75:85] = 1, 1, 1, 1, 1
    path, outlines = write_fits(tmp_path / "x.fits", mask, whole), tmp_path / f"x{suffix}"
    make_statistics(path, outputs=[outlines])
    lines = [line for line in outlines.read_text().splitlines() if "poly" in line]
    on_sky = ["deg" in line or "icrs" in line for line in lines]
    assert (on_sky[0], on_sky[4]) == (False, True)
    make_region_mask(outlines, path, output=tmp_path / "back.fits")
    assert_array_equal(fits.getdata(tmp_path / "back.fits"), mask)
