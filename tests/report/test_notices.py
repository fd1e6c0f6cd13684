"""What a report says first: problems, then warnings, alike ones of many masks once."""

from __future__ import annotations

from typing import Any

from report_facts import absent, field_of, made

from skerry.io.history import StepRecord
from skerry.report.notices import notices_of
from skerry.report.target_facts import TargetFacts


def warned(k: int, target: str, *texts: str, command: str = "mask", **changes: Any) -> TargetFacts:
    return made(k, target, steps=(StepRecord(command, "0.1.0", warnings=texts),), **changes)


def told(*rounds: list[TargetFacts]) -> list[tuple[str, str, list[str]]]:
    notices = notices_of(field_of(*rounds))
    return [(one.kind, one.text, [f"{target.round}/{target.target}" for target in one.targets]) for one in notices]


def test_a_field_without_anything_amiss_has_no_notice():
    assert told([made(1, "mosaic"), made(1, "00")]) == []


def test_problems_come_before_warnings():
    first = [warned(1, "00", "dark"), made(1, "01", islands=0)]
    second = [absent(2, "00"), made(2, "01", clean={"diverged": "x.fits: ran away"})]
    assert told(first, second) == [
        ("problem", "the mask is not made yet", ["2/00"]),
        ("problem", "clean: diverged: x.fits: ran away", ["2/01"]),
        ("warning", "dark", ["1/00"]),
        ("warning", "the mask is empty: nothing would be cleaned there", ["1/01"]),
    ]


def test_what_differs_in_names_and_numbers_alone_is_one_notice_that_keeps_each():
    one, other = "b00.fits: the peak of 1.5e-3 is not in it", "b01.fits: the peak of 12 is not in it"
    (notice,) = notices_of(field_of([warned(1, "00", one), warned(1, "01", other)]))
    assert (notice.text, notice.texts) == (one, (one, other))
    assert len(told([warned(1, "00", "b.fits: is dark"), warned(1, "01", "b.fits: is bright")])) == 2


def test_a_beam_does_not_repeat_what_the_mosaic_was_warned_of():
    beam = made(1, "00", steps=(StepRecord("mask", "1", warnings=("dark",)), StepRecord("x", "1", warnings=("own",))))
    assert told([warned(1, "mosaic", "dark"), beam]) == [
        ("warning", "dark", ["1/mosaic"]),
        ("warning", "own", ["1/00"]),
    ]


def test_that_a_mask_is_empty_is_told_once():
    assert len(told([warned(1, "00", "b.fits: the mask is empty", islands=0)])) == 1
