"""Few masks of a whole image are kept at once, and none waits for a search for garbage."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits

from benchmarks.steps.images import write_image
from skerry.config.options import MaskingOptions
from skerry.config.presets import with_preset
from skerry.planes.bits import BitMask
from skerry.steps.mask import make_mask

SIZE = 1024


class Kept:
    """Masks of the whole image that there are, and the most that there were at once."""

    def __init__(self) -> None:
        self.now = self.most = 0

    def more(self, mask: BitMask) -> None:
        self.now += 1
        self.most = max(self.most, self.now)
        weakref.finalize(mask, self.less)

    def less(self) -> None:
        self.now -= 1


@contextmanager
def masks_kept(monkeypatch: pytest.MonkeyPatch) -> Iterator[Kept]:
    kept, make = Kept(), BitMask.__init__

    def count(mask: BitMask, shape: tuple[int, ...]) -> None:
        make(mask, shape)
        if mask.shape == (SIZE, SIZE):
            kept.more(mask)

    with monkeypatch.context() as patched:
        patched.setattr(BitMask, "__init__", count)
        gc.collect()
        gc.disable()
        try:
            yield kept
        finally:
            gc.enable()


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Sources in noise, with bright ones: all pixels valid, and with a border and holes that are not."""
    directory = tmp_path_factory.mktemp("images")
    whole, holed = directory / "whole.fits", directory / "holed.fits"
    write_image(whole, SIZE, (60.0, -45.0), 1, nan_border=False)
    pixels, header = fits.getdata(whole, header=True)
    pixels[..., :100] = pixels[..., 400:420, 500:600] = np.nan
    fits.writeto(holed, pixels, header)
    return {"whole": whole, "holed": holed}


@pytest.mark.parametrize(("name", "most"), [("whole", 4), ("holed", 6)])
@pytest.mark.parametrize("preset", ["early-round", "late-round", "compact"])
def test_few_masks_are_kept_at_once(
    images: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, preset: str, name: str, most: int
) -> None:
    with masks_kept(monkeypatch) as kept:
        make_mask(images[name], with_preset(preset, MaskingOptions()), preset=preset, output=tmp_path / "out.fits")
    assert 2 < kept.most <= most
    assert kept.now == 0
