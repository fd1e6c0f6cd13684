"""How far a run has come, and how long the rest will take."""

from __future__ import annotations

from skerry.workflow.run_progress import RunProgress


class Clock:
    """A time that a test sets."""

    def __init__(self) -> None:
        self.seconds = 100.0

    def __call__(self) -> float:
        return self.seconds


def test_jobs_and_the_beams_of_the_last_rounds_are_counted() -> None:
    progress = RunProgress(Clock())
    assert (progress.done, progress.share) == ("planning", 0)
    progress.begin(8)
    progress.finish()
    assert (progress.done, progress.share) == ("1 of 8 jobs", 0.125)
    for k, beams in ((0, 1), (0, 1), (1, 1), (2, 3)):
        progress.finish(k, beams)
    assert progress.done == "5 of 8 jobs, round 1: 1 beam, round 2: 3 beams"


def test_news_are_told_each_minute_at_most_and_not_at_the_end() -> None:
    clock = Clock()
    progress = RunProgress(clock)
    progress.begin(40)
    told = []
    for _ in range(40):
        clock.seconds += 20
        progress.finish(0, 1)
        told.append(progress.news())
    news = [text for text in told if text]
    assert news[0] == "3 of 40 jobs, round 0: 3 beams done in 60 s; about 12 min left"
    assert len(news) == 13  # three jobs are a minute, and more than a twentieth
    assert told[-1] is None


def test_a_short_run_has_no_news() -> None:
    clock = Clock()
    progress = RunProgress(clock)
    progress.begin(10)
    for _ in range(10):
        clock.seconds += 1
        progress.finish()
        assert progress.news() is None
