"""Of very many bright sources few are looked at, and the level of artefacts is that of all of them."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from skerry import MaskingOptions
from skerry.kernels.artefacts import level_round
from skerry.masking import artefact_depth, covered_artefacts
from skerry.masking.artefact_depth import artefact_level
from skerry.masking.artefact_rings import Rings
from skerry.masking.covered_artefacts import uncovered_depths

BEAM_AREA = 10.0
LOW = {
    "suppress_artefacts_negative_clip": 0.3,
    "suppress_artefacts_peak_fraction": 0.3,
    "suppress_artefacts_reach_beams": 9,
    "suppress_artefacts_ring_beams": 2,
}
"""By which every peak of the noise is a bright source."""


def all_depths(places, most, reach, rings, shape, depths_of):
    """As `uncovered_depths`, of all sources."""
    every = np.arange(len(places))
    return every, depths_of(every)


@pytest.fixture
def looked_at(monkeypatch):
    """How many sources there are, and how many were looked at, by image."""
    counts = []

    def counting(places, *others):
        chosen, depth = uncovered_depths(places, *others)
        counts.append((len(places), len(chosen)))
        return chosen, depth

    monkeypatch.setattr(artefact_depth, "uncovered_depths", counting)
    return counts


def noise_with_sources(rng, shape, sources):
    signal = rng.normal(size=shape).astype(np.float32)
    signal[tuple(rng.integers(0, n, sources) for n in shape)] += 10 ** rng.uniform(1, 3, sources).astype(np.float32)
    signal[: shape[0] // 8, : shape[1] // 8] = np.nan
    return signal


@pytest.mark.parametrize("shape", [(200, 260), (30, 900), (900, 30), (30, 40)])
@pytest.mark.parametrize(
    "options", [{}, {"seed_factor": 0.4}, {"ring_beams": 0}, {"reach_beams": 3}, {"reach_beams": 25}], ids=str
)
def test_the_level_is_that_of_all_sources(shape, options, rng, monkeypatch):
    chosen = MaskingOptions(**LOW | {f"suppress_artefacts_{name}": value for name, value in options.items()})
    signal = noise_with_sources(rng, shape, 3)
    level = np.asarray(artefact_level(signal, chosen, BEAM_AREA))
    monkeypatch.setattr(artefact_depth, "uncovered_depths", all_depths)
    assert_array_equal(level, np.asarray(artefact_level(signal, chosen, BEAM_AREA)))
    assert level.any()


def test_no_pixel_misses_a_source_that_is_left_out(rng):
    """Of sources whose artefacts are as deep as they may be, but for a little that they lose outwards."""
    shape = (260, 300)
    rings = Rings.of(MaskingOptions(suppress_artefacts_reach_beams=20), 12.0, shape)
    places = np.stack([rng.integers(0, n, 3000) for n in shape], axis=1)
    most = rng.uniform(1, 2, len(places)).astype(np.float32)
    depth = most[:, np.newaxis] * np.linspace(1, 0.8, rings.number, dtype=np.float32)
    reach = np.full(len(places), rings.reach)
    chosen, found = uncovered_depths(places, most, reach, rings, shape, lambda some: depth[some])
    assert_array_equal(found, depth[chosen])
    level = level_round(places[chosen], rings.of_square, rings.reach, found, shape)
    assert_array_equal(level, level_round(places, rings.of_square, rings.reach, depth, shape))
    assert len(chosen) < len(places) / 2


def test_few_of_many_sources_are_looked_at(rng, looked_at):
    """As many as cover the image, however many there are, and whether or not they lie near its edge."""
    options = MaskingOptions(**LOW | {"suppress_artefacts_reach_beams": 25})
    for shape in [(500, 500), (40, 4000)]:
        assert artefact_level(rng.normal(size=shape).astype(np.float32), options, 4.0)[20:21].any()
    for many, few in looked_at:
        assert many > 10_000
        assert few < many / 5


@pytest.mark.parametrize("place", [(0, 0), (3, 90), (40, 60), (79, 119), (70, 2)])
def test_the_reach_in_most_sectors_is_that_of_their_pixels(place):
    """Nothing beyond it has pixels in five of eight sectors; the rings beside it count with theirs."""
    shape, fwhm = (80, 120), 3.0
    rings = Rings.of(MaskingOptions(suppress_artefacts_reach_beams=60), np.pi / (4 * np.log(2)) * fwhm**2, shape)
    y, x = np.mgrid[: shape[0], : shape[1]] - np.array(place).reshape(2, 1, 1)
    sector = np.floor(np.rad2deg(np.arctan2(y, x)) / 45) % 8
    farthest = sorted(np.hypot(y, x)[sector == n].max(initial=0) for n in range(8))[3]
    reach = rings.reach_in_most_sectors(np.array([place]), shape, 3, beside=2)[0]
    assert farthest <= reach
    assert reach <= np.ceil(max(farthest, np.hypot(*place)) + 3 * fwhm + 2)


def test_a_cell_is_covered_as_deep_as_the_shallowest_of_its_rings():
    rings = Rings.of(MaskingOptions(suppress_artefacts_reach_beams=20), BEAM_AREA, (200, 200))
    level = covered_artefacts._LeastLevel(rings, (200, 200))
    depth = np.linspace(20, 1, rings.number, dtype=np.float32)[np.newaxis]
    source = np.array([(100, 90)])
    level.raise_round(source, depth)
    y, x = np.mgrid[:200, :200] - source.reshape(2, 1, 1)
    ring = np.minimum(rings.of_square[np.minimum(y**2 + x**2, rings.of_square.size - 1)], rings.number)
    exact = np.append(depth, 0)[ring]
    for row, column in [(100, 90), (100, 100), (60, 60), (170, 90), (0, 199)]:
        found = level.around(np.array([(row, column)]), np.array([0]))[0]
        first = row // level._side * level._side, column // level._side * level._side
        cell = exact[first[0] : first[0] + level._side, first[1] : first[1] + level._side]
        assert cell.min() / 2 <= found <= cell.min()
    side, across = level._side, level._across
    inside = level._level[across:-across, across:-across]
    for cells in (1, 2):
        for row, column in [(100, 90), (60, 150), (3, 190)]:
            down, along = row // side, column // side
            least = inside[max(0, down - cells) : down + cells + 1, max(0, along - cells) : along + cells + 1].min()
            assert level.around(np.array([(row, column)]), np.array([cells * side]))[0] == least


@pytest.mark.parametrize(("middle", "beside"), [(0, 0), (4, 0), (4, 2), (7, 1)])
def test_artefacts_reach_as_far_as_most_sectors_do(middle, beside):
    shape, rings = (9, 14), Rings(10, 20, np.empty(0, np.uint16))
    places = np.argwhere(np.ones(shape, bool))
    found = rings.reach_in_most_sectors(places, shape, middle, beside)
    for (y, x), reach in zip(places, found, strict=True):
        down, across = places.T - np.array([[y], [x]])
        # The farthest pixel of each eighth of a turn; a line between two of them belongs to both.
        farthest = [
            np.hypot(down, across)[
                (sign * down >= 0) & (side * across >= 0) & (steep * np.abs(down) >= steep * np.abs(across))
            ]
            for sign in (1, -1)
            for side in (1, -1)
            for steep in (1, -1)
        ]
        expected = sorted(distances.max() for distances in farthest)[middle] + 2 * (beside + 1)
        assert reach == min(20, np.ceil(expected))
