"""Run one field with more and fewer jobs at a time, in any order, within a limit of memory: the same bytes.

    python -m benchmarks.workflow.load --directory DIR
    python -m benchmarks.workflow.load --directory DIR --beams 4 --cases 2

A field of 36 small beams is run by `skerry run` with 1, 2, 4 and 8 cores, whatever the machine has, with
`--resources mem_mb=...` and without, by copies of one process and by processes of their own, with `keep_steps` and
without, from the beams and from their co-added mosaic, and, from the beams, in another
order of these: a mosaic is summed in the order in which the field has them. Every product has to have
the bytes that it has in the first of the runs of its kind, and all processes together no more memory than the limit.
What was measured is appended to DIR/load.jsonl; the same command goes on where it was ended.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import random
import re
import shutil
import subprocess
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks.process_tree import run_together
from benchmarks.timing import SKERRY, machine, row

__all__ = ["CASES", "Case", "checksums", "measure", "simulate"]

RUN = f'exec "{SKERRY}" run field.yaml --cores "$0" "$@"'
WITHOUT_SERVER = f"{RUN} <&-"
"""With a stream that is closed no process is started that forks for jobs."""


@dataclass(frozen=True)
class Case:
    """How the field is run."""

    source: str
    cores: int
    mem_mb: int | None = None
    keep_steps: bool = False
    served: bool = True
    shuffled: bool = False

    @property
    def kind(self) -> str:
        """What has to have the same bytes: which steps made a mask stands in its header."""
        return f"{self.source}{', by steps' if self.keep_steps else ''}"


CASES = (
    Case("beam", 2),
    Case("beam", 8, 1000, shuffled=True),
    Case("mosaic", 2),
    Case("mosaic", 8, 1000),
    Case("beam", 2, keep_steps=True),
    Case("beam", 8, 1000, keep_steps=True, shuffled=True),
    Case("beam", 4, served=False),
    Case("beam", 1, shuffled=True),
)


def simulate(directory: Path, beams: int, rounds: int, size: int) -> Path:
    """Make the field, if it is not there yet."""
    field = directory / "field"
    if not field.exists():
        begun = directory / "begun"
        shutil.rmtree(begun, ignore_errors=True)
        how = ["--size", str(size), "--beams", str(beams), "--rounds", str(rounds)]
        subprocess.run([SKERRY, "simulate", begun, *how], check=True, capture_output=True)
        begun.rename(field)
    return field


def measure(field: Path, case: Case, directory: Path, seed: int = 0) -> tuple[dict[str, str], dict[str, float]]:
    """Run the field in an empty directory.

    Parameters
    ----------
    field : Path
        As `simulate` has made it.
    case : Case
        How.
    directory : Path
        Where; removed afterwards.
    seed : int
        Of the order of the beams.

    Returns
    -------
    dict of str to str
        SHA-256 of all products by name.
    dict of str to float
        Wall and CPU time in s, memory of all processes at once in MB.
    """
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(parents=True)
    (directory / "images").symlink_to(field / "images")
    (directory / "field.yaml").write_text(_yaml((field / "field.yaml").read_text(), case, seed))
    command = ["bash", "-c", RUN if case.served else WITHOUT_SERVER, str(case.cores)]
    if case.mem_mb:
        command += ["--resources", f"mem_mb={case.mem_mb}"]
    took = run_together(command, directory)
    made = checksums(directory / "results")
    shutil.rmtree(directory)
    return made, {"wall": took.wall, "cpu": took.cpu, "peak_mb": took.peak * 1000}


def _yaml(text: str, case: Case, seed: int) -> str:
    """The field's configuration for a case."""
    found = re.search(r'^beams: "(\d+)-(\d+)"$', text, re.MULTILINE)
    if found is None:
        raise SystemExit("the field has no range of beams")
    beams = [f"{n:0{len(found[1])}d}" for n in range(int(found[1]), int(found[2]) + 1)]
    if case.shuffled:
        random.Random(seed + 1).shuffle(beams)
    changes = {
        "beams": json.dumps(beams),
        "source": case.source,
        "output": "results",
        "report": "false",
        "keep_steps": str(case.keep_steps).lower(),
    }
    if case.source == "beam":
        text = re.sub(r"^mosaic:.*\n", "", text, flags=re.MULTILINE)
    for key in changes:
        text = re.sub(rf"^{key}:.*\n", "", text, flags=re.MULTILINE)
    return text + "".join(f"{key}: {value}\n" for key, value in changes.items())


def checksums(results: Path) -> dict[str, str]:
    """SHA-256 of the FITS files below a directory by name."""
    files = sorted(results.rglob("*.fits"))
    return {str(path.relative_to(results)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--directory", type=Path, required=True, help="where it is run, and what was measured is noted")
    parser.add_argument("--beams", type=int, default=36, help="default 36")
    parser.add_argument("--rounds", type=int, default=1, help="default 1")
    parser.add_argument("--size", type=int, default=64, help="pixels on a side (default 64)")
    parser.add_argument("--cases", type=int, default=len(CASES), help="the first so many (default all)")
    given = parser.parse_args()
    given.directory.mkdir(parents=True, exist_ok=True)
    notes = given.directory / "load.jsonl"
    known = [json.loads(line) for line in notes.read_text().splitlines()] if notes.exists() else []
    field = simulate(given.directory.resolve(), given.beams, given.rounds, given.size)
    print(f"{given.beams} beams of {given.size} x {given.size}, {given.rounds} rounds; {machine()}\n")
    heads = ["source", "cores", "mem_mb", "keep_steps", "copies", "shuffled", "wall s", "CPU s", "MB", "products"]
    heads.append("differ")
    print(row(*heads), row(*["---"] * len(heads)), sep="\n")
    for number, case in enumerate(CASES[: given.cases]):
        of_case = next((noted for noted in known if noted["case"] == asdict(case)), None)
        if of_case is None:
            made, took = measure(field, case, given.directory / "run", number)
            of_case = {"case": asdict(case), "kind": case.kind, "made": made, **took}
            known.append(of_case)
            with notes.open("a") as file:
                file.write(json.dumps(of_case) + "\n")
        first = next(noted["made"] for noted in known if noted["kind"] == case.kind)
        names = {*first, *of_case["made"]}
        differ = sum(first.get(name) != of_case["made"].get(name) for name in names)
        how = (case.source, case.cores, case.mem_mb or "-", case.keep_steps, case.served, case.shuffled)
        print(row(*how, *(of_case[key] for key in ("wall", "cpu", "peak_mb")), len(names), differ), flush=True)


if __name__ == "__main__":
    main()
