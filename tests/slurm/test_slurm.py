"""Fields run on a real SLURM of three nodes: the masks are those of one machine, whatever is killed or lost.

    pytest tests/slurm

starts one and stops it, or uses the one that is running, which several tests can do at once:

    python tests/slurm/cluster.py start DIRECTORY
    pytest -n 7 tests/slurm
    python tests/slurm/cluster.py stop DIRECTORY
"""

from __future__ import annotations

import gzip
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from cluster import Cluster, reason_not_to_start
from conftest import radio_header, write_fits
from workflow_runs import SIZE, configure, run_once, sky, wait_for

from skerry.workflow.profiles import copy_profile

if Cluster.running() is None:
    reason = reason_not_to_start()
    if reason is None and "PYTEST_XDIST_WORKER" in os.environ:
        reason = "no SLURM is running, and it takes the machine for itself: pytest tests/slurm"
    if reason:
        pytest.skip(reason, allow_module_level=True)
pytest.importorskip("snakemake_executor_plugin_slurm", reason="needs skerry[slurm]")

SKERRY = (sys.executable, "-m", "skerry")
SETS = "touch broken; touch broken & `touch broken` #"
IMAGES = f"{SETS} $(touch broken)"
"""Names that do harm wherever they are not quoted."""
SLOW = "python -c 'import time; time.sleep(4)'"
"""Before what an imager does, so that there is time to disturb it."""
IMAGE = "python imager.py {ms} {prefix} {mask_argument}"
UNFINISHED = "pending,running,completing"


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    running = Cluster.running()
    if running:
        yield running
        return
    directory = Path(tempfile.mkdtemp(prefix="slurm"))
    cluster = Cluster(directory, nodes=3)
    cluster.start()
    yield cluster
    cluster.stop()
    shutil.rmtree(directory)


@pytest.fixture
def profile(cluster: Cluster, tmp_path: Path) -> Iterator[Path]:
    """The profile for SLURM with a site's partition, which looks at its jobs more often."""
    file = copy_profile("slurm", tmp_path / "site")
    settings = yaml.safe_load(file.read_text())
    settings["default-resources"] = {"slurm_partition": "tests"}
    settings |= {"slurm-init-seconds-before-status-checks": 1, "latency-wait": 10}
    file.write_text(yaml.safe_dump(settings))
    yield file.parent
    assert not list(tmp_path.rglob("broken")), "a name was taken for a command"


def output_of(*command: str | Path, within: Path | None = None, status: int = 0) -> str:
    """What a command says, which must end as it should."""
    done = subprocess.run(command, cwd=within, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    assert done.returncode == status, done.stdout
    return done.stdout


def run(profile: Path, *more: str, status: int = 0) -> str:
    """Run the field beside a profile on the cluster."""
    return output_of(*SKERRY, "run", "field.yaml", "--profile", profile, *more, within=profile.parent, status=status)


class Disturbed:
    """A run in the background, to be disturbed when something has happened."""

    def __init__(self, profile: Path) -> None:
        self.log = profile.parent / "log"
        command = [*SKERRY, "run", "field.yaml", "--profile", str(profile)]
        with self.log.open("w") as log:
            self.process = subprocess.Popen(command, cwd=profile.parent, stdout=log, stderr=log, start_new_session=True)

    def when(self, condition: Callable[[], Any]) -> None:
        wait_for(lambda: bool(condition()) or self.process.poll() is not None)
        assert self.process.poll() is None, self.log.read_text()

    def ends_with(self, status: int) -> None:
        assert self.process.wait(timeout=600) == status, self.log.read_text()


def queue(profile: Path, states: str, what: str = "%i", *more: str) -> list[str]:
    """Something of every job of a test in some states, the last submitted first."""
    listed = ("squeue", "--noheader", f"--states={states}", "--sort=-i", f"--format=%Z {what}", *more)
    jobs = (line.split(maxsplit=1) for line in output_of(*listed).splitlines())
    return [job[1].strip() for job in jobs if Path(job[0]).is_relative_to(profile.parent)]


def products(directory: Path) -> dict[str, bytes]:
    """Bytes of every mask and image that was made."""
    made = sorted(directory.rglob("round*/**/*.fits"))
    return {f"{path.parent.name}/{path.name}": path.read_bytes() for path in made}


def write_images(directory: Path, images: dict[str, np.ndarray]) -> None:
    (directory / IMAGES).mkdir()
    for beam, image in images.items():
        write_fits(directory / IMAGES / f"{beam}.fits", image, radio_header((SIZE, SIZE)))


def write_imaged(directory: Path, beams: tuple[str, ...] = ("00", "01"), **imager: Any) -> None:
    """A field of given images, whose beams get masks and are slowly imaged with them."""
    write_images(directory, {beam: sky(int(beam)) for beam in beams})
    for beam in beams:
        data = directory / SETS / f"F.beam{beam}.ms"
        (data / "ANTENNA").mkdir(parents=True)
        (data / "DATA").write_text(f"data of beam {beam}\n")
        (data / "ANTENNA" / "table.dat").write_text("antennas")
    shutil.copy(Path(__file__).parents[1] / "stand_in_imager.py", directory / "imager.py")
    keys = {
        "field": "F",
        "beams": list(beams),
        "rounds": 1,
        "source": "beam",
        "preset": "none",
        "images": f"{IMAGES}/{{beam}}.fits",
        "measurement_sets": f"{SETS}/{{field}}.beam{{beam}}.ms",
        "imager": {"command": f"{SLOW} && {IMAGE}", "mem_mb": 700} | imager,
        "masking": {"flood_fill": True, "flood_fill_use_mac": True, "flood_fill_use_mac_box_size": 12},
        "output": "out",
    }
    configure(directory, keys)


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """What that field gives on this machine alone."""
    made = products(run_once(tmp_path_factory, "undisturbed", write_imaged))
    assert len(made) == 4
    return made


def imaging(profile: Path) -> list[str]:
    """Jobs that image a beam now."""
    jobs = (line.split("=") for line in queue(profile, "running", "%i=%k"))
    return [number for number, comment in jobs if comment.startswith("rule_image")]


def test_the_demo_field_gives_the_masks_of_one_machine_by_one_job_a_beam_and_round(profile: Path) -> None:
    output_of(*SKERRY, "simulate", "demo", within=profile.parent)
    alone, cluster = profile.parent / "alone", profile.parent / "cluster"
    alone.mkdir()
    cluster.mkdir()
    output_of(*SKERRY, "run", "../demo/field.yaml", "--cores", "2", within=alone)
    output_of(*SKERRY, "run", "../demo/field.yaml", "--profile", "../site", within=cluster)
    masks = products(cluster)
    assert len([name for name in masks if "/beam" in name]) == 12
    assert masks == products(alone)
    mosaics, beams, reports = 3, 12, 1
    assert len(queue(profile, "all")) == mosaics + beams + reports
    assert set(queue(profile, "all", "%P")) == {"tests"}


def test_the_jobs_of_a_node_that_is_lost_run_again_elsewhere(
    cluster: Cluster, profile: Path, undisturbed: dict[str, bytes]
) -> None:
    write_imaged(profile.parent)
    disturbed = Disturbed(profile)
    disturbed.when(lambda: imaging(profile))
    job = imaging(profile)[0]
    (lost,) = queue(profile, "running", "%N", f"--jobs={job}")
    cluster.lose(lost)
    disturbed.ends_with(0)
    assert products(profile.parent) == undisturbed
    (again,) = queue(profile, "all", "%N", f"--jobs={job}")
    assert again != lost
    cluster.start_node(lost)


def test_a_job_that_needs_more_memory_than_it_first_asked_for_succeeds_by_retry(profile: Path) -> None:
    hungry = "python -c 'import time; kept = 900_000_000 * b\"1\"; time.sleep(3)'"
    write_imaged(profile.parent, beams=("00",), command=f"{hungry} && {IMAGE}")
    said = run(profile)
    look_at_clean, *images = queue(profile, "all", "%m")[:3]
    assert (look_at_clean, images) == ("550M", ["1400M", "700M"])
    failed = re.search(r"^round \d beam 00 image: failed.*; see .*, (\S+)$", said, re.MULTILINE)
    assert failed, said
    assert "exceeded memory limit" in Path(failed[1]).read_text()


def test_a_job_that_fails_for_good_is_reported_with_its_log_and_the_others_finish(profile: Path) -> None:
    write_images(profile.parent, {"00": sky(0), "01": sky(1), "02": sky(2)})
    # Its header says nothing of its end.
    broken = profile.parent / IMAGES / "01.fits"
    broken.write_bytes(gzip.compress(broken.read_bytes())[:-100])
    keys = {"field": "F", "beams": "00-02", "rounds": 1, "source": "beam", "images": f"{IMAGES}/{{beam}}.fits"}
    options = {"flood_fill": True, "beam_shape_erode": True, "noise_box_size": 16}
    configure(profile.parent, keys | {"masking": options, "output": "out"})
    said = run(profile, "--retries", "1", status=1)
    assert "out/F/round1/logs/beam01.mask.log" in said
    reason = (profile.parent / "out/F/round1/logs/beam01.mask.log").read_text()
    assert f"{IMAGES}/01.fits" in reason
    assert reason.strip() in said
    masks = profile.parent.rglob("beam*.mask.fits")
    assert sorted(path.name for path in masks) == ["beam00.mask.fits", "beam02.mask.fits"]
    attempts = 2
    assert len(queue(profile, "all")) == 2 + attempts


def test_two_fields_in_one_run_give_the_masks_of_runs_of_their_own(profile: Path) -> None:
    here = profile.parent
    write_images(here, {"00": sky(0)})
    keys = {"beams": ["00"], "rounds": 1, "source": "beam", "images": f"{IMAGES}/{{beam}}.fits", "output": "out"}
    for name in ("F", "G"):
        (here / f"{name}.yaml").write_text(yaml.safe_dump(keys | {"field": name, "preset": "compact"}))
    skerry = Path(sys.executable).with_name("skerry")
    # Nothing of the directory is imported, neither by the head nor by the Snakemakes of its jobs.
    for module in ("yaml", "numpy", "snakemake", "skerry", "sitecustomize"):
        (here / f"{module}.py").write_text("open('broken', 'w')\nraise SystemExit(3)\n")
    output_of(skerry, "run", "F.yaml", "G.yaml", "--profile", profile, within=here)
    output_of(skerry, "run", "F.yaml", "--cores", "2", "--forceall", "--config", "output=alone", within=here)
    alone = products(here / "alone" / "F")
    assert alone
    assert products(here / "out" / "F") == alone
    assert products(here / "out" / "G") == alone
    assert len(queue(profile, "all")) == 2


def test_a_run_that_is_terminated_leaves_no_job_and_no_lock(profile: Path) -> None:
    write_imaged(profile.parent)
    terminated = Disturbed(profile)
    terminated.when(lambda: queue(profile, "running"))
    terminated.process.send_signal(signal.SIGTERM)
    terminated.ends_with(128 + signal.SIGTERM)
    assert queue(profile, UNFINISHED) == []
    assert not any((profile.parent / ".snakemake").glob("locks/*"))


def test_a_run_that_is_killed_is_resumed_to_the_products_of_an_undisturbed_one(
    profile: Path, undisturbed: dict[str, bytes]
) -> None:
    write_imaged(profile.parent)
    killed = Disturbed(profile)
    killed.when(lambda: imaging(profile))
    os.killpg(killed.process.pid, signal.SIGKILL)
    killed.ends_with(-signal.SIGKILL)
    assert queue(profile, UNFINISHED) != []
    said = run(profile)
    assert re.search(r"note: [1-9] jobs? of a run that was killed", said)
    assert queue(profile, UNFINISHED) == []
    assert products(profile.parent) == undisturbed
    made = [path.name for path in profile.parent.rglob("round*/**/*") if path.is_file()]
    assert not [name for name in made if "tmp" in name]


def test_a_job_that_is_cancelled_runs_again(profile: Path, undisturbed: dict[str, bytes]) -> None:
    write_imaged(profile.parent)
    disturbed = Disturbed(profile)
    disturbed.when(lambda: imaging(profile))
    output_of("scancel", imaging(profile)[0])
    disturbed.ends_with(0)
    assert "CANCELLED" in disturbed.log.read_text()
    assert products(profile.parent) == undisturbed
