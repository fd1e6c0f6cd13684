"""The chain in one process gives the masks of the separate steps."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from conftest import radio_header, write_fits
from numpy.testing import assert_array_equal
from scipy import ndimage

from skerry import MaskingOptions, SkerryError
from skerry.cli import main
from skerry.io.headers import mask_scales
from skerry.steps.erode import make_eroded_mask
from skerry.steps.flood import make_flood_mask
from skerry.steps.mask import make_mask
from skerry.steps.noise import make_noise_maps
from skerry.steps.scale_mask import make_scale_mask
from skerry.steps.signal import make_signal_image
from skerry.steps.snr_mask import make_snr_mask

MAC = {
    "flood_fill": True,
    "flood_fill_use_mac": True,
    "flood_fill_positive_seed_clip": 1.5,
    "flood_fill_positive_flood_clip": 1.2,
}
KEPT = {"beam_shape_erode": True, "beam_shape_erode_edge": False, "beam_shape_erode_keep_cores": True}
RIMS = {"beam_shape_erode_rims": True, "beam_shape_erode_rims_clip": 40, "beam_shape_erode_rims_factor": 2}


@pytest.fixture
def image(tmp_path, rng):
    """A 4-D image with correlated noise of 0.2 mJy/beam, point sources, diffuse emission and an invalid border."""
    noise = ndimage.gaussian_filter(rng.normal(size=(200, 220)), 1.4)
    y, x = np.mgrid[:200, :220]
    data = 2e-4 * noise / noise.std()
    for peak, cx, cy in ((0.05, 60, 60), (0.004, 150, 40), (0.002, 180, 160)):
        data += peak * np.exp(-((x - cx) ** 2 + (y - cy) ** 2) / 7)
    data += 5e-4 * np.exp(-((x - 100) ** 2 + (y - 140) ** 2) / 500)
    data[:4] = np.nan
    return write_fits(tmp_path / "x.fits", data.astype(np.float32), radio_header((1, 1, 200, 220)), ndim=4)


def by_steps(image, options):
    """The mask, and the scale mask or None, by the separate steps."""
    if options.convolve_first:
        made = make_scale_mask(
            image, options, output=image.with_name("s.mask.fits"), scale_output=image.with_name("s.scales.fits")
        )
        return made.mask, made.scale_mask
    signal = None
    if options.needs_signal:
        rms, bkg = make_noise_maps(image, options=options)
        signal = make_signal_image(image, rms=rms, bkg=bkg)
    if not options.flood_fill:
        mask = make_snr_mask(signal, output=image.with_name("s.clip.fits"), options=options).mask
    elif options.uses_mac:
        clipped = signal if options.clips_signal else None
        mask = make_flood_mask(image, signal=clipped, output=image.with_name("s.islands.fits"), options=options).mask
    else:
        seeds = make_snr_mask(signal, seeds=True, options=options).mask
        mask = make_flood_mask(signal, seeds=seeds, output=image.with_name("s.islands.fits"), options=options).mask
    scale_mask = None
    if options.beam_shape_erode:
        by = signal if options.erodes_by_signal else None
        made = make_eroded_mask(mask, signal=by, output=image.with_name("s.eroded.fits"), options=options)
        mask, scale_mask = made.mask, made.scale_mask
    return mask, scale_mask


@pytest.mark.parametrize(
    "chosen",
    [
        {},
        {"flood_fill": True},
        {"flood_fill": True, "grow_low_snr_island": True, "grow_low_snr_island_size": 100},
        {"flood_fill": True, "grow_low_snr_island": True, "grow_low_snr_island_beams": 5},
        {"flood_fill": True, "beam_shape_erode": True},
        {"flood_fill": True, "beam_shape_erode": True, "beam_shape_erode_scales": (0, 8)},
        MAC,
        {**MAC, "flood_fill_use_mac_adaptive_max_depth": 2},
        {"flood_fill": True, "flood_fill_statistic": "mac", "flood_fill_positive_seed_clip": 1.5},
        {"flood_fill": True, "flood_fill_statistic": "both", "beam_shape_erode": True},
        {"flood_fill": True, "flood_fill_statistic": "both", "flood_fill_smooth_beams": 1},
        {**MAC, "grow_low_snr_island": True, "grow_low_snr_island_size": 100},
        {**MAC, "suppress_artefacts": True},
        {**MAC, "beam_shape_erode": True, "beam_shape_erode_scales": (0, 4, 8)},
        {"beam_shape_erode": True, **RIMS},
        {"flood_fill": True, "beam_shape_erode": True, "beam_shape_erode_scales": (0, 8), **RIMS},
        {**MAC, "beam_shape_erode": True, **RIMS},
        {"flood_fill": True, "flood_fill_statistic": "both", "beam_shape_erode": True, **RIMS},
        {"flood_fill": True, **KEPT},
        {"flood_fill": True, "beam_shape_erode": True, "beam_shape_erode_edge": False},
        {**MAC, **KEPT, **RIMS, "beam_shape_erode_scales": (0, 8)},
        {"convolve_first": True, "beam_shape_erode_scales": (0, 4), "flood_fill_positive_seed_clip": 1.5},
    ],
    ids=lambda chosen: "+".join(chosen) or "default",
)
def test_the_pixels_are_those_of_the_separate_steps(image, chosen):
    options = MaskingOptions(**chosen)
    made = make_mask(image, options)
    mask, scale_mask = made.mask, made.scale_mask
    step_mask, step_scale_mask = by_steps(image, options)
    assert fits.getdata(mask).any()
    assert fits.getdata(mask).dtype == np.uint8
    assert_array_equal(fits.getdata(mask).squeeze(), fits.getdata(step_mask).squeeze())
    assert (scale_mask is None) == (step_scale_mask is None)
    if scale_mask is not None:
        assert_array_equal(fits.getdata(scale_mask).squeeze(), fits.getdata(step_scale_mask).squeeze())
        assert mask_scales(fits.getheader(scale_mask)) == options.beam_shape_erode_scales


@pytest.mark.parametrize("flooded", [{}, {"flood_fill": True}, {**MAC, "flood_fill_positive_flood_clip": 0.4}])
def test_rims_are_taken_off_whatever_made_the_islands(image, flooded):
    options = MaskingOptions(**flooded, base_snr_clip=1.5, beam_shape_erode=True)
    whole = make_mask(image, options, output=image.with_name("whole.fits")).mask
    mask = make_mask(image, options.model_copy(update=RIMS)).mask
    rim = (fits.getdata(whole) != fits.getdata(mask)).squeeze()
    assert rim.any()
    assert np.all(np.abs(np.argwhere(rim) - 60) < 20)


def test_without_erosion_no_rims_are_taken_off(image):
    whole = make_mask(image, MaskingOptions(base_snr_clip=1.5), output=image.with_name("whole.fits")).mask
    mask = make_mask(image, MaskingOptions(base_snr_clip=1.5, **RIMS)).mask
    assert_array_equal(fits.getdata(mask), fits.getdata(whole))


def test_the_mask_has_the_dimensions_of_the_image_and_no_invalid_pixel(image):
    mask = make_mask(image, MaskingOptions().model_copy(update={"base_snr_clip": -100})).mask
    data = fits.getdata(mask)
    assert data.shape == (1, 1, 200, 220)
    assert not data[..., :4, :].any()
    assert data[..., 4:, :].all()


def test_a_given_noise_map_is_used(image):
    rms = write_fits(image.with_name("r.fits"), np.full((200, 220), 1e-3, np.float32))
    mask = make_mask(image, MaskingOptions(), rms=rms).mask
    expected = np.nan_to_num(fits.getdata(image)) / np.float32(1e-3) > 4
    assert_array_equal(fits.getdata(mask), expected)


def test_an_unused_noise_map_is_refused(image):
    with pytest.raises(SkerryError, match="uses no noise map"):
        make_mask(image, MaskingOptions(**MAC), rms=image)


@pytest.mark.parametrize("options", [{}, MAC, {"convolve_first": True, "beam_shape_erode_scales": (0, 4)}])
def test_the_signal_image_is_written_too_whether_it_is_needed_or_not(image, tmp_path, options):
    plain = make_mask(image, MaskingOptions(**options), output=tmp_path / "plain.fits")
    made = make_mask(image, MaskingOptions(**options), signal_output=tmp_path / "s.fits", overwrite=True)
    rms, bkg = make_noise_maps(image)
    expected = make_signal_image(image, rms=rms, bkg=bkg)
    assert made.signal == tmp_path / "s.fits"
    assert plain.signal is None
    assert_array_equal(fits.getdata(made.signal), fits.getdata(expected))
    assert fits.getheader(made.signal).get("BUNIT") == fits.getheader(expected).get("BUNIT")
    assert_array_equal(fits.getdata(made.mask), fits.getdata(plain.mask))


def test_the_signal_image_of_a_given_noise_map_is_written_on_the_command_line(image, capsys):
    rms = write_fits(image.with_name("r.fits"), np.full((200, 220), 1e-3, np.float32))
    output = image.with_name("s.fits")
    assert main(["mask", str(image), "--rms", str(rms), "--signal-output", str(output)]) == 0
    assert str(output) in capsys.readouterr().out
    assert_array_equal(fits.getdata(output), fits.getdata(image) / np.float32(1e-3))
    assert main(["mask", str(image), "-o", str(image.with_name("m.fits")), "--signal-output", str(output)]) == 2


def test_no_beam_is_found_out_before_any_work(tmp_path):
    bare = write_fits(tmp_path / "x.fits", np.zeros((50, 50), np.float32), radio_header(beam=None))
    with pytest.raises(SkerryError, match=r"x\.fits: has no BMAJ"):
        make_mask(bare, MaskingOptions(beam_shape_erode=True))
    assert [path.name for path in tmp_path.iterdir()] == ["x.fits"]


def test_the_scale_mask_lies_beside_the_mask_that_is_named(tmp_path: Path, rng: np.random.Generator) -> None:
    data = rng.normal(size=(80, 80)).astype(np.float32)
    data[30:40, 30:40] += 50
    image = write_fits(tmp_path / "x.fits", data, radio_header((80, 80)))
    (tmp_path / "there").mkdir()
    options = MaskingOptions(beam_shape_erode=True, beam_shape_erode_scales=(0, 4))
    there = tmp_path / "there" / "y.mask.fits"
    assert make_mask(image, options, output=there).scale_mask == there.with_name("y.scalemask.fits")
    eroded = make_eroded_mask(there, options, output=tmp_path / "z.fits")
    assert eroded.scale_mask == tmp_path / "z.scalemask.fits"
    smoothed = MaskingOptions(convolve_first=True, beam_shape_erode_scales=(0, 4))
    made = make_scale_mask(image, smoothed, scale_output=tmp_path / "there" / "w.scalemask.fits")
    assert made.mask == tmp_path / "there" / "w.mask.fits"
