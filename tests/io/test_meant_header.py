"""Headers as other programs write them, read as they are meant or refused by name."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from conftest import radio_header, write_fits

from skerry.errors import SkerryError, SkerryNote, SkerryWarning
from skerry.io.fits import open_image, read_image
from skerry.io.fits_writer import write_products
from skerry.io.headers import Provenance, mask_header
from skerry.io.image_headers import read_header
from skerry.io.products import Product
from skerry.io.stored_images import open_stored
from skerry.sky.restoring_beam import RestoringBeam, UnknownBeamError, read_beam

BEAM = RestoringBeam(22.0 / 3600, 17.5 / 3600, 60.0)
AIPS = "AIPS   CLEAN BMAJ=  6.0000E-03 BMIN=  5.0000E-03 BPA=  10.00"
CASA = "restoration: 36 by 18 (arcsec) at pa -20 (deg)"
PLANE = np.zeros((8, 10), np.float32)


def written(path: Path, header: fits.Header | None = None, **cards: str) -> Path:
    """Write an image, with some cards as text: what stands behind the keyword."""
    header = radio_header() if header is None else header
    names = {keyword: keyword.replace("_", "-").ljust(8) for keyword in cards}
    places = {keyword: f"PLACE{n}".ljust(8) for n, keyword in enumerate(cards)}
    for keyword, name in names.items():
        if name.strip() in header:
            places[keyword] = name
        else:
            header[places[keyword]] = 1.0
    write_fits(path, PLANE, header)
    content = bytearray(path.read_bytes())
    for keyword, text in cards.items():
        # What decides how astropy opens the file comes first.
        place = content.find(names[keyword].encode())
        place = content.index(places[keyword].encode()) if place < 0 else place
        content[place : place + 80] = (names[keyword] + text).ljust(80).encode("latin-1")
    path.write_bytes(content)
    return path


def beamless() -> fits.Header:
    return radio_header(beam=None)


def mask_of(image: Path) -> fits.Header:
    """Header of a mask of an image, as a strict reader finds it."""
    with open_image(image) as opened:
        header = mask_header(opened.header, Provenance("mask"))
        path = image.with_suffix(".mask.fits")
        write_products([Product(path, np.zeros(PLANE.shape, np.uint8), header, opened.shape)])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with fits.open(path) as hdus:
            hdus.verify("exception")
            return hdus[0].header.copy()


@pytest.mark.parametrize("keyword", ["BMAJ", "BMIN", "BPA", "CDELT1", "CRPIX2", "CRVAL1", "LONPOLE", "SKSEED"])
@pytest.mark.parametrize(
    "text", ["=  -5,5E-04", "= nan", "= 1.0.0", "=", "= '8.0'", "= T", "= 1E400", "=8.0", "= (1, 2)"]
)
def test_a_number_that_is_none_is_refused_by_name(tmp_path, keyword, text):
    image = written(tmp_path / "x.fits", **{keyword: text})
    for read in (read_header, read_image):
        with pytest.raises(SkerryError) as error:
            read(image)
        assert str(error.value).startswith(f"{image}: {keyword} cannot be read as a number")
        assert text.split("=")[1].strip() in str(error.value)
        assert "\n" not in str(error.value)
    with pytest.raises(SkerryError, match=f"{keyword} cannot"), open_stored(image):
        pass


@pytest.mark.parametrize("keyword", ["CTYPE1", "CUNIT2", "BUNIT", "RADESYS"])
def test_a_string_that_is_none_is_refused_by_name(tmp_path, keyword):
    for text in ("= deg", "= 1.0", "='deg'"):
        with pytest.raises(SkerryError, match=f"{keyword} cannot be read as a string"):
            read_header(written(tmp_path / f"{text[2:]}.fits", **{keyword: text}))


@pytest.mark.parametrize("keyword", ["BSCALE", "BZERO", "BLANK", "BITPIX", "NAXIS1"])
def test_the_storage_of_the_pixels_is_refused_by_name(tmp_path, keyword):
    with pytest.raises(SkerryError, match=f"{keyword} cannot be read as a number.*1,5"):
        read_image(written(tmp_path / "x.fits", **{keyword: "=    1,5"}))


@pytest.mark.parametrize(
    ("keyword", "value"),
    [
        ("NAXIS", 1000),
        ("NAXIS", 2_147_483_648),  # as many axes would be looked for one by one
        ("NAXIS", -1),
        ("NAXIS1", -8),
        ("NAXIS2", 2**62),
        ("BITPIX", 7),
    ],
)
@pytest.mark.parametrize("extension", [False, True])
def test_a_storage_that_fits_does_not_have_is_refused_by_name(tmp_path, keyword, value, extension):
    image = fits.ImageHDU(np.zeros((4, 4), np.float32)) if extension else fits.PrimaryHDU(np.zeros((4, 4), np.float32))
    path = tmp_path / "x.fits"
    fits.HDUList([fits.PrimaryHDU(), image] if extension else [image]).writeto(path)
    raw = bytearray(path.read_bytes())
    place = raw.rindex(keyword.ljust(8).encode())
    raw[place : place + 80] = f"{keyword:<8}= {value:>20}".ljust(80).encode()
    path.write_bytes(raw)
    with pytest.raises(SkerryError, match=f"x.fits: {keyword} = {value} is none that a FITS file can have"):
        read_header(path)


@pytest.mark.parametrize(
    ("keyword", "value"),
    [("BMAJ", "1E200"), ("BMIN", "1E-160"), ("CDELT1", "-1E-160"), ("CRPIX1", "1E200"), ("CRVAL2", "-1E30")],
)
def test_a_number_that_nobody_means_is_refused_by_name(tmp_path, keyword, value):
    with pytest.raises(SkerryError, match=f"{keyword} cannot be read as a number that can be meant.*{value}"):
        read_header(written(tmp_path / "x.fits", **{keyword: f"= {value:>20}"}))


def test_small_numbers_of_a_turn_are_no_fault(tmp_path):
    header = read_header(written(tmp_path / "x.fits", CD1_2="= 1E-21", CRVAL1="= 1E-21", NAXISX="= 'none'"))
    assert header["CRVAL1"] == 1e-21


@pytest.mark.parametrize("keyword", ["EQUINOX", "EPOCH"])
def test_an_equinox_that_is_none_has_its_default(tmp_path, keyword):
    image = written(tmp_path / "x.fits", **{keyword: "=   2,000E+03"})
    with pytest.warns(SkerryWarning, match=f"{keyword} cannot be read .*2,000E"):
        assert keyword not in read_header(image)


@pytest.mark.parametrize("text", ["= 1,5", "= nan", "= 'unterminated", "= 1E400", "=1.0"])
@pytest.mark.parametrize("keyword", ["OBSERVER", "DATE-OBS", "RESTFRQ", "CDELT3"])
def test_a_card_that_nobody_needs_is_left_out_with_a_note(tmp_path, keyword, text):
    image = written(tmp_path / "x.fits", **{keyword: text})
    with pytest.warns(SkerryNote, match=f"left out.*{keyword}"):
        assert keyword not in mask_of(image)


@pytest.mark.parametrize("text", ["= 'FREQ'", "= (1.0, -2.0)", "= T", "= 1E200"])
@pytest.mark.parametrize("keyword", ["CRVAL3", "CRPIX3", "CDELT4", "CROTA4", "LTV1", "LTV2"])
def test_a_place_on_another_axis_that_is_no_number_is_left_out_with_a_note(tmp_path, keyword, text):
    image = written(tmp_path / "x.fits", **{keyword: text})
    with pytest.warns(SkerryNote, match=f"left out.*{keyword}"):
        assert keyword not in mask_of(image)


def test_a_frequency_is_a_place_on_another_axis(tmp_path):
    assert mask_of(written(tmp_path / "x.fits", CRVAL3="= 3.5E18"))["CRVAL3"] == 3.5e18


@pytest.mark.parametrize("text", ["= 'FK5'", "= 1.5"])
def test_fields_of_a_table_mean_nothing_in_an_image(tmp_path, text):
    assert "TFIELDS" not in mask_of(written(tmp_path / "x.fits", TFIELDS=text))


@pytest.mark.parametrize("count", [1000, -1, 10**20])
def test_fields_that_no_table_has_are_refused_by_name(tmp_path, count):
    image = written(tmp_path / "x.fits", TFIELDS=f"= {count}")
    with pytest.raises(
        SkerryError, match=rf"x\.fits: TFIELDS = {count} is none that a FITS file can have; mend the card$"
    ):
        read_header(image)


def put_in_place_of_object(image: Path, *cards: str) -> None:
    """Cards in place of that of the object and of those behind it."""
    content = bytearray(image.read_bytes())
    place = content.index(b"OBJECT  =")
    for n, card in enumerate(cards):
        content[place + 80 * n : place + 80 * (n + 1)] = card.encode().ljust(80)
    image.write_bytes(content)


@pytest.mark.parametrize(
    "card", ["NAXIS2  =                 2000", "BITPIX  =                  -64", "NAXIS   =          4"]
)
def test_storage_that_is_said_twice_and_differs_is_refused_by_name(tmp_path, card):
    image = written(tmp_path / "x.fits", OBJECT="= 'x'")
    put_in_place_of_object(image, card)
    with pytest.raises(
        SkerryError, match=rf"x\.fits: {card.split()[0]} stands twice, as -?\d+ and as {card.split()[-1]};"
    ):
        read_header(image)


def test_a_number_of_the_storage_that_goes_on_is_refused_by_name(tmp_path):
    image = written(tmp_path / "x.fits", OBJECT="= 'x'", OBSERVER="= 'y'")
    put_in_place_of_object(image, "BSCALE  =                    8", "CONTINUE  'more'")
    with pytest.raises(
        SkerryError, match=r"x\.fits: BSCALE goes on in a card CONTINUE, as no number can; take that out$"
    ):
        read_header(image)


def test_lengths_that_stand_twice_stand_once_and_in_place_in_a_mask(tmp_path):
    image = written(tmp_path / "x.fits", OBJECT="= 'x'")
    put_in_place_of_object(image, "NAXIS2  =                    8")
    made = [keyword for keyword in mask_of(image) if keyword.startswith("NAXIS")]
    assert made == ["NAXIS", "NAXIS1", "NAXIS2"]


def test_of_several_cards_one_note_tells(tmp_path):
    image = written(tmp_path / "x.fits", OBSERVER="= 1,5", OBJECT="= 1,5")
    with pytest.warns(SkerryNote) as told:
        read_header(image)
    assert [str(one.message) for one in told] == [
        f"{image}: 2 cards that cannot be read are left out of what is made: OBSERVER, OBJECT"
    ]


@pytest.mark.parametrize("byte", ["\n", "\t", "\0", "\r", "\x1b", "\xe9", "\x7f"])
@pytest.mark.parametrize("text", ["= 'CASA 4.7{}'", "= 'CASA 4.7' / of{}the telescope"])
def test_control_characters_do_not_matter(tmp_path, byte, text):
    header = mask_of(written(tmp_path / "x.fits", ORIGIN=text.format(byte)))
    assert header["ORIGIN"].rstrip("? ") == "CASA 4.7"
    assert header["BMAJ"] == BEAM.bmaj


def test_control_characters_in_history_do_not_matter(tmp_path):
    header = mask_of(written(tmp_path / "x.fits", HISTORY=" made\nwith\tcare", COMMENT=" a\0b"))
    assert "made with care" in str(header["HISTORY"])


def test_control_characters_in_a_compressed_file_do_not_matter(tmp_path):
    path = tmp_path / "x.fits.fz"
    header = radio_header((40, 40))
    header["ORIGIN"] = "CASA 4.7X"
    fits.HDUList([fits.PrimaryHDU(), fits.CompImageHDU(np.zeros((40, 40), np.float32), header)]).writeto(path)
    path.write_bytes(path.read_bytes().replace(b"CASA 4.7X", b"CASA 4.7\n"))
    assert read_header(path)["ORIGIN"].strip() == "CASA 4.7"


def test_a_plain_header_stays_as_it_is(tmp_path):
    header = radio_header((1, 1, 8, 10))
    header["OBSERVER"] = "O'Brien"
    header["HIERARCH a long keyword"] = 3
    header.add_history("made by hand")
    image = write_fits(tmp_path / "x.fits", PLANE, header, ndim=4)
    assert read_header(image).tostring() == fits.getheader(image).tostring()


@pytest.mark.parametrize(
    ("lines", "beam"),
    [
        ([AIPS], (6e-3, 5e-3, 10.0)),
        ([CASA], (0.01, 0.005, -20.0)),
        ([f"> {CASA}"], (0.01, 0.005, -20.0)),
        (["Fitted beam used in", f"> {CASA}"], (0.01, 0.005, -20.0)),
        (["Fitted beam used in restoration: 36 by 18", "> (arcsec) at pa -20 (deg)"], (0.01, 0.005, -20.0)),
        ([CASA, AIPS], (6e-3, 5e-3, 10.0)),
        ([AIPS, CASA], (0.01, 0.005, -20.0)),
        ([AIPS, AIPS.replace("6.0000", "7.0000")], (7e-3, 5e-3, 10.0)),
        ([AIPS, "CONVL BMAJ=  2.9700 BMIN=  1.6500 BPA= -15.1/Output beam"], (6e-3, 5e-3, 10.0)),
        ([AIPS, "AIPS   CLEAN BMAJ=  0.0000E+00 BMIN=  0.0000E+00 BPA=   0.00"], (6e-3, 5e-3, 10.0)),
        ([AIPS, "AIPS   CLEAN BMAJ=  1E-300 BMIN=  1E-300 BPA=   0.00"], (6e-3, 5e-3, 10.0)),
        ([AIPS, "restoration: 1E300 by 1E300 (arcsec) at pa 0 (deg)"], (6e-3, 5e-3, 10.0)),
        ([AIPS, "Approximate PSF: size 3 by 2 (arcsec) at pa 1 (deg)", "CLEAN BMAJ unknown"], (6e-3, 5e-3, 10.0)),
    ],
)
def test_the_last_restoring_beam_of_history_wins(tmp_path, lines, beam):
    header = beamless()
    for line in lines:
        header.add_history(line)
    image = write_fits(tmp_path / "x.fits", PLANE, header)
    assert read_beam(read_header(image)) == pytest.approx(beam)
    assert read_beam(header) == pytest.approx(beam)
    assert read_beam(mask_of(image)) == pytest.approx(beam)


def test_a_card_beats_history(tmp_path):
    header = radio_header()
    header.add_history(AIPS)
    assert read_beam(read_header(write_fits(tmp_path / "x.fits", PLANE, header))) == BEAM


def beam_table(*rows: tuple[float, float, float, int, int], unit: str = "arcsec") -> fits.BinTableHDU:
    """CASA's table: BMAJ, BMIN, BPA, CHAN, POL."""
    units = {"BMAJ": unit, "BMIN": unit, "BPA": "deg", "CHAN": "", "POL": ""}
    columns = [
        fits.Column(name, "1J" if name in ("CHAN", "POL") else "1E", units[name], array=np.array(values))
        for name, values in zip(units, zip(*rows, strict=True), strict=True)
    ]
    return fits.BinTableHDU.from_columns(columns, name="BEAMS")


def with_table(path: Path, table: fits.BinTableHDU, header: fits.Header | None = None) -> Path:
    header = radio_header((1, 1, 8, 10), beam=None) if header is None else header
    header["CASAMBM"] = True
    plane = PLANE.reshape((1,) * (len([key for key in header if key.startswith("CTYPE")]) - 2) + PLANE.shape)
    fits.HDUList([fits.PrimaryHDU(plane, header), table]).writeto(path)
    return path


@pytest.mark.parametrize("unit", ["arcsec", "deg", "arcmin"])
def test_the_beam_of_a_table(tmp_path, unit):
    size = {"arcsec": 36.0, "deg": 0.01, "arcmin": 0.6}[unit]
    image = with_table(tmp_path / "x.fits", beam_table((size, size / 2, 30.0, 0, 0), unit=unit))
    assert read_beam(read_header(image)) == pytest.approx((0.01, 0.005, 30.0), rel=1e-6)
    header = mask_of(image)
    assert read_beam(header) == pytest.approx((0.01, 0.005, 30.0), rel=1e-6)
    assert "CASAMBM" not in header


def test_rows_of_one_beam_are_one_beam_and_empty_ones_none(tmp_path):
    rows = [(36.0, 18.0, 30.0, 0, 0), (0.0, 0.0, 0.0, 1, 0), (36.0, 18.0, 30.0, 2, 0)]
    image = with_table(tmp_path / "x.fits", beam_table(*rows))
    assert read_beam(read_header(image)) == pytest.approx((0.01, 0.005, 30.0), rel=1e-6)


def test_a_plane_cut_out_of_a_cube_has_the_beam_of_its_channel(tmp_path):
    header = radio_header((1, 1, 8, 10), beam=None)
    header["CRPIX3"] = -1.0
    rows = [(36.0 + n, 18.0, 30.0, n, 0) for n in range(4)]
    image = with_table(tmp_path / "x.fits", beam_table(*rows), header)
    assert read_beam(read_header(image)).bmaj == pytest.approx(38 / 3600)


def test_a_plane_of_stokes_v_has_the_beam_of_its_row(tmp_path):
    header = radio_header((1, 1, 8, 10), beam=None)
    header["CRVAL4"] = 4.0
    rows = [(36.0 + n, 18.0, 30.0, 0, n) for n in range(4)]
    image = with_table(tmp_path / "x.fits", beam_table(*rows), header)
    assert read_beam(read_header(image)).bmaj == pytest.approx(39 / 3600)


def test_several_beams_of_which_none_is_told_are_refused_where_one_is_needed(tmp_path):
    image = with_table(tmp_path / "x.fits", beam_table((36, 18, 30, 0, 0), (40, 18, 30, 1, 0)), beamless())
    header = read_header(image)
    with pytest.raises(UnknownBeamError, match=r"x\.fits: has several beams in its table BEAMS"):
        read_beam(header, "x.fits")
    assert "CASAMBM" not in mask_of(image)


@pytest.mark.parametrize("card", ["TFORM3  = ''", "TFORM3  = '99999999999999999999'", "TTYPE3  = 1,5", "TFIELDS = 'x'"])
def test_a_table_that_cannot_be_read_is_none(tmp_path, card):
    image = with_table(tmp_path / "x.fits", beam_table((36, 18, 30, 0, 0)), beamless())
    content = bytearray(image.read_bytes())
    place = content.index(card[:8].encode())
    content[place : place + 80] = card.encode().ljust(80)
    image.write_bytes(content)
    with pytest.raises(UnknownBeamError, match=r"x\.fits: has "):
        read_beam(read_header(image), "x.fits")


@pytest.mark.parametrize("beam", [(1e-13, 1e-13, 0), (1e25, 18, 0), (36, 18, 1e30), (0, 0, 0), (np.nan, 18, 0)])
def test_a_row_that_cannot_be_meant_is_no_beam(tmp_path, beam):
    image = with_table(tmp_path / "x.fits", beam_table((*beam, 0, 0), (36, 18, 30, 0, 0)), beamless())
    assert read_beam(read_header(image)) == pytest.approx((0.01, 0.005, 30))
    image = with_table(tmp_path / "y.fits", beam_table((*beam, 0, 0)), beamless())
    assert "BMAJ" not in mask_of(image)


def test_a_card_beats_the_table(tmp_path):
    image = with_table(tmp_path / "x.fits", beam_table((36, 18, 30, 0, 0)), radio_header((1, 1, 8, 10)))
    assert read_beam(read_header(image)) == BEAM


@pytest.mark.parametrize("inherit", [True, False, None])
def test_the_beam_of_the_primary_header(tmp_path, inherit):
    primary, image = fits.Header(), beamless()
    primary["BMAJ"], primary["BMIN"], primary["BPA"] = BEAM
    primary["OBJECT"] = "3C 273"
    if inherit is not None:
        image["INHERIT"] = inherit
    path = tmp_path / "x.fits"
    fits.HDUList([fits.PrimaryHDU(header=primary), fits.ImageHDU(PLANE, image)]).writeto(path)
    header = mask_of(path)
    assert read_beam(header) == BEAM
    assert ("OBJECT" in header) is (inherit is True)
    assert "INHERIT" not in header


def test_the_beam_of_an_extension_beats_that_of_the_primary_header(tmp_path):
    path = tmp_path / "x.fits"
    primary = fits.Header({"BMAJ": 1.0, "BMIN": 1.0, "BPA": 0.0})
    fits.HDUList([fits.PrimaryHDU(header=primary), fits.ImageHDU(PLANE, radio_header())]).writeto(path)
    assert read_beam(read_header(path)) == BEAM


def test_a_given_beam_is_that_of_the_image_whatever_the_file_says(tmp_path):
    given = RestoringBeam(0.01, 0.005, 20.0)
    image = written(tmp_path / "x.fits", BMAJ="= nan", BPA="= 1,5")
    with open_image(image, given) as opened:
        assert read_beam(opened.header) == given


def test_stored_headers_keep_what_was_mended(tmp_path):
    header = radio_header()
    header["CUNIT1"] = "DEG"
    with open_stored(write_fits(tmp_path / "x.fits", PLANE, header)) as stored:
        assert (stored.header["CUNIT1"], stored.meant["CUNIT1"]) == ("DEG", "deg")
