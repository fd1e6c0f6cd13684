"""Files that are compressed as a whole are read, or refused for what they are."""

from __future__ import annotations

import bz2
import gzip
import lzma
import zipfile
from pathlib import Path

import numpy as np
import pytest
from conftest import write_fits
from numpy.testing import assert_array_equal

from skerry import SkerryError
from skerry.io.fits import read_image, read_mask
from skerry.io.outputs import check_outputs, default_output

DATA = np.arange(35, dtype=np.float32).reshape(5, 7)


def packed(path: Path, content: bytes) -> Path:
    """The content compressed as the name says."""
    if path.suffix == ".zip":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.mkdir("images")
            archive.writestr("images/a.fits", content)
    else:
        pack = {".gz": gzip.compress, ".bz2": bz2.compress, ".xz": lzma.compress}[path.suffix]
        path.write_bytes(pack(content))
    return path


@pytest.mark.parametrize("suffix", [".gz", ".bz2", ".xz", ".zip"])
def test_an_image_and_a_mask_are_read_whatever_packed_them(tmp_path, suffix):
    content = write_fits(tmp_path / "x.fits", DATA).read_bytes()
    path = packed(tmp_path / f"y.fits{suffix}", content)
    assert_array_equal(read_image(path).data, DATA)
    assert_array_equal(read_mask(path).data, DATA)
    # The name says nothing.
    assert_array_equal(read_image(path.rename(tmp_path / "z.fits")).data, DATA)


@pytest.mark.parametrize("suffix", [".gz", ".bz2", ".xz", ".zip"])
def test_a_packed_file_that_ends_too_early_is_named(tmp_path, suffix):
    content = write_fits(tmp_path / "x.fits", DATA).read_bytes()
    path = packed(tmp_path / f"y.fits{suffix}", content)
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(SkerryError, match=r"y\.fits\S+: cannot be (read|unpacked)") as raised:
        read_image(path)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("names", [[], ["a.fits", "b.fits"]])
def test_an_archive_of_any_but_one_file_is_refused(tmp_path, names):
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        archive.mkdir("images")
        for name in names:
            archive.writestr(name, b"")
    with pytest.raises(SkerryError, match=rf"x\.zip: is a zip archive of {len(names)} files, not of one"):
        read_image(tmp_path / "x.zip")


@pytest.mark.parametrize(("mark", "program"), [(b"\x1f\x9d", "compress"), (b"\x28\xb5\x2f\xfd", "zstd")])
def test_what_packed_a_file_that_is_not_read_is_told(tmp_path, mark, program):
    (tmp_path / "x.fits").write_bytes(mark + bytes(5000))
    with pytest.raises(SkerryError, match=rf"x\.fits: is compressed by {program}; unpack it first"):
        read_image(tmp_path / "x.fits")


@pytest.mark.parametrize("suffix", [".gz", ".bz2", ".xz", ".zip", ".Z", ".fz"])
def test_an_output_is_not_compressed_and_must_not_be_called_so(tmp_path, suffix):
    with pytest.raises(SkerryError, match=r"outputs are not compressed; name it x\.fits"):
        check_outputs([tmp_path / f"x.fits{suffix}"])
    assert default_output(f"x.fits{suffix}", "mask").name == "x.mask.fits"
