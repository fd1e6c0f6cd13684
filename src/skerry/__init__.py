"""skerry: CLEAN masks for radio-interferometric imaging.

The functions below are imported on first use, for a command of the suite must start in a fraction of a second.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

__version__ = "0.1.0"

_MODULE_OF = {
    "MaskingOptions": "options",
    "SkerryError": "errors",
    "SkerryWarning": "errors",
    "beam_shape_erode": "erode",
    "check_mask": "check",
    "consider_beam_mask_round": "rounds",
    "convolve_image_by_scale": "multiscale",
    "create_beam_mask_kernel": "beam",
    "create_boxcar_skew_mask": "minimum",
    "create_convolved_erosion_mask": "multiscale",
    "create_multi_scale_erosion": "erode",
    "create_snr_mask_from_fits": "chain",
    "extract_beam_mask_from_mosaic": "extract",
    "fft_binary_erosion": "erode",
    "grow_low_snr_mask": "low_snr",
    "mask_of_scale": "scales",
    "minimum_absolute_clip": "minimum",
    "reverse_negative_flood_fill": "flood",
}

__all__ = ["__version__", *sorted(_MODULE_OF)]


def __getattr__(name: str) -> Any:
    if name not in _MODULE_OF:
        raise AttributeError(f"module 'skerry' has no attribute {name!r}")
    return getattr(import_module(f"skerry.{_MODULE_OF[name]}"), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *_MODULE_OF])
