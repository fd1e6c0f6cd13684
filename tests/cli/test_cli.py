"""The command line as its user meets it."""

from __future__ import annotations

import re
import shlex
import signal
import subprocess
import sys

import numpy as np
import pytest
from astropy.io import fits
from conftest import radio_header, warned, write_fits

from skerry import __version__
from skerry.cli import main
from skerry.cli.app import GROUPS

COMMANDS = [command for group in GROUPS for command in group.commands]


def run(*arguments):
    """Run the program as a process of its own."""
    return subprocess.run([sys.executable, "-m", "skerry", *map(str, arguments)], capture_output=True, text=True)


@pytest.fixture
def image(tmp_path, rng):
    """Noise of 1 mJy/beam with one source."""
    data = rng.normal(0, 1e-3, size=(150, 150)).astype(np.float32)
    data[70:80, 70:80] += 0.05
    return write_fits(tmp_path / "image.fits", data, radio_header((1, 1, 150, 150)), ndim=4)


@pytest.mark.parametrize("command", ["noise", "signal", "snr-mask", "flood", "erode", "mask", "scale-mask", "info"])
@pytest.mark.parametrize("name", [".", "..", "/", ""])
def test_a_directory_without_a_name_is_no_image(command, name, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    needed = {"signal": ["--rms", "rms.fits"], "scale-mask": ["--scales", "0,4", "--seed-clip", "1.5"]}
    assert main([command, name, *needed.get(command, [])]) == 2
    assert capsys.readouterr().err == f"skerry: error: {name or '.'}: is a directory; give a FITS file\n"
    assert list(tmp_path.iterdir()) == []


def test_a_note_is_no_warning(image, tmp_path, capsys):
    given = ["mask", str(image), "--no-preset", "--flood-fill", "--count-negative", "-o", str(tmp_path / "m.fits")]
    assert main(given) == 0
    assert capsys.readouterr().err.startswith("skerry: note: 1 islands; ")


def test_the_version_is_shown(capsys):
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"skerry {__version__}\n"


def test_the_examples_of_the_steps_work(image, tmp_path, monkeypatch, capsys):
    """Run every example of the help in turn; each makes what a later one reads."""
    monkeypatch.chdir(tmp_path)
    examples = {command.name: shlex.split(command.example)[1:] for command in COMMANDS}
    for n in range(2):
        write_fits(tmp_path / f"beam0{n}.fits", fits.getdata(image), radio_header((1, 1, 150, 150)))
    for name in ("noise", "signal", "snr-mask", "flood", "erode", "mosaic", "scale-mask", "mask"):
        words = examples[name]
        if name == "mosaic":
            words = [w for word in words for w in (["beam00.fits", "beam01.fits"] if "*" in word else [word])]
        assert main([*words, "--overwrite"]) == 0, capsys.readouterr().err
    assert main(["mask", "mosaic.fits"]) == 0
    assert main(examples["extract-beam"]) == 0
    assert fits.getdata("beam00.mask.fits").shape == (1, 1, 150, 150)
    assert main(examples["check"]) == 0
    assert main(examples["split-scales"]) == 0


def test_the_chain_by_hand_ends_in_the_mask_of_the_chain_in_one(image, tmp_path, capsys):
    for words in (
        f"noise {image}",
        f"signal {image} --rms {tmp_path}/image.rms.fits --bkg {tmp_path}/image.bkg.fits",
        f"snr-mask {tmp_path}/image.signal.fits --seeds --seed-clip 5",
        f"flood {tmp_path}/image.signal.fits --seeds {tmp_path}/image.seeds.fits",
        f"erode {tmp_path}/image.mask.fits",
        f"mask {image} -o {tmp_path}/one.fits --no-preset --flood-fill --seed-clip 5 --erode",
    ):
        assert main(words.split()) == 0
    made = capsys.readouterr().out.split()
    assert made[-1] == f"{tmp_path}/one.fits"
    assert np.array_equal(fits.getdata(tmp_path / "one.fits"), fits.getdata(tmp_path / "image.eroded.fits"))
    assert fits.getdata(tmp_path / "one.fits").sum() > 20


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("mask {missing}", "missing.fits: there is no such file"),
        ("mask {truncated}", "truncated.fits: is truncated"),
        ("mask {image}", "image.mask.fits: exists; give --overwrite"),
        ("mask {bare}", "bare.fits: has no BMAJ and no BMIN"),
        ("flood {image} -o {new}", "image.fits: is in Jy/beam, not in sigma"),
        ("snr-mask {mask} -o {new} --seed-clip 5", "give --seeds too"),
        ("snr-mask {mask} -o {new} --seeds --base-clip 5", "no use with --seeds"),
        ("erode {image}", "image.fits: is an image, not a mask"),
        ("erode {mask} --minimum-response 2", "--minimum-response 2.0: "),
        (
            "mask {image} --use-mac --statistic snr",
            "error: --use-mac: contradicts --statistic snr; leave it out",
        ),
        ("mask {image} --no-preset --convolve-first", "error: --convolve-first: needs --scales"),
        ("erode {mask} --scales 8,0,8", "--scales: a scale is given twice"),
        ("erode {mask} --bmaj 10arcsec", "--bmaj, --bmin and --bpa"),
        ("erode {mask} --bmaj 1 --bmin 2 --bpa 0", "not a beam"),
        ("erode {mask} --bmaj x --bmin 2 --bpa 0", "--bmaj 'x': is not an angle"),
        ("extract-beam {far} {mask}", "far.fits"),
        ("mosaic {image} -o {new}", "primary"),
        ("noise {image} --noise-box-size 0", "--noise-box-size 0: "),
        ("signal {image}", "Missing option '--rms'"),
        ("flood {mask} --nonsense", "No such option"),
        ("nonsense", "No such command"),
        ("run {missing}", "missing.fits"),
    ],
)
def test_a_bad_input_gets_one_line_and_changes_nothing(words, says, image, tmp_path, capsys):
    names = {name: tmp_path / f"{name}.fits" for name in ("missing", "truncated", "bare", "far", "new")}
    write_fits(names["truncated"], np.zeros((150, 150), np.float32))
    names["truncated"].write_bytes(names["truncated"].read_bytes()[:20000])
    write_fits(names["bare"], np.zeros((150, 150), np.float32), radio_header((150, 150), beam=None))
    write_fits(names["far"], np.zeros((150, 150), np.float32), radio_header((150, 150), ra=200.0))
    mask = write_fits(tmp_path / "image.mask.fits", np.ones((150, 150), np.uint8), radio_header((150, 150), unit=None))
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    assert main(shlex.split(words.format(image=image, mask=mask, **names))) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.count("\n") == 1
    assert captured.err.startswith("skerry: error: ")
    assert says in captured.err
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_a_warning_is_one_line(image, capsys):
    assert main(["mask", str(image), "--no-preset", "--flood-fill", "--seed-clip", "100"]) == 0
    error = warned(capsys.readouterr().err)
    assert re.fullmatch(r"skerry: warning: no pixel reaches the seed clip of 100 sigma; it is lowered to .*\n", error)


def test_an_option_without_effect_is_told(image, capsys):
    assert main(["mask", str(image), "--no-preset", "--seed-clip", "5"]) == 0
    assert "--seed-clip: no effect without --flood-fill\n" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("flags", "idle"),
    [
        (["--mac-seed-factor", "2"], "--mac-seed-factor: no effect, for what it belongs to is off"),
        (["--use-mac-box-size", "9"], "--mac-box-size: no effect without --use-mac"),
        (["--noise-box-size", "64"], "--noise-box-size: no effect, for what it belongs to is off"),
        (["--grow-low-snr-island-clip", "2"], "--low-snr-clip: no effect without --low-snr-islands"),
        (["--false-islands", "1", "--noise-box-size", "64"], None),
        (
            ["--false-islands", "1", "--noise-box-size", "64", "--noise-box-beams", "9"],
            "--noise-box-size: no effect beside --noise-box-beams",
        ),
        (["--flood-clip", "2"], None),
    ],
)
def test_a_step_tells_which_options_its_statistic_ignores(flags, idle, tmp_path, capsys):
    data = np.zeros((40, 40), np.float32)
    data[20, 20] = 99
    signal = write_fits(tmp_path / "x.fits", data, radio_header(data.shape, unit=None))
    assert main(["flood", str(signal), *flags]) == 0
    told = "" if idle is None else f"skerry: warning: {idle}\n"
    assert warned(capsys.readouterr().err) == told


def test_erosion_tells_which_options_it_ignores(tmp_path, capsys):
    mask = write_fits(tmp_path / "x.mask.fits", np.ones((40, 40), np.uint8), radio_header((40, 40), unit=None))
    assert main(["erode", str(mask), "--rims-clip", "30"]) == 0
    assert "--rims-clip: no effect" in capsys.readouterr().err


def test_extraction_tells_that_boxes_matter_with_its_clip_only(image, tmp_path, capsys):
    mask = write_fits(tmp_path / "x.mask.fits", np.ones((150, 150), np.uint8), radio_header((150, 150), unit=None))
    given = ["extract-beam", str(image), str(mask), "--noise-box-size", "30", "--overwrite"]
    assert main(given) == 0
    assert "--noise-box-size: no effect" in capsys.readouterr().err
    assert main([*given, "--smoothed-clip", "4"]) == 0
    assert warned(capsys.readouterr().err) == ""
    seen = fits.getdata(tmp_path / "image.mask.fits").squeeze()
    assert seen[72:78, 72:78].all()
    assert seen.mean() < 0.03


def test_the_seed_clip_has_no_effect_on_given_seeds(tmp_path, capsys):
    signal = write_fits(tmp_path / "x.fits", np.full((9, 9), 99, np.float32), radio_header((9, 9), unit=None))
    assert main(["snr-mask", str(signal), "--seeds", "-o", str(tmp_path / "s.fits"), "--mac-box-size", "9"]) == 0
    assert "--mac-box-size: no effect" in capsys.readouterr().err
    assert main(["flood", str(signal), "--seeds", str(tmp_path / "s.fits"), "--seed-clip", "6"]) == 0
    assert "--seed-clip: no effect" in capsys.readouterr().err


def test_the_program_exits_with_2_and_no_traceback(tmp_path):
    result = run("mask", tmp_path / "missing.fits")
    assert result.returncode == 2
    assert result.stdout == ""
    assert result.stderr == f"skerry: error: {tmp_path / 'missing.fits'}: there is no such file; check the name\n"


def test_a_step_on_files_alone_needs_no_scipy():
    code = "import sys; import skerry.masking.signal, skerry.io.fits; print(*sys.modules)"
    modules = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.split()
    assert not {"scipy", "astropy.wcs", "matplotlib"} & set(modules)


@pytest.mark.parametrize(("number", "status"), [(signal.SIGTERM, 128 + signal.SIGTERM), (signal.SIGINT, 130)])
def test_a_command_that_is_stopped_leaves_nothing_half_written(number, status, tmp_path):
    for name in ("x", "rms"):
        write_fits(tmp_path / f"{name}.fits", np.ones((3000, 3000), np.float32), radio_header((3000, 3000)))
    code = (
        "import os, signal, sys\n"
        # What runs in the background of a shell ignores SIGINT, and so do its children.
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "real = os.fsync\n"
        f"os.fsync = lambda d: (os.kill(os.getpid(), {int(number)}), real(d))\n"
        "from skerry.cli import run\n"
        f"sys.argv[1:] = ['signal', {str(tmp_path / 'x.fits')!r}, '--rms', {str(tmp_path / 'rms.fits')!r}]\n"
        "run()"
    )
    process = subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.PIPE, text=True)
    assert process.communicate(timeout=600)[1] == ""
    assert process.returncode == status
    assert {path.name for path in tmp_path.iterdir()} == {"x.fits", "rms.fits"}
