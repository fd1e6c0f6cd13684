"""The restoring beam as flags of a subcommand that needs one, for images whose header does not tell."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

import typer

from skerry.cli.signatures import flag, parameters_of, with_signature
from skerry.errors import SkerryError

if TYPE_CHECKING:
    from skerry.sky.restoring_beam import RestoringBeam

__all__ = ["with_beam"]

_PANEL = "Restoring beam (in place of the header's)"


def _angle(what: str) -> Any:
    return typer.Option(metavar="ANGLE", show_default=False, help=what, rich_help_panel=_PANEL)


BeamImage: TypeAlias = Annotated[
    Path | None,
    typer.Option(metavar="FITS", show_default=False, help="Image whose header has it.", rich_help_panel=_PANEL),
]
MajorAxis: TypeAlias = Annotated[str | None, _angle("FWHM of its major axis: degrees, or with arcmin or arcsec.")]
MinorAxis: TypeAlias = Annotated[str | None, _angle("FWHM of its minor axis.")]
PositionAngle: TypeAlias = Annotated[str | None, _angle("Position angle of its major axis, from north to east.")]


def with_beam(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the flags of a beam, and pass what they say on as its argument `beam`."""
    kinds = {"beam": BeamImage, "bmaj": MajorAxis, "bmin": MinorAxis, "bpa": PositionAngle}

    @with_signature(command, [*parameters_of(command, "beam"), *(flag(name, kind) for name, kind in kinds.items())])
    def run(*, beam: Path | None, bmaj: str | None, bmin: str | None, bpa: str | None, **given: Any) -> Any:
        return command(beam=_given_beam(beam, bmaj, bmin, bpa), **given)

    return run


def _given_beam(image: Path | None, *angles: str | None) -> RestoringBeam | Path | None:
    """Beam of the flags; None if there are none."""
    from skerry.sky.angle import parse_angle
    from skerry.sky.restoring_beam import RestoringBeam

    named = zip(("bmaj", "bmin", "bpa"), angles, strict=True)
    axes = [parse_angle(angle, name) for name, angle in named if angle is not None]
    if len(axes) not in (0, 3) or (axes and image is not None):
        raise SkerryError("give all of --bmaj, --bmin and --bpa, or --beam, or none of them")
    return RestoringBeam(*axes) if axes else image
