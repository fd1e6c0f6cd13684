"""The planes of a cube as flags of a subcommand."""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from typing import Annotated, Any, TypeAlias, get_args

import typer

from skerry.cli.signatures import flag, parameters_of, with_signature

__all__ = ["with_planes"]

_PANEL = "Cubes (by default every plane by itself)"
_PANEL_OF_ONE = "Cubes (by default the first plane)"


Planes: TypeAlias = Annotated[
    str | None,
    typer.Option(
        metavar="N-M,...",
        show_default=False,
        help="Only these channels, counted from 0: 3-7,9,12- for 3 to 7, 9, and 12 to the last.",
        rich_help_panel=_PANEL,
    ),
]
Stokes: TypeAlias = Annotated[
    str | None,
    typer.Option(metavar="I|Q|U|V|...", show_default=False, help="Only this parameter.", rich_help_panel=_PANEL),
]
Union: TypeAlias = Annotated[
    bool,
    typer.Option("--union", help="One mask for all planes: what any of them masks.", rich_help_panel=_PANEL),
]


def with_planes(command: Callable[..., Any], *, unites: bool, takes_one: bool = False) -> Callable[..., Any]:
    """Give a command the flags that choose planes of a cube, and pass what they say on as its argument `planes`.

    Parameters
    ----------
    command : callable
        The command.
    unites : bool
        Whether it may make one mask of all planes.
    takes_one : bool
        Whether it takes a single plane, by default the first.

    Returns
    -------
    callable
        With these flags.
    """
    chosen = [(name, _of_one(kind) if takes_one else kind) for name, kind in (("planes", Planes), ("stokes", Stokes))]
    flags = [*(flag(name, kind) for name, kind in chosen), *([flag("union", Union, False)] if unites else [])]

    @with_signature(command, [*parameters_of(command, "planes"), *flags])
    def run(*, planes: str | None, stokes: str | None, **given: Any) -> Any:
        # A command that does not unite planes may have a parameter of that name itself.
        union = unites and given.pop("union")
        if planes is stokes is None and not union:
            return command(planes=None, **given)
        # Imported here: most images have a single plane.
        from skerry.steps.chosen_planes import PlaneChoice

        return command(planes=PlaneChoice.of(planes, stokes, union=union), **given)

    return run


def _of_one(kind: Any) -> Any:
    """Make a flag one of a command that takes a single plane."""
    value, option = get_args(kind)
    option = copy(option)
    option.rich_help_panel = _PANEL_OF_ONE
    return Annotated[value, option]
