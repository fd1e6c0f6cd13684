"""What a mask is, and how it was made, as lines or as JSON."""

from __future__ import annotations

import json
import warnings
from typing import TYPE_CHECKING

from skerry.cli.telling import say
from skerry.errors import SkerryWarning

if TYPE_CHECKING:
    from skerry.steps.info import MaskInfo

__all__ = ["show_info"]


def show_info(info: MaskInfo, *, as_json: bool = False) -> None:
    """Tell on standard output what a mask is and which commands make it again, and warn of inputs that differ."""
    for name in info.differing:
        text = f"{info.mask.parent / name}: is not the file that the mask was made from, by its checksum"
        warnings.warn(f"{text}; put that in its place to make the mask again", SkerryWarning, stacklevel=2)
    if as_json:
        say(json.dumps(info.as_json()))
        return
    say(info.mask)
    for name, value in _facts(info).items():
        for heading, line in zip((name, *[""] * value.count("\n")), value.splitlines(), strict=True):
            say(f"  {heading:<9} {line}")
    if info.made.problem is not None:
        say(f"  {'made by':<9} {info.made.problem}")
        return
    needed = ", ".join(file.name for file in info.made.inputs)
    say(f"  {'made by':<9} these commands, in a directory with {needed}:\n")
    for command in info.made.commands:
        say(command)


def _facts(info: MaskInfo) -> dict[str, str]:
    """What is known of a mask, by headings."""
    scales = None if info.scales is None else f"{', '.join(map(str, info.scales))} pixels, a bit each"
    unit = info.clip_unit or ""
    clips = [
        f"{name} {clip:.4g} {unit}".rstrip()
        for name, clip in (("seed", info.seed_clip), ("flood", info.flood_clip))
        if clip is not None
    ]
    share = f"{100 * info.fraction:.3g} % of all"
    planes = f" x {info.planes} planes" if info.planes > 1 else ""
    facts = {
        "version": f"skerry {info.version}, {info.command}" if info.version else None,
        "grid": f"{info.width} x {info.height} pixels{planes}",
        "middle": info.centre.removeprefix("at "),
        "islands": f"{info.islands}{' of both signs' if info.both_signs else ''}, with {info.pixels} pixels, {share}",
        "scales": scales,
        "clips": ", ".join(clips) or None,
        "preset": info.preset,
        "warnings": "\n".join(info.warnings) or ("none" if info.version else None),
    }
    return {name: value for name, value in facts.items() if value is not None}
