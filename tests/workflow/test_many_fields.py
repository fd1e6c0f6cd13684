"""Several fields in one run of the workflow: each as if it were alone."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from conftest import REPOSITORY, radio_header, write_fits
from workflow_runs import COMMAND, snakemake

import skerry.workflow
from skerry.cli import main
from skerry.errors import SkerryError
from skerry.workflow.many_fields import load_fields, module_names
from skerry.workflow.run import run_workflow
from skerry.workflow.run_progress import RunProgress

SIZE = 40
FIELDS = ("survey/SIM_0400-45.yaml", "elsewhere/0401.yaml")
"""Fields in directories of their own, whose images have the same relative names; no Python name is like theirs."""
TOGETHER = (*COMMAND[:-1], str(REPOSITORY / "rules" / "fields.smk"))


def write_field(directory: Path, name: str, seed: int = 0, **changes: Any) -> str:
    """A field of one beam and one round, and its YAML file beside its image."""
    path = directory / name
    image = np.random.default_rng(seed).normal(0, 1e-3, (SIZE, SIZE)).astype(np.float32)
    image[10 : 14 + seed, 15:20] += 0.1
    path.parent.mkdir(parents=True, exist_ok=True)
    write_fits(path.parent / "image.fits", image, radio_header((SIZE, SIZE)))
    keys = {"field": path.stem, "beams": "0", "rounds": 1, "images": "image.fits", "source": "beam", "preset": "none"}
    path.write_text(yaml.safe_dump(keys | {"output": "masks"} | changes))
    return name


def write_fields(directory: Path) -> None:
    """Two fields, whose masks are made by different steps."""
    write_field(directory, FIELDS[0], 1)
    write_field(directory, FIELDS[1], 2, masking={"flood_fill": True, "beam_shape_erode": True})


def run_alone(directory: Path, *arguments: str) -> list[str]:
    return [snakemake(directory, *arguments, config=name) for name in FIELDS]


def run_together(directory: Path, *arguments: str, names: tuple[str, ...] = FIELDS) -> str:
    given = ["--cores", "2", *arguments, "--config", f"fields=[{', '.join(names)}]"]
    done = subprocess.run([*TOGETHER, *given], cwd=directory, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


def products(directory: Path) -> dict[str, bytes]:
    """All FITS files that were made, by name."""
    found = (directory / "masks").rglob("*.fits")
    return {str(path.relative_to(directory)): path.read_bytes() for path in found}


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The two fields, each in a run of its own."""
    directory = tmp_path_factory.mktemp("alone")
    write_fields(directory)
    run_alone(directory, "--cores", "2")
    return directory


@pytest.fixture(scope="module")
def together(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The two fields in one run, and what it said."""
    directory = tmp_path_factory.mktemp("together")
    write_fields(directory)
    return directory, run_together(directory)


def test_a_run_of_two_fields_makes_the_same_bytes_as_a_run_of_each(alone: Path, together: tuple[Path, str]) -> None:
    made = products(together[0])
    assert made == products(alone)
    assert {name.split("/")[1] for name in made} == {"SIM_0400-45", "0401"}


def test_a_run_of_two_fields_ends_with_the_table_of_each(together: tuple[Path, str]) -> None:
    assert re.findall(r"Masks of (\S+)", together[1]) == ["SIM_0400-45", "0401"]


def test_fields_that_were_run_alone_are_not_run_again_together(alone: Path) -> None:
    assert "Nothing to be done" in run_together(alone, "--dry-run")


def test_fields_that_were_run_together_are_not_run_again_alone(together: tuple[Path, str]) -> None:
    for said in run_alone(together[0], "--dry-run"):
        assert "Nothing to be done" in said


def test_fields_in_another_order_are_not_run_again(together: tuple[Path, str]) -> None:
    assert "Nothing to be done" in run_together(together[0], "--dry-run", names=FIELDS[::-1])


def test_a_changed_option_reruns_its_field_alone(alone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(alone)
    path = Path(FIELDS[1])
    before = path.read_text()
    path.write_text(yaml.safe_dump(yaml.safe_load(before) | {"masking": {"flood_fill": True}}))
    said = run_together(alone, "--dry-run")
    path.write_text(before)
    assert set(re.findall(r"^ *rule (\w+):$", said, re.MULTILINE)) == {"_0401_mask", "all"}


def test_rules_are_called_after_their_field(tmp_path: Path) -> None:
    names = ("a/SIM_0400-45.yaml", "b/SIM_0400-45.yaml", "c/0401.yaml")
    paths = [str(tmp_path / write_field(tmp_path, name, output=name[0])) for name in names]
    assert module_names(paths) == dict(zip(("SIM_0400_45_", "SIM_0400_45_2_", "_0401_"), paths, strict=True))


@pytest.mark.parametrize("output", ["masks", "./other/../masks", "link"])
def test_fields_that_write_to_the_same_directory_are_an_error(
    output: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("masks").mkdir()
    Path("link").symlink_to("masks")
    write_field(tmp_path, "a/F.yaml")
    write_field(tmp_path, "b/F.yaml", output=output)
    with pytest.raises(SkerryError, match=r"^a/F\.yaml and b/F\.yaml: both write to (masks|link)/F; give one"):
        load_fields(["a/F.yaml", "b/F.yaml"])


def test_a_field_that_is_given_twice_is_an_error(tmp_path: Path) -> None:
    path = str(tmp_path / write_field(tmp_path, "F.yaml"))
    with pytest.raises(SkerryError, match="both write to"):
        load_fields([path, path])


def test_fields_of_the_same_name_may_have_outputs_of_their_own(tmp_path: Path) -> None:
    names = [write_field(tmp_path, "a/F.yaml", output="a"), write_field(tmp_path, "b/F.yaml", output="b")]
    assert [field.files.directory for field in load_fields([tmp_path / name for name in names])] == ["a/F", "b/F"]


@pytest.mark.parametrize("fields", [None, "a.yaml", [], [1]])
def test_fields_that_are_no_list_of_files_are_an_error(fields: object) -> None:
    with pytest.raises(SkerryError, match=r"^fields: must be a list of YAML files"):
        module_names(fields)


def test_an_absent_image_of_any_field_is_an_error_before_anything_runs(tmp_path: Path) -> None:
    write_fields(tmp_path)
    (tmp_path / "elsewhere" / "image.fits").unlink()
    given = ["--cores", "1", "--config", f"fields=[{', '.join(FIELDS)}]"]
    done = subprocess.run([*TOGETHER, *given], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert f"skerry: {FIELDS[1]}: 1 of 1 input file is absent: elsewhere/image.fits" in done.stderr
    assert not (tmp_path / "masks").exists()


def test_the_command_takes_several_fields_and_passes_on_the_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[tuple[Any, ...]] = []

    def record(*arguments: Any, progress: RunProgress) -> int:
        calls.append((*arguments, progress.done))
        return 0

    monkeypatch.setattr(skerry.workflow.run, "run_workflow", record)
    assert main(["run", "a.yaml", "b.yml", "--cores", "2", "masks/x.fits", "--forcerun", "c.yaml"]) == 0
    assert calls == [
        ([Path("a.yaml"), Path("b.yml")], 2, ["masks/x.fits", "--forcerun", "c.yaml"], "default", "planning")
    ]


@pytest.mark.parametrize("option", ["--config", "--configfile", "-C"])
def test_a_configuration_of_several_fields_beside_their_files_is_an_error(
    option: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write_fields(tmp_path)
    with pytest.raises(SkerryError, match=f"^{option}: cannot be given with several fields"):
        run_workflow(FIELDS, 1, [option, "rounds=1"])


def test_the_python_function_runs_several_fields(
    alone: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(alone)
    assert run_workflow(FIELDS, 1, ["--dry-run"]) == 0
    assert "nothing to do: what is asked for of " in capfd.readouterr().err
