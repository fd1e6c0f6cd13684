"""How much memory and how many threads: as the user says it, and only for as long as it is meant."""

from __future__ import annotations

import os

import pytest

from skerry import SkerryError
from skerry.planes.limits import DEFAULT_MEMORY, current_limits, parse_memory, use_limits


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("2GB", 2 * 10**9),
        ("512 MB", 512 * 10**6),
        ("1.5GiB", 3 * 2**29),
        ("2000000000", 2 * 10**9),
        ("  300m ", 300 * 10**6),
        ("1T", 10**12),
        ("4 gib", 4 * 2**30),
        ("250000 kB", 250 * 10**6),
        ("1.gb", 10**9),
    ],
)
def test_a_size_as_a_user_writes_it(text, size):
    assert parse_memory(text) == size


@pytest.mark.parametrize("text", ["", "GB", "two", "-1GB", "2PB", "2 G B", "1e9", ".", "2,5GB", "nan", "2GBs", "0x10"])
def test_what_is_no_size_is_said(text):
    with pytest.raises(SkerryError, match=r"`memory`: '.*' is not a size; write it as 2GB or 512MB"):
        parse_memory(text)


def test_the_default_is_2_gb_and_the_cores_of_the_process():
    assert current_limits().memory == DEFAULT_MEMORY == 2 * 10**9
    assert current_limits().threads == len(os.sched_getaffinity(0))


def test_cores_that_a_scheduler_took_away_are_not_used(monkeypatch):
    monkeypatch.setattr("os.sched_getaffinity", lambda _: {5})
    assert current_limits().threads == 1


def test_all_cores_are_used_where_nothing_says_which(monkeypatch):
    monkeypatch.delattr("os.sched_getaffinity")
    monkeypatch.setattr("os.cpu_count", lambda: 7)
    assert current_limits().threads == 7


def test_limits_end_with_their_block():
    before = current_limits()
    with use_limits(10**9, 3):
        assert (current_limits().memory, current_limits().threads) == (10**9, 3)
        with use_limits(threads=1):
            assert (current_limits().memory, current_limits().threads) == (10**9, 1)
        assert current_limits().threads == 3
    assert current_limits() == before


def test_limits_end_with_an_error_too():
    before = current_limits()
    with pytest.raises(RuntimeError), use_limits(10**9, 3):
        raise RuntimeError
    assert current_limits() == before


def test_what_is_not_given_stays():
    with use_limits() as limits:
        assert limits == current_limits()


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"memory": 0}, "`memory`: 0 bytes are too few; give at least 200MB"),
        ({"memory": 199_999_999}, "`memory`: 199999999 bytes are too few; give at least 200MB"),
        ({"threads": 0}, "`threads`: 0 are too few; give at least 1"),
        ({"threads": -2}, "`threads`: -2 are too few; give at least 1"),
    ],
)
def test_too_little_is_said_and_changes_nothing(given, says):
    before = current_limits()
    with pytest.raises(SkerryError, match=says), use_limits(**given):
        pass
    assert current_limits() == before
