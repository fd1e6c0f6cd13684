"""The table of mask makers beside skerry, on a small image and with stand-ins for programs that are not installed."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from benchmarks.masking.peers import (
    NO_PRESET,
    OUT,
    Command,
    Peer,
    Row,
    absent,
    known_arguments,
    main,
    take_turns,
    tasks,
)
from benchmarks.timing import SKERRY

WRITES_MASK = f"""#!{sys.executable}
import sys
import numpy as np
from astropy.io import fits
mask = np.zeros_like(fits.getdata(sys.argv[1]))
mask[..., 2, 3:6] = 1
mask[..., 0, 0] = np.nan
fits.writeto("{OUT}", mask)
"""


def stand_in(peers: Path, name: str, text: str) -> Peer:
    """A mask maker that is a script in an environment."""
    program = peers / name / "bin" / name
    program.parent.mkdir(parents=True)
    program.write_text(text)
    program.chmod(0o755)
    return Peer(name, [Command(name, name, ["image.fits"])])


def rows_of_table(text: str) -> dict[tuple[str, str], list[str]]:
    """Cells of a table in Markdown by task and mask maker."""
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line[:1] == "|"]
    return {(first, second): rest for first, second, *rest in cells}


def test_rows_of_programs_that_are_there_have_figures_and_others_a_reason(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    peers = tmp_path / "peers"
    given = ["--peers", str(peers), "--size", "128", "--repeat", "1", "--directory", str(tmp_path)]
    main([*given, "--only", "mask by", "flood", "--beside", f"old={SKERRY}"])
    found = rows_of_table(capsys.readouterr().out)
    ours = found["flood by S/N", "skerry"]
    assert ours[0] == "1"
    assert ours[4:7] == ["", "", ""]
    # The same masks, for the plain program of a flood gives that of skerry in every pixel.
    assert float(ours[7]) > 0
    assert ours[7] == found["flood by S/N", "skerry, old"][7] == found["flood by S/N", "SciPy"][7]
    assert all(float(cell) > 0 for cell in found["mask by default", "sep: background, extract"])
    left_out = found["mask by default", "breizorro, its defaults"]
    assert left_out[0] == "0"
    assert left_out[-1] == f"left out: there is no {peers}/breizorro/bin/breizorro"
    assert list(tmp_path.glob("tmp*")) == []


def test_a_program_that_fails_or_makes_nothing_is_told_and_the_others_go_on(tmp_path: Path) -> None:
    peers, image = tmp_path / "peers", tmp_path / "whole128.fits"
    main(["--peers", str(peers), "--size", "128", "--repeat", "1", "--directory", str(tmp_path), "--only", "flood"])
    makers = [
        stand_in(peers, "fails", "#!/bin/sh\necho 'no beam' >&2\nexit 3\n"),
        stand_in(peers, "idle", "#!/bin/sh\n"),
        stand_in(peers, "works", WRITES_MASK),
    ]
    rows = [Row(peer, [], []) for peer in makers]
    take_turns(rows, peers, image, image, repeat=2, longest=60)
    assert [one.notes for one in rows] == [["failed: no beam"], ["failed: made no out.fits"], ["3"]]
    assert [len(one.taken) for one in rows] == [0, 0, 2]


def test_what_takes_long_is_run_once_and_nothing_again_when_the_time_is_over(tmp_path: Path) -> None:
    peers, image = tmp_path / "peers", tmp_path / "whole128.fits"
    main(["--peers", str(peers), "--size", "128", "--repeat", "1", "--directory", str(tmp_path), "--only", "flood"])
    slow = Row(stand_in(peers, "works", WRITES_MASK), [], [])
    take_turns([slow], peers, image, image, repeat=3, longest=0)
    assert len(slow.taken) == 1
    take_turns([slow], peers, image, image, repeat=3, until=0)
    assert len(slow.taken) == 2


def test_every_program_of_a_row_must_be_there(tmp_path: Path) -> None:
    chained = next(peer for peer in tasks()[0].peers if len(peer.commands) == 2)
    (tmp_path / "AegeanTools" / "bin").mkdir(parents=True)
    (tmp_path / "AegeanTools" / "bin" / "BANE").touch()
    assert absent(chained, tmp_path) == f"there is no {tmp_path}/eye-patch/bin/eye-patch"


def test_a_build_is_given_only_the_flag_that_it_knows(tmp_path: Path) -> None:
    old = tmp_path / "skerry"
    old.write_text("#!/bin/sh\necho --preset --flood-fill\n")
    old.chmod(0o755)
    assert known_arguments(["mask", NO_PRESET, "--flood-fill"], str(old)) == ["mask", "--flood-fill"]
    assert known_arguments(["mask", NO_PRESET, "--flood-fill"], SKERRY) == ["mask", NO_PRESET, "--flood-fill"]
