"""Which programs a field's commands call, as far as it is certain."""

from __future__ import annotations

from pathlib import Path

import pytest

from skerry.errors import SkerryError, SkerryWarning
from skerry.field.config import parse_field
from skerry.field.keys import FieldConfig
from skerry.field.programs import check_programs, missing_programs

ARGUMENTS = "{ms} {prefix} {mask_argument}"


def field_with(command: str, calibrate: str | None = None) -> FieldConfig:
    keys = {"field": "F", "beams": "00", "rounds": 1, "source": "beam", "measurement_sets": "a.ms"}
    imager = {"command": f"{command} {ARGUMENTS}"}
    more = {} if calibrate is None else {"calibrate": {"command": f"{calibrate} {{ms}} {{calibrated}}"}}
    return parse_field(keys | {"imager": imager} | more, Path())


@pytest.fixture(autouse=True)
def _with_wsclean_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("wsclean", "singularity", "here/prog"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("#!/bin/sh\n")
        path.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.chdir(tmp_path / "here")


@pytest.mark.parametrize(
    "command",
    [
        "wsclean -j {threads}",
        "OMP_NUM_THREADS=4 wsclean",
        "env -i A=3 wsclean",
        "time wsclean",
        "singularity exec absent.sif absent",
        "./prog",
        "wsclean > log 2>&1 && wsclean",
        "wsclean &> log; echo absent",
        "wsclean --what 'absent; absent'",
        "wsclean \\\n -x absent",
        "module load absent; absent",
        "source setup.sh && absent",
        "export PATH=$PATH:/opt; absent",
        "PATH=/opt:$PATH absent",
        "if test -e x; then absent; fi; echo",
        "f() { absent; }; f",
        '"$HOME/absent"',
        "cd /opt && ./absent",
    ],
)
def test_what_is_here_or_cannot_be_known_is_not_missing(command: str) -> None:
    assert missing_programs(field_with(command)) == {}


@pytest.mark.parametrize(
    ("command", "name"),
    [
        ("absent -j {threads}", "absent"),
        ("OMP_NUM_THREADS=4 B= absent", "absent"),
        ("nice -n 5 wsclean; absent", None),
        ("wsclean a && absent", "absent"),
        ("wsclean a | absent", "absent"),
        ("wsclean a\nabsent", "absent"),
        ("echo x; absent", "absent"),
        ("./absent", "./absent"),
        ("/opt/absent/wsclean", "/opt/absent/wsclean"),
        ("nohup absent", "absent"),
    ],
)
def test_a_program_that_is_certain_to_be_called_is_looked_for(command: str, name: str | None) -> None:
    assert missing_programs(field_with(command)) == ({} if name is None else {"imager.command": name})


def test_both_commands_are_looked_through() -> None:
    assert missing_programs(field_with("absent", "gone")) == {"imager.command": "absent", "calibrate.command": "gone"}


def test_a_missing_program_is_an_error_here_and_a_warning_of_other_machines() -> None:
    with pytest.raises(SkerryError, match=r"^F: imager\.command calls absent, which is not on the PATH; install it"):
        check_programs(field_with("absent"))
    with pytest.warns(SkerryWarning, match=r"absent, which is not on the PATH of this machine; make sure"):
        check_programs(field_with("absent"), is_here=False)
