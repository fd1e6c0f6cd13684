"""Types of the parameters that several subcommands have, and the limits that all of them take."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, TypeAlias

import typer

from skerry.cli.signals import end_if_signalled
from skerry.cli.signatures import flag, parameters_of, with_signature
from skerry.cli.start_up import (
    begin_checksums_of_inputs,
    import_fits,
    import_numpy,
    inputs_of,
    keep_freed_memory,
    search_garbage_of_command,
)
from skerry.cli.telling import say, telling

__all__ = [
    "FILES",
    "Axes",
    "Background",
    "Earlier",
    "ImageFile",
    "Noise",
    "Nonzero",
    "Output",
    "Overwrite",
    "ScaleOutput",
    "fits_file",
    "show_paths",
    "with_limits",
]

FILES, _LIMITS = "Files", "Limits"
"""Panels of the help."""


def fits_file(help: str, *flags: str) -> Any:  # noqa: A002
    """Option that names a FITS file, by the flags given or by the name of its parameter."""
    return typer.Option(*flags, metavar="FITS", show_default=False, help=help, rich_help_panel=FILES)


ImageFile: TypeAlias = Annotated[Path, typer.Argument(metavar="IMAGE", show_default=False, help="FITS image, Jy/beam.")]
Output: TypeAlias = Annotated[Path | None, fits_file("Name of the result.", "--output", "-o")]
Overwrite: TypeAlias = Annotated[
    bool, typer.Option("--overwrite", help="Replace results that exist.", rich_help_panel=FILES)
]
Axes: TypeAlias = Annotated[
    int | None,
    typer.Option(
        metavar="2|4",
        show_default=False,
        help="Axes of the mask, of length 1 but for those of the sky; default as many as the image has.",
        rich_help_panel=FILES,
    ),
]
Nonzero: TypeAlias = Annotated[
    bool, typer.Option("--nonzero", help="Take all values but 0 of the mask as masked: labels, 255, bits of scales.")
]
Noise: TypeAlias = Annotated[Path | None, fits_file("Noise map of the image.")]
Background: TypeAlias = Annotated[Path | None, fits_file("Background of the image; none is 0.")]
Earlier: TypeAlias = Annotated[
    Path | None, fits_file("Image of the round before, for --fading-factor: islands that have faded are left out.")
]
ScaleOutput: TypeAlias = Annotated[
    Path | None, fits_file("The scale mask; default X.scalemask.fits for the mask X.mask.fits.")
]
Memory: TypeAlias = Annotated[
    str | None,
    typer.Option(
        metavar="SIZE",
        show_default=False,
        help="Memory to keep within, as 2GB or 512MB; default 2GB. It changes no result.",
        rich_help_panel=_LIMITS,
    ),
]
Threads: TypeAlias = Annotated[
    int | None,
    typer.Option(
        metavar="INTEGER",
        show_default=False,
        help="Threads to use; default all cores. It changes no result. Range: >= 1.",
        rich_help_panel=_LIMITS,
    ),
]


def with_limits(command: Callable[..., Any], name: str) -> Callable[..., Any]:
    """Give a command the flags that bound its memory and threads, a quick start, and a bar if it takes long."""

    @with_signature(command, [*parameters_of(command), flag("memory", Memory), flag("threads", Threads)])
    def run(*, memory: str | None, threads: int | None, **given: Any) -> Any:
        # Before there is a second thread, which would get memory of its own for good.
        keep_freed_memory()
        inputs = inputs_of(given)
        begin_checksums_of_inputs(inputs)
        import_numpy()
        import_fits()
        search_garbage_of_command()
        from skerry.cli.progress import work_watched
        from skerry.io.checksums import held
        from skerry.io.whole_files import together
        from skerry.planes.limits import parse_memory, use_limits

        limits = use_limits(None if memory is None else parse_memory(memory), threads)
        with held(inputs), limits, work_watched(name), together() as outputs:
            telling().finish = outputs.take_names
            end_if_signalled()
            return command(**given)

    return run


def show_paths(*paths: Path | None) -> None:
    """Tell on standard output which files were made."""
    for path in paths:
        if path is not None:
            say(path)
