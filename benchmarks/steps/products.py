"""Make every product of every subcommand and every preset, and compare their checksums with those of another build.

The cases run on small images of the benchmarks, on those of data/field and data/real of the shared data, on demos and
on whole fields, by the command line alone; so two builds, however different inside, are compared by

    python -m benchmarks.steps.products --skerry BASE/bin/skerry --write TABLE
    python -m benchmarks.steps.products --skerry OTHER/bin/skerry --against TABLE

A table has a line for each exit status and each product, `checksum  group/case/file`, sorted. Among the products are
what a command printed (stdout) and the problems that `check` found (stderr). What is left out of a checksum, such as
the version, is in product_checksums.py. Messages are written to a table of their own, for they may be reworded.
"""

from __future__ import annotations

import argparse
import os
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from benchmarks.steps.product_cases import Case, Group, Which, image_group
from benchmarks.steps.product_checksums import SHOWN, Checksums, sha256
from benchmarks.steps.product_runs import demo_group, field_group, header_group, imaging_group, refused_group
from benchmarks.timing import CHECKOUT

SHARED = Path(os.environ.get("SKERRY_SHARED", CHECKOUT.parent / "shared"))
SIZE, LARGE = 768, 2048
WHICH: dict[str, Which] = {"real.Fornaxa_vla": "all", "field.beam00.round0": "all"}
WHICH |= dict.fromkeys((f"field.beam{beam}.round{k}" for beam in ("01", "02", "03") for k in range(3)), "presets")
WHICH |= dict.fromkeys(("field.beam00.round1", "field.round0", "field.round1", "field.linmos.weight"), "presets")
WHICH |= dict.fromkeys(
    (f"real.SB63789.EMU_1743-51.beam{n:02}.round4.i.image.cube.sub" for n in range(1, 10)), "presets"
)
TRUTH = ("beam00", "beam01", "beam02", "beam03", "mosaic")
WHICH |= dict.fromkeys((f"field.truth.{of}.{kind}" for of in TRUTH for kind in ("restored", "islands")), "presets")
"""What is made of the images that are given, where it is not the short list."""
A_PRODUCT = re.compile(r"\.(mask|scalemask|eroded|signal|seeds|rms|bkg)\.fits$")
"""What somebody may have made by default names beside the images that are given."""
LONGEST = {"field.runs", "demo", "benchmark.large", "imaging", "headers"}
PROCESSES = 2
TIMEOUT = 600  # s; no case takes a tenth of it


@dataclass
class Results:
    """What the cases of a group made."""

    sums: dict[str, str] = field(default_factory=dict)
    """Checksum, or exit status, by `group/case/file`."""
    messages: dict[str, str] = field(default_factory=dict)
    """What a case said on stderr, by `group/case`."""
    seconds: float = 0.0


def make_inputs(directory: Path) -> tuple[Path, list[Path]]:
    """Make the images of the benchmarks and the files with odd headers."""
    for size in (SIZE, LARGE):
        command = [sys.executable, "-m", "benchmarks.steps.images", str(directory), "--size", str(size)]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    headers = directory / "headers"
    headers.mkdir()
    subprocess.run([sys.executable, SHARED / "cases" / "make.py", headers], check=True, capture_output=True)
    return directory / f"image{SIZE}.fits", [directory / f"beam{SIZE // 2}.{n}.fits" for n in range(2)]


def all_groups(directory: Path) -> list[Group]:
    """Every group, those that take longest first; makes the images."""
    image, beams = make_inputs(directory)
    data, real = SHARED / "data" / "field", SHARED / "data" / "real"
    groups = [demo_group(), image_group("benchmark", image, "all", beams)]
    groups += [image_group("benchmark.large", directory / f"image{LARGE}.fits", "limits"), field_group(data)]
    for kind, paths in (("field", data.glob("*.fits*")), ("real", real.glob("*/*"))):
        given = sorted(path for path in paths if not A_PRODUCT.search(path.name))
        groups += [named_group(kind, path.name.replace("SIM_0400-45.", ""), path) for path in given]
    groups.append(imaging_group(loop=shutil.which("wsclean") is not None))
    groups += [refused_group(image, beams[0]), header_group(directory / "headers")]
    return sorted(groups, key=lambda group: (group.name not in LONGEST, -len(group.cases)))


def named_group(kind: str, file_name: str, path: Path) -> Group:
    """Cases on an image that is given."""
    name = f"{kind}.{re.sub(r'(.i.MFS)?(.image|.linmos)?.(fits|FITS)(.gz)?$', '', file_name)}"
    return image_group(name, path, WHICH.get(name, "short"))


def wanted_cases(group: Group, pattern: str) -> tuple[list[Case], set[str]]:
    """Cases of a group to run, and the names of those to record: what the pattern finds, and what that is made from."""
    by_name = {case.name: case for case in group.cases}
    recorded = {name for name in by_name if re.search(pattern, f"{group.name}/{name}")}
    needed, new = set(recorded), set(recorded)
    while new:
        words = {word for name in new for word in (*by_name[name].arguments, *by_name[name].uses)}
        new = {word.split("/")[0] for word in words if "/" in word} & set(by_name) - needed
        needed |= new
    return [case for case in group.cases if case.name in needed], recorded


def run_group(group: Group, skerry: Path, directory: Path, pattern: str, keep: bool) -> Results:
    """Run the cases of a group one after the other, each in a directory of its own."""
    results, checksums, begun = Results(), Checksums(), time.perf_counter()
    case_list, recorded = wanted_cases(group, pattern)
    names = {case.name for case in group.cases}
    for case in case_list:
        found, said = run_case(case, group, skerry, directory / group.name, names, checksums)
        if case.name in recorded:
            place = f"{group.name}/{case.name}"
            results.sums |= {f"{place}/{name}": value for name, value in found.items()}
            results.messages[place] = said
    if not keep:
        shutil.rmtree(directory / group.name, ignore_errors=True)
    results.seconds = time.perf_counter() - begun
    return results


def run_case(
    case: Case, group: Group, skerry: Path, directory: Path, names: set[str], checksums: Checksums
) -> tuple[dict[str, str], str]:
    """Run a case; gives its exit status and the checksums of its products, and what it said on stderr."""
    here = directory / case.name
    here.mkdir(parents=True)
    words, texts = explicit(case, skerry)
    for name, text in texts.items():
        (here / name).parent.mkdir(parents=True, exist_ok=True)
        (here / name).write_text(text)
    try:
        arguments = [link(word, group, here, names, case.alters) for word in words]
        for word in case.uses:
            link(word, group, here, names, case.alters)
    except FileNotFoundError as error:
        return {"exit status": "not run"}, f"{error} was not made"
    given = {path.name for path in here.iterdir() if case.alters}
    status, stdout, stderr = call(skerry, arguments, here)
    found = {"exit status": f"exit {status}"} | checksums.of_directory(here, given | set(texts))
    # A text that a case was given is a product only where it was overwritten.
    found |= {
        name: sha256((here / name).read_bytes())[:SHOWN]
        for name, text in texts.items()
        if not (here / name).is_file() or (here / name).read_bytes() != text.encode()
    }
    reported = {"stdout": stdout, "stderr": stderr if case.arguments[:1] == ["check"] else b""}
    # The help and the version of a build are no products.
    if case.arguments[:1] not in ([], ["--version"]):
        found |= {name: sha256(content)[:SHOWN] for name, content in reported.items() if content}
    return found, stderr.decode(errors="replace")


def explicit(case: Case, skerry: Path) -> tuple[list[str], dict[str, str]]:
    """Words and texts of a case that mean the options' own defaults where no preset is named, to any build.

    An older build takes no preset where none is named, and knows no word that says so.
    """
    words, texts = list(case.arguments), dict(case.texts)
    if not begins_with_a_preset(skerry):
        return words, texts
    if words[:1] == ["mask"] and "--preset" not in words and len(words) > 1:
        words.append("--no-preset")
    for name, text in texts.items():
        if re.search(r"^masking", text, re.MULTILINE) and not re.search("^preset:", text, re.MULTILINE):
            texts[name] = f"preset: none\n{text}"
    return words, texts


@cache
def begins_with_a_preset(skerry: Path) -> bool:
    """Whether a build makes a mask by a preset where none is named."""
    with tempfile.TemporaryDirectory() as elsewhere:
        return b"--no-preset" in call(skerry, ["mask", "--help"], Path(elsewhere))[1]


def link(word: str, group: Group, here: Path, names: set[str], copy: bool) -> str:
    """Link or copy what a word stands for, a given file or a product of a case, and say how the case calls it."""
    first, _, rest = word.partition("/")
    if word in group.files:
        source = group.files[word]
        name = rest = f"{word}.gz" if source.suffix == ".gz" else word
    elif rest and first in names:
        name = rest.split("/")[0]
        source = here.parent / first / name
    else:
        return word
    if not source.exists():
        raise FileNotFoundError(word)
    if (here / name).exists():
        return rest
    if copy and source.is_dir():
        shutil.copytree(source, here / name)
    else:
        (here / name).symlink_to(source.resolve())
    return rest


def call(skerry: Path, arguments: Sequence[str], here: Path) -> tuple[int | str, bytes, bytes]:
    """Run skerry, with its own Python and tools first on the PATH; gives exit status, stdout and stderr."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("SKERRY", "PYTHON"))}
    environment |= {"PATH": f"{skerry.parent}:{os.environ['PATH']}", "COLUMNS": "100", "NO_COLOR": "1", "TERM": "dumb"}
    environment["XDG_CACHE_HOME"] = str(here / ".cache")
    try:
        done = subprocess.run(
            [skerry, *arguments],
            cwd=here,
            env=environment,
            capture_output=True,
            stdin=subprocess.DEVNULL,
            timeout=TIMEOUT,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        return "timeout", error.stdout or b"", error.stderr or b""
    return done.returncode, done.stdout, done.stderr


def run_all(skerry: Path, directory: Path, pattern: str, keep: bool) -> Results:
    """Run the groups, two at a time."""
    inputs = directory / "inputs"
    groups = all_groups(inputs)
    total = Results()

    def run(group: Group) -> None:
        done = run_group(group, skerry, directory, pattern, keep)
        total.sums.update(done.sums)
        total.messages.update(done.messages)
        if done.messages:
            print(f"{group.name}: {len(done.messages)} cases, {done.seconds:.0f} s", file=sys.stderr, flush=True)

    for path in sorted(inputs.rglob("*.fits")):
        if re.search(pattern, name := f"inputs/{path.relative_to(inputs)}"):
            total.sums[name] = sha256(path.read_bytes())[:SHOWN]
    with ThreadPoolExecutor(PROCESSES) as pool:
        list(pool.map(run, groups))
    return total


def write_table(path: Path, sums: Mapping[str, str]) -> None:
    path.write_text("".join(f"{value}  {name}\n" for name, value in sorted(sums.items())))


def read_table(path: Path, pattern: str) -> dict[str, str]:
    """Lines of a table whose cases the pattern finds."""
    lines = (line.split("  ", 1) for line in path.read_text().splitlines())
    return {name: value for value, name in lines if re.search(pattern, case_of(name))}


def case_of(name: str) -> str:
    """`group/case` of a line of a table; an input is its own."""
    return name if name.startswith("inputs/") else "/".join(name.split("/")[:2])


def write_messages(path: Path, messages: Mapping[str, str]) -> None:
    """Write what the cases said, a line each with its case before it."""
    lines = (f"{name}: {line}\n" for name, said in sorted(messages.items()) for line in said.splitlines())
    # What Snakemake says has times in it, and a traceback is told by its last line.
    path.write_text("".join(line for line in lines if not re.search(r"^\S+/run[.\w-]*: |: [│╭╰]", line)))


def differences(sums: Mapping[str, str], reference: Mapping[str, str]) -> list[str]:
    """What differs, what is missing and what is new, a line each."""
    lines = [f"differs: {name}" for name in sums.keys() & reference.keys() if sums[name] != reference[name]]
    lines = [
        f"{line} ({reference[name]}, now {sums[name]})" if sums[name].startswith("exit") else line
        for line in lines
        if (name := line.removeprefix("differs: "))
    ]
    lines += [f"missing: {name}" for name in reference.keys() - sums.keys()]
    lines += [f"new: {name}" for name in sums.keys() - reference.keys()]
    return sorted(lines, key=lambda line: line.split(": ")[::-1])


def report(sums: Mapping[str, str], reference: Mapping[str, str], shown: int = 200) -> bool:
    """Print how a table differs from another one; gives whether it does."""
    found = differences(sums, reference)
    print(*found[:shown], *([f"... and {len(found) - shown} more"] if len(found) > shown else []), sep="\n")
    print(f"{len(sums)} lines, {len(reference)} in the table: {count_kinds(found)}")
    return bool(found)


def count_kinds(found: Iterable[str]) -> str:
    kinds = [line.split(":")[0] for line in found]
    return ", ".join(f"{kinds.count(kind)} {kind}" for kind in ("differs", "missing", "new"))


def main() -> None:
    """Run the cases, and write or compare the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--skerry", type=Path, help="the executable (default: the one on the PATH)")
    parser.add_argument("--write", type=Path, metavar="TABLE", help="write the checksums")
    parser.add_argument(
        "--against", type=Path, metavar="TABLE", help="say what differs; exit status 1 if anything does"
    )
    parser.add_argument("--messages", type=Path, metavar="FILE", help="write what the cases said")
    parser.add_argument("--only", default="", metavar="PATTERN", help="regular expression of `group/case`")
    parser.add_argument("--directory", type=Path, help="new directory, where all products are kept")
    given = parser.parse_args()
    skerry = given.skerry or shutil.which("skerry")
    if skerry is None or not Path(skerry).is_file():
        parser.error(f"--skerry: no executable at {skerry}")
    if not (SHARED / "data").is_dir():
        parser.error(f"no shared data at {SHARED}; set SKERRY_SHARED")
    begun = time.perf_counter()
    with tempfile.TemporaryDirectory() as temporary:
        directory = (given.directory or Path(temporary)).absolute()
        directory.mkdir(parents=True, exist_ok=True)
        total = run_all(Path(skerry).absolute(), directory, given.only, keep=given.directory is not None)
    if not total.messages:
        parser.error(f"--only: no case matches {given.only}")
    statuses = [value for value in total.sums.values() if value.startswith(("exit", "not run"))]
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    print(
        f"{len(total.messages)} cases, {len(total.sums) - len(statuses)} products; "
        + ", ".join(f"{statuses.count(status)} {status}" for status in sorted(set(statuses)))
        + f"; {time.perf_counter() - begun:.0f} s, {usage.ru_utime + usage.ru_stime:.0f} s of CPU"
    )
    if given.write:
        write_table(given.write, total.sums)
    if given.messages:
        write_messages(given.messages, total.messages)
    if given.against and report(total.sums, read_table(given.against, given.only)):
        raise SystemExit(1)


if __name__ == "__main__":
    main()
