"""Images of Stokes Q, U and V, and residual images: what tells that sources are of both signs, and what is told."""

from __future__ import annotations

import re
import warnings

import numpy as np
import pytest
from astropy.io import fits
from conftest import radio_header, write_fits
from numpy.testing import assert_array_equal
from scipy import ndimage

from skerry import (
    MaskingOptions,
    SkerryError,
    SkerryWarning,
    make_beam_mask,
    make_eroded_mask,
    make_flood_mask,
    make_mask,
    make_mosaic,
    make_noise_maps,
    make_scale_mask,
    make_signal_image,
    make_snr_mask,
    with_preset,
)
from skerry.cli import main
from skerry.errors import SkerryNote

pytestmark = pytest.mark.filterwarnings("ignore::skerry.errors.SkerryNote")

SHAPE = (192, 192)
SIGMA = 1e-4
SOURCES = {(50, 60): 40, (130, 120): -40, (60, 140): -12, (140, 40): 12}
"""Peaks in sigma, by row and column."""
NEGATIVE = [place for place, peak in SOURCES.items() if peak < 0]


def sky() -> np.ndarray:
    """Noise that the beam correlates, with sources of both signs."""
    noise = ndimage.gaussian_filter(np.random.default_rng(7).normal(size=SHAPE), 1.4)
    image = noise / noise.std()
    y, x = np.indices(SHAPE)
    for (row, column), peak in SOURCES.items():
        image += peak * np.exp(-((y - row) ** 2 + (x - column) ** 2) / (2 * 1.4**2))
    return (SIGMA * image).astype(np.float32)


def head(**cards):
    header = radio_header(SHAPE, beam=(19.8 / 3600, 19.8 / 3600, 0))
    header.update(cards)
    return header


def stokes(code: float, axis: int = 4, pixel: float = 1.0, step: float = 1.0) -> dict[str, object]:
    return {f"CTYPE{axis}": "STOKES", f"CRVAL{axis}": code, f"CRPIX{axis}": pixel, f"CDELT{axis}": step}


V = stokes(4.0)


@pytest.fixture
def image(tmp_path):
    return write_fits(tmp_path / "v.fits", sky(), head(**V))


def masked(path) -> np.ndarray:
    return np.squeeze(fits.getdata(path)) != 0


def noted(make, *args, **kwargs):
    """What a step gives, and what it told, without the note of a raised clip."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        made = make(*args, **kwargs)
    told = [w for w in caught if "is raised" not in str(w.message)]
    return made, [(w.category, str(w.message)) for w in told]


def recorded(path) -> list[str]:
    return [str(card).strip() for card in fits.getheader(path)["HISTORY"]]


@pytest.mark.parametrize(
    ("cards", "both_signs"),
    [
        (stokes(4.0, axis=3), True),
        (stokes(4.0, axis=4), True),
        (stokes(1.0, pixel=0.0), True),
        (stokes(4.0, pixel=4.0), False),
        (stokes(2.0), True),
        (stokes(3.0), True),
        (stokes(1.0), False),
        (stokes(0.0), False),
        (stokes(-7.0), True),
        (stokes(-4.0, axis=3), True),
        (stokes(-1.0), False),
        (stokes(-6.0), False),
        (stokes(5.0), False),
        (stokes(12.0), False),
        ({"STOKES": "q"}, True),
        ({"STOKES": "I"}, False),
        ({"CTYPE3": "FREQ", "CRVAL3": 4.0, "CRPIX3": 1.0, "CDELT3": 1.0}, False),
        ({}, False),
    ],
)
def test_the_stokes_axis_tells_whether_negative_sources_are_masked(tmp_path, cards, both_signs):
    path = write_fits(tmp_path / "image.fits", sky(), head(**cards))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SkerryWarning)
        made = make_mask(path)
    mask = masked(made.mask)
    assert made.report.both_signs is both_signs
    assert [bool(mask[place]) for place in NEGATIVE] == [both_signs] * 2
    assert mask[50, 60]
    assert ("both_signs = True" in recorded(made.mask)) is both_signs


@pytest.mark.parametrize("order", [("STOKES", "FREQ"), ("FREQ", "STOKES")])
def test_axes_three_and_four_may_be_exchanged(tmp_path, order):
    header = radio_header((1, 1, *SHAPE), beam=(19.8 / 3600, 19.8 / 3600, 0))
    for axis, name in enumerate(order, start=3):
        header[f"CTYPE{axis}"], header[f"CRVAL{axis}"] = name, 4.0 if name == "STOKES" else 1.4e9
    made = make_mask(write_fits(tmp_path / "image.fits", sky(), header, ndim=4))
    assert masked(made.mask)[130, 120]


def test_the_option_goes_before_the_header(image, tmp_path):
    residual = write_fits(tmp_path / "residual.fits", sky(), head(**stokes(1.0)))
    both = with_preset("late-round", MaskingOptions(both_signs=True))
    positive = with_preset("late-round", MaskingOptions(both_signs=False))
    told = masked(make_mask(image, output=tmp_path / "a.fits").mask)
    assert_array_equal(masked(make_mask(residual, both, output=tmp_path / "b.fits").mask), told)
    plain = masked(make_mask(residual, output=tmp_path / "c.fits").mask)
    made, notes = noted(make_mask, image, positive, output=tmp_path / "d.fits")
    assert_array_equal(masked(made.mask), plain)
    assert notes == []
    assert "both_signs = False" in recorded(made.mask)
    assert not plain[130, 120]


def test_the_mask_of_the_negative_image_is_the_same(image, tmp_path):
    negative = write_fits(tmp_path / "negative.fits", -sky(), head(**V))
    assert_array_equal(masked(make_mask(negative).mask), masked(make_mask(image).mask))


def test_what_is_off_is_told_in_one_note(image):
    made, notes = noted(make_mask, image)
    assert [category for category, _ in notes] == [SkerryNote]
    assert "v.fits: is Stokes V: sources of both signs are masked, by |signal|" in notes[0][1]
    assert notes[0][1].endswith("no minimum absolute clip, no suppression of artefacts, no rims are taken off")
    assert made.report.removed[0].by == "erosion"
    assert made.report.noise_islands == pytest.approx(0.3, rel=0.02) or made.report.seed_clip == 5


@pytest.mark.parametrize("name", ["late-round", "diffuse"])
def test_the_steps_by_hand_make_the_mask_of_the_chain(image, tmp_path, name):
    options = with_preset(name, MaskingOptions())
    chain = make_mask(image, options, output=tmp_path / "chain.fits")
    (rms, bkg), notes = noted(make_noise_maps, image, options)
    assert notes == [(SkerryNote, "v.fits: is Stokes V: sources of both signs are left out of the noise")]
    signal = make_signal_image(image, rms=rms, bkg=bkg)
    islands = make_flood_mask(image, options, signal=signal)
    eroded, notes = noted(make_eroded_mask, islands.mask, options, signal=signal)
    said = "is Stokes V: sources of both signs are eroded alike, and what is negative may be emission: no rims are"
    assert [text.partition(": ")[2] for _, text in notes] == [f"{said} taken off"]
    assert_array_equal(masked(eroded.mask), masked(chain.mask))
    assert eroded.report.both_signs
    assert masked(chain.mask)[130, 120]


@pytest.mark.parametrize("cards", [V, {}])
def test_seeds_and_islands_by_hand_are_those_of_the_chain(tmp_path, cards):
    image = write_fits(tmp_path / "image.fits", sky(), head(**cards))
    options = MaskingOptions(flood_fill=True, flood_fill_positive_seed_clip=6, both_signs=None if cards else True)
    chain = make_mask(image, options, output=tmp_path / "chain.fits")
    rms, bkg = make_noise_maps(image, options)
    signal = make_signal_image(image, rms=rms, bkg=bkg)
    seeds = make_snr_mask(signal, options, seeds=True)
    values = np.squeeze(fits.getdata(signal))
    assert_array_equal(masked(seeds.mask), np.abs(values) >= 6)
    assert_array_equal(masked(make_flood_mask(signal, options, seeds=seeds.mask).mask), masked(chain.mask))
    plain = make_snr_mask(signal, options, output=tmp_path / "plain.fits")
    assert_array_equal(masked(plain.mask), np.abs(values) > 4)


def test_a_mask_of_a_residual_tells_that_it_is_of_both_signs(tmp_path):
    """By its HISTORY: the Stokes axis says I."""
    image = write_fits(tmp_path / "residual.fits", sky(), head(**stokes(1.0)))
    signal = tmp_path / "residual.signal.fits"
    options = MaskingOptions(flood_fill=True, both_signs=True)
    islands = make_mask(image, options, signal_output=signal)
    rims = MaskingOptions(beam_shape_erode_rims=True)
    made = make_eroded_mask(islands.mask, rims, signal=signal)
    assert made.report.both_signs
    assert [taken.by for taken in made.report.removed] == ["erosion"]
    seen = make_beam_mask(
        image, islands.mask, MaskingOptions(extract_beam_smoothed_clip=2), output=tmp_path / "beam.fits"
    )
    assert masked(seen.mask)[130, 120]
    alone = MaskingOptions(extract_beam_smoothed_clip=2, both_signs=False)
    assert not masked(make_beam_mask(image, islands.mask, alone, output=tmp_path / "one.fits").mask)[130, 120]


def test_a_mosaic_of_stokes_v_is_of_stokes_v(image, tmp_path):
    mosaic = make_mosaic([image], output=tmp_path / "mosaic.fits", primary_beam_fwhm=1.0)
    assert fits.getheader(mosaic)["STOKES"] == "V"
    made = make_mask(mosaic)
    assert made.report.both_signs
    assert masked(make_beam_mask(image, made.mask, output=tmp_path / "beam.fits").mask)[130, 120]


def test_the_negatives_of_images_have_the_same_weights_in_a_mosaic(tmp_path):
    made = []
    for name, sign in (("positive", 1), ("negative", -1)):
        image = write_fits(tmp_path / f"{name}.fits", sign * sky(), head(**V))
        weight = tmp_path / f"{name}.weight.fits"
        asked = {"primary_beam_fwhm": 1.0, "noise_weights": True, "weight_output": weight}
        make_mosaic([image], output=tmp_path / f"{name}.mosaic.fits", **asked)
        made.append(fits.getdata(weight))
    assert_array_equal(*made)


def test_a_mosaic_of_stokes_i_says_nothing_of_it(tmp_path):
    image = write_fits(tmp_path / "i.fits", sky(), head(**stokes(1.0)))
    assert "STOKES" not in fits.getheader(make_mosaic([image], output=tmp_path / "m.fits", primary_beam_fwhm=1.0))


def test_images_of_different_stokes_parameters_make_no_mosaic(image, tmp_path):
    other = write_fits(tmp_path / "i.fits", sky(), head(**stokes(1.0)))
    with pytest.raises(SkerryError, match=r"i\.fits: is Stokes I, but .*v\.fits is V; give images of one"):
        make_mosaic([image, other], output=tmp_path / "m.fits", primary_beam_fwhm=1.0)


def test_the_minimum_absolute_clip_alone_masks_what_is_positive_and_says_so(image):
    options = MaskingOptions(flood_fill=True, flood_fill_use_mac=True, flood_fill_positive_seed_clip=1.5)
    made, told = noted(make_mask, image, options)
    assert not made.report.both_signs
    assert [category for category, _ in told] == [SkerryWarning]
    assert "is Stokes V, but with the minimum absolute clip alone only what is positive is masked" in told[0][1]
    scales = MaskingOptions(beam_shape_erode_scales=(0, 8), flood_fill_positive_seed_clip=1.5)
    _, told = noted(make_scale_mask, image, scales, output=image.with_name("s.fits"))
    assert "is Stokes V, but a mask by scales holds only what is positive" in told[0][1]


@pytest.mark.parametrize(
    ("given", "what"),
    [
        ({"flood_fill_use_mac": True}, "the minimum absolute clip alone"),
        ({"flood_fill_statistic": "mac"}, "the minimum absolute clip alone"),
        ({"convolve_first": True, "beam_shape_erode_scales": (0, 8)}, "convolve_first"),
    ],
)
def test_both_signs_are_refused_where_only_positive_sources_can_be_found(given, what):
    with pytest.raises(ValueError, match=f"both_signs: with {what} only what is positive"):
        MaskingOptions(both_signs=True, **given)


def test_a_negative_source_that_erosion_removes_is_told_with_its_sign(tmp_path):
    pixels = sky()
    pixels[90:92, 30:32] = -25 * SIGMA
    image = write_fits(tmp_path / "v.fits", pixels, head(**V))
    options = MaskingOptions(
        flood_fill=True, flood_fill_positive_flood_clip=4, beam_shape_erode=True, beam_shape_erode_minimum_response=0.5
    )
    with pytest.warns(SkerryWarning, match=r"erosion removed .*S/N -2\d\.\d"):
        make_mask(image, options)


def test_a_brightest_source_that_is_negative_and_not_masked_is_told_with_its_sign(tmp_path):
    pixels = sky()
    pixels[90, 30] = -90 * SIGMA
    image = write_fits(tmp_path / "v.fits", pixels, head(**V))
    # Of the island of a single pixel only that one exceeds this clip, which is less than half of the beam.
    options = with_preset("late-round", MaskingOptions(flood_fill_pixel_clip=3))
    with pytest.warns(SkerryWarning, match=r"the brightest source is not in the mask: S/N -\d\d\.\d"):
        make_mask(image, options)


def test_a_negative_pixel_whose_core_a_preset_does_not_keep_is_told_with_its_sign(tmp_path):
    pixels = sky()
    pixels[90, 30] = -90 * SIGMA
    image = write_fits(tmp_path / "v.fits", pixels, head(**V))
    options = with_preset("late-round", MaskingOptions(beam_shape_erode_keep_cores=False))
    with pytest.warns(SkerryWarning, match=r"erosion removed an island altogether, .* S/N -\d\d\.\d"):
        make_mask(image, options)


@pytest.mark.parametrize("preset", [["--preset", "late-round"], ["--no-preset", "--flood-fill"]])
def test_the_commands_that_info_prints_make_the_mask_again(image, tmp_path, monkeypatch, capsys, preset):
    monkeypatch.chdir(tmp_path)
    main(["mask", "v.fits", "--no-both-signs", "-o", "one.mask.fits", "--quiet", *preset])
    main(["mask", "v.fits", "-o", "both.mask.fits", "--quiet", *preset])
    for name, said in (("one", "--no-both-signs"), ("both", "--both-signs")):
        main(["info", f"{name}.mask.fits"])
        told = capsys.readouterr().out
        command = next(line for line in told.splitlines() if line.startswith("skerry mask"))
        assert said in command.split()
        assert ("of both signs" in told) is (name == "both")
        again = re.sub(r"--output \S+", "--output again.fits", command).split()[1:]
        main([*again, "--overwrite", "--quiet"])
        assert_array_equal(masked("again.fits"), masked(f"{name}.mask.fits"))
