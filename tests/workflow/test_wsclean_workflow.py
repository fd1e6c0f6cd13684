"""The whole loop with WSClean itself: from measurement sets to the last round's masks and images."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import yaml
from workflow_runs import configure, run_once, wait_for

from skerry.io.fits import read_image, read_mask

SIZE, BEAMS, ROUNDS = 128, 2, 2
SKERRY = [sys.executable, "-m", "skerry"]
RUN = [*SKERRY, "run", "demo/field.yaml", "--cores", "2"]
FIELD = Path("it's; results", "DEMO_0400-45")


def write_field(directory: Path) -> None:
    """A small demo field in measurement sets; one thread an imager, so that its sums are the same in every run."""
    numbers = ["--size", str(SIZE), "--beams", str(BEAMS), "--rounds", str(ROUNDS)]
    subprocess.run([*SKERRY, "simulate", "demo", "--measurement-sets", *numbers], cwd=directory, check=True)
    keys = yaml.safe_load((directory / "demo" / "field.yaml").read_text())
    keys["imager"]["threads"] = 1
    configure(directory / "demo", keys | {"output": str(FIELD.parent)})


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory, wsclean: str, casacore_tables: object) -> Path:
    """A field of two beams, imaged in rounds 0 to 2 with self-calibration between them."""
    return run_once(tmp_path_factory, "wsclean loop", write_field, "demo/field.yaml") / FIELD


def products(directory: Path, pattern: str) -> dict[str, bytes]:
    return {str(path.relative_to(directory)): path.read_bytes() for path in sorted(directory.rglob(pattern))}


def wsclean_runs_in(directory: Path) -> Iterator[int]:
    """Processes of WSClean that were started in a directory."""
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if (process / "comm").read_text().strip() == "wsclean" and (process / "cwd").resolve() == directory:
                yield int(process.name)
        except OSError:
            continue


def test_every_round_is_imaged_and_masked(undisturbed: Path) -> None:
    for beam in ("00", "01"):
        for k in range(ROUNDS + 1):
            image = read_image(undisturbed / f"round{k}" / "images" / f"beam{beam}-image.fits")
            assert image.data.shape == (SIZE, SIZE)
        for k in range(1, ROUNDS + 1):
            assert read_mask(undisturbed / f"round{k}" / f"beam{beam}.mask.fits").data.any()


def test_the_model_of_a_masked_round_lies_in_its_mask_and_that_of_round_0_does_not(undisturbed: Path) -> None:
    for k in range(ROUNDS + 1):
        for beam in ("00", "01"):
            model = read_image(undisturbed / f"round{k}" / "images" / f"beam{beam}-model.fits").data
            mask = read_mask(undisturbed / f"round{max(k, 1)}" / f"beam{beam}.mask.fits").data
            assert (model != 0).any()
            assert bool((model[mask == 0] != 0).any()) is (k == 0)


def test_the_loop_brings_the_artefacts_down(undisturbed: Path) -> None:
    for beam in ("00", "01"):
        truth = read_image(undisturbed.parents[1] / "demo" / "truth" / f"beam{beam}.restored.fits").data
        images = [read_image(undisturbed / f"round{k}" / "images" / f"beam{beam}-image.fits").data for k in (0, ROUNDS)]
        first, last = (float(np.std(image[truth < 2e-4])) for image in images)
        assert last < first / 4


def test_every_mask_was_checked(undisturbed: Path) -> None:
    checks = products(undisturbed, "*.fits.check")
    assert len(checks) == BEAMS * ROUNDS
    assert all(b"128 x 128 pixels" in said for said in checks.values())


def test_every_clean_was_looked_at_and_kept_to_its_mask(undisturbed: Path) -> None:
    checks = products(undisturbed, "*.clean.check")
    assert len(checks) == BEAMS * ROUNDS
    for said in map(json.loads, checks.values()):
        assert said["model_sum"] > 0
        assert (said["outside_fraction"], said["found"]) == (0, {})


def test_a_run_killed_while_wsclean_images_round_1_goes_on_to_the_masks_of_an_undisturbed_one(
    undisturbed: Path, tmp_path: Path
) -> None:
    write_field(tmp_path)
    log = tmp_path / FIELD / "round1" / "logs" / "beam00.image.log"
    with (tmp_path / "log").open("w") as said:
        killed = subprocess.Popen(RUN, cwd=tmp_path, stdout=said, stderr=said, start_new_session=True)
        wait_for(lambda: (log.exists() and any(wsclean_runs_in(tmp_path))) or killed.poll() is not None)
        os.killpg(killed.pid, signal.SIGKILL)
        for process in wsclean_runs_in(tmp_path):
            os.kill(process, signal.SIGKILL)
    assert killed.wait() == -signal.SIGKILL
    assert not (tmp_path / FIELD / "round2").exists()

    subprocess.run([*RUN, "--unlock"], cwd=tmp_path, check=True, capture_output=True)
    subprocess.run(RUN, cwd=tmp_path, check=True, capture_output=True)
    assert products(tmp_path / FIELD, "*mask.fits") == products(undisturbed, "*mask.fits")
    again = subprocess.run([*RUN, "--dry-run"], cwd=tmp_path, check=True, capture_output=True, text=True)
    assert "nothing to do: " in again.stderr
