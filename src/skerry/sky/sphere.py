"""Distances and directions on the sphere, between places in degrees."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from skerry.sky.celestial import Positions

__all__ = ["offsets_on_sky", "places_round", "position_angle"]


def position_angle(start: NDArray[np.float64], end: NDArray[np.float64]) -> NDArray[np.float64]:
    """Position angles of places seen from others, all in degrees."""
    (lon, lat), (to_lon, to_lat) = np.radians(start).T, np.radians(end).T
    over = to_lon - lon
    east = np.cos(to_lat) * np.sin(over)
    north = np.sin(to_lat - lat) + 2 * np.sin(lat) * np.cos(to_lat) * np.sin(over / 2) ** 2
    return np.asarray(np.degrees(np.arctan2(east, north)))


def places_round(centre: NDArray[np.float64], distance: NDArray[np.float64], angle: NDArray[np.float64]) -> Positions:
    """Longitude and latitude of places by their distance from one and its position angle, all in degrees."""
    at, far, turned = np.radians(centre[..., 1]), np.radians(distance), np.radians(angle)
    sine = np.sin(at) * np.cos(far) + np.cos(at) * np.sin(far) * np.cos(turned)
    over = np.arctan2(
        np.sin(turned) * np.sin(far), np.cos(at) * np.cos(far) - np.sin(at) * np.sin(far) * np.cos(turned)
    )
    return (centre[..., 0] + np.degrees(over)) % 360, np.degrees(np.arcsin(np.clip(sine, -1, 1)))


def offsets_on_sky(
    lon: NDArray[np.float64], lat: NDArray[np.float64], centre: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Offsets (east, north) in degrees from a place: the distance, by its position angle."""
    over, here, at = np.radians(lon - centre[0]), np.radians(lat), np.radians(centre[1])
    half = np.sin((here - at) / 2) ** 2 + np.cos(here) * np.cos(at) * np.sin(over / 2) ** 2
    distance = 2 * np.degrees(np.arcsin(np.sqrt(np.clip(half, 0, 1))))
    east = np.cos(here) * np.sin(over)
    # sin(here - at) and what the meridians add, so that nothing is lost between places close together
    north = np.sin(here - at) + 2 * np.sin(at) * np.cos(here) * np.sin(over / 2) ** 2
    length = np.hypot(east, north)
    with np.errstate(invalid="ignore", divide="ignore"):
        scale = np.where(length > 0, distance / length, 1.0)
    scale = np.where(np.isnan(distance), np.nan, scale)
    return east * scale, north * scale
