"""What the comparison of products takes for equal, and what it finds: a proof that finds nothing must be able to."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits

from benchmarks.steps.product_cases import Case, Group, cases
from benchmarks.steps.product_checksums import Checksums
from benchmarks.steps.products import differences, read_table, run_group, wanted_cases, write_table


def write_mask(path: Path, *history: str, version: str = "0.1.0", pixel: int = 1) -> Path:
    """A mask as skerry writes it."""
    header = fits.Header({"SKVERS": version})
    for line in (f"skerry {version} flood", *history):
        header.add_history(line)
    path.parent.mkdir(exist_ok=True)
    data = np.zeros((4, 5), np.uint8)
    data[2, 3] = pixel
    fits.writeto(path, data, header)
    return path


def sums(directory: Path) -> dict[str, str]:
    return Checksums().of_directory(directory, set())


def source(path: Path) -> str:
    """The card of HISTORY that names an input."""
    return f"sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}"


def test_another_version_is_the_same_product(tmp_path):
    write_mask(tmp_path / "a" / "mask.fits")
    write_mask(tmp_path / "b" / "mask.fits", version="0.2.0.dev1+g123")
    assert sums(tmp_path / "a") == sums(tmp_path / "b")


@pytest.mark.parametrize("change", [{"pixel": 2}, {"history": ("  clip = 4",)}])
def test_another_pixel_or_card_is_another_product(change, tmp_path):
    write_mask(tmp_path / "a" / "mask.fits")
    write_mask(tmp_path / "b" / "mask.fits", *change.pop("history", ()), **change)
    assert sums(tmp_path / "a") != sums(tmp_path / "b")


@pytest.mark.parametrize(("pixel", "same"), [(1, True), (2, False)])
def test_input_that_is_a_product_counts_by_its_own_checksum(pixel, same, tmp_path):
    found = []
    for name, version, of_input in (("a", "0.1.0", 1), ("b", "0.2.0", pixel)):
        first = write_mask(tmp_path / f"{name}.input" / "islands.fits", version=version, pixel=of_input)
        write_mask(tmp_path / name / "mask.fits", source(first), version=version)
        checksums = Checksums()
        checksums.of_directory(first.parent, set())
        found.append(checksums.of_directory(tmp_path / name, set()))
    assert (found[0] == found[1]) is same


def test_input_that_is_no_product_counts_as_it_is(tmp_path):
    write_mask(tmp_path / "a" / "mask.fits", "sha256:" + 64 * "1")
    write_mask(tmp_path / "b" / "mask.fits", "sha256:" + 64 * "2")
    assert sums(tmp_path / "a") != sums(tmp_path / "b")


def test_logs_and_links_are_no_products(tmp_path):
    for name in ("logs/a.txt", "benchmarks/b.tsv", ".snakemake/c", "there/d.log", "there/e.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(name)
    (tmp_path / "link.txt").symlink_to(tmp_path / "there" / "e.txt")
    assert list(sums(tmp_path)) == ["there/e.txt"]


def test_tables_tell_what_differs_what_is_missing_and_what_is_new(tmp_path):
    write_table(tmp_path / "table", {"g/a/exit status": "exit 0", "g/a/m.fits": "11", "g/b/m.fits": "22"})
    reference = read_table(tmp_path / "table", "")
    now = {"g/a/exit status": "exit 2", "g/a/m.fits": "11", "g/c/m.fits": "22"}
    assert differences(reference, reference) == []
    assert differences(now, reference) == [
        "differs: g/a/exit status (exit 0, now exit 2)",
        "missing: g/b/m.fits",
        "new: g/c/m.fits",
    ]
    assert read_table(tmp_path / "table", "^g/b") == {"g/b/m.fits": "22"}


def test_pattern_runs_what_its_cases_are_made_from_but_records_them_alone(tmp_path):
    group = Group("g", {}, cases({"noise": "noise x.fits", "mask": "mask noise/x.fits", "other": "flood x.fits"}))
    found, recorded = wanted_cases(group, "^g/mask")
    assert [case.name for case in found] == ["noise", "mask"]
    assert recorded == {"mask"}


def test_case_reads_given_files_and_earlier_products_by_their_last_names(tmp_path):
    program = tmp_path / "skerry"
    program.write_text('#!/bin/sh\ncat "$1" > "copy-$1"; echo said; test "$1" != field.yaml\n')
    program.chmod(0o755)
    given = tmp_path / "given.txt"
    given.write_text("pixels")
    case_list = [
        Case("first", ["x.txt"]),
        Case("next", ["first/copy-x.txt"]),
        Case("bad", ["field.yaml"], {"field.yaml": "k"}),
    ]
    case_list.append(Case("idle", ["first/absent.txt"]))
    results = run_group(Group("g", {"x.txt": given}, case_list), program, tmp_path / "work", "", keep=True)
    of = {name.removeprefix("g/"): value for name, value in results.sums.items()}
    assert (of["first/exit status"], of["bad/exit status"], of["idle/exit status"]) == ("exit 0", "exit 1", "not run")
    assert of["first/copy-x.txt"] == of["next/copy-copy-x.txt"] == hashlib.sha256(b"pixels").hexdigest()[:32]
    assert "bad/field.yaml" not in of
    assert of["first/stdout"] == hashlib.sha256(b"said\n").hexdigest()[:32]
