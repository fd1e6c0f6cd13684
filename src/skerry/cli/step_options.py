"""The masking options as flags of a subcommand.

Names, defaults, ranges and help come from `MaskingOptions`; a subcommand lists none of them.
"""

from __future__ import annotations

import inspect
import re
import warnings
from collections.abc import Callable, Iterable
from functools import wraps
from typing import TYPE_CHECKING, Annotated, Any, get_args, get_type_hints

import typer

from skerry.errors import SkerryError, SkerryWarning

if TYPE_CHECKING:
    from skerry.config.options import MaskingOptions

__all__ = ["tell_idle", "with_options"]

_PANELS = {
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


def with_options(step: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Give a command the flags of a step, and pass them on as its argument `options`.

    Parameters
    ----------
    step : str
        A key of `skerry.config.flags.STEP_OPTIONS`.
    """
    from skerry.config.flags import STEP_OPTIONS
    from skerry.config.options import MaskingOptions

    def decorate(command: Callable[..., Any]) -> Callable[..., Any]:
        signature = inspect.signature(command)
        # `with_beam` puts flags in the place of a beam, whatever it is.
        names = {"MaskingOptions": MaskingOptions, "RestoringBeam": object}
        hints = get_type_hints(command, include_extras=True, localns=names)
        own = [p.replace(annotation=hints[p.name]) for p in signature.parameters.values() if p.name != "options"]
        flags = [_flag(step, name) for name in STEP_OPTIONS[step]]
        context = inspect.Parameter("invocation", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=typer.Context)

        @wraps(command)
        def run(invocation: typer.Context, **given: Any) -> Any:
            chosen = {name: given.pop(name) for name in STEP_OPTIONS[step]}
            named = (name for name in chosen if _is_given(invocation, name))
            return command(**given, options=_validated({name: chosen[name] for name in named}))

        run.__signature__ = signature.replace(parameters=[context, *own, *flags])  # type: ignore[attr-defined]
        run.__annotations__ = {p.name: p.annotation for p in (context, *own, *flags)}
        return run

    return decorate


def tell_idle(names: Iterable[str]) -> None:
    """Warn of options that were given and change nothing."""
    quoted = ", ".join(f"`{name}`" for name in names)
    if quoted:
        warnings.warn(f"{quoted}: no effect, for what it belongs to is off", SkerryWarning, stacklevel=3)


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
    metavar = None
    declaration = flag_name(step, name)
    if name == "beam_shape_erode_scales":
        kind, metavar = str | None, "S,S,..."
    elif choices := [
        choice for part in (kind, *get_args(kind)) for choice in get_args(part) if isinstance(choice, str)
    ]:
        kind, metavar = str | None, "|".join(choices)
    elif kind is bool and step == "mask":
        # What a preset switches on must be possible to switch off.
        declaration += f"/--no-{declaration.removeprefix('--')}"
    elif kind is not bool:
        metavar = "INTEGER" if int in (kind, *get_args(kind)) else "NUMBER"
    bounds = describe_range(field)
    option = typer.Option(
        declaration,
        metavar=metavar,
        help=f"{field.description} Range: {bounds}." if bounds else field.description,
        show_default=default not in (None, False),
        rich_help_panel=next(panel for prefix, panel in _PANELS.items() if name.startswith(prefix)),
    )
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=Annotated[kind, option])


def _validated(given: dict[str, Any]) -> MaskingOptions:
    """Options from the flags that are given."""
    from pydantic import ValidationError

    from skerry.config.options import MaskingOptions

    try:
        return MaskingOptions(**given)
    except ValidationError as error:
        options = re.compile(rf"(?<!`)\b({'|'.join(MaskingOptions.model_fields)})\b(?!`)")
        problems = []
        for problem in error.errors():
            name = str(problem["loc"][0]) if problem["loc"] else None
            which = f"`{name}` {given[name]}: " if name in given else ""
            told = options.sub(r"`\1`", problem["msg"].removeprefix("Value error, "))
            # A contradiction between options is no one's alone; what it says begins with the name of one.
            problems.append(told if told.startswith("`") else which + told)
        raise SkerryError("; ".join(problems)) from None
