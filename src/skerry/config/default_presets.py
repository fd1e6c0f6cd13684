"""Which presets are taken where the user names none. Apart from the presets, whose files YAML reads."""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["AUTO_PRESET", "DEFAULT_PRESET", "DEFAULT_STRATEGY", "NO_PRESET"]

DEFAULT_PRESET = "late-round"
"""Preset of the mask of an image, where neither another nor none is asked for."""

DEFAULT_STRATEGY: Mapping[int, str] = {1: "early-round", 2: DEFAULT_PRESET}
"""Presets of a field, each from its round on: purity while artefacts are strong."""

NO_PRESET = "none"
"""In the place of a preset's name: the options' own defaults."""

AUTO_PRESET = "auto"
"""In the place of a preset's name: the one that is for the image, by what its pixels show."""
