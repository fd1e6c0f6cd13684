"""Kinds of fields are what they say, and mask makers stand among each other as their outcomes do."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from benchmarks.demo.model_quality import robust_rms
from benchmarks.quality.arrays import ARRAYS, antennas_of
from benchmarks.quality.gain_errors import FACETS, Errors, antenna_gains, facet_gains, facet_of
from benchmarks.quality.kind_cleans import Asked, FieldOutcomes, judge_cleans
from benchmarks.quality.kind_fields import FieldOfKind
from benchmarks.quality.kind_images import judge_images, show_images, summary
from benchmarks.quality.kind_makers import Makers
from benchmarks.quality.kind_table import KINDS, SEEDS_ASIDE, SEEDS_TO_CHOOSE, Kind
from benchmarks.quality.kind_tables import show_each, show_loops, show_standings, standings
from benchmarks.quality.known_scenes import known_scene, mosaic_noise
from benchmarks.quality.loops import gain_errors
from benchmarks.quality.models import Outcome
from benchmarks.quality.rows import ORACLE
from benchmarks.quality.scores import Counts
from benchmarks.quality.skies import BEAM, SKIES, Field
from skerry.demo.demo_field import PIXEL, image_header, primary_beam_fwhm
from skerry.demo.sky import beam_offsets, primary_beam, project
from skerry.io.fits import read_image, write_products
from skerry.io.products import Product
from skerry.sky.beam import read_beam
from skerry.steps.mosaic import make_mosaic

WIDTH = 100 * BEAM
ONE_BEAM = Field(WIDTH, np.zeros((1, 2)), 1e-4)


def test_constants_are_not_judged_by_the_kinds_they_were_chosen_with() -> None:
    assert not set(SEEDS_ASIDE) & set(SEEDS_TO_CHOOSE)


def test_no_two_kinds_are_the_same_field() -> None:
    fields = [FieldOfKind(name, 1, Path()) for name in KINDS]
    assert len({field.history for field in fields}) == len(KINDS)
    assert len({field.gains(0, 0)[0, 0] for field in fields}) == len(KINDS)


@pytest.mark.parametrize("name", ARRAYS)
def test_an_array_is_narrower_along_the_angle_of_its_beam(name: str) -> None:
    """North is the third axis, and a little of the first; east the second."""

    def spread(ratio: float, degrees: float) -> tuple[float, float]:
        places = antennas_of(name, np.random.default_rng(1), ratio, np.deg2rad(degrees))
        return float(np.ptp(places[:, 1])), float(np.ptp(places[:, 2]))

    (east, north), narrow_north, narrow_east = spread(1, 0), spread(4, 0), spread(4, 90)
    assert narrow_north == pytest.approx((east, north / 4))
    assert narrow_east == pytest.approx((east / 4, north))


@pytest.mark.parametrize("name", SKIES)
def test_a_sky_lies_in_its_field_and_another_seed_is_another_sky(name: str) -> None:
    one, other = (SKIES[name](np.random.default_rng(seed), ONE_BEAM) for seed in (1, 2))
    assert (one.flux > 0).all()
    assert np.hypot(one.east, one.north).max() < WIDTH
    assert one.flux.sum() != other.flux.sum() or one.east.sum() != other.east.sum()


@pytest.mark.parametrize(("name", "sigmas"), [("bright", 1e4), ("faint", 8)])
def test_a_source_alone_has_the_flux_that_the_beam_receives(name: str, sigmas: float) -> None:
    sky = SKIES[name](np.random.default_rng(3), ONE_BEAM)
    received = sky.flux * primary_beam(np.hypot(sky.east, sky.north), primary_beam_fwhm(WIDTH))
    assert received == pytest.approx([sigmas * 1e-4], rel=1e-4)


def test_a_shell_is_extended_and_as_bright_as_it_is_said_to_be() -> None:
    sky = SKIES["haloes"](np.random.default_rng(1), ONE_BEAM)
    assert sky.flux[sky.kind != "extended"].max() <= 0.25
    assert (sky.major[sky.kind == "extended"] > BEAM).all()


def test_errors_shrink_from_round_to_round_and_one_antenna_may_be_worse() -> None:
    def phases(factor: float, **errors: float) -> np.ndarray:
        gains = antenna_gains(np.random.default_rng(5), Errors(**errors), 12, 9, factor)
        return np.angle(gains)

    assert phases(0.1) == pytest.approx(0.1 * phases(1))
    worse = np.abs(phases(0.01, bad_antenna=7) / phases(0.01)).mean(axis=0)
    assert sorted(worse) == pytest.approx([*[1] * 8, 7])
    assert np.abs(phases(1, phase=0)).max() == 0
    amplitudes = np.abs(antenna_gains(np.random.default_rng(5), Errors(), 12, 9, 1.0))
    assert np.log(amplitudes).mean() == pytest.approx(0, abs=1e-12)


def test_fast_errors_turn_more_often() -> None:
    def turns(modes: int) -> float:
        gains = antenna_gains(np.random.default_rng(5), Errors(modes=modes), 60, 9, 1.0)
        return float(np.abs(np.diff(np.angle(gains), axis=0)).mean())

    assert turns(15) > 3 * turns(3)


def test_directions_have_errors_of_their_own() -> None:
    gains = facet_gains(np.random.default_rng(2), Errors(directions=0.3), 10, 8)
    assert len(gains) == FACETS
    assert len({complex(one[0, 0]) for one in gains}) == FACETS
    assert all(np.ptp(np.abs(one)) == 0 for one in facet_gains(np.random.default_rng(2), Errors(), 10, 8))
    east, north = np.random.default_rng(1).uniform(-0.5, 0.5, (2, 200))
    assert set(facet_of(np.random.default_rng(2), east, north, 1.0)) == set(range(FACETS))


def outcome(error: float, spurious: float = 0.0, flux_faint: float = 1.0) -> Outcome:
    unknown = Outcome(*[float("nan")] * len(Outcome._fields))
    return unknown._replace(error=error, spurious=spurious, flux_faint=flux_faint)


def outcomes(kind: str, flux: float = 1.0, **errors: Outcome) -> FieldOutcomes:
    rows = {(ORACLE.name if name == "oracle" else name, 0): one for name, one in errors.items()}
    return FieldOutcomes(kind, 1, rows, flux, {})


def test_a_row_is_compared_with_the_best_of_its_field_but_the_oracle(capsys: pytest.CaptureFixture[str]) -> None:
    fields = [
        outcomes("a", mine=outcome(0.1), other=outcome(0.12), oracle=outcome(0.01)),
        outcomes("b", mine=outcome(0.20018), other=outcome(0.2), oracle=outcome(0.01)),
        outcomes("c", mine=outcome(0.33), other=outcome(0.3), oracle=outcome(0.01)),
    ]
    mine = standings(fields, 0)["mine"]
    assert (mine.fields, mine.not_best) == (3, 1)
    assert mine.error == 0.20018
    assert mine.over_best == pytest.approx(0.0009)
    assert mine.worst_over_best == pytest.approx(0.1)
    assert standings(fields, 0)["other"].not_best == 1
    show_standings(fields)
    show_each(fields)
    assert "| mine | 3 | 0.2002 | 0.1 | 10.0 | 1 |" in capsys.readouterr().out


def test_spurious_flux_may_be_two_mjy_or_a_thousandth() -> None:
    fields = [
        outcomes("a", flux=1.0, mine=outcome(1, spurious=1.9e-3)),
        outcomes("b", flux=1.0, mine=outcome(1, spurious=2.1e-3)),
        outcomes("c", flux=3.0, mine=outcome(1, spurious=2.9e-3)),
    ]
    fields.append(outcomes("c, multiscale", mine=outcome(1, spurious=1.0)))
    mine = standings(fields, 0)["mine"]
    assert (mine.too_much, mine.worst_spurious) == (1, 2.9e-3)
    assert mine.spurious == pytest.approx(2.1e-3)


def test_sources_are_lost_where_breizorro_has_them() -> None:
    fields = [
        outcomes("a", mine=outcome(1, flux_faint=0), breizorro=outcome(1, flux_faint=0.5)),
        outcomes("b", mine=outcome(1, flux_faint=0), breizorro=outcome(1, flux_faint=0)),
        outcomes("c", mine=outcome(1, flux_faint=0.9), breizorro=outcome(1, flux_faint=0.5)),
    ]
    assert standings(fields, 0)["mine"].lost == 1


def test_makers_are_chosen_by_name_and_presets_may_be_files(tmp_path: Path) -> None:
    mine = tmp_path / "mine.yaml"
    mine.write_text("flood_fill: true\n")
    makers = Makers(only=("breizorro", "eye-patch MAC"), presets=(str(mine),), eye_patch="python")
    assert [one.name for one in makers.chosen()] == ["breizorro", "eye-patch MAC 1.5/1.2", f"preset {mine}"]
    names = [one.name for one in Makers().chosen()]
    assert any(name.startswith("skerry default") for name in names)
    assert "S/N flood 5/1.5" in names
    assert not any(name.startswith("skerry both") for name in names)
    assert Makers(only=("oracle",)).wants(ORACLE.name)
    assert not Makers(only=("breizorro",)).wants(ORACLE.name)


def counts(false: int, covered: int) -> Counts:
    return Counts(9, false, 1000, 100, 5, 0, 200, covered, 50, 10, (1, 2, 0, 4), (0, 1, 0, 4))


def test_images_are_told_by_the_median_and_the_worst() -> None:
    kinds = {"a": [counts(0, 100), counts(1, 200)], "b": [counts(7, 180)], "c": [counts(0, 100)]}
    assert summary(kinds) == ["0.5", "7", "5.0", "5", "75.0", "50", "20.0", "0", "50", "-", "100"]


def test_the_noise_of_a_mosaic_is_that_of_beams_weighted_by_theirs(tmp_path: Path) -> None:
    """For beams alike it is theirs over the root of the sum of their squared responses."""
    size, images = 64, []
    fwhm = float(np.rad2deg(0.5 * size * PIXEL))
    for beam, (east, north) in enumerate(beam_offsets(4, 0.75 * size * PIXEL)):
        ra, dec = project(east, north, (1.0, -0.8))
        header = image_header((float(ra), float(dec)), size)
        images.append(tmp_path / f"beam{beam:02d}.image.fits")
        write_products([Product(images[-1], np.ones((size, size), np.float32), header, (size, size))])
    weights = tmp_path / "weights.fits"
    mosaic = make_mosaic(
        images,
        output=tmp_path / "m.fits",
        primary_beam_fwhm=fwhm,
        primary_beam_cutoff=0.01,
        weight_output=weights,
    )
    about = {"thermal_noise": [2e-4] * 4, "primary_beam_fwhm_deg": fwhm}
    noise, weight = mosaic_noise(tmp_path, read_image(mosaic), about), read_image(weights).data
    middle = weight > 0.5 * weight.max()
    assert noise[middle] == pytest.approx(2e-4 / np.sqrt(weight[middle]), rel=1e-2)
    one_good = mosaic_noise(tmp_path, read_image(mosaic), about | {"thermal_noise": [2e-4, 1, 1, 1]})
    assert one_good.min() == pytest.approx(2e-4, rel=1e-2)


SMALL = {"size": 160, "integrations": 12, "channels": 2}


@pytest.fixture(scope="module")
def fields(casacore_tables: ModuleType, wsclean: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Where small fields of two kinds are kept, in one round."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("beam-5", "long"):
            patch.setitem(KINDS, name, replace(KINDS[name], **SMALL))
        yield tmp_path_factory.mktemp("fields")


def asked(base: Path) -> Asked:
    return Asked(base, Makers(only=("skerry MAC", "WSClean")), (1,))


def judged(base: Path) -> dict[str, FieldOutcomes]:
    with ThreadPoolExecutor(2) as pool:
        return {one.kind: one for one in judge_cleans(asked(base), ["beam-5", "long"], [1], pool)}


@pytest.fixture(scope="module")
def judged_fields(fields: Path) -> dict[str, FieldOutcomes]:
    return judged(fields)


def test_every_figure_of_a_field_is_known(judged_fields: dict[str, FieldOutcomes]) -> None:
    assert list(judged_fields) == ["beam-5", "long"]
    for field in judged_fields.values():
        mac, automatic = field.outcomes["skerry MAC 1.5/1.2, box 75", 1], field.outcomes["WSClean auto-mask", 1]
        assert 0 < mac.error < 1
        assert 0 < automatic.error < 1
        assert mac.spurious < 0.1 * automatic.spurious
        assert 0 < mac.masked < 0.1
        assert field.true_flux > 1


def test_what_has_been_cleaned_and_judged_is_not_cleaned_again(
    fields: Path, judged_fields: dict[str, FieldOutcomes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    again = judged(fields)
    for kind, field in judged_fields.items():
        assert again[kind].true_flux == field.true_flux
        for key, one in field.outcomes.items():
            np.testing.assert_array_equal(again[kind].outcomes[key], one)
    assert not list(fields.rglob("*.partial"))


@pytest.mark.parametrize(("name", "ratio"), [("beam-5", None), ("long", 3.0)])
def test_a_kind_has_the_beam_that_it_says(
    name: str, ratio: float | None, fields: Path, judged_fields: dict[str, FieldOutcomes]
) -> None:
    scene = known_scene(fields / name / "seed1" / "round1")
    beam = read_beam(scene.image.header)
    pixels = np.sqrt(beam.bmaj * beam.bmin) / abs(scene.image.header["CDELT2"])
    assert pixels == pytest.approx(KINDS[name].beam, rel=0.2)
    if ratio is not None:
        assert beam.bmaj / beam.bmin == pytest.approx(ratio, rel=0.2)
        assert beam.bpa % 180 == pytest.approx(KINDS[name].angle, abs=15)


@pytest.mark.parametrize("name", ["beam-5", "long"])
def test_the_truth_of_a_kind_lies_where_the_imager_shows_it(
    name: str, fields: Path, judged_fields: dict[str, FieldOutcomes]
) -> None:
    scene = known_scene(fields / name / "seed1" / "round1")
    centres = []
    for image in (scene.image.data, scene.truth.data):
        row, column = np.unravel_index(image.argmax(), image.shape)
        y, x = np.mgrid[row - 2 : row + 3, column - 2 : column + 3]
        patch = image[y, x].astype(float)
        centres.append(((patch * x).sum() / patch.sum(), (patch * y).sum() / patch.sum()))
    assert np.hypot(*np.subtract(*centres)) < 0.5
    assert scene.image.data.max() == pytest.approx(scene.truth.data.max(), rel=0.2)
    assert (scene.kind, scene.seed, scene.round, scene.thermal) == (name, 1, 1, 80e-6)


def test_masks_are_judged_on_images_that_are_there(
    fields: Path, judged_fields: dict[str, FieldOutcomes], capsys: pytest.CaptureFixture[str]
) -> None:
    with ThreadPoolExecutor(2) as pool:
        found = judge_images(fields, ["beam-5", "long", "deep"], [1], [1], Makers(only=("breizorro",)), pool)
    assert [field.kind for field in found] == ["beam-5", "long"]
    show_images(found)
    assert "2 fields, eroded; rounds 1" in capsys.readouterr().out


def test_a_loop_of_self_calibration_finds_gains(
    fields: Path, judged_fields: dict[str, FieldOutcomes], capsys: pytest.CaptureFixture[str]
) -> None:
    once = Asked(fields, Makers(only=("oracle",)), (), iterations=1)
    with ThreadPoolExecutor(2) as pool:
        (field,) = judge_cleans(once, ["beam-5"], [1], pool)
    true = FieldOfKind("beam-5", 1, fields).gains(0, 0)
    assert field.loops[ORACLE.name].phase < 0.5 * gain_errors(np.ones_like(true), true)[0]
    show_loops([field], 1)
    assert f"| {ORACLE.name} | 1 |" in capsys.readouterr().out


def test_a_kind_has_the_thermal_noise_that_it_says(
    casacore_tables: ModuleType, wsclean: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One faint source leaves nothing else to be seen; a kind that changes is made again."""
    monkeypatch.setitem(KINDS, "x", Kind("faint", sky="faint", noise=3e-4, **SMALL))
    field = FieldOfKind("x", 1, tmp_path)
    image = read_image(field.make(0) / "beam00.image.fits").data
    assert robust_rms(image) == pytest.approx(3e-4, rel=0.1)
    assert json.loads((field.place(0) / "about.json").read_text())["thermal_noise"] == [3e-4]
    assert field.made(0)
    monkeypatch.setitem(KINDS, "x", Kind("faint", sky="faint", noise=4e-4, **SMALL))
    assert not FieldOfKind("x", 1, tmp_path).made(0)
