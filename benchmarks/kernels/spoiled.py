"""Calls of the faces of the loops, made from bytes: right arguments, and what becomes of them step by step.

A string of bytes is a program. Its first four say which right arguments it begins with, out of the tables of the tests;
then each step spoils one of them, or calls the face with what they have become. So whoever changes bytes at random, or
by what they reach, changes one thing at a time.
"""

from __future__ import annotations

import struct
from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np
from faces import REFUSALS, Face, hold_against_plain
from numpy.typing import NDArray

__all__ = ["Target"]

ROWS = (0, 1, 2, 5, 9)
COLUMNS = (0, 1, 2, 7, 8, 13, 64, 70)
LENGTHS = (0, 1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 32, 33, 63, 64, 65, 70, 127, 128, 129, 257, 300)
SEEDS = 8
MOST_ITEMS = 1 << 14
NUMBERS = (0, 1, 2, 3, 4, 7, 8, 9, 63, 64, 65, 255, 256, 1 << 15, 1 << 16, (1 << 30) - 1, 1 << 30)
NUMBERS += ((1 << 31) - 1, 1 << 31, (1 << 32) - 1, 1 << 32, 1 << 53, 1 << 62, (1 << 63) - 1)
LARGEST = float(np.finfo(np.float32).max)
FLOATS = (0.0, -0.0, 1.0, 0.5, 1e-10, 5e-324, 1e-45, 16777216.0, 1e39, -1e39, 1.7e308, np.nan, np.inf, -np.inf)
FLOATS += (LARGEST, -LARGEST, 2.0**31, -(2.0**31), 2.0**60, 2.0**63, -(2.0**63))
DTYPES = ("?", "u1", "i2", "u2", "i4", "u4", "i8", "u8", "f4", "f8", ">f4", "O")


class Target:
    """A face, and what its calls came to.

    Parameters
    ----------
    name : str
        Of the compiled function.
    face : Face
        Its entry in the tables of the tests.
    function : callable
        The compiled function.

    Attributes
    ----------
    counts : Counter
        Of the calls: how many `returned`, were `refused`, had `no memory`; `compared` are those of right arguments that
        were held against the plain statement, and among the returned ones.
    """

    def __init__(self, name: str, face: Face, function: Callable[..., Any]) -> None:
        self.name, self.face, self.function = name, face, function
        self.counts: Counter[str] = Counter()
        self._known: dict[tuple[int, int, int], list[Any]] = {}
        self._names = list(face.make(np.random.default_rng(0), 2, 8))
        self._written = {k for k, argument in enumerate(self._names) if argument in face.outputs}

    @property
    def calls(self) -> int:
        """How many there were."""
        return self.counts["returned"] + self.counts["refused"] + self.counts["no memory"]

    def run(self, program: bytes) -> None:
        """Make the calls of a program; at its end there is one."""
        program = program.ljust(4, b"\0")
        arguments, at = list(self._right(*program[:3])), 4
        while at < len(program):
            kind, which = program[at] % 8, program[at] // 8 % len(arguments)
            payload = program[at + 1 : at + 10].ljust(9, b"\0")
            if kind == 0:
                self._call(arguments)
                at += 1
                continue
            value = arguments[which]
            if isinstance(value, np.ndarray) and value.dtype != object:
                arguments[which], used = _spoiled_array(value, kind, payload, self._others(arguments, payload))
            else:
                arguments[which], used = _spoiled_number(value, kind, payload)
            at += 1 + used
        self._call(arguments)

    def _right(self, seed: int, rows: int, columns: int) -> list[Any]:
        """Right arguments; the first time they are held against the plain statement."""
        key = seed % SEEDS, rows % len(ROWS), columns % len(COLUMNS)
        if key not in self._known:
            ny, nx = ROWS[key[1]], COLUMNS[key[2]]
            hold_against_plain(self.face, self.face.make(np.random.default_rng(key[0]), ny, nx), self.function)
            self.counts["compared"] += 1
            self.counts["returned"] += 1
            self._known[key] = list(self.face.make(np.random.default_rng(key[0]), ny, nx).values())
        return self._known[key]

    def _others(self, arguments: list[Any], payload: bytes) -> list[Any]:
        """Arguments of which one may stand in the place of another."""
        return arguments if payload[8] < 128 else self._right(*payload[5:8])

    def _call(self, arguments: list[Any]) -> None:
        # What is written to is copied, but where it is the memory of another argument.
        shared = {id(value) for k, value in enumerate(arguments) if k not in self._written}
        given = [
            value.copy() if k in self._written and _is_whole(value) and id(value) not in shared else value
            for k, value in enumerate(arguments)
        ]
        try:
            self.function(*given)
        except REFUSALS:
            self.counts["refused"] += 1
        except MemoryError:
            self.counts["no memory"] += 1
        else:
            self.counts["returned"] += 1


def _is_whole(value: Any) -> bool:
    return isinstance(value, np.ndarray) and value.flags.c_contiguous and value.flags.writeable and value.flags.aligned


def _spoiled_number(value: Any, kind: int, payload: bytes) -> tuple[Any, int]:
    """Another number in place of one, or of what is not there; and how much of the payload that took."""
    if isinstance(value, bool):
        return not value, 0
    if kind == 1 and isinstance(value, int | float):
        return value + struct.unpack_from("b", payload)[0], 1
    if isinstance(value, float):
        return (struct.unpack_from("d", payload)[0], 8) if kind == 2 else (FLOATS[payload[0] % len(FLOATS)], 1)
    if kind == 2:
        return struct.unpack_from("q", payload)[0], 8
    if kind == 3:
        return struct.unpack_from("h", payload)[0], 2
    number = NUMBERS[payload[0] % len(NUMBERS)]
    return (number, -number, number - 1, None)[payload[1] % 4 if kind != 4 else 0], 2


def _spoiled_array(array: NDArray[Any], kind: int, payload: bytes, others: list[Any]) -> tuple[NDArray[Any] | Any, int]:
    """Another array in place of one, and how much of the payload that took."""
    first, second, third = payload[:3]
    if kind == 1 and array.size:  # one item, of these bytes
        spoiled = array.copy()
        item = np.frombuffer(payload, array.dtype, 1, 2) if array.dtype.itemsize < 8 else _eight(array.dtype, payload)
        spoiled.flat[(first | second << 8) % array.size] = item[0]
        return spoiled, 2 + min(array.dtype.itemsize, 7)
    if kind == 2 and array.size:  # one item, or all, that limits lie at
        spoiled = array.copy()
        spoiled.flat[slice(None) if third == 255 else second % array.size] = _limit(array.dtype, first)
        return spoiled, 3
    if kind == 3 and array.ndim:  # another length
        shape = list(array.shape)
        shape[first % array.ndim] = LENGTHS[second % len(LENGTHS)] if third < 128 else shape[0] + third - 191
        fits = min(shape) >= 0 and np.prod(shape) <= MOST_ITEMS
        return (np.resize(array, shape) if fits and array.size else np.zeros(shape if fits else 0, array.dtype)), 3
    if kind == 4:  # another argument, or that of another image
        return others[first % len(others)], 9
    if kind == 5 and array.size and array.dtype.kind in "iuf":  # all of them more, or less
        with np.errstate(all="ignore"):
            return array + np.array(first - 128).astype(array.dtype), 1
    if kind == 6 and array.size:  # all of them these bytes, again and again
        return np.resize(np.frombuffer(payload[:8], array.dtype), array.shape), 8
    return _other_layout(array, first, second), 2


def _eight(dtype: np.dtype[Any], payload: bytes) -> NDArray[Any]:
    """An item of eight bytes: a small number, one of a float's upper bytes, or far away."""
    if dtype.kind == "f":
        return np.array([struct.unpack_from("<d", b"\0" + payload[2:9])[0]])
    return np.frombuffer(payload[2:9] + payload[8:9], dtype)


def _limit(dtype: np.dtype[Any], which: int) -> Any:
    if dtype.kind == "f":
        with np.errstate(all="ignore"):
            return np.array(FLOATS[which % len(FLOATS)]).astype(dtype)
    if dtype.kind not in "iu":
        return which & 1
    info = np.iinfo(dtype)
    number = NUMBERS[which % len(NUMBERS)] * (-1 if which & 128 else 1)
    return min(max(number, info.min), info.max)


def _other_layout(array: NDArray[Any], which: int, more: int) -> Any:
    """The same items otherwise, or nothing."""
    which %= 9
    if which == 0:
        return None
    if which == 1:
        return array[..., ::-1] if array.ndim else array
    if which == 2:
        return np.asfortranarray(array)
    if which == 3:
        return array[np.newaxis] if array.ndim < 4 else array
    if which == 4:
        return array.reshape(-1)
    if which == 5:
        fixed = array.copy()
        fixed.flags.writeable = False
        return fixed
    if which == 6:
        with np.errstate(all="ignore"):
            return array.astype(DTYPES[more % len(DTYPES)])
    if which == 7:
        moved = np.frombuffer(bytearray(array.nbytes + 8), array.dtype, array.size, 1 + more % 8).reshape(array.shape)
        moved[...] = array
        return moved
    return np.repeat(array, 2, axis=-1)[..., ::2] if array.ndim else array
