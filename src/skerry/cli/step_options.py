"""The masking options as flags of a subcommand, and the preset under them.

Names, defaults, ranges and help come from `MaskingOptions`; a subcommand lists none of them.
"""

from __future__ import annotations

import inspect
import re
import warnings
from collections.abc import Callable, Iterable, Mapping
from copy import copy
from dataclasses import dataclass, replace
from functools import partial
from types import NoneType
from typing import TYPE_CHECKING, Annotated, Any, get_args

import typer
from typer.models import OptionInfo

from skerry.cli.help import MOST_USED
from skerry.cli.signatures import flag, parameters_of, with_signature
from skerry.errors import SkerryError, SkerryWarning

if TYPE_CHECKING:
    from skerry.config.options import MaskingOptions

__all__ = ["ChosenOptions", "with_options"]

_MOST_USED = (
    *("preset", "no_preset", "output", "overwrite"),
    *("flood_fill_positive_seed_clip", "flood_fill_positive_flood_clip", "flood_fill_false_islands"),
    *("flood_fill_use_mac_box_beams", "noise_box_beams", "beam_shape_erode_scales"),
    *("base_snr_clip", "flood_fill_statistic", "flood_fill_use_mac", "beam_shape_erode_minimum_response"),
    *("beam_shape_erode_rims", "extract_beam_smoothed_clip", "extract_beam_union", "extract_beam_blank_border"),
    *("flood_fill_use_mac_box_size", "noise_box_size", "noise_filter_size"),
)
"""What the help shows first, of which a subcommand has some; no more than `_MANY` of them."""
_MANY = 10

_PANELS = {
    "both_signs": "Signs",
    "base_snr_clip": "Clip",
    "flood_fill_mac_": "Minimum absolute clip (MAC)",
    "flood_fill_use_mac": "Minimum absolute clip (MAC)",
    "flood_fill": "Flood",
    "grow_low_snr_island": "Diffuse islands",
    "suppress_artefacts": "Artefacts",
    "beam_shape_erode_rims": "Rims of bright sources",
    "beam_shape_erode": "Erosion",
    "convolve_first": "Erosion",
    "extract_beam_": "Extraction",
    "noise_": "Noise",
}
"""Headings of the help, by how the names of their options begin; of several the first."""


@dataclass(frozen=True)
class ChosenOptions:
    """The options of a subcommand as its user chose them."""

    options: MaskingOptions
    """Those of the preset, if there is one, under those that were given."""
    preset: str | None
    """Name of the preset, or of its file, for the record."""
    given: frozenset[str]
    """Options that the user gave, with their default or another value."""

    def tell_idle(self, names: Iterable[str], step: str | None = None) -> None:
        """Warn of options that change nothing in a step, or the whole chain, as far as the user gave them."""
        from skerry.config.declaration import declarations

        by_switch: dict[str | None, list[str]] = {}
        for name in names:
            declared = declarations(type(self.options))[name]
            if name in self.given and declared.is_replaced(self.options):
                warnings.warn(f"`{name}`: no effect beside `{declared.replaced_by}`", SkerryWarning, stacklevel=3)
            elif name in self.given:
                by_switch.setdefault(self.options.missing_switch(name, step), []).append(f"`{name}`")
        for switch, idle in by_switch.items():
            why = ", for what it belongs to is off" if switch is None else f" without `{switch}`"
            warnings.warn(f"{', '.join(idle)}: no effect{why}", SkerryWarning, stacklevel=3)

    def tell_without_file(self, name: str, parameter: str, file: object) -> None:
        """Warn of an option that the user gave without the file that it is for."""
        if file is None and name in self.given:
            warnings.warn(f"`{name}`: no effect without `{parameter}`", SkerryWarning, stacklevel=3)


def with_options(step: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Give a command the flags of a step and of a preset, and pass them on as its argument `chosen`.

    Parameters
    ----------
    step : str
        A key of `skerry.config.flags.STEP_OPTIONS`.
    """
    from skerry.config.default_presets import AUTO_PRESET
    from skerry.config.flags import STEP_OPTIONS

    def decorate(command: Callable[..., Any]) -> Callable[..., Any]:
        own = parameters_of(command, "chosen")
        beam = [p for p in own if p.kind is p.KEYWORD_ONLY]  # Those that `with_beam` puts there.
        own = [p for p in own if p.kind is not p.KEYWORD_ONLY]
        flags = _by_use([*own, *_preset_flags(step), *(_flag(step, name) for name in STEP_OPTIONS[step]), *beam])
        context = inspect.Parameter("invocation", inspect.Parameter.KEYWORD_ONLY, annotation=typer.Context)

        @with_signature(command, [context, *flags])
        def run(invocation: typer.Context, **given: Any) -> Any:
            preset = _asked_preset(step, given.pop("preset", None), given.pop("no_preset", False))
            if step == "mask" and preset == AUTO_PRESET:
                from skerry.steps.choose_preset import chosen_preset
                from skerry.steps.chosen_planes import PlaneChoice

                planes = PlaneChoice.of(given["planes"], given["stokes"])
                preset = chosen_preset(given["image"], given["beam"], planes)
            taken = {name: given.pop(name) for name in STEP_OPTIONS[step]}
            given_here = {name: value for name, value in taken.items() if _is_given(invocation, name)}
            named = {name: None if value == "none" else value for name, value in given_here.items()}
            label = given.pop("preset_name")
            chosen = _chosen(step, preset, named)
            return command(**given, chosen=chosen if label is None else replace(chosen, preset=label))

        return run

    return decorate


def _preset_flags(step: str) -> list[inspect.Parameter]:
    """Make the parameters of a command that take a preset, or only its name where clips are in a unit that none has."""
    # For a job of the workflow, which is given the options of the preset one by one.
    name = flag("preset_name", Annotated[str | None, typer.Option("--preset-name", hidden=True)])
    if step == "scale-mask":
        return [name]
    names = "early-round, late-round, compact, diffuse or galactic-plane, or a YAML file of your own"
    begin = f"Options to begin with, which others given here change: {names}"
    for_mask = f"{begin}; docs/presets.md says what each is for; auto chooses by the image. Default: late-round."
    told = for_mask if step == "mask" else f"{begin}. Of the preset this step takes what is its own."
    preset = typer.Option("--preset", metavar="NAME|FILE", show_default=False, help=told)
    none = typer.Option("--no-preset", help="Begin with the options' own defaults: a plain clip.")
    flags = [name, flag("preset", Annotated[str | None, preset])]
    return [*flags, flag("no_preset", Annotated[bool, none], False)] if step == "mask" else flags


def _by_use(parameters: Iterable[inspect.Parameter]) -> list[inspect.Parameter]:
    """Put what is used most first and under a heading of its own; the order of the others stays."""
    by_name = {p.name: p.replace(kind=inspect.Parameter.KEYWORD_ONLY) for p in parameters}
    first = [name for name in _MOST_USED if name in by_name][:_MANY]
    for name, parameter in by_name.items():
        kind, option = get_args(parameter.annotation)
        if name in first or (isinstance(option, OptionInfo) and option.rich_help_panel is None):
            option = copy(option)
            option.rich_help_panel = MOST_USED if name in first else "Other"
            by_name[name] = parameter.replace(annotation=Annotated[kind, option])
    return [by_name[name] for name in (*first, *(name for name in by_name if name not in first))]


def _asked_preset(step: str, preset: str | None, no_preset: bool) -> str | None:
    """Name of the preset of a subcommand; None for the options' own defaults."""
    from skerry.config.default_presets import DEFAULT_PRESET, NO_PRESET

    if no_preset and preset is not None:
        raise SkerryError("give either `preset` or `no_preset`, not both")
    if preset is None and step == "mask" and not no_preset:
        return DEFAULT_PRESET
    return None if preset == NO_PRESET else preset


def _chosen(step: str, preset: str | None, given: Mapping[str, Any]) -> ChosenOptions:
    """Lay the options that are given over those of a preset."""
    if preset is None:
        return ChosenOptions(_validated(given), None, frozenset(given))
    # Imported here: YAML takes longer than a small step.
    from skerry.config.layers import clips_in_another_unit, laid_over
    from skerry.config.presets import load_preset, preset_label

    label, below = preset_label(preset), load_preset(preset).options
    problem = clips_in_another_unit(below, given, step)
    if problem is not None:
        raise SkerryError(f"preset {label}: {problem}, or {'`no_preset`' if step == 'mask' else 'leave `preset` out'}")
    return ChosenOptions(_validated(laid_over(below, given, step)), label, frozenset(given))


def _is_given(invocation: typer.Context, name: str) -> bool:
    """Whether an option stands on the command line, with its default or another value."""
    source = invocation.get_parameter_source(name)
    return source is not None and source.name == "COMMANDLINE"


def _flag(step: str, name: str) -> inspect.Parameter:
    """Make the parameter of a command for an option of a step."""
    from skerry.config.flags import flag_name
    from skerry.config.options import MaskingOptions, describe_range

    field = MaskingOptions.model_fields[name]
    kind: Any = field.annotation
    default = field.default
    metavar: str | None = None
    parser: Callable[[Any], Any] | None = None
    declaration = flag_name(step, name)
    if name == "beam_shape_erode_scales":
        kind, metavar = str | None, "S,S,..."
    elif name == "flood_fill_diffuse_beams":
        kind, metavar, parser = str | None, "N,N,...", _text_or_none
    elif choices := [
        choice for part in (kind, *get_args(kind)) for choice in get_args(part) if isinstance(choice, str)
    ]:
        kind, metavar = str | None, "|".join(choices)
    elif bool in (kind, *get_args(kind)):
        # What a preset switches on must be possible to switch off.
        declaration += f"/--no-{declaration.removeprefix('--')}"
    else:
        number = int if int in (kind, *get_args(kind)) else float
        metavar = "INTEGER" if number is int else "NUMBER"
        if NoneType in get_args(kind):
            # What a preset sets must be possible to leave out.
            parser = partial(_number_or_none, number=number)
    bounds = describe_range(field)
    option = typer.Option(
        declaration,
        metavar=metavar,
        parser=parser,
        help=_with_flags(step, f"{field.description} Range: {bounds}." if bounds else field.description or ""),
        show_default=default not in (None, False),
        rich_help_panel=next(panel for prefix, panel in _PANELS.items() if name.startswith(prefix)),
    )
    return flag(name, Annotated[kind, option], default)


def _with_flags(step: str, text: str) -> str:
    """Call the options that a help names as the subcommand does."""
    from skerry.config.flags import STEP_OPTIONS, flag_name

    named = re.compile(r"\b[a-z]+(?:_[a-z]+)+\b")
    return named.sub(lambda m: flag_name(step, m[0]) if m[0] in STEP_OPTIONS[step] else m[0], text)


def _text_or_none(text: Any) -> str | None:
    """Read the value of a flag that may be "none", and is checked with the other options."""
    return None if text == "none" else text


def _number_or_none(text: Any, number: type[int | float]) -> float | None:
    """Read the value of a flag that may be "none"."""
    try:
        return None if text == "none" else number(text)
    except ValueError:
        kind = "an integer" if number is int else "a number"
        raise typer.BadParameter(f"{text!r} is neither {kind} nor none") from None


def _validated(given: Mapping[str, Any]) -> MaskingOptions:
    """Options from the flags that are given."""
    from pydantic import ValidationError

    from skerry.config.options import MaskingOptions
    from skerry.config.validation import in_plain_words

    try:
        return MaskingOptions(**given)
    except ValidationError as error:
        options = re.compile(rf"(?<!`)\b({'|'.join(MaskingOptions.model_fields)})\b(?!`)")
        problems = []
        for problem in error.errors():
            name = str(problem["loc"][0]) if problem["loc"] else None
            which = "" if name is None or name not in given else f"`{name}` {given[name]}: "
            told = options.sub(r"`\1`", in_plain_words(problem["msg"]))
            # A contradiction between options is no one's alone; what it says begins with the name of one.
            problems.append(told if told.startswith("`") else which + told)
        raise SkerryError("; ".join(problems)) from None
