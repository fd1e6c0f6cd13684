"""What a step tells of the mask that it made, and of what a user should look at."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from conftest import radio_header, write_fits
from known_images import noise
from numpy.typing import NDArray
from scipy import ndimage

from skerry import MaskingOptions, SkerryWarning, make_mask
from skerry.errors import SkerryNote
from skerry.io.history import steps_of
from skerry.steps.erode import make_eroded_mask
from skerry.steps.extract_beam import make_beam_mask
from skerry.steps.flood import make_flood_mask
from skerry.steps.made_mask import MadeMask
from skerry.steps.mask_warnings import LEAST_BOX_BEAMS
from skerry.steps.noise import make_noise_maps
from skerry.steps.scale_mask import make_scale_mask
from skerry.steps.snr_mask import make_snr_mask

FLOOD = MaskingOptions(flood_fill=True)
EIGHT = np.ones((3, 3))
FWHM = 3.27
"""Of the beam of `radio_header`, pixels."""


def with_sources(shape: tuple[int, int], *sources: tuple[int, int, float], sigma: float = 1.4) -> NDArray[np.float32]:
    """A signal of round sources: row, column, peak."""
    y, x = np.mgrid[: shape[0], : shape[1]]
    signal = np.zeros(shape)
    for row, column, peak in sources:
        signal += peak * np.exp(-((y - row) ** 2 + (x - column) ** 2) / (2 * sigma**2))
    return signal.astype(np.float32)


def write_signal(path: Path, signal: NDArray[np.float32]) -> Path:
    return write_fits(path, signal, radio_header(signal.shape, unit="sigma"), ndim=4)


def told(recorded: list[warnings.WarningMessage]) -> list[str]:
    return [str(warning.message) for warning in recorded if not issubclass(warning.category, SkerryNote)]


@pytest.mark.usefixtures("band_rows")
def test_islands_pixels_and_valid_pixels_are_counted(tmp_path: Path) -> None:
    signal = with_sources((60, 80), (20, 20, 30), (40, 60, 10), (0, 79, 8))
    signal[:5, :40] = np.nan
    made = make_flood_mask(write_signal(tmp_path / "s.fits", signal))
    mask = fits.getdata(made.mask)[0, 0]
    assert made.report.islands == ndimage.label(mask, EIGHT)[1] == 3
    assert made.report.pixels == mask.sum()
    assert made.report.valid_pixels == 60 * 80 - 200
    assert made.report.fraction == mask.sum() / (60 * 80 - 200)
    assert (made.report.seed_clip, made.report.flood_clip, made.report.clip_unit) == (4.5, 1.5, "sigma")
    assert made.report.warnings == ()


def test_an_island_at_the_corner_and_no_infinite_pixel_count(tmp_path: Path) -> None:
    signal = with_sources((60, 80), (20, 20, 30))
    signal[30, 30], signal[31, 31] = np.inf, -np.inf
    report = make_flood_mask(write_signal(tmp_path / "s.fits", signal)).report
    assert report.valid_pixels == 60 * 80 - 2


@pytest.mark.usefixtures("band_rows")
def test_what_rims_and_erosion_take_away_is_counted(tmp_path: Path) -> None:
    signal = with_sources((80, 80), (20, 20, 60))
    # A cross of one pixel's width: the shape of the beam does not fit into it.
    signal[60, 40:60] = 6
    islands = make_flood_mask(write_signal(tmp_path / "s.fits", signal)).mask
    report = make_eroded_mask(islands).report
    before, after = (fits.getdata(path).squeeze() for path in (islands, tmp_path / "s.eroded.fits"))
    (erosion,) = report.removed
    assert erosion == ("erosion", before.sum() - after.sum(), 1)
    assert report.islands == 1
    assert report.valid_pixels == 80 * 80


def test_an_island_that_rims_cut_into_pieces_is_one_still(tmp_path: Path) -> None:
    signal = with_sources((80, 80), (40, 40, 100))
    # A spoke of one pixel's width beside a deep ring: it comes off in part, and its pieces are narrower than the beam.
    signal[40, 44:60] = 6
    signal[30, 40:60] = -5
    path = write_signal(tmp_path / "s.fits", signal)
    islands = make_flood_mask(path).mask
    options = MaskingOptions(beam_shape_erode_rims=True)
    made = make_eroded_mask(islands, options, signal=path)
    before, after = (fits.getdata(name).squeeze() for name in (islands, made.mask))
    rims, erosion = made.report.removed
    assert rims.pixels > 0
    assert rims.pixels + erosion.pixels == before.sum() - after.sum()
    assert (rims.islands, erosion.islands) == (0, 0)
    assert ndimage.label(before, EIGHT)[1] == made.report.islands == 1


def test_what_is_suppressed_is_counted(tmp_path: Path, rng: np.random.Generator) -> None:
    signal = noise(rng, (160, 160), FWHM) + with_sources((160, 160), (80, 80, 2000))
    y, x = np.mgrid[:160, :160]
    radius = np.hypot(y - 80, x - 80)
    # A ring of both signs: its positive half is an artefact.
    signal += np.where(np.abs(radius - 30) < 2, 25 * np.cos(6 * np.arctan2(y - 80, x - 80)), 0).astype(np.float32)
    path = write_signal(tmp_path / "s.fits", signal.astype(np.float32))
    whole = make_flood_mask(path, FLOOD, output=tmp_path / "whole.fits").report
    report = make_flood_mask(path, FLOOD.model_copy(update={"suppress_artefacts": True})).report
    (suppressed,) = report.removed
    assert suppressed.by == "suppression"
    assert suppressed.pixels == whole.pixels - report.pixels > 0
    assert suppressed.islands > 3
    assert report.islands < whole.islands


def test_noise_is_the_median_of_its_map_in_the_unit_of_the_image(tmp_path: Path, rng: np.random.Generator) -> None:
    image = write_fits(tmp_path / "x.fits", 3e-4 * noise(rng, (256, 256), FWHM), radio_header((256, 256)))
    options = MaskingOptions(flood_fill=True, flood_fill_allow_empty=True, flood_fill_positive_seed_clip=4)
    report = make_mask(image, options).report
    assert report.noise == pytest.approx(3e-4, rel=0.05)
    assert report.noise_unit == "Jy/beam"
    rms = write_fits(tmp_path / "r.fits", np.full((256, 256), 2e-4, np.float32), radio_header((256, 256)))
    report = make_flood_mask(image, options, rms=rms, overwrite=True).report
    assert (report.noise, report.noise_unit) == (pytest.approx(2e-4), "Jy/beam")


def test_the_median_noise_is_that_of_the_whole_map(tmp_path: Path, rng: np.random.Generator) -> None:
    loud = np.exp(ndimage.gaussian_filter(rng.normal(size=(800, 200)), 12) * 20)
    image = write_fits(tmp_path / "x.fits", (loud * noise(rng, loud.shape, FWHM)), radio_header(loud.shape))
    report = make_mask(image, signal_output=None).report
    rms = fits.getdata(make_noise_maps(image, MaskingOptions(noise_box_beams=10))[0])
    assert report.noise == pytest.approx(float(np.median(rms)), rel=2e-3)


def test_islands_expected_from_noise_are_those_that_noise_has(tmp_path: Path, rng: np.random.Generator) -> None:
    found, expected = 0, 0.0
    for number in range(4):
        signal = write_signal(tmp_path / f"{number}.fits", noise(rng, (512, 512), FWHM))
        options = MaskingOptions(flood_fill_positive_seed_clip=3.6, noise_box_size=256)
        report = make_flood_mask(signal, options).report
        found, expected = found + report.islands, expected + (report.noise_islands or 0)
    assert found == pytest.approx(expected, abs=4 * expected**0.5)
    assert expected > 10


def test_no_islands_are_expected_where_the_beam_is_not_known(tmp_path: Path) -> None:
    signal = with_sources((60, 80), (20, 20, 30))
    path = write_fits(tmp_path / "s.fits", signal, radio_header(signal.shape, unit="sigma", beam=None))
    assert make_flood_mask(path).report.noise_islands is None


def test_a_seed_clip_that_is_raised_is_a_note_and_one_that_is_lowered_a_warning_of_the_header(tmp_path: Path) -> None:
    signal = write_signal(tmp_path / "s.fits", with_sources((300, 300), (50, 50, 30)))
    with pytest.warns(SkerryNote, match=r"raised from 4\.5 to .* sigma, .* 0\.001 islands"):
        raised = make_flood_mask(signal, MaskingOptions(flood_fill_false_islands=0.001))
    assert raised.report.seed_clip is not None
    assert raised.report.seed_clip > raised.report.seed_clip_asked == 4.5
    assert fits.getheader(raised.mask)["SKWARN"] == 0
    with pytest.warns(SkerryWarning, match="it is lowered to 27"):
        lowered = make_flood_mask(
            signal, MaskingOptions(flood_fill_positive_seed_clip=50), output=tmp_path / "lowered.fits"
        )
    assert lowered.report.seed_clip_asked == 50
    assert lowered.report.warnings == ("the seed clip is lowered from 50 to 27 sigma, for no pixel reaches it",)
    header = fits.getheader(lowered.mask)
    assert header["SKWARN"] == 1
    assert "  warning: the seed clip is lowered from 50 to 27 sigma" in str(header["HISTORY"]).replace("\n", "")


def test_an_empty_mask_is_warned_of(tmp_path: Path) -> None:
    signal = write_signal(tmp_path / "s.fits", with_sources((60, 60), (30, 30, 3.9)))
    with pytest.warns(SkerryWarning) as recorded:
        made = make_snr_mask(signal)
    assert told(list(recorded)) == ["s.fits: the mask is empty"]
    assert made.report.islands == 0
    assert fits.getheader(made.mask)["SKWARN"] == 1


def narrow(tmp_path: Path, *, beside: float = 0.0, peak: float = 30.0) -> Path:
    """An image of noise 1 mJy/beam with a source, and a line into which the shape of the beam does not fit."""
    signal = with_sources((120, 120), (30, 30, 400))
    signal[90, 70:90] = peak
    if beside:
        signal += with_sources((120, 120), (90, 55, beside))
    signal += noise(np.random.default_rng(3), signal.shape, FWHM)
    return write_fits(tmp_path / "x.fits", 1e-3 * signal, radio_header(signal.shape), ndim=4)


ERODED = MaskingOptions(flood_fill=True, flood_fill_positive_flood_clip=4, beam_shape_erode=True)


def test_an_island_that_erosion_removes_is_told_with_its_place_and_signal(tmp_path: Path) -> None:
    with pytest.warns(SkerryWarning) as recorded:
        report = make_mask(narrow(tmp_path), ERODED).report
    (warning,) = told(list(recorded))
    assert warning.startswith("x.fits: erosion removed an island altogether, at RA 03:59:")
    assert ", Dec -44:57:00.0 (pixel x " in warning
    assert ", y 91), S/N 3" in warning
    assert report.removed[-1].islands == 1
    assert report.warnings == (warning,)


def test_of_an_island_at_the_seed_clip_and_of_a_sidelobe_there_is_a_note(tmp_path: Path) -> None:
    for number, changes in enumerate(({"peak": 3.5}, {"beside": 900.0})):
        (tmp_path / str(number)).mkdir()
        with pytest.warns(SkerryNote, match=r"x\.fits: erosion removed an island altogether, .*, S/N \d") as recorded:
            made = make_mask(narrow(tmp_path / str(number), **changes), ERODED)
        assert not told(list(recorded))
        assert made.report.removed[-1].islands == 1
        assert made.report.warnings == ()


def ringed_by_faint(peak: float, *, source: float = 100.0) -> NDArray[np.float32]:
    """A signal of a bright source with a deep pixel beside it, and a faint source between the two."""
    signal = with_sources((80, 80), (40, 40, source), (40, 49, peak))
    signal[34, 44] = -20
    return signal


@pytest.mark.parametrize(("peak", "warned"), [(12.0, True), (9.0, False)])
def test_an_island_that_rims_take_altogether_is_told_and_does_not_come_back(
    tmp_path: Path, peak: float, warned: bool
) -> None:
    """It is warned of where it exceeds a tenth of the bright source, as an artefact does not."""
    path = write_signal(tmp_path / "s.fits", ringed_by_faint(peak))
    islands = make_flood_mask(path).mask
    assert fits.getdata(islands)[0, 0, 40, 49]
    options = MaskingOptions(beam_shape_erode_rims=True, beam_shape_erode_keep_cores=True)
    with pytest.warns(SkerryNote if not warned else SkerryWarning) as recorded:
        made = make_eroded_mask(islands, options, signal=path)
    lines = [str(line.message) for line in recorded if "rims" in str(line.message)]
    (line,) = lines
    assert line.startswith("s.mask.fits: the rims of bright sources took an island altogether, at RA ")
    assert f"(pixel x 50, y 41), S/N {peak:.1f}, for it does not stand above the artefacts there" in line
    assert made.report.warnings == ((line,) if warned else ())
    assert made.report.islands == 1
    assert [taken.islands for taken in made.report.removed] == [1, 0]


def test_an_island_narrower_than_the_beam_keeps_its_core_if_asked_to(tmp_path: Path) -> None:
    image = narrow(tmp_path)
    made = make_mask(image, ERODED.model_copy(update={"beam_shape_erode_keep_cores": True}))
    mask = fits.getdata(made.mask).squeeze()
    assert made.report.warnings == ()
    assert made.report.removed[-1].islands == 0
    assert mask[90, 70:90].any()
    assert not mask[89].any()
    assert not mask[91].any()


def test_the_brightest_source_is_told_where_it_is_not_in_the_mask(tmp_path: Path) -> None:
    signal = with_sources((60, 80), (20, 20, 30), (40, 60, 90))
    seeds = write_fits(tmp_path / "seeds.fits", ((signal > 5) & (np.arange(80) < 40)).astype(np.uint8))
    with pytest.warns(SkerryWarning) as recorded:
        make_flood_mask(write_signal(tmp_path / "s.fits", signal), seeds=seeds)
    (line,) = told(list(recorded))
    assert line.startswith("s.fits: the brightest source is not in the mask: S/N 90.0 at RA ")
    assert line.endswith("(pixel x 61, y 41)")


def test_of_the_brightest_source_that_erosion_removed_one_thing_is_told(tmp_path: Path) -> None:
    image = narrow(tmp_path)
    with fits.open(image, mode="update") as hdus:
        hdus[0].data[0, 0, 30, :] = np.nan
        hdus[0].data[0, 0, 90, 70:90] = 0.9
    with pytest.warns(SkerryWarning) as recorded:
        make_mask(image, ERODED)
    (line,) = told(list(recorded))
    assert line.startswith("x.fits: erosion removed an island altogether")
    assert line.endswith("`beam_shape_erode_keep_cores` keeps its core")


def test_noise_at_the_edge_of_a_mosaic_is_no_source(tmp_path: Path, rng: np.random.Generator) -> None:
    data = 1e-3 * (noise(rng, (200, 200), FWHM) + with_sources((200, 200), (100, 100, 20)))
    data[:20] *= 30
    report = make_mask(write_fits(tmp_path / "x.fits", data.astype(np.float32), radio_header((200, 200))), FLOOD).report
    assert report.warnings == ()


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"noise_box_size": 12}, r"`noise_box_size` 12: the box of the noise is 3\.7 beams \(FWHM\) wide; it needs 14"),
        ({"noise_box_size": 400}, "`noise_box_size` 400: the box of the noise is larger than the image of 120 x 120"),
        (
            {"flood_fill_statistic": "both", "flood_fill_use_mac_box_size": 12},
            r"`flood_fill_use_mac_box_size` 12: the box of the minimum absolute clip is 3\.7 beams",
        ),
        (
            {"noise_box_beams": 3.7},
            r"`noise_box_beams` 3\.7: the box of the noise is 3\.7 beams \(FWHM\) wide; it needs 4",
        ),
        (
            {"noise_box_beams": 37},
            "`noise_box_beams` 37: the box of the noise, 121 pixels, is larger than the image of 120 x 120 pixels",
        ),
        (
            {"flood_fill_statistic": "both", "flood_fill_use_mac_box_beams": 40},
            "`flood_fill_use_mac_box_beams` 40: the box of the minimum absolute clip, 131 pixels, is larger",
        ),
    ],
)
def test_boxes_that_do_not_fit_are_told(tmp_path: Path, changes: dict[str, object], says: str) -> None:
    signal = noise(np.random.default_rng(3), (120, 120), FWHM) + with_sources((120, 120), (30, 30, 400))
    image = write_fits(tmp_path / "x.fits", 1e-3 * signal, radio_header(signal.shape))
    with pytest.warns(SkerryWarning, match=says):
        make_mask(image, FLOOD.model_copy(update=changes))
    fitting = {12: 14, 400: 32, 3.7: 4.3, 37: 36, 40: 36, "both": "both"}
    fits_the_beam = {name: fitting[value] for name, value in changes.items()}
    assert LEAST_BOX_BEAMS * FWHM < 14
    assert make_mask(image, FLOOD.model_copy(update=fits_the_beam), overwrite=True).report.warnings == ()


def test_a_mask_of_scales_reports_their_union(tmp_path: Path, rng: np.random.Generator) -> None:
    data = 1e-3 * (noise(rng, (160, 160), FWHM) + with_sources((160, 160), (60, 60, 90), sigma=5))
    image = write_fits(tmp_path / "x.fits", data.astype(np.float32), radio_header((160, 160)), ndim=4)
    options = MaskingOptions(
        flood_fill_positive_seed_clip=1.5, flood_fill_positive_flood_clip=1.2, beam_shape_erode_scales=(0, 8)
    )
    for made in (
        make_scale_mask(image, options),
        make_mask(image, MaskingOptions(flood_fill=True, beam_shape_erode=True, beam_shape_erode_scales=(0, 8)),
                  output=tmp_path / "m.fits", scale_output=tmp_path / "s.fits"),
    ):  # fmt: skip
        union = fits.getdata(made.mask).squeeze()
        assert made.report.pixels == union.sum() == np.count_nonzero(fits.getdata(made.scale_mask)) > 0
        assert made.report.islands == ndimage.label(union, EIGHT)[1]


def test_the_preset_and_the_warnings_of_a_mosaic_go_on_to_the_masks_of_its_beams(tmp_path: Path) -> None:
    with pytest.warns(SkerryWarning, match="the mask is empty"):
        mosaic = make_snr_mask(
            write_signal(tmp_path / "s.fits", np.zeros((40, 40), np.float32)), MaskingOptions(), preset="compact"
        )
    beam = write_fits(tmp_path / "beam.fits", np.zeros((40, 40), np.float32), radio_header((40, 40)))
    with pytest.warns(SkerryWarning, match=r"beam\.fits: the mask is empty"):
        made = make_beam_mask(beam, mosaic.mask)
    header = fits.getheader(made.mask)
    assert header["SKPRESET"] == "compact"
    assert header["SKWARN"] == 2
    assert "  preset = compact" in list(header["HISTORY"])


def kept(mask: Path) -> list[str]:
    """Warnings in the header of a mask, which counts them."""
    header = fits.getheader(mask)
    found = [warning for step in steps_of(header) for warning in step.warnings]
    assert header["SKWARN"] == len(found)
    return found


ERODES = MaskingOptions(flood_fill=True, beam_shape_erode=True)
OF_XX = "is XX, not Stokes I"
IN_K = "its unit is K, not one per beam"
by_scales = partial(make_scale_mask, options=MaskingOptions(beam_shape_erode_scales=(0, 8)))


@pytest.mark.parametrize(
    ("make", "cards", "about"),
    [
        (make_mask, {"STOKES": "XX"}, OF_XX),
        (make_mask, {"BUNIT": "K"}, IN_K),
        (by_scales, {"STOKES": "V"}, "is Stokes V, but a mask by scales holds only what is positive"),
        (by_scales, {"BUNIT": "K"}, IN_K),
        (by_scales, {"BPA": None}, "has no BPA; taken as 0"),
        (make_snr_mask, {"BUNIT": "sigma", "STOKES": "XX"}, OF_XX),
        (make_flood_mask, {"BUNIT": "sigma", "STOKES": "XX"}, OF_XX),
        (partial(make_mask, options=ERODES), {"BPA": None}, "has no BPA; taken as 0"),
    ],
)
def test_what_the_header_of_an_image_is_warned_of_the_mask_keeps(
    tmp_path: Path, make: Callable[[Path], MadeMask], cards: dict[str, str | None], about: str
) -> None:
    signal = with_sources((100, 100), (50, 50, 90)) - 0.5
    header = radio_header(signal.shape)
    header.update({keyword: value for keyword, value in cards.items() if value is not None})
    for keyword in (keyword for keyword, value in cards.items() if value is None):
        del header[keyword]
    image = write_fits(tmp_path / "x.fits", signal, header)
    with pytest.warns(SkerryWarning, match=about) as recorded:
        made = make(image)
    (warning,) = (line for line in told(list(recorded)) if about in line)
    assert warning.startswith(f"x.fits: {about}")
    assert warning in made.report.warnings
    assert [line for line in kept(made.mask) if about in line] == [warning]


def test_an_erosion_by_a_beam_without_position_angle_is_warned_of_in_the_mask(tmp_path: Path) -> None:
    pixels = np.zeros((40, 40), np.uint8)
    pixels[10:30, 10:30] = 1
    header = radio_header(pixels.shape, unit=None)
    del header["BPA"]
    mask = write_fits(tmp_path / "m.fits", pixels, header)
    with pytest.warns(SkerryWarning) as recorded:
        made = make_eroded_mask(mask)
    assert told(list(recorded)) == kept(made.mask) == ["m.fits: has no BPA; taken as 0"]
    given = write_fits(tmp_path / "b.fits", np.zeros((40, 40), np.float32), header)
    with pytest.warns(SkerryWarning) as recorded:
        made = make_eroded_mask(mask, beam=given, output=tmp_path / "given.fits")
    assert told(list(recorded)) == kept(made.mask) == ["b.fits: has no BPA; taken as 0"]


def test_an_area_needs_no_position_angle(tmp_path: Path) -> None:
    signal = with_sources((100, 100), (50, 50, 90)) - 0.5
    header = radio_header(signal.shape, unit="sigma")
    del header["BPA"]
    options = MaskingOptions(grow_low_snr_island=True, grow_low_snr_island_beams=2)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        made = make_flood_mask(write_fits(tmp_path / "s.fits", signal, header), options)
    assert kept(made.mask) == []


def test_an_image_without_negative_pixels_is_told_and_one_cut_out_round_a_source_is_not(
    tmp_path: Path, rng: np.random.Generator
) -> None:
    data = np.abs(with_sources((100, 100), (50, 50, 90)) + noise(rng, (100, 100), FWHM))
    for name, pixels, number in (("whole", data, 1), ("cutout", data[40:60, 40:60], 0)):
        image = write_fits(tmp_path / f"{name}.fits", pixels, radio_header(pixels.shape), ndim=4)
        with warnings.catch_warnings(record=True) as recorded:
            warnings.simplefilter("always")
            make_mask(image, MaskingOptions(noise_box_size=16))
        lines = [line for line in told(recorded) if "none of its pixels is negative" in line]
        assert len(lines) == number, name


@pytest.mark.parametrize(("pixels", "number"), [(0.07, 1), (0.4, 1), (0.6, 0)])
def test_a_beam_that_is_far_narrower_than_a_pixel_is_told(
    tmp_path: Path, rng: np.random.Generator, pixels: float, number: int
) -> None:
    header = radio_header((100, 100))
    header["BMAJ"] = header["BMIN"] = pixels * abs(header["CDELT1"])
    image = write_fits(tmp_path / "x.fits", noise(rng, (100, 100), FWHM), header, ndim=4)
    with warnings.catch_warnings(record=True) as recorded:
        warnings.simplefilter("always")
        make_mask(image, ERODED)
    assert sum(f"its beam is {pixels:.2g} pixels wide (FWHM)" in line for line in told(recorded)) == number


def test_an_image_of_one_value_has_no_brightest_source(tmp_path: Path) -> None:
    image = write_fits(tmp_path / "x.fits", np.ones((100, 100), np.float32), radio_header((100, 100)), ndim=4)
    with pytest.warns(SkerryWarning) as recorded:
        make_mask(image, FLOOD)
    assert not [line for line in told(list(recorded)) if "brightest" in line]
