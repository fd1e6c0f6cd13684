"""The planes of a cube as flags of a subcommand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, TypeAlias

import typer

from skerry.cli.signatures import flag, parameters_of, with_signature

__all__ = ["with_planes"]

_PANEL = "Cubes (by default every plane by itself)"


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


def with_planes(command: Callable[..., Any], *, unites: bool) -> Callable[..., Any]:
    """Give a command the flags that choose planes of a cube, and pass what they say on as its argument `planes`.

    Parameters
    ----------
    command : callable
        The command.
    unites : bool
        Whether it may make one mask of all planes.

    Returns
    -------
    callable
        With these flags.
    """
    flags = [flag("planes", Planes), flag("stokes", Stokes), *([flag("union", Union, False)] if unites else [])]

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
