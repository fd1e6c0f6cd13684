"""What a reader of a report has to know first: masks that are missing, cleans that went wrong, and warnings.

What is alike of many beams is one notice, with the beams that it is of.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal, NamedTuple

from skerry.report.field_facts import FieldFacts, RoundFacts
from skerry.report.target_facts import TargetFacts

__all__ = ["Notice", "notices_of", "target_in_words"]

Kind = Literal["problem", "warning"]
_KINDS: tuple[Kind, ...] = ("problem", "warning")
_VARIES = re.compile(r"[^\s:,;()]*\.(?:fits|log|fz|ms)\b\S*|[-+]?\d[\d.]*(?:e[-+]?\d+)?")
"""What differs between beams in a sentence that is the same: names of files, and numbers."""


class Notice(NamedTuple):
    """Something to know of one or several masks."""

    kind: Kind
    text: str
    """Of the first of them."""
    targets: tuple[TargetFacts, ...]
    texts: tuple[str, ...]
    """Of each; all alike but for names and numbers."""


def notices_of(field: FieldFacts) -> list[Notice]:
    """Notices of a field: problems, then warnings, each by what the first mask is that they are of.

    Parameters
    ----------
    field : FieldFacts
        The field.

    Returns
    -------
    list of Notice
        None if all is well.
    """
    found: dict[tuple[Kind, str], list[tuple[TargetFacts, str]]] = {}
    for of_round in field.rounds:
        for kind, target, text in _told(of_round):
            found.setdefault((kind, _VARIES.sub("*", text)), []).append((target, text))
    notices = [
        Notice(kind, told[0][1], tuple(target for target, _ in told), tuple(text for _, text in told))
        for (kind, _), told in found.items()
    ]
    return sorted(notices, key=lambda notice: _KINDS.index(notice.kind))


def target_in_words(target: TargetFacts) -> str:
    """Which mask it is, for instance "round 1 beam 03"."""
    return f"round {target.round} {'' if target.is_mosaic else 'beam '}{target.target}"


def _told(of_round: RoundFacts) -> Iterator[tuple[Kind, TargetFacts, str]]:
    """Kind, mask and text of all there is to tell of a round."""
    inherited = {text for mosaic in of_round.mosaics for text in mosaic.warnings}
    for target in of_round.targets:
        if target.problem is not None:
            yield "problem", target, target.problem
        for word, text in target.clean.items():
            yield "problem", target, f"clean: {word}: {text}"
        if target.islands == 0:
            yield "warning", target, "the mask is empty: nothing would be cleaned there"
        # What the mosaic's mask was warned of, all that are taken out of it repeat.
        own = [text for text in target.warnings if target.is_mosaic or text not in inherited]
        yield from (("warning", target, text) for text in dict.fromkeys(own) if not text.endswith("the mask is empty"))
