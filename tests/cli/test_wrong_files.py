"""Every FITS argument of every subcommand, given the wrong file: one line that names it, and nothing is written.

What a wrong file is differs by argument: a mask is as good a grid as an image, and of two images none can tell which
one was meant. So each argument names what it refuses, and all refuse what is no image at all.
"""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from conftest import radio_header, write_fits
from scipy.ndimage import gaussian_filter

from skerry.cli import main, messages
from skerry.cli.app import build_command_line

SHAPE = (96, 128)
NO_IMAGE = ("text", "directory", "table", "empty", "missing", "line")
OF_IMAGE = ("mask", "float-mask", "scale-mask", "cube", *NO_IMAGE)
OF_MAP = (*OF_IMAGE, "elsewhere", "small")
OF_NOISE = (*OF_MAP, "image", "signal", "zeros", "negative", "large", "kelvin")
OF_MASK = ("image", "rms-varied", "signal", "cube", *NO_IMAGE)

COMMANDS: dict[str, dict[str, tuple[str, ...]]] = {
    "noise image=IMAGE --rms-output OUT --bkg-output OUT2": {"IMAGE": OF_IMAGE},
    "signal image=IMAGE --rms rms=RMS --bkg bkg=BKG -o OUT": {
        "IMAGE": (*OF_MAP, "signal", "rms", "bkg"),
        "RMS": OF_NOISE,
        "BKG": (*OF_MAP, "image", "signal", "kelvin"),
    },
    "mask image=IMAGE -o OUT": {"IMAGE": OF_IMAGE},
    "mask image=IMAGE --flood-fill --rms rms=RMS --bkg bkg=BKG -o OUT": {
        "IMAGE": (*OF_MAP, "signal", "rms", "bkg"),
        "RMS": OF_NOISE,
        "BKG": (*OF_MAP, "image", "signal", "kelvin"),
    },
    "snr-mask signal=SIGNAL -o OUT": {"SIGNAL": (*OF_IMAGE, "image", "rms", "kelvin")},
    "snr-mask signal=SIGNAL --statistic both --image image=IMAGE -o OUT": {"IMAGE": OF_MAP},
    "flood signal=SIGNAL --seeds mask=SEEDS -o OUT": {
        "SIGNAL": (*OF_IMAGE, "image", "rms", "elsewhere"),
        "SEEDS": (*OF_MASK, "elsewhere-mask", "small"),
    },
    "flood image=IMAGE --statistic both --signal signal=SIGNAL -o OUT": {
        "IMAGE": OF_MAP,
        "SIGNAL": (*OF_MAP, "image", "rms", "kelvin"),
    },
    "flood image=IMAGE --use-mac -o OUT": {"IMAGE": OF_IMAGE},
    "flood image=IMAGE --rms rms=RMS -o OUT": {"IMAGE": (*OF_MAP, "rms"), "RMS": OF_NOISE},
    "erode mask=MASK --rims --signal signal=SIGNAL --beam image=BEAM -o OUT": {
        "MASK": (*OF_MASK, "elsewhere-mask"),
        "SIGNAL": (*OF_MAP, "image", "rms"),
        "BEAM": NO_IMAGE[:-1],
    },
    "scale-mask image=IMAGE --scales 0,8 -o OUT --mask-output OUT2": {"IMAGE": OF_IMAGE},
    "extract-beam image=IMAGE mask=MASK -o OUT": {
        "IMAGE": ("cube", "elsewhere", *NO_IMAGE),
        "MASK": (*OF_MASK, "elsewhere-mask"),
    },
    "extract-beam image=IMAGE mask=MASK --smoothed-clip 2 -o OUT": {"IMAGE": ("mask", "float-mask", "elsewhere")},
    "mosaic image=IMAGE image=OTHER --primary-beam-fwhm 1deg --like image=LIKE -o OUT": {
        "IMAGE": (*OF_IMAGE, "signal", "kelvin"),
        "LIKE": ("cube", *NO_IMAGE),
    },
    "mosaic image=IMAGE --weights weight=WEIGHTS -o OUT": {
        "WEIGHTS": ("cube", "elsewhere", "small", "zeros", "negative", "image", "signal", *NO_IMAGE),
    },
    "check mask=MASK --image image=IMAGE": {
        "MASK": ("image", "rms-varied", "signal", "elsewhere-mask", *NO_IMAGE),
        "IMAGE": ("elsewhere", *NO_IMAGE),
    },
    "export mask=MASK --to wsclean --like image=LIKE -o OUT": {
        "MASK": (*OF_MASK, "elsewhere-mask"),
        "LIKE": ("elsewhere", "small", *NO_IMAGE),
    },
    "export mask=MASK --to ddfacet --npix 128 -o OUT": {"MASK": OF_MASK},
    "edit mask=MASK --min-snr 5 --image image=IMAGE --noise rms=RMS -o OUT": {
        "MASK": (*OF_MASK, "elsewhere-mask"),
        "IMAGE": (*OF_MAP, "signal"),
        "RMS": OF_NOISE,
    },
    "edit mask=MASK --union mask=OTHER -o OUT": {"OTHER": (*OF_MASK, "elsewhere-mask", "small")},
    "edit mask=MASK --subtract mask=OTHER --reproject -o OUT": {"OTHER": OF_MASK},
    "split-scales scale-mask=MASK --scale 8 -o OUT": {
        "MASK": ("image", "mask", "float-mask", "signal", "rms", *NO_IMAGE),
    },
}
# The image that a step is about may be a cube.
CASES = [
    (command, slot, wrong)
    for command, slots in COMMANDS.items()
    for slot, kinds in slots.items()
    for wrong in kinds
    if (slot, wrong) != ("IMAGE", "cube")
]


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One file of each kind, of the name of the kind."""
    directory = tmp_path_factory.mktemp("files")
    rng = np.random.default_rng(3)
    noise = gaussian_filter(rng.normal(size=SHAPE), 1.4)
    y, x = np.mgrid[: SHAPE[0], : SHAPE[1]]
    image = noise / noise.std() * 1e-4
    for row, column in ((20, 30), (60, 80), (70, 20)):
        image += 5e-3 * np.exp(-((x - column) ** 2 + (y - row) ** 2) / 4)
    mask = image > 5e-4
    smooth = gaussian_filter(image, 9)
    plain = {
        "image": image,
        "rms": np.full(SHAPE, 1e-4),
        "weight": np.full(SHAPE, 0.5),
        "zeros": np.zeros(SHAPE),
        "bkg": smooth - smooth.mean(),
        "rms-varied": 1e-4 + np.abs(smooth),
        "negative": -np.abs(image),
        "large": np.full(SHAPE, 1.0),
        "float-mask": mask,
        "small": image[:50],
        "cube": np.stack([image] * 3),
    }
    for name, pixels in plain.items():
        write_fits(directory / f"{name}.fits", pixels.astype(np.float32), radio_header(pixels.shape))
    write_fits(directory / "signal.fits", (image / 1e-4).astype(np.float32), radio_header(SHAPE, unit="sigma"))
    write_fits(directory / "kelvin.fits", image.astype(np.float32), radio_header(SHAPE, unit="K"))
    write_fits(directory / "elsewhere.fits", image.astype(np.float32), radio_header(SHAPE, ra=70.0))
    write_fits(directory / "mask.fits", mask.astype(np.uint8), radio_header(SHAPE))
    write_fits(directory / "elsewhere-mask.fits", mask.astype(np.uint8), radio_header(SHAPE, ra=70.0))
    write_fits(directory / "no-beam.fits", image.astype(np.float32), radio_header(SHAPE, beam=None))
    write_fits(directory / "no-beam-mask.fits", mask.astype(np.uint8), radio_header(SHAPE, beam=None))
    write_fits(directory / "line.fits", np.zeros(9, np.float32), fits.Header())
    (directory / "text.fits").write_text("field: x\n")
    (directory / "empty.fits").touch()
    (directory / "directory.fits").mkdir()
    table = fits.BinTableHDU.from_columns([fits.Column("a", "1E", array=[1.0])])
    fits.HDUList([fits.PrimaryHDU(), table]).writeto(directory / "table.fits")
    outputs = ["-o", str(directory / "eroded.fits"), "--scale-output", str(directory / "scale-mask.fits")]
    assert main(["erode", str(directory / "mask.fits"), "--scales", "0,8", *outputs]) == 0
    return directory


@pytest.fixture
def unknown(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names in messages for which the subcommand that runs has no flag."""
    names: list[str] = []
    real = messages.with_flags

    def listening(text, flags, words=()):
        kept = {name for word in words for name in re.findall(r"`(\w+)`", word)}
        names.extend(name for name in re.findall(r"`([a-z]\w*)`", text) if name not in flags and name not in kept)
        return real(text, flags, words)

    monkeypatch.setattr(messages, "with_flags", listening)
    return names


def words(command: str, files: Path, outputs: Path, slot: str = "", wrong: str = "") -> list[str]:
    """Words of a command line, in which ``kind=SLOT`` stands for a file."""

    def word(part: str) -> str:
        kind, _, name = part.partition("=")
        if name:
            return str(files / f"{wrong if name == slot else kind}.fits")
        return str(outputs / f"{part}.fits") if part.startswith("OUT") else part

    return [word(part) for part in command.split()]


def assert_flags_exist(command: str, text: str) -> None:
    """Check that a message names no flag but those of its subcommand, or in a command for the user to type."""
    command_line = build_command_line()
    command_line.resolve_command(None, [command])
    taken = {option for parameter in command_line.called.params for option in parameter.opts}
    assert set(re.findall(r"(?<![\w-])--[a-z][\w-]*", re.sub(r"'skerry [^']*'", "", text))) <= taken


@pytest.mark.parametrize("command", COMMANDS)
def test_the_right_files_are_taken(command, files, tmp_path):
    assert main(words(command, files, tmp_path)) == 0


@pytest.mark.parametrize(("command", "slot", "wrong"), CASES)
def test_the_wrong_file_is_refused_in_one_line(command, slot, wrong, files, tmp_path, capsys, unknown):
    outputs = [tmp_path / f"{name}.fits" for name in ("OUT", "OUT2")]
    for output in outputs:
        output.write_text("of the user")
    overwrite = [] if command.startswith("check") else ["--overwrite"]
    assert main([*words(command, files, tmp_path, slot, wrong), *overwrite]) == 2
    told = capsys.readouterr().err.splitlines()
    errors = [line for line in told if line.startswith("skerry: error: ")]
    assert len(errors) == 1
    assert told[-1] == errors[0]
    assert f"/{wrong}.fits" in errors[0]
    assert [output.read_text() for output in outputs] == ["of the user"] * 2
    assert sorted(path.name for path in tmp_path.iterdir()) == ["OUT.fits", "OUT2.fits"]
    assert not unknown
    assert_flags_exist(command.split()[0], errors[0])


@pytest.mark.parametrize(
    ("command", "told"),
    [
        ("mask image=IMAGE --no-preset --base-clip -3 -o OUT", "--base-clip -3.0: "),
        ("snr-mask signal=IMAGE --base-clip 1e30 -o OUT", "--base-clip: 1e+30 is more than any pixel"),
        ("flood signal=IMAGE --seed-clip 3 --flood-clip 4 -o OUT", "--flood-clip 4: is above --seed-clip, 3, but"),
        ("flood signal=IMAGE --flood-clip 6 -o OUT", "--flood-clip 6: is above --seed-clip, 4.5, but"),
        ("mask image=IMAGE --flood-clip 6 -o OUT", "--flood-clip 6: is above --seed-clip, 5, but"),
        ("scale-mask image=IMAGE --scales 0,8 --flood-clip 9 -o OUT", "--flood-clip 9: is above --seed-clip, 4.5, but"),
        ("extract-beam image=IMAGE mask=MASK --smoothed-clip -1 -o OUT", "--smoothed-clip -1"),
        ("mosaic image=IMAGE -o OUT", "give --primary-beam-fwhm for images of apparent flux"),
        ("mosaic image=IMAGE --primary-beam-fwhm 1deg --weights weight=W -o OUT", "but not both"),
        ("mask image=IMAGE --bkg bkg=BKG -o OUT", "give --rms too"),
        ("flood image=IMAGE -o OUT", "is in Jy/beam, not in sigma; make the signal image with 'skerry signal' first"),
        ("flood image=IMAGE --statistic both -o OUT", "both statistics need --signal, or --rms"),
        ("erode mask=MASK --rims -o OUT", "--rims needs the signal image; give --signal"),
        ("mask no-beam=IMAGE -o OUT", "give --beam, an image that has one, or --bmaj, --bmin and --bpa"),
        ("erode no-beam-mask=MASK -o OUT", "give --beam, an image that has one, or --bmaj, --bmin and --bpa"),
        ("scale-mask no-beam=IMAGE --scales 0,8 -o OUT", "give --beam, an image that has one, or --bmaj"),
        ("extract-beam no-beam=IMAGE mask=MASK --smoothed-clip 2 -o OUT", "give --beam, an image that has one, or"),
        ("flood no-beam=IMAGE --rms rms=RMS --false-islands 1 -o OUT", "give --beam, an image that has one, or"),
        ("snr-mask no-beam=IMAGE --rms rms=RMS --seeds --false-islands 1 -o OUT", "give --beam, an image that has"),
        ("export mask=MASK --to ddfacet -o OUT", "is asked for as --npix, or an image that it made as --like"),
        ("export mask=MASK --to wsclean --axes 3 -o OUT", "--axes 3: must be 2 or 4"),
        ("export mask=MASK --to aips -o OUT", "--to aips: is no imager that masks are written for; give casa, ddf"),
        ("mask image=IMAGE --axes 3 -o OUT", "--axes 3: must be 2 or 4"),
        ("check mask=MASK", "give either --image, or --size and --scale"),
        ("edit mask=MASK -o OUT", "no operation is given; give one or more, as --drop, --dilate or --add-regions"),
        ("edit mask=MASK --min-snr 5 -o OUT", "--min-snr: needs the image of the mask; give --image"),
        ("edit mask=MASK --dilate 1 --noise rms=RMS -o OUT", "has no use without --min-snr; leave it out"),
        ("edit mask=MASK --dilate 1 --reproject -o OUT", "--reproject: has no use without --union, --intersect"),
        ("edit mask=MASK --dilate 0 -o OUT", "--dilate 0: give a whole number of pixels from 1 to 1000"),
        ("edit mask=MASK --erode 1001 -o OUT", "--erode 1001: give a whole number of pixels from 1 to 1000"),
        ("edit mask=MASK --min-size 0 -o OUT", "--min-size 0: give a whole number of pixels from 1 on"),
        ("edit mask=MASK --min-snr nan --image image=I -o OUT", "--min-snr nan: give a number above 0"),
        ("edit mask=MASK --drop 0 -o OUT", "--drop 0: islands are numbered from 1"),
        ("edit mask=MASK --drop 5-3 -o OUT", "--drop 5-3: islands are numbered from 1"),
        ("edit mask=MASK --keep 1,2,99 -o OUT", "has 3 islands, and no number 99 (--keep 1,2,99)"),
        ("edit mask=MASK --keep nowhere -o OUT", "--keep 'nowhere': is neither; give numbers of islands"),
        ("edit mask=MASK --drop 60.0,45.0 -o OUT", "--drop 60.0,45.0: lies outside of the mask"),
        ("edit mask=MASK --union elsewhere-mask=X -o OUT", "give files of the same grid, or give --reproject"),
        ("edit mask=MASK --add-regions none=REG -o OUT", "none.fits: "),
        ("edit mask=MASK --add-regions mask=REG -o OUT", "mask.fits: is no text; give a region file"),
    ],
)
def test_nonsense_is_refused_by_flags_that_there_are(command, told, files, tmp_path, capsys, unknown):
    assert main(words(command, files, tmp_path)) == 2
    errors = capsys.readouterr().err.splitlines()
    assert len(errors) == 1
    assert told in errors[0]
    assert not list(tmp_path.iterdir())
    assert not unknown
    assert_flags_exist(command.split()[0], errors[0])


def test_seeds_that_are_there_may_be_flooded_to_a_floor_above_the_seed_clip(files, tmp_path):
    command = "flood signal=SIGNAL --seeds mask=SEEDS --flood-clip 6 -o OUT"
    assert main(words(command, files, tmp_path)) == 0
