"""What the tables of a measurement set hold, written one by one for `skerry.demo.measurement_set`.

The columns and their meanings are those of version 2 (CASA memo 229); of the subtables those are filled without which
imagers and calibrators do not read a set.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skerry.demo.telescope import TELESCOPE
from skerry.demo.visibilities import Observation

__all__ = ["array_column", "opened", "write_tables"]

_XX, _YY = 9, 12
_TOPOCENTRIC = 5
"""Codes of casacore's enumerations Stokes and MFrequency."""
_DISH_DIAMETER = 12.0


@contextmanager
def opened(tables: Any, path: Path, readonly: bool = True) -> Iterator[Any]:
    """Open a table, by its absolute name, and close it; `tables` is the module `casacore.tables`."""
    table = tables.table(str(path), readonly=readonly, ack=False)
    try:
        yield table
    finally:
        table.close()


def write_tables(
    tables: Any,
    path: Path,
    observation: Observation,
    visibilities: NDArray[np.complexfloating[Any, Any]],
    noise: float,
    field: str,
) -> None:
    """Make a measurement set; parameters as in `skerry.demo.measurement_set.write_measurement_set`, `path` absolute."""
    _write_main(tables, path, observation, visibilities, noise)
    _write_antennas(tables, path, observation)
    _write_spectral_window(tables, path, observation)
    _write_field(tables, path, observation, field)


def array_column(tables: Any, name: str, shape: tuple[int, ...], kind: str) -> Any:
    """Description of a column of arrays of a fixed shape; `kind` is casacore's name of their type."""
    return tables.makearrcoldesc(name, 0, ndim=len(shape), shape=list(shape), valuetype=kind)


def _write_main(
    tables: Any,
    path: Path,
    observation: Observation,
    visibilities: NDArray[np.complexfloating[Any, Any]],
    noise: float,
) -> None:
    times, baselines, channels = observation.shape
    rows, cell = times * baselines, (channels, 2)
    columns = [
        array_column(tables, "DATA", cell, "complex"),
        array_column(tables, "FLAG", cell, "boolean"),
        array_column(tables, "WEIGHT_SPECTRUM", cell, "float"),
        array_column(tables, "WEIGHT", (2,), "float"),
        array_column(tables, "SIGMA", (2,), "float"),
    ]
    description = tables.required_ms_desc("MAIN") | tables.maketabdesc(columns)
    weight = 1 / noise**2 if noise > 0 else 1.0
    stamps = np.repeat(observation.times, baselines)
    values: dict[str, NDArray[Any]] = {
        "TIME": stamps,
        "TIME_CENTROID": stamps,
        "INTERVAL": np.full(rows, observation.exposure),
        "EXPOSURE": np.full(rows, observation.exposure),
        "ANTENNA1": np.tile(observation.first, times).astype(np.int32),
        "ANTENNA2": np.tile(observation.second, times).astype(np.int32),
        "SCAN_NUMBER": np.ones(rows, dtype=np.int32),
        "PROCESSOR_ID": np.full(rows, -1, dtype=np.int32),
        "STATE_ID": np.full(rows, -1, dtype=np.int32),
        "UVW": observation.uvw.reshape(rows, 3),
        "DATA": visibilities.reshape(rows, *cell).astype(np.complex64),
        "FLAG": np.zeros((rows, *cell), dtype=bool),
        "WEIGHT_SPECTRUM": np.full((rows, *cell), weight, dtype=np.float32),
        "WEIGHT": np.full((rows, 2), weight, dtype=np.float32),
        "SIGMA": np.full((rows, 2), weight**-0.5, dtype=np.float32),
    }
    zeros = ("ARRAY_ID", "DATA_DESC_ID", "FEED1", "FEED2", "FIELD_ID", "OBSERVATION_ID")
    values |= {name: np.zeros(rows, dtype=np.int32) for name in zeros} | {"FLAG_ROW": np.zeros(rows, dtype=bool)}
    table = tables.default_ms(str(path), description)
    try:
        table.addrows(rows)
        for name, value in values.items():
            table.putcol(name, value)
    finally:
        table.close()


def _fill(tables: Any, path: Path, rows: int, **values: Any) -> None:
    """Fill a subtable: a sequence over the rows for each column."""
    with opened(tables, path, readonly=False) as table:
        table.addrows(rows)
        for name, column in values.items():
            for row, value in enumerate(column):
                table.putcell(name, row, value)


def _write_antennas(tables: Any, path: Path, observation: Observation) -> None:
    antennas = len(observation.positions)
    names = [f"A{n + 1:02d}" for n in range(antennas)]
    _fill(
        tables,
        path / "ANTENNA",
        antennas,
        NAME=names,
        STATION=names,
        TYPE=["GROUND-BASED"] * antennas,
        MOUNT=["EQUATORIAL"] * antennas,
        POSITION=observation.positions,
        OFFSET=np.zeros((antennas, 3)),
        DISH_DIAMETER=[_DISH_DIAMETER] * antennas,
    )
    _fill(
        tables,
        path / "FEED",
        antennas,
        ANTENNA_ID=range(antennas),
        BEAM_ID=[-1] * antennas,
        FEED_ID=[0] * antennas,
        SPECTRAL_WINDOW_ID=[-1] * antennas,
        TIME=[float(observation.times.mean())] * antennas,
        INTERVAL=[0.0] * antennas,
        NUM_RECEPTORS=[2] * antennas,
        BEAM_OFFSET=np.zeros((antennas, 2, 2)),
        POLARIZATION_TYPE=[["X", "Y"]] * antennas,
        POL_RESPONSE=[np.eye(2, dtype=np.complex64)] * antennas,
        POSITION=np.zeros((antennas, 3)),
        RECEPTOR_ANGLE=np.zeros((antennas, 2)),
    )


def _write_spectral_window(tables: Any, path: Path, observation: Observation) -> None:
    channels = observation.frequencies.size
    widths = np.full(channels, observation.channel_width)
    _fill(
        tables,
        path / "SPECTRAL_WINDOW",
        1,
        NAME=["all"],
        NUM_CHAN=[channels],
        CHAN_FREQ=[observation.frequencies],
        CHAN_WIDTH=[widths],
        EFFECTIVE_BW=[widths],
        RESOLUTION=[widths],
        REF_FREQUENCY=[float(observation.frequencies.mean())],
        TOTAL_BANDWIDTH=[float(widths.sum())],
        MEAS_FREQ_REF=[_TOPOCENTRIC],
        NET_SIDEBAND=[1],
    )
    _fill(
        tables,
        path / "POLARIZATION",
        1,
        NUM_CORR=[2],
        CORR_TYPE=[np.array([_XX, _YY], dtype=np.int32)],
        CORR_PRODUCT=[np.array([[0, 0], [1, 1]], dtype=np.int32)],
    )
    _fill(tables, path / "DATA_DESCRIPTION", 1, SPECTRAL_WINDOW_ID=[0], POLARIZATION_ID=[0])


def _write_field(tables: Any, path: Path, observation: Observation, field: str) -> None:
    direction = np.array([observation.pointing])
    start, end = observation.times[[0, -1]] + np.array([-0.5, 0.5]) * observation.exposure
    _fill(
        tables,
        path / "FIELD",
        1,
        NAME=[field],
        TIME=[float(start)],
        SOURCE_ID=[-1],
        PHASE_DIR=[direction],
        DELAY_DIR=[direction],
        REFERENCE_DIR=[direction],
    )
    _fill(
        tables,
        path / "OBSERVATION",
        1,
        TELESCOPE_NAME=[TELESCOPE],
        OBSERVER=["skerry"],
        PROJECT=["demo"],
        TIME_RANGE=[np.array([start, end])],
    )
