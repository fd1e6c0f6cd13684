"""A beam's mask is the mosaic's nearest pixels, on any two celestial grids."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from astropy.wcs import WCS
from conftest import radio_header, write_fits
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from reproject import reproject_interp

from skerry.config.options import MaskingOptions
from skerry.errors import SkerryError
from skerry.io.headers import Provenance, mask_header, mask_scales, scale_facts
from skerry.sky.grid import celestial_wcs, pixel_map
from skerry.sky.nearest_pixels import extract_nearest
from skerry.steps.extract_beam import make_beam_mask

ALL_SCALES = tuple(range(0, 62, 2))


def grid(header: fits.Header) -> WCS:
    return celestial_wcs("test.fits", header)


def projected(shape: tuple[int, int], projection: str, frame: str = "FK5", **where: float) -> fits.Header:
    """Header in another projection and frame; Galactic positions are given as ra, dec all the same."""
    header = radio_header(shape, **where)
    names = ("GLON", "GLAT") if frame == "GALACTIC" else ("RA--", "DEC-")
    for axis, name in enumerate(names, start=1):
        header[f"CTYPE{axis}"] = f"{name}-{projection}"
    if frame != "GALACTIC":
        header["RADESYS"] = frame
        header["EQUINOX"] = 1950.0 if frame == "FK4" else 2000.0
    return header


def turned(header: fits.Header, angle: float, *, keyword: str) -> fits.Header:
    """Turn a grid, by a CD or a PC matrix."""
    cos, sin = np.cos(np.radians(angle)), np.sin(np.radians(angle))
    cdelt = [header["CDELT1"], header["CDELT2"]] if keyword == "CD" else [1, 1]
    for i, row in enumerate([[cos, -sin], [sin, cos]], start=1):
        for j, value in enumerate(row, start=1):
            header[f"{keyword}{i}_{j}"] = value * cdelt[i - 1]
    if keyword == "CD":
        del header["CDELT1"], header["CDELT2"]
    return header


def random_mask(seed: int, shape: tuple[int, int], largest: int = 255) -> NDArray[np.uint8]:
    return np.random.default_rng(seed).integers(0, largest, shape, endpoint=True).astype(np.uint8)


def by_reproject(mask: NDArray[np.uint8], mask_header: fits.Header, header: fits.Header, shape: tuple[int, int]):
    """The plain statement of the step."""
    values, _ = reproject_interp((mask.astype(float), grid(mask_header)), grid(header), shape, order="nearest-neighbor")
    return np.nan_to_num(values).astype(mask.dtype)


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    projections=st.tuples(*[st.sampled_from(["SIN", "TAN", "SFL", "CAR", "AIT", "ZEA", "STG"])] * 2),
    frames=st.sampled_from([("FK5", "FK5"), ("ICRS", "FK5"), ("FK4", "ICRS"), ("GALACTIC", "ICRS")]),
    keywords=st.tuples(*[st.sampled_from(["CD", "PC"])] * 2),
)
def test_a_pixel_takes_what_nearest_neighbour_reprojection_gives_it(seed, projections, frames, keywords):
    rng = np.random.default_rng(seed)
    mask_shape, shape = tuple(rng.integers(20, 70, 2)), tuple(rng.integers(20, 70, 2))
    ra, dec = rng.uniform(0, 360), rng.uniform(-80, 80)
    centre = fits_centre(frames[0], ra, dec)
    pixel = 10 ** rng.uniform(-4, -0.5)
    near = {"ra": centre[0], "dec": float(np.clip(centre[1] + rng.normal(0, 5) * pixel, -89, 89)), "pixel": pixel}
    mosaic = turned(projected(mask_shape, projections[0], frames[0], **near), rng.uniform(0, 360), keyword=keywords[0])
    beam = projected(shape, projections[1], frames[1], ra=ra, dec=dec, pixel=pixel * rng.uniform(0.4, 2.5))
    beam = turned(beam, rng.uniform(0, 360), keyword=keywords[1])
    mask = random_mask(seed, mask_shape)

    extracted = extract_nearest(mask, grid(mosaic), grid(beam), shape)

    expected = by_reproject(mask, mosaic, beam, shape)
    # A position that rounding alone puts on one or the other side of a pixel's edge has two nearest pixels.
    x, y = pixel_map(grid(beam), grid(mosaic), mask_shape)(*np.meshgrid(*(np.arange(float(n)) for n in shape[::-1])))
    tie = (np.abs(x % 1 - 0.5) < 1e-6) | (np.abs(y % 1 - 0.5) < 1e-6)
    np.testing.assert_array_equal(extracted[~tie], expected[~tie])
    assert tie.mean() < 0.01


def fits_centre(frame: str, ra: float, dec: float) -> tuple[float, float]:
    """Position of an equatorial one in the mosaic's frame."""
    from astropy.coordinates import SkyCoord

    where = SkyCoord(ra, dec, unit="deg")
    if frame == "GALACTIC":
        return where.galactic.l.deg, where.galactic.b.deg
    if frame == "FK4":
        return where.fk4.ra.deg, where.fk4.dec.deg
    return ra, dec


def test_same_grid_gives_the_same_mask():
    mask = random_mask(1, (64, 50))
    wcs = grid(radio_header((64, 50)))
    np.testing.assert_array_equal(extract_nearest(mask, wcs, wcs, (64, 50)), mask)


def test_an_image_longer_than_a_band_of_rows_is_whole():
    mask = random_mask(2, (3000, 200))
    wcs = grid(radio_header((3000, 200)))
    np.testing.assert_array_equal(extract_nearest(mask, wcs, wcs, (3000, 200)), mask)


def test_nothing_is_masked_outside_the_mosaic():
    mosaic = radio_header((30, 30))
    beam = radio_header((60, 60))
    extracted = extract_nearest(np.ones((30, 30), np.uint8), grid(mosaic), grid(beam), (60, 60))
    expected = np.zeros((60, 60), np.uint8)
    expected[15:45, 15:45] = 1
    np.testing.assert_array_equal(extracted, expected)


@pytest.mark.parametrize("dtype", [np.int16, np.int32])
def test_every_bit_survives(dtype):
    bits = 15 if dtype is np.int16 else 31
    mask = np.zeros((64, 64), dtype)
    mask[32, 10 : 10 + bits] = [2**n for n in range(bits)]
    mask[40, 40] = 2**bits - 1
    mosaic, beam = radio_header((64, 64)), radio_header((48, 70), pixel=3 / 3600)
    extracted = extract_nearest(mask, grid(mosaic), grid(beam), (48, 70))
    wide = extract_nearest(mask, grid(mosaic), grid(radio_header((128, 128), pixel=3 / 3600)), (128, 128))
    assert extracted.dtype == dtype
    assert set(np.unique(wide)) == set(np.unique(mask))


@pytest.mark.parametrize("ra", [0.0, 359.999, 0.01])
def test_a_mosaic_across_ra_0_is_seen_from_either_side(ra):
    mosaic, beam = radio_header((100, 100), ra=0.0), radio_header((40, 40), ra=ra)
    extracted = extract_nearest(np.ones((100, 100), np.uint8), grid(mosaic), grid(beam), (40, 40))
    assert extracted.all()


def all_sky(reference: float, first_longitude: float) -> fits.Header:
    """Header of a CAR map of the whole sky, one degree a pixel, that begins at a longitude and falls from there."""
    header = projected((180, 360), "CAR", ra=reference, dec=0.0, pixel=1.0)
    header["CRPIX1"], header["CRPIX2"] = 1 + first_longitude - reference, 90.5
    return header


@pytest.mark.parametrize("first_longitude", [180.0, 300.0, 359.5])
def test_an_all_sky_map_is_one_whatever_longitude_it_begins_at(first_longitude):
    mosaic = all_sky(0.0, first_longitude)
    beam = projected((30, 120), "CAR", ra=175.3, dec=0.0, pixel=0.8)
    mask = random_mask(3, (180, 360))
    longitude = 175.3 - 0.8 * (np.arange(120) - 60)
    column = np.floor(first_longitude - longitude + 0.5).astype(int) % 360
    row = np.floor(0.8 * (np.arange(30) - 15) + 89.5 + 0.5).astype(int)
    extracted = extract_nearest(mask, grid(mosaic), grid(beam), (30, 120))
    np.testing.assert_array_equal(extracted, mask[np.ix_(row, column)])


def test_the_far_side_of_the_sphere_is_not_in_the_image():
    mosaic = projected((64, 64), "SIN", ra=60.0, dec=-45.0)
    beam = projected((64, 64), "SIN", ra=240.0, dec=45.0)
    assert not extract_nearest(np.ones((64, 64), np.uint8), grid(mosaic), grid(beam), (64, 64)).any()


def test_positions_that_do_not_map_back_are_not_in_the_mosaic():
    """A strong distortion, which no pixel more than 18 from the centre inverts, reaches 12.2 pixels of 0.1 degree."""
    mosaic = projected((64, 64), "TAN", pixel=0.1)
    mosaic["CTYPE1"], mosaic["CTYPE2"] = "RA---TAN-SIP", "DEC--TAN-SIP"
    for axis in "AB":
        mosaic[f"{axis}_ORDER"] = 3
    mosaic["A_3_0"] = mosaic["B_0_3"] = -1e-3
    beam = projected((100, 100), "TAN", pixel=0.1)
    extracted = extract_nearest(np.ones((64, 64), np.uint8), grid(mosaic), grid(beam), (100, 100))
    y, x = np.nonzero(extracted)
    assert extracted[40:61, 40:61].all()
    assert max(np.abs(x - 50).max(), np.abs(y - 50).max()) <= 14


def test_pixels_off_the_sky_are_not_masked():
    beam = projected((181, 361), "AIT", ra=0.0, dec=0.0, pixel=1.0)
    sky = np.isfinite(grid(beam).wcs_pix2world(np.argwhere(np.ones((181, 361)))[:, ::-1], 0)[:, 0]).reshape(181, 361)
    extracted = extract_nearest(np.ones((180, 360), np.uint8), grid(all_sky(0.0, 179.5)), grid(beam), (181, 361))
    assert not extracted[~sky].any()
    assert extracted[sky].mean() > 0.99


@pytest.mark.parametrize("dec", [-90.0, 90.0])
def test_a_mosaic_round_a_pole(dec):
    mosaic, beam = radio_header((200, 200), dec=dec), radio_header((60, 60), ra=200.0, dec=dec * 0.9995)
    mask = random_mask(4, (200, 200))
    extracted = extract_nearest(mask, grid(mosaic), grid(beam), (60, 60))
    np.testing.assert_array_equal(extracted, by_reproject(mask, mosaic, beam, (60, 60)))
    assert (extracted > 0).mean() > 0.9


def test_the_old_ncp_projection():
    mosaic, beam = projected((80, 80), "NCP", dec=60.0), radio_header((50, 50), dec=60.02)
    mask = random_mask(5, (80, 80))
    extracted = extract_nearest(mask, grid(mosaic), grid(beam), (50, 50))
    np.testing.assert_array_equal(extracted, by_reproject(mask, mosaic, beam, (50, 50)))
    assert extracted.any()


def test_an_image_with_declination_on_its_first_axis():
    mosaic = radio_header((80, 60))
    swapped = mosaic.copy()
    for keyword in ("CTYPE", "CRVAL", "CRPIX", "CDELT"):
        swapped[f"{keyword}1"], swapped[f"{keyword}2"] = mosaic[f"{keyword}2"], mosaic[f"{keyword}1"]
    mask = random_mask(6, (80, 60))
    np.testing.assert_array_equal(extract_nearest(mask, grid(mosaic), grid(swapped), (60, 80)), mask.T)


def test_a_one_pixel_island_survives_on_a_coarser_grid_with_union_only():
    mosaic, beam = radio_header((90, 90)), radio_header((30, 30), pixel=18 / 3600)
    mask = np.zeros((90, 90), np.int16)
    mask[46, 44], mask[44, 44] = 4, 8
    assert not extract_nearest(mask, grid(mosaic), grid(beam), (30, 30)).any()
    extracted = extract_nearest(mask, grid(mosaic), grid(beam), (30, 30), union=True)
    assert np.argwhere(extracted).tolist() == [[15, 15]]
    assert extracted[15, 15] == 4 | 8


def test_union_sees_every_row_of_a_large_mosaic():
    mosaic, beam = radio_header((3000, 200)), radio_header((1000, 67), pixel=18 / 3600)
    mask = np.zeros((3000, 200), np.uint8)
    mask[1::3, 101] = 1
    extracted = extract_nearest(mask, grid(mosaic), grid(beam), (1000, 67), union=True)
    assert extracted.sum() == 1000


def test_union_keeps_what_the_nearest_pixel_gives():
    mosaic, beam = radio_header((60, 60)), radio_header((130, 130), pixel=3 / 3600)
    mask = random_mask(7, (60, 60), largest=1)
    nearest = extract_nearest(mask, grid(mosaic), grid(beam), (130, 130))
    union = extract_nearest(mask, grid(mosaic), grid(beam), (130, 130), union=True)
    np.testing.assert_array_equal(union & nearest, nearest)


@pytest.mark.parametrize("union", [False, True])
def test_the_border_of_the_mosaic_is_left_out(union):
    wcs = grid(radio_header((40, 40)))
    mask = np.ones((40, 40), np.uint8)
    extracted = extract_nearest(mask, wcs, wcs, (40, 40), union=union, blank_border=3)
    expected = np.zeros((40, 40), np.uint8)
    expected[3:-3, 3:-3] = 1
    np.testing.assert_array_equal(extracted, expected)
    assert mask.all()


@pytest.mark.filterwarnings("ignore:.*has values above 1")
@pytest.mark.parametrize(("beam_ndim", "mosaic_ndim"), [(2, 4), (4, 2), (3, 2)])
def test_the_mask_has_the_grid_and_the_beam_of_the_image(tmp_path: Path, beam_ndim: int, mosaic_ndim: int):
    shape = (1,) * (beam_ndim - 2) + (40, 30)
    beam = write_fits(tmp_path / "beam.fits", np.zeros(shape, np.float32), radio_header(shape, ra=60.01))
    mosaic_shape = (1,) * (mosaic_ndim - 2) + (80, 80)
    mask = random_mask(8, (80, 80))
    mosaic = write_fits(tmp_path / "mosaic.fits", mask, radio_header(mosaic_shape), ndim=mosaic_ndim)

    written = make_beam_mask(beam, mosaic).mask

    assert written == tmp_path / "beam.mask.fits"
    header, data = fits.getheader(written), fits.getdata(written)
    assert data.shape == shape
    assert data.dtype == np.uint8
    assert [header[k] for k in ("CRVAL1", "CRPIX1", "BMAJ")] == [60.01, 16, 22.0 / 3600]
    assert "BUNIT" not in header
    expected = by_reproject(mask, radio_header((80, 80)), radio_header((40, 30), ra=60.01), (40, 30))
    np.testing.assert_array_equal(data.squeeze(), expected)


def test_a_scale_mask_stays_one(tmp_path: Path):
    made = mask_header(radio_header((50, 50)), Provenance("erode", facts=scale_facts(ALL_SCALES)))
    data = np.zeros((50, 50), np.int32)
    data[25, 25] = 2**30 + 1
    mosaic = write_fits(tmp_path / "mosaic.fits", data, made)
    beam = write_fits(tmp_path / "beam.fits", np.zeros((50, 50), np.float32))

    written = make_beam_mask(beam, mosaic).mask

    assert written.name == "beam.scalemask.fits"
    assert mask_scales(fits.getheader(written)) == ALL_SCALES
    assert fits.getdata(written)[25, 25] == 2**30 + 1


def test_a_mask_of_the_beams_own_image_is_added(tmp_path: Path):
    """To what the mosaic has: the bits of both, but none where the image is invalid, and no clip on the beam's own."""
    image = np.random.default_rng(1).normal(0, 1, (50, 50)).astype(np.float32)
    image[:5] = np.nan
    beam = write_fits(tmp_path / "beam.fits", image)
    made = mask_header(radio_header((50, 50)), Provenance("erode", facts=scale_facts((0, 8, 16))))
    of_mosaic, of_beam = random_mask(1, (50, 50), 7), random_mask(2, (50, 50), 7)
    mosaic = write_fits(tmp_path / "mosaic.fits", of_mosaic, made)
    own = write_fits(tmp_path / "own.fits", of_beam, made)
    written = make_beam_mask(beam, mosaic, add=own).mask
    valid = np.isfinite(image)
    np.testing.assert_array_equal(fits.getdata(written), np.where(valid, of_mosaic | of_beam, 0))
    assert mask_scales(fits.getheader(written)) == (0, 8, 16)
    clipped = make_beam_mask(
        beam, mosaic, MaskingOptions(extract_beam_smoothed_clip=50), add=own, output=tmp_path / "clipped.fits"
    )
    np.testing.assert_array_equal(fits.getdata(clipped.mask), np.where(valid, of_beam, 0))


def test_a_mask_that_is_added_is_on_the_grid_of_the_beam(tmp_path: Path):
    mosaic = write_fits(tmp_path / "mosaic.fits", np.eye(50, dtype=np.uint8))
    beam = write_fits(tmp_path / "beam.fits", np.ones((50, 50), np.float32))
    own = write_fits(tmp_path / "own.fits", np.eye(40, dtype=np.uint8))
    with pytest.raises(SkerryError, match=r"own\.fits: has 40 x 40 pixels"):
        make_beam_mask(beam, mosaic, add=own)


@pytest.mark.parametrize(
    ("of_mosaic", "of_beam", "said"),
    [
        ((0, 8), None, r"own\.fits: has no scales, and the mask of the mosaic the scales 0,8"),
        (None, (0, 8), r"own\.fits: has the scales 0,8, and the mask of the mosaic no scales"),
        ((0, 8), (0, 4), r"own\.fits: has the scales 0,4, and the mask of the mosaic the scales 0,8; make both"),
    ],
)
def test_a_mask_of_other_scales_is_not_added(tmp_path: Path, of_mosaic, of_beam, said: str):
    paths = {"beam": write_fits(tmp_path / "beam.fits", np.ones((50, 50), np.float32))}
    for name, scales in (("mosaic", of_mosaic), ("own", of_beam)):
        facts = {} if scales is None else scale_facts(scales)
        header = mask_header(radio_header((50, 50)), Provenance("erode", facts=facts))
        paths[name] = write_fits(tmp_path / f"{name}.fits", np.eye(50, dtype=np.uint8), header)
    with pytest.raises(SkerryError, match=said):
        make_beam_mask(paths["beam"], paths["mosaic"], add=paths["own"])


@pytest.mark.filterwarnings("ignore:.*the mask is empty")
def test_the_options_reach_the_mask_and_its_header(tmp_path: Path):
    mosaic = write_fits(tmp_path / "mosaic.fits", np.eye(90, dtype=np.uint8)[::-1], radio_header((90, 90)))
    beam = write_fits(tmp_path / "beam.fits", np.zeros((30, 30), np.float32), radio_header((30, 30), pixel=18 / 3600))
    options = MaskingOptions(extract_beam_union=True, extract_beam_blank_border=9)
    written = make_beam_mask(beam, mosaic, options=options).mask
    plain = make_beam_mask(beam, mosaic, output=tmp_path / "plain.fits").mask
    assert fits.getdata(written).sum() > fits.getdata(plain).sum()
    assert not fits.getdata(written)[:3].any()
    assert "union = True" in str(fits.getheader(written)["HISTORY"])


def test_a_beam_partly_inside_the_mosaic_is_fine(tmp_path: Path):
    mosaic = write_fits(tmp_path / "mosaic.fits", np.ones((50, 50), np.uint8))
    beam = write_fits(tmp_path / "beam.fits", np.zeros((50, 50), np.float32), radio_header((50, 50), dec=-45.07))
    data = fits.getdata(make_beam_mask(beam, mosaic).mask)
    assert 0 < data.mean() < 0.2


def test_no_overlap_is_an_error_that_names_both_files(tmp_path: Path):
    mosaic = write_fits(tmp_path / "mosaic.fits", np.ones((50, 50), np.uint8))
    beam = write_fits(tmp_path / "beam.fits", np.zeros((50, 50), np.float32), radio_header((50, 50), dec=-46.0))
    with pytest.raises(SkerryError, match=r"beam\.fits: has no pixel in common .*mosaic\.fits"):
        make_beam_mask(beam, mosaic)
    assert not (tmp_path / "beam.mask.fits").exists()


@pytest.mark.filterwarnings("ignore:.*the mask is empty")
def test_an_empty_mosaic_mask_gives_an_empty_mask(tmp_path: Path):
    mosaic = write_fits(tmp_path / "mosaic.fits", np.zeros((50, 50), np.uint8))
    beam = write_fits(tmp_path / "beam.fits", np.zeros((50, 50), np.float32))
    assert not fits.getdata(make_beam_mask(beam, mosaic).mask).any()


@pytest.mark.parametrize("without", ["beam", "mosaic"])
def test_a_file_without_celestial_coordinates_is_named(tmp_path: Path, without: str):
    bare = fits.Header({"CTYPE1": "LINEAR", "CTYPE2": "LINEAR"})
    headers = {"beam": radio_header((50, 50)), "mosaic": radio_header((50, 50)), without: bare}
    mosaic = write_fits(tmp_path / "mosaic.fits", np.ones((50, 50), np.uint8), headers["mosaic"])
    beam = write_fits(tmp_path / "beam.fits", np.zeros((50, 50), np.float32), headers["beam"])
    with pytest.raises(SkerryError, match=rf"{without}\.fits: has no usable celestial WCS"):
        make_beam_mask(beam, mosaic)


def test_an_existing_mask_is_kept_unless_overwriting(tmp_path: Path):
    mosaic = write_fits(tmp_path / "mosaic.fits", np.ones((50, 50), np.uint8))
    beam = write_fits(tmp_path / "beam.fits", np.zeros((50, 50), np.float32))
    first = make_beam_mask(beam, mosaic).mask.read_bytes()
    with pytest.raises(SkerryError, match="exists"):
        make_beam_mask(beam, mosaic)
    assert make_beam_mask(beam, mosaic, overwrite=True).mask.read_bytes() == first


@pytest.mark.parametrize("beam", range(4))
def test_the_islands_of_a_field_fall_on_those_of_its_beams(shared_data: Path, tmp_path: Path, beam: int):
    field = shared_data / "field"
    image = field / f"SIM_0400-45.beam0{beam}.round0.i.MFS.image.fits"
    written = make_beam_mask(image, field / "truth.mosaic.islands.fits.gz", output=tmp_path / "mask.fits").mask
    ours = fits.getdata(written).squeeze() > 0
    bright = fits.getdata(field / f"truth.beam0{beam}.restored.fits.gz").squeeze() > 0.01
    assert ours[bright].mean() > 0.99


@pytest.mark.filterwarnings("ignore:.*has values above 1")
def test_an_invalid_pixel_of_the_beam_is_never_masked(tmp_path: Path) -> None:
    image = np.zeros((30, 30), np.float32)
    image[10, 12], image[20, 5] = np.nan, np.inf
    beam = write_fits(tmp_path / "beam.fits", image, ndim=4)
    mosaic = write_fits(tmp_path / "mosaic.mask.fits", np.full((30, 30), 5, np.uint8))
    data = fits.getdata(make_beam_mask(beam, mosaic).mask)[0, 0]
    np.testing.assert_array_equal(data, np.where(np.isfinite(image), 5, 0))


CLIP = MaskingOptions(extract_beam_smoothed_clip=2)


def noisy_beam(path: Path, header: fits.Header | None = None) -> Path:
    """Image of a beam with one source, at row 20 and column 30."""
    y, x = np.indices((80, 80))
    image = np.random.default_rng(7).normal(0, 1e-3, (80, 80)) + 0.1 * np.exp(-((x - 30) ** 2 + (y - 20) ** 2) / 8)
    image[60, 50] = -3e-3
    return write_fits(path, image.astype(np.float32), radio_header((80, 80)) if header is None else header)


def two_sources(path: Path, bits: int = 1) -> Path:
    """Mask of the source and of one that only other beams see, at row 60 and column 50; scales if there are bits."""
    data = np.zeros((80, 80), np.int16)
    data[18:23, 28:33] = data[60, 50] = bits
    header = radio_header((80, 80))
    if bits > 1:
        header = mask_header(header, Provenance("erode", facts=scale_facts(range(bits.bit_length()))))
    return write_fits(path, data, header)


@pytest.mark.parametrize("bits", [1, 0b1011])
def test_a_source_that_the_beam_sees_stays_with_all_its_bits_and_the_other_goes(tmp_path: Path, bits: int) -> None:
    beam, mosaic = noisy_beam(tmp_path / "beam.fits"), two_sources(tmp_path / "mosaic.fits", bits)
    found = fits.getdata(make_beam_mask(beam, mosaic, options=CLIP).mask)
    expected = np.zeros((80, 80), np.int16)
    expected[18:23, 28:33] = bits
    np.testing.assert_array_equal(found, expected)
    assert fits.getdata(make_beam_mask(beam, mosaic, overwrite=True).mask)[60, 50] == bits


def test_a_source_of_one_pixel_that_union_brings_goes_too(tmp_path: Path) -> None:
    mask = np.zeros((240, 240), np.uint8)
    mask[61, 91] = mask[181, 151] = 1
    mosaic = write_fits(tmp_path / "mosaic.fits", mask, radio_header((240, 240), pixel=2 / 3600))
    options = CLIP.model_copy(update={"extract_beam_union": True})
    beam = noisy_beam(tmp_path / "beam.fits")
    brought = fits.getdata(make_beam_mask(beam, mosaic, options=MaskingOptions(extract_beam_union=True)).mask)
    kept = fits.getdata(make_beam_mask(beam, mosaic, options=options, overwrite=True).mask)
    assert np.argwhere(brought).tolist() == [[20, 30], [60, 50]]
    assert np.argwhere(kept).tolist() == [[20, 30]]


def options_in(path: Path) -> list[str]:
    """What HISTORY says of options."""
    return [line.strip() for line in fits.getheader(path)["HISTORY"] if " = " in line]


def test_the_header_tells_the_clip_and_its_boxes_where_there_is_one(tmp_path: Path) -> None:
    beam, mosaic = noisy_beam(tmp_path / "beam.fits"), two_sources(tmp_path / "mosaic.fits")
    plain = make_beam_mask(beam, mosaic, options=MaskingOptions(noise_box_size=16)).mask
    assert options_in(plain) == ["blank_border = 0", "union = False"]
    clipped = make_beam_mask(beam, mosaic, options=CLIP, overwrite=True).mask
    assert options_in(clipped) == [
        "blank_border = 0",
        "noise_box_size = 32",
        "noise_filter_size = 3",
        "smoothed_clip = 2.0",
        "union = False",
    ]


@pytest.mark.parametrize(
    ("beam", "says"),
    [(None, "has no BMAJ and no BMIN"), ((0.001, 0.002, 0.0), "are not a beam")],
    ids=["absent", "impossible"],
)
def test_a_clip_needs_the_beam_of_the_image(tmp_path: Path, beam: tuple[float, float, float] | None, says: str) -> None:
    image = noisy_beam(tmp_path / "beam.fits", radio_header((80, 80), beam=beam))
    mosaic = two_sources(tmp_path / "mosaic.fits")
    with pytest.raises(SkerryError, match=rf"beam\.fits: .*{says}.*; give `beam`, an image that has one"):
        make_beam_mask(image, mosaic, options=CLIP)
    assert not (tmp_path / "beam.mask.fits").exists()
    assert make_beam_mask(image, mosaic).mask.exists()


@pytest.mark.filterwarnings("ignore:.*the mask is empty")
@pytest.mark.filterwarnings("ignore:.*no valid pixels")
@pytest.mark.parametrize("value", [np.nan, 0.0])
def test_the_mask_of_a_beam_that_sees_nothing_is_empty(tmp_path: Path, value: float) -> None:
    beam = write_fits(tmp_path / "beam.fits", np.full((80, 80), value, np.float32))
    written = make_beam_mask(beam, two_sources(tmp_path / "mosaic.fits"), options=CLIP).mask
    assert not fits.getdata(written).any()
