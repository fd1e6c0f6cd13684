"""What the scoreboard with WSClean says of a model and of gains, where the answers are plain."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from conftest import radio_header, write_fits
from numpy.typing import NDArray

from benchmarks.quality import observed
from benchmarks.quality.cleaning import WITH_MASK, Request, Visibilities, clean
from benchmarks.quality.imager import medians, show
from benchmarks.quality.loops import gain_errors, least_errors
from benchmarks.quality.makers import MaskMaker, by_options
from benchmarks.quality.models import Catalogue, Outcome, Truth, judge_clean, know_truth, read_catalogue
from benchmarks.quality.observed import restored, simulated_round, true_islands
from benchmarks.quality.rows import BEFORE_MAKERS, ORACLE, judge_rounds, loop_rows, rows_of
from skerry.demo.demo_field import FIELD
from skerry.demo.demo_sets import make_demo_sets, simulated_gains
from skerry.io.fits import Image
from skerry.sky.beam import read_beam
from skerry.sky.grid import celestial_wcs, pixel_to_sky

SIZE = 128
NOISE = 80e-6
SIGMA = 1e-3
BRIGHTEST = (64, 64, 1.0)
Flags = NDArray[np.bool_]
Pixels = NDArray[np.float32]


def catalogue(*sources: tuple[float, float, float], major: float = 0.0) -> Catalogue:
    """Sources at pixels (x, y), with apparent fluxes (Jy)."""
    x, y, flux = np.array(sources, dtype=float).T
    ra, dec = pixel_to_sky(celestial_wcs("sky", radio_header((SIZE, SIZE))), x, y)
    shape = np.full(flux.shape, major)
    return Catalogue(ra, dec, flux, shape, shape, np.zeros(flux.shape))


def joined(*parts: Catalogue) -> Catalogue:
    return Catalogue(*map(np.concatenate, zip(*parts, strict=True)))


def truth_of(sources: Catalogue) -> Truth:
    header = radio_header((SIZE, SIZE))
    return know_truth(restored(sources, header, read_beam(header), SIZE), sources, NOISE)


def model_of(*sources: tuple[int, int, float]) -> Pixels:
    model = np.zeros((SIZE, SIZE), dtype=np.float32)
    for x, y, flux in sources:
        model[y, x] += flux
    return model


def judged(
    directory: Path, truth: Truth, model: Pixels, *, image: Pixels | None = None, mask: Flags | None = None
) -> Outcome:
    """Outcome of a clean with this model, and by default the truth as its image."""
    prefix = Path(tempfile.mkdtemp(dir=directory)) / "x"
    products = {"model": model, "residual": np.zeros_like(model)}
    products["image"] = truth.image.data if image is None else image
    for name, data in products.items():
        write_fits(Path(f"{prefix}-{name}.fits"), data)
    return judge_clean(prefix, truth, SIGMA, mask)


def test_a_model_that_is_the_sky_has_no_error(tmp_path: Path) -> None:
    sources = (BRIGHTEST, (30, 100, 7e-3), (100, 30, 20e-3))
    outcome = judged(tmp_path, truth_of(catalogue(*sources)), model_of(*sources))
    assert outcome.spurious == 0
    assert outcome.error == pytest.approx(0, abs=1e-3)
    assert (outcome.flux_faint, outcome.flux_bright) == pytest.approx((1, 1), abs=1e-3)
    assert (outcome.peak_faint, outcome.peak_bright) == pytest.approx((1, 1), abs=1e-2)


def test_flux_where_there_is_no_sky_is_spurious_whatever_its_sign(tmp_path: Path) -> None:
    model = model_of(BRIGHTEST, (20, 20, 3e-3), (100, 100, -2e-3), (65, 64, 4e-3))
    assert judged(tmp_path, truth_of(catalogue(BRIGHTEST)), model).spurious == pytest.approx(5e-3)


@pytest.mark.parametrize(("beyond", "spurious"), [(2, 0), (3, 1e-3)])
def test_flux_two_pixels_beyond_the_source_is_not_spurious(tmp_path: Path, beyond: int, spurious: float) -> None:
    truth = truth_of(catalogue(BRIGHTEST))
    last = int(np.flatnonzero(truth.image.data[64] > 0.5 * NOISE).max())
    outcome = judged(tmp_path, truth, model_of(BRIGHTEST, (last + beyond, 64, 1e-3)))
    assert outcome.spurious == pytest.approx(spurious)


def test_the_error_is_that_of_the_restored_model_over_the_truth(tmp_path: Path) -> None:
    truth = truth_of(catalogue(BRIGHTEST, (30, 100, 0.1)))
    without_flux = judged(tmp_path, truth, model_of(BRIGHTEST)).error
    assert without_flux == pytest.approx(1, abs=0.05)
    assert judged(tmp_path, truth, model_of(BRIGHTEST, (30, 100, 0.05))).error == pytest.approx(
        without_flux / 2, abs=0.02
    )


def test_no_error_counts_within_fourty_eight_arcsec_of_the_brightest_source(tmp_path: Path) -> None:
    """Eight pixels of 6 arcsec; of what lies there only the wing of the beam beyond counts."""
    truth = truth_of(catalogue(BRIGHTEST, (30, 100, 0.1)))
    sources = (BRIGHTEST, (30, 100, 0.1))
    inside = judged(tmp_path, truth, model_of(*sources, (67, 64, 0.1))).error
    outside = judged(tmp_path, truth, model_of(*sources, (76, 64, 0.1))).error
    assert inside < 0.01 < 0.9 < outside


def test_sources_are_classed_by_the_sigma_that_is_given(tmp_path: Path) -> None:
    sources = ((30, 100, 4e-3), (60, 100, 6e-3), (90, 100, 9e-3), (30, 30, 15e-3), (60, 30, 40e-3))
    truth = truth_of(catalogue(*sources))
    outcome = judged(tmp_path, truth, model_of((60, 100, 3e-3), (90, 100, 9e-3), (30, 30, 12e-3)))
    assert truth.flux.size == 5
    assert (outcome.flux_faint, outcome.flux_bright) == pytest.approx((0.75, 0.8), abs=1e-3)
    assert (outcome.faint, outcome.bright) == (2, 1)


def test_the_bias_is_seen_in_the_restored_image(tmp_path: Path) -> None:
    truth = truth_of(catalogue((30, 100, 7e-3), (90, 100, 15e-3)))
    outcome = judged(tmp_path, truth, model_of(), image=0.9 * truth.image.data)
    assert (outcome.peak_faint, outcome.peak_bright) == pytest.approx((0.9, 0.9), abs=1e-2)


def test_sources_that_the_mask_leaves_out_are_judged_by_themselves(tmp_path: Path) -> None:
    truth = truth_of(catalogue((30, 100, 7e-3), (90, 100, 8e-3), (60, 30, 2e-3)))
    image, mask = truth.image.data.copy(), np.zeros((SIZE, SIZE), dtype=bool)
    image[:, 80:] *= 0.8
    mask[100, 30] = True
    outcome = judged(tmp_path, truth, model_of(), image=image, mask=mask)
    assert outcome.left_out == 1
    assert outcome.peak_left_out == pytest.approx(0.8, abs=1e-2)
    assert outcome.masked == pytest.approx(SIZE**-2)


def test_without_such_sources_a_figure_is_unknown(tmp_path: Path) -> None:
    outcome = judged(tmp_path, truth_of(catalogue(BRIGHTEST)), model_of(BRIGHTEST))
    assert np.isnan([outcome.flux_faint, outcome.peak_bright, outcome.peak_left_out, outcome.masked]).all()


@pytest.mark.parametrize(
    ("neighbour", "count"),
    [((53, 40, 4e-3), 0), ((53, 40, 2e-3), 1), ((55, 40, 4e-3), 2)],
    ids=["bright and near", "faint", "far"],
)
def test_an_isolated_source_has_no_bright_neighbour(neighbour: tuple[float, float, float], count: int) -> None:
    assert truth_of(catalogue((40, 40, 10e-3), neighbour)).flux.size == count


def test_only_points_well_inside_the_image_and_above_three_sigma_are_judged() -> None:
    points = catalogue((60, 40, 10e-3), (19, 40, 10e-3), (60, 109, 10e-3), (90, 90, 2.9 * NOISE))
    truth = truth_of(joined(points, catalogue((40, 80, 10e-3), major=3)))
    assert truth.x == pytest.approx([60], abs=1e-3)
    assert truth.y == pytest.approx([40], abs=1e-3)


def test_a_source_on_diffuse_emission_or_between_pixels_is_not_judged() -> None:
    halo = catalogue((90, 90, 50e-3), major=60)
    truth = truth_of(joined(catalogue((90, 90, 5e-3), (40, 40, 5e-3), (40.48, 90.48, 5e-3)), halo))
    assert truth.x == pytest.approx([40], abs=1e-3)


def test_the_catalogue_of_a_beam_has_apparent_fluxes(tmp_path: Path) -> None:
    path = tmp_path / "catalogue.csv"
    path.write_text("ra,dec,flux,maj,min,pa,kind,beam0,beam1\n60.5,-45,0.2,12,6,30,compact,0.5,0.25\n")
    assert [read_catalogue(path, beam).flux[0] for beam in (0, 1, None)] == [0.1, 0.05, 0.2]
    assert [float(column[0]) for column in read_catalogue(path, 0)] == [60.5, -45, 0.1, 12, 6, 30]


def test_the_true_islands_follow_the_noise_of_the_mosaic() -> None:
    truth, weights = np.zeros((9, 9), dtype=np.float32), np.ones((9, 9), dtype=np.float32)
    truth[1, 1:4], truth[5, 1:4], truth[1, 7] = (1.6 * NOISE, 5 * NOISE, 1.4 * NOISE), 3 * NOISE, 5 * NOISE
    truth[8, 5] = 3 * NOISE
    weights[5] = 4
    mosaic = Image(Path("mosaic.fits"), np.zeros((9, 9), dtype=np.float32), radio_header((9, 9)), (9, 9))
    mosaic.data[1, 7] = np.nan
    assert np.argwhere(true_islands(mosaic, truth, weights)).tolist() == [[1, 1], [1, 2], [5, 1], [5, 2], [5, 3]]


def gains(*phases: float) -> NDArray[np.complex128]:
    """Two times, in which all antennas have a phase in common."""
    return np.exp(1j * (np.deg2rad(phases) + np.array([[0.0], [2.0]])))


def test_what_all_antennas_have_in_common_is_no_error_of_calibration() -> None:
    assert gain_errors(1.5 * gains(0, 20, -30), gains(0, 20, -30) / gains(0, 0, 0)) == pytest.approx((0, 0), abs=1e-12)


def test_errors_of_calibration_are_rms_phases_and_relative_amplitudes() -> None:
    phase, _ = gain_errors(gains(10, 0, 0, -10), gains(0, 0, 0, 0))
    assert np.rad2deg(phase) == pytest.approx(np.sqrt(50))
    _, amplitude = gain_errors(gains(0, 0) * [2.2, 1.8], gains(0, 0))
    assert amplitude == pytest.approx(0.1)


def test_a_shift_of_the_whole_sky_is_no_error_of_the_phases(rng: np.random.Generator) -> None:
    tracks = rng.normal(size=(20, 6, 2)) * 1000
    shifted = np.exp(2j * np.pi * tracks @ [1e-5, -2e-5])
    assert gain_errors(shifted, np.ones_like(shifted))[0] > 0.05
    assert gain_errors(shifted, np.ones_like(shifted), tracks)[0] == pytest.approx(0, abs=1e-9)
    wrong = np.exp(1j * rng.normal(scale=0.1, size=(20, 6)))
    assert gain_errors(shifted * wrong, np.ones_like(shifted), tracks)[0] == pytest.approx(0.1, rel=0.2)


def test_the_best_solution_is_the_mean_of_two_integrations() -> None:
    drifting = np.exp(1j * np.deg2rad([[0, 10], [0, 30], [0, -5], [0, -5]]))
    phase, _ = least_errors(drifting)
    assert np.rad2deg(phase) == pytest.approx(5 / np.sqrt(2))


def request(mask: Flags | None = None, arguments: str = WITH_MASK, column: str = "DATA") -> Request:
    return Request(Visibilities(Path("a.ms"), column, SIZE, 6.0), arguments, mask, radio_header((SIZE, SIZE)))


def test_a_clean_is_known_by_its_visibilities_arguments_and_mask() -> None:
    mask = np.zeros((SIZE, SIZE), dtype=bool)
    other = mask.copy()
    other[3, 3] = True
    different = [request(), request(mask), request(other), request(mask, "-niter 1"), request(mask, column="DATA_R1")]
    assert len({one.key for one in different}) == len(different)
    assert request(mask).key == request(mask.copy()).key


def test_what_has_been_cleaned_is_not_cleaned_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    (tmp_path / f"{request().key}-image.fits").touch()
    assert clean(request(), tmp_path) == tmp_path / request().key
    with pytest.raises(FileNotFoundError):
        clean(request(arguments="-niter 1"), tmp_path)


def test_masks_are_eroded_but_for_makers_that_do_it_themselves() -> None:
    block = np.zeros((SIZE, SIZE), dtype=bool)
    block[50:60, 50:60] = True
    image = Image(Path("image.fits"), block.astype(np.float32), radio_header((SIZE, SIZE)), block.shape)
    rows = rows_of([MaskMaker("a", lambda *_: block), MaskMaker("b", lambda *_: block, erodes=True)], [""])
    assert [way.name for way in rows] == ["a", "a, not eroded", "b"]
    areas = [way.make(image, 0).sum() for way in rows if way.make is not None]
    assert areas[0] < areas[1] == areas[2] == 100


def test_beam_0_is_cleaned_where_extract_beam_lets_it(tmp_path: Path, rng: np.random.Generator) -> None:
    sky = rng.normal(size=(SIZE, SIZE)).astype(np.float32)
    sky[40:43, 40:43] += 50
    mask = np.zeros((SIZE, SIZE), dtype=bool)
    mask[41, 41] = mask[90, 90] = True
    sky[88:93, 88:93] = -1
    image = Image(Path("image.fits"), sky, radio_header((SIZE, SIZE)), sky.shape)
    visibilities = Visibilities(tmp_path, "DATA", SIZE, 6.0)
    field = observed.Observed(
        2, visibilities, image, image, mask, truth_of(catalogue(BRIGHTEST)), SIGMA, None, tmp_path
    )
    maker = by_options("clip in round 2", {2: {"extract_beam_smoothed_clip": 2}})._replace(make=lambda *_: mask)
    (way,) = rows_of([maker._replace(erodes=True)])
    assert np.argwhere(way.mask(replace(field, round=1))).tolist() == [[41, 41], [90, 90]]
    assert np.argwhere(way.mask(field)).tolist() == [[41, 41]]


def test_a_median_leaves_out_what_is_unknown(capsys: pytest.CaptureFixture[str]) -> None:
    unknown = Outcome(*[float("nan")] * len(Outcome._fields))
    fields = [{("a", 0): unknown._replace(spurious=value, error=0.5)} for value in (1e-3, 4e-3, np.nan)]
    assert medians(fields)["a", 0].spurious == 2.5e-3
    show("Title", medians(fields))
    assert "| a | 2.5 | 0.5000 | - | - |" in capsys.readouterr().out


@pytest.fixture(scope="module")
def small(casacore_tables: ModuleType, wsclean: str, tmp_path_factory: pytest.TempPathFactory) -> observed.Observed:
    """Round 0 of a small simulated field."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(observed, "INTEGRATIONS", 12)
        patch.setattr(observed, "CHANNELS", 2)
        return simulated_round(tmp_path_factory.mktemp("field"), seed=5, size=SIZE, k=0)


def test_a_mask_keeps_the_model_from_the_artefacts(small: observed.Observed) -> None:
    maker = by_options("MAC", flood_fill=True, flood_fill_use_mac=True, flood_fill_positive_seed_clip=1.5)
    results = judge_rounds([*BEFORE_MAKERS, *rows_of([maker]), ORACLE], lambda _: small, [0])
    assert results["MAC", 0].spurious < 0.1 * results["no mask", 0].spurious
    assert results["MAC", 0].error < 0.8 * results["no mask", 0].error
    assert 0 < results["MAC", 0].masked < results[ORACLE.name, 0].masked < 0.2


def test_the_truth_lies_where_the_imager_shows_it(small: observed.Observed) -> None:
    image, truth = small.grid.data, small.truth.image.data
    assert np.unravel_index(image.argmax(), image.shape) == np.unravel_index(truth.argmax(), truth.shape)
    assert np.corrcoef(image.ravel(), truth.ravel())[0, 1] > 0.9


def test_self_calibration_finds_the_gains(small: observed.Observed) -> None:
    before, _ = gain_errors(np.ones_like(small.gains), small.gains)
    loops = loop_rows([ORACLE], small, 1)
    (iteration,) = loops[ORACLE.name]
    assert iteration.phase < 0.6 * before
    assert iteration.outcome.error < judge_rounds([ORACLE], lambda _: small, [0])[ORACLE.name, 0].error
    assert not list(small.directory.rglob("*.ms"))


def test_gains_that_are_asked_for_are_those_of_the_set(casacore_tables: ModuleType, tmp_path: Path) -> None:
    small = {"beams": 2, "rounds": 1, "size": 64, "seed": 3, "antennas": 5, "integrations": 4, "channels": 1}
    data = {}
    for errors in (0.0, 0.5):
        place = tmp_path / f"{errors}"
        make_demo_sets(place, **small, gain_errors=errors, image_noise=0)
        import casacore.tables

        with casacore.tables.table(str(place / "ms" / f"{FIELD}.beam01.ms"), ack=False) as table:
            data[errors] = table.getcol("DATA")[:, 0, 0]
            antennas = table.getcol("ANTENNA1"), table.getcol("ANTENNA2")
    known = simulated_gains(seed=3, beam=1, antennas=5, integrations=4, gain_errors=0.5)
    times = np.repeat(np.arange(4), 10)
    expected = known[times, antennas[0]] * known[times, antennas[1]].conj()
    np.testing.assert_allclose(data[0.5] / data[0.0], expected, rtol=1e-4)
