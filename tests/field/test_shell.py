"""Commands of the user's with names filled in: no name runs as shell code, wherever its place is."""

from __future__ import annotations

import re
import shlex
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skerry.field.shell import check_command, fill_command, placeholders_of, shell_template

NAMES = {"ms", "extra"}
WORDS = {"beam"}

GOOD = [
    "show {ms}",
    "show --ms={ms}, # don't {ms}\nshow {ms}",
    "show '{{print $1}}' {ms}",
    "show ${HOME}/x {ms} {{word}}",
    "show $(basename {ms})/x",
    'show "${HOME}/a \\" $PATH" {ms}',
    "show <<< {ms}",
    "show 'beam {beam}' \"{beam}\" {ms}",
    "show $'a\\'b' {ms} 'it''s' \\' \\{",
    "show {ms}{ms} | show {ms} ; (show {ms}) && show {ms}",
]

BAD = [
    ("show '{ms}'", "{ms} stands in quotes"),
    ('show "a {ms}"', "{ms} stands in quotes"),
    ("show $'{ms}'", "{ms} stands in quotes"),
    ("show \\{ms}", "{ms} stands in quotes or after a backslash"),
    ('show "$(dirname "{ms}")"', "in double quotes"),
    ('show "`dirname "{ms}"`"', "backquotes"),
    ('show "${x:-"{ms}"}"', "in double quotes"),
    ("show `dirname {ms}`", "backquotes"),
    ("show <<END\n{ms}\nEND", "here-document"),
    ("show $(({ms}))", "arithmetic"),
    ("show it's {ms}", "a quote without its partner"),
    ('show " {ms}', "a quote without its partner"),
    ("show $'a\\' {ms}", "a quote without its partner"),
    ("show {ms} \\", "a backslash at its end"),
    ("show {ms} a$", "a dollar sign at its end"),
    ("show {msx}", r"{msx} is not a placeholder here; use {beam}, {extra}, {ms}, or {{msx}} for literal braces"),
]

NASTY = [
    "a b.ms",
    "it's.ms",
    'a "b".ms',
    "$(touch broken).ms",
    "`touch broken`.ms",
    "; touch broken ;.ms",
    "'; touch broken; '.ms",
    '"; touch broken; ".ms',
    "$'\\'; touch broken;.ms",
    "a & touch broken & b.ms",
    "a | touch broken.ms",
    "$HOME ~ * ? [a] {b,c} # !! \\ > broken < broken.ms",
]


def arguments_seen(command: str, directory: Path) -> list[str]:
    """What the program `show` of a command is called with, an argument an item."""
    show = 'show() { [ $# = 0 ] || printf "%s\\0" "$@"; cat > /dev/null; }; export -f show\n'
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", show + command], cwd=directory, input="", capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.split("\0")[:-1]


@pytest.mark.parametrize("name", NASTY)
@pytest.mark.parametrize("command", GOOD)
def test_a_name_never_runs_as_code(command: str, name: str, tmp_path: Path) -> None:
    check_command(command, NAMES, WORDS)
    arguments_seen(fill_command(command, {"ms": shlex.quote(name), "beam": "00"}), tmp_path)
    assert list(tmp_path.iterdir()) == []


@given(st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=1))
def test_a_name_arrives_as_it_is(tmp_path_factory: pytest.TempPathFactory, name: str) -> None:
    command = fill_command("show --ms={ms} {ms}", {"ms": shlex.quote(name)})
    assert arguments_seen(command, tmp_path_factory.getbasetemp()) == [f"--ms={name}", name]


@pytest.mark.parametrize(("command", "said"), BAD)
def test_a_command_in_which_names_cannot_be_quoted_is_refused(command: str, said: str) -> None:
    with pytest.raises(ValueError, match=re.escape(said)):
        check_command(command, NAMES, WORDS)


def test_only_words_in_braces_without_a_dollar_sign_are_placeholders() -> None:
    assert placeholders_of("a {ms} ${HOME} {{literal}} {1..3} {print $1} {x-y} {_z}") == {"ms", "_z"}


@pytest.mark.parametrize("command", GOOD)
def test_snakemake_gives_the_command_as_it_was_written(command: str) -> None:
    template = shell_template(command, {"ms": "{ms:q}", "beam": "{beam}"})
    quoted = template.replace("{ms:q}", "{ms}").format(ms=shlex.quote("a b"), beam="00")
    assert quoted == fill_command(command, {"ms": shlex.quote("a b"), "beam": "00"})
