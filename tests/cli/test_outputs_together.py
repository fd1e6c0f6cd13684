"""All that a command writes is there, or none of it, whichever of its outputs cannot be made."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from conftest import radio_header, write_fits

from skerry import SkerryError
from skerry.cli import main

OUTPUTS = {
    "m.fits": "--output",
    "q.fits": "--scale-output",
    "s.fits": "--signal-output",
    "g.fits": "--noise-grid",
    "p.png": "--plot",
    "t.csv": "--table",
}
WORDS = ["mask", "x.fits", "--noise-box-size", "16", "--beam-shape-erode-scales", "0,4"]


@pytest.fixture(autouse=True)
def _image(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rng: np.random.Generator) -> None:
    pixels = rng.normal(0, 1e-4, (48, 64)).astype(np.float32)
    pixels[20:26, 30:36] += 5e-3
    write_fits(tmp_path / "x.fits", pixels, radio_header(pixels.shape))
    monkeypatch.chdir(tmp_path)


def refuse(*_: object, **__: object) -> None:
    raise SkerryError("no")


def flags() -> list[str]:
    return [word for name, flag in OUTPUTS.items() for word in (flag, name)]


def files() -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in Path().iterdir() if path.name != "x.fits"}


def test_all_outputs_of_a_mask_are_made(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*WORDS, *flags()]) == 0
    assert sorted(files()) == sorted(OUTPUTS)
    assert capsys.readouterr().out.split() == ["m.fits", "q.fits", "s.fits", "p.png"]


@pytest.mark.parametrize("replaced", [False, True])
@pytest.mark.parametrize(
    "fails",
    ["skerry.steps.plot.brightest_details", "skerry.steps.plane_table.plane_table", "skerry.steps.mask.mask_products"],
)
def test_without_the_last_output_there_is_none(
    fails: str, replaced: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The noise is written first, then the mask, the picture and the table."""
    if replaced:
        for name in OUTPUTS:
            Path(name).write_text("precious")
        Path("g.fits").unlink()
    before = files()
    monkeypatch.setattr(fails, refuse)
    assert main([*WORDS, *flags(), *(["--overwrite"] if replaced else [])]) == 2
    assert "skerry: error: no" in capsys.readouterr().err
    assert files() == before


def test_a_demo_field_appears_whole_or_not_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("skerry.demo.demo_field._write_text", refuse)
    assert main(["simulate", "demo", "--size", "64", "--beams", "2", "--rounds", "1"]) == 2
    assert not list(Path("demo").rglob("*.*"))


def test_a_mask_that_is_made_for_its_steps_alone_is_no_output() -> None:
    assert main(["plot", "x.fits", "--steps", "-o", "p.png"]) == 0
    assert list(files()) == ["p.png"]
