"""The files of a step are settled before any of them is opened, and closed at its end."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from conftest import write_fits

from skerry import SkerryError
from skerry.io.outputs import scale_output_beside
from skerry.steps.step_files import StepFiles


@pytest.fixture
def image(tmp_path: Path) -> Path:
    return write_fits(tmp_path / "x.fits", np.zeros((4, 5), np.float32))


def test_outputs_are_checked_before_inputs_are_opened(tmp_path: Path) -> None:
    (tmp_path / "m.fits").touch()
    with pytest.raises(SkerryError, match=r"m\.fits: exists"):
        StepFiles("flood", [tmp_path / "missing.fits"], [tmp_path / "m.fits"], False)


def test_an_input_is_no_output(image: Path) -> None:
    with pytest.raises(SkerryError, match=r"x\.fits: is an input"):
        StepFiles("flood", [image, None], [None, image], True)


def test_what_is_opened_is_closed_at_the_end(image: Path) -> None:
    with StepFiles("flood", [image], [], False) as files:
        opened = files.open_image(image)
        assert opened.data[0:4].shape == (4, 5)
    with pytest.raises(SkerryError, match=r"x\.fits: cannot be read"):
        opened.data[0:4]


def test_an_image_of_another_size_is_refused(image: Path, tmp_path: Path) -> None:
    other = write_fits(tmp_path / "y.fits", np.zeros((5, 4), np.uint8))
    with StepFiles("flood", [image, other], [], False) as files:
        like = files.open_image(image)
        for open_file in (files.open_image, files.open_mask):
            with pytest.raises(SkerryError, match=r"y\.fits: has 4 x 5 pixels, but .*x\.fits has 5 x 4"):
                open_file(other, like=like)


def test_the_provenance_names_the_inputs_that_are_given_in_their_order(image: Path, tmp_path: Path) -> None:
    files = StepFiles("flood", [image, None, tmp_path / "a.fits"], [], False)
    provenance = files.provenance({"clip": 5}, {"SKSEED": (5.0, "seed clip")})
    assert (provenance.command, provenance.inputs) == ("flood", [image, tmp_path / "a.fits"])
    assert (provenance.options, provenance.facts) == ({"clip": 5}, {"SKSEED": (5.0, "seed clip")})


def test_a_scale_mask_has_a_name_only_with_scales() -> None:
    x = Path("x.mask.fits")
    assert scale_output_beside(x, (0, 8), None, "scales") == Path("x.scalemask.fits")
    assert scale_output_beside(x, (0, 8), Path("y.fits"), "scales") == Path("y.fits")
    assert scale_output_beside(x, None, None, "scales") is None
    with pytest.raises(SkerryError, match=r"y\.fits: a scale mask needs scales"):
        scale_output_beside(x, None, Path("y.fits"), "scales")
