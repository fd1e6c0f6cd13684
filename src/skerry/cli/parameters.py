"""Types of the command line's parameters, and the masking options turned into flags.

Names, defaults, ranges and help of the masking options come from `MaskingOptions`; a command lists none of them.
"""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable, Iterable, Iterator
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias, get_args, get_type_hints

import typer

from skerry.cli.quick_start import import_fits
from skerry.errors import SkerryError, SkerryWarning
from skerry.io.checksums import begin_checksums

if TYPE_CHECKING:
    from skerry.config.options import MaskingOptions

__all__ = [
    "Background",
    "ImageFile",
    "Noise",
    "Output",
    "Overwrite",
    "ScaleOutput",
    "show_paths",
    "tell_idle",
    "with_limits",
    "with_options",
]

ImageFile: TypeAlias = Annotated[Path, typer.Argument(metavar="IMAGE", show_default=False, help="FITS image, Jy/beam.")]
Output: TypeAlias = Annotated[
    Path | None, typer.Option("--output", "-o", metavar="FITS", show_default=False, help="Name of the result.")
]
Overwrite: TypeAlias = Annotated[bool, typer.Option("--overwrite", help="Replace results that exist.")]
Noise: TypeAlias = Annotated[
    Path | None, typer.Option("--rms", metavar="FITS", show_default=False, help="Noise map of the image.")
]
Background: TypeAlias = Annotated[
    Path | None, typer.Option("--bkg", metavar="FITS", show_default=False, help="Background of the image; none is 0.")
]
ScaleOutput: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--scale-output", metavar="FITS", show_default=False, help="The scale mask; default X.scalemask.fits."
    ),
]
Memory: TypeAlias = Annotated[
    str | None,
    typer.Option(
        metavar="SIZE",
        show_default=False,
        help="Memory to keep within, as 2GB or 512MB; default 2GB. It changes no result.",
    ),
]
Threads: TypeAlias = Annotated[
    int | None,
    typer.Option(
        metavar="INTEGER",
        show_default=False,
        help="Threads to use; default all cores. It changes no result. Range: >= 1.",
    ),
]


def with_options(step: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Give a command the flags of a step, and pass them on as its argument `options`.

    Parameters
    ----------
    step : str
        A key of `skerry.config.options.STEP_OPTIONS`.
    """
    from skerry.config.options import STEP_OPTIONS, MaskingOptions

    def decorate(command: Callable[..., Any]) -> Callable[..., Any]:
        signature = inspect.signature(command)
        hints = get_type_hints(command, include_extras=True, localns={"MaskingOptions": MaskingOptions})
        own = [p.replace(annotation=hints[p.name]) for p in signature.parameters.values() if p.name != "options"]
        flags = [_flag(step, name) for name in STEP_OPTIONS[step]]
        context = inspect.Parameter("invocation", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=typer.Context)

        @wraps(command)
        def run(invocation: typer.Context, **given: Any) -> Any:
            chosen = {name: given.pop(name) for name in STEP_OPTIONS[step]}
            named = (name for name in chosen if _is_given(invocation, name))
            return command(**given, options=_validated(step, {name: chosen[name] for name in named}))

        run.__signature__ = signature.replace(parameters=[context, *own, *flags])  # type: ignore[attr-defined]
        run.__annotations__ = {p.name: p.annotation for p in (context, *own, *flags)}
        return run

    return decorate


def with_limits(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the flags that bound its memory and threads; begin the checksums of the files that it is given."""
    signature = inspect.signature(command)
    hints = get_type_hints(command, include_extras=True)
    own = [p.replace(annotation=hints[p.name]) for p in signature.parameters.values()]
    flags = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=kind)
        for name, kind in (("memory", Memory), ("threads", Threads))
    ]

    @wraps(command)
    def run(*, memory: str | None = None, threads: int | None = None, **given: Any) -> Any:
        if "overwrite" in given:
            begin_checksums(_input_files(given))
        import_fits()
        from skerry.planes.limits import parse_memory, use_limits

        with use_limits(None if memory is None else parse_memory(memory), threads):
            return command(**given)

    run.__signature__ = signature.replace(parameters=[*own, *flags])  # type: ignore[attr-defined]
    run.__annotations__ = {p.name: p.annotation for p in (*own, *flags)}
    return run


def _input_files(given: dict[str, Any]) -> Iterator[Path]:
    """Files among the arguments of a command that makes others of them."""
    for name, value in given.items():
        if not name.endswith("output"):
            yield from (path for path in (value if isinstance(value, list) else [value]) if isinstance(path, Path))


def _is_given(invocation: typer.Context, name: str) -> bool:
    """Whether an option stands on the command line, with its default or another value."""
    source = invocation.get_parameter_source(name)
    return source is not None and source.name == "COMMANDLINE"


def _flag(step: str, name: str) -> inspect.Parameter:
    from skerry.config.options import MaskingOptions, describe_range, flag_name

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
    )
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=Annotated[kind, option])


def _validated(step: str, given: dict[str, Any]) -> MaskingOptions:
    """Options from the flags that are given."""
    from pydantic import ValidationError

    from skerry.config.options import MaskingOptions, flag_name

    try:
        return MaskingOptions(**given)
    except ValidationError as error:
        problems = []
        for problem in error.errors():
            name = problem["loc"][0] if problem["loc"] else None
            flag = f"{flag_name(step, str(name))} {given[str(name)]}: " if name in given else ""
            problems.append(flag + problem["msg"].removeprefix("Value error, "))
        raise SkerryError("; ".join(problems)) from None


def tell_idle(step: str, names: Iterable[str]) -> None:
    """Warn of options that were given and change nothing."""
    from skerry.config.options import flag_name

    flags = ", ".join(flag_name(step, name) for name in names)
    if flags:
        warnings.warn(f"{flags}: no effect, for what it belongs to is off", SkerryWarning, stacklevel=3)


def show_paths(*paths: Path | None) -> None:
    """Tell on standard output which files were made."""
    for path in paths:
        if path is not None:
            typer.echo(str(path))
