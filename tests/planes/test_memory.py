"""Every subcommand keeps within --memory as a whole process, and its results depend on neither memory nor threads."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from astropy.io import fits
from conftest import write_fits

from benchmarks.steps import images
from skerry.io.headers import scale_facts

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the peak of a process is measured as on Linux")

SIZE = 3072
TIGHT = 220
"""MB: of which the interpreter and its libraries take some 100, and an image of float32 38."""
SKERRY = str(Path(sys.executable).with_name("skerry"))

# The peak of a process begins with that of its parent when it was started, and a test suite is large.
SMALL_PARENT = """
import json, os, subprocess, sys
process = subprocess.Popen(sys.argv[1:], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
said, complaints = process.stdout.read(), process.stderr.read()
_, status, usage = os.wait4(process.pid, 0)
process.returncode = os.waitstatus_to_exitcode(status)
print(json.dumps([process.returncode, said.decode(), complaints.decode(), usage.ru_maxrss * 1024]))
"""

SMOOTHED = (
    "--statistic both --positive-seed-clip 5 --mac-seed-factor 1.6 --positive-flood-clip 2.25 --mac-flood-factor 0.7 "
    "--smooth-beams 1 --smooth-seed-factor 2.5 --use-mac-box-size 35"
)
MAC = "--use-mac --positive-seed-clip 1.5 --positive-flood-clip 1.2"
LOW_SNR = "--grow-low-snr-island --grow-low-snr-island-clip 3.25 --grow-low-snr-island-smooth-beams 1"
COMMANDS = {
    "noise": "noise image.fits --rms-output rms.fits --bkg-output bkg.fits",
    "signal": "signal image.fits --rms image.rms.fits --bkg image.bkg.fits -o out.fits",
    "snr-mask": "snr-mask image.signal.fits -o out.fits",
    "seeds": "snr-mask image.fits --rms image.rms.fits --seeds -o out.fits",
    "flood, S/N": "flood image.signal.fits -o out.fits",
    "flood, MAC": f"flood image.fits {MAC} -o out.fits",
    "flood, adaptive MAC": f"flood image.fits {MAC} --use-mac-adaptive-max-depth 3 -o out.fits",
    "flood, both": "flood image.fits --rms image.rms.fits --statistic both --mac-plateaus -o out.fits",
    "flood, both, smoothed": f"flood image.fits --rms image.rms.fits --bkg image.bkg.fits {SMOOTHED} -o out.fits",
    "flood, low S/N": "flood image.signal.fits --grow-low-snr-island -o out.fits",
    "flood, low S/N, smoothed": f"flood image.signal.fits {LOW_SNR} -o out.fits",
    "flood, artefacts": "flood image.signal.fits --suppress-artefacts -o out.fits",
    "flood, negative": "flood image.signal.fits --count-negative --false-islands 0.3 -o out.fits",
    "erode, scales": "erode islands.fits --scales 0,8,64,128 --scale-output bits.fits -o out.fits",
    "erode, rims": "erode islands.fits --signal image.signal.fits --rims -o out.fits",
    "scale-mask": "scale-mask image.fits --scales 0,8,64 --mask-output m.fits -o out.fits",
    "extract-beam": "extract-beam beam0.fits islands.fits --smoothed-clip 2 -o out.fits",
    "mosaic": "mosaic beam0.fits beam1.fits --primary-beam-fwhm 0.7deg -o out.fits",
    "mask": "mask image.fits --preset late-round -o out.fits",
    "check": "check islands.fits --image image.fits",
    "export": "export islands.fits --to ddfacet --npix 2048 -o out.fits",
    "split-scales": "split-scales scalemask.fits",
    "plot": "plot image.fits scalemask.fits -o out.png",
}


class Run(NamedTuple):
    """What a process said and wrote, and its peak in bytes."""

    said: str
    files: dict[str, bytes]
    peak: int


def run(directory: Path, words: str, *more: str) -> Run:
    launch = [sys.executable, "-S", "-c", SMALL_PARENT, SKERRY, *words.split(), *more]
    result = subprocess.run(launch, cwd=directory, check=True, capture_output=True, text=True)
    status, said, complaints, peak = json.loads(result.stdout)
    assert status == 0, complaints
    files = {path.name: path.read_bytes() for path in directory.iterdir() if not path.is_symlink()}
    # pytest keeps the directories of the last runs.
    for name in files:
        (directory / name).unlink()
    return Run(said, files, peak)


@pytest.fixture(scope="module")
def inputs(tmp_path_factory):
    """Images of a survey field, with what the steps before would make of them."""
    directory = tmp_path_factory.mktemp("inputs")
    mosaic, beams = images.make_images(directory, SIZE)
    mosaic.rename(directory / "image.fits")
    for n, beam in enumerate(beams):
        beam.rename(directory / f"beam{n}.fits")
    image, header = fits.getdata(directory / "image.fits", header=True)
    u = (np.arange(SIZE, dtype=np.float32) - (SIZE - 1) / 2) / (SIZE / 2)
    rms = np.float32(images.NOISE) * (1 + u**2 + u[:, np.newaxis] ** 2)
    signal = (image.squeeze() / rms).astype(np.float32)
    bits = (signal > 3).astype(np.uint8) + 2 * (signal > 5).astype(np.uint8) + 4 * (signal > 10).astype(np.uint8)
    of_bits = header.copy()
    of_bits.update(scale_facts((0, 8, 64)))
    header["BUNIT"] = ""
    for name, data, of_data in (
        ("image.rms.fits", rms.astype(np.float32), header),
        ("image.bkg.fits", (0.1 * rms * u).astype(np.float32), header),
        ("image.signal.fits", signal, header),
        ("islands.fits", (signal > 3).astype(np.uint8), header),
        ("scalemask.fits", bits, of_bits),
    ):
        write_fits(directory / name, data, of_data, ndim=4)
    yield directory
    shutil.rmtree(directory)


@pytest.mark.parametrize("name", COMMANDS)
def test_a_subcommand_keeps_within_its_memory_and_results_do_not_depend_on_it(inputs, tmp_path, name):
    runs = []
    for limits in (("--threads", "1"), ("--memory", f"{TIGHT}MB", "--threads", "3")):
        directory = tmp_path / str(len(runs))
        directory.mkdir()
        for path in inputs.iterdir():
            (directory / path.name).symlink_to(path)
        runs.append(run(directory, COMMANDS[name], *limits))
    ample, tight = runs
    assert len(ample.files) > 0 or name == "check"
    said = [one.said for one in runs]
    assert said[0] == said[1]
    assert sorted(tight.files) == sorted(ample.files)
    for file in ample.files:
        same = tight.files[file] == ample.files[file]
        assert same, f"{file} depends on memory or threads"
    peak = tight.peak / 1e6
    assert peak <= TIGHT


@pytest.mark.parametrize("limits", ["--memory 2XB", "--memory 10MB", "--threads 0", "--threads two"])
def test_limits_that_cannot_be_are_refused_in_a_line(inputs, limits):
    command = [SKERRY, *COMMANDS["check"].split(), *limits.split()]
    result = subprocess.run(command, cwd=inputs, capture_output=True, text=True, check=False)
    assert result.returncode == 2
    assert result.stderr.startswith("skerry: error: ")
    assert result.stderr.count("\n") == 1
    assert limits.split()[0] in result.stderr
