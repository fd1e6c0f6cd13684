"""Masks whose values are labels, or 255, are taken as they are meant: on request all but 0 is masked."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from conftest import radio_header, write_fits
from numpy.typing import NDArray

from skerry import MaskingOptions, SkerryError, SkerryWarning
from skerry.io.headers import Provenance, mask_header, scale_facts
from skerry.steps.check import check_mask
from skerry.steps.erode import make_eroded_mask
from skerry.steps.extract_beam import make_beam_mask
from skerry.steps.flood import make_flood_mask

SHAPE = (64, 64)
ISLANDS = np.zeros(SHAPE, np.uint8)
ISLANDS[10:25, 10:25] = ISLANDS[40:55, 30:50] = 1
LABELS = ISLANDS.astype(np.int32) * np.where(np.arange(64)[:, np.newaxis] < 30, 3, 70000)
VALUES = {
    "0/1 of float32": ISLANDS.astype(np.float32),
    "0/255": ISLANDS * np.uint8(255),
    "labels": LABELS,
    "labels of float32": LABELS.astype(np.float32),
    "labels of int64": LABELS.astype(np.int64),
}


@pytest.fixture(params=VALUES)
def values(request: pytest.FixtureRequest) -> NDArray:
    return VALUES[request.param]


@pytest.fixture
def image(tmp_path: Path, rng: np.random.Generator) -> Path:
    return write_fits(tmp_path / "image.fits", rng.normal(size=SHAPE).astype(np.float32))


def test_a_beam_takes_all_but_zero_as_masked(tmp_path: Path, image: Path, values: NDArray) -> None:
    mask = make_beam_mask(image, write_fits(tmp_path / "m.fits", values, radio_header(SHAPE)), nonzero=True).mask
    assert fits.getdata(mask).dtype == np.uint8
    np.testing.assert_array_equal(fits.getdata(mask), ISLANDS)


def test_values_that_are_no_bits_are_kept_with_the_advice_to_make_them_ones(tmp_path: Path, image: Path) -> None:
    labels = write_fits(tmp_path / "m.fits", LABELS, radio_header(SHAPE))
    with pytest.warns(SkerryWarning, match=r"m\.fits: has values above 1, but no scales .* give `nonzero`"):
        mask = make_beam_mask(image, labels).mask
    np.testing.assert_array_equal(fits.getdata(mask), LABELS)


def test_a_scale_mask_becomes_a_plain_one(tmp_path: Path, image: Path) -> None:
    header = mask_header(radio_header(SHAPE), Provenance("erode", facts=scale_facts((0, 8))))
    scales = write_fits(tmp_path / "m.scalemask.fits", ISLANDS * np.uint8(3), header)
    made = make_beam_mask(image, scales, nonzero=True)
    assert (made.mask.name, made.scale_mask) == ("image.mask.fits", None)
    assert not [keyword for keyword in fits.getheader(made.mask) if keyword.startswith(("SKNSCALE", "SKBIT"))]
    np.testing.assert_array_equal(fits.getdata(made.mask), ISLANDS)


@pytest.mark.parametrize("nonzero", [False, True])
def test_labels_erode_as_the_islands_they_are(tmp_path: Path, values: NDArray, nonzero: bool) -> None:
    found, expected = (
        make_eroded_mask(write_fits(tmp_path / name, data, radio_header(SHAPE)), nonzero=nonzero).mask
        for name, data in (("labels.fits", values), ("plain.fits", ISLANDS))
    )
    assert fits.getdata(expected).any()
    np.testing.assert_array_equal(fits.getdata(found), fits.getdata(expected))


@pytest.mark.parametrize("nonzero", [False, True])
def test_labels_are_seeds(tmp_path: Path, values: NDArray, nonzero: bool) -> None:
    signal = write_fits(tmp_path / "s.fits", np.full(SHAPE, 3.0, np.float32) * ISLANDS, radio_header(SHAPE, unit=None))
    seeds = write_fits(tmp_path / "seeds.fits", values, radio_header(SHAPE))
    mask = make_flood_mask(signal, MaskingOptions(flood_fill=True), seeds=seeds, nonzero=nonzero).mask
    np.testing.assert_array_equal(fits.getdata(mask), ISLANDS)


@pytest.mark.parametrize("kind", ["0/255", "labels", "labels of float32"])
def test_a_check_takes_any_values_on_request(tmp_path: Path, image: Path, kind: str) -> None:
    mask = write_fits(tmp_path / "m.fits", VALUES[kind], radio_header(SHAPE))
    with pytest.raises(SkerryError, match=r"neither 0 nor 1 .*give `nonzero`"):
        check_mask(mask, image=image)
    assert check_mask(mask, image=image, nonzero=True).islands == 2


@pytest.mark.parametrize("value", [-1, 0.5])
def test_what_is_no_label_is_refused_all_the_same(tmp_path: Path, image: Path, value: float) -> None:
    data = np.where(ISLANDS == 1, 1, value).astype(np.float32)
    mask = write_fits(tmp_path / "m.fits", data, radio_header(SHAPE))
    with pytest.raises(SkerryError, match=r"m\.fits: "):
        make_beam_mask(image, mask, nonzero=True)
    with pytest.raises(SkerryError, match=r"m\.fits: "):
        check_mask(mask, image=image, nonzero=True)
