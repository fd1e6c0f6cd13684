"""What the documentation shows works: each command is run as it stands there, each YAML read as a field's."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import yaml
from conftest import REPOSITORY, radio_header, write_fits
from documentation import Block, all_blocks, is_yaml
from workflow_runs import SIZE, sky

from skerry import MaskingOptions, make_eroded_mask, make_flood_mask, make_noise_maps, make_signal_image
from skerry.field.config import parse_field

NOT_RUN = {
    r"python3 -m venv|\. \S*venv/bin/activate|pip install": "installs: .ci/run does",
    r"pytest": "would run itself",
    r"bash \.ci/run": "would run itself",
    r"--profile (slurm|site)": "needs SLURM: tests/slurm",
    r"demo-ms --measurement-sets|config/wsclean\.yaml|^wsclean": "minutes of WSClean: test_wsclean_workflow",
    r"config/(casa|ddfacet)\.yaml": "needs CASA or DDFacet: tests/imagers",
    r"tests/imagers/install\.py": "installs for minutes",
    r"python -m benchmarks": "measures, for minutes or hours",
    r"python tools/wheels\.py": "fetches compilers",
}
"""Commands that are not run here, and why."""

LIKE_A_CHECKOUT = ("Snakefile", "rules", "profiles", "config")
PLACEHOLDERS = {
    "MASK": "image.mask.fits",
    "IMAGE_OF_THE_ROUND_BEFORE": "image.fits",
    "IMAGE_OF_THE_ROUND": "image.fits",
}
IMAGES = "{field}.beam{beam}.round{round}.fits"


def why_not_run(command: str) -> str | None:
    return next((reason for pattern, reason in NOT_RUN.items() if re.search(pattern, command)), None)


RUN = [block for block in all_blocks() if any(why_not_run(command) is None for command in block.commands)]


@pytest.fixture(scope="session")
def pool(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Files that the documentation takes for granted: an image as WSClean writes it, what is made of it, and fields."""
    directory = tmp_path_factory.mktemp("pool")
    image = write_fits(directory / "image.fits", sky(1, size=128).reshape(1, 1, 128, 128))
    (directory / "sources.reg").write_text("image\ncircle(64,64,9.5)\n")
    channels = np.stack([sky(n, size=64) for n in range(8)])[np.newaxis]
    write_fits(directory / "cube.fits", channels, radio_header(channels.shape))
    rms, bkg = make_noise_maps(image)
    signal = make_signal_image(image, rms=rms, bkg=bkg)
    make_flood_mask(signal, MaskingOptions(), output=directory / "image.mask.fits")
    make_eroded_mask(directory / "image.mask.fits", MaskingOptions(beam_shape_erode_scales=(0, 8)))
    for number, name in enumerate(("field", "FIELD", "a", "b")):
        for beam in (0, 1):
            header = radio_header((SIZE, SIZE), ra=60 + 0.02 * beam)
            write_fits(directory / f"F{number}.beam0{beam}.round0.fits", sky(beam, right=6 * beam), header)
        keys = {"field": f"F{number}", "beams": "00-01", "rounds": 1, "images": IMAGES}
        keys |= {"mosaic": {"primary_beam_fwhm": "1 deg"}}
        (directory / f"{name}.yaml").write_text(yaml.safe_dump(keys))
    return directory


@pytest.fixture
def workplace(tmp_path: Path) -> Path:
    """A directory that is to Snakemake like a checkout."""
    for name in LIKE_A_CHECKOUT:
        copy = shutil.copytree if (REPOSITORY / name).is_dir() else shutil.copy
        copy(REPOSITORY / name, tmp_path / name)
    return tmp_path


def provide(words: list[str], pool: Path, workplace: Path) -> None:
    """Copy those files that a command reads and no command before it has made."""
    written = {after for before, after in pairwise(words) if before.endswith(("-o", "output"))}
    for word in set(words) - written:
        if (pool / word).is_file() and not (workplace / word).exists():
            shutil.copy(pool / word, workplace / word)
        if word.endswith(".yaml") and (workplace / word).exists():
            for image in pool.glob("F*.fits"):
                shutil.copy(image, workplace / image.name)


def placed(command: str) -> str:
    """A command with files of the pool in the place of words that stand for any."""
    return re.sub(r"\b[A-Z_]{4,}\b(?!\.)", lambda found: PLACEHOLDERS.get(found[0], found[0]), command)


@pytest.mark.parametrize("block", RUN, ids=str)
def test_commands_run_as_they_stand(block: Block, pool: Path, workplace: Path) -> None:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    for command in block.commands:
        if why_not_run(command) is None:
            provide(shlex.split(placed(command)), pool, workplace)
            done = subprocess.run(
                placed(command),
                shell=True,
                cwd=workplace,
                env={**os.environ, "PATH": path},
                capture_output=True,
                text=True,
                check=False,
            )
            assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"


def statements(block: Block) -> list[dict]:
    """Keys of a block: all of them, or each by itself where one key stands there in several forms."""
    tops = [n for n, line in enumerate(block.lines) if re.match(r"\s*[a-z_]+:", line) and indent(line) == 0]
    parts = ["\n".join(block.lines[a:b]) for a, b in zip(tops, [*tops[1:], None], strict=True)]
    keys = [yaml.safe_load(part) for part in parts]
    names = [name for part in keys for name in part]
    return keys if len(names) > len(set(names)) else [{name: value for part in keys for name, value in part.items()}]


def indent(line: str) -> int:
    return len(line) - len(line.lstrip()) - (4 if line.startswith("    ") else 0)


@pytest.mark.parametrize("block", [block for block in all_blocks() if is_yaml(block)], ids=str)
def test_yaml_is_that_of_a_field(block: Block) -> None:
    small = {"field": "F", "beams": "00-03", "rounds": 3, "images": IMAGES, "mosaic": {"primary_beam_fwhm": "1 deg"}}
    for keys in statements(block):
        field = parse_field({**small, **keys}, Path())
        assert field.beams


PYTHON = sorted({block.page for block in all_blocks() if block.language == "python"})


@pytest.mark.parametrize("page", PYTHON)
def test_python_runs_as_it_stands(page: str, pool: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copy(pool / "image.fits", tmp_path)
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    for block in all_blocks():
        if block.page == page and block.language == "python":
            exec(compile("\n".join(block.lines), str(block), "exec"), names)
    mask = np.asarray(names["mask"])
    assert mask.shape == (128, 128)
    assert mask.any()
