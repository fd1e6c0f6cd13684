"""How far a run has come: jobs, the beams of each round whose masks were made, and how long the rest will take."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable

from skerry.planes.progress import in_words

__all__ = ["RunProgress"]

_SECONDS_BETWEEN = 60.0
_PARTS = 20


class RunProgress:
    """How far a run has come, by the jobs that are done.

    Parameters
    ----------
    now : callable
        Gives the time, seconds.
    """

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._began = self._told = now()
        self._total = self._done = self._part = 0
        self._beams: Counter[int] = Counter()

    def begin(self, jobs: int) -> None:
        """Take it that there are so many jobs to do."""
        self._began = self._told = self._now()
        self._total = jobs

    def finish(self, k: int | None = None, beams: int = 0) -> None:
        """Take it that a job is done, which made masks of so many beams of a round."""
        self._done += 1
        if k is not None and beams:
            self._beams[k] += beams

    @property
    def share(self) -> float:
        """Jobs that are done over all, from 0 to 1; 0 before a run begins."""
        return self._done / self._total if self._total else 0.0

    @property
    def done(self) -> str:
        """What is done, in words: jobs, and beams of the rounds that are worked on, the last two of them."""
        if not self._total:
            return "planning"
        rounds = [f"round {k}: {n} beam{'s' * (n != 1)}" for k, n in sorted(self._beams.items())[-2:]]
        return ", ".join([f"{self._done} of {self._total} jobs", *rounds])

    def news(self) -> str | None:
        """What is done and how long the rest will take, if a twentieth and a minute have passed since it was told."""
        now, part = self._now(), int(self.share * _PARTS)
        if part == self._part or self._done == self._total or now - self._told < _SECONDS_BETWEEN:
            return None
        self._part, self._told = part, now
        seconds = now - self._began
        left = in_words(seconds * (1 - self.share) / self.share)
        return f"{self.done} done in {in_words(seconds)}; about {left} left"
