"""What is done for a field: which rounds are imaged and masked, what masks are made of, and by which steps."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from skerry.config.chain import Step, chain_of, joined
from skerry.config.options import MaskingOptions
from skerry.config.presets import load_preset, preset_for_round, preset_label
from skerry.field.coaddition import CoAddition
from skerry.field.hand_edits import EDITS, pattern_for_round
from skerry.field.masking_rounds import is_for_extraction
from skerry.field.rounds import consider_beam_mask_round

if TYPE_CHECKING:
    from skerry.field.keys import FieldConfig

__all__ = ["OWN", "UNEDITED", "FieldPlan", "beam_of_target"]

OWN = ".own"
"""Ends a target that is the image of a beam, where its mask is not all of the beam's mask."""
UNEDITED = ".unedited"
"""Ends a target that is the mask of a beam before it is changed by hand."""


_MOSAIC = "mosaic"


@dataclass(frozen=True)
class FieldPlan:
    """What is done for a field.

    Masks for round `k` are made from the images of round `k - 1`; round 0 is the first that is imaged, without a mask.
    """

    field: FieldConfig

    @cached_property
    def masked_rounds(self) -> tuple[int, ...]:
        """Rounds that get masks."""
        rounds = range(1, self.field.rounds + 1)
        return tuple(k for k in rounds if consider_beam_mask_round(k, self.field.mask_rounds))

    @cached_property
    def imaged_rounds(self) -> tuple[int, ...]:
        """Rounds whose images the workflow makes."""
        if self.field.imager is None:
            return ()
        return tuple(range(0 if self.field.images is None else 1, self.field.rounds + 1))

    @property
    def checked_rounds(self) -> tuple[int, ...]:
        """Rounds that are imaged with masks, after which is looked at what became of them."""
        return tuple(k for k in self.imaged_rounds if k in self.masked_rounds)

    @property
    def on_mosaic(self) -> bool:
        """Whether masks of the beams are taken out of that of a mosaic."""
        return self.field.source != "beam"

    @property
    def on_beams(self) -> bool:
        """Whether masks are made from the images of the beams."""
        return self.field.source != "mosaic"

    @property
    def targets(self) -> tuple[str, ...]:
        """Names of the images that masks are made from, in any round."""
        return tuple(dict.fromkeys(target for k in self.masked_rounds or (1,) for target in self.targets_of(k)))

    @property
    def mosaics(self) -> tuple[str, ...]:
        """Names of the mosaics as targets: one, or one for each channel; none if masks are made of beams alone."""
        if not self.on_mosaic:
            return ()
        return tuple(map(_mosaic_of_channel, self.field.channels)) or (_MOSAIC,)

    def mosaic_of(self, beam: str) -> str:
        """Name of the mosaic as a target that a beam, or a channel of one, is in."""
        channel = self.field.each_beam[beam].channel
        return _mosaic_of_channel(channel) if channel else _MOSAIC

    def beams_of(self, mosaic: str) -> tuple[str, ...]:
        """Beams, or channels of them, that are in a mosaic, by its name as a target."""
        return tuple(beam for beam in self.field.each_beam if self.mosaic_of(beam) == mosaic)

    def targets_of(self, k: int) -> tuple[str, ...]:
        """Names of the images that the masks for round `k` are made from: mosaics, or each beam, or both."""
        beams = self.field.each_beam if self.on_beams else ()
        return (*self.mosaics, *(self.own_target(k, beam) for beam in beams))

    def own_target(self, k: int, beam: str) -> str:
        """Name of the image of a beam as a target, which is that of the beam's mask where nothing else comes to it."""
        return f"beam{beam}{OWN if self.on_mosaic else UNEDITED if self.edits(k) else ''}"

    def edits(self, k: int) -> dict[str, str]:
        """Patterns of the files by which the masks for round `k` are changed by hand, by their keys."""
        if k not in self.masked_rounds:
            return {}
        first = self.masked_rounds[0]
        patterns = {key: pattern_for_round(key, getattr(self.field, key), k, first) for key in EDITS}
        return {key: pattern for key, pattern in patterns.items() if pattern is not None}

    @property
    def edited_rounds(self) -> tuple[int, ...]:
        """Rounds whose masks are changed by hand."""
        return tuple(k for k in self.masked_rounds if self.edits(k))

    @property
    def co_adds(self) -> bool:
        """Whether the mosaics are made from the beams, not given."""
        return self.on_mosaic and isinstance(self.field.mosaic, CoAddition)

    @property
    def given_noise(self) -> tuple[str, ...]:
        """Which noise maps are given: "rms", or that and "bkg", or none."""
        return tuple(kind for kind in ("rms", "bkg") if getattr(self.field, kind) is not None)

    def options_for_round(self, k: int) -> MaskingOptions:
        """Options of the masks for round `k`: those of every round, with this round's overrides."""
        return self.field.masking_rounds.get(k, self.field.masking)

    def preset_for_round(self, k: int) -> str | None:
        """Preset that the masking options of round `k` begin with, as masks name it; None if there is none."""
        name = preset_for_round(self.field.preset, k)
        return None if name is None else preset_label(name)

    def chain(self, k: int) -> tuple[Step, ...]:
        """Steps that make the masks for round `k` of its targets, in their order: one, or each by itself."""
        steps = self.single_steps(k)
        return steps if self.field.keep_steps else (joined(steps),)

    def single_steps(self, k: int) -> tuple[Step, ...]:
        """What is done for the masks for round `k`, whether in one process or in several."""
        return self._chains[k]

    def includes(self, k: int, name: str) -> bool:
        """Whether a step is done for the masks for round `k`, by itself or as a part of another."""
        return any(step.name == name for step in self.single_steps(k))

    @cached_property
    def _chains(self) -> dict[int, tuple[Step, ...]]:
        # What the masks of the round before were made of is there in any case; other images may not be.
        return {
            k: chain_of(self.options_for_round(k), self.given_noise, has_earlier=k - 1 in self.masked_rounds)
            for k in self.masked_rounds
        }

    def step(self, k: int, name: str) -> Step | None:
        """A step of the chain of round `k`, if that has it."""
        return next((step for step in self.chain(k) if step.name == name), None)

    @property
    def options_without_effect(self) -> tuple[str, ...]:
        """Masking options that are set but change nothing in any round, because what they belong to is off."""
        idle = [self._idle_options(k) for k in self.masked_rounds]
        return tuple(sorted(set.intersection(*idle))) if idle else ()

    def _idle_options(self, k: int) -> set[str]:
        options = self.options_for_round(k)
        name = preset_for_round(self.field.preset, k)
        # What a preset sets nobody asked for.
        preset = {} if name is None else load_preset(name).options
        idle = {key for key in options.without_effect if key not in preset or getattr(options, key) != preset[key]}
        if not self.on_mosaic:
            # There is no mosaic to extract a beam from.
            idle |= {key for key in options.model_dump(exclude_defaults=True) if is_for_extraction(key)}
        return idle


def _mosaic_of_channel(channel: str) -> str:
    return f"{_MOSAIC}-{channel}"


def beam_of_target(target: str) -> str:
    """Beam of a target such as "beam00", "beam00.own" or "beam00.unedited"."""
    return target.removeprefix("beam").removesuffix(OWN).removesuffix(UNEDITED)
