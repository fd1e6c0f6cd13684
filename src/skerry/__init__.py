"""skerry: CLEAN masks for radio-interferometric imaging.

The functions below are imported on first use, for a command of the suite must start in a fraction of a second.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

__version__ = "0.1.0"

_MODULE_OF = {
    "MaskingOptions": "config.options",
    "SkerryError": "errors",
    "SkerryWarning": "errors",
    "beam_erosion": "masking.erosion",
    "beam_shape": "sky.beam",
    "binary_erosion": "masking.erosion",
    "check_mask": "steps.check",
    "image_at_scale": "masking.scale_masks",
    "make_beam_mask": "steps.extract_beam",
    "make_mask": "steps.mask",
    "make_scale_mask": "steps.scale_mask",
    "mask_of_scale": "masking.scale_bits",
    "skew_mask": "masking.minimum_clip",
    **dict.fromkeys(
        (
            "beam_shape_erode",
            "consider_beam_mask_round",
            "convolve_image_by_scale",
            "create_beam_mask_kernel",
            "create_boxcar_skew_mask",
            "create_convolved_erosion_mask",
            "create_multi_scale_erosion",
            "create_snr_mask_from_fits",
            "extract_beam_mask_from_mosaic",
            "fft_binary_erosion",
            "grow_low_snr_mask",
            "minimum_absolute_clip",
            "reverse_negative_flood_fill",
        ),
        "compat.flint",
    ),
}

__all__ = ["__version__", *sorted(_MODULE_OF)]


def __getattr__(name: str) -> Any:
    if name not in _MODULE_OF:
        raise AttributeError(f"module 'skerry' has no attribute {name!r}")
    return getattr(import_module(f"skerry.{_MODULE_OF[name]}"), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *_MODULE_OF])
