"""With which options, and by which versions of skerry, the masks of each round were made, as their HISTORY has it."""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

from skerry.report.field_facts import FieldFacts, RoundFacts
from skerry.report.target_facts import TargetFacts

__all__ = ["Setting", "Settings", "settings_of"]


class Setting(NamedTuple):
    """An option of a step, round by round."""

    step: str
    option: str
    values: tuple[str | None, ...]
    """None in a round whose masks were made without it."""

    @property
    def changes(self) -> bool:
        """Whether rounds differ in it."""
        return len(set(self.values)) > 1


class Settings(NamedTuple):
    """Options and versions of the rounds of a field."""

    rounds: tuple[int, ...]
    presets: tuple[str | None, ...]
    versions: tuple[tuple[str, ...], ...]
    """Of skerry: all that made a mask of the round."""
    options: tuple[Setting, ...]
    """By steps in the order in which they were taken."""
    others: dict[int, tuple[str, ...]]
    """Targets of a round whose masks were made with other options than most."""


_Options = tuple[tuple[str, tuple[tuple[str, str], ...]], ...]
"""Steps in their order, each with its options."""


def settings_of(field: FieldFacts) -> Settings:
    """Options and versions of a field.

    Parameters
    ----------
    field : FieldFacts
        The field.

    Returns
    -------
    Settings
        Those that most beams of a round have in common.
    """
    common: list[dict[tuple[str, str], str]] = []
    others: dict[int, tuple[str, ...]] = {}
    for of_round in field.rounds:
        usual = _usual(of_round)
        common.append({(step, name): value for step, options in usual for name, value in options})
        unlike = tuple(one.target for one in of_round.beams if one.steps and _options_of(one) != usual)
        if unlike:
            others[of_round.round] = unlike
    names = dict.fromkeys(key for options in common for key in options)
    steps = list(dict.fromkeys(step for step, _ in names))
    ordered = sorted(names, key=lambda key: steps.index(key[0]))
    options = tuple(Setting(*key, tuple(found.get(key) for found in common)) for key in ordered)
    return Settings(
        rounds=tuple(of_round.round for of_round in field.rounds),
        presets=tuple(_preset(of_round) for of_round in field.rounds),
        versions=tuple(_versions(of_round) for of_round in field.rounds),
        options=options,
        others=others,
    )


def _usual(of_round: RoundFacts) -> _Options:
    """What most beams have in common; of the mosaic if no beam has a mask yet."""
    made = [one for one in of_round.beams if one.steps] or [one for one in of_round.targets if one.steps]
    counted = Counter(map(_options_of, made)).most_common(1)
    return counted[0][0] if counted else ()


def _options_of(target: TargetFacts) -> _Options:
    # The preset has a line of its own; which beams a mosaic is of is no option.
    return tuple(
        (step.command, tuple((name, value) for name, value in step.options.items() if name != "preset"))
        for step in target.steps
    )


def _preset(of_round: RoundFacts) -> str | None:
    return next((one.preset for one in of_round.targets if one.preset is not None), None)


def _versions(of_round: RoundFacts) -> tuple[str, ...]:
    return tuple(sorted({step.version for one in of_round.targets for step in one.steps}))
