"""Noise that is kept in a small file: the same mask, and measured again where it may be another."""

from __future__ import annotations

import gzip
import shutil
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from conftest import radio_header, write_fits

from skerry.config.options import MaskingOptions
from skerry.errors import SkerryError
from skerry.steps.mask import make_mask

OPTIONS = MaskingOptions(flood_fill=True, beam_shape_erode=True, noise_box_size=16)
SIZE = 96


def pixels(kind: str = "plain") -> np.ndarray:
    """Noise that rises to one side, a source, and what else is to be there."""
    y, x = np.mgrid[:SIZE, :SIZE]
    image = np.random.default_rng(3).normal(0, 1e-3 * (1 + x / SIZE))
    image += 0.1 * np.exp(-((x - 40) ** 2 + (y - 50) ** 2) / 18)
    if kind == "blank":
        image[:30, :40] = 0.25  # A constant within the image, not padding at its edge.
        image[0, 0] = 0.3
    elif kind == "holes":
        image[:, 60:] = np.nan
    elif kind == "few":
        image[:, :60] = image[50:] = np.nan
    return image.astype(np.float32)


@pytest.fixture
def image(tmp_path: Path) -> Path:
    return write_fits(tmp_path / "image.fits", pixels(), radio_header((SIZE, SIZE)))


def mask(image: Path, options: MaskingOptions = OPTIONS, grid: Path | None = None) -> bytes:
    output = image.with_name("mask.fits")
    return make_mask(image, options, noise_grid=grid, output=output, overwrite=True).mask.read_bytes()


@pytest.mark.filterwarnings("ignore::skerry.SkerryWarning")
@pytest.mark.parametrize("kind", ["plain", "blank", "holes", "few"])
@pytest.mark.parametrize("box", [16, 70, 500])
def test_a_mask_is_the_same_whether_its_noise_is_measured_or_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, box: int
) -> None:
    image = write_fits(tmp_path / "image.fits", pixels(kind), radio_header((SIZE, SIZE)))
    options = OPTIONS.model_copy(update={"noise_box_size": box})
    grid = tmp_path / "noise.fits"
    measured = mask(image, options)
    assert mask(image, options, grid) == measured
    monkeypatch.setattr("skerry.steps.noise_grid.grid_and_maps", lambda *_, **__: pytest.fail("measured again"))
    assert mask(image, options, grid) == measured


def test_the_file_says_what_it_holds(image: Path, tmp_path: Path) -> None:
    mask(image, grid=tmp_path / "noise.fits")
    boxes, header = fits.getdata(tmp_path / "noise.fits", header=True)
    assert boxes.shape == (2, 6, 6)
    assert boxes[0, :, 0].mean() == pytest.approx(1.1e-3, rel=0.2)
    assert boxes[0, :, -1].mean() == pytest.approx(1.9e-3, rel=0.2)
    assert abs(boxes[1]).max() < 1e-3
    assert (header["SKBOX"], header["SKBOXX"], header["SKBOXY"], header["BUNIT"]) == (16, 16, 16, "Jy/beam")
    assert header["SKBLANK"] is False


@pytest.mark.parametrize(
    "changed",
    [{"noise_box_size": 20}, {"noise_filter_size": 1}, {"both_signs": True}],
    ids=lambda changed: next(iter(changed)),
)
def test_other_options_of_the_noise_measure_it_again(image: Path, tmp_path: Path, changed: dict[str, int]) -> None:
    grid = tmp_path / "noise.fits"
    mask(image, grid=grid)
    before = grid.read_bytes()
    options = OPTIONS.model_copy(update=changed)
    assert mask(image, options, grid) == mask(image, options)
    assert grid.read_bytes() != before


def test_options_of_other_steps_do_not(image: Path, tmp_path: Path) -> None:
    grid = tmp_path / "noise.fits"
    mask(image, grid=grid)
    made = grid.stat()
    mask(image, OPTIONS.model_copy(update={"flood_fill_positive_seed_clip": 6.0, "beam_shape_erode": False}), grid)
    assert (grid.stat().st_ino, grid.stat().st_mtime_ns) == (made.st_ino, made.st_mtime_ns)


def test_another_image_or_version_measures_it_again(
    image: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    grid = tmp_path / "noise.fits"
    mask(image, grid=grid)
    before = fits.getdata(grid)
    image.unlink()
    write_fits(image, 2 * pixels(), radio_header((SIZE, SIZE)))
    mask(image, grid=grid)
    np.testing.assert_allclose(fits.getdata(grid)[0], 2 * before[0], rtol=1e-4)
    made = grid.stat().st_ino
    monkeypatch.setattr("skerry.steps.noise_grid.__version__", "99")
    mask(image, grid=grid)
    assert grid.stat().st_ino != made
    assert fits.getheader(grid)["SKVERS"] == "99"


@pytest.mark.parametrize(
    ("cards", "shape"),
    [
        ({}, (2, 1, 1)),
        ({}, (3, 3)),
        ({"SKBOXX": "wide"}, None),
        ({"SKBOXY": 0}, None),
        ({"SKBLANK": None}, None),
    ],
)
def test_a_file_that_does_not_fit_its_image_is_measured_again(
    image: Path, tmp_path: Path, cards: dict[str, object], shape: tuple[int, ...] | None
) -> None:
    grid = tmp_path / "noise.fits"
    made = mask(image, grid=grid)
    before = grid.read_bytes()
    values, header = fits.getdata(grid, header=True)
    for key, value in cards.items():
        header[key] = value
    fits.writeto(grid, values if shape is None else np.ones(shape, np.float32), header, overwrite=True)
    assert mask(image, grid=grid) == made
    assert grid.read_bytes() == before


BROKEN = {
    "bits": "SIMPLE  =                    T".ljust(80) + "BITPIX  =                  -33".ljust(80) + "END",
    "gzip": gzip.compress(b"SIMPLE  = ")[:12].decode("latin-1") + "\xff" * 60,
}


@pytest.mark.parametrize("content", ["image", "notes", "", *BROKEN])
def test_a_file_of_another_kind_is_not_replaced(image: Path, tmp_path: Path, content: str) -> None:
    other = Path(shutil.copy(image, tmp_path / "other.fits"))
    if content != "image":
        other.write_bytes(BROKEN.get(content, content).ljust(2880 if content == "bits" else 0).encode("latin-1"))
    before = other.read_bytes()
    with pytest.raises(
        SkerryError, match=rf"{other.name}: is no noise grid of skerry; give another name as `noise_grid`"
    ):
        mask(image, grid=other)
    assert other.read_bytes() == before


@pytest.mark.parametrize("changed", [{"flood_fill_use_mac": True}, {}], ids=["no noise", "given noise"])
def test_a_file_that_could_keep_nothing_is_refused(image: Path, tmp_path: Path, changed: dict[str, bool]) -> None:
    rms = None if changed else write_fits(tmp_path / "rms.fits", np.full((SIZE, SIZE), 1e-3, np.float32))
    with pytest.raises(
        SkerryError, match=r"noise\.fits: no noise is measured that it could keep; leave `noise_grid` out"
    ):
        make_mask(image, OPTIONS.model_copy(update=changed), rms=rms, noise_grid=tmp_path / "noise.fits")


@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("image.fits", "is an input of this command"),
        ("mask.fits", "is the name of two outputs"),
        ("mask.scalemask.fits", "is the name of two outputs"),
        (".", "is a directory where a file is to be written"),
        ("noise.fits.gz", "outputs are not compressed"),
        ("nowhere/noise.fits", "its directory .* does not exist"),
    ],
)
def test_a_file_for_the_noise_is_an_output_as_others_are(image: Path, tmp_path: Path, name: str, what: str) -> None:
    directory = tmp_path / "out"
    directory.mkdir()
    image = image.rename(directory / "image.fits")
    options = OPTIONS.model_copy(update={"beam_shape_erode": True, "beam_shape_erode_scales": (0, 4)})
    with pytest.raises(SkerryError, match=what):
        make_mask(image, options, noise_grid=directory / name, output=directory / "mask.fits", overwrite=True)
    assert [path.name for path in directory.iterdir()] == ["image.fits"]
