"""Visibilities are the Fourier transform of the sky, seen by antennas whose gains self-calibration finds again."""

from __future__ import annotations

import numpy as np
import pytest
from astropy.coordinates import EarthLocation
from astropy.time import Time
from astropy.utils import iers
from numpy.typing import NDArray

from skerry.demo import visibilities
from skerry.demo.gain_solutions import apply_gains, solution_intervals, solve_gains
from skerry.demo.sky import ARCSEC, Sky
from skerry.demo.telescope import log_gains, uvw_tracks
from skerry.demo.visibilities import (
    LIGHT_SPEED,
    corrupt,
    noise_per_visibility,
    point_at,
    receiver_noise,
    sky_visibilities,
    time_of_transit,
)

ANTENNAS = 7
FIRST, SECOND = np.triu_indices(ANTENNAS, 1)


def sources(
    flux: list[float], major: float = 0.0, minor: float = 0.0, angle: float = 0.0
) -> tuple[Sky, NDArray[np.float64]]:
    values = np.array(flux)
    same = np.ones_like(values)
    kind = np.full(len(values), "compact")
    return Sky(0 * same, 0 * same, values, major * same, minor * same, angle * same, kind), values


def measure(sky: Sky, at: tuple[float, float], wavelengths: tuple[float, float, float], factor: float = 1.0) -> complex:
    """Visibility of sources at one place on one baseline, given in wavelengths; `factor` multiplies the frequency."""
    frequency = 1e9
    uvw = np.array(wavelengths).reshape(1, 1, 3) * (LIGHT_SPEED / frequency)
    east, north = (np.full(len(sky.flux), value) for value in at)
    return complex(sky_visibilities(sky, sky.flux, east, north, uvw, np.array([factor * frequency]))[0, 0, 0])


def test_a_point_source_at_the_phase_centre_is_its_flux_on_every_baseline(rng: np.random.Generator) -> None:
    sky, flux = sources([2.5])
    uvw = rng.normal(size=(3, 4, 3)) * 1000
    seen = sky_visibilities(sky, flux, np.zeros(1), np.zeros(1), uvw, np.array([1.3e9, 1.4e9]))
    assert seen.shape == (3, 4, 2)
    assert np.allclose(seen, 2.5, rtol=0, atol=1e-12)


def test_a_source_in_the_east_turns_the_phase_forward_on_an_eastern_baseline() -> None:
    """25 wavelengths times 0.01 is a quarter of a turn."""
    assert measure(sources([2.0])[0], (0.01, 0.0), (25, 0, 0)) == pytest.approx(2j)


def test_a_source_in_the_north_turns_the_phase_forward_on_a_northern_baseline() -> None:
    assert measure(sources([2.0])[0], (0.0, 0.01), (0, 25, 0)) == pytest.approx(2j)


def test_the_third_coordinate_counts_from_the_phase_centre() -> None:
    """At a direction cosine of 0.6 the third one is 0.8; 1.25 wavelengths times -0.2 is a quarter of a turn back."""
    assert measure(sources([2.0])[0], (0.6, 0.0), (0, 0, 1.25)) == pytest.approx(-2j)


def test_the_phase_grows_with_the_frequency() -> None:
    assert measure(sources([2.0])[0], (0.01, 0.0), (25, 0, 0), factor=2) == pytest.approx(-2)


def test_the_visibilities_of_sources_add_up() -> None:
    assert measure(sources([2.0, 0.5, 0.25])[0], (0.01, 0.0), (25, 0, 0)) == pytest.approx(2.75j)


@pytest.mark.parametrize(
    ("degrees", "along", "across"),
    [(0, (0, 1), (1, 0)), (90, (1, 0), (0, 1)), (45, (0.5**0.5, 0.5**0.5), (0.5**0.5, -(0.5**0.5)))],
)
def test_a_gaussian_source_fades_by_its_width_along_the_baseline(
    degrees: float, along: tuple[float, float], across: tuple[float, float]
) -> None:
    """A Gaussian of FWHM a has amplitude exp(-(pi a u)^2 / (4 ln 2)), whatever its position angle."""
    sky, _ = sources([3.0], 60 * ARCSEC, 20 * ARCSEC, np.deg2rad(degrees))
    for direction, axis in ((along, 60), (across, 20)):
        seen = measure(sky, (0.0, 0.0), (2000 * direction[0], 2000 * direction[1], 0.0))
        assert seen == pytest.approx(3 * np.exp(-((np.pi * axis * ARCSEC * 2000) ** 2) / (4 * np.log(2))))


def test_point_and_gaussian_sources_are_seen_together() -> None:
    sky = Sky(
        np.zeros(2), np.zeros(2), np.array([1.0, 1.0]), np.array([0.0, 1e-3]), np.array([0.0, 1e-3]), np.zeros(2),
        np.array(["compact", "extended"])
    )  # fmt: skip
    assert measure(sky, (0.0, 0.0), (1e4, 0, 0)) == pytest.approx(1)
    assert measure(sky, (0.0, 0.0), (0, 0, 0)) == pytest.approx(2)


def test_a_sum_in_small_pieces_is_the_same_sum(rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch) -> None:
    sky, flux = sources([1.0, 2.0, 3.0], 30 * ARCSEC, 10 * ARCSEC, 0.3)
    east, north = rng.normal(size=(2, 3)) * 0.01
    uvw, frequencies = rng.normal(size=(5, 7, 3)) * 300, np.array([1.3e9, 1.4e9])
    at_once = sky_visibilities(sky, flux, east, north, uvw, frequencies)
    monkeypatch.setattr(visibilities, "_TERMS_AT_A_TIME", 12)
    assert np.allclose(sky_visibilities(sky, flux, east, north, uvw, frequencies), at_once, rtol=1e-12)


def test_baselines_to_the_east_and_to_the_pole_at_transit() -> None:
    array, declination = np.array([[0.0, 0, 0], [0, 1, 0], [0, 0, 1]]), np.deg2rad(-30)
    uvw = uvw_tracks(array, np.array([0, 0]), np.array([1, 2]), declination, np.zeros(1))
    assert np.allclose(uvw[0], [[1, 0, 0], [0, np.cos(declination), np.sin(declination)]])


def test_a_baseline_keeps_its_length_while_the_sky_turns(rng: np.random.Generator) -> None:
    array = rng.normal(size=(ANTENNAS, 3))
    uvw = uvw_tracks(array, FIRST, SECOND, -0.8, np.linspace(-2, 2, 5))
    lengths = np.linalg.norm(array[SECOND] - array[FIRST], axis=1)
    assert np.allclose(np.linalg.norm(uvw, axis=2), lengths)


def test_the_right_ascension_is_in_the_meridian_at_its_transit() -> None:
    ra = 1.05
    time = Time(time_of_transit(ra) / 86400, format="mjd", scale="ut1")
    # With the table of the turning Earth that astropy has, and none that it fetches.
    with iers.conf.set_temp("auto_download", False), iers.conf.set_temp("iers_degraded_accuracy", "ignore"):
        sidereal = time.sidereal_time("mean", np.rad2deg(visibilities._LONGITUDE))
    assert sidereal.to_value("rad") == pytest.approx(ra, abs=1e-5)


def test_an_observation_is_as_it_was_asked_for(rng: np.random.Generator) -> None:
    observation = point_at(
        rng,
        (1.0, -0.8),
        1.02,
        pixel=8 * ARCSEC,
        frequency=1.4e9,
        bandwidth=0.1e9,
        antennas=6,
        integrations=5,
        channels=2,
    )
    assert observation.shape == observation.uvw.shape[:2] + observation.frequencies.shape == (5, 15, 2)
    assert np.allclose(observation.frequencies, [1.375e9, 1.425e9])
    longest = np.linalg.norm(observation.uvw, axis=2).max() * 1.425e9 / LIGHT_SPEED
    assert longest * 8 * ARCSEC == pytest.approx(0.33)
    places = EarthLocation.from_geocentric(*observation.positions.T, unit="m")
    assert np.allclose(places.lat.deg, -26.7, atol=0.03)
    assert np.allclose(places.lon.deg, 116.6, atol=0.03)


def test_antennas_without_error_leave_the_data_alone(rng: np.random.Generator) -> None:
    perfect = rng.normal(size=(3, FIRST.size, 2)) + 1j
    assert np.array_equal(corrupt(perfect, np.ones((3, ANTENNAS), dtype=complex), FIRST, SECOND), perfect)


def test_the_second_antenna_of_a_baseline_counts_with_its_conjugate() -> None:
    gains = np.array([[2j, 1 + 1j]])
    seen = corrupt(np.ones((1, 1, 1), dtype=complex), gains, np.array([0]), np.array([1]))
    assert seen.item() == 2j * (1 - 1j)


def test_noise_has_its_rms_in_both_parts(rng: np.random.Generator) -> None:
    noise = receiver_noise(rng, (200, 200), 0.3)
    assert noise.real.std() == pytest.approx(0.3, rel=0.02)
    assert noise.imag.std() == pytest.approx(0.3, rel=0.02)


def test_four_times_the_data_have_twice_the_noise_for_the_same_image() -> None:
    assert noise_per_visibility(1e-4, 4000) == pytest.approx(2 * noise_per_visibility(1e-4, 1000))


@pytest.fixture
def model(rng: np.random.Generator) -> NDArray[np.complex128]:
    return rng.normal(size=(4, FIRST.size, 6)) + 1j * rng.normal(size=(4, FIRST.size, 6))


def solve(
    data: NDArray[np.complex128], model: NDArray[np.complex128], weights: NDArray[np.float64] | None = None, **how: bool
) -> NDArray[np.complex128]:
    """Gains of four times, relative to the phase of the first antenna."""
    times, baselines, samples = model.shape
    gains = solve_gains(
        data.reshape(-1, samples),
        model.reshape(-1, samples),
        np.ones((times * baselines, samples)) if weights is None else weights.reshape(-1, samples),
        np.tile(FIRST, times),
        np.tile(SECOND, times),
        np.repeat(np.arange(times), baselines),
        **how,
    )
    return gains * np.exp(-1j * np.angle(gains[:, :1]))


def wrong_gains(rng: np.random.Generator, amplitude: float) -> NDArray[np.complex128]:
    log = amplitude * rng.normal(size=(4, ANTENNAS)) + 0.4j * rng.normal(size=(4, ANTENNAS))
    log[:, 0] = log[:, 0].real
    return np.exp(log - log.real.mean())


def test_selfcal_recovers_phases(rng: np.random.Generator, model: NDArray[np.complex128]) -> None:
    gains = wrong_gains(rng, 0.0)
    assert np.allclose(solve(corrupt(model, gains, FIRST, SECOND), model), gains, atol=1e-5)


def test_selfcal_recovers_amplitudes_but_for_the_flux_scale(
    rng: np.random.Generator, model: NDArray[np.complex128]
) -> None:
    gains = wrong_gains(rng, 0.1)
    assert np.allclose(solve(3 * corrupt(model, gains, FIRST, SECOND), model, amplitude=True), gains, atol=1e-5)


def test_phases_alone_leave_amplitudes_alone(rng: np.random.Generator, model: NDArray[np.complex128]) -> None:
    found = solve(corrupt(model, wrong_gains(rng, 0.1), FIRST, SECOND), model)
    assert np.allclose(np.abs(found), 1, atol=1e-12)


def test_flagged_data_do_not_count(rng: np.random.Generator, model: NDArray[np.complex128]) -> None:
    gains = wrong_gains(rng, 0.0)
    data, weights = corrupt(model, gains, FIRST, SECOND), np.ones(model.shape)
    data[1, 3], weights[1, 3] = 1000, 0
    data[2, 5], weights[2, 5] = np.nan, 0
    assert np.allclose(solve(data, model, weights), gains, atol=1e-5)


def test_an_antenna_without_data_has_a_gain_of_one(rng: np.random.Generator, model: NDArray[np.complex128]) -> None:
    gains, weights = wrong_gains(rng, 0.1), np.ones(model.shape)
    weights[:, (FIRST == 4) | (SECOND == 4)] = 0
    found = solve(corrupt(model, gains, FIRST, SECOND), model, weights, amplitude=True)
    assert np.allclose(np.abs(found[:, 4]), 1)


def test_corrected_data_are_what_good_antennas_would_have_measured(
    rng: np.random.Generator, model: NDArray[np.complex128]
) -> None:
    gains = wrong_gains(rng, 0.1)
    data = corrupt(model, gains, FIRST, SECOND).reshape(-1, 6)
    times = np.repeat(np.arange(4), FIRST.size)
    corrected = apply_gains(data, gains, np.tile(FIRST, 4), np.tile(SECOND, 4), times)
    assert np.allclose(corrected, model.reshape(-1, 6))


def test_every_integration_has_its_own_solution_unless_told_otherwise() -> None:
    times = np.repeat([100.0, 700.0, 1300.0, 1900.0], 3)
    assert solution_intervals(times).tolist() == np.repeat([0, 1, 2, 3], 3).tolist()
    assert solution_intervals(times, minutes=20).tolist() == np.repeat([0, 0, 1, 1], 3).tolist()


def test_an_array_that_is_given_is_only_made_larger_and_tracked_for_the_hours_asked_for(
    rng: np.random.Generator,
) -> None:
    places = rng.normal(size=(ANTENNAS, 3))
    asked = {"pixel": 8 * ARCSEC, "frequency": 1.4e9, "bandwidth": 1e8, "integrations": 5, "channels": 2}
    seen = point_at(rng, (1.0, -0.8), 1.0, antennas=ANTENNAS, **asked, array=places, hours=2.0)
    lengths = np.linalg.norm(seen.uvw, axis=-1)
    expected = np.linalg.norm(places[SECOND] - places[FIRST], axis=1)
    np.testing.assert_allclose(lengths / lengths.max(), np.broadcast_to(expected / expected.max(), lengths.shape))
    assert np.ptp(seen.times) == pytest.approx(2 * 3600 * 4 / 5, rel=3e-3)


def test_gains_drift_in_as_many_modes_as_are_asked_for() -> None:
    """What is fixed and what drifts have half of the variance each, however fast they drift."""
    for modes in (3, 12):
        drift = log_gains(np.random.default_rng(4), 121, 400, modes)
        spectrum = np.abs(np.fft.rfft(drift[:-1].imag, axis=0)).mean(axis=1)
        assert spectrum[modes] > 50 * spectrum[modes + 1 :].max()
        assert drift.imag.std() == pytest.approx(np.deg2rad(20), rel=0.1)
