"""Masks of an image and that of the round before."""

from __future__ import annotations

import shlex
import shutil
from pathlib import Path

import numpy as np
import pytest
from conftest import radio_header, write_fits
from numpy.typing import NDArray

from skerry import MaskingOptions, SkerryError, SkerryWarning
from skerry.cli import main
from skerry.io.fits import read_mask
from skerry.io.image_headers import read_header
from skerry.steps.flood import make_flood_mask
from skerry.steps.info import describe_mask
from skerry.steps.mask import make_mask

SIZE = 128
SOURCE, ARTEFACT = (40, 40), (90, 80)
OPTIONS = MaskingOptions(
    flood_fill=True,
    flood_fill_statistic="both",
    flood_fill_use_mac_box_size=21,
    flood_fill_positive_seed_clip=6,
    flood_fill_fading_factor=2.5,
)


def image_of(source: float, artefact: float, *, noise: float = 1.0, seed: int = 5) -> NDArray[np.float32]:
    """Noise of a round, a source and an artefact, each as wide as the beam."""
    y, x = np.ogrid[:SIZE, :SIZE]
    image = noise * np.random.default_rng(seed).normal(size=(SIZE, SIZE))
    for (row, column), peak in ((SOURCE, source), (ARTEFACT, artefact)):
        image += peak * np.exp(-((y - row) ** 2 + (x - column) ** 2) / 4)
    return image.astype(np.float32)


@pytest.fixture
def rounds(tmp_path: Path) -> tuple[Path, Path]:
    """Images of a round and of the one before: the noise is halved, and the artefact a quarter."""
    for k in (0, 1):
        (tmp_path / f"round{k}").mkdir()
    later = write_fits(tmp_path / "round1" / "image.fits", image_of(30, 20), radio_header((SIZE, SIZE)))
    before = write_fits(tmp_path / "round0" / "image.fits", image_of(29, 80, noise=2), radio_header((SIZE, SIZE)))
    return later, before


def masked(path: Path) -> tuple[bool, bool]:
    mask = read_mask(path).data
    return bool(mask[SOURCE]), bool(mask[ARTEFACT])


def test_an_island_that_has_faded_is_left_out_and_told_of(rounds: tuple[Path, Path], tmp_path: Path) -> None:
    image, earlier = rounds
    alone = make_mask(image, OPTIONS, output=tmp_path / "alone.fits")
    made = make_mask(image, OPTIONS, earlier=earlier, output=tmp_path / "mask.fits")
    assert masked(alone.mask) == (True, True)
    assert masked(made.mask) == (True, False)
    (taken,) = made.report.removed
    assert (taken.by, taken.islands, taken.pixels) == ("fading", 1, alone.report.pixels - made.report.pixels)


def test_the_steps_make_the_mask_that_one_process_makes(rounds: tuple[Path, Path], tmp_path: Path) -> None:
    image, earlier = rounds
    signal = tmp_path / "signal.fits"
    made = make_mask(image, OPTIONS, earlier=earlier, output=tmp_path / "mask.fits", signal_output=signal)
    flooded = make_flood_mask(image, OPTIONS, signal=signal, earlier=earlier, output=tmp_path / "flood.fits")
    np.testing.assert_array_equal(read_mask(flooded.mask).data, read_mask(made.mask).data)


def test_a_round_before_in_another_unit_and_with_a_wider_beam_is_compared(tmp_path: Path) -> None:
    header = radio_header((SIZE, SIZE))
    image = write_fits(tmp_path / "later.fits", image_of(30, 20), header)
    wide = header.copy()
    wide["BUNIT"], wide["BMAJ"] = "mJy/beam", 2 * wide["BMAJ"]
    # Extended emission may be twice as bright in so wide a beam: a fall to two ninths is more than that allows, to two
    # eighths of five not.
    for before, expected in ((90.0, True), (120.0, False)):
        data = 1000 * image_of(30, before, noise=2)
        earlier = write_fits(tmp_path / f"before{before}.fits", data, wide)
        made = make_mask(image, OPTIONS, earlier=earlier, output=tmp_path / f"mask{before}.fits")
        assert masked(made.mask) == (True, expected)


def test_a_round_before_on_another_grid_is_told_of_and_not_used(rounds: tuple[Path, Path], tmp_path: Path) -> None:
    image, _ = rounds
    other = write_fits(tmp_path / "small.fits", image_of(30, 80)[:100], radio_header((100, SIZE)))
    with pytest.warns(SkerryWarning, match=r"small\.fits: is on another grid than image\.fits"):
        made = make_mask(image, OPTIONS, earlier=other, output=tmp_path / "mask.fits")
    assert masked(made.mask) == (True, True)
    assert read_header(made.mask)["SKWARN"] == 1


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"flood_fill_fading_factor": None}, "has no use without `flood_fill_fading_factor`"),
        ({"flood_fill_statistic": "snr"}, "has no use without .* the statistic mac or both"),
        ({"flood_fill": False}, "has no use without `flood_fill`"),
    ],
)
def test_a_round_before_without_use_is_refused(
    rounds: tuple[Path, Path], tmp_path: Path, options: dict[str, object], problem: str
) -> None:
    image, earlier = rounds
    with pytest.raises(SkerryError, match=problem):
        make_mask(image, OPTIONS.model_copy(update=options), earlier=earlier, output=tmp_path / "mask.fits")


def test_what_is_no_image_of_the_round_before_is_refused(rounds: tuple[Path, Path], tmp_path: Path) -> None:
    image, _ = rounds
    header = radio_header((SIZE, SIZE))
    header["BUNIT"] = "sigma"
    signal = write_fits(tmp_path / "signal.fits", image_of(30, 80), header)
    mask = make_mask(image, OPTIONS, output=tmp_path / "mask.fits").mask
    for given, problem in ((signal, "is a signal image"), (mask, "is a mask"), (image, "as image and as `earlier`")):
        with pytest.raises(SkerryError, match=problem):
            make_mask(image, OPTIONS, earlier=given, output=tmp_path / "other.fits")


@pytest.mark.filterwarnings("ignore::skerry.SkerryWarning")
def test_the_commands_that_the_mask_tells_of_make_it_again(
    rounds: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    image, earlier = rounds
    made = make_mask(image, OPTIONS, earlier=earlier, output=tmp_path / "mask.fits")
    there = tmp_path / "again"
    (there / "round0").mkdir(parents=True)
    shutil.copy(image, there)
    shutil.copy(earlier, there / "round0")
    monkeypatch.chdir(there)
    (command,) = describe_mask(made.mask).made.commands
    assert "--earlier round0/image.fits" in command
    assert main(shlex.split(command)[1:]) == 0
    np.testing.assert_array_equal(read_mask(there / "mask.fits").data, read_mask(made.mask).data)


def test_on_the_command_line_a_preset_takes_the_round_before(
    rounds: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    image, earlier = rounds
    monkeypatch.chdir(tmp_path)
    given = ["mask", str(image), "--mac-box-size", "21", "-o", "made.fits"]
    assert main([*given, "--earlier", str(earlier)]) == 0
    assert masked(tmp_path / "made.fits") == (True, False)
    assert main([*given, "--overwrite"]) == 0
    assert masked(tmp_path / "made.fits") == (True, True)


def test_a_factor_without_the_round_before_is_told(
    rounds: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = ["mask", str(rounds[0]), "--mac-box-size", "21", "-o", str(tmp_path / "made.fits")]
    assert main([*given, "--fading-factor", "3"]) == 0
    assert "--fading-factor: no effect without --earlier" in capsys.readouterr().err
