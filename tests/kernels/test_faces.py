"""No face of a loop lets an argument through that it is not made for; right ones give what a plain statement does."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import numpy as np
import pytest
from faces import REFUSALS, Arguments, hold_against_plain, wrong_arguments
from faces_of_images import IMAGES
from faces_of_masks import MASKS
from hypothesis import given, settings
from hypothesis import strategies as st

import _skerry_kernels as compiled

FACES = IMAGES | MASKS
SEEDS, ROWS, COLUMNS = st.integers(0, 2**32 - 1), st.integers(0, 9), st.sampled_from([0, 1, 2, 7, 8, 13, 64, 70])
each_face = pytest.mark.parametrize("name", sorted(FACES))


def right_arguments(name: str, seed: int, ny: int, nx: int) -> Arguments:
    return FACES[name].make(np.random.default_rng(seed), ny, nx)


def call(name: str, arguments: Arguments) -> Any:
    return getattr(compiled, name)(*arguments.values())


def test_every_compiled_function_is_here():
    public = {name for name in vars(compiled) if not name.startswith("_")}
    assert public == FACES.keys()


@each_face
@settings(max_examples=60)
@given(seed=SEEDS, ny=ROWS, nx=COLUMNS)
def test_right_arguments_give_what_a_plain_statement_does(name, seed, ny, nx):
    hold_against_plain(FACES[name], right_arguments(name, seed, ny, nx), getattr(compiled, name))


@each_face
@settings(max_examples=15)
@given(seed=SEEDS, ny=ROWS, nx=COLUMNS)
def test_wrong_arguments_are_refused(name, seed, ny, nx):
    for what, arguments in wrong_arguments(FACES[name], lambda: right_arguments(name, seed, ny, nx)):
        try:
            call(name, arguments)
        except REFUSALS:
            continue
        pytest.fail(f"{name}: {what} was taken")


@each_face
@settings(max_examples=40)
@given(data=st.data())
def test_arguments_at_random_are_refused_or_survived(name, data):
    """Of other faces, of other images, numbers of any size: at worst an exception."""
    rng = np.random.default_rng(data.draw(SEEDS))
    pool = [
        value
        for other in (name, name, *rng.choice(sorted(FACES), 3))
        for value in right_arguments(str(other), int(rng.integers(2**32)), *rng.integers(0, 9, 2).tolist()).values()
    ]
    arrays = [value for value in pool if isinstance(value, np.ndarray)]
    numbers = [*(value for value in pool if isinstance(value, int | float)), -1, 0, 1, -(2**31), 2**31, 2**62, -(2**62)]
    arguments = right_arguments(name, int(rng.integers(2**32)), *rng.integers(0, 9, 2).tolist())
    for key in rng.choice(list(arguments), rng.integers(1, 4)):
        value = arguments[str(key)]
        if isinstance(value, np.ndarray):
            fitting = [array for array in arrays if array.dtype == value.dtype and array.ndim == value.ndim]
            arguments[str(key)] = (fitting or arrays)[rng.integers(len(fitting or arrays))]
        else:
            arguments[str(key)] = numbers[rng.integers(len(numbers))]
    with suppress(*REFUSALS):
        call(name, arguments)
