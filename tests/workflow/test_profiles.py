"""Profiles by name and by directory, and what they need to be there."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from skerry.config.shipped_files import shipped_root
from skerry.errors import SkerryError
from skerry.workflow.profiles import check_executor, copy_profile, executor_of, profile_directory, profile_names

SLURM = shipped_root() / "profiles" / "slurm"


def own(directory: Path, text: str) -> Path:
    (directory / "profile.yaml").write_text(text)
    return directory


def test_skerry_brings_a_profile_for_one_machine_and_one_for_slurm() -> None:
    assert profile_names() == ("default", "slurm")


def test_a_profile_is_found_by_its_name_wherever_one_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert profile_directory("slurm") == SLURM


def test_a_directory_with_a_profile_goes_before_the_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "slurm").mkdir()
    own(tmp_path / "slurm", "executor: slurm")
    assert profile_directory("slurm") == Path("slurm")


@pytest.mark.parametrize(
    ("profile", "says"),
    [
        ("sluurm", "sluurm: no such profile; give default or slurm"),
        ("here", "here: no profile, for there is no profile.yaml"),
    ],
)
def test_what_is_no_profile_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, profile: str, says: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("here").mkdir()
    with pytest.raises(SkerryError, match=says):
        profile_directory(profile)


def test_a_copy_is_the_profile_and_is_used_by_its_directory(tmp_path: Path) -> None:
    copy = copy_profile("slurm", tmp_path / "sites" / "mine")
    assert copy.read_bytes() == (SLURM / "profile.yaml").read_bytes()
    assert profile_directory(copy.parent) == copy.parent


def test_a_copy_replaces_no_profile_of_ones_own(tmp_path: Path) -> None:
    own(tmp_path, "mine")
    with pytest.raises(SkerryError, match="exists"):
        copy_profile("slurm", tmp_path)
    assert (tmp_path / "profile.yaml").read_text() == "mine"


def test_a_copy_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(SkerryError, match="cannot be written"):
        copy_profile("slurm", tmp_path / "file")


def test_partition_and_account_are_what_a_site_uncomments() -> None:
    text = (SLURM / "profile.yaml").read_text()
    assert yaml.safe_load(text)["default-resources"] is None
    uncommented = yaml.safe_load(text.replace("# slurm_", "slurm_"))
    assert uncommented["default-resources"] == {"slurm_partition": "work", "slurm_account": "my-project"}


def test_the_executor_of_a_profile_is_the_machine_unless_it_names_another(tmp_path: Path) -> None:
    assert [executor_of(profile_directory(name)) for name in profile_names()] == ["local", "slurm"]
    assert executor_of(own(tmp_path, "")) == "local"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("executor: [slurm", r"profile\.yaml, line 1: "),
        ("\x00", r"profile\.yaml: is not YAML"),
        ("a: " + "[" * 5000, r"profile\.yaml, line 1: is nested in more than 50 levels"),
        ("jobs: " + "9" * 5000, r"profile\.yaml, line 1: 9+\.\.\. has too many digits"),
    ],
)
def test_a_profile_that_is_no_yaml_is_an_error_that_names_it(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(SkerryError, match=told):
        executor_of(own(tmp_path, text))


@pytest.mark.parametrize(
    ("executor", "package"),
    [
        ("slurm", r"pip install snakemake-executor-plugin-slurm, which skerry\[slurm\] brings"),
        ("no-such", "pip install snakemake-executor-plugin-no-such$"),
    ],
)
def test_a_plugin_that_is_not_installed_is_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, executor: str, package: str
) -> None:
    monkeypatch.setattr("skerry.workflow.profiles.find_spec", lambda _: None)
    with pytest.raises(SkerryError, match=package):
        check_executor(own(tmp_path, f"executor: {executor}"))


def test_jobs_are_submitted_only_where_there_is_slurm_but_can_be_planned_anywhere(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("skerry.workflow.profiles.find_spec", lambda _: object())
    monkeypatch.setattr("shutil.which", lambda _: None)
    check_executor(SLURM, submits=False)
    with pytest.raises(SkerryError, match="no sbatch"):
        check_executor(SLURM)
