"""A measurement set has what imagers and calibrators look for, appears whole, and shows WSClean the simulated sky."""

from __future__ import annotations

import csv
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import yaml
from astropy.io import fits
from astropy.wcs import WCS
from conftest import REPOSITORY
from numpy.typing import NDArray
from scipy import ndimage

from skerry.cli import main
from skerry.demo import selfcal as demo_selfcal
from skerry.demo.demo_sets import make_demo_sets
from skerry.demo.measurement_set import copy_corrected, read_for_calibration
from skerry.errors import SkerryError
from skerry.field.config import load_field
from skerry.field.inputs import check_inputs

SIZE = 192
ARRAY = {"antennas": 20, "integrations": 12, "channels": 2}
TINY = {"beams": 1, "size": 64, "antennas": 5, "integrations": 3, "channels": 2}
MS = "ms/DEMO_0400-45.beam{:02d}.ms"
ROWS = 3 * 10


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory, casacore_tables: ModuleType) -> Path:
    """A measurement set of a few rows, which no test changes."""
    directory = tmp_path_factory.mktemp("tiny")
    make_demo_sets(directory, **TINY)
    return directory / MS.format(0)


@pytest.fixture(scope="module")
def modelled(tmp_path_factory: pytest.TempPathFactory, casacore_tables: ModuleType) -> Path:
    """The same with the true sky as its model, as if it had been imaged perfectly."""
    directory = tmp_path_factory.mktemp("modelled")
    true, measured = directory / "true", directory / "measured"
    make_demo_sets(true, **TINY, gain_errors=0, image_noise=0)
    make_demo_sets(measured, **TINY, image_noise=0)
    add_column(casacore_tables, measured / MS.format(0), "MODEL_DATA", column(true / MS.format(0), "DATA"))
    return measured / MS.format(0)


def add_column(tables: ModuleType, ms: Path, name: str, values: NDArray) -> None:
    description = tables.makearrcoldesc(name, 0, shape=list(values.shape[1:]), valuetype="complex")
    with tables.table(str(ms), readonly=False, ack=False) as table:
        table.addcols(tables.maketabdesc([description]))
        table.putcol(name, values)


def column(ms: Path, name: str, subtable: str = "") -> NDArray:
    from casacore import tables

    with tables.table(str(ms / subtable), ack=False) as table:
        return table.getcol(name)


def test_main_table_has_every_baseline_at_every_time(tiny: Path) -> None:
    assert column(tiny, "DATA").shape == (ROWS, 2, 2)
    pairs = list(zip(column(tiny, "ANTENNA1"), column(tiny, "ANTENNA2"), strict=True))
    assert len(set(pairs)) == 10
    assert pairs[:10] == pairs[10:20] == pairs[20:]
    assert np.unique(column(tiny, "TIME")).size == 3


def test_every_column_of_a_row_is_filled(tiny: Path) -> None:
    assert np.isfinite(column(tiny, "UVW")).all()
    assert not column(tiny, "FLAG").any()
    assert column(tiny, "WEIGHT_SPECTRUM").shape == (ROWS, 2, 2)
    assert np.allclose(column(tiny, "WEIGHT") * column(tiny, "SIGMA") ** 2, 1)
    assert not column(tiny, "DATA_DESC_ID").any()


def test_subtables_describe_the_observation(tiny: Path) -> None:
    assert column(tiny, "NAME", "ANTENNA") == ["A01", "A02", "A03", "A04", "A05"]
    assert np.allclose(np.linalg.norm(column(tiny, "POSITION", "ANTENNA"), axis=1), 6.37e6, rtol=0.01)
    assert column(tiny, "CORR_TYPE", "POLARIZATION").tolist() == [[9, 12]]
    assert np.allclose(column(tiny, "CHAN_FREQ", "SPECTRAL_WINDOW"), [[1.331e9, 1.403e9]])
    assert column(tiny, "NAME", "FIELD") == ["DEMO_0400-45"]
    assert np.allclose(np.rad2deg(column(tiny, "PHASE_DIR", "FIELD")), [[[60, -45]]])
    assert len(column(tiny, "ANTENNA_ID", "FEED")) == 5
    assert column(tiny, "SPECTRAL_WINDOW_ID", "DATA_DESCRIPTION").tolist() == [0]
    assert column(tiny, "TELESCOPE_NAME", "OBSERVATION") == ["ASKAP"]


def test_the_truth_has_the_grid_that_the_imager_is_told_to_use(tiny: Path) -> None:
    header = fits.getheader(tiny.parents[1] / "truth" / "beam00.restored.fits")
    command = yaml.safe_load((tiny.parents[1] / "field.yaml").read_text())["imager"]["command"]
    assert f"-size {header['NAXIS1']} {header['NAXIS2']} -scale {header['CDELT2'] * 3600:g}asec" in command
    assert (header["CRVAL1"], header["CRVAL2"]) == pytest.approx((60, -45))


def test_the_fields_configuration_is_a_valid_one(tiny: Path) -> None:
    check_inputs(load_field(tiny.parents[1] / "field.yaml"))


def test_the_example_for_wsclean_is_what_the_demo_is_made_with(tiny: Path) -> None:
    example = load_field(REPOSITORY / "config" / "wsclean.yaml")
    made = load_field(tiny.parents[1] / "field.yaml")
    assert example.imager is not None
    command = example.imager.command.replace("-size 512 512", "-size 64 64")
    assert example.imager.model_copy(update={"command": command}) == made.imager
    for key in ("rounds", "calibrate", "source", "mask_rounds", "preset", "masking", "masking_rounds"):
        assert getattr(example, key) == getattr(made, key)


def test_the_same_arguments_give_the_same_visibilities(tiny: Path, tmp_path: Path) -> None:
    make_demo_sets(tmp_path, **TINY)
    for name in ("DATA", "UVW", "TIME"):
        assert np.array_equal(column(tmp_path / MS.format(0), name), column(tiny, name))


def test_another_seed_gives_other_visibilities(tiny: Path, tmp_path: Path) -> None:
    make_demo_sets(tmp_path, **TINY, seed=1)
    assert not np.allclose(column(tmp_path / MS.format(0), "DATA"), column(tiny, "DATA"))


@pytest.mark.parametrize("name", ["two words", "it's", 'a "quote"', "a;b", "~"])
def test_a_name_with_blanks_and_quotes_will_do(name: str, tmp_path: Path, casacore_tables: ModuleType) -> None:
    make_demo_sets(tmp_path / name, **TINY)
    assert column(tmp_path / name / MS.format(0), "DATA").shape == (ROWS, 2, 2)


def test_a_name_that_casacore_would_take_for_a_variable_is_refused(tmp_path: Path, casacore_tables: ModuleType) -> None:
    with pytest.raises(SkerryError, match=r"\$HOME.*casacore takes a \$ for the start of a variable"):
        make_demo_sets(tmp_path / "$HOME", **TINY)


def test_a_relative_name_is_below_the_directory_where_one_works(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, casacore_tables: ModuleType
) -> None:
    monkeypatch.chdir(tmp_path)
    make_demo_sets("~", **TINY)
    assert (tmp_path / "~" / MS.format(0) / "table.dat").is_file()


def test_a_set_that_exists_is_refused_before_anything_is_made(tmp_path: Path, casacore_tables: ModuleType) -> None:
    (tmp_path / MS.format(0)).mkdir(parents=True)
    with pytest.raises(SkerryError, match=r"beam00\.ms: exists; give `overwrite`"):
        make_demo_sets(tmp_path, **TINY)
    assert not (tmp_path / "truth").exists()


def test_overwrite_replaces_the_whole_set(tmp_path: Path, casacore_tables: ModuleType) -> None:
    ms = tmp_path / MS.format(0)
    make_demo_sets(tmp_path, **TINY)
    (ms / "left-over").touch()
    make_demo_sets(tmp_path, **TINY | {"integrations": 2}, overwrite=True)
    assert len(column(ms, "DATA")) == 20
    assert not (ms / "left-over").exists()
    assert [path.name for path in ms.parent.iterdir()] == [ms.name]


def test_a_directory_that_is_no_set_is_never_replaced(tmp_path: Path, casacore_tables: ModuleType) -> None:
    notes = tmp_path / MS.format(0) / "notes.txt"
    notes.parent.mkdir(parents=True)
    notes.touch()
    with pytest.raises(SkerryError, match=r"beam00\.ms: is no measurement set and is not replaced"):
        make_demo_sets(tmp_path, **TINY, overwrite=True)
    assert notes.exists()


def test_a_failure_on_the_way_leaves_no_half_written_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, casacore_tables: ModuleType
) -> None:
    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("skerry.demo.measurement_set_tables._write_field", fail)
    with pytest.raises(SkerryError, match=r"beam00\.ms: cannot be written: No space left"):
        make_demo_sets(tmp_path, **TINY)
    assert not list((tmp_path / "ms").iterdir())


@pytest.mark.parametrize("wrong", [{"size": 65}, {"antennas": 3}, {"channels": 0}, {"integrations": 0}, {"rounds": 0}])
def test_a_number_out_of_range_is_refused(wrong: dict[str, int], tmp_path: Path, casacore_tables: ModuleType) -> None:
    with pytest.raises(SkerryError, match=f"{next(iter(wrong))} must be"):
        make_demo_sets(tmp_path / "demo", **TINY | wrong)
    assert not (tmp_path / "demo").exists()


def test_without_casacore_the_command_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "casacore", None)
    assert main(["simulate", str(tmp_path / "demo"), "--measurement-sets"]) == 2
    assert "pip install 'skerry[casacore]'" in capsys.readouterr().err
    assert not (tmp_path / "demo").exists()


def test_the_command_makes_measurement_sets_and_no_images(tmp_path: Path, casacore_tables: ModuleType) -> None:
    assert main(["simulate", str(tmp_path), "--measurement-sets", "--beams", "1", "--rounds", "2", "--size", "64"]) == 0
    assert column(tmp_path / MS.format(0), "DATA").shape == (36 * 35 // 2 * 30, 4, 2)
    assert not (tmp_path / "images").exists()


def test_selfcal_corrects_the_copy_and_leaves_the_original(modelled: Path, tmp_path: Path) -> None:
    before = column(modelled, "DATA")
    assert demo_selfcal.main([str(modelled), str(tmp_path / "a 'b'.ms"), "--amplitude"]) == 0
    corrected, model = column(tmp_path / "a 'b'.ms", "CORRECTED_DATA"), column(modelled, "MODEL_DATA")
    assert np.abs(before / model).std() > 0.05
    assert np.allclose(corrected, model, rtol=1e-3)
    assert np.array_equal(column(tmp_path / "a 'b'.ms", "DATA"), before)
    with pytest.raises(RuntimeError):
        column(modelled, "CORRECTED_DATA")


def test_selfcal_starts_again_from_the_data(modelled: Path, tmp_path: Path) -> None:
    rows = read_for_calibration(modelled)
    copy_corrected(modelled, tmp_path / "wrong.ms", np.full_like(rows.data, 7))
    assert demo_selfcal.main([str(tmp_path / "wrong.ms"), str(tmp_path / "next.ms")]) == 0
    assert demo_selfcal.main([str(modelled), str(tmp_path / "first.ms")]) == 0
    again, first = (column(tmp_path / name, "CORRECTED_DATA") for name in ("next.ms", "first.ms"))
    assert np.array_equal(again, first)


def test_selfcal_does_not_replace_a_set(modelled: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "old.ms").mkdir()
    assert demo_selfcal.main([str(modelled), str(tmp_path / "old.ms")]) == 2
    assert "old.ms: exists; remove it" in capsys.readouterr().err


def test_selfcal_without_a_model_says_what_to_do(
    tiny: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert demo_selfcal.main([str(tiny), str(tmp_path / "new.ms")]) == 2
    assert "has no column MODEL_DATA; image it" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_selfcal_of_a_directory_without_a_set_is_one_line(
    tmp_path: Path, casacore_tables: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    assert demo_selfcal.main([str(tmp_path), str(tmp_path / "new.ms")]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def image(wsclean: str, ms: Path, prefix: Path, *extra: str) -> NDArray[np.float64]:
    command = [wsclean, "-j", "1", "-name", str(prefix), "-size", str(SIZE), str(SIZE), "-scale", "8asec"]
    command += ["-use-wgridder", "-weight", "briggs", "0", "-niter", "50000", "-mgain", "0.8", *extra, str(ms)]
    subprocess.run(command, check=True, capture_output=True, env=os.environ | {"OPENBLAS_NUM_THREADS": "1"})
    return fits.getdata(f"{prefix}-image.fits")[0, 0].astype(float)


def bright_sources(directory: Path, beam: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Places (x, y) and apparent fluxes of the point sources above 20 mJy that stand alone, by the catalogue."""
    with (directory / "truth" / "catalogue.csv").open() as file:
        rows = list(csv.DictReader(file))
    sky = np.array([[float(row["ra_deg"]), float(row["dec_deg"])] for row in rows])
    flux = np.array([float(row["flux_jy"]) * float(row[f"response_beam{beam:02d}"]) for row in rows])
    truth = fits.getheader(directory / "truth" / f"beam{beam:02d}.restored.fits")
    places = WCS(truth).celestial.wcs_world2pix(sky, 0)
    inside = ((places > 4) & (places < SIZE - 5)).all(axis=1)
    chosen = [
        n
        for n in np.flatnonzero((flux > 0.02) & inside & np.array([row["kind"] == "compact" for row in rows]))
        if flux[np.hypot(*(places - places[n]).T) < 9].sum() < 1.01 * flux[n]
    ]
    return places[chosen], flux[chosen]


def fit_peak(image: NDArray[np.float64], place: NDArray[np.float64]) -> tuple[NDArray[np.float64], float]:
    """Place and height of a source's peak, from the Gaussian through 3 x 3 pixels."""
    x, y = np.rint(place).astype(int)
    dx, dy = (offset.ravel() for offset in np.meshgrid([-1, 0, 1], [-1, 0, 1]))
    terms = np.stack([np.ones(9), dx, dy, dx**2, dx * dy, dy**2], axis=1)
    a, b, c, d, e, f = np.linalg.lstsq(terms, np.log(image[y - 1 : y + 2, x - 1 : x + 2].ravel()), rcond=None)[0]
    shift = np.linalg.solve([[2 * d, e], [e, 2 * f]], [-b, -c])
    return np.array([x, y]) + shift, float(np.exp(a + (b * shift[0] + c * shift[1]) / 2))


@pytest.mark.parametrize("beam", [0, 3])
def test_wsclean_finds_the_sources_in_their_places(
    beam: int, wsclean: str, casacore_tables: ModuleType, tmp_path: Path
) -> None:
    make_demo_sets(tmp_path, size=SIZE, **ARRAY, gain_errors=0)
    seen = image(wsclean, tmp_path / MS.format(beam), tmp_path / "a", "-auto-threshold", "1", "-auto-mask", "5")
    header, truth = fits.getheader(tmp_path / "a-image.fits"), tmp_path / f"truth/beam{beam:02d}.restored.fits"
    for keyword in ("CRPIX1", "CRPIX2", "CRVAL1", "CRVAL2", "CDELT1", "CDELT2"):
        assert header[keyword] == pytest.approx(fits.getheader(truth)[keyword], rel=1e-9)
    assert 20 < header["BMIN"] * 3600 < header["BMAJ"] * 3600 < 45
    places, fluxes = bright_sources(tmp_path, beam)
    assert len(places) >= 3
    for place, flux in zip(places, fluxes, strict=True):
        found, peak = fit_peak(seen, place)
        assert np.hypot(*(found - place)) < 0.1
        assert peak == pytest.approx(flux, rel=0.03)


def test_the_noise_of_an_image_is_as_asked_for(wsclean: str, casacore_tables: ModuleType, tmp_path: Path) -> None:
    make_demo_sets(tmp_path, beams=1, size=SIZE, **ARRAY, image_noise=80e-6)
    # The sky is unpolarised: Stokes Q has the noise and nothing else.
    noise = image(wsclean, tmp_path / MS.format(0), tmp_path / "q", "-pol", "Q", "-niter", "0")
    assert noise.std() == pytest.approx(80e-6, rel=0.2)


def test_a_round_of_selfcal_takes_most_of_the_artefacts_away(
    wsclean: str, casacore_tables: ModuleType, tmp_path: Path
) -> None:
    make_demo_sets(tmp_path, beams=1, size=SIZE, **ARRAY)
    empty = ndimage.maximum_filter(fits.getdata(tmp_path / "truth/beam00.restored.fits")[0, 0], 15) < 5e-4
    before = image(wsclean, tmp_path / MS.format(0), tmp_path / "r0", "-auto-threshold", "5")
    assert demo_selfcal.main([str(tmp_path / MS.format(0)), str(tmp_path / "r1.ms")]) == 0
    after = image(wsclean, tmp_path / "r1.ms", tmp_path / "r1", "-auto-threshold", "5")
    assert after[empty].std() < 0.5 * before[empty].std()
