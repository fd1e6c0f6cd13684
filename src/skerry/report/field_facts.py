"""What is known of a field: of each round, its mosaics and its beams, from the files that a run leaves."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from skerry import __version__
from skerry.errors import SkerryError
from skerry.field.given_beam import GivenBeam
from skerry.io.image_headers import read_header
from skerry.planes.progress import expect
from skerry.report.changes import EarlierMask
from skerry.report.target_facts import TargetFacts, TargetFiles, target_facts
from skerry.sky.angle import parse_angle
from skerry.sky.restoring_beam import RestoringBeam, read_beam

if TYPE_CHECKING:
    from skerry.field.keys import FieldConfig

__all__ = ["FieldFacts", "RoundFacts", "gather_field", "picture_sizes"]

_PIXELS_OF_MOSAICS = 5_000_000
_PIXELS_OF_BEAMS = 17_000_000
"""Of all pictures together: a pixel of noise takes 0.65 bytes at most, and a third more as text, so that a page has
less than 20 MB."""
_MOST_OF_MOSAIC, _MOST_OF_BEAM = 1200, 512
_LEAST = 48
_BYTES_OF_A_LOG = 20_000


@dataclass(frozen=True)
class RoundFacts:
    """What is known of the masks for a round."""

    round: int
    mosaics: tuple[TargetFacts, ...]
    """One, or one for each channel; none where masks are made of the beams alone."""
    beams: tuple[TargetFacts, ...]

    @property
    def targets(self) -> tuple[TargetFacts, ...]:
        """The mosaics, if there are any, and the beams."""
        return (*self.mosaics, *self.beams)


@dataclass(frozen=True)
class FieldFacts:
    """What is known of a field."""

    name: str
    yaml: str
    """Its file, as it was named."""
    directory: str
    """Where its results are."""
    rounds: tuple[RoundFacts, ...]
    version: str = __version__
    """Of skerry, which gathered it."""


def gather_field(field: FieldConfig, yaml: str = "") -> FieldFacts:
    """Gather what is known of a field.

    Parameters
    ----------
    field : FieldConfig
        The field; files of it may be missing.
    yaml : str
        Name of its file.

    Returns
    -------
    FieldFacts
        All of its rounds that have masks, the ones that are still to be made too.
    """
    rounds = field.plan.masked_rounds
    mosaics, beams = field.plan.mosaics, tuple(field.each_beam)
    sizes = picture_sizes(len(rounds) * len(mosaics), len(rounds) * len(beams))
    expect(images=len(rounds) * (len(mosaics) + len(beams)))
    beam = _beam_of(field)
    by_round: dict[int, list[TargetFacts]] = {k: [] for k in rounds}
    # Round after round of one target: what is kept to compare with is one mask.
    for number, name in enumerate((*mosaics, *beams)):
        is_mosaic = number < len(mosaics)
        size = sizes[0] if is_mosaic else sizes[1]
        earlier: EarlierMask | None = None
        for k in rounds:
            files = _files_of(field, k, name, beam, is_mosaic=is_mosaic)
            facts, earlier = target_facts(k, name, files, is_mosaic=is_mosaic, earlier=earlier, picture_size=size)
            by_round[k].append(_with_run(field, facts))
    found = [
        RoundFacts(k, tuple(targets[: len(mosaics)]), tuple(targets[len(mosaics) :])) for k, targets in by_round.items()
    ]
    return FieldFacts(field.field, yaml, field.files.directory, tuple(found))


def picture_sizes(mosaics: int, beams: int) -> tuple[int, int]:
    """Longest sides of the pictures of mosaics and of beams, by their numbers: all of them fit on a page.

    Parameters
    ----------
    mosaics, beams : int
        How many there are of each.

    Returns
    -------
    tuple of int
        Of a mosaic and of a beam, pixels.

    Examples
    --------
    >>> picture_sizes(4, 144), picture_sizes(3, 1620)
    ((1118, 343), (1200, 102))
    """
    mosaic = math.isqrt(_PIXELS_OF_MOSAICS // max(1, mosaics))
    beam = math.isqrt(_PIXELS_OF_BEAMS // max(1, beams))
    return max(_LEAST, min(_MOST_OF_MOSAIC, mosaic)), max(_LEAST, min(_MOST_OF_BEAM, beam))


def _beam_of(field: FieldConfig) -> RestoringBeam | None:
    """Restoring beam that the field gives in place of those of the headers."""
    beam, image = field.beam, field.files.beam_path()
    with suppress(SkerryError):
        if image is not None:
            return read_beam(read_header(image), image)
        if isinstance(beam, GivenBeam):
            return RestoringBeam(*map(parse_angle, (beam.bmaj, beam.bmin, beam.bpa)))
    return None


def _files_of(field: FieldConfig, k: int, name: str, beam: RestoringBeam | None, *, is_mosaic: bool) -> TargetFiles:
    """Files of a mask: of a beam those that it is imaged with, whatever it was made of."""
    files = field.files
    if is_mosaic:
        mask, image = files.made_path(k, name, "mask"), files.product_path(k, name, "image")
    else:
        mask, image = files.mask_path(k, name), files.image_path(k - 1, name)
    target = name if is_mosaic else field.plan.own_target(k, name)
    noise = (files.noise_grid_path(k, target), files.product_path(k, target, "rms"))
    return TargetFiles(Path(mask), Path(image), tuple(Path(path) for path in noise if path), beam)


def _with_run(field: FieldConfig, facts: TargetFacts) -> TargetFacts:
    """Facts with what the run told of it: why there is no mask, and what became of it in the imaging."""
    k = facts.round
    if facts.islands is None:
        said = next(_errors_in_logs(Path(field.files.directory, f"round{k}", "logs"), facts.key), None)
        problem = facts.problem if said is None else f"{facts.problem}: {said}"
        facts = replace(facts, problem=problem)
    check = None if facts.is_mosaic else field.files.clean_check_path(k, facts.target)
    found = _found_in_clean(check)
    return replace(facts, clean=found) if found else facts


def _errors_in_logs(logs: Path, target: str) -> Iterator[str]:
    """What steps of skerry said in the logs of a target when they failed."""
    begin = "skerry: error: "
    with suppress(OSError):
        for log in sorted(logs.iterdir()):
            if log.name.startswith(f"{target}.") and log.suffix == ".log":
                said = [line.removeprefix(begin) for line in _last_lines(log) if line.startswith(begin)]
                yield from (f"{line} ({log})" for line in said[-1:])


def _last_lines(log: Path) -> list[str]:
    """Lines at the end of a log, which of an imager may have any length."""
    with log.open("rb") as file:
        file.seek(max(0, file.seek(0, os.SEEK_END) - _BYTES_OF_A_LOG))
        return file.read(_BYTES_OF_A_LOG).decode(errors="replace").splitlines()


def _found_in_clean(check: str | None) -> dict[str, str]:
    """What was seen of a clean that went wrong; nothing if that is not known yet."""
    if check is None:
        return {}
    with suppress(OSError, ValueError, KeyError, TypeError, AttributeError):
        found: dict[str, Any] = json.loads(Path(check).read_text(encoding="utf-8"))["found"]
        return {str(word): str(text) for word, text in found.items()}
    return {}
