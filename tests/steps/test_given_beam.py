"""A beam given by hand, to every subcommand that needs one: used, written into the mask, and told in HISTORY."""

from __future__ import annotations

import numpy as np
import pytest
from astropy.io import fits
from conftest import radio_header, write_fits

from skerry.cli import main
from skerry.cli.app import GROUPS

SHAPE = (96, 96)
BEAM = (30 / 3600, 20 / 3600, 25.0)
BY_NUMBERS = ["--bmaj", "30 arcsec", "--bmin", "20arcsec", "--bpa", "25"]
MASKING = ["--base-snr-clip", "5", "--beam-shape-erode"]
SCALES = ["--scales", "0,8", "--positive-seed-clip", "1.5", "--positive-flood-clip", "1.2"]
OF_AREA = ["--grow-low-snr-island", "--grow-low-snr-island-beams", "3"]
COMMANDS = {
    "noise": ["noise", "image", "--noise-box-beams", "6", "--rms-output", "out", "--bkg-output", "scales"],
    "mask": ["mask", "image", *MASKING, "-o", "out"],
    "flood": ["flood", "signal", *OF_AREA, "-o", "out"],
    "snr-mask": ["snr-mask", "signal", "--seeds", "-o", "out"],
    "scale-mask": ["scale-mask", "image", *SCALES, "--mask-output", "out", "-o", "scales"],
    "erode": ["erode", "mask", "-o", "out"],
    "extract-beam": ["extract-beam", "image", "mask", "--smoothed-clip", "3", "-o", "out"],
}


@pytest.fixture
def files(tmp_path, rng):
    """An image, its signal and its mask without a beam, and another image that has one."""
    y, x = np.indices(SHAPE)
    image = rng.normal(size=SHAPE) + 100 * np.exp(-((x - 40) ** 2 + (y - 50) ** 2) / 2 / 25)
    paths = {name: tmp_path / f"{name}.fits" for name in ("image", "signal", "mask", "beam", "out", "scales")}
    write_fits(paths["image"], image.astype(np.float32), radio_header(SHAPE, beam=None))
    write_fits(paths["signal"], image.astype(np.float32), radio_header(SHAPE, beam=None, unit=None))
    write_fits(paths["mask"], (image > 5).astype(np.uint8), radio_header(SHAPE, beam=None, unit=None))
    write_fits(paths["beam"], np.zeros((4, 4), np.float32), radio_header((4, 4), beam=BEAM))
    return paths


def command(files, name, *more):
    step, *words = COMMANDS[name]
    return [step, *(str(files.get(word, word)) for word in words), *map(str, more)]


def only_error(capsys):
    """The one line that says why a command ended."""
    lines = capsys.readouterr().err.splitlines()
    (line,) = [line for line in lines if not line.startswith(("skerry: warning: ", "skerry: note: "))]
    return line


def beam_of(path):
    header = fits.getheader(path)
    return tuple(header[keyword] for keyword in ("BMAJ", "BMIN", "BPA"))


@pytest.mark.parametrize("name", COMMANDS)
def test_a_beam_by_its_numbers(files, name):
    assert main(command(files, name, *BY_NUMBERS)) == 0
    assert beam_of(files["out"]) == pytest.approx(BEAM)
    (line,) = [line for line in fits.getheader(files["out"])["HISTORY"] if line.startswith("  beam = ")]
    assert tuple(map(float, line.removeprefix("  beam = ").split())) == (30 / 3600, 20 / 3600, 25.0)


@pytest.mark.parametrize("name", COMMANDS)
def test_the_beam_of_another_image(files, name):
    assert main(command(files, name, *BY_NUMBERS)) == 0
    by_numbers = fits.getdata(files["out"])
    assert main(command(files, name, "--beam", files["beam"], "--overwrite")) == 0
    np.testing.assert_array_equal(fits.getdata(files["out"]), by_numbers)
    assert beam_of(files["out"]) == pytest.approx(BEAM)
    history = list(fits.getheader(files["out"])["HISTORY"])
    assert "  beam = beam.fits" in history
    assert "  input beam.fits" in history


@pytest.mark.parametrize("name", COMMANDS)
def test_a_given_beam_is_used_in_place_of_that_of_the_header(files, name):
    """Also where the header's cannot be read."""
    assert main(command(files, name, *BY_NUMBERS)) == 0
    right = fits.getdata(files["out"])
    for of in ("image", "signal", "mask"):
        with fits.open(files[of], mode="update") as hdus:
            hdus[0].header["BMAJ"], hdus[0].header["BMIN"], hdus[0].header["BPA"] = "8,0", 1.0, 0.0
    assert main(command(files, name, *BY_NUMBERS, "--overwrite")) == 0
    np.testing.assert_array_equal(fits.getdata(files["out"]), right)
    assert beam_of(files["out"]) == pytest.approx(BEAM)


@pytest.mark.parametrize("name", [name for name in COMMANDS if name not in ("noise", "snr-mask")])
def test_without_a_beam_a_command_says_how_to_give_one(files, name, capsys):
    assert main(command(files, name)) == 2
    line = only_error(capsys)
    assert "has no BMAJ and no BMIN, so the restoring beam is unknown" in line
    assert line.endswith("; give --beam, an image that has one, or --bmaj, --bmin and --bpa")
    assert not files["out"].exists()


def test_commands_that_take_no_beam_do_not_tell_to_give_one(files, capsys):
    taking = {one.name for group in GROUPS for one in group.commands if one.takes_beam}
    assert taking - {"plot", "stats"} == set(COMMANDS)  # these two do without
    with fits.open(files["image"], mode="update") as hdus:
        hdus[0].header["BMAJ"] = "8,0"
    mosaic = ["mosaic", str(files["image"]), "-o", str(files["out"]), "--primary-beam-fwhm", "1 deg"]
    check = ["check", str(files["mask"]), "--image", str(files["image"])]
    for words in (mosaic, check):
        assert main(words) == 2
        line = only_error(capsys)
        assert "BMAJ cannot be read as a number" in line
        assert "--b" not in line
        assert line.endswith("write BMAJ, BMIN and BPA, in degrees, into its header")


@pytest.mark.parametrize(
    "given",
    [["--bmaj", "8"], ["--bmaj", "8", "--bmin", "8"], [*BY_NUMBERS, "--beam", "beam.fits"]],
)
def test_a_beam_that_is_given_by_half_is_refused(files, given, capsys):
    assert main(command(files, "erode", *given)) == 2
    assert "give all of --bmaj, --bmin and --bpa, or --beam" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["erode", "mask", "scale-mask", "flood", "extract-beam"])
def test_a_beam_in_arcsec_that_is_given_as_degrees_is_told(files, name, capsys):
    assert main(command(files, name, "--bmaj", "8", "--bmin", "8", "--bpa", "0")) == 2
    line = only_error(capsys)
    assert "a BMAJ of 8 degrees has 4800 pixels and is wider than the image, which has 96" in line
    assert not files["out"].exists()


def test_a_beam_that_is_none_is_refused(files, capsys):
    assert main(command(files, "erode", "--bmaj", "8arcsec", "--bmin", "9arcsec", "--bpa", "0")) == 2
    assert "--bmaj, --bmin and --bpa: BMAJ 0.0022" in capsys.readouterr().err
