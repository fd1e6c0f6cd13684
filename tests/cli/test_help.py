"""Help, version and completion, as users of Typer know them."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import pytest

from skerry import MaskingOptions
from skerry.cli import main
from skerry.cli.app import GROUPS, build_command_line
from skerry.config.default_presets import DEFAULT_PRESET
from skerry.config.flags import STEP_OPTIONS, flag_name
from skerry.config.options import describe_range
from skerry.config.presets import load_preset

COMMANDS = [command for group in GROUPS for command in group.commands]
NAMES = [command.name for command in COMMANDS]


@pytest.fixture
def help_of(capsys, monkeypatch):
    """What a command says of itself in a window of some width, lines joined and frames left out."""

    def show(*words, width):
        monkeypatch.setenv("COLUMNS", str(width))
        assert main([*words, "--help"]) == 0
        return " ".join(re.sub(r"[─-╿]", " ", capsys.readouterr().out).split())

    return show


def completions(shell, words, **more):
    """What a shell is offered after some words of the command line; a list of lines."""
    variables = {"_SKERRY_COMPLETE": f"complete_{shell}", **more}
    result = subprocess.run(
        [sys.executable, "-m", "skerry"], capture_output=True, text=True, env=os.environ | variables | words
    )
    assert result.stderr == ""
    return result.stdout.splitlines()


def in_bash(line):
    return completions("bash", {"COMP_WORDS": line, "COMP_CWORD": str(len(line.split(" ")) - 1)})


@pytest.mark.parametrize("flag", ["-h", "--help", None])
def test_the_help_lists_the_commands_in_panels_in_the_order_of_use(flag, capsys):
    assert main([] if flag is None else [flag]) == 0
    text = capsys.readouterr().out
    positions = [re.search(rf"^│ {name} ", text, re.M).start() for name in NAMES]
    assert positions == sorted(positions)
    assert all(f"╭─ {group.heading} ─" in text for group in GROUPS)


def test_the_options_of_a_command_are_in_panels(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    assert main(["mask", "-h"]) == 0
    headings = re.findall(r"╭─ (.+?) ─+╮", capsys.readouterr().out)
    assert headings[:6] == ["Arguments", "Most used", "Files", "Signs", "Clip", "Flood"]
    cubes = "Cubes (by default every plane by itself)"
    assert headings[-5:] == ["Restoring beam (in place of the header's)", cubes, "Report", "Limits", "Help"]


def test_a_command_that_takes_one_plane_says_which(help_of):
    assert "Cubes (by default the first plane)" in help_of("plot", width=80)
    assert "Cubes (by default every plane by itself)" in help_of("stats", width=80)


@pytest.mark.parametrize("width", [60, 80, 100, 200])
@pytest.mark.parametrize("name", NAMES)
def test_each_help_gives_an_example_and_every_flag_in_full(name, width, help_of):
    text = help_of(name, width=width)
    assert f"Example: skerry {name}" in text
    assert "…" not in text
    command = build_command_line().resolve_command(None, [name])[1]
    shown = [parameter for parameter in command.params if not getattr(parameter, "hidden", False)]
    for flag in (flag for parameter in shown for flag in (*parameter.opts, *parameter.secondary_opts)):
        assert not flag.startswith("-") or re.search(rf"{flag}(?![\w-])", text), flag


@pytest.mark.parametrize("width", [80, 200])
@pytest.mark.parametrize("step", list(STEP_OPTIONS))
def test_the_flags_are_those_of_the_masking_options(step, width, help_of):
    text = help_of(step, width=width).replace(" ", "")
    begins_with = load_preset(DEFAULT_PRESET).options if step == "mask" else {}
    for name in STEP_OPTIONS[step]:
        field = MaskingOptions.model_fields[name]
        bounds = describe_range(field)
        said = f"{field.description} Range: {bounds}." if bounds else field.description
        if width == 80 or len(STEP_OPTIONS[step]) < 10:
            for other in {"flood_fill_use_mac", "noise_box_size", "noise_box_beams"} & set(STEP_OPTIONS[step]):
                said = said.replace(other, flag_name(step, other))
            assert said.replace(" ", "") in text
        assert flag_name(step, name) in text
        own = None if field.default in (None, False) else field.default
        by_preset = begins_with.get(name, own)
        if by_preset != own:
            read = MaskingOptions.model_validate({name: by_preset}).model_dump()[name]
            without = "" if own is None else f";{_shown(step, name, own)}with--no-preset"
            assert f"[default:{_shown(step, name, read)}{without}]" in text
        elif own is not None:
            assert f"[default:{_shown(step, name, own)}]" in text


def _shown(step, name, value):
    """What the help shows as the value of an option: a switch is its flag."""
    flag = flag_name(step, name).removeprefix("--")
    return {True: flag, False: f"no-{flag}"}[value] if isinstance(value, bool) else value


@pytest.mark.parametrize("width", [80, 120])
@pytest.mark.parametrize("step", list(STEP_OPTIONS))
def test_what_is_used_most_comes_first_and_is_little(step, width, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", str(width))
    assert main([step, "--help"]) == 0
    text = capsys.readouterr().out
    headings = re.findall(r"^(?:╭─ )?([A-Z][\w ()']+?)(?: ─+╮|:)$", text, re.M)
    assert headings[:2] == ["Arguments", "Most used"]
    assert headings[-1] == "Help"
    first = text[text.index("Most used") : text.index(headings[2])]
    shown = re.findall(r"^[│ ]{2,3}(--[\w-]+|-o, --output)", first, re.M)
    assert 4 <= len(shown) <= 10
    assert "Options" not in headings


def test_help_needs_nothing_heavy():
    code = "import sys; from skerry.cli import main; main(['--help']); print(*sys.modules)"
    modules = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.split()
    assert "skerry.cli.app" in modules
    assert not {"numpy", "astropy", "scipy", "pydantic", "snakemake"} & set(modules)


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("skerry ", NAMES),
        ("skerry s", [name for name in NAMES if name.startswith("s")]),
        ("skerry --v", ["--version"]),
        ("skerry flood --stat", ["--statistic"]),
        ("skerry flood x.fits --mac-box", ["--mac-box-beams", "--mac-box-size"]),
        ("skerry flood x.fits --positive", [""]),
        ("skerry mask --no-convolve", ["--no-convolve-first"]),
        ("skerry noise --mem", ["--memory"]),
    ],
)
def test_bash_completes_commands_and_the_flags_of_each(line, offered):
    assert in_bash(line) == offered


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_other_shells_are_told_what_a_flag_is_for(shell):
    words = {"_TYPER_COMPLETE_ARGS": "skerry noise --noise-box", "_TYPER_COMPLETE_FISH_ACTION": "get-args"}
    (offered,) = [line for line in completions(shell, words) if "--noise-box-size" in line]
    assert "Box in which the local noise is measured, pixels." in offered


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_for_a_shell_is_shown(shell):
    result = subprocess.run(
        [sys.executable, "-m", "skerry", "--show-completion", shell],
        capture_output=True,
        text=True,
        env=os.environ | {"_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION": "1"},
    )
    assert result.returncode == 0
    assert "_SKERRY_COMPLETE" in result.stdout


def test_completion_is_installed_in_the_files_of_the_shell(tmp_path):
    result = subprocess.run(
        [sys.executable, "-m", "skerry", "--install-completion", "bash"],
        capture_output=True,
        text=True,
        env=os.environ | {"_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION": "1", "HOME": str(tmp_path)},
    )
    assert result.returncode == 0
    assert "bash completion installed in" in result.stdout
    assert any("_SKERRY_COMPLETE" in path.read_text() for path in tmp_path.rglob("*") if path.is_file())
