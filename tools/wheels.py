"""Make the wheels for Linux and macOS on this machine, check them, and try the one for this machine.

    pip install '.[wheels]'
    python tools/wheels.py dist --python python3.11 --python python3.13

A wheel is for every Python from 3.11 on. zig compiles for all platforms; `auditwheel` says whether a wheel for Linux
runs on what its name promises, `abi3audit` whether it uses the stable ABI of Python alone. The wheel for this machine
is installed for each `--python` into a fresh environment, on a PATH without a compiler, and there the tests run.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]
TARGETS = {
    "manylinux_2_17_x86_64": "x86_64-linux-gnu.2.17",
    "manylinux_2_17_aarch64": "aarch64-linux-gnu.2.17",
    "macosx_10_13_x86_64": "x86_64-macos.10.13",
    "macosx_11_0_arm64": "aarch64-macos.11.0",
}
HERE = "manylinux_2_17_x86_64"
TESTS = ["tests/kernels", "tests/filters", "tests/masking"]
COMPILER = re.compile(r"(.*-)?(cc|c\+\+|gcc|g\+\+|cpp|c89|c99|clang|clang\+\+|tcc|icc|icx|zig)([-.0-9].*)?")


def main() -> None:
    """Make, check and try."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="where the wheels go")
    parser.add_argument("--only", choices=TARGETS, action="append", help="a platform; all of them by default")
    parser.add_argument("--python", action="append", default=[], help="a Python to try the wheel for this machine with")
    parser.add_argument("--all-tests", action="store_true", help="not only those of kernels, filters and masking")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as checkout:
        copy_checkout(Path(checkout))
        for platform in args.only or TARGETS:
            wheel = make(platform, Path(checkout), args.folder)
            check(wheel, platform)
            for python in args.python if platform == HERE else []:
                try_out(wheel, python, Path(checkout), [] if args.all_tests else TESTS)


def make(platform: str, checkout: Path, folder: Path) -> Path:
    """Compile for a platform."""
    say(f"make {platform}")
    command = [sys.executable, "-m", "build", "--wheel", "--outdir", str(folder.absolute())]
    command.append(f"--config-setting=--build-option=--plat-name={platform}")
    shutil.rmtree(checkout / "build", ignore_errors=True)
    run([*command, str(checkout)], env=os.environ | {"SKERRY_ZIG_TARGET": TARGETS[platform]}, quiet=True)
    (wheel,) = folder.glob(f"*-{platform}.whl")
    return wheel


def check(wheel: Path, platform: str) -> None:
    """End if the wheel needs more than its name says."""
    if "linux" in platform:
        shown = run([sys.executable, "-m", "auditwheel", "show", str(wheel)], quiet=True)
        if f'tag: "{platform}"' not in " ".join(shown.split()):
            sys.exit(f"{wheel}: is not for {platform}:\n{shown}")
    run([sys.executable, "-m", "abi3audit", "--strict", str(wheel)])


def try_out(wheel: Path, python: str, checkout: Path, tests: Sequence[str]) -> None:
    """Install the wheel for a Python where there is no compiler, and run tests on it."""
    say(f"try {wheel.name} with {python}")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        run([python, "-m", "venv", str(folder / "venv")])
        env = os.environ | {"PATH": f"{folder / 'venv/bin'}:{programs_without_compilers(folder / 'bin')}"}
        env = {key: value for key, value in env.items() if key not in ("CC", "PYTHONPATH", "VIRTUAL_ENV")}
        env["SKERRY_SHARED"] = os.environ.get("SKERRY_SHARED", str(REPOSITORY.parent / "shared"))
        installed = str(folder / "venv/bin/python")
        extras = "[test]" if not tests else ""
        run(
            [installed, "-m", "pip", "install", "--quiet", f"{wheel.absolute()}{extras}"],
            env=env,
        )
        run(
            [installed, "-m", "pip", "install", "--quiet", "pytest>=8", "pytest-xdist>=3.5", "hypothesis>=6.100"],
            env=env,
        )
        # Without src/: what is tested is what is installed.
        shutil.copytree(checkout, folder / "checkout", ignore=shutil.ignore_patterns("src", "build"))
        run([installed, "-m", "pytest", "-q", "-n", "2", *tests], cwd=folder / "checkout", env=env)


def programs_without_compilers(folder: Path) -> Path:
    """Links to what is on the PATH, but for compilers of C."""
    folder.mkdir()
    for place in os.environ["PATH"].split(os.pathsep):
        for program in sorted(Path(place).iterdir()) if Path(place).is_dir() else []:
            link = folder / program.name
            if not COMPILER.fullmatch(program.name) and not link.is_symlink() and os.access(program, os.X_OK):
                link.symlink_to(program)
    return folder


def copy_checkout(target: Path) -> None:
    """Copy the files of the checkout that git knows, as they are now."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=REPOSITORY, check=True, capture_output=True, text=True)
    for name in filter(None, listed.stdout.split("\0")):
        if (REPOSITORY / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(REPOSITORY / name, target / name)


def run(
    command: Sequence[str], *, cwd: Path | None = None, env: dict[str, str] | None = None, quiet: bool = False
) -> str:
    """Run a command, whose output is shown at once or given; end with it if it fails."""
    done = subprocess.run(command, cwd=cwd, env=env, text=True, stdout=subprocess.PIPE if quiet else None, stderr=None)
    if done.returncode:
        sys.exit(f"{done.stdout or ''}\n{' '.join(command)}: ended with {done.returncode}")
    return done.stdout or ""


def say(text: str) -> None:
    """Tell what is being done."""
    print(f"\n== {text}", flush=True)


if __name__ == "__main__":
    main()
