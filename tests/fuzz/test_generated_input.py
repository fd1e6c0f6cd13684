"""Bad inputs of every kind end in a right result or in one line with status 2, and take neither time nor memory.

hypothesis draws what `benchmarks.fuzz` draws from seeds and from a fuzzer's bytes, and makes it smaller where it fails.
"""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from benchmarks.fuzz.chance import ByteRandom
from benchmarks.fuzz.oracle import MEMORY, Hang, judged_call, judged_command, peak_memory, time_limited
from benchmarks.fuzz.products import wrong_product
from benchmarks.fuzz.targets import TARGETS, Execute, opened, share
from benchmarks.fuzz.words import Case
from benchmarks.fuzz.workplace import Workplace, workplace
from skerry.errors import SkerryError

EXAMPLES = {"fits-commands": 150, "text-commands": 120, "any-commands": 200}
inputs = st.randoms(use_true_random=False)


@pytest.fixture(params=TARGETS, scope="module")
def target(request: pytest.FixtureRequest) -> Iterator[tuple[str, Execute]]:
    """A target with its name, in a directory of its own."""
    with opened(request.param) as execute:
        yield request.param, execute


def test_no_bad_input_does_harm(target):
    name, execute = target
    before = peak_memory()

    @settings(max_examples=EXAMPLES.get(name, 300), suppress_health_check=list(HealthCheck), database=None)
    @given(inputs)
    def harmless(rng):
        verdict, told = execute(rng)
        assert verdict.fault is None, (verdict, told)

    harmless()
    assert peak_memory() - before < MEMORY


@pytest.fixture
def place() -> Iterator[Workplace]:
    with workplace() as made:
        yield made


def faults(place: Workplace, monkeypatch: pytest.MonkeyPatch, does) -> str | None:
    """Kind of fault of a command that does something else than skerry does."""
    monkeypatch.setattr("skerry.cli.main", does)
    return judged_command(Case(["mask", "ok.fits", "-o", "out.fits"]), place, there=False).fault


def told(line: str, status: int = 2):
    def does(_: object) -> int:
        import sys

        print(line, file=sys.stderr)
        return status

    return does


def written(content: bytes, name: str = "out.fits"):
    def does(_: object) -> int:
        from pathlib import Path

        Path(name).write_bytes(content)
        return 0

    return does


def raises(error: BaseException):
    def does(_: object) -> int:
        raise error

    return does


def loops(_: object) -> int:
    while True:
        pass


def test_the_oracle_passes_a_refusal_that_names_the_file(place, monkeypatch):
    assert faults(place, monkeypatch, told("skerry: error: ok.fits: is wrong")) is None


@pytest.mark.parametrize(
    ("does", "kind"),
    [
        (told("skerry: error: ok.fits: is wrong", 1), "status"),
        (told("skerry: error: is wrong"), "message"),
        (told("skerry: error: ok.fits: \x1b[2J"), "message"),
        (told("ok.fits: is wrong"), "message"),
        (told("skerry: error: ok.fits: a\nskerry: error: ok.fits: b"), "message"),
        (told("skerry: error: ok.fits: is wrong", 0), "message"),
        (told("skerry: error: not enough memory for ok.fits"), "memory"),
        (raises(ValueError("wrong")), "traceback"),
        (raises(SystemExit(2)), "traceback"),
        (written(b"SIMPLE"), "product"),
        (written(b"", ".out.fits.0-0-0-0.tmp"), "output"),
    ],
)
def test_the_oracle_sees_what_is_wrong(place, monkeypatch, does, kind):
    assert faults(place, monkeypatch, does) == kind


def test_the_oracle_sees_an_output_of_a_refusal_and_a_changed_file(place, monkeypatch):
    def writes(name):
        def does(words):
            written(b"x", name)(words)
            return told("skerry: error: ok.fits: is wrong")(words)

        return does

    assert faults(place, monkeypatch, writes("out.fits")) == "output"
    assert faults(place, monkeypatch, writes("rms.fits")) == "output"
    assert sorted(place.changed(place.begin({}, there=False))) == []


def test_the_oracle_ends_what_hangs(place, monkeypatch):
    monkeypatch.setattr("benchmarks.fuzz.oracle.time_limited", lambda: time_limited(0.2))
    assert faults(place, monkeypatch, loops) == "hang"
    assert judged_call(lambda: loops(None), "x").fault == "hang"
    with pytest.raises(Hang), time_limited(0.1):
        loops(None)


def test_a_mask_of_invalid_pixels_is_wrong(place):
    image = place.directory / "ok.fits"
    right = place.directory / "right.mask.fits"
    content = bytearray((place.directory / "mask.fits").read_bytes())
    blank = content.index(b"END" + b" " * 77)
    content[blank : blank + 160] = b"SKCMD   = 'mask    '".ljust(80) + b"END".ljust(80)
    right.write_bytes(content)
    assert wrong_product(right, image) is None
    start = len(content) - 2880
    for value in (1, 2):
        content[start] = value
        right.write_bytes(content)
        assert ("invalid" if value == 1 else "value 2") in wrong_product(right, image)


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (SkerryError("x.fits: is wrong"), None),
        (SkerryError("is wrong"), "message"),
        (KeyError("x.fits"), "traceback"),
        (MemoryError(), "memory"),
    ],
)
def test_a_reader_may_raise_what_names_the_file(error, kind):
    def read():
        raise error

    assert judged_call(read, "x.fits").fault == kind


def test_chance_that_is_made_of_bytes_ends_with_them():
    drawn = [ByteRandom(content).randrange(1000) for content in (b"", b"\1\0", b"\2\0")]
    assert drawn == [0, 1, 2]
    rng = ByteRandom(bytes(range(256)))
    assert all(0 <= rng.random() < 1 and rng.choice("abc") in "abc" and 3 <= rng.randint(3, 9) <= 9 for _ in range(300))


def test_the_shares_of_the_targets_are_all():
    assert sum(map(share, TARGETS)) == pytest.approx(1)


@pytest.mark.parametrize("name", TARGETS)
def test_the_same_seed_gives_the_same_input(name):
    with opened(name) as execute:
        first, second = (execute(Random(7))[1] for _ in range(2))
    assert first == second
