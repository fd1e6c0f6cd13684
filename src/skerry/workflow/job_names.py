"""What a user calls a job: the round and beam that it is for, and what it makes.

Rules and their numbers are Snakemake's; whoever waits for masks thinks of beams.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from skerry.field.plan import OWN, UNEDITED

if TYPE_CHECKING:
    from skerry.field.keys import FieldConfig

__all__ = ["field_names", "job_name", "made_masks"]

_MASK = re.compile(r"(?:mosaic|beam[^.]+(?:\.own)?)\.(?:scale\d+\.)?mask\.fits")


def field_names(fields: Sequence[FieldConfig]) -> list[str]:
    """Names of the fields of a run; for those of the same name, as two demo fields, where their results are."""
    names = [field.field for field in fields]
    return [field.files.directory if names.count(field.field) > 1 else field.field for field in fields]


def job_name(rule: str, wildcards: Mapping[str, str], outputs: Sequence[str], fields: Sequence[FieldConfig]) -> str:
    """Name of a job.

    Parameters
    ----------
    rule : str
        Its rule, which is its name if nothing else is known.
    wildcards : mapping of str to str
        Of the rule: `round`, and `beam` or `target`.
    outputs : sequence of str
        Files that it makes.
    fields : sequence of FieldConfig
        All fields of the run; where they are several, the name begins with that of the job's field.

    Returns
    -------
    str
        For instance "round 1 beam 03 mask".
    """
    k, beam = wildcards.get("round"), wildcards.get("beam")
    target = wildcards.get("target", "mosaic" if beam is None else f"beam{beam}")
    if not outputs:
        return rule
    named = zip(fields, field_names(fields), strict=True) if len(fields) > 1 else ()
    name = next((name for field, name in named if outputs[0].startswith(f"{field.files.directory}/")), "")
    if k is None:
        # Rules of several fields are called after them, in letters that Snakemake takes.
        return f"{name} {rule.rpartition('_')[2]}" if name else rule
    products = ", ".join(dict.fromkeys(_product(Path(output), target) for output in outputs))
    shown = re.sub(r"^beam", "beam ", target).replace(OWN, " own").replace(UNEDITED, "")
    words = [name, f"round {k}", shown, products]
    return " ".join(filter(None, words))


def _product(output: Path, target: str) -> str:
    """What a file is to a target, by the names of `FieldFiles`."""
    if output.parent.name == "images":
        return "image"
    if output.parent.name == "ms":
        return "calibration"
    product = output.name.removeprefix(f"{target}.")
    if product.endswith(".check"):
        return f"check of the {product.removesuffix('.check').removesuffix('.fits')}"
    product = product.removesuffix(".fits")
    before = product.removeprefix(f"{UNEDITED[1:]}.")
    return product if before == product else f"{before} before it is edited"


def made_masks(outputs: Sequence[str]) -> list[str]:
    """Those of a job's files that are masks of zeros and ones, of which it can be said what is in them."""
    return [output for output in outputs if _MASK.fullmatch(Path(output).name)]
