"""What is fuzzed: whole commands, and by themselves the readers and the checks that most bad inputs end in."""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import TypeAlias

from benchmarks.fuzz import oracle
from benchmarks.fuzz.any_words import any_line
from benchmarks.fuzz.cards import bad_fits
from benchmarks.fuzz.oracle import Verdict, judged_call, judged_command
from benchmarks.fuzz.region_texts import bad_crtf, bad_reg
from benchmarks.fuzz.table_texts import bad_table
from benchmarks.fuzz.words import Case, fits_line, text_line
from benchmarks.fuzz.workplace import Workplace, workplace
from benchmarks.fuzz.yaml_texts import bad_field, bad_preset

__all__ = ["TARGETS", "Execute", "opened", "share"]

Execute: TypeAlias = Callable[[Random], tuple[Verdict, str]]
"""Makes an input and runs it; also tells what it was."""


def _command(make: Callable[[Random], Case]) -> Callable[[Workplace], Execute]:
    def target(place: Workplace) -> Execute:
        def execute(rng: Random) -> tuple[Verdict, str]:
            case = make(rng)
            verdict = judged_command(case, place, there=rng.random() < 0.3)
            return verdict, f"{case.words} {_shown(case.files) if verdict.fault else ''}"

        return execute

    return target


def _shown(files: dict[str, bytes]) -> str:
    return " ".join(
        f"{name}: {content[:400] if not name.endswith('.fits') else _cards(content)!r}"
        for name, content in files.items()
    )


def _cards(content: bytes) -> list[str]:
    """Cards that no right file has."""
    from benchmarks.fuzz.cards import right_files

    known = {right[at : at + 80] for right in right_files().values() for at in range(0, min(len(right), 8640), 80)}
    odd = [content[at : at + 80] for at in range(0, min(len(content), 14400), 80)]
    return [*[card.decode("latin-1").rstrip() for card in odd if card not in known][:6], f"{len(content)} bytes"]


def _reader(
    suffix: str, make: Callable[[Random], bytes], read: Callable[[Path], object]
) -> Callable[[Workplace], Execute]:
    def target(place: Workplace) -> Execute:
        path = place.directory / f"read.{suffix}"

        def execute(rng: Random) -> tuple[Verdict, str]:
            content = make(rng)
            path.write_bytes(content)
            verdict = judged_call(lambda: read(path), path.name)
            return verdict, _shown({path.name: content}) if verdict.fault else ""

        return execute

    return target


def _header(path: Path) -> object:
    """Read a header as steps do, and what they ask of it."""
    from skerry.errors import SkerryError
    from skerry.io.image_headers import read_axes, read_header
    from skerry.sky.celestial import celestial_axes
    from skerry.sky.restoring_beam import read_beam

    axes, _ = read_axes(path)
    header = read_header(path)
    header.tostring()
    for asked in (read_beam, celestial_axes):
        with contextlib.suppress(SkerryError):
            asked(header, path.name)
    return axes


def _mask(path: Path) -> object:
    from skerry.io.fits import each_mask

    return [mask.data[0 : mask.data.shape[0]] for mask in each_mask(path)]


def _image(path: Path) -> object:
    from skerry.io.fits import each_image

    return [image.data[0 : image.data.shape[0]] for image in each_image(path)]


def _regions(path: Path) -> object:
    from skerry.io.region_files import read_regions

    return read_regions(path)


def _field(path: Path) -> object:
    from skerry.field.config import load_field

    return load_field(path)


def _preset(path: Path) -> object:
    from skerry.config.presets import load_preset

    return load_preset(str(path))


def _tables(place: Workplace) -> Execute:
    from skerry.io.position_tables import read_positions

    def execute(rng: Random) -> tuple[Verdict, str]:
        ending, content = bad_table(rng)
        path = place.directory / f"read.{ending}"
        path.write_bytes(content)
        verdict = judged_call(lambda: read_positions(path), path.name)
        return verdict, _shown({path.name: content}) if verdict.fault else ""

    return execute


def _log(path: Path) -> object:
    from skerry.steps.imager_log import read_log

    return read_log(path)


TARGETS: dict[str, Callable[[Workplace], Execute]] = {
    "fits-commands": _command(fits_line),
    "text-commands": _command(text_line),
    "any-commands": _command(any_line),
    "command-lines": _command(lambda rng: any_line(rng, slow=True)),
    "headers": _reader("fits", bad_fits, _header),
    "images": _reader("fits", bad_fits, _image),
    "masks": _reader("fits", bad_fits, _mask),
    "ds9": _reader("reg", bad_reg, _regions),
    "crtf": _reader("crtf", bad_crtf, _regions),
    "fields": _reader("yaml", bad_field, _field),
    "presets": _reader("yaml", bad_preset, _preset),
    "tables": _tables,
}
"""By name: the first three run the commands, the fourth their checks of parameters alone, the others read files."""
SHARES = {
    "fits-commands": 3,
    "text-commands": 3,
    "any-commands": 4,
    "command-lines": 10,
    "headers": 5,
    "images": 4,
    "masks": 4,
    "tables": 7,
}
"""Of 100 executions of all, by what one takes; readers of text have 15 each."""


def share(name: str) -> float:
    """Share of a target in the executions of all."""
    return SHARES.get(name, 15) / 100


@contextmanager
def opened(name: str, within: Path | None = None) -> Iterator[Execute]:
    """A target, ready to be executed in a directory of its own, in another one or in memory."""
    with workplace(within) as place, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with oracle.commands_built_once(run=name != "command-lines"):
            yield TARGETS[name](place)
