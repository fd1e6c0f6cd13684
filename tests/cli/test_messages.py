"""Messages name the options of the command line, and leave the names of files alone."""

from __future__ import annotations

import ast
import errno
import re
import warnings
from pathlib import Path

import numpy as np
import pytest
from conftest import write_fits
from hypothesis import given
from hypothesis import strategies as st

import skerry
from skerry import MaskingOptions
from skerry.cli import main
from skerry.cli.app import GROUPS, build_command_line
from skerry.cli.failures import failure_in_words
from skerry.cli.messages import Messages, flags_of, in_a_line, with_flags
from skerry.cli.telling import begin_telling
from skerry.config.flags import STEP_OPTIONS, flag_name
from skerry.errors import SkerryError, SkerryNote, SkerryWarning
from skerry.field.config import FieldConfig

COMMANDS = [command.name for group in GROUPS for command in group.commands]
FLAGS = {"rms": "--rms", "flood_fill_use_mac": "--use-mac", "image": "IMAGE"}

names = st.sampled_from([*FLAGS, "primary_beam_fwhm"])
RAISED = {"SkerryError", "SkerryWarning", "SkerryNote", "ValueError", "warnings.warn"}
PARAMETERS_OF_ARRAYS = {"shape", "scales"}

PACKAGE = Path(skerry.__file__).parent
STEPS = PACKAGE / "steps"
SHARED_BY = {
    "companions.py": ("mask", "snr-mask", "flood"),
    "inputs.py": ("mask", "snr-mask", "flood"),
    "step_files.py": ("mask", "flood", "erode", "scale-mask", "extract-beam"),
    "check_target.py": ("check",),
    "found_in_headers.py": ("check",),
    "found_in_pixels.py": ("check",),
    "imager_traps.py": ("check",),
}
"""Modules of steps, and subcommands that may tell what they raise."""

in_files = st.text(st.characters(exclude_characters="\0/\n", codec="utf-8"), max_size=9)


def module_of(command):
    return f"{command.replace('-', '_')}.py"


def flags_of_command(name):
    command_line = build_command_line()
    command_line.resolve_command(None, [name])
    return command_line.flags()


@pytest.mark.parametrize("step", list(STEP_OPTIONS))
def test_options_are_called_by_the_flags_of_the_step(step):
    flags = flags_of_command(step)
    for option in STEP_OPTIONS[step]:
        assert flags[option] == flag_name(step, option)
        assert with_flags(f"x.fits: leave `{option}` out", flags) == f"x.fits: leave {flag_name(step, option)} out"


@pytest.mark.parametrize("name", COMMANDS)
def test_parameters_are_called_as_the_help_calls_them(name, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    assert main([name, "--help"]) == 0
    text = capsys.readouterr().out
    command = build_command_line().resolve_command(None, [name])[1]
    flags = flags_of(parameter for parameter in command.params if not getattr(parameter, "hidden", False))
    assert flags
    assert all(re.search(rf"(?<![\w-]){re.escape(flag)}(?![\w-])", text) for flag in flags.values())


@pytest.mark.parametrize(
    ("message", "told"),
    [
        ("`rms`: is not above zero", "--rms: is not above zero"),
        ("`rms` 3: is not above zero", "--rms 3: is not above zero"),
        ("give either `rms` or `primary_beam_fwhm`", "give either --rms or primary_beam_fwhm"),
        ("leave `rms`, `flood_fill_use_mac` out (`image`).", "leave --rms, --use-mac out (IMAGE)."),
        ("`rms`; `rms`", "--rms; --rms"),
        ("no name: ` `, ``, `Rms`, `a b`", "no name: ` `, ``, `Rms`, `a b`"),
        ("a`rms`.fits: is truncated", "a`rms`.fits: is truncated"),
        ("`rms`.fits: is truncated", "`rms`.fits: is truncated"),
        ("/data/`rms`/x.fits: is truncated", "/data/`rms`/x.fits: is truncated"),
        ("`rms`/x.fits: is truncated", "`rms`/x.fits: is truncated"),
    ],
)
def test_a_name_in_backquotes_becomes_a_flag_and_a_part_of_a_file_does_not(message, told):
    assert with_flags(message, FLAGS) == told


@given(before=st.lists(names), name=names, after=st.lists(names))
def test_every_name_of_a_sentence_is_told(before, name, after):
    words = [*before, name, *after]
    told = with_flags(f"x.fits: give {', '.join(f'`{word}`' for word in words)}; or none", FLAGS)
    assert told == f"x.fits: give {', '.join(FLAGS.get(word, word) for word in words)}; or none"


@given(before=in_files, name=names, after=in_files, option=names)
def test_a_file_of_the_command_line_keeps_its_name(before, name, after, option):
    file = f"{before}`{name}`{after}"
    for made in (file, f"{file}.mask.fits", f"/data/{file}"):
        told = with_flags(f"{made}: exists; give `{option}`", FLAGS, ["flood", file])
        assert told.startswith(f"{made}: exists; give ")
        assert told.removeprefix(f"{made}: exists; give ") in (FLAGS.get(option, option), f"`{option}`")


@given(text=st.text(st.characters(exclude_characters="`", codec="utf-8")))
def test_a_text_without_backquotes_stays_as_it_is(text):
    assert with_flags(text, FLAGS) == text


@given(text=st.text(st.sampled_from("`rms _:;,.(/x")))
def test_nothing_but_backquotes_and_names_is_touched(text):
    assert with_flags(text, {}).replace("`", "") == text.replace("`", "")


@pytest.mark.parametrize(("category", "kind"), [(SkerryWarning, "warning"), (SkerryNote, "note")])
def test_a_warning_is_told_in_a_line(category, kind, capsys):
    begin_telling()
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.showwarning = Messages(["flood"], lambda: FLAGS).show_warning
        warnings.warn("`rms`: no effect", category, stacklevel=1)
    assert capsys.readouterr().err == f"skerry: {kind}: --rms: no effect\n"


def test_what_is_told_twice_is_told_once(capsys):
    begin_telling()
    messages = Messages(["flood"], lambda: FLAGS)
    for text in ("`rms`: no effect", "`rms`: no effect", "another"):
        messages.show_warning(text, SkerryWarning)
    assert capsys.readouterr().err == "skerry: warning: --rms: no effect\nskerry: warning: another\n"


def test_a_command_names_its_own_flags(tmp_path, capsys, monkeypatch):
    def fail(*_, **__):
        raise SkerryError("`beam_shape_erode_scales`: give `rms`, not `primary_beam_fwhm`")

    monkeypatch.setattr("skerry.steps.mask.make_mask", fail)
    monkeypatch.setattr("skerry.steps.erode.make_eroded_mask", fail)
    image = write_fits(tmp_path / "a `rms` b.fits", np.zeros((9, 9), np.float32))
    assert main(["mask", str(tmp_path / "x.fits")]) == 2
    assert main(["erode", str(tmp_path / "x.fits")]) == 2
    assert main(["mask", str(image)]) == 2
    assert capsys.readouterr().err.splitlines() == [
        "skerry: error: --scales: give --rms, not primary_beam_fwhm",
        "skerry: error: --scales: give rms, not primary_beam_fwhm",
        "skerry: error: --scales: give `rms`, not primary_beam_fwhm",
    ]


def test_a_file_with_backquotes_keeps_its_name(tmp_path, capsys):
    missing = tmp_path / "my `rms` image.fits"
    assert main(["mask", str(missing)]) == 2
    assert capsys.readouterr().err == f"skerry: error: {missing}: there is no such file; check the name\n"


def strings_of_messages():
    """Texts of what is raised or warned of below the command line: file and text."""
    for path in sorted(PACKAGE.rglob("*.py")):
        if path.is_relative_to(PACKAGE / "cli"):
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            called = getattr(getattr(node, "func", None), "id", "") or getattr(getattr(node, "func", None), "attr", "")
            if isinstance(node, ast.Call) and called in {
                "SkerryError",
                "UnknownBeamError",
                "SkerryWarning",
                "SkerryNote",
                "ValueError",
                "warn",
            }:
                for part in ast.walk(node):
                    if isinstance(part, ast.Constant) and isinstance(part.value, str):
                        yield path.name, part.value


def test_messages_below_the_command_line_name_no_flags_but_those_of_commands_to_type():
    without_commands = {(name, re.sub(r"'skerry .*?'", "", text)) for name, text in strings_of_messages()}
    assert {(name, text) for name, text in without_commands if re.search(r"(?<![\w-])--[a-z]", text)} == set()


def test_names_in_messages_are_those_of_parameters_and_options():
    known = set().union(*map(flags_of_command, COMMANDS), MaskingOptions.model_fields, FieldConfig.model_fields)
    known |= PARAMETERS_OF_ARRAYS
    said = {(name, word) for name, text in strings_of_messages() for word in re.findall(r"`(\w+)`", text)}
    assert said
    assert {(name, word) for name, word in said if word not in known} == set()


def names_said_in(module):
    """Names in backquotes in all texts of a module of steps, but for its docstrings."""
    tree = ast.parse((STEPS / module).read_text())
    docstrings = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    texts = [node for node in ast.walk(tree) if isinstance(node, ast.Constant) and id(node) not in docstrings]
    return {name for text in texts if isinstance(text.value, str) for name in re.findall(r"`(\w+)`", text.value)}


@pytest.mark.parametrize("step", [command for command in COMMANDS if (STEPS / module_of(command)).exists()])
def test_a_step_advises_nothing_that_its_subcommand_does_not_have(step):
    assert names_said_in(module_of(step)) <= flags_of_command(step).keys()


@pytest.mark.parametrize("module", SHARED_BY)
def test_what_steps_share_advises_nothing_that_one_of_them_does_not_have(module):
    assert names_said_in(module)
    for step in SHARED_BY[module]:
        assert names_said_in(module) <= flags_of_command(step).keys(), step


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\nb.fits: is truncated", "a\\nb.fits: is truncated"),
        ("a\x1b[31m\u2028\udcff.fits: is truncated", "a\\x1b[31m\\u2028\\xff.fits: is truncated"),
        (
            "f.yaml: 2 errors\n  beams: is missing\n  field: is a\nb",
            "f.yaml: 2 errors\n  beams: is missing\n  field: is a\\nb",
        ),
        ("x" * 9000, f"{'x' * 1000} ... {'x' * 1000}"),
    ],
)
def test_a_message_is_a_line_whatever_is_in_it(text, shown):
    assert in_a_line(text) == shown


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (SkerryError("x.fits: is none"), "x.fits: is none"),
        (MemoryError(), "not enough memory; give less `memory` than "),
        (
            MemoryError("Unable to allocate 8.00 GiB for an array with shape (1073741825,) and data type int64"),
            "not enough memory: the system refuses the process 8.00 GiB more; give less `memory` than ",
        ),
        (OSError(errno.EMFILE, "Too many open files", "x"), "too many open files; raise the limit"),
        (OSError(errno.ENOMEM, "Cannot allocate memory"), "not enough memory; "),
        (
            BlockingIOError(errno.EAGAIN, "Resource temporarily unavailable"),
            "no more threads can be started; give `threads` 1",
        ),
        (RuntimeError("can't start new thread"), "no more threads can be started; give `threads` 1"),
        (OSError(errno.ENAMETOOLONG, "File name too long", "x.fits"), "x.fits: cannot be used: File name too long; "),
        (OSError(errno.EIO, "Input/output error"), "the system refuses what the command needs: Input/output error; "),
        (ImportError("x.so: failed to map segment from shared object"), "not enough memory; "),
        (ImportError("x.so: cannot open shared object file: Too many open files"), "too many open files; "),
    ],
)
def test_what_the_system_refuses_is_told_in_words(error, told):
    assert failure_in_words(error).startswith(told)


@pytest.mark.parametrize("error", [RuntimeError("other"), ValueError("other"), ImportError("No module named x")])
def test_an_error_of_the_program_is_no_message(error):
    assert failure_in_words(error) is None


@pytest.mark.parametrize(
    ("command", "says"),
    [
        ("mask x.fits --threads 99999999999999999999", "--threads: are too many; give at most 4096"),
        ("mask x.fits --memory 1e400GB", "--memory: '1e400GB' is not a size"),
        (f"mask x.fits --memory {'9' * 400}GB", "--memory: is more than any machine has"),
        (f"mask x.fits --planes {'9' * 5000}", "is not a plane or a range of them"),
        ("mask x.fits --seed-clip nan", "--seed-clip nan: must be a finite number"),
        ("mask x.fits --seed-clip 1e308", "--seed-clip: 1e+308 is more than any pixel"),
        (
            "mask x.fits --noise-box-size 99999999999999999999",
            "99999999999999999999: must be at most 1000000",
        ),
        ("mask x.fits --noise-box-beams 1e20", "--noise-box-beams 1e+20: must be at most 1000000"),
        ("mask x.fits --scales 0,99999999999999999999", "--scales 0,99999999999999999999: must be at most 1000000"),
        (f"mask x.fits --scales {'9' * 5000}", "--scales 9"),
        ("mask x.fits --bmaj nan --bmin 1 --bpa 0", "--bmaj 'nan': is not an angle"),
        (f"edit x.fits -o o.fits --keep {'9' * 5000}", "--keep '9"),
        (f"edit x.fits -o o.fits --drop {'9' * 400},1", "--drop '9"),
        (f"check x.fits --imager-version {'9' * 5000}", "--imager-version 9"),
        (
            "mosaic x.fits -o o.fits --primary-beam-fwhm 1 --primary-beam-cutoff inf",
            "--primary-beam-cutoff inf: give 0 or more",
        ),
    ],
)
def test_numbers_without_end_are_refused_by_the_name_of_their_option(command, says, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_fits(Path("x.fits"), np.zeros((9, 9), np.uint8))
    assert main(command.split()) == 2
    told = capsys.readouterr().err
    assert told.startswith("skerry: error: ")
    assert says in told
    assert told.count("\n") == 1
    assert len(told) < 2200
    assert "Input should" not in told


def test_what_typer_refuses_is_told_in_a_line_that_names_the_option(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_fits(Path("x.fits"), np.zeros((9, 9), np.uint8))
    assert main(["mask", "x.fits", "--threads", "1e308"]) == 2
    # In the words of one version of Typer, or of another.
    line = r"skerry: error: .*'--threads': .* a valid integer; see skerry mask --help\n"
    assert re.fullmatch(line, capsys.readouterr().err)
