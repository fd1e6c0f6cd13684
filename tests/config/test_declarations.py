"""What an option declares, and that all else follows from it."""

from __future__ import annotations

import inspect
from typing import Annotated

import pytest
from conftest import REPOSITORY
from hypothesis import given
from hypothesis import strategies as st
from option_sets import masking_options, values_of
from pydantic import Field, ValidationError

from skerry.config import conditions, declared_options
from skerry.config.chain import makes_seeds
from skerry.config.conditions import Case
from skerry.config.declaration import (
    STEPS_WITH_OPTIONS,
    UsedBy,
    declarations,
    older_flags,
    options_by_step,
    short_flag,
)
from skerry.config.flags import STEP_OPTIONS
from skerry.config.options import MaskingOptions
from skerry.config.yaml_text import option_table
from skerry.workflow.arguments import step_arguments

FIELDS = MaskingOptions.model_fields
EVERY_STEP = pytest.mark.parametrize("step", STEPS_WITH_OPTIONS)


def test_every_option_declares_its_steps():
    assert set(declarations(MaskingOptions)) == set(FIELDS)
    assert all(declared.steps for declared in declarations(MaskingOptions).values())


def test_an_option_that_declares_nothing_is_an_error():
    class Forgotten(MaskingOptions):
        flood_fill_new: float = 1

    with pytest.raises(TypeError, match=r"Forgotten\.flood_fill_new does not declare which steps use it"):
        options_by_step(Forgotten)


def test_a_step_that_does_not_exist_is_an_error():
    with pytest.raises(ValueError, match="sharpen: takes no options"):
        UsedBy(("flood", "sharpen"))


def test_every_condition_is_declared_by_an_option():
    written = inspect.getsource(declared_options)
    named = set(conditions.__all__) - {"Case", "Condition", "always"}
    assert {name for name in named if f"cond.{name}" not in written} == set()


@given(masking_options(), st.booleans())
def test_a_step_takes_every_option_that_it_uses_with_its_value(options: MaskingOptions, seeded: bool):
    for step, taken in STEP_OPTIONS.items():
        used = options.used_by(step, seeded=seeded)
        assert list(used) == [name for name in taken if name in used]
        assert all(getattr(options, name) == value for name, value in used.items())


@given(masking_options(), st.booleans())
def test_what_is_set_in_vain_is_set_and_not_used(options: MaskingOptions, seeded: bool):
    for step, taken in STEP_OPTIONS.items():
        vain = set(options.set_in_vain(step, seeded=seeded))
        assert vain <= options.model_fields_set & set(taken)
        assert not vain & set(options.used_by(step, seeded=seeded))


@EVERY_STEP
@given(st.data())
def test_an_option_that_a_step_does_not_use_changes_no_argument_of_it(step: str, data: st.DataObject):
    options = data.draw(masking_options())
    name = data.draw(st.sampled_from(sorted(FIELDS)))
    try:
        changed = MaskingOptions(
            **options.model_dump(exclude_unset=True) | {name: data.draw(values_of(name, FIELDS[name]))}
        )
    except ValidationError:
        return
    # A switch that belongs to another step decides what this one is given, as flood_fill that snr-mask makes seeds.
    another_switch = name not in STEP_OPTIONS[step] and FIELDS[name].annotation is bool
    used = {name for each in (options, changed) for name in each.used_by(step, seeded=makes_seeds(each))}
    if name not in used and not another_switch:
        assert step_arguments(step, changed) == step_arguments(step, options)


def test_without_a_step_a_condition_is_asked_of_the_whole_chain():
    off = MaskingOptions(suppress_artefacts=True)
    assert not conditions.suppresses_artefacts(Case(off))
    assert conditions.suppresses_artefacts(Case(off, "flood"))
    assert conditions.suppresses_artefacts(Case(MaskingOptions(flood_fill=True, suppress_artefacts=True)))


class Longer(MaskingOptions):
    """The options, and one that is new: a single declaration."""

    suppress_artefacts_new_clip: Annotated[
        float, UsedBy(("flood", "mask"), flag="artefact-new-clip", under=conditions.suppresses_artefacts)
    ] = Field(3.0, gt=0, description="Something new, sigma.")


def test_a_new_option_needs_one_declaration_only():
    name = "suppress_artefacts_new_clip"
    steps = {step for step, options in options_by_step(Longer).items() if name in options}
    assert steps == {"flood", "mask"}
    on = Longer(flood_fill=True, suppress_artefacts=True, suppress_artefacts_new_clip=5)
    off = Longer(flood_fill=True, suppress_artefacts_new_clip=5)
    assert on.used_by("flood")[name] == 5
    assert name not in off.used_by("flood")
    assert name not in on.used_by("snr-mask")
    assert (on.set_in_vain("flood"), off.set_in_vain("flood")) == ((), (name,))
    assert (on.without_effect, off.without_effect) == ((), (name,))
    assert short_flag(Longer, name) == "--artefact-new-clip"
    assert older_flags(Longer, "flood")["--suppress-artefacts-new-clip"] == "--artefact-new-clip"
    assert "| `suppress_artefacts_new_clip` | 3.0 | > 0 | Something new, sigma. |" in option_table(Longer)


def test_the_readme_of_the_configuration_lists_every_option():
    assert option_table(MaskingOptions) in (REPOSITORY / "config" / "README.md").read_text()
