"""Input that somebody made to do harm: nothing of it is run, read from elsewhere, or obeyed by a terminal.

What would show that it did is a file, `BROKEN`, which must not appear.
"""

from __future__ import annotations

import ast
import io
import json
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from conftest import REPOSITORY, radio_header, write_fits
from report_facts import field_of, made
from workflow_runs import sky, wait_for

from skerry.cli import main
from skerry.errors import printable
from skerry.io.history import InputRecord, step_cards
from skerry.io.temporary_names import temporary_name
from skerry.io.whole_files import whole_files
from skerry.report.page import page_of

SHA = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
ESCAPES = "\x1b]0;title\x07\x1b[2J\x9b31m\u202e"
"""What would rename a terminal's window, empty it, colour it and turn its text round."""
CODES = r"\x1b]0;title\x07\x1b[2J\x9b31m\u202e"
HARM = "touch BROKEN"
NASTY = "$(touch BROKEN) `touch BROKEN`; touch BROKEN & 'x\" -o --x"


@pytest.fixture(autouse=True)
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    return tmp_path


class Terminal(io.StringIO):
    """What takes itself for a terminal."""

    def isatty(self) -> bool:
        return True


def write_mask(cards: list[str], name: str = "x.mask.fits") -> Path:
    header = radio_header((20, 20))
    for card in cards:
        header.add_history(card)
    mask = np.zeros((20, 20), np.uint8)
    mask[5:9, 5:9] = 1
    return write_fits(Path(name), mask, header)


def not_broken(directory: Path) -> bool:
    return not list(directory.rglob("BROKEN"))


# What a terminal would obey.


@pytest.mark.parametrize(
    "words", [["info"], ["flood"], ["no-such-command"], ["run"], ["regions", "x.reg"], ["flood", "--no-such-flag"]]
)
def test_a_name_is_shown_with_codes_for_what_a_terminal_would_obey(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*words, f"{ESCAPES}.fits"]) == 2
    told = capsys.readouterr()
    assert printable(told.err + told.out) == told.err + told.out
    assert "skerry: error: " in told.err


@pytest.mark.parametrize("is_terminal", [True, False])
def test_output_keeps_names_as_they_are_but_for_a_terminal(monkeypatch: pytest.MonkeyPatch, is_terminal: bool) -> None:
    image = write_fits(Path(f"{ESCAPES}.fits"), sky(1), radio_header((48, 48)))
    stream = Terminal() if is_terminal else io.StringIO()
    monkeypatch.setattr(sys, "stdout", stream)
    assert main(["mask", str(image), "--noise-box-size", "16"]) == 0
    assert stream.getvalue() == f"{CODES if is_terminal else ESCAPES}.mask.fits\n"


def test_warnings_in_a_header_are_not_obeyed(monkeypatch: pytest.MonkeyPatch) -> None:
    mask = write_mask(step_cards("mask", "1", {}, [InputRecord("x.fits", SHA)], [ESCAPES]))
    monkeypatch.setattr(sys, "stdout", Terminal())
    assert main(["info", str(mask)]) == 0
    assert CODES in sys.stdout.getvalue()  # type: ignore[attr-defined]


def test_only_one_module_of_the_command_line_prints() -> None:
    """The help is Typer's, and a number of a version holds nothing."""
    printing = set()
    for path in (REPOSITORY / "src" / "skerry" / "cli").glob("*.py"):
        calls = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)]
        names = {ast.unparse(call.func) for call in calls}
        if names & {"print", "typer.echo", "sys.stdout.write", "sys.stderr.write"}:
            printing.add(path.stem)
    assert printing == {"telling", "app", "served"}


# Headers.


@pytest.mark.parametrize("name", ["../secret.fits", "/etc/hostname", "a/../../secret.fits"])
def test_a_history_names_no_file_elsewhere(directory: Path, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    (directory / "secret.fits").write_text("secret")
    mask = write_mask(step_cards("mask", "0.1.0", {}, [InputRecord(name, SHA)]))
    assert main(["info", str(mask), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["made"]["commands"], found["made"]["inputs"], found["differing"]) == ([], [], [])
    assert "in another directory" in found["made"]["problem"]


def test_an_input_below_the_mask_that_is_another_one_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    mask = write_mask(step_cards("mask", "0.1.0", {}, [InputRecord("below/x.fits", SHA)]))
    Path("below").mkdir()
    Path("below/x.fits").touch()
    assert main(["info", str(mask)]) == 0
    assert "skerry: warning: below/x.fits: is not the file that the mask was made from" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["run", "report", "profile", "simulate-all"])
def test_a_history_makes_no_command_of_what_is_no_step(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    mask = write_mask(step_cards(command, "0.1.0", {}, [InputRecord("field.yaml", SHA)]))
    assert main(["info", str(mask), "--json"]) == 0
    made_again = json.loads(capsys.readouterr().out)["made"]
    assert (made_again["commands"], f"'{command}' makes no masks" in made_again["problem"]) == ([], True)


def test_a_header_does_nothing_to_a_picture_or_a_report(directory: Path) -> None:
    header = radio_header((48, 48))
    header["BUNIT"], header["OBJECT"] = r"$\input{BROKEN}$", "<script>"
    image = write_fits(Path(r"$\frac$ {x}.fits"), sky(1), header)
    assert main(["plot", str(image), "-o", "x.png"]) == 0
    text = "<script>document.title=1</script>"
    page = page_of(field_of([made(1, "00", unit=text, clip_unit=text)], name=text))
    assert text not in page
    assert "&lt;script&gt;" in page


# Catalogues and region files.

VOTABLE = """<?xml version="1.0"?>
<VOTABLE version="1.3" xmlns="http://www.ivoa.net/xml/VOTable/v1.3"><RESOURCE><TABLE>
<FIELD name="ra" datatype="double"/><FIELD name="dec" datatype="double"/>
<DATA><BINARY><STREAM href="{}"/></BINARY></DATA></TABLE></RESOURCE></VOTABLE>"""
ECSV = """# %ECSV 1.0
# ---
# datatype:
# - {{name: ra, datatype: float64}}
# - {{name: dec, datatype: float64}}
# meta: !!omap
# - {}
# schema: astropy-2.0
ra dec
60.0 -45.0
"""
RUN = "!!python/object/apply:os.system ['touch BROKEN']"


def stats(catalogue: str) -> int:
    return main(["stats", str(write_mask([])), "--match", catalogue])


@pytest.mark.parametrize("scheme", ["file://{}/rows", "http://127.0.0.1:9/rows", "ftp://127.0.0.1:9/rows"])
def test_a_catalogue_does_not_name_another_file(
    directory: Path, scheme: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (directory / "rows").write_bytes(np.array([60.0, -45.0], ">f8").tobytes())
    Path("x.vot").write_text(VOTABLE.format(scheme.format(directory)))
    assert stats("x.vot") == 2
    assert "skerry: error: x.vot: has its rows in another file, " in capsys.readouterr().err


@pytest.mark.parametrize(
    "meta", [f"{{x: {RUN}}}", "__serialized_columns__: {ra: {__class__: os.system, command: touch BROKEN}}"]
)
def test_a_catalogue_makes_no_objects(directory: Path, meta: str, capsys: pytest.CaptureFixture[str]) -> None:
    Path("x.ecsv").write_text(ECSV.format(meta))
    assert stats("x.ecsv") == 2
    assert "skerry: error: x.ecsv: cannot be read as a table" in capsys.readouterr().err
    assert not_broken(directory)


def test_a_region_file_runs_and_reads_nothing(directory: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (directory / "more.reg").write_text("image;circle(5,5,3)\n")
    lines = ["@../more.reg", "include ../more.reg", f"source {directory}/more.reg", f"image;circle({HARM},1,2)", RUN]
    Path("x.reg").write_text("\n".join([*lines, "image;circle(5,5,3) # text={$(touch BROKEN)}\n"]))
    assert main(["regions", "x.reg", str(write_mask([])), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)["lines"]
    assert [line["what"] for line in told if line["pixels"]] == ["region"]
    assert not_broken(directory)


# Fields.


def write_field(**keys: Any) -> Path:
    known = {"field": "F", "beams": ["00"], "rounds": 1, "source": "beam", "images": "b{beam}.{round}.fits"}
    path = Path("field.yaml")
    path.write_text(yaml.safe_dump(known | keys))
    write_fits(Path("b00.0.fits"), sky(1), radio_header((48, 48)))
    return path


@pytest.mark.parametrize(
    "keys",
    [
        {"field": "../F"},
        {"field": ".."},
        {"beams": ["../../x"]},
        {"beams": ["$(touch BROKEN)"]},
        {"beams": ["00"], "channels": ["/x"]},
        {"output": "x\ntouch BROKEN"},
        {"output": "--x"},
        {"output": "{beam}"},
        {"images": "b{beam.__class__}.{round}.fits"},
        {"images": "b{beam}.{wildcards}.fits"},
        {"add_regions": "x\n.reg"},
        {"__use_yte__": True, "?__import__('os').system('touch BROKEN')": 1},
        {"measurement_sets": "x.{beam}.ms", "imager": {"command": "i {ms} '{prefix}' {mask_argument}"}},
        {
            "measurement_sets": "x.{beam}.ms",
            "imager": {"command": "i {ms} {prefix} {mask_argument}", "image": "{prefix}/../../../x.fits"},
        },
    ],
    ids=repr,
)
def test_a_field_that_would_leave_its_directory_or_run_something_is_refused(
    directory: Path, keys: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    path = write_field(**keys)
    before = sorted(directory.rglob("*"))
    assert main(["run", str(path), "--cores", "1"]) == 2
    assert "skerry: error: field.yaml" in capsys.readouterr().err
    assert sorted(directory.rglob("*")) == before


@pytest.mark.parametrize("where", ["field.yaml", "preset.yaml"])
def test_yaml_makes_no_objects(directory: Path, where: str, capsys: pytest.CaptureFixture[str]) -> None:
    path = write_field(preset="preset.yaml")
    Path("preset.yaml").write_text("base_snr_clip: 4\n")
    with Path(where).open("a") as file:
        file.write(f"x: {RUN}\n")
    assert main(["run", str(path), "--cores", "1"]) == 2
    assert where in capsys.readouterr().err
    assert not_broken(directory)


@pytest.mark.filterwarnings("ignore::skerry.SkerryWarning")
def test_no_name_in_a_field_is_run(directory: Path) -> None:
    """Of images, maps, masks, regions, a beam, a preset and the output."""
    images = Path(f"images {NASTY}")
    images.mkdir()
    image = write_fits(images / f"{NASTY}00.0.fits", sky(1), radio_header((48, 48)))
    for kind in ("rms", "beam"):
        write_fits(images / f"{kind}{NASTY}.fits", np.full((48, 48), 1e-3, np.float32), radio_header((48, 48)))
    write_fits(images / f"mask{NASTY}.fits", np.ones((48, 48), np.uint8), radio_header((48, 48)))
    (images / f"{NASTY}.reg").write_text("image;circle(5,5,3)\n")
    Path(f"{NASTY}.yaml").write_text("flood_fill: true\n")
    path = write_field(
        images=str(images / f"{NASTY}{{beam}}.{{round}}.fits"),
        rms=str(images / f"rms{NASTY}.fits"),
        beam=str(images / f"beam{NASTY}.fits"),
        start_mask=str(images / f"mask{NASTY}.fits"),
        add_regions=str(images / f"{NASTY}.reg"),
        preset=f"{NASTY}.yaml",
        output=f"out {NASTY}",
        report=True,
    )
    assert main(["run", str(path), "--cores", "1"]) == 0
    assert Path(f"out {NASTY}", "F", "round1", "beam00.mask.fits").is_file()
    assert not_broken(directory)
    assert image.is_file()


# Files of others.


def test_what_is_left_behind_is_swept_and_not_what_it_leads_to(directory: Path) -> None:
    """A link in a directory that others write to, by a name that a dead process would have left."""
    elsewhere = directory / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "kept").touch()
    owner = temporary_name("x.fits", "tmp").split(".")[-2].split("-")
    for target, token in ((elsewhere, "00000000"), (elsewhere / "kept", "00000001")):
        name = ".".join(("", "x.fits", "-".join((owner[0], "7fffffff", "1", token)), "tmp"))
        Path(name).symlink_to(target)
    with whole_files(Path("y.fits")) as (partial,):
        partial.touch()
    assert (elsewhere / "kept").is_file()


SERVER = (
    "import os, sys; from skerry.cli.server import start_server; start_server(); "
    "print(os.environ['SKERRY_SERVER'].partition('\\n')[2], flush=True); sys.stdin.read()"
)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="a server is started on Linux alone")
@pytest.mark.skipif(os.getuid() != 0, reason="only root can be another user, too")
def test_another_user_cannot_have_a_server_do_anything(directory: Path) -> None:
    """Names of sockets are known to everybody on the machine."""
    request = json.dumps([["simulate", str(directory / "BROKEN")], "/", {}]).encode()
    with subprocess.Popen([sys.executable, "-c", SERVER], stdin=-1, stdout=-1, text=True) as starter:
        assert starter.stdout is not None
        name = starter.stdout.readline().strip()
        pid = os.fork()
        if pid == 0:
            os.setuid(65534)
            status = 1
            with socket.socket(socket.AF_UNIX) as connection:
                connection.settimeout(60)
                connection.connect(f"\0{name}")
                try:
                    socket.send_fds(connection, [len(request).to_bytes(8)], [0, 1, 2])
                    connection.sendall(request)
                    status = 0 if connection.recv(1) == b"" else 1
                except OSError:
                    status = 0
            os._exit(status)
        ended: list[int] = []

        def has_ended() -> bool:
            found, status = os.waitpid(pid, os.WNOHANG)
            ended.extend([status] if found else [])
            return bool(found)

        wait_for(has_ended)
        assert ended == [0]
    assert not_broken(directory)
