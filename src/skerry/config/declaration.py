"""What a masking option declares beside its type, default and range, and all that follows from it.

An option says which subcommands use it, and under which conditions. Which options a step takes, which of them it
records in its products and is passed by the workflow, which are given in vain, and what their flags are called is
derived here, so that a new option needs no line but its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from skerry.config.conditions import Case, Condition, always

if TYPE_CHECKING:
    from skerry.config.options import MaskingOptions

__all__ = [
    "STEPS_WITH_OPTIONS",
    "UsedBy",
    "declarations",
    "describe_range",
    "given_in_vain",
    "missing_switch",
    "older_flags",
    "options_by_step",
    "short_flag",
    "switched_off",
    "used_options",
]

STEPS_WITH_OPTIONS = ("noise", "snr-mask", "flood", "erode", "scale-mask", "extract-beam", "mask")
"""The subcommands that take masking options."""

_LEFT_AWAY = ("flood_fill_", "beam_shape_erode_", "extract_beam_")
"""What an older flag may leave away of an option's name."""
_LEFT_AWAY_IN = {"noise": ("noise_",)}
"""And in one subcommand alone, for elsewhere a box is of something else."""


class UsedBy:
    """Which steps use an option, and when it counts; metadata of a field's type.

    Parameters
    ----------
    steps : tuple of str
        Subcommands that take the option.
    flag : str, optional
        What its user calls it on the command line, without hyphens in front; default: its name in kebab-case.
    under : Condition
        What it belongs to. Where that is off in the whole chain, a user is told that the option has no effect.
    when : Condition
        What else it takes for the option to change the result of a step: that the step does what the option is about,
        that no other option replaces it.
    unsaid : object
        Value that a product's header does not mention, beside None: that of a switch which is off.
    synonym_of : str, optional
        Another option that says the same: given with it, this one is neither recorded nor called idle.
    same_as : object
        Value of that other option which this one stands for.
    replaced_by : str, optional
        Another option that counts in place of this one where it is set, as a size in beams does for one in pixels.
        Set in a layer above, this one counts again.

    Raises
    ------
    ValueError
        If there is no such step.
    """

    def __init__(
        self,
        steps: tuple[str, ...],
        *,
        flag: str | None = None,
        under: Condition = always,
        when: Condition = always,
        unsaid: Any = None,
        synonym_of: str | None = None,
        same_as: Any = None,
        replaced_by: str | None = None,
    ) -> None:
        if unknown := set(steps) - set(STEPS_WITH_OPTIONS):
            raise ValueError(f"{', '.join(sorted(unknown))}: takes no options")
        self.steps = steps
        self.flag = flag
        self.under = under
        self.when = when
        self.unsaid = unsaid
        self.synonym_of = synonym_of
        self.same_as = same_as
        self.replaced_by = replaced_by

    def says(self, value: Any) -> bool:
        """Whether a value is one that is recorded."""
        return value is not None and value != self.unsaid

    def is_said_by_another(self, options: BaseModel) -> bool:
        """Whether the option that says the same is given."""
        return self.synonym_of is not None and getattr(options, self.synonym_of) is not None

    def is_replaced(self, options: BaseModel) -> bool:
        """Whether the option that counts in place of this one is set."""
        return self.replaced_by is not None and getattr(options, self.replaced_by) is not None

    def counts(self, case: Case) -> bool:
        """Whether the option changes the result of the case's step, whatever its own value."""
        by_others = self.is_said_by_another(case.options) or self.is_replaced(case.options)
        return self.under(case) and self.when(case) and not by_others


@cache
def declarations(model: type[BaseModel]) -> Mapping[str, UsedBy]:
    """What the options of a model declare.

    Parameters
    ----------
    model : type of BaseModel
        The options.

    Returns
    -------
    mapping of str to UsedBy
        By the name of the option, in the order of the model.

    Raises
    ------
    TypeError
        If a field declares nothing.
    """
    found = {}
    for name, field in model.model_fields.items():
        declared = next((part for part in field.metadata if isinstance(part, UsedBy)), None)
        if declared is None:
            raise TypeError(f"{model.__name__}.{name} does not declare which steps use it")
        found[name] = declared
    return found


@cache
def options_by_step(model: type[BaseModel]) -> Mapping[str, tuple[str, ...]]:
    """Names of the options that each subcommand takes, in the order of the model."""
    declared = declarations(model)
    return {step: tuple(name for name in declared if step in declared[name].steps) for step in STEPS_WITH_OPTIONS}


def used_options(options: MaskingOptions, step: str, *, seeded: bool) -> dict[str, Any]:
    """Options that change the result of a step, given the others; as of `MaskingOptions.used_by`."""
    case = Case(options, step, seeded)
    declared = declarations(type(options))
    taken = {name: getattr(options, name) for name in options_by_step(type(options))[step]}
    return {name: value for name, value in taken.items() if declared[name].says(value) and declared[name].counts(case)}


def given_in_vain(options: MaskingOptions, step: str, *, seeded: bool) -> tuple[str, ...]:
    """Options that were set but change nothing in a step; as of `MaskingOptions.set_in_vain`."""
    case = Case(options, step, seeded)
    fields, declared = type(options).model_fields, declarations(type(options))
    idle = []
    for name in options_by_step(type(options))[step]:
        value, declaration = getattr(options, name), declared[name]
        is_set = name in options.model_fields_set and value != fields[name].default
        if is_set and declaration.says(value) and not declaration.is_said_by_another(options):
            idle += [] if declaration.counts(case) else [name]
    return tuple(idle)


def switched_off(options: MaskingOptions) -> tuple[str, ...]:
    """Options that were set, but belong to what is off in the whole chain; as of `MaskingOptions.without_effect`."""
    case = Case(options)
    declared = declarations(type(options))
    given = (name for name in sorted(options.model_fields_set) if getattr(options, name))
    return tuple(name for name in given if not declared[name].under(case))


def missing_switch(options: MaskingOptions, name: str, step: str | None, *, seeded: bool = False) -> str | None:
    """Option that would make another one count if it were on; as of `MaskingOptions.missing_switch`."""
    model = type(options)
    declared = declarations(model)
    for other, field in model.model_fields.items():
        is_off = field.annotation is bool and other != name and not getattr(options, other)
        if is_off and (step is None or step in declared[other].steps):
            case = Case(options.model_copy(update={other: True}), step, seeded)
            if declared[name].counts(case):
                return other
    return None


def short_flag(model: type[BaseModel], option: str) -> str:
    """Flag of an option, the same in each subcommand: the one that it declares, or its name in kebab-case."""
    return "--" + (declarations(model)[option].flag or _kebab(option))


def older_flags(model: type[BaseModel], step: str) -> dict[str, str]:
    """Other flags by which a subcommand takes its options.

    Parameters
    ----------
    model : type of BaseModel
        The options.
    step : str
        The subcommand.

    Returns
    -------
    dict of str to str
        The flag of an option, by each other one: its name in kebab-case, whole or less the part of the chain that
        it belongs to. Those of switches come in pairs, ``--name`` and ``--no-name``.
    """
    others = {}
    for option in options_by_step(model)[step]:
        flag = short_flag(model, option)
        for other in _spellings(step, option):
            others[f"--{other}"] = flag
            if model.model_fields[option].annotation is bool:
                others[f"--no-{other}"] = f"--no-{flag.removeprefix('--')}"
    return {other: flag for other, flag in others.items() if other != flag}


def _spellings(step: str, option: str) -> Iterator[str]:
    """Name of an option in kebab-case, whole and less what a flag may leave away."""
    yield _kebab(option)
    for prefix in (*_LEFT_AWAY, *_LEFT_AWAY_IN.get(step, ())):
        if option.startswith(prefix):
            yield _kebab(option.removeprefix(prefix))


def _kebab(name: str) -> str:
    return name.replace("_", "-")


def describe_range(field: FieldInfo) -> str:
    """Range of a model's field in words, as "> 0, < 1"; empty if it has none."""
    signs = {"ge": ">=", "gt": ">", "le": "<=", "lt": "<"}
    bounds = [f"{signs[kind]} {getattr(m, kind)}" for m in field.metadata for kind in signs if hasattr(m, kind)]
    return ", ".join(bounds)
