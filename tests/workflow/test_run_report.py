"""What the user of `skerry run` is told: a line for each job, errors at the end, and the table of the masks."""

from __future__ import annotations

import json
import logging
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from conftest import radio_header, write_fits
from workflow_runs import COMMAND

from skerry.errors import SkerryError
from skerry.field.config import parse_field
from skerry.field.keys import FieldConfig
from skerry.field.origin import NOTE
from skerry.workflow.job_names import field_names, job_name, made_masks
from skerry.workflow.run import run_workflow
from skerry.workflow.run_report import RunReport
from snakemake_logger_plugin_skerry import EVENT_MARK, LogHandler

SIZE = 40
RUN = (sys.executable, "-m", "skerry", "run")


def field_called(name: str = "F", **changes: Any) -> FieldConfig:
    keys = {"field": name, "beams": ["00", "01"], "rounds": 2, "source": "beam", "images": "b{beam}.{round}.fits"}
    return parse_field(keys | changes, Path())


def event(kind: str, level: str = "INFO", **keys: Any) -> str:
    return EVENT_MARK + json.dumps({"event": kind, "level": level, "text": "", **keys}) + "\n"


def job_info(number: int, beam: str = "00", product: str = "mask", log: str = "none.log") -> str:
    output = f"results/F/round1/beam{beam}.{product}.fits"
    wildcards = {"round": "1", "target": f"beam{beam}"}
    return event("job_info", jobid=number, rule_name="erode", wildcards=wildcards, output=[output], log=[log])


def job_error(number: int) -> str:
    return event("job_error", "ERROR", jobid=number, rule_name="erode")


class Told(list[str]):
    """A report and what it told."""

    def __init__(self, *lines: str, fields: tuple[FieldConfig, ...] | None = None, quiet: bool = False) -> None:
        self.report = RunReport(fields or (field_called(),), self.append, quiet=quiet)
        for line in lines:
            self.report.take(line)


def begun(jobs: int) -> str:
    return event("run_info", stats={"erode": jobs, "all": 1, "total": jobs + 1})


@pytest.mark.parametrize(
    ("wildcards", "outputs", "name"),
    [
        ({"target": "mosaic"}, ["mosaic.rms.fits", "mosaic.bkg.fits"], "round 1 mosaic rms, bkg"),
        ({}, ["mosaic.image.fits"], "round 1 mosaic image"),
        ({"target": "beam03"}, ["beam03.mask.fits", "beam03.scalemask.fits"], "round 1 beam 03 mask, scalemask"),
        ({"beam": "03", "scale": "8"}, ["beam03.scale8.mask.fits"], "round 1 beam 03 scale8.mask"),
        ({"beam": "03"}, ["beam03.unedited.mask.fits"], "round 1 beam 03 mask before it is edited"),
        ({"target": "beam03.unedited"}, ["beam03.unedited.mask.fits"], "round 1 beam 03 mask"),
        ({"beam": "03", "product": "mask"}, ["beam03.mask.fits.check"], "round 1 beam 03 check of the mask"),
        ({"beam": "03"}, ["beam03.clean.check"], "round 1 beam 03 check of the clean"),
        ({"beam": "03"}, ["images/beam03-MFS-image.fits"], "round 1 beam 03 image"),
        ({"beam": "03"}, ["ms/beam03.ms", "ms/beam03.calibrated"], "round 1 beam 03 calibration"),
    ],
)
def test_a_job_is_called_by_its_round_its_beam_and_what_it_makes(
    wildcards: dict[str, str], outputs: list[str], name: str
) -> None:
    files = [f"results/F/round1/{output}" for output in outputs]
    assert job_name("rule", {"round": "1", **wildcards}, files, [field_called()]) == name


def test_of_several_fields_a_job_is_called_by_its_own() -> None:
    fields = [field_called("F"), field_called("F2")]
    outputs = ["results/F2/round1/beam00.mask.fits"]
    assert job_name("F2_erode", {"round": "1", "target": "beam00"}, outputs, fields) == "F2 round 1 beam 00 mask"
    assert job_name("F2_report", {}, ["results/F2/report/field.html"], fields) == "F2 report"


def test_fields_of_the_same_name_are_called_by_where_their_results_are() -> None:
    fields = [field_called("F", output="one"), field_called("F", output="two"), field_called("G")]
    assert field_names(fields) == ["one/F", "two/F", "G"]
    outputs = ["two/F/round1/beam00.mask.fits"]
    assert job_name("F_erode", {"round": "1", "target": "beam00"}, outputs, fields) == "two/F round 1 beam 00 mask"


def test_masks_are_told_from_other_products() -> None:
    names = [
        "beam00.mask.fits",
        "mosaic.mask.fits",
        "beam00.scale8.mask.fits",
        "beam00.scalemask.fits",
        "beam00.rms.fits",
    ]
    assert made_masks([f"a/{name}" for name in names]) == [f"a/{name}" for name in names[:3]]


def test_a_job_that_ends_is_told_with_what_is_in_its_mask(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    mask = np.zeros((10, 20), np.uint8)
    mask[2, 3:5] = mask[7, 7] = 1
    Path("results/F/round1").mkdir(parents=True)
    write_fits(Path("results/F/round1/beam00.mask.fits"), mask)
    write_fits(Path("results/F/round1/beam01.mask.fits"), 0 * mask)
    told = Told(
        begun(12), job_info(4), job_info(5, "01"), event("job_finished", job_id=4), event("job_finished", job_id=5)
    )
    assert told == [
        "12 jobs to do",
        "[ 1/12] round 1 beam 00 mask: 2 islands, 1.5 % masked",
        "[ 2/12] round 1 beam 01 mask: empty",
    ]


def test_what_a_step_warned_of_is_told_when_it_ends(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text("skerry: warning: a.fits: has no valid pixel\nresults/a.fits\n")
    told = Told(begun(1), job_info(0, product="rms", log=str(log)), event("job_finished", job_id=0))
    assert told[1:] == [
        "[1/1] round 1 beam 00 rms",
        "skerry: warning: round 1 beam 00 rms: a.fits: has no valid pixel",
    ]


def test_of_a_quiet_run_only_what_is_wrong_is_told(tmp_path: Path) -> None:
    told = Told(begun(1), job_info(0), event("job_finished", job_id=0), quiet=True)
    told.report.take(event("", "WARNING", text="low on disk"))
    assert told == ["low on disk"]


def test_an_error_is_told_at_once_and_in_full_at_the_end(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text("\n".join(f"line {n}" for n in range(30)) + "\nprogress 1\rprogress 2\n")
    told = Told(begun(3), job_info(0, log=str(log)), job_info(1, "01"), job_error(0), event("job_finished", job_id=1))
    told.report.take(event("error", "ERROR", text="At least one job did not complete successfully."))
    assert told[1:] == [f"round 1 beam 00 mask: failed; see {log}", "[1/3] round 1 beam 01 mask"]
    del told[:]
    told.report.end(1)
    first, last = told
    assert first.splitlines() == [
        f"skerry: error: round 1 beam 00 mask failed; {log} ends with",
        *(f"    line {n}" for n in range(21, 30)),
        "    progress 2",
    ]
    assert last.startswith("skerry: error: 1 of 3 jobs failed, 1 that follow were not run; what was made is kept")


def test_of_a_step_of_skerry_only_its_sentence_is_told(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text("skerry: warning: one thing\nskerry: error: a.fits: is truncated\n")
    told = Told(begun(1), job_info(0, log=str(log)), job_error(0))
    told.report.end(1)
    assert told[-2].splitlines()[1:] == ["    skerry: error: a.fits: is truncated"]


@pytest.mark.parametrize("end", ["returned non-zero exit status 137.", "died with <Signals.SIGKILL: 9>."])
def test_a_job_that_was_killed_is_told_from_others_that_failed(tmp_path: Path, end: str) -> None:
    logs = [str(tmp_path / f"{n} it's a log") for n in range(2)]
    Path(logs[1]).write_text("gridding\n")
    told = Told(begun(3), *(job_info(n, f"{n:02d}", log=log) for n, log in enumerate(logs)), job_info(2, "02"))
    for n, log in enumerate(logs):
        command = f"Command 'skerry mask > {shlex.quote(log)} 2>&1' {end}"
        told.report.take(event("error", "ERROR", exception="RuleException", text=f"RuleException:\n{command}"))
        told.report.take(job_error(n))
    told.report.take(job_error(2))
    del told[:]
    told.report.end(1)
    assert told[:3] == [
        "skerry: error: round 1 beam 00 mask was killed, maybe for want of memory, and wrote nothing to its log, "
        + logs[0],
        f"skerry: error: round 1 beam 01 mask was killed, maybe for want of memory; {logs[1]} ends with\n    gridding",
        "skerry: error: round 1 beam 02 mask failed and wrote nothing to its log, none.log",
    ]


def test_a_job_that_succeeds_when_it_is_run_again_is_no_error() -> None:
    told = Told(begun(1), job_info(0), job_error(0), job_info(0), event("job_finished", job_id=0))
    del told[:]
    told.report.end(1)
    assert told == []


def test_a_job_of_a_cluster_is_told_with_its_own_log_and_what_became_of_it(tmp_path: Path) -> None:
    slurm = tmp_path / "7.log"
    slurm.write_text("exceeded memory limit\n")
    message = "SLURM-job '7' failed, SLURM status is: 'OUT_OF_MEMORY'. For further details see the log."
    error = event("job_error", "ERROR", jobid=0, rule_name="erode", log=["none.log", str(slurm)], rule_msg=message)
    told = Told(begun(1), job_info(0), error, error)
    assert told[1:] == 2 * [
        f"round 1 beam 00 mask: failed (SLURM-job '7' failed, SLURM status is: 'OUT_OF_MEMORY'); see none.log, {slurm}"
    ]
    told.report.end(1)
    assert told[3].splitlines() == [
        f"skerry: error: round 1 beam 00 mask failed; {slurm} ends with",
        "    exceeded memory limit",
    ]


def test_of_many_errors_the_first_are_told_in_full_and_all_are_named() -> None:
    told = Told(begun(9), *(job_info(n, f"{n:02d}", log=f"{n}.log") for n in range(9)), *map(job_error, range(9)))
    del told[:]
    told.report.end(1)
    assert [re.findall(r"beam (\d\d)", line) for line in told[:-1]] == [[f"{n:02d}"] for n in range(9)]
    assert told[8] == "skerry: error: round 1 beam 08 mask failed; see 8.log"
    assert told[9].startswith("skerry: error: 9 of 9 jobs failed; what")


def test_of_jobs_that_are_one_on_a_cluster_the_first_that_is_not_done_failed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    products = ("rms", "signal", "mask")
    for product, text in zip(products, ("fine", "no memory", None), strict=True):
        if text is not None:
            Path(f"{product}.log").write_text(text)
    Path("results/F/round1").mkdir(parents=True)
    Path("results/F/round1/beam00.rms.fits").touch()
    infos = [job_info(n, product=product, log=f"{product}.log") for n, product in enumerate(products)]
    group = [json.loads(info.removeprefix(EVENT_MARK)) for info in infos]
    told = Told(begun(3), *infos, event("group_error", "ERROR", job_error_info=group, aux_logs=["slurm.log"]))
    for n in range(3):
        told.report.take(job_error(n))
    assert told[1:] == ["round 1 beam 00 signal: failed; see signal.log, slurm.log"]
    told.report.end(1)
    assert told[2].splitlines() == [
        "skerry: error: round 1 beam 00 signal failed; signal.log ends with",
        "    no memory",
    ]


def test_jobs_that_an_interrupt_ends_are_no_errors() -> None:
    told = Told(begun(3), job_info(0))
    told.report.interrupt()
    told.report.interrupt()
    told.report.take(job_error(0))
    told.report.take("Traceback (most recent call last):\n")
    told.report.end(1)
    assert told[1:] == ["interrupted: ending the jobs that run", "0 of 3 jobs were done; run it again to go on"]


def test_what_snakemake_itself_cannot_do_is_told_at_the_end() -> None:
    told = Told(event("error", "ERROR", exception="WorkflowError", text="WorkflowError:\nno space left\n"))
    assert told == []
    told.report.end(1)
    assert told == ["skerry: error: WorkflowError:\nno space left"]


@pytest.mark.parametrize(
    ("last", "told"),
    [
        (
            "OSError: [Errno 30] Read-only file system: '/a b/.cache'",
            "/a b/.cache: cannot be used by Snakemake: Read-only file system; make that possible, and run it again",
        ),
        (
            "OSError: [Errno 27] X",
            "Snakemake cannot go on: OSError: [Errno 27] X; 'skerry run FIELD.yaml --verbose' shows all that it says",
        ),
    ],
)
def test_of_calls_within_snakemake_only_what_they_end_with_is_told(last: str, told: str) -> None:
    text = f"Traceback (most recent call last):\n\n  File\n\n{last}\n"
    found = Told(event("error", "ERROR", exception="OSError", text=text))
    found.report.end(1)
    assert found == [f"skerry: error: {told}"]


def test_what_others_write_is_passed_on_but_for_noise() -> None:
    told = Told("Using workflow specific profile x for setting default command line arguments.\n", "sbatch: hm\n", "\n")
    assert told == ["sbatch: hm"]


def test_the_plugin_writes_what_matters_and_nothing_else(capsys: pytest.CaptureFixture[str]) -> None:
    handler = LogHandler(None, None)  # type: ignore[arg-type]
    logger = logging.Logger("test")
    logger.addHandler(handler)
    logger.info("Select jobs to execute...")
    logger.info(None, extra={"event": "shellcmd", "shellcmd": "skerry erode"})
    logger.info("Finished", extra={"event": "job_finished", "job_id": 3})
    why = {"event": "job_error", "jobid": 3, "rule_msg": "cancelled", "log": ["3.log"], "shellcmd": "skerry erode"}
    logger.error("Error in rule erode", extra=why)
    logger.warning("careful")
    lines = capsys.readouterr().err.splitlines()
    assert [json.loads(line.removeprefix(EVENT_MARK)) for line in lines] == [
        {"event": "job_finished", "level": "INFO", "text": "Finished", "job_id": 3},
        {key: value for key, value in why.items() if key != "shellcmd"}
        | {"level": "ERROR", "text": "Error in rule erode"},
        {"event": "", "level": "WARNING", "text": "careful"},
    ]


def write_field(directory: Path, name: str, **changes: Any) -> str:
    """A field of one beam and one round, and its YAML file."""
    image = np.random.default_rng(1).normal(0, 1e-3, (SIZE, SIZE)).astype(np.float32)
    image[10:14, 15:20] += 0.1
    write_fits(directory / f"{name}.fits", image, radio_header((SIZE, SIZE)))
    keys = {"field": name, "beams": "00", "rounds": 1, "images": f"{name}.fits", "source": "beam", "output": "masks"}
    keys["preset"] = "none"
    masking = {"flood_fill": True, "flood_fill_use_mac": True, "flood_fill_use_mac_box_size": 16}
    (directory / f"{name}.yaml").write_text(yaml.safe_dump(keys | {"masking": masking} | changes))
    return f"{name}.yaml"


def write_broken_field(directory: Path, name: str) -> str:
    """A field whose imager says something and fails."""
    (directory / "B.ms").mkdir()
    imager = {"command": "echo no column DATA in {ms} >&2; false {prefix} {mask_argument}"}
    return write_field(directory, name, imager=imager, measurement_sets="B.ms")


def skerry_run(directory: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*RUN, *arguments], cwd=directory, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def run_of_two(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, subprocess.CompletedProcess[str]]:
    """A field that is right and one that is not, run together."""
    directory = tmp_path_factory.mktemp("two")
    names = write_field(directory, "A"), write_broken_field(directory, "B")
    return directory, skerry_run(directory, *names, "--cores", "1")


KEPT = "what was made is kept: mend what is wrong and run it again"


def test_a_run_of_two_fields_tells_of_all_jobs_and_ends_with_the_error(
    run_of_two: tuple[Path, subprocess.CompletedProcess[str]],
) -> None:
    done = run_of_two[1]
    lines = done.stderr.splitlines()
    assert done.returncode == 1
    assert done.stdout == ""
    assert lines[0] == "5 jobs to do"
    assert {
        re.sub(r"\d+ islands?, [\d.]+", "N islands, x", re.sub(r"^\[./5\] ", "", line)) for line in lines[1:-3]
    } == {
        "A round 1 beam 00 mask: N islands, x % masked",
        "B round 1 beam 00 mask: N islands, x % masked",
        "B round 1 beam 00 check of the mask",
        "B round 1 beam 00 image: failed; see masks/B/round1/logs/beam00.image.log",
    }
    assert lines[-3:] == [
        "skerry: error: B round 1 beam 00 image failed; masks/B/round1/logs/beam00.image.log ends with",
        "    no column DATA in B.ms",
        f"skerry: error: 1 of 5 jobs failed, 1 that follow were not run; {KEPT}",
    ]


def test_a_run_with_nothing_to_do_says_so_and_ends_with_the_table(
    run_of_two: tuple[Path, subprocess.CompletedProcess[str]],
) -> None:
    again = skerry_run(run_of_two[0], "A.yaml", "--cores", "1")
    assert again.returncode == 0
    assert again.stderr == "nothing to do: what is asked for of A is there and up to date\n"
    assert "Masks of A" in again.stdout


def refused_by_snakemake(_: object, report: RunReport, __: object) -> int:
    """What becomes of a plan on a disk that is mounted to be read only."""
    report.take('ProtectedOutputException in rule mask in file "rules/mask.smk", line 2:')
    return 1


def test_a_field_that_is_done_needs_no_place_to_write_to(
    run_of_two: tuple[Path, subprocess.CompletedProcess[str]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    copy = Path(shutil.copytree(run_of_two[0], tmp_path / "copy"))
    monkeypatch.chdir(copy)
    results = copy / "masks" / "A"
    before = {path: path.stat().st_mtime_ns for path in (results, *results.rglob("*"))}
    # As on a file system that is mounted to be read only, which also root may not write to.
    access = os.access
    monkeypatch.setattr(os, "access", lambda path, mode: Path(path).name != "A" and access(path, mode))
    monkeypatch.setattr("skerry.workflow.run.only_run", None)
    assert run_workflow("A.yaml", cores=1, extra=["-p"], verbose=True) == 0
    told = capfd.readouterr()
    assert told.err == "nothing to do: what is asked for of A is there and up to date\n"
    assert "Masks of A" in told.out
    told_of = "^masks/A: cannot be written to, and not all that is asked for is there and up to date; make it writable"
    with pytest.raises(SkerryError, match=told_of):
        run_workflow("A.yaml", cores=1, extra=["--forceall"])
    with monkeypatch.context() as refused:
        refused.setattr("skerry.workflow.run.run_snakemake", refused_by_snakemake)
        with pytest.raises(SkerryError, match=told_of):
            run_workflow("A.yaml", cores=1)
    assert capfd.readouterr() == ("", "")
    # What is only looked at is told of as ever.
    assert run_workflow("A.yaml", cores=1, extra=["--dry-run", "--forceall"]) == 0
    assert capfd.readouterr() == ("round 1 beam 00 mask: is forced\n", "1 job to do\na dry run: nothing was made\n")
    assert {path: path.stat().st_mtime_ns for path in (results, *results.rglob("*"))} == before


def test_snakemake_tells_in_its_own_way_if_asked_to_and_the_table_comes_once(tmp_path: Path) -> None:
    done = skerry_run(tmp_path, write_field(tmp_path, "A"), "--cores", "1", "--verbose")
    assert "Finished jobid: 1" in done.stderr
    assert done.stdout.count("Masks of A") == 1


def test_a_dry_run_lists_the_jobs_and_makes_nothing(tmp_path: Path) -> None:
    erodes = {"flood_fill": True, "flood_fill_use_mac": True, "beam_shape_erode": True}
    write_field(tmp_path, "A", masking=erodes, keep_steps=True)
    write_field(tmp_path, "B")
    done = skerry_run(tmp_path, "A.yaml", "B.yaml", "--cores", "1", "--dry-run")
    assert done.stdout.splitlines() == [
        "A round 1 beam 00 islands",
        "A round 1 beam 00 mask",
        "B round 1 beam 00 mask",
    ]
    assert done.stderr == "3 jobs to do\na dry run: nothing was made\n"
    assert not (tmp_path / "masks").exists()


def test_where_snakemake_cannot_write_its_own_files_a_line_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_field(tmp_path, "A")
    monkeypatch.chdir(tmp_path)
    # As on a file system that is mounted to be read only, which also root may not write to.
    monkeypatch.setattr(os, "access", lambda path, _: str(path) not in (".", ".snakemake"))
    with pytest.raises(SkerryError, match=f"^{tmp_path}: Snakemake cannot write its own files there; "):
        run_workflow("A.yaml", cores=1, extra=["--dry-run"])
    assert not (tmp_path / ".snakemake").exists()


def test_a_dry_run_says_why_what_is_there_would_be_made_anew(
    run_of_two: tuple[Path, subprocess.CompletedProcess[str]], tmp_path: Path
) -> None:
    copy = Path(shutil.copytree(run_of_two[0], tmp_path / "copy"))
    done = skerry_run(copy, "A.yaml", "--cores", "1", "-n")
    assert (done.stdout, done.stderr) == ("", "nothing to do: what is asked for of A is there and up to date\n")
    done = skerry_run(copy, "A.yaml", "--cores", "1", "-n", "-F")
    assert done.stdout == "round 1 beam 00 mask: is forced\n"
    path = copy / "A.yaml"
    keys = yaml.safe_load(path.read_text())
    keys["masking"]["flood_fill_use_mac_box_size"] = 18
    path.write_text(yaml.safe_dump(keys))
    done = skerry_run(copy, "A.yaml", "--cores", "1", "-n", "--rerun-triggers", "params")
    assert done.stdout == "round 1 beam 00 mask: has other options or files\n"


@pytest.mark.parametrize("flags", [("--dry-run", "--verbose"), ("-np",), ("-n", "--printshellcmds")])
def test_a_dry_run_tells_in_snakemakes_way_if_asked_to(flags: tuple[str, ...], tmp_path: Path) -> None:
    done = skerry_run(tmp_path, write_field(tmp_path, "A"), "--cores", "1", *flags)
    assert "rule mask" in done.stdout
    assert "This was a dry-run" in done.stdout
    assert "Masks of" not in done.stdout


@pytest.mark.parametrize("flag", ["--memory", "--memory=4GB", "--threads"])
def test_the_limits_of_other_subcommands_are_told_from_those_of_a_run(flag: str) -> None:
    with pytest.raises(SkerryError, match=rf"^run has no {flag.split('=')[0]}: each job gets memory by"):
        run_workflow("field.yaml", 1, [flag, "4GB"])


def test_snakemake_alone_tells_in_its_own_way_and_shows_the_table(tmp_path: Path) -> None:
    command = [*COMMAND, "--configfile", write_field(tmp_path, "A"), "--cores", "1"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert "Finished jobid: 1" in done.stderr
    assert done.stdout.count("Masks of A") == 1


def test_a_copy_of_a_yaml_file_does_not_overwrite_what_was_made_from_the_other(
    run_of_two: tuple[Path, subprocess.CompletedProcess[str]],
) -> None:
    directory = run_of_two[0]
    (directory / "copy.yaml").write_bytes((directory / "A.yaml").read_bytes())
    refused = skerry_run(directory, "copy.yaml", "--cores", "1")
    said = "copy.yaml: its results would go to masks/A, where those of A.yaml are; give it another field or output\n"
    assert (refused.returncode, refused.stderr) == (2, f"skerry: error: {said}")
    command = [*COMMAND, "--configfile", "copy.yaml", "--cores", "1"]
    refused = subprocess.run(command, cwd=directory, capture_output=True, text=True, check=False)
    assert refused.returncode == 2
    assert f"skerry: {said}" in refused.stderr


def test_a_run_of_snakemake_alone_notes_what_its_results_are_made_from(tmp_path: Path) -> None:
    write_field(tmp_path, "A")
    command = [*COMMAND, "--configfile", "A.yaml", "--cores", "1"]
    subprocess.run([*command, "--dry-run"], cwd=tmp_path, capture_output=True, check=True)
    assert not (tmp_path / "masks").exists()
    subprocess.run(command, cwd=tmp_path, capture_output=True, check=True)
    assert (tmp_path / "masks" / "A" / NOTE).read_text().splitlines()[0] == "../../A.yaml"


def test_a_program_that_is_not_on_the_path_is_told_before_anything_runs(tmp_path: Path) -> None:
    (tmp_path / "A.ms").mkdir()
    imager = {"command": "no-such-imager {ms} {prefix} {mask_argument}"}
    name = write_field(tmp_path, "A", imager=imager, measurement_sets="A.ms")
    said = "A: imager.command calls no-such-imager, which is not on the PATH; install it"
    done = skerry_run(tmp_path, name, "--cores", "1")
    assert done.returncode == 2
    assert done.stderr.startswith(f"skerry: error: {said}")
    alone = [*COMMAND, "--configfile", name, "--cores", "1"]
    done = subprocess.run(alone, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert f"skerry: {said}" in done.stderr
    assert not (tmp_path / "masks").exists()
    planned = skerry_run(tmp_path, name, "--cores", "1", "--dry-run")
    assert planned.returncode == 0
    assert "skerry: warning: A: imager.command calls no-such-imager" in planned.stderr
