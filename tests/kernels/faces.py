"""What a compiled function takes, what it gives by a plain statement in NumPy, and how its arguments may be wrong."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.random import Generator
from numpy.testing import assert_allclose, assert_array_equal
from numpy.typing import NDArray

Arguments = dict[str, Any]
Spoiler = Callable[[Arguments], Any]

REFUSALS = (TypeError, ValueError, IndexError, OverflowError)
WHOLE = frozenset({np.dtype(np.uint8), np.dtype(np.int16), np.dtype(np.int32)})
BYTES = frozenset({np.dtype(np.uint8), np.dtype(np.bool_)})
_DTYPES = [np.dtype(code) for code in ("?", "i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8", "f4", "f8", "c8", "O")]
_FAR = (-(2**62), -(2**31), -1, 2**31, 2**62)


@dataclass
class Face:
    """A compiled function.

    Parameters
    ----------
    make : function
        Right arguments by name, in their order, of a generator and of the rows and columns of an image.
    plain : function
        What the function gives for them, or None, and what is in the arrays that it writes to, by name.
    outputs : sequence of str
        The arrays that it writes to; those that it reads too are made with their contents.
    free : mapping
        Axes of arrays whose lengths may change alone, by name; all other lengths are tied.
    dtypes : mapping
        The types that an array may have, by name, if there are several.
    none : sequence of str
        What may be None.
    wrong : sequence of tuple
        Name of an argument, and a function of the right arguments that gives a wrong one, or None if there is none.
    far : sequence of str
        Numbers that are out of range if they are negative or beyond 2**31.
    close : float
        How much floats may differ, as a fraction and absolutely; 0 for the same bits.
    roots : sequence of str
        Those of the outputs that are parents of labels, of which the roots are compared: those between are a matter of
        the loop.
    """

    make: Callable[[Generator, int, int], Arguments]
    plain: Callable[..., tuple[Any, Mapping[str, NDArray[Any]]]]
    outputs: Sequence[str] = ()
    free: Mapping[str, Sequence[int]] = field(default_factory=dict)
    dtypes: Mapping[str, frozenset[np.dtype[Any]]] = field(default_factory=dict)
    none: Sequence[str] = ()
    wrong: Sequence[tuple[str, Spoiler]] = ()
    far: Sequence[str] = ()
    close: float = 0.0
    roots: Sequence[str] = ()


def root_of(parent: Any, label: int) -> int:
    """The label that is its own parent."""
    while parent[label] != label:
        label = parent[label]
    return int(label)


def hold_against_plain(face: Face, arguments: Arguments, function: Callable[..., Any]) -> None:
    """Assert that a function gives of right arguments what the plain statement does, and changes no others."""
    wanted, written = face.plain(**copy.deepcopy(arguments))
    read = {key: value.copy() for key, value in arguments.items() if isinstance(value, np.ndarray)}
    assert function(*arguments.values()) == wanted
    for key, array in read.items():
        if key not in written:
            assert arguments[key] is arguments.get("target") or array.tobytes() == arguments[key].tobytes(), key
        elif key in face.roots:
            got, right = ([root_of(parent, n) for n in range(wanted)] for parent in (arguments[key], written[key]))
            assert got == right, key
        elif face.close:
            assert_allclose(arguments[key], written[key], face.close, face.close, err_msg=key)
        else:
            assert_array_equal(arguments[key], written[key], err_msg=key)


def wrong_arguments(face: Face, make: Callable[[], Arguments]) -> Iterator[tuple[str, Arguments]]:
    """Arguments of which one is wrong, and what is wrong with it; `make` gives the same right ones each time."""
    for name, value in make().items():
        if name not in face.none and not isinstance(value, bool):
            yield f"{name} None", make() | {name: None}
        if isinstance(value, np.ndarray):
            for what, array in _wrong_arrays(face, name, value):
                yield f"{name} {what}", make() | {name: array}
        elif value is not None and not isinstance(value, bool):
            for number in _wrong_numbers(value, name in face.far):
                yield f"{name} = {number!r}", make() | {name: number}
    for name, spoil in face.wrong:
        right = make()
        spoiled = spoil(right)
        if spoiled is not None:
            yield f"{name} = {spoiled!r}", right | {name: spoiled}
    yield from _shared_memory(face, make())


def _wrong_arrays(face: Face, name: str, array: NDArray[Any]) -> Iterator[tuple[str, Any]]:
    allowed = face.dtypes.get(name, frozenset()) | {array.dtype}
    for dtype in _DTYPES:
        if dtype not in allowed:
            yield f"of {dtype}", np.zeros(array.shape, dtype)
    if array.dtype.itemsize > 1:
        yield "in the other byte order", array.astype(array.dtype.newbyteorder())
        moved = np.frombuffer(bytearray(array.nbytes + 1), array.dtype, array.size, 1).reshape(array.shape)
        if array.size:
            yield "not aligned", moved
    yield "with an axis more", array[np.newaxis]
    yield "with an axis less", array.reshape(-1) if array.ndim > 1 else np.zeros((), array.dtype)
    yield "a list", array.tolist()
    if array.shape[-1] > 1 and array.size:
        yield "not contiguous", np.repeat(array, 2, axis=-1)[..., ::2]
        yield "backwards", array[..., ::-1]
    if min(array.shape) > 1 and array.ndim > 1:
        yield "by columns", np.asfortranarray(array)
    if name in face.outputs:
        fixed = array.copy()
        fixed.flags.writeable = False
        yield "read-only", fixed
    for axis in set(range(array.ndim)) - set(face.free.get(name, ())):
        length = array.shape[axis]
        if length:
            yield f"shorter along axis {axis}", np.ascontiguousarray(array.take(range(length - 1), axis))
        longer = np.zeros([n + (k == axis) for k, n in enumerate(array.shape)], array.dtype)
        longer[tuple(slice(n) for n in array.shape)] = array
        yield f"longer along axis {axis}", longer


def _wrong_numbers(value: float, is_bounded: bool) -> Iterator[Any]:
    yield "1"
    yield [1]
    if isinstance(value, int):
        yield 1.5
        yield 2**70
        if is_bounded:
            yield from _FAR


def _shared_memory(face: Face, right: Arguments) -> Iterator[tuple[str, Arguments]]:
    """An array that is written to, in the memory of another."""
    for name in face.outputs:
        for other, value in right.items():
            if other == name or not isinstance(value, np.ndarray) or min(value.nbytes, right[name].nbytes) <= 8:
                continue
            memory = bytearray(max(value.nbytes, right[name].nbytes) + 8)
            one, two = (_within(memory, array, start) for array, start in ((right[name], 8), (value, 0)))
            two[...] = value
            yield f"{name} in the memory of {other}", right | {name: one, other: two}


def _within(memory: bytearray, like: NDArray[Any], start: int) -> NDArray[Any]:
    return np.frombuffer(memory, like.dtype, like.size, start).reshape(like.shape)
