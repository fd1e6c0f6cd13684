"""The unit of an image is what is meant by its BUNIT, however a program spells it."""

from __future__ import annotations

import subprocess
import sys

import pytest
from astropy.io import fits

from skerry.io.pixel_units import pixel_unit, unit_of

JY = [
    *("Jy/beam", "JY/BEAM", "Jy/Beam", "jy/beam", "Jy / beam", " Jy/beam ", "JY/BEAM ", "Jy/bm", "JY/BM", "Jy/beams"),
    *("Jy beam-1", "Jy beam^-1", "Jy beam**-1", "Jy.beam-1", "Jy*beam-1", "Jy beam**(-1)", "JY BEAM-1", "Jy.beam**-1"),
    *("beam-1 Jy", "beam^-1 Jy", "BEAM-1 JY", "Jy/(beam)", "(Jy)/(beam)", "Jy per beam", "Jy/beam^-1", "jansky/beam"),
]
SCALED = {
    1e-3: ["mJy/beam", "mJy beam-1", "beam-1 mJy", "mjy/beam", "mJY/BEAM", "milliJy/beam", "1e-3 Jy/beam"],
    1e-6: [
        "uJy/beam",
        "UJY/BEAM",
        "microJy/beam",
        "\u00b5Jy/beam",
        "\u03bcJy/beam",
        "10**-6 Jy/beam",
        "10^-6 Jy beam^-1",
    ],
    1e-9: ["nJy/beam"],
    1e3: ["kJy/beam"],
    1e6: ["MJy/beam", "megaJy/beam"],
    1e26: ["W m-2 Hz-1 beam-1", "W/m2/Hz/BEAM"],
}


@pytest.mark.parametrize("text", JY)
def test_every_spelling_of_jy_per_beam_is_that(text):
    unit = pixel_unit(text)
    assert (unit.kind, unit.in_jy_per_beam) == ("flux per beam", 1.0)


@pytest.mark.parametrize(("value", "text"), [(value, text) for value, texts in SCALED.items() for text in texts])
def test_prefixes_are_factors(value, text):
    unit = pixel_unit(text)
    assert unit.kind == "flux per beam"
    assert unit.in_jy_per_beam == pytest.approx(value, rel=1e-12)


@pytest.mark.parametrize("text", ["sigma", "SIGMA", "Sigma", "S/N", "SNR"])
def test_a_signal_image_may_say_so(text):
    assert pixel_unit(text).kind == "sigma"


@pytest.mark.parametrize("text", ["", "  ", "1", "none", "dimensionless"])
def test_no_unit_is_none(text):
    assert pixel_unit(text).kind == "none"


@pytest.mark.parametrize(
    "text",
    ["K", "Jy/pixel", "Jy", "counts", "Jy beam", "Jy/beam/Hz", "Jy2/beam", "Jy/beam km/s", "K/beam2", "beam-1", "?!"],
)
def test_what_is_not_flux_per_beam_is_other(text):
    unit = pixel_unit(text)
    assert (unit.kind, unit.in_jy_per_beam) == ("other", None)


def test_capitals_do_not_tell_milli_from_mega():
    unit = pixel_unit("MJY/BEAM")
    assert (unit.kind, unit.in_jy_per_beam) == ("flux per beam", None)
    assert unit.factor_to(pixel_unit("MJY/BEAM")) == 1
    assert unit.factor_to(pixel_unit("Jy/beam")) is None


@pytest.mark.parametrize(
    ("one", "other", "factor"),
    [
        ("mJy/beam", "Jy/beam", 1e-3),
        ("JY/BEAM", "beam-1 uJy", 1e6),
        ("JY/BEAM", "Jy/beam", 1),
        ("", "Jy/beam", 1),
        ("K", "", 1),
        ("K", "k", 1),
        ("K", "Jy/beam", None),
        ("sigma", "Jy/beam", None),
        ("SNR", "sigma", 1),
    ],
)
def test_factor_from_one_unit_to_another(one, other, factor):
    found = pixel_unit(one).factor_to(pixel_unit(other))
    assert found == (None if factor is None else pytest.approx(factor, rel=1e-12))


def test_unit_of_a_header_that_has_no_text_there_is_none():
    assert unit_of(fits.Header()).kind == "none"
    assert unit_of(fits.Header({"BUNIT": 1})).kind == "none"
    assert unit_of(fits.Header({"BUNIT": " JY/BEAM "})) == pixel_unit("JY/BEAM")


def test_no_import_is_needed_for_a_unit_in_jansky():
    code = (
        "import sys; from skerry.io.pixel_units import pixel_unit; pixel_unit('beam-1 mJy'); pixel_unit('K');"
        "sys.exit('astropy.units' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_prefix_that_was_lost_is_per_beam_by_a_factor_that_nobody_knows():
    lost = pixel_unit("??Jy/beam")
    assert (lost.kind, lost.in_jy_per_beam) == ("flux per beam", None)
    assert lost.factor_to(pixel_unit("??Jy/beam")) == 1.0
    assert lost.factor_to(pixel_unit("Jy/beam")) is None
    assert pixel_unit("??K").kind == "other"
