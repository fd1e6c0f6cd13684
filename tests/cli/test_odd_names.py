"""Names that the system refuses, that no header holds, or that are of something else, for every kind of file."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import numpy as np
import pytest
from conftest import radio_header, write_fits

from skerry.cli import main

SHAPE = (48, 64)
READING = {
    "signal {} --rms rms.fits -o o.fits": "image.fits",
    "signal image.fits --rms {} -o o.fits": "rms.fits",
    "erode mask.fits --beam {} -o o.fits": "image.fits",
    "edit mask.fits --union {} -o o.fits": "mask.fits",
    "edit mask.fits --add-regions {} -o o.fits": "r.reg",
    "stats mask.fits --match {} -o o.ecsv": "sources.csv",
    "check mask.fits --image {}": "image.fits",
    "mask image.fits --noise-box-size 16 --preset ./{} -o o.fits": "preset.yaml",
    "summary {}": "field.yaml",
    "run {} --cores 1 --dry-run": "field.yaml",
}
WRITING = {
    "signal image.fits --rms rms.fits -o {}": "o.fits",
    "noise image.fits --noise-box-size 16 --rms-output o.fits --bkg-output {}": "p.fits",
    "mask image.fits --noise-box-size 16 -o o.fits --table {}": "t.csv",
    "plot image.fits mask.fits -o {}": "o.png",
    "stats mask.fits -o {}": "o.reg",
}
ODD = ("a\nb", "\x1b[31m", "\u00e9\u9280", "a'b\"c", " a  b ", "{a}%s[0]", "`rms`", "n" * 210)
REFUSED = {
    "too long": "File name too long",
    "a circle of links": "symbolic links",
    "a pipe": "is a pipe",
    "a device": "is a device",
    "a directory": "is a directory",
    "below a file": "there is no such file",
}


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory with a file of each kind, which is the current one."""
    monkeypatch.chdir(tmp_path)
    image = np.random.default_rng(1).normal(0, 1e-4, SHAPE).astype(np.float32)
    image[20:25, 20:25] += 5e-3
    for name, pixels in {"image": image, "rms": np.full(SHAPE, 1e-4, np.float32), "mask": image > 1e-3}.items():
        pixels = pixels.astype(np.uint8) if pixels.dtype == bool else pixels
        write_fits(tmp_path / f"{name}.fits", pixels, radio_header(SHAPE))
    Path("r.reg").write_text('icrs\ncircle(60,-45,30")\n')
    Path("sources.csv").write_text("ra,dec\n60.0,-45.0\n")
    Path("preset.yaml").write_text("flood_fill_positive_seed_clip: 6\nflood_fill: true\n")
    images = '["b{beam}.fits"]'
    Path("field.yaml").write_text(f"field: f\nbeams: ['0']\nrounds: 1\nsource: beam\nimages: {images}\n")
    return tmp_path


def put(kind: str, suffix: str) -> str:
    """Make what is no file, and give its name."""
    name = f"odd{suffix}"
    if kind == "too long":
        return "n" * 300 + suffix
    if kind == "a circle of links":
        Path(name).symlink_to(name)
    elif kind == "a pipe":
        os.mkfifo(name)
    elif kind == "a directory":
        Path(name).mkdir()
    elif kind == "below a file":
        return f"image.fits/{name}"
    else:
        Path(name).symlink_to("/dev/zero")
    return name


def words(command: str, name: str) -> list[str]:
    return [word.replace("{}", name) for word in command.split()]


def told(capsys: pytest.CaptureFixture[str]) -> str:
    """The only error, of one line."""
    lines = capsys.readouterr().err.splitlines()
    errors = [line for line in lines if line.startswith("skerry: error: ")]
    assert len(errors) == 1
    assert all(line.startswith("skerry: ") and line.isprintable() for line in lines)
    assert "Errno" not in errors[0]
    return errors[0]


@pytest.mark.parametrize("kind", REFUSED)
@pytest.mark.parametrize("command", READING)
def test_what_is_no_file_is_not_read(command: str, kind: str, here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    name = put(kind, Path(READING[command]).suffix)
    before = sorted(here.iterdir())
    assert main(words(command, name)) == 2
    error = told(capsys)
    assert name in error
    assert REFUSED[kind] in error
    assert sorted(here.iterdir()) == before


@pytest.mark.parametrize("kind", ["too long", "a circle of links", "a pipe", "a device", "a directory"])
@pytest.mark.parametrize("command", WRITING)
def test_what_is_no_file_stays(command: str, kind: str, here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    name = put(kind, Path(WRITING[command]).suffix)
    before = {path: os.lstat(path) for path in here.iterdir()}
    assert main([*words(command, name), "--overwrite"]) == 2
    assert name in told(capsys)
    assert {path: os.lstat(path).st_ino for path in here.iterdir()} == {p: s.st_ino for p, s in before.items()}


@pytest.mark.parametrize("odd", ODD)
def test_any_name_that_the_system_takes_is_taken(odd: str, here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    image, output = f"{odd}.fits", f"{odd}.x.fits"
    shutil.copyfile("image.fits", image)
    assert main(["signal", image, "--rms", "rms.fits", "-o", output]) == 0
    assert Path(output).is_file()
    assert main(["signal", image, "--rms", "rms.fits", "-o", output]) == 2
    assert "exists; give --overwrite" in told(capsys)
