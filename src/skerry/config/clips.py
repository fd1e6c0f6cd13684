"""Clips that make no mask of any image: above all there is, or a floor above the seed that it is to spread from."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from skerry.config.options import MaskingOptions

__all__ = ["FLOORS", "HIGHEST_CLIP", "check_clips", "floor_above_seed"]

HIGHEST_CLIP = 1e5
"""Sigma, or factor of the minimum absolute clip. The brightest source of the deepest images stands a few million sigma
out of the noise, but a mask from so high up would hold nothing but its middle: who asks for it means another unit."""

_CLIPS = (
    "base_snr_clip",
    "flood_fill_positive_seed_clip",
    "flood_fill_positive_flood_clip",
    "flood_fill_mac_seed_factor",
    "flood_fill_mac_flood_factor",
    "flood_fill_smooth_seed_factor",
    "flood_fill_pixel_clip",
    "grow_low_snr_island_clip",
    "suppress_artefacts_negative_clip",
    "suppress_artefacts_seed_factor",
    "suppress_artefacts_flood_factor",
    "beam_shape_erode_rims_clip",
    "beam_shape_erode_rims_factor",
    "beam_shape_erode_rims_smooth_factor",
    "extract_beam_smoothed_clip",
)
FLOORS = {
    "flood_fill_positive_flood_clip": "flood_fill_positive_seed_clip",
    "flood_fill_mac_flood_factor": "flood_fill_mac_seed_factor",
    "suppress_artefacts_flood_factor": "suppress_artefacts_seed_factor",
}
"""Each floor with its seed."""


def check_clips(options: MaskingOptions) -> None:
    """Refuse clips that no image reaches, and floors above their seeds.

    Parameters
    ----------
    options : MaskingOptions
        Where nothing is grown in the chain a floor is compared with its seed only if both are given: one alone may be
        for a flood from seeds that are there.

    Raises
    ------
    ValueError
        Names the options.
    """
    for name in _CLIPS:
        clip = getattr(options, name)
        if clip is not None and clip > HIGHEST_CLIP:
            raise ValueError(
                f"{name}: {clip:g} is more than any pixel of any image reaches; give at most {HIGHEST_CLIP:g}, in "
                "sigma or as a factor of the minimum absolute clip"
            )
    grows = options.flood_fill or options.convolve_first
    problem = floor_above_seed(options, None if grows else options.model_fields_set)
    if problem is not None:
        raise ValueError(problem.replace("`", ""))


def floor_above_seed(options: MaskingOptions, names: set[str] | None = None) -> str | None:
    """Say which floor is above its seed, of the floors and seeds with these names, or of all; None if none is."""
    for floor, seed in FLOORS.items():
        low, high = getattr(options, floor), getattr(options, seed)
        if low > high and _counts(options, floor) and (names is None or {floor, seed} <= names):
            return (
                f"`{floor}` {low:g}: is above `{seed}`, {high:g}, but islands grow from their seeds down to the floor; "
                "lower it, or raise the seed"
            )
    return None


def _counts(options: MaskingOptions, floor: str) -> bool:
    """Whether the other options make use of a floor."""
    by_option = {
        "flood_fill_mac_flood_factor": options.statistic == "both",
        "suppress_artefacts_flood_factor": options.suppress_artefacts,
    }
    return by_option.get(floor, True)
