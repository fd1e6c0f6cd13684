"""Checksums of input files, whether they were begun before or not."""

from __future__ import annotations

import hashlib
import os

import numpy as np
import pytest
from conftest import radio_header, write_fits

from skerry import MaskingOptions, SkerryError
from skerry.cli import main
from skerry.io import checksums, whole_files
from skerry.io.checksums import begin_checksums, being_read, check_unchanged, held, sha256_of
from skerry.steps import mask


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


@pytest.mark.parametrize("change", ["replaced", "written to", "cut off", "removed"])
def test_a_file_that_is_no_more_what_was_opened_has_no_checksum(tmp_path, change):
    file, new = tmp_path / "a", tmp_path / "new"
    file.write_bytes(b"before")
    begin_checksums([file])
    with file.open("rb") as opened, being_read(file, opened):
        assert sha256_of(file) == hashlib.sha256(b"before").hexdigest()
        if change == "replaced":
            new.write_bytes(b"before")
            new.replace(file)
        elif change == "written to":
            file.write_bytes(b"after!")
            os.utime(file, ns=(1, 1))
        elif change == "removed":
            file.unlink()
        else:
            os.truncate(file, 3)
        with pytest.raises(SkerryError, match="a: was changed while it was read; run the command again when it is who"):
            sha256_of(file)
        with pytest.raises(SkerryError, match="a: was changed while it was read"):
            check_unchanged()
    check_unchanged()
    if change != "removed":
        assert sha256_of(file) == hashlib.sha256(file.read_bytes()).hexdigest()


def test_a_picture_is_not_drawn_of_another_image_than_its_mask(tmp_path, monkeypatch, capsys):
    for n, name in enumerate(("x.fits", "new.fits")):
        pixels = np.random.default_rng(n).normal(size=(40, 40)).astype(np.float32)
        pixels[10:16, 10:16] += 100
        write_fits(tmp_path / name, pixels, radio_header((40, 40)))

    def replaced(*arguments, **named):
        made = make(*arguments, **named)
        (tmp_path / "new.fits").replace(tmp_path / "x.fits")
        return made

    make = mask.make_mask
    monkeypatch.setattr(mask, "make_mask", replaced)
    words = ["mask", "x.fits", "--noise-box-size", "16", "--plot", "x.png"]
    monkeypatch.chdir(tmp_path)
    assert main(words) == 2
    assert "x.fits: was changed while it was read; run the command again" in capsys.readouterr().err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["x.fits"]


def test_nothing_is_made_of_an_input_that_changes_after_it_was_read(tmp_path, monkeypatch, capsys):
    """A region file is read at once, long before the mask is written."""

    def changing(path):
        regions.write_text("image\ncircle(5,5,3)\n")
        flush(path)

    flush = whole_files._flush
    pixels = np.zeros((40, 40), np.uint8)
    pixels[10:16, 10:16] = 1
    write_fits(tmp_path / "m.fits", pixels, radio_header((40, 40)))
    regions, edited = tmp_path / "r.reg", tmp_path / "e.fits"
    regions.write_text("image\ncircle(20,20,3)\n")
    words = ["edit", str(tmp_path / "m.fits"), "--add-regions", str(regions), "-o", str(edited), "--overwrite"]
    assert main(words) == 0
    old = edited.read_bytes()
    monkeypatch.setattr(whole_files, "_flush", changing)
    assert main(words) == 2
    assert "r.reg: was changed while it was read; run the command again" in capsys.readouterr().err
    assert edited.read_bytes() == old
    assert sorted(path.name for path in tmp_path.iterdir()) == ["e.fits", "m.fits", "r.reg"]


def test_what_the_process_itself_replaces_is_not_held_to_what_it_was(tmp_path):
    first, second = tmp_path / "a", tmp_path / "b"
    first.write_text("old")
    with held([first, tmp_path / "missing"]):
        for path in (first, second):
            with whole_files.whole_files(path) as (partial,):
                partial.write_text("new")
        second.write_text("another")
        check_unchanged()


def test_an_image_that_is_replaced_while_it_is_read_makes_no_mask(tmp_path, monkeypatch):
    image, new = tmp_path / "x.fits", tmp_path / "new.fits"
    for n, path in enumerate((image, new)):
        pixels = np.random.default_rng(n).normal(size=(40, 40)).astype(np.float32)
        pixels[10:16, 10:16] += 100
        write_fits(path, pixels, radio_header((40, 40)))

    def measure(*arguments, **named):
        new.replace(image)
        return measured(*arguments, **named)

    measured = mask.measured_noise
    monkeypatch.setattr(mask, "measured_noise", measure)
    with pytest.raises(SkerryError, match=r"x.fits: was changed while it was read"):
        mask.make_mask(image, MaskingOptions(noise_box_size=16), output=tmp_path / "m.fits")
    assert [path.name for path in tmp_path.iterdir()] == ["x.fits"]


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


def test_a_process_that_reads_many_files_remembers_few(tmp_path):
    for n in range(400):
        file = tmp_path / f"{n}"
        file.write_bytes(b"content")
        begin_checksums([file])
        with file.open("rb") as opened, being_read(file, opened), held([file]):
            assert sha256_of(file) == hashlib.sha256(b"content").hexdigest()
    assert len(checksums._begun) <= 257
    assert not checksums._read
