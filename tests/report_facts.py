"""Facts of fields that there are no files of, for tests of how a report shows them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from skerry.pictures.thumbnail import thumbnail
from skerry.report.field_facts import FieldFacts, RoundFacts
from skerry.report.target_facts import TargetFacts, TargetFiles

FILES = TargetFiles(Path("beam.mask.fits"), Path("beam.image.fits"))


def picture(width: int = 12, seed: int = 0) -> bytes:
    """Picture of noise with an island."""
    image = np.random.default_rng(seed).normal(size=(width, width)).astype(np.float32)
    mask = np.zeros(image.shape, bool)
    mask[4:7, 3:6] = True
    return thumbnail(image, mask, size=width)


def made(k: int, target: str, **changes: Any) -> TargetFacts:
    """A mask that is there, with a picture."""
    known = {"islands": 3, "pixels": 20, "fraction": 0.01, "noise": 1e-4, "unit": "Jy/beam", "flux": 0.5}
    is_mosaic = target.startswith("mosaic")
    facts = TargetFacts(
        k, target, FILES, is_mosaic, seed_clip=5.0, clip_unit="sigma", size=(12, 12), picture=picture(), **known
    )
    return replace(facts, **changes)


def absent(k: int, target: str, problem: str = "the mask is not made yet") -> TargetFacts:
    """A mask that is not there."""
    return TargetFacts(k, target, FILES, problem=problem)


def field_of(*rounds: list[TargetFacts], name: str = "F") -> FieldFacts:
    """A field by the masks of its rounds, of which some may be those of mosaics."""
    found = []
    for targets in rounds:
        mosaics, beams = ([one for one in targets if one.is_mosaic is kind] for kind in (True, False))
        found.append(RoundFacts(targets[0].round, tuple(mosaics), tuple(beams)))
    return FieldFacts(name, "field.yaml", f"results/{name}", tuple(found))
