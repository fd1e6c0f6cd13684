"""skerry: CLEAN masks for radio-interferometric imaging.

The functions below are imported on first use, for a command of the suite must start in a fraction of a second.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

__version__ = "0.1.0"  # the only place; read by the build

_MODULE_OF = {
    "Edit": "steps.edits",
    "EditReport": "steps.edits",
    "MadeMask": "steps.made_mask",
    "MaskReport": "steps.made_mask",
    "MaskStatistics": "steps.stats",
    "MaskingOptions": "config.options",
    "PixelBeam": "sky.beam",
    "PlaneChoice": "steps.chosen_planes",
    "RestoringBeam": "sky.beam",
    "SkerryError": "errors",
    "SkerryWarning": "errors",
    "beam_erosion": "masking.erosion",
    "beam_shape": "sky.beam",
    "binary_erosion": "masking.erosion",
    "chain_of": "config.chain",
    "check_mask": "steps.check",
    "flood_mask": "masking.flood",
    "image_at_scale": "masking.scale_masks",
    "large_faint_islands": "masking.diffuse_islands",
    "load_preset": "config.presets",
    "make_beam_mask": "steps.extract_beam",
    "make_edited_mask": "steps.edit",
    "make_eroded_mask": "steps.erode",
    "make_exported_mask": "steps.export",
    "make_flood_mask": "steps.flood",
    "make_mask": "steps.mask",
    "make_masks_of_scales": "steps.split_scales",
    "make_mosaic": "steps.mosaic",
    "make_noise_maps": "steps.noise",
    "make_region_mask": "steps.regions",
    "make_scale_mask": "steps.scale_mask",
    "make_signal_image": "steps.signal",
    "make_snr_mask": "steps.snr_mask",
    "make_statistics": "steps.stats",
    "mask_of_scale": "masking.scale_bits",
    "minimum_absolute_clip": "masking.minimum_clip",
    "noise_maps": "masking.noise",
    "pixel_beam": "sky.beam",
    "pixels_per_beam": "sky.beam",
    "preset_names": "config.presets",
    "read_beam": "sky.beam",
    "seed_mask": "masking.threshold",
    "signal_image": "masking.signal",
    "skew_mask": "masking.minimum_clip",
    "snr_mask": "masking.threshold",
    "with_preset": "config.presets",
}
_OLDER_NAMES = (
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
    "reverse_negative_flood_fill",
)
_MODULE_OF |= dict.fromkeys(_OLDER_NAMES, "compat.flint")

__all__ = ["__version__", *sorted(_MODULE_OF)]


def __getattr__(name: str) -> Any:
    if name not in _MODULE_OF:
        raise AttributeError(f"module 'skerry' has no attribute {name!r}")
    return getattr(import_module(f"skerry.{_MODULE_OF[name]}"), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *_MODULE_OF])
