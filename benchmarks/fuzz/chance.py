"""Chance that is made of bytes, so that a fuzzer that mutates bytes mutates decisions."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import TypeVar

__all__ = ["ByteRandom", "some_of"]

T = TypeVar("T")


class ByteRandom(random.Random):
    """Random numbers read off bytes, zeros when these have come to their end.

    Parameters
    ----------
    content : bytes
        What to read: a byte for a choice of up to 256.
    """

    def __init__(self, content: bytes) -> None:
        super().__init__(0)
        self._content, self._at = content, 0

    def getrandbits(self, k: int) -> int:
        """An integer of `k` bits."""
        size = -(-k // 8)
        taken = self._content[self._at : self._at + size]
        self._at += size
        return int.from_bytes(taken, "little") & ((1 << k) - 1)

    def _randbelow(self, n: int) -> int:
        """An integer below `n`: no byte is drawn twice because a number was too large."""
        return self.getrandbits(max(1, (n - 1).bit_length() + 3)) % n

    def random(self) -> float:
        """A number from 0 to 1, in steps of 1/256."""
        return self.getrandbits(8) / 256


def some_of(rng: random.Random, makers: Sequence[Callable[[random.Random], T]], most: int) -> list[T]:
    """What up to `most` makers make, each drawn anew."""
    return [rng.choice(makers)(rng) for _ in range(rng.randint(0, most))]
