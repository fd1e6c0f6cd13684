"""CASA images where a mask or an image is looked at, as tclean leaves them; elsewhere a sentence says what to do."""

from __future__ import annotations

import sys
import warnings
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from astropy.io import fits
from conftest import radio_header, write_fits
from numpy.testing import assert_array_equal
from numpy.typing import NDArray

from skerry import SkerryError, SkerryWarning, check_mask, make_exported_mask
from skerry.cli import main
from skerry.io.stored_images import open_stored
from skerry.steps.check_clean import check_clean, model_beside

SHAPE = (300, 17)
"""More rows than are read at once."""
CHANNELS = 3


@pytest.fixture(scope="module")
def casacore() -> ModuleType:
    """Module that reads and writes CASA images."""
    return pytest.importorskip("casacore.images", reason="no python-casacore (pip install 'skerry[casacore]')")


@pytest.fixture
def tclean(casacore: ModuleType, tmp_path: Path) -> Path:
    """An image of three channels, as tclean makes it."""
    noise = np.random.default_rng(1).normal(size=(CHANNELS, 1, *SHAPE))
    return casa_image(casacore, tmp_path / "tclean.image", noise)


def header_of(shape: tuple[int, ...], **cards: Any) -> fits.Header:
    """With the axes RA, Dec, Stokes, Freq, as those of tclean."""
    header = radio_header(shape)
    header.update({"CTYPE3": "STOKES", "CRVAL3": 1.0, "CTYPE4": "FREQ", "CRVAL4": 1e9 + 1 / 3, "CDELT4": 1e6 / 3})
    header.update({"CRPIX4": 1.0, "CDELT3": 1.0, "CRPIX3": 1.0, "SPECSYS": "LSRK", "TELESCOP": "ASKAP"} | cards)
    return header


def casa_image(casacore: ModuleType, path: Path, data: NDArray[Any], **cards: Any) -> Path:
    written = write_fits(
        path.with_name(f"{path.name}.as.fits"), data.astype(np.float32), header_of(data.shape, **cards)
    )
    casacore.image(str(written)).saveas(str(path))
    return path


def masks(channels: int = CHANNELS) -> NDArray[np.uint8]:
    data = np.zeros((channels, 1, *SHAPE), np.uint8)
    for channel in range(channels):
        data[channel, 0, 10 + channel : 20, 3:6] = 1
    return data


def exported(directory: Path, like: Path, data: NDArray[np.uint8]) -> Path:
    mask = write_fits(directory / "x.mask.fits", data, header_of(data.shape))
    return make_exported_mask(mask, "casa", directory / "x.mask", like=like)


def test_a_casa_image_is_read_as_it_is(casacore: ModuleType, tmp_path: Path) -> None:
    data = np.random.default_rng(1).normal(size=(CHANNELS, 1, *SHAPE)).astype(np.float32)
    data[1, 0, 270, 4] = np.nan
    cards = {"BUNIT": "Jy/beam", "BMAJ": 12 / 3600, "BMIN": 6 / 3600, "BPA": 30.0}
    path = casa_image(casacore, tmp_path / "x.image", data, **cards)
    with open_stored(path) as stored:
        assert (stored.place, stored.shape) == ("casa", data.shape)
        found = np.array([np.concatenate([values for _, values in plane]) for plane in stored.planes()])
        assert_array_equal(found, data[:, 0])
        for keyword, value in cards.items():
            assert stored.header[keyword] == (value if keyword == "BUNIT" else pytest.approx(value, rel=1e-6))
        assert [stored.header[f"NAXIS{n}"] for n in range(1, 5)] == list(data.shape[::-1])


@pytest.mark.parametrize("channels", [1, CHANNELS])
@pytest.mark.parametrize("imager", [None, "casa"])
def test_what_was_exported_passes(tclean: Path, tmp_path: Path, channels: int, imager: str | None) -> None:
    """Without a warning: its frequencies are those of the image to the last digit."""
    made = exported(tmp_path, tclean, masks(channels))
    checked = check_mask(made, image=tclean, imager=imager, channels=CHANNELS)
    assert (checked.size, checked.planes, checked.islands) == ((17, 300), CHANNELS, CHANNELS)


@pytest.mark.parametrize(
    ("cards", "value", "problem"),
    [
        ({}, 0.4, r"30 pixels are neither 0 nor 1 \(0.4\): tclean cleans wherever a pixel is above 0"),
        ({}, 0.0, "no pixel of plane 0 is masked: tclean would clean nothing there"),
        ({"CRPIX1": 12.0}, 1.0, "is shifted: .* tclean regrids it"),
        ({"SPECSYS": "TOPOCENT", "TELESCOP": "simulated"}, 1.0, "has SPECSYS = 'TOPO' and TELESCOP"),
    ],
)
def test_what_tclean_would_read_as_another_mask_is_refused(
    casacore: ModuleType, tclean: Path, tmp_path: Path, cards: dict[str, Any], value: float, problem: str
) -> None:
    data = masks().astype(np.float32)
    data[0] *= value
    path = casa_image(casacore, tmp_path / "x.mask", data, **cards)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SkerryWarning)
        with pytest.raises(SkerryError, match=problem):
            check_mask(path, image=tclean, channels=CHANNELS)


def test_a_last_digit_of_a_frequency_is_seen(casacore: ModuleType, tclean: Path, tmp_path: Path) -> None:
    """As of a mask that went through a FITS file, by which tclean may lose its first channel."""
    path = casa_image(casacore, tmp_path / "x.mask", masks(), CRVAL4=np.nextafter(1e9 + 1 / 3, 2e9))
    with pytest.warns(SkerryWarning, match=r"its frequencies are not those of .*tclean\.image to the last digit"):
        check_mask(path, image=tclean, channels=CHANNELS)


def test_a_clean_is_looked_at_in_the_images_that_tclean_left(
    casacore: ModuleType, tclean: Path, tmp_path: Path
) -> None:
    mask = exported(tmp_path, tclean, masks(1))
    model = masks(1).repeat(CHANNELS, axis=0) * 0.5
    casa_image(casacore, tmp_path / "tclean.model", model)
    assert model_beside(tclean) == tmp_path / "tclean.model"
    checked = check_clean(mask, tclean)
    assert checked.contents is not None
    assert (checked.contents.total, checked.found) == (pytest.approx(0.5 * 30 * CHANNELS), {})
    model[2, 0, 40, 8] = 0.1
    casa_image(casacore, tmp_path / "other.model", model)
    with pytest.warns(SkerryWarning, match="% of its flux lies outside of"):
        assert list(check_clean(mask, tclean, model=tmp_path / "other.model").found) == ["outside the mask"]


@pytest.mark.parametrize("command", ["mask", "flood", "erode", "noise", "info"])
def test_elsewhere_it_is_said_how_to_make_a_fits_file_of_it(
    tclean: Path, tmp_path: Path, command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    output = [] if command in ("info", "noise") else ["-o", str(tmp_path / "new.fits")]
    before = sorted(tmp_path.iterdir())
    assert main([command, str(tclean), *output]) == 2
    assert capsys.readouterr().err == (
        f"skerry: error: {tclean}: is a CASA image; make a FITS file of it with CASA's exportfits('{tclean}', "
        f"'{tclean}.fits'), and give that\n"
    )
    assert sorted(tmp_path.iterdir()) == before


def test_what_is_to_be_typed_in_casa_quotes_quotes(tclean: Path, capsys: pytest.CaptureFixture[str]) -> None:
    quoted = tclean.rename(tclean.with_name("it's.image"))
    assert main(["info", str(quoted)]) == 2
    assert f'exportfits("{quoted}", "{quoted}.fits")' in capsys.readouterr().err


def test_without_casacore_it_is_said_how_to_get_it(
    tclean: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    mask = exported(tmp_path, tclean, masks(1))
    monkeypatch.setitem(sys.modules, "casacore.images", None)
    assert main(["check", str(mask), "--image", str(tclean)]) == 2
    assert capsys.readouterr().err == (
        "skerry: error: CASA images need python-casacore, which is not installed; pip install 'skerry[casacore]'\n"
    )
