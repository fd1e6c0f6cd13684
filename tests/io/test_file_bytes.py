"""Arrays in files: all of their bytes, wherever they lie and in however many pieces."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from skerry.io.file_bytes import read_at, write_at


@pytest.mark.parametrize("size", [0, 1, (1 << 17) - 1, 1 << 17, (1 << 18) + 5])
@pytest.mark.parametrize("most", [1 << 30, 100_003])
def test_what_is_written_is_in_the_file_and_read_back(
    tmp_path: Path, rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch, size: int, most: int
) -> None:
    write, read = os.pwrite, os.preadv
    # The system may take and give less than it is asked to.
    monkeypatch.setattr(os, "pwrite", lambda file, content, place: write(file, content[:most], place))
    monkeypatch.setattr(os, "preadv", lambda file, contents, place: read(file, [contents[0][:most]], place))
    array, found = rng.integers(0, 256, size, np.uint8), np.zeros(size, np.uint8)
    path = tmp_path / "file"
    with path.open("w+b") as file:
        write_at(file.fileno(), array, 7)
        read_at(file.fileno(), found, 7)
    assert path.read_bytes() == (bytes(7) + array.tobytes() if size else b"")
    np.testing.assert_array_equal(found, array)


def test_a_file_that_ends_too_soon_is_told(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(bytes(9))
    with path.open("rb") as file, pytest.raises(EOFError):
        read_at(file.fileno(), np.empty(10, np.uint8), 0)
