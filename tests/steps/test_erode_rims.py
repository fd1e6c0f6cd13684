"""The files of a mask whose rims of bright sources are taken off."""

from __future__ import annotations

import numpy as np
import pytest
from conftest import radio_header, write_fits
from known_images import ringed
from numpy.testing import assert_array_equal

from skerry import MaskingOptions, beam_erosion
from skerry.cli import main
from skerry.errors import SkerryError
from skerry.io.fits import read_mask
from skerry.masking.bright_rims import without_bright_rims
from skerry.sky.beam import pixel_beam
from skerry.steps.erode import make_eroded_mask

OPTIONS = MaskingOptions(beam_shape_erode_rims=True)


SHAPE = (1, 1, 81, 81)


@pytest.fixture
def files(tmp_path):
    """A mask, and its signal image."""
    header = radio_header(SHAPE, unit=None)
    mask = write_fits(tmp_path / "x.mask.fits", (ringed() > 3).astype(np.uint8), header, ndim=4)
    return mask, write_fits(tmp_path / "x.signal.fits", ringed(), header, ndim=4)


@pytest.mark.parametrize("scales", [None, (0, 4)])
def test_rims_are_taken_off_once_before_the_erosion(files, scales):
    mask, signal = files
    options = OPTIONS.model_copy(update={"beam_shape_erode_scales": scales})
    made = make_eroded_mask(mask, signal=signal, options=options)
    beam = pixel_beam(radio_header(SHAPE))
    area = 2 * np.pi * 22 * 17.5 / 36 / (8 * np.log(2))
    expected = np.asarray(beam_erosion(without_bright_rims(ringed() > 3, ringed(), OPTIONS, area), beam, scales=scales))
    assert expected.any()
    assert (expected != np.asarray(beam_erosion(ringed() > 3, beam, scales=scales))).any()
    assert_array_equal(read_mask(made.mask if scales is None else made.scale_mask).data, expected)


def test_the_command_takes_off_rims(files):
    mask, signal = files
    expected = make_eroded_mask(mask, signal=signal, options=OPTIONS, output=mask.with_name("e.fits")).mask
    output = mask.with_name("x.eroded.fits")
    assert main(["erode", str(mask), "--rims", "--signal", str(signal)]) == 0
    assert_array_equal(read_mask(output).data, read_mask(expected).data)


def test_the_signal_is_among_the_inputs_of_the_mask(files):
    mask, signal = files
    written = make_eroded_mask(mask, signal=signal, options=OPTIONS).mask
    history = str(read_mask(written).header["HISTORY"])
    assert "x.signal.fits" in history
    assert "rims_factor = 1.3" in history


def test_rims_need_a_signal_image(files):
    with pytest.raises(SkerryError, match=r"x\.mask\.fits: `beam_shape_erode_rims` needs .*; give `signal`"):
        make_eroded_mask(files[0], options=OPTIONS)


def test_a_signal_image_without_rims_is_refused(files):
    with pytest.raises(SkerryError, match=r"x\.signal\.fits: has no use without `beam_shape_erode_rims`"):
        make_eroded_mask(files[0], signal=files[1])


@pytest.mark.parametrize(
    ("options", "names"),
    [
        ({"beam_shape_erode_keep_cores": True}, "`beam_shape_erode_keep_cores` needs"),
        ({"beam_shape_erode_edge": False}, "`beam_shape_erode_edge` false needs"),
        (
            {"beam_shape_erode_keep_cores": True, "beam_shape_erode_rims": True},
            "`beam_shape_erode_rims` and `beam_shape_erode_keep_cores` need",
        ),
    ],
)
def test_cores_and_what_is_invalid_need_a_signal_image_too(files, options, names):
    with pytest.raises(SkerryError, match=f"^{files[0]}: {names} the signal image; give `signal`"):
        make_eroded_mask(files[0], options=MaskingOptions(**options))
    assert make_eroded_mask(files[0], options=MaskingOptions(**options), signal=files[1]).report.islands > 0


def test_an_image_that_is_not_in_sigma_is_refused(files):
    image = write_fits(files[0].with_name("x.fits"), ringed(), radio_header(SHAPE), ndim=4)
    with pytest.raises(SkerryError, match=r"x\.fits: is in Jy/beam, not in sigma; give a signal image"):
        make_eroded_mask(files[0], signal=image, options=OPTIONS)


def test_a_signal_image_of_another_size_is_refused(files):
    other = write_fits(files[0].with_name("o.fits"), ringed()[:80], radio_header(unit=None))
    with pytest.raises(SkerryError, match=r"o\.fits: has 81 x 80 pixels, but .* has 81 x 81"):
        make_eroded_mask(files[0], signal=other, options=OPTIONS)
