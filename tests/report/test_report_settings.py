"""Options and versions of the rounds of a field, by what the HISTORY of the masks has."""

from __future__ import annotations

from report_facts import absent, field_of, made

from skerry.io.history import StepRecord
from skerry.report.settings import Setting, settings_of
from skerry.report.target_facts import TargetFacts


def by(k: int, target: str, clip: str, version: str = "0.1.0", preset: str = "late-round") -> TargetFacts:
    steps = (
        StepRecord("mask", version, {"clip": clip, "erode": "True", "preset": preset}),
        StepRecord("extract-beam", version, {"border": "0"}),
    )
    return made(k, target, steps=steps, preset=preset)


def test_options_are_by_steps_and_rounds_and_those_that_change_are_known():
    settings = settings_of(field_of([by(1, "00", "5", preset="early-round")], [by(2, "00", "4")]))
    assert settings.rounds == (1, 2)
    assert settings.presets == ("early-round", "late-round")
    assert settings.options == (
        Setting("mask", "clip", ("5", "4")),
        Setting("mask", "erode", ("True", "True")),
        Setting("extract-beam", "border", ("0", "0")),
    )
    assert [option.changes for option in settings.options] == [True, False, False]


def test_beams_that_were_made_otherwise_than_most_are_named_with_all_versions():
    settings = settings_of(field_of([by(1, "00", "5"), by(1, "01", "4", "0.0.9"), by(1, "02", "5"), absent(1, "03")]))
    assert settings.options[0].values == ("5",)
    assert settings.others == {1: ("01",)}
    assert settings.versions == (("0.0.9", "0.1.0"),)


def test_a_round_of_which_nothing_is_made_has_no_options():
    settings = settings_of(field_of([by(1, "00", "5")], [absent(2, "00")]))
    assert settings.options[0].values == ("5", None)
    assert (settings.presets[1], settings.versions[1]) == (None, ())


def test_of_a_round_with_a_mosaic_alone_its_mask_counts():
    settings = settings_of(field_of([by(1, "mosaic", "6"), absent(1, "00")]))
    assert settings.options[0].values == ("6",)
