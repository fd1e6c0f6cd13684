"""Headers of what skerry writes: the grid and the beam of the image it is for, and how it was made.

A product tells in HISTORY the whole chain of steps, options and inputs that made it, and in keywords what other steps
want to know: the clips that were used, and the scales of a scale mask.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from astropy.io import fits

from skerry import __version__
from skerry.errors import SkerryError, SkerryNote
from skerry.io.checksums import promised_sha256, sha256_of
from skerry.io.history import InputRecord, as_ascii, last_step, merged_cards, step_cards, warning_cards, warnings_in
from skerry.io.mask_cards import leave_out_unreadable

__all__ = [
    "FACTS_OF_CLIPS",
    "Provenance",
    "completed",
    "is_mask_header",
    "is_signal_header",
    "mask_header",
    "mask_scales",
    "recorded_names",
    "scale_facts",
    "value_header",
    "without_scales",
]

_STORAGE_KEYWORDS = [
    *("SIMPLE", "XTENSION", "BITPIX", "PCOUNT", "GCOUNT", "GROUPS", "EXTEND", "EXTNAME", "EXTVER", "EXTLEVEL"),
    *("BSCALE", "BZERO", "BLANK", "DATAMIN", "DATAMAX", "CHECKSUM", "DATASUM", "ZHECKSUM", "ZDATASUM"),
    *("INHERIT", "CASAMBM"),
]
_VALUE_KEYWORDS = ["BUNIT", "BTYPE"]
_MASK_STEPS = ("mask", "snr-mask", "flood", "erode", "scale-mask", "extract-beam", "split-scales", "export", "edit")
_TAKEN_OVER = ["SKPRESET", "SKSEED", "SKFLOOR", "SKNEG"]
"""Of the mask that a mask is made from."""
FACTS_OF_CLIPS = ("SKSEED", "SKFLOOR", "SKNEG")
"""Keywords of a mask that say how an image was clipped, which may be another way in each plane of a cube."""
_LENGTH_KEYWORD = r"(NAXIS\d*|TFIELDS)$"
_SCALE_KEYWORD = r"SK(NSCALE|BIT\d+)$"
_STEP_KEYWORD = r"SK(VERS|CMD|SEED|FLOOR|NEG|SCALE|NSCALE|BIT\d+|PRESET|WARN)$"


@dataclass(frozen=True)
class Provenance:
    """What a product's header says about its making.

    Attributes
    ----------
    command : str
        The subcommand.
    options : mapping of str to object
        The options it used; None values are left out.
    inputs : sequence of Path
        The files it read.
    facts : mapping of str to (value, comment)
        Results to keep as FITS keywords, for instance the seed clip that was used.
    roles : mapping of Path to str
        Parameters that named the inputs, but those that are arguments without a flag.
    read : mapping of Path to Header
        Headers of inputs. Of those that steps of skerry made, it is taken over how.
    warnings : sequence of str
        What its user was warned of.
    completed_later : bool
        Whether warnings and the checksums of inputs are left to `completed`.
    tells_facts_alone : bool
        Whether its header is needed for the beam and for `facts` only, as that of any but the first plane of a cube.
    """

    command: str
    options: Mapping[str, Any] = field(default_factory=dict)
    inputs: Sequence[Path] = ()
    facts: Mapping[str, tuple[float | int | str, str]] = field(default_factory=dict)
    roles: Mapping[Path, str] = field(default_factory=dict)
    read: Mapping[Path, fits.Header] = field(default_factory=dict)
    warnings: Sequence[str] = ()
    completed_later: bool = False
    tells_facts_alone: bool = False

    def stamp(self, header: fits.Header) -> None:
        """Add the provenance to `header`, below that of the steps that made it and the other inputs."""
        header["SKVERS"] = (__version__, "version of skerry")
        header["SKCMD"] = (self.command, "last skerry step")
        if self.options.get("preset") is not None:
            header["SKPRESET"] = (as_ascii(str(self.options["preset"])), "preset of masking options")
        for keyword, (value, comment) in self.facts.items():
            header[keyword] = (value, comment)
        cards = merged_cards(header, self.read.values())
        warnings = () if self.completed_later else self.warnings
        own = step_cards(self.command, __version__, self.options, self._records(), warnings)
        _replace_history(header, [*cards, *own])

    def _records(self) -> list[InputRecord]:
        records = []
        names = recorded_names(self.inputs)
        for path in self.inputs:
            made_by = last_step(self.read[path]) if path in self.read else None
            sha256 = (promised_sha256 if self.completed_later else sha256_of)(path)
            records.append(InputRecord(names[path], sha256, self.roles.get(path), made_by))
        return records


def mask_header(
    template: fits.Header,
    provenance: Provenance,
    made_from: fits.Header | None = None,
    beside: Sequence[fits.Header] = (),
) -> fits.Header:
    """Header of a mask: the grid and the beam of `template`, without the unit of its pixels.

    Parameters
    ----------
    template : Header
        Of the image that the mask is for.
    provenance : Provenance
        Of the mask.
    made_from : Header, optional
        Of the mask that this one was made from, if that is not `template`: its provenance is taken over.
    beside : sequence of Header
        Of masks that it was made from besides, whose steps are taken over too.

    Returns
    -------
    Header
        A new one. Of what an imager would stop at, and `skerry.io.mask_cards` leaves out, a `SkerryNote` tells.
    """
    if provenance.tells_facts_alone:
        return _facts_alone(template, provenance)
    header = _bare_header(template, drop=_VALUE_KEYWORDS)
    if left_out := leave_out_unreadable(header):
        path = next((path for path, read in provenance.read.items() if read is template), "the image")
        told = f"{path}: left out of the mask, for WSClean would stop at it: {'; '.join(left_out)}"
        warnings.warn(told, SkerryNote, stacklevel=2)
    source = template if made_from is None else made_from
    for keyword in _TAKEN_OVER:
        if keyword in source:
            header[keyword] = (source[keyword], source.comments[keyword])
    if made_from is not None:
        _replace_history(header, merged_cards(header, [made_from, *beside]))
    provenance.stamp(header)
    header["SKWARN"] = (warnings_in(header), "warnings of its making, in HISTORY")
    return header


def completed(header: fits.Header, warnings: Sequence[str], inputs: Iterable[Path]) -> fits.Header:
    """Header of a product whose `Provenance` was to be completed later; a new one.

    Parameters
    ----------
    header : Header
        Of the product.
    warnings : sequence of str
        What the user of its last step was warned of.
    inputs : iterable of Path
        The files that this step read.

    Returns
    -------
    Header
        With their checksums.
    """
    told = header.copy()
    cards = "\n".join(map(str, told.get("HISTORY", [])))
    for path in inputs:
        cards = cards.replace(promised_sha256(path), sha256_of(path))
    _replace_history(told, [*cards.split("\n"), *warning_cards(warnings)])
    if "SKWARN" in told:
        told["SKWARN"] = warnings_in(told)
    return told


def value_header(template: fits.Header, provenance: Provenance, unit: str | None = None) -> fits.Header:
    """Header of an image on the grid of `template` whose pixels are values, not flags.

    Parameters
    ----------
    template : Header
        Of an image with the same grid.
    provenance : Provenance
        Of the new image.
    unit : str, optional
        BUNIT; an empty string for none, None to keep that of `template`.

    Returns
    -------
    Header
        A new one.
    """
    if provenance.tells_facts_alone:
        return _facts_alone(template, provenance)
    header = _bare_header(template, drop=() if unit is None else _VALUE_KEYWORDS)
    if unit:
        header["BUNIT"] = unit
    provenance.stamp(header)
    return header


def is_mask_header(header: fits.Header) -> bool:
    """Whether a header is that of a mask that skerry made; of one in floats, which may be made of it, none is."""
    return header.get("SKCMD") in _MASK_STEPS and int(header.get("BITPIX", 8)) > 0


def is_signal_header(header: fits.Header) -> bool:
    """Whether a header is that of a signal image that skerry made."""
    return bool(header.get("SKCMD") == "signal")


def mask_scales(header: fits.Header, name: str = "header") -> tuple[int, ...] | None:
    """Scales of a scale mask, by bit.

    Parameters
    ----------
    header : Header
        Of a mask.
    name : str
        What to call the header in messages, for instance its file.

    Returns
    -------
    tuple of int, or None
        Pixels; None if the header is not that of a scale mask.

    Raises
    ------
    SkerryError
        If it is, but does not say which bit is which scale.
    """
    count = header.get("SKNSCALE")
    if count is None:
        return None
    try:
        return tuple(int(header[f"SKBIT{n}"]) for n in range(int(count)))
    except (KeyError, ValueError) as error:
        raise SkerryError(
            f"{name}: has SKNSCALE, as a scale mask, but not an SKBIT for each scale; make the scale mask again"
        ) from error


def without_scales(header: fits.Header) -> fits.Header:
    """Header of a scale mask as that of a plain mask."""
    plain = header.copy()
    for keyword in [keyword for keyword in plain if re.match(_SCALE_KEYWORD, keyword)]:
        del plain[keyword]
    return plain


def scale_facts(scales: Sequence[int]) -> dict[str, tuple[int, str]]:
    """Facts for a `Provenance` that say which bit of a scale mask stands for which scale."""
    facts = {"SKNSCALE": (len(scales), "scales in this scale mask")}
    for n, scale in enumerate(scales):
        facts[f"SKBIT{n}"] = (scale, f"[pix] scale of bit {n}, value {2**n}")
    return facts


def _bare_header(template: fits.Header, drop: Iterable[str]) -> fits.Header:
    """Copy a header without what describes how its pixels were stored, and what the last step said of them."""
    header = template.copy()
    # astropy's way to strip a header takes away one card of each length, and counts fields, of which an image has none.
    lengths_and_step = {keyword for keyword in header if re.match(rf"{_LENGTH_KEYWORD}|{_STEP_KEYWORD}", keyword)}
    for keyword in (*_STORAGE_KEYWORDS, *lengths_and_step, *drop):
        header.remove(keyword, ignore_missing=True, remove_all=True)
    return header


def _facts_alone(template: fits.Header, provenance: Provenance) -> fits.Header:
    """Beam of a plane and facts of its making: what may differ between the planes of a cube."""
    header = fits.Header()
    for keyword in ("BMAJ", "BMIN", "BPA", *_TAKEN_OVER):
        if keyword in template:
            header[keyword] = (template[keyword], template.comments[keyword])
    for keyword, (value, comment) in provenance.facts.items():
        header[keyword] = (value, comment)
    return header


def recorded_names(paths: Iterable[Path]) -> dict[Path, str]:
    """Names of files in HISTORY: without their directories, but where several have the same.

    Parameters
    ----------
    paths : iterable of Path
        Inputs of a step, in their order.

    Returns
    -------
    dict of Path to str
        The name of each.
    """
    first: dict[str, Path] = {}
    return {path: _name_beside(path, first.setdefault(path.name, path)) for path in paths}


def _name_beside(path: Path, other: Path) -> str:
    """Name of a file; where another one has the same, with as many directories as tell the two apart."""
    if path == other:
        return path.name
    parts, others = path.absolute().parts, other.absolute().parts
    number = next((n for n in range(1, len(parts)) if parts[-n:] != others[-n:]), 1)
    return "/".join(parts[-number:])


def _replace_history(header: fits.Header, cards: Iterable[str]) -> None:
    header.remove("HISTORY", ignore_missing=True, remove_all=True)
    for card in cards:
        header.add_history(card)
