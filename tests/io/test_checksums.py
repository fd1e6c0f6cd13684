"""Checksums of input files, whether they were begun before or not."""

from __future__ import annotations

import hashlib
import os

import pytest

from skerry.io.checksums import begin_checksums, sha256_of


def test_a_checksum_that_was_begun_is_that_of_the_file(tmp_path):
    files = [tmp_path / name for name in "ab"]
    for n, file in enumerate(files):
        file.write_bytes(bytes([n]) * 3_000_000)
    begin_checksums(files)
    assert [sha256_of(file) for file in files] == [hashlib.sha256(file.read_bytes()).hexdigest() for file in files]


def test_a_file_that_changes_after_its_checksum_was_begun_is_looked_at_again(tmp_path):
    file = tmp_path / "a"
    file.write_bytes(b"before")
    begin_checksums([file])
    sha256_of(file)
    file.write_bytes(b"after!")
    os.utime(file, ns=(1, 1))
    assert sha256_of(file) == hashlib.sha256(b"after!").hexdigest()


def test_what_is_no_file_is_left_out(tmp_path):
    begin_checksums([tmp_path, tmp_path / "missing"])
    with pytest.raises(FileNotFoundError):
        sha256_of(tmp_path / "missing")


def test_what_cannot_be_read_is_left_to_who_reads_it(tmp_path, monkeypatch):
    file = tmp_path / "a"
    file.write_bytes(b"content")

    def fail(path):
        raise PermissionError(13, "Permission denied")

    with monkeypatch.context() as patched:
        patched.setattr("skerry.io.checksums._sha256", fail)
        begin_checksums([file])
        with pytest.raises(PermissionError):
            sha256_of(file)
