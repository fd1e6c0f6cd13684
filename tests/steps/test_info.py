"""What `skerry info` tells of a mask, and that the commands it gives make the mask again."""

from __future__ import annotations

import json
import shlex
import shutil
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from conftest import radio_header, write_fits
from known_images import noise

from skerry.cli import main
from skerry.io.history import InputRecord, StepRecord, step_cards, steps_of
from skerry.steps.info import describe_mask
from skerry.steps.remake import remake

SHA = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
STEPS = {
    "noise": ["noise x.fits --noise-box-size 40"],
    "noise in beams": ["noise x.fits --noise-box-beams 12"],
    "signal": ["signal x.fits --rms x.rms.fits --bkg x.bkg.fits"],
    "seeds": ["snr-mask x.signal.fits --seeds --seed-clip 5"],
    "flood": ["flood x.signal.fits --seeds x.seeds.fits --flood-clip 2 -o islands.fits"],
    "both": ["flood x.fits --signal x.signal.fits --statistic both --mac-plateaus -o islands.fits"],
    "erode": ["erode islands.fits --minimum-response 0.5"],
    "scales": ["erode islands.fits --scales 0,8 --bmaj 25arcsec --bmin 20arcsec --bpa 10"],
    "rims": ["erode islands.fits --rims --signal x.signal.fits --beam x.fits"],
}


@pytest.fixture
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory with an image, and one with the same and nothing else, in which masks are made again."""
    rng = np.random.default_rng(5)
    y, x = np.mgrid[:150, :160]
    data = 1e-3 * noise(rng, (150, 160), 3.27)
    for row, column, peak in ((40, 50, 0.3), (90, 120, 0.05), (110, 30, 0.02)):
        data += peak * np.exp(-((y - row) ** 2 + (x - column) ** 2) / 5).astype(np.float32)
    for name in ("here", "again"):
        (tmp_path / name).mkdir()
        write_fits(tmp_path / name / "x.fits", data.astype(np.float32), radio_header(data.shape), ndim=4)
    monkeypatch.chdir(tmp_path / "here")
    return tmp_path


def run(line: str) -> None:
    assert (
        main([*shlex.split(line), "--quiet"] if line.split()[0] not in ("noise", "signal", "mosaic") else line.split())
        == 0
    )


def made_again(directory: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Run the commands for a file in the other directory, and compare what they make; gives the commands."""
    made = describe_mask(Path(name)).made
    assert made.problem is None
    monkeypatch.chdir(directory / "again")
    for command in made.commands:
        program, *words = shlex.split(command)
        assert program == "skerry"
        assert main(words) == 0
    again, first = directory / "again" / name, directory / "here" / name
    np.testing.assert_array_equal(fits.getdata(again), fits.getdata(first))
    assert fits.getdata(again).any()
    assert fits.getdata(again).dtype == fits.getdata(first).dtype
    return list(made.commands)


@pytest.mark.filterwarnings("ignore::skerry.SkerryWarning")
@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("", "skerry mask x.fits --preset late-round"),
        ("--preset compact", "skerry mask x.fits --preset compact"),
        ("--noise-box-size 32", "skerry mask x.fits --preset late-round --noise-box-size 32 --output"),
        ("--noise-box-beams 12.5", "skerry mask x.fits --preset late-round --noise-box-beams 12.5 --output"),
        ("--noise-box-size 40 --no-suppress-artefacts", "--preset late-round --noise-box-size 40 --no-suppress"),
        ("--no-preset", "skerry mask x.fits --no-preset"),
        ("--no-preset --flood-fill --use-mac --seed-clip 1.5 --beam-shape-erode", "--no-preset --"),
        ("--no-preset --base-clip 6", "--no-preset --base-clip 6"),
        ("--scales 0,4", "--scales 0,4"),
        ("--no-preset --convolve-first --scales 0,4 --seed-clip 1.5", "--convolve-first"),
        ("--bmaj 30arcsec --bmin 25arcsec --bpa 20", "--bmaj"),
    ],
)  # fmt: skip
def test_the_commands_make_a_mask_again(
    directory: Path, given: str, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    scales = " --scale-output s.fits" if "--scales" in given else ""
    run(f"mask x.fits {given} -o m.fits{scales}")
    for name in ("m.fits", *(["s.fits"] if scales else [])):
        (command,) = made_again(directory, name, monkeypatch)
        assert expected in command
        monkeypatch.chdir(directory / "here")
        for made in (directory / "again").glob("[ms]*.fits"):
            made.unlink()
        for made in (directory / "again").glob("x.*.fits"):
            made.unlink()


@pytest.mark.filterwarnings("ignore::skerry.SkerryWarning")
@pytest.mark.parametrize(
    ("chain", "name"),
    [
        (("noise", "signal", "seeds"), "x.seeds.fits"),
        (("noise", "signal", "seeds", "flood"), "islands.fits"),
        (("noise", "signal", "both"), "islands.fits"),
        (("noise in beams", "signal", "both"), "islands.fits"),
        (("noise", "signal", "seeds", "flood", "erode"), "islands.eroded.fits"),
        (("noise", "signal", "seeds", "flood", "scales"), "islands.scalemask.fits"),
        (("noise", "signal", "both", "rims"), "islands.eroded.fits"),
    ],
)
def test_the_commands_make_a_mask_by_steps_again(
    directory: Path, chain: tuple[str, ...], name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for step in chain:
        for line in STEPS[step]:
            run(line)
    commands = made_again(directory, name, monkeypatch)
    assert [command.split()[1] for command in commands] == [STEPS[step][0].split()[0] for step in chain]


@pytest.mark.filterwarnings("ignore::skerry.SkerryWarning")
def test_steps_with_a_preset_name_it_and_what_differs(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run("noise x.fits")
    run("signal x.fits --rms x.rms.fits --bkg x.bkg.fits")
    # As the workflow gives them: one by one, and the preset's name.
    run(
        "flood x.fits --signal x.signal.fits --statistic both --seed-clip 5 --flood-clip 2 --mac-flood-factor 0.6 "
        "--false-islands 1 --mac-box-beams 23 --noise-box-beams 10 --suppress-artefacts --preset-name compact "
        "-o islands.fits"
    )
    run("erode islands.fits --signal x.signal.fits --rims --keep-cores --no-erode-edge --preset-name compact -o m.fits")
    commands = made_again(directory, "m.fits", monkeypatch)
    assert commands[2:] == [
        "skerry flood x.fits --signal x.signal.fits --preset compact --false-islands 1.0 --output islands.fits",
        "skerry erode islands.fits --signal x.signal.fits --preset compact --output m.fits",
    ]
    assert (directory / "again" / "m.fits").read_bytes() == (directory / "here" / "m.fits").read_bytes()


@pytest.mark.filterwarnings("ignore::skerry.SkerryWarning")
def test_a_preset_of_ones_own_is_not_needed_again(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("mine.yaml").write_text("flood_fill: true\nflood_fill_positive_seed_clip: 6\n")
    run("mask x.fits --preset mine.yaml -o m.fits")
    assert describe_mask(Path("m.fits")).preset == "mine.yaml"
    commands = made_again(directory, "m.fits", monkeypatch)
    assert commands == ["skerry mask x.fits --no-preset --flood-fill --seed-clip 6.0 --output m.fits"]


@pytest.mark.filterwarnings("ignore::skerry.SkerryWarning")
def test_the_commands_make_the_mask_of_a_beam_again(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("here", "again"):
        shutil.copy(directory / name / "x.fits", directory / name / "a beam's.fits")
    run("mosaic x.fits --primary-beam-fwhm 1deg --noise-weights -o mosaic.image.fits")
    run("mask mosaic.image.fits --preset compact --scales 0,4 -o mosaic.mask.fits --scale-output mosaic.scalemask.fits")
    run('extract-beam "a beam\'s.fits" mosaic.scalemask.fits --blank-border 3 --union -o beam.scalemask.fits')
    commands = made_again(directory, "beam.scalemask.fits", monkeypatch)
    assert [command.split()[1] for command in commands] == ["mosaic", "mask", "extract-beam"]
    assert "--noise-weights" in commands[0]


def test_a_scale_mask_by_the_smoothed_image_is_made_again(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run("scale-mask x.fits --scales 0,4 --seed-clip 1.5 --flood-clip 1.2 -o s.fits --mask-output m.fits")
    made_again(directory, "s.fits", monkeypatch)
    monkeypatch.chdir(directory / "here")
    (directory / "again" / "s.fits").unlink()
    made_again(directory, "m.fits", monkeypatch)


@pytest.mark.filterwarnings("ignore::skerry.SkerryWarning")
def test_a_mask_is_described(directory: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run("mask x.fits -o m.fits")
    assert main(["info", "m.fits"]) == 0
    out = capsys.readouterr().out
    mask = fits.getdata("m.fits")
    for line in (
        "  grid      160 x 150 pixels",
        "  middle    RA 04:00:00.00, Dec -45:00:00.0 (pixel x 81, y 76)",
        f"  islands   3, with {mask.sum()} pixels, {100 * mask.mean():.3g} % of all",
        "  clips     seed 5 sigma, flood 2.25 sigma",
        "  preset    late-round",
        "skerry mask x.fits --preset late-round --output m.fits",
    ):
        assert line in out.splitlines()
    assert main(["info", "m.fits", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["islands"] == 3
    assert found["preset"] == "late-round"
    assert found["made"]["commands"] == ["skerry mask x.fits --preset late-round --output m.fits"]


def test_what_only_an_image_of_the_round_before_would_use_is_not_told(directory: Path) -> None:
    run("mask x.fits --preset early-round --fading-factor none -o m.fits")
    assert describe_mask(Path("m.fits")).made.commands == ("skerry mask x.fits --preset early-round --output m.fits",)


@pytest.mark.filterwarnings("ignore::skerry.SkerryWarning")
def test_an_input_that_is_another_one_now_is_told(directory: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run("mask x.fits -o m.fits")
    assert describe_mask(Path("m.fits")).differing == ()
    with fits.open("x.fits", mode="update") as hdus:
        hdus[0].data[...] = 0
    assert main(["info", "m.fits"]) == 0
    assert "skerry: warning: x.fits: is not the file that the mask was made from" in capsys.readouterr().err


def test_a_mask_of_another_program_gets_a_sentence(directory: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_fits(Path("other.fits"), np.ones((20, 20), np.uint8), radio_header((20, 20)))
    assert main(["info", "other.fits"]) == 0
    assert "made by   its header does not tell of skerry's steps" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("step", "says"),
    [
        (StepRecord("flood", "0.1.0", {}, (InputRecord("a", SHA), InputRecord("b", SHA))), "which input of 'flood'"),
        (StepRecord("flood", "0.1.0", {"unheard_of": "3"}, (InputRecord("a", SHA),)), "option unheard_of of 'flood'"),
    ],
)
def test_a_history_that_tells_too_little_gets_a_sentence(step: StepRecord, says: str) -> None:
    made = remake([step], "m.fits", has_scales=False)
    assert made.commands == ()
    assert made.problem is not None
    assert says in made.problem


@pytest.mark.parametrize("length", [1, 62, 63, 64, 71, 72, 73, 134, 135, 136, 200])
@pytest.mark.parametrize("letter", ["a", "b ", "  ", " ="])
def test_a_step_is_read_from_history_as_it_was_written(length: int, letter: str) -> None:
    name = f"{(letter * length)[:length]}x.fits".lstrip()
    inputs = (InputRecord(name, SHA), InputRecord(f"y{name}", SHA, "rms", "noise"), InputRecord("z.fits", SHA, "seeds"))
    options = {"scales": ",".join(map(str, range(0, 120, 4))), "clip": 4.5, "none": None}
    header = fits.Header()
    header.add_history("imaged by another program")
    for card in step_cards("flood", "0.1.0", options, inputs, ["x.fits: " + "word " * 20 + "end"]):
        header.add_history(card)
    (step,) = steps_of(fits.Header.fromstring(header.tostring()))
    assert (step.command, step.version, step.inputs) == ("flood", "0.1.0", inputs)
    assert step.options == {"scales": options["scales"], "clip": "4.5"}
    assert step.warnings == ("x.fits: " + "word " * 20 + "end",)


@pytest.mark.parametrize("length", range(1, 75))
def test_a_blank_at_the_end_of_a_card_ends_no_line(length: int) -> None:
    text = " ".join(["w" * length] * 8)
    header = fits.Header()
    for card in step_cards("mask", "1", {"preset": text}, [InputRecord("x.fits", SHA)], [text]):
        header.add_history(card)
    header.add_history("imaged by another program")
    (step,) = steps_of(fits.Header.fromstring(header.tostring()))
    assert (step.warnings, step.options, step.inputs) == ((text,), {"preset": text}, (InputRecord("x.fits", SHA),))


@pytest.mark.parametrize("name", ["Jäger µ.fits", "new\nline.fits", r"back\xe4slash.fits", "100%d 'a'.fits"])
def test_a_name_of_any_letters_is_kept_and_given_again(
    directory: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    for where in ("here", "again"):
        shutil.copy(directory / where / "x.fits", directory / where / name)
    assert main(["mask", name, "--quiet"]) == 0
    (made,) = (step.inputs for step in steps_of(fits.getheader(Path(name).with_suffix(".mask.fits"))))
    assert [file.name for file in made] == [name]
    made_again(directory, str(Path(name).with_suffix(".mask.fits")), monkeypatch)


def test_a_preset_of_any_letters_is_kept(directory: Path) -> None:
    Path("prä.yaml").write_text("base_snr_clip: 4\n")
    assert main(["mask", "x.fits", "--preset", "prä.yaml", "--quiet"]) == 0
    assert describe_mask(Path("x.mask.fits")).preset == "prä.yaml"
    (step,) = steps_of(fits.getheader("x.mask.fits"))
    assert step.options["preset"] == "prä.yaml"
