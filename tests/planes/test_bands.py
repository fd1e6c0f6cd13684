"""A mask is the same whatever the bands in which the image is worked on, by every route to it."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from astropy.io import fits
from conftest import radio_header, write_fits
from numpy.testing import assert_array_equal

from skerry import MaskingOptions, SkerryWarning
from skerry.steps.mask import make_mask

FWHM, SIZE = 3.0, 200
MAC = {"flood_fill_use_mac": True, "flood_fill_positive_seed_clip": 1.3, "flood_fill_positive_flood_clip": 0.8}
BOTH = {"flood_fill_statistic": "both", "flood_fill_use_mac_box_size": 35}
ROUTES = {
    "clip": {"flood_fill": False},
    "snr": {"flood_fill_positive_seed_clip": 5},
    "lowered": {"flood_fill_positive_seed_clip": 5000},
    "false islands": {"flood_fill_false_islands": 1},
    "mac": MAC | {"flood_fill_use_mac_box_size": 30},
    "mac in sigma": {
        "flood_fill_use_mac": True,
        "flood_fill_mac_unit": "sigma",
        "flood_fill_mac_plateaus": True,
        "flood_fill_use_mac_box_size": 31,
    },
    "adaptive": MAC | {"flood_fill_use_mac_box_size": 9, "flood_fill_use_mac_adaptive_max_depth": 3},
    "both": BOTH,
    "smoothed": BOTH | {"flood_fill_smooth_beams": 1.0, "flood_fill_smooth_seed_factor": 1.6},
    "low significance": {"grow_low_snr_island": True, "grow_low_snr_island_size": 150},
    "significant": {
        "grow_low_snr_island": True,
        "grow_low_snr_island_beams": 10,
        "grow_low_snr_island_significance": 5,
        "grow_low_snr_island_smooth_beams": 1.0,
    },
    "artefacts": {"suppress_artefacts": True},
    "negative": {"flood_fill_count_negative": True},
    "eroded": {"beam_shape_erode": True, "beam_shape_erode_scales": (0, 8, 16)},
    "rims": {"beam_shape_erode": True, "beam_shape_erode_rims": True},
    "rims, smoothed": {
        "beam_shape_erode": True,
        "beam_shape_erode_rims": True,
        "beam_shape_erode_rims_smooth_beams": 2.0,
        "beam_shape_erode_rims_smooth_factor": 0.5,
    },
    "cores": {
        "beam_shape_erode": True,
        "beam_shape_erode_edge": False,
        "beam_shape_erode_keep_cores": True,
        "beam_shape_erode_scales": (0, 8),
    },
    "by scale": {"convolve_first": True, "beam_shape_erode_scales": (0, 8)} | MAC,
}


@pytest.fixture(scope="module")
def image(tmp_path_factory):
    """Noise, a bright source with spokes of both signs, faint sources, a diffuse one, and a corner without data."""
    random = np.random.default_rng(5)
    y, x = np.mgrid[:SIZE, :SIZE]

    def gaussian(row, column, fwhm):
        return np.exp(-4 * np.log(2) * ((y - row) ** 2 + (x - column) ** 2) / fwhm**2)

    kernel = np.fft.rfft2(np.fft.ifftshift(gaussian(SIZE // 2, SIZE // 2, FWHM)))
    noise = np.fft.irfft2(np.fft.rfft2(random.normal(size=(SIZE, SIZE))) * kernel, s=(SIZE, SIZE))
    data = noise / noise.std() + 400 * gaussian(90, 100, FWHM) + 3 * gaussian(110, 60, 70)
    for angle in range(0, 360, 30):
        row, column = 90 + 35 * np.sin(np.deg2rad(angle)), 100 + 35 * np.cos(np.deg2rad(angle))
        data += (9 if angle % 60 else -9) * gaussian(row, column, 2 * FWHM)
    for _ in range(30):
        data += random.uniform(4, 30) * gaussian(*random.uniform(0, SIZE, 2), FWHM)
    data = (data * 1e-3).astype(np.float32)
    data[:20, :30] = np.nan
    header = radio_header(data.shape, beam=(FWHM * 6 / 3600, FWHM * 6 / 3600, 0.0))
    return write_fits(tmp_path_factory.mktemp("bands") / "x.fits", data, header)


def masks(image, directory, options):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SkerryWarning)
        made = make_mask(
            image,
            MaskingOptions(**({"flood_fill": True} | options)),
            output=directory / "mask.fits",
            scale_output=directory / "scales.fits" if "beam_shape_erode_scales" in options else None,
        )
    return [path.read_bytes() for path in (made.mask, made.scale_mask) if path is not None]


@pytest.mark.parametrize("route", ROUTES)
def test_bands_and_threads_change_no_byte(image, tmp_path, monkeypatch, route):
    made = []
    for rows, threads in ((1000, 1), (7, 3)):
        monkeypatch.setattr("skerry.planes.bands._band_rows", lambda *_, cut=(rows, threads): cut)
        directory = tmp_path / str(rows)
        directory.mkdir()
        made.append(masks(image, directory, ROUTES[route]))
    assert made[0] == made[1]
    mask = fits.getdata(tmp_path / "7" / "mask.fits")
    assert 0 < np.count_nonzero(mask) < 0.5 * mask.size


def test_the_separate_steps_are_cut_differently_and_end_in_the_same_mask(image, tmp_path, monkeypatch):
    from skerry.steps.erode import make_eroded_mask
    from skerry.steps.flood import make_flood_mask
    from skerry.steps.noise import make_noise_maps
    from skerry.steps.signal import make_signal_image

    options = MaskingOptions(flood_fill=True, beam_shape_erode=True, beam_shape_erode_scales=(0, 8))
    made = make_mask(image, options, output=tmp_path / "m.fits", scale_output=tmp_path / "s.fits")
    mask, scales = made.mask, made.scale_mask
    monkeypatch.setattr("skerry.planes.bands._band_rows", lambda *_: (13, 2))
    rms, bkg = make_noise_maps(image, rms_output=tmp_path / "rms.fits", bkg_output=tmp_path / "bkg.fits")
    signal = make_signal_image(image, rms=rms, bkg=bkg, output=tmp_path / "signal.fits")
    islands = make_flood_mask(signal, output=tmp_path / "islands.fits", options=options).mask
    made = make_eroded_mask(islands, options=options, output=tmp_path / "m2.fits", scale_output=tmp_path / "s2.fits")
    eroded, by_scale = made.mask, made.scale_mask
    for one, other in ((mask, eroded), (scales, by_scale)):
        assert_array_equal(fits.getdata(one), fits.getdata(other))
